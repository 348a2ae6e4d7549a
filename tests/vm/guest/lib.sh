#!/bin/sh
# lib.sh SCENARIO: what scenarios share, then the scenario itself. Descriptor 3 is the host's report;
# what is judged there is reported here, not tested (tests/vm/judge.py).

fail() {
        echo "@fail $*" >&3
}
text() {
        echo "@text $1 $2" >&3
}
# lines NAME [FILE]: each line of it under that name.
lines() {
        sed "s|^|@text $1 |" "${2:--}" >&3
}
# json NAME COMMAND...: its output, which must be one JSON text.
json() {
        name=$1
        shift
        if "$@" >/tmp/json 2>/tmp/json.err; then
                echo "@json $name $(tr '\n' ' ' </tmp/json)" >&3
        else
                fail "$*: exit $? $(head -c 300 /tmp/json.err | tr '\n' ' ')"
        fi
}

# Guest time in seconds.
now() {
        cut -d ' ' -f 1 /proc/uptime
}
# until_true SECONDS COMMAND...: waits for the condition, looking every $poll seconds.
until_true() {
        limit=$1
        shift
        start=$(now)
        until "$@" >/dev/null 2>&1; do
                if awk -v a="$start" -v b="$(now)" -v l="$limit" 'BEGIN { exit !(b - a > l) }'; then
                        fail "waited $limit s in vain for: $*"
                        return 1
                fi
                sleep "${poll:-0.5}"
        done
}
have() {
        [ -e "$1" ]
}
gone() {
        ! [ -d "/proc/$1" ]
}
ready_or_gone() {
        have /tmp/ready || gone "$1"
}
# has TEXT COMMAND...: its output has that text.
has() {
        what=$1
        shift
        "$@" 2>/dev/null | grep -q -e "$what"
}

# memory PROGRAM KEY=VALUE...: starts a helper that shapes memory and waits until it has.
# Its pid: $memory_pid.
memory() {
        rm -f /tmp/ready
        "$@" ready=/tmp/ready >/tmp/memory.out 2>&1 &
        memory_pid=$!
        until_true 300 ready_or_gone "$memory_pid"
        have /tmp/ready || fail "$1 ended: $(cat /tmp/memory.out)"
        lines memory /tmp/memory.out
}
# above_watermarks MIB: that much more than the kernel keeps for itself (the zones' high
# watermarks), in MiB.
above_watermarks() {
        awk -v more="$1" '$1 == "high" && NF == 2 { pages += $2 }
                END { print int(pages / 256) + more }' /proc/zoneinfo
}
# Faults neither compact nor reclaim by themselves, and the kernel compacts neither proactively nor because of a
# watermark boost: where an unmovable page of whatever process (a page table, what exit() gathers) takes over a
# pageblock, that would wake kswapd and it kcompactd. What is fragmented stays so until somebody acts.
quiet_kernel() {
        echo 0 >/proc/sys/vm/watermark_boost_factor
        echo never >/sys/kernel/mm/transparent_hugepage/defrag
        echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
        echo 0 >/sys/kernel/mm/transparent_hugepage/khugepaged/defrag
        echo 0 >/proc/sys/vm/compaction_proactiveness
}

# config TEXT: fragd's whole configuration.
config() {
        mkdir -p /etc/fragd
        echo "$1" >/etc/fragd/fragd.conf
}
# huge_pages RESERVE REFILL LEVERS: `balanced` with huge pages as its only objective, and these levers.
huge_pages() {
        config "policies: { balanced: { levers = [ $3 ];
                objectives = ( { size = \"thp\"; reserve = \"$1\"; refill = \"$2\"; } ); }; };"
}
# fixed_reserves: `balanced` with reserves that do not follow demand, where there is none and the scenario is about acting.
fixed_reserves() {
        config "policies: { balanced: { objectives = (
                { size = \"thp\"; reserve = \"16%\"; refill = \"24%\"; for = \"user\"; },
                { size = \"64K\"; reserve = \"32M\"; refill = \"48M\"; for = \"kernel\"; } ); }; };"
}
# fragd_start OPTION...: in the foreground of its own job; waits until it has taken a sample.
fragd_start() {
        if [ -e /etc/fragd/fragd.conf ]; then
                set -- -c /etc/fragd/fragd.conf "$@"
        fi
        fragd --runtime-dir /run/fragd --state-dir /run/state --log stderr "$@" >>/tmp/fragd.log 2>&1 &
        fragd_pid=$!
        until_true 60 has '"verdict"' fragctl --json status || {
                lines stderr /tmp/fragd.log
                exit 1
        }
}
# Processes of that name.
count() {
        pidof "$1" | wc -w
}
nobody_left() {
        [ "$(count fragd)" -eq 0 ] && [ "$(count fragd-actor)" -eq 0 ]
}
# Ends it as an init system does; its exit status is reported, and nothing of it may be left.
fragd_stop() {
        kill -TERM "$fragd_pid"
        wait "$fragd_pid"
        text exit $?
        until_true 60 nobody_left
        lines stderr /tmp/fragd.log
}
# settings NAME: what somebody may set, and what it is: all sysctls (but the one that each fork changes) and
# the settings of the memory manager.
settings() {
        find /proc/sys /sys/kernel/mm -type f -perm -0200 ! -name ns_last_pid -exec grep -H '' {} + \
                2>/dev/null | sort >/tmp/settings
        sha256sum </tmp/settings | lines "$1-sum"
        grep -e ^/proc/sys/vm -e ^/sys/kernel/mm /tmp/settings | lines "$1"
}
# watch_writes: from now on /tmp/writes gets the path of every file of these that is written to.
watch_writes() {
        : >/tmp/writes
        memory writes watch=/proc/sys/vm watch=/sys/devices/system/node/node0 \
                watch=/sys/kernel/mm/transparent_hugepage
}
# Counters of the whole machine that tell whether somebody compacted.
counters() {
        grep -e ^compact_ -e ^pgmigrate_ -e ^pgsteal_ /proc/vmstat | lines "$1"
}
blocks() {
        lines "$1" /proc/buddyinfo
}
cpu_of() {
        # utime and stime of a kernel thread, in ticks
        awk '{ print $14 + $15 }' "/proc/$(pidof "$1")/stat"
}

# shellcheck source=/dev/null  # which one is known at run time only
. "/scenarios/$1.sh"
