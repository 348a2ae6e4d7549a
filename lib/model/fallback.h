/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fallback.h - how often allocations fell back to blocks of another migrate type, and whether that is unusual for this machine.
 *
 * The kernel groups pages by mobility; where a type has none left, it takes them from another (mm/page_alloc.c
 * __rmqueue_fallback()), and below the order of a pageblock that mixes the types: the beginning of fragmentation. Unmovable memory in
 * movable blocks is the kind that stays. How many there are says little: for the same work kernels differ 60-fold, since newer ones take the
 * best-fitting page each time and older ones whole blocks at once. So a machine is compared with itself only:
 *
 *     step      events in FALLBACK_STEP of counting (a step that took longer is scaled to it)
 *     usual     the median of the last FALLBACK_STEPS steps, a week
 *     upper     their 95th percentile: 19 of 20 steps have at most this; what comes for more than 72 minutes a day is below it
 *     recent    events in the last FALLBACK_STEP; where it is counted for less, those so far: too few rather than too many
 *     unusual   recent > 2 * upper and recent > FALLBACK_NOISE; never before FALLBACK_STEPS_MIN steps
 *
 * Both are order statistics: a burst, however large, moves them only by its number of steps; a lasting change is usual after half a
 * week. Only time in which fragd counted is in them. Whoever keeps them beyond a restart must forget them where the kernel or the order of
 * pageblocks is another. Pure: times are parameters, monotonic. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/usec.h"

typedef enum FallbackKind {
        FALLBACK_UNMOVABLE, /* of any type that does not move: Unmovable, Reclaimable */
        FALLBACK_MOVABLE,
        _FALLBACK_KIND_MAX,
} FallbackKind;
const char *fallback_kind_name(FallbackKind k); /* "unmovable" */

#define FALLBACK_STEP      (10 * USEC_PER_MIN)
#define FALLBACK_STEPS     1008
#define FALLBACK_STEPS_MIN 36 /* six hours */
#define FALLBACK_NOISE     30

/* For rates over windows: an hour in points at least so far apart. */
#define FALLBACK_GAP    (10 * USEC_PER_SEC)
#define FALLBACK_POINTS 384

typedef struct FallbackPoint {
        usec_t at;
        uint64_t total[_FALLBACK_KIND_MAX];
} FallbackPoint;

/* What else there is to know: a sample's part. Events are of the whole machine, in FALLBACK_STEP where not said otherwise. */
typedef struct FallbackSignal {
        uint64_t total[_FALLBACK_KIND_MAX];  /* since fragd counts */
        uint64_t recent[_FALLBACK_KIND_MAX]; /* UNKNOWN_U64: not counted yet */
        uint64_t usual[_FALLBACK_KIND_MAX];  /* UNKNOWN_U64: not learned yet */
        uint64_t upper[_FALLBACK_KIND_MAX];
        bool unusual[_FALLBACK_KIND_MAX];
        uint32_t steps; /* learned from so many */
} FallbackSignal;

typedef struct Fallbacks {
        FallbackPoint points[FALLBACK_POINTS]; /* a ring */
        size_t first_point, n_points;
        uint32_t steps[FALLBACK_STEPS][_FALLBACK_KIND_MAX]; /* a ring */
        size_t first_step, n_steps;
        FallbackPoint step; /* where the present one began */
        uint64_t usual[_FALLBACK_KIND_MAX], upper[_FALLBACK_KIND_MAX]; /* of the steps; UNKNOWN_U64 */
} Fallbacks;

/* Nothing counted, nothing learned. */
void fallbacks_init(Fallbacks *f);
/* Counting begins here, for the first time or again: there is no rate across a gap. total: what the next fallbacks_add() goes on from. */
void fallbacks_begin(Fallbacks *f, usec_t now, const uint64_t total[static _FALLBACK_KIND_MAX]);
/* Totals as of now, not less than those before. true: a step has ended, to be kept. */
bool fallbacks_add(Fallbacks *f, usec_t now, const uint64_t total[static _FALLBACK_KIND_MAX]);
/* Puts steps into it that were kept, oldest first; n at most FALLBACK_STEPS. */
void fallbacks_learn(Fallbacks *f, const uint32_t (*steps)[_FALLBACK_KIND_MAX], size_t n);
/* The i-th step, oldest first. */
const uint32_t *fallbacks_step(const Fallbacks *f, size_t i);

typedef struct FallbackRate {
        uint64_t events[_FALLBACK_KIND_MAX];
        usec_t over; /* the window, or less where it is not counted for so long */
} FallbackRate;
/* Of the window that ends with the last totals. false: nothing to compare them with yet. */
bool fallbacks_rate(const Fallbacks *f, usec_t window, FallbackRate *ret);

/* total, recent and unusual are as of the last totals. */
void fallbacks_signal(const Fallbacks *f, FallbackSignal *ret);
/* recent is so many times what is usual, permyriad; UNKNOWN_U64 where there usually are none, or it is not learned. */
uint64_t fallback_times(const FallbackSignal *s, FallbackKind k);
