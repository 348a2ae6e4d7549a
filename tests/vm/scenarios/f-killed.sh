# SIGKILL of fragd while a window is open, and while a compaction runs: the actor puts back every knob, ends its
# child and goes. The objective is out of reach, so that both last.
lists=/proc/sys/vm/percpu_pagelist_high_fraction
short_lists() {
        [ "$(cat $lists)" -ne 0 ]
}
window_open() {
        [ "$(cat /proc/sys/vm/compaction_proactiveness)" -ne 7 ] && short_lists
}
acting() {
        [ "$(count fragd-actor)" -ge 2 ] && short_lists
}
quiet_kernel
# Below 12 it never acts, but can be told from 0.
echo 7 >/proc/sys/vm/compaction_proactiveness
memory hog leave="$(above_watermarks 6)"
settings before
huge_pages 30% 40% '"window", "pagelists"'
fragd_start
until_true 120 window_open
text window "$(cat /proc/sys/vm/compaction_proactiveness)"
text lists-window "$(cat $lists)"
kill -KILL "$fragd_pid"
wait "$fragd_pid"
until_true 60 nobody_left
settings after-window
ls /run/fragd | lines left-window
kill "$memory_pid"
wait "$memory_pid"
memory hog leave="$(above_watermarks 6)"
huge_pages 30% 40% '"compact", "pagelists"'
fragd_start
poll=0.1 until_true 120 acting
text children "$(count fragd-actor)"
text lists-compaction "$(cat $lists)"
kill -KILL "$fragd_pid"
wait "$fragd_pid"
until_true 60 nobody_left
counters counters-dead
sleep 2
counters counters-later
settings after
# A compaction that had gone on to its end would have left little to do for another one.
echo 1 >/sys/devices/system/node/node0/compact
counters counters-complete
ls /run/fragd | lines left
# And it starts again as if nothing had been.
huge_pages 30% 40% ''
fragd_start
json status fragctl --json status
json knobs fragctl --json knobs
fragd_stop
