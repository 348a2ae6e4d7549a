# A block of memory is taken offline and online again: fragd notices at once.
topologies() {
        [ "$(fragctl --json log | grep -o '"topology"' | wc -l)" -ge "$1" ]
}
managed() {
        fragctl --json status | grep -o '"managed_bytes":[^,]*' | head -n 1
}
managed_changed() {
        [ "$(managed)" != "$1" ]
}
managed_same() {
        [ "$(managed)" = "$1" ]
}
fragd_start
before=$(managed)
json status-before fragctl --json status
for block in $(ls -d /sys/devices/system/memory/memory[0-9]* | sort -t y -k 4 -n -r); do
        echo offline 2>/dev/null >"$block/state" && break
done
text block "$block $(cat "$block/state")"
until_true 30 topologies 1
until_true 60 managed_changed "$before"
json status-offline fragctl --json status
echo online_movable >"$block/state"
text block "$block $(cat "$block/state")"
until_true 30 topologies 2
until_true 60 managed_same "$before"
json status-online fragctl --json status
json log fragctl --json log
fragd_stop
