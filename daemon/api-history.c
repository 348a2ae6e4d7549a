/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.GetHistory: what was seen, in pieces small enough that nothing else has to wait.
 */
#include "daemon/api-internal.h"
#include "daemon/api-json.h"

/* One piece: steps times nodes that are told, steps that are looked at for them; about a
 * millisecond of each. */
#define REPLY_ROWS 256
#define REPLY_WORK 16384

typedef struct ApiHistory {
        RecordReader *reader;
        uint32_t node; /* NODE_ALL */
        int order;     /* -1: all */
        unsigned n_orders;
        uint32_t page_size;
} ApiHistory;

ApiHistory *api_history_free(ApiHistory *h)
{
        if (!h)
                return NULL;
        record_reader_free(h->reader);
        free(h);
        return NULL;
}

static json_int_t order_bytes(const ApiHistory *h, unsigned order)
{
        uint64_t bytes = h->page_size;

        bytes <<= order;
        return (json_int_t)bytes;
}

static json_t *level_to_json(const RecordLevel *l)
{
        return json_pack("{s:I, s:I, s:I}", "min", (json_int_t)l->min, "mean", (json_int_t)l->mean,
                "max", (json_int_t)l->max);
}

static int put_level(json_t *j, const char *key, const RecordLevel *l)
{
        return l->mean == UNKNOWN_U64 ? 0 : api_json_put(j, key, level_to_json(l));
}

/* Appends to an array what was made of an object and its members. */
static int append(json_t *array, json_t *j, int r)
{
        if (r == 0 && j)
                return json_array_append_new(array, j) < 0 ? -ENOMEM : 0;
        json_decref(j);
        return -ENOMEM;
}

static int put_orders(json_t *j, const ApiHistory *h, const RecordNode *n)
{
        json_t *array = json_array();
        int r = api_json_put(j, "orders", array);

        for (unsigned o = 0; r == 0 && o < h->n_orders; o++) {
                json_t *order;

                if (h->order >= 0 && o != (unsigned)h->order)
                        continue;
                order = json_pack("{s:i, s:I}", "order", (int)o, "size_bytes",
                        order_bytes(h, o));
                r = order ? put_level(order, "free", &n->blocks[o]) : -ENOMEM;
                if (r == 0)
                        r = put_level(order, "allocatable", &n->allocatable[o]);
                if (r == 0 && n->unusable[o] != UINT32_MAX)
                        r = api_json_put_u64(order, "unusable_permille", n->unusable[o]);
                r = append(array, order, r);
        }
        return r;
}

static int put_objectives(json_t *j, const ApiHistory *h, const RecordNode *n)
{
        json_t *array = json_array();
        int r = api_json_put(j, "objectives", array);

        for (int i = 0; r == 0 && i < OBJECTIVES_MAX; i++) {
                const RecordObjective *o = &n->objectives[i];
                json_t *objective;

                if (!o->known)
                        continue;
                objective = json_pack("{s:i, s:i, s:I, s:s, s:s, s:i}", "objective", i, "order",
                        (int)o->order, "size_bytes",
                        order_bytes(h, o->order), "use", use_name(o->use),
                        "verdict", verdict_name(o->verdict), "met_permyriad", (int)o->met);
                r = objective ? api_json_put_u64(objective, "reserve_bytes", o->reserve) : -ENOMEM;
                if (r == 0)
                        r = put_level(objective, "current_bytes", &o->current);
                r = append(array, objective, r);
        }
        return r;
}

static int put_node(json_t *array, const ApiHistory *h, const RecordNode *n)
{
        json_t *j = json_pack("{s:I}", "node", (json_int_t)n->id);
        int r = j ? put_level(j, "free_bytes", &n->free) : -ENOMEM;

        if (r == 0)
                r = put_level(j, "score", &n->score);
        if (r == 0)
                r = put_level(j, "unmovable_permyriad", &n->unmovable);
        if (r == 0)
                r = api_json_put_u64(j, "kcompactd_usec", n->kcompactd);
        if (r == 0)
                r = put_objectives(j, h, n);
        if (r == 0)
                r = put_orders(j, h, n);
        return append(array, j, r);
}

static int put_step(json_t *steps, const ApiHistory *h, const RecordStep *s, size_t *rows)
{
        json_t *j = json_pack("{s:I, s:I}", "realtime_usec", (json_int_t)s->realtime, "span_usec",
                (json_int_t)s->span);
        json_t *nodes = json_array();
        int r = j ? api_json_put(j, "nodes", nodes) : -ENOMEM;
        RecordNode n;

        if (!j)
                json_decref(nodes);
        for (RecordCount c = 0; r == 0 && c < _RECORD_COUNT_MAX; c++)
                r = api_json_put_u64(j, record_count_name(c), s->counts[c]);
        for (size_t i = 0; r == 0 && record_read_node(h->reader, i, &n); i++) {
                if (h->node != NODE_ALL && n.id != h->node)
                        continue;
                r = put_node(nodes, h, &n);
                ++*rows;
        }
        ++*rows;
        return append(steps, j, r);
}

/* The next piece. *ret_end: there is no further one. NULL: out of memory. */
static json_t *piece(const Api *a, const ApiHistory *h, bool *ret_end)
{
        size_t rows = 0, work = record_reader_work(h->reader);
        json_t *steps = json_array();
        bool end = false;
        int r = steps ? 0 : -ENOMEM;

        while (r == 0 && rows < REPLY_ROWS && record_reader_work(h->reader) - work < REPLY_WORK) {
                RecordStep s;

                end = !record_read(h->reader, fragd_now(a->fragd), &s);
                if (end)
                        break;
                r = put_step(steps, h, &s, &rows);
        }
        *ret_end = end;
        if (r == 0)
                return json_pack("{s:o}", "steps", steps);
        json_decref(steps);
        return NULL;
}

static void on_drained(VarlinkConn *c, void *data)
{
        ApiCall *call = data;
        bool end;
        json_t *j = piece(call->api, call->history, &end);

        /* Who cannot be told is closed by the server; without memory it is told no more. */
        if (!j || end)
                api_call_free(call);
        if (!j)
                (void)api_error(c, "io.fragd.Monitor.NoSample",
                        json_pack("{s:s}", "reason", "out of memory"));
        else
                (void)api_reply(c, j, !end);
}

static int history_new(
        ApiHistory **ret, const Api *a, const RecordRange *range, uint64_t node, uint64_t order)
{
        const Model *m = sampler_model(fragd_sampler(a->fragd));
        ApiHistory *h = calloc(1, sizeof(*h));
        int r;

        if (!h)
                return -ENOMEM;
        *h = (ApiHistory){ .node = (uint32_t)node,
                .order = order == UINT64_MAX ? -1 : (int)order,
                .n_orders = m->n_orders,
                .page_size = m->page_size };
        r = record_reader_new(&h->reader, fragd_record(a->fragd), range);
        if (r < 0) {
                api_history_free(h);
                return r;
        }
        *ret = h;
        return 0;
}

/* Takes h. */
static int answer(Api *a, VarlinkConn *c, ApiHistory *h, bool more)
{
        bool end;
        json_t *j = piece(a, h, &end);
        ApiCall *call;
        int r;

        if (!j || end || !more) {
                api_history_free(h);
                if (j && !end) {
                        json_decref(j);
                        return varlink_conn_error(c, "org.varlink.service.ExpectedMore", NULL);
                }
                return api_reply(c, j, false);
        }
        r = api_call_new(&call, a, c, API_HISTORY, more);
        if (r < 0) {
                json_decref(j);
                api_history_free(h);
                return r;
        }
        call->history = h;
        varlink_conn_set_on_drained(c, on_drained, call);
        return api_reply(c, j, true);
}

int api_get_history(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        uint64_t since = 0, until = INT64_MAX, step = 0, node = NODE_ALL, order = UINT64_MAX;
        const ApiParam params[] = {
                { .name = "since_realtime_usec",
                        .type = API_PARAM_UINT,
                        .value = &since,
                        .max = INT64_MAX },
                { .name = "until_realtime_usec",
                        .type = API_PARAM_UINT,
                        .value = &until,
                        .max = INT64_MAX },
                { .name = "step_usec", .type = API_PARAM_UINT, .value = &step, .max = INT64_MAX },
                { .name = "node", .type = API_PARAM_UINT, .value = &node, .max = UINT32_MAX - 1 },
                { .name = "order", .type = API_PARAM_UINT, .value = &order, .max = ORDERS_MAX - 1 },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        Api *a = userdata;
        RecordRange range;
        ApiHistory *h;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (!api_node_known(a, c, node, &r))
                return r;
        if (order != UINT64_MAX && order >= sampler_model(fragd_sampler(a->fragd))->n_orders)
                return varlink_conn_invalid_parameter(c, "order");
        if (!fragd_record(a->fragd))
                return -ENOMEM; /* the recorder could not be had: it tries again with each sample */
        range = (RecordRange){ .since = since, .until = until, .step = step };
        r = history_new(&h, a, &range, node, order);
        return r < 0 ? r : answer(a, c, h, more);
}
