/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* random-model.h - models of random shape and content, as far as a model can have it. */
#pragma once

#include "base/macros.h"
#include "model/model.h"
#include "trace/random.h"

static inline void random_zone(Random *r, const Model *m, uint32_t node, Zone *z)
{
        static const char *const names[] = { "DMA", "DMA32", "Normal", "HighMem", "Movable" };

        *z = (Zone){
                .node = node,
                .movable = random_below(r, 2),
                .free_pages = random_number(r, 0),
                .min = random_number(r, UNKNOWN_U64),
                .low = random_number(r, UNKNOWN_U64),
                .high = random_number(r, UNKNOWN_U64),
                .boost = random_number(r, UNKNOWN_U64),
                .present = random_number(r, UNKNOWN_U64),
                .managed = random_number(r, UNKNOWN_U64),
                .free_cma = random_number(r, UNKNOWN_U64),
                .free_highatomic = random_number(r, UNKNOWN_U64),
                .protection_user = random_number(r, UNKNOWN_U64),
                .protection_kernel = random_number(r, UNKNOWN_U64),
                .pagetype_known = random_below(r, 2),
                .score = (uint32_t)random_below(r, 101),
        };
        strcpy(z->name, names[random_below(r, ELEMENTSOF(names))]);
        for (unsigned o = 0; o < m->n_orders; o++)
                z->free[o] = random_number(r, 0);
        for (unsigned t = 0; z->pagetype_known && t < _MIGRATE_TYPE_MAX; t++)
                z->blocks[t] = random_number(r, 0);
}

static inline void random_psi(Random *r, Psi *p)
{
        *p = (Psi){
                .some = { (uint32_t)random_below(r, 10001), 1, 2, random_number(r, 0) },
                .have_full = random_below(r, 2),
                .skipped = (unsigned)random_below(r, 3),
        };
        if (p->have_full)
                p->full = (PsiLine){ 3, 4, (uint32_t)random_below(r, 10001), random_number(r, 0) };
}

static inline void random_fallbacks(Random *r, FallbackSignal *s)
{
        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++) {
                s->total[k] = random_number(r, 0);
                s->recent[k] = random_number(r, UNKNOWN_U64);
                s->usual[k] = random_number(r, UNKNOWN_U64);
                s->upper[k] = random_number(r, UNKNOWN_U64);
                s->unusual[k] = random_below(r, 2);
        }
        s->steps = (uint32_t)random_below(r, FALLBACK_STEPS + 1);
}

static inline void random_sources(Random *r, Model *m)
{
        uint64_t *meminfo = (uint64_t *)&m->meminfo;

        m->have = (uint32_t)random_below(r, 1u << _SOURCE_MAX);
        vmstat_reset(&m->vmstat);
        for (size_t i = 0; model_has(m, SOURCE_VMSTAT) && i < VMSTAT_COUNT; i++)
                *vmstat_counter(&m->vmstat, i) = random_number(r, UNKNOWN_U64);
        for (size_t i = 0; i < offsetof(Meminfo, skipped) / sizeof(uint64_t); i++)
                meminfo[i] = model_has(m, SOURCE_MEMINFO) ? random_number(r, UNKNOWN_U64)
                                                          : UNKNOWN_U64;
        if (model_has(m, SOURCE_PSI_MEMORY))
                random_psi(r, &m->psi_memory);
        if (model_has(m, SOURCE_PSI_CPU))
                random_psi(r, &m->psi_cpu);
        for (size_t i = 0; i < _KNOB_MAX; i++)
                m->knobs[i] = model_has(m, SOURCE_KNOBS) ? (int64_t)random_number(r, UINT64_MAX)
                                                         : KNOB_VALUE_NONE;
        if (model_has(m, SOURCE_FALLBACKS))
                random_fallbacks(r, &m->fallbacks);
}

/* m is MODEL_INIT; owned by the caller. */
static inline void random_model(Random *r, Model *m)
{
        size_t n_nodes = random_below(r, 5);

        *m = (Model){
                .page_size = 4096u << random_below(r, 5),
                .n_orders = (uint8_t)(1 + random_below(r, ORDERS_MAX)),
                .thp_order = random_below(r, 2) ? UINT8_MAX : (uint8_t)random_below(r, 64),
                .pageblock_order = (uint8_t)random_below(r, 64),
                .wmark_rule = random_below(r, 2) ? WMARK_RULE_CAPPED : WMARK_RULE_UNCAPPED,
                .nodes = calloc(n_nodes + 1, sizeof(Node)),
                .zones = calloc((n_nodes + 1) * ZONES_PER_NODE_MAX, sizeof(Zone)),
                .n_nodes_allocated = n_nodes + 1,
                .n_zones_allocated = (n_nodes + 1) * ZONES_PER_NODE_MAX,
        };
        m->huge_order = (uint8_t)random_below(r, m->n_orders);
        random_sources(r, m);
        for (size_t i = 0; i < n_nodes; i++) {
                Node *n = &m->nodes[m->n_nodes++];

                *n = (Node){
                        .id = (uint32_t)(i * 7 + random_below(r, 7)),
                        .first_zone = m->n_zones,
                        .n_zones = random_below(r, ZONES_PER_NODE_MAX + 1),
                        .present = random_number(r, UNKNOWN_U64),
                        .managed = random_number(r, UNKNOWN_U64),
                        .free_pages = random_number(r, 0),
                        .score = (uint32_t)random_below(r, 100),
                        .score_known = random_below(r, 2),
                        .kcompactd_state = "RSD"[random_below(r, 4)],
                        .kcompactd_cpu_nsec = random_number(r, UNKNOWN_U64),
                        .unmovable_permyriad = (uint32_t)random_number(r, UINT32_MAX),
                };
                for (size_t k = 0; k < n->n_zones; k++)
                        random_zone(r, m, n->id, &m->zones[m->n_zones++]);
        }
}

/* Fails the test where anything differs. */
static inline void assert_models_equal(Model *a, Model *b)
{
#define SAME(m) ck_assert_msg(a->m == b->m, #m " differs")
        SAME(have), SAME(page_size), SAME(n_orders), SAME(thp_order), SAME(pageblock_order),
                SAME(huge_order);
        SAME(wmark_rule), SAME(n_nodes), SAME(n_zones);
        for (size_t i = 0; i < a->n_nodes; i++) {
                SAME(nodes[i].id), SAME(nodes[i].first_zone), SAME(nodes[i].n_zones),
                        SAME(nodes[i].present);
                SAME(nodes[i].managed), SAME(nodes[i].free_pages), SAME(nodes[i].score);
                SAME(nodes[i].score_known), SAME(nodes[i].kcompactd_state),
                        SAME(nodes[i].kcompactd_cpu_nsec);
                SAME(nodes[i].unmovable_permyriad);
        }
        for (size_t i = 0; i < a->n_zones; i++) {
                ck_assert_str_eq(a->zones[i].name, b->zones[i].name);
                ck_assert_mem_eq(a->zones[i].free, b->zones[i].free, sizeof(a->zones[i].free));
                ck_assert_mem_eq(
                        a->zones[i].blocks, b->zones[i].blocks, sizeof(a->zones[i].blocks));
                SAME(zones[i].node), SAME(zones[i].movable), SAME(zones[i].free_pages),
                        SAME(zones[i].min);
                SAME(zones[i].low), SAME(zones[i].high), SAME(zones[i].boost),
                        SAME(zones[i].present);
                SAME(zones[i].managed), SAME(zones[i].free_cma), SAME(zones[i].free_highatomic);
                SAME(zones[i].protection_user), SAME(zones[i].protection_kernel);
                SAME(zones[i].pagetype_known), SAME(zones[i].score);
        }
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                ck_assert_msg(*vmstat_counter(&a->vmstat, i) == *vmstat_counter(&b->vmstat, i),
                        "vmstat %s differs", vmstat_name(i));
        SAME(vmstat.skipped), SAME(meminfo.skipped);
        ck_assert_mem_eq(&a->meminfo, &b->meminfo, offsetof(Meminfo, skipped));
        SAME(psi_memory.some.avg10), SAME(psi_memory.some.total), SAME(psi_memory.have_full);
        SAME(psi_memory.full.avg300), SAME(psi_memory.full.total), SAME(psi_memory.skipped);
        SAME(psi_cpu.some.avg10), SAME(psi_cpu.some.total), SAME(psi_cpu.have_full),
                SAME(psi_cpu.full.avg60);
        ck_assert_mem_eq(a->knobs, b->knobs, sizeof(a->knobs));
        for (FallbackKind k = 0; model_has(a, SOURCE_FALLBACKS) && k < _FALLBACK_KIND_MAX; k++) {
                SAME(fallbacks.total[k]), SAME(fallbacks.recent[k]), SAME(fallbacks.usual[k]);
                SAME(fallbacks.upper[k]), SAME(fallbacks.unusual[k]), SAME(fallbacks.steps);
        }
#undef SAME
}
