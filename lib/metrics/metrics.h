/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metrics.h - the state of fragd as metrics: model, engine, tally and what the daemon knows of
 * itself, rendered as text.
 *
 * A value that is not known (a source is missing, a kernel does not print it) has no sample. The
 * number of series is bounded:
 *
 *     METRICS_SERIES_FIXED + METRICS_SERIES_NODE * nodes + METRICS_SERIES_OBJECTIVE * objectives
 *             + zones * (METRICS_SERIES_ORDER * orders + METRICS_SERIES_WATCHED * watched)
 *
 * objectives: pairs of a node and an objective that applies to it; zones: all zones with memory of
 * all nodes; watched: different orders of the objectives, and the huge page's. fragd-metrics(7)
 * says it, too. */
#pragma once

#include "engine/engine.h"
#include "metrics/exposition.h"
#include "metrics/tally.h"

#define METRICS_SERIES_FIXED     278
#define METRICS_SERIES_NODE      34
#define METRICS_SERIES_OBJECTIVE 13
#define METRICS_SERIES_ORDER     2
#define METRICS_SERIES_WATCHED   2

/* Pools of huge pages that somebody asks for: the largest METRICS_POOLS_MAX. No kernel has more sizes. */
#define METRICS_POOLS_MAX 4

typedef struct MetricsPool {
        unsigned order;
        uint64_t missing; /* pages */
} MetricsPool;

/* A name that the configuration watches, or LEDGER_OTHERS: (others). Since the start of fragd. */
typedef struct MetricsWatch {
        const char *name;
        uint64_t compactions, compact_nsec;
        uint64_t processes; /* UNKNOWN_U64 */
} MetricsWatch;

/* Messages of the kernel that are counted in one place (decode/tally.h); as many as that has rows. */
typedef struct MetricsMessage {
        const char *class, *caller;
        const char *order; /* a number, or a word */
        uint64_t total;
        usec_t last_realtime;
} MetricsMessage;

typedef struct MetricsSource {
        bool available;
        uint64_t read_failures, parse_failures;
} MetricsSource;

/* All borrowed for the call. UNKNOWN_U64 and USEC_INFINITY: not known. */
typedef struct MetricsInput {
        const Model *model;
        const Engine *engine;
        const Tally *tally;
        usec_t now, realtime; /* the same instant, monotonic and since 1970 */
        usec_t sampled;       /* monotonic; 0: never */
        const char *version;
        bool acts;
        bool config_good;
        MetricsSource sources[_SOURCE_MAX];
        bool taskstats; /* a source of its own: asked for, not read */
        const MetricsWatch *watches; /* none where the kernel does not tell */
        size_t n_watches;            /* WATCHED_MAX and others at most */
        bool kernel_log; /* a source, too: the journal is watched */
        const MetricsMessage *messages;
        size_t n_messages;
        const MetricsPool *pools;
        size_t n_pools; /* METRICS_POOLS_MAX at most */
        uint64_t messages_suppressed; /* UNKNOWN_U64: it never was watched */
        bool tracing; /* compactions: a source as well */
        const MetricsWatch *traced; /* as watches, without processes; never both */
        size_t n_traced;
        uint64_t traced_lost;
        usec_t pagetypeinfo_read; /* duration of the last read; 0: never */
        uint64_t api_clients, metrics_clients, scrapes;
        usec_t cpu, started_realtime;
        uint64_t rss; /* bytes */
} MetricsInput;

/* Adds to out. Returns how many series that were, or -ENOMEM. */
int metrics_render(const MetricsInput *in, MetricsFormat format, StrBuf *out);
