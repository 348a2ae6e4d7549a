# Most of the memory is fragmented and the kernel's own proactive compaction is off. The default policy, with a reserve although nobody asks.
quiet_kernel
fixed_reserves
memory hog leave="$(above_watermarks 6)"
blocks blocks-before
counters counters-before
settings before
watch_writes
fragd_start
until_true 300 has '"gained"\|"no-gain"' fragctl --json log
until_true 60 has '"met"' fragctl --json status
json status fragctl --json status
blocks blocks-after
text time "$(now)"
sleep 10
json later fragctl --json status
text time "$(now)"
json log fragctl --json log
sort /tmp/writes | uniq -c | lines written
counters counters-after
fragd_stop
settings after
