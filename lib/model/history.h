/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* history.h - the recent course of one level: slope and time to exhaustion.
 *
 * A ring of the last HISTORY_POINTS points within HISTORY_SPAN. slope is the least-squares line through them in units
 * per second, in integers (128-bit sums), rounded towards 0. Fewer than 3 points or less than 1 s of course: no slope. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/usec.h"

#define HISTORY_POINTS 16
#define HISTORY_SPAN   (60 * USEC_PER_SEC)

typedef struct History {
        struct {
                usec_t at;
                uint64_t value;
        } points[HISTORY_POINTS];
        size_t n, next;
} History;

void history_reset(History *h);
/* Time must not go backwards: a point that is not later than the last one replaces it. */
void history_add(History *h, usec_t at, uint64_t value);
/* false where there is no slope yet. */
bool history_slope(const History *h, int64_t *ret_per_sec);
/* Time until the level falls to `floor` if the slope goes on; USEC_INFINITY where it does not fall, 0 if it is there. */
usec_t history_time_to(const History *h, uint64_t floor);
