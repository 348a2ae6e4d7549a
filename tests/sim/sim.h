/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim.h - one run: a scenario under a controller, from start to end. */
#pragma once

#include "scenario.h"

#define SIM_BINS 25 /* parts of the load cycle over which levels are averaged */

typedef struct SimResult {
        Costs costs;
        KernelStats stats; /* differences over the part that counts */
        double seconds;
        double free[SIM_BINS],
                huge[SIM_BINS]; /* pages free, and free in huge blocks, by place in the cycle */
        uint64_t knob_writes;
} SimResult;

typedef struct SimArm {
        ControllerKind kind;
        usec_t period;
        uint64_t luck; /* added to the scenario's */
        DecisionSeen seen;
        void *userdata;
        /* Called after each tick; may be NULL. */
        void (*ticked)(void *userdata, const Host *h);
} SimArm;

/* 0 or -ENOMEM. */
int sim_run(const Scenario *s, const SimArm *arm, SimResult *ret);
