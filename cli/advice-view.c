/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/advice-view.h"

#include <inttypes.h>

#include "base/strbuf.h"
#include "cli/color.h"
#include "cli/table.h"
#include "cli/text.h"

#define LABEL_WIDTH 8U
#define INDENT      5U

const char *advice_software_text(const Software *s, char buf[static ADVICE_TEXT_MAX])
{
        char version[VERSION_TEXT_MAX];

        snprintf(buf, ADVICE_TEXT_MAX, "%s%s%s", s->kind->title, s->version.n > 0 ? " " : "", version_text(&s->version, version));
        return buf;
}

/* Both are known to apply, and are done or to be done. */
static bool stands(const AdviceResult *r)
{
        return !r->version_unknown && (r->state == ADVICE_TO_DO || r->state == ADVICE_FOLLOWED);
}

bool advice_next_contradiction(const Advice *a, size_t *i, size_t *k, const AdviceResult **ret_a, const AdviceResult **ret_b)
{
        for (; *i < a->n; (*i)++, *k = 0)
                for (*k = MAX(*k, *i + 1); *k < a->n; (*k)++)
                        if (stands(&a->results[*i]) && stands(&a->results[*k]) &&
                                advice_contradicts(a->results[*i].rule, a->results[*k].rule)) {
                                *ret_a = &a->results[*i];
                                *ret_b = &a->results[(*k)++];
                                return true;
                        }
        return false;
}

/* --- the machine --- */

static void print_machine(const Cli *cli, const AdviceMachine *m)
{
        char kernel[VERSION_TEXT_MAX], release[VERSION_TEXT_MAX], memory[UNIT_TEXT_MAX];

        printf("%sLinux %s%s, %s%s%s", color_on(cli, TONE_STRONG), m->kernel.n > 0 ? version_text(&m->kernel, kernel) : "(not known)",
                color_off(cli, TONE_STRONG), *m->distribution ? m->distribution : "a distribution without os-release",
                m->release.n > 0 ? " " : "", version_text(&m->release, release));
        if (m->memory > 0)
                printf(", %s of memory", size_format(memory, sizeof(memory), m->memory));
        putchar('\n');
}

static void print_software(const Cli *cli, const Advice *a)
{
        for (size_t i = 0; i < a->machine.software.n; i++) {
                const Software *s = &a->machine.software.items[i];
                char name[ADVICE_TEXT_MAX];
                _cleanup_strbuf_ StrBuf text = { 0 };

                if (a->only && s->kind != a->only)
                        continue;
                strbuf_printf(&text, "%s ", advice_software_text(s, name));
                if (a->supposed)
                        strbuf_puts(&text, "(as --for says)");
                else
                        strbuf_printf(&text, "%s (%s)", s->running ? "runs" : "is installed", s->found);
                if (s->version.n == 0)
                        strbuf_printf(&text, "; its version is not known: 'fragctl advise --for %s=VERSION' says it", s->kind->name);
                text_wrap(stdout, text_clean((char *)strbuf_text(&text), cli->utf8, false), cli->columns, 2, 0);
        }
}

/* --- one piece of advice --- */

static void print_part(const Cli *cli, const char *label, const char *text)
{
        if (!text || !*text)
                return;
        printf("%*s%s%-*s%s", (int)INDENT, "", color_on(cli, TONE_DIM), (int)LABEL_WIDTH, label, color_off(cli, TONE_DIM));
        text_wrap(stdout, text, cli->columns, INDENT + LABEL_WIDTH, INDENT + LABEL_WIDTH);
}

/* Commands are for copying: a line each, never broken. */
static void print_commands(const Cli *cli, const char *label, const char *text)
{
        for (bool first = true; text && *text; first = false) {
                size_t size = strcspn(text, "\n");

                printf("%*s%s%-*s%s%.*s\n", (int)INDENT, "", color_on(cli, TONE_DIM), (int)LABEL_WIDTH, first ? label : "",
                        color_off(cli, TONE_DIM), (int)size, text);
                text += size;
                text += *text == '\n';
        }
}

static void print_result(const Cli *cli, const AdviceResult *r, unsigned number)
{
        _cleanup_strbuf_ StrBuf text = { 0 };

        printf("%3u. %s", number, color_on(cli, TONE_STRONG));
        text_wrap(stdout, r->rule->title, cli->columns, INDENT, INDENT);
        fputs(color_off(cli, TONE_STRONG), stdout);
        print_part(cli, "for", r->rule->ranges);
        if (r->version_unknown)
                print_part(cli, "state", r->rule->note ? "nothing to do in these versions"
                                : r->state == ADVICE_FOLLOWED ? "set so already"
                                                              : "to be done in these versions");
        print_part(cli, "now", r->now);
        if (r->state == ADVICE_UNCLEAR)
                print_part(cli, "unclear", r->unclear);
        print_part(cli, "why", r->rule->why);
        print_commands(cli, "do", r->rule->command);
        print_commands(cli, "keep", r->rule->keep);
        strbuf_printf(&text, "%s (read %s; rule %s)", r->rule->source, r->rule->date, r->rule->id);
        print_part(cli, "source", strbuf_text(&text));
}

/* --- groups of them --- */

static bool is_to_do(const AdviceResult *r)
{
        return r->state == ADVICE_TO_DO && !r->version_unknown;
}

static bool is_branch(const AdviceResult *r)
{
        return r->version_unknown && r->state != ADVICE_NOT_HERE;
}

static bool is_unclear(const AdviceResult *r)
{
        return r->state == ADVICE_UNCLEAR && !r->version_unknown;
}

static bool is_note(const AdviceResult *r)
{
        return r->rule->note && r->state == ADVICE_FOLLOWED && !r->version_unknown;
}

static unsigned print_group(const Cli *cli, const Advice *a, const char *title, bool (*in)(const AdviceResult *r), unsigned *number)
{
        unsigned n = 0;

        for (size_t i = 0; i < a->n; i++) {
                if (!in(&a->results[i]))
                        continue;
                if (n++ == 0) {
                        putchar('\n');
                        text_wrap(stdout, title, cli->columns, 0, 0);
                }
                putchar('\n');
                print_result(cli, &a->results[i], ++*number);
        }
        return n;
}

static void print_contradictions(const Cli *cli, const Advice *a)
{
        const AdviceResult *x, *y;

        for (size_t i = 0, k = 0; advice_next_contradiction(a, &i, &k, &x, &y);) {
                _cleanup_strbuf_ StrBuf text = { 0 };

                strbuf_printf(&text, "%s wants %s, %s wants %s in /%s, of which there is one for the whole machine: decide for the one "
                                     "that suffers more, or move the other.",
                        x->rule->id, x->rule->set.values[0], y->rule->id, y->rule->set.values[0], x->rule->set.name);
                printf("\n%s!%s ", color_on(cli, TONE_WARN), color_off(cli, TONE_WARN));
                text_wrap(stdout, strbuf_text(&text), cli->columns, 2, 2);
        }
}

static void print_rest(const Advice *a, unsigned shown)
{
        unsigned followed = 0;

        for (size_t i = 0; i < a->n; i++)
                followed += a->results[i].state == ADVICE_FOLLOWED && !a->results[i].version_unknown && !a->results[i].rule->note;
        putchar('\n');
        if (shown == 0)
                printf("Nothing to do: of %zu rules %u apply here, and all of them are followed.\n", a->rules.n, followed);
        else if (followed > 0)
                printf("%u more appl%s here and %s followed already.\n", followed, followed == 1 ? "ies" : "y",
                        followed == 1 ? "is" : "are");
        printf("All rules: fragctl advise --list. Nothing here is changed by fragd itself.\n");
}

int advice_print(const Cli *cli, const Advice *a)
{
        unsigned number = 0, shown;

        print_machine(cli, &a->machine);
        print_software(cli, a);
        shown = print_group(cli, a, "To do:", is_to_do, &number);
        shown += print_group(cli, a, "Depends on the version, which is not known:", is_branch, &number);
        shown += print_group(cli, a, "Not to be told from here:", is_unclear, &number);
        if (a->only)
                shown += print_group(cli, a, "To know:", is_note, &number);
        print_contradictions(cli, a);
        print_rest(a, shown);
        return 0;
}

/* --- all rules --- */

static const TableColumn columns[] = {
        { "RULE", TABLE_LEFT },
        { "FOR", TABLE_LEFT },
        { "HERE", TABLE_LEFT },
        { "", TABLE_WRAP },
        { NULL, 0 },
};

static const char *state_text(const Advice *a, const AdviceRule *rule, Tone *ret_tone)
{
        static const char *const texts[_ADVICE_STATE_MAX] = { "-", "followed", "to do", "not clear" };
        static const Tone tones[_ADVICE_STATE_MAX] = { TONE_DIM, TONE_GOOD, TONE_WARN, TONE_WARN };
        AdviceState state = ADVICE_NOT_HERE;

        for (size_t i = 0; i < a->n; i++)
                if (a->results[i].rule == rule && a->results[i].state != ADVICE_NOT_HERE)
                        state = a->results[i].version_unknown ? ADVICE_UNCLEAR : a->results[i].state;
        *ret_tone = tones[state];
        return state == ADVICE_FOLLOWED && rule->note ? "known" : texts[state];
}

int advice_print_list(const Cli *cli, const Advice *a)
{
        _cleanup_table_ Table *t = NULL;

        if (table_new(&t, cli, columns, true) < 0)
                return cli_oom();
        for (size_t i = 0; i < a->rules.n; i++) {
                const AdviceRule *rule = &a->rules.items[i];
                Tone tone;
                const char *state = state_text(a, rule, &tone);

                if (a->only && rule->software != a->only)
                        continue;
                table_row(t);
                table_set(t, 0, TONE_NONE, rule->id);
                table_set(t, 1, TONE_NONE, rule->ranges);
                table_set(t, 2, tone, state);
                table_set(t, 3, TONE_DIM, rule->title);
        }
        return table_print(t, stdout, 0) < 0 ? cli_oom() : 0;
}
