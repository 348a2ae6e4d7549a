/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy.h - what an administrator asks for: objectives, the levers that may be used, and what they may cost.
 *
 * A Policy is plain data: it is read from configuration (daemon/config), checked here, and never changed by the engine. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/knob.h"
#include "base/usec.h"
#include "model/allocatable.h"

typedef enum Lever {
        LEVER_NONE,
        LEVER_WINDOW,        /* raise compaction_proactiveness just long enough for kcompactd to work */
        LEVER_COMPACT,       /* nodeN/compact in a child that is ended when enough is gained */
        LEVER_PROACTIVENESS, /* the standing value of compaction_proactiveness */
        LEVER_BOOST,         /* watermark_boost_factor, up to the kernel's default */
        LEVER_SCALE,         /* watermark_scale_factor, where memory is short: kswapd keeps more of it free */
        LEVER_DEFRAG_MODE,   /* vm.defrag_mode, from 6.15 on */
        LEVER_PAGELISTS,     /* percpu_pagelist_high_fraction, while memory is compacted: what that frees is free for all at once */
        _LEVER_MAX,
} Lever;

const char *lever_name(Lever v); /* "window", ...; "none" */
int lever_from_name(const char *name, Lever *ret); /* -ENOENT */
/* The knob that it turns; false for one that turns none. */
bool lever_knob(Lever v, KnobId *ret);

/* An amount of memory on a node: bytes, or a share of the node's managed memory. */
typedef struct Amount {
        uint64_t bytes;     /* used where permyriad is 0 */
        uint32_t permyriad; /* 1..10000, or 0 */
        bool automatic;     /* follows demand (demand.h); Objective.reserve only, the others are 0 then */
} Amount;

#define SIZE_THP    UINT64_C(0) /* Objective.size: the PMD huge page of this kernel */
#define NODE_EVERY  UINT32_MAX

#define HOLD_ENDED  UINT64_MAX  /* Objective.hold: a place that nobody has */
/* Where at_most is not given: no more than a third of a node is held in huge pages because somebody once asked for that. */
#define POLICY_AT_MOST 3300 /* permyriad */

typedef struct Objective {
        uint64_t size; /* bytes of one block, rounded up to an order; SIZE_THP */
        Amount reserve; /* at least this much in free blocks of at least `size` */
        Amount refill;  /* once acting, go on until this; >= reserve; not used where reserve is automatic */
        Amount at_least, at_most; /* bounds of an automatic reserve; 0: none below, POLICY_AT_MOST above */
        Amount at_start; /* the demand that is assumed until one action has shown whether there is any; 0: none */
        Use use;
        uint32_t node;  /* id, or NODE_EVERY */
        uint64_t hold;  /* whose it is: 0 the policy's own, else a hold's (hold.h) */
} Objective;

typedef struct Policy {
        char name[POLICY_NAME_MAX];
        char description[128];
        bool act; /* false: observe; everything is decided and logged as "would have", nothing is done */
        Objective objectives[OBJECTIVES_MAX]; /* POLICY_OBJECTIVES_MAX of its own at most */
        unsigned n_objectives;
        uint32_t levers; /* 1u << Lever */

        struct {
                usec_t compaction_time; /* CPU time of compaction that fragd causes, in any span of `per` */
                uint32_t runs;          /* actions in any span of `per`, 1..BUDGET_RUNS_MAX */
                usec_t per;
        } budget;

        struct {
                uint32_t psi_memory_some; /* permyriad: hold back above; 10000: never holds */
                uint32_t psi_cpu_some;
        } hold;

        struct {
                usec_t min, max; /* shortest and longest time between samples */
        } interval;

        usec_t remember;     /* how long a burst of demand counts for an automatic reserve */
        usec_t horizon;      /* act before an objective is missed if that is less than this away; 0: only when missed */
        usec_t cooldown;     /* between actions on one node */
        usec_t settle;       /* samples this soon after an action do not count for its gain */
        usec_t action_limit; /* one action is ended after this */
        usec_t backoff_min, backoff_max; /* pause after an action without gain; grows fourfold each time */
        uint32_t window_max;         /* highest compaction_proactiveness a window may write, 12..90 */
        uint32_t proactiveness_min, proactiveness_max; /* standing value fragd may choose, 0..80 */
        uint32_t boost_max;          /* watermark_boost_factor fragd may choose, 0..15000 */
        uint32_t scale_max;          /* watermark_scale_factor fragd may choose, 10..1000 */
} Policy;

/* The defaults of every field that a policy file need not give; `balanced` without objectives and levers. */
void policy_init(Policy *p, const char *name);
#define POLICY_REASON_MAX 160
/* Checks what one option alone cannot (refill >= reserve, budget >= one action, ...). 0, or -EINVAL and one clause with the value
 * and what was expected: "interval.max (1s) is below interval.min (2s)". */
int policy_check(const Policy *p, char ret[static POLICY_REASON_MAX]);
/* Order of an objective's blocks: the smallest with 2^order * page_size >= size. -ERANGE where this kernel has no such
 * block (order >= n_orders), -ENODATA for SIZE_THP without THP. */
int objective_order(const Objective *o, uint32_t page_size, unsigned n_orders, uint8_t thp_order, uint8_t *ret);
/* In bytes on a node of that size; an automatic one is 0. */
uint64_t amount_bytes(Amount a, uint64_t managed_bytes);
