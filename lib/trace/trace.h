/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace.h - models, events and decisions as JSON and back: for recording, replay, --once and the API.
 *
 * Encoders return a new reference or NULL (out of memory). Decoders are strict (unknown member, wrong type, out of range:
 * -EBADMSG and one clause in *ret_expected, static text) and leave ret untouched on failure; members may be missing where the
 * encoder leaves them out, which is where a value is unknown or none.
 *
 * Bytes, pages, usec are JSON integers below 2^63-1, which itself stands for USEC_INFINITY where that is not left out. Texts
 * must be UTF-8. Members are named as the struct's, with the unit where there is one: size_bytes, at_usec,
 * psi_memory_permyriad; a knob is its sysctl name. */
#pragma once

#include <jansson.h>

#include "engine/decision.h"
#include "engine/engine.h"
#include "model/model.h"

json_t *decision_to_json(const Decision *d);
int decision_from_json(const json_t *j, Decision *ret, const char **ret_expected);

/* One event as recorded: {"now":usec,"event":"sample","model":{...}}. The third member is what the type carries: a SAMPLE the whole
 * model, a POLICY the whole policy, else "done", "request", "changed" (a knob), "present" (an actor), or nothing. */
json_t *event_to_json(const Event *e, usec_t now);
/* model, policy: where a SAMPLE's or POLICY's content is decoded to; ret->sample / ret->policy then point to them. */
int event_from_json(const json_t *j, Event *ret, usec_t *ret_now, Model *model, Policy *policy, const char **ret_expected);

json_t *policy_to_json(const Policy *p);
int policy_from_json(const json_t *j, Policy *ret, const char **ret_expected);

json_t *model_to_json(const Model *m); /* raw fields in pages, for traces; round-trips */
/* m: MODEL_INIT or a model, which is replaced on success. */
int model_from_json(const json_t *j, Model *m, const char **ret_expected);

/* What `fragd --once --json`, `fragctl zones` and `status` show, as in api/io.fragd.Monitor.varlink. All sizes are bytes; what is
 * unknown is left out; now (monotonic, as the engine was given) turns instants into durations.
 *
 * Of type Node: all that the model knows, with zones, and per order free, allocatable (for user memory), unusable_permille,
 * extfrag_permille (-1000 where the kernel prints -1.000). node: NODE_ALL for all, order: -1 for all. An array, in which a
 * node that does not exist is missing. */
json_t *model_nodes_to_json(const Model *m, uint32_t node, int order);
/* Of type Objective. index: its place in the policy, or behind it. */
json_t *objective_view_to_json(const ObjectiveView *v, const Objective *o, int index, usec_t now);
/* Of type Node: the other half, what the engine knows (node, objectives, guards, acting, lever, attempts, backoff_left_usec,
 * efficacy_permyriad, gain_per_page_bytes, gain_per_msec_bytes, last, notable); json_object_update() joins both. */
json_t *node_view_to_json(const NodeView *v, const Policy *p, usec_t now);
/* What was learned of levers, added to j: three objects, each with the levers of which it is known. -ENOMEM. */
int efficacy_to_members(json_t *j, const Efficacy efficacy[static _LEVER_MAX]);
