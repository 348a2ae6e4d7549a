# What fragctl says of each cause: a boot with movablecore=, cma= and pools of 1 GiB pages that cannot be had; then, one after
# the other, unmovable slabs and locked memory, a pool that is short, somebody who compacts by hand, a flood of page cache.
pool=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
slabinfo() {
        lines "$1" /proc/slabinfo
}
by_hand() {
        fragctl compaction | grep -q 'Somebody else compacts by hand'
}
# MiB that are free in ZONE_MOVABLE and CMA areas, and hardly more than the watermarks elsewhere.
not_for_kernel() {
        awk '/^Node/ { zone = $4 } $1 == "nr_free_pages" && zone == "Movable" { pages += $2 } $1 == "nr_free_cma" && zone != "Movable" { pages += $2 }
                $1 == "high" && NF == 2 && zone != "Movable" { pages += $2 } END { print int(pages / 256) + 2 }' /proc/zoneinfo
}
quiet_kernel
echo 0 >/proc/sys/vm/compact_unevictable_allowed
mkdir -p /etc/sysctl.d
echo 'vm.nr_hugepages = 40' >/etc/sysctl.d/50-db.conf
config 'policies: { balanced: { levers = [ ]; interval = { min = "500ms"; max = "1s"; };
        objectives = ( { size = "thp"; reserve = "16M"; refill = "24M"; }, { size = "64K"; reserve = "8M"; refill = "10M"; for = "kernel"; } ); }; };'
fragd_start --observe
slabinfo slabs-before
memory slabs pipes=9000 keep=8 lock=24
slabinfo slabs-after
json census fragctl --json census
fragctl census 2>&1 | lines census-text
# An administrator's write succeeds however many there are.
echo 30 >$pool
text pool "$(cat $pool)"
json hugepages fragctl --json hugepages
fragctl hugepages 2>&1 | lines hugepages-text
json explain-pools fragctl --json explain
echo 0 >$pool
memory hog leave=200 keep=60
sleep 5
echo 1 >/proc/sys/vm/compact_memory
poll=1 until_true 60 by_hand
json compaction fragctl --json compaction
fragctl compaction --window 10m 2>&1 | lines compaction-text
json explain-by-hand fragctl --json explain
kill "$memory_pid"
wait "$memory_pid"
# Pipes fill what is not movable; what is free is of no use for the kernel's own requests.
memory pin keep=0 leave="$(not_for_kernel)"
poll=1 until_true 60 has '"movable-only"' fragctl --json explain
json explain-kernel fragctl --json explain
kill "$memory_pid"
wait "$memory_pid"
# The page cache of a disk, which must stay open for it to stay.
exec 5</dev/nvme0n1
dd bs=1M count=200 <&5 >/dev/null 2>&1
poll=1 until_true 60 has '"page-cache"' fragctl --json explain
json explain fragctl --json explain
fragctl explain 2>&1 | lines explain-text
fragd_stop
