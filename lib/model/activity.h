/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* activity.h - who compacted between two samples: direct compaction (by a task that allocates),
 * kcompactd on demand, kcompactd proactively, or somebody by hand (vm.compact_memory,
 * nodeN/compact).
 *
 * The kernel counts direct compaction in full (compact_stall = compact_success + compact_fail,
 * mm/page_alloc.c
 * __alloc_pages_direct_compact()) and kcompactd's wake-ups on demand (compact_daemon_wake,
 * mm/compaction.c kcompactd_do_work()). It counts no event for proactive and manual compaction.
 * Those are inferred:
 *   - kcompactd used CPU time and was not woken on demand, nor still at work on such a demand:
 * proactive;
 *   - pages were isolated (compact_isolated) although none of the above was at work, fragd did not
 * compact, and CMA handed out nothing (its allocations isolate, too): manual, by somebody else. As
 * fine as the samples are: where two kinds share an interval, all of it goes to the one that is
 * counted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/usec.h"
#include "parse/parse.h"

/* From one sample to the next; UNKNOWN_U64. */
typedef struct ActivityInterval {
        usec_t took;
        uint64_t stall, wake, isolated,
                cma; /* compact_stall, compact_daemon_wake, compact_isolated, cma_alloc_success */
        uint64_t kcompactd; /* CPU time of all of them, usec */
        bool may_act; /* a node's score was above the mark from which kcompactd acts by itself */
        bool own;     /* a compaction of fragd's (nodeN/compact) was running */
        bool demand;  /* in: the interval before was one of work on demand */
} ActivityInterval;

/* UNKNOWN_U64 where it cannot be said. */
typedef struct ActivityFound {
        uint64_t demand, proactive; /* CPU time of kcompactd, usec */
        uint64_t proactive_seen;    /* 1 where it worked proactively, else 0 */
        uint64_t manual_seen;       /* 1 where somebody else compacted, else 0 */
        uint64_t manual_pages;      /* that were isolated then */
        bool on_demand;             /* for the next interval */
} ActivityFound;

void activity_attribute(const ActivityInterval *i, ActivityFound *ret);

/* --- judging a window --- */

/* success of (success + fail), permyriad, 0..10000; UINT32_MAX where there was none or it is not
 * known. */
uint32_t activity_success(uint64_t success, uint64_t fail);
/* Nearly all direct compactions of the window failed, ACTIVITY_MANY at least. */
bool activity_direct_futile(uint64_t success, uint64_t fail);
/* Inferred: they failed without looking at memory (migrate_scanned: of everybody), as they do while
 * compaction is deferred. */
bool activity_direct_deferred(uint64_t fail, uint64_t migrate_scanned);
#define ACTIVITY_MANY 10

typedef enum KcompactdDoing {
        KCOMPACTD_UNKNOWN, /* cannot be seen, or not for long enough */
        KCOMPACTD_IDLE,
        KCOMPACTD_WORKING,
        KCOMPACTD_DEFERRED, /* inferred: it should work, and waits: its last pass did not lower the
                               score, or kswapd runs */
        KCOMPACTD_FUTILE,   /* it worked, and the score is as high as before */
        _KCOMPACTD_DOING_MAX,
} KcompactdDoing;
const char *kcompactd_doing_name(KcompactdDoing d);

/* A kcompactd in a window. */
typedef struct KcompactdWindow {
        usec_t over;                              /* that is known of it */
        uint64_t cpu;                             /* usec; UNKNOWN_U64 */
        uint64_t score_from, score_to, score_min; /* UNKNOWN_U64 */
        uint64_t high; /* the mark it acts above; UNKNOWN_U64: it never does by itself */
        char state;    /* the letter that the kernel shows for the thread now; 0: cannot be seen */
} KcompactdWindow;
KcompactdDoing kcompactd_judge(const KcompactdWindow *w);
/* cpu of over, permyriad of one CPU, 0..10000; UINT32_MAX. */
uint32_t kcompactd_share(const KcompactdWindow *w);
