/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/advice-view.h"

/* Adds a text unless there is none; -ENOMEM. */
static int put(json_t *j, const char *name, const char *text)
{
        return text && *text && json_object_set_new(j, name, json_string(text)) < 0 ? -ENOMEM : 0;
}

static json_t *machine_json(const AdviceMachine *m)
{
        char kernel[VERSION_TEXT_MAX], release[VERSION_TEXT_MAX];
        json_t *j = json_object();
        int r = put(j, "kernel", version_text(&m->kernel, kernel));

        if (r == 0)
                r = put(j, "distribution", m->distribution);
        if (r == 0)
                r = put(j, "release", version_text(&m->release, release));
        if (r == 0 && m->memory > 0)
                r = json_object_set_new(j, "memory_bytes", json_integer((json_int_t)m->memory));
        if (r == 0)
                return j;
        json_decref(j);
        return NULL;
}

static json_t *software_json(const SoftwareList *l)
{
        json_t *list = json_array();

        for (size_t i = 0; i < l->n; i++) {
                const Software *s = &l->items[i];
                char version[VERSION_TEXT_MAX];
                json_t *j = json_pack("{s:s, s:s, s:b, s:s}", "software", s->kind->name, "title", s->kind->title, "running",
                        s->running, "found", s->found);

                if (!j || put(j, "version", version_text(&s->version, version)) < 0 || json_array_append_new(list, j) < 0) {
                        json_decref(list);
                        return NULL;
                }
        }
        return list;
}

static int put_rule(json_t *j, const AdviceRule *rule)
{
        const char *const members[][2] = { { "title", rule->title }, { "for", rule->ranges }, { "why", rule->why },
                { "command", rule->command }, { "keep", rule->keep }, { "source", rule->source }, { "date", rule->date },
                { "file", rule->file } };
        int r = 0;

        for (size_t i = 0; r == 0 && i < ELEMENTSOF(members); i++)
                r = put(j, members[i][0], members[i][1]);
        return r == 0 ? json_object_set_new(j, "line", json_integer((json_int_t)rule->line)) : r;
}

static json_t *result_json(const AdviceResult *r)
{
        char version[VERSION_TEXT_MAX];
        json_t *j = json_pack("{s:s, s:s, s:b, s:b}", "id", r->rule->id, "state", advice_state_name(r->state), "note",
                r->rule->note, "version_unknown", r->version_unknown);
        int e = j ? put_rule(j, r->rule) : -ENOMEM;

        if (e == 0 && r->software)
                e = put(j, "software", r->software->kind->name);
        if (e == 0 && r->software)
                e = put(j, "version", version_text(&r->software->version, version));
        if (e == 0)
                e = put(j, "now", r->now);
        if (e == 0 && r->state == ADVICE_UNCLEAR)
                e = put(j, "unclear", r->unclear);
        if (e == 0)
                return j;
        json_decref(j);
        return NULL;
}

static json_t *results_json(const Advice *a)
{
        json_t *list = json_array();

        for (size_t i = 0; i < a->n; i++)
                if (json_array_append_new(list, result_json(&a->results[i])) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

static json_t *contradictions_json(const Advice *a)
{
        json_t *list = json_array();
        const AdviceResult *x, *y;

        for (size_t i = 0, k = 0; advice_next_contradiction(a, &i, &k, &x, &y);)
                if (json_array_append_new(list, json_pack("{s:s, s:[s, s]}", "file", x->rule->set.name, "rules", x->rule->id,
                                                        y->rule->id)) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

static json_t *errors_json(const AdviceRules *rules)
{
        json_t *list = json_array();

        for (size_t i = 0; i < rules->n_errors; i++) {
                const AdviceError *e = &rules->errors[i];

                if (json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "file", e->file, "line", (json_int_t)e->line, "message",
                                                        e->message)) < 0) {
                        json_decref(list);
                        return NULL;
                }
        }
        return list;
}

int advice_print_json(const Cli *cli, const Advice *a)
{
        json_t *j = json_pack("{s:o, s:o, s:o, s:o, s:o}", "machine", machine_json(&a->machine), "software",
                software_json(&a->machine.software), "advice", results_json(a), "contradictions", contradictions_json(a), "errors",
                errors_json(&a->rules));
        int r = j ? cli_print_json(cli, j) : cli_oom();

        json_decref(j);
        return r;
}
