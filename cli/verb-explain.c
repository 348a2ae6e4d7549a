/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/explain-past.h"
#include "cli/guard.h"
#include "cli/reply.h"
#include "cli/table.h"
#include "cli/text.h"

static const TableColumn number_columns[] = {
        { "WHAT", TABLE_LEFT },
        { "VALUE", TABLE_RIGHT },
        { "MEANING", TABLE_WRAP },
        { NULL, 0 },
};

static void number_row(Table *t, const char *what, const char *value, const char *meaning)
{
        if (streq(value, "-"))
                return; /* unknown */
        table_row(t);
        table_set(t, 0, TONE_NONE, what);
        table_set(t, 1, TONE_STRONG, value);
        table_set(t, 2, TONE_DIM, meaning);
}

static void objective_rows(Table *t, const ObjectiveReply *o)
{
        bool held = o->hold != REPLY_UNKNOWN;
        char a[UNIT_TEXT_MAX];

        number_row(
                t, "have", text_size(a, o->current_bytes), "can be had now in blocks of that size");
        number_row(t, "want", text_size(a, o->reserve_bytes),
                held ? "the node's part of what is held" : o->asked_bytes >= 0 ? "the reserve, which follows demand" : "the policy's reserve");
        number_row(t, "asked for", text_size(a, o->asked_bytes), "in huge pages, in the last seconds");
        if (o->burst_bytes > 0) {
                number_row(t, "burst", text_size(a, o->burst_bytes),
                        "the most at once that still counts: the reserve begins with it");
                number_row(t, "its age", text_duration_long(a, o->burst_age_usec),
                        "the older, the less it counts");
        }
        number_row(t, "refill", text_size(a, o->refill_bytes),
                "fragd goes on until this once it acts");
        number_row(t, "ceiling", text_size(a, o->ceiling_bytes),
                "what compaction could bring it to at most");
        if (o->slope_bytes_per_second != INT64_MIN)
                number_row(t, "trend", text_rate(a, o->slope_bytes_per_second), "how that changes");
        if (o->time_left_usec > 0 && o->current_bytes < 2 * o->refill_bytes) /* as in status */
                number_row(t, "time left", text_duration_long(a, o->time_left_usec),
                        "until less than wanted is there");
        number_row(t, "unchanged", text_duration_long(a, o->since_usec),
                "so long has it been judged like this");
        number_row(t, "met", text_share(a, o->met_usec, o->observed_usec),
                "of the time since the policy is followed");
}

static int hold_rows(Table *t, json_t *held)
{
        char text[96], a[UNIT_TEXT_MAX];
        HoldReply h;
        int r;

        if (!held)
                return 0;
        r = reply_hold(held, &h);
        if (r != 0)
                return r;
        snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, h.hold);
        number_row(t, "hold", text, "its number");
        snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, h.uid);
        number_row(t, "uid", text, "who asked for it");
        number_row(t, "ends in", text_duration_long(a, h.left_usec), "or with fragctl hold --release");
        return 0;
}

static int guard_rows(Table *t, json_t *guards)
{
        json_t *item;
        size_t i;

        json_array_foreach(guards, i, item)
        {
                char text[GUARD_TEXT_MAX];
                GuardReply g;
                int r;

                r = reply_guard(item, &g);
                if (r != 0)
                        return r;
                if (!g.held)
                        continue;
                table_row(t);
                table_set(t, 0, TONE_WARN, "held by");
                table_set(t, 2, TONE_NONE, guard_text(text, sizeof(text), &g, 0));
        }
        return 0;
}

/* What it has brought for its cost, as far as that is known. */
static void lever_meaning(char *buf, size_t size, const ExplanationReply *e, const char *lever)
{
        static const char expected[] = "of what was expected came of late";
        json_t *time = json_object_get(e->per_msec, lever), *page = json_object_get(e->per_page, lever);
        char a[UNIT_TEXT_MAX];

        if (json_is_integer(time))
                snprintf(buf, size, "%s, %s for a second of CPU", expected,
                        text_size(a, CLAMP(json_integer_value(time), INT64_C(0), INT64_MAX / 1000) * 1000));
        else if (json_is_integer(page))
                snprintf(buf, size, "%s, %s for each page that was looked at", expected, text_size(a, json_integer_value(page)));
        else
                snprintf(buf, size, "%s", expected);
}

static int lever_rows(Table *t, const ExplanationReply *e)
{
        char value[UNIT_TEXT_MAX], meaning[128];
        const char *lever;
        json_t *share;

        json_object_foreach(e->efficacy, lever, share)
        {
                if (!json_is_integer(share))
                        return reply_unexpected("explanation", "efficacy_permyriad has what is no number");
                lever_meaning(meaning, sizeof(meaning), e, lever);
                number_row(t, lever, text_share(value, json_integer_value(share), 10000), meaning);
        }
        return 0;
}

static int print_numbers(const Cli *cli, const ExplanationReply *e)
{
        _cleanup_table_ Table *t = NULL;
        ObjectiveReply o;
        int r;

        if (table_new(&t, cli, number_columns, false) < 0)
                return cli_oom();
        if (e->objective) {
                r = reply_objective(e->objective, &o);
                if (r != 0)
                        return r;
                objective_rows(t, &o);
        }
        r = hold_rows(t, e->held);
        if (r != 0)
                return r;
        r = lever_rows(t, e);
        if (r != 0)
                return r;
        r = guard_rows(t, e->guards);
        if (r != 0)
                return r;
        return table_print(t, stdout, 2) < 0 ? cli_oom() : 0;
}

/* The cause is more than the verdict. */
static bool says_more(const ExplanationReply *e, const ObjectiveReply *o)
{
        return e->cause && !streq(e->cause, o->verdict) && !streq(e->cause, "none") && !streq(e->cause, "unknown");
}

static int print_title(const Cli *cli, const ExplanationReply *e)
{
        const char *on = color_on(cli, TONE_STRONG), *off = color_off(cli, TONE_STRONG);
        char size[UNIT_TEXT_MAX], of[REPLY_FOR_MAX];
        ObjectiveReply o;
        Tone tone;
        int r;

        if (!e->objective) {
                printf("%sNode %" JSON_INTEGER_FORMAT "%s\n", on, e->node, off);
                return 0;
        }
        r = reply_objective(e->objective, &o);
        if (r != 0)
                return r;
        tone = color_verdict(o.verdict);
        printf("%sNode %" JSON_INTEGER_FORMAT ", blocks of %s for %s%s%s: %s%s%s%s%s%s\n", on,
                e->node,
                o.size_bytes >= 0 ? text_size(size, o.size_bytes)
                                  : "a size that this kernel does not have",
                reply_for(of, &o), o.hold == REPLY_UNKNOWN ? " memory" : "", off, color_on(cli, tone), o.verdict, color_off(cli, tone),
                says_more(e, &o) ? " (" : "", says_more(e, &o) ? e->cause : "", says_more(e, &o) ? ")" : "");
        return 0;
}

/* What stands in the way, one line each. */
static int print_evidence(const Cli *cli, json_t *evidence)
{
        json_t *item;
        size_t i;

        json_array_foreach(evidence, i, item)
        {
                if (!json_is_string(item))
                        return reply_unexpected("explanation", "evidence is not a list of texts");
                if (i == 0)
                        putchar('\n');
                fputs("  - ", stdout);
                text_wrap(stdout, json_string_value(item), cli->columns, 4, 4);
        }
        return 0;
}

static int print_explanation(const Cli *cli, const ExplanationReply *e)
{
        int r;

        r = print_title(cli, e);
        if (r != 0)
                return r;
        fputs("  ", stdout);
        text_wrap(stdout, e->sentence, cli->columns, 2, 2);
        putchar('\n');
        r = print_numbers(cli, e);
        if (r != 0)
                return r;
        r = print_evidence(cli, e->evidence);
        if (r != 0)
                return r;
        if (*e->next_step) {
                fputs("\n  Next step: ", stdout);
                text_wrap(stdout, e->next_step, cli->columns, 13, 13);
        }
        return 0;
}

/* What concerns no objective: a line each, and what to do about it. */
static int print_machine(const Cli *cli, json_t *reply)
{
        json_t *list = json_object_get(reply, "machine"), *item;
        size_t i;

        json_array_foreach(list, i, item) /* none from an older fragd */
        {
                CauseReply c;
                int r = reply_cause(item, &c);

                if (r != 0)
                        return r;
                if (i == 0)
                        printf("\n%sThe machine as a whole%s\n", color_on(cli, TONE_STRONG), color_off(cli, TONE_STRONG));
                fputs("  - ", stdout);
                text_wrap(stdout, c.sentence, cli->columns, 4, 4);
                if (!*c.next_step)
                        continue;
                fputs("    Next step: ", stdout);
                text_wrap(stdout, c.next_step, cli->columns, 15, 15);
        }
        return 0;
}

static int print_explanations(const Cli *cli, json_t *reply)
{
        json_t *list, *item;
        size_t i;
        int r;

        r = reply_list(reply, "explanations", &list);
        if (r != 0)
                return r;
        if (json_array_size(list) == 0)
                puts("The policy in force has no objective there.");
        json_array_foreach(list, i, item)
        {
                ExplanationReply e;

                r = reply_explanation(item, &e);
                if (r != 0)
                        return r;
                if (i > 0)
                        putchar('\n');
                r = print_explanation(cli, &e);
                if (r != 0)
                        return r;
        }
        return print_machine(cli, reply);
}

int verb_explain(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        int r = 0;

        if (cli_has(cli, OPTION_SINCE) || cli_has(cli, OPTION_UNTIL))
                return explain_past(cli);
        if (cli_has(cli, OPTION_NODE))
                r = client_parameter(&parameters, "node", json_integer(cli->node));
        if (r == 0 && cli_has(cli, OPTION_SIZE))
                r = client_parameter(
                        &parameters, "size_bytes", json_integer((json_int_t)cli->size));
        if (r != 0)
                return r;
        r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.Explain", parameters, &reply);
        if (r != 0)
                return r;
        return cli->json ? cli_print_json(cli, reply) : print_explanations(cli, reply);
}
