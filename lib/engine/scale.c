/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scale.c - watermark_scale_factor where memory is short. Compaction makes nothing of memory that is in use, but kswapd keeps free what
 * lies between the low and the high watermark, and that distance is managed * factor / 10000 in each zone (mm/page_alloc.c
 * __setup_per_zone_wmarks()). What it frees was clean page cache: hence the bound, and the way back. */
#include "engine/internal.h"

/* A raise that has left everything short for this long was in vain: it goes back, and none follows for the rest. */
#define SCALE_TRIAL (10 * USEC_PER_MIN)
#define SCALE_REST USEC_PER_HOUR

/* Pages up to the high watermarks of all nodes with that factor; boosts pass and do not count. UNKNOWN_U64 without zoneinfo. */
static uint64_t high_pages(const Model *m, uint64_t factor)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < m->n_zones; i++) {
                const Zone *z = &m->zones[i];
                uint64_t min;

                if (z->min == UNKNOWN_U64 || z->managed == UNKNOWN_U64)
                        return UNKNOWN_U64;
                min = LESS_BY(z->min, z->boost != UNKNOWN_U64 ? z->boost : 0);
                sum += min + 2 * MAX(min / 4, z->managed * factor / 10000);
        }
        return sum;
}

/* Pages that are free, or could be without writing anything: pools of huge pages and shared memory are in neither. */
static uint64_t spare_pages(const Model *m)
{
        const Vmstat *v = &m->vmstat;

        if (v->nr_free_pages == UNKNOWN_U64 || v->nr_inactive_file == UNKNOWN_U64 || v->nr_active_file == UNKNOWN_U64 ||
                v->nr_dirty == UNKNOWN_U64 || v->nr_writeback == UNKNOWN_U64)
                return UNKNOWN_U64;
        return v->nr_free_pages + LESS_BY(v->nr_inactive_file + v->nr_active_file, v->nr_dirty + v->nr_writeback);
}

/* The largest factor up to `wanted` with which the watermarks ask for at most half of what is free or clean: the rest is the load's. */
static int64_t safe_factor(const Model *m, int64_t wanted, int64_t least)
{
        uint64_t spare = spare_pages(m);

        if (spare == UNKNOWN_U64)
                return least;
        while (wanted > least && high_pages(m, (uint64_t)wanted) > spare / 2)
                wanted -= MAX(wanted / 16, INT64_C(1));
        return MAX(wanted, least);
}

/* The factor that keeps what an objective reserves between the watermarks of its node, an eighth more as compaction never makes all;
 * at most max. */
static int64_t needed_factor(const ObjectiveView *v, const Model *m, const Node *node, int64_t max)
{
        uint64_t pages = v->reserve / 7 * 8 / m->page_size;

        if (node->managed == UNKNOWN_U64 || !node->managed || pages > node->managed)
                return max;
        return MIN((int64_t)(pages * 10000 / node->managed) + 1, max);
}

typedef struct Need {
        int64_t factor;
        bool is_short; /* something is, and has been for a while */
        bool pressed;  /* tasks wait for memory: no moment to ask for more */
        bool vain;     /* what was short when the knob was last turned is, and has been all the time */
} Need;

static void add_node(const Engine *e, const NodeState *n, const Model *m, const Node *node, usec_t now, Need *ret)
{
        const KnobState *k = &e->knobs[KNOB_WATERMARK_SCALE_FACTOR];

        ret->pressed |= n->guards[GUARD_PSI_MEMORY].held;
        for (unsigned i = 0; i < e->policy.n_objectives; i++) {
                const ObjectiveView *v = &n->objectives[i].view;
                usec_t since = n->objectives[i].short_since;
                bool lasts = since && usec_sub(now, since) >= PART_AFTER;

                if (!v->applies || !v->reserve)
                        continue;
                ret->factor = MAX(ret->factor, needed_factor(v, m, node, e->policy.scale_max));
                ret->is_short |= lasts;
                ret->vain |= lasts && k->written && since <= k->written && usec_sub(now, k->written) >= SCALE_TRIAL;
        }
}

static Need all_nodes(const Engine *e, const Model *m, usec_t now)
{
        Need need = { 0 };

        for (size_t i = 0; i < e->n_nodes; i++) {
                const Node *node = model_node_const(m, e->nodes[i].id);

                if (node)
                        add_node(e, &e->nodes[i], m, node, now, &need);
        }
        return need;
}

int64_t scale_wanted(Engine *e, const Model *m, usec_t now, Reason *ret_why)
{
        const KnobState *k = &e->knobs[KNOB_WATERMARK_SCALE_FACTOR];
        int64_t baseline = k->view.baseline, at = k->standing != KNOB_VALUE_NONE ? k->standing : baseline, value;
        Need need = all_nodes(e, m, now);

        *ret_why = REASON_KNOB_LOWERED;
        if (baseline < 1 || high_pages(m, 0) == UNKNOWN_U64)
                return k->standing;
        if (at > baseline && need.vain)
                e->scale_rest = usec_add(now, SCALE_REST);
        if (now < e->scale_rest || need.factor <= baseline)
                return KNOB_VALUE_NONE;
        /* In steps, and only for a difference that is worth a write: each sets all watermarks anew. */
        value = at;
        if (need.is_short && !need.pressed && need.factor > at + at / 4)
                value = MIN(need.factor, 2 * at);
        else if (need.factor < at - at / 4)
                value = need.factor;
        value = safe_factor(m, value, baseline);
        if (value > at)
                *ret_why = REASON_KNOB_RAISED;
        return value > baseline ? value : KNOB_VALUE_NONE;
}
