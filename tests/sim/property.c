/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "property.h"

#include <stdio.h>

#include "base/macros.h"

#define SUSPECT_PAIRS 6 /* enough to tell luck from more, mostly */
#define CONFIRM_PAIRS 40
#define SUSPECT_SIGMA 0.5
#define CONFIRM_SIGMA 3.0
#define TOLERANCE     1.02

#define COST_FIRST PROPERTY_FAILED

static void costs_of(const SimResult *r, double ret[static _PROPERTY_MAX])
{
        double asked = 0, ok = 0;

        for (Kind k = 0; k < _KIND_MAX; k++) {
                asked += (double)r->costs.kind[k].tried;
                ok += (double)r->costs.kind[k].ok;
        }
        ret[PROPERTY_FAILED] = asked - ok;
        ret[PROPERTY_STALL] = (double)r->costs.stall_nsec / 1e6;
        ret[PROPERTY_DIRECT] = (double)r->stats.compact_stall;
        ret[PROPERTY_RECLAIMED] = (double)r->stats.stolen_pages;
        ret[PROPERTY_REFUSED] = (double)r->stats.failed;
}

static void allowances(const Scenario *s, const SimResult *r, double ret[static _PROPERTY_MAX])
{
        double minutes = (double)s->duration / 6e7, asked = 0, pages = 0;

        for (Kind k = 0; k < _KIND_MAX; k++)
                asked += (double)r->costs.kind[k].tried;
        for (uint32_t i = 0; i < s->host.n_nodes; i++)
                pages += s->host.n_pages[i];
        ret[PROPERTY_FAILED] = MAX(asked * 0.01, 1.0);
        ret[PROPERTY_STALL] = minutes * 60;
        ret[PROPERTY_DIRECT] = minutes;
        ret[PROPERTY_RECLAIMED] = minutes * pages * 0.002;
        ret[PROPERTY_REFUSED] = minutes;
}

typedef struct Pairs {
        double n;
        double none[_PROPERTY_MAX], excess[_PROPERTY_MAX], excess2[_PROPERTY_MAX]; /* sums */
} Pairs;

static void add_pair(
        const Scenario *s, uint64_t luck, const SimResult *none, const SimResult *fragd, Pairs *p)
{
        double a[_PROPERTY_MAX], b[_PROPERTY_MAX], allowed[_PROPERTY_MAX];

        costs_of(none, a);
        costs_of(fragd, b);
        allowances(s, none, allowed);
        allowed[PROPERTY_RECLAIMED] += MAX(a[PROPERTY_FAILED] - b[PROPERTY_FAILED], 0.0) *
                                       (2U << s->host.block_order);
        p->n++;
        for (Property c = COST_FIRST; c < _PROPERTY_MAX; c++) {
                double excess = b[c] - TOLERANCE * a[c] - allowed[c];

                p->none[c] += a[c];
                p->excess[c] += excess;
                p->excess2[c] += excess * excess;
        }
}

/* The first cost whose mean is worse by more than `sigma` standard errors; _PROPERTY_MAX. */
static Property worse(const Pairs *p, double sigma)
{
        for (Property c = COST_FIRST; c < _PROPERTY_MAX; c++) {
                double mean = p->excess[c] / p->n,
                       variance = MAX(p->excess2[c] / p->n - mean * mean, 0.0);

                if (mean > 0 && (p->n < 2 || mean > sigma * sqrt(variance / (p->n - 1))))
                        return c;
        }
        return _PROPERTY_MAX;
}

static void run_pair(const Scenario *s, uint64_t luck, Watch *w, SimResult *none, SimResult *fragd)
{
        SimArm arm = { .kind = CONTROLLER_NONE, .luck = luck };
        int r = sim_run(s, &arm, none);

        assert(r == 0);
        watch_init(w, s, w->verbose && !luck);
        arm = (SimArm){ .kind = CONTROLLER_FRAGD,
                .luck = luck,
                .seen = watch_seen,
                .ticked = watch_ticked,
                .userdata = w };
        r = sim_run(s, &arm, fragd);
        assert(r == 0);
}

static bool not_worse(const Scenario *s, Watch *w, Pairs *p)
{
        Property c = worse(p, 0);
        SimResult none, fragd;
        Watch *other;

        if (c == _PROPERTY_MAX)
                return true;
        other = calloc(1, sizeof(*other));
        assert(other);
        for (uint64_t luck = 1; luck < CONFIRM_PAIRS && c != _PROPERTY_MAX; luck++) {
                run_pair(s, luck, other, &none, &fragd);
                add_pair(s, luck, &none, &fragd, p);
                if (luck + 1 >= SUSPECT_PAIRS)
                        c = worse(p, luck + 1 == CONFIRM_PAIRS ? CONFIRM_SIGMA : SUSPECT_SIGMA);
        }
        free(other);
        if (c == _PROPERTY_MAX)
                return true;
        w->broken = c;
        snprintf(w->detail, sizeof(w->detail),
                "%.1f without fragd, and %.1f above what is allowed with it (mean of %.0f pairs)",
                p->none[c] / p->n, p->excess[c] / p->n, p->n);
        return false;
}

bool property_holds(const Scenario *s, Watch *w, PropertyTotals *totals)
{
        double a[_PROPERTY_MAX], b[_PROPERTY_MAX];
        SimResult none, fragd;
        Pairs p = { 0 };
        bool holds;

        run_pair(s, 0, w, &none, &fragd);
        add_pair(s, 0, &none, &fragd, &p);
        costs_of(&none, a);
        costs_of(&fragd, b);
        totals->looked_twice += worse(&p, 0) != _PROPERTY_MAX;
        watch_finish(w);
        holds = w->broken == _PROPERTY_MAX && not_worse(s, w, &p);
        totals->scenarios++;
        if (!holds)
                totals->broken[w->broken]++;
        totals->acted += w->n_runs > 0;
        totals->starts += w->n_runs;
        for (unsigned i = 0; i < w->n_runs; i++)
                totals->actions += (double)w->runs[i].cost / 1e6;
        for (Property c = COST_FIRST; c < _PROPERTY_MAX; c++) {
                totals->none[c] += a[c];
                totals->fragd[c] += b[c];
        }
        return holds;
}
