/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "demand.h"

#include "base/macros.h"

#define RING_HOLD USEC_PER_SEC

/* The next cycle's times; the task draws them anew each time. */
static void plan(Demand *d, const WorkloadSpec *w)
{
        double cycle = w->cycle * 1e6, start = (double)d->cycle * cycle;
        double at = d->spec->at + d->spec->jitter * (rng_real(&d->rng) - 0.5);

        d->batch_at = (usec_t)(start + cycle * at);
        d->pool_at = (usec_t)(start + cycle * (at + 0.05));
        d->ring_at = (usec_t)(start + cycle * (at + 0.07));
        d->asked = d->pool_asked = d->ring_asked = false;
}

int demand_init(Demand *d, const DemandSpec *spec, Kernel *k, uint64_t luck)
{
        unsigned order = k->buddy.block_order;
        uint32_t blocks = buddy_n_blocks(&k->buddy);
        int r;

        *d = (Demand){ .spec = spec, .rng = { luck }, .release_at = USEC_INFINITY };
        r = holders_add(&k->holders, 1, order, MOBILITY_MOVABLE, false, spec->batch, &d->batch);
        if (r >= 0)
                r = holders_add(
                        &k->holders, 1, order, MOBILITY_MOVABLE, false, blocks, &d->trickle);
        if (r >= 0)
                r = holders_add(
                        &k->holders, 1, order, MOBILITY_MOVABLE, false, spec->pool, &d->pool);
        if (r >= 0)
                r = holders_add(&k->holders, 1, MAX(order, 6U) - 5, MOBILITY_UNMOVABLE, false,
                        spec->ring, &d->ring);
        if (r >= 0)
                r = holders_add(&k->holders, buddy_block_pages(&k->buddy), 0, MOBILITY_MOVABLE,
                        false, spec->batch, &d->small);
        if (r >= 0)
                r = holders_add(&k->holders, buddy_block_pages(&k->buddy), 0, MOBILITY_MOVABLE,
                        false, blocks, &d->small_trickle);
        return r;
}

static unsigned bucket(uint64_t usec)
{
        unsigned top;

        if (usec < 16)
                return (unsigned)usec;
        top = 63U - (unsigned)__builtin_clzll(usec);
        return MIN((top - 3) * 8 + 8 + (unsigned)((usec >> (top - 3)) & 7), LATENCY_BUCKETS - 1U);
}

double costs_percentile(const Costs *c, Kind kind, double share)
{
        uint64_t n = 0, want = 0;

        for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
                n += c->kind[kind].latency[i];
        for (unsigned i = 0; i < LATENCY_BUCKETS && n; i++) {
                want += c->kind[kind].latency[i];
                if ((double)want >= share * (double)n)
                        return i < 16 ? i
                                      : (double)(UINT64_C(8) + (i & 7)) *
                                                (double)(UINT64_C(1) << ((i - 8) / 8)) * 1.0625;
        }
        return 0;
}

void costs_subtract(Costs *c, const Costs *before)
{
        for (Kind k = 0; k < _KIND_MAX; k++) {
                c->kind[k].tried -= before->kind[k].tried;
                c->kind[k].ok -= before->kind[k].ok;
                for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
                        c->kind[k].latency[i] -= before->kind[k].latency[i];
        }
        c->ready_blocks -= before->ready_blocks;
        c->batches -= before->batches;
        c->stall_nsec -= before->stall_nsec;
}

static void note(Costs *c, Kind kind, uint64_t tried, uint64_t ok, uint64_t usec, uint64_t stall)
{
        c->kind[kind].tried += tried;
        c->kind[kind].ok += ok;
        c->kind[kind].latency[bucket(usec)]++;
        c->stall_nsec += stall;
}

static uint32_t ready(const Buddy *b)
{
        uint32_t n = 0;

        for (unsigned o = b->block_order; o < b->n_orders; o++)
                n += buddy_blocks(b, o) << (o - b->block_order);
        return n;
}

/* One block into the holder; nothing is kept of an item that failed. Returns the stall. */
static uint64_t ask(Kernel *k, Holder *h, Ask how, bool *ret_ok)
{
        uint64_t stall = 0;

        *ret_ok = kernel_fill(k, h, how, &stall) && h->pfn[h->n - 1] != PFN_NONE;
        if (!*ret_ok && h->n > 0 && h->pfn[h->n - 1] == PFN_NONE)
                h->n--;
        return stall;
}

/* Returns the latency. */
static usec_t fault(
        Demand *d, Kernel *k, Holder *h, Kind kind, double cpu, uint64_t *stalled, Costs *costs)
{
        bool ok;
        uint64_t stall = ask(k, h, d->spec->defer ? ASK_DEFER : ASK_FAULT, &ok), ignored = 0;
        usec_t took = (usec_t)((d->spec->fault_usec + (double)stall / 1000) / cpu);

        note(costs, kind, 1, ok, took, stall);
        *stalled += stall;
        if (!ok)
                kernel_fill(k, kind == KIND_BATCH ? d->small : d->small_trickle, ASK_ORDINARY,
                        &ignored);
        return took;
}

static void release(Demand *d, Kernel *k)
{
        holder_drop_all(&k->holders, d->batch);
        holder_drop_all(&k->holders, d->pool);
        holder_drop_all(&k->holders, d->small);
        d->release_at = USEC_INFINITY;
}

static void batch_tick(
        Demand *d, Kernel *k, usec_t now, usec_t dt, double cpu, uint64_t *stalled, Costs *costs)
{
        if (!d->asked && now >= d->batch_at) {
                d->asked = true;
                d->left = d->spec->batch;
                d->clock = now;
                costs->ready_blocks += ready(&k->buddy);
                costs->batches++;
        }
        for (; d->left > 0 && d->clock < now + dt; d->left--)
                d->clock += fault(d, k, d->batch, KIND_BATCH, cpu, stalled, costs);
}

static void pool_tick(Demand *d, Kernel *k, usec_t now, double cpu, uint64_t *stalled, Costs *costs)
{
        uint64_t stall = 0;
        bool ok = true;

        if (!d->spec->pool || d->pool_asked || now < d->pool_at || d->left)
                return;
        d->pool_asked = true;
        while (ok && d->pool->n < d->spec->pool)
                stall += ask(k, d->pool, ASK_POOL, &ok);
        note(costs, KIND_POOL, d->spec->pool, d->pool->n, (usec_t)((double)stall / 1000 / cpu),
                stall);
        *stalled += stall;
}

static void ring_tick(Demand *d, Kernel *k, usec_t now, double cpu, uint64_t *stalled, Costs *costs)
{
        uint64_t stall = 0;
        uint32_t got = 0;
        bool ok;

        if (d->ring->n && now >= d->ring_until)
                holder_drop_all(&k->holders, d->ring);
        if (!d->spec->ring || d->ring_asked || now < d->ring_at || d->left)
                return;
        d->ring_asked = true;
        for (uint32_t i = 0; i < d->spec->ring; i++) {
                stall += ask(k, d->ring, ASK_RING, &ok);
                got += ok;
        }
        note(costs, KIND_RING, d->spec->ring, got, (usec_t)((double)stall / 1000 / cpu), stall);
        *stalled += stall;
        d->ring_until = now + RING_HOLD;
}

static void let_go(Demand *d, Kernel *k, Holder *h, double seconds)
{
        uint32_t gone = d->spec->hold > 0
                                ? rng_round(&d->rng, (double)h->n * seconds / d->spec->hold)
                                : 0;

        for (; gone > 0 && h->n > 0; gone--)
                holder_drop(&k->holders, h, rng_below(&d->rng, h->n));
}

static void trickle_tick(
        Demand *d, Kernel *k, usec_t now, usec_t dt, double cpu, uint64_t *stalled, Costs *costs)
{
        let_go(d, k, d->trickle, (double)dt / 1e6);
        let_go(d, k, d->small_trickle, (double)dt / 1e6);
        if (d->spec->trickle <= 0)
                return;
        for (; d->trickle_at < now + dt;
                d->trickle_at += (usec_t)(rng_exponential(&d->rng, 1e6 / d->spec->trickle)) + 1)
                fault(d, k, d->trickle, KIND_TRICKLE, cpu, stalled, costs);
}

uint64_t demand_tick(Demand *d, Kernel *k, const WorkloadSpec *w, usec_t now, usec_t dt, double cpu,
        Costs *costs)
{
        usec_t cycle = (usec_t)(w->cycle * 1e6);
        uint64_t stalled = 0;

        if (workload_frozen(w, now))
                return 0;
        if (d->batch_at == 0 || (now / cycle > d->cycle && d->asked && !d->left)) {
                d->cycle = now / cycle;
                plan(d, w);
        }
        if (now >= d->release_at && !d->left)
                release(d, k);
        if (d->spec->batch)
                batch_tick(d, k, now, dt, cpu, &stalled, costs);
        else
                d->asked |= now >= d->batch_at;
        if (d->asked && d->release_at == USEC_INFINITY)
                d->release_at = (usec_t)(((double)(d->cycle + 1) + d->spec->release) *
                                         (double)cycle);
        pool_tick(d, k, now, cpu, &stalled, costs);
        ring_tick(d, k, now, cpu, &stalled, costs);
        trickle_tick(d, k, now, dt, cpu, &stalled, costs);
        k->stats.pressure_nsec += (uint64_t)((double)stalled / cpu);
        return stalled;
}
