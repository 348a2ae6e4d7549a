/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host.h - a whole simulated machine: nodes of one zone each, with their kernel, load and demand;
 * knobs; compactions by hand; and what fragd's sampler would see of it all.
 *
 * Virtual time goes on in ticks. In each, the load and the demand go first; what CPU time they
 * leave is shared by kcompactd and by compactions by hand. host-model.c fills the Model that
 * lib/model joins from /proc on a real machine. */
#pragma once

#include "demand.h"
#include "model/model.h"

#define HOST_NODES_MAX 2

typedef struct HostSpec {
        uint32_t n_nodes, n_pages[HOST_NODES_MAX]; /* pages of each node, whole pageblocks */
        uint32_t page_size;
        uint8_t n_orders, block_order;
        uint32_t min; /* pages: the zone's minimum mark */
        int64_t proactiveness, boost_factor;
        WmarkRule rule;
        Pace pace;
        uint32_t reclaim_nsec;
        double cpu_floor; /* share of a CPU that a thread gets at the least */
        bool visible;     /* kcompactd's CPU time and state can be seen */
        WorkloadSpec workload;
        DemandSpec demand;
        usec_t tick;
        uint64_t luck; /* which pages are picked; not part of what is asked for */
} HostSpec;

typedef struct HostNode {
        Kernel kernel;
        Workload workload;
        Demand demand;
        struct {
                bool running, stopping;
                Compaction run;
                usec_t started, limit; /* limit: 0 for none */
                uint64_t nsec;
        } byhand;
} HostNode;

typedef struct Host {
        const HostSpec *spec;
        HostNode node[HOST_NODES_MAX];
        int64_t knobs[_KNOB_MAX];
        usec_t now;
        uint64_t psi_cpu_usec;
        Costs costs;
        uint64_t knob_writes;
        Model model;
        Node model_nodes[HOST_NODES_MAX];
        Zone model_zones[HOST_NODES_MAX];
} Host;

/* 0 or -ENOMEM. The spec is borrowed. */
int host_init(Host *h, const HostSpec *spec);
void host_done(Host *h);
void host_tick(Host *h);
void host_set_knob(Host *h, KnobId id, int64_t value);
/* As a write to nodeN/compact by a child that is ended after `limit` (0: never). */
void host_compact(Host *h, uint32_t node, usec_t limit);
typedef struct HostCompacted {
        int result; /* 0, -ECANCELED, -ETIMEDOUT */
        usec_t cpu, wall;
} HostCompacted;
/* True once after each compaction by hand, when it is over. */
bool host_compacted(Host *h, uint32_t node, HostCompacted *ret);
/* Sums over the nodes. */
KernelStats host_stats(const Host *h);
uint64_t host_free_pages(const Host *h, unsigned order);
/* What a sampler sees now; borrowed, overwritten by the next call. */
const Model *host_model(Host *h);
