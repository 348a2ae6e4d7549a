/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/status-view.h"

#include "base/strbuf.h"
#include "cli/color.h"
#include "cli/guard.h"
#include "cli/reply.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/writers.h"
#include "engine/sentence.h"
#include "trace/trace.h"

#define LABEL_WIDTH 9U

/* "Budget   text", the text wrapped beside the label. */
static void print_labelled(const Cli *cli, FILE *out, const char *label, const char *text)
{
        fprintf(out, "%s%-*s%s", color_on(cli, TONE_STRONG), (int)LABEL_WIDTH, label,
                color_off(cli, TONE_STRONG));
        text_wrap(out, text, cli->columns, LABEL_WIDTH, LABEL_WIDTH);
}

static void print_header(const Cli *cli, const StatusReply *s, const StatusMoment *m, FILE *out)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        char a[UNIT_TEXT_MAX];
        Tone tone = s->paused || !s->acts ? TONE_WARN : TONE_GOOD;
        const char *word = s->paused ? "paused" : s->acts ? "acts" : "only watches";

        strbuf_printf(&text, "fragd %s, policy %s", s->version, s->policy);
        if (s->policy_left_usec >= 0)
                strbuf_printf(&text, " (%s left, then %s)",
                        text_duration_long(
                                a, (int64_t)usec_sub((usec_t)s->policy_left_usec, m->elapsed)),
                        s->policy_after ? s->policy_after : "the one before");
        fprintf(out, "%s: %s%s%s", strbuf_text(&text), color_on(cli, tone), word,
                color_off(cli, tone));
        if (s->paused && s->pause_left_usec >= 0)
                fprintf(out, ", %s left",
                        text_duration_long(
                                a, (int64_t)usec_sub((usec_t)s->pause_left_usec, m->elapsed)));
        else if (s->paused)
                fputs(" until 'fragctl resume'", out);
        if (!s->paused && !s->acts && s->why_not) {
                fputs(": ", out);
                text_wrap(out, s->why_not, cli->columns, LABEL_WIDTH,
                        (unsigned)(text_width(strbuf_text(&text)) + text_width(word) + 4));
        } else
                fputc('\n', out);
}

static void print_sample(const Cli *cli, const StatusReply *s, const StatusMoment *m, FILE *out)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        char a[UNIT_TEXT_MAX];

        usec_t age = s->sample_age_usec >= 0 ? usec_add((usec_t)s->sample_age_usec, m->elapsed) : 0;

        if (s->sample_age_usec >= 0)
                strbuf_printf(&text, "%s ago", text_duration(a, (int64_t)age));
        else
                strbuf_puts(&text, "none yet");
        if (s->interval_usec >= 0)
                strbuf_printf(&text, ", next in %s",
                        text_duration(a, (int64_t)usec_sub((usec_t)s->interval_usec, age)));
        if (s->psi_memory_permyriad >= 0)
                strbuf_printf(
                        &text, "; memory pressure %s", text_permyriad(a, s->psi_memory_permyriad));
        if (s->psi_cpu_permyriad >= 0)
                strbuf_printf(&text, "%s CPU pressure %s", s->psi_memory_permyriad >= 0 ? "," : ";",
                        text_permyriad(a, s->psi_cpu_permyriad));
        print_labelled(cli, out, "Sample", strbuf_text(&text));
}

static void objective_row(Table *t, const NodeReply *n, const ObjectiveReply *o)
{
        char a[UNIT_TEXT_MAX], of[REPLY_FOR_MAX];

        table_row(t);
        table_setf(t, 0, TONE_NONE, "%" JSON_INTEGER_FORMAT, n->node);
        table_set(t, 1, TONE_NONE, o->size_bytes >= 0 ? text_size(a, o->size_bytes) : "?");
        table_set(t, 2, TONE_NONE, reply_for(of, o));
        if (!o->applies) {
                table_set(t, 7, TONE_DIM, "no use");
                return;
        }
        table_set(t, 3, TONE_NONE, text_size(a, o->current_bytes));
        table_set(t, 4, TONE_NONE, text_size(a, o->reserve_bytes));
        table_set(t, 5, TONE_NONE, text_size(a, o->refill_bytes));
        table_set(t, 6, TONE_NONE, text_size(a, o->ceiling_bytes));
        table_set(t, 7, color_verdict(o->verdict), o->verdict);
        /* 0: missed already. With plenty left, a line through the last seconds says nothing. */
        if (o->time_left_usec > 0 && o->current_bytes < 2 * o->refill_bytes)
                table_setf(t, 8, TONE_WARN, "%s left", text_duration(a, o->time_left_usec));
        else
                table_set(t, 8, TONE_NONE, text_rate(a, o->slope_bytes_per_second));
        table_set(t, 9, TONE_NONE, text_share(a, o->met_usec, o->observed_usec));
}

static size_t count_objectives(json_t *nodes)
{
        json_t *node;
        size_t i, n = 0;

        json_array_foreach(nodes, i, node)
                n += json_array_size(json_object_get(node, "objectives"));
        return n;
}

static const TableColumn objective_columns[] = {
        { "NODE", TABLE_RIGHT },
        { "SIZE", TABLE_RIGHT },
        { "FOR", TABLE_LEFT },
        { "HAVE", TABLE_RIGHT },
        { "WANT", TABLE_RIGHT },
        { "REFILL", TABLE_RIGHT },
        { "CEILING", TABLE_RIGHT },
        { "VERDICT", TABLE_LEFT },
        { "TREND", TABLE_RIGHT },
        { "MET", TABLE_RIGHT },
        { NULL, 0 },
};

/* brief: without those that are met, which are counted instead. */
static int objective_rows(Table *t, json_t *nodes, bool brief, size_t *ret_left_out)
{
        json_t *node, *objective;
        size_t i, k, left_out = 0;
        int r;

        json_array_foreach(nodes, i, node)
        {
                NodeReply n;

                r = reply_node(node, &n);
                if (r != 0)
                        return r;
                json_array_foreach(n.objectives, k, objective)
                {
                        ObjectiveReply o;

                        r = reply_objective(objective, &o);
                        if (r != 0)
                                return r;
                        if (brief && (!o.applies || streq(o.verdict, "met")))
                                left_out++;
                        else
                                objective_row(t, &n, &o);
                }
        }
        *ret_left_out = left_out;
        return 0;
}

static int print_objectives(const Cli *cli, json_t *nodes, const StatusMoment *m, FILE *out)
{
        _cleanup_table_ Table *t = NULL;
        size_t n = count_objectives(nodes), left_out;
        bool brief = m->rows && n > m->rows / 2;
        int r;

        if (n == 0) {
                fputs("No objective is being watched.\n", out);
                return 0;
        }
        if (table_new(&t, cli, objective_columns, true) < 0)
                return cli_oom();
        r = objective_rows(t, nodes, brief, &left_out);
        if (r != 0)
                return r;
        if (n > left_out && table_print(t, out, 0) < 0)
                return cli_oom();
        if (left_out > 0)
                fprintf(out, "%zu objective%s not shown.\n", left_out,
                        left_out == 1 ? " that is met is" : "s that are met are");
        return 0;
}

int status_clauses(const NodeReply *n, usec_t elapsed, StrBuf *text)
{
        char a[UNIT_TEXT_MAX], guard[GUARD_TEXT_MAX];
        json_t *item;
        size_t i, held = 0;
        bool wants;
        int r;

        r = reply_node_wants(n, &wants);
        if (r != 0)
                return r;
        if (n->acting > 0)
                strbuf_printf(text, "; acts now, lever %s", n->lever ? n->lever : "unknown");
        if (n->backoff_left_usec > 0)
                strbuf_printf(text,
                        "; waits %s more after %" JSON_INTEGER_FORMAT " attempt%s without gain",
                        text_duration(
                                a, (int64_t)usec_sub((usec_t)n->backoff_left_usec, elapsed)),
                        MAX(n->attempts, (json_int_t)0), n->attempts == 1 ? "" : "s");
        json_array_foreach(n->guards, i, item)
        {
                GuardReply g;

                r = reply_guard(item, &g);
                if (r != 0)
                        return r;
                if (g.held && held++ == 0)
                        strbuf_puts(text, wants ? "; holds back: " : "; would hold back: ");
                else if (g.held)
                        strbuf_puts(text, ", ");
                if (g.held)
                        strbuf_puts(text, guard_text(guard, sizeof(guard), &g, elapsed));
        }
        return 0;
}

static int print_nodes(const Cli *cli, json_t *nodes, const StatusMoment *m, FILE *out)
{
        json_t *node;
        size_t i;
        int r;

        json_array_foreach(nodes, i, node)
        {
                _cleanup_strbuf_ StrBuf text = { 0 };
                char label[32];
                NodeReply n;

                r = reply_node(node, &n);
                if (r != 0)
                        return r;
                r = status_clauses(&n, m->elapsed, &text);
                if (r != 0)
                        return r;
                snprintf(label, sizeof(label), "Node %" JSON_INTEGER_FORMAT, n.node);
                if (*strbuf_text(&text))
                        print_labelled(cli, out, label,
                                strbuf_text(&text) + 2); /* without the first "; " */
        }
        return 0;
}

static int print_holds(const Cli *cli, json_t *holds, const StatusMoment *m, FILE *out)
{
        json_t *item;
        size_t i;

        json_array_foreach(holds, i, item)
        {
                _cleanup_strbuf_ StrBuf text = { 0 };
                char label[32], size[UNIT_TEXT_MAX], a[UNIT_TEXT_MAX];
                HoldReply h;
                int r;

                r = reply_hold(item, &h);
                if (r != 0)
                        return r;
                strbuf_printf(&text, "%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " blocks of %s are there", h.there, h.count,
                        text_size(size, h.size_bytes));
                if (h.node >= 0)
                        strbuf_printf(&text, " on node %" JSON_INTEGER_FORMAT, h.node);
                strbuf_printf(&text, ", for uid %" JSON_INTEGER_FORMAT ", %s left", h.uid,
                        text_duration_long(a, (int64_t)usec_sub((usec_t)h.left_usec, m->elapsed)));
                snprintf(label, sizeof(label), "Hold %" JSON_INTEGER_FORMAT, h.hold);
                print_labelled(cli, out, label, strbuf_text(&text));
        }
        return 0;
}

static void print_budget(const Cli *cli, const BudgetReply *b, FILE *out)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        char spent[UNIT_TEXT_MAX], limit[UNIT_TEXT_MAX], per[UNIT_TEXT_MAX];

        strbuf_printf(&text,
                "%s of %s of compaction time, %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
                " runs",
                text_duration_long(spent, b->spent_usec), text_duration_long(limit, b->limit_usec),
                b->runs, b->runs_limit);
        strbuf_printf(&text, " used in the last %s", text_duration_long(per, b->per_usec));
        print_labelled(cli, out, "Budget", strbuf_text(&text));
}

/* The decision of any node that was the last to act or to change something. NULL: none yet. */
static json_t *last_notable(json_t *nodes)
{
        json_t *node, *last = NULL;
        json_int_t number = -1;
        size_t i;

        json_array_foreach(nodes, i, node)
        {
                json_t *notable = json_object_get(node, "notable");
                json_int_t n = json_integer_value(json_object_get(notable, "number"));

                if (notable && n > number) {
                        number = n;
                        last = notable;
                }
        }
        return last;
}

static void print_last(const Cli *cli, json_t *nodes, const StatusMoment *m, FILE *out)
{
        json_t *last = last_notable(nodes);
        char sentence[SENTENCE_MAX], ago[UNIT_TEXT_MAX];
        _cleanup_strbuf_ StrBuf text = { 0 };
        const char *expected;
        Decision d;

        if (!last)
                strbuf_puts(&text, "nothing done yet");
        else if (decision_from_json(last, &d, &expected) < 0)
                strbuf_puts(
                        &text, "a decision that this fragctl is too old for; see 'fragctl log'");
        else
                strbuf_printf(&text, "%s ago: %s",
                        text_duration(ago, (int64_t)(usec_sub(m->now, d.at))),
                        text_clean(decision_sentence(&d, sentence, sizeof(sentence)), cli->utf8,
                                false));
        print_labelled(cli, out, "Last", strbuf_text(&text));
}

static int print_sources(const Cli *cli, json_t *sources, FILE *out)
{
        json_t *item;
        size_t i;
        int r;

        json_array_foreach(sources, i, item)
        {
                _cleanup_strbuf_ StrBuf text = { 0 };
                SourceReply s;

                r = reply_source(item, &s);
                if (r != 0)
                        return r;
                if (s.available && s.held) {
                        strbuf_printf(&text, "%s: %s", s.source, s.held);
                        print_labelled(cli, out, "Held back", strbuf_text(&text));
                }
                if (s.available)
                        continue;
                if (!s.loss) /* fragd does without it; --json and fragctl(1) name it */
                        continue;
                strbuf_printf(&text, "%s: %s (%s: %s)", s.source, s.loss, s.path,
                        s.error ? s.error : "not there");
                print_labelled(cli, out, "Missing", strbuf_text(&text));
        }
        return 0;
}

/* What the kernel said of memory in the last hour. A fragd that does not tell is older. */
static int print_kernel(const Cli *cli, json_t *findings, FILE *out)
{
        json_t *item;
        size_t i;

        json_array_foreach(findings, i, item)
        {
                if (!json_is_string(item))
                        return reply_unexpected("status", "kernel_findings is not a list of texts");
                print_labelled(cli, out, "Kernel", json_string_value(item));
        }
        return 0;
}

typedef struct Other {
        const Cli *cli;
        FILE *out;
} Other;

static void print_other(const char *text, void *userdata)
{
        const Other *o = userdata;

        print_labelled(o->cli, o->out, "Others", text);
}

int status_screen(const Cli *cli, json_t *reply, const StatusMoment *m, FILE *out)
{
        StatusReply s;
        json_t *item;
        size_t i;
        int r;

        r = reply_status(reply, &s);
        if (r != 0)
                return r;
        print_header(cli, &s, m, out);
        fputc('\n', out);
        r = print_objectives(cli, s.nodes, m, out);
        if (r != 0)
                return r;
        fputc('\n', out);
        print_sample(cli, &s, m, out);
        r = print_nodes(cli, s.nodes, m, out);
        if (r != 0)
                return r;
        r = print_holds(cli, s.holds, m, out);
        if (r != 0)
                return r;
        print_budget(cli, &s.budget, out);
        print_last(cli, s.nodes, m, out);
        json_array_foreach(s.cannot, i, item)
        {
                if (json_is_string(item))
                        print_labelled(cli, out, "Cannot", json_string_value(item));
        }
        r = print_kernel(cli, json_object_get(json_object_get(reply, "status"), "kernel_findings"), out);
        if (r != 0)
                return r;
        r = writers_lines(json_object_get(json_object_get(reply, "status"), "writers"), print_other, &(Other){ cli, out });
        if (r != 0)
                return r;
        return print_sources(cli, s.sources, out);
}
