/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/budget.h"

#include "base/macros.h"

void budget_enter(Budget *b, uint64_t action, usec_t at, usec_t reserved)
{
        b->runs[b->next].action = action;
        b->runs[b->next].at = at;
        b->runs[b->next].cost = reserved;
        b->next = (b->next + 1) % BUDGET_RUNS_MAX;
        b->n = MIN(b->n + 1, (size_t)BUDGET_RUNS_MAX);
}

void budget_charge(Budget *b, uint64_t action, usec_t cost)
{
        for (size_t i = 0; i < b->n; i++)
                if (b->runs[i].action == action)
                        b->runs[i].cost = cost;
}

void budget_spent(const Budget *b, usec_t now, usec_t per, usec_t *ret_cost, uint32_t *ret_runs, usec_t *ret_oldest)
{
        usec_t cost = 0, oldest = USEC_INFINITY;
        uint32_t runs = 0;

        for (size_t i = 0; i < b->n; i++) {
                if (usec_sub(now, b->runs[i].at) >= per)
                        continue;
                cost = usec_add(cost, b->runs[i].cost);
                runs++;
                oldest = MIN(oldest, b->runs[i].at);
        }
        *ret_cost = cost;
        *ret_runs = runs;
        *ret_oldest = oldest;
}
