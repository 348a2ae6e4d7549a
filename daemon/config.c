/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config.h"

#include <libconfig.h>
#include <stdio.h>

#include "conf/policies.h"
#include "daemon/config-errors.h"
#include "daemon/config-file.h"
#include "daemon/config-merge.h"

static void config_destroyp(config_t *c)
{
        config_destroy(c);
}

const ConfigPolicy *config_policy(const Config *c, const char *name)
{
        for (size_t i = 0; i < c->n_policies; i++)
                if (streq(c->policies[i].policy.name, name))
                        return &c->policies[i];
        return NULL;
}

/* libconfig stops at the first; its words are for programmers. */
static void complain_syntax(ConfigLoader *l, const config_t *c)
{
        const char *text = config_error_text(c) ?: "unreadable";

        if (streq(text, "syntax error"))
                text = "syntax error here or just before, expected NAME = VALUE; with text in "
                       "quotes, and no comma after the last in a list";
        else if (streq(text, "duplicate setting name"))
                text = "an option is set twice in one group";
        else if (streq(text, "mismatched element type in array"))
                text = "an array [ ... ] has elements of different kinds";
        config_error(l->errors, l->file, (unsigned)MAX(config_error_line(c), 0), "%s", text);
}

static int merge_text(ConfigLoader *l, const char *file, const char *text)
{
        _cleanup_(config_destroyp) config_t c = {};

        l->file = file;
        config_init(&c);
        if (config_text_check(file, text, l->errors) < 0)
                return 0;
        if (config_read_string(&c, text) != CONFIG_TRUE) {
                complain_syntax(l, &c);
                return 0;
        }
        return config_merge(l, config_root_setting(&c));
}

static int merge_file(ConfigLoader *l, const char *path, bool must_exist, ConfigOwner owner)
{
        _cleanup_free_ char *text = NULL, *copy = NULL;
        Config *c = l->config;
        int r;

        r = config_file_read(&text, path, must_exist, owner, l->errors);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !text)
                return 0;
        copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        c->files[c->n_files++] = TAKE_PTR(copy);
        return merge_text(l, c->files[c->n_files - 1], text);
}

static int merge_drop_ins(ConfigLoader *l, const char *path, ConfigOwner owner)
{
        _cleanup_(config_paths_done) ConfigPaths paths = {};
        _cleanup_free_ char *dir = NULL;
        int r;

        if (asprintf(&dir, "%s.d", path) < 0) {
                dir = NULL;
                return -ENOMEM;
        }
        r = config_paths_list(&paths, dir, CONFIG_FILES_MAX - 1, owner, l->errors);
        if (r == -ENOMEM)
                return r;
        for (size_t i = 0; i < paths.n; i++) {
                r = merge_file(l, paths.items[i], true, owner);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int loader_begin(ConfigLoader *l)
{
        const char *const texts[] = { policy_balanced, policy_observe, policy_conserve,
                policy_aggressive };
        Config *c;
        int r;

        c = l->config = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        strcpy(c->policy, "balanced");
#define X(name) strcpy(c->stalls.watch.items[c->stalls.watch.n++], name);
        STALLS_WATCH(X)
#undef X
        c->stalls.asked = STALLS_ASKED;
        c->stalls.trace = true;
        c->fallback_events = true;
        c->kernel_log = true;
        l->policy.file = CONFIG_BUILT_IN;
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                r = merge_text(l, CONFIG_BUILT_IN, texts[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void check_policy(ConfigLoader *l, size_t i)
{
        const Policy *p = &l->config->policies[i].policy;
        const ConfigPlace *place = &l->policies[i];
        char reason[POLICY_REASON_MAX];

        if (place->wrong)
                return;
        if (p->n_objectives == 0)
                config_error(l->errors, place->file, place->line,
                        "policies.%s: has no objectives, so that there is nothing to hold",
                        p->name);
        else if (policy_check(p, reason) < 0)
                config_error(
                        l->errors, place->file, place->line, "policies.%s: %s", p->name, reason);
}

/* What only shows when everything is merged. */
static int loader_finish(ConfigLoader *l)
{
        const Config *c = l->config;
        char suggestion[128];

        for (size_t i = 0; i < c->n_policies; i++)
                check_policy(l, i);
        if (!config_policy(c, c->policy))
                config_error(l->errors, l->policy.file, l->policy.line,
                        "policy: there is no policy '%s'%s", c->policy,
                        config_suggest_policy(c, c->policy, suggestion, sizeof(suggestion)));
        return config_errors_count(l->errors) > 0 ? -EINVAL : 0;
}

int config_load(
        Config **ret, const char *path, bool must_exist, ConfigOwner owner, ConfigErrors *errors)
{
        _cleanup_(config_freep) Config *c = NULL;
        ConfigLoader l = { .errors = errors };
        int r;

        r = loader_begin(&l);
        c = l.config;
        if (r < 0)
                return r;
        r = merge_file(&l, path, must_exist, owner);
        if (r < 0)
                return r;
        r = merge_drop_ins(&l, path, owner);
        if (r < 0)
                return r;
        r = loader_finish(&l);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

int config_load_text(Config **ret, const char *name, const char *text, ConfigErrors *errors)
{
        _cleanup_(config_freep) Config *c = NULL;
        ConfigLoader l = { .errors = errors };
        int r;

        r = loader_begin(&l);
        c = l.config;
        if (r < 0)
                return r;
        r = merge_text(&l, name, text);
        if (r < 0)
                return r;
        r = loader_finish(&l);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

Config *config_free(Config *c)
{
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n_policies; i++)
                free(c->policies[i].source);
        for (size_t i = 0; i < c->n_files; i++)
                free(c->files[i]);
        free(c->user);
        free(c->metrics_listen);
        free(c);
        return NULL;
}
