/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* api-internal.h - what the api-*.c files share: calls that are answered later, parameters, replies. */
#pragma once

#include <jansson.h>

#include "base/macros.h"
#include "daemon/api.h"
#include "daemon/varlink-server.h"

typedef enum ApiCallType {
        API_FOLLOW_STATUS,
        API_FOLLOW_LOG,
        API_FOLLOW_FALLBACKS,
        API_COMPACT,
        API_PREPARE,
        API_HOLD,
        API_HISTORY,
        API_STALLS,
} ApiCallType;

/* A call that is not answered, or not for the last time. It goes when its client does. */
typedef struct ApiCall ApiCall;
struct ApiCall {
        Api *api;
        ApiCall *next, *previous;
        VarlinkConn *conn;
        ApiCallType type;
        bool more;
        Request request; /* of API_COMPACT, API_PREPARE, API_HOLD */
        struct ApiHistory *history; /* of API_HISTORY; owned */
        usec_t since, until; /* of API_STALLS */
};

struct Api {
        sd_event *event; /* borrowed from fragd, which outlives us */
        Fragd *fragd;
        VarlinkServer *server;
        ApiCall *calls; /* owned */
        uint64_t samples;
        usec_t sampled; /* monotonic */
};

int api_call_new(ApiCall **ret, Api *a, VarlinkConn *c, ApiCallType type, bool more);
/* Forgets the call; its client may ask something else now. */
void api_call_free(ApiCall *call);
usec_t api_realtime(const Api *a); /* of this loop iteration */

/* --- parameters --- */
typedef enum ApiParamType {
        API_PARAM_UINT, /* uint64_t, min to max */
        API_PARAM_STRING, /* const char *, borrowed */
        API_PARAM_BOOL, /* bool */
} ApiParamType;

typedef struct ApiParam {
        const char *name;
        ApiParamType type;
        bool required;
        void *value; /* left alone where the parameter is missing or null */
        uint64_t min, max;
} ApiParam;

/* Takes the parameters of a call. Returns NULL, or the name of the one that is unknown, missing, or of a wrong type or range:
 * for varlink_conn_invalid_parameter(). */
const char *api_params(json_t *parameters, const ApiParam *params, size_t n);

/* What Check, Prepare and Hold take: blocks of a size, or of an order; the first two also interleave. */
typedef struct ApiWanted {
        uint64_t size, order, count, node;
        bool interleave;
} ApiWanted;

#define API_WANTED_INIT { .order = UINT64_MAX, .node = NODE_ALL }
#define API_WANTED_PARAMS(w)                                                                                                      \
        { .name = "size_bytes", .type = API_PARAM_UINT, .value = &(w).size, .min = 1, .max = INT64_MAX },                         \
                { .name = "order", .type = API_PARAM_UINT, .value = &(w).order, .max = ORDERS_MAX - 1 },                          \
                { .name = "count", .type = API_PARAM_UINT, .required = true, .value = &(w).count, .min = 1, .max = INT64_MAX },   \
                { .name = "node", .type = API_PARAM_UINT, .value = &(w).node, .max = UINT32_MAX - 1 }
#define API_INTERLEAVE_PARAM(w) { .name = "interleave", .type = API_PARAM_BOOL, .value = &(w).interleave }
/* NULL, or the parameter that is wrong. */
const char *api_wanted_check(ApiWanted *w, const Model *m);

/* --- replies; parameters are taken, NULL is -ENOMEM --- */
int api_reply(VarlinkConn *c, json_t *parameters, bool continues);
int api_error(VarlinkConn *c, const char *error, json_t *parameters);
/* Error UnknownNode of the interface. */
int api_unknown_node(const Api *a, VarlinkConn *c, const char *error, uint64_t node);
/* Replies with an error and returns false where nothing is known of the memory, or not of this node (NODE_ALL: of any). */
bool api_node_known(const Api *a, VarlinkConn *c, uint64_t node, int *ret);
int api_unknown_policy(const Api *a, VarlinkConn *c, const char *error, const char *name);

/* --- what the interfaces consist of; each ended by { NULL, NULL } --- */
extern const VarlinkMethodInfo api_monitor_methods[];
extern const VarlinkMethodInfo api_control_methods[];
int api_get_census(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
/* []string: what stands in the way on the node, as last read. */
json_t *api_census_evidence(const Api *a, uint32_t node);
int api_get_compaction(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
int api_get_huge_pages(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
int api_get_fallbacks(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
/* Adds what is unusual to the evidence. 0 or -ENOMEM. */
int api_fallbacks_evidence(const Api *a, json_t *evidence);
int api_get_status(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
int api_explain_past(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
int api_get_stalls(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
/* Appends a sentence for each name that lost something in the last hour. */
int api_stalls_evidence(const Api *a, json_t *array);
/* Such a sentence. */
json_t *api_stalls_lost(const LedgerSum *s, const char *when);
/* A Source of the status. */
json_t *api_stalls_source(const Api *a);
int api_get_kernel_messages(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
/* What the kernel said most of in the last hour: so many of it are told. Returns how many; borrowed. */
#define API_MESSAGES_TOLD 3
size_t api_messages_recent(const Api *a, const TallyRow *ret[static API_MESSAGES_TOLD]);
/* A sentence about one; all of them as []string. */
json_t *api_messages_sentence(const Api *a, const TallyRow *row);
json_t *api_messages_findings(const Api *a);
/* A Source of the status. */
json_t *api_messages_source(const Api *a);
/* The same by trace events: what goes into GetStalls; sentences of evidence for that time, `when` in words; the source. */
json_t *api_latency(const Api *a, usec_t since, usec_t until);
int api_latency_evidence(const Api *a, usec_t since, usec_t until, const char *when, json_t *array);
json_t *api_latency_source(const Api *a);
int api_get_history(VarlinkConn *c, json_t *parameters, bool more, void *userdata);

struct ApiHistory *api_history_free(struct ApiHistory *h);

int api_check(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
int api_prepare(VarlinkConn *c, json_t *parameters, bool more, void *userdata);

int api_list_holds(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
int api_hold_begin(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
int api_hold_release(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
json_t *api_holds(const Api *a); /* []Hold */
/* One of them; null where there is none of that number. */
json_t *api_hold(const Api *a, uint64_t id);

/* --- events, for calls of the type --- */
void api_prepare_decision(ApiCall *call, const Decision *d);
void api_hold_decision(ApiCall *call, const Decision *d);
/* The client went before the last reply. */
void api_prepare_gone(ApiCall *call);
void api_status_sample(Api *a);
void api_fallbacks_sample(Api *a);
void api_log_decision(Api *a, const Decision *d);
void api_control_decision(Api *a, const Decision *d);
/* A node that went took its requests along: whoever waits for them is told. */
void api_control_sample(Api *a);

/* Whether some explanation wants evidence from a census. */
bool api_explain_asks(const Api *a);
/* The objective applies to the node, and is about blocks of that size (bytes; 0: any). */
bool api_explains(const NodeView *v, const Policy *p, unsigned index, uint64_t size);
/* The reply of Explain. size: bytes of one block, 0 for all. */
json_t *api_explain(const Api *a, uint32_t node, uint64_t size);
