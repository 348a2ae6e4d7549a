/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/policy.h"

#include <stdio.h>

#include "base/units.h"
#include "engine/names.h"
#include "parse/parse.h"

static const char *const lever_names[_LEVER_MAX] = {
        [LEVER_NONE] = "none",
        [LEVER_WINDOW] = "window",
        [LEVER_COMPACT] = "compact",
        [LEVER_PROACTIVENESS] = "proactiveness",
        [LEVER_BOOST] = "boost",
        [LEVER_SCALE] = "scale",
        [LEVER_DEFRAG_MODE] = "defrag_mode",
        [LEVER_PAGELISTS] = "pagelists",
};
DEFINE_NAMES(lever, Lever, lever_names)

bool lever_knob(Lever v, KnobId *ret)
{
        switch (v) {
        case LEVER_WINDOW:
        case LEVER_PROACTIVENESS: *ret = KNOB_COMPACTION_PROACTIVENESS; return true;
        case LEVER_BOOST: *ret = KNOB_WATERMARK_BOOST_FACTOR; return true;
        case LEVER_SCALE: *ret = KNOB_WATERMARK_SCALE_FACTOR; return true;
        case LEVER_DEFRAG_MODE: *ret = KNOB_DEFRAG_MODE; return true;
        case LEVER_PAGELISTS: *ret = KNOB_PERCPU_PAGELIST_HIGH_FRACTION; return true;
        default: return false;
        }
}

void policy_init(Policy *p, const char *name)
{
        *p = (Policy){
                .act = true,
                .budget = { .compaction_time = 120 * USEC_PER_SEC, .runs = 120, .per = USEC_PER_HOUR },
                .hold = { .psi_memory_some = 1000, .psi_cpu_some = 9500 },
                .interval = { .min = USEC_PER_SEC, .max = 15 * USEC_PER_SEC },
                .remember = 24 * USEC_PER_HOUR,
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
                .scale_max = 200,
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

/* For messages: values of an option as a configuration has them. */
#define TIME(t) duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, t)

static const char *amount_text(Amount a, char buf[static UNIT_TEXT_MAX])
{
        return a.permyriad ? percent_format(buf, UNIT_TEXT_MAX, a.permyriad) : size_format(buf, UNIT_TEXT_MAX, a.bytes);
}
#define AMOUNT(a) amount_text(a, (char[UNIT_TEXT_MAX]){ 0 })

/* Writes the complaint and is true, where the values are not as they must be. */
#define WRONG(condition, ...) ((condition) && snprintf(ret, POLICY_REASON_MAX, __VA_ARGS__) > 0)

static bool nothing(Amount a)
{
        return !a.permyriad && !a.bytes && !a.automatic;
}

static bool automatic_wrong(const Objective *o, char ret[static POLICY_REASON_MAX])
{
        return WRONG(o->size != SIZE_THP || o->use != USE_USER,
                       "an automatic reserve is not of size thp, for user: the kernel counts no other demand") ||
                WRONG(!nothing(o->refill), "an automatic reserve has a refill of %s: expected none", AMOUNT(o->refill)) ||
                WRONG(!nothing(o->at_most) && amount_below(o->at_most, o->at_least), "an automatic reserve is at_most %s, below its at_least of %s",
                        AMOUNT(o->at_most), AMOUNT(o->at_least));
}

static bool objective_wrong(const Objective *o, char ret[static POLICY_REASON_MAX])
{
        if (o->reserve.automatic)
                return automatic_wrong(o, ret);
        return WRONG(nothing(o->reserve), "an objective has a reserve of nothing: expected more than 0") ||
                WRONG(amount_below(o->refill, o->reserve), "an objective has a refill of %s, below its reserve of %s", AMOUNT(o->refill),
                        AMOUNT(o->reserve)) ||
                WRONG(!nothing(o->at_least) || !nothing(o->at_most) || !nothing(o->at_start),
                        "an objective with a fixed reserve has at_least, at_most or at_start: expected none of them");
}

static bool times_wrong(const Policy *p, char ret[static POLICY_REASON_MAX])
{
        return WRONG(p->interval.min < 100 * USEC_PER_MSEC, "interval.min is %s: expected 100ms or more", TIME(p->interval.min)) ||
                WRONG(p->interval.max < p->interval.min, "interval.max (%s) is below interval.min (%s)", TIME(p->interval.max),
                        TIME(p->interval.min)) ||
                WRONG(p->backoff_min < USEC_PER_SEC, "backoff.min is %s: expected 1s or more", TIME(p->backoff_min)) ||
                WRONG(p->backoff_max < p->backoff_min, "backoff.max (%s) is below backoff.min (%s)", TIME(p->backoff_max),
                        TIME(p->backoff_min)) ||
                WRONG(p->budget.per < USEC_PER_MIN || p->budget.per > 24 * USEC_PER_HOUR, "budget.per is %s: expected 1min to 24h",
                        TIME(p->budget.per)) ||
                WRONG(p->budget.compaction_time > p->budget.per, "budget.compaction_time (%s) is longer than budget.per (%s)",
                        TIME(p->budget.compaction_time), TIME(p->budget.per)) ||
                WRONG(p->remember < USEC_PER_MIN || p->remember > 30 * 24 * USEC_PER_HOUR, "remember is %s: expected 1min to 30d",
                        TIME(p->remember)) ||
                WRONG(p->action_limit < 100 * USEC_PER_MSEC || p->action_limit > USEC_PER_HOUR,
                        "action_limit is %s: expected 100ms to 1h", TIME(p->action_limit));
}

static bool numbers_wrong(const Policy *p, char ret[static POLICY_REASON_MAX])
{
        return WRONG(p->budget.runs < 1 || p->budget.runs > BUDGET_RUNS_MAX, "budget.runs is %u: expected 1 to %u", p->budget.runs,
                       BUDGET_RUNS_MAX) ||
                WRONG(p->window_max < 12 || p->window_max > 90, "window_max is %u: expected 12 to 90", p->window_max) ||
                WRONG(p->proactiveness_max > 80, "proactiveness.max is %u: expected 0 to 80", p->proactiveness_max) ||
                WRONG(p->proactiveness_min > p->proactiveness_max, "proactiveness.min (%u) is above proactiveness.max (%u)",
                        p->proactiveness_min, p->proactiveness_max) ||
                WRONG(p->boost_max > 15000, "boost_max is %u: expected 0 to 15000", p->boost_max) ||
                WRONG(p->scale_max < 10 || p->scale_max > 1000, "scale_max is %u: expected 10 to 1000", p->scale_max);
}

int policy_check(const Policy *p, char ret[static POLICY_REASON_MAX])
{
        bool wrong = WRONG(p->n_objectives > POLICY_OBJECTIVES_MAX, "%u objectives: expected at most %u", p->n_objectives,
                POLICY_OBJECTIVES_MAX);

        for (unsigned i = 0; !wrong && i < p->n_objectives; i++)
                wrong = objective_wrong(&p->objectives[i], ret);
        return wrong || times_wrong(p, ret) || numbers_wrong(p, ret) ? -EINVAL : 0;
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
