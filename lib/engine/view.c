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
        };
        memcpy(ret->efficacy, n->efficacy, sizeof(ret->efficacy));
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
