/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scenario-dbmix.c - the lab's guest and load, as bench/lab/workloads/dbmix.conf and
 * bench/lab/src/fragment.c have them. Shares are of the 978 MiB that the guest's larger zone
 * manages; the paces are a fit to the recorded CPU times (docs/simulator.md). */
#include "base/macros.h"
#include "scenario.h"

#define GUEST_BLOCKS 489
#define MIN_PAGES    5632 /* vm.min_free_kbytes = 22528 */

/* Slab pages go only when all their objects have gone, so that hardly any do when the load falls:
 * kmalloc-4k and inodes grow once. */
static const WorkloadSpec dbmix_load = {
        .cycle = 25,
        .until = { 0.30, 0.55, 0.65, 1.0 },
        .rate = { 1, 4, 8, 1 },
        .load = { 0.40, 0.75, 0.85, 0.35 },
        .n = 8,
        .consumer = {
                { .name = "kernel", .base = 0.085, .peak = 0.085, .unit = 1, .mobility = MOBILITY_UNMOVABLE },
                { .name = "slab", .base = 0.006, .peak = 0.007, .turnover = 0.004, .unit = 1, .order = 2,
                        .mobility = MOBILITY_RECLAIMABLE },
                { .name = "kmalloc", .base = 0.005, .peak = 0.006, .turnover = 0.01, .unit = 1, .order = 3,
                        .mobility = MOBILITY_UNMOVABLE },
                { .name = "pool", .base = 0.336, .peak = 0.336, .turnover = 0.0018, .unit = 1, .mobility = MOBILITY_MOVABLE },
                { .name = "cache", .base = 0.15, .peak = 0.45, .turnover = 0.0022, .grow = 0.027, .shrink = 0.062, .unit = 8,
                        .mobility = MOBILITY_MOVABLE, .cache = true },
                { .name = "connections", .base = 0.013, .peak = 0.065, .turnover = 0.05, .shrink = 0.02, .unit = 64,
                        .mobility = MOBILITY_MOVABLE },
                { .name = "page tables", .base = 0.0007, .peak = 0.0033, .turnover = 0.05, .shrink = 0.001, .unit = 4,
                        .mobility = MOBILITY_UNMOVABLE },
                { .name = "buffers", .base = 0.019, .peak = 0.054, .turnover = 0.0375, .shrink = 0.02, .unit = 1,
                        .mobility = MOBILITY_UNMOVABLE },
        },
};

static const DemandSpec dbmix_demand = {
        .batch = 100,
        .at = 0.90,
        .jitter = 0.04,
        .release = 0.25,
        .trickle = 1,
        .hold = 6,
        .pool = 6,
        .ring = 64,
        .fault_usec = 7000,
};

void scenario_dbmix(Scenario *s, uint64_t seed, const Policy *policy)
{
        *s = (Scenario){
                .seed = seed,
                .policy = *policy,
                /* Two cycles in which things settle; counted from the quiet phase's middle on, as in the lab. */
                .warm = 53750 * USEC_PER_MSEC,
                .duration = 75 * USEC_PER_SEC,
                .host = {
                        .n_nodes = 1, .n_pages = { GUEST_BLOCKS << 9 }, .page_size = 4096, .n_orders = 11, .block_order = 9,
                        .min = MIN_PAGES, .proactiveness = 20, .boost_factor = 15000, .rule = WMARK_RULE_CAPPED,
                        .pace = { .scan_migrate = 290, .scan_free = 290, .move = 72000 }, .reclaim_nsec = 30000, .cpu_floor = 0.3,
                        .visible = true, .workload = dbmix_load, .demand = dbmix_demand, .tick = 20 * USEC_PER_MSEC, .luck = seed,
                },
        };
}
