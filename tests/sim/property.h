/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* property.h - what must hold in every scenario: see watch.h for budget, cool-down and oscillation;
 * and here, that fragd is not worse than nobody.
 *
 * Not worse: no cost that the load feels may, with fragd, exceed that without by more than 2 % of
 * it and a small allowance:
 *
 * - failed requests: huge page faults, hugetlb pages and ring blocks that were not to be had;
 *   allowance: 1 % of what was asked for, at least one;
 * - stall time: that requests wait for compaction and reclaim; allowance: 1 ms in a second;
 * - direct compactions; allowance: 1 in a minute;
 * - page cache reclaimed; allowance: 0.2 % of memory in a minute, and for each huge page more that
 *   was had what the kernel makes room for (compact_gap(): two);
 * - ordinary requests refused; allowance: 1 in a minute.
 *
 * Two runs of one scenario differ by luck (which page is picked) more than that. So where a first
 * pair of runs looks worse, more pairs follow, each with luck of its own, the same for both: a
 * scenario fails when the mean of 40 pairs is worse by more than all that, and by more than three
 * times its standard error. What compaction by fragd costs is its budget's matter.
 */
#pragma once

#include "watch.h"

typedef struct PropertyTotals {
        unsigned scenarios, broken[_PROPERTY_MAX], looked_twice, acted, starts;
        double none[_PROPERTY_MAX], fragd[_PROPERTY_MAX]; /* costs, summed over the first pairs */
        double actions; /* CPU time of fragd's, seconds */
} PropertyTotals;

/* Runs the scenario. False where a property does not hold: w->broken, w->detail. Adds to *totals.
 */
bool property_holds(const Scenario *s, Watch *w, PropertyTotals *totals);
