/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* demand.h - how many huge pages are asked for, and what that says of the next time: the reserve of an objective that follows demand
 * (`reserve = "auto"`).
 *
 * Demand is what the kernel counts (/proc/vmstat): huge page faults and khugepaged's collapses, those that succeed and those that
 * fall back to small pages, and hugetlb pages from the buddy allocator, obtained or not. Amounts are bytes. What is asked for at once, within
 * DEMAND_SPAN, is a burst: no compaction makes that anew while it lasts, so it must be ready before. The largest burst of late counts
 * in full when it is new, and less in proportion to its age until it is forgotten after `remember`. What was asked for in bulk is not held
 * once more for DEMAND_SERVED: right after a burst least is free, and a block costs most. Demand that had to wait (direct compaction) or got
 * nothing is taken to go on: a first burst, of which nothing is known, is helped while it lasts.
 *
 * Integers and the caller's time only. Two samples further apart than that look like one burst: an upper bound. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/usec.h"
#include "parse/vmstat.h"

#define DEMAND_SPAN (5 * USEC_PER_SEC)
/* Where a good part of it had to wait or got nothing, it would have come quicker. */
#define DEMAND_SPAN_SLOW (8 * USEC_PER_SEC)
/* What missed within this long is expected to be asked for once more. */
#define DEMAND_RUSH (2 * USEC_PER_SEC)
/* How long a burst counts as served after its end. */
#define DEMAND_SERVED (10 * USEC_PER_SEC)
/* One in so many is a good part. Less of the largest burst is asked for anyway, in ones and twos, or too little to be made for itself. */
#define DEMAND_PART 4
/* Samples within a span: at the shortest interval (100 ms) the oldest are put together. */
#define DEMAND_POINTS 32
/* Largest bursts are kept for so many parts of `remember`. */
#define DEMAND_SLOTS 24

typedef struct DemandPoint {
        usec_t at;
        uint64_t bytes;  /* since the sample before */
        uint64_t missed; /* of these, not to be had at once */
} DemandPoint;

typedef struct Demand {
        DemandPoint points[DEMAND_POINTS]; /* the last n, oldest first */
        unsigned n;
        DemandPoint bursts[DEMAND_SLOTS]; /* the largest of each part, bytes 0 where there was none; a ring */
        DemandPoint served; /* the most that was asked for within a span of late */
        unsigned slot;
        usec_t slot_since;
        bool started;
} Demand;

/* Since boot; UNKNOWN_U64 where the kernel counts none of these. */
typedef struct DemandCount {
        uint64_t asked;  /* huge pages */
        uint64_t missed; /* huge pages not obtained, and allocations of any size that compacted directly */
} DemandCount;

void demand_count(const Vmstat *v, DemandCount *ret);
/* `bytes` more were asked for since the sample before, which may be 0; `missed` of them were not to be had at once. */
void demand_add(Demand *d, usec_t now, uint64_t bytes, uint64_t missed, usec_t remember);
/* Asked for within the last DEMAND_SPAN, or DEMAND_SPAN_SLOW where a good part had to wait. */
uint64_t demand_recent(const Demand *d, usec_t now);
/* What the largest remembered burst counts for now; *ret_burst is its whole size and *ret_age its age, both 0 without one. */
uint64_t demand_peak(const Demand *d, usec_t now, usec_t remember, uint64_t *ret_burst, usec_t *ret_age);
/* What to hold ready: the largest burst, or what is left of it where one has begun, and as much as was missed just now.
 * assumed: a burst that is expected even if none was seen. */
uint64_t demand_wanted(const Demand *d, usec_t now, usec_t remember, uint64_t assumed);
/* When a burst no longer counts as served, so that all of it is wanted again; 0: none counts. */
usec_t demand_served_until(const Demand *d, usec_t now, usec_t remember);
