/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Control.Hold and Release, io.fragd.Monitor.ListHolds: blocks kept ready for somebody for a while. */
#include "base/limits.h"
#include "daemon/api-internal.h"
#include "engine/sentence.h"
#include "trace/trace.h"

static json_t *hold_json(const HoldView *h, usec_t now)
{
        json_t *j = json_pack("{s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I}", "hold", (json_int_t)h->id, "size_bytes", (json_int_t)h->size,
                "count", (json_int_t)h->count, "there", (json_int_t)h->there, "verdict", verdict_name(h->verdict), "held_usec",
                (json_int_t)usec_sub(now, h->begun), "left_usec", (json_int_t)usec_sub(h->until, now), "uid", (json_int_t)h->uid, "pid",
                (json_int_t)h->pid);

        if (j && h->node != NODE_ALL)
                (void)json_object_set_new(j, "node", json_integer(h->node));
        return j;
}

json_t *api_holds(const Api *a)
{
        const Engine *e = fragd_engine(a->fragd);
        json_t *array = json_array();

        for (size_t i = 0; array && i < engine_n_holds(e); i++) {
                HoldView h;

                engine_hold_view(e, i, &h);
                if (json_array_append_new(array, hold_json(&h, fragd_now(a->fragd))) < 0) {
                        json_decref(array);
                        return NULL;
                }
        }
        return array;
}

json_t *api_hold(const Api *a, uint64_t id)
{
        const Engine *e = fragd_engine(a->fragd);

        for (size_t i = 0; i < engine_n_holds(e); i++) {
                HoldView h;

                engine_hold_view(e, i, &h);
                if (h.id == id)
                        return hold_json(&h, fragd_now(a->fragd));
        }
        return json_null(); /* it has ended with this very sample */
}

int api_list_holds(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        const char *bad = api_params(parameters, NULL, 0);
        json_t *holds;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        holds = api_holds(userdata);
        return api_reply(c, holds ? json_pack("{s:o}", "holds", holds) : NULL, false);
}

/* A call that the engine's decision answers. */
static int ask(Api *a, VarlinkConn *c, const Request *request)
{
        ApiCall *call;
        int r;

        r = api_call_new(&call, a, c, API_HOLD, false);
        if (r < 0)
                return r;
        call->request = *request;
        varlink_conn_peer(c, &call->request.uid, &call->request.pid);
        r = fragd_request(a->fragd, &call->request);
        if (r >= 0)
                return 0;
        api_call_free(call);
        return api_error(c, "io.fragd.Control.Refused", json_pack("{s:s}", "reason", strerror(-r)));
}

int api_hold_begin(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        const Model *m = sampler_model(fragd_sampler(a->fragd));
        ApiWanted w = API_WANTED_INIT;
        uint64_t duration = 0;
        const ApiParam params[] = {
                API_WANTED_PARAMS(w),
                { .name = "for_usec", .type = API_PARAM_UINT, .required = true, .value = &duration, .min = 1, .max = HOLD_USEC_MAX },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params)) ?: api_wanted_check(&w, m);

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (w.node != NODE_ALL && !model_node_const(m, (uint32_t)w.node))
                return api_unknown_node(a, c, "io.fragd.Control.UnknownNode", w.node);
        return ask(a, c, &(Request){ .type = REQUEST_HOLD, .node = (uint32_t)w.node, .size = w.size, .count = w.count,
                                 .duration = duration });
}

static int unknown_hold(const Api *a, VarlinkConn *c, uint64_t id)
{
        json_t *holds = api_holds(a), *known = json_array(), *hold;
        int r = holds && known ? 0 : -ENOMEM;
        size_t i;

        json_array_foreach(holds, i, hold)
                if (r == 0)
                        r = json_array_append(known, json_object_get(hold, "hold"));
        json_decref(holds);
        if (r < 0) {
                json_decref(known);
                return -ENOMEM;
        }
        return api_error(c, "io.fragd.Control.UnknownHold", json_pack("{s:I, s:o}", "hold", (json_int_t)id, "known", known));
}

int api_hold_release(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        uint64_t id = 0;
        const ApiParam params[] = {
                { .name = "hold", .type = API_PARAM_UINT, .required = true, .value = &id, .min = 1, .max = INT64_MAX },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        json_t *known;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        known = api_hold(a, id);
        if (!known)
                return -ENOMEM;
        if (json_is_null(known))
                return unknown_hold(a, c, id);
        json_decref(known);
        return ask(a, c, &(Request){ .type = REQUEST_RELEASE, .node = NODE_ALL, .of = id });
}

static json_t *hold_reply(const ApiCall *call, const Decision *d, const char *sentence)
{
        bool held = d->reason == REASON_HOLD_BEGUN;
        json_t *j = json_pack("{s:s, s:I, s:I, s:s, s:o}", "state", held ? "held" : "impossible", "size_bytes", (json_int_t)d->size,
                "wanted", (json_int_t)call->request.count, "sentence", sentence, "decision", decision_to_json(d));

        if (j && held) {
                (void)json_object_set_new(j, "hold", json_integer((json_int_t)d->hold));
                (void)json_object_set_new(j, "there", json_integer((json_int_t)(d->current / d->size)));
        } else if (j)
                (void)json_object_set_new(j, "possible", json_integer((json_int_t)(d->ceiling / d->size)));
        return j;
}

/* It cannot be, and trying again does not help. */
static bool impossible(const Decision *d)
{
        return d->reason == REASON_HOLD_REFUSED && d->error == -E2BIG;
}

void api_hold_decision(ApiCall *call, const Decision *d)
{
        VarlinkConn *c = call->conn;
        char sentence[SENTENCE_MAX];
        json_t *reply = NULL;

        if (d->reason != REASON_HOLD_BEGUN && d->reason != REASON_HOLD_ENDED && d->reason != REASON_HOLD_REFUSED)
                return;
        decision_sentence(d, sentence, sizeof(sentence));
        if (d->reason == REASON_HOLD_BEGUN || impossible(d))
                reply = hold_reply(call, d, sentence);
        else if (d->reason == REASON_HOLD_ENDED)
                reply = json_pack("{s:s, s:o}", "sentence", sentence, "decision", decision_to_json(d));
        api_call_free(call);
        if (d->reason != REASON_HOLD_REFUSED || impossible(d))
                (void)api_reply(c, reply, false);
        else
                (void)api_error(c, "io.fragd.Control.Refused", json_pack("{s:s}", "reason", sentence));
}
