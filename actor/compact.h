/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compact.h - compactions, each a write to node/nodeN/compact in a child of its own.
 *
 * The write blocks for as long as the kernel compacts (seconds on a large node), cannot be
 * interrupted by a signal that has a handler, and ends within milliseconds of SIGKILL (longer only
 * while it waits for writeback). So it is a child with default dispositions that opens the file,
 * writes and exits with the errno as its status. It dies with the actor (PR_SET_PDEATHSIG).
 *
 * The kernel does not serialise compactions of one node, so at most one runs a node, and
 * ACTOR_COMPACTIONS_MAX altogether. now: monotonic. Does not read clocks. */
#pragma once

#include <sys/types.h>

#include "base/limits.h"
#include "base/usec.h"
#include "root/root.h"
#include "wire/wire.h"

typedef struct CompactRun {
        pid_t pid; /* 0: this slot is free */
        WireRequest request;
        usec_t started;
        usec_t deadline; /* USEC_INFINITY: none, or ended already */
        int ended;       /* why we ended it: -ECANCELED, -ETIMEDOUT; 0: we did not */
} CompactRun;

typedef struct Compactor {
        const RootDir *root; /* borrowed */
        CompactRun runs[ACTOR_COMPACTIONS_MAX];
} Compactor;

/* withheld: fds that the child must not keep open (the connection, the baseline's lock), so that
 * they end with the actor. 0: runs; its reply comes from compact_reap(). -EBUSY: see above. */
int compact_start(
        Compactor *c, const WireRequest *request, usec_t now, const int *withheld, size_t n);
/* -ESRCH: none runs on that node. */
int compact_stop(Compactor *c, uint32_t node);
unsigned compact_running(const Compactor *c);
/* When compact_expire() has something to do; USEC_INFINITY: never. */
usec_t compact_deadline(const Compactor *c);
void compact_expire(Compactor *c, usec_t now);
/* Takes one run that has ended, and makes its reply; false: there is none. */
bool compact_reap(Compactor *c, usec_t now, WireReply *ret);
/* Ends all runs; returns at once. */
void compact_end_all(Compactor *c);
/* Waits until none is left. */
void compact_wait_all(Compactor *c);
