/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decide.c - what to do for one node now: start something, or say why not. */
#include "engine/internal.h"

/* Guards that pass by themselves in seconds are not told: the action follows soon, or the verdict stays. */
static bool guard_worth_telling(Guard g)
{
        return g != GUARD_NONE && g != GUARD_PAUSED && g != GUARD_COOLDOWN && g != GUARD_KCOMPACTD_BUSY;
}

static Reason reason_for(Verdict v)
{
        switch (v) {
        case VERDICT_MET: return REASON_MET;
        case VERDICT_SHORT: return REASON_SHORT;
        case VERDICT_PINNED: return REASON_PINNED;
        case VERDICT_FUTILE: return REASON_BACKOFF;
        case VERDICT_FRAGMENTED: return REASON_MISSED;
        default: return REASON_UNKNOWN_SOURCE;
        }
}

/* Whether the objective's verdict is news: different from what was told last, and not just for a moment. */
static bool news(ObjectiveState *s, usec_t now)
{
        if (!s->tell_after || usec_sub(now, s->told_at) >= VERDICT_STABLE_MAX)
                s->tell_after = VERDICT_STABLE;
        return s->view.applies && s->view.verdict != s->told && usec_sub(now, s->view.since) >= s->tell_after;
}

static void tell(ObjectiveState *s, usec_t now)
{
        s->told = s->view.verdict;
        s->told_at = now;
        s->told_would = false;
        s->tell_after = MIN(2 * s->tell_after, VERDICT_STABLE_MAX);
        if (s->told == VERDICT_MET)
                s->told_guards = 0;
}

/* Other objectives' news would be lost behind the most urgent one. */
static void tell_others(Engine *e, NodeState *n, const Model *m, const Node *node, int except, usec_t now)
{
        for (unsigned i = 0; i < e->policy.n_objectives; i++) {
                Decision d;

                if ((int)i == except || !news(&n->objectives[i], now))
                        continue;
                engine_evidence(e, n, m, node, (int)i, &d);
                d.reason = reason_for(d.verdict);
                d.notable = true;
                tell(&n->objectives[i], now);
                engine_emit(e, n, &d);
        }
}

static void hold(NodeState *n, ObjectiveState *s, Guard g, Decision *d, usec_t now)
{
        d->reason = REASON_HELD;
        d->guard = g;
        d->guard_value = n->guards[g].value;
        d->guard_limit = n->guards[g].limit;
        d->until = n->guards[g].until;
        if (guard_worth_telling(g) && !(s->told_guards & 1U << g) && usec_sub(now, n->held_since[g]) >= VERDICT_STABLE) {
                d->notable = true;
                s->told_guards |= 1U << g;
        }
        n->pressing = g == GUARD_COOLDOWN || g == GUARD_KCOMPACTD_BUSY || g == GUARD_PSI_CPU || g == GUARD_PSI_MEMORY;
}

/* True when an action was started, and its decision emitted. */
static bool try_to_act(Engine *e, NodeState *n, const Model *m, const Node *node, int objective, bool forecast, Decision *d,
        usec_t now)
{
        ObjectiveState *s = &n->objectives[objective];
        Guard g = guard_first(n, false);
        LeverChoice choice;

        lever_choose(e, n, m, node, objective, now, &choice);
        d->reason = forecast ? REASON_FORECAST : REASON_MISSED;
        if (choice.lever == LEVER_NONE) {
                d->reason = choice.kernel ? REASON_KERNEL_ACTS : choice.busy ? REASON_BUSY : REASON_NO_LEVER;
                n->pressing = choice.busy || choice.kernel;
                if (choice.guard != GUARD_NONE) {
                        guard_set(n, choice.guard, &(GuardView){ .held = true, .value = KNOB_COMPACTION_PROACTIVENESS,
                                .limit = e->knobs[KNOB_COMPACTION_PROACTIVENESS].view.rival }, s->view.since);
                        hold(n, s, choice.guard, d, now);
                }
                return false;
        }
        d->lever = choice.lever;
        if (now < n->backoff_until && s->view.order >= n->failed_order) {
                d->reason = REASON_BACKOFF;
                d->until = n->backoff_until;
                return false;
        }
        if (g != GUARD_NONE) {
                hold(n, s, g, d, now);
                return false;
        }
        s->told = d->verdict;
        s->told_guards = 0;
        action_start(e, n, m, node, objective, d->reason, &choice, now);
        return true;
}

/* The most urgent objective has no lever, or must wait: another one may not. */
static bool try_others(Engine *e, NodeState *n, const Model *m, const Node *node, int except, usec_t now)
{
        for (unsigned i = 0; i < e->policy.n_objectives; i++) {
                Decision d;

                if ((int)i == except || !n->objectives[i].view.applies || n->objectives[i].view.verdict != VERDICT_FRAGMENTED)
                        continue;
                engine_evidence(e, n, m, node, (int)i, &d);
                if (try_to_act(e, n, m, node, (int)i, false, &d, now))
                        return true;
        }
        return false;
}

void decide_node(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now)
{
        bool forecast;
        int objective;
        Decision d;

        n->pressing = false;
        if (n->request_pending && n->action.phase != ACTION_SETTLING)
                action_start_request(e, n, m, node, now);
        objective = assess_most_urgent(e, n, &forecast);
        tell_others(e, n, m, node, objective, now);
        if (action_supervise(e, n, m, node, now))
                return;
        engine_evidence(e, n, m, node, objective, &d);
        if (objective < 0)
                d.reason = REASON_MET;
        else {
                ObjectiveState *s = &n->objectives[objective];

                d.reason = reason_for(d.verdict);
                if (d.verdict == VERDICT_PINNED || d.verdict == VERDICT_FUTILE)
                        d.until = n->backoff_until;
                else if ((d.verdict == VERDICT_FRAGMENTED || forecast) &&
                        try_to_act(e, n, m, node, objective, forecast, &d, now))
                        return;
                if (d.reason != REASON_HELD && try_others(e, n, m, node, objective, now))
                        return;
                if (news(s, now)) {
                        tell(s, now);
                        d.notable = true;
                }
        }
        engine_emit(e, n, &d);
}

/* How long until the objective may need something, at the most; *near: soon, if things move. */
static usec_t patience(const Engine *e, const NodeState *n, const ObjectiveState *s, usec_t now, bool *near)
{
        const Policy *p = &e->policy;
        const ObjectiveView *v = &s->view;
        bool met = v->verdict == VERDICT_MET, unsettled = s->flipped && usec_sub(now, v->since) < UNSETTLED;
        usec_t rises = v->automatic ? usec_sub(demand_served_until(&n->demand, now, p->remember), now) : 0;

        if (v->applies && met && rises)
                return rises; /* all of the burst is wanted again then */
        if (!v->applies || !v->reserve)
                return USEC_INFINITY;
        *near |= !met || v->current < (v->automatic ? v->refill / 2 * 3 : v->refill);
        /* What has been asked for is not there, and memory may come free at any time: that is when to act, and soon it is over. */
        if (!met && v->automatic && v->burst != UNKNOWN_U64 && v->burst >= v->reserve && usec_sub(now, v->since) < UNSETTLED)
                return p->interval.min;
        /* What is missed may become possible at any time, and where a load comes and goes, so does memory. */
        if (!met || e->mixing || (unsettled && v->current / 8 < v->reserve))
                return MIN(p->interval.max / 4, met ? v->time_left / 4 * 3 : USEC_INFINITY);
        return v->time_left / 4 * 3;
}

/* Long when calm, short when something moves or is due. */
static void adapt_interval(Engine *e, usec_t now)
{
        const Policy *p = &e->policy;
        bool busy = false;
        usec_t least = USEC_INFINITY;

        for (size_t i = 0; i < e->n_nodes; i++) {
                const NodeState *n = &e->nodes[i];
                bool near = false;

                for (unsigned o = 0; o < p->n_objectives; o++)
                        least = MIN(least, patience(e, n, &n->objectives[o], now, &near));
                busy |= n->pressing || (n->changed && near);
        }
        e->interval = busy ? p->interval.min : usec_add(e->interval, e->interval);
        e->interval = CLAMP(MIN(e->interval, least), p->interval.min, p->interval.max);
}

usec_t decide_next_wakeup(Engine *e, usec_t now)
{
        usec_t wake;

        if (!e->have_policy)
                return usec_add(now, 10 * USEC_PER_SEC);
        if (e->sampled == now)
                adapt_interval(e, now);
        wake = usec_add(e->have_sample ? MAX(e->sampled, usec_sub(now, e->interval)) : now, e->interval);
        if (!e->have_sample)
                wake = now;
        for (size_t i = 0; i < e->n_nodes; i++) {
                const NodeState *n = &e->nodes[i];

                if (n->request_pending && n->action.phase != ACTION_SETTLING)
                        wake = now;
                if (n->action.phase == ACTION_ACTIVE || n->action.phase == ACTION_ENDING)
                        wake = MIN(wake, usec_add(now, action_poll(&n->action)));
                if (n->action.phase == ACTION_SETTLING)
                        wake = MIN(wake, n->action.settle_at);
                if (n->pressing && n->guards[GUARD_COOLDOWN].held)
                        wake = MIN(wake, n->guards[GUARD_COOLDOWN].until);
        }
        if (e->want_pagetypeinfo)
                wake = MIN(wake, usec_add(now, e->policy.interval.min));
        if (e->paused_until > now)
                wake = MIN(wake, e->paused_until);
        return MAX(wake, e->sampled == now && e->have_sample ? usec_add(now, 10 * USEC_PER_MSEC) : now);
}
