/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tally.h - messages of the kernel (decode.h), counted by class, by who asked and by order: in all, and in the last hour.
 *
 * Bounded: TALLY_ROWS_MAX different rows; what finds no place any more is counted in a row of its class, whose caller is
 * TALLY_OTHERS and whose order is not told. Who asked is the function of the call trace that did, or that of the work queue; without a trace
 * the task, without the numbers of such as kworker/3:1.
 *
 * The last hour is kept by minutes, of the time that the caller gives with each call (monotonic). No clock, no allocation. */
#pragma once

#include "base/strbuf.h"
#include "base/usec.h"
#include "decode/decode.h"

#define TALLY_ROWS_MAX     20
#define TALLY_OTHERS       "other"
#define TALLY_ORDER_OTHERS (-2)
#define TALLY_MINUTES      61 /* the one that is not over yet, and an hour */

typedef struct TallyRow {
        DecodeClass class;
        int order; /* -1: not said; TALLY_ORDER_OTHERS */
        char caller[STACK_FUNCTION_MAX];
        char comm[DECODE_COMM_MAX]; /* of the last one; "": not said */
        uint64_t total;
        uint64_t shown;         /* of them: the numbers of the message prove the class */
        usec_t last_realtime;
        uint64_t minute;        /* of the newest one */
        uint32_t minutes[TALLY_MINUTES]; /* at minute % TALLY_MINUTES */
} TallyRow;

/* All zeros is an empty one. */
typedef struct DecodeTally {
        TallyRow rows[TALLY_ROWS_MAX + _DECODE_CLASS_MAX]; /* in the order in which they came */
        size_t n;
        uint64_t suppressed; /* that the kernel did not print, in all */
} DecodeTally;

/* now: when it was seen; realtime: when the kernel said it. Both monotonic in that they may stand still. */
void tally_message(DecodeTally *t, const Decoded *d, usec_t now, usec_t realtime);
/* How many there were in the last hour, to the minute. */
uint64_t tally_hour(const TallyRow *r, usec_t now);
/* Rows with something in the last hour, what fragmentation and compaction are to blame for first, then by their number. Returns how many,
 * at most max. */
size_t tally_recent(const DecodeTally *t, usec_t now, const TallyRow **ret, size_t max);
/* "2 allocations of order 4 (64 KiB) failed in the last hour for fragmentation, asked for by veth_alloc_queues in dockerd".
 * Orders are of pages of that size. Only for rows that have something in it. */
void tally_sentence(const TallyRow *r, usec_t now, uint64_t page_size, StrBuf *b);
