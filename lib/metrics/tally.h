/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tally.h - what adds up while fragd runs: decisions by reason, actions by lever and result with
 * their gain and cost, how long polls took. Nothing else in the house keeps these sums. Allocates
 * only in tally_init(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/decision.h"

typedef enum TallyResult {
        TALLY_GAINED,
        TALLY_NO_GAIN,
        TALLY_FAILED, /* the kernel or the actor refused */
        TALLY_WOULD,  /* the policy only observes */
        _TALLY_RESULT_MAX,
} TallyResult;
const char *tally_result_name(TallyResult r); /* "gained", "no-gain", "failed", "would" */

/* The levers that actions use; the others turn knobs. */
typedef enum TallyLever { TALLY_WINDOW, TALLY_COMPACT, _TALLY_LEVER_MAX } TallyLever;
Lever tally_lever(TallyLever l);

typedef struct LeverTally {
        uint64_t results[_TALLY_RESULT_MAX];
        uint64_t gained;  /* bytes; an action that lost some adds nothing */
        usec_t cpu, wall; /* of actions that were measured */
} LeverTally;

typedef struct NodeTally {
        uint32_t node;
        LeverTally levers[_TALLY_LEVER_MAX];
} NodeTally;

/* Upper bounds of how long a poll took, microseconds; one bucket more for all above. */
#define TALLY_POLL_BOUNDS 11
extern const uint64_t tally_poll_bounds[TALLY_POLL_BOUNDS];

typedef struct Tally {
        uint64_t reasons[_REASON_MAX]; /* notable decisions */
        NodeTally *nodes;              /* NODES_MAX of them; owned; touched as nodes act */
        size_t n_nodes;
        uint64_t polls[TALLY_POLL_BOUNDS + 1];
        usec_t poll_sum;
} Tally;

int tally_init(Tally *t); /* -ENOMEM */
void tally_done(Tally *t);
void tally_decision(Tally *t, const Decision *d);
void tally_poll(Tally *t, usec_t took);
/* NULL where nothing has happened on the node. */
const NodeTally *tally_node(const Tally *t, uint32_t node);
