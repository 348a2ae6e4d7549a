#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""make-root.py DIR [NODES [CPUS_PER_NODE]]: a synthetic machine as fragd --root reads it, 8 nodes of 16 CPUs unless said otherwise.

Laid out after what Linux 6.x prints: every zone of every node in zoneinfo with a pageset for each CPU of the machine, 190 counters
in vmstat, a kcompactd thread for each node. All objectives of the default policy are met."""
import os
import sys

ORDERS = 11
PER_NODE = "nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable nr_slab_reclaimable " \
    "nr_slab_unreclaimable nr_isolated_anon nr_isolated_file workingset_nodes workingset_refault_anon workingset_refault_file " \
    "workingset_activate_anon workingset_activate_file nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback nr_shmem " \
    "nr_foll_pin_acquired nr_foll_pin_released nr_kernel_stack nr_page_table_pages nr_swapcached".split()
VMSTAT = "nr_free_pages nr_free_cma nr_mlock nr_foll_pin_acquired nr_foll_pin_released compact_migrate_scanned " \
    "compact_free_scanned compact_isolated compact_stall compact_fail compact_success compact_daemon_wake " \
    "compact_daemon_migrate_scanned compact_daemon_free_scanned pgmigrate_success pgmigrate_fail allocstall_dma " \
    "allocstall_dma32 allocstall_normal allocstall_movable pgscan_kswapd pgscan_direct pgsteal_kswapd pgsteal_direct " \
    "thp_fault_alloc thp_fault_fallback thp_fault_fallback_charge thp_collapse_alloc thp_collapse_alloc_failed " \
    "htlb_buddy_alloc_success htlb_buddy_alloc_fail drop_pagecache drop_slab oom_kill".split()


def put(root, path, text):
    name = os.path.join(root, path)
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "w", encoding="ascii") as f:
        f.write(text)


def free_lists(node):
    huge = 20000 + 100 * node
    return [180000 - 7000 * o for o in range(9)] + [huge, huge // 2]


def zones(node):
    found = [("Normal", 16777216, free_lists(node))]
    if node == 0:
        found.insert(0, ("DMA32", 782336, [900, 800, 700, 600, 500, 400, 300, 200, 100, 50, 20]))
        found.insert(0, ("DMA", 3998, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 3]))
    return found


def buddyinfo(nodes):
    return "".join("Node %d, zone %8s %s \n" % (n, name, " ".join("%6d" % c for c in counts))
                   for n in range(nodes) for name, _, counts in zones(n))


def zoneinfo(nodes, cpus):
    out = []
    for node in range(nodes):
        populated = {name: (pages, counts) for name, pages, counts in zones(node)}
        first = True
        for name in ("DMA", "DMA32", "Normal", "Movable", "Device"):
            out.append("Node %d, zone %8s\n" % (node, name))
            pages, counts = populated.get(name, (0, []))
            if pages and first:
                out.append("  per-node stats\n" + "".join("      %-12s %d\n" % (k, 1000 + i) for i, k in enumerate(PER_NODE)))
                first = False
            free = sum(c << o for o, c in enumerate(counts))
            mark = pages // 1000
            out.append("  pages free     %d\n        boost    0\n        min      %d\n        low      %d\n        high     %d\n"
                       "        spanned  %d\n        present  %d\n        managed  %d\n        cma      0\n"
                       "        protection: (0, 0, 0, 0, 0)\n" % (free, mark, mark * 5 // 4, mark * 3 // 2, pages, pages, pages))
            if not pages:
                continue
            out.append("      nr_free_pages %d\n      nr_zone_inactive_anon 100\n      nr_mlock     0\n      nr_free_cma  0\n"
                       "  pagesets\n" % free)
            out.append("".join("    cpu: %d\n              count: %d\n              high:  6048\n              batch: 63\n"
                               "  vm stats threshold: 125\n" % (c, 100 + c) for c in range(nodes * cpus)))
            out.append("  node_unreclaimable:  0\n  start_pfn:           4096\n")
    return "".join(out)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    root = sys.argv[1]
    nodes = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    cpus = int(sys.argv[3]) if len(sys.argv) > 3 else 16
    put(root, "proc/buddyinfo", buddyinfo(nodes))
    put(root, "proc/zoneinfo", zoneinfo(nodes, cpus))
    put(root, "proc/vmstat", "".join("%s %d\n" % (k, 123456 + 97 * i) for i, k in enumerate(VMSTAT)) +
        "".join("future_counter_%d %d\n" % (i, i) for i in range(156)))
    psi = "some avg10=0.00 avg60=0.00 avg300=0.00 total=%d\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    put(root, "proc/pressure/memory", psi % 1000)
    put(root, "proc/pressure/cpu", psi % 2000)
    put(root, "proc/meminfo", "MemTotal: 536870912 kB\nMemFree: 268435456 kB\nMemAvailable: 300000000 kB\n" +
        "".join("Future%d: %d kB\n" % (i, i) for i in range(50)))
    for knob, value in (("compaction_proactiveness", 20), ("watermark_boost_factor", 15000), ("watermark_scale_factor", 10),
                        ("min_free_kbytes", 67584), ("extfrag_threshold", 500), ("compact_unevictable_allowed", 1)):
        put(root, "proc/sys/vm/" + knob, "%d\n" % value)
    put(root, "sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n")
    for node in range(nodes):
        pid = 100 + node
        put(root, "proc/%d/comm" % pid, "kcompactd%d\n" % node)
        put(root, "proc/%d/stat" % pid, "%d (kcompactd%d) S 2 0 0 0 -1 2129984 0 0 0 0 0 25 0 0 20 0 1 0 36 0 0\n" % (pid, node))
        put(root, "proc/%d/schedstat" % pid, "250000000 1000 20\n")
        put(root, "sys/devices/system/node/node%d/compact" % node, "")


if __name__ == "__main__":
    main()
