# suite-apt.sh - packages of another Debian suite, beside the machine's own. Sourced by POSIX shells.
#
#   suite_cache WHAT                $cache: ~/.cache/fragd/WHAT, locked until the shell ends
#   suite_check SUITE NAME...       dies where one of them is not a name
#   suite_apt_begin DIR SUITE       makes a private apt in DIR, with the machine's Debian source, only the suite replaced
#   suite_apt TOOL ARGUMENT...      apt-get or apt-cache there
#
# Nothing of the machine's own packages or lists is touched, and no privilege is needed.
# shellcheck shell=sh

die() {
        echo "${0##*/}: $*" >&2
        exit 1
}

suite_check() {
        for name in "$@"; do
                case $name in
                "" | -* | *[!A-Za-z0-9.+_-]*) die "'$*': a suite and names in it were expected" ;;
                esac
        done
}

suite_cache() {
        cache=${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/fragd/$1
        mkdir -p "$cache" || die "cannot write $cache"
        cache=$(cd "$cache" && pwd)
        exec 9>"$cache/.lock"
        flock 9
}

# The first URI that serves Debian itself (not its security archive): deb822 files first, then one-line ones.
suite_apt_uri() {
        {
                cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs:[[:space:]]*//p' | tr ' ' '\n'
                cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
                        sed -n 's/^deb[[:space:]]\{1,\}\(\[[^]]*\][[:space:]]\{1,\}\)\{0,1\}\([^[:space:]]*\).*/\2/p'
        } | grep -v -e security -e '^$' | head -n 1
}

suite_apt() {
        tool=$1
        shift
        "$tool" -o "Dir::Etc::SourceList=$suite_apt_dir/sources.list" -o Dir::Etc::SourceParts=- \
                -o "Dir::State::Lists=$suite_apt_dir/lists" -o "Dir::State::Status=$suite_apt_dir/status" \
                -o "Dir::Cache=$suite_apt_dir/cache" -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
                -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 \
                -o Acquire::Check-Valid-Until=false -o Debug::NoLocking=true -qq "$@"
}

suite_apt_begin() {
        suite_apt_dir=$1
        for tool in apt-get apt-cache dpkg-deb tar; do
                command -v "$tool" >/dev/null || die "$tool is missing: this needs a Debian machine"
        done
        keyring=/usr/share/keyrings/debian-archive-keyring.gpg
        [ -r "$keyring" ] || die "$keyring is missing: install debian-archive-keyring"
        uri=$(suite_apt_uri)
        [ -n "$uri" ] || die "no Debian source found in /etc/apt: cannot download anything of $2"

        mkdir -p "$suite_apt_dir/lists/partial" "$suite_apt_dir/cache/archives/partial"
        : >"$suite_apt_dir/status"
        echo "deb [signed-by=$keyring] $uri $2 main" >"$suite_apt_dir/sources.list"
        suite_apt apt-get update >&2 || die "apt cannot read the package list of $2"
}
