/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim - fragd's engine on simulated machines, in virtual time: property runs, single scenarios,
 * calibration. Prints TAP. */
#include <getopt.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"
#include "calibrate.h"
#include "daemon/config.h"
#include "known.h"
#include "property.h"

static const char usage[] =
        "sim [OPTION...]\n"
        "  --scenarios N    check the properties on N scenarios (default 1000)\n"
        "  --first N        seed of the first (default 1)\n"
        "  --seed N         only this scenario\n"
        "  --verbose        with --seed: what the scenario is, and what fragd decides\n"
        "  --known FILE     scenarios that are known to break a property: told, but no failure\n"
        "  --config FILE    also its policies, and the one it names instead of balanced\n"
        "  --calibrate DIR  compare the simulated lab with the records in DIR\n";

typedef struct Options {
        uint64_t first, n;
        const char *calibrate, *config, *known;
        bool verbose;
} Options;

static bool parse(int argc, char **argv, Options *o)
{
        enum { SCENARIOS = 1, FIRST, SEED, VERBOSE, KNOWN, CONFIG, CALIBRATE };
        static const struct option options[] = { { "scenarios", required_argument, NULL,
                                                         SCENARIOS },
                { "first", required_argument, NULL, FIRST },
                { "seed", required_argument, NULL, SEED },
                { "verbose", no_argument, NULL, VERBOSE },
                { "known", required_argument, NULL, KNOWN },
                { "config", required_argument, NULL, CONFIG },
                { "calibrate", required_argument, NULL, CALIBRATE }, { 0 } };
        int c;

        while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (c) {
                case SCENARIOS:
                        if (number_parse(optarg, &o->n) < 0)
                                return false;
                        break;
                case SEED: o->n = 1; /* fall through */
                case FIRST:
                        if (number_parse(optarg, &o->first) < 0)
                                return false;
                        break;
                case VERBOSE: o->verbose = true; break;
                case KNOWN: o->known = optarg; break;
                case CONFIG: o->config = optarg; break;
                case CALIBRATE: o->calibrate = optarg; break;
                default: return false;
                }
        return optind == argc;
}

static Config *load(const char *path)
{
        Config *config;
        ConfigErrors errors = { 0 };
        StrBuf text = { 0 };
        int r = path ? config_load(&config, path, true, CONFIG_OWNER_ANY, &errors)
                     : config_load_text(&config, "built in", "", &errors);

        if (r >= 0)
                return config;
        config_errors_text(&errors, &text);
        fprintf(stderr, "%s", strbuf_text(&text));
        strbuf_done(&text);
        config_errors_done(&errors);
        return NULL;
}

static void describe(const Scenario *s)
{
        const HostSpec *h = &s->host;
        const DemandSpec *d = &h->demand;

        printf("# %u nodes of %u %u huge pages; proactiveness %d, boost %d, %s; %u us to move a "
               "page, %.2f of a CPU\n",
                h->n_nodes, h->n_pages[0] >> h->block_order, h->n_pages[1] >> h->block_order,
                (int)h->proactiveness, (int)h->boost_factor,
                h->visible ? "kcompactd visible" : "kcompactd not visible", h->pace.move / 1000,
                h->cpu_floor);
        for (unsigned i = 0; i < h->workload.n; i++)
                printf("#   %-12s %4.1f to %4.1f %%, turnover %.3f\n", h->workload.consumer[i].name,
                        100 * h->workload.consumer[i].base, 100 * h->workload.consumer[i].peak,
                        h->workload.consumer[i].turnover);
        printf("# cycle %.0f s: quiet to %.2f, busy to %.2f, burst to %.2f; frozen at %.0f s\n",
                h->workload.cycle, h->workload.until[0], h->workload.until[1], h->workload.until[2],
                (double)h->workload.frozen / 1e6);
        printf("# demand: %u at %.2f until %.2f, %.2f/s for %.0f s, pool %u, ring %u%s\n", d->batch,
                d->at, d->release, d->trickle, d->hold, d->pool, d->ring,
                d->defer ? ", deferred" : "");
        printf("# policy %s: levers %x, %.2f s and %u runs in %.0f s, cool-down %.0f s, action "
               "limit %.1f s\n",
                s->policy.name, s->policy.levers, (double)s->policy.budget.compaction_time / 1e6,
                s->policy.budget.runs, (double)s->policy.budget.per / 1e6,
                (double)s->policy.cooldown / 1e6, (double)s->policy.action_limit / 1e6);
}

static void summarize(const PropertyTotals *t)
{
        printf("# %u scenarios, %u looked at twice; fragd acted in %u, %u actions, %.0f s of CPU\n",
                t->scenarios, t->looked_twice, t->acted, t->starts, t->actions);
        for (Property p = PROPERTY_FAILED; p < _PROPERTY_MAX; p++)
                printf("#   %-26s %12.0f without fragd, %12.0f with it\n", property_name(p),
                        t->none[p], t->fragd[p]);
}

typedef struct Check {
        const Options *options;
        Known known;
        Policy policies[BUILTIN_MAX];
        unsigned n_policies;
        PropertyTotals totals;
        unsigned n_known[_PROPERTY_MAX]; /* of those broken, known to be */
        Watch watch;
} Check;

static void check_scenario(Check *c, uint64_t seed)
{
        const char *reason = known_reason(&c->known, seed);
        Scenario s;

        scenario_random(&s, seed, c->policies, c->n_policies);
        c->watch.verbose = c->options->verbose;
        if (c->options->verbose)
                describe(&s);
        if (property_holds(&s, &c->watch, &c->totals)) {
                if (reason)
                        printf("# seed %llu keeps every property now: it can come off the list of "
                               "those known not to\n",
                                (unsigned long long)seed);
                return;
        }
        printf("# seed %llu: %s: %s (sim --seed %llu --verbose)%s%s\n", (unsigned long long)seed,
                property_name(c->watch.broken), c->watch.detail, (unsigned long long)seed,
                reason ? "; known: " : "", reason ?: "");
        if (reason)
                c->n_known[c->watch.broken]++;
}

/* One line of TAP for each property; true if all hold. */
static bool report(const Check *c)
{
        const PropertyTotals *t = &c->totals;
        bool acts = t->acted || t->scenarios == 1, good = acts;

        for (Property p = 0; p < _PROPERTY_MAX; p++) {
                bool holds = t->broken[p] == c->n_known[p];

                good &= holds;
                printf("%sok %d - %s: %u of %u scenarios keep it, %u are known not to\n",
                        holds ? "" : "not ", (int)p + 1, property_name(p),
                        t->scenarios - t->broken[p], t->scenarios, c->n_known[p]);
        }
        printf("%sok %d - fragd acts at all, or there is but one scenario\n1..%d\n",
                acts ? "" : "not ", (int)_PROPERTY_MAX + 1, (int)_PROPERTY_MAX + 1);
        return good;
}

static int check(const Options *o, const Config *config)
{
        Check *c = calloc(1, sizeof(*c));
        unsigned line = 0;
        int r = 0;

        assert(c);
        c->options = o;
        c->policies[c->n_policies++] = config_policy(config, config->policy)->policy;
        for (size_t i = 0; i < config->n_policies && c->n_policies < BUILTIN_MAX; i++)
                c->policies[c->n_policies++] = config->policies[i].policy;
        if (o->known)
                r = known_read(&c->known, o->known, &line);
        if (r < 0)
                fprintf(stderr, "sim: %s:%u: %s\n", o->known, line,
                        r == -EBADMSG ? "expected a seed and a reason" : strerror(-r));
        for (uint64_t seed = o->first; r == 0 && seed < o->first + o->n; seed++)
                check_scenario(c, seed);
        if (r == 0) {
                summarize(&c->totals);
                r = report(c) ? 0 : 1;
        }
        free(c);
        return r ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int calibration(const Options *o, const Config *config)
{
        unsigned worse = 0;
        int r = calibrate(o->calibrate, &config_policy(config, config->policy)->policy, &worse);

        if (r < 0)
                fprintf(stderr, "sim: cannot read the records in %s: %s\n", o->calibrate,
                        strerror(-r));
        printf("%sok 1 - the simulated lab is near enough to the recorded one\n1..1\n",
                r < 0 || worse ? "not " : "");
        return r < 0 || worse ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
        Options o = { .first = 1, .n = 1000 };
        _cleanup_(config_freep) Config *config = NULL;

        if (!parse(argc, argv, &o)) {
                fputs(usage, stderr);
                return 2;
        }
        config = load(o.config);
        if (!config)
                return EXIT_FAILURE;
        return o.calibrate ? calibration(&o, config) : check(&o, config);
}
