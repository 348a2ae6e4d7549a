# As a-fragmented, with the heavier lever alone: a child writes nodeN/compact and is ended when
# enough is gained.
quiet_kernel
memory hog leave="$(above_watermarks 6)"
huge_pages 2% 3% '"compact"'
blocks blocks-before
counters counters-before
settings before
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
counters counters-after
fragd_stop
settings after
