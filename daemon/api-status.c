/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.GetStatus: everything at a glance, once or with every sample. */
#include <config.h> /* the generated one; daemon/config.h is the configuration */

#include "daemon/api-internal.h"
#include "daemon/api-json.h"

static int put_policy(json_t *j, const Api *a)
{
        const Policy *p = engine_policy(fragd_engine(a->fragd));
        FragdFacts facts;
        int r;

        fragd_facts(a->fragd, &facts);
        r = api_json_put(j, "policy", json_string(p ? p->name : ""));
        if (r == 0)
                r = api_json_put_u64(j, "policy_left_usec", facts.policy_left);
        if (r == 0 && facts.policy_after)
                r = api_json_put(j, "policy_after", json_string(facts.policy_after));
        if (r == 0)
                r = api_json_put(j, "acts", json_boolean(facts.acts));
        if (r == 0 && facts.why_not)
                r = api_json_put(j, "why_not", json_string(facts.why_not));
        if (r == 0)
                r = api_json_put_u64(j, "started_realtime_usec", facts.started_realtime);
        if (r == 0)
                r = api_json_put_u64(j, "interval_usec", facts.interval);
        if (r == 0)
                r = api_json_put(j, "config", json_string(facts.config_path));
        return r;
}

static int put_pause(json_t *j, const Api *a)
{
        usec_t now = fragd_now(a->fragd), until = USEC_INFINITY;
        bool paused = engine_paused(fragd_engine(a->fragd), now, &until);
        int r = api_json_put(j, "paused", json_boolean(paused));

        if (r < 0 || !paused || until == USEC_INFINITY)
                return r;
        return api_json_put_u64(j, "pause_left_usec", usec_sub(until, now));
}

/* Pressure in the last sample interval, as the engine took it; the same on all nodes. */
static int put_pressure(json_t *j, const Engine *e)
{
        NodeView v;
        int r = 0;

        if (engine_n_nodes(e) == 0)
                return 0;
        engine_node_view(e, 0, &v);
        if (v.last->psi_memory != UINT32_MAX)
                r = api_json_put_u64(j, "psi_memory_permyriad", v.last->psi_memory);
        if (r == 0 && v.last->psi_cpu != UINT32_MAX)
                r = api_json_put_u64(j, "psi_cpu_permyriad", v.last->psi_cpu);
        return r;
}

/* What the policy wants and this kernel does not have. */
static json_t *cannot(const Engine *e, const Model *m)
{
        json_t *list = json_array();
        const Policy *p = engine_policy(e);
        KnobId id;

        for (Lever l = LEVER_NONE + 1; list && p && model_has(m, SOURCE_KNOBS) && l < _LEVER_MAX; l++) {
                if (!(p->levers & 1U << l) || !lever_knob(l, &id) || m->knobs[id] != KNOB_VALUE_NONE)
                        continue;
                if (json_array_append_new(list, json_sprintf("lever %s: this kernel has no %s", lever_name(l), knob_info(id)->name)) < 0) {
                        json_decref(list);
                        return NULL;
                }
        }
        return list;
}

static int put_sources(json_t *j, const Api *a, usec_t now)
{
        json_t *sources = api_json_sources(fragd_sampler(a->fragd), fragd_census(a->fragd), now);

        if (sources &&
                (json_array_append_new(sources, api_stalls_source(a)) < 0 || json_array_append_new(sources, api_latency_source(a)) < 0 ||
                        json_array_append_new(sources, api_messages_source(a)) < 0)) {
                json_decref(sources);
                return -ENOMEM;
        }
        return api_json_put(j, "sources", sources);
}

static int put_machine(json_t *j, const Api *a)
{
        const Sampler *s = fragd_sampler(a->fragd);
        const Engine *e = fragd_engine(a->fragd);
        usec_t now = fragd_now(a->fragd);
        int r;

        r = api_json_put_u64(j, "page_size", sampler_model(s)->page_size);
        if (r == 0)
                r = api_json_put(j, "nodes", api_json_nodes(sampler_model(s), e, now));
        if (r == 0)
                r = put_sources(j, a, now);
        if (r == 0)
                r = api_json_put(j, "holds", api_holds(a));
        if (r == 0)
                r = api_json_put(j, "budget", api_json_budget(e, now));
        if (r == 0)
                r = api_json_put(j, "knobs", api_json_knobs(e));
        if (r == 0)
                r = api_json_put(j, "cannot", cannot(e, sampler_model(s)));
        if (r == 0)
                r = api_json_put(j, "writers", api_json_writers(fragd_writers(a->fragd)));
        if (r == 0)
                r = api_json_put(j, "kernel_findings", api_messages_findings(a));
        if (r == 0)
                r = put_pressure(j, e);
        return r;
}

static json_t *status(const Api *a)
{
        json_t *j = json_pack("{s:s, s:I, s:I}", "version", FRAGD_VERSION, "now_realtime_usec",
                (json_int_t)api_realtime(a), "samples", (json_int_t)a->samples);
        int r = j ? 0 : -ENOMEM;

        if (r == 0 && a->samples > 0)
                r = api_json_put_u64(
                        j, "sample_age_usec", usec_sub(fragd_now(a->fragd), a->sampled));
        if (r == 0)
                r = put_policy(j, a);
        if (r == 0)
                r = put_pause(j, a);
        if (r == 0)
                r = put_machine(j, a);
        if (r < 0) {
                json_decref(j);
                return NULL;
        }
        return json_pack("{s:o}", "status", j);
}

int api_get_status(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        const char *bad = api_params(parameters, NULL, 0);
        Api *a = userdata;
        ApiCall *call;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (more) {
                r = api_call_new(&call, a, c, API_FOLLOW_STATUS, more);
                if (r < 0)
                        return r;
        }
        return api_reply(c, status(a), more);
}

void api_status_sample(Api *a)
{
        json_t *j = NULL;

        for (ApiCall *call = a->calls; call; call = call->next) {
                /* Who has not read the last one yet gets the next: old news is none, and
                 * would only pile up. */
                if (call->type != API_FOLLOW_STATUS || varlink_conn_is_behind(call->conn))
                        continue;
                if (!j)
                        j = status(a);
                /* A follower who cannot be told is closed by the server; without memory it misses
                 * one. */
                if (j)
                        (void)varlink_conn_reply(call->conn, j, true);
        }
        json_decref(j);
}
