# SPDX-License-Identifier: LGPL-2.1-or-later
# packages.sh - what Debian packages fragd needs and why, for quickstart and check. Sourced by bash.
# shellcheck shell=bash
# shellcheck disable=SC2034

# shellcheck source=tools/progress.sh
. "$(dirname "${BASH_SOURCE[0]}")/progress.sh"

# name:why
PACKAGES_BUILD=(
        gcc:"the compiler" libc6-dev:"the C library's headers" meson:"the build system" ninja-build:"runs the build"
        pkg-config:"finds the libraries" python3:"embeds policies and the interface"
        libsystemd-dev:"event loop, journal, readiness" libconfig-dev:"configuration files"
        libnl-3-dev:"memory hot-plug events" libnl-genl-3-dev:"what processes wait for" libjansson-dev:"JSON" libsmartcols-dev:"tables" libncurses-dev:"the screen of fragctl top"
        libmicrohttpd-dev:"metrics over HTTP" zlib1g-dev:"compresses them; checksums"
)
PACKAGES_TEST=(
        check:"unit tests" libsubunit-dev:"needed by check" binutils:"looks into the archives" mandoc:"checks the manual pages"
        shellcheck:"checks the scripts" clang-tidy:"checks the code" clang-format:"lays it out" valgrind:"watches memory"
        qemu-system-x86:"boots kernels" linux-image-cloud-amd64:"a kernel to boot" busybox-static:"the guest's shell"
        cpio:"packs the guest" kmod:"the guest's modules" zstd:"unpacks kernels" procps:"looks at processes"
        bash-completion:"completes as users have it" zsh:"completes" fish:"completes"
        mmdebstrap:"the Debian to boot"
        tmux:"looks at the screens" e2fsprogs:"the guest's disk" xz-utils:"unpacks kernels"
        git:"packs a release" build-essential:"builds packages" dpkg-dev:"builds packages" debhelper:"builds packages"
        python3-prometheus-client:"reads OpenMetrics" prometheus:"checks metrics, rules and the dashboard"
        chromium:"opens reports" systemd-journal-remote:"makes journals"
        systemd:"says where units go, and checks them" lintian:"checks packages" rpm:"reads the RPM spec file"
)

# packages_get NAME...: with what progress_run shows on the way.
packages_get() {
        apt-get -o DPkg::Lock::Timeout=300 update -q &&
                DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o APT::Status-Fd=1 install -q -y \
                        --no-install-recommends "$@"
}

# packages_install WHAT_FOR NAME:WHY...: installs those that are missing, or says which and fails.
packages_install() {
        local what=$1 item log missing=()
        shift
        for item in "$@"; do
                dpkg-query -W -f '${db:Status-Abbrev}' "${item%%:*}" 2>/dev/null | grep -q '^ii' || missing+=("$item")
        done
        [ ${#missing[@]} = 0 ] && return 0
        echo "These packages are missing $what:"
        for item in "${missing[@]}"; do
                printf '  %-26s %s\n' "${item%%:*}" "${item#*:}"
        done
        if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
                echo "Install them as root: apt-get install ${missing[*]%%:*}" >&2
                return 1
        fi
        echo "Installing them with apt-get ..."
        log=$(mktemp) || return 1
        if ! progress_run "$log" packages_get "${missing[@]%%:*}"; then
                tail -20 "$log" >&2
                echo "apt-get failed; its output is in $log" >&2
                return 1
        fi
        rm -f "$log"
}
