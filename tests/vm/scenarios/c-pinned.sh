# Much is free, in pieces between pages that nothing can move.
quiet_kernel
fixed_reserves
memory pin leave="$(above_watermarks 6)"
blocks blocks-before
settings before
fragd_start
until_true 120 has '"no-gain"' fragctl --json log
text time "$(now)"
# Pauses grow from seconds to minutes: ten minutes see at most three tries.
sleep 600
text time "$(now)"
json status fragctl --json status
json explain fragctl --json explain
fragctl explain 2>&1 | lines explain-text
json log fragctl --json log
fragd_stop
settings after
