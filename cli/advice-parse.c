/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/advice-parse.h"

#include <libconfig.h>
#include <stdarg.h>

#include "base/macros.h"
#include "cli/suggest.h"

/* Where in the file: for what goes wrong. A rule's first error is said, and the rule is not loaded. */
typedef struct Place {
        AdviceRules *rules;
        const char *file;
        const char *id; /* of the rule, "" before it is known */
        int error;      /* -ENOMEM, or -EINVAL once something was said */
} Place;

__attribute__((format(printf, 3, 4))) static void wrong(Place *p, const config_setting_t *s, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list ap;

        if (p->error < 0)
                return;
        va_start(ap, format);
        if (vasprintf(&message, format, ap) < 0)
                message = NULL;
        va_end(ap);
        p->error = message ? advice_error(p->rules, p->file, config_setting_source_line(s), "rule %s%s%s; it is not loaded",
                                     p->id, *p->id ? " " : "", message)
                           : -ENOMEM;
        if (p->error == 0)
                p->error = -EINVAL;
}

static const char *text_of(Place *p, const config_setting_t *s)
{
        const char *text = config_setting_get_string(s);

        if (!text)
                wrong(p, s, "has %s that is no string, expected text in double quotes", config_setting_name(s));
        return text;
}

static void take_text(Place *p, const config_setting_t *s, char **ret)
{
        const char *text = text_of(p, s);

        if (!text)
                return;
        free(*ret);
        *ret = strdup(text);
        if (!*ret)
                p->error = -ENOMEM;
}

static void take_bool(Place *p, const config_setting_t *s, bool *ret)
{
        if (config_setting_type(s) != CONFIG_TYPE_BOOL)
                wrong(p, s, "has %s that is neither true nor false", config_setting_name(s));
        else
                *ret = config_setting_get_bool(s);
}

static void take_range(Place *p, const config_setting_t *s, VersionRange *ret)
{
        const char *text = text_of(p, s);

        if (text && version_range_parse(text, ret) < 0)
                wrong(p, s, "has %s = \"%s\", expected bounds like \">= 3.0, < 8.0\"", config_setting_name(s), text);
}

/* "/sys/a" -> "sys/a". */
static void take_path(Place *p, const config_setting_t *s, char **ret)
{
        const char *text = text_of(p, s);

        if (!text)
                return;
        if (text[0] != '/' || !text[1] || strstr(text, "/../")) {
                wrong(p, s, "has %s = \"%s\", expected a path from /", config_setting_name(s), text);
                return;
        }
        *ret = strdup(text + 1);
        if (!*ret)
                p->error = -ENOMEM;
}

/* A string or a list of them. */
static void take_values(Place *p, const config_setting_t *s, AdviceCondition *c)
{
        int n = config_setting_is_aggregate(s) ? config_setting_length(s) : 1;

        for (int i = 0; i < n && p->error == 0; i++) {
                const config_setting_t *item = config_setting_is_aggregate(s) ? config_setting_get_elem(s, (unsigned)i) : s;
                const char *text = config_setting_get_string(item);

                if (!text || c->n_values == ADVICE_VALUES_MAX) {
                        wrong(p, s, "has %s with %s", config_setting_name(s),
                                text ? "more than 4 values" : "something that is no string");
                        return;
                }
                c->values[c->n_values] = strdup(text);
                if (!c->values[c->n_values])
                        p->error = -ENOMEM;
                else
                        c->n_values++;
        }
}

/* --- conditions --- */

static void take_amount(Place *p, const config_setting_t *s, AdviceCondition *c)
{
        const char *text = text_of(p, s);

        if (text && advice_amount_parse(text, &c->amount) < 0)
                wrong(p, s, "has %s = \"%s\", expected a number, a size such as 64G, or a share of memory such as 5%%",
                        config_setting_name(s), text);
}

static void take_unit(Place *p, const config_setting_t *s, AdviceCondition *c)
{
        const char *text = text_of(p, s);

        if (text && streq(text, "K"))
                c->unit = 1024;
        else if (text)
                wrong(p, s, "has unit = \"%s\", expected \"K\"", text);
}

static void take_there(Place *p, const config_setting_t *s, AdviceCondition *c)
{
        bool there = true;

        take_bool(p, s, &there);
        c->test = there ? ADVICE_THERE : ADVICE_MISSING;
}

/* Returns whether it is a test, a subject, or neither. */
static void condition_member(Place *p, const config_setting_t *s, AdviceCondition *c, unsigned *subjects, unsigned *tests)
{
        const char *name = config_setting_name(s);

        if (streq(name, "file") || streq(name, "boot") || streq(name, "argument"))
                (*subjects)++;
        else if (!streq(name, "key") && !streq(name, "unit"))
                (*tests)++;
        if (streq(name, "file")) {
                c->subject = ADVICE_FILE;
                take_path(p, s, &c->name);
        } else if (streq(name, "boot") || streq(name, "argument")) {
                c->subject = *name == 'b' ? ADVICE_BOOT : ADVICE_ARGUMENT;
                take_text(p, s, &c->name);
        } else if (streq(name, "key"))
                take_text(p, s, &c->key);
        else if (streq(name, "unit"))
                take_unit(p, s, c);
        else if (streq(name, "is") || streq(name, "is_not")) {
                c->test = name[2] ? ADVICE_IS_NOT : ADVICE_IS;
                take_values(p, s, c);
        } else if (streq(name, "below") || streq(name, "above")) {
                c->test = *name == 'b' ? ADVICE_BELOW : ADVICE_ABOVE;
                take_amount(p, s, c);
        } else if (streq(name, "there"))
                take_there(p, s, c);
        else if (streq(name, "frame_order_above")) {
                c->subject = ADVICE_FRAME;
                c->test = ADVICE_ABOVE;
                (*subjects)++;
                take_amount(p, s, c);
        } else
                wrong(p, s, "has a condition with \"%s\", expected file, key, unit, boot, argument or frame_order_above, and is, "
                            "is_not, below, above or there", name);
}

static void take_condition(Place *p, const config_setting_t *s, AdviceCondition *c)
{
        unsigned subjects = 0, tests = 0;

        c->unit = 1;
        if (!config_setting_is_group(s)) {
                wrong(p, s, "has a condition that is no group, expected { file = \"/...\"; is = \"...\"; }");
                return;
        }
        for (int i = 0; i < config_setting_length(s) && p->error == 0; i++)
                condition_member(p, config_setting_get_elem(s, (unsigned)i), c, &subjects, &tests);
        if (subjects != 1 || tests != 1)
                wrong(p, s, "has a condition with %u subjects and %u tests, expected one of each", subjects, tests);
        else if (c->subject != ADVICE_FILE && c->subject != ADVICE_FRAME && c->test != ADVICE_THERE && c->test != ADVICE_MISSING)
                wrong(p, s, "compares a boot parameter or an argument, expected there = true or false");
}

static void take_conditions(Place *p, const config_setting_t *s, AdviceCondition *ret, unsigned *ret_n)
{
        if (!config_setting_is_list(s)) {
                wrong(p, s, "has %s that is no list, expected ( { ... }, { ... } )", config_setting_name(s));
                return;
        }
        for (int i = 0; i < config_setting_length(s) && p->error == 0; i++) {
                if (*ret_n == ADVICE_CONDITIONS_MAX) {
                        wrong(p, s, "has more than %d conditions in %s", ADVICE_CONDITIONS_MAX, config_setting_name(s));
                        return;
                }
                take_condition(p, config_setting_get_elem(s, (unsigned)i), &ret[(*ret_n)++]);
        }
}

/* set = { file = "/..."; to = "never"; or = [ "madvise" ]; } */
static void take_set(Place *p, const config_setting_t *s, AdviceCondition *c)
{
        c->unit = 1;
        c->test = ADVICE_IS;
        if (!config_setting_is_group(s)) {
                wrong(p, s, "has set that is no group, expected { file = \"/...\"; to = \"...\"; }");
                return;
        }
        for (int i = 0; i < config_setting_length(s) && p->error == 0; i++) {
                const config_setting_t *m = config_setting_get_elem(s, (unsigned)i);
                const char *name = config_setting_name(m);

                if (streq(name, "file"))
                        take_path(p, m, &c->name);
                else if (streq(name, "to") || streq(name, "or"))
                        take_values(p, m, c);
                else
                        wrong(p, m, "has set with \"%s\", expected file, to, or", name);
        }
        if (!c->name || c->n_values == 0)
                wrong(p, s, "has set without %s", c->name ? "to" : "file");
}

/* --- a rule --- */

static void take_software(Place *p, const config_setting_t *s, AdviceRule *r)
{
        const char *text = text_of(p, s);
        const SoftwareKind *kinds;
        size_t n = software_kinds(&kinds);
        Suggest best;

        if (!text)
                return;
        r->software = software_kind(text);
        if (r->software)
                return;
        best = suggest_for(text);
        for (size_t i = 0; i < n; i++)
                suggest_offer(&best, kinds[i].name);
        wrong(p, s, "is for \"%s\", which fragctl cannot recognise%s%s%s", text, best.best ? "; did you mean \"" : "",
                best.best ? best.best : "", best.best ? "\"?" : "");
}

static void take_member(Place *p, const config_setting_t *s, AdviceRule *r)
{
        const struct {
                const char *name;
                char **text;
                VersionRange *range;
                bool *flag;
        } members[] = {
                { "id", &r->id, NULL, NULL }, { "title", &r->title, NULL, NULL }, { "why", &r->why, NULL, NULL },
                { "source", &r->source, NULL, NULL }, { "date", &r->date, NULL, NULL }, { "command", &r->command, NULL, NULL },
                { "keep", &r->keep, NULL, NULL }, { "distribution", &r->distribution, NULL, NULL },
                { "version", NULL, &r->version, NULL }, { "kernel", NULL, &r->kernel, NULL },
                { "release", NULL, &r->release, NULL }, { "note", NULL, NULL, &r->note }, { "first", NULL, NULL, &r->first },
        };
        const char *name = config_setting_name(s);

        for (size_t i = 0; i < ELEMENTSOF(members); i++) {
                if (!streq(name, members[i].name))
                        continue;
                if (members[i].text)
                        take_text(p, s, members[i].text);
                else if (members[i].range)
                        take_range(p, s, members[i].range);
                else
                        take_bool(p, s, members[i].flag);
                return;
        }
        if (streq(name, "software"))
                take_software(p, s, r);
        else if (streq(name, "where"))
                take_conditions(p, s, r->where, &r->n_where);
        else if (streq(name, "when"))
                take_conditions(p, s, r->when, &r->n_when);
        else if (streq(name, "set"))
                take_set(p, s, &r->set);
        else
                wrong(p, s, "has \"%s\", which is no part of a rule", name);
}

/* "PostgreSQL >= 9.4, kernel >= 5.9", as it was written. */
static void describe(Place *p, const config_setting_t *s, AdviceRule *r)
{
        const char *version = NULL, *kernel = NULL, *release = NULL;

        (void)config_setting_lookup_string(s, "version", &version);
        (void)config_setting_lookup_string(s, "kernel", &kernel);
        (void)config_setting_lookup_string(s, "release", &release);
        if (asprintf(&r->ranges, "%s%s%s%s%s%s%s%s%s%s", r->software ? r->software->title : "", version ? " " : "",
                    version ? version : "", kernel && version ? "; " : "", kernel ? "Linux " : "", kernel ? kernel : "",
                    r->distribution && (version || kernel) ? "; " : "", r->distribution ? r->distribution : "",
                    release ? " " : "", release ? release : "") < 0) {
                r->ranges = NULL;
                p->error = -ENOMEM;
        }
}

static bool known(const AdviceRules *rules, const char *id)
{
        for (size_t i = 0; i < rules->n; i++)
                if (streq(rules->items[i].id, id))
                        return true;
        return false;
}

static void rule_parse(Place *p, const config_setting_t *s, AdviceRule *r)
{
        const char *id = "", *problem;

        if (!config_setting_is_group(s)) {
                wrong(p, s, "is no group, expected { id = \"...\"; ... }");
                return;
        }
        (void)config_setting_lookup_string(s, "id", &id);
        p->id = id;
        r->line = config_setting_source_line(s);
        for (int i = 0; i < config_setting_length(s) && p->error == 0; i++)
                take_member(p, config_setting_get_elem(s, (unsigned)i), r);
        problem = p->error == 0 && !*id ? "has no id" : p->error == 0 ? advice_rule_problem(r) : NULL;
        if (problem)
                wrong(p, s, "%s", problem);
        else if (p->error == 0 && known(p->rules, id))
                wrong(p, s, "is there twice");
        if (p->error == 0)
                describe(p, s, r);
        r->file = p->error == 0 ? strdup(p->file) : NULL;
        if (p->error == 0 && !r->file)
                p->error = -ENOMEM;
}

static int rule_add(AdviceRules *rules, const char *file, const config_setting_t *s)
{
        Place p = { .rules = rules, .file = file, .id = "" };
        AdviceRule *items, rule = { 0 };

        if (rules->n == ADVICE_RULES_MAX)
                return advice_error(rules, file, config_setting_source_line(s), "more than %d rules; ignoring this one",
                        ADVICE_RULES_MAX);
        items = reallocarray(rules->items, rules->n + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        rules->items = items;
        rule_parse(&p, s, &rule);
        if (p.error == 0) {
                rules->items[rules->n++] = rule;
                return 0;
        }
        advice_rule_done(&rule);
        return p.error == -EINVAL ? 0 : p.error;
}

static int rules_of(AdviceRules *r, const char *file, const config_t *c)
{
        const config_setting_t *root = config_root_setting(c);
        int e = 0;

        for (int i = 0; e == 0 && i < config_setting_length(root); i++) {
                const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);

                if (!streq(config_setting_name(s), "rules") || !config_setting_is_list(s)) {
                        e = advice_error(r, file, config_setting_source_line(s), "\"%s\": expected rules = ( { ... }, { ... } )",
                                config_setting_name(s));
                        continue;
                }
                for (int k = 0; e == 0 && k < config_setting_length(s); k++)
                        e = rule_add(r, file, config_setting_get_elem(s, (unsigned)k));
        }
        return e;
}

int advice_parse(AdviceRules *r, const char *file, const char *text)
{
        config_t c;
        int e;

        config_init(&c);
        if (config_read_string(&c, text) != CONFIG_TRUE)
                e = advice_error(r, file, (unsigned)config_error_line(&c), "%s; the file is ignored", config_error_text(&c));
        else
                e = rules_of(r, file, &c);
        config_destroy(&c);
        return e;
}
