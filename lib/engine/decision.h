/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decision.h - what the engine concluded for one node at one instant, including doing nothing. One struct feeds the journal, the
 * log, the API, the trace and the sentences, so that they cannot disagree. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/knob.h"
#include "base/usec.h"
#include "engine/policy.h"

typedef enum Verdict {
        VERDICT_UNKNOWN,    /* a source that it needs is missing, or no sample yet */
        VERDICT_MET,
        VERDICT_FRAGMENTED, /* enough free memory, in pieces: compaction can help */
        VERDICT_SHORT,      /* not enough free memory above the watermarks: only reclaim helps */
        VERDICT_PINNED,     /* unmovable memory stands in the way: nothing at run time helps */
        VERDICT_FUTILE,     /* compaction was tried and did not help */
        _VERDICT_MAX,
} Verdict;
const char *verdict_name(Verdict v);

/* Why this and not something else. The names are stable: they stand in the journal and in scripts. */
#define REASONS(X)                                                                                 \
        X(MET, "met")                         /* nothing to do */                                  \
        X(UNKNOWN_SOURCE, "unknown-source")   /* cannot judge without a source */                  \
        X(SHORT, "short")                     /* compaction would be useless */                    \
        X(MISSED, "missed")                   /* reserve missed: acts */                           \
        X(FORECAST, "forecast")               /* reserve about to be missed: acts */               \
        X(REQUESTED, "requested")             /* somebody asked: acts */                           \
        X(RUNNING, "running")                 /* an action goes on */                              \
        X(SETTLING, "settling")               /* an action has ended, its effect is being measured */ \
        X(REFILLED, "refilled")               /* ended: the refill mark is met */                  \
        X(REQUEST_MET, "request-met")         /* ended: what was asked for is there */             \
        X(COMPLETE, "complete")               /* ended by itself */                                \
        X(TIME_LIMIT, "time-limit")           /* ended: action_limit */                            \
        X(BUDGET_LIMIT, "budget-limit")       /* ended: what was left of the budget */             \
        X(PRESSURE_LIMIT, "pressure-limit")   /* ended: tasks had to wait for memory */            \
        X(CANCELLED, "cancelled")             /* ended: paused, policy changed, node gone */       \
        X(ACTION_FAILED, "action-failed")     /* the kernel or the actor refused */                \
        X(GAINED, "gained")                   /* measured: it helped */                            \
        X(NO_GAIN, "no-gain")                 /* measured: it did not */                           \
        X(BACKOFF, "backoff")                 /* waiting after actions without gain */             \
        X(PINNED, "pinned")                   /* unmovable memory, waiting */                      \
        X(NO_LEVER, "no-lever")               /* none allowed or usable for this */                \
        X(HELD, "held")                       /* a guard holds: see guard */                       \
        X(BUSY, "busy")                       /* a lever for all nodes is in use for another node */ \
        X(KERNEL_ACTS, "kernel-acts")         /* kcompactd is about to do it by itself */          \
        X(KNOB_RAISED, "knob-raised")         /* standing value set */                             \
        X(KNOB_LOWERED, "knob-lowered")                                                            \
        X(KNOB_STOOD_DOWN, "knob-stood-down") /* lowered: fragd makes what is asked for */        \
        X(KNOB_RESTORED, "knob-restored")     /* back at the baseline */                           \
        X(KNOB_YIELDED, "knob-yielded")       /* somebody else changed it: theirs now */           \
        X(POLICY_CHANGED, "policy-changed")                                                        \
        X(PAUSED, "paused")                                                                        \
        X(RESUMED, "resumed")                                                                      \
        X(TOPOLOGY, "topology")               /* nodes or memory came or went */                   \
        X(PREPARING, "preparing")             /* a request to prepare blocks goes on */            \
        X(PREPARED, "prepared")               /* ended: they are there */                          \
        X(IMPOSSIBLE, "impossible")           /* ended: see verdict, ceiling */                    \
        X(TIMED_OUT, "timed-out")             /* ended: its time is over */                        \
        X(ABANDONED, "abandoned")             /* ended: who asked has gone */                      \
        X(NOT_PREPARED, "not-prepared")       /* ended: refused or failed, see error */            \
        X(HOLD_BEGUN, "hold-begun")           /* a temporary objective is watched from now on */   \
        X(HOLD_ENDED, "hold-ended")           /* its time is over, or somebody has released it */  \
        X(HOLD_REFUSED, "hold-refused")       /* it cannot be, or not be released: see error, ceiling */ \
        X(REFUSED, "refused")                 /* a request that cannot be done: see detail */      \
        X(ACTOR_LOST, "actor-lost")

typedef enum Reason {
#define X(id, name) REASON_##id,
        REASONS(X)
#undef X
        _REASON_MAX,
} Reason;
const char *reason_name(Reason v);

typedef enum Guard {
        GUARD_NONE,
        GUARD_PAUSED,
        GUARD_PSI_MEMORY,      /* value, limit: permyriad */
        GUARD_PSI_CPU,         /* value, limit: permyriad */
        GUARD_KCOMPACTD_BUSY,  /* value: state letter */
        GUARD_KCOMPACTD_STUCK, /* value: state letter 'D' in two samples running */
        GUARD_COOLDOWN,        /* value, limit: usec since the last action, cooldown */
        GUARD_BUDGET_TIME,     /* value, limit: usec */
        GUARD_BUDGET_RUNS,     /* value, limit: runs */
        GUARD_KNOB_OWNED,      /* somebody else owns the knob of the only lever left; value: KnobId, limit: Rival or 0 */
        GUARD_RIVAL,           /* another program that compacts by itself runs; value: Rival */
        GUARD_NO_ACTOR,        /* fragd cannot act: no privilege, or the actor is lost */
        _GUARD_MAX,
} Guard;
const char *guard_name(Guard v);
int guard_from_name(const char *name, Guard *ret);

/* Why compacting the node was chosen where a window, the usual choice, was possible: see efficacy.h. */
typedef enum LeverWhy {
        LEVER_WHY_USUAL,      /* it was not */
        LEVER_WHY_TOO_LITTLE, /* windows brought too little of what was expected of late */
        LEVER_WHY_DEARER,     /* windows brought less for their cost of late */
        _LEVER_WHY_MAX,
} LeverWhy;
const char *lever_why_name(LeverWhy v);

/* What the daemon must do. */
typedef enum Act {
        ACT_NONE,
        ACT_SET_KNOB,     /* knob := new_value if it now is old_value */
        ACT_RESTORE_KNOB, /* the actor puts the knob's baseline back */
        ACT_COMPACT,      /* start compacting node, limit_usec */
        ACT_STOP,         /* end the compaction of node, or the growing of its pool */
        ACT_GROW_POOL,    /* of huge pages of `size` on node: by new_value pages, if it has grown by old_value so far; limit_usec */
        ACT_UNDO_POOL,    /* take that back */
        ACT_KEEP_POOL,    /* that is for good */
        ACT_DROP_CACHES,  /* the page cache */
        _ACT_MAX,
} Act;
const char *act_name(Act v);

#define NODE_ALL UINT32_MAX /* Decision.node: not about one node */

typedef struct Decision {
        uint64_t number; /* from 1, without gaps, for ever */
        usec_t at;       /* monotonic */
        uint32_t node;   /* id or NODE_ALL */
        int32_t objective; /* index in the policy and behind it the holds, -1 if not about one */
        uint64_t hold;     /* the number of the hold that it is about, or whose objective that is; 0 if none */
        uint8_t order;   /* blocks in question */
        Verdict verdict;
        Reason reason;
        Lever lever;
        LeverWhy lever_why; /* in the decision that starts an action */
        Guard guard;
        Act act;
        bool notable; /* acts or changes state: goes to the journal */
        bool would;   /* policy `observe`: act is what would have been done, and is not done */

        /* Evidence; bytes unless said. UNKNOWN_U64 / UINT32_MAX where it is not known. */
        uint64_t size, current, reserve, refill, ceiling, free;
        int64_t slope;             /* bytes per second */
        usec_t time_left;          /* until reserve is missed; USEC_INFINITY */
        uint64_t burst;            /* the demand that reserve follows, UNKNOWN_U64 where it does not follow any */
        usec_t burst_age;
        uint32_t score, score_low, score_high; /* node score, kcompactd's marks */
        uint32_t psi_memory, psi_cpu;          /* permyriad, in the last sample interval */
        uint32_t unmovable;                    /* permyriad of pageblocks */
        uint64_t guard_value, guard_limit;
        usec_t until; /* when a guard or back-off ends, if that is known; else 0 */
        uint32_t attempts; /* actions without gain in a row */

        /* The action. */
        uint64_t action; /* number of the action, 0 if none; equal in its start, stop and result */
        KnobId knob;     /* for ACT_*_KNOB and knob reasons */
        int64_t old_value, new_value;
        usec_t limit_usec;
        int32_t error;   /* negative errno for ACTION_FAILED and REFUSED */

        /* The result, in GAINED and NO_GAIN. */
        int64_t gain;         /* bytes in blocks of the order: what is there more, and what was handed out meanwhile */
        int32_t score_drop;
        usec_t cost;          /* CPU time of the child or of kcompactd */
        usec_t took;          /* wall time of the action; of a PREPARE so far */
        uint64_t migrated;    /* pages, whole machine; UNKNOWN_U64 */
        uint64_t scanned;     /* pages that compaction looked at, whole machine; UNKNOWN_U64 */

        char policy[POLICY_NAME_MAX]; /* for POLICY_CHANGED; else empty */

        /* Who asked, for requests. */
        uint64_t request; /* token, 0 if none */
        uint32_t uid, pid; /* UINT32_MAX if none */
} Decision;

/* Everything unknown or none. */
void decision_init(Decision *d);
