/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "calibrate.h"

#include <jansson.h>
#include <stdio.h>

#include "base/macros.h"
#include "sim.h"

#define SEEDS      3  /* recorded */
#define LUCKS      12 /* simulated: luck costs nothing here */
#define MIB_PAGES  256.0
#define CYCLE      25.0
#define TRACE_FROM 0.15 /* a trace begins there in the cycle */

typedef enum Figure {
        FIGURE_BATCH,
        FIGURE_POOL,
        FIGURE_READY,
        FIGURE_P99,
        FIGURE_STALLS,
        FIGURE_PSI,
        FIGURE_MOVED,
        FIGURE_SCANNED,
        FIGURE_CPU,
        FIGURE_STOLEN,
        FIGURE_FREE,
        FIGURE_HUGE,
        _FIGURE_MAX,
} Figure;

static const struct {
        const char *name;
        /* How far off the simulator may be before the calibration counts as lost: as a factor, or
         * by an amount, whichever is more. */
        double factor, amount;
} figures[_FIGURE_MAX] = {
        [FIGURE_BATCH] = { "huge page faults that succeed, %", 1.0, 12 },
        [FIGURE_POOL] = { "hugetlb pages obtained, %", 1.0, 35 },
        [FIGURE_READY] = { "huge blocks ready at the batch", 1.5, 10 },
        [FIGURE_P99] = { "99th percentile of a fault, ms", 5.0, 30 },
        [FIGURE_STALLS] = { "direct compactions", 2.5, 80 },
        [FIGURE_PSI] = { "memory pressure (some), ms", 6.0, 1000 },
        [FIGURE_MOVED] = { "pages moved, k", 1.7, 5 },
        [FIGURE_SCANNED] = { "pages scanned, k", 2.5, 50 },
        [FIGURE_CPU] = { "CPU of compaction, ms", 2.5, 300 },
        [FIGURE_STOLEN] = { "pages reclaimed, k", 3.0, 10 },
        [FIGURE_FREE] = { "MiB free, mean", 1.15, 5 },
        [FIGURE_HUGE] = { "MiB free in huge blocks, mean", 1.3, 10 },
};

/* fragd was recorded as it was then, and is simulated as it is now: what differs is not the
 * simulator's error alone, so that it has no bound. */
static const struct {
        const char *record, *trace;
        ControllerKind kind;
        bool bounded;
} arms[] = {
        { "none", "none", CONTROLLER_NONE, true },
        { "periodic:5", "periodic", CONTROLLER_PERIODIC, true },
        { "fragd", "fragd", CONTROLLER_FRAGD, false },
};

typedef struct Means {
        double value[_FIGURE_MAX];
        double free[SIM_BINS], huge[SIM_BINS]; /* MiB, by place in the cycle */
        unsigned n;
} Means;

static void jansson_freep(json_t **j)
{
        json_decref(*j);
}

static double number(const json_t *record, const char *group, const char *kind, const char *name)
{
        const json_t *j = group ? json_object_get(record, group) : record;

        if (kind)
                j = json_object_get(j, kind);
        return json_number_value(json_object_get(j, name));
}

static void add_record(Means *m, const json_t *r)
{
        double *v = m->value;

        m->n++;
        v[FIGURE_BATCH] += number(r, "demand", "thp", "ok_pct");
        v[FIGURE_POOL] += number(r, "demand", "hugetlb", "ok_pct");
        v[FIGURE_READY] += number(r, "demand", "thp", "free9_at_start");
        v[FIGURE_P99] += number(r, "demand", "thp", "p99_us") / 1e3;
        v[FIGURE_STALLS] += number(r, "vm", NULL, "compact_stall");
        v[FIGURE_PSI] += number(r, NULL, NULL, "psi_some_ms");
        v[FIGURE_MOVED] += number(r, "vm", NULL, "pgmigrate_success") / 1e3;
        v[FIGURE_SCANNED] += (number(r, "vm", NULL, "compact_migrate_scanned") +
                                     number(r, "vm", NULL, "compact_free_scanned")) /
                             1e3;
        v[FIGURE_CPU] += number(r, "cpu_ms", NULL, "kcompactd") +
                         number(r, "cpu_ms", NULL, "controller");
        v[FIGURE_STOLEN] += (number(r, "vm", NULL, "pgsteal_kswapd") +
                                    number(r, "vm", NULL, "pgsteal_direct")) /
                            1e3;
        v[FIGURE_FREE] += number(r, NULL, NULL, "free_mb");
        v[FIGURE_HUGE] += number(r, NULL, NULL, "free9_mb");
}

static int read_records(const char *directory, Means means[static ELEMENTSOF(arms)])
{
        char path[4096], line[8192];
        FILE *f;

        snprintf(path, sizeof(path), "%s/dbmix-6.1.jsonl", directory);
        f = fopen(path, "re");
        if (!f)
                return -errno;
        while (fgets(line, sizeof(line), f)) {
                _cleanup_(jansson_freep) json_t *r = json_loads(line, 0, NULL);
                const char *name = json_string_value(json_object_get(r, "controller"));

                for (size_t i = 0; name && i < ELEMENTSOF(arms); i++)
                        if (streq(name, arms[i].record))
                                add_record(&means[i], r);
        }
        fclose(f);
        return 0;
}

static int read_trace(const char *directory, const char *name, unsigned seed, Means *m,
        unsigned n[static SIM_BINS])
{
        char path[4096];
        double at, free_mib, huge_mib;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s-%u.trace", directory, name, seed);
        f = fopen(path, "re");
        if (!f)
                return -errno;
        while (fscanf(f, "%lf %lf %lf", &at, &free_mib, &huge_mib) ==
                3) { /* NOLINT(cert-err34-c): our own file */
                double place = at / CYCLE + TRACE_FROM;
                unsigned bin = MIN((unsigned)((place - floor(place)) * SIM_BINS), SIM_BINS - 1U);

                m->free[bin] += free_mib;
                m->huge[bin] += huge_mib;
                n[bin]++;
        }
        fclose(f);
        return 0;
}

static int read_traces(const char *directory, Means means[static ELEMENTSOF(arms)])
{
        for (size_t i = 0; i < ELEMENTSOF(arms); i++) {
                unsigned n[SIM_BINS] = { 0 };

                for (unsigned seed = 1; seed <= SEEDS; seed++) {
                        int r = read_trace(directory, arms[i].trace, seed, &means[i], n);

                        if (r < 0)
                                return r;
                }
                for (unsigned b = 0; b < SIM_BINS; b++) {
                        means[i].free[b] /= MAX(n[b], 1U);
                        means[i].huge[b] /= MAX(n[b], 1U);
                }
        }
        return 0;
}

static double percent(const Costs *c, Kind k)
{
        return c->kind[k].tried ? 100.0 * (double)c->kind[k].ok / (double)c->kind[k].tried : 0;
}

static void add_simulated(Means *m, const SimResult *r)
{
        double *v = m->value, free_sum = 0, huge_sum = 0;

        m->n++;
        for (unsigned b = 0; b < SIM_BINS; b++) {
                m->free[b] += r->free[b] / MIB_PAGES / LUCKS;
                m->huge[b] += r->huge[b] / MIB_PAGES / LUCKS;
                free_sum += r->free[b] / MIB_PAGES / SIM_BINS;
                huge_sum += r->huge[b] / MIB_PAGES / SIM_BINS;
        }
        v[FIGURE_BATCH] += percent(&r->costs, KIND_BATCH);
        v[FIGURE_POOL] += percent(&r->costs, KIND_POOL);
        v[FIGURE_READY] += r->costs.batches
                                   ? (double)r->costs.ready_blocks / (double)r->costs.batches
                                   : 0;
        v[FIGURE_P99] += costs_percentile(&r->costs, KIND_BATCH, 0.99) / 1e3;
        v[FIGURE_STALLS] += (double)r->stats.compact_stall;
        v[FIGURE_PSI] += (double)r->stats.pressure_nsec / 1e6;
        v[FIGURE_MOVED] += (double)r->stats.moved / 1e3;
        v[FIGURE_SCANNED] += (double)r->stats.scanned / 1e3;
        v[FIGURE_CPU] += (double)(r->stats.kcompactd_nsec + r->stats.explicit_nsec) / 1e6;
        v[FIGURE_STOLEN] += (double)r->stats.stolen_pages / 1e3;
        v[FIGURE_FREE] += free_sum;
        v[FIGURE_HUGE] += huge_sum;
}

static int simulate(const Policy *policy, Means means[static ELEMENTSOF(arms)])
{
        for (size_t i = 0; i < ELEMENTSOF(arms); i++)
                for (unsigned luck = 1; luck <= LUCKS; luck++) {
                        SimArm arm = { .kind = arms[i].kind, .period = 5 * USEC_PER_SEC };
                        Scenario s;
                        SimResult result;
                        int r;

                        scenario_dbmix(&s, luck, policy);
                        r = sim_run(&s, &arm, &result);
                        if (r < 0)
                                return r;
                        add_simulated(&means[i], &result);
                }
        return 0;
}

static bool lost(Figure f, double measured, double simulated)
{
        double off = MAX(measured, simulated) - MIN(measured, simulated);

        return off > figures[f].amount &&
               MAX(measured, simulated) > figures[f].factor * MIN(measured, simulated);
}

static void print_figures(
        size_t arm, const Means *measured, const Means *simulated, unsigned *worse)
{
        printf("# %s: measured (mean of %u), simulated (mean of %u), error\n", arms[arm].record,
                measured->n, simulated->n);
        for (Figure f = 0; f < _FIGURE_MAX; f++) {
                double m = measured->value[f] / MAX(measured->n, 1U),
                       s = simulated->value[f] / MAX(simulated->n, 1U);
                bool bad = arms[arm].bounded && lost(f, m, s);

                *worse += bad;
                printf("#   %-34s %8.1f %8.1f  %+7.1f", figures[f].name, m, s, s - m);
                if (m > 0)
                        printf("  (%+.0f %%)", 100 * (s - m) / m);
                printf("%s\n", bad ? "  <-- beyond the bound" : "");
        }
}

static double root_mean_square(const double a[static SIM_BINS], const double b[static SIM_BINS])
{
        double sum = 0;

        for (unsigned i = 0; i < SIM_BINS; i++)
                sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sqrt(sum / SIM_BINS);
}

static void print_course(const Means *measured, const Means *simulated)
{
        printf("#   course over the cycle, root mean square of the error: %.0f MiB free, %.0f MiB "
               "in huge blocks\n",
                root_mean_square(measured->free, simulated->free),
                root_mean_square(measured->huge, simulated->huge));
        for (unsigned b = 0; b < SIM_BINS; b += 2)
                printf("#     %3u %%: free %4.0f %4.0f, huge %4.0f %4.0f\n", b * 100 / SIM_BINS,
                        measured->free[b], simulated->free[b], measured->huge[b],
                        simulated->huge[b]);
}

int calibrate(const char *directory, const Policy *policy, unsigned *ret_worse)
{
        Means measured[ELEMENTSOF(arms)] = { 0 }, simulated[ELEMENTSOF(arms)] = { 0 };
        int r = read_records(directory, measured);

        *ret_worse = 0;
        if (r >= 0)
                r = read_traces(directory, measured);
        if (r >= 0)
                r = simulate(policy, simulated);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(arms); i++) {
                print_figures(i, &measured[i], &simulated[i], ret_worse);
                print_course(&measured[i], &simulated[i]);
        }
        return 0;
}
