/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"

#include "engine/internal.h"
#include "engine/names.h"

/* A node's step brings one decision, one for each objective's news, and the start, stop and result of an action. */
/* ... and for a request to prepare: growing, stopping, keeping its pool. */
#define DECISIONS_PER_NODE (OBJECTIVES_MAX + 4 + 4)
#define DECISIONS_GLOBAL   (4 * _KNOB_MAX + 8 + 2 * PREPARES_MAX + HOLDS_MAX)

static const char *const event_names[_EVENT_MAX] = {
        [EVENT_SAMPLE] = "sample",
        [EVENT_TIMER] = "timer",
        [EVENT_ACTION_DONE] = "action-done",
        [EVENT_ACTION_TIMEOUT] = "action-timeout",
        [EVENT_REQUEST] = "request",
        [EVENT_POLICY] = "policy",
        [EVENT_TOPOLOGY] = "topology",
        [EVENT_KNOB_CHANGED] = "knob-changed",
        [EVENT_RIVALS] = "rivals",
        [EVENT_ACTOR] = "actor",
};
DEFINE_NAME(event, EventType, event_names)

const char *knob_owner_name(KnobOwner o)
{
        static const char *const names[_KNOB_OWNER_MAX] = { "nobody", "fragd", "other" };

        assert((size_t)o < ELEMENTSOF(names));
        return names[o];
}

int engine_new(Engine **ret, size_t nodes_max, uint64_t first_number)
{
        Engine *e;

        if (nodes_max < 1 || nodes_max > NODES_MAX || first_number < 1)
                return -EINVAL;
        e = calloc(1, sizeof(*e));
        if (!e)
                return -ENOMEM;
        e->nodes_max = nodes_max;
        e->decisions_max = nodes_max * DECISIONS_PER_NODE + DECISIONS_GLOBAL;
        e->nodes = calloc(nodes_max, sizeof(*e->nodes));
        e->decisions = calloc(e->decisions_max, sizeof(*e->decisions));
        e->prepare_shares = calloc(nodes_max, sizeof(*e->prepare_shares));
        if (!e->nodes || !e->decisions || !e->prepare_shares) {
                engine_free(e);
                return -ENOMEM;
        }
        e->next_number = first_number;
        e->next_action = e->next_hold = 1;
        e->psi_memory = e->psi_cpu = UINT32_MAX;
        e->counted = (DemandCount){ .asked = UNKNOWN_U64, .missed = UNKNOWN_U64 };
        for (KnobId id = 0; id < _KNOB_MAX; id++) {
                e->knobs[id].view.value = e->knobs[id].view.baseline = KNOB_VALUE_NONE;
                e->knobs[id].would = KNOB_VALUE_NONE;
                knob_drop_standing(&e->knobs[id]);
        }
        *ret = e;
        return 0;
}

Engine *engine_free(Engine *e)
{
        if (!e)
                return NULL;
        free(e->nodes);
        free(e->decisions);
        free(e->prepare_shares);
        free(e);
        return NULL;
}

bool engine_acts(const Engine *e)
{
        return e->have_policy && e->policy.act && e->have_actor;
}

Decision *engine_emit(Engine *e, NodeState *n, const Decision *d)
{
        Decision *stored;

        assert(e->n_decisions < e->decisions_max);
        stored = &e->decisions[e->n_decisions++];
        *stored = *d;
        stored->number = e->next_number++;
        stored->at = e->now;
        if (n) {
                n->last = *stored;
                if (stored->notable) {
                        n->notable = *stored;
                        n->have_notable = true;
                }
        }
        return stored;
}

void engine_evidence(const Engine *e, const NodeState *n, const Model *m, const Node *node, int objective, Decision *ret)
{
        int64_t p = e->knobs[KNOB_COMPACTION_PROACTIVENESS].view.value;

        decision_init(ret);
        ret->node = n->id;
        ret->objective = objective;
        ret->psi_memory = e->psi_memory;
        ret->psi_cpu = e->psi_cpu;
        ret->attempts = n->attempts;
        if (objective >= 0 && (unsigned)objective < e->policy.n_objectives) {
                const ObjectiveView *v = &n->objectives[objective].view;

                ret->hold = e->policy.objectives[objective].hold;
                ret->verdict = v->verdict;
                ret->order = v->order;
                ret->size = v->size;
                ret->current = v->current;
                ret->reserve = v->reserve;
                ret->refill = v->refill;
                ret->ceiling = v->ceiling;
                ret->slope = v->slope;
                ret->time_left = v->time_left;
                ret->burst = v->burst;
                ret->burst_age = v->burst_age;
        }
        if (!node)
                return;
        ret->free = node->free_pages * m->page_size;
        ret->unmovable = node->unmovable_permyriad;
        if (!node->score_known)
                return;
        ret->score = node->score;
        if (p >= 0) {
                ScoreWmarks w = score_wmarks(m->wmark_rule, (uint32_t)p);

                ret->score_low = w.low;
                ret->score_high = w.high;
        }
}

static NodeState *find_node(Engine *e, uint32_t id)
{
        for (size_t i = 0; i < e->n_nodes; i++)
                if (e->nodes[i].id == id)
                        return &e->nodes[i];
        return NULL;
}

static void node_reset_objectives(NodeState *n)
{
        for (size_t i = 0; i < OBJECTIVES_MAX; i++)
                n->objectives[i] = (ObjectiveState){ .told = VERDICT_MET, .view.burst = UNKNOWN_U64 };
}

static void node_init(NodeState *n, uint32_t id, usec_t now)
{
        *n = (NodeState){ .id = id, .gained_score = UINT32_MAX, .first_seen = now, .low = UINT64_MAX, .low_before = UINT64_MAX,
                .low_since = now };
        node_reset_objectives(n);
        for (size_t i = 0; i < _LEVER_MAX; i++)
                efficacy_reset(&n->efficacy[i]);
        decision_init(&n->last);
        n->last.node = id;
}

static void refuse(Engine *e, const Request *r, int error)
{
        Decision d;

        decision_init(&d);
        d.node = r->node;
        d.reason = REASON_REFUSED;
        d.error = error;
        d.notable = true;
        d.request = r->token;
        d.uid = r->uid;
        d.pid = r->pid;
        engine_emit(e, NULL, &d);
}

/* A node that goes takes nobody's answer with it. */
static void drop_node(Engine *e, size_t i)
{
        NodeState *n = &e->nodes[i];

        if (n->request_pending)
                refuse(e, &n->request, -ENODEV);
        action_lost(e, n, -ENODEV, e->now);
        memmove(n, n + 1, (e->n_nodes - i - 1) * sizeof(*n));
        e->n_nodes--;
}

/* Keeps e->nodes the same set as the model's, both ascending. Nodes that went lose their state: they come back as new. */
static void sync_nodes(Engine *e, const Model *m)
{
        size_t i = 0;

        for (size_t k = 0; k < m->n_nodes && k < e->nodes_max; k++) {
                uint32_t id = m->nodes[k].id;

                while (i < e->n_nodes && e->nodes[i].id < id)
                        drop_node(e, i);
                if (i == e->n_nodes || e->nodes[i].id != id) {
                        if (e->n_nodes == e->nodes_max)
                                return;
                        memmove(&e->nodes[i + 1], &e->nodes[i], (e->n_nodes - i) * sizeof(*e->nodes));
                        e->n_nodes++;
                        node_init(&e->nodes[i], id, e->now);
                }
                i++;
        }
        while (e->n_nodes > i)
                drop_node(e, e->n_nodes - 1);
}

/* Share of the interval in which some task waited. The averages of the file lag ten seconds behind; they only serve for the
 * first sample. */
static uint32_t psi_share(const PsiLine *some, bool have, uint64_t before, usec_t elapsed)
{
        if (!have || some->total < before || !elapsed)
                return some->avg10;
        return (uint32_t)MIN((some->total - before) * 10000 / elapsed, UINT64_C(10000));
}

/* How often tasks reclaimed for themselves, since boot; UNKNOWN_U64. */
static uint64_t direct_reclaims(const Vmstat *v)
{
        const uint64_t zones[] = { v->allocstall_dma, v->allocstall_dma32, v->allocstall_normal, v->allocstall_movable };
        uint64_t sum = 0;

        for (size_t i = 0; i < ELEMENTSOF(zones); i++)
                sum += zones[i] != UNKNOWN_U64 ? zones[i] : 0;
        return v->allocstall_normal != UNKNOWN_U64 ? sum : UNKNOWN_U64;
}

/* Tasks that compact for themselves wait for memory, too, but not because there is too little: none of them reclaims then. That compaction
 * goes on in the background is what helps them. kswapd may work for the same blocks. */
static void see_stalls(Engine *e, const Model *m)
{
        const Vmstat *v = &m->vmstat;
        uint64_t reclaims = direct_reclaims(v);
        bool known = model_has(m, SOURCE_VMSTAT) && v->compact_stall != UNKNOWN_U64 && v->pgscan_kswapd != UNKNOWN_U64 &&
                reclaims != UNKNOWN_U64 && e->have_psi_memory;

        e->stalls_alone = known && v->compact_stall > e->stalled && reclaims == e->reclaims;
        e->kswapd_rests = known && v->pgscan_kswapd == e->scanned;
        e->stalled = v->compact_stall;
        e->reclaims = reclaims;
        e->scanned = v->pgscan_kswapd;
}

static void update_psi(Engine *e, const Model *m, usec_t now)
{
        usec_t elapsed = usec_sub(now, e->psi_sampled);
        bool memory = model_has(m, SOURCE_PSI_MEMORY), cpu = model_has(m, SOURCE_PSI_CPU);

        /* Too short an interval says nothing: keep collecting. */
        if (elapsed < PSI_SPAN && memory == e->have_psi_memory && cpu == e->have_psi_cpu)
                return;
        e->psi_sampled = now;
        see_stalls(e, m);
        e->psi_memory = memory ? psi_share(&m->psi_memory.some, e->have_psi_memory, e->psi_memory_total, elapsed) : UINT32_MAX;
        e->psi_cpu = cpu ? psi_share(&m->psi_cpu.some, e->have_psi_cpu, e->psi_cpu_total, elapsed) : UINT32_MAX;
        e->have_psi_memory = memory;
        e->have_psi_cpu = cpu;
        e->psi_memory_total = m->psi_memory.some.total;
        e->psi_cpu_total = m->psi_cpu.some.total;
}

static void emit_global(Engine *e, Reason reason, const Request *r)
{
        Decision d;

        decision_init(&d);
        d.reason = reason;
        d.notable = true;
        if (reason == REASON_POLICY_CHANGED)
                memcpy(d.policy, e->policy.name, sizeof(d.policy));
        if (r) {
                d.request = r->token;
                d.uid = r->uid;
                d.pid = r->pid;
                if (r->type == REQUEST_PAUSE)
                        d.until = e->paused_until;
        }
        engine_emit(e, NULL, &d);
}

/* Nothing can be judged: say so once a sample, and end what runs, since nobody could see when it is enough. */
static void step_blind(Engine *e, usec_t now)
{
        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];
                Decision d;

                action_cancel(e, n, REASON_CANCELLED, now);
                if (n->action.phase == ACTION_SETTLING) /* nobody can measure it */
                        action_lost(e, n, -ENODATA, now);
                if (n->request_pending)
                        refuse(e, &n->request, -ENODATA);
                n->request_pending = false;
                engine_evidence(e, n, NULL, NULL, -1, &d);
                d.reason = REASON_UNKNOWN_SOURCE;
                for (unsigned o = 0; o < OBJECTIVES_MAX; o++) {
                        if (n->objectives[o].view.verdict == VERDICT_UNKNOWN)
                                continue;
                        n->objectives[o].view.verdict = VERDICT_UNKNOWN;
                        n->objectives[o].view.since = now;
                        n->objectives[o].told = VERDICT_UNKNOWN;
                        n->views[o] = n->objectives[o].view;
                        d.notable = true;
                }
                engine_emit(e, n, &d);
        }
}

/* Somebody has looked at the machine, whatever there was to see. */
static void looked(Engine *e, usec_t now, bool psi)
{
        e->sampled = now;
        e->have_sample = true;
        e->have_psi_memory &= psi;
        e->have_psi_cpu &= psi;
}

static void step_sample(Engine *e, const Model *m, usec_t now)
{
        if (!e->have_policy)
                return;
        if (!model_has(m, SOURCE_BUDDYINFO)) {
                step_blind(e, now);
                hold_step(e, NULL, now);
                prepare_step(e, NULL, now);
                looked(e, now, false);
                return;
        }
        update_psi(e, m, now);
        if (e->paused_until && now >= e->paused_until) {
                e->paused_until = 0;
                emit_global(e, REASON_RESUMED, NULL);
        }
        sync_nodes(e, m);
        e->mixing = model_has(m, SOURCE_FALLBACKS) && m->fallbacks.unusual[FALLBACK_UNMOVABLE];
        hold_step(e, m, now);
        follow_demand(e, m, now);
        knobs_observe(e, m, now);
        guard_budget_update(e, now);
        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];
                const Node *node = model_node_const(m, n->id);

                if (!node) /* more nodes than there is room for */
                        continue;
                assess_node(e, n, m, node, now);
                guard_update(e, n, m, node, now);
                decide_node(e, n, m, node, now);
        }
        prepare_step(e, m, now);
        knobs_retry(e, now);
        knobs_standing(e, m, now);
        looked(e, now, true);
}

static void step_timer(Engine *e, usec_t now)
{
        for (size_t i = 0; i < e->n_nodes; i++)
                if (usec_sub(now, e->nodes[i].action.started) >= e->nodes[i].action.limit)
                        action_cancel(e, &e->nodes[i], REASON_TIME_LIMIT, now);
        hold_step(e, NULL, now);
        prepare_step(e, NULL, now);
        looked(e, now, false);
}

/* Ends everything that was begun, and gives the knobs back. */
static void release_all(Engine *e, Reason reason, usec_t now)
{
        for (size_t i = 0; i < e->n_nodes; i++)
                action_cancel(e, &e->nodes[i], REASON_CANCELLED, now);
        knobs_release(e, reason, now);
}

static void step_policy(Engine *e, const Policy *p, usec_t now)
{
        if (e->have_policy)
                release_all(e, REASON_POLICY_CHANGED, now);
        e->policy = *p;
        e->n_own = p->n_objectives;
        hold_carry_over(e);
        e->have_policy = true;
        e->interval = p->interval.min;
        for (size_t i = 0; i < e->n_nodes; i++) {
                node_reset_objectives(&e->nodes[i]);
                e->nodes[i].attempts = e->nodes[i].failures = e->nodes[i].gained_runs = 0;
                e->nodes[i].action.objective = -1; /* of the policy before */
                e->nodes[i].backoff_until = 0;
                memset(e->nodes[i].guards, 0, sizeof(e->nodes[i].guards)); /* the old policy's limits */
        }
        emit_global(e, REASON_POLICY_CHANGED, NULL);
}

static void step_request(Engine *e, const Request *r, usec_t now)
{
        NodeState *n;

        switch (r->type) {
        case REQUEST_PAUSE:
                release_all(e, REASON_PAUSED, now);
                e->paused_until = usec_add(now, r->duration);
                emit_global(e, REASON_PAUSED, r);
                break;
        case REQUEST_RESUME:
                e->paused_until = 0;
                for (KnobId id = 0; id < _KNOB_MAX; id++)
                        if (e->knobs[id].view.owner == KNOB_OWNER_OTHER) {
                                e->knobs[id].view.owner = KNOB_OWNER_NOBODY;
                                e->knobs[id].view.baseline = e->knobs[id].view.value;
                        }
                emit_global(e, REASON_RESUMED, r);
                break;
        case REQUEST_PREPARE: prepare_ask(e, r, now); break;
        case REQUEST_CANCEL: prepare_cancel(e, r->of, now); break;
        case REQUEST_HOLD: hold_ask(e, r, now); break;
        case REQUEST_RELEASE: hold_release(e, r, now); break;
        default:
                n = find_node(e, r->node);
                if (!n || n->request_pending)
                        refuse(e, r, n ? -EBUSY : -ENODEV);
                else {
                        n->request = *r;
                        n->request_pending = true; /* decided at the next sample, which is asked for at once */
                }
                break;
        }
}

static void step_topology(Engine *e)
{
        for (size_t i = 0; i < e->n_nodes; i++)
                for (unsigned o = 0; o < OBJECTIVES_MAX; o++)
                        history_reset(&e->nodes[i].objectives[o].history);
        e->interval = e->policy.interval.min;
        emit_global(e, REASON_TOPOLOGY, NULL);
}

static void step_actor(Engine *e, bool present, usec_t now)
{
        bool lost = e->have_actor && !present;

        e->have_actor = present;
        if (!lost)
                return;
        for (size_t i = 0; i < e->n_nodes; i++)
                action_lost(e, &e->nodes[i], -ENOTCONN, now);
        for (KnobId id = 0; id < _KNOB_MAX; id++) {
                e->knobs[id].in_flight = 0;
                knob_drop_standing(&e->knobs[id]);
                e->knobs[id].restore_due = false;
                if (e->knobs[id].view.owner == KNOB_OWNER_FRAGD)
                        e->knobs[id].view.owner = KNOB_OWNER_NOBODY;
        }
        prepare_lost(e, now);
        emit_global(e, REASON_ACTOR_LOST, NULL);
}

static int event_check(const Event *ev)
{
        switch (ev->type) {
        case EVENT_SAMPLE: return ev->sample ? 0 : -EINVAL;
        case EVENT_POLICY: return ev->policy && ev->policy->n_objectives <= POLICY_OBJECTIVES_MAX ? 0 : -EINVAL;
        case EVENT_REQUEST:
                return (unsigned)ev->request.type < _REQUEST_MAX && ev->request.token ? 0 : -EINVAL;
        case EVENT_ACTION_DONE:
        case EVENT_ACTION_TIMEOUT:
                return (unsigned)ev->done.act < _ACT_MAX && (unsigned)ev->done.knob < _KNOB_MAX ? 0 : -EINVAL;
        case EVENT_KNOB_CHANGED: return (unsigned)ev->knob.id < _KNOB_MAX ? 0 : -EINVAL;
        case EVENT_RIVALS: return ev->rivals.running >> _RIVAL_MAX ? -EINVAL : 0;
        default: return (unsigned)ev->type < _EVENT_MAX ? 0 : -EINVAL;
        }
}

int engine_step(Engine *e, const Event *event, usec_t now, Outcome *ret)
{
        int r = event_check(event);

        if (r < 0)
                return r;
        e->now = MAX(now, e->now);
        e->n_decisions = 0;
        switch (event->type) {
        case EVENT_SAMPLE:
                e->want_pagetypeinfo = false;
                step_sample(e, event->sample, e->now);
                break;
        case EVENT_TIMER: step_timer(e, e->now); break;
        case EVENT_ACTION_DONE:
        case EVENT_ACTION_TIMEOUT:
                if (event->done.act == ACT_SET_KNOB || event->done.act == ACT_RESTORE_KNOB)
                        knobs_done(e, event, e->now);
                action_done(e, event, e->now);
                prepare_done(e, event, e->now);
                break;
        case EVENT_REQUEST: step_request(e, &event->request, e->now); break;
        case EVENT_POLICY: step_policy(e, event->policy, e->now); break;
        case EVENT_TOPOLOGY: step_topology(e); break;
        case EVENT_KNOB_CHANGED: knobs_changed(e, event->knob.id, event->knob.value, e->now); break;
        case EVENT_ACTOR: step_actor(e, event->actor_present, e->now); break;
        case EVENT_RIVALS: knobs_rivals(e, event->rivals.running, e->now); break;
        default: break;
        }
        pagelists_step(e, e->now);
        *ret = (Outcome){
                .decisions = e->decisions,
                .n_decisions = e->n_decisions,
                .next_wakeup = MIN(MIN(decide_next_wakeup(e, e->now), prepare_next_wakeup(e, e->now)), hold_next_wakeup(e, e->now)),
                .want_pagetypeinfo = e->want_pagetypeinfo,
        };
        return 0;
}
