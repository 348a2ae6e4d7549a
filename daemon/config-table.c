/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config-table.h"

#include <stdio.h>

#include "base/macros.h"
#include "daemon/config.h"
#include "daemon/inet-address.h"

/* The longest name that is worth comparing; every option is shorter. */
#define SIMILAR_MAX 32

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define PIB (1024 * 1024 * GIB)
#define DAY (24 * USEC_PER_HOUR)

#define CONFIG(p, k, lo, hi, member, fallback)                                                     \
        {                                                                                          \
                p, k, SCOPE_CONFIG, offsetof(Config, member), lo, hi, fallback                     \
        }
#define POLICY(p, k, lo, hi, member, fallback)                                                     \
        {                                                                                          \
                "policies.NAME." p, k, SCOPE_POLICY, offsetof(Policy, member), lo, hi, fallback    \
        }
#define OBJECTIVE(p, k, lo, hi, member, fallback)                                                  \
        {                                                                                          \
                "policies.NAME.objectives[]." p, k, SCOPE_OBJECTIVE, offsetof(Objective, member),  \
                        lo, hi, fallback                                                           \
        }
#define GROUP(p, k)                                                                                \
        {                                                                                          \
                p, k, SCOPE_POLICY, 0, 0, 0, NULL                                                  \
        }

static const Option options[] = {
        CONFIG("policy", OPTION_NAME, 1, POLICY_NAME_MAX - 1, policy, "\"balanced\""),
        CONFIG("user", OPTION_USER, 1, 64, user, "\"fragd\", else nobody"),
        CONFIG("fallback_events", OPTION_FLAG, 0, 1, fallback_events, "true"),
        CONFIG("kernel_log", OPTION_FLAG, 0, 1, kernel_log, "true"),
        GROUP("metrics", OPTION_GROUP),
        CONFIG("metrics.listen", OPTION_ADDRESS, 1, INET_ADDRESS_MAX, metrics_listen, "none"),
        GROUP("stalls", OPTION_GROUP),
        CONFIG("stalls.watch", OPTION_PROCESSES, 1, TASK_NAME_MAX - 1, stalls.watch, STALLS_WATCH_TEXT),
        CONFIG("stalls.asked", OPTION_COUNT, 0, TASKS_ASKED_MAX, stalls.asked, STALLS_ASKED_TEXT),
        CONFIG("stalls.trace", OPTION_FLAG, 0, 1, stalls.trace, "true"),
        GROUP("policies", OPTION_POLICIES),
        GROUP(OPTION_POLICY_PATH, OPTION_GROUP),
        POLICY("based_on", OPTION_BASE, 1, POLICY_NAME_MAX - 1, name, "none"),
        POLICY("description", OPTION_TEXT, 0, sizeof(((Policy *)0)->description) - 1, description,
                "\"\""),
        POLICY("act", OPTION_FLAG, 0, 1, act, NULL),
        POLICY("objectives", OPTION_OBJECTIVES, 0, POLICY_OBJECTIVES_MAX, objectives, "none"),
        OBJECTIVE("size", OPTION_SIZE, 4 * KIB, 32 * GIB, size, "required"),
        OBJECTIVE("reserve", OPTION_RESERVE, 4 * KIB, PIB, reserve, "required"),
        OBJECTIVE("refill", OPTION_AMOUNT, 4 * KIB, PIB, refill, "reserve and half as much again"),
        OBJECTIVE("at_least", OPTION_AMOUNT, 4 * KIB, PIB, at_least, "none"),
        OBJECTIVE("at_most", OPTION_AMOUNT, 4 * KIB, PIB, at_most, "33%"),
        OBJECTIVE("at_start", OPTION_AMOUNT, 4 * KIB, PIB, at_start, "none"),
        OBJECTIVE("for", OPTION_USE, 0, 0, use, "user"),
        OBJECTIVE("node", OPTION_COUNT, 0, NODES_MAX - 1, node, "every node"),
        POLICY("levers", OPTION_LEVERS, 0, 0, levers, "none"),
        GROUP("policies.NAME.budget", OPTION_GROUP),
        POLICY("budget.compaction_time", OPTION_DURATION, 100 * USEC_PER_MSEC, DAY,
                budget.compaction_time, NULL),
        POLICY("budget.runs", OPTION_COUNT, 1, BUDGET_RUNS_MAX, budget.runs, NULL),
        POLICY("budget.per", OPTION_DURATION, USEC_PER_MIN, DAY, budget.per, NULL),
        GROUP("policies.NAME.hold", OPTION_GROUP),
        POLICY("hold.psi_memory_some", OPTION_PERCENT, 0, 10000, hold.psi_memory_some, NULL),
        POLICY("hold.psi_cpu_some", OPTION_PERCENT, 0, 10000, hold.psi_cpu_some, NULL),
        GROUP("policies.NAME.interval", OPTION_GROUP),
        POLICY("interval.min", OPTION_DURATION, 100 * USEC_PER_MSEC, USEC_PER_HOUR, interval.min,
                NULL),
        POLICY("interval.max", OPTION_DURATION, 100 * USEC_PER_MSEC, USEC_PER_HOUR, interval.max,
                NULL),
        POLICY("remember", OPTION_DURATION, USEC_PER_MIN, 30 * DAY, remember, NULL),
        POLICY("horizon", OPTION_DURATION, 0, DAY, horizon, NULL),
        POLICY("cooldown", OPTION_DURATION, 0, DAY, cooldown, NULL),
        POLICY("settle", OPTION_DURATION, 0, 10 * USEC_PER_MIN, settle, NULL),
        POLICY("action_limit", OPTION_DURATION, 100 * USEC_PER_MSEC, USEC_PER_HOUR, action_limit,
                NULL),
        GROUP("policies.NAME.backoff", OPTION_GROUP),
        POLICY("backoff.min", OPTION_DURATION, USEC_PER_SEC, 7 * DAY, backoff_min, NULL),
        POLICY("backoff.max", OPTION_DURATION, USEC_PER_SEC, 7 * DAY, backoff_max, NULL),
        POLICY("window_max", OPTION_COUNT, 12, 90, window_max, NULL),
        GROUP("policies.NAME.proactiveness", OPTION_GROUP),
        POLICY("proactiveness.min", OPTION_COUNT, 0, 80, proactiveness_min, NULL),
        POLICY("proactiveness.max", OPTION_COUNT, 0, 80, proactiveness_max, NULL),
        POLICY("boost_max", OPTION_COUNT, 0, 15000, boost_max, NULL),
        POLICY("scale_max", OPTION_COUNT, 10, 1000, scale_max, NULL),
};

const Option *option_table(size_t *ret_n)
{
        *ret_n = ELEMENTSOF(options);
        return options;
}

const Option *option_find(const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (streq(options[i].path, path))
                        return &options[i];
        return NULL;
}

const char *option_below(const Option *o, const char *parent)
{
        size_t n = strlen(parent);

        if (n == 0)
                return o->path;
        if (strncmp(o->path, parent, n) != 0 || o->path[n] != '.')
                return NULL;
        return o->path + n + 1;
}

/* Levenshtein's distance of two names of at most SIMILAR_MAX characters, one row of the matrix at a
 * time. */
static unsigned edit_distance(const char *a, const char *b)
{
        size_t n = strlen(b);
        unsigned row[SIMILAR_MAX + 1];

        for (size_t j = 0; j <= n; j++)
                row[j] = (unsigned)j;
        for (size_t i = 1; a[i - 1]; i++) {
                unsigned diagonal = row[0];

                row[0] = (unsigned)i;
                for (size_t j = 1; j <= n; j++) {
                        unsigned changed = diagonal + (a[i - 1] != b[j - 1]);

                        diagonal = row[j];
                        row[j] = MIN(changed, MIN(row[j], row[j - 1]) + 1);
                }
        }
        return row[n];
}

bool option_similar(const char *a, const char *b, unsigned *best)
{
        size_t n = strlen(a), m = strlen(b);
        unsigned distance;

        if (n > SIMILAR_MAX || m > SIMILAR_MAX)
                return false;
        distance = edit_distance(a, b);
        if (distance >= *best || distance > MAX(n, m) / 3 + 1 || distance >= MIN(n, m))
                return false;
        *best = distance;
        return true;
}

const char *option_suggest(const char *parent, const char *name)
{
        const char *near = NULL, *elsewhere = NULL;
        unsigned best = UINT32_MAX;

        for (size_t i = 0; i < ELEMENTSOF(options); i++) {
                const char *below = option_below(&options[i], parent);
                const char *dot = strrchr(options[i].path, '.');

                if (below && !strchr(below, '.')) {
                        if (option_similar(name, below, &best))
                                near = below;
                } else if (streq(dot ? dot + 1 : options[i].path, name) && !elsewhere)
                        elsewhere = options[i].path;
        }
        /* "min" is in several groups: the first would be a guess. Everything else is unique. */
        if (elsewhere && !streq(name, "min") && !streq(name, "max"))
                return elsewhere;
        return near;
}
