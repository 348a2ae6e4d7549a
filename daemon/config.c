/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config.h"

#include <libconfig.h>
#include <stdio.h>

#include "conf/policies.h"
#include "daemon/config-describe.h"
#include "daemon/config-errors.h"
#include "daemon/config-file.h"
#include "daemon/config-value.h"

#define BUILT_IN "built in"
/* Every option is shorter: a longer name is unknown, and its beginning is enough to find it. */
#define NAME_SHOWN_MAX 64
/* Of a path in a message: four names and an index. */
#define SHOWN_MAX 320

/* Where something was set last; file lives as long as the Config. */
typedef struct Place {
        const char *file;
        unsigned line;
        bool wrong; /* has an error already: no cross-checks on top */
} Place;

typedef struct Loader {
        Config *config;
        ConfigErrors *errors;
        const char *file; /* being merged */
        Place policy;
        Place policies[POLICIES_MAX];
} Loader;

/* Where the walk through a file is. */
typedef struct Position {
        const char *shown; /* for messages: "policies.balanced.hold" */
        const char *path;  /* in the option table: "policies.NAME.hold" */
        void *base;        /* the Config, Policy or Objective that is filled */
} Position;

static int merge_group(Loader *l, const config_setting_t *group, const Position *at);

static void config_destroyp(config_t *c)
{
        config_destroy(c);
}

_printf_(3, 4) static void complain(Loader *l, const config_setting_t *s, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        config_errorv(l->errors, l->file, config_setting_source_line(s), format, args);
        va_end(args);
}

static int complain_mismatch(Loader *l, const Option *o, const config_setting_t *s, const char *shown)
{
        _cleanup_strbuf_ StrBuf wrong = {};

        option_mismatch(o, s, &wrong);
        if (strbuf_error(&wrong) < 0)
                return -ENOMEM;
        complain(l, s, "%s: %s", shown, strbuf_text(&wrong));
        return 0;
}

/* --- policies --- */

/* Of n_policies if there is none. */
static size_t policy_index(const Config *c, const char *name)
{
        size_t i;

        for (i = 0; i < c->n_policies; i++)
                if (streq(c->policies[i].policy.name, name))
                        break;
        return i;
}

const ConfigPolicy *config_policy(const Config *c, const char *name)
{
        size_t i = policy_index(c, name);

        return i < c->n_policies ? &c->policies[i] : NULL;
}

/* ", did you mean 'balanced'?", or "". */
static const char *suggest_policy(const Config *c, const char *name, char *buf, size_t size)
{
        const char *near = NULL;
        unsigned best = UINT32_MAX;

        for (size_t i = 0; i < c->n_policies; i++)
                if (option_similar(name, c->policies[i].policy.name, &best))
                        near = c->policies[i].policy.name;
        buf[0] = 0;
        if (near)
                snprintf(buf, size, ", did you mean '%s'?", near);
        return buf;
}

/* What based_on names, NULL if nothing usable. */
static const ConfigPolicy *policy_base(Loader *l, const config_setting_t *s, const char *shown)
{
        const char *name = config_setting_get_string(s);
        _cleanup_strbuf_ StrBuf quoted = {};
        const ConfigPolicy *base;
        char suggestion[128];

        if (!name) {
                (void)complain_mismatch(l, option_find(OPTION_POLICY_PATH ".based_on"), s, shown);
                return NULL;
        }
        base = config_policy(l->config, name);
        if (!base) {
                config_quote(&quoted, name);
                complain(l, s, "%s: no policy %s is defined before this%s", shown, strbuf_text(&quoted),
                        suggest_policy(l->config, name, suggestion, sizeof(suggestion)));
        }
        return base;
}

/* A new policy: policy_init()'s figures, or all of another's but its name and description. */
static void policy_add(Loader *l, const char *name, const config_setting_t *group, const char *shown)
{
        const config_setting_t *based_on = config_setting_get_member(group, "based_on");
        Config *c = l->config;
        const ConfigPolicy *base;
        Policy p;

        policy_init(&p, name);
        if (based_on) {
                char path[SHOWN_MAX];

                snprintf(path, sizeof(path), "%s.based_on", shown);
                base = policy_base(l, based_on, path);
                if (base) {
                        p = base->policy;
                        memset(p.name, 0, sizeof(p.name));
                        memset(p.description, 0, sizeof(p.description));
                        strncpy(p.name, name, sizeof(p.name) - 1);
                }
        }
        c->policies[c->n_policies++].policy = p;
}

static bool policy_name_valid(const char *name)
{
        for (const char *p = name; *p; p++)
                if (*p == '*') /* the only character that libconfig allows in a name and we do not */
                        return false;
        return strlen(name) < POLICY_NAME_MAX;
}

/* Finds or makes the policy that a group defines or changes; n_policies where that cannot be. */
static size_t policy_for_group(Loader *l, const config_setting_t *group, const char *name, const char *shown)
{
        Config *c = l->config;
        const config_setting_t *based_on = config_setting_get_member(group, "based_on");
        size_t i = policy_index(c, name);

        if (i < c->n_policies) {
                if (based_on)
                        complain(l, based_on,
                                "%s.based_on: only where a policy is defined first, but '%s' is already defined (%s)",
                                shown, name, c->policies[i].source);
                return i;
        }
        if (c->n_policies == POLICIES_MAX) {
                complain(l, group, "%s: more than %d policies", shown, POLICIES_MAX);
                return c->n_policies;
        }
        policy_add(l, name, group, shown);
        return i;
}

/* Remembers that a policy comes from here now. */
static int policy_place(Loader *l, size_t i, const config_setting_t *group)
{
        ConfigPolicy *p = &l->config->policies[i];
        unsigned line = config_setting_source_line(group);
        char *source;

        if (streq(l->file, BUILT_IN))
                source = strdup(BUILT_IN);
        else if (asprintf(&source, "%s:%u", l->file, line) < 0)
                source = NULL;
        if (!source)
                return -ENOMEM;
        free(p->source);
        p->source = source;
        l->policies[i].file = l->file;
        l->policies[i].line = line;
        return 0;
}

static int merge_policy(Loader *l, const config_setting_t *group, const char *name)
{
        size_t before = config_errors_count(l->errors), i;
        char shown[OPTION_PATH_MAX];
        int r;

        snprintf(shown, sizeof(shown), "policies.%.*s", NAME_SHOWN_MAX, name);
        if (!policy_name_valid(name)) {
                complain(l, group, "%s: expected a policy's name of at most %d letters, digits, '-' and '_'",
                        shown, POLICY_NAME_MAX - 1);
                return 0;
        }
        if (!config_setting_is_group(group))
                return complain_mismatch(l, option_find(OPTION_POLICY_PATH), group, shown);
        i = policy_for_group(l, group, name, shown);
        if (i == l->config->n_policies)
                return 0;
        r = policy_place(l, i, group);
        if (r < 0)
                return r;
        r = merge_group(l, group,
                &(Position){ .shown = shown, .path = OPTION_POLICY_PATH, .base = &l->config->policies[i].policy });
        if (r < 0)
                return r;
        if (config_errors_count(l->errors) > before)
                l->policies[i].wrong = true;
        return 0;
}

static int merge_policies(Loader *l, const config_setting_t *s, const Option *o)
{
        int r;

        if (!config_setting_is_group(s))
                return complain_mismatch(l, o, s, o->path);
        for (int i = 0; i < config_setting_length(s); i++) {
                const config_setting_t *group = config_setting_get_elem(s, (unsigned)i);

                r = merge_policy(l, group, config_setting_name(group));
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- objectives --- */

/* Amounts of different kinds are compared by the engine, on each node. */
static bool amount_below(Amount a, Amount b)
{
        if (a.permyriad > 0 && b.permyriad > 0)
                return a.permyriad < b.permyriad;
        return a.permyriad == 0 && b.permyriad == 0 && a.bytes < b.bytes;
}

/* Half as much again, so that what was just refilled is not missed at once. */
static Amount refill_default(Amount reserve)
{
        return (Amount){
                .bytes = reserve.bytes + reserve.bytes / 2,
                .permyriad = MIN(reserve.permyriad + reserve.permyriad / 2, UINT32_C(10000)),
        };
}

/* What no option alone shows: both required ones are there, and refill is not below reserve. */
static void objective_finish(Loader *l, const config_setting_t *group, const char *shown, Objective *o)
{
        static const char *const required[] = { "size", "reserve" };
        const config_setting_t *refill = config_setting_get_member(group, "refill");
        bool complete = true;

        for (size_t i = 0; i < ELEMENTSOF(required); i++)
                if (!config_setting_get_member(group, required[i])) {
                        complain(l, group, "%s: '%s' is missing", shown, required[i]);
                        complete = false;
                }
        if (!complete)
                return;
        if (!refill)
                o->refill = refill_default(o->reserve);
        else if (amount_below(o->refill, o->reserve))
                complain(l, refill, "%s.refill: expected at least the reserve of \"%s\", got \"%s\"", shown,
                        config_setting_get_string(config_setting_get_member(group, "reserve")),
                        config_setting_get_string(refill));
}

static int merge_objective(Loader *l, const config_setting_t *group, const char *shown, Objective *ret)
{
        size_t before = config_errors_count(l->errors);
        Objective objective = { .size = SIZE_THP, .use = USE_USER, .node = NODE_EVERY };
        int r;

        if (!config_setting_is_group(group))
                return complain_mismatch(l, option_find(OPTION_POLICY_PATH), group, shown);
        r = merge_group(l, group,
                &(Position){ .shown = shown, .path = OPTION_OBJECTIVE_PATH, .base = &objective });
        if (r < 0)
                return r;
        if (config_errors_count(l->errors) == before)
                objective_finish(l, group, shown, &objective);
        *ret = objective;
        return 0;
}

/* The list as a whole replaces what was there before. */
static int merge_objectives(Loader *l, const config_setting_t *s, const Option *o, const char *shown, Policy *p)
{
        int r, n = config_setting_is_scalar(s) ? 0 : config_setting_length(s);
        Objective objectives[OBJECTIVES_MAX] = {};

        if (!config_setting_is_list(s) && !(config_setting_is_array(s) && n == 0))
                return complain_mismatch(l, o, s, shown);
        if (n > OBJECTIVES_MAX) {
                complain(l, s, "%s: expected at most %d objectives, got %d", shown, OBJECTIVES_MAX, n);
                return 0;
        }
        for (int i = 0; i < n; i++) {
                char path[SHOWN_MAX];

                snprintf(path, sizeof(path), "%s[%d]", shown, i);
                r = merge_objective(l, config_setting_get_elem(s, (unsigned)i), path, &objectives[i]);
                if (r < 0)
                        return r;
        }
        memcpy(p->objectives, objectives, sizeof(objectives));
        p->n_objectives = (unsigned)n;
        return 0;
}

/* --- the walk --- */

static int merge_value(Loader *l, const config_setting_t *s, const Option *o, const char *shown, void *base)
{
        _cleanup_strbuf_ StrBuf wrong = {};
        int r;

        r = option_parse(o, s, base, &wrong);
        if (r == -ENOMEM || strbuf_error(&wrong) < 0)
                return -ENOMEM;
        if (r < 0)
                complain(l, s, "%s: %s", shown, strbuf_text(&wrong));
        else if (o->kind == OPTION_NAME)
                l->policy = (Place){ .file = l->file, .line = config_setting_source_line(s) };
        return 0;
}

static int merge_option(Loader *l, const config_setting_t *s, const Option *o, const char *shown, void *base)
{
        switch (o->kind) {
        case OPTION_GROUP:
                if (!config_setting_is_group(s))
                        return complain_mismatch(l, o, s, shown);
                return merge_group(l, s, &(Position){ .shown = shown, .path = o->path, .base = base });
        case OPTION_POLICIES:
                return merge_policies(l, s, o);
        case OPTION_OBJECTIVES:
                return merge_objectives(l, s, o, shown, base);
        case OPTION_BASE: /* seen when the policy was made */
                return 0;
        default:
                return merge_value(l, s, o, shown, base);
        }
}

static void complain_unknown(Loader *l, const config_setting_t *s, const char *shown, const char *parent)
{
        const char *suggestion = option_suggest(parent, config_setting_name(s));

        if (suggestion)
                complain(l, s, "unknown option '%s', did you mean '%s'?", shown, suggestion);
        else
                complain(l, s, "unknown option '%s'", shown);
}

static int merge_group(Loader *l, const config_setting_t *group, const Position *at)
{
        const char *dot = at->path[0] ? "." : "";
        int r;

        for (int i = 0; i < config_setting_length(group); i++) {
                const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
                const char *name = config_setting_name(s);
                char shown[SHOWN_MAX - 16], path[OPTION_PATH_MAX];
                const Option *o;

                snprintf(shown, sizeof(shown), "%s%s%.*s", at->shown, dot, NAME_SHOWN_MAX, name);
                snprintf(path, sizeof(path), "%s%s%.*s", at->path, dot, NAME_SHOWN_MAX, name);
                o = option_find(path);
                if (!o) {
                        complain_unknown(l, s, shown, at->path);
                        continue;
                }
                r = merge_option(l, s, o, shown, at->base);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- files --- */

/* libconfig stops at the first; its words are for programmers. */
static void complain_syntax(Loader *l, const config_t *c)
{
        const char *text = config_error_text(c) ?: "unreadable";

        if (streq(text, "syntax error"))
                text = "syntax error here or just before, expected NAME = VALUE; with text in quotes, and no comma after the last in a list";
        else if (streq(text, "duplicate setting name"))
                text = "an option is set twice in one group";
        else if (streq(text, "mismatched element type in array"))
                text = "an array [ ... ] has elements of different kinds";
        config_error(l->errors, l->file, (unsigned)MAX(config_error_line(c), 0), "%s", text);
}

static int merge_text(Loader *l, const char *file, const char *text)
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
        return merge_group(l, config_root_setting(&c), &(Position){ .shown = "", .path = "", .base = l->config });
}

static int merge_file(Loader *l, const char *path, bool must_exist, bool owner_check)
{
        _cleanup_free_ char *text = NULL, *copy = NULL;
        Config *c = l->config;
        int r;

        r = config_file_read(&text, path, must_exist, owner_check, l->errors);
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

static int merge_drop_ins(Loader *l, const char *path, bool owner_check)
{
        _cleanup_(config_paths_done) ConfigPaths paths = {};
        _cleanup_free_ char *dir = NULL;
        int r;

        if (asprintf(&dir, "%s.d", path) < 0) {
                dir = NULL;
                return -ENOMEM;
        }
        r = config_paths_list(&paths, dir, CONFIG_FILES_MAX - 1, owner_check, l->errors);
        if (r == -ENOMEM)
                return r;
        for (size_t i = 0; i < paths.n; i++) {
                r = merge_file(l, paths.items[i], true, owner_check);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- the whole --- */

static int loader_begin(Loader *l)
{
        const char *const texts[] = { policy_balanced, policy_observe, policy_conserve, policy_aggressive };
        Config *c;
        int r;

        c = l->config = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        strcpy(c->policy, "balanced");
        l->policy.file = BUILT_IN;
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                r = merge_text(l, BUILT_IN, texts[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void check_policy(Loader *l, size_t i)
{
        const Policy *p = &l->config->policies[i].policy;
        const Place *place = &l->policies[i];
        const char *reason;

        if (place->wrong)
                return;
        if (p->n_objectives == 0)
                config_error(l->errors, place->file, place->line,
                        "policies.%s: has no objectives, so that there is nothing to hold", p->name);
        else if (policy_check(p, &reason) < 0)
                config_error(l->errors, place->file, place->line, "policies.%s: %s", p->name, reason);
}

/* What only shows when everything is merged. */
static int loader_finish(Loader *l)
{
        const Config *c = l->config;
        char suggestion[128];

        for (size_t i = 0; i < c->n_policies; i++)
                check_policy(l, i);
        if (!config_policy(c, c->policy))
                config_error(l->errors, l->policy.file, l->policy.line, "policy: there is no policy '%s'%s", c->policy,
                        suggest_policy(c, c->policy, suggestion, sizeof(suggestion)));
        return config_errors_count(l->errors) > 0 ? -EINVAL : 0;
}

int config_load(Config **ret, const char *path, bool must_exist, bool owner_check, ConfigErrors *errors)
{
        _cleanup_(config_freep) Config *c = NULL;
        Loader l = { .errors = errors };
        int r;

        r = loader_begin(&l);
        c = l.config;
        if (r < 0)
                return r;
        r = merge_file(&l, path, must_exist, owner_check);
        if (r < 0)
                return r;
        r = merge_drop_ins(&l, path, owner_check);
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
        Loader l = { .errors = errors };
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
        free(c);
        return NULL;
}
