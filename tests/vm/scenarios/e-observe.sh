# Observing, with every reason to act: no setting differs before, during and after.
quiet_kernel
fixed_reserves
memory hog leave="$(above_watermarks 6)"
watch_writes
settings before
counters counters-before
fragd_start --observe
until_true 120 has '"would": *true' fragctl --json log
settings during
json status fragctl --json status
json log fragctl --json log
counters counters-after
fragd_stop
settings after
lines writes /tmp/writes
