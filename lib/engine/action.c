/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* action.c - an action's life: start, watch, end as soon as enough is gained, let it settle, measure what it brought and cost. */
#include "engine/internal.h"

static uint64_t allocatable_bytes(const Model *m, const Node *node, const Action *a)
{
        return node_allocatable(m, node, a->order, a->use) * a->size;
}

/* What every decision about the running action says. */
static void describe(const Engine *e, const NodeState *n, const Model *m, const Node *node, Decision *d)
{
        const Action *a = &n->action;

        engine_evidence(e, n, m, node, a->objective, d);
        d->lever = a->lever;
        d->action = a->id;
        d->order = a->order;
        d->size = a->size;
        d->request = a->request;
        d->uid = a->uid;
        d->pid = a->pid;
        if (m && node) {
                d->current = allocatable_bytes(m, node, a);
                d->reserve = a->reserve ? a->reserve : a->target;
                d->refill = a->target;
        }
}

/* Bytes of huge pages handed out so far: what is gained and taken at once is a gain, too. The counters are the machine's, so they
 * tell something of a node only where there is no other. UNKNOWN_U64 where they do not. */
static uint64_t taken(const Model *m, const Action *a)
{
        const Vmstat *v = &m->vmstat;

        if (a->use != USE_USER || a->order > m->huge_order || m->n_nodes != 1 || v->thp_fault_alloc == UNKNOWN_U64)
                return UNKNOWN_U64;
        return (v->thp_fault_alloc + (v->htlb_buddy_alloc_success != UNKNOWN_U64 ? v->htlb_buddy_alloc_success : 0)) *
                m->page_size << m->huge_order;
}

static uint64_t taken_since(const Model *m, const Action *a)
{
        uint64_t now = taken(m, a);

        return now == UNKNOWN_U64 || a->taken_before == UNKNOWN_U64 ? 0 : LESS_BY(now, a->taken_before);
}

/* What is there more, and what was handed out meanwhile; no more than was expected, unless it is there: who gives huge pages back
 * while it runs has gained nothing by it. */
static int64_t gained(const Model *m, const Action *a, uint64_t current)
{
        int64_t more = (int64_t)current - (int64_t)a->before, with_taken = more + (int64_t)taken_since(m, a);

        return MAX(more, MIN(with_taken, (int64_t)a->expected));
}

/* CPU time of all kcompactds: a window is for all nodes. UNKNOWN_U64 where one cannot be seen. */
static uint64_t kcompactd_cpu(const Model *m)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < m->n_nodes; i++) {
                if (m->nodes[i].kcompactd_cpu_nsec == UNKNOWN_U64)
                        return UNKNOWN_U64;
                sum += m->nodes[i].kcompactd_cpu_nsec;
        }
        return sum;
}

/* Pages that compaction has looked at so far, whoever compacted. UNKNOWN_U64. */
static uint64_t scanned(const Model *m)
{
        const Vmstat *v = &m->vmstat;

        if (v->compact_migrate_scanned == UNKNOWN_U64 || v->compact_free_scanned == UNKNOWN_U64)
                return UNKNOWN_U64;
        return v->compact_migrate_scanned + v->compact_free_scanned;
}

static uint64_t since(uint64_t now, uint64_t before)
{
        return now == UNKNOWN_U64 || before == UNKNOWN_U64 ? UNKNOWN_U64 : LESS_BY(now, before);
}

static void begin(Engine *e, NodeState *n, const Model *m, const Node *node, Action *a, usec_t now)
{
        a->id = e->next_action++;
        a->before = allocatable_bytes(m, node, a);
        a->expected = LESS_BY(a->target, a->before);
        a->current = a->before;
        a->score_before = node->score_known ? node->score : UINT32_MAX;
        a->taken_before = taken(m, a);
        a->migrated_before = m->vmstat.pgmigrate_success;
        a->migrated_seen = a->migrated_before;
        a->scanned_before = scanned(m);
        a->own_before = node->kcompactd_cpu_nsec;
        a->kcompactd_before = a->kcompactd_seen = kcompactd_cpu(m);
        a->started = a->busy_at = a->seen_at = now;
        a->phase = ACTION_ACTIVE;
        n->action = *a;
        n->free_at_start = node->free_pages;
        if (a->request)
                return; /* the budget bounds what fragd does by itself */
        budget_enter(&e->budget, a->id, now, a->limit);
        e->spent.runs++; /* the other nodes of this step must see it */
        e->spent.spent = usec_add(e->spent.spent, a->limit);
}

/* The act itself, or what would have been done. */
static void order_start(Engine *e, NodeState *n, const Model *m, const Node *node, int64_t proactiveness, usec_t now)
{
        Action *a = &n->action;
        Decision d;

        describe(e, n, m, node, &d);
        d.reason = a->why;
        d.notable = true;
        d.limit_usec = a->limit;
        d.lever_why = a->lever_why;
        if (!e->policy.act) {
                /* Observing: said once, then the cool-down runs as if it had been done. */
                d.would = true;
                d.notable = !n->objectives[a->objective].told_would;
                n->objectives[a->objective].told_would = true;
                budget_charge(&e->budget, a->id, 0);
                a->phase = ACTION_IDLE;
                n->last_end = now;
        }
        if (a->lever == LEVER_WINDOW) {
                d.act = ACT_SET_KNOB;
                d.knob = KNOB_COMPACTION_PROACTIVENESS;
                d.old_value = m->knobs[d.knob];
                d.new_value = proactiveness;
                if (!d.would)
                        knobs_order(e, d.knob, proactiveness, now, &d);
        } else
                d.act = ACT_COMPACT;
        engine_emit(e, n, &d);
}

void action_start(Engine *e, NodeState *n, const Model *m, const Node *node, int objective, Reason why, const LeverChoice *choice,
        usec_t now)
{
        const ObjectiveView *v = &n->objectives[objective].view;
        usec_t left = usec_sub(e->spent.limit, e->spent.spent);
        Action a = {
                .lever = choice->lever,
                .lever_why = choice->why,
                .why = why,
                .objective = objective,
                .order = v->order,
                .use = e->policy.objectives[objective].use,
                .size = v->size,
                .target = v->refill,
                .reserve = v->reserve,
                .limit = MIN(e->policy.action_limit, left),
                .limited_by_budget = left < e->policy.action_limit,
                .uid = UINT32_MAX,
                .pid = UINT32_MAX,
        };

        begin(e, n, m, node, &a, now);
        order_start(e, n, m, node, choice->proactiveness, now);
}

static void refuse(Engine *e, NodeState *n, const Model *m, const Node *node, int error)
{
        Decision d;

        engine_evidence(e, n, m, node, -1, &d);
        d.reason = REASON_REFUSED;
        d.guard = guard_first(n, true);
        d.lever = LEVER_COMPACT;
        d.error = error;
        d.notable = true;
        d.request = n->request.token;
        d.uid = n->request.uid;
        d.pid = n->request.pid;
        engine_emit(e, n, &d);
}

static int request_error(const Engine *e, const NodeState *n)
{
        if (!e->have_policy || !e->policy.act)
                return -EPERM;
        if (n->action.phase == ACTION_ACTIVE || n->action.phase == ACTION_ENDING)
                return -EBUSY;
        if (n->compact_missing)
                return -ENOENT;
        return guard_first(n, true) != GUARD_NONE ? -EAGAIN : 0;
}

void action_start_request(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now)
{
        const Request *r = &n->request;
        Objective mark = { .size = r->size ? r->size : SIZE_THP };
        Action a = {
                .lever = LEVER_COMPACT,
                .why = REASON_REQUESTED,
                .objective = -1,
                .use = USE_USER,
                .limit = REQUEST_LIMIT,
                .request = r->token,
                .uid = r->uid,
                .pid = r->pid,
        };
        int error = request_error(e, n);

        n->request_pending = false;
        if (objective_order(&mark, m->page_size, m->n_orders, m->thp_order, &a.order) < 0) {
                if (r->size)
                        error = error ?: -ERANGE;
                a.order = m->huge_order;
        }
        a.size = (uint64_t)m->page_size << a.order;
        if (__builtin_mul_overflow(r->count, a.size, &a.target))
                error = error ?: -ERANGE;
        if (error) {
                refuse(e, n, m, node, error);
                return;
        }
        if (a.target && allocatable_bytes(m, node, &a) >= a.target) {
                Decision d;

                n->action = a;
                describe(e, n, m, node, &d);
                n->action = (Action){ 0 };
                d.reason = REASON_GAINED; /* there already: a gain of nothing, at no cost */
                d.notable = true;
                engine_emit(e, n, &d);
                return;
        }
        begin(e, n, m, node, &a, now);
        order_start(e, n, m, node, KNOB_VALUE_NONE, now);
}

/* Over, however: what it gained is measured after it has settled. */
static void settle(Engine *e, NodeState *n, Reason end, usec_t now)
{
        Action *a = &n->action;

        a->end = end;
        a->ended = n->last_end = now;
        a->settle_at = usec_add(now, e->policy.settle);
        a->phase = ACTION_SETTLING;
        if (a->objective >= 0 && e->policy.objectives[a->objective].reserve.automatic)
                n->shown = true;
}

/* Not because enough is there or the kernel is through: its result alone would not say so. */
static bool cut_short(Reason end)
{
        return end == REASON_TIME_LIMIT || end == REASON_BUDGET_LIMIT || end == REASON_PRESSURE_LIMIT || end == REASON_CANCELLED;
}

static void stop(Engine *e, NodeState *n, const Model *m, const Node *node, Reason reason, usec_t now)
{
        Action *a = &n->action;
        Decision d;

        if (a->phase != ACTION_ACTIVE)
                return;
        describe(e, n, m, node, &d);
        d.reason = reason;
        d.notable = cut_short(reason);
        if (a->lever == LEVER_WINDOW) {
                knobs_order(e, KNOB_COMPACTION_PROACTIVENESS, KNOB_VALUE_NONE, now, &d);
                settle(e, n, reason, now);
        } else {
                d.act = ACT_STOP;
                a->end = reason;
                a->phase = ACTION_ENDING;
        }
        engine_emit(e, n, &d);
}

void action_cancel(Engine *e, NodeState *n, Reason reason, usec_t now)
{
        stop(e, n, NULL, NULL, reason, now);
}

void action_lost(Engine *e, NodeState *n, int error, usec_t now)
{
        Decision d;

        if (n->action.phase == ACTION_IDLE)
                return;
        describe(e, n, NULL, NULL, &d);
        d.reason = REASON_ACTION_FAILED;
        d.error = error;
        d.notable = true;
        /* A window that was opened for this node must not stay open. */
        if (n->action.lever == LEVER_WINDOW && n->action.phase == ACTION_ACTIVE && e->have_actor)
                knobs_order(e, KNOB_COMPACTION_PROACTIVENESS, KNOB_VALUE_NONE, now, &d);
        n->action.phase = ACTION_IDLE;
        n->last_end = now;
        engine_emit(e, n, &d);
}

/* kcompactd has looked at the window and is done with it, or never began. It wakes up twice a second only to look, which costs it some
 * microseconds: at work is more than a hundredth of the time, or, where its time cannot be seen, pages on the move. */
static bool window_idle(Action *a, const Model *m, const Node *node, usec_t now)
{
        usec_t elapsed = usec_sub(now, a->seen_at);
        uint64_t cpu = kcompactd_cpu(m), migrated = m->vmstat.pgmigrate_success;
        bool cpu_known = cpu != UNKNOWN_U64 && a->kcompactd_seen != UNKNOWN_U64;
        bool migrated_known = migrated != UNKNOWN_U64 && a->migrated_seen != UNKNOWN_U64;
        bool busy = node->kcompactd_state == 'R' || node->kcompactd_state == 'D' || (!cpu_known && !migrated_known) ||
                (cpu_known && LESS_BY(cpu, a->kcompactd_seen) > elapsed * NSEC_PER_USEC / 100) ||
                (!cpu_known && migrated_known && migrated != a->migrated_seen);

        a->seen_at = now;
        a->kcompactd_seen = cpu;
        a->migrated_seen = migrated;
        if (busy)
                a->busy_at = now;
        return usec_sub(now, a->busy_at) >= WINDOW_IDLE;
}

/* Where kcompactd's CPU time cannot be seen, all of the window's time may have been spent. */
static void cost_of_window(Action *a, const Model *m, usec_t now)
{
        uint64_t cpu = kcompactd_cpu(m);

        if (a->lever != LEVER_WINDOW)
                return;
        if (cpu != UNKNOWN_U64 && a->kcompactd_before != UNKNOWN_U64)
                a->cost = LESS_BY(cpu, a->kcompactd_before) / NSEC_PER_USEC;
        else
                a->cost = usec_sub(a->phase == ACTION_SETTLING ? a->ended : now, a->started);
}

/* What is wanted, and what can be had, may have changed: demand that has been served, a load that takes or gives back. Where there is too
 * little for the whole, the part that was aimed at stays the aim. */
static void retarget(const NodeState *n, Action *a)
{
        const ObjectiveView *v;

        if (a->objective < 0)
                return;
        v = &n->objectives[a->objective].view;
        a->target = v->verdict == VERDICT_SHORT ? MIN(a->target, v->refill) : v->refill;
}

static void watch(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now)
{
        Action *a = &n->action;
        usec_t ran = usec_sub(now, a->started);

        cost_of_window(a, m, now);
        retarget(n, a);
        a->current = allocatable_bytes(m, node, a);
        if (a->target && a->current >= a->target)
                stop(e, n, m, node, a->request ? REASON_REQUEST_MET : REASON_REFILLED, now);
        else if (ran >= a->limit || (a->lever == LEVER_WINDOW && a->cost >= a->limit))
                stop(e, n, m, node, a->limited_by_budget ? REASON_BUDGET_LIMIT : REASON_TIME_LIMIT, now);
        else if (!a->request && n->guards[GUARD_PSI_MEMORY].held)
                stop(e, n, m, node, REASON_PRESSURE_LIMIT, now);
        else if (a->lever == LEVER_WINDOW && window_idle(a, m, node, now))
                stop(e, n, m, node, REASON_COMPLETE, now);
}

usec_t action_poll(const Action *a)
{
        bool half = a->current >= a->before + LESS_BY(a->target, a->before) / 2;

        return a->lever == LEVER_WINDOW && !half ? 2 * ACTION_POLL : ACTION_POLL;
}

/* Share of what was expected that came, permyriad, 0 to 10000. */
static uint32_t achieved(const Action *a, int64_t gain)
{
        if (gain <= 0)
                return 0;
        if (!a->expected || (uint64_t)gain >= a->expected)
                return 10000;
        return (uint32_t)((uint64_t)gain * 10000 / a->expected);
}

static void remember_gain(NodeState *n, const Policy *p, usec_t now)
{
        const Action *a = &n->action;

        n->attempts = n->failures = 0;
        n->escalating = false;
        n->backoff_until = 0;
        if (usec_sub(now, n->gained_last) >= p->budget.per)
                n->gained_runs = 0;
        if (!n->gained_runs) {
                n->gained_first = now;
                n->gained_score = UINT32_MAX;
        }
        n->gained_runs++;
        n->gained_last = now;
        n->gained_score = MIN(n->gained_score, a->score_before);
}

static void remember_failure(Engine *e, NodeState *n, const Node *node, usec_t now)
{
        const Policy *p = &e->policy;
        usec_t pause = p->backoff_min;

        n->failed_free = n->attempts ? MAX(n->failed_free, node->free_pages) : node->free_pages;
        n->failed_order = n->attempts ? MIN(n->failed_order, n->action.order) : n->action.order;
        n->attempts++;
        for (uint32_t i = 1; i < n->attempts && pause < p->backoff_max; i++)
                pause = usec_add(pause, 3 * pause);
        n->escalating = n->attempts <= 1 && lever_untried(e, n, n->action.lever);
        if (n->escalating)
                pause = MIN(pause, p->cooldown); /* the stronger lever may do it */
        n->backoff_until = usec_add(now, MIN(pause, p->backoff_max));
        if (!e->pagetype_asked || usec_sub(now, e->pagetype_asked) >= PAGETYPE_INTERVAL) {
                e->want_pagetypeinfo = true;
                e->pagetype_asked = MAX(now, (usec_t)1);
        }
}

/* CPU time that brought the node's gain: in a window that of its own kcompactd, as others work for the gain of their own nodes. */
static uint64_t price(const Action *a, const Node *node)
{
        uint64_t own = since(node->kcompactd_cpu_nsec, a->own_before);

        if (a->lever == LEVER_WINDOW)
                return own == UNKNOWN_U64 ? own : own / NSEC_PER_USEC;
        return a->cost;
}

static void learn(NodeState *n, const Model *m, const Node *node, uint32_t share, int64_t gain, usec_t now)
{
        const Action *a = &n->action;
        EfficacyRun run = {
                .share = share,
                .gain = gain,
                .scanned = since(scanned(m), a->scanned_before),
                .cost = price(a, node),
        };

        efficacy_learn(&n->efficacy[a->lever], &run, now);
}

/* A run that somebody cut short says nothing of the memory; one that pressure cuts short again and again says that now is not the
 * time. */
static bool proves(const NodeState *n, const Action *a)
{
        return a->end != REASON_CANCELLED && (a->end != REASON_PRESSURE_LIMIT || n->pressed >= 2);
}

/* Whether fragd serves the node's demand: all that was wanted came, whoever has it by now, and not a part, for want of free memory. What is made
 * of the rest of a burst does not show it, nor what nobody counts. */
static bool served(const NodeState *n, const Action *a, uint64_t current, uint32_t share)
{
        const ObjectiveView *v = a->objective >= 0 ? &n->objectives[a->objective].view : NULL; /* another policy has no such objective */
        bool all = current >= a->reserve || (share == 10000 && a->before + a->expected >= a->reserve);
        bool shows = v && v->automatic && v->burst != UNKNOWN_U64 && a->reserve >= v->burst / 2;

        return all && (shows || n->gained_enough);
}

static void measure(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now)
{
        Action *a = &n->action;
        uint64_t current = allocatable_bytes(m, node, a);
        int64_t gain = gained(m, a, current);
        int32_t drop = a->score_before != UINT32_MAX && node->score_known ? (int32_t)a->score_before - (int32_t)node->score : 0;
        uint32_t share = achieved(a, gain);
        bool met = a->reserve && a->before < a->reserve && current >= a->reserve;
        bool helped = met || share >= EFFICACY_POOR || drop >= 10;
        Decision d;

        cost_of_window(a, m, now);
        budget_charge(&e->budget, a->id, a->cost);
        n->pressed = a->end == REASON_PRESSURE_LIMIT && !helped ? n->pressed + 1 : 0;
        if (!a->request && proves(n, a))
                learn(n, m, node, helped ? MAX(share, (uint32_t)EFFICACY_POOR) : share, gain, now);
        if (!a->request && (helped || proves(n, a))) {
                n->gained_enough = helped && served(n, a, current, share);
                if (helped)
                        remember_gain(n, &e->policy, now);
                else
                        remember_failure(e, n, node, now);
        }
        describe(e, n, m, node, &d);
        d.reason = helped ? REASON_GAINED : REASON_NO_GAIN;
        d.notable = true;
        d.gain = gain;
        d.score_drop = drop;
        d.cost = a->cost;
        d.took = usec_sub(a->ended, a->started);
        d.migrated = since(m->vmstat.pgmigrate_success, a->migrated_before);
        d.scanned = since(scanned(m), a->scanned_before);
        d.attempts = n->attempts;
        d.until = n->backoff_until > now ? n->backoff_until : 0;
        a->phase = ACTION_IDLE;
        engine_emit(e, n, &d);
}

bool action_supervise(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now)
{
        Action *a = &n->action;
        Decision d;

        if (a->phase == ACTION_IDLE)
                return false;
        if (a->phase == ACTION_SETTLING && now >= a->settle_at) {
                measure(e, n, m, node, now);
                return true;
        }
        if (a->phase == ACTION_ACTIVE)
                watch(e, n, m, node, now);
        describe(e, n, m, node, &d);
        d.reason = a->phase == ACTION_SETTLING ? REASON_SETTLING : REASON_RUNNING;
        engine_emit(e, n, &d);
        return true;
}

static void fail(Engine *e, NodeState *n, int error, usec_t now)
{
        Action *a = &n->action;
        usec_t pause = e->policy.backoff_min;
        Decision d;

        if (a->lever == LEVER_COMPACT && (error == -ENOENT || error == -ENODEV))
                n->compact_missing = true;
        describe(e, n, NULL, NULL, &d);
        d.reason = REASON_ACTION_FAILED;
        d.error = error;
        d.notable = true;
        a->phase = ACTION_IDLE;
        n->last_end = now;
        for (uint32_t i = 0; i < n->failures && pause < e->policy.backoff_max; i++)
                pause = usec_add(pause, 3 * pause);
        n->failures++;
        n->failed_order = 0;
        n->backoff_until = usec_add(now, MIN(pause, e->policy.backoff_max));
        d.until = n->backoff_until;
        engine_emit(e, n, &d);
}

static Reason end_of(const Action *a, int result)
{
        if (a->phase == ACTION_ENDING && result == -ECANCELED)
                return a->end;
        if (result == -ETIMEDOUT)
                return a->limited_by_budget ? REASON_BUDGET_LIMIT : REASON_TIME_LIMIT;
        return REASON_COMPLETE;
}

/* The child of a compaction is gone. One that the actor ended at the limit, before a sample could, is told here. */
static void compact_done(Engine *e, NodeState *n, int result, usec_t now)
{
        bool told = n->action.phase == ACTION_ENDING;
        Reason end = end_of(&n->action, result);
        Decision d;

        settle(e, n, end, now);
        if (told || !cut_short(end))
                return;
        describe(e, n, NULL, NULL, &d);
        d.reason = end;
        d.notable = true;
        engine_emit(e, n, &d);
}

void action_done(Engine *e, const Event *event, usec_t now)
{
        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];
                Action *a = &n->action;

                if (a->id != event->done.action || (a->phase != ACTION_ACTIVE && a->phase != ACTION_ENDING))
                        continue;
                if (event->done.act == ACT_COMPACT) {
                        int result = event->type == EVENT_ACTION_TIMEOUT ? -ETIME : event->done.result;

                        /* Without an answer, all the time since the start may have been spent. */
                        a->cost = event->type == EVENT_ACTION_TIMEOUT ? usec_sub(now, a->started) : event->done.cpu;
                        budget_charge(&e->budget, a->id, a->cost);
                        if (result < 0 && result != -ECANCELED && result != -ETIMEDOUT)
                                fail(e, n, result, now);
                        else
                                compact_done(e, n, result, now);
                } else if (event->done.act == ACT_SET_KNOB && a->lever == LEVER_WINDOW &&
                        (event->done.result < 0 || event->type == EVENT_ACTION_TIMEOUT))
                        fail(e, n, event->done.result < 0 ? event->done.result : -ETIME, now);
        }
}
