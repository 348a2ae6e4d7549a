/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exposition.h - metrics as text, in the two formats that Prometheus reads. Sources: Prometheus'
 * "text format 0.0.4" and OpenMetrics 1.0.
 *
 * Both have the same names, labels and values, so that a query does not depend on what was
 * negotiated. They differ in the heading of a family (OpenMetrics names counters without _total and
 * info without _info, and gives units), in types that 0.0.4 lacks (stateset and info are gauges
 * there), and in the last line.
 *
 * Samples of a family stand together, families in the order of MetricId; a family without samples
 * is left out. Numbers are decimal fractions, exactly as they are counted: no floating point. */
#pragma once

#include "base/strbuf.h"
#include "metrics/family.h"

typedef enum MetricsFormat {
        METRICS_TEXT,        /* text/plain; version=0.0.4 */
        METRICS_OPENMETRICS, /* application/openmetrics-text; version=1.0.0 */
        _METRICS_FORMAT_MAX,
} MetricsFormat;

/* The value of Content-Type. */
const char *metrics_content_type(MetricsFormat format);

typedef struct Exposition {
        StrBuf *out; /* borrowed; a failed allocation shows in strbuf_error() */
        MetricsFormat format;
        MetricId current; /* whose heading was written last; _METRIC_MAX: none */
        size_t series;
} Exposition;

#define EXPOSITION_INIT(o, f)                                                                      \
        {                                                                                          \
                .out = (o), .format = (f), .current = _METRIC_MAX                                  \
        }

/* Label values, in the order of the family's labels, as many as it has; they are escaped. */
#define LABELS(...) ((const char *const[]){ __VA_ARGS__ })

/* value / 10^digits; digits up to 9. */
void exposition_add(
        Exposition *x, MetricId id, uint64_t value, unsigned digits, const char *const labels[]);
void exposition_add_signed(
        Exposition *x, MetricId id, int64_t value, unsigned digits, const char *const labels[]);
/* +Inf */
void exposition_add_infinite(Exposition *x, MetricId id, const char *const labels[]);
/* One series for each of n names: 1 for the one at `current`, 0 for the others. The last label of
 * the family is the state's. */
void exposition_add_states(Exposition *x, MetricId id, size_t n, const char *const names[],
        size_t current, const char *const labels[]);
/* Microseconds, as seconds: counts[i] of at most bounds[i] (ascending), counts[n] of more; sum of
 * all. No labels. */
void exposition_add_histogram(Exposition *x, MetricId id, size_t n, const uint64_t bounds[],
        const uint64_t counts[], uint64_t sum);
/* The last line. */
void exposition_end(Exposition *x);
