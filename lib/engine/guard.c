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

void guard_update(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now)
{
        const Policy *p = &e->policy;
        usec_t until = n->last_end ? usec_add(n->last_end, p->cooldown) : 0;
        bool paused = e->paused_until > now;

        set(n, GUARD_PAUSED, paused, 0, 0, paused ? e->paused_until : 0, now);
        guard_psi(n, GUARD_PSI_MEMORY, e->psi_memory, e->stalls_alone ? 10000 : p->hold.psi_memory_some, now);
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
