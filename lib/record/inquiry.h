/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inquiry.h - "was it compaction?", asked about a time that is past: from what the record has of it.
 *
 * Waiting is judged by the kernel's memory pressure (PSI, some): the time in which some task waited for memory. It counts direct
 * compaction, direct reclaim, kswapd and kcompactd at work on demand, and memory cgroups at their limits alike, so the share of
 * compaction in it comes
 *   - from the delay accounting of processes (lib/stalls) where that is known: from INQUIRY_MOST of the waiting on it was compaction,
 *     from INQUIRY_SOME on partly;
 *   - else from how often tasks compacted (compact_stall) and reclaimed (allocstall): without any reclaim, or with at least twice as
 *     many compactions, it was; with a tenth at least, partly.
 * Nobody waited where that is below INQUIRY_NOTABLE of the time. Background compaction that used so much of a CPU as INQUIRY_BUSY
 * is "partly" all the same: it moves pages under whoever uses them.
 *
 * What is not recorded at all is said (inquiry_blind()). Shares are permyriad. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "record/record.h"

#define INQUIRY_NOTABLE 50   /* 0.5 % */
#define INQUIRY_BUSY    1000 /* 10 % of one CPU */
#define INQUIRY_MOST    5000
#define INQUIRY_SOME    1000

typedef enum InquiryAnswer {
        INQUIRY_UNKNOWN, /* nothing is recorded of that time */
        INQUIRY_NO,
        INQUIRY_PARTLY,
        INQUIRY_YES,
        _INQUIRY_ANSWER_MAX,
} InquiryAnswer;
const char *inquiry_answer_name(InquiryAnswer a);

typedef enum InquiryCause {
        INQUIRY_NOTHING_RECORDED,
        INQUIRY_DIRECT,     /* tasks compacted, and waited */
        INQUIRY_BACKGROUND, /* kcompactd or fragd compacted; hardly anybody waited */
        INQUIRY_SHORTAGE,   /* tasks reclaimed: too little was free */
        INQUIRY_OTHER,      /* they waited for memory, and neither: a cgroup's limit, swap, page cache read again */
        INQUIRY_NOBODY,     /* hardly anybody waited for memory */
        _INQUIRY_CAUSE_MAX,
} InquiryCause;
const char *inquiry_cause_name(InquiryCause c);

/* Sums over the time asked about. */
typedef struct InquiryFacts {
        usec_t since, until; /* realtime */
        usec_t known;        /* so much of it is recorded */
        usec_t first;        /* realtime: the beginning of that; USEC_INFINITY */
        uint64_t counts[_RECORD_COUNT_MAX]; /* UNKNOWN_U64 */
        uint64_t kcompactd;  /* CPU time of all nodes, usec; UNKNOWN_U64 */
        usec_t stood[_VERDICT_MAX]; /* how long it was the verdict of some objective on some node, at most the known time */

        bool lost_known;     /* the delays of processes are known for that time */
        uint64_t lost, lost_times, lost_reclaim; /* usec, times, usec */

        unsigned runs;       /* fragd's own actions that ended then */
        usec_t own_cost;     /* their CPU time */
        int64_t own_gain;    /* bytes */
} InquiryFacts;

typedef struct Inquiry {
        InquiryAnswer answer;
        InquiryCause cause;
} Inquiry;

/* Reads the range to its end: at most so much work as a record has steps. -ENOMEM. Fills in all but what processes lost
 * and fragd did. */
int inquiry_read(InquiryFacts *ret, const Record *r, usec_t since, usec_t until, usec_t now);
void inquiry_judge(const InquiryFacts *f, Inquiry *ret);

#define INQUIRY_TEXT_MAX 320
#define INQUIRY_LINES_MAX 12

typedef struct InquiryLines {
        char items[INQUIRY_LINES_MAX][INQUIRY_TEXT_MAX];
        size_t n;
} InquiryLines;

/* One sentence; when: "between 14:02 and 14:05" or the like. Returns buf. */
const char *inquiry_sentence(const InquiryFacts *f, const Inquiry *q, char *buf, size_t size);
/* What speaks for it, with figures. */
void inquiry_reasons(const InquiryFacts *f, const Inquiry *q, InquiryLines *ret);
/* What is not recorded and might matter. */
void inquiry_blind(const InquiryFacts *f, const Inquiry *q, InquiryLines *ret);
/* Commands, and what they are for. acts: whether fragd may act. */
void inquiry_next(const InquiryFacts *f, const Inquiry *q, bool acts, InquiryLines *ret);
