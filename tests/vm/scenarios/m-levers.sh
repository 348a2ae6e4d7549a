# The policy names scale and defrag_mode. Page cache fills memory, and somebody goes on reading: too little is free for the objective, whatever
# compaction does. Kernels that have defrag_mode read ahead in blocks so large that kswapd frees much by itself: there only that mode is
# waited for.
factor=/proc/sys/vm/watermark_scale_factor
mode=/proc/sys/vm/defrag_mode
freed() {
        [ "$(cat $factor)" -gt 20 ] && [ "$(free_kb)" -gt $((free_before + 10240)) ]
}
free_kb() {
        awk '$1 == "MemFree:" { print $2 }' /proc/meminfo
}
read_on() {
        while :; do
                dd if=/dev/nvme0n1 of=/dev/null bs=1M count=8 skip="$1" 2>/dev/null
                sleep 1
        done
}
quiet_kernel
memory hog leave=200
# The last one who closes a block device throws its pages away.
exec 9</dev/nvme0n1
dd if=/dev/nvme0n1 of=/dev/null bs=1M 2>/dev/null
config 'policies: { balanced: { levers = [ "compact", "scale", "defrag_mode" ]; scale_max = 1000;
        objectives = ( { size = "thp"; reserve = "24M"; refill = "32M"; } ); }; };'
settings before
text factor-before "$(cat $factor)"
free_before=$(free_kb)
text free-before "$free_before"
fragd_start
json first fragctl --json status
read_on 0 &
reader=$!
if [ -e $mode ]; then
        until_true 60 grep -q 1 $mode
else
        until_true 900 freed
fi
text factor-during "$(cat $factor)"
text free-during "$(free_kb)"
text mode-during "$(cat $mode 2>/dev/null)"
fragctl status >/tmp/out 2>&1
lines status-text /tmp/out
json log fragctl --json log
kill $reader
fragd_stop
settings after
