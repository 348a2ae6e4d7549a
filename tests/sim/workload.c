/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workload.h"

#include "base/macros.h"

double workload_fraction(const WorkloadSpec *s, usec_t now)
{
        usec_t cycle = (usec_t)(s->cycle * 1e6);

        return (double)(now % cycle) / (double)cycle;
}

Phase workload_phase(const WorkloadSpec *s, usec_t now)
{
        double f = workload_fraction(s, now);

        for (Phase p = PHASE_QUIET; p < PHASE_CALM; p++)
                if (f < s->until[p])
                        return p;
        return PHASE_CALM;
}

static double share_now(const WorkloadSpec *s, const ConsumerSpec *c, usec_t now)
{
        double f = workload_fraction(s, now), from = s->until[PHASE_QUIET],
               to = s->until[PHASE_BUSY];

        switch (workload_phase(s, now)) {
        case PHASE_BUSY: return c->base + (c->peak - c->base) * (f - from) / (to - from);
        case PHASE_BURST: return c->peak;
        default: return c->base;
        }
}

static uint32_t items(const ConsumerSpec *c, const Kernel *k, double share)
{
        return (uint32_t)(share * k->buddy.n_pages / (double)(c->unit << c->order));
}

int workload_init(Workload *w, const WorkloadSpec *spec, Kernel *k, uint64_t luck)
{
        *w = (Workload){ .spec = spec, .rng = { luck } };
        for (unsigned i = 0; i < spec->n; i++) {
                const ConsumerSpec *c = &spec->consumer[i];
                int r = holders_add(&k->holders, c->unit, c->order, c->mobility, c->pinned,
                        items(c, k, MAX(c->base, c->peak)) * 5 / 4 + 64, &w->holder[i]);

                if (r < 0)
                        return r;
                if (c->cache)
                        k->cache = w->holder[i];
        }
        return 0;
}

/* How many of `wanted` may be done now, at so much of the node's memory in a second. */
static uint32_t limited(uint32_t wanted, double per_sec, double *owed, const ConsumerSpec *c,
        const Kernel *k, double seconds)
{
        uint32_t n;

        if (per_sec <= 0)
                return wanted;
        *owed += per_sec * seconds * k->buddy.n_pages / (double)(c->unit << c->order);
        n = MIN(wanted, (uint32_t)*owed);
        *owed = wanted ? *owed - n : 0;
        return n;
}

static void drop_some(Workload *w, Kernel *k, Holder *h, uint32_t n)
{
        for (; n > 0 && h->n > 0; n--)
                holder_drop(&k->holders, h, rng_below(&w->rng, h->n));
}

uint64_t workload_tick(Workload *w, Kernel *k, usec_t now, usec_t dt)
{
        double seconds = (double)dt / 1e6, rate = w->spec->rate[workload_phase(w->spec, now)];
        uint64_t stall = 0;

        for (unsigned i = 0; i < w->spec->n && !workload_frozen(w->spec, now); i++) {
                const ConsumerSpec *c = &w->spec->consumer[i];
                Holder *h = w->holder[i];
                uint32_t target = items(c, k, share_now(w->spec, c, now));
                uint32_t turn = rng_round(&w->rng, c->turnover * rate * seconds * h->n), grow,
                         shrink;

                drop_some(w, k, h, turn);
                grow = limited(LESS_BY(target, h->n + turn), c->grow, &w->owed_grow[i], c, k,
                               seconds) +
                       turn;
                for (; grow > 0 && h->n < target; grow--)
                        if (!kernel_fill(k, h, ASK_ORDINARY, &stall))
                                break;
                shrink = limited(
                        LESS_BY(h->n, target), c->shrink, &w->owed_shrink[i], c, k, seconds);
                drop_some(w, k, h, shrink);
        }
        return stall;
}
