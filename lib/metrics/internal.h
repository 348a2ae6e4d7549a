/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* internal.h - for lib/metrics only: the parts of a rendering, in the order of MetricId. */
#pragma once

#include <inttypes.h>
#include <stdio.h>

#include "metrics/metrics.h"

/* A number as a label's value. */
typedef struct NumberLabel {
        char text[24];
} NumberLabel;

static inline const char *number_label(NumberLabel *l, uint64_t number)
{
        snprintf(l->text, sizeof(l->text), "%" PRIu64, number);
        return l->text;
}

/* A sample where the value is known. */
static inline void add_known(
        Exposition *x, MetricId id, uint64_t value, unsigned digits, const char *const labels[])
{
        if (value != UNKNOWN_U64)
                exposition_add(x, id, value, digits, labels);
}

void metrics_add_memory(Exposition *x, const MetricsInput *in);     /* metrics-memory.c */
void metrics_add_objectives(Exposition *x, const MetricsInput *in); /* metrics-engine.c */
void metrics_add_engine(Exposition *x, const MetricsInput *in);
