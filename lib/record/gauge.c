/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is recorded of one sample. */
#include "model/activity.h"
#include "model/allocatable.h"
#include "record/internal.h"

const char *record_count_name(RecordCount c)
{
        static const char *const names[_RECORD_COUNT_MAX] = {
#define X(id, name) [RECORD_##id] = name,
                RECORD_COUNTS(X)
#undef X
        };

        assert(c >= 0 && c < _RECORD_COUNT_MAX);
        return names[c];
}

static void put_level(Cell *row, size_t i, uint64_t value)
{
        row[3 * i] = row[3 * i + 1] = row[3 * i + 2] = cell_from(value);
}

static void put_memory(Record *r, Cell *row, const Model *m, const Node *n)
{
        for (unsigned o = 0; o < r->n_orders; o++) {
                uint64_t blocks = 0;

                for (size_t z = 0; z < n->n_zones; z++)
                        blocks += m->zones[n->first_zone + z].free[o];
                put_level(row, o, blocks);
                put_level(row, r->n_orders + o, node_allocatable(m, n, o, USE_USER));
        }
        put_level(row, 2 * r->n_orders, n->free_pages);
        put_level(row, 2 * r->n_orders + 1, n->score_known ? n->score : UNKNOWN_U64);
        put_level(row, 2 * r->n_orders + 2,
                n->unmovable_permyriad == UINT32_MAX ? UNKNOWN_U64 : n->unmovable_permyriad);
}

static uint64_t to_pages(const Record *r, uint64_t bytes)
{
        return bytes == UNKNOWN_U64 ? bytes : bytes / r->page_size;
}

static void put_objectives(Record *r, Cell *row, const NodeView *v, const Policy *p)
{
        assert(v->objectives);
        for (unsigned i = 0; i < p->n_objectives; i++) {
                const ObjectiveView *o = &v->objectives[i];
                Cell *slot = row_slot(r, row, i);

                if (!o->applies)
                        continue;
                put_level(slot, 0, to_pages(r, o->current));
                slot[3] = cell_from(to_pages(r, o->reserve));
                slot[4] = slot_what(o->order, p->objectives[i].use, o->verdict);
                slot[5] = o->verdict == VERDICT_MET ? 10001 : 1;
        }
}

static uint64_t difference(uint64_t before, uint64_t now)
{
        return before == UNKNOWN_U64 || now == UNKNOWN_U64 || now < before ? UNKNOWN_U64
                                                                           : now - before;
}

static uint64_t kcompactd_usec(const Node *n)
{
        return n->kcompactd_cpu_nsec == UNKNOWN_U64 ? UNKNOWN_U64
                                                    : n->kcompactd_cpu_nsec / NSEC_PER_USEC;
}

static uint64_t known_sum(const uint64_t *values, size_t n)
{
        uint64_t sum = UNKNOWN_U64;

        for (size_t i = 0; i < n; i++)
                sum = count_plus(sum, values[i]);
        return sum;
}

static void take_counts(Record *r, const Model *m)
{
        const Vmstat *v = &m->vmstat;
        const uint64_t stalls[] = { v->allocstall_dma, v->allocstall_dma32, v->allocstall_normal,
                v->allocstall_movable };
        const uint64_t vmstat[_RECORD_COUNT_MAX] = {
                [RECORD_COMPACT_STALL] = v->compact_stall,
                [RECORD_COMPACT_FAIL] = v->compact_fail,
                [RECORD_ALLOCSTALL] = known_sum(stalls, ELEMENTSOF(stalls)),
                [RECORD_THP_FAULT_ALLOC] = v->thp_fault_alloc,
                [RECORD_THP_FAULT_FALLBACK] = v->thp_fault_fallback,
                [RECORD_THP_COLLAPSE_FAILED] = v->thp_collapse_alloc_failed,
                [RECORD_HTLB_FAIL] = v->htlb_buddy_alloc_fail,
                [RECORD_COMPACT_SUCCESS] = v->compact_success,
                [RECORD_COMPACT_WAKE] = v->compact_daemon_wake,
                [RECORD_COMPACT_ISOLATED] = v->compact_isolated,
                [RECORD_COMPACT_SCANNED] = v->compact_migrate_scanned,
                [RECORD_MIGRATED] = v->pgmigrate_success,
                [RECORD_NOT_MIGRATED] = v->pgmigrate_fail,
                [RECORD_THP_FALLBACK_CHARGE] = v->thp_fault_fallback_charge,
                [RECORD_THP_COLLAPSE_ALLOC] = v->thp_collapse_alloc,
                [RECORD_HTLB_ALLOC] = v->htlb_buddy_alloc_success,
                [RECORD_CMA_ALLOC] = v->cma_alloc_success,
                [RECORD_CMA_FAIL] = v->cma_alloc_fail,
        };

        for (RecordCount c = 0; c < RECORD_DEMAND; c++) {
                uint64_t now = model_has(m, SOURCE_VMSTAT) ? vmstat[c] : UNKNOWN_U64;

                if (c == RECORD_PSI_MEMORY)
                        now = model_has(m, SOURCE_PSI_MEMORY) ? m->psi_memory.some.total
                                                              : UNKNOWN_U64;
                else if (c == RECORD_PSI_CPU)
                        now = model_has(m, SOURCE_PSI_CPU) ? m->psi_cpu.some.total : UNKNOWN_U64;
                r->deltas[c] = difference(r->counters[c], now);
                r->counters[c] = now;
        }
}

/* A node's score is above the mark from which kcompactd acts by itself. */
static bool may_act(const Model *m)
{
        int64_t p = m->knobs[KNOB_COMPACTION_PROACTIVENESS];

        for (size_t i = 0; p > 0 && i < m->n_nodes; i++)
                if (m->nodes[i].score_known &&
                        kcompactd_would_act(m->wmark_rule, (uint32_t)MIN(p, INT64_C(100)),
                                m->nodes[i].score))
                        return true;
        return false;
}

static bool own(const Engine *e)
{
        if (engine_prepares(e))
                return true;
        for (size_t i = 0; i < engine_n_nodes(e); i++) {
                NodeView v;

                engine_node_view(e, i, &v);
                if (v.acting && v.lever == LEVER_COMPACT)
                        return true;
        }
        return false;
}

/* Who compacted since the last sample, of what was counted since. */
static void infer(Record *r, const Model *m, const Engine *e, usec_t now)
{
        bool may = may_act(m), ours = own(e);
        ActivityInterval in = { .took = usec_sub(now, r->sampled),
                .stall = r->deltas[RECORD_COMPACT_STALL],
                .wake = r->deltas[RECORD_COMPACT_WAKE],
                .isolated = r->deltas[RECORD_COMPACT_ISOLATED],
                .cma = r->deltas[RECORD_CMA_ALLOC],
                .kcompactd = UNKNOWN_U64,
                .may_act = may || r->may_act,
                .own = ours || r->own,
                .demand = r->on_demand };
        ActivityFound found;

        for (size_t i = 0; i < r->n_nodes; i++)
                in.kcompactd = count_plus(in.kcompactd, r->nodes[i]->kcompactd_delta);
        activity_attribute(&in, &found);
        r->deltas[RECORD_DEMAND] = found.demand;
        r->deltas[RECORD_PROACTIVE] = found.proactive;
        r->deltas[RECORD_PROACTIVE_SEEN] = found.proactive_seen;
        r->deltas[RECORD_MANUAL_SEEN] = found.manual_seen;
        r->deltas[RECORD_MANUAL_PAGES] = found.manual_pages;
        r->sampled = now;
        r->may_act = may;
        r->own = ours;
        r->on_demand = found.on_demand;
}

void gauge_deltas(Record *r, const Model *m, const Engine *e, usec_t now)
{
        for (size_t i = 0; i < r->n_nodes; i++) {
                NodeRings *rings = r->nodes[i];
                const Node *n = model_node_const(m, rings->id);
                uint64_t used = n ? kcompactd_usec(n) : UNKNOWN_U64;

                rings->kcompactd_delta = difference(rings->kcompactd, used);
                rings->kcompactd = used;
        }
        take_counts(r, m);
        infer(r, m, e, now);
}

int gauge_make_room(Record *r, const Model *m, const Engine *e)
{
        const Policy *p = engine_policy(e);
        NodeRings *rings;
        int k = p ? record_widen(r, p->n_objectives) : 0;

        if (k < 0)
                return k;
        r->n_left_out = 0;
        for (size_t i = 0; i < m->n_nodes; i++) {
                if (record_find_node(r, m->nodes[i].id))
                        continue;
                k = record_add_node(r, m->nodes[i].id, &rings);
                if (k == -E2BIG)
                        r->n_left_out++;
                else if (k < 0)
                        return k;
        }
        return 0;
}

void gauge_levels(Record *r, const Model *m, const Engine *e)
{
        const Policy *p = engine_policy(e);
        size_t k = 0;

        for (size_t i = 0; i < r->n_nodes; i++)
                r->nodes[i]->here = false;
        for (size_t i = 0; i < m->n_nodes; i++) {
                const Node *n = &m->nodes[i];
                NodeRings *rings = record_find_node(r, n->id);
                NodeView v = { .id = 0 };

                if (!rings)
                        continue;
                rings->here = true;
                memset(rings->now, 0, sizeof(rings->now));
                put_memory(r, rings->now, m, n);
                /* both ascend by id */
                while (k < engine_n_nodes(e) && (engine_node_view(e, k, &v), v.id < n->id))
                        k++;
                if (p && k < engine_n_nodes(e) && v.id == n->id)
                        put_objectives(r, rings->now, &v, p);
        }
}
