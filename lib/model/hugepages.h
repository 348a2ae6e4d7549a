/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hugepages.h - huge pages: how many faults of each size got one lately, and hugetlb pools against
 * what was asked for.
 *
 * Source: /sys/kernel/mm/transparent_hugepage/hugepages-<size>kB/stats
 * (Documentation/admin-guide/mm/transhuge.rst); before 6.10 there are none. anon_fault_fallback
 * includes anon_fault_fallback_charge: those that a cgroup's limit refused; the others had no
 * block. A window, never since boot. hugetlb: Documentation/admin-guide/mm/hugetlbpage.rst:
 * nr_hugepages includes surplus pages, which are there on top of what was asked for. Sizes in
 * bytes, whatever the page size is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/usec.h"
#include "parse/parse.h"

typedef struct ThpCounts {
        uint64_t size;
        uint64_t alloc, fallback, charge; /* since boot, or in a window; UNKNOWN_U64 */
} ThpCounts;

typedef struct ThpReading {
        usec_t at; /* monotonic */
        ThpCounts sizes[HUGE_SIZES_MAX];
        size_t n;
} ThpReading;

#define THP_GAP    USEC_PER_MIN
#define THP_POINTS 61

/* The last hour; a ring. */
typedef struct ThpWindow {
        ThpReading points[THP_POINTS];
        size_t first, n;
} ThpWindow;

/* Whether it is time for another reading. */
bool thp_window_due(const ThpWindow *w, usec_t now);
void thp_window_add(ThpWindow *w, const ThpReading *r);
/* What happened to pages of that size in the last `over`, or in what is known of it, up to `now`.
 * Returns over how long; 0: nothing is known. */
usec_t thp_window_delta(
        const ThpWindow *w, const ThpReading *now, uint64_t size, usec_t over, ThpCounts *ret);
/* Fallbacks for want of a block: without those that a cgroup refused, where they are counted apart;
 * UNKNOWN_U64. */
uint64_t thp_no_block(const ThpCounts *c);
/* Of all faults that a block would have helped, permyriad; UINT32_MAX where there was none. */
uint32_t thp_no_block_share(const ThpCounts *c);

typedef struct HugePool {
        uint32_t node;                                       /* NODE_ALL: all of them */
        uint64_t size;                                       /* bytes of one page */
        uint64_t pages, free, surplus, reserved, overcommit; /* UNKNOWN_U64 */
} HugePool;

/* What somebody wants a pool to have. */
typedef struct PoolWanted {
        uint64_t size, count;
        char by[256]; /* "/etc/sysctl.d/50-db.conf", "the boot parameter hugepages=" */
} PoolWanted;

/* How many pages are missing of those asked for; 0: none. */
uint64_t huge_pool_short(const HugePool *p, uint64_t asked);
