/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rival.h - programs that do what fragd does: which knobs they turn while they run, and whether they compact by themselves. Two drivers
 * at one wheel fight: where such a program runs, fragd leaves it what is its.
 *
 * Sources: adaptivemmd(8) and its code (watermark_scale_factor, nodeN/compact); kubewharf/katalyst-core, fragmem (nodeN/compact); the manual
 * pages of bpftune's tuners (networks and neighbours only: nothing of fragd's). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/knob.h"

typedef enum Rival {
        RIVAL_NONE,
        RIVAL_ADAPTIVEMM,
        RIVAL_KATALYST,
        RIVAL_BPFTUNE,
        _RIVAL_MAX,
} Rival;

typedef struct RivalInfo {
        const char *name;
        const char *comms[3]; /* of its process, as in /proc/PID/comm: at most 15 characters */
        const char *does;     /* "compacts nodes and sets vm.watermark_scale_factor" */
        bool compacts;
        uint32_t knobs; /* 1u << KnobId */
} RivalInfo;

/* r in range; never NULL. */
const RivalInfo *rival_info(Rival r);
/* RIVAL_NONE: no process of a rival. */
Rival rival_from_comm(const char *comm);
/* Of those in the mask (1u << Rival) the first that turns the knob, or that compacts; RIVAL_NONE. */
Rival rival_of_knob(uint32_t running, KnobId id);
Rival rival_that_compacts(uint32_t running);
