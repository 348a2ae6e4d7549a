/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decision-log.h - the last DECISION_LOG_MAX notable decisions, in memory, with wall-clock times. */
#pragma once

#include <stddef.h>

#include "base/limits.h"
#include "base/usec.h"
#include "engine/decision.h"

typedef struct DecisionLogEntry {
        usec_t realtime; /* since 1970 */
        Decision decision;
} DecisionLogEntry;

typedef struct DecisionLog {
        DecisionLogEntry *entries; /* ring of DECISION_LOG_MAX; owned; touched as it fills */
        size_t n, next;
} DecisionLog;

int decision_log_init(DecisionLog *l); /* -ENOMEM */
void decision_log_done(DecisionLog *l);
void decision_log_add(DecisionLog *l, usec_t realtime, const Decision *d);
/* For the first decision of this run: numbers go on where those that are kept end. */
uint64_t decision_log_next_number(const DecisionLog *l);
/* i-th from the oldest, i < l->n. */
const DecisionLogEntry *decision_log_get(const DecisionLog *l, size_t i);
