/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guard.c - reasons to hold back now. All are evaluated at each sample, so that status can show them. */
#include "engine/internal.h"

static void set(NodeState *n, Guard g, bool held, uint64_t value, uint64_t limit, usec_t until)
{
        n->guards[g] = (GuardView){ .held = held, .value = value, .limit = limit, .until = until };
}

static void guard_psi(NodeState *n, Guard g, uint32_t value, uint32_t limit)
{
        bool known = value != UINT32_MAX;

        set(n, g, known && limit < 10000 && value > limit, known ? value : 0, limit, 0);
}

static void guard_kcompactd(NodeState *n, const Node *node)
{
        char state = node->kcompactd_state;
        /* Uninterruptible in two samples running: it waits for I/O, perhaps for a filesystem that waits for memory. One more
         * compaction would only queue behind it. */
        bool stuck = state == 'D' && n->state_before == 'D';

        set(n, GUARD_KCOMPACTD_STUCK, stuck, (uint64_t)state, 0, 0);
        set(n, GUARD_KCOMPACTD_BUSY, state == 'R' || state == 'D', (uint64_t)state, 0, 0);
        n->state_before = state;
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
static void guard_budget(Engine *e, NodeState *n)
{
        const BudgetView *b = &e->spent;
        usec_t least = MIN(e->policy.action_limit, b->limit) / 20;

        set(n, GUARD_BUDGET_TIME, b->spent + least >= b->limit, b->spent, b->limit, e->spent_until);
        set(n, GUARD_BUDGET_RUNS, b->runs >= b->runs_limit, b->runs, b->runs_limit, e->spent_until);
}

void guard_update(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now)
{
        const Policy *p = &e->policy;
        usec_t until = n->last_end ? usec_add(n->last_end, p->cooldown) : 0;
        bool paused = e->paused_until > now;

        set(n, GUARD_PAUSED, paused, 0, 0, paused ? e->paused_until : 0);
        guard_psi(n, GUARD_PSI_MEMORY, e->psi_memory, p->hold.psi_memory_some);
        guard_psi(n, GUARD_PSI_CPU, e->psi_cpu, p->hold.psi_cpu_some);
        guard_kcompactd(n, node);
        set(n, GUARD_COOLDOWN, until > now, n->last_end ? usec_sub(now, n->last_end) : 0, p->cooldown, until > now ? until : 0);
        guard_budget(e, n);
        /* Observing needs no actor. */
        set(n, GUARD_NO_ACTOR, p->act && !e->have_actor, 0, 0, 0);
}

Guard guard_first(const NodeState *n, bool requested)
{
        static const Guard binding[] = { GUARD_PAUSED, GUARD_NO_ACTOR, GUARD_KCOMPACTD_STUCK };
        static const Guard all[] = { GUARD_PAUSED, GUARD_NO_ACTOR, GUARD_KCOMPACTD_STUCK, GUARD_PSI_MEMORY, GUARD_PSI_CPU,
                GUARD_BUDGET_TIME, GUARD_BUDGET_RUNS, GUARD_COOLDOWN, GUARD_KCOMPACTD_BUSY };
        const Guard *list = requested ? binding : all;
        size_t count = requested ? ELEMENTSOF(binding) : ELEMENTSOF(all);

        for (size_t i = 0; i < count; i++)
                if (n->guards[list[i]].held)
                        return list[i];
        return GUARD_NONE;
}
