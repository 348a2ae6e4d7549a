# What fragctl says of each cause: a boot with movablecore=, cma= and pools of 1 GiB pages that cannot be had; then, one after
# the other, unmovable slabs and locked memory, a pool that is short, somebody who compacts by hand, a flood of page cache.
pool=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
slabinfo() {
        lines "$1" /proc/slabinfo
}
is_short() {
        fragctl --json status | grep -q '"verdict": *"short"'
}
by_hand() {
        fragctl compaction | grep -q 'Somebody else compacts by hand'
}
quiet_kernel
echo 0 >/proc/sys/vm/compact_unevictable_allowed
mkdir -p /etc/sysctl.d
echo 'vm.nr_hugepages = 40' >/etc/sysctl.d/50-db.conf
config 'policies: { balanced: { levers = [ ]; interval = { min = "500ms"; max = "1s"; };
        objectives = ( { size = "thp"; reserve = "16M"; refill = "24M"; }, { size = "64K"; reserve = "4M"; refill = "6M"; for = "kernel"; } ); }; };'
fragd_start --observe
slabinfo slabs-before
memory slabs pipes=9000 keep=8 lock=24
slabinfo slabs-after
# While all is calm meminfo is read once a minute only.
poll=5 until_true 180 has '"mlocked"' fragctl --json census
json census fragctl --json census
fragctl census 2>&1 | lines census-text
# An administrator's write succeeds however many there are.
echo 30 >$pool
text pool "$(cat $pool)"
json hugepages fragctl --json hugepages
fragctl hugepages 2>&1 | lines hugepages-text
echo 0 >$pool
memory hog leave=120 keep=40
sleep 5
echo 1 >/proc/sys/vm/compact_memory
poll=1 until_true 60 by_hand
json compaction fragctl --json compaction
fragctl compaction --window 10m 2>&1 | lines compaction-text
kill "$memory_pid"
# The page cache of a disk, which must stay open for it to stay.
exec 5</dev/nvme0n1
dd bs=1M count=300 <&5 >/dev/null 2>&1
poll=1 until_true 60 is_short
json explain fragctl --json explain
fragctl explain 2>&1 | lines explain-text
fragd_stop
