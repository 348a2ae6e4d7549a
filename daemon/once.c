/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/once.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "base/units.h"
#include "daemon/api-json.h"
#include "daemon/config.h"
#include "daemon/sampler.h"
#include "engine/engine.h"
#include "engine/sentence.h"
#include "model/crosscheck.h"
#include "trace/trace.h"

typedef struct Once {
        const Options *options;
        Config *config;
        RootDir *root;
        Sampler *sampler;
        Engine *engine;
        usec_t now;
        Outcome outcome; /* of the sample */
} Once;

static void once_done(Once *o)
{
        engine_free(o->engine);
        sampler_free(o->sampler);
        root_free(o->root);
        config_free(o->config);
}

/* The built-in policies, unless a file is named: what a recorded machine shows should not depend on
 * this one. */
static int load_config(Once *o)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        ConfigErrors errors = { 0 };
        int r;

        if (o->options->config_given)
                r = config_load(&o->config, o->options->config_path, true, CONFIG_OWNER_ROOT_OR_CALLER, &errors);
        else
                r = config_load_text(&o->config, "built in", "", &errors);
        config_errors_text(&errors, &text);
        fputs(strbuf_text(&text), stderr);
        config_errors_done(&errors);
        return r;
}

/* Why the sample says nothing, on stderr. */
static int complain(const Once *o)
{
        const SourceState *s = sampler_source(o->sampler, SOURCE_BUDDYINFO);

        if (s->line)
                fprintf(stderr, "fragd: %s/%s: line %u: expected %s\n", o->options->root,
                        source_path(SOURCE_BUDDYINFO), s->line, s->expected);
        else
                fprintf(stderr, "fragd: %s/%s: %s\n", o->options->root,
                        source_path(SOURCE_BUDDYINFO), strerror(-s->error));
        return s->error;
}

static int take_sample(Once *o)
{
        int r;

        r = root_new(&o->root, o->options->root);
        if (r >= 0)
                r = sampler_new(&o->sampler, o->root);
        if (r == -EINVAL)
                fprintf(stderr, "fragd: %s/fragd-page-size: expected a page size in bytes\n",
                        o->options->root);
        else if (r < 0)
                fprintf(stderr, "fragd: cannot open %s: %s\n", o->options->root, strerror(-r));
        if (r < 0)
                return r;
        r = sampler_sample(o->sampler, SAMPLE_SLOW | SAMPLE_PAGETYPEINFO | SAMPLE_INDICES);
        if (r < 0)
                return r;
        return model_has(sampler_model(o->sampler), SOURCE_BUDDYINFO) ? 0 : complain(o);
}

/* As if there were an actor and the policy only watched: the decisions then say what would be done.
 */
static int decide(Once *o)
{
        const char *name = o->options->policy ? o->options->policy : o->config->policy;
        const ConfigPolicy *p = config_policy(o->config, name);
        struct timespec ts;
        Policy policy;
        int r;

        if (!p) {
                fprintf(stderr, "fragd: --policy %s: there is no such policy\n", name);
                return -ENOENT;
        }
        policy = p->policy;
        policy.act = false;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        o->now = (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
        r = engine_new(&o->engine, NODES_MAX, 1);
        if (r >= 0)
                r = engine_step(o->engine, &(Event){ .type = EVENT_ACTOR, .actor_present = true },
                        o->now, &o->outcome);
        if (r >= 0)
                r = engine_step(o->engine, &(Event){ .type = EVENT_POLICY, .policy = &policy },
                        o->now, &o->outcome);
        if (r >= 0)
                r = engine_step(o->engine,
                        &(Event){ .type = EVENT_SAMPLE, .sample = sampler_model(o->sampler) },
                        o->now, &o->outcome);
        return r;
}

static json_t *decisions_to_json(const Once *o)
{
        json_t *array = json_array();

        for (size_t i = 0; array && i < o->outcome.n_decisions; i++)
                if (json_array_append_new(array, decision_to_json(&o->outcome.decisions[i])) < 0) {
                        json_decref(array);
                        return NULL;
                }
        return array;
}

/* How many of the kernel's own indices are ours, too; null where debugfs is not to be read. */
static json_t *crosscheck_to_json(const Once *o, Source source, IndexKind kind)
{
        const IndexFile *printed = sampler_index(o->sampler, source);
        Crosscheck c;

        if (!printed)
                return json_null();
        c = crosscheck_index(sampler_model(o->sampler), printed, kind);
        return json_pack("{s:i, s:i}", "compared", (int)c.compared, "equal", (int)c.equal);
}

static int print_json(const Once *o)
{
        json_t *j = json_pack("{s:o, s:o, s:o, s:{s:o, s:o}}", "nodes",
                api_json_nodes(sampler_model(o->sampler), o->engine, o->now), "sources",
                api_json_sources(o->sampler, NULL, o->now), "decisions", decisions_to_json(o), "crosscheck",
                "extfrag_index", crosscheck_to_json(o, SOURCE_EXTFRAG_INDEX, INDEX_EXTFRAG),
                "unusable_index", crosscheck_to_json(o, SOURCE_UNUSABLE_INDEX, INDEX_UNUSABLE));
        int r;

        if (!j)
                return -ENOMEM;
        r = json_dumpf(j, stdout, JSON_INDENT(2));
        json_decref(j);
        putchar('\n');
        return r < 0 && !ferror(stdout) ? -ENOMEM : 0; /* once_run() tells of stdout */
}

static void print_objective(const ObjectiveView *v, const Objective *objective)
{
        char size[UNIT_TEXT_MAX], current[UNIT_TEXT_MAX], reserve[UNIT_TEXT_MAX];

        if (!v->applies)
                return;
        printf("  %s blocks for %s memory: %s", size_format(size, sizeof(size), v->size),
                use_name(objective->use), verdict_name(v->verdict));
        if (v->verdict != VERDICT_UNKNOWN)
                printf(", %s of %s wanted", size_format(current, sizeof(current), v->current),
                        size_format(reserve, sizeof(reserve), v->reserve));
        putchar('\n');
}

static void print_node(const Once *o, size_t i)
{
        const Policy *p = engine_policy(o->engine);
        const Model *m = sampler_model(o->sampler);
        char free_text[UNIT_TEXT_MAX];
        const Node *node;
        NodeView v;

        engine_node_view(o->engine, i, &v);
        node = model_node_const(m, v.id);
        printf("node %u: %s free", v.id,
                size_format(free_text, sizeof(free_text), node->free_pages * m->page_size));
        if (node->score_known)
                printf(", fragmentation score %u of 100", node->score);
        putchar('\n');
        for (unsigned k = 0; k < p->n_objectives; k++)
                print_objective(&v.objectives[k], &p->objectives[k]);
}

/* Only where something cannot be done without it. */
static void print_missing(const Once *o)
{
        for (Source s = 0; s < _SOURCE_MAX; s++) {
                const SourceState *state = sampler_source(o->sampler, s);

                if (state->available || !source_loss(s))
                        continue;
                printf("missing %s: %s (%s: ", source_name(s), source_loss(s), source_path(s));
                if (state->line)
                        printf("line %u: expected %s)\n", state->line, state->expected);
                else
                        printf("%s)\n", strerror(-state->error));
        }
}

static int print_text(const Once *o)
{
        char sentence[SENTENCE_MAX];

        printf("policy %s\n", engine_policy(o->engine)->name);
        for (size_t i = 0; i < engine_n_nodes(o->engine); i++)
                print_node(o, i);
        print_missing(o);
        for (size_t i = 0; i < o->outcome.n_decisions; i++)
                printf("%s\n",
                        decision_sentence(&o->outcome.decisions[i], sentence, sizeof(sentence)));
        return 0;
}

int once_run(const Options *options)
{
        _cleanup_(once_done) Once o = { .options = options };
        int r;

        r = load_config(&o);
        if (r >= 0)
                r = take_sample(&o);
        if (r >= 0)
                r = decide(&o);
        if (r >= 0)
                r = options->json ? print_json(&o) : print_text(&o);
        if (r == -ENOMEM)
                fprintf(stderr, "fragd: out of memory\n");
        if (r >= 0 && (fflush(stdout) != 0 || ferror(stdout))) {
                fprintf(stderr, "fragd: cannot write: %s\n", strerror(errno));
                r = -EIO;
        }
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
