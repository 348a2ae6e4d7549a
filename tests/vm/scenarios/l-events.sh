# Fallbacks between migrate types are provoked, and fragd's counts compared with the kernel's own trace of the same event;
# then fragd and the actor are killed, and nothing of it may be left.
tracing=/sys/kernel/tracing
witness=$tracing/instances/witness
mount -t tracefs tracefs $tracing

# Whatever the counters could have left behind.
tracing_state() {
        find $tracing/events/kmem -type f ! -name id ! -name format ! -path '*/trigger' -exec grep -H '' {} + 2>/dev/null |
                sort | lines "$1"
        ls $tracing/instances | lines "$1"
        for f in tracing_on current_tracer set_event kprobe_events; do
                grep -H '' $tracing/$f | lines "$1"
        done
}
# Fallbacks below the order of a pageblock in the witness's trace: unmovable, movable.
traced() {
        awk '/mm_page_alloc_extfrag:/ && /fragmenting=1/ { n[/ alloc_migratetype=1 /]++ }
                END { print n[0] + 0, n[1] + 0 }' $witness/trace
}
counting() {
        fragctl --json events | grep -q '"counting": *true'
}
# Both counts of an instant: between two looks at the trace that agree, fragd was asked.
compare() {
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
                sleep 1.2 # fragd reads once a second at most
                before=$(traced)
                fragctl --json events >/tmp/events
                [ "$before" = "$(traced)" ] && break
        done
        [ "$before" = "$(traced)" ] || fail "the trace does not come to rest: $before"
        text "traced-$1" "$before"
        json "counted-$1" cat /tmp/events
}
perf_fds() {
        ls -l /proc/[0-9]*/fd 2>/dev/null | awk '/perf_event/ { n++ } END { print n + 0 }'
}

tracing_state tracing-before
mkdir $witness
echo 4096 >$witness/buffer_size_kb
echo 1 >$witness/events/kmem/mm_page_alloc_extfrag/enable
config 'policy = "observe";'
fragd_start
# Debian's default: fragd says what to do, and finds out by itself that it was done.
echo 3 >/proc/sys/kernel/perf_event_paranoid
until_true 60 has 'kernel.perf_event_paranoid is above 2' fragctl events
echo 2 >/proc/sys/kernel/perf_event_paranoid
poll=5 until_true 90 counting
compare start
# Movable pages into the holes between unmovable ones, then the other way round.
memory pin leave="$(above_watermarks 100)" keep=8
first=$memory_pid
memory hog leave="$(above_watermarks 12)" keep=60
kill "$memory_pid" "$first"
wait "$memory_pid" "$first"
memory hog leave="$(above_watermarks 8)" keep=60
first=$memory_pid
memory pin leave="$(above_watermarks 28)" keep=8
kill "$memory_pid" "$first"
wait "$memory_pid" "$first"
compare end
text fds "$(perf_fds)"
grep -h overrun $witness/per_cpu/cpu*/stats | lines overrun
json status fragctl --json status
fragctl events | lines screen
grep -e CapPrm -e CapEff "/proc/$(pidof fragd-actor)/status" | lines caps

kill -KILL "$fragd_pid" "$(pidof fragd-actor)"
wait "$fragd_pid"
until_true 60 nobody_left
rmdir $witness
text fds-left "$(perf_fds)"
tracing_state tracing-after

# Where there is no tracefs it says so, and does the rest.
umount $tracing
umount /sys/kernel/debug/tracing 2>/dev/null
umount /sys/kernel/debug
fragd_start
until_true 60 has 'tracefs is not mounted' fragctl events
json status-off fragctl --json status
fragd_stop
