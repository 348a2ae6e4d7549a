/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include "base/macros.h"

static int node_init(Host *h, uint32_t i)
{
        const HostSpec *s = h->spec;
        HostNode *n = &h->node[i];
        uint64_t luck = s->luck * 64 + i * 4;
        int r;

        r = kernel_init(&n->kernel, s->n_pages[i], s->n_orders, s->block_order, s->min, &s->pace);
        if (r < 0)
                return r;
        n->kernel.rule = s->rule;
        n->kernel.reclaim_nsec = s->reclaim_nsec;
        n->kernel.buddy.boost_factor = (uint32_t)s->boost_factor;
        n->kernel.rng.state = luck;
        r = workload_init(&n->workload, &s->workload, &n->kernel, luck + 1);
        return r < 0 ? r : demand_init(&n->demand, &s->demand, &n->kernel, luck + 2);
}

int host_init(Host *h, const HostSpec *spec)
{
        *h = (Host){ .spec = spec };
        for (KnobId id = 0; id < _KNOB_MAX; id++)
                h->knobs[id] = KNOB_VALUE_NONE;
        h->knobs[KNOB_COMPACTION_PROACTIVENESS] = spec->proactiveness;
        h->knobs[KNOB_WATERMARK_BOOST_FACTOR] = spec->boost_factor;
        for (uint32_t i = 0; i < spec->n_nodes; i++)
                if (node_init(h, i) < 0) {
                        host_done(h);
                        return -ENOMEM;
                }
        return 0;
}

void host_done(Host *h)
{
        for (uint32_t i = 0; i < h->spec->n_nodes; i++)
                kernel_done(&h->node[i].kernel);
}

void host_set_knob(Host *h, KnobId id, int64_t value)
{
        h->knobs[id] = value;
        h->knob_writes++;
        for (uint32_t i = 0; i < h->spec->n_nodes; i++)
                if (id == KNOB_WATERMARK_BOOST_FACTOR)
                        h->node[i].kernel.buddy.boost_factor = (uint32_t)value;
                else if (id == KNOB_COMPACTION_PROACTIVENESS && value)
                        kcompactd_trigger(&h->node[i].kernel, h->now);
}

void host_compact(Host *h, uint32_t node, usec_t limit)
{
        HostNode *n = &h->node[node];

        assert(!n->byhand.running);
        n->byhand.running = true;
        n->byhand.stopping = false;
        n->byhand.started = h->now;
        n->byhand.limit = limit;
        n->byhand.nsec = 0;
        compaction_begin(&n->byhand.run, &n->kernel.holders, &n->kernel.memory, COMPACT_WHOLE,
                ORDER_ANY, 0, &n->kernel.pace);
}

bool host_compacted(Host *h, uint32_t node, HostCompacted *ret)
{
        HostNode *n = &h->node[node];
        bool over = n->byhand.limit && h->now - n->byhand.started >= n->byhand.limit;

        if (!n->byhand.running ||
                (n->byhand.run.status == COMPACT_RUNNING && !n->byhand.stopping && !over))
                return false;
        n->byhand.running = false;
        *ret = (HostCompacted){ .cpu = n->byhand.nsec / 1000,
                .wall = h->now - n->byhand.started,
                .result = n->byhand.run.status != COMPACT_RUNNING ? 0
                          : n->byhand.stopping                    ? -ECANCELED
                                                                  : -ETIMEDOUT };
        return true;
}

static uint64_t byhand_tick(HostNode *n, uint64_t nsec)
{
        uint64_t used;

        if (!n->byhand.running || n->byhand.stopping || n->byhand.run.status != COMPACT_RUNNING)
                return 0;
        used = compaction_run(&n->byhand.run, nsec);
        n->byhand.nsec += used;
        n->kernel.stats.explicit_nsec += used;
        kernel_account(&n->kernel, &n->byhand.run);
        return used;
}

/* What is left of the tick's CPU time goes to those that compact, one after the other. */
static void threads_tick(Host *h, HostNode *n, double share)
{
        uint64_t left = (uint64_t)((double)h->spec->tick * 1000 * share), half;

        left -= MIN(kswapd_tick(&n->kernel, left), left);
        half = n->byhand.running && !n->byhand.stopping ? left / 2 : left;
        left -= MIN(kcompactd_tick(&n->kernel, h->now, half,
                            (uint32_t)h->knobs[KNOB_COMPACTION_PROACTIVENESS]),
                left);
        byhand_tick(n, left);
}

void host_tick(Host *h)
{
        const WorkloadSpec *w = &h->spec->workload;
        double load = w->load[workload_phase(w, h->now)], share = MAX(1 - load, h->spec->cpu_floor);

        h->now += h->spec->tick;
        h->psi_cpu_usec += (uint64_t)((double)h->spec->tick * load * load);
        for (uint32_t i = 0; i < h->spec->n_nodes; i++) {
                HostNode *n = &h->node[i];
                bool compacting = n->kernel.kcompactd.running || n->byhand.running,
                     asking = n->demand.left > 0;
                uint64_t stall = workload_tick(&n->workload, &n->kernel, h->now, h->spec->tick);

                h->costs.stall_nsec += stall;
                n->kernel.stats.pressure_nsec += stall;
                demand_tick(&n->demand, &n->kernel, w, h->now, h->spec->tick,
                        compacting ? share / 2 : share, &h->costs);
                threads_tick(h, n, asking ? share / 2 : share);
        }
}

KernelStats host_stats(const Host *h)
{
        KernelStats sum = { 0 };

        for (uint32_t i = 0; i < h->spec->n_nodes; i++) {
                const KernelStats *s = &h->node[i].kernel.stats;

#define X(name) sum.name += s->name;
                KERNEL_STATS(X)
#undef X
        }
        return sum;
}

uint64_t host_free_pages(const Host *h, unsigned order)
{
        uint64_t pages = 0;

        for (uint32_t i = 0; i < h->spec->n_nodes; i++)
                for (unsigned o = order; o < h->spec->n_orders; o++)
                        pages += (uint64_t)buddy_blocks(&h->node[i].kernel.buddy, o) << o;
        return pages;
}
