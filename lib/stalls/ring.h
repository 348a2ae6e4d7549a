/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring.h - records of compaction runs, out of a ring buffer that the kernel fills.
 *
 * Format: struct perf_event_header and the records of include/uapi/linux/perf_event.h, for events opened with PERF_SAMPLE_IDENTIFIER |
 * PERF_SAMPLE_TID | PERF_SAMPLE_TIME and sample_id_all (actor/counter.h):
 *
 *     PERF_RECORD_SAMPLE   header, u64 identifier, u32 tgid, u32 tid, u64 nsec
 *     PERF_RECORD_LOST     header, u64 id, u64 lost, then tgid, tid, nsec, identifier as above
 *
 * Everything is 8 bytes aligned. A record may go around the end of the buffer. Other types are passed over, by their size. Pure: bytes
 * in, structs out; whatever the bytes are, nothing beyond them is read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum RunEventType {
        RUN_BEGIN,
        RUN_END,
        RUN_GAP, /* records were lost before this one */
} RunEventType;

typedef struct RunEvent {
        RunEventType type;
        uint32_t tgid, tid; /* 0 with RUN_GAP */
        uint64_t nsec;
        uint64_t lost; /* RUN_GAP: how many records; 0 where that is not known */
        size_t place;  /* runs.h: among those of one instant */
} RunEvent;

typedef struct Ring {
        const void *data;
        size_t size;         /* a power of two */
        uint64_t tail, head; /* positions as the kernel counts them, on and on: from tail on and before head there are records */
        uint64_t begin, end; /* the identifiers of the two events */
} Ring;

/* The next record of these that is older than `until`, nsec; ring->tail moves behind it. 1: there was one. 0: no more, or a younger one,
 * which stays. -EBADMSG: the bytes are no records; ring->tail is at head then. */
int ring_next(Ring *ring, uint64_t until, RunEvent *ret);
