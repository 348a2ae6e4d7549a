/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* workload.h - what fragments memory: consumers that grow and shrink with a load cycle of quiet,
 * busy, burst and calm.
 *
 * After the lab's `fragment mix` (bench/lab/src/fragment.c): a buffer pool whose pages are
 * exchanged, page cache that follows the load, connections that come and go with their page tables,
 * unmovable buffers, slab. A consumer's target ramps from base to peak over the busy phase, holds
 * during the burst, and falls to base again; what goes is chosen at random, which is what scatters
 * free memory. */
#pragma once

#include "kernel.h"

#define CONSUMERS_MAX 12

typedef enum Phase { PHASE_QUIET, PHASE_BUSY, PHASE_BURST, PHASE_CALM, _PHASE_MAX } Phase;

typedef struct ConsumerSpec {
        const char *name;
        double base, peak;   /* share of the node's pages */
        double turnover;     /* share of its items replaced in a second, times the phase's rate */
        double grow, shrink; /* most of the node's pages in a second; 0: at once */
        uint32_t unit;       /* blocks of an item */
        uint8_t order;
        Mobility mobility;
        bool pinned, cache; /* cannot be moved; can be reclaimed */
} ConsumerSpec;

typedef struct WorkloadSpec {
        ConsumerSpec consumer[CONSUMERS_MAX];
        unsigned n;
        double cycle;             /* seconds */
        double until[_PHASE_MAX]; /* end of each phase in the cycle, 0 to 1 */
        double rate[_PHASE_MAX];  /* activity */
        double load[_PHASE_MAX];  /* share of CPU time that the workload itself takes */
        usec_t frozen; /* from then on nothing changes any more, demand included; 0: never */
} WorkloadSpec;

typedef struct Workload {
        const WorkloadSpec *spec;
        Holder *holder[CONSUMERS_MAX];
        double owed_grow[CONSUMERS_MAX], owed_shrink[CONSUMERS_MAX];
        Rng rng;
} Workload;

/* Where in the cycle: 0 to 1. */
double workload_fraction(const WorkloadSpec *s, usec_t now);
Phase workload_phase(const WorkloadSpec *s, usec_t now);
/* Makes its holders on the node. 0 or -ENOMEM. luck: which pages it picks. */
int workload_init(Workload *w, const WorkloadSpec *spec, Kernel *k, uint64_t luck);
static inline bool workload_frozen(const WorkloadSpec *s, usec_t now)
{
        return s->frozen && now >= s->frozen;
}

/* Goes on by dt; returns nanoseconds that its tasks waited for memory. */
uint64_t workload_tick(Workload *w, Kernel *k, usec_t now, usec_t dt);
