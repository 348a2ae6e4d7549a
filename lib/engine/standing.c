/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* standing.c - the values that fragd lets knobs stand at, beside its actions: what experience asks of compaction_proactiveness and of the
 * boost, how far apart the watermarks must be (scale.c), and defrag_mode where the policy wants it. */
#include "engine/internal.h"
#include "model/indices.h"

/* Sets or drops a standing value; value KNOB_VALUE_NONE: back to the baseline. */
static void stand(Engine *e, KnobId id, int64_t value, Reason why, Lever lever, usec_t now)
{
        KnobState *k = &e->knobs[id];
        Decision d;

        if (value == k->standing || k->in_flight || k->restore_due || (k->written && usec_sub(now, k->written) < STANDING_INTERVAL))
                return;
        decision_init(&d);
        d.lever = lever;
        d.notable = true;
        d.reason = value != KNOB_VALUE_NONE ? why : REASON_KNOB_RESTORED;
        k->written = MAX(now, (usec_t)1);
        if (k->standing_why == REASON_KNOB_STOOD_DOWN)
                e->stood_up = k->written;
        k->standing_why = value != KNOB_VALUE_NONE ? why : _REASON_MAX;
        if (!engine_acts(e)) {
                d.would = true;
                d.act = ACT_SET_KNOB;
                d.knob = id;
                d.old_value = k->view.value;
                d.new_value = value;
                if (value != KNOB_VALUE_NONE && value != k->would)
                        engine_emit(e, NULL, &d);
                k->would = value;
                return;
        }
        k->standing = value;
        knobs_order(e, id, value, now, &d);
        engine_emit(e, NULL, &d);
}

/* fragd holds there what is asked for, its actions bring it, and it may go on with them. */
static bool served(const Engine *e, const NodeState *n, usec_t now)
{
        const BudgetView *b = &e->spent;

        if (!n->gained_runs || !n->gained_enough || n->attempts || n->failures || usec_sub(now, n->gained_last) >= e->policy.budget.per ||
                b->spent > b->limit / 2 || b->runs > b->runs_limit / 2)
                return false;
        for (unsigned i = 0; i < e->policy.n_objectives; i++) {
                const ObjectiveView *v = &n->objectives[i].view;

                if (v->applies && v->automatic && v->burst && v->burst != UNKNOWN_U64)
                        return true;
        }
        return false;
}

/* kcompactd knows of no demand: by itself it begins right after a burst, when least is free and a block costs most. Where fragd serves
 * every node, it need not; but not once more soon after something went wrong, and not for somebody who chose another value than the kernel's. */
static bool may_stand_down(const Engine *e, usec_t now)
{
        if (e->stood_up && usec_sub(now, e->stood_up) < STOOD_UP_FOR)
                return false;
        for (size_t i = 0; i < e->n_nodes; i++)
                if (!served(e, &e->nodes[i], now))
                        return false;
        return e->n_nodes > 0 && e->knobs[KNOB_COMPACTION_PROACTIVENESS].view.baseline == KERNEL_PROACTIVENESS;
}

/* Needed again and again, and it helps: let kcompactd begin by itself from there on. KNOB_VALUE_NONE: no. */
static int64_t raised_proactiveness(const Engine *e, const NodeState *n, const Model *m, usec_t now)
{
        const Policy *p = &e->policy;
        int value;

        if (n->gained_runs < STANDING_RUNS || n->gained_last - n->gained_first < p->budget.per / 4 ||
                usec_sub(now, n->gained_last) >= p->budget.per)
                return KNOB_VALUE_NONE;
        value = lever_window_value(m->wmark_rule, n->gained_score, 100, p->proactiveness_max);
        return value > e->knobs[KNOB_COMPACTION_PROACTIVENESS].view.baseline ? value : KNOB_VALUE_NONE;
}

/* kcompactd would burn its time on memory that does not move; but never where it helps another node, and never less than the kernel's
 * default for somebody who chose to have more. */
static bool futile_everywhere(const Engine *e, const Model *m, usec_t now)
{
        const KnobState *k = &e->knobs[KNOB_COMPACTION_PROACTIVENESS];
        bool futile = false;

        if (k->view.baseline < 0 || k->view.baseline > KERNEL_PROACTIVENESS)
                return false;
        for (size_t i = 0; i < e->n_nodes; i++) {
                const NodeState *n = &e->nodes[i];
                const Node *node = model_node_const(m, n->id);
                bool would;

                if (!node || !node->score_known)
                        continue;
                would = kcompactd_would_act(m->wmark_rule, (uint32_t)k->view.baseline, node->score);
                /* Once lowered it stays so while actions fail: each change wakes every kcompactd. */
                if (n->attempts >= 2 && (k->standing_why == REASON_KNOB_LOWERED || (now < n->backoff_until && would)))
                        futile = true;
                else if (n->attempts == 0 && would)
                        return false;
        }
        return futile;
}

/* What the nodes' experience asks of compaction_proactiveness; KNOB_VALUE_NONE: the baseline. */
static int64_t wanted_proactiveness(const Engine *e, const Model *m, usec_t now, Reason *ret_why)
{
        int64_t wanted = KNOB_VALUE_NONE, least = e->policy.proactiveness_min;

        *ret_why = REASON_KNOB_RAISED;
        for (size_t i = 0; i < e->n_nodes; i++) {
                const Node *node = model_node_const(m, e->nodes[i].id);

                if (node && node->score_known)
                        wanted = MAX(wanted, raised_proactiveness(e, &e->nodes[i], m, now));
        }
        if (wanted != KNOB_VALUE_NONE || least >= e->knobs[KNOB_COMPACTION_PROACTIVENESS].view.baseline)
                return wanted;
        *ret_why = REASON_KNOB_LOWERED;
        if (futile_everywhere(e, m, now))
                return least;
        *ret_why = REASON_KNOB_STOOD_DOWN;
        return may_stand_down(e, now) ? least : KNOB_VALUE_NONE;
}

static int64_t wanted_boost(const Engine *e)
{
        int64_t baseline = e->knobs[KNOB_WATERMARK_BOOST_FACTOR].view.baseline;

        if (baseline < 0 || baseline >= (int64_t)e->policy.boost_max)
                return KNOB_VALUE_NONE;
        for (size_t i = 0; i < e->n_nodes; i++)
                for (unsigned o = 0; o < e->policy.n_objectives; o++)
                        if (e->nodes[i].objectives[o].view.applies && e->nodes[i].objectives[o].view.verdict == VERDICT_PINNED)
                                return e->policy.boost_max;
        return KNOB_VALUE_NONE;
}

/* The kernel's own answer to pollution, from 6.15 on: no allocation takes another kind's pageblock while reclaim and compaction can make
 * one. Naming the lever asks for it; it costs reclaim, which only the administrator can weigh. */
static int64_t wanted_defrag_mode(const Engine *e)
{
        return e->knobs[KNOB_DEFRAG_MODE].view.baseline == 0 ? 1 : KNOB_VALUE_NONE;
}

/* Whether a standing value may be set now: the knob is there, allowed, ours to turn, and no window is in it. */
static bool standing_free(const Engine *e, KnobId id, Lever lever)
{
        const KnobState *k = &e->knobs[id];

        if (!(e->policy.levers & (1U << lever)) || k->view.value == KNOB_VALUE_NONE || knob_foreign(e, id))
                return false;
        return k->view.owner != KNOB_OWNER_FRAGD || k->standing != KNOB_VALUE_NONE;
}

void knobs_standing(Engine *e, const Model *m, usec_t now)
{
        Reason why;
        int64_t value;

        if (e->paused_until > now || !model_has(m, SOURCE_KNOBS) || rival_that_compacts(e->rivals) != RIVAL_NONE)
                return;
        if (standing_free(e, KNOB_WATERMARK_BOOST_FACTOR, LEVER_BOOST))
                stand(e, KNOB_WATERMARK_BOOST_FACTOR, wanted_boost(e), REASON_KNOB_RAISED, LEVER_BOOST, now);
        if (standing_free(e, KNOB_WATERMARK_SCALE_FACTOR, LEVER_SCALE)) {
                value = scale_wanted(e, m, now, &why);
                stand(e, KNOB_WATERMARK_SCALE_FACTOR, value, why, LEVER_SCALE, now);
        }
        if (standing_free(e, KNOB_DEFRAG_MODE, LEVER_DEFRAG_MODE))
                stand(e, KNOB_DEFRAG_MODE, wanted_defrag_mode(e), REASON_KNOB_RAISED, LEVER_DEFRAG_MODE, now);
        for (size_t i = 0; i < e->n_nodes; i++)
                if (e->nodes[i].action.phase == ACTION_ACTIVE && e->nodes[i].action.lever == LEVER_WINDOW)
                        return;
        if (!standing_free(e, KNOB_COMPACTION_PROACTIVENESS, LEVER_PROACTIVENESS))
                return;
        value = wanted_proactiveness(e, m, now, &why);
        stand(e, KNOB_COMPACTION_PROACTIVENESS, value, why, LEVER_PROACTIVENESS, now);
}
