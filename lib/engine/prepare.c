/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/prepare.h"

#include "engine/internal.h"
#include "engine/possible.h"

/* Less than this share of what was missing is next to nothing. */
#define BARREN_SHARE 16
#define BARREN_MAX   2
#define REFUSED_MAX  3
/* Compacted beyond what a pool takes, for the load that goes on. */
#define SPARE_BLOCKS 4
/* Dropped pages take a moment to be free. */
#define DROP_SETTLE (500 * USEC_PER_MSEC)
#define STEP_LIMIT  USEC_PER_MIN

static bool asked(const Prepare *p, RequestFlags flag)
{
        return p->request.flags & flag;
}

static bool takes_part(const Prepare *p, const NodeState *n)
{
        return p->request.node == NODE_ALL || p->request.node == n->id;
}

static void describe(const Prepare *p, Decision *d)
{
        decision_init(d);
        d->node = p->request.node;
        d->order = p->order;
        d->size = p->size;
        d->current = p->reached * p->size;
        d->reserve = d->refill = p->request.count * p->size;
        d->ceiling = p->possible * p->size;
        d->request = p->request.token;
        d->uid = p->request.uid;
        d->pid = p->request.pid;
}

static void conclude(Prepare *p, Reason reason, Verdict verdict, int error)
{
        if (p->ending)
                return;
        p->ending = true;
        p->reason = reason;
        p->verdict = verdict;
        p->error = error;
}

/* --- asking and leaving --- */

static void tell_end(Engine *e, Prepare *p, usec_t now)
{
        Decision d;

        describe(p, &d);
        d.reason = p->reason;
        d.verdict = p->verdict;
        d.guard = p->guard;
        d.error = p->error;
        d.notable = true;
        d.took = usec_sub(now, p->asked);
        if (p->begun && asked(p, REQUEST_HUGETLB)) {
                uint64_t kept = 0;

                for (size_t i = 0; i < e->n_nodes; i++)
                        kept += e->nodes[i].prepare.grown;
                d.gain = (int64_t)(kept * p->size);
        }
        engine_emit(e, NULL, &d);
}

static void leave(Engine *e, size_t i, usec_t now)
{
        tell_end(e, &e->prepares[i], now);
        e->n_prepares--;
        memmove(&e->prepares[i], &e->prepares[i + 1], (e->n_prepares - i) * sizeof(*e->prepares));
}

void prepare_ask(Engine *e, const Request *r, usec_t now)
{
        Prepare p = { .request = *r, .size = MAX(r->size, UINT64_C(1)), .asked = now, .deadline = usec_add(now, r->duration) };

        if (e->n_prepares < PREPARES_MAX)
                e->prepares[e->n_prepares++] = p;
        else {
                conclude(&p, REASON_NOT_PREPARED, VERDICT_UNKNOWN, -EBUSY);
                tell_end(e, &p, now);
        }
}

void prepare_cancel(Engine *e, uint64_t token, usec_t now)
{
        for (size_t i = 0; i < e->n_prepares; i++) {
                if (e->prepares[i].request.token != token)
                        continue;
                conclude(&e->prepares[i], REASON_ABANDONED, VERDICT_UNKNOWN, 0);
                prepare_step(e, NULL, now);
                return;
        }
}

/* --- the beginning --- */

/* Sizes beyond the free lists are for the hugetlb pool alone. */
static int find_order(const Prepare *p, const Model *m, uint8_t *ret)
{
        Objective o = { .size = p->request.size };
        uint64_t size = p->request.size;
        int r = objective_order(&o, m->page_size, m->n_orders, m->thp_order, ret);

        if (r >= 0 && asked(p, REQUEST_HUGETLB) && size && size != (uint64_t)m->page_size << *ret)
                return -ENOENT; /* no huge page is of that size */
        if (r != -ERANGE || !asked(p, REQUEST_HUGETLB) || (size & (size - 1)))
                return r;
        for (*ret = 0; (uint64_t)m->page_size << *ret < size;)
                (*ret)++;
        return 0;
}

static void begin(Engine *e, Prepare *p, const Model *m)
{
        uint64_t bytes;
        int r = find_order(p, m, &p->order);

        p->begun = true;
        for (size_t i = 0; i < e->n_nodes; i++)
                e->nodes[i].prepare = (PrepareNode){ 0 };
        p->first = UINT64_MAX;
        if (r >= 0)
                p->size = (uint64_t)m->page_size << p->order;
        if (r < 0)
                conclude(p, REASON_IMPOSSIBLE, VERDICT_UNKNOWN, r);
        else if (__builtin_mul_overflow(p->request.count, p->size, &bytes)) {
                p->request.count = UINT64_MAX / p->size;
                conclude(p, REASON_IMPOSSIBLE, VERDICT_UNKNOWN, -ERANGE);
        }
}

/* --- what there is --- */

static uint64_t count_nodes(const Engine *e, const Prepare *p)
{
        uint64_t n = 0;

        for (size_t i = 0; i < e->n_nodes; i++)
                n += takes_part(p, &e->nodes[i]);
        return n;
}

/* Also how much there is, and how much there could be. */
static void look(const Engine *e, Prepare *p, const Model *m, PrepareShare *shares)
{
        uint64_t n = count_nodes(e, p), k = 0, reached = 0, possible = 0;
        bool pool = asked(p, REQUEST_HUGETLB), even = asked(p, REQUEST_INTERLEAVE);

        for (size_t i = 0; i < e->n_nodes; i++) {
                const NodeState *s = &e->nodes[i];
                const Node *node = model_node_const(m, s->id);
                uint64_t part = p->request.count, grown = s->prepare.grown;
                Possible have = { 0 };

                shares[i] = (PrepareShare){ 0 };
                if (!takes_part(p, s))
                        continue;
                if (node)
                        possible_on_node(m, node, p->order, &have);
                if (s->prepare.refused >= REFUSED_MAX)
                        have = (Possible){ 0 };
                if (even)
                        part = part / n + (k++ < part % n);
                shares[i] = (PrepareShare){ .now = have.now, .ceiling = have.ceiling, .want = pool ? LESS_BY(part, grown) : part };
                reached += MIN(pool ? grown : have.now, part);
                possible += MIN(grown + have.ceiling, part);
        }
        p->reached = MIN(reached, p->request.count);
        p->possible = MIN(possible, p->request.count);
        if (p->first == UINT64_MAX)
                p->first = p->reached;
}

static bool fulfilled(const Prepare *p)
{
        return p->reached >= p->request.count;
}

/* --- acting --- */

static void order(Engine *e, const Prepare *p, NodeState *n, Act act, int64_t old_value, int64_t new_value)
{
        Decision d;

        describe(p, &d);
        d.reason = REASON_PREPARING;
        d.act = act;
        d.notable = act != ACT_STOP;
        d.action = e->next_action++;
        d.old_value = old_value;
        d.new_value = new_value;
        d.limit_usec = act == ACT_GROW_POOL || act == ACT_DROP_CACHES ? STEP_LIMIT : 0;
        if (n) {
                d.node = n->id;
                n->prepare.act = act;
                if (act != ACT_STOP)
                        n->prepare.action = d.action;
        }
        engine_emit(e, NULL, &d);
}

static bool running(const NodeState *n)
{
        return n->action.phase == ACTION_ACTIVE || n->action.phase == ACTION_ENDING;
}

static bool can_compact(const NodeState *n, const Prepare *p, const PrepareShare *s, const Model *m)
{
        return p->order < m->n_orders && !n->compact_missing && n->prepare.barren < BARREN_MAX && n->prepare.refused < REFUSED_MAX &&
                s->now < MIN(s->ceiling, s->want);
}

/* Blocks that are there become huge pages: none of them costs any reclaim. The load may take some of them meanwhile, and for those the kernel
 * would reclaim: a few are left where they are, as long as compaction can make more. True while one is on its way. */
static bool grow(Engine *e, Prepare *p, const Model *m, const PrepareShare *shares)
{
        uint64_t left = p->request.count - p->reached;
        bool any = false;

        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];
                uint64_t spare = can_compact(n, p, &shares[i], m) ? SPARE_BLOCKS : 0;
                uint64_t add = MIN(MIN(LESS_BY(shares[i].now, spare), shares[i].want), MIN(left, (uint64_t)POOL_GROW_MAX));

                if (!n->prepare.action && add && !running(n)) {
                        n->prepare.asked = p->order >= m->n_orders ? 1 : add; /* a gigantic page takes long */
                        order(e, p, n, ACT_GROW_POOL, (int64_t)n->prepare.grown, (int64_t)n->prepare.asked);
                }
                left -= MIN(left, n->prepare.action ? n->prepare.asked : 0);
                any |= n->prepare.action != 0;
        }
        return any;
}

/* Our compaction of the node has ended: what was it worth? */
static void weigh(NodeState *n, const Prepare *p, const PrepareShare *s)
{
        uint64_t gain = LESS_BY(s->now + n->prepare.grown, n->prepare.mark), missing = LESS_BY(p->request.count, p->reached);

        n->prepare.compacting = false;
        n->prepare.barren = gain > missing / BARREN_SHARE ? 0 : n->prepare.barren + 1;
}

/* Nodes that must be looked at again: ours or others' actions run there, or end. */
static bool busy(Engine *e, const Prepare *p, const PrepareShare *shares)
{
        bool any = false;

        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];

                if (n->prepare.compacting && !n->request_pending && n->action.phase == ACTION_IDLE)
                        weigh(n, p, &shares[i]);
                any |= n->prepare.compacting || (takes_part(p, n) && running(n));
        }
        return any;
}

static void compact(const Prepare *p, NodeState *n, const PrepareShare *s, uint64_t missing)
{
        uint64_t spare = asked(p, REQUEST_HUGETLB) ? SPARE_BLOCKS : 0;

        n->prepare.compacting = true;
        n->prepare.mark = s->now + n->prepare.grown;
        n->request = p->request;
        n->request.type = REQUEST_COMPACT;
        n->request.node = n->id;
        n->request.size = p->size;
        n->request.count = MIN(s->now + missing + spare, s->ceiling);
        n->request_pending = true;
}

/* The node with most to gain; each that lacks something where all must have their part. False: there is none. */
static bool compact_some(Engine *e, const Prepare *p, const Model *m, const PrepareShare *shares)
{
        bool even = asked(p, REQUEST_INTERLEAVE), any = false;
        uint64_t missing = LESS_BY(p->request.count, p->reached), room = 0;
        size_t best = SIZE_MAX;

        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];

                if (!takes_part(p, n) || !can_compact(n, p, &shares[i], m) || n->action.phase != ACTION_IDLE || n->request_pending)
                        continue;
                any = true;
                if (even)
                        compact(p, n, &shares[i], shares[i].want - shares[i].now);
                else if (shares[i].ceiling - shares[i].now > room) {
                        room = shares[i].ceiling - shares[i].now;
                        best = i;
                }
        }
        if (best != SIZE_MAX)
                compact(p, &e->nodes[best], &shares[best], missing);
        return any;
}

static bool settling(const Engine *e, const Prepare *p)
{
        for (size_t i = 0; i < e->n_nodes; i++)
                if (takes_part(p, &e->nodes[i]) && (e->nodes[i].action.phase == ACTION_SETTLING || e->nodes[i].request_pending))
                        return true;
        return false;
}

/* Compaction is of no use (any more). */
static void last_resort(Engine *e, Prepare *p, Verdict why)
{
        if (asked(p, REQUEST_DROP_CACHES) && !p->dropped) {
                p->dropped = true;
                order(e, p, NULL, ACT_DROP_CACHES, KNOB_VALUE_NONE, 1);
                p->drop_action = e->next_action - 1;
                for (size_t i = 0; i < e->n_nodes; i++)
                        e->nodes[i].prepare.barren = 0;
                return;
        }
        if (why != VERDICT_SHORT)
                p->possible = p->reached; /* that it should be more was an estimate */
        conclude(p, REASON_IMPOSSIBLE, why, 0);
}

static Verdict why_not(const Engine *e, const Prepare *p, const Model *m)
{
        for (size_t i = 0; i < e->n_nodes; i++) {
                const Node *node = takes_part(p, &e->nodes[i]) ? model_node_const(m, e->nodes[i].id) : NULL;

                if (node && node->unmovable_permyriad != UINT32_MAX && node->unmovable_permyriad >= PINNED_SHARE)
                        return VERDICT_PINNED;
        }
        return VERDICT_FUTILE;
}

static Guard held_back(const Engine *e, const Prepare *p)
{
        for (size_t i = 0; i < e->n_nodes; i++)
                if (takes_part(p, &e->nodes[i]) && guard_first(&e->nodes[i], true) != GUARD_NONE)
                        return guard_first(&e->nodes[i], true);
        return GUARD_NONE;
}

static void tell_progress(Engine *e, const Prepare *p, usec_t now)
{
        uint64_t gained = LESS_BY(p->reached, p->first), missing = LESS_BY(p->request.count, p->reached);
        usec_t left;
        Decision d;

        describe(p, &d);
        d.reason = REASON_PREPARING;
        d.took = usec_sub(now, p->asked);
        /* As fast as so far. */
        if (gained && !__builtin_mul_overflow(d.took, missing, &left))
                d.time_left = left / gained;
        engine_emit(e, NULL, &d);
}

static void work(Engine *e, Prepare *p, const Model *m, usec_t now)
{
        PrepareShare *shares = e->prepare_shares;
        bool works;

        look(e, p, m, shares);
        if (fulfilled(p)) {
                conclude(p, REASON_PREPARED, VERDICT_MET, 0);
                return;
        }
        if (!e->policy.act) {
                conclude(p, REASON_NOT_PREPARED, VERDICT_UNKNOWN, -EPERM);
                return;
        }
        p->guard = held_back(e, p);
        if (p->guard != GUARD_NONE) {
                conclude(p, REASON_NOT_PREPARED, VERDICT_UNKNOWN, -EAGAIN);
                return;
        }
        works = p->drop_action || now < p->wait_until;
        if (!works && asked(p, REQUEST_HUGETLB))
                works = grow(e, p, m, shares);
        works |= busy(e, p, shares);
        if (!works && p->possible < p->request.count)
                last_resort(e, p, VERDICT_SHORT);
        else if (!works && !compact_some(e, p, m, shares) && !settling(e, p))
                last_resort(e, p, why_not(e, p, m));
        tell_progress(e, p, now);
}

/* --- the end --- */

/* Ends what runs for it, then keeps or gives back. True: nothing is on its way any more. */
static bool wind_up(Engine *e, Prepare *p, usec_t now)
{
        bool keep = p->reason == REASON_PREPARED || asked(p, REQUEST_KEEP_PARTIAL), done = !p->drop_action;

        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];

                if (n->prepare.compacting && n->request_pending)
                        n->request_pending = n->prepare.compacting = false;
                if (n->prepare.compacting && n->action.request == p->request.token)
                        action_cancel(e, n, p->reason == REASON_PREPARED ? REASON_REQUEST_MET : REASON_CANCELLED, now);
                n->prepare.compacting = false;
                if (n->prepare.action && n->prepare.act == ACT_GROW_POOL)
                        order(e, p, n, ACT_STOP, KNOB_VALUE_NONE, KNOB_VALUE_NONE);
                else if (!n->prepare.action && n->prepare.grown && n->prepare.act == ACT_GROW_POOL)
                        order(e, p, n, keep ? ACT_KEEP_POOL : ACT_UNDO_POOL, (int64_t)n->prepare.grown, KNOB_VALUE_NONE);
                done &= !n->prepare.action && !(n->prepare.grown && n->prepare.act == ACT_GROW_POOL);
        }
        return done;
}

void prepare_step(Engine *e, const Model *m, usec_t now)
{
        if (e->n_prepares && !e->prepares[0].begun && m)
                begin(e, &e->prepares[0], m);
        if (e->n_prepares && !e->prepares[0].ending && m)
                work(e, &e->prepares[0], m, now);
        for (size_t i = e->n_prepares; i-- > 0;) {
                Prepare *p = &e->prepares[i];

                if (now >= p->deadline)
                        conclude(p, REASON_TIMED_OUT, VERDICT_UNKNOWN, 0);
                if (p->ending && (!p->begun || !e->have_actor || wind_up(e, p, now)))
                        leave(e, i, now);
        }
}

static void grow_done(Prepare *p, PrepareNode *s, int result, int64_t value)
{
        uint64_t before = s->grown;

        if (value >= 0)
                s->grown = (uint64_t)value;
        if (result == -EAGAIN || result == -EBUSY || result == -ECANCELED)
                return; /* another time */
        if (result < 0 && result != -ETIMEDOUT)
                conclude(p, result == -ENOENT ? REASON_IMPOSSIBLE : REASON_NOT_PREPARED, VERDICT_UNKNOWN, result);
        s->refused = s->grown > before ? 0 : s->refused + 1;
}

void prepare_done(Engine *e, const Event *event, usec_t now)
{
        Prepare *p = e->n_prepares ? &e->prepares[0] : NULL;
        int result = event->type == EVENT_ACTION_TIMEOUT ? -ETIME : event->done.result;

        if (!p)
                return;
        if (p->drop_action && p->drop_action == event->done.action) {
                p->drop_action = 0;
                p->wait_until = usec_add(now, DROP_SETTLE);
        }
        for (size_t i = 0; i < e->n_nodes; i++) {
                PrepareNode *s = &e->nodes[i].prepare;

                if (!s->action || s->action != event->done.action || event->done.act == ACT_STOP)
                        continue;
                s->action = 0;
                if (event->done.act == ACT_GROW_POOL) {
                        s->act = ACT_GROW_POOL;
                        grow_done(p, s, result, event->done.value);
                        continue;
                }
                s->act = ACT_NONE;
                if (result < 0)
                        p->error = p->error ?: result;
                else if (event->done.act == ACT_UNDO_POOL)
                        s->grown = (uint64_t)MAX(event->done.value, INT64_C(0));
        }
        prepare_step(e, NULL, now);
}

usec_t prepare_next_wakeup(const Engine *e, usec_t now)
{
        if (!e->n_prepares)
                return USEC_INFINITY;
        return e->prepares[0].begun ? MIN(usec_add(now, ACTION_POLL), MAX(e->prepares[0].deadline, now)) : now;
}

void prepare_lost(Engine *e, usec_t now)
{
        while (e->n_prepares) {
                conclude(&e->prepares[0], REASON_NOT_PREPARED, VERDICT_UNKNOWN, -ENOTCONN);
                leave(e, 0, now);
        }
}
