/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/hugepages.h"

#include "base/macros.h"

static const ThpReading *point(const ThpWindow *w, size_t i)
{
        return &w->points[(w->first + i) % THP_POINTS];
}

static const ThpCounts *find(const ThpReading *r, uint64_t size)
{
        for (size_t i = 0; i < r->n; i++)
                if (r->sizes[i].size == size)
                        return &r->sizes[i];
        return NULL;
}

bool thp_window_due(const ThpWindow *w, usec_t now)
{
        return w->n == 0 || usec_sub(now, point(w, w->n - 1)->at) >= THP_GAP;
}

void thp_window_add(ThpWindow *w, const ThpReading *r)
{
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

/* The oldest point in the window; where there is none, the newest one before it. */
static const ThpReading *window_start(const ThpWindow *w, usec_t now, usec_t over)
{
        for (size_t i = 0; i < w->n; i++)
                if (usec_sub(now, point(w, i)->at) <= over)
                        return point(w, i);
        return w->n > 0 ? point(w, w->n - 1) : NULL;
}

usec_t thp_window_delta(
        const ThpWindow *w, const ThpReading *now, uint64_t size, usec_t over, ThpCounts *ret)
{
        const ThpReading *start = window_start(w, now->at, over);
        const ThpCounts *from = start ? find(start, size) : NULL, *to = find(now, size);

        *ret = (ThpCounts){ size, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64 };
        if (!from || !to || now->at <= start->at)
                return 0;
        ret->alloc = delta(from->alloc, to->alloc);
        ret->fallback = delta(from->fallback, to->fallback);
        ret->charge = delta(from->charge, to->charge);
        return now->at - start->at;
}

uint64_t thp_no_block(const ThpCounts *c)
{
        uint64_t charge = c->charge == UNKNOWN_U64 ? 0 : c->charge;

        if (c->fallback == UNKNOWN_U64)
                return UNKNOWN_U64;
        return c->fallback > charge ? c->fallback - charge : 0;
}

uint32_t thp_no_block_share(const ThpCounts *c)
{
        uint64_t none = thp_no_block(c);
        __uint128_t all;

        if (none == UNKNOWN_U64 || c->alloc == UNKNOWN_U64)
                return UINT32_MAX;
        all = (__uint128_t)none + c->alloc;
        return all ? (uint32_t)((__uint128_t)none * 10000 / all) : UINT32_MAX;
}

uint64_t huge_pool_short(const HugePool *p, uint64_t asked)
{
        uint64_t surplus = p->surplus == UNKNOWN_U64 ? 0 : p->surplus, there;

        if (p->pages == UNKNOWN_U64)
                return 0;
        there = p->pages > surplus ? p->pages - surplus : 0;
        return asked > there ? asked - there : 0;
}
