/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lever.c - what would help most cheaply: a window for kcompactd where its own marks can be brought to act, unless what was learned
 * speaks against it (efficacy.h); else compacting the one node. */
#include "engine/internal.h"
#include "model/indices.h"

int lever_window_value(WmarkRule rule, uint32_t score, uint32_t low, uint32_t max)
{
        /* Below 12 the high mark is 99 or more, which no score exceeds (kernel.md: score's maximum is 99). */
        for (uint32_t p = 12; p <= max; p++) {
                ScoreWmarks w = score_wmarks(rule, p);

                if (w.high < score && w.low <= low)
                        return (int)p;
        }
        return -1;
}

/* The zone score at which `target` bytes of the order would be allocatable: blocks there now plus what is missing, of all that is free
 * in zones that such a request may use; one point lower, for the floors in the score. */
static uint32_t score_wanted(const Model *m, const Node *node, const ObjectiveView *v, Use use)
{
        uint64_t suitable = 0, pages = 0, missing = LESS_BY(MIN(v->refill, v->ceiling), v->current) / m->page_size;

        for (size_t i = 0; i < node->n_zones; i++) {
                const Zone *z = &m->zones[node->first_zone + i];

                if (!zone_ceiling(z, m->n_orders, v->order, use))
                        continue;
                suitable += free_blocks_suitable(z->free, m->n_orders, m->huge_order) << m->huge_order;
                pages += z->free_pages;
        }
        if (!pages)
                return 0;
        return (uint32_t)LESS_BY(LESS_BY(pages, suitable + missing) * 100 / pages, (uint64_t)1);
}

/* Has something of its own that compaction could do for it now. */
static bool wants(const Engine *e, const NodeState *n, usec_t now)
{
        for (unsigned i = 0; i < e->policy.n_objectives && now >= n->backoff_until; i++) {
                const ObjectiveView *v = &n->objectives[i].view;

                if (v->applies && (v->verdict == VERDICT_FRAGMENTED || assess_forecast(e, v)))
                        return true;
        }
        return false;
}

/* Whether another node would be compacted, too, which needs nothing or for which it brings nothing: a window is for all nodes. */
static bool drags_others(const Engine *e, const NodeState *n, const Model *m, int p, usec_t now)
{
        for (size_t i = 0; i < e->n_nodes; i++) {
                const Node *other = model_node_const(m, e->nodes[i].id);

                if (other && other->id != n->id && other->score_known && !wants(e, &e->nodes[i], now) &&
                        kcompactd_would_act(m->wmark_rule, (uint32_t)p, other->score))
                        return true;
        }
        return false;
}

static bool window_busy(const Engine *e)
{
        for (size_t i = 0; i < e->n_nodes; i++)
                if (e->nodes[i].action.phase != ACTION_IDLE && e->nodes[i].action.phase != ACTION_SETTLING &&
                        e->nodes[i].action.lever == LEVER_WINDOW)
                        return true;
        return e->knobs[KNOB_COMPACTION_PROACTIVENESS].in_flight;
}

static bool allowed(const Engine *e, Lever l)
{
        return e->policy.levers & (1U << l);
}

/* The proactiveness for a window, or -1. */
static int window_for(const Engine *e, const NodeState *n, const Model *m, const Node *node, int objective, usec_t now)
{
        const ObjectiveView *v = &n->objectives[objective].view;
        int64_t current = m->knobs[KNOB_COMPACTION_PROACTIVENESS];
        uint32_t wanted;
        int p;

        if (current == KNOB_VALUE_NONE || !node->score_known || v->order > m->huge_order)
                return -1;
        wanted = score_wanted(m, node, v, e->policy.objectives[objective].use);
        p = lever_window_value(m->wmark_rule, node->score, wanted, e->policy.window_max);
        /* At or below the value that stands, kcompactd is at it already, or has backed off for its reasons. */
        if (p <= current || drags_others(e, n, m, p, now))
                return -1;
        return p;
}

/* kcompactd's own marks would make it start now, and go on far enough: the cheapest lever is to leave it to it. */
static bool kernel_would(const Engine *e, const Model *m, const Node *node, const ObjectiveView *v, Use use)
{
        int64_t p = e->knobs[KNOB_COMPACTION_PROACTIVENESS].view.value;

        return p > 0 && node->score_known && v->order <= m->huge_order &&
                kcompactd_would_act(m->wmark_rule, (uint32_t)p, node->score) &&
                score_wmarks(m->wmark_rule, (uint32_t)p).low <= score_wanted(m, node, v, use);
}

bool lever_untried(const Engine *e, const NodeState *n, Lever failed)
{
        return failed == LEVER_WINDOW && allowed(e, LEVER_COMPACT) && !n->compact_missing &&
               !efficacy_poor(&n->efficacy[LEVER_COMPACT]);
}

void lever_choose(const Engine *e, const NodeState *n, const Model *m, const Node *node, int objective, usec_t now,
        LeverChoice *ret)
{
        const ObjectiveView *v = &n->objectives[objective].view;
        bool owned = knob_foreign(e, KNOB_COMPACTION_PROACTIVENESS);
        bool compact = allowed(e, LEVER_COMPACT) && !n->compact_missing;
        int p = allowed(e, LEVER_WINDOW) && !owned ? window_for(e, n, m, node, objective, now) : -1;

        *ret = (LeverChoice){ .lever = LEVER_NONE, .proactiveness = p };
        if (kernel_would(e, m, node, v, e->policy.objectives[objective].use) && usec_sub(now, v->since) < KERNEL_GRACE) {
                ret->kernel = true;
                return;
        }
        if (p >= 0 && window_busy(e)) {
                ret->busy = !compact;
                p = -1;
        }
        if (p >= 0 && compact)
                ret->why = efficacy_against_window(&n->efficacy[LEVER_WINDOW], &n->efficacy[LEVER_COMPACT]);
        if (p >= 0 && ret->why == LEVER_WHY_USUAL)
                ret->lever = LEVER_WINDOW;
        else if (compact)
                ret->lever = LEVER_COMPACT;
        else if (allowed(e, LEVER_WINDOW) && owned)
                ret->guard = GUARD_KNOB_OWNED;
}
