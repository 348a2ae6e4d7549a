/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim.h"

#include "base/macros.h"

typedef struct Levels {
        double free[SIM_BINS], huge[SIM_BINS];
        unsigned n[SIM_BINS];
} Levels;

static void levels_add(Levels *l, const Host *h)
{
        unsigned bin = MIN((unsigned)(workload_fraction(&h->spec->workload, h->now) * SIM_BINS),
                SIM_BINS - 1U);

        l->free[bin] += (double)host_free_pages(h, 0);
        l->huge[bin] += (double)host_free_pages(h, h->spec->block_order);
        l->n[bin]++;
}

static void subtract(KernelStats *s, const KernelStats *before)
{
#define X(name) s->name -= before->name;
        KERNEL_STATS(X)
#undef X
}

static void run(const Scenario *s, const SimArm *arm, Host *h, Controller *c, SimResult *ret)
{
        Costs costs_before = { 0 };
        KernelStats before = { 0 };
        Levels levels = { 0 };
        bool warm = false;

        while (h->now < s->warm + s->duration) {
                if (!warm && h->now >= s->warm) {
                        warm = true;
                        before = host_stats(h);
                        costs_before = h->costs;
                }
                host_tick(h);
                controller_tick(c, h);
                if (arm->ticked)
                        arm->ticked(arm->userdata, h);
                if (warm && h->now / (250 * USEC_PER_MSEC) !=
                                    (h->now - s->host.tick) / (250 * USEC_PER_MSEC))
                        levels_add(&levels, h);
        }
        *ret = (SimResult){ .costs = h->costs,
                .stats = host_stats(h),
                .seconds = (double)s->duration / 1e6,
                .knob_writes = h->knob_writes };
        subtract(&ret->stats, &before);
        costs_subtract(&ret->costs, &costs_before);
        for (unsigned i = 0; i < SIM_BINS; i++) {
                ret->free[i] = levels.free[i] / MAX(levels.n[i], 1U);
                ret->huge[i] = levels.huge[i] / MAX(levels.n[i], 1U);
        }
}

int sim_run(const Scenario *s, const SimArm *arm, SimResult *ret)
{
        HostSpec spec = s->host;
        Controller c;
        Host h;
        int r;

        spec.luck += arm->luck;
        r = host_init(&h, &spec);
        if (r < 0)
                return r;
        r = controller_init(&c, arm->kind, arm->period, &s->policy, &h, arm->seen, arm->userdata);
        if (r >= 0)
                run(s, arm, &h, &c, ret);
        controller_done(&c);
        host_done(&h);
        return r;
}
