/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/api.h"

#include <config.h> /* the generated one; daemon/config.h is the configuration */

#include "api-texts.h"
#include "daemon/api-internal.h"

/* A socket for reading, and one for telling fragd what to do: who may open it decides who may. */
static const VarlinkInterface monitor_interface = {
        .name = "io.fragd.Monitor",
        .description = io_fragd_monitor_text,
        .methods = api_monitor_methods,
};
static const VarlinkInterface control_interface = {
        .name = "io.fragd.Control",
        .description = io_fragd_control_text,
        .methods = api_control_methods,
};
static const VarlinkInterface *const monitor_interfaces[] = { &monitor_interface, NULL };
static const VarlinkInterface *const admin_interfaces[] = { &monitor_interface, &control_interface,
        NULL };

int api_new(Api **ret, sd_event *event, Fragd *fragd, int monitor_fd, int admin_fd)
{
        _cleanup_close_ int monitor = monitor_fd, admin = admin_fd;
        _cleanup_(api_freep) Api *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        a->event = event;
        a->fragd = fragd;
        r = varlink_server_new(&a->server, event, FRAGD_VERSION, a);
        if (r < 0)
                return r;
        if (monitor >= 0) {
                r = varlink_server_listen(a->server, TAKE_FD(monitor), monitor_interfaces);
                if (r < 0)
                        return r;
        }
        if (admin >= 0) {
                r = varlink_server_listen(a->server, TAKE_FD(admin), admin_interfaces);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(a);
        return 0;
}

Api *api_free(Api *a)
{
        if (!a)
                return NULL;
        varlink_server_free(a->server); /* closes the clients, and so frees the calls */
        free(a);
        return NULL;
}

void api_decision(Api *a, const Decision *d)
{
        api_control_decision(a, d);
        api_log_decision(a, d);
}

void api_sample(Api *a)
{
        a->samples++;
        a->sampled = fragd_now(a->fragd);
        api_control_sample(a);
        api_status_sample(a);
        api_fallbacks_sample(a);
}

static void on_closed(VarlinkConn *c, void *data)
{
        ApiCall *call = data;

        if (call->type == API_PREPARE)
                api_prepare_gone(call);
        api_call_free(call);
}

int api_call_new(ApiCall **ret, Api *a, VarlinkConn *c, ApiCallType type, bool more)
{
        ApiCall *call = calloc(1, sizeof(*call));

        if (!call)
                return -ENOMEM;
        *call = (ApiCall){ .api = a, .next = a->calls, .conn = c, .type = type, .more = more };
        if (call->next)
                call->next->previous = call;
        a->calls = call;
        varlink_conn_set_on_closed(c, on_closed, call);
        *ret = call;
        return 0;
}

void api_call_free(ApiCall *call)
{
        if (call->next)
                call->next->previous = call->previous;
        if (call->previous)
                call->previous->next = call->next;
        else
                call->api->calls = call->next;
        varlink_conn_set_on_closed(call->conn, NULL, NULL);
        varlink_conn_set_on_drained(call->conn, NULL, NULL);
        api_history_free(call->history);
        free(call);
}

usec_t api_realtime(const Api *a)
{
        usec_t now;

        /* Fails only where the loop or the clock does not exist. */
        return sd_event_now(a->event, CLOCK_REALTIME, &now) < 0 ? 0 : now;
}

static bool param_take(const ApiParam *p, const json_t *value)
{
        uint64_t u;

        switch (p->type) {
        case API_PARAM_UINT:
                if (!json_is_integer(value) || json_integer_value(value) < 0)
                        return false;
                u = (uint64_t)json_integer_value(value);
                if (u < p->min || u > p->max)
                        return false;
                *(uint64_t *)p->value = u;
                return true;
        case API_PARAM_STRING:
                if (!json_is_string(value))
                        return false;
                *(const char **)p->value = json_string_value(value);
                return true;
        case API_PARAM_BOOL:
                if (!json_is_boolean(value))
                        return false;
                *(bool *)p->value = json_is_true(value);
                return true;
        }
        return false;
}

static const ApiParam *param_find(const ApiParam *params, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (streq(params[i].name, name))
                        return &params[i];
        return NULL;
}

const char *api_params(json_t *parameters, const ApiParam *params, size_t n)
{
        const char *key;
        json_t *value;

        json_object_foreach(parameters, key, value)
        {
                const ApiParam *p = param_find(params, n, key);

                if (!p || !(json_is_null(value) ? !p->required : param_take(p, value)))
                        return key;
        }
        for (size_t i = 0; i < n; i++)
                if (params[i].required && !json_object_get(parameters, params[i].name))
                        return params[i].name;
        return NULL;
}

int api_reply(VarlinkConn *c, json_t *parameters, bool continues)
{
        int r = parameters ? varlink_conn_reply(c, parameters, continues) : -ENOMEM;

        json_decref(parameters);
        return r;
}

int api_error(VarlinkConn *c, const char *error, json_t *parameters)
{
        int r = parameters ? varlink_conn_error(c, error, parameters) : -ENOMEM;

        json_decref(parameters);
        return r;
}

int api_unknown_node(const Api *a, VarlinkConn *c, const char *error, uint64_t node)
{
        const Model *m = sampler_model(fragd_sampler(a->fragd));
        json_t *known = json_array();
        int r = known ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < m->n_nodes; i++)
                r = json_array_append_new(known, json_integer(m->nodes[i].id));
        if (r < 0) {
                json_decref(known);
                return -ENOMEM;
        }
        return api_error(
                c, error, json_pack("{s:I, s:o}", "node", (json_int_t)node, "known", known));
}

int api_unknown_policy(const Api *a, VarlinkConn *c, const char *error, const char *name)
{
        const Config *config = fragd_config(a->fragd);
        json_t *known = json_array();
        int r = known ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < config->n_policies; i++)
                r = json_array_append_new(known, json_string(config->policies[i].policy.name));
        if (r < 0) {
                json_decref(known);
                return -ENOMEM;
        }
        return api_error(c, error, json_pack("{s:s, s:o}", "name", name, "known", known));
}

size_t api_n_clients(const Api *a)
{
        return varlink_server_n_clients(a->server);
}
