/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/history.h"

#include "base/macros.h"

/* The i-th point, 0 being the latest. */
static size_t point_index(const History *h, size_t i)
{
        return (h->next + HISTORY_POINTS - 1 - i) % HISTORY_POINTS;
}

void history_reset(History *h)
{
        h->n = h->next = 0;
}

void history_add(History *h, usec_t at, uint64_t value)
{
        if (h->n > 0) {
                size_t last = point_index(h, 0);

                if (at <= h->points[last].at) {
                        h->points[last].value = value;
                        return;
                }
        }

        h->points[h->next].at = at;
        h->points[h->next].value = value;
        h->next = (h->next + 1) % HISTORY_POINTS;
        h->n = MIN(h->n + 1, (size_t)HISTORY_POINTS);

        while (h->n > 1 && at - h->points[point_index(h, h->n - 1)].at > HISTORY_SPAN)
                h->n--;
}

bool history_slope(const History *h, int64_t *ret_per_sec)
{
        __int128 st = 0, sv = 0, stt = 0, stv = 0, n = (__int128)h->n, slope;
        size_t oldest;

        if (h->n < 3)
                return false;
        oldest = point_index(h, h->n - 1);
        if (h->points[point_index(h, 0)].at - h->points[oldest].at < USEC_PER_SEC)
                return false;

        /* Relative to the oldest point: 16 points * 2^26 usec * 2^64 * 10^6 stay below 2^127. */
        for (size_t i = 0; i < h->n; i++) {
                size_t p = point_index(h, i);
                __int128 t = (__int128)(h->points[p].at - h->points[oldest].at);
                __int128 v = (__int128)h->points[p].value - (__int128)h->points[oldest].value;

                st += t;
                sv += v;
                stt += t * t;
                stv += t * v;
        }

        slope = (n * stv - st * sv) * (__int128)USEC_PER_SEC / (n * stt - st * st);
        *ret_per_sec = (int64_t)CLAMP(slope, (__int128)INT64_MIN, (__int128)INT64_MAX);
        return true;
}

usec_t history_time_to(const History *h, uint64_t floor)
{
        unsigned __int128 left;
        uint64_t value, per_sec;
        int64_t slope;

        if (h->n == 0)
                return USEC_INFINITY;
        value = h->points[point_index(h, 0)].value;
        if (value <= floor)
                return 0;
        if (!history_slope(h, &slope) || slope >= 0)
                return USEC_INFINITY;

        per_sec = UINT64_C(0) - (uint64_t)slope;
        left = (unsigned __int128)(value - floor) * USEC_PER_SEC / per_sec;
        return (usec_t)MIN(left, (unsigned __int128)USEC_INFINITY);
}
