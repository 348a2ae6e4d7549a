/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* internal.h - the engine's state, for lib/engine only.
 *
 * One step runs through these files in order: engine.c (dispatch) -> follow.c (what is asked for) -> assess.c (is each objective met, and why not) -> guard.c (is
 * now a bad moment) -> action.c (go on with, end or measure what runs) -> decide.c (start something, or say why not), which asks
 * lever.c (what would help most cheaply) -> knobs.c, standing.c (standing values, and who owns a knob) -> pagelists.c (what else is
 * turned while an action goes on). */
#pragma once

#include "engine/budget.h"
#include "engine/demand.h"
#include "engine/efficacy.h"
#include "engine/engine.h"
#include "engine/hold.h"
#include "engine/prepare.h"

#include "base/macros.h"

/* A running action is looked at this often, so that it can be ended soon after its mark is met; a window, which ends by itself, half as often
 * until half is there. */
#define ACTION_POLL (250 * USEC_PER_MSEC)
/* A verdict that causes no action is told only when it has lasted this long: flapping would fill the journal. */
#define VERDICT_STABLE (5 * USEC_PER_SEC)
/* Each telling doubles that, up to this; it is forgotten after as long a rest. */
#define VERDICT_STABLE_MAX (10 * USEC_PER_MIN)
/* So much more memory free than before, per cent of that, is other memory: much_more(). */
#define FRESH_MEMORY 25
/* Memory is coming free while much more is free than within the last two of these. */
#define COMING_FREE_PART (5 * USEC_PER_SEC)
/* Pressure is averaged over at least this. */
#define PSI_SPAN (900 * USEC_PER_MSEC)
/* Uninterruptible for this long without using CPU: kcompactd hangs. */
#define STUCK_AFTER (10 * USEC_PER_SEC)
/* A knob that could not be put back is tried again this often. */
#define RESTORE_RETRY (5 * USEC_PER_SEC)
/* A requested compaction may take this long; policies bound only what fragd starts by itself. */
#define REQUEST_LIMIT (10 * USEC_PER_MIN)
/* pagetypeinfo holds the zone lock with interrupts off: not read more often than this. */
#define PAGETYPE_INTERVAL (5 * USEC_PER_MIN)
/* Too little free memory for a whole reserve must last this long before a part of it is worth an action. */
#define PART_AFTER (10 * USEC_PER_SEC)
/* Where kcompactd would start by itself, it is given this long: it checks every half second. After that it has backed off, or kswapd
 * keeps it waiting. */
#define KERNEL_GRACE (5 * USEC_PER_SEC)
/* kcompactd that was woken by a window and has used no CPU for this long has finished, or will not start. */
#define WINDOW_IDLE (2 * USEC_PER_SEC)
/* A share of unmovable pageblocks from which "it did not help" is called pinned rather than futile, permyriad. */
#define PINNED_SHARE 3000
/* A standing value needs this many actions that helped, spread over a quarter of the budget's span at least: one load peak is no
 * reason. */
#define STANDING_RUNS 3
/* For so long after a start a demand is assumed where none is known. */
#define ASSUMED_FOR USEC_PER_HOUR
/* While unusually many unmovable pages go into movable blocks, it is foreseen so much farther ahead: what is free turns into what
 * compaction cannot use. */
#define MIXING_HORIZON 2
/* A verdict younger than this may soon change again. */
#define UNSETTLED (2 * USEC_PER_MIN)
/* Once kcompactd had to be given its own value back, it keeps it this long: each change wakes every kcompactd. */
#define STOOD_UP_FOR USEC_PER_HOUR
/* vm.compaction_proactiveness as the kernel sets it (mm/compaction.c). */
#define KERNEL_PROACTIVENESS 20
/* A knob that could not be written is left alone so long. */
#define FAILED_REST USEC_PER_HOUR
/* Standing knobs: not written more often than this (kernel.md: each write wakes every kcompactd). */
#define STANDING_INTERVAL (60 * USEC_PER_SEC)

typedef struct ObjectiveState {
        ObjectiveView view;
        History history; /* of view.current, bytes */
        bool flipped;       /* the verdict has changed before */
        usec_t short_since; /* free memory has not sufficed for the reserve since then; 0: it does */
        Verdict told;         /* the verdict that was last notable */
        usec_t told_at, tell_after; /* when that was, and how long a new one must last to be told */
        uint32_t told_guards; /* 1u << Guard: told since the last start of an action */
        bool told_would;      /* observing: what would be done has been told */
} ObjectiveState;

typedef enum ActionPhase {
        ACTION_IDLE,
        ACTION_ACTIVE,   /* running */
        ACTION_ENDING,   /* told to stop, the actor's answer is awaited */
        ACTION_SETTLING, /* over; the next sample after settle_at tells what it gained */
} ActionPhase;

typedef struct Action {
        ActionPhase phase;
        uint64_t id;
        Lever lever;
        LeverWhy lever_why;
        Reason why, end;
        int32_t objective; /* -1: a request without a mark */
        uint8_t order;
        Use use;
        uint64_t size, before, target; /* bytes; target 0: until it ends by itself */
        uint64_t expected;             /* gain, when it began */
        uint64_t current;              /* bytes that were there in the last sample */
        uint64_t reserve;              /* bytes; 0 for requests */
        uint32_t score_before;
        uint64_t migrated_before, kcompactd_before, kcompactd_seen; /* UNKNOWN_U64 */
        uint64_t taken_before; /* bytes of huge pages handed out so far; UNKNOWN_U64 */
        uint64_t migrated_seen;
        uint64_t scanned_before, own_before; /* pages; CPU time of the node's own kcompactd, nsec; UNKNOWN_U64 */
        usec_t started, ended, settle_at, limit;
        usec_t seen_at, busy_at; /* when kcompactd was last looked at, and last seen at work */
        bool limited_by_budget;
        usec_t cost;
        uint64_t request;
        uint32_t uid, pid;
} Action;

typedef struct NodeState {
        uint32_t id;
        ObjectiveState objectives[OBJECTIVES_MAX];
        ObjectiveView views[OBJECTIVES_MAX]; /* copies, contiguous, for NodeView */
        GuardView guards[_GUARD_MAX];
        usec_t held_since[_GUARD_MAX]; /* 0: not held */
        Decision last, notable;
        bool have_notable;
        Action action;
        bool request_pending;
        Request request;
        PrepareNode prepare;
        bool compact_missing; /* the kernel has no nodeN/compact */
        uint32_t attempts; /* actions without gain in a row */
        bool escalating;   /* the last one failed, and a stronger lever has not been tried */
        uint8_t failed_order; /* smallest order that they tried; they say nothing of smaller blocks */
        uint32_t pressed;  /* actions that pressure ended, in a row */
        uint32_t failures; /* actions that the kernel or the actor refused, in a row */
        usec_t backoff_until, last_end;
        uint64_t free_at_start; /* pages, when the last action began */
        uint64_t failed_free;   /* most free pages seen while actions brought nothing */
        Efficacy efficacy[_LEVER_MAX];
        bool gained_enough;    /* the last action that gained left the whole reserve there, or brought it while it was taken */
        uint32_t gained_score; /* lowest score from which an action of the last span gained; UINT32_MAX */
        uint32_t gained_runs; /* in a row, each less than the budget's span after the one before */
        usec_t gained_first, gained_last;
        usec_t stuck_since;   /* kcompactd is in D state since; 0: it is not */
        uint64_t stuck_cpu;   /* its CPU time then */
        uint64_t free_before; /* bytes free in the sample before */
        uint64_t low, low_before; /* fewest pages free in this part of time and in the one before; UINT64_MAX before the first sample */
        usec_t low_since;         /* when this part began */
        bool coming_free;         /* much more is free than just before: a load peak is over */
        Demand demand;         /* for huge pages */
        uint64_t ready_before; /* huge pages free in the sample before */
        uint64_t lost;         /* so many less than in the sample before */
        usec_t first_seen;
        bool shown; /* an action has made what was assumed of an automatic reserve: from now on demand alone counts */
        bool falling;         /* much less is free than in the sample before: blocks are taken, not broken up */
        bool changed;         /* verdicts or free memory changed much since the sample before */
        bool pressing;        /* an action is due as soon as a passing guard lets go */
} NodeState;

typedef struct KnobState {
        KnobView view;
        int64_t ours;      /* what we wrote last, while owner is FRAGD */
        unsigned in_flight; /* asked the actor, not answered */
        int64_t standing;  /* a standing value of ours, KNOB_VALUE_NONE without one */
        Reason standing_why; /* _REASON_MAX without one */
        int64_t would;     /* observing: the standing value that was told */
        bool restore_due;  /* a write failed, so that nobody knows what is in it: to be put back */
        usec_t restore_asked;
        usec_t written;    /* when a standing value was last asked for; 0 never */
        usec_t failed;     /* when a write last failed; 0 never */
} KnobState;

struct Engine {
        size_t nodes_max, n_nodes;
        NodeState *nodes; /* ascending by id */
        Policy policy; /* with the holds' objectives behind its own */
        unsigned n_own; /* objectives of its own */
        Hold holds[HOLDS_MAX]; /* the objective of each stands at n_own + its place */
        uint64_t next_hold;
        bool have_policy, have_actor, have_sample;
        uint32_t rivals; /* 1u << Rival: running */
        KnobState knobs[_KNOB_MAX];
        usec_t scale_rest; /* watermark_scale_factor is left alone until then: it brought nothing */
        usec_t stood_up; /* when kcompactd was last given its own value back for a while; 0 never */
        DemandCount counted; /* in the last sample; UNKNOWN_U64 before the first one that tells */
        uint64_t stalled, reclaims, scanned; /* compact_stall, allocstall and pgscan_kswapd, when pressure was last computed */
        bool stalls_alone; /* tasks have compacted for themselves since, and none has reclaimed */
        bool kswapd_rests; /* has looked at no page since */
        Budget budget;
        BudgetView spent;     /* at this step */
        usec_t spent_until;   /* when the oldest run in it leaves the span */
        usec_t paused_until; /* 0: not paused */
        uint64_t next_number, next_action;
        usec_t now, sampled;  /* last step, last sample */
        usec_t interval;      /* to the next sample when nothing presses */
        uint32_t psi_memory, psi_cpu; /* permyriad over the last interval; UINT32_MAX */
        uint64_t psi_memory_total, psi_cpu_total;
        usec_t psi_sampled;
        bool have_psi_memory, have_psi_cpu;
        bool mixing; /* unusually many unmovable pages went into movable blocks of late: an early warning */
        usec_t pagetype_asked; /* 0 never */
        bool want_pagetypeinfo;
        Prepare prepares[PREPARES_MAX]; /* the first is worked on */
        size_t n_prepares;
        PrepareShare *prepare_shares; /* [nodes_max], within a step */
        Decision *decisions;
        size_t n_decisions, decisions_max;
};

static inline bool much_more(uint64_t now, uint64_t before)
{
        return now > before && now >= before + before * FRESH_MEMORY / 100;
}

/* --- engine.c --- */
/* Numbers d, keeps it as what the node thinks, and hands it out. Returns the stored copy. */
Decision *engine_emit(Engine *e, NodeState *n, const Decision *d);
/* A decision with this instant's evidence about the node; objective -1: none. */
void engine_evidence(const Engine *e, const NodeState *n, const Model *m, const Node *node, int objective, Decision *ret);
/* e may act at all: policy acts and there is an actor. */
bool engine_acts(const Engine *e);

/* --- follow.c --- */
/* Sees what was asked for since the sample before, and on which nodes. */
void follow_demand(Engine *e, const Model *m, usec_t now);
/* What an automatic reserve is now, on a node of `base` bytes. */
void follow_objective(const Engine *e, const NodeState *n, const Objective *o, uint64_t base, usec_t now, ObjectiveView *v);

/* --- assess.c --- */
/* Bytes of the node that can be wanted: without hugetlb pools, which are nobody else's. 0: not known. */
uint64_t assess_base(const Model *m, const Node *node);
void assess_node(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now);
/* The objective that needs something most: fragmented before forecast before others that are missed; -1 without any. */
int assess_most_urgent(const Engine *e, const NodeState *n, bool *ret_forecast);
bool assess_forecast(const Engine *e, const ObjectiveView *v);

/* --- guard.c --- */
void guard_update(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now);
/* Adds up the budget once for all nodes of a step. */
void guard_budget_update(Engine *e, usec_t now);
/* Held, and since when, now. */
void guard_set(NodeState *n, Guard g, const GuardView *v, usec_t now);
/* The first guard that holds; GUARD_NONE. requested: only those that bind a person, too. */
Guard guard_first(const NodeState *n, bool requested);

/* --- lever.c --- */
typedef struct LeverChoice {
        Lever lever;           /* LEVER_NONE: see guard */
        Guard guard;           /* GUARD_KNOB_OWNED if that is why */
        bool busy;             /* a lever for all nodes is in use elsewhere */
        bool kernel;           /* kcompactd is about to do it by itself */
        int64_t proactiveness; /* for a window */
        LeverWhy why;
} LeverChoice;
void lever_choose(const Engine *e, const NodeState *n, const Model *m, const Node *node, int objective, usec_t now,
        LeverChoice *ret);
/* Smallest proactiveness that makes kcompactd start at `score` and go on to `low` or below; -1 if none up to max does. */
int lever_window_value(WmarkRule rule, uint32_t score, uint32_t low, uint32_t max);
/* A lever not yet found poor that is allowed beside `failed`. */
bool lever_untried(const Engine *e, const NodeState *n, Lever failed);

/* --- action.c --- */
void action_start(Engine *e, NodeState *n, const Model *m, const Node *node, int objective, Reason why, const LeverChoice *choice,
        usec_t now);
void action_start_request(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now);
/* Goes on with what runs. True while the node is not free for a new action. */
bool action_supervise(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now);
/* How long until what runs must be looked at again. */
usec_t action_poll(const Action *a);
void action_done(Engine *e, const Event *event, usec_t now);
/* Ends what runs on the node. */
void action_cancel(Engine *e, NodeState *n, Reason reason, usec_t now);
/* The actor (-ENOTCONN) or the node (-ENODEV) is gone: nothing more will be answered. */
void action_lost(Engine *e, NodeState *n, int error, usec_t now);

/* --- knobs.c --- */
/* No standing value, and no reason for one. */
void knob_drop_standing(KnobState *k);
/* Somebody else's: changed by them, or turned by a rival that runs. */
bool knob_foreign(const Engine *e, KnobId id);
void knobs_observe(Engine *e, const Model *m, usec_t now);
void knobs_changed(Engine *e, KnobId id, int64_t value, usec_t now);
void knobs_done(Engine *e, const Event *event, usec_t now);
/* Fills d's act for setting the knob (or, value KNOB_VALUE_NONE, for going back to the standing value or the baseline). */
void knobs_order(Engine *e, KnobId id, int64_t value, usec_t now, Decision *d);
/* Which rivals run from now on: what is theirs is put back, and not turned again. */
void knobs_rivals(Engine *e, uint32_t running, usec_t now);
/* Puts back what could not be put back before. */
void knobs_retry(Engine *e, usec_t now);
/* Orders every knob that is ours back to its baseline. */
void knobs_release(Engine *e, Reason reason, usec_t now);

/* --- standing.c --- */
void knobs_standing(Engine *e, const Model *m, usec_t now);

/* --- pagelists.c --- */
/* Shortens the CPUs' lists of free pages while an action goes on, and puts them back. */
void pagelists_step(Engine *e, usec_t now);

/* --- scale.c --- */
/* The factor that the nodes' objectives ask for now, as far as it is safe; KNOB_VALUE_NONE: the baseline. */
int64_t scale_wanted(Engine *e, const Model *m, usec_t now, Reason *ret_why);

/* --- prepare.c --- */
void prepare_ask(Engine *e, const Request *r, usec_t now);
void prepare_cancel(Engine *e, uint64_t token, usec_t now);
/* m NULL: nothing can be seen now. */
void prepare_step(Engine *e, const Model *m, usec_t now);
void prepare_done(Engine *e, const Event *event, usec_t now);
/* The actor is gone. */
void prepare_lost(Engine *e, usec_t now);
usec_t prepare_next_wakeup(const Engine *e, usec_t now);

/* --- hold.c --- */
void hold_ask(Engine *e, const Request *r, usec_t now);
void hold_release(Engine *e, const Request *r, usec_t now);
/* Begins and ends what is due. m NULL: nothing can be seen now. */
void hold_step(Engine *e, const Model *m, usec_t now);
/* Puts the objectives behind those of another policy. */
void hold_carry_over(Engine *e);
usec_t hold_next_wakeup(const Engine *e, usec_t now);

/* --- decide.c --- */
void decide_node(Engine *e, NodeState *n, const Model *m, const Node *node, usec_t now);
usec_t decide_next_wakeup(Engine *e, usec_t now);
