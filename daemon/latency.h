/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* latency.h - who compacts and how long, by the kernel's trace events, where its delay accounting (stalls.h) cannot tell: because it is
 * off, or knows no compaction, or because a process was started before it was switched on. Another measure (runs of compaction over a
 * zone, stalls/runs.h), so never added to the other: it has a ledger of its own.
 *
 * The actor opens events for each CPU, the kernel writes 32 bytes for each into a ring buffer of this process (run-ring.h). The rings are
 * read after a sample, once a second at most; when somebody asks; and when one is half full, but then not more often than five times
 * a second: what does not fit is lost, and counted as that. Records younger than 10 ms wait for the next time, so that those of all
 * CPUs are put in order. As with counting.h: all CPUs or none, and what failed is tried again a minute later.
 *
 * What a process did is held until delay accounting has said whether it counts this process, half a minute at most; if it does,
 * it is dropped. Names are those of processes at the time of reading: LATENCY_ENDED where there is none any more.
 *
 * Nothing is opened while delay accounting has been on since boot and tells. */
#pragma once

#include "daemon/actor-client.h"
#include "daemon/stalls.h"

/* What processes are called that had ended before their name was read; no process can be called that. */
#define LATENCY_ENDED "(ended)"

/* Entries of its ledger stand at the begin of a step, so that they last for hours. */
#define LATENCY_STEP (10 * USEC_PER_SEC)

typedef struct Latency Latency;

typedef struct LatencyFacts {
        bool needed;           /* delay accounting does not tell it all */
        const char *why;       /* why nothing is traced, one clause, static; NULL: it is */
        int error;             /* of why */
        usec_t since_realtime; /* from when on; 0: not yet */
        unsigned cpus;
        uint64_t lost;         /* records */
        uint64_t unpaired;     /* begins and ends without the other: the rest of what was lost */
} LatencyFacts;

/* root, stalls: borrowed. -ENOMEM, or sd-event's errors. */
int latency_new(Latency **ret, sd_event *event, const RootDir *root, const Stalls *stalls, usec_t realtime);
Latency *latency_free(Latency *l);
static inline void latency_freep(Latency **l)
{
        if (*l)
                latency_free(*l);
}
/* What to do from now on, and by whom; actor NULL: there is none. */
void latency_configure(Latency *l, const StallsConfig *c, ActorClient *actor);
/* Reads what may be read now. -ENOMEM, or sd-event's errors. */
int latency_read(Latency *l, usec_t now);
/* Delay accounting has answered: what waited for that. */
void latency_decide(Latency *l, usec_t now);
/* The actor's answer to what was asked for; fds are taken. */
void latency_answer(Latency *l, uint32_t group, int result, uint32_t opened, const int *fds, size_t n, usec_t now);

void latency_facts(const Latency *l, LatencyFacts *ret);
/* compactions are runs; of reclaim nothing is known. */
const Ledger *latency_ledger(const Latency *l);
/* As stalls_watched(), without the number of processes. */
size_t latency_watched(const Latency *l, StallsWatch ret[static WATCHED_MAX + 1]);
