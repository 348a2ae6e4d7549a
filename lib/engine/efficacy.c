/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/efficacy.h"

#include "base/macros.h"

void efficacy_reset(Efficacy *e)
{
        *e = (Efficacy){ .share = UINT32_MAX, .per_page = UNKNOWN_U64, .per_msec = UNKNOWN_U64 };
}

/* Half and half; what is not known changes nothing. */
static uint64_t mean(uint64_t old, uint64_t new)
{
        if (new == UNKNOWN_U64)
                return old;
        return old == UNKNOWN_U64 ? new : old / 2 + new / 2 + (old & new & 1);
}

/* No pages or no time: either the kernel does not count them, or nobody compacted, and what was gained came of itself. */
static uint64_t rate(int64_t gain, uint64_t scale, uint64_t cost)
{
        uint64_t scaled;

        if (cost == 0 || cost == UNKNOWN_U64)
                return UNKNOWN_U64;
        if (__builtin_mul_overflow((uint64_t)MAX(gain, INT64_C(0)), scale, &scaled))
                scaled = UINT64_MAX - 1;
        return scaled / cost;
}

void efficacy_learn(Efficacy *e, const EfficacyRun *run, usec_t now)
{
        e->share = efficacy_known(e) ? (e->share + run->share) / 2 : run->share;
        e->per_page = mean(e->per_page, rate(run->gain, 1, run->scanned));
        e->per_msec = mean(e->per_msec, rate(run->gain, USEC_PER_MSEC, run->cost));
        e->learned = now;
}

void efficacy_forget(Efficacy *e, usec_t now)
{
        if (efficacy_known(e) && usec_sub(now, e->learned) >= EFFICACY_AGE)
                efficacy_reset(e);
}

bool efficacy_known(const Efficacy *e)
{
        return e->share != UINT32_MAX;
}

bool efficacy_poor(const Efficacy *e)
{
        return efficacy_known(e) && e->share < EFFICACY_POOR;
}

/* CPU time is the price, and pages looked at are the most of it, where the time is not known of both. */
static bool dearer(const Efficacy *window, const Efficacy *compact)
{
        bool timed = window->per_msec != UNKNOWN_U64 && compact->per_msec != UNKNOWN_U64;
        uint64_t w = timed ? window->per_msec : window->per_page, c = timed ? compact->per_msec : compact->per_page;

        return w != UNKNOWN_U64 && c != UNKNOWN_U64 && c > w && c - w >= w / EFFICACY_MARGIN;
}

LeverWhy efficacy_against_window(const Efficacy *window, const Efficacy *compact)
{
        if (!efficacy_known(window) || efficacy_poor(compact))
                return LEVER_WHY_USUAL;
        if (efficacy_poor(window))
                return LEVER_WHY_TOO_LITTLE;
        if (!efficacy_known(compact))
                return window->share < EFFICACY_ENOUGH ? LEVER_WHY_TOO_LITTLE : LEVER_WHY_USUAL;
        return dearer(window, compact) ? LEVER_WHY_DEARER : LEVER_WHY_USUAL;
}
