/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ledger.h - what processes lost to direct compaction and direct reclaim, by name and over time: for "postgres lost 1.8 s in the
 * last hour".
 *
 * An entry a name and look, the last LEDGER_ENTRIES_MAX of them: what came between two looks stands at the later one. The names that
 * were seen first keep a line of their own, LEDGER_NAMES_MAX of them; what others lose is under LEDGER_OTHERS. No clock, no I/O. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/usec.h"

/* What processes of names without a line of their own lost; no process can be called that. */
#define LEDGER_OTHERS "(others)"

typedef struct Lost {
        uint64_t compactions, compact_nsec, reclaims, reclaim_nsec;
        uint64_t longest_nsec; /* of the compactions, where it is known; adding up keeps the longer one */
} Lost;
void lost_add(Lost *l, const Lost *more);

typedef struct LedgerSum {
        const char *name; /* borrowed */
        Lost lost;
} LedgerSum;

typedef struct LedgerEntry {
        usec_t realtime; /* of the look */
        uint32_t name;
        Lost lost;
} LedgerEntry;

typedef struct Ledger {
        char names[LEDGER_NAMES_MAX][TASK_NAME_MAX]; /* [0]: others */
        size_t n_names;
        LedgerEntry *entries; /* a ring; owned */
        size_t first, n;
        usec_t since; /* realtime: what came after is in it; entries that were dropped move it */
} Ledger;

/* since: realtime. -ENOMEM. */
int ledger_init(Ledger *l, usec_t since);
void ledger_done(Ledger *l);
void ledger_add(Ledger *l, usec_t realtime, const char *name, const Lost *lost);
/* Per name, from since on and before until; the one that lost most to compaction first. Returns how many; names without a loss are
 * left out. */
size_t ledger_sum(const Ledger *l, usec_t since, usec_t until, LedgerSum ret[static LEDGER_NAMES_MAX]);
