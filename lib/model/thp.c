/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/thp.h"

#include "base/macros.h"

static const ThpCounts *find(const ThpReading *r, uint64_t size)
{
        for (size_t i = 0; i < r->n; i++)
                if (r->sizes[i].size == size)
                        return &r->sizes[i];
        return NULL;
}

void thp_window_add(ThpWindow *w, const ThpReading *r)
{
        if (w->n > 0 && usec_sub(r->at, w->points[(w->first + w->n - 1) % THP_POINTS].at) < THP_GAP)
                return;
        w->points[(w->first + w->n) % THP_POINTS] = *r;
        if (w->n == THP_POINTS)
                w->first = (w->first + 1) % THP_POINTS;
        else
                w->n++;
}

static uint64_t delta(uint64_t from, uint64_t to)
{
        return from == UNKNOWN_U64 || to == UNKNOWN_U64 || to < from ? UNKNOWN_U64 : to - from;
}

usec_t thp_window_delta(const ThpWindow *w, const ThpReading *now, uint64_t size, ThpCounts *ret)
{
        const ThpCounts *from, *to = find(now, size);
        const ThpReading *oldest = w->n > 0 ? &w->points[w->first] : NULL;

        *ret = (ThpCounts){ .size = size, .alloc = UNKNOWN_U64, .fallback = UNKNOWN_U64, .charge = UNKNOWN_U64 };
        from = oldest ? find(oldest, size) : NULL;
        if (!from || !to || now->at <= oldest->at)
                return 0;
        ret->alloc = delta(from->alloc, to->alloc);
        ret->fallback = delta(from->fallback, to->fallback);
        ret->charge = delta(from->charge, to->charge);
        return now->at - oldest->at;
}

uint32_t thp_fallback_share(const ThpCounts *d)
{
        uint64_t charge = d->charge == UNKNOWN_U64 ? 0 : d->charge, lacking;
        __uint128_t wanted;

        if (d->alloc == UNKNOWN_U64 || d->fallback == UNKNOWN_U64)
                return UINT32_MAX;
        lacking = d->fallback > charge ? d->fallback - charge : 0;
        wanted = (__uint128_t)d->alloc + lacking;
        return wanted ? (uint32_t)((__uint128_t)lacking * 10000 / wanted) : UINT32_MAX;
}
