/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/decision-log.h"

#include "base/macros.h"

int decision_log_init(DecisionLog *l)
{
        /* calloc: pages of the ring are only touched as it fills. */
        DecisionLogEntry *entries = calloc(DECISION_LOG_MAX, sizeof(*entries));

        if (!entries)
                return -ENOMEM;
        *l = (DecisionLog){ .entries = entries };
        return 0;
}

void decision_log_done(DecisionLog *l)
{
        free(l->entries);
        *l = (DecisionLog){ 0 };
}

void decision_log_add(DecisionLog *l, usec_t realtime, const Decision *d)
{
        l->entries[l->next] = (DecisionLogEntry){ .realtime = realtime, .decision = *d };
        l->next = (l->next + 1) % DECISION_LOG_MAX;
        if (l->n < DECISION_LOG_MAX)
                l->n++;
}

uint64_t decision_log_next_number(const DecisionLog *l)
{
        return l->n > 0 ? decision_log_get(l, l->n - 1)->decision.number + 1 : 1;
}

const DecisionLogEntry *decision_log_get(const DecisionLog *l, size_t i)
{
        size_t oldest = (l->next + DECISION_LOG_MAX - l->n) % DECISION_LOG_MAX;

        assert(i < l->n);
        return &l->entries[(oldest + i) % DECISION_LOG_MAX];
}
