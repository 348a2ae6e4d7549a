/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* controller.h - who looks after the simulated machine: nobody, a periodic compaction of
 * everything, or fragd's real engine.
 *
 * The engine gets what it gets from the daemon: a sample when it asked for one, at least a tick
 * late, or early when tasks wait for memory (daemon/psi-trigger.h); the actor's answers a tick
 * later. What it decides is carried out on the host. */
#pragma once

#include "engine/engine.h"
#include "host.h"

typedef enum ControllerKind {
        CONTROLLER_NONE,
        CONTROLLER_PERIODIC,
        CONTROLLER_FRAGD
} ControllerKind;

/* Sees every decision as it is made. */
typedef void (*DecisionSeen)(void *userdata, const Decision *d);

typedef struct Controller {
        ControllerKind kind;
        usec_t period, next; /* periodic */
        bool running;
        Engine *engine;
        Outcome outcome;
        Event owed[16]; /* the actor's answers */
        unsigned n_owed;
        uint64_t action[HOST_NODES_MAX]; /* of the compaction by hand on the node */
        int64_t baseline[_KNOB_MAX];
        uint64_t pressure_seen;
        usec_t sampled, pressure_since;
        DecisionSeen seen;
        void *userdata;
} Controller;

/* policy: for CONTROLLER_FRAGD; period: for CONTROLLER_PERIODIC. 0 or -ENOMEM. */
int controller_init(Controller *c, ControllerKind kind, usec_t period, const Policy *policy,
        Host *h, DecisionSeen seen, void *userdata);
void controller_done(Controller *c);
void controller_tick(Controller *c, Host *h);
