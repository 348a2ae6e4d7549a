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
# forbidden FILE NAME...: the probe tried, and was not let. allowed: it was.
forbidden() {
        local name said
        for name in "${@:2}"; do
                said=$(sed -n "s/^$name //p" "/test/$1.probe")
                check "$1: $name is forbidden" test -n "$said" -a "$said" != ok
        done
}
allowed() {
        local name
        for name in "${@:2}"; do
                check "$1: $name is possible" grep -qx "$name ok" "/test/$1.probe"
        done
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

        echo "@phase hot-plug"
        offline

        echo "@phase kernel messages"
        kernel_messages
        echo "@phase metrics"
        metrics
        echo "@phase varlinkctl"
        varlinkctl
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
