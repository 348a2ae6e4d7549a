/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* family.h - the metric families of fragd: the one table of names, types, units, labels and help.
 * fragd-metrics(7) says the same, and a test compares them.
 *
 * Names as https://prometheus.io/docs/practices/naming has it: base units, a ratio from 0 to 1,
 * never percent. `size` is the order of blocks as text, `node` and `zone` as the kernel names them:
 * the labels of node_exporter's buddyinfo collector, so that its panels work here. The last label
 * of a state set is named like the family: OpenMetrics wants that. */
#pragma once

typedef enum MetricType {
        METRIC_GAUGE,
        METRIC_COUNTER, /* samples end in _total */
        METRIC_HISTOGRAM,
        METRIC_STATESET, /* one sample a state, 0 or 1 */
        METRIC_INFO,     /* samples end in _info; always 1 */
        _METRIC_TYPE_MAX,
} MetricType;

#define METRIC_LABELS_MAX 5

/* In the order in which they are printed. */
typedef enum MetricId {
        /* memory */
        METRIC_FREE_BLOCKS,
        METRIC_ALLOCATABLE_BLOCKS,
        METRIC_UNUSABLE_FREE,
        METRIC_FRAGMENTATION_INDEX,
        METRIC_NODE_MANAGED,
        METRIC_NODE_FREE,
        METRIC_NODE_SCORE,
        METRIC_KCOMPACTD_THRESHOLD,
        METRIC_NODE_UNMOVABLE,
        METRIC_KCOMPACTD_CPU,
        METRIC_KCOMPACTD_WAKES,
        METRIC_DIRECT_COMPACTIONS,
        METRIC_DIRECT_FAILS,
        METRIC_DIRECT_SUCCESSES,
        METRIC_MIGRATED_PAGES,
        METRIC_THP_FAULTS,
        METRIC_THP_FALLBACKS,
        METRIC_HUGETLB_SUCCESSES,
        METRIC_HUGETLB_FAILS,
        METRIC_HUGETLB_SHORT,
        METRIC_FALLBACKS,
        METRIC_FALLBACKS_USUAL,
        METRIC_FALLBACKS_UNUSUAL,
        METRIC_PRESSURE_SOME,
        METRIC_PRESSURE_FULL,
        METRIC_WATCHED_COMPACTIONS,
        METRIC_WATCHED_DELAY,
        METRIC_WATCHED_PROCESSES,
        METRIC_MESSAGES,
        METRIC_MESSAGE_LAST,
        METRIC_MESSAGES_SUPPRESSED,
        METRIC_TRACED_RUNS,
        METRIC_TRACED_TIME,
        METRIC_TRACED_LOST,
        /* objectives */
        METRIC_OBJECTIVE_RESERVE,
        METRIC_OBJECTIVE_REFILL,
        METRIC_OBJECTIVE_CURRENT,
        METRIC_OBJECTIVE_CEILING,
        METRIC_OBJECTIVE_EXHAUSTION,
        METRIC_OBJECTIVE_MET,
        METRIC_OBJECTIVE_OBSERVED,
        METRIC_VERDICT,
        /* what holds fragd back, and what it does */
        METRIC_GUARD_HELD,
        METRIC_GUARD_VALUE,
        METRIC_GUARD_LIMIT,
        METRIC_SINCE_ACTION,
        METRIC_ACTING,
        METRIC_ATTEMPTS,
        METRIC_BACKOFF,
        METRIC_ACTIONS,
        METRIC_GAINED,
        METRIC_COMPACTION_CPU,
        METRIC_ACTION_TIME,
        METRIC_DECISIONS,
        METRIC_BUDGET_LEFT,
        METRIC_BUDGET_LIMIT,
        METRIC_BUDGET_RUNS_LEFT,
        METRIC_BUDGET_RUNS_LIMIT,
        METRIC_BUDGET_SPAN,
        METRIC_KNOB_VALUE,
        METRIC_KNOB_BASELINE,
        METRIC_KNOB_OWNER,
        /* fragd itself */
        METRIC_BUILD,
        METRIC_POLICY,
        METRIC_ACTS,
        METRIC_PAUSED,
        METRIC_CONFIG_GOOD,
        METRIC_LAST_SAMPLE,
        METRIC_POLL,
        METRIC_SOURCE_AVAILABLE,
        METRIC_SOURCE_READ_FAILURES,
        METRIC_SOURCE_PARSE_FAILURES,
        METRIC_PAGETYPEINFO_READ,
        METRIC_CLIENTS,
        METRIC_SCRAPES,
        METRIC_PROCESS_CPU,
        METRIC_PROCESS_RSS,
        METRIC_PROCESS_START,
        _METRIC_MAX,
} MetricId;

typedef struct MetricFamily {
        const char *name;
        MetricType type;
        const char *unit; /* the last word of the name; NULL where a number is just a number */
        const char *labels[METRIC_LABELS_MAX]; /* NULL after the last */
        const char *help;                      /* one line without backslashes and quotes */
} MetricFamily;

/* id in range; never NULL. */
const MetricFamily *metric_family(MetricId id);
