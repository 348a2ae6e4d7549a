/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* demand.h - who asks for large blocks, and what they feel: tries, successes, time.
 *
 * After the lab's `demand` (bench/lab/src/demand.c): once in a cycle a batch of huge page faults,
 * held for a while; single faults at random times; a hugetlb pool that grows; a network ring. A
 * fault that fails uses the same amount of small pages. */
#pragma once

#include "workload.h"

typedef struct DemandSpec {
        uint32_t batch;    /* huge page faults in a row */
        double at, jitter; /* when in the cycle, and how far that moves */
        double release;    /* when in the next cycle they are given back */
        double trickle,
                hold; /* single faults in a second; seconds that they are kept, in the mean */
        uint32_t pool, ring; /* hugetlb pages, blocks of a 32nd of a huge page; once in a cycle
                                after the batch */
        bool defer;          /* defrag = defer */
        uint32_t fault_usec; /* CPU time of a fault that finds its block ready */
} DemandSpec;

typedef enum Kind { KIND_BATCH, KIND_TRICKLE, KIND_POOL, KIND_RING, _KIND_MAX } Kind;

/* Eight sub-buckets for each power of two of microseconds. */
#define LATENCY_BUCKETS 256

typedef struct Costs {
        struct {
                uint64_t tried, ok;
                uint32_t latency[LATENCY_BUCKETS];
        } kind[_KIND_MAX];
        uint64_t ready_blocks, batches; /* huge blocks that were free when batches began */
        uint64_t stall_nsec; /* time that requests of all kinds waited for compaction and reclaim */
} Costs;

typedef struct Demand {
        const DemandSpec *spec;
        Rng rng;
        Holder *batch, *trickle, *pool, *ring;
        Holder *small, *small_trickle; /* what faults that failed use instead */
        uint64_t cycle;                /* number of the cycle that the next batch belongs to */
        usec_t batch_at, pool_at, ring_at, release_at, ring_until, trickle_at;
        uint32_t left; /* faults of the batch still to do */
        usec_t clock;  /* until then the batch's task is busy */
        bool asked, pool_asked, ring_asked;
} Demand;

int demand_init(Demand *d, const DemandSpec *spec, Kernel *k, uint64_t luck);
/* cpu: share of a CPU that its tasks get. Costs are added to *costs (which may be a bin where they
 * do not count). */
uint64_t demand_tick(Demand *d, Kernel *k, const WorkloadSpec *w, usec_t now, usec_t dt, double cpu,
        Costs *costs);
/* Latency below which that share of the requests stayed, microseconds. */
double costs_percentile(const Costs *c, Kind kind, double share);
void costs_subtract(Costs *c, const Costs *before);
