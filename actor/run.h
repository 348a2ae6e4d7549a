/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run.h - writes that take long, each in a child of its own: compactions (node/nodeN/compact), growing a pool of huge pages, dropping
 * the page cache.
 *
 * Such a write blocks for as long as the kernel works (seconds on a large node), cannot be
 * interrupted by a signal that has a handler, and ends within milliseconds of SIGKILL (longer only
 * while it waits for writeback). So it is a child with default dispositions that opens the file,
 * writes and exits with the errno as its status. It dies with the actor (PR_SET_PDEATHSIG).
 *
 * The kernel does not serialise compactions of one node, so at most one run of whatever kind goes on a node,
 * one drop of the page cache on the machine, and ACTOR_COMPACTIONS_MAX runs altogether. now: monotonic. Does not read clocks. */
#pragma once

#include <sys/types.h>

#include "base/limits.h"
#include "base/usec.h"
#include "root/root.h"
#include "wire/wire.h"

/* What it writes where. */
typedef struct RunWrite {
        char path[128]; /* below the root */
        int64_t value;
} RunWrite;

typedef struct Run {
        pid_t pid; /* 0: this slot is free */
        WireRequest request;
        usec_t started;
        usec_t deadline; /* USEC_INFINITY: none, or ended already */
        int ended;       /* why we ended it: -ECANCELED, -ETIMEDOUT; 0: we did not */
} Run;

typedef struct Runner {
        const RootDir *root; /* borrowed */
        Run runs[ACTOR_COMPACTIONS_MAX];
} Runner;

/* withheld: fds that the child must not keep open (the connection, the baseline's lock), so that
 * they end with the actor. 0: runs; its reply comes from run_reap(). -EBUSY: see above. */
int run_start(Runner *c, const WireRequest *request, const RunWrite *write, usec_t now, const int *withheld, size_t n);
/* Whether its pool is growing. */
bool run_grows(const Runner *c, uint32_t node);
/* Whether one goes on there. */
bool run_busy(const Runner *c, const WireRequest *request);
/* -ESRCH: none runs on that node. */
int run_stop(Runner *c, uint32_t node);
/* How many there are. */
unsigned run_running(const Runner *c);
/* When run_expire() has something to do; USEC_INFINITY: never. */
usec_t run_deadline(const Runner *c);
void run_expire(Runner *c, usec_t now);
/* Takes one run that has ended, and makes its reply (without what only the caller can tell of its effect); false: there is none. */
bool run_reap(Runner *c, usec_t now, WireRequest *ret_request, WireReply *ret);
/* Ends all runs; returns at once. */
void run_end_all(Runner *c);
/* Waits until none is left. */
void run_wait_all(Runner *c);
