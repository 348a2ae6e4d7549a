/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.h - a machine for engine tests: nodes with one Normal zone each, whose free memory is so many loose pages and so many
 * huge blocks; and an actor that does what decisions ask. Sizes in MiB, 4 KiB pages, 11 orders, huge pages of order 9. */
#pragma once

#include "engine/engine.h"
#include "test.h"

#define MIB          (UINT64_C(1) << 20)
#define PAGES(mib)   ((uint64_t)(mib) * 256)
#define MACHINE_NODES_MAX 8

typedef struct Machine {
        Model model;
        Engine *engine;
        usec_t now;
        Outcome out;
        struct {
                bool running; /* a compaction by the actor */
                uint64_t action;
                usec_t started;
                uint64_t huge, loose; /* MiB free in blocks of 2 MiB, and in single pages */
        } nodes[MACHINE_NODES_MAX];
        struct {
                bool owed; /* an answer to a knob order */
                Event event;
        } knob[16];
        size_t n_owed;
        unsigned sets, restores, compacts, stops; /* acts that were ordered */
        int64_t highest;                          /* proactiveness ever written */
} Machine;

static inline void machine_free_memory(Machine *m, size_t i, uint64_t huge, uint64_t loose)
{
        Zone *z = &m->model.zones[i];

        m->nodes[i].huge = huge;
        m->nodes[i].loose = loose;
        memset(z->free, 0, sizeof(z->free));
        z->free[0] = PAGES(loose);
        z->free[9] = huge / 2;
        z->free_pages = PAGES(loose) + (huge / 2 << 9);
        m->model.nodes[i].free_pages = z->free_pages;
        z->score = z->free_pages ? (uint32_t)(PAGES(loose) * 100 / z->free_pages) : 0;
        m->model.nodes[i].score = (uint32_t)((uint64_t)z->score * z->present / (m->model.nodes[i].present + 1));
}

static inline void machine_init(Machine *m, size_t n_nodes, uint64_t managed_mib)
{
        *m = (Machine){ .now = 1000 * USEC_PER_SEC };
        m->model.page_size = 4096;
        m->model.n_orders = 11;
        m->model.thp_order = m->model.huge_order = m->model.pageblock_order = 9;
        m->model.have = 1U << SOURCE_BUDDYINFO | 1U << SOURCE_ZONEINFO | 1U << SOURCE_VMSTAT | 1U << SOURCE_PSI_MEMORY |
                1U << SOURCE_PSI_CPU | 1U << SOURCE_KNOBS;
        m->model.nodes = calloc(n_nodes, sizeof(Node));
        m->model.zones = calloc(n_nodes, sizeof(Zone));
        m->model.n_nodes = m->model.n_zones = n_nodes;
        for (size_t i = 0; i < _KNOB_MAX; i++)
                m->model.knobs[i] = KNOB_VALUE_NONE;
        m->model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 20;
        m->model.knobs[KNOB_WATERMARK_BOOST_FACTOR] = 15000;
        for (size_t i = 0; i < n_nodes; i++) {
                Node *n = &m->model.nodes[i];
                Zone *z = &m->model.zones[i];

                *n = (Node){ .id = (uint32_t)i, .first_zone = i, .n_zones = 1, .present = PAGES(managed_mib),
                        .managed = PAGES(managed_mib), .score_known = true, .kcompactd_state = 'S',
                        .unmovable_permyriad = UINT32_MAX };
                *z = (Zone){ .node = (uint32_t)i, .name = "Normal", .min = PAGES(4), .low = PAGES(5), .high = PAGES(6),
                        .present = PAGES(managed_mib), .managed = PAGES(managed_mib), .boost = 0, .free_cma = 0,
                        .free_highatomic = UNKNOWN_U64 };
                machine_free_memory(m, i, managed_mib / 2, managed_mib / 8);
        }
        ck_assert_int_eq(engine_new(&m->engine, MACHINE_NODES_MAX, 1), 0);
}

static inline void machine_done(Machine *m)
{
        engine_free(m->engine);
        free(m->model.nodes);
        free(m->model.zones);
}

/* The actor: knob orders are answered at the next machine_answer(), compactions run until they are ended. */
static inline void machine_act(Machine *m, const Decision *d)
{
        if (d->would || d->act == ACT_NONE)
                return;
        if (d->act == ACT_SET_KNOB || d->act == ACT_RESTORE_KNOB) {
                ck_assert_uint_lt(m->n_owed, ELEMENTSOF(m->knob));
                m->knob[m->n_owed++].event = (Event){ .type = EVENT_ACTION_DONE,
                        .done = { .action = d->action, .act = d->act, .knob = d->knob, .value = d->new_value } };
                m->model.knobs[d->knob] = d->new_value;
                if (d->act == ACT_SET_KNOB) {
                        m->sets++;
                        m->highest = MAX(m->highest, d->knob == KNOB_COMPACTION_PROACTIVENESS ? d->new_value : 0);
                } else
                        m->restores++;
        } else if (d->act == ACT_COMPACT) {
                ck_assert(!m->nodes[d->node].running);
                m->nodes[d->node].running = true;
                m->nodes[d->node].action = d->action;
                m->nodes[d->node].started = m->now;
                m->compacts++;
        } else
                m->stops++;
}

static inline void machine_step(Machine *m, const Event *ev)
{
        ck_assert_int_eq(engine_step(m->engine, ev, m->now, &m->out), 0);
        for (size_t i = 0; i < m->out.n_decisions; i++)
                machine_act(m, &m->out.decisions[i]);
}

static inline void machine_answer(Machine *m)
{
        size_t n = m->n_owed;
        Event owed[ELEMENTSOF(m->knob)];

        for (size_t i = 0; i < n; i++)
                owed[i] = m->knob[i].event;
        m->n_owed = 0;
        for (size_t i = 0; i < n; i++)
                machine_step(m, &owed[i]);
}

static inline void machine_compaction_ends(Machine *m, uint32_t node, int result)
{
        Event ev = { .type = EVENT_ACTION_DONE,
                .done = { .action = m->nodes[node].action, .act = ACT_COMPACT, .node = node, .result = result,
                        .cpu = usec_sub(m->now, m->nodes[node].started), .wall = usec_sub(m->now, m->nodes[node].started) } };

        ck_assert(m->nodes[node].running);
        m->nodes[node].running = false;
        machine_step(m, &ev);
}

static inline void machine_sample(Machine *m)
{
        machine_step(m, &(Event){ .type = EVENT_SAMPLE, .sample = &m->model });
}

/* Lets time pass and samples when the engine asked for it. */
static inline void machine_run(Machine *m, usec_t span)
{
        usec_t end = m->now + span;

        while (m->out.next_wakeup <= end) {
                ck_assert_uint_ge(m->out.next_wakeup, m->now);
                m->now = MAX(m->now, m->out.next_wakeup);
                machine_sample(m);
                machine_answer(m);
        }
        m->now = end;
}

static inline void policy_objective(Policy *p, const char *use_thp, uint64_t reserve_mib, uint64_t refill_mib)
{
        p->objectives[p->n_objectives++] = (Objective){ .size = streq(use_thp, "thp") ? SIZE_THP : 65536,
                .reserve = { .bytes = reserve_mib * MIB }, .refill = { .bytes = refill_mib * MIB }, .node = NODE_EVERY,
                .use = streq(use_thp, "thp") ? USE_USER : USE_KERNEL };
}

/* Follows the policy with an actor, from now on. */
static inline void machine_follow(Machine *m, const Policy *p)
{
        machine_step(m, &(Event){ .type = EVENT_ACTOR, .actor_present = true });
        machine_step(m, &(Event){ .type = EVENT_POLICY, .policy = p });
}

/* The last decision of this step with that reason; NULL if there is none. */
static inline const Decision *machine_decision(const Machine *m, Reason reason)
{
        for (size_t i = m->out.n_decisions; i-- > 0;)
                if (m->out.decisions[i].reason == reason)
                        return &m->out.decisions[i];
        return NULL;
}
