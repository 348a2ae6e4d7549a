/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config-describe.h"
#include "daemon/config.h"

/* The fallback of a row, or the member of policy_init(). */
static void default_append(const Option *o, StrBuf *ret)
{
        Policy p;

        if (o->fallback) {
                strbuf_puts(ret, o->fallback);
                return;
        }
        policy_init(&p, "");
        option_format(o, &p, ret);
}

void config_options_text(StrBuf *ret)
{
        size_t n;
        const Option *options = option_table(&n);

        for (size_t i = 0; i < n; i++) {
                const Option *o = &options[i];

                if (o->kind == OPTION_GROUP || o->kind == OPTION_POLICIES)
                        continue;
                strbuf_printf(ret, "%s\t%s\t", o->path, option_kind_name(o->kind));
                option_range(o, ret);
                strbuf_puts(ret, "\t");
                default_append(o, ret);
                strbuf_puts(ret, "\n");
        }
}

/* An amount that says nothing, and would be refused where it stood: bounds of a fixed reserve, the refill of an automatic one. */
static bool is_absent(const Option *o, const Objective *objective)
{
        const Amount *a = (const Amount *)((const char *)objective + o->offset);

        return o->kind == OPTION_AMOUNT && !a->bytes && !a->permyriad;
}

static void objective_text(const Objective *objective, StrBuf *ret)
{
        size_t n;
        const Option *options = option_table(&n);

        strbuf_puts(ret, "                        {");
        for (size_t i = 0; i < n; i++) {
                const Option *o = &options[i];

                if (o->scope != SCOPE_OBJECTIVE ||
                        (o->offset == offsetof(Objective, node) && objective->node == NODE_EVERY) || is_absent(o, objective))
                        continue;
                strbuf_printf(ret, " %s = ", option_below(o, OPTION_OBJECTIVE_PATH));
                option_format(o, objective, ret);
                strbuf_puts(ret, ";");
        }
        strbuf_puts(ret, " }");
}

static void objectives_text(const Policy *p, StrBuf *ret)
{
        strbuf_puts(ret, "                objectives = (\n");
        for (unsigned i = 0; i < p->n_objectives; i++) {
                objective_text(&p->objectives[i], ret);
                strbuf_puts(ret, i + 1 < p->n_objectives ? ",\n" : "\n");
        }
        strbuf_puts(ret, "                );\n");
}

/* One row of a policy; the members of a group stand on its line. group: the open one or NULL.
 * Returns the open one. */
static const Option *option_text(const Option *o, const Option *group, const Policy *p, StrBuf *ret)
{
        const char *name = option_below(o, group ? group->path : OPTION_POLICY_PATH);

        if (group && !name) {
                strbuf_puts(ret, " };\n");
                group = NULL;
                name = option_below(o, OPTION_POLICY_PATH);
        }
        if (o->kind == OPTION_GROUP) {
                strbuf_printf(ret, "                %s = {", name);
                return o;
        }
        if (o->kind == OPTION_OBJECTIVES) {
                objectives_text(p, ret);
                return NULL;
        }
        strbuf_printf(ret, group ? " %s = " : "                %s = ", name);
        option_format(o, p, ret);
        strbuf_puts(ret, group ? ";" : ";\n");
        return group;
}

void config_policy_text(const Policy *p, StrBuf *ret)
{
        size_t n;
        const Option *options = option_table(&n), *group = NULL;

        strbuf_printf(ret, "policies: {\n        %s: {\n", p->name);
        for (size_t i = 0; i < n; i++) {
                const Option *o = &options[i];

                /* based_on has done its work: the text stands alone. */
                if (o->scope == SCOPE_POLICY && option_below(o, OPTION_POLICY_PATH) &&
                        o->kind != OPTION_BASE)
                        group = option_text(o, group, p, ret);
        }
        if (group)
                strbuf_puts(ret, " };\n");
        strbuf_puts(ret, "        };\n};\n");
}
