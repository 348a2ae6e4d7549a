/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view.c - what the engine thinks now, for those who show it. Reads only. */
#include "engine/internal.h"

size_t engine_n_nodes(const Engine *e)
{
        return e->n_nodes;
}

void engine_node_view(const Engine *e, size_t i, NodeView *ret)
{
        const NodeState *n;

        assert(i < e->n_nodes);
        n = &e->nodes[i];
        *ret = (NodeView){
                .id = n->id,
                .objectives = n->views,
                .guards = n->guards,
                .last = &n->last,
                .notable = n->have_notable ? &n->notable : NULL,
                .acting = n->action.phase == ACTION_ACTIVE || n->action.phase == ACTION_ENDING,
                .lever = n->action.phase == ACTION_IDLE ? LEVER_NONE : n->action.lever,
                .attempts = n->attempts,
                .backoff_until = n->backoff_until,
                .efficacy = n->efficacy,
        };
}

void engine_knob_view(const Engine *e, KnobId id, KnobView *ret)
{
        assert((unsigned)id < _KNOB_MAX);
        *ret = e->knobs[id].view;
}

void engine_budget_view(const Engine *e, usec_t now, BudgetView *ret)
{
        usec_t oldest;

        *ret = (BudgetView){
                .limit = e->policy.budget.compaction_time,
                .runs_limit = e->policy.budget.runs,
                .per = e->policy.budget.per,
        };
        budget_spent(&e->budget, now, e->policy.budget.per, &ret->spent, &ret->runs, &oldest);
}

bool engine_prepares(const Engine *e)
{
        return e->n_prepares > 0;
}

size_t engine_n_holds(const Engine *e)
{
        size_t n = 0;

        for (unsigned k = 0; k < HOLDS_MAX; k++)
                n += e->holds[k].id != 0;
        return n;
}

/* The place of the i-th from the oldest: of those with a smaller number there are i. */
static unsigned hold_place(const Engine *e, size_t i)
{
        for (unsigned k = 0; k < HOLDS_MAX; k++) {
                size_t before = 0;

                for (unsigned j = 0; j < HOLDS_MAX && e->holds[k].id; j++)
                        before += e->holds[j].id && e->holds[j].id < e->holds[k].id;
                if (e->holds[k].id && before == i)
                        return k;
        }
        assert(false);
        return 0;
}

void engine_hold_view(const Engine *e, size_t i, HoldView *ret)
{
        /* The nodes' verdicts by how much there is to say about them. */
        static const unsigned weight[_VERDICT_MAX] = { [VERDICT_UNKNOWN] = 1, [VERDICT_FRAGMENTED] = 2, [VERDICT_SHORT] = 3,
                [VERDICT_FUTILE] = 4, [VERDICT_PINNED] = 5 };
        const Hold *h = &e->holds[hold_place(e, i)];
        unsigned place = e->n_own + (unsigned)(h - e->holds);
        bool any = false;

        *ret = (HoldView){
                .id = h->id,
                .size = h->size,
                .count = h->request.count,
                .node = h->request.node,
                .begun = h->begun,
                .until = h->until,
                .uid = h->request.uid,
                .pid = h->request.pid,
        };
        for (size_t k = 0; k < e->n_nodes; k++) {
                const ObjectiveView *v = &e->nodes[k].views[place];

                if (!v->applies)
                        continue;
                ret->there += MIN(v->current, v->reserve) / h->size;
                if (!any || weight[v->verdict] > weight[ret->verdict])
                        ret->verdict = v->verdict;
                any = true;
        }
        ret->there = MIN(ret->there, ret->count);
}

void engine_policy_own(const Engine *e, Policy *ret)
{
        assert(e->have_policy);
        *ret = e->policy;
        ret->n_objectives = e->n_own;
        memset(&ret->objectives[e->n_own], 0, (OBJECTIVES_MAX - e->n_own) * sizeof(ret->objectives[0]));
}

/* Where memory is short, free pages decide, which come with each sample, and marks hardly change; but the watermarks' lever goes by them and
 * by page cache. */
static bool objective_calm(const Engine *e, const ObjectiveView *v)
{
        return !v->applies || v->verdict == VERDICT_MET ||
                (v->verdict == VERDICT_SHORT && !(e->policy.levers & 1U << LEVER_SCALE));
}

bool engine_calm(const Engine *e)
{
        if (!e->have_policy || engine_prepares(e))
                return false;
        for (size_t i = 0; i < e->n_nodes; i++) {
                const NodeState *n = &e->nodes[i];

                if (n->action.phase == ACTION_ACTIVE || n->action.phase == ACTION_ENDING)
                        return false;
                for (unsigned k = 0; k < e->policy.n_objectives; k++)
                        if (!objective_calm(e, &n->views[k]))
                                return false;
        }
        return true;
}

const Policy *engine_policy(const Engine *e)
{
        return e->have_policy ? &e->policy : NULL;
}

bool engine_paused(const Engine *e, usec_t now, usec_t *ret_until)
{
        if (e->paused_until <= now)
                return false;
        *ret_until = e->paused_until;
        return true;
}
