# Most of the memory is fragmented, and fragd itself may do nothing: only what is asked for is done.
pool=/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages
# attempt NAME ARGUMENT...: fragctl's exit status, what it said, the pool and the page caches dropped after it.
attempt() {
        name=$1
        shift
        fragctl "$@" >/tmp/out 2>&1
        text "$name" $?
        lines "$name-said" /tmp/out
        text "$name-pool" "$(cat $pool)"
        text "$name-dropped" "$(awk '$1 == "drop_pagecache" { print $2 }' /proc/vmstat)"
}
grown() {
        [ "$(cat $pool)" -gt 0 ]
}
as_before() {
        [ "$(cat $pool)" -eq 0 ]
}
quiet_kernel
memory hog leave="$(above_watermarks 6)"
huge_pages 2M 4M ''
settings before
blocks blocks-before
fragd_start
attempt check check --size 2M --count 10
counters counters-checked
attempt plain prepare --size 2M --count 10 --timeout 5min
blocks blocks-after
attempt there check --size 2M --count 10
attempt impossible prepare --size 2M --count 5000
attempt dropping prepare --size 2M --count 5000 --allow-drop-caches
attempt late prepare --size 2M --count 40 --hugetlb --timeout 1ms
fragctl prepare --size 2M --count 45 --hugetlb --timeout 5min >/tmp/out 2>&1 &
client=$!
poll=0.02 until_true 60 grown
kill -TERM $client # SIGINT is ignored by what a shell starts in the background
wait $client
text interrupted $?
until_true 60 as_before
attempt huge prepare --size 2M --count 30 --hugetlb --node 0 --timeout 5min
json log fragctl --json log
fragd_stop
text kept "$(cat $pool)"
echo 0 >$pool
# A hold is acted upon, outlasts a reload, and ends. What came before has left few blocks to be made: memory is fragmented anew.
kill "$memory_pid"
wait "$memory_pid"
memory hog leave="$(above_watermarks 6)"
huge_pages 2M 4M '"compact"'
fragd_start
blocks blocks-before-hold
lacking=$(awk '{ n += $14 + 2 * $15 } END { print n + 10 }' /proc/buddyinfo)
text lacking "$lacking"
attempt hold hold --size 2M --count "$lacking" --node 0 --for 10m
until_true 120 has "\"there\":$lacking" fragctl --json hold
fragctl reload >/tmp/out 2>&1
json holds fragctl --json hold
json explained fragctl --json explain
blocks blocks-held
attempt unhold hold --release 1
json holds-after fragctl --json hold
json hold-log fragctl --json log
fragd_stop
settings after
