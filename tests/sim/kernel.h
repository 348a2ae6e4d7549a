/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.h - the kernel of one node: how a request for memory goes, and what kswapd and kcompactd
 * do behind it.
 *
 * kernel.c models __alloc_pages_slowpath() of mm/page_alloc.c (Linux 6.1): low mark, min mark,
 * direct compaction (a huge page fault with madvise tries up to four times: mm/mempolicy.c
 * vma_alloc_folio() asks twice), direct reclaim. kthreads.c models balance_pgdat() of mm/vmscan.c
 * (reclaim up to the high mark, and for a boost; then kcompactd is woken) and kcompactd() of
 * mm/compaction.c (runs on demand with deferral; proactive runs every half second above the high
 * mark, with 32 s of rest after one that lowered nothing).
 *
 * A request is carried out at once; what it costs its task is returned as time (`stall`). Threads
 * get CPU time from the host. */
#pragma once

#include "base/usec.h"
#include "compaction.h"
#include "model/kcompactd.h"

typedef enum Ask {
        ASK_ORDINARY, /* pages of programs, caches and the kernel: may reclaim */
        ASK_FAULT, /* huge page fault of madvised memory, defrag = madvise: compacts, wakes nobody
                    */
        ASK_DEFER, /* the same with defrag = defer: wakes kswapd and kcompactd, never waits */
        ASK_POOL,  /* hugetlb pool: compacts and reclaims */
        ASK_RING,  /* network ring: one try */
} Ask;

/* Counted as /proc/vmstat does, or nanoseconds. stolen_pages: reclaimed; failed: ordinary requests
 * that got nothing; pressure_nsec: somebody waited for memory (PSI some). */
/* clang-format off */
#define KERNEL_STATS(X)                                                                            \
        X(compact_stall) X(compact_fail) X(daemon_wake) X(proactive_runs) X(moved) X(scanned) X(scanned_free)     \
        X(kcompactd_nsec) X(kswapd_nsec) X(direct_nsec) X(explicit_nsec)                           \
        X(stolen_pages) X(allocstall) X(failed) X(pressure_nsec)
/* clang-format on */

typedef struct KernelStats {
#define X(name) uint64_t name;
        KERNEL_STATS(X)
#undef X
} KernelStats;

typedef struct Kernel {
        Buddy buddy;
        Holders holders;
        CompactMemory memory;
        Pace pace;
        WmarkRule rule;
        uint32_t reclaim_nsec; /* of one page */
        Holder *cache;         /* what can be reclaimed; NULL if nothing */
        Rng rng;               /* luck */
        KernelStats stats;
        struct {
                bool on;
                uint8_t order; /* a block that somebody wants; 0 for none */
                uint32_t due; /* pages to reclaim, however many are free: room to make that block in
                               */
        } kswapd;
        struct {
                bool running, proactive;
                int wanted; /* order that somebody waits for, or ORDER_ANY */
                uint32_t score_before;
                usec_t next; /* proactive check */
                Compaction run;
        } kcompactd;
} Kernel;

/* 0 or -ENOMEM. */
int kernel_init(Kernel *k, uint32_t n_pages, unsigned n_orders, unsigned block_order, uint32_t min,
        const Pace *pace);
void kernel_done(Kernel *k);
/* A block for that place of the holder's table; PFN_NONE. *stall grows by the time that the task
 * waited, nanoseconds. */
uint32_t kernel_alloc(Kernel *k, const Holder *h, uint32_t index, Ask ask, uint64_t *stall);
/* One more item for the holder, which may be incomplete. False if it has no place for more. */
bool kernel_fill(Kernel *k, Holder *h, Ask ask, uint64_t *stall);
/* Frees page cache, an item at a time, until `pages` are free; returns pages freed. */
uint32_t kernel_reclaim(Kernel *k, uint32_t pages);
/* mm/compaction.c fragmentation_score_node(), of a node with one zone. */
uint32_t kernel_score(const Kernel *k);
/* Adds a finished or interrupted run to the counters: what it did since the last time. */
void kernel_account(Kernel *k, Compaction *run);

/* Up to nsec of CPU time each; return what was used. */
uint64_t kswapd_tick(Kernel *k, uint64_t nsec);
uint64_t kcompactd_tick(Kernel *k, usec_t now, uint64_t nsec, uint32_t proactiveness);
void kcompactd_wake(Kernel *k, int order);
/* A non-zero value was written to compaction_proactiveness: the check comes at once, and no rest is
 * kept. */
void kcompactd_trigger(Kernel *k, usec_t now);
