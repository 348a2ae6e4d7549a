/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/api-json.h"

#include <stdio.h>

#include "base/macros.h"
#include "engine/sentence.h"
#include "trace/trace.h"

int api_json_put(json_t *j, const char *key, json_t *value)
{
        return json_object_set_new(j, key, value) < 0 ? -ENOMEM : 0;
}

int api_json_put_u64(json_t *j, const char *key, uint64_t value)
{
        if (value == UINT64_MAX)
                return 0;
        return api_json_put(j, key, json_integer((json_int_t)MIN(value, (uint64_t)INT64_MAX)));
}

static int append(json_t *array, json_t *value)
{
        return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}

/* j if all of its members could be set. */
static json_t *complete(json_t *j, int r)
{
        if (r >= 0)
                return j;
        json_decref(j);
        return NULL;
}

static json_t *source_to_json(Source id, const SourceState *s, const char *held)
{
        json_t *j = json_pack("{s:s, s:s, s:b, s:I}", "source", source_name(id), "path",
                source_path(id), "available", s->available, "skipped", (json_int_t)s->skipped);
        int r = 0;

        if (j && s->available && held)
                r = api_json_put(j, "held", json_string(held));
        if (!j || s->available)
                return complete(j, r);
        if (s->line > 0 && s->expected)
                r = api_json_put(
                        j, "error", json_sprintf("line %u: expected %s", s->line, s->expected));
        else if (s->why)
                r = api_json_put(j, "error", json_string(s->why));
        else if (s->error < 0)
                r = api_json_put(j, "error", json_string(strerror(-s->error)));
        if (r == 0 && source_loss(id))
                r = api_json_put(j, "loss", json_string(source_loss(id)));
        return complete(j, r);
}

json_t *api_json_sources(const Sampler *s, const Census *census, usec_t now)
{
        char why[256];
        const char *held = census ? census_held(census, now, why, sizeof(why)) : NULL;
        json_t *array = json_array();
        int r = 0;

        for (Source id = 0; array && r == 0 && id < _SOURCE_MAX; id++)
                r = append(array, source_to_json(id, sampler_source(s, id), id == SOURCE_PAGETYPEINFO ? held : NULL));
        return complete(array, r);
}

/* No knob takes a negative value: that is "the kernel does not have it". */
static int put_knob_value(json_t *j, const char *key, int64_t value)
{
        return value < 0 ? 0 : api_json_put(j, key, json_integer(value));
}

static json_t *knob_to_json(const KnobInfo *info, const KnobView *v)
{
        json_t *j = json_pack("{s:s, s:b, s:b, s:s, s:I, s:I}", "knob", info->name, "available",
                v->value >= 0, "managed", info->managed, "owner", knob_owner_name(v->owner), "min",
                (json_int_t)info->min, "max", (json_int_t)info->max);
        int r;

        if (!j)
                return NULL;
        r = put_knob_value(j, "value", v->value);
        if (r == 0)
                r = put_knob_value(j, "baseline", v->baseline);
        if (r == 0 && v->rival != RIVAL_NONE)
                r = api_json_put(j, "rival", json_string(rival_info(v->rival)->name));
        return complete(j, r);
}

json_t *api_json_knobs(const Engine *e)
{
        json_t *array = json_array();
        int r = 0;

        for (KnobId id = 0; array && r == 0 && id < _KNOB_MAX; id++) {
                KnobView v;

                engine_knob_view(e, id, &v);
                r = append(array, knob_to_json(knob_info(id), &v));
        }
        return complete(array, r);
}

json_t *api_json_budget(const Engine *e, usec_t now)
{
        BudgetView v;

        engine_budget_view(e, now, &v);
        return json_pack("{s:I, s:I, s:I, s:I, s:I}", "spent_usec", (json_int_t)v.spent,
                "limit_usec", (json_int_t)v.limit, "runs", (json_int_t)v.runs, "runs_limit",
                (json_int_t)v.runs_limit, "per_usec", (json_int_t)v.per);
}

/* Adds what the engine thinks of the node. */
static int put_view(json_t *j, const NodeView *v, const Policy *p, usec_t now)
{
        json_t *view = node_view_to_json(v, p, now);
        int r = view && json_object_update(j, view) == 0 ? 0 : -ENOMEM;

        json_decref(view);
        return r;
}

json_t *api_json_nodes(const Model *m, const Engine *e, usec_t now)
{
        json_t *array = model_nodes_to_json(m, NODE_ALL, -1), *j;
        const Policy *p = engine_policy(e);
        size_t i, k = 0;
        int r = 0;

        /* Both are in order of id; a node may be missing in either where one of them has just
         * changed. */
        json_array_foreach(array, i, j)
        {
                json_int_t id = json_integer_value(json_object_get(j, "node"));
                NodeView v = { .id = 0 };

                while (k < engine_n_nodes(e) && (engine_node_view(e, k, &v), (json_int_t)v.id < id))
                        k++;
                if (p && k < engine_n_nodes(e) && (json_int_t)v.id == id)
                        r = put_view(j, &v, p, now);
                if (r < 0)
                        break;
        }
        return complete(array, r);
}

json_t *api_json_log_entry(usec_t realtime, const Decision *d)
{
        char sentence[SENTENCE_MAX];

        return json_pack("{s:I, s:s, s:o}", "realtime_usec", (json_int_t)realtime, "sentence",
                decision_sentence(d, sentence, sizeof(sentence)), "decision", decision_to_json(d));
}

json_t *api_json_config_errors(const ConfigErrors *e)
{
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < e->n; i++)
                r = append(array,
                        json_pack("{s:s, s:I, s:s}", "file", e->items[i].file, "line",
                                (json_int_t)e->items[i].line, "message", e->items[i].message));
        if (array && r == 0 && e->dropped > 0)
                r = append(array, json_pack("{s:s, s:i, s:o}", "file", "", "line", 0, "message",
                                          json_sprintf("and %zu more errors", e->dropped)));
        return complete(array, r);
}
