/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guard.c - reasons to hold back now. All are evaluated at each sample, so that status can show them. */
#include "engine/internal.h"

void guard_set(NodeState *n, Guard g, const GuardView *v, usec_t now)
{
        n->guards[g] = *v;
        if (!v->held)
                n->held_since[g] = 0;
        else if (!n->held_since[g])
                n->held_since[g] = MAX(now, (usec_t)1);
}

static void set(NodeState *n, Guard g, bool held, uint64_t value, uint64_t limit, usec_t until, usec_t now)
{
        GuardView v = { .held = held, .value = value, .limit = limit, .until = until };

        guard_set(n, g, &v, now);
}

static void guard_psi(NodeState *n, Guard g, uint32_t value, uint32_t limit, usec_t now)
{
        bool known = value != UINT32_MAX;

        set(n, g, known && limit < 10000 && value > limit, known ? value : 0, limit, 0, now);
}

/* Uninterruptible for long, and not at work: it waits for I/O, perhaps for a filesystem that waits for memory. One more compaction
 * would only queue behind it. */
static bool kcompactd_stuck(NodeState *n, const Node *node, usec_t now)
{
        if (node->kcompactd_state != 'D' || (n->stuck_since && node->kcompactd_cpu_nsec != n->stuck_cpu))
                n->stuck_since = 0;
        if (node->kcompactd_state != 'D')
                return false;
        if (!n->stuck_since) {
                n->stuck_since = MAX(now, (usec_t)1);
                n->stuck_cpu = node->kcompactd_cpu_nsec;
        }
        return usec_sub(now, n->stuck_since) >= STUCK_AFTER;
}

static void guard_kcompactd(NodeState *n, const Node *node, usec_t now)
{
        char state = node->kcompactd_state;

        set(n, GUARD_KCOMPACTD_STUCK, kcompactd_stuck(n, node, now), (uint64_t)state, 0, 0, now);
        set(n, GUARD_KCOMPACTD_BUSY, state == 'R' || state == 'D', (uint64_t)state, 0, 0, now);
}

void guard_budget_update(Engine *e, usec_t now)
{
        const Policy *p = &e->policy;
        usec_t oldest;

        e->spent = (BudgetView){ .limit = p->budget.compaction_time, .runs_limit = p->budget.runs, .per = p->budget.per };
        budget_spent(&e->budget, now, p->budget.per, &e->spent.spent, &e->spent.runs, &oldest);
        e->spent_until = usec_add(oldest, p->budget.per);
}

/* An action is not begun for the last twentieth of what one may cost. */
static void guard_budget(Engine *e, NodeState *n, usec_t now)
{
        const BudgetView *b = &e->spent;
        usec_t least = MIN(e->policy.action_limit, b->limit) / 20;

        set(n, GUARD_BUDGET_TIME, b->spent + least >= b->limit, b->spent, b->limit, e->spent_until, now);
        set(n, GUARD_BUDGET_RUNS, b->runs >= b->runs_limit, b->runs, b->runs_limit, e->spent_until, now);
}

/* Twice the mark at which kswapd rests is free: what it does all the same is done for blocks. */
static bool roomy(const Model *m, const Node *node)
{
        uint64_t high = 0;

        for (size_t i = 0; i < node->n_zones; i++) {
                uint64_t mark = m->zones[node->first_zone + i].high;

                high += mark != UNKNOWN_U64 ? mark : 0;
        }
        return high && node->free_pages / 2 >= high;
}

/* Tasks wait for memory, but for blocks of it: compaction is what helps them. */
static bool wait_for_blocks(const Engine *e, const Model *m, const Node *node)
{
        return e->stalls_alone && (e->kswapd_rests || roomy(m, node));
}

/* The end of the cool-down. Memory that has come free since the last action began, as after a load peak, was not there to be compacted then:
 * for that the action has only to be measured. Each action sets a new mark, so that this does not repeat by itself. */
static usec_t rests_until(const NodeState *n, const Policy *p, const Node *node)
{
        if (!n->last_end)
                return 0;
        return usec_add(n->last_end, much_more(node->free_pages, n->free_at_start) ? MIN(p->settle, p->cooldown) : p->cooldown);
}

void guard_update(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now)
{
        const Policy *p = &e->policy;
        usec_t until = rests_until(n, p, node);
        bool paused = e->paused_until > now;

        set(n, GUARD_PAUSED, paused, 0, 0, paused ? e->paused_until : 0, now);
        guard_psi(n, GUARD_PSI_MEMORY, e->psi_memory, wait_for_blocks(e, m, node) ? 10000 : p->hold.psi_memory_some, now);
        guard_psi(n, GUARD_PSI_CPU, e->psi_cpu, p->hold.psi_cpu_some, now);
        guard_kcompactd(n, node, now);
        set(n, GUARD_COOLDOWN, until > now, n->last_end ? usec_sub(now, n->last_end) : 0, p->cooldown, until > now ? until : 0, now);
        guard_budget(e, n, now);
        /* Observing needs no actor. */
        set(n, GUARD_NO_ACTOR, p->act && !e->have_actor, 0, 0, 0, now);
        set(n, GUARD_RIVAL, rival_that_compacts(e->rivals) != RIVAL_NONE, rival_that_compacts(e->rivals), 0, 0, now);
        set(n, GUARD_KNOB_OWNED, false, 0, 0, 0, now); /* found out when a lever is chosen */
}

Guard guard_first(const NodeState *n, bool requested)
{
        static const Guard binding[] = { GUARD_PAUSED, GUARD_NO_ACTOR, GUARD_KCOMPACTD_STUCK };
        static const Guard all[] = { GUARD_PAUSED, GUARD_NO_ACTOR, GUARD_RIVAL, GUARD_KCOMPACTD_STUCK, GUARD_PSI_MEMORY, GUARD_PSI_CPU,
                GUARD_BUDGET_TIME, GUARD_BUDGET_RUNS, GUARD_COOLDOWN, GUARD_KCOMPACTD_BUSY };
        const Guard *list = requested ? binding : all;
        size_t count = requested ? ELEMENTSOF(binding) : ELEMENTSOF(all);

        for (size_t i = 0; i < count; i++)
                if (n->guards[list[i]].held)
                        return list[i];
        return GUARD_NONE;
}
