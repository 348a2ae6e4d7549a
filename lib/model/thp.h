/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* thp.h - huge pages of each size that the kernel takes for anonymous memory, lately: how many faults got one and how many
 * fell back to smaller pages.
 *
 * Source: /sys/kernel/mm/transparent_hugepage/hugepages-<size>kB/stats (Documentation/admin-guide/mm/transhuge.rst).
 * Before 6.10 there are none, and vmstat's thp_fault_* tell of the PMD size alone. anon_fault_fallback includes
 * anon_fault_fallback_charge: those that a cgroup's limit refused, not a lack of blocks. A window, never since boot. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/usec.h"
#include "parse/parse.h"

typedef struct ThpCounts {
        uint64_t size; /* bytes */
        uint64_t alloc, fallback, charge; /* since boot; UNKNOWN_U64 where the kernel does not count */
} ThpCounts;

typedef struct ThpReading {
        usec_t at; /* monotonic */
        ThpCounts sizes[HUGE_SIZES_MAX];
        size_t n;
} ThpReading;

#define THP_GAP    USEC_PER_MIN
#define THP_POINTS 16

/* The last quarter of an hour; a ring. */
typedef struct ThpWindow {
        ThpReading points[THP_POINTS];
        size_t first, n;
} ThpWindow;

/* Takes a reading as a point, if the last one is THP_GAP old. */
void thp_window_add(ThpWindow *w, const ThpReading *r);
/* What happened to pages of that size from the oldest point to `now`; UNKNOWN_U64 where that is not known.
 * Returns over how long; 0: not known. */
usec_t thp_window_delta(const ThpWindow *w, const ThpReading *now, uint64_t size, ThpCounts *ret);
/* Faults that fell back for want of a block, of all that wanted one: permyriad, UINT32_MAX where there was none. */
uint32_t thp_fallback_share(const ThpCounts *delta);
