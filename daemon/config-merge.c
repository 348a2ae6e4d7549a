/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config-merge.h"

#include <stdio.h>

#include "daemon/config-describe.h"
#include "daemon/config-errors.h"
#include "daemon/config-value.h"

/* Every option is shorter: a longer name is unknown, and its beginning is enough to find it. */
#define NAME_SHOWN_MAX 64
/* Of a path in a message: four names and an index. */
#define SHOWN_MAX 320

/* Where the walk through a file is. */
typedef struct Position {
        const char *shown; /* for messages: "policies.balanced.hold" */
        const char *path;  /* in the option table: "policies.NAME.hold" */
        void *base;        /* the Config, Policy or Objective that is filled */
} Position;

static int merge_group(ConfigLoader *l, const config_setting_t *group, const Position *at);

_printf_(3, 4) static void complain(
        ConfigLoader *l, const config_setting_t *s, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        config_errorv(l->errors, l->file, config_setting_source_line(s), format, args);
        va_end(args);
}

static int complain_mismatch(
        ConfigLoader *l, const Option *o, const config_setting_t *s, const char *shown)
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

const char *config_suggest_policy(const Config *c, const char *name, char *buf, size_t size)
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
static const ConfigPolicy *policy_base(
        ConfigLoader *l, const config_setting_t *s, const char *shown)
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
                complain(l, s, "%s: no policy %s is defined before this%s", shown,
                        strbuf_text(&quoted),
                        config_suggest_policy(l->config, name, suggestion, sizeof(suggestion)));
        }
        return base;
}

/* A new policy: policy_init()'s figures, or all of another's but its name and description. */
static void policy_add(
        ConfigLoader *l, const char *name, const config_setting_t *group, const char *shown)
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
                if (*p ==
                        '*') /* the only character that libconfig allows in a name and we do not */
                        return false;
        return strlen(name) < POLICY_NAME_MAX;
}

/* Finds or makes the policy that a group defines or changes; n_policies where that cannot be. */
static size_t policy_for_group(
        ConfigLoader *l, const config_setting_t *group, const char *name, const char *shown)
{
        Config *c = l->config;
        const config_setting_t *based_on = config_setting_get_member(group, "based_on");
        size_t i = policy_index(c, name);

        if (i < c->n_policies) {
                if (based_on)
                        complain(l, based_on,
                                "%s.based_on: only where a policy is defined first, but '%s' is "
                                "already defined (%s)",
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
static int policy_place(ConfigLoader *l, size_t i, const config_setting_t *group)
{
        ConfigPolicy *p = &l->config->policies[i];
        unsigned line = config_setting_source_line(group);
        char *source;

        if (streq(l->file, CONFIG_BUILT_IN))
                source = strdup(CONFIG_BUILT_IN);
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

static int merge_policy(ConfigLoader *l, const config_setting_t *group, const char *name)
{
        size_t before = config_errors_count(l->errors), i;
        char shown[OPTION_PATH_MAX];
        int r;

        snprintf(shown, sizeof(shown), "policies.%.*s", NAME_SHOWN_MAX, name);
        if (!policy_name_valid(name)) {
                complain(l, group,
                        "%s: expected a policy's name of at most %d letters, digits, '-' and '_'",
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
                &(Position){ .shown = shown,
                        .path = OPTION_POLICY_PATH,
                        .base = &l->config->policies[i].policy });
        if (r < 0)
                return r;
        if (config_errors_count(l->errors) > before)
                l->policies[i].wrong = true;
        return 0;
}

static int merge_policies(ConfigLoader *l, const config_setting_t *s, const Option *o)
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

/* Of those that a group should not have: says so where it has. */
static void complain_of(ConfigLoader *l, const config_setting_t *group, const char *shown, const char *name, const char *why)
{
        const config_setting_t *s = config_setting_get_member(group, name);

        if (s)
                complain(l, s, "%s.%s: %s", shown, name, why);
}

/* A reserve that follows demand: what can be counted, within bounds. */
static void automatic_finish(ConfigLoader *l, const config_setting_t *group, const char *shown, const Objective *o)
{
        const config_setting_t *at_most = config_setting_get_member(group, "at_most");

        complain_of(l, group, shown, "refill", "not with reserve = \"auto\", which says both");
        if (o->size != SIZE_THP)
                complain_of(l, group, shown, "size", "expected \"thp\" with reserve = \"auto\": the kernel counts no demand for other sizes");
        if (o->use != USE_USER)
                complain_of(l, group, shown, "for", "expected \"user\" with reserve = \"auto\": the kernel counts no demand of its own");
        if (at_most && amount_below(o->at_most, o->at_least))
                complain(l, at_most, "%s.at_most: expected at least the at_least of \"%s\", got \"%s\"", shown,
                        config_setting_get_string(config_setting_get_member(group, "at_least")), config_setting_get_string(at_most));
}

/* What no option alone shows: both required ones are there, and refill is not below reserve. */
static void objective_finish(
        ConfigLoader *l, const config_setting_t *group, const char *shown, Objective *o)
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
        if (o->reserve.automatic) {
                automatic_finish(l, group, shown, o);
                return;
        }
        complain_of(l, group, shown, "at_least", "only with reserve = \"auto\"");
        complain_of(l, group, shown, "at_start", "only with reserve = \"auto\"");
        complain_of(l, group, shown, "at_most", "only with reserve = \"auto\"");
        if (!refill)
                o->refill = refill_default(o->reserve);
        else if (amount_below(o->refill, o->reserve))
                complain(l, refill,
                        "%s.refill: expected at least the reserve of \"%s\", got \"%s\"", shown,
                        config_setting_get_string(config_setting_get_member(group, "reserve")),
                        config_setting_get_string(refill));
}

static int merge_objective(
        ConfigLoader *l, const config_setting_t *group, const char *shown, Objective *ret)
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
static int merge_objectives(
        ConfigLoader *l, const config_setting_t *s, const Option *o, const char *shown, Policy *p)
{
        int r, n = config_setting_is_scalar(s) ? 0 : config_setting_length(s);
        Objective objectives[POLICY_OBJECTIVES_MAX] = {};

        if (!config_setting_is_list(s) && !(config_setting_is_array(s) && n == 0))
                return complain_mismatch(l, o, s, shown);
        if (n > POLICY_OBJECTIVES_MAX) {
                complain(l, s, "%s: expected at most %d objectives, got %d", shown, POLICY_OBJECTIVES_MAX,
                        n);
                return 0;
        }
        for (int i = 0; i < n; i++) {
                char path[SHOWN_MAX];

                snprintf(path, sizeof(path), "%s[%d]", shown, i);
                r = merge_objective(
                        l, config_setting_get_elem(s, (unsigned)i), path, &objectives[i]);
                if (r < 0)
                        return r;
        }
        memcpy(p->objectives, objectives, sizeof(objectives));
        p->n_objectives = (unsigned)n;
        return 0;
}

/* --- the walk --- */

static int merge_value(
        ConfigLoader *l, const config_setting_t *s, const Option *o, const char *shown, void *base)
{
        _cleanup_strbuf_ StrBuf wrong = {};
        int r;

        r = option_parse(o, s, base, &wrong);
        if (r == -ENOMEM || strbuf_error(&wrong) < 0)
                return -ENOMEM;
        if (r < 0)
                complain(l, s, "%s: %s", shown, strbuf_text(&wrong));
        else if (o->kind == OPTION_NAME)
                l->policy = (ConfigPlace){ .file = l->file, .line = config_setting_source_line(s) };
        return 0;
}

static int merge_option(
        ConfigLoader *l, const config_setting_t *s, const Option *o, const char *shown, void *base)
{
        switch (o->kind) {
        case OPTION_GROUP:
                if (!config_setting_is_group(s))
                        return complain_mismatch(l, o, s, shown);
                return merge_group(
                        l, s, &(Position){ .shown = shown, .path = o->path, .base = base });
        case OPTION_POLICIES: return merge_policies(l, s, o);
        case OPTION_OBJECTIVES: return merge_objectives(l, s, o, shown, base);
        case OPTION_BASE: /* seen when the policy was made */ return 0;
        default: return merge_value(l, s, o, shown, base);
        }
}

static void complain_unknown(
        ConfigLoader *l, const config_setting_t *s, const char *shown, const char *parent)
{
        const char *suggestion = option_suggest(parent, config_setting_name(s));

        if (suggestion)
                complain(l, s, "unknown option '%s', did you mean '%s'?", shown, suggestion);
        else
                complain(l, s, "unknown option '%s'", shown);
}

static int merge_group(ConfigLoader *l, const config_setting_t *group, const Position *at)
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

int config_merge(ConfigLoader *l, const config_setting_t *root)
{
        return merge_group(l, root, &(Position){ .shown = "", .path = "", .base = l->config });
}
