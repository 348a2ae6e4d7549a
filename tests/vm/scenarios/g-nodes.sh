# Two nodes, only the second fragmented: only that one is compacted. A witness on the first notes the
# physical places of its pages: with the window, a lever for the whole machine, they must not move.
threads() {
        text "cpu0-$1" "$(cpu_of kcompactd0)"
        text "cpu1-$1" "$(cpu_of kcompactd1)"
}
quiet_kernel
memory witness node=0 size=96
witness_pid=$memory_pid
memory hog node=1 leave=24
for lever in window compact; do
        huge_pages 2% 3% "\"$lever\""
        blocks "blocks-$lever-before"
        threads "$lever-before"
        rm -rf /run/state # or the log tells of the lever before as well
        fragd_start
        until_true 300 has '"gained"\|"no-gain"' fragctl --json log
        until_true 60 has '"met"' fragctl --json status
        json "log-$lever" fragctl --json log
        json "status-$lever" fragctl --json status
        fragd_stop
        threads "$lever-after"
        blocks "blocks-$lever-after"
        rm -f /tmp/moved
        kill -USR1 "$witness_pid"
        until_true 30 have /tmp/moved
        lines "moved-$lever" /tmp/moved
        kill "$memory_pid"
        wait "$memory_pid"
        memory hog node=1 leave=24
done
# The witness does see what moves: the same write to its own node.
rm -f /tmp/moved
echo 1 >/sys/devices/system/node/node0/compact
kill -USR1 "$witness_pid"
until_true 30 have /tmp/moved
lines moved-control /tmp/moved
