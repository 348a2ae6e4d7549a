/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* watch.h - looks over fragd's shoulder in a run: what it starts, what that really costs, and
 * whether it goes round in circles.
 *
 * What an action costs is counted on the simulated machine, not by the engine: CPU time of every
 * kcompactd while a window is open, that of the child for a compaction by hand. What must hold:
 *
 * - budget: in any span of `per` the runs begun are at most the budget's, and the CPU time of those
 *   runs is at most the budget's and what kcompactd can do between two looks at it (slack() in
 *   watch.c).
 * - cool-down: no start on a node sooner than the policy's cool-down after the end of the last
 *   action there, but where FRESH_PERCENT more is free than when that began.
 * - oscillation, which is any of these: a knob is written more often than twice for each window and
 *   once for each standing value set or dropped; a standing value changes direction more than
 *   TURNS_MAX times in an hour; in some ten minutes the runs without gain are more than those with
 *   one by over VAIN_MAX for each node; on a machine on which nothing changes any more, fragd starts
 *   more than REST_MAX runs for each node.
 */
#pragma once

#include "sim.h"

#define TURNS_MAX 12
#define VAIN_MAX  4
#define REST_MAX  8
#define RUNS_MAX  4096
#define FRESH_PERCENT 25

typedef enum Property {
        PROPERTY_BUDGET,
        PROPERTY_COOLDOWN,
        PROPERTY_OSCILLATION,
        /* Not worse than nobody: property.h. */
        PROPERTY_FAILED,
        PROPERTY_STALL,
        PROPERTY_DIRECT,
        PROPERTY_RECLAIMED,
        PROPERTY_REFUSED,
        _PROPERTY_MAX, /* none */
} Property;

const char *property_name(Property p);

typedef struct Watch {
        const Scenario *scenario;
        const Host *host;
        bool verbose;
        Property broken; /* the first that does not hold; _PROPERTY_MAX */
        char detail[160];
        struct {
                uint64_t action;
                usec_t at, cost;
                uint32_t node;
                bool window, over;
                uint64_t kcompactd_before;
        } runs[RUNS_MAX];
        unsigned n_runs;
        usec_t vain[RUNS_MAX], gained[RUNS_MAX], turns[RUNS_MAX];
        unsigned n_vain, n_gained, n_turns;
        usec_t last_end[HOST_NODES_MAX];
        uint64_t free_at_start[HOST_NODES_MAX]; /* pages, when the last run there began */
        unsigned late; /* starts since nothing changes any more */
        int standing;  /* direction of its last change */
        unsigned writes, windows,
                stood; /* of knobs; windows opened; standing values set or dropped */
} Watch;

void watch_init(Watch *w, const Scenario *s, bool verbose);
/* For SimArm: userdata is the Watch. */
void watch_seen(void *userdata, const Decision *d);
void watch_ticked(void *userdata, const Host *h);
/* What only the whole run shows. */
void watch_finish(Watch *w);
