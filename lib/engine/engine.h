/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* engine.h - the decision core. Never blocks, reads a clock or allocates after engine_new(). Equal (state, event, now) give equal
 * results everywhere: a recorded trace replays exactly. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/knob.h"
#include "base/rival.h"
#include "base/usec.h"
#include "engine/decision.h"
#include "engine/efficacy.h"
#include "engine/policy.h"
#include "model/history.h"
#include "model/model.h"

typedef struct Engine Engine;

typedef enum EventType {
        EVENT_SAMPLE,         /* a new model */
        EVENT_TIMER,          /* next_wakeup was reached and there is no sample (reading failed) */
        EVENT_ACTION_DONE,    /* the actor's answer to ACT_COMPACT or ACT_*_KNOB */
        EVENT_ACTION_TIMEOUT, /* the actor did not answer in time */
        EVENT_REQUEST,        /* somebody asked through the socket */
        EVENT_POLICY,         /* a policy to follow from now on */
        EVENT_TOPOLOGY,       /* memory or nodes came or went; the next sample tells */
        EVENT_KNOB_CHANGED,   /* a knob was seen to change outside a sample */
        EVENT_ACTOR,          /* whether there is an actor: ev.actor_present */
        EVENT_RIVALS,         /* which rivals run, by now */
        _EVENT_MAX,
} EventType;
const char *event_name(EventType v);

typedef enum RequestType {
        REQUEST_COMPACT, /* node; until size and count, 0: no mark */
        REQUEST_PAUSE,   /* duration, USEC_INFINITY: until resumed */
        REQUEST_RESUME,  /* also takes back knobs that were yielded */
        REQUEST_PREPARE, /* node (NODE_ALL: any), size, count, duration, flags: see prepare.h */
        REQUEST_CANCEL,  /* the PREPARE whose token is `of`: who asked has gone */
        REQUEST_HOLD,    /* node (NODE_ALL: an even part on each), size, count, duration: see hold.h */
        REQUEST_RELEASE, /* the hold whose number is `of` */
        _REQUEST_MAX,
} RequestType;

typedef enum RequestFlags {
        REQUEST_HUGETLB = 1 << 0,      /* grow the pool of huge pages with them */
        REQUEST_INTERLEAVE = 1 << 1,   /* each node its even part */
        REQUEST_DROP_CACHES = 1 << 2,  /* the page cache may be dropped where compaction is not enough */
        REQUEST_KEEP_PARTIAL = 1 << 3, /* a pool that has grown by less is kept, too */
} RequestFlags;

typedef struct Request {
        RequestType type;
        uint64_t token; /* non-zero: comes back in Decision.request */
        uint32_t node;
        uint64_t size, count; /* bytes of one block, blocks */
        usec_t duration;
        uint32_t flags; /* RequestFlags */
        uint64_t of;
        uint32_t uid, pid;
} Request;

typedef struct Event {
        EventType type;
        const Model *sample; /* SAMPLE; borrowed for the call */
        const Policy *policy; /* POLICY; copied */
        struct {              /* ACTION_DONE, ACTION_TIMEOUT */
                uint64_t action; /* Decision.action */
                Act act;
                uint32_t node;
                KnobId knob;
                int32_t result; /* 0 or negative errno; see wire.h */
                int64_t value;  /* of a knob, as read back */
                usec_t cpu, wall;
        } done;
        Request request;
        struct { /* KNOB_CHANGED */
                KnobId id;
                int64_t value;
        } knob;
        bool actor_present;
        struct { /* RIVALS */
                uint32_t running; /* 1u << Rival */
        } rivals;
} Event;

typedef struct Outcome {
        const Decision *decisions; /* in order; owned by the engine, valid until the next step */
        size_t n_decisions;
        usec_t next_wakeup; /* monotonic: sample again then (it may be earlier, on a PSI trigger) */
        bool want_pagetypeinfo; /* the next sample should read it: a question needs it */
} Outcome;

/* Room for nodes_max nodes (their memory is touched only as they appear). -ENOMEM, -EINVAL. The engine starts without a policy and
 * decides nothing before EVENT_POLICY and EVENT_ACTOR. first_number: number of the first decision. */
int engine_new(Engine **ret, size_t nodes_max, uint64_t first_number);
Engine *engine_free(Engine *e);
static inline void engine_freep(Engine **e)
{
        if (*e)
                engine_free(*e);
}

/* 0; -EINVAL for an event that cannot be (nothing is changed then). A `now` before the last one counts as the last one. */
int engine_step(Engine *e, const Event *event, usec_t now, Outcome *ret);

/* --- what it thinks now: for status, explain, knobs, metrics. Borrowed until the next step. --- */

typedef struct ObjectiveView {
        bool applies;    /* to this node, and this kernel has such blocks */
        uint8_t order;
        uint64_t size;   /* bytes of one block */
        uint64_t current, reserve, refill, ceiling; /* bytes */
        int64_t slope;
        usec_t time_left;
        Verdict verdict;
        usec_t met_usec, observed_usec; /* attainment = met / observed, since the policy is followed */
        usec_t since; /* when the verdict became what it is */
        /* Of an automatic reserve: bytes asked for within DEMAND_SPAN, of late; the largest of such bursts that still counts, and its
         * age. burst is UNKNOWN_U64 where the kernel does not count, and where the reserve is fixed. */
        bool automatic;
        uint64_t asked, burst;
        usec_t burst_age;
} ObjectiveView;

typedef struct GuardView {
        bool held;
        uint64_t value, limit; /* as in enum Guard */
        usec_t until;          /* 0 if not known */
} GuardView;

typedef struct NodeView {
        uint32_t id;
        const ObjectiveView *objectives; /* [policy->n_objectives] */
        const GuardView *guards;         /* [_GUARD_MAX] */
        const Decision *last;    /* what was decided in the last step */
        const Decision *notable; /* the last one that acted or changed state; NULL if none */
        bool acting;
        Lever lever;             /* while acting */
        uint32_t attempts;       /* without gain in a row */
        usec_t backoff_until;    /* 0 if none */
        const Efficacy *efficacy; /* [_LEVER_MAX] */
} NodeView;

typedef enum KnobOwner {
        KNOB_OWNER_NOBODY, /* never touched by us */
        KNOB_OWNER_FRAGD,
        KNOB_OWNER_OTHER,  /* yielded: somebody changed it after we did */
        _KNOB_OWNER_MAX,
} KnobOwner;
const char *knob_owner_name(KnobOwner o); /* "nobody", "fragd", "other" */

typedef struct KnobView {
        int64_t value, baseline; /* baseline: before our first touch; the value itself while untouched */
        KnobOwner owner;
        Rival rival; /* that runs and turns it: fragd does not; RIVAL_NONE */
} KnobView;

typedef struct BudgetView {
        usec_t spent, limit; /* compaction time in the last `per` */
        uint32_t runs, runs_limit;
        usec_t per;
} BudgetView;

/* A temporary objective, fragctl hold. */
typedef struct HoldView {
        uint64_t id;
        uint64_t size, count;  /* bytes of a block; blocks */
        uint32_t node;         /* NODE_ALL: an even part on each */
        usec_t begun, until;
        uint32_t uid, pid;     /* who asked */
        uint64_t there;        /* blocks of it that are there; of each node at most its part */
        Verdict verdict;       /* of its nodes the one that needs most */
} HoldView;

size_t engine_n_holds(const Engine *e);
void engine_hold_view(const Engine *e, size_t i, HoldView *ret); /* i < engine_n_holds(), oldest first */

bool engine_prepares(const Engine *e); /* something is being prepared: facts must be fresh */
/* Nothing runs, and nothing is missed but where memory is short: what changes rarely (marks, page cache) need not be fresh. */
bool engine_calm(const Engine *e);
size_t engine_n_nodes(const Engine *e);
void engine_node_view(const Engine *e, size_t i, NodeView *ret); /* i < engine_n_nodes(), ascending by id */
void engine_knob_view(const Engine *e, KnobId id, KnobView *ret);
void engine_budget_view(const Engine *e, usec_t now, BudgetView *ret);
/* NULL before the first. Its objectives are followed by those of the holds (Objective.hold). */
const Policy *engine_policy(const Engine *e);
/* As it was given: without those. There must be one. */
void engine_policy_own(const Engine *e, Policy *ret);
bool engine_paused(const Engine *e, usec_t now, usec_t *ret_until); /* *ret_until: USEC_INFINITY until resumed */
