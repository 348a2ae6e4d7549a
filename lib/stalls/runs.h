/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* runs.h - runs of compaction, from their begin and end: how many, how long, by process.
 *
 * A run is what a thread does between mm_compaction_begin and mm_compaction_end (mm/compaction.c compact_zone()): it compacts one zone,
 * once. One allocation that compacts memory is a run for each zone that it tries, and again for each attempt; zones that are passed
 * over at once, because there is nothing to be had there, have none. Runs that have not ended are not counted yet.
 *
 * Begin and end are paired by thread, in the order of their time, on whatever CPU they were. What has no counterpart is `unpaired`, and
 * no time is made up for it: after records were lost, all that had begun before is. Threads that compact at one time are limited to
 * RUNS_OPEN_MAX, processes to RUN_SUMS_MAX between two calls of runs_take(); more are counted under tgid 0.
 *
 * Times are nsec of one clock. No clock, no I/O. */
#pragma once

#include "base/limits.h"
#include "stalls/ring.h"

typedef struct RunSum {
        uint32_t tgid; /* 0: others */
        uint64_t runs, nsec, longest;
        uint64_t first; /* when the first of them had ended */
} RunSum;

typedef struct OpenRun {
        uint32_t tid;
        uint64_t nsec;
} OpenRun;

typedef struct Runs {
        OpenRun open[RUNS_OPEN_MAX]; /* in no order */
        size_t n_open;
        RunSum sums[RUN_SUMS_MAX];
        size_t n_sums;
        uint64_t lost;     /* records, as the kernel says */
        uint64_t unpaired; /* begins and ends without the other */
} Runs;

/* Events of several rings. */
typedef struct RunEvents {
        RunEvent *items; /* owned */
        size_t n, allocated;
} RunEvents;
void run_events_done(RunEvents *e);
/* What the ring has that is older than `until`. A gap is one from the last record before it on (*last, kept by the caller for each ring,
 * 0 at first) as well as when it is told: in between is where something was lost. 0; -EBADMSG as ring_next(), with what came before;
 * -ENOMEM: the rest stays in the ring. */
int run_events_collect(RunEvents *e, Ring *ring, uint64_t until, uint64_t *last);
/* Puts them in order. */
void run_events_sort(RunEvents *e);

/* The next event; none may be older than the one before. */
void runs_add(Runs *r, const RunEvent *event);
/* Something is missing from now on: what has begun is forgotten. */
void runs_gap(Runs *r, uint64_t lost);
