/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* efficacy.h - what a lever has brought on one node of late, and at what price: learned from each action that proves something.
 *
 * Three means, each of half what was known and half what the last action told, so that what an hour ago was true weighs little:
 *
 * - share: permyriad, 0 to 10000, of the gain that was expected;
 * - per_page: bytes gained for each page that compaction looked at (compact_migrate_scanned and compact_free_scanned of
 *   /proc/vmstat: mm/compaction.c adds them up at the end of a run). They are the whole machine's, whoever compacts meanwhile.
 *   Kernels count what is passed over differently, which does not matter here: numbers of one machine are compared with each other;
 * - per_msec: bytes gained for each millisecond of CPU time.
 *
 * The last two are UNKNOWN_U64 where the kernel has not told. All is forgotten after EFFICACY_AGE: memory is another by then. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/usec.h"
#include "engine/decision.h"
#include "parse/parse.h"

#define EFFICACY_AGE USEC_PER_HOUR
/* A lever that lately brought less than this share of what was expected is passed over for the next one, permyriad. */
#define EFFICACY_POOR 2500
/* One that left more than a quarter of it has disappointed: another one is worth a try. */
#define EFFICACY_ENOUGH 7500
/* A window makes nobody wait for writeback (mm/compaction.c: MIGRATE_SYNC_LIGHT) and stops by itself: to come before it, compacting the node
 * must bring more for its cost by one part in so many. In the simulator two windows in a row on a node differ by that, in the median. */
#define EFFICACY_MARGIN 4

typedef struct Efficacy {
        uint32_t share; /* UINT32_MAX: nothing is known */
        uint64_t per_page, per_msec;
        usec_t learned;
} Efficacy;

/* What one action brought. */
typedef struct EfficacyRun {
        uint32_t share;
        int64_t gain;     /* bytes; below 0 counts as nothing */
        uint64_t scanned; /* pages; UNKNOWN_U64 */
        uint64_t cost;    /* CPU time, usec; UNKNOWN_U64 */
} EfficacyRun;

void efficacy_reset(Efficacy *e);
void efficacy_learn(Efficacy *e, const EfficacyRun *run, usec_t now);
/* Resets what is too old. */
void efficacy_forget(Efficacy *e, usec_t now);
bool efficacy_known(const Efficacy *e);
bool efficacy_poor(const Efficacy *e);
/* Which of two that can both be used: why not a window but compacting the node; LEVER_WHY_USUAL: a window. */
LeverWhy efficacy_against_window(const Efficacy *window, const Efficacy *compact);
