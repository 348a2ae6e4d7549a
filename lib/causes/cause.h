/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cause.h - what stands behind the verdict on an objective, and what else on the machine is to be noticed: an identifier for scripts,
 * a sentence, and what to do, with the command.
 *
 * A verdict says what compaction can do; a cause says what it is about. Of an objective there is always one, the most relevant; others
 * come after it where they apply, too. What concerns the machine as a whole (pools of huge pages, limits of cgroups, the reserve for
 * requests that cannot wait) is no objective's: those stand apart. Pure: everything is in CauseFacts, which borrows it. Bytes, unless
 * said; UNKNOWN_U64 for what is not known, which costs only what needs it. */
#pragma once

#include "engine/engine.h"
#include "engine/sentence.h"
#include "model/allocatable.h"
#include "model/hugepages.h"
#include "model/owners.h"
#include "writers/writers.h"

/* The names are stable: they stand in scripts. io.fragd(7) has what each means. */
#define CAUSES(X)                                                                                          \
        /* of an objective */                                                                              \
        X(NONE, "none")                     /* it is met */                                                \
        X(UNKNOWN, "unknown")               /* it cannot be judged */                                      \
        X(FRAGMENTED, "fragmented")         /* enough is free, in pieces that can be put together */       \
        X(SHORTAGE, "shortage")             /* memory is in use */                                         \
        X(PAGE_CACHE, "page-cache")         /* it holds clean page cache */                                \
        X(LOCKED, "locked")                 /* it is locked, and nobody can reclaim it */                  \
        X(IDLE_POOL, "idle-pool")           /* it lies idle in pools of huge pages */                      \
        X(CMA_ONLY, "cma-only")             /* what is free is CMA, which the kernel's own requests do not get */ \
        X(MOVABLE_ONLY, "movable-only")     /* the same, of ZONE_MOVABLE */                                \
        X(SLAB, "slab")                     /* in the way: a slab cache */                                 \
        X(MLOCKED, "mlocked")               /* memory that is locked, and may not be compacted */          \
        X(UNEVICTABLE, "unevictable")       /* the same, of ramfs, SHM_LOCK */                             \
        X(PINS, "pins")                     /* pages that are pinned for I/O; also of the machine */       \
        X(PAGE_TABLES, "page-tables")                                                                      \
        X(KERNEL_MEMORY, "kernel-memory")   /* stacks, vmalloc, per-CPU memory */                          \
        X(ZFS_ARC, "zfs-arc")                                                                              \
        X(UNACCOUNTED, "unaccounted")       /* pages that drivers or pipes took, which no counter has */   \
        X(UNMOVABLE, "unmovable")           /* unknown whose */                                            \
        /* of the machine */                                                                               \
        X(ATOMIC_RESERVE, "atomic-reserve") /* single pages are missing: no fragmentation */               \
        X(HUGETLB_POOL, "hugetlb-pool")     /* fewer pages than asked for */                               \
        X(MEMCG_LIMIT, "memcg-limit")       /* huge pages were refused by a cgroup's limit */              \
        X(CMA, "cma")                       /* CMA areas refuse */                                         \
        X(MOVABLE_ZONE, "movable-zone")     /* so large that the kernel's own memory is small */           \
        X(KERNEL_MESSAGES, "kernel-messages") /* what the kernel said of memory that could not be had */  \
        X(STALLS, "stalls")                 /* processes waited in direct compaction */                    \
        X(FALLBACKS, "fallbacks")           /* unusually many between migrate types */                     \
        X(OTHER_WRITER, "other-writer")     /* somebody else compacts, or sets what fragd sets */

typedef enum CauseId {
#define X(id, name) CAUSE_##id,
        CAUSES(X)
#undef X
        _CAUSE_MAX,
} CauseId;
const char *cause_name(CauseId id);

typedef struct Cause {
        CauseId id;
        uint64_t bytes; /* that it is about, more or less; of two that apply, the larger comes first */
        char sentence[SENTENCE_MAX];  /* without the full stop, so that it can follow another; "" where the verdict says it all */
        char next_step[SENTENCE_MAX]; /* "" where there is none beyond the decision's */
} Cause;

#define CAUSES_MAX 12

typedef struct CauseFacts {
        const Model *model;
        const Zoneinfo *zoneinfo; /* what the model has not of it; NULL: not known */
        const Owners *owners; /* NULL: not known */
        const HugePool *pools; /* of all nodes, and of each */
        size_t n_pools;
        const PoolWanted *wanted;
        size_t n_wanted;
        /* Counts in the last `over`. */
        usec_t over;
        uint64_t thp_charge, cma_alloc, cma_fail;
        uint64_t manual_seen; /* somebody's compaction by hand, in so many steps; inferred */
        const char *cgroup;   /* the one that was at its limit most often, "/system.slice/a.service"; NULL; see causes_want_cgroup() */
        uint64_t cgroup_hits; /* since it was made */
        const char *cma_area; /* the one that failed most often, since boot; NULL */
        /* Who else turns knobs. */
        const Writers *writers; /* NULL: not looked yet */
        uint32_t rivals;        /* 1u << Rival: running */
        const uint32_t *pids;   /* of them, [_RIVAL_MAX] */
        uint32_t yielded;       /* 1u << KnobId: somebody changed it after fragd did */
} CauseFacts;

typedef struct CauseQuestion {
        const Node *node;
        Use use;
        Verdict verdict;
        uint64_t size; /* of one block */
        uint64_t current, reserve;
} CauseQuestion;

/* At least one, the most relevant first. Returns how many. */
size_t causes_of_objective(const CauseFacts *f, const CauseQuestion *q, Cause ret[static CAUSES_MAX]);
/* Whether a limit has refused so much that it is worth a look which. */
bool causes_want_cgroup(const CauseFacts *f);
/* Perhaps none. */
size_t causes_of_machine(const CauseFacts *f, Cause ret[static CAUSES_MAX]);

/* What helps where the reserve for requests that cannot wait is too small. */
void cause_advise_reserve(const Model *m, Cause *ret);
/* Single ones, for those who show them elsewhere. false where it does not apply. */
bool cause_pool(const CauseFacts *f, const PoolWanted *wanted, Cause *ret);
bool cause_pins(const Model *m, Cause *ret);
bool cause_movable_zone(const Model *m, Cause *ret);

/* "Node 0 has none of the ...: short." and a cause's sentence, as one. Always NUL-terminated; returns buf. */
char *cause_join(char *buf, size_t size, const char *sentence, const Cause *c);
/* The cause's sentence on its own: begins with a capital, ends with a full stop. */
char *cause_sentence(char *buf, size_t size, const Cause *c);
