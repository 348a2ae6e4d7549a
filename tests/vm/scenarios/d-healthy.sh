# Nothing is wrong: fragd writes nothing and moves nothing. inotify sees writes to /proc and /sys, too; that it
# does is shown by writes of our own at the end.
vm=/proc/sys/vm
node=/sys/devices/system/node/node0
watch_writes
settings before
fragd_start
for name in fragd fragd-actor; do
        grep -e ^Uid -e ^CapEff -e ^CapPrm -e ^NoNewPrivs "/proc/$(pidof $name)/status" | lines "privileges-$name"
done
text time "$(now)"
counters counters-before
sleep 60
counters counters-after
text time "$(now)"
json status fragctl --json status
json log fragctl --json log
fragd_stop
settings after
lines writes /tmp/writes
echo 20 >$vm/compaction_proactiveness
echo 1 >$vm/compact_memory
until_true 30 has proactiveness cat /tmp/writes
echo 1 >$node/compact
until_true 30 has node0/compact cat /tmp/writes
until_true 30 has compact_memory cat /tmp/writes
lines control /tmp/writes
