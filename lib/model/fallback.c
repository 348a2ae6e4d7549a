/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/fallback.h"

#include <stdlib.h>

#include "base/macros.h"
#include "parse/parse.h"

const char *fallback_kind_name(FallbackKind k)
{
        static const char *const names[_FALLBACK_KIND_MAX] = {
                [FALLBACK_UNMOVABLE] = "unmovable",
                [FALLBACK_MOVABLE] = "movable",
        };

        assert((unsigned)k < _FALLBACK_KIND_MAX);
        return names[k];
}

/* n events in `over`, as if it had been FALLBACK_STEP. */
static uint64_t scaled(uint64_t n, usec_t over)
{
        __uint128_t v = (__uint128_t)n * FALLBACK_STEP / MAX(over, (usec_t)1);

        return (uint64_t)MIN(v, (__uint128_t)INT64_MAX);
}

/* --- what is usual --- */

static int compare(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return x < y ? -1 : x > y;
}

/* Order statistics of nearest rank: exact, and of a value that was there. */
static void settle(Fallbacks *f)
{
        uint32_t sorted[FALLBACK_STEPS];

        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++) {
                f->usual[k] = f->upper[k] = UNKNOWN_U64;
                if (f->n_steps < FALLBACK_STEPS_MIN)
                        continue;
                for (size_t i = 0; i < f->n_steps; i++)
                        sorted[i] = fallbacks_step(f, i)[k];
                qsort(sorted, f->n_steps, sizeof(*sorted), compare);
                f->usual[k] = sorted[(f->n_steps - 1) / 2];
                f->upper[k] = sorted[(f->n_steps * 95 + 99) / 100 - 1];
        }
}

const uint32_t *fallbacks_step(const Fallbacks *f, size_t i)
{
        assert(i < f->n_steps);
        return f->steps[(f->first_step + i) % FALLBACK_STEPS];
}

static void push_step(Fallbacks *f, const uint32_t step[static _FALLBACK_KIND_MAX])
{
        size_t at = (f->first_step + f->n_steps) % FALLBACK_STEPS;

        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++)
                f->steps[at][k] = step[k];
        if (f->n_steps < FALLBACK_STEPS)
                f->n_steps++;
        else
                f->first_step = (f->first_step + 1) % FALLBACK_STEPS;
}

void fallbacks_learn(Fallbacks *f, const uint32_t (*steps)[_FALLBACK_KIND_MAX], size_t n)
{
        for (size_t i = 0; i < n; i++)
                push_step(f, steps[i]);
        settle(f);
}

/* --- counting --- */

void fallbacks_init(Fallbacks *f)
{
        *f = (Fallbacks){ 0 };
        settle(f);
}

static FallbackPoint point_now(usec_t now, const uint64_t total[static _FALLBACK_KIND_MAX])
{
        FallbackPoint p = { .at = now };

        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++)
                p.total[k] = total[k];
        return p;
}

static FallbackPoint *point_at(const Fallbacks *f, size_t i)
{
        return (FallbackPoint *)&f->points[(f->first_point + i) % FALLBACK_POINTS];
}

/* The newest always is the newest: it moves on until it is a gap away from the one before. */
static void push_point(Fallbacks *f, const FallbackPoint *p)
{
        size_t n = f->n_points;

        if (n >= 2 && usec_sub(point_at(f, n - 1)->at, point_at(f, n - 2)->at) < FALLBACK_GAP) {
                *point_at(f, n - 1) = *p;
                return;
        }
        if (n == FALLBACK_POINTS)
                f->first_point = (f->first_point + 1) % FALLBACK_POINTS;
        else
                f->n_points++;
        *point_at(f, f->n_points - 1) = *p;
}

void fallbacks_begin(Fallbacks *f, usec_t now, const uint64_t total[static _FALLBACK_KIND_MAX])
{
        f->first_point = f->n_points = 0;
        f->step = point_now(now, total);
        push_point(f, &f->step);
}

bool fallbacks_add(Fallbacks *f, usec_t now, const uint64_t total[static _FALLBACK_KIND_MAX])
{
        FallbackPoint p = point_now(now, total);
        usec_t over = usec_sub(now, f->step.at);
        uint32_t step[_FALLBACK_KIND_MAX];

        push_point(f, &p);
        if (over < FALLBACK_STEP)
                return false;
        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++)
                step[k] = (uint32_t)MIN(scaled(total[k] - f->step.total[k], over), (uint64_t)UINT32_MAX);
        push_step(f, step);
        settle(f);
        f->step = p;
        return true;
}

/* --- what it says --- */

bool fallbacks_rate(const Fallbacks *f, usec_t window, FallbackRate *ret)
{
        const FallbackPoint *last, *from;
        size_t i = f->n_points;

        if (f->n_points < 2)
                return false;
        last = point_at(f, --i);
        do
                from = point_at(f, --i);
        while (i > 0 && usec_sub(last->at, from->at) < window);
        ret->over = usec_sub(last->at, from->at);
        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++)
                ret->events[k] = last->total[k] - from->total[k];
        return true;
}

void fallbacks_signal(const Fallbacks *f, FallbackSignal *ret)
{
        bool known;
        FallbackRate rate;

        *ret = (FallbackSignal){ .steps = (uint32_t)f->n_steps };
        known = fallbacks_rate(f, FALLBACK_STEP, &rate);
        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++) {
                ret->total[k] = f->n_points > 0 ? point_at(f, f->n_points - 1)->total[k] : 0;
                ret->recent[k] = known ? scaled(rate.events[k], MAX(rate.over, FALLBACK_STEP)) : UNKNOWN_U64;
                ret->usual[k] = f->usual[k];
                ret->upper[k] = f->upper[k];
                ret->unusual[k] = known && f->upper[k] != UNKNOWN_U64 && ret->recent[k] > FALLBACK_NOISE &&
                        ret->recent[k] > 2 * f->upper[k];
        }
}

uint64_t fallback_times(const FallbackSignal *s, FallbackKind k)
{
        if (s->recent[k] == UNKNOWN_U64 || s->usual[k] == UNKNOWN_U64 || s->usual[k] == 0)
                return UNKNOWN_U64;
        return (uint64_t)MIN((__uint128_t)s->recent[k] * 10000 / s->usual[k], (__uint128_t)INT64_MAX);
}
