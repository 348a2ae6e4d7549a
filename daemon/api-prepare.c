/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.Check and io.fragd.Control.Prepare: blocks for somebody, once. */
#include <stdio.h>

#include "base/units.h"
#include "daemon/api-internal.h"
#include "engine/possible.h"
#include "engine/sentence.h"
#include "trace/trace.h"

#define TIMEOUT_DEFAULT USEC_PER_MIN
#define TIMEOUT_MAX     (24 * USEC_PER_HOUR)

const char *api_wanted_check(ApiWanted *w, const Model *m)
{
        if (!w->size == (w->order == UINT64_MAX))
                return w->size ? "order" : "size_bytes";
        if (!w->size)
                w->size = (uint64_t)m->page_size << w->order;
        if (w->node != NODE_ALL && w->interleave)
                return "interleave";
        return w->count > INT64_MAX / w->size ? "count" : NULL;
}

/* --- Check --- */

static json_t *check_reply(const PossibleAnswer *a, const char *sentence)
{
        static const char *const outlooks[_OUTLOOK_MAX] = {
                [OUTLOOK_NOW] = "now",
                [OUTLOOK_COMPACTION] = "compaction",
                [OUTLOOK_SHORT] = "short",
                [OUTLOOK_PINNED] = "pinned",
                [OUTLOOK_NEVER] = "never",
        };

        return json_pack("{s:s, s:I, s:I, s:I, s:I, s:b, s:s}", "outlook", outlooks[a->outlook], "size_bytes", (json_int_t)a->size, "now",
                (json_int_t)a->blocks.now, "compacted", (json_int_t)a->blocks.compacted, "ceiling", (json_int_t)a->blocks.ceiling,
                "unmovable_known", a->unmovable_known, "sentence", sentence);
}

int api_check(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        const Model *m = sampler_model(fragd_sampler(a->fragd));
        ApiWanted w = API_WANTED_INIT;
        const ApiParam params[] = { API_WANTED_PARAMS(w), API_INTERLEAVE_PARAM(w) };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params)) ?: api_wanted_check(&w, m);
        char sentence[SENTENCE_MAX];
        PossibleAnswer answer;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (!model_has(m, SOURCE_BUDDYINFO))
                return api_error(c, "io.fragd.Monitor.NoSample", json_pack("{s:s}", "reason", "free memory cannot be read"));
        if (w.node != NODE_ALL && !model_node_const(m, (uint32_t)w.node))
                return api_unknown_node(a, c, "io.fragd.Monitor.UnknownNode", w.node);
        possible_answer(m, w.size, w.count, (uint32_t)w.node, w.interleave, &answer);
        possible_sentence(&answer, w.count, sentence, sizeof(sentence));
        return api_reply(c, check_reply(&answer, sentence), false);
}

/* --- Prepare --- */

int api_prepare(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        const Model *m = sampler_model(fragd_sampler(a->fragd));
        ApiWanted w = API_WANTED_INIT;
        uint64_t timeout = TIMEOUT_DEFAULT;
        bool hugetlb = false, drop = false, keep = false;
        const ApiParam params[] = {
                API_WANTED_PARAMS(w),
                API_INTERLEAVE_PARAM(w),
                { .name = "timeout_usec", .type = API_PARAM_UINT, .value = &timeout, .min = 1, .max = TIMEOUT_MAX },
                { .name = "hugetlb", .type = API_PARAM_BOOL, .value = &hugetlb },
                { .name = "allow_drop_caches", .type = API_PARAM_BOOL, .value = &drop },
                { .name = "keep_partial", .type = API_PARAM_BOOL, .value = &keep },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params)) ?: api_wanted_check(&w, m);
        ApiCall *call;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (w.node != NODE_ALL && !model_node_const(m, (uint32_t)w.node))
                return api_unknown_node(a, c, "io.fragd.Control.UnknownNode", w.node);
        r = api_call_new(&call, a, c, API_PREPARE, more);
        if (r < 0)
                return r;
        call->request = (Request){ .type = REQUEST_PREPARE,
                .node = (uint32_t)w.node,
                .size = w.size,
                .count = w.count,
                .duration = timeout,
                .flags = (hugetlb ? REQUEST_HUGETLB : 0) | (w.interleave ? REQUEST_INTERLEAVE : 0) | (drop ? REQUEST_DROP_CACHES : 0) |
                        (keep ? REQUEST_KEEP_PARTIAL : 0) };
        varlink_conn_peer(c, &call->request.uid, &call->request.pid);
        r = fragd_request(a->fragd, &call->request);
        if (r >= 0)
                return 0;
        api_call_free(call);
        return api_error(c, "io.fragd.Control.Refused", json_pack("{s:s}", "reason", strerror(-r)));
}

void api_prepare_gone(ApiCall *call)
{
        Request cancel = call->request;

        cancel.type = REQUEST_CANCEL;
        cancel.of = call->request.token;
        /* Where the queue is full the job ends with its time. */
        (void)fragd_request(call->api->fragd, &cancel);
}

static const char *state_of(const Decision *d)
{
        switch (d->reason) {
        case REASON_PREPARED: return "done";
        case REASON_IMPOSSIBLE: return "impossible";
        case REASON_TIMED_OUT: return "timed_out";
        default: return "running";
        }
}

static json_t *prepare_reply(const Decision *d, const char *sentence)
{
        json_t *j = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:o}", "state", state_of(d), "size_bytes", (json_int_t)d->size,
                "wanted", (json_int_t)(d->reserve / d->size), "reached", (json_int_t)(d->current / d->size), "possible",
                (json_int_t)(d->ceiling / d->size), "kept", (json_int_t)((uint64_t)d->gain / d->size), "took_usec", (json_int_t)d->took,
                "sentence", sentence, "decision", decision_to_json(d));

        if (j && d->reason == REASON_PREPARING && d->time_left != USEC_INFINITY)
                (void)json_object_set_new(j, "left_usec", json_integer((json_int_t)d->time_left));
        return j;
}

void api_prepare_decision(ApiCall *call, const Decision *d)
{
        bool goes_on = d->reason == REASON_PREPARING, failed = d->reason == REASON_NOT_PREPARED || d->reason == REASON_ABANDONED;
        bool ends = failed || d->reason == REASON_PREPARED || d->reason == REASON_IMPOSSIBLE || d->reason == REASON_TIMED_OUT;
        VarlinkConn *c = call->conn;
        char sentence[SENTENCE_MAX];

        /* Its compactions' decisions carry the same number: theirs is for the log. */
        if (!ends && !(goes_on && call->more && d->act == ACT_NONE))
                return;
        decision_sentence(d, sentence, sizeof(sentence));
        if (ends)
                api_call_free(call);
        if (failed)
                (void)api_error(c, "io.fragd.Control.Refused", json_pack("{s:s}", "reason", sentence));
        else
                (void)api_reply(c, prepare_reply(d, sentence), goes_on);
}
