/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* counting.h - the kernel's event kmem:mm_page_alloc_extfrag, counted on every CPU by counters that the actor opens and hands over
 * (actor/counter.h), and what has become usual (model/fallback.h).
 *
 * Two fds for each CPU that is online, at most CPUS_MAX of them. A read asks each of these CPUs for its counts (an interrupt there), so all
 * are read at most once a second, and take at most a thousandth of the time (model/gate.h). CPUs that come are asked for, those
 * that go are read for the last time; one that went and came back in between is told by a counter whose time stands still. Nothing
 * waits for the actor. Counts are of the whole machine and complete, or there are none: where one CPU cannot be counted,
 * none is, counting_why() says why, and it is tried again a minute later. */
#pragma once

#include <stdbool.h>

#include "daemon/actor-client.h"
#include "daemon/journal.h"
#include "daemon/sampler.h"
#include "model/fallback.h"

typedef struct Counting Counting;

/* root, sampler and journal are borrowed. state_fd: borrowed; -EBADF: what is learned is not kept. */
int counting_new(Counting **ret, const RootDir *root, Sampler *sampler, const Journal *journal, int state_fd);
Counting *counting_free(Counting *c);
static inline void counting_freep(Counting **c)
{
        if (*c)
                counting_free(*c);
}

/* Whether to count, and by whom: the configuration's choice; NULL: there is nobody to open counters. */
void counting_set(Counting *c, bool wanted, ActorClient *actor);
/* Reads what may be read now, and hands it to the sampler. 0; -ENOMEM, or sd-event's errors. */
int counting_read(Counting *c, usec_t now);
/* The actor's answer to what was asked for; fds are taken. */
void counting_answer(Counting *c, uint32_t group, int result, uint32_t opened, const int *fds, size_t n, usec_t now);
/* At the end: keeps what was learned. */
void counting_end(Counting *c);

/* Why nothing is counted, one clause, static; NULL: it is. */
const char *counting_why(const Counting *c);
const Fallbacks *counting_fallbacks(const Counting *c);
unsigned counting_cpus(const Counting *c);
/* Counts below this order of blocks; 0 where nothing is counted. */
unsigned counting_order(const Counting *c);
