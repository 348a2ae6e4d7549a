/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reply.h - what replies hold, as structs. Names and units are those of
 * api/io.fragd.Monitor.varlink.
 *
 * A missing number is REPLY_UNKNOWN (slope: INT64_MIN), a missing text NULL; objects and texts are
 * borrowed from the reply. A reply in which something required is missing or of another type is
 * said and gives EXIT_FAILED; members of later versions are ignored. */
#pragma once

#include <jansson.h>

#include "cli/fragctl.h"

#define REPLY_UNKNOWN INT64_C(-1)

typedef struct BudgetReply {
        json_int_t spent_usec, limit_usec, runs, runs_limit, per_usec;
} BudgetReply;

typedef struct StatusReply {
        const char *version, *policy, *policy_after, *why_not, *config;
        json_t *cannot; /* sentences; NULL from an older fragd */
        int acts, paused;
        json_int_t policy_left_usec, pause_left_usec, now_realtime_usec, started_realtime_usec,
                samples, sample_age_usec, interval_usec, page_size, psi_memory_permyriad,
                psi_cpu_permyriad;
        json_t *nodes, *sources, *holds; /* holds: NULL of an older fragd */
        BudgetReply budget;
} StatusReply;

typedef struct NodeReply {
        json_int_t node, score, score_low, score_high, free_bytes, managed_bytes,
                unmovable_permyriad, attempts, backoff_left_usec;
        int kcompactd_would_act, acting; /* -1: unknown */
        const char *kcompactd_state, *lever;
        json_t *zones, *objectives, *guards, *notable; /* NULL where missing, but for zones */
} NodeReply;

typedef struct ZoneReply {
        const char *zone;
        json_int_t free_bytes, min_bytes, low_bytes, high_bytes, boost_bytes, managed_bytes,
                free_cma_bytes, score;
        json_t *orders;
} ZoneReply;

typedef struct OrderReply {
        json_int_t order, size_bytes, free, allocatable, unusable_permille, extfrag_permille;
} OrderReply;

typedef struct ObjectiveReply {
        json_int_t objective, hold, order, size_bytes, current_bytes, reserve_bytes, refill_bytes,
                ceiling_bytes, asked_bytes, burst_bytes, burst_age_usec, slope_bytes_per_second, time_left_usec, since_usec, met_usec,
                observed_usec;
        int applies;
        const char *use, *verdict;
} ObjectiveReply;

typedef struct GuardReply {
        const char *guard;
        int held;
        json_int_t value, limit, left_usec;
} GuardReply;

typedef struct SourceReply {
        const char *source, *path, *error, *loss, *held;
        int available;
} SourceReply;

typedef struct KnobReply {
        const char *knob, *owner;
        int available, managed;
        json_int_t value, baseline, min, max;
        const char *rival; /* NULL: none */
} KnobReply;

typedef struct WriterReply {
        const char *kind, *who, *target, *value, *file; /* value, file: NULL */
        int overridden, left_to;
        json_int_t line, pid; /* REPLY_UNKNOWN */
} WriterReply;

typedef struct ExplanationReply {
        json_int_t node;
        const char *sentence, *next_step, *cause; /* cause: NULL from an older fragd */
        json_t *objective, *decision, *guards, *evidence, *held; /* objective, evidence, held: NULL */
        json_t *efficacy, *per_page, *per_msec; /* by lever; NULL from an older fragd */
} ExplanationReply;

typedef struct HoldReply {
        json_int_t hold, size_bytes, count, node, there, held_usec, left_usec, uid, pid;
        const char *verdict;
} HoldReply;

/* What else is to be noticed, on the machine as a whole. */
typedef struct CauseReply {
        const char *cause, *sentence, *next_step;
} CauseReply;

/* What an action brought, from a decision. Whatever it does not have is unknown. */
typedef struct ResultReply {
        const char *reason;
        json_int_t number, at, size, current, gain, score_drop, cost, took, migrated, scanned;
} ResultReply;

typedef struct LogEntryReply {
        json_int_t realtime;
        const char *sentence;
        json_t *decision;
        json_int_t node;
} LogEntryReply;

/* As a level in a step of history; -1 where it is not known. */
typedef struct LevelReply {
        json_int_t min, mean, max;
} LevelReply;

typedef struct HistoryStepReply {
        json_int_t realtime, span;
        json_int_t compact_stall, thp_fault_fallback, htlb_fail, psi_memory;
        json_t *nodes;
} HistoryStepReply;

typedef struct HistoryNodeReply {
        json_int_t node, kcompactd;
        LevelReply free, score;
        json_t *objectives, *orders;
} HistoryNodeReply;

typedef struct HistoryObjectiveReply {
        json_int_t objective, order, size, met, reserve;
        const char *use, *verdict;
        LevelReply current;
} HistoryObjectiveReply;

typedef struct HistoryOrderReply {
        json_int_t order, size, unusable;
        LevelReply free, allocatable;
} HistoryOrderReply;

int reply_history_step(json_t *j, HistoryStepReply *ret);
int reply_history_node(json_t *j, HistoryNodeReply *ret);
int reply_history_objective(json_t *j, HistoryObjectiveReply *ret);
int reply_history_order(json_t *j, HistoryOrderReply *ret);
int reply_status(json_t *parameters, StatusReply *ret);
int reply_node(json_t *j, NodeReply *ret);
int reply_zone(json_t *j, ZoneReply *ret);
int reply_order(json_t *j, OrderReply *ret);
int reply_objective(json_t *j, ObjectiveReply *ret);
/* For whom: "user", "kernel", or "hold 3". */
#define REPLY_FOR_MAX 32
const char *reply_for(char buf[static REPLY_FOR_MAX], const ObjectiveReply *o);
int reply_hold(json_t *j, HoldReply *ret);
/* Whether an objective of the node is not met, so that guards have something to hold back. */
int reply_node_wants(const NodeReply *n, bool *ret);
int reply_guard(json_t *j, GuardReply *ret);
int reply_source(json_t *j, SourceReply *ret);
int reply_writer(json_t *j, WriterReply *ret);
int reply_knob(json_t *j, KnobReply *ret);
int reply_explanation(json_t *j, ExplanationReply *ret);
int reply_cause(json_t *j, CauseReply *ret);
int reply_result(json_t *decision, ResultReply *ret);
int reply_log_entry(json_t *j, LogEntryReply *ret);
/* An array that the reply must have. */
int reply_list(json_t *parameters, const char *name, json_t **ret);
/* "fragd's reply is not as expected: ..."; EXIT_FAILED. */
int reply_unexpected(const char *what, const char *detail);

/* json_unpack_ex() checks presence and type of each member; what it finds wrong is said here. */
#define REPLY_UNPACK(j, what, ...)                                                                 \
        ({                                                                                         \
                json_error_t _error;                                                               \
                json_unpack_ex(j, &_error, 0, __VA_ARGS__) < 0                                     \
                        ? reply_unexpected(what, _error.text)                                      \
                        : 0;                                                                       \
        })
