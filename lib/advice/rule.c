/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "advice/rule.h"

#include "base/macros.h"
#include "base/units.h"

static void condition_done(AdviceCondition *c)
{
        free(c->name);
        free(c->key);
        for (unsigned i = 0; i < c->n_values; i++)
                free(c->values[i]);
}

void advice_rule_done(AdviceRule *r)
{
        char *owned[] = { r->id, r->title, r->why, r->source, r->date, r->command, r->keep, r->distribution, r->ranges, r->file };

        for (size_t i = 0; i < ELEMENTSOF(owned); i++)
                free(owned[i]);
        for (unsigned i = 0; i < r->n_where; i++)
                condition_done(&r->where[i]);
        for (unsigned i = 0; i < r->n_when; i++)
                condition_done(&r->when[i]);
        condition_done(&r->set);
        *r = (AdviceRule){ 0 };
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* "2026-11-22" */
static bool is_date(const char *text)
{
        for (unsigned i = 0; i < 10; i++)
                if (i == 4 || i == 7 ? text[i] != '-' : !is_digit(text[i]))
                        return false;
        return text[10] == 0;
}

static bool is_link(const char *text)
{
        return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

static const char *range_problem(const AdviceRule *r)
{
        if (r->software && r->version.n == 0)
                return "has no range of versions, expected version = \">= 8.0\" or the like beside software";
        if (!r->software && r->version.n > 0)
                return "has version without software";
        if (!r->distribution && r->release.n > 0)
                return "has release without distribution";
        if (!r->software && r->kernel.n == 0 && r->release.n == 0)
                return "has no range of versions, expected kernel = \">= 5.9\", or distribution and release";
        return NULL;
}

static const char *command_problem(const AdviceRule *r)
{
        if (r->note)
                return r->command || r->keep || r->set.name || r->n_when > 0
                        ? "is a note, expected no command, keep, set or when"
                        : NULL;
        return r->command ? NULL : "has no command, expected one or note = true";
}

const char *advice_rule_problem(const AdviceRule *r)
{
        const char *problem;

        if (!r->source || !is_link(r->source))
                return "has no source, expected source = \"https://...\"";
        problem = range_problem(r);
        if (problem)
                return problem;
        if (!r->title || !*r->title)
                return "has no title, expected what to do in a few words";
        if (!r->why || !*r->why)
                return "has no why";
        if (!r->date || !is_date(r->date))
                return "has no date, expected date = \"2026-11-22\" (when its source was read)";
        problem = command_problem(r);
        if (problem)
                return problem;
        for (unsigned i = 0; i < r->n_where + r->n_when; i++) {
                const AdviceCondition *c = i < r->n_where ? &r->where[i] : &r->when[i - r->n_where];

                if (c->subject == ADVICE_ARGUMENT && !r->software)
                        return "asks for an argument without software";
        }
        return NULL;
}

int advice_amount_parse(const char *text, AdviceAmount *ret)
{
        AdviceAmount a = { 0 };
        uint32_t permyriad;
        int r;

        if (text[0] && text[strlen(text) - 1] == '%') {
                r = percent_parse(text, &permyriad);
                a.share = true;
                a.value = permyriad;
        } else
                r = size_parse(text, &a.value);
        if (r == 0)
                *ret = a;
        return r;
}
