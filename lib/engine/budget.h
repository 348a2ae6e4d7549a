/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* budget.h - what compaction has cost lately: a sliding span of actions, each with its start and its CPU time.
 *
 * An action is entered when it starts and charged when it ends; `spent` in any span of `per` is the sum of those that started in it. The
 * ring holds BUDGET_RUNS_MAX; a policy may not allow more runs than that in its span. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/usec.h"

typedef struct Budget {
        struct {
                uint64_t action;
                usec_t at, cost;
        } runs[BUDGET_RUNS_MAX];
        size_t n, next;
} Budget;

/* reserved: what it may cost at most, which counts as spent until it is charged. */
void budget_enter(Budget *b, uint64_t action, usec_t at, usec_t reserved);
/* Sets the cost of an action so far. Actions that left the ring are ignored. */
void budget_charge(Budget *b, uint64_t action, usec_t cost);
/* What started later than now - per. ret_oldest: when the oldest of those started, USEC_INFINITY if there is none. */
void budget_spent(const Budget *b, usec_t now, usec_t per, usec_t *ret_cost, uint32_t *ret_runs, usec_t *ret_oldest);
