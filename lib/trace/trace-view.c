/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-view.c - what people and their scripts are shown: the types of
 * api/io.fragd.Monitor.varlink. */
#include "model/allocatable.h"
#include "model/indices.h"
#include "model/kcompactd.h"
#include "trace/fields.h"
#include "trace/trace.h"

/* A member that is left out where it is not known. */
static int set_known(json_t *j, const char *name, uint64_t v)
{
        return v == UNKNOWN_U64 ? 0 : member_set(j, name, integer_from_u64(v));
}

static int set_pages(json_t *j, const char *name, uint64_t pages, const Model *m)
{
        return pages == UNKNOWN_U64 ? 0
                                    : member_set(j, name, integer_from_u64(pages * m->page_size));
}

static json_t *order_to_json(const Model *m, const Zone *z, unsigned order)
{
        return json_pack("{s:i, s:I, s:o, s:o, s:i, s:i}", "order", (int)order, "size_bytes",
                (json_int_t)m->page_size << order, "free", integer_from_u64(z->free[order]),
                "allocatable", integer_from_u64(zone_allocatable(z, m->n_orders, order, USE_USER)),
                "unusable_permille", (int)unusable_permille(z->free, m->n_orders, order),
                "extfrag_permille", (int)extfrag_permille(z->free, m->n_orders, order));
}

/* order: -1 for all. */
static json_t *orders_to_json(const Model *m, const Zone *z, int order)
{
        _cleanup_json_ json_t *a = json_array();

        for (unsigned o = 0; a && o < m->n_orders; o++)
                if ((order < 0 || (unsigned)order == o) &&
                        json_array_append_new(a, order_to_json(m, z, o)) < 0)
                        return NULL;
        return TAKE_PTR(a);
}

static json_t *zone_to_json(const Model *m, const Zone *z, int order)
{
        _cleanup_json_ json_t *j = json_object();

        if (!j || member_set(j, "zone", json_string(z->name)) < 0 ||
                set_pages(j, "free_bytes", z->free_pages, m) < 0 ||
                set_pages(j, "min_bytes", z->min, m) < 0 ||
                set_pages(j, "low_bytes", z->low, m) < 0 ||
                set_pages(j, "high_bytes", z->high, m) < 0 ||
                set_pages(j, "boost_bytes", z->boost, m) < 0 ||
                set_pages(j, "managed_bytes", z->managed, m) < 0 ||
                set_pages(j, "present_bytes", z->present, m) < 0 ||
                set_pages(j, "free_cma_bytes", z->free_cma, m) < 0 ||
                member_set(j, "score", json_integer(z->score)) < 0 ||
                member_set(j, "orders", orders_to_json(m, z, order)) < 0)
                return NULL;
        return TAKE_PTR(j);
}

/* The score, and the kernel's own marks for it where proactive compaction exists. */
static int set_score(json_t *j, const Model *m, const Node *n)
{
        int64_t knob = m->knobs[KNOB_COMPACTION_PROACTIVENESS];
        uint32_t p = (uint32_t)CLAMP(knob, (int64_t)0, (int64_t)100);
        ScoreWmarks marks = score_wmarks(m->wmark_rule, p);

        if (n->score_known && member_set(j, "score", json_integer(n->score)) < 0)
                return -ENOMEM;
        if (knob == KNOB_VALUE_NONE)
                return 0;
        if (member_set(j, "score_low", json_integer(marks.low)) < 0 ||
                member_set(j, "score_high", json_integer(marks.high)) < 0)
                return -ENOMEM;
        if (!n->score_known)
                return 0;
        return member_set(j, "kcompactd_would_act",
                json_boolean(kcompactd_would_act(m->wmark_rule, p, n->score)));
}

static json_t *model_node_to_json(const Model *m, const Node *n, int order)
{
        _cleanup_json_ json_t *j = json_object(), *zones = json_array();

        if (!j || !zones || member_set(j, "node", json_integer(n->id)) < 0 ||
                set_score(j, m, n) < 0 || set_pages(j, "free_bytes", n->free_pages, m) < 0 ||
                set_pages(j, "managed_bytes", n->managed, m) < 0)
                return NULL;
        if (n->kcompactd_state &&
                member_set(j, "kcompactd_state", json_stringn(&n->kcompactd_state, 1)) < 0)
                return NULL;
        if (n->unmovable_permyriad != UINT32_MAX &&
                member_set(j, "unmovable_permyriad", json_integer(n->unmovable_permyriad)) < 0)
                return NULL;
        for (size_t i = 0; i < n->n_zones; i++)
                if (json_array_append_new(
                            zones, zone_to_json(m, &m->zones[n->first_zone + i], order)) < 0)
                        return NULL;
        if (member_set(j, "zones", TAKE_PTR(zones)) < 0)
                return NULL;
        return TAKE_PTR(j);
}

json_t *model_nodes_to_json(const Model *m, uint32_t node, int order)
{
        _cleanup_json_ json_t *a = json_array();

        for (size_t i = 0; a && i < m->n_nodes; i++)
                if ((node == NODE_ALL || node == m->nodes[i].id) &&
                        json_array_append_new(a, model_node_to_json(m, &m->nodes[i], order)) < 0)
                        return NULL;
        return TAKE_PTR(a);
}

static int set_levels(json_t *j, const ObjectiveView *v, usec_t now)
{
        if (member_set(j, "order", json_integer(v->order)) < 0 ||
                set_known(j, "size_bytes", v->size) < 0 ||
                set_known(j, "current_bytes", v->current) < 0 ||
                set_known(j, "reserve_bytes", v->reserve) < 0 ||
                set_known(j, "refill_bytes", v->refill) < 0 ||
                set_known(j, "ceiling_bytes", v->ceiling) < 0 ||
                member_set(j, "slope_bytes_per_second", json_integer(v->slope)) < 0)
                return -ENOMEM;
        if (v->time_left != USEC_INFINITY && set_known(j, "time_left_usec", v->time_left) < 0)
                return -ENOMEM;
        if (v->automatic && (set_known(j, "asked_bytes", v->asked) < 0 || set_known(j, "burst_bytes", v->burst) < 0 ||
                                    set_known(j, "burst_age_usec", v->burst_age) < 0))
                return -ENOMEM;
        if (set_known(j, "since_usec", usec_sub(now, v->since)) < 0 ||
                set_known(j, "met_usec", v->met_usec) < 0 ||
                set_known(j, "observed_usec", v->observed_usec) < 0)
                return -ENOMEM;
        return 0;
}

json_t *objective_view_to_json(const ObjectiveView *v, const Objective *o, int index, usec_t now)
{
        _cleanup_json_ json_t *j = json_pack("{s:i, s:b, s:s, s:s}", "objective", index, "applies",
                v->applies, "use", use_name(o->use), "verdict", verdict_name(v->verdict));

        if (!j)
                return NULL;
        if (v->applies && set_levels(j, v, now) < 0)
                return NULL;
        if (o->hold && member_set(j, "hold", integer_from_u64(o->hold)) < 0)
                return NULL;
        if (!v->applies && o->size != SIZE_THP && set_known(j, "size_bytes", o->size) < 0)
                return NULL;
        return TAKE_PTR(j);
}

static json_t *guard_to_json(Guard g, const GuardView *v, usec_t now)
{
        _cleanup_json_ json_t *j = json_pack("{s:s, s:b, s:o, s:o}", "guard", guard_name(g), "held",
                v->held, "value", integer_from_u64(v->value), "limit", integer_from_u64(v->limit));

        if (!j)
                return NULL;
        if (v->until > 0 && v->until != USEC_INFINITY &&
                member_set(j, "left_usec", integer_from_u64(usec_sub(v->until, now))) < 0)
                return NULL;
        return TAKE_PTR(j);
}

static json_t *guards_to_json(const GuardView *guards, usec_t now)
{
        _cleanup_json_ json_t *a = json_array();

        for (unsigned g = GUARD_NONE + 1; a && g < _GUARD_MAX; g++)
                if (json_array_append_new(a, guard_to_json((Guard)g, &guards[g], now)) < 0)
                        return NULL;
        return TAKE_PTR(a);
}

static json_t *objectives_to_json(const NodeView *v, const Policy *p, usec_t now)
{
        _cleanup_json_ json_t *a = json_array();

        for (unsigned i = 0; a && i < p->n_objectives; i++)
                if (p->objectives[i].hold != HOLD_ENDED &&
                        json_array_append_new(a, objective_view_to_json(&v->objectives[i],
                                                     &p->objectives[i], (int)i, now)) < 0)
                        return NULL;
        return TAKE_PTR(a);
}

/* One number of what is known of each lever. */
static int set_levers(json_t *j, const char *name, const Efficacy *efficacy, uint64_t (*number)(const Efficacy *e))
{
        _cleanup_json_ json_t *levers = json_object();

        if (!levers)
                return -ENOMEM;
        for (unsigned l = 0; l < _LEVER_MAX; l++)
                if (set_known(levers, lever_name((Lever)l), number(&efficacy[l])) < 0)
                        return -ENOMEM;
        return member_set(j, name, TAKE_PTR(levers));
}

static uint64_t share(const Efficacy *e)
{
        return efficacy_known(e) ? e->share : UNKNOWN_U64;
}

static uint64_t per_page(const Efficacy *e)
{
        return e->per_page;
}

static uint64_t per_msec(const Efficacy *e)
{
        return e->per_msec;
}

int efficacy_to_members(json_t *j, const Efficacy efficacy[static _LEVER_MAX])
{
        if (set_levers(j, "efficacy_permyriad", efficacy, share) < 0 || set_levers(j, "gain_per_page_bytes", efficacy, per_page) < 0 ||
                set_levers(j, "gain_per_msec_bytes", efficacy, per_msec) < 0)
                return -ENOMEM;
        return 0;
}

json_t *node_view_to_json(const NodeView *v, const Policy *p, usec_t now)
{
        _cleanup_json_ json_t *j = json_pack("{s:I, s:b, s:I}", "node", (json_int_t)v->id, "acting",
                v->acting, "attempts", (json_int_t)v->attempts);

        if (!j || member_set(j, "objectives", objectives_to_json(v, p, now)) < 0 ||
                member_set(j, "guards", guards_to_json(v->guards, now)) < 0 ||
                efficacy_to_members(j, v->efficacy) < 0)
                return NULL;
        if (v->acting && member_set(j, "lever", json_string(lever_name(v->lever))) < 0)
                return NULL;
        if (v->backoff_until > now && v->backoff_until != USEC_INFINITY &&
                member_set(j, "backoff_left_usec", integer_from_u64(v->backoff_until - now)) < 0)
                return NULL;
        if (v->last && member_set(j, "last", decision_to_json(v->last)) < 0)
                return NULL;
        if (v->notable && member_set(j, "notable", decision_to_json(v->notable)) < 0)
                return NULL;
        return TAKE_PTR(j);
}
