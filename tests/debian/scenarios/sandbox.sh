# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the units' sandboxes forbid, and what they must not: tried from inside, by a program that tries what an intruder would.

probe=/usr/local/lib/fragd-test/probe
units=/lib/systemd/system

WRITES="write-swappiness write-compact_memory write-core_pattern write-sysrq write-thp write-cgroup"
FILES="read-shadow read-kernel-log read-disk create-etc create-usr create-run execute-state execute-run execute-tmp execute-shm"
CALLS="socket-inet socket-packet become-nobody mount user-namespace load-module writable-code real-time trace-init reboot
        other-system-calls"
KNOBS_OF_ACTOR="write-compaction_proactiveness write-watermark_boost_factor write-drop_caches write-node-compact write-node-hugepages"

# sandboxed UNIT: what the probe says in a unit that is the same but for the program.
sandboxed() {
        sed -E -e "s|^ExecStart=.*|ExecStart=$probe|" -e 's/^Type=.*/Type=oneshot/' \
                -e '/^(ExecReload|ExecStopPost|Sockets|Restart|RestartSec|WatchdogSec|Requires|After|RefuseManualStart)=/d' \
                "$units/$1.service" >"/run/systemd/system/$1-probe.service"
        echo "StandardOutput=file:/test/$1.probe" >"/test/$1.output"
        sed -i "/^\[Service\]/r /test/$1.output" "/run/systemd/system/$1-probe.service"
        : >"/test/$1.probe"
        systemctl daemon-reload
        systemctl start "$1-probe.service"
}
# judged FILE forbidden|possible NAME...: a check each, by what the probe said. Each program that runs costs time here: so one does it all.
judged() {
        awk -v unit="$1" -v wanted="$2" -v names="${*:3}" '{ said[$1] = $2 }
                END {
                        n = split(names, name, " ")
                        for (i = 1; i <= n; i++) {
                                got = said[name[i]]
                                good = wanted == "possible" ? got == "ok" : got != "" && got != "ok"
                                print (good ? "@ok " : "@not ") unit ": " name[i] " is " wanted
                                if (!good)
                                        print "@detail the probe said \x27" got "\x27"
                        }
                }' "/test/$1.probe"
}
# forbidden FILE NAME...: the probe tried, and was not let. allowed: it was.
forbidden() {
        judged "$1" forbidden "${@:2}"
}
allowed() {
        judged "$1" possible "${@:2}"
}

phase_1() {
        install -m 755 /test/probe $probe
        check "the package is installed" dpkg -i "$(find /test -name 'fragd_*.deb' ! -name '*newer*')"
        check "it is enabled and started" systemctl enable --now fragd
        check "it answers" until_true 60 answers

        echo "@phase without a sandbox"
        $probe >/test/root.probe
        # shellcheck disable=SC2086
        allowed root $WRITES $FILES $CALLS $KNOBS_OF_ACTOR read-log read-pagetypeinfo read-extfrag create-run-fragd create-state \
                socket-unix socket-netlink become-root signal-init

        echo "@phase fragd"
        check "the probe runs in fragd's sandbox" sandboxed fragd
        # shellcheck disable=SC2086
        forbidden fragd $WRITES $FILES $CALLS $KNOBS_OF_ACTOR read-pagetypeinfo read-extfrag create-run-fragd become-root signal-init
        allowed fragd create-state socket-unix socket-netlink

        echo "@phase actor"
        check "the probe runs in the actor's sandbox" sandboxed fragd-actor
        # shellcheck disable=SC2086
        forbidden fragd-actor $WRITES $FILES $CALLS read-log create-state socket-unix socket-netlink
        # shellcheck disable=SC2086
        allowed fragd-actor $KNOBS_OF_ACTOR read-pagetypeinfo read-extfrag create-run-fragd

        echo "@phase helper"
        check "the probe runs in the helper's sandbox" sandboxed fragd-taskstats
        # shellcheck disable=SC2086
        forbidden fragd-taskstats $WRITES $FILES $CALLS $KNOBS_OF_ACTOR read-log read-pagetypeinfo read-extfrag create-state \
                create-run-fragd socket-unix become-root signal-init
        allowed fragd-taskstats socket-netlink

        echo "@phase hot-plug"
        offline

        echo "@phase kernel messages"
        kernel_messages
        echo "@phase metrics"
        metrics
        echo "@phase varlinkctl"
        varlinkctl

        check "from here on fragd only watches" fragctl policy set observe
        echo "@phase counters"
        counters
        echo "@phase taskstats"
        taskstats
}
counting() {
        fragctl --json events | jq -e '.fallbacks.counting'
}
# With a drop-in the actor may count, as its manual says; and may do nothing else with it.
counters() {
        local drop_in=/etc/systemd/system/fragd-actor.service.d/counters.conf none=0000000000000000 perfmon=0000004000000000
        check "fallbacks are not counted, and why" until_true 60 has "not counted: fragd-actor has no CAP_PERFMON" fragctl events
        check "the drop-in is where the manual says" install -D -m 644 /usr/share/fragd/systemd/fragd-actor-counters.conf $drop_in
        systemctl daemon-reload && systemctl restart fragd
        check "with Debian's default it says what to lower" until_true 60 has "kernel.perf_event_paranoid is above 2" fragctl events
        check "the actor has the one capability, and not in force" equal "Uid:0 CapPrm:$perfmon CapEff:$none CapBnd:$perfmon" \
                credentials "$(pid fragd-actor)" Uid CapPrm CapEff CapBnd
        echo kernel.perf_event_paranoid = 2 >/etc/sysctl.d/60-perf.conf
        check "it is lowered" sysctl --quiet --load=/etc/sysctl.d/60-perf.conf
        systemctl restart fragd
        check "fallbacks are counted" until_true 60 counting
        quiet_kernel
        # Movable pages into the holes between unmovable ones, which no movable zone has.
        check "unmovable pages, and holes" shape pin pin leave="$(($(above_watermarks 60) + $(movable_zone)))" keep=8
        check "movable pages" shape hog hog leave="$(above_watermarks 12)" keep=60
        check "that cost fallbacks" until_true 60 has_fallbacks
        shown fragctl events
        systemctl stop pin.service hog.service
        rm $drop_in
        systemctl daemon-reload && systemctl restart fragd
        check "without the drop-in it says what is missing" until_true 60 has "not counted: fragd-actor has no CAP_PERFMON" fragctl events
}
# MiB that are free where only movable pages may be.
movable_zone() {
        awk '$1 == "Node" { zone = $4 } $1 == "pages" && $2 == "free" && zone == "Movable" { print int($3 / 256) }' /proc/zoneinfo
}
has_fallbacks() {
        fragctl --json events | jq -e '[.fallbacks.kinds[].total] | add > 0'
}
# stalls BLOCKS: a program waits in direct compaction, and asks the kernel itself how often. It keeps its huge pages: the next one has to
# wait, too, if this one found enough that somebody had made before.
stalls() {
        local _
        for _ in 1 2 3; do
                rm -f /test/stall.out
                /test/postgres blocks="$1" out=/test/stall.out raw=/test/stall.raw &
                until_true 60 test -s /test/stall.out
                stalled=$((stalled + $(cut -d ' ' -f 2 /test/stall.out)))
                grep -q '^[0-9]* 0 ' /test/stall.out || break
        done
        check "a program waited" not grep -q '^[0-9]* 0 ' /test/stall.out
}
told() {
        fragctl --json stalls | jq -e --argjson n "$stalled" '.stalls.names[] | select(.name == "postgres") | .compactions == $n'
}
taskstats() {
        local helper stalled=0 admin=0000000000001000
        cp /test/stall /test/postgres
        check "memory is fragmented" fragmented
        echo always >/sys/kernel/mm/transparent_hugepage/defrag
        check "without delay accounting it says what to set" has "kernel.task_delayacct" fragctl stalls
        sysctl --quiet kernel.task_delayacct=1
        stalls 80
        check "and fragd knows how often" until_true 60 told
        shown fragctl stalls
        helper=$(pid fragd-taskstats)
        check "the helper has the one capability" equal "CapPrm:$admin CapEff:$admin CapBnd:$admin NoNewPrivs:1 Seccomp:2" \
                credentials "$helper" CapPrm CapEff CapBnd NoNewPrivs Seccomp
        check "it is nobody else" user_is_dynamic "$helper"
        check "the security of fragd-taskstats.service" systemd-analyze --no-pager security --threshold=13 fragd-taskstats.service
        kill_main fragd-taskstats
        check "it is gone" until_true 60 not equal "$helper" pid fragd-taskstats
        stalls 80
        check "the next question starts another one" until_true 60 told
        check "it runs" active fragd-taskstats
        check "fragd is the same" equal 0 property fragd NRestarts
        check "masked" systemctl mask --now fragd-taskstats.socket
        systemctl restart fragd
        check "fragd runs without it" until_true 60 answers
        stalls 80
        check "status says so" until_true 60 has "fragd-taskstats" fragctl status
        shown fragctl status
        shown fragctl stalls
        check "nobody of it runs" not active fragd-taskstats
}
# As systemd makes them up.
user_is_dynamic() {
        local uid
        uid=$(credentials "$1" Uid)
        echo "$uid"
        [ "${uid#Uid:}" -ge 61184 ] && [ "${uid#Uid:}" -le 65519 ]
}
# As if the kernel had said it: journald takes the name off what others than the kernel write there.
kernel_says() {
        local line
        while read -r line; do
                echo "<4>kernel: ${line#*] }" >/dev/kmsg
        done <"$1"
}
counted() {
        fragctl --json messages | jq -e "[.kernel_messages.messages[] | select($1) | .total] | add == $2"
}
kernel_messages() {
        check "fragd watches the journal" has '"watching": *true' fragctl --json messages
        kernel_says /test/page-order4-veth.txt
        check "what the kernel says is counted" until_true 60 counted \
                '.class == "fragmentation" and .order == 4 and .caller == "veth_alloc_queues" and .comm == "dockerd"' 1
        check "explain says it" has "1 allocation of order 4 (64 KiB) failed in the last hour" fragctl explain
        check "status, too" has "^Kernel   1 allocation of order 4" fragctl status
        shown fragctl messages
        check "without its group it says what to do" until_true 60 no_group
}
no_group() {
        [ -e /run/systemd/system/fragd.service.d/group.conf ] || {
                mkdir -p /run/systemd/system/fragd.service.d
                printf '[Service]\nSupplementaryGroups=\n' >/run/systemd/system/fragd.service.d/group.conf
                systemctl daemon-reload
                systemctl restart fragd
        }
        has "add whom it runs as to the group systemd-journal" fragctl status || return 1
        rm -r /run/systemd/system/fragd.service.d
        systemctl daemon-reload
        systemctl restart fragd
}
scrape() {
        exec 3<>/dev/tcp/127.0.0.1/10816 && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && cat <&3
        local r=$?
        exec 3>&-
        return $r
}
# The socket comes from outside: inside, no TCP socket can be had.
metrics() {
        check "no metrics unless asked for" not scrape
        check "they are asked for" systemctl enable fragd-metrics.socket
        check "fragd is started again" systemctl restart fragd
        check "it answers" until_true 60 answers
        check "Prometheus finds metrics" until_true 60 has '^fragd_verdict{' scrape
        check "a scrape says how it went" has '^HTTP/1.[01] 200 ' scrape
        systemctl stop fragd
        check "stopped, nobody listens" until_true 30 not scrape
        check "a scrape starts nothing" equal inactive state fragd
        systemctl start fragd
        check "started, it has metrics again" until_true 60 has '^fragd_verdict{' scrape
        systemctl disable fragd-metrics.socket
        systemctl restart fragd
        check "not asked for any more: none" until_true 30 not scrape
        check "it answers" until_true 60 answers
}
# Each of its points becomes one of ours.
varlinkctl() {
        sh /test/varlinkctl-checks /test/trixie-varlinkctl/varlinkctl /run/fragd /usr/share/fragd/varlink |
                sed -E -e 's/^ok [0-9]+ - /@ok varlinkctl: /' -e 's/^not ok [0-9]+ - /@not varlinkctl: /' -e 's/^# /@detail /'
        check "varlinkctl's checks went through" test "${PIPESTATUS[0]}" = 0
}
# The kernel's events reach fragd in its own network namespace.
offline() {
        local block
        for block in /sys/devices/system/memory/memory[0-9]*; do
                if [ "$(cat "$block/removable")" = 1 ] && echo offline >"$block/state"; then
                        break
                fi
        done 2>/dev/null
        check "a block of memory goes offline" equal offline cat "$block/state"
        check "fragd notices" until_true 60 journal '.MESSAGE_ID == "9489b3baee104e73b2615074fe2c77cd"'
        echo online >"$block/state"
}
