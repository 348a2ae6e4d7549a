/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* assess.c - is each objective of a node met, and if not, why. */
#include "engine/internal.h"

/* What compaction reaches in practice of the ceiling. */
static uint64_t reachable(const ObjectiveView *v)
{
        return v->ceiling / 8 * 7;
}

/* Free memory has not sufficed for the whole reserve for a while, but for a good part of it, and less than half of that is there:
 * what can be held is held. A load peak that passes is no reason. */
static bool worth_a_part(const ObjectiveState *s, usec_t now)
{
        return s->short_since && usec_sub(now, s->short_since) >= PART_AFTER && reachable(&s->view) >= s->view.reserve / 4 &&
                s->view.current < reachable(&s->view) / 2;
}

/* Short is told by watermarks and free pages, never by the fragmentation index, which says nothing about how much is free. */
static Verdict verdict_now(const NodeState *n, const Model *m, const Node *node, ObjectiveState *s, usec_t now)
{
        ObjectiveView *v = &s->view;

        if (!model_has(m, SOURCE_BUDDYINFO) || !model_has(m, SOURCE_ZONEINFO))
                return VERDICT_UNKNOWN;
        if (v->current >= v->reserve || v->ceiling >= v->reserve)
                s->short_since = 0;
        else if (!s->short_since)
                s->short_since = MAX(now, (usec_t)1);
        if (v->current >= v->reserve)
                return VERDICT_MET;
        if (s->short_since) {
                if (!worth_a_part(s, now))
                        return VERDICT_SHORT;
                v->refill = reachable(v);
        }
        if (n->attempts > 0 && now < n->backoff_until && !n->escalating && v->order >= n->failed_order)
                return node->unmovable_permyriad != UINT32_MAX && node->unmovable_permyriad >= PINNED_SHARE ?
                        VERDICT_PINNED :
                        VERDICT_FUTILE;
        return VERDICT_FRAGMENTED;
}

/* Pools are known for the machine only and taken as spread over the nodes by size. */
uint64_t assess_base(const Model *m, const Node *node)
{
        uint64_t total = 0, pools;

        if (node->managed == UNKNOWN_U64)
                return 0;
        if (!model_has(m, SOURCE_MEMINFO) || m->meminfo.hugetlb == UNKNOWN_U64 || !m->meminfo.hugetlb)
                return node->managed * m->page_size;
        for (size_t i = 0; i < m->n_nodes; i++)
                total += m->nodes[i].managed != UNKNOWN_U64 ? m->nodes[i].managed : 0;
        pools = (uint64_t)((unsigned __int128)m->meminfo.hugetlb * node->managed / MAX(total, UINT64_C(1)));
        return LESS_BY(node->managed * m->page_size, pools);
}

static void account(const Engine *e, ObjectiveView *v, Verdict verdict, usec_t now)
{
        usec_t elapsed = e->have_sample ? usec_sub(now, e->sampled) : 0;

        /* A gap in which nobody looked (the machine was stopped) counts for neither side. */
        if (elapsed <= 2 * e->policy.interval.max && v->verdict != VERDICT_UNKNOWN && v->since) {
                v->observed_usec += elapsed;
                if (v->verdict == VERDICT_MET)
                        v->met_usec += elapsed;
        }
        if (verdict != v->verdict || !v->since) {
                v->verdict = verdict;
                v->since = MAX(now, (usec_t)1);
        }
}

/* A node of movable memory alone (hot-plugged, CXL) serves no kernel request, whatever is done. */
static bool has_kernel_memory(const Model *m, const Node *node)
{
        for (size_t i = 0; i < node->n_zones; i++)
                if (!m->zones[node->first_zone + i].movable && m->zones[node->first_zone + i].managed)
                        return true;
        return false;
}

/* What is to be there, and how far to go once it is not. */
static void levels(const Engine *e, const NodeState *n, const Objective *o, uint64_t base, usec_t now, ObjectiveView *v)
{
        v->automatic = o->reserve.automatic;
        if (v->automatic) {
                follow_objective(e, n, o, base, now, v);
        } else {
                v->reserve = amount_bytes(o->reserve, base);
                v->refill = amount_bytes(o->refill, base);
        }
        /* A share of a small node may be less than one block. */
        if (v->reserve || !v->automatic)
                v->reserve = MAX(v->reserve, v->size);
        /* No more than compaction can make. */
        v->refill = MAX(MIN(v->refill, v->ceiling), v->reserve + v->size);
}

static void assess_objective(Engine *e, NodeState *n, const Model *m, const Node *node, unsigned i, usec_t now)
{
        const Objective *o = &e->policy.objectives[i];
        ObjectiveState *s = &n->objectives[i];
        ObjectiveView *v = &s->view;
        uint64_t base = assess_base(m, node);
        Verdict before = v->verdict;
        uint8_t order;

        v->applies = o->hold != HOLD_ENDED && (o->node == NODE_EVERY || o->node == n->id) && (o->use == USE_USER || has_kernel_memory(m, node)) &&
                objective_order(o, m->page_size, m->n_orders, m->thp_order, &order) == 0;
        if (!v->applies)
                return;
        v->order = order;
        v->size = (uint64_t)m->page_size << order;
        v->current = node_allocatable(m, node, order, o->use) * v->size;
        v->ceiling = node_ceiling(m, node, order, o->use) * v->size;
        levels(e, n, o, base, now, v);
        history_add(&s->history, now, v->current);
        if (!history_slope(&s->history, &v->slope))
                v->slope = 0;
        v->time_left = v->current > v->reserve ? history_time_to(&s->history, v->reserve) : 0;
        account(e, v, verdict_now(n, m, node, s, now), now);
        n->changed |= v->verdict != before;
        s->flipped |= v->verdict != before && before != VERDICT_UNKNOWN;
}

/* More room than ever while nothing helped: worth another try before the pause is over. The count of attempts stays, and with it the
 * length of the next pause: memory that comes and goes must not cause try after try. */
static void forgive(NodeState *n, const Node *node)
{
        if (n->attempts == 0 || node->free_pages < n->failed_free + n->failed_free / 4)
                return;
        n->failed_free = node->free_pages;
        n->backoff_until = 0;
}

/* Much more is free than at the lowest of late. */
static bool coming_free(NodeState *n, const Node *node, usec_t now)
{
        if (usec_sub(now, n->low_since) >= COMING_FREE_PART) {
                n->low_before = n->low;
                n->low = node->free_pages;
                n->low_since = now;
        }
        n->low = MIN(n->low, node->free_pages);
        return much_more(node->free_pages, MIN(n->low, n->low_before));
}

void assess_node(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now)
{
        uint64_t free_bytes = node->free_pages * m->page_size;
        uint64_t moved = MAX(free_bytes, n->free_before) - MIN(free_bytes, n->free_before);

        n->changed = moved > n->free_before / 16;
        n->falling = n->changed && free_bytes < n->free_before;
        n->free_before = free_bytes;
        n->coming_free = coming_free(n, node, now);
        forgive(n, node);
        for (size_t i = 0; i < _LEVER_MAX; i++)
                efficacy_forget(&n->efficacy[i], now);
        for (unsigned i = 0; i < e->policy.n_objectives; i++) {
                assess_objective(e, n, m, node, i, now);
                n->views[i] = n->objectives[i].view;
        }
}

/* Still met, but going down so fast that it will be missed within the horizon, and compaction could refill it; not for the little that
 * is missing while it is nearly full. */
bool assess_forecast(const Engine *e, const ObjectiveView *v)
{
        usec_t horizon = e->policy.horizon * (e->mixing ? MIXING_HORIZON : 1);

        return v->verdict == VERDICT_MET && v->current < v->refill - (v->refill - v->reserve) / 3 && v->time_left < horizon &&
                v->ceiling >= v->refill;
}

static unsigned urgency(const Engine *e, const ObjectiveView *v)
{
        switch (v->verdict) {
        case VERDICT_FRAGMENTED: return 6;
        case VERDICT_PINNED: return 4;
        case VERDICT_FUTILE: return 3;
        case VERDICT_SHORT: return 2;
        case VERDICT_UNKNOWN: return 1;
        default: return assess_forecast(e, v) ? 5 : 0;
        }
}

int assess_most_urgent(const Engine *e, const NodeState *n, bool *ret_forecast)
{
        int best = -1;
        unsigned best_urgency = 0;

        for (unsigned i = 0; i < e->policy.n_objectives; i++) {
                const ObjectiveView *v = &n->objectives[i].view;

                if (!v->applies)
                        continue;
                if (best < 0 || urgency(e, v) > best_urgency) {
                        best = (int)i;
                        best_urgency = urgency(e, v);
                }
        }
        *ret_forecast = best >= 0 && best_urgency == 5 && !n->falling;
        return best;
}
