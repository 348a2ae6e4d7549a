/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gate.h - how often a file may be read whose reading holds others up: /proc/pagetypeinfo, /proc/slabinfo.
 *
 * The kernel walks free lists and every pageblock of a zone under the zone's lock with interrupts off (mm/vmstat.c
 * pagetypeinfo_show()): 524288 pageblocks for each TiB, without a pause. So (1) reads take at most a thousandth of the
 * time: after one of duration d the next comes no sooner than 1000 d later; (2) where a zone is larger than
 * GATE_ZONE_MAX, pagetypeinfo is read only when an administrator asks. Pure: times are parameters, monotonic. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/usec.h"

#define GATE_FACTOR   1000
#define GATE_ZONE_MAX (UINT64_C(1) << 40)
/* How often pagetypeinfo is read without a question, to see what grows. */
#define GATE_INTERVAL (15 * USEC_PER_MIN)

typedef struct Gate {
        bool read;     /* at least once */
        usec_t at, took; /* of the last read: its end, and its duration */
} Gate;

typedef enum GateAnswer {
        GATE_OPEN,
        GATE_WAIT,  /* too soon after the last read */
        GATE_LARGE, /* a zone is too large */
} GateAnswer;

/* zone_bytes: the largest zone, 0 where its size does not matter or is not known. */
GateAnswer gate_ask(const Gate *g, uint64_t zone_bytes, usec_t now);
/* A read that ended now and took so long. */
void gate_passed(Gate *g, usec_t now, usec_t took);
/* When the next read is allowed; 0 before the first. */
usec_t gate_next(const Gate *g);
