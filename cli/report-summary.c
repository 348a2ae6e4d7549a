/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sentence first, the figures that matter, and how each objective is met now. */
#include "cli/report-html.h"
#include "cli/report.h"
#include "cli/text.h"

typedef struct Tally {
        unsigned objectives, missed, unknown;
        bool any_worst;
        NodeReply node; /* of the worst */
        ObjectiveReply worst;
        json_int_t met_usec, observed_usec;
} Tally;

/* Less of what is wanted is there of a than of b. */
static bool worse(const ObjectiveReply *a, const ObjectiveReply *b)
{
        return (__int128)MAX(a->current_bytes, 0) * MAX(b->reserve_bytes, 1) <
               (__int128)MAX(b->current_bytes, 0) * MAX(a->reserve_bytes, 1);
}

static int count(const NodeReply *n, const ObjectiveReply *o, void *userdata)
{
        Tally *t = userdata;

        t->objectives++;
        if (o->met_usec >= 0 && o->observed_usec > 0) {
                t->met_usec += o->met_usec;
                t->observed_usec += o->observed_usec;
        }
        if (streq(o->verdict, "met"))
                return 0;
        if (streq(o->verdict, "unknown")) {
                t->unknown++;
                return 0;
        }
        t->missed++;
        if (!t->any_worst || worse(o, &t->worst)) {
                t->any_worst = true;
                t->node = *n;
                t->worst = *o;
        }
        return 0;
}

static const char *why(const char *verdict)
{
        if (streq(verdict, "fragmented"))
                return "Memory is free there, but in pieces: compaction can help.";
        if (streq(verdict, "short"))
                return "Too little memory is free there: compaction cannot help.";
        if (streq(verdict, "pinned"))
                return "Unmovable memory stands in the way: nothing helps while the machine runs.";
        if (streq(verdict, "futile"))
                return "Compaction was tried, and did not help.";
        return "";
}

static void verdict_sentence(const Tally *t, StrBuf *b)
{
        char a[UNIT_TEXT_MAX], c[UNIT_TEXT_MAX], d[UNIT_TEXT_MAX], since[UNIT_TEXT_MAX];
        const ObjectiveReply *o = &t->worst;

        if (t->objectives == 0) {
                html_text(b, "Nothing is judged yet: no objective, or no sample of memory.");
                return;
        }
        if (t->missed == 0 && t->unknown > 0) {
                html_textf(b, "%u of %u objectives cannot be judged; the others are met.",
                        t->unknown, t->objectives);
                return;
        }
        if (t->missed == 0) {
                html_textf(b, "%s.", t->objectives == 1 ? "The objective is met"
                                                        : "All objectives are met");
                return;
        }
        html_textf(b,
                "%u of %u objectives %s missed: node %" JSON_INTEGER_FORMAT
                " has %s of the %s wanted in blocks of %s",
                t->missed, t->objectives, t->missed == 1 ? "is" : "are", t->node.node,
                report_size(a, o->current_bytes), report_size(c, o->reserve_bytes),
                report_size(d, o->size_bytes));
        if (o->since_usec >= 0)
                html_textf(b, ", for %s now", text_duration_long(since,
                                                      o->since_usec / (json_int_t)USEC_PER_SEC *
                                                              (json_int_t)USEC_PER_SEC));
        html_textf(b, ". %s", why(o->verdict));
}

static void work_sentence(const Report *r, const ReportWork *w, StrBuf *b)
{
        char gain[UNIT_TEXT_MAX], cost[UNIT_TEXT_MAX];

        if (w->actions > 0) {
                html_textf(b,
                        " In the time shown fragd acted %u time%s, %u of them with gain: %s%s in "
                        "large blocks for %s of CPU time.",
                        w->actions, w->actions == 1 ? "" : "s", w->helped, w->gain < 0 ? "-" : "",
                        report_size(gain, w->gain < 0 ? -w->gain : w->gain),
                        text_duration_long(cost, w->cost));
                return;
        }
        if (r->now.paused)
                html_text(b, " fragd is paused, and did nothing in the time shown.");
        else if (!r->now.acts)
                html_textf(b, " fragd only watches%s%s.", r->now.why_not ? ": " : "",
                        r->now.why_not ? r->now.why_not : "");
        else
                html_text(b, " fragd had nothing to finish in the time shown.");
}

static void tile(StrBuf *b, const char *kind, const char *value, const char *what)
{
        strbuf_printf(b, "<div class=\"tile%s%s\">", kind ? " " : "", kind ? kind : "");
        html_element(b, "b", NULL, value);
        html_element(b, "span", NULL, what);
        strbuf_puts(b, "</div>\n");
}

static void tiles(const Report *r, const Tally *t, const ReportWork *w, StrBuf *b)
{
        char text[2 * UNIT_TEXT_MAX], a[UNIT_TEXT_MAX], c[UNIT_TEXT_MAX];

        strbuf_puts(b, "<div class=\"tiles\">\n");
        snprintf(text, sizeof(text), "%u of %u", t->objectives - t->missed - t->unknown,
                t->objectives);
        tile(b, t->missed ? "bad" : t->unknown ? "warn" : "good", text, "objectives met now");
        tile(b, NULL, text_share(a, t->met_usec, t->observed_usec),
                "of the time met since the policy is followed");
        snprintf(text, sizeof(text), "%s%s", w->gain < 0 ? "-" : "",
                report_size(a, w->gain < 0 ? -w->gain : w->gain));
        tile(b, NULL, text, "gained in large blocks");
        snprintf(text, sizeof(text), "%s", text_duration_long(a, w->cost));
        tile(b, NULL, text, "of CPU time spent on it");
        snprintf(text, sizeof(text), "%s of %s", text_duration_long(a, r->now.budget.spent_usec),
                text_duration(c, r->now.budget.limit_usec));
        tile(b, NULL, text, "of the budget spent at present");
        strbuf_puts(b, "</div>\n");
}

int report_summary(const Report *r, StrBuf *b)
{
        Tally t = { 0 };
        ReportWork w;
        int e;

        e = report_each_objective(r, count, &t);
        if (e == 0)
                e = report_work(r, NULL, &w);
        if (e != 0)
                return e;
        strbuf_puts(b, "<section id=\"summary\">\n<p class=\"lead\">");
        verdict_sentence(&t, b);
        work_sentence(r, &w, b);
        strbuf_puts(b, "</p>\n");
        tiles(r, &t, &w, b);
        html_section_end(b);
        return 0;
}

typedef struct NowRows {
        const Report *report;
        StrBuf *b;
} NowRows;

static int now_row(const NodeReply *n, const ObjectiveReply *o, void *userdata)
{
        const NowRows *rows = userdata;
        json_int_t since = rows->report->to - o->since_usec;
        StrBuf *b = rows->b;
        char a[UNIT_TEXT_MAX], of[REPLY_FOR_MAX];

        html_row(b);
        html_cellf(b, "n", "%" JSON_INTEGER_FORMAT, n->node);
        html_cell(b, "n", report_size(a, o->size_bytes));
        html_cell(b, NULL, reply_for(of, o));
        html_cell(b, "n", report_size(a, o->current_bytes));
        html_cell(b, "n", report_size(a, o->reserve_bytes));
        html_cell(b, "n", report_size(a, o->refill_bytes));
        html_cell(b, "n", report_size(a, o->ceiling_bytes));
        strbuf_puts(b, "<td>");
        html_element(b, "span", streq(o->verdict, "met") ? "pill good"
                                : streq(o->verdict, "unknown") ? "pill"
                                                               : "pill bad", o->verdict);
        strbuf_puts(b, "</td>");
        html_cell(b, NULL, o->since_usec >= 0 ? text_time(a, since) : "-");
        html_cell(b, "n", text_share(a, o->met_usec, o->observed_usec));
        html_row_end(b);
        return 0;
}

/* Why what is missed is missed; what is met explains itself. */
static int sentences(const Report *r, StrBuf *b)
{
        bool any = false;
        json_t *item;
        size_t i;

        json_array_foreach(json_object_get(r->explanations, "explanations"), i, item)
        {
                ExplanationReply x;
                ObjectiveReply o;
                int e = reply_explanation(item, &x);

                if (e == 0 && x.objective)
                        e = reply_objective(x.objective, &o);
                if (e != 0)
                        return e;
                if (x.objective && (!o.applies || streq(o.verdict, "met")))
                        continue;
                if (!any)
                        strbuf_puts(b, "<ul class=\"why\">\n");
                any = true;
                html_element(b, "li", NULL, x.sentence);
        }
        if (any)
                strbuf_puts(b, "</ul>\n");
        return 0;
}

int report_now(const Report *r, StrBuf *b)
{
        static const char *const headers[] = { ">Node", ">Blocks of", "For", ">There is",
                ">Wanted", ">Refilled to", ">Possible", "Verdict", "Since", ">Met", NULL };
        NowRows rows = { r, b };
        int e;

        html_section(b, "now", "What is fragmented, and since when");
        html_table(b, headers);
        e = report_each_objective(r, now_row, &rows);
        if (e != 0)
                return e;
        html_table_end(b);
        e = sentences(r, b);
        html_section_end(b);
        return e;
}
