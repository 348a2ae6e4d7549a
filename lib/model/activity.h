/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* activity.h - what compaction did lately, by its four kinds: direct (by a task that allocates), kcompactd on demand,
 * kcompactd proactively, and manual (vm.compact_memory, nodeN/compact).
 *
 * A window of the last ACTIVITY_SPAN, never "since boot". The kernel counts only direct compaction in full
 * (compact_stall = compact_success + compact_fail, mm/page_alloc.c __alloc_pages_direct_compact()) and kcompactd's
 * wake-ups on demand (compact_daemon_wake). The rest is inferred from one sample to the next:
 *   - kcompactd used CPU time and was not woken on demand: proactive (mm/compaction.c kcompactd() counts no event for it);
 *   - pages were isolated (compact_isolated) although nobody of the above worked and fragd did not: manual, by somebody else.
 * Interval and attribution are as fine as the samples. Times monotonic. A counter that went back makes the window's unknown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

#define ACTIVITY_SPAN   (15 * USEC_PER_MIN)
#define ACTIVITY_GAP    (30 * USEC_PER_SEC) /* between two points of the window */
#define ACTIVITY_POINTS 31

typedef struct ActivityNode {
        uint32_t id;
        uint32_t score;
        uint64_t cpu_nsec; /* kcompactd's; UNKNOWN_U64 */
        bool above;        /* its score is above the mark from which kcompactd acts by itself */
} ActivityNode;

typedef struct ActivityTotals { /* since the first sample */
        uint64_t demand_cpu, proactive_cpu; /* kcompactd's, nanoseconds */
        uint64_t proactive_seen;            /* samples between which it worked proactively */
        uint64_t own_runs, own_cpu;         /* fragd's own compactions; microseconds */
        uint64_t other_seen, other_isolated; /* samples between which somebody else compacted; pages */
} ActivityTotals;

typedef struct ActivityPoint {
        usec_t at;
        Vmstat vmstat;
        ActivityTotals totals;
        ActivityNode *nodes; /* owned */
        size_t n_nodes, n_allocated;
} ActivityPoint;

typedef struct Activity {
        ActivityPoint points[ACTIVITY_POINTS]; /* a ring: first is the oldest */
        size_t first, n;
        ActivityPoint last; /* the last sample */
        bool sampled, owned; /* owned: fragd's compaction ran at the last sample */
} Activity;

#define ACTIVITY_INIT { 0 }
void activity_done(Activity *a);
/* own: a compaction that fragd started is running. -ENOMEM: the sample is not taken. */
int activity_sample(Activity *a, const Model *m, usec_t now, bool own);
/* A compaction of fragd's ended. */
void activity_own_run(Activity *a, usec_t cpu);

typedef struct ActivityWindow {
        usec_t over;    /* 0: fewer than two samples, all unknown */
        Vmstat delta;   /* of counters; UNKNOWN_U64 */
        ActivityTotals totals;
        bool cpu_known; /* kcompactd's */
} ActivityWindow;
void activity_window(const Activity *a, ActivityWindow *ret);

typedef enum KcompactdDoing {
        KCOMPACTD_UNKNOWN, /* cannot be seen, or not for long enough */
        KCOMPACTD_IDLE,
        KCOMPACTD_WORKING,
        KCOMPACTD_DEFERRED, /* inferred: it should work, and waits: its last pass did not lower the score, or kswapd runs */
        KCOMPACTD_FUTILE,   /* it worked, and the score is as high as before */
        _KCOMPACTD_DOING_MAX,
} KcompactdDoing;
const char *kcompactd_doing_name(KcompactdDoing d);

typedef struct KcompactdWindow {
        uint64_t cpu_nsec;         /* in the window; UNKNOWN_U64 */
        uint32_t cpu_permyriad;    /* of one CPU, 0..10000; UINT32_MAX */
        uint32_t score_from, score_to;
        KcompactdDoing doing;
} KcompactdWindow;
/* state: the letter that the kernel shows for the thread now, 0 if it cannot be seen. */
void activity_kcompactd(const Activity *a, uint32_t node, char state, KcompactdWindow *ret);

/* success of (success + fail), permyriad, 0..10000; UINT32_MAX where there was none or it is not known. */
uint32_t activity_success(const ActivityWindow *w);
/* Nearly all direct compactions failed, ACTIVITY_MANY at least. */
bool activity_direct_futile(const ActivityWindow *w);
/* Inferred: direct compactions failed without looking at memory (compact_migrate_scanned), as they do while they are deferred. */
bool activity_direct_deferred(const ActivityWindow *w);
#define ACTIVITY_MANY 10
