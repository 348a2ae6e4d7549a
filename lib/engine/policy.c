/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/policy.h"

#include "engine/names.h"
#include "parse/parse.h"

static const char *const lever_names[_LEVER_MAX] = {
        [LEVER_NONE] = "none",
        [LEVER_WINDOW] = "window",
        [LEVER_COMPACT] = "compact",
        [LEVER_PROACTIVENESS] = "proactiveness",
        [LEVER_BOOST] = "boost",
};
DEFINE_NAMES(lever, Lever, lever_names)

void policy_init(Policy *p, const char *name)
{
        *p = (Policy){
                .act = true,
                .budget = { .compaction_time = 120 * USEC_PER_SEC, .runs = 120, .per = USEC_PER_HOUR },
                .hold = { .psi_memory_some = 1000, .psi_cpu_some = 8000 },
                .interval = { .min = USEC_PER_SEC, .max = 15 * USEC_PER_SEC },
                .horizon = 60 * USEC_PER_SEC,
                .cooldown = 10 * USEC_PER_SEC,
                .settle = USEC_PER_SEC,
                .action_limit = 30 * USEC_PER_SEC,
                .backoff_min = USEC_PER_MIN,
                .backoff_max = 6 * USEC_PER_HOUR,
                .window_max = 90,
                .proactiveness_min = 0,
                .proactiveness_max = 40,
                .boost_max = 15000,
        };
        strncpy(p->name, name, sizeof(p->name) - 1);
}

/* Amounts of different kinds (a share against bytes) cannot be compared without a node: they pass here, and the engine takes
 * the larger one as refill. */
static bool amount_below(Amount a, Amount b)
{
        if (!a.permyriad != !b.permyriad)
                return false;
        return a.permyriad ? a.permyriad < b.permyriad : a.bytes < b.bytes;
}

static const char *policy_complaint(const Policy *p)
{
        if (p->n_objectives > OBJECTIVES_MAX)
                return "too many objectives";
        for (unsigned i = 0; i < p->n_objectives; i++) {
                const Objective *o = &p->objectives[i];

                if (!o->reserve.permyriad && !o->reserve.bytes)
                        return "an objective has a reserve of nothing";
                if (amount_below(o->refill, o->reserve))
                        return "the refill of an objective is below its reserve";
        }
        if (p->interval.min < 100 * USEC_PER_MSEC)
                return "interval.min is below 100ms";
        if (p->interval.max < p->interval.min)
                return "interval.max is below interval.min";
        if (p->backoff_min < USEC_PER_SEC || p->backoff_max < p->backoff_min)
                return "backoff.min is below 1s, or above backoff.max";
        if (p->budget.runs < 1 || p->budget.runs > BUDGET_RUNS_MAX)
                return "budget.runs is not between 1 and 256";
        if (p->budget.per < USEC_PER_MIN || p->budget.per > 24 * USEC_PER_HOUR)
                return "budget.per is not between 1min and 24h";
        if (p->budget.compaction_time > p->budget.per)
                return "budget.compaction_time is longer than budget.per";
        if (p->action_limit < 100 * USEC_PER_MSEC || p->action_limit > USEC_PER_HOUR)
                return "action_limit is not between 100ms and 1h";
        if (p->window_max < 12 || p->window_max > 90)
                return "window_max is not between 12 and 90";
        if (p->proactiveness_max > 80 || p->proactiveness_min > p->proactiveness_max)
                return "proactiveness.min and .max are not 0 <= min <= max <= 80";
        if (p->boost_max > 15000)
                return "boost_max is above 15000";
        return NULL;
}

int policy_check(const Policy *p, const char **ret_reason)
{
        const char *complaint = policy_complaint(p);

        if (!complaint)
                return 0;
        *ret_reason = complaint;
        return -EINVAL;
}

int objective_order(const Objective *o, uint32_t page_size, unsigned n_orders, uint8_t thp_order, uint8_t *ret)
{
        unsigned order;

        if (o->size == SIZE_THP) {
                if (thp_order == UINT8_MAX)
                        return -ENODATA;
                order = thp_order;
        } else
                for (order = 0; order < n_orders; order++)
                        if (((uint64_t)page_size << order) >= o->size)
                                break;
        if (order >= n_orders)
                return -ERANGE;
        *ret = (uint8_t)order;
        return 0;
}

uint64_t amount_bytes(Amount a, uint64_t managed_bytes)
{
        if (!a.permyriad)
                return a.bytes;
        return managed_bytes / 10000 * a.permyriad + managed_bytes % 10000 * a.permyriad / 10000;
}
