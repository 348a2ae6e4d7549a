/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compaction.h - moving pages together: one scanner looks for movable pages from the zone's start,
 * another for free ones from its end.
 *
 * Models mm/compaction.c of Linux 6.1: isolate_migratepages(), isolate_freepages(),
 * suitable_migration_source() and _target(), compact_finished() (a block of the order, or for
 * proactive runs the zone's score at or below the low mark), the skip bits and cached positions of
 * runs that are for an order, defer_compaction() and compaction_deferred(), compaction_suitable().
 * A run takes CPU time for each page looked at and each page moved (Pace); it can be taken up again
 * where its time ran out. */
#pragma once

#include "holder.h"

typedef enum CompactMode {
        COMPACT_ASYNC, /* direct, first try: leaves alone what is not surely movable, gives a block
                          up at the first page that stays */
        COMPACT_LIGHT, /* kcompactd; direct, second try */
        COMPACT_WHOLE, /* by hand: looks everywhere, remembers nothing */
} CompactMode;

typedef enum CompactStatus { COMPACT_RUNNING, COMPACT_SUCCESS, COMPACT_COMPLETE } CompactStatus;

#define ORDER_ANY (-1) /* not for an order: everything, or until the score is low enough */

/* CPU time of one page, nanoseconds. */
typedef struct Pace {
        uint32_t scan_migrate, scan_free, move;
} Pace;

typedef struct CompactStats {
        uint64_t scanned_migrate, scanned_free, moved, nsec;
} CompactStats;

/* What a zone remembers between runs. */
typedef struct CompactMemory {
        uint32_t migrate, free; /* where the scanners go on */
        bool valid;
        bool flush; /* the scanners have met: kswapd may forget what was found before it sleeps */
        unsigned defer_shift, considered;
        int order_failed; /* orders from this on are deferred */
} CompactMemory;

typedef struct Compaction {
        Holders *holders;
        CompactMemory *memory;
        CompactMode mode;
        int order;
        uint32_t stop_score; /* for ORDER_ANY: ends at this score; 0: only at the end of the zone */
        Pace pace;
        uint32_t migrate, free, free_floor; /* next page to look at; free pages are sought in [free,
                                               end of its block) */
        uint32_t found;                     /* movable pages in this pageblock so far */
        uint32_t stride; /* of the search for free pages: grows over pageblocks that have none */
        bool taken;      /* a free page in this pageblock */
        CompactStatus status;
        CompactStats stats;
} Compaction;

void compaction_begin(Compaction *c, Holders *holders, CompactMemory *memory, CompactMode mode,
        int order, uint32_t stop_score, const Pace *pace);
/* Goes on until it is over or has used that much CPU time; returns what it used. */
uint64_t compaction_run(Compaction *c, uint64_t nsec);
/* Free memory suffices, and fragmentation is why the order is missing. */
bool compaction_suitable(const Buddy *b, unsigned order, uint32_t mark);
/* kswapd goes to sleep: what was found in the pageblocks is forgotten, if it is of an old round. */
void compaction_flush(CompactMemory *m, Buddy *b);
/* Whether a run for the order should be left out, after those that failed. */
bool compaction_deferred(CompactMemory *m, int order);
void compaction_failed(CompactMemory *m, int order);
void compaction_helped(CompactMemory *m, int order);
/* The kernel's score of the zone, 0 to 100. */
uint32_t compaction_score(const Buddy *b);
