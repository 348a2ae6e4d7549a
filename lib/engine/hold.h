/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hold.h - somebody wants so many blocks kept ready for a while: a temporary objective beside the policy's. For lib/engine only.
 *
 * Its objective stands behind those of the policy in Engine.policy, so that whatever goes over the objectives (verdicts, levers,
 * guards, budget, metrics, the record) has it, too. Its place stays the same until it ends, whatever becomes of others; a place in
 * between that nobody has is an objective that applies to no node (HOLD_ENDED). Another policy takes nothing of it but moves the
 * places.
 *
 * It is an objective like any other: what it may cost is the policy's budget, and blocks that are there count for every objective that
 * wants them. On all nodes (NODE_ALL) each has an even part, rounded up to a block.
 *
 * A hold is refused where it could not be met even if nobody used the memory: decided at the first sample after it was asked for, by
 * the nodes' memory above the high watermarks, without the pools of huge pages. It ends when its time is over, or when it is
 * released. Whatever happens to it is one notable decision with reason hold-begun, hold-ended or hold-refused. */
#pragma once

#include "engine/engine.h"

typedef struct Hold {
        uint64_t id;  /* 0: none; from 1, each one higher than the one before */
        bool waiting; /* for the first sample, which tells whether it can be */
        Request request;
        uint64_t size; /* bytes of a block */
        uint8_t order;
        usec_t begun, until;
} Hold;
