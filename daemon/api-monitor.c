/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor: reading, for everybody. */
#include "base/strbuf.h"
#include "daemon/api-internal.h"
#include "daemon/api-json.h"
#include "trace/trace.h"

#define ERROR(name) "io.fragd.Monitor." name

static json_t *wrap(const char *key, json_t *value)
{
        return value ? json_pack("{s:o}", key, value) : NULL;
}

/* --- ListZones, Explain --- */

bool api_node_known(const Api *a, VarlinkConn *c, uint64_t node, int *ret)
{
        const Sampler *s = fragd_sampler(a->fragd);
        const SourceState *source = sampler_source(s, SOURCE_BUDDYINFO);

        if (a->samples == 0 || !model_has(sampler_model(s), SOURCE_BUDDYINFO)) {
                const char *why = a->samples == 0     ? "no sample was taken yet"
                                  : source->error < 0 ? strerror(-source->error)
                                                      : "its content is not as expected";

                *ret = api_error(c, ERROR("NoSample"),
                        json_pack("{s:o}", "reason",
                                a->samples == 0 ? json_string(why)
                                                : json_sprintf("cannot read %s: %s",
                                                          source_path(SOURCE_BUDDYINFO), why)));
                return false;
        }
        if (node != NODE_ALL && !model_node_const(sampler_model(s), (uint32_t)node)) {
                *ret = api_unknown_node(a, c, ERROR("UnknownNode"), node);
                return false;
        }
        return true;
}

static int list_zones(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        const Model *m = sampler_model(fragd_sampler(a->fragd));
        uint64_t node = NODE_ALL, order = UINT64_MAX;
        const ApiParam params[] = {
                { .name = "node", .type = API_PARAM_UINT, .value = &node, .max = UINT32_MAX - 1 },
                { .name = "order", .type = API_PARAM_UINT, .value = &order, .max = ORDERS_MAX - 1 },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (!api_node_known(a, c, node, &r))
                return r;
        if (order != UINT64_MAX && order >= m->n_orders)
                return varlink_conn_invalid_parameter(c, "order");
        return api_reply(c,
                wrap("nodes", model_nodes_to_json(
                                      m, (uint32_t)node, order == UINT64_MAX ? -1 : (int)order)),
                false);
}

/* Whether some node has an objective of that size; else *ret_known is the sizes there are. */
static bool size_known(const Api *a, uint64_t size, json_t **ret_known)
{
        const Engine *e = fragd_engine(a->fragd);
        const Policy *p = engine_policy(e);
        uint64_t sizes[OBJECTIVES_MAX] = { 0 };
        json_t *known;

        for (size_t k = 0; p && k < engine_n_nodes(e); k++) {
                NodeView v;

                engine_node_view(e, k, &v);
                for (unsigned i = 0; i < p->n_objectives; i++) {
                        if (api_explains(&v, p, i, size))
                                return true;
                        if (v.objectives[i].applies)
                                sizes[i] = v.objectives[i].size;
                }
        }
        known = json_array();
        for (unsigned i = 0; known && i < OBJECTIVES_MAX; i++)
                if (sizes[i] &&
                        json_array_append_new(known, json_integer((json_int_t)sizes[i])) < 0) {
                        json_decref(known);
                        known = NULL;
                }
        *ret_known = known;
        return false;
}

static int explain(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        uint64_t node = NODE_ALL, size = 0;
        const ApiParam params[] = {
                { .name = "node", .type = API_PARAM_UINT, .value = &node, .max = UINT32_MAX - 1 },
                { .name = "size_bytes",
                        .type = API_PARAM_UINT,
                        .value = &size,
                        .min = 1,
                        .max = INT64_MAX },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        json_t *known = NULL;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (!api_node_known(a, c, node, &r))
                return r;
        if (size > 0 && !size_known(a, size, &known))
                return api_error(c, ERROR("UnknownSize"),
                        known ? json_pack("{s:I, s:o}", "size_bytes", (json_int_t)size, "known",
                                        known)
                              : NULL);
        if (api_explain_asks(a)) {
                r = census_read(fragd_census(a->fragd), fragd_now(a->fragd), api_realtime(a), false);
                if (r < 0)
                        return r;
        }
        return api_reply(c, api_explain(a, (uint32_t)node, size), false);
}

/* --- ListPolicies, ShowPolicy, ListKnobs --- */

static json_t *policy_brief(const ConfigPolicy *p, const Policy *active)
{
        return json_pack("{s:s, s:s, s:b, s:b, s:s}", "name", p->policy.name, "description",
                p->policy.description, "active", active && streq(active->name, p->policy.name),
                "acts", p->policy.act, "source", p->source);
}

static int list_policies(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        const char *bad = api_params(parameters, NULL, 0);
        const Api *a = userdata;
        const Config *config = fragd_config(a->fragd);
        json_t *array;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        array = json_array();
        for (size_t i = 0; i < config->n_policies; i++) {
                json_t *brief = policy_brief(
                        &config->policies[i], engine_policy(fragd_engine(a->fragd)));

                if (json_array_append_new(array, brief) < 0) {
                        json_decref(array);
                        return -ENOMEM;
                }
        }
        return api_reply(c, wrap("policies", array), false);
}

static int show_policy(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        const Api *a = userdata;
        const ConfigPolicy *p;
        const char *name = NULL;
        const ApiParam params[] = {
                { .name = "name", .type = API_PARAM_STRING, .required = true, .value = &name }
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        p = config_policy(fragd_config(a->fragd), name);
        if (!p)
                return api_unknown_policy(a, c, ERROR("UnknownPolicy"), name);
        config_policy_text(&p->policy, &text);
        if (strbuf_error(&text) < 0)
                return -ENOMEM;
        return api_reply(c,
                json_pack("{s:o, s:s, s:s}", "policy", policy_to_json(&p->policy), "text",
                        strbuf_text(&text), "source", p->source),
                false);
}

static int list_knobs(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        const char *bad = api_params(parameters, NULL, 0);
        const Api *a = userdata;
        json_t *j;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        j = json_object();
        if (!j || api_json_put(j, "knobs", api_json_knobs(fragd_engine(a->fragd))) < 0 ||
                api_json_put(j, "writers", api_json_writers(fragd_writers(a->fragd))) < 0 ||
                api_json_put(j, "unread", api_json_writers_unread(fragd_writers(a->fragd))) < 0) {
                json_decref(j);
                j = NULL;
        }
        return api_reply(c, j, false);
}

/* --- GetLog --- */

/* The newest `limit` of those since then. The clock may have been set back in between: each entry
 * is looked at. */
static json_t *log_entries(const DecisionLog *log, usec_t since, uint64_t limit)
{
        json_t *array = json_array();
        size_t matching = 0;

        for (size_t i = 0; i < log->n; i++)
                matching += decision_log_get(log, i)->realtime >= since;
        for (size_t i = 0; array && i < log->n; i++) {
                const DecisionLogEntry *entry = decision_log_get(log, i);

                if (entry->realtime < since || matching-- > limit)
                        continue;
                if (json_array_append_new(
                            array, api_json_log_entry(entry->realtime, &entry->decision)) < 0) {
                        json_decref(array);
                        return NULL;
                }
        }
        return wrap("entries", array);
}

static int get_log(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        Api *a = userdata;
        uint64_t since = 0, limit = DECISION_LOG_MAX;
        const ApiParam params[] = {
                { .name = "since_realtime_usec",
                        .type = API_PARAM_UINT,
                        .value = &since,
                        .max = INT64_MAX },
                { .name = "limit", .type = API_PARAM_UINT, .value = &limit, .max = INT64_MAX },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        ApiCall *call;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (more) {
                r = api_call_new(&call, a, c, API_FOLLOW_LOG, more);
                if (r < 0)
                        return r;
        }
        return api_reply(c, log_entries(fragd_log(a->fragd), since, limit), more);
}

/* When the log has it already, its time there is the time. */
static usec_t time_of(const Api *a, const Decision *d)
{
        const DecisionLog *log = fragd_log(a->fragd);

        if (log->n > 0) {
                const DecisionLogEntry *entry = decision_log_get(log, log->n - 1);

                if (entry->decision.number == d->number)
                        return entry->realtime;
        }
        return api_realtime(a);
}

void api_log_decision(Api *a, const Decision *d)
{
        json_t *j = NULL;

        if (!d->notable)
                return;
        for (ApiCall *call = a->calls; call; call = call->next) {
                if (call->type != API_FOLLOW_LOG)
                        continue;
                if (!j)
                        j = json_pack("{s:[o]}", "entries", api_json_log_entry(time_of(a, d), d));
                if (j)
                        (void)varlink_conn_reply(call->conn, j, true);
        }
        json_decref(j);
}

const VarlinkMethodInfo api_monitor_methods[] = {
        { "GetStatus", api_get_status },
        { "GetCensus", api_get_census },
        { "GetCompaction", api_get_compaction },
        { "GetHugePages", api_get_huge_pages },
        { "GetFallbacks", api_get_fallbacks },
        { "GetKernelMessages", api_get_kernel_messages },
        { "ListZones", list_zones },
        { "Explain", explain },
        { "ExplainPast", api_explain_past },
        { "ListPolicies", list_policies },
        { "ShowPolicy", show_policy },
        { "ListKnobs", list_knobs },
        { "GetLog", get_log },
        { "GetHistory", api_get_history },
        { "GetStalls", api_get_stalls },
        { "Check", api_check },
        { "ListHolds", api_list_holds },
        { NULL, NULL },
};
