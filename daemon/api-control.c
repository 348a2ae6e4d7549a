/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Control: telling fragd what to do. Who may is settled by the mode of the socket; who did
 * goes along to the journal. */
#include "daemon/api-internal.h"
#include "daemon/api-json.h"
#include "engine/sentence.h"
#include "trace/trace.h"

#define ERROR(name) "io.fragd.Control." name

static int refused(VarlinkConn *c, const char *reason)
{
        return api_error(c, ERROR("Refused"), json_pack("{s:s}", "reason", reason));
}

static const char *policy_name(const Api *a)
{
        const Policy *p = engine_policy(fragd_engine(a->fragd));

        return p ? p->name : "";
}

static int set_policy(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        char previous[POLICY_NAME_MAX];
        const char *name = NULL;
        uint64_t duration = 0;
        bool runtime = false;
        const ApiParam params[] = {
                { .name = "name", .type = API_PARAM_STRING, .required = true, .value = &name },
                { .name = "for_usec",
                        .type = API_PARAM_UINT,
                        .value = &duration,
                        .min = 1,
                        .max = INT64_MAX },
                { .name = "runtime", .type = API_PARAM_BOOL, .value = &runtime },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        FragdFacts facts;
        uint32_t uid, pid;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        memcpy(previous, policy_name(a), strlen(policy_name(a)) + 1);
        varlink_conn_peer(c, &uid, &pid);
        r = fragd_set_policy(a->fragd, name, duration, runtime, uid, pid);
        if (r == -ENOENT)
                return api_unknown_policy(a, c, ERROR("UnknownPolicy"), name);
        if (r < 0)
                return refused(c, strerror(-r));
        fragd_facts(a->fragd, &facts);
        return api_reply(c,
                json_pack("{s:s, s:s, s:s*}", "previous", previous, "policy", policy_name(a),
                        "policy_after", facts.policy_after),
                false);
}

static json_t *config_files(const Config *config)
{
        json_t *files = json_array();

        for (size_t i = 0; files && i < config->n_files; i++)
                if (json_array_append_new(files, json_string(config->files[i])) < 0) {
                        json_decref(files);
                        return NULL;
                }
        return files;
}

static int reload(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        _cleanup_(config_errors_done) ConfigErrors errors = { 0 };
        const char *bad = api_params(parameters, NULL, 0);
        Api *a = userdata;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        r = fragd_reload(a->fragd, &errors);
        if (r == -EINVAL)
                return api_error(c, ERROR("ConfigRefused"),
                        json_pack("{s:o}", "errors", api_json_config_errors(&errors)));
        if (r < 0)
                return refused(c, strerror(-r));
        return api_reply(c,
                json_pack("{s:o, s:s}", "files", config_files(fragd_config(a->fragd)), "policy",
                        policy_name(a)),
                false);
}

/* --- Pause, Resume --- */

static int request_at_once(VarlinkConn *c, Api *a, RequestType type, usec_t duration)
{
        Request request = { .type = type, .duration = duration };
        int r;

        varlink_conn_peer(c, &request.uid, &request.pid);
        r = fragd_request(a->fragd, &request);
        return r < 0 ? refused(c, strerror(-r)) : api_reply(c, json_object(), false);
}

static int pause_acting(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        uint64_t duration = USEC_INFINITY;
        const ApiParam params[] = {
                { .name = "for_usec",
                        .type = API_PARAM_UINT,
                        .value = &duration,
                        .min = 1,
                        .max = INT64_MAX },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        return request_at_once(c, userdata, REQUEST_PAUSE, duration);
}

static int resume(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        const char *bad = api_params(parameters, NULL, 0);

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        return request_at_once(c, userdata, REQUEST_RESUME, 0);
}

/* --- Compact --- */

static int compact(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        uint64_t node = 0, size = 0, count = 0;
        const ApiParam params[] = {
                { .name = "node",
                        .type = API_PARAM_UINT,
                        .required = true,
                        .value = &node,
                        .max = UINT32_MAX - 1 },
                { .name = "size_bytes",
                        .type = API_PARAM_UINT,
                        .value = &size,
                        .min = 1,
                        .max = INT64_MAX },
                { .name = "count",
                        .type = API_PARAM_UINT,
                        .value = &count,
                        .min = 1,
                        .max = INT64_MAX },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        ApiCall *call;
        int r;

        /* How many of what: one without the other says nothing. */
        if (!bad && !size != !count)
                bad = size ? "count" : "size_bytes";
        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (!model_node_const(sampler_model(fragd_sampler(a->fragd)), (uint32_t)node))
                return api_unknown_node(a, c, ERROR("UnknownNode"), node);
        r = api_call_new(&call, a, c, API_COMPACT, more);
        if (r < 0)
                return r;
        call->request = (Request){
                .type = REQUEST_COMPACT, .node = (uint32_t)node, .size = size, .count = count
        };
        varlink_conn_peer(c, &call->request.uid, &call->request.pid);
        r = fragd_request(a->fragd, &call->request);
        if (r >= 0)
                return 0;
        api_call_free(call);
        return r == -ENOENT ? api_unknown_node(a, c, ERROR("UnknownNode"), node)
                            : refused(c, strerror(-r));
}

typedef enum Progress {
        PROGRESS_NONE,
        PROGRESS_STARTED,
        PROGRESS_DONE,   /* has a result */
        PROGRESS_FAILED, /* will have none */
} Progress;

static Progress progress(const Decision *d)
{
        switch (d->reason) {
        case REASON_GAINED:
        case REASON_NO_GAIN: return PROGRESS_DONE;
        case REASON_REFUSED:
        case REASON_ACTION_FAILED: return PROGRESS_FAILED;
        case REASON_CANCELLED: /* a run that is being stopped still gets its result */
                return d->act == ACT_STOP ? PROGRESS_NONE : PROGRESS_FAILED;
        default: return d->act == ACT_COMPACT ? PROGRESS_STARTED : PROGRESS_NONE;
        }
}

static json_t *compact_result(const Decision *d, const char *sentence)
{
        return json_pack("{s:s, s:o}", "sentence", sentence, "decision", decision_to_json(d));
}

/* Errors of a reply are for the server, which closes the client: the run goes on to its own end. */
static void compact_progress(ApiCall *call, const Decision *d)
{
        Progress p = progress(d);
        char sentence[SENTENCE_MAX];
        VarlinkConn *c = call->conn;

        if (p == PROGRESS_NONE || (p == PROGRESS_STARTED && !call->more))
                return;
        decision_sentence(d, sentence, sizeof(sentence));
        if (p != PROGRESS_STARTED)
                api_call_free(call);
        if (p == PROGRESS_FAILED)
                (void)refused(c, sentence);
        else
                (void)api_reply(c, compact_result(d, sentence), p == PROGRESS_STARTED);
}

void api_control_decision(Api *a, const Decision *d)
{
        ApiCall *next;

        if (d->request == 0)
                return;
        for (ApiCall *call = a->calls; call; call = next) {
                next = call->next;
                if (call->request.token != d->request)
                        continue;
                if (call->type == API_COMPACT)
                        compact_progress(call, d);
                else if (call->type == API_PREPARE)
                        api_prepare_decision(call, d);
                else if (call->type == API_HOLD)
                        api_hold_decision(call, d);
        }
}

void api_control_sample(Api *a)
{
        const Model *m = sampler_model(fragd_sampler(a->fragd));
        ApiCall *next;

        if (!model_has(m, SOURCE_BUDDYINFO))
                return;
        for (ApiCall *call = a->calls; call; call = next) {
                VarlinkConn *c = call->conn;

                next = call->next;
                if (call->type != API_COMPACT || model_node_const(m, call->request.node))
                        continue;
                api_call_free(call);
                (void)refused(c, "the node went offline");
        }
}

static int read_pagetypeinfo(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        const SourceState *s = sampler_source(fragd_sampler(a->fragd), SOURCE_PAGETYPEINFO);
        const char *bad = api_params(parameters, NULL, 0);
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        r = census_read(fragd_census(a->fragd), fragd_now(a->fragd), api_realtime(a), true);
        if (r < 0)
                return r;
        if (!s->available)
                return refused(c, s->line ? "pagetypeinfo is not as expected" : strerror(-s->error));
        return api_reply(c, json_pack("{s:I}", "read_usec", (json_int_t)s->read_usec), false);
}

const VarlinkMethodInfo api_control_methods[] = {
        { "SetPolicy", set_policy },
        { "Reload", reload },
        { "Compact", compact },
        { "Prepare", api_prepare },
        { "Hold", api_hold_begin },
        { "Release", api_hold_release },
        { "Pause", pause_acting },
        { "Resume", resume },
        { "ReadPagetypeinfo", read_pagetypeinfo },
        { NULL, NULL },
};
