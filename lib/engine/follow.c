/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* follow.c - reserves that follow demand: what is asked for on each node, and what that makes of an objective. */
#include "engine/internal.h"
#include "model/indices.h"

/* So many missing are no reason for a run. */
#define FEW_BLOCKS 4

static unsigned huge_order(const Model *m)
{
        return m->thp_order != UINT8_MAX ? m->thp_order : m->huge_order;
}

static uint64_t ready_blocks(const Model *m, const Node *node)
{
        uint64_t blocks = 0;

        for (size_t i = 0; i < node->n_zones; i++)
                blocks += free_blocks_suitable(m->zones[node->first_zone + i].free, m->n_orders, huge_order(m));
        return blocks;
}

static uint64_t known_size(const Node *node)
{
        return node->managed != UNKNOWN_U64 ? node->managed : 0;
}

/* The counters are the machine's. Where there are several nodes, those are taken to have served whose free huge pages went down;
 * where none has, all, by size. An estimate: who compacts directly takes none that were free. */
static uint64_t share(const Model *m, const Node *node, uint64_t lost, uint64_t lost_all, uint64_t bytes)
{
        uint64_t part = lost, whole = lost_all;

        if (m->n_nodes == 1)
                return bytes;
        if (!whole) {
                part = known_size(node);
                for (size_t i = 0; i < m->n_nodes; i++)
                        whole += known_size(&m->nodes[i]);
        }
        return whole ? (uint64_t)((unsigned __int128)bytes * part / whole) : bytes;
}

/* So many more, in bytes of huge pages; 0 where one of both is not known. */
static uint64_t more(const Model *m, uint64_t before, uint64_t now)
{
        uint64_t bytes;

        if (before == UNKNOWN_U64 || now == UNKNOWN_U64 ||
                __builtin_mul_overflow(LESS_BY(now, before), (uint64_t)m->page_size << huge_order(m), &bytes))
                return 0;
        return bytes;
}

/* How many free huge pages less than in the sample before, on all nodes. */
static uint64_t count_lost(Engine *e, const Model *m)
{
        uint64_t lost = 0;

        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];
                const Node *node = model_node_const(m, n->id);
                uint64_t ready = node ? ready_blocks(m, node) : 0;

                n->lost = LESS_BY(n->ready_before, ready);
                n->ready_before = ready;
                lost += n->lost;
        }
        return lost;
}

void follow_demand(Engine *e, const Model *m, usec_t now)
{
        uint64_t asked, missed, lost;
        DemandCount count;

        if (!model_has(m, SOURCE_VMSTAT))
                return; /* the next difference tells it */
        demand_count(&m->vmstat, &count);
        asked = more(m, e->counted.asked, count.asked);
        missed = more(m, e->counted.missed, count.missed);
        e->counted = count;
        lost = count_lost(e, m);
        for (size_t i = 0; i < e->n_nodes; i++) {
                NodeState *n = &e->nodes[i];
                const Node *node = model_node_const(m, n->id);

                if (node)
                        demand_add(&n->demand, now, share(m, node, n->lost, lost, asked), share(m, node, n->lost, lost, missed),
                                e->policy.remember);
        }
}

/* How much may be missing before action begins. A third, the distance that fixed reserves have by default: less is not worth a run. But what
 * a load peak leaves behind is scattered, and soon used again: then for less, too, if not for a block or two. */
static uint64_t spared(const NodeState *n, const ObjectiveView *v)
{
        uint64_t third = v->refill / 3;

        return n->coming_free ? MIN(third, MAX(v->refill / 6, FEW_BLOCKS * v->size)) : third;
}

void follow_objective(const Engine *e, const NodeState *n, const Objective *o, uint64_t base, usec_t now, ObjectiveView *v)
{
        bool bounded = o->at_most.permyriad || o->at_most.bytes;
        uint64_t most = amount_bytes(bounded ? o->at_most : (Amount){ .permyriad = POLICY_AT_MOST }, base);
        bool assumes = !n->shown && usec_sub(now, n->first_seen) < ASSUMED_FOR;
        uint64_t assumed = assumes ? amount_bytes(o->at_start, base) : 0;
        uint64_t wanted = demand_wanted(&n->demand, now, e->policy.remember, assumed);

        v->asked = demand_recent(&n->demand, now);
        (void)demand_peak(&n->demand, now, e->policy.remember, &v->burst, &v->burst_age);
        if (e->counted.asked == UNKNOWN_U64)
                v->burst = UNKNOWN_U64;
        v->refill = MIN(MAX(wanted, amount_bytes(o->at_least, base)), most);
        v->reserve = v->refill - spared(n, v);
}
