# Causes that explain must tell apart: somebody else compacts and turns knobs beside fragd; then locked memory is in the way of
# compaction; then single pages are missing for requests that cannot wait, which is no fragmentation.
writer() {
        cat >/tmp/adaptivemmd <<'EOF'
#!/bin/sh
while :; do
        echo 1 >/proc/sys/vm/compact_memory
        echo 20 >/proc/sys/vm/compaction_proactiveness
        sleep 1
done
EOF
        chmod +x /tmp/adaptivemmd
        /tmp/adaptivemmd &
        writer=$!
        mkdir -p /etc/cron.d
        echo '*/5 * * * * root echo 3 > /proc/sys/vm/drop_caches' >/etc/cron.d/memory
}
in_the_way() {
        fragctl --json explain | grep -q -e '"mlocked"'
}
failures() {
        dmesg | grep -q 'page allocation failure: order:0'
}
quiet_kernel
echo 0 >/proc/sys/vm/compact_unevictable_allowed
config 'policies: { balanced: { levers = [ "compact", "window" ]; cooldown = "1s"; settle = "1s"; interval = { min = "500ms"; max = "1s"; };
        hold = { psi_memory_some = "100%"; psi_cpu_some = "100%"; };
        objectives = ( { size = "thp"; reserve = "24M"; refill = "32M"; } ); }; };'
memory hog leave="$(above_watermarks 6)" keep=60 lock=1
writer
fragd_start
text writer "$writer"
sleep 8
json explain-writer fragctl --json explain
fragctl explain 2>&1 | lines explain-writer-text
json log-writer fragctl --json log
fragctl status 2>&1 | lines status-writer
# The writer goes, and fragd tries.
kill "$writer"
wait "$writer"
rm /etc/cron.d/memory
fragctl reload
poll=1 until_true 120 in_the_way
json explain-locked fragctl --json explain
kill "$memory_pid"
wait "$memory_pid"
# Page cache, so that whoever may wait gets memory.
exec 9</dev/nvme0n1
dd bs=1M count=200 <&9 >/dev/null 2>&1
echo 1024 >/proc/sys/vm/min_free_kbytes
dmesg -c >/dev/null
memory atomic sockets=4000 packets=6
until_true 20 failures
dmesg | lines dmesg
dmesg | fragctl --json decode | sed 's|^|@json decode |' >&3
json explain-atomic fragctl --json explain
fragctl explain 2>&1 | lines explain-atomic-text
fragd_stop
