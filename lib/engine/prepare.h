/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* prepare.h - somebody wants so many blocks, once: compact just enough, and where they are to be huge pages, grow the pool with what
 * is there. For lib/engine only.
 *
 * One such job is worked on at a time, others wait for it; their time runs. A job looks at each sample, and does the first of these:
 *
 *     enough is there, or the pools have grown by enough      done
 *     its time is over, its asker has gone                    ends
 *     blocks that can be allocated without reclaim            a pool grows by them (hugetlb)
 *     more is wanted than compaction could make               drops the page cache, once, if that is allowed; else impossible
 *     a node can be compacted, up to what is missing          has it compacted, as any request does (action.c)
 *     no node can be compacted any more                       as above: the page cache, or impossible
 *
 * A node is given up after two compactions that brought next to nothing, or three growths that did. So it ends even without a time
 * limit. Whatever the end: runs that it caused are ended, and a pool that has not grown by all that was asked is taken back, unless the
 * request says that a part is welcome. Only then is the end told, by the one notable decision with reason prepared, impossible,
 * timed-out, abandoned or not-prepared. */
#pragma once

#include "engine/engine.h"

#define PREPARES_MAX 8

typedef struct Prepare {
        Request request;
        usec_t asked, deadline;
        bool begun, ending;
        uint8_t order;
        uint64_t size;  /* bytes of a block */
        uint64_t first; /* blocks there at the beginning */
        bool dropped;   /* the page cache */
        uint64_t drop_action; /* on its way; 0: none */
        usec_t wait_until; /* what was done must be seen first */
        /* How it ends. */
        Reason reason;
        Verdict verdict;
        Guard guard;
        int error;
        uint64_t reached, possible; /* blocks */
} Prepare;

/* A node's part in the job that is worked on. */
typedef struct PrepareNode {
        uint64_t grown;  /* pages that its pool has grown by */
        uint64_t asked;  /* by how many it is growing now */
        uint64_t action; /* growing, undoing or keeping, on its way; 0: none */
        Act act;         /* which */
        bool compacting; /* our request is pending or runs */
        uint64_t mark;   /* blocks there when it began */
        unsigned barren, refused; /* compactions and growths in a row that brought next to nothing */
} PrepareNode;

/* What a node has to say in it. */
typedef struct PrepareShare {
        uint64_t now, ceiling, want; /* blocks; want: what is still to come here; UINT64_MAX: any of it */
} PrepareShare;
