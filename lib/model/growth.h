/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* growth.h - a share over a long time in little memory: is it growing?
 *
 * Keeps at most GROWTH_POINTS points. When they are used up every second one goes, so that the series always spans the
 * whole time with even gaps. Used for the share of pageblocks that hold unmovable memory, per node. Permyriad; times
 * realtime: it is about days. A clock that is set back makes gaps of 0. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/usec.h"

#define GROWTH_POINTS 64

typedef struct GrowthPoint {
        usec_t at;
        uint32_t permyriad;
} GrowthPoint;

typedef struct Growth {
        GrowthPoint points[GROWTH_POINTS]; /* ascending */
        size_t n;
        usec_t gap; /* between two points, at least; 0: GROWTH_GAP */
} Growth;

#define GROWTH_GAP (10 * USEC_PER_MIN)

/* The newest point always is the newest value: it moves on until it is a gap away from the one before. */
void growth_add(Growth *g, usec_t now, uint32_t permyriad);

typedef struct GrowthSpan {
        uint32_t from, to; /* permyriad: the oldest, the newest */
        usec_t over;       /* between them */
} GrowthSpan;
/* false with fewer than two points. */
bool growth_span(const Growth *g, GrowthSpan *ret);
