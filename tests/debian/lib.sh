# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# lib.sh SCENARIO PHASE: what scenarios share, then the scenario's function phase_PHASE. Each check is one line for the host:
# "@ok what" or "@not what" with "@detail ..." lines of what was seen instead.

out=/test/out
export SYSTEMD_PAGER='' COLUMNS=100 LC_ALL=C.UTF-8

# check WHAT COMMAND...: the command succeeds.
check() {
        local what=$1 seen
        shift
        if seen=$("$@" 2>&1); then
                echo "@ok $what"
        else
                echo "@not $what"
                printf '%s\n%s\n' "$*" "$seen" | tail -n 40 | sed 's/^/@detail /'
        fi
}
not() {
        ! "$@"
}
# equal WANTED COMMAND...: its output is that.
equal() {
        local wanted=$1 seen
        shift
        seen=$("$@" 2>&1)
        [ "$seen" = "$wanted" ] || {
                echo "expected '$wanted', got '$seen'"
                return 1
        }
}
# exits STATUS TEXT COMMAND...: with that status, and with that text (a regular expression) in what it says.
exits() {
        local status=$1 text=$2 seen got
        shift 2
        seen=$("$@" 2>&1)
        got=$?
        echo "exit $got: $seen"
        [ "$got" = "$status" ] && grep -q -e "$text" <<<"$seen"
}
# has TEXT COMMAND...: its output has that text (a regular expression).
has() {
        local text=$1
        shift
        "$@" 2>&1 | tee /test/has | grep -q -e "$text" || {
                cat /test/has
                return 1
        }
}
# until_true SECONDS COMMAND...: waits for it. The deadline is for what never comes, on a host that is busy with other things.
until_true() {
        local end=$((SECONDS + $1))
        shift
        until "$@" >/test/until 2>&1; do
                if [ $SECONDS -ge $end ]; then
                        cat /test/until
                        return 1
                fi
                sleep "${poll:-0.5}"
        done
}
# soon SECONDS COMMAND...: the same, looking more often.
soon() {
        poll=0.1 until_true "$@"
}
# shown COMMAND...: for the README: the command and what it says, as on a screen.
shown() {
        {
                echo "# $*"
                "$@" 2>&1
                echo
        } >>$out/screens
}

KNOBS="vm/compaction_proactiveness vm/watermark_boost_factor vm/watermark_scale_factor vm/extfrag_threshold vm/min_free_kbytes"
knobs() {
        for knob in $KNOBS; do
                echo "$knob=$(cat "/proc/sys/$knob")"
        done
}
# What is in force on the knob that fragd turns in a window.
proactiveness() {
        cat /proc/sys/vm/compaction_proactiveness
}
property() {
        systemctl show --value -p "$2" "$1"
}
state() {
        property "$1" ActiveState
}
active() {
        equal active state "$1"
}
answers() {
        fragctl --json status | jq -e '.status.samples > 0'
}
# journal FILTER: whether fragd has an entry in this boot for which the jq filter holds.
journal() {
        journalctl -b -u fragd -o json --no-pager | jq -es "map(select($1)) | length > 0"
}
# as USER COMMAND...
as() {
        setpriv --reuid="$1" --regid="$1" --init-groups "${@:2}"
}
processes() {
        pgrep -x "fragd|fragd-actor|fragd-restore|fragd-taskstats"
}
pid() {
        property "$1" MainPID
}
# kill_main UNIT...: all at once, and none where one of them does not run: 0 would be this process and all that it started.
kill_main() {
        local unit all=()
        for unit in "$@"; do
                all+=("$(pid "$unit")")
        done
        check "running, to be killed: $*" not grep -qw 0 <<<"${all[*]}"
        grep -qw 0 <<<"${all[*]}" || kill -KILL "${all[@]}"
}
# credentials PID KEY...: those lines of its status, as "Uid:0 CapEff:0000000000000000".
credentials() {
        local key said=''
        for key in "${@:2}"; do
                said+="$key:$(sed -n "s/^$key:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$1/status") "
        done
        echo "${said% }"
}

# fragmented: takes nearly all memory and gives it back in pieces, so that no huge page is left, and the kernel by itself does
# nothing about it. It stays until whole_again.
quiet_kernel() {
        echo never >/sys/kernel/mm/transparent_hugepage/defrag
        echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
        echo 0 >/sys/kernel/mm/transparent_hugepage/khugepaged/defrag
}
fragmented() {
        shape hog hog leave="$(above_watermarks 40)"
}
# above_watermarks MIB: so much above what the kernel wants free.
above_watermarks() {
        awk -v more="$1" '$1 == "high" && NF == 2 { pages += $2 } END { print int(pages / 256) + more }' /proc/zoneinfo
}
# shape UNIT PROGRAM ARGUMENT...: one of the programs that shape memory, until that unit is stopped.
shape() {
        rm -f /test/ready
        # The weight keeps the CPU controller on, which slow_kcompactd needs.
        systemd-run --quiet --unit="$1" --property=OOMScoreAdjust=-999 --property=CPUWeight=100 "/test/$2" ready=/test/ready "${@:3}"
        until_true 300 test -e /test/ready
}
# With a fiftieth of a CPU what takes kcompactd a second takes a minute.
slow_kcompactd() {
        mkdir -p /sys/fs/cgroup/slow
        echo "2000 100000" >/sys/fs/cgroup/slow/cpu.max
        pgrep kcompactd | while read -r pid; do
                echo "$pid" >/sys/fs/cgroup/slow/cgroup.procs
        done
}
fast_kcompactd() {
        [ ! -e /sys/fs/cgroup/slow/cpu.max ] || echo max >/sys/fs/cgroup/slow/cpu.max
}
whole_again() {
        systemctl stop hog.service 2>/dev/null
        return 0 # or there was none
}

# shellcheck source=/dev/null
. "$1"
"phase_$2"
