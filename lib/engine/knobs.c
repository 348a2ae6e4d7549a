/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* knobs.c - who owns a knob, and the standing values of ours. The actor owns the baseline; what stands here mirrors it for decisions
 * and status. A knob that somebody else changes after us is theirs: yielded until a person says `resume`. */
#include "engine/internal.h"

void knob_drop_standing(KnobState *k)
{
        k->standing = KNOB_VALUE_NONE;
        k->standing_why = _REASON_MAX;
}

bool knob_foreign(const Engine *e, KnobId id)
{
        return e->knobs[id].view.owner == KNOB_OWNER_OTHER || e->knobs[id].view.rival != RIVAL_NONE;
}

static void yield_knob(Engine *e, KnobId id, int64_t value)
{
        KnobState *k = &e->knobs[id];
        Decision d;

        decision_init(&d);
        d.reason = REASON_KNOB_YIELDED;
        d.verdict = VERDICT_UNKNOWN;
        d.knob = id;
        d.old_value = k->ours;
        d.new_value = value;
        d.notable = true;
        k->view.owner = KNOB_OWNER_OTHER;
        k->view.value = value;
        knob_drop_standing(k);
        k->restore_due = false;
        engine_emit(e, NULL, &d);
        if (id != KNOB_COMPACTION_PROACTIVENESS)
                return;
        /* A window in it is over: the value is no longer ours to put back. */
        for (size_t i = 0; i < e->n_nodes; i++)
                if (e->nodes[i].action.phase == ACTION_ACTIVE && e->nodes[i].action.lever == LEVER_WINDOW) {
                        e->nodes[i].action.end = REASON_CANCELLED;
                        e->nodes[i].action.ended = e->nodes[i].last_end = e->now;
                        e->nodes[i].action.settle_at = usec_add(e->now, e->policy.settle);
                        e->nodes[i].action.phase = ACTION_SETTLING;
                }
}

/* Who starts from what was there before fragd. */
static void leave_to_rival(Engine *e, KnobId id, Rival rival, usec_t now)
{
        KnobState *k = &e->knobs[id];
        Decision d;

        if (k->view.owner != KNOB_OWNER_FRAGD || !e->have_actor)
                return;
        knob_drop_standing(k);
        if (k->ours == k->view.baseline && k->in_flight)
                return; /* on its way back already */
        decision_init(&d);
        d.reason = REASON_KNOB_YIELDED;
        d.verdict = VERDICT_UNKNOWN;
        d.guard_value = rival;
        d.notable = true;
        knobs_order(e, id, KNOB_VALUE_NONE, now, &d);
        engine_emit(e, NULL, &d);
}

/* Who compacts by itself is left everything: what fragd does by itself is ended, too. */
void knobs_rivals(Engine *e, uint32_t running, usec_t now)
{
        Rival compacts = rival_that_compacts(running);

        e->rivals = running;
        for (size_t i = 0; i < e->n_nodes && compacts != RIVAL_NONE; i++)
                if (e->nodes[i].action.phase == ACTION_ACTIVE && !e->nodes[i].action.request)
                        action_cancel(e, &e->nodes[i], REASON_CANCELLED, now);
        for (KnobId id = 0; id < _KNOB_MAX; id++) {
                Rival rival = rival_of_knob(running, id);

                e->knobs[id].view.rival = rival;
                if (rival != RIVAL_NONE || compacts != RIVAL_NONE)
                        leave_to_rival(e, id, rival != RIVAL_NONE ? rival : compacts, now);
        }
}

void knobs_changed(Engine *e, KnobId id, int64_t value, usec_t now)
{
        KnobState *k = &e->knobs[id];

        if (value == KNOB_VALUE_NONE)
                return; /* not read this time; a kernel that lacks the knob has never had a value */
        if (k->in_flight || k->restore_due)
                return; /* our own write may be what is seen; the actor's answer tells */
        if (k->view.owner == KNOB_OWNER_FRAGD && value != k->ours) {
                yield_knob(e, id, value);
                return;
        }
        k->view.value = value;
        if (k->view.owner == KNOB_OWNER_NOBODY)
                k->view.baseline = value;
}

void knobs_observe(Engine *e, const Model *m, usec_t now)
{
        if (!model_has(m, SOURCE_KNOBS))
                return;
        for (KnobId id = 0; id < _KNOB_MAX; id++)
                knobs_changed(e, id, m->knobs[id], now);
}

void knobs_order(Engine *e, KnobId id, int64_t value, usec_t now, Decision *d)
{
        KnobState *k = &e->knobs[id];

        d->knob = id;
        d->old_value = k->view.owner == KNOB_OWNER_FRAGD ? k->ours : k->view.value;
        if (value == KNOB_VALUE_NONE)
                value = k->standing;
        if (value == KNOB_VALUE_NONE) {
                d->act = ACT_RESTORE_KNOB;
                d->new_value = k->view.baseline;
        } else {
                d->act = ACT_SET_KNOB;
                d->new_value = value;
        }
        k->ours = d->new_value;
        k->view.owner = KNOB_OWNER_FRAGD;
        k->in_flight++;
}

/* Nothing of ours is in the knob any more. */
static void disown(KnobState *k, int64_t value)
{
        k->view.value = k->view.baseline = value;
        k->view.owner = KNOB_OWNER_NOBODY;
        knob_drop_standing(k);
        k->restore_due = false;
}

static void knob_failed(Engine *e, KnobId id, const Event *event)
{
        KnobState *k = &e->knobs[id];
        Decision d;

        if (event->done.result == -ESTALE) {
                yield_knob(e, id, event->done.value);
                return;
        }
        decision_init(&d);
        d.reason = REASON_ACTION_FAILED;
        d.knob = id;
        d.action = event->done.action;
        d.error = event->type == EVENT_ACTION_TIMEOUT ? -ETIME : event->done.result;
        /* Written or not: nobody knows. Putting back is right in both cases, and harmless. */
        d.notable = !k->restore_due;
        k->restore_due = true;
        k->failed = MAX(e->now, (usec_t)1);
        knob_drop_standing(k);
        engine_emit(e, NULL, &d);
}

void knobs_retry(Engine *e, usec_t now)
{
        for (KnobId id = 0; id < _KNOB_MAX; id++) {
                KnobState *k = &e->knobs[id];
                Decision d;

                if (!k->restore_due || k->in_flight || !e->have_actor ||
                        (k->restore_asked && usec_sub(now, k->restore_asked) < RESTORE_RETRY))
                        continue;
                k->restore_asked = now;
                decision_init(&d);
                d.reason = REASON_KNOB_RESTORED;
                knobs_order(e, id, KNOB_VALUE_NONE, now, &d);
                engine_emit(e, NULL, &d);
        }
}

void knobs_done(Engine *e, const Event *event, usec_t now)
{
        KnobState *k = &e->knobs[event->done.knob];

        if (k->in_flight)
                k->in_flight--;
        if (k->view.owner == KNOB_OWNER_OTHER)
                return;
        if (event->type == EVENT_ACTION_TIMEOUT || event->done.result < 0)
                knob_failed(e, event->done.knob, event);
        else if (event->done.act == ACT_RESTORE_KNOB) {
                /* The actor leaves a value that is neither ours nor the baseline where it is: somebody's, then. */
                if (!k->in_flight && event->done.value != k->view.baseline)
                        yield_knob(e, event->done.knob, event->done.value);
                else if (!k->in_flight)
                        disown(k, event->done.value);
        } else {
                k->view.value = event->done.value;
        }
}

void knobs_release(Engine *e, Reason reason, usec_t now)
{
        for (KnobId id = 0; id < _KNOB_MAX; id++) {
                KnobState *k = &e->knobs[id];
                Decision d;

                if (k->view.owner != KNOB_OWNER_FRAGD || !e->have_actor)
                        continue;
                knob_drop_standing(k);
                if (k->ours == k->view.baseline && k->in_flight)
                        continue; /* on its way back already */
                decision_init(&d);
                d.reason = reason;
                d.notable = true;
                knobs_order(e, id, KNOB_VALUE_NONE, now, &d);
                engine_emit(e, NULL, &d);
        }
}
