# Hardly more is free than the kernel keeps for itself: no compaction can help.
quiet_kernel
fixed_reserves
memory fill leave="$(above_watermarks 3)"
watch_writes
settings before
counters counters-before
fragd_start
until_true 60 has '"short"' fragctl --json status
text time "$(now)"
sleep 30
text time "$(now)"
json status fragctl --json status
json explain fragctl --json explain
explain=$(fragctl explain 2>&1)
echo "$explain" | lines explain-text
json log fragctl --json log
counters counters-after
fragd_stop
settings after
lines writes /tmp/writes
