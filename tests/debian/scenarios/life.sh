# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The life of a fragd on a server: installed, enabled, at work, spoken to, ill-treated, rebooted, upgraded, removed, purged.

deb=$(find /test -name 'fragd_*.deb' ! -name '*newer*')
newer_deb=$(find /test -name 'fragd_*newer*.deb')
drop_in=/etc/fragd/fragd.conf.d/test.conf

apt() {
        DEBIAN_FRONTEND=noninteractive command apt-get -q -y -o Dpkg::Use-Pty=0 "$@"
}
# Every file of the machine, but what each run of anything changes.
files() {
        find / -xdev \( -path /test -o -path /var/log -o -path /var/cache -o -path /var/lib/dpkg -o -path /var/lib/apt \
                -o -path /var/lib/man-db -o -path /tmp -o -path /var/tmp -o -path /var/lib/systemd/catalog/database \) -prune -o -print |
                sort
}
# reserve POLICY SHARE REFILL: huge pages as the only objective of the policy.
reserve() {
        mkdir -p ${drop_in%/*}
        echo "policies: { $1: { levers = [ \"window\" ];
                objectives = ( { size = \"thp\"; reserve = \"$2\"; refill = \"$3\"; } ); }; };" >$drop_in
}
window_open() {
        [ "$(proactiveness)" != "$before" ]
}
as_before() {
        equal "$(cat /test/knobs)" knobs
}
sockets() {
        find /run -path '/run/fragd/*' -type s
}
restarted() {
        [ "$(pid fragd)" != "$1" ] && [ "$(pid fragd)" != 0 ] && active fragd && answers
}

installed() {
        echo "@phase installed"
        useradd --no-create-home alice && useradd --no-create-home bob
        knobs >/test/knobs
        proactiveness >/test/before
        files >/test/files
        shown apt install "$deb"
        check "apt installs it" dpkg -s fragd
        check "it is not enabled" equal disabled systemctl is-enabled fragd
        check "it does not run" equal inactive state fragd
        check "no socket of it listens" equal "" sockets
        check "nobody of it runs" not processes
        check "no knob was touched" as_before
        for page in fragd.8 fragctl.1 fragd.conf.5 fragd-actor.8 io.fragd.7; do
                check "man finds $page" test -s "$(man -w "${page##*.}" "${page%.*}")"
        done
        check "without a daemon fragctl says what to do" exits 5 "systemctl start fragd" fragctl status
        check "which does not start it" equal inactive state fragd
}
enabled() {
        echo "@phase enabled"
        shown systemctl enable --now fragd
        check "it is enabled" equal enabled systemctl is-enabled fragd
        check "it is active" active fragd
        check "its actor, too" until_true 60 active fragd-actor
        check "it answers" until_true 60 answers
        check "no privilege for fragd" equal "Uid:$(id -u fragd) CapBnd:0000000000000000 CapEff:0000000000000000 NoNewPrivs:1 Seccomp:2" \
                privileges "$(pid fragd)"
        check "uid 0 and no capability for the actor" \
                equal "Uid:0 CapBnd:0000000000000000 CapEff:0000000000000000 NoNewPrivs:1 Seccomp:2" privileges "$(pid fragd-actor)"
        check "the API for everybody" equal "666 root" stat -c '%a %U' /run/fragd/fragd.sock
        check "control for fragd-admin" equal "660 fragd fragd-admin" stat -c '%a %U %G' /run/fragd/admin.sock
        check "the actor's socket for fragd alone" equal "600 fragd" stat -c '%a %U' /run/fragd/actor.sock
        check "the security of fragd.service" systemd-analyze --no-pager security --threshold=13 fragd.service
        check "the security of fragd-actor.service" systemd-analyze --no-pager security --threshold=10 fragd-actor.service
        shown systemctl status fragd
        check "no knob was touched" as_before
}
privileges() {
        credentials "$1" Uid CapBnd CapEff NoNewPrivs Seccomp
}
# Most of the memory in pieces: a decision with all fields, its words, its explanation, the objective met.
at_work() {
        echo "@phase at work"
        quiet_kernel
        reserve balanced 16% 20%
        check "it takes a configuration" systemctl reload fragd
        check "memory is fragmented" fragmented
        check "it sees that" until_true 120 journal '.FRAGD_VERDICT == "fragmented"'
        check "it decides to act" until_true 120 journal "$(acted)"
        check "the decision has all its fields" journal "$(acted) and (.MESSAGE | startswith(\"Node 0 \"))
                and .FRAGD_LEVER == \"window\" and .FRAGD_REASON != null and (.FRAGD_DECISION | tonumber) > 0
                and .FRAGD_ORDER == \"9\" and .FRAGD_NODE == \"0\" and (.FRAGD_SCORE | tonumber) > 0 and .FRAGD_WOULD == null
                and (.FRAGD_RESERVE_BYTES | tonumber) > (.FRAGD_CURRENT_BYTES | tonumber) and .FRAGD_ACT == \"set-knob\"
                and .FRAGD_KNOB == \"vm.compaction_proactiveness\" and (.FRAGD_NEW_VALUE | tonumber) > (.FRAGD_OLD_VALUE | tonumber)
                and (.FRAGD_ACTION | tonumber) > 0 and .SYSLOG_IDENTIFIER == \"fragd\""
        check "the objective is met" until_true 300 journal '.FRAGD_VERDICT == "met"'
        check "what it gained is told" until_true 60 journal '(.FRAGD_GAIN_BYTES | tonumber? // 0) > 0 and .FRAGD_COST_USEC != null'
        check "journalctl -x explains it" has "Free memory of node 0 is put together" journalctl -x -b -u fragd --no-pager
        check "every entry of fragd has its explanation" equal "" unexplained
        shown fragctl status
        shown fragctl explain
        shown journalctl -x -u fragd -n 1 FRAGD_ACT=set-knob
        check "knobs are back" until_true 120 as_before
        whole_again
}
# A decision to start something, done.
acted() {
        echo '.MESSAGE_ID == "3054b65d0cdf493fac7f0fc9b3af39a1"'
}
unexplained() {
        journalctl -b -u fragd -o json --no-pager | jq -r 'select(._COMM == "fragd") | .MESSAGE_ID // empty' | sort -u |
                while read -r id; do
                        journalctl --list-catalog "$id" >/dev/null 2>&1 || echo "$id"
                done
}
people() {
        echo "@phase people"
        usermod -aG fragd-admin bob
        check "root sets a policy" fragctl policy set conserve
        check "it is in force" equal conserve policy
        check "an ordinary user may look" as alice fragctl status
        check "and is refused, with the reason" exits 6 "fragd-admin" as alice fragctl policy set observe
        shown as alice fragctl policy set observe
        check "nothing changed" equal conserve policy
        shown as bob fragctl policy set aggressive
        check "a member of fragd-admin may" equal aggressive policy
        check "the journal says who" journal ".FRAGD_UID == \"$(id -u bob)\" and .MESSAGE_ID == \"427dc02c55fe4fb4971febc2e55ffd7b\""
}
policy() {
        fragctl --json status | jq -r .status.policy
}
reloads() {
        echo "@phase reloads"
        reserve aggressive 17% 21%
        check "a good configuration is taken" systemctl reload fragd
        check "it is in force" has 'reserve = "17%"' fragctl policy show aggressive
        echo 'policy = "brave"' >>$drop_in
        check "a broken one is refused" not systemctl reload fragd
        shown fragctl config check
        check "the journal names file and line" journal ".MESSAGE | contains(\"$drop_in:3:\")"
        check "fragd goes on" answers
        check "with what it had" has 'reserve = "17%"' fragctl policy show aggressive
        check "the check finds it as well" exits 1 "$drop_in:3" fragctl config check
        reserve aggressive 16% 20%
        check "repaired, it is taken" systemctl reload fragd
}
# A window is open, and stays so for a while, as the objective is out of reach and kcompactd slow: the worst moment to be hit.
in_a_window() {
        until_true 120 active fragd && until_true 60 answers && fragctl pause && whole_again && fast_kcompactd && fragmented &&
                slow_kcompactd && fragctl resume && soon 200 window_open
}
# slow_actor SETTING: more of the actor's unit.
slow_actor() {
        mkdir -p /run/systemd/system/fragd-actor.service.d
        printf '[Service]\n%s\n' "$1" >/run/systemd/system/fragd-actor.service.d/slow.conf
        systemctl daemon-reload
}
# Knobs were put back by what was left, and not only by the next fragd.
put_back_first() {
        local said
        said=$(journalctl -b -u fragd -u fragd-actor -o cat --no-pager | grep -o "put back from\|Scheduled restart job" | tail -n 2)
        echo "$said"
        [ "$said" = "put back from
Scheduled restart job" ]
}
ill_treated() {
        echo "@phase ill-treated"
        local pid restarts
        reserve aggressive 25% 35%
        systemctl reload fragd
        check "a knob is turned" in_a_window
        pid=$(pid fragd) restarts=$(property fragd NRestarts)
        kill -STOP "$pid"
        check "stopped, it is killed by the watchdog" until_true 120 has "Watchdog timeout" journalctl -b -u fragd --no-pager
        check "knobs are back" soon 30 as_before
        check "it is started again" until_true 120 restarted "$pid"
        check "once" equal $((restarts + 1)) property fragd NRestarts

        # The actor takes longer to end than systemd waits before it starts fragd again.
        slow_actor "ExecStopPost=/bin/sleep 8"
        check "a knob is turned" in_a_window
        pid=$(pid fragd)
        kill_main fragd
        check "fragd killed: knobs are back" soon 30 as_before
        check "it is started again, though its actor is slow to end" until_true 120 restarted "$pid"
        check "after that" put_back_first
        slow_actor ""

        check "a knob is turned" in_a_window
        pid=$(pid fragd)
        kill_main fragd-actor
        check "the actor killed: knobs are back" soon 30 as_before
        check "it is started again" until_true 120 restarted "$pid"
        check "after that" put_back_first

        check "a knob is turned" in_a_window
        pid=$(pid fragd)
        kill_main fragd fragd-actor
        check "both killed: knobs are back" soon 30 as_before
        check "it is started again" until_true 120 restarted "$pid"
        check "after that" put_back_first

        check "a knob is turned" in_a_window
        systemctl stop fragd
        check "stopped: knobs are back before stop returns" as_before
        # The actor ends when fragd has: nobody waits for it here, as prerm does.
        check "nobody is left" until_true 30 not processes
        check "no socket is left" until_true 30 equal "" sockets
        check "asking does not start it" exits 5 "" fragctl status
        check "stopped is stopped" equal inactive state fragd
        systemctl start fragd
        check "a knob is turned" in_a_window
}

phase_1() {
        installed
        before=$(cat /test/before)
        enabled
        at_work
        people
        reloads
        ill_treated
        touch /test/reboot
}

back_again() {
        echo "@phase back again"
        check "after a reboot it runs" until_true 120 active fragd
        check "and answers" until_true 60 answers
        check "at shutdown fragd ended before its actor" ended_in_order
        check "the policy set by hand is kept" equal aggressive policy
}
ended_in_order() {
        journalctl -b -1 --no-pager -u fragd -u fragd-actor -o cat | tail -n 20 >/test/last_boot
        cat /test/last_boot
        grep -o "^Stopped fragd[-a-z]*.service" /test/last_boot | tail -n 2 | cmp - <(
                echo "Stopped fragd.service"
                echo "Stopped fragd-actor.service"
        ) && not grep -q "fragd-actor has ended\|Failed with result" <(sed -n '/Stopping fragd.service/,$p' /test/last_boot)
}
upgraded() {
        echo "@phase upgraded"
        local pid actor
        quiet_kernel
        check "a knob is turned" in_a_window
        pid=$(pid fragd) actor=$(pid fragd-actor)
        check "apt upgrades it" apt install "$newer_deb"
        check "it is the newer one" has newer1 dpkg-query -W fragd
        check "fragd was started again" until_true 60 restarted "$pid"
        check "the actor, too" not equal "$actor" pid fragd-actor
        check "both are the newer programs" not has deleted readlink "/proc/$(pid fragd)/exe" "/proc/$(pid fragd-actor)/exe"
        check "it is still enabled" equal enabled systemctl is-enabled fragd
        check "the baseline is what was before fragd" equal "$before" \
                baseline
}
baseline() {
        fragctl --json knobs | jq -r '.knobs[] | select(.knob == "vm.compaction_proactiveness").baseline'
}
removed() {
        echo "@phase removed"
        check "a knob is turned" in_a_window
        shown fragctl knobs
        shown apt remove fragd
        check "apt removes it" not has "^ii" dpkg -l fragd
        check "knobs are as found" as_before
        check "nobody is left" not processes
        check "no unit is left" equal not-found property fragd LoadState
        check "the settings are kept" test -e /var/lib/fragd/policy -a -e $drop_in
        rm $drop_in
        shown apt purge fragd
        files >/test/files-left
        check "no file is left" equal "" comm -13 /test/files /test/files-left
        check "knobs are as found" as_before
}

phase_2() {
        before=$(cat /test/before)
        back_again
        upgraded
        removed
}
