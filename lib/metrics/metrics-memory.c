/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metrics-memory.c - the machine: zones, nodes, the kernel's counters. */
#include "base/macros.h"
#include "metrics/internal.h"
#include "model/allocatable.h"
#include "model/indices.h"

/* --- zones --- */

/* The orders that something depends on, 1u << order: the objectives' and the huge page's. */
static uint32_t watched_orders(const MetricsInput *in)
{
        const Policy *p = engine_policy(in->engine);
        uint32_t orders = 0;

        if (in->model->thp_order < in->model->n_orders)
                orders |= UINT32_C(1) << in->model->thp_order;
        for (size_t i = 0; p && i < engine_n_nodes(in->engine); i++) {
                NodeView v;

                engine_node_view(in->engine, i, &v);
                for (unsigned k = 0; k < p->n_objectives; k++)
                        if (v.objectives[k].applies)
                                orders |= UINT32_C(1) << v.objectives[k].order;
        }
        return orders;
}

static void zone_free(
        Exposition *x, const Model *m, const Zone *z, unsigned order, const char *const labels[])
{
        exposition_add(x, METRIC_FREE_BLOCKS, z->free[order], 0, labels);
}

static void zone_allocatable_blocks(
        Exposition *x, const Model *m, const Zone *z, unsigned order, const char *const labels[])
{
        if (model_has(m, SOURCE_ZONEINFO))
                exposition_add(x, METRIC_ALLOCATABLE_BLOCKS,
                        zone_allocatable(z, m->n_orders, order, USE_USER), 0, labels);
}

static void zone_unusable(
        Exposition *x, const Model *m, const Zone *z, unsigned order, const char *const labels[])
{
        exposition_add(
                x, METRIC_UNUSABLE_FREE, unusable_permille(z->free, m->n_orders, order), 3, labels);
}

static void zone_extfrag(
        Exposition *x, const Model *m, const Zone *z, unsigned order, const char *const labels[])
{
        exposition_add_signed(x, METRIC_FRAGMENTATION_INDEX,
                extfrag_permille(z->free, m->n_orders, order), 3, labels);
}

static void each_zone(Exposition *x, const Model *m, uint32_t orders,
        void (*add)(Exposition *x, const Model *m, const Zone *z, unsigned order,
                const char *const labels[]))
{
        for (size_t i = 0; i < m->n_zones; i++) {
                const Zone *z = &m->zones[i];
                NumberLabel node, size;

                number_label(&node, z->node);
                for (unsigned order = 0; order < m->n_orders; order++)
                        if (orders & UINT32_C(1) << order)
                                add(x, m, z, order,
                                        LABELS(node.text, z->name, number_label(&size, order)));
        }
}

/* --- nodes --- */

static uint64_t bytes(const Model *m, uint64_t pages)
{
        return pages == UNKNOWN_U64 ? UNKNOWN_U64 : pages * m->page_size;
}

/* A value of each node, with that many decimal digits; UNKNOWN_U64: none. */
static void each_node(Exposition *x, const Model *m, MetricId id, unsigned digits,
        uint64_t (*value)(const Model *m, const Node *n))
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                NumberLabel node;

                add_known(x, id, value(m, &m->nodes[i]), digits,
                        LABELS(number_label(&node, m->nodes[i].id)));
        }
}

static uint64_t node_managed(const Model *m, const Node *n)
{
        return bytes(m, n->managed);
}

static uint64_t node_free(const Model *m, const Node *n)
{
        return bytes(m, n->free_pages);
}

static uint64_t node_score(const Model *m, const Node *n)
{
        return n->score_known ? n->score : UNKNOWN_U64;
}

static uint64_t node_unmovable(const Model *m, const Node *n)
{
        return n->unmovable_permyriad == UINT32_MAX ? UNKNOWN_U64 : n->unmovable_permyriad;
}

static uint64_t node_kcompactd(const Model *m, const Node *n)
{
        return n->kcompactd_cpu_nsec;
}

static void add_threshold(Exposition *x, const Model *m)
{
        int64_t p = m->knobs[KNOB_COMPACTION_PROACTIVENESS];
        ScoreWmarks w;

        if (!model_has(m, SOURCE_KNOBS) || p < 0 || p > 100)
                return;
        w = score_wmarks(m->wmark_rule, (uint32_t)p);
        exposition_add(x, METRIC_KCOMPACTD_THRESHOLD, w.low, 2, LABELS("low"));
        exposition_add(x, METRIC_KCOMPACTD_THRESHOLD, w.high, 2, LABELS("high"));
}

/* --- the kernel's counters --- */

static void add_vmstat(Exposition *x, const Model *m)
{
        const Vmstat *v = &m->vmstat;

        if (!model_has(m, SOURCE_VMSTAT))
                return;
        add_known(x, METRIC_KCOMPACTD_WAKES, v->compact_daemon_wake, 0, NULL);
        add_known(x, METRIC_DIRECT_COMPACTIONS, v->compact_stall, 0, NULL);
        add_known(x, METRIC_DIRECT_FAILS, v->compact_fail, 0, NULL);
        add_known(x, METRIC_DIRECT_SUCCESSES, v->compact_success, 0, NULL);
        add_known(x, METRIC_MIGRATED_PAGES, v->pgmigrate_success, 0, NULL);
        add_known(x, METRIC_THP_FAULTS, v->thp_fault_alloc, 0, NULL);
        add_known(x, METRIC_THP_FALLBACKS, v->thp_fault_fallback, 0, NULL);
        add_known(x, METRIC_HUGETLB_SUCCESSES, v->htlb_buddy_alloc_success, 0, NULL);
        add_known(x, METRIC_HUGETLB_FAILS, v->htlb_buddy_alloc_fail, 0, NULL);
}

static void add_pools(Exposition *x, const MetricsInput *in)
{
        NumberLabel size;

        for (size_t i = 0; i < MIN(in->n_pools, (size_t)METRICS_POOLS_MAX); i++)
                exposition_add(x, METRIC_HUGETLB_SHORT, in->pools[i].missing, 0, LABELS(number_label(&size, in->pools[i].order)));
}

static void add_fallbacks(Exposition *x, const Model *m)
{
        const FallbackSignal *s = &m->fallbacks;

        if (!model_has(m, SOURCE_FALLBACKS))
                return;
        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++)
                exposition_add(x, METRIC_FALLBACKS, s->total[k], 0, LABELS(fallback_kind_name(k)));
        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++)
                add_known(x, METRIC_FALLBACKS_USUAL, s->usual[k], 0, LABELS(fallback_kind_name(k)));
        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++)
                if (s->usual[k] != UNKNOWN_U64)
                        exposition_add(x, METRIC_FALLBACKS_UNUSUAL, s->unusual[k], 0, LABELS(fallback_kind_name(k)));
}

static void add_pressure(Exposition *x, const Model *m)
{
        bool memory = model_has(m, SOURCE_PSI_MEMORY), cpu = model_has(m, SOURCE_PSI_CPU);

        if (memory)
                exposition_add(
                        x, METRIC_PRESSURE_SOME, m->psi_memory.some.total, 6, LABELS("memory"));
        if (cpu)
                exposition_add(x, METRIC_PRESSURE_SOME, m->psi_cpu.some.total, 6, LABELS("cpu"));
        if (memory && m->psi_memory.have_full)
                exposition_add(
                        x, METRIC_PRESSURE_FULL, m->psi_memory.full.total, 6, LABELS("memory"));
        if (cpu && m->psi_cpu.have_full)
                exposition_add(x, METRIC_PRESSURE_FULL, m->psi_cpu.full.total, 6, LABELS("cpu"));
}

static void add_watches(Exposition *x, const MetricsInput *in)
{
        for (size_t i = 0; i < in->n_watches; i++)
                exposition_add(x, METRIC_WATCHED_COMPACTIONS, in->watches[i].compactions, 0, LABELS(in->watches[i].name));
        for (size_t i = 0; i < in->n_watches; i++)
                exposition_add(x, METRIC_WATCHED_DELAY, in->watches[i].compact_nsec, 9, LABELS(in->watches[i].name));
        for (size_t i = 0; i < in->n_watches; i++)
                add_known(x, METRIC_WATCHED_PROCESSES, in->watches[i].processes, 0, LABELS(in->watches[i].name));
}

/* Of the messages of that class the first one, after which all of them are known. */
static bool is_first_of_class(const MetricsInput *in, size_t at)
{
        for (size_t i = 0; i < at; i++)
                if (streq(in->messages[i].class, in->messages[at].class))
                        return false;
        return true;
}

static usec_t last_of_class(const MetricsInput *in, const char *class)
{
        usec_t last = 0;

        for (size_t i = 0; i < in->n_messages; i++)
                if (streq(in->messages[i].class, class))
                        last = MAX(last, in->messages[i].last_realtime);
        return last;
}

static void add_messages(Exposition *x, const MetricsInput *in)
{
        for (size_t i = 0; i < in->n_messages; i++) {
                const MetricsMessage *m = &in->messages[i];

                exposition_add(x, METRIC_MESSAGES, m->total, 0, LABELS(m->class, m->caller, m->order));
        }
        for (size_t i = 0; i < in->n_messages; i++) {
                const char *class = in->messages[i].class;

                if (is_first_of_class(in, i))
                        exposition_add(x, METRIC_MESSAGE_LAST, last_of_class(in, class), 6, LABELS(class));
        }
        add_known(x, METRIC_MESSAGES_SUPPRESSED, in->messages_suppressed, 0, NULL);
}

static void add_traced(Exposition *x, const MetricsInput *in)
{
        if (!in->tracing)
                return;
        for (size_t i = 0; i < in->n_traced; i++)
                exposition_add(x, METRIC_TRACED_RUNS, in->traced[i].compactions, 0, LABELS(in->traced[i].name));
        for (size_t i = 0; i < in->n_traced; i++)
                exposition_add(x, METRIC_TRACED_TIME, in->traced[i].compact_nsec, 9, LABELS(in->traced[i].name));
        exposition_add(x, METRIC_TRACED_LOST, in->traced_lost, 0, NULL);
}

void metrics_add_memory(Exposition *x, const MetricsInput *in)
{
        const Model *m = in->model;
        uint32_t watched = watched_orders(in);

        each_zone(x, m, UINT32_MAX, zone_free);
        each_zone(x, m, UINT32_MAX, zone_allocatable_blocks);
        each_zone(x, m, watched, zone_unusable);
        each_zone(x, m, watched, zone_extfrag);
        each_node(x, m, METRIC_NODE_MANAGED, 0, node_managed);
        each_node(x, m, METRIC_NODE_FREE, 0, node_free);
        each_node(x, m, METRIC_NODE_SCORE, 2, node_score);
        add_threshold(x, m);
        each_node(x, m, METRIC_NODE_UNMOVABLE, 4, node_unmovable);
        each_node(x, m, METRIC_KCOMPACTD_CPU, 9, node_kcompactd);
        add_vmstat(x, m);
        add_pools(x, in);
        add_fallbacks(x, m);
        add_pressure(x, m);
        add_watches(x, in);
        add_messages(x, in);
        add_traced(x, in);
}
