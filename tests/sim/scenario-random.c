/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scenario-random.c - scenarios drawn from a seed. Ranges are wider than what one meets: the point
 * is what an engine does there. */
#include "base/macros.h"
#include "scenario.h"

#define BLOCK_ORDER 5 /* 2 MiB in pages of 64 KiB */

static bool chance(Rng *r, double p)
{
        return rng_real(r) < p;
}

static double log_between(Rng *r, double low, double high)
{
        return low * exp(rng_real(r) * log(high / low));
}

static ConsumerSpec *add(
        WorkloadSpec *w, const char *name, double base, double peak, Mobility mobility)
{
        ConsumerSpec *c = &w->consumer[w->n++];

        *c = (ConsumerSpec){
                .name = name, .base = base, .peak = MAX(base, peak), .unit = 1, .mobility = mobility
        };
        return c;
}

/* Ends of the phases, in order. */
static void draw_phases(Rng *r, WorkloadSpec *w)
{
        double quiet = rng_between(r, 0.1, 0.4), busy = rng_between(r, 0.05, 0.3),
               burst = rng_between(r, 0.02, 0.2);

        w->cycle = chance(r, 0.1) ? log_between(r, 120, 600) : log_between(r, 15, 120);
        w->until[PHASE_QUIET] = quiet;
        w->until[PHASE_BUSY] = quiet + busy;
        w->until[PHASE_BURST] = quiet + busy + burst;
        w->until[PHASE_CALM] = 1;
        for (Phase p = 0; p < _PHASE_MAX; p++) {
                bool loaded = p == PHASE_BUSY || p == PHASE_BURST;

                w->rate[p] = loaded ? rng_between(r, 1, 8) : 1;
                w->load[p] = loaded ? rng_between(r, 0.2, 0.95) : rng_between(r, 0, 0.5);
        }
}

/* What stays the same and what follows the load; the cache takes what the rest leaves of `full`. */
static void draw_consumers(Rng *r, WorkloadSpec *w)
{
        double full = rng_between(r, 0.55, chance(r, 0.2) ? 1.1 : 0.95),
               kernel = rng_between(r, 0.02, 0.12);
        double pool = rng_between(r, 0.1, 0.5),
               buffers = chance(r, 0.2) ? rng_between(r, 0.03, 0.12) : rng_between(r, 0.005, 0.03);
        double connections = rng_between(r, 0, 0.1), cache;
        ConsumerSpec *c;

        add(w, "kernel", kernel, kernel, MOBILITY_UNMOVABLE);
        c = add(w, "slab", rng_between(r, 0, 0.03), 0, MOBILITY_RECLAIMABLE);
        c->order = (uint8_t)rng_below(r, 3);
        c->turnover = rng_between(r, 0, 0.02);
        c = add(w, "pool", pool, pool, MOBILITY_MOVABLE);
        c->turnover = chance(r, 0.5) ? rng_between(r, 0, 0.01) : 0;
        c = add(w, "buffers", buffers * rng_between(r, 0.2, 1), buffers, MOBILITY_UNMOVABLE);
        c->turnover = rng_between(r, 0, 0.05);
        c->shrink = 0.03;
        c = add(w, "connections", connections * rng_between(r, 0.1, 1), connections,
                MOBILITY_MOVABLE);
        c->turnover = rng_between(r, 0, 0.1);
        c->unit = 4;
        c->shrink = rng_between(r, 0.01, 0.1);
        if (chance(r, 0.15))
                add(w, "pinned", rng_between(r, 0.01, 0.15), 0, MOBILITY_MOVABLE)->pinned = true;
        cache = MAX(full - kernel - pool - buffers - connections, 0.05);
        c = add(w, "cache", cache * rng_between(r, 0.1, 1), cache, MOBILITY_MOVABLE);
        c->cache = true;
        c->turnover = rng_between(r, 0, 0.01);
        c->grow = rng_between(r, 0.01, 0.05);
        c->shrink = rng_between(r, 0.02, 0.2);
}

static void draw_demand(Rng *r, DemandSpec *d, uint32_t n_blocks)
{
        *d = (DemandSpec){ .at = rng_between(r, 0.25, 0.85),
                .jitter = rng_between(r, 0, 0.1),
                .release = rng_between(r, 0.0, 0.15),
                .hold = log_between(r, 1, 60),
                .defer = chance(r, 0.25),
                .fault_usec = (uint32_t)log_between(r, 50, 5000) };
        if (chance(r, 0.2))
                return;
        if (chance(r, 0.7))
                d->batch = 1 + rng_below(r, n_blocks / 4);
        if (chance(r, 0.5))
                d->trickle = log_between(r, 0.02, 3) * MIN(1.0, n_blocks / 128.0);
        if (chance(r, 0.3))
                d->pool = 1 + rng_below(r, n_blocks / 32 + 1);
        if (chance(r, 0.3))
                d->ring = 4 + rng_below(r, 32);
}

static void draw_host(Rng *r, HostSpec *h)
{
        static const int64_t proactiveness[] = { 20, 20, 20, 20, 20, 20, 0, 50, 90, 100 };
        double move = log_between(r, 5000, 400000);

        *h = (HostSpec){
                .n_nodes = chance(r, 0.2) ? 2 : 1,
                .page_size = 65536,
                .n_orders = BLOCK_ORDER + 2,
                .block_order = BLOCK_ORDER,
                .proactiveness = proactiveness[rng_below(r, ELEMENTSOF(proactiveness))],
                .boost_factor = chance(r, 0.8) ? 15000 : 0,
                .rule = chance(r, 0.5) ? WMARK_RULE_CAPPED : WMARK_RULE_UNCAPPED,
                .pace = { .scan_migrate = (uint32_t)(move / 200),
                        .scan_free = (uint32_t)(move / 200),
                        .move = (uint32_t)move },
                .reclaim_nsec = (uint32_t)(move / 2),
                .cpu_floor = rng_between(r, 0.1, 0.9),
                .visible = chance(r, 0.9),
                .tick = 250 * USEC_PER_MSEC,
                .luck = rng_next(r) >> 8,
        };
        for (uint32_t i = 0; i < h->n_nodes; i++)
                h->n_pages[i] = (uint32_t)log_between(r, 32, 384) << BLOCK_ORDER;
        h->min = (uint32_t)((double)MIN(
                                    h->n_pages[0], h->n_nodes > 1 ? h->n_pages[1] : UINT32_MAX) *
                            rng_between(r, 0.004, 0.03));
}

/* Half as it comes, half turned about: small budgets above all, so that their ends are reached. */
static void draw_policy(Rng *r, Policy *p, const Policy *builtin, unsigned n_builtin)
{
        *p = builtin[chance(r, 0.4) ? 0 : rng_below(r, n_builtin)];
        p->act = true;
        if (chance(r, 0.5))
                return;
        p->budget.per = (1 + rng_below(r, 10)) * USEC_PER_MIN;
        p->budget.compaction_time = (usec_t)log_between(r, 5e4, 2e7);
        p->budget.runs = 1 + rng_below(r, 40);
        p->action_limit = (usec_t)log_between(r, 1e5, 3e7);
        p->cooldown = rng_below(r, 20) * USEC_PER_SEC;
        p->settle = rng_below(r, 3) * USEC_PER_SEC;
        p->horizon = rng_below(r, 120) * USEC_PER_SEC;
        p->levers = 2U * rng_below(r, 16);
        p->window_max = 12 + rng_below(r, 79);
        p->backoff_min = (1 + rng_below(r, 120)) * USEC_PER_SEC;
}

void scenario_random(Scenario *s, uint64_t seed, const Policy *builtin, unsigned n_builtin)
{
        Rng r = { seed * 0x9e3779b97f4a7c15ULL + 1 };
        bool patient;

        *s = (Scenario){ .seed = seed, .warm = 10 * USEC_PER_SEC };
        draw_host(&r, &s->host);
        draw_phases(&r, &s->host.workload);
        draw_consumers(&r, &s->host.workload);
        draw_demand(&r, &s->host.demand, s->host.n_pages[0] >> BLOCK_ORDER);
        draw_policy(&r, &s->policy, builtin, n_builtin);
        patient = chance(&r, 0.01);
        s->duration = patient ? 2 * USEC_PER_HOUR
                              : (usec_t)rng_between(&r, 120, 420) * USEC_PER_SEC;
        if (chance(&r, 0.05))
                s->host.workload.frozen = s->warm +
                                          (usec_t)((double)s->duration * rng_between(&r, 0.1, 0.5));
}
