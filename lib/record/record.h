/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record.h - what was seen in the last seven days, in memory that does not grow for ever: every
 * sample of the last 10 minutes, steps of 10 s for 6 hours, of 1 min for 7 days.
 *
 * A sample is a level until the next one: it fills every step in between with its share of time,
 * so that sparse samples leave no holes; but not longer than `hold`, after which nothing is known
 * until the next sample. Counters are spread over the time between two samples, exactly: the sum
 * over the steps is the difference of the samples. Each level of a step has its least, its mean
 * over time and its greatest value, as cells (cell.h).
 *
 * Time. Steps follow each other on a clock of the record's own ("record time") that never goes
 * back: it goes on with the monotonic clock, and starts where realtime is, or where the record
 * before ended if that is later. Each step also carries its offset to realtime, for people. A jump
 * of realtime by a second or more ends the steps that are open.
 *
 * Memory, with o orders and s objectives (of the policy with most of them so far): each node takes
 *         row = 2 * (6 * o + 10 + 6 * s) bytes
 * in each of 12,240 steps and of 1024 samples (6000 where a policy samples more often than about
 * every 600 ms: "every sample" is never less than 10 minutes); the steps themselves take 76 bytes
 * each. That is 3.2 MiB for one node, 11 orders, two objectives; and at most RECORD_NODES_MAX nodes
 * are kept. Pages of it are only touched as it fills. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/usec.h"
#include "engine/engine.h"
#include "model/model.h"

typedef struct Record Record;

typedef enum RecordTier {
        RECORD_SAMPLES,
        RECORD_SHORT, /* 10 s */
        RECORD_LONG,  /* 1 min */
        _RECORD_TIER_MAX,
} RecordTier;

#define RECORD_SAMPLES_SPAN (10 * USEC_PER_MIN)
#define RECORD_SAMPLES_MAX  6000 /* a policy samples at most ten times a second */
#define RECORD_SHORT_STEP   (10 * USEC_PER_SEC)
#define RECORD_SHORT_MAX    2160
#define RECORD_LONG_STEP    USEC_PER_MIN
#define RECORD_LONG_MAX     10080

/* X(id, name) - what the machine counts: events, or microseconds where the name says so. Those from
 * DEMAND on are inferred (model/activity.h); *_seen: between how many samples. New ones go to the
 * end: what is kept in files begins with the old ones. */
#define RECORD_COUNTS(X)                                                                           \
        X(COMPACT_STALL, "compact_stall") X(COMPACT_FAIL, "compact_fail")                          \
        X(ALLOCSTALL, "allocstall") X(THP_FAULT_ALLOC, "thp_fault_alloc")                          \
        X(THP_FAULT_FALLBACK, "thp_fault_fallback")                                                \
        X(THP_COLLAPSE_FAILED, "thp_collapse_alloc_failed")                                        \
        X(HTLB_FAIL, "htlb_buddy_alloc_fail") X(PSI_MEMORY, "psi_memory_usec")                     \
        X(PSI_CPU, "psi_cpu_usec") X(COMPACT_SUCCESS, "compact_success")                           \
        X(COMPACT_WAKE, "compact_daemon_wake") X(COMPACT_ISOLATED, "compact_isolated")             \
        X(COMPACT_SCANNED, "compact_migrate_scanned") X(MIGRATED, "pgmigrate_success")             \
        X(NOT_MIGRATED, "pgmigrate_fail") X(THP_FALLBACK_CHARGE, "thp_fault_fallback_charge")      \
        X(THP_COLLAPSE_ALLOC, "thp_collapse_alloc") X(HTLB_ALLOC, "htlb_buddy_alloc_success")      \
        X(CMA_ALLOC, "cma_alloc_success") X(CMA_FAIL, "cma_alloc_fail")                            \
        X(DEMAND, "kcompactd_demand_usec") X(PROACTIVE, "kcompactd_proactive_usec")                \
        X(PROACTIVE_SEEN, "proactive_seen") X(MANUAL_SEEN, "manual_seen")                          \
        X(MANUAL_PAGES, "manual_pages")

typedef enum RecordCount {
#define X(id, name) RECORD_##id,
        RECORD_COUNTS(X)
#undef X
        _RECORD_COUNT_MAX,
} RecordCount;
const char *record_count_name(RecordCount c);

/* page_size, n_orders: of this kernel; what was recorded with others is of no use. -ENOMEM,
 * -EINVAL (no orders). */
int record_new(Record **ret, uint32_t page_size, unsigned n_orders);
Record *record_free(Record *r);
static inline void record_freep(Record **r)
{
        if (*r)
                record_free(*r);
}

/* A sample of now (monotonic, realtime). hold: how long it may stand for what comes after it.
 * A model without buddyinfo is a gap. Allocates only when a node, an objective or a shorter
 * interval than ever before appears. 0, -ENOMEM (the sample is lost then), -EINVAL: other orders
 * than before. */
int record_add(Record *r, const Model *m, const Engine *e, usec_t now, usec_t realtime, usec_t hold);
/* Ends all steps that are open, for there will be no further sample. */
void record_end(Record *r, usec_t now);

/* Nodes that are not recorded: those beyond RECORD_NODES_MAX. */
size_t record_left_out(const Record *r);
/* Bytes allocated now, and at most with so many nodes and objectives. */
size_t record_size(const Record *r);
size_t record_size_max(unsigned n_orders, size_t n_nodes, unsigned n_objectives);

/* --- keeping it: steps as bytes (in this machine's byte order) --- */

#define RECORD_STEP_BYTES_MAX (64U * 1024)

/* The next step of the tier that was not given out yet. Returns its size, 0 if there is none. */
size_t record_take(Record *r, RecordTier tier, uint8_t buf[static RECORD_STEP_BYTES_MAX]);
/* The last n were not kept after all: they are given out again. */
void record_give_back(Record *r, RecordTier tier, size_t n);
/* How many there are to be given out. */
size_t record_untaken(const Record *r, RecordTier tier);
/* All steps are to be given out again (for a new file). */
void record_rewind(Record *r, RecordTier tier);
/* A step from before, oldest first, before the first record_add(). 0; -EBADMSG: not from
 * record_take(); -ESTALE: of a kernel with other pages or orders; -ENOMEM. */
int record_put(Record *r, RecordTier tier, const uint8_t *data, size_t size);

/* --- reading it --- */

typedef struct RecordLevel {
        uint64_t min, mean, max; /* UNKNOWN_U64, all of them */
} RecordLevel;

typedef struct RecordObjective {
        bool known;
        uint8_t order;
        Use use;
        Verdict verdict; /* the one that stood longest, of those other than met; met: nothing else stood */
        uint32_t met;    /* permyriad of the time */
        uint64_t reserve; /* bytes, at the end */
        RecordLevel current; /* bytes */
} RecordObjective;

typedef struct RecordNode {
        uint32_t id;
        RecordLevel free;  /* bytes */
        RecordLevel score; /* 0..100 */
        RecordLevel unmovable; /* permyriad of the pageblocks, as of pagetypeinfo's last read */
        uint64_t kcompactd; /* CPU time, usec; UNKNOWN_U64 */
        RecordLevel blocks[ORDERS_MAX];      /* free blocks of exactly that order */
        RecordLevel allocatable[ORDERS_MAX]; /* for user memory */
        uint32_t unusable[ORDERS_MAX];       /* permille, of the mean; UINT32_MAX */
        RecordObjective objectives[OBJECTIVES_MAX];
} RecordNode;

typedef struct RecordStep {
        usec_t realtime; /* its start */
        usec_t span;     /* the time in it that is known */
        uint64_t counts[_RECORD_COUNT_MAX]; /* UNKNOWN_U64 */
} RecordStep;

typedef struct RecordReader RecordReader;

typedef struct RecordRange {
        usec_t since, until; /* realtime; until: not included */
        usec_t step;         /* made of what is kept; 0: the finest there is */
} RecordRange;

/* -ENOMEM. r is borrowed; it may change between two reads. */
int record_reader_new(RecordReader **ret, const Record *r, const RecordRange *range);
RecordReader *record_reader_free(RecordReader *reader);
static inline void record_reader_freep(RecordReader **reader)
{
        if (*reader)
                record_reader_free(*reader);
}
/* The next step, oldest first. now: monotonic; the last sample stands until then. Returns false at
 * the end. */
bool record_read(RecordReader *reader, usec_t now, RecordStep *ret);
/* How many kept steps were looked at so far: what the work is measured by. */
size_t record_reader_work(const RecordReader *reader);
/* The nodes of the step that was read last, ascending by id; those that were not there are left
 * out. false where i is beyond. */
bool record_read_node(const RecordReader *reader, size_t i, RecordNode *ret);

/* What is kept of one level from long ago, in a few steps: the oldest share of unmovable pageblocks
 * of the node, permyriad, and when that was (realtime). false where none is kept. */
bool record_oldest_unmovable(const Record *r, uint32_t node, usec_t *ret_at, uint32_t *ret);
