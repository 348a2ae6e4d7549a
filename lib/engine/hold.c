/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/hold.h"

#include "engine/internal.h"

/* Once acting, fragd makes a sixteenth more, so that the next block that is taken does not bring the next action. */
#define REFILL_SHARE 16

static void tell(Engine *e, const Hold *h, const Request *by, Decision *d)
{
        d->node = h->request.node;
        d->hold = h->id;
        d->order = h->order;
        d->size = h->size;
        if (__builtin_mul_overflow(h->request.count, h->size, &d->reserve))
                d->reserve = UNKNOWN_U64;
        d->refill = d->reserve;
        d->notable = true;
        if (by) {
                d->request = by->token;
                d->uid = by->uid;
                d->pid = by->pid;
        }
        engine_emit(e, NULL, d);
}

static void refuse(Engine *e, const Hold *h, const Request *by, int error, uint64_t possible)
{
        Decision d;

        decision_init(&d);
        d.reason = REASON_HOLD_REFUSED;
        d.error = error;
        d.ceiling = possible;
        tell(e, h, by, &d);
}

/* --- places --- */

static unsigned place_of(const Engine *e, const Hold *h)
{
        return e->n_own + (unsigned)(h - e->holds);
}

static uint64_t n_parts(const Engine *e, const Hold *h)
{
        return h->request.node == NODE_ALL ? MAX((uint64_t)e->n_nodes, UINT64_C(1)) : 1;
}

/* Blocks of a node's part. */
static uint64_t part_of(const Engine *e, const Hold *h)
{
        uint64_t n = n_parts(e, h);

        return h->request.count / n + (h->request.count % n > 0);
}

static void set_objective(Engine *e, const Hold *h)
{
        uint64_t reserve = part_of(e, h) * h->size;

        e->policy.objectives[place_of(e, h)] = (Objective){
                .size = h->size,
                .reserve = { .bytes = reserve },
                .refill = { .bytes = reserve + MAX(reserve / REFILL_SHARE, h->size) },
                .use = USE_USER,
                .node = h->request.node == NODE_ALL ? NODE_EVERY : h->request.node,
                .hold = h->id,
        };
}

/* What stands behind the policy's own objectives. */
static void set_objectives(Engine *e)
{
        e->policy.n_objectives = e->n_own;
        for (unsigned k = 0; k < HOLDS_MAX; k++) {
                const Hold *h = &e->holds[k];

                if (h->id) {
                        set_objective(e, h);
                        e->policy.n_objectives = place_of(e, h) + 1;
                } else
                        e->policy.objectives[e->n_own + k] = (Objective){ .hold = HOLD_ENDED };
        }
}

void hold_carry_over(Engine *e)
{
        set_objectives(e);
}

/* --- can it be? --- */

/* Blocks that the node would have if nobody used its memory; UNKNOWN_U64. */
static uint64_t room(const Model *m, const Node *node, const Hold *h)
{
        uint64_t bytes = assess_base(m, node);

        if (!bytes)
                return UNKNOWN_U64;
        for (size_t i = 0; i < node->n_zones; i++) {
                const Zone *z = &m->zones[node->first_zone + i];

                bytes = LESS_BY(bytes, (z->high == UNKNOWN_U64 ? 0 : z->high) * m->page_size);
        }
        return bytes / h->size;
}

/* 0, or why not; then *ret_possible is how many blocks it could be, UNKNOWN_U64 where that is not the reason. */
static int check(const Engine *e, Hold *h, const Model *m, uint64_t *ret_possible)
{
        Objective o = { .size = h->request.size };
        uint64_t least = UNKNOWN_U64;
        int r = objective_order(&o, m->page_size, m->n_orders, m->thp_order, &h->order);

        if (r < 0)
                return r;
        h->size = (uint64_t)m->page_size << h->order;
        if (!e->policy.act)
                return -EPERM;
        if (!e->have_actor)
                return -ENOTCONN;
        if (h->request.node != NODE_ALL && !model_node_const(m, h->request.node))
                return -ENODEV;
        for (size_t i = 0; i < m->n_nodes; i++) {
                const Node *node = &m->nodes[i];
                uint64_t blocks;

                if (h->request.node != NODE_ALL && h->request.node != node->id)
                        continue;
                blocks = room(m, node, h);
                if (blocks == UNKNOWN_U64)
                        return -ENODATA;
                least = MIN(least, blocks);
        }
        if (part_of(e, h) <= least)
                return 0;
        *ret_possible = least * n_parts(e, h);
        return -E2BIG;
}

/* --- beginning and ending --- */

static uint64_t there(const Engine *e, const Hold *h, const Model *m)
{
        uint64_t blocks = 0;

        for (size_t i = 0; i < m->n_nodes; i++)
                if (h->request.node == NODE_ALL || h->request.node == m->nodes[i].id)
                        blocks += MIN(node_allocatable(m, &m->nodes[i], h->order, USE_USER), part_of(e, h));
        return MIN(blocks, h->request.count);
}

static void begin(Engine *e, Hold *h, const Model *m, usec_t now)
{
        uint64_t possible = UNKNOWN_U64;
        int r = check(e, h, m, &possible);
        Decision d;

        h->waiting = false;
        if (r < 0) {
                refuse(e, h, &h->request, r, possible == UNKNOWN_U64 ? UNKNOWN_U64 : possible * h->size);
                return;
        }
        h->id = e->next_hold++;
        h->begun = MAX(now, (usec_t)1);
        set_objectives(e);
        decision_init(&d);
        d.reason = REASON_HOLD_BEGUN;
        d.current = there(e, h, m) * h->size;
        d.until = h->until;
        tell(e, h, &h->request, &d);
}

/* Nothing of the objective stays: another one may stand in its place next. */
static void clear_place(Engine *e, unsigned place, usec_t now)
{
        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];

                if (n->action.phase != ACTION_IDLE && n->action.objective == (int32_t)place) {
                        action_cancel(e, n, REASON_CANCELLED, now);
                        n->action.objective = -1;
                }
                n->objectives[place] = (ObjectiveState){ .told = VERDICT_MET, .view.burst = UNKNOWN_U64 };
                n->views[place] = n->objectives[place].view;
        }
}

static void end(Engine *e, Hold *h, const Request *by, usec_t now)
{
        Decision d;

        clear_place(e, place_of(e, h), now);
        decision_init(&d);
        d.reason = REASON_HOLD_ENDED;
        d.took = usec_sub(now, h->begun);
        tell(e, h, by, &d);
        h->id = 0;
        set_objectives(e);
}

void hold_ask(Engine *e, const Request *r, usec_t now)
{
        Hold h = { .waiting = true, .request = *r, .size = MAX(r->size, UINT64_C(1)), .until = usec_add(now, r->duration) };

        for (unsigned k = 0; k < HOLDS_MAX && e->have_policy; k++)
                if (!e->holds[k].id && !e->holds[k].waiting) {
                        e->holds[k] = h;
                        return;
                }
        refuse(e, &h, r, e->have_policy ? -EBUSY : -ENODATA, UNKNOWN_U64);
}

void hold_release(Engine *e, const Request *r, usec_t now)
{
        Hold unknown = { .id = r->of, .request = *r, .size = 1 };

        for (unsigned k = 0; k < HOLDS_MAX; k++)
                if (e->holds[k].id && e->holds[k].id == r->of) {
                        end(e, &e->holds[k], r, now);
                        return;
                }
        refuse(e, &unknown, r, -ESRCH, UNKNOWN_U64);
}

void hold_step(Engine *e, const Model *m, usec_t now)
{
        for (unsigned k = 0; k < HOLDS_MAX; k++) {
                Hold *h = &e->holds[k];

                if (h->waiting && m)
                        begin(e, h, m, now);
                else if (h->waiting) {
                        h->waiting = false;
                        refuse(e, h, &h->request, -ENODATA, UNKNOWN_U64);
                } else if (h->id && now >= h->until)
                        end(e, h, NULL, now);
        }
        /* Nodes come and go, and with them the parts. */
        if (m)
                set_objectives(e);
}

usec_t hold_next_wakeup(const Engine *e, usec_t now)
{
        usec_t wake = USEC_INFINITY;

        for (unsigned k = 0; k < HOLDS_MAX; k++)
                if (e->holds[k].waiting)
                        wake = now;
                else if (e->holds[k].id)
                        wake = MIN(wake, e->holds[k].until);
        return MAX(wake, now);
}
