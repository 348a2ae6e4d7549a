/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What fragd did, what that gained, and what it cost. */
#include "cli/report-chart.h"
#include "cli/report-html.h"
#include "cli/report.h"
#include "cli/text.h"

/* Rows of decisions in a page; `fragctl log` has the others. */
#define DECISIONS_SHOWN 60U
#define CHART_WIDTH     960
#define CHART_HEIGHT    130

int report_entry(json_t *item, ReportEntry *ret)
{
        LogEntryReply l;
        ReportEntry e;
        int r;

        r = reply_log_entry(item, &l);
        if (r != 0)
                return r;
        e = (ReportEntry){ .realtime = l.realtime, .sentence = l.sentence, .node = l.node };
        r = REPLY_UNPACK(l.decision, "log entry", "{s?I, s?s, s?s, s?b}", "action", &e.action, "lever", &e.lever, "act", &e.act, "would",
                &e.would);
        if (r == 0)
                r = reply_result(l.decision, &e.result);
        if (r == 0)
                *ret = e;
        return r;
}

bool report_is_result(const ReportEntry *e)
{
        return e->result.reason &&
               (streq(e->result.reason, "gained") || streq(e->result.reason, "no-gain"));
}

int report_work(const Report *r, const char *lever, ReportWork *ret)
{
        ReportWork w = { 0 };
        json_t *item;
        size_t i;

        json_array_foreach(json_object_get(r->log, "entries"), i, item)
        {
                ReportEntry e;
                int error = report_entry(item, &e);

                if (error != 0)
                        return error;
                if (!report_is_result(&e) || (lever && (!e.lever || !streq(e.lever, lever))))
                        continue;
                w.actions++;
                w.helped += streq(e.result.reason, "gained");
                w.gain += e.result.gain == INT64_MIN ? 0 : e.result.gain;
                w.cost += MAX(e.result.cost, 0);
        }
        *ret = w;
        return 0;
}

static void work_row(StrBuf *b, const char *lever, const ReportWork *w)
{
        const json_int_t gib = (json_int_t)1 << 30;
        char a[UNIT_TEXT_MAX];

        html_row(b);
        html_cell(b, NULL, lever);
        html_cellf(b, "n", "%u", w->actions);
        html_cellf(b, "n", "%u", w->helped);
        html_cellf(b, "n", "%s%s", w->gain < 0 ? "-" : "",
                report_size(a, w->gain < 0 ? -w->gain : w->gain));
        html_cell(b, "n", text_duration_long(a, w->cost));
        /* less is noise */
        html_cell(b, "n",
                w->gain >= 1 << 20 ? text_duration_long(a, (json_int_t)((__int128)w->cost * gib /
                                                                       w->gain))
                                   : "-");
        html_row_end(b);
}

static int work_table(const Report *r, StrBuf *b)
{
        static const char *const headers[] = { "Lever", ">Actions", ">With gain", ">Gained",
                ">CPU time", ">CPU time per GiB", NULL };
        static const char *const levers[] = { "window", "compact", "proactiveness", "boost", "scale", "defrag_mode" };
        ReportWork w;
        int e;

        html_table(b, headers);
        for (size_t i = 0; i < ELEMENTSOF(levers); i++) {
                e = report_work(r, levers[i], &w);
                if (e != 0)
                        return e;
                if (w.actions > 0)
                        work_row(b, levers[i], &w);
        }
        e = report_work(r, NULL, &w);
        if (e != 0)
                return e;
        work_row(b, "altogether", &w);
        html_table_end(b);
        return 0;
}

static ChartFrame frame(const Report *r, const char *label)
{
        return (ChartFrame){ CHART_WIDTH, CHART_HEIGHT, r->from, r->to, label };
}

/* A bar for each result: its gain, or its cost. */
static int result_chart(const Report *r, StrBuf *b, bool gain)
{
        json_t *list = json_object_get(r->log, "entries"), *item;
        ChartFrame f = frame(r, gain ? "What each action gained, over time"
                                     : "CPU time that each action cost, over time");
        _cleanup_free_ ChartBar *bars = calloc(json_array_size(list) + 1, sizeof(*bars));
        size_t i, n = 0;

        if (!bars)
                return cli_oom();
        json_array_foreach(list, i, item)
        {
                ReportEntry e;
                int error = report_entry(item, &e);

                if (error != 0)
                        return error;
                if (!report_is_result(&e))
                        continue;
                bars[n++] = (ChartBar){ .at = e.realtime,
                        .value = MAX(gain ? e.result.gain : e.result.cost, 0),
                        .kind = gain ? "gain" : "cost",
                        .text = e.sentence };
        }
        strbuf_puts(b, "<figure><figcaption>");
        html_text(b, gain ? "Gained, by action" : "CPU time, by action");
        strbuf_puts(b, "</figcaption>");
        chart_bars(b, &f, gain ? CHART_BYTES : CHART_USEC, bars, n);
        strbuf_puts(b, "</figure>\n");
        return 0;
}

typedef struct Stalls {
        json_int_t direct, fallback, hugetlb;
} Stalls;

/* What went wrong meanwhile, and a chart of the most telling of it. */
static int stall_chart(const Report *r, StrBuf *b, Stalls *ret)
{
        ChartFrame f = frame(r, "Direct compactions and huge pages that fell back, over time");
        _cleanup_free_ ChartBar *bars = calloc(json_array_size(r->steps) + 1, sizeof(*bars));
        Stalls s = { 0 };
        size_t i, n = 0;
        json_t *item;

        if (!bars)
                return cli_oom();
        json_array_foreach(r->steps, i, item)
        {
                HistoryStepReply step;
                json_int_t sum;
                int e = reply_history_step(item, &step);

                if (e != 0)
                        return e;
                s.direct += MAX(step.compact_stall, 0);
                s.fallback += MAX(step.thp_fault_fallback, 0);
                s.hugetlb += MAX(step.htlb_fail, 0);
                sum = MAX(step.compact_stall, 0) + MAX(step.thp_fault_fallback, 0) +
                      MAX(step.htlb_fail, 0);
                if (sum > 0)
                        bars[n++] = (ChartBar){ step.realtime + step.span / 2, sum, "stall",
                                "in this step" };
        }
        *ret = s;
        if (n == 0)
                return 0;
        strbuf_puts(b, "<figure><figcaption>Stalls and fallbacks of the whole machine, by "
                       "step</figcaption>");
        chart_bars(b, &f, CHART_COUNT, bars, n);
        strbuf_puts(b, "</figure>\n");
        return 0;
}

int report_work_section(const Report *r, StrBuf *b)
{
        ReportWork all;
        Stalls s;
        int e;

        e = report_work(r, NULL, &all);
        if (e != 0)
                return e;
        html_section(b, "work", "What fragd did, gained and cost");
        if (all.actions == 0)
                html_element(b, "p", NULL, "No action was finished in the time shown.");
        else {
                e = work_table(r, b);
                if (e == 0)
                        e = result_chart(r, b, true);
                if (e == 0)
                        e = result_chart(r, b, false);
        }
        if (e == 0)
                e = stall_chart(r, b, &s);
        if (e != 0)
                return e;
        strbuf_puts(b, "<p>");
        html_textf(b,
                "Meanwhile, on the whole machine: %" JSON_INTEGER_FORMAT
                " direct compactions that made a task wait, %" JSON_INTEGER_FORMAT
                " page faults that wanted a huge page and got small ones, %" JSON_INTEGER_FORMAT
                " pages of the huge page pool that could not be had.",
                s.direct, s.fallback, s.hugetlb);
        strbuf_puts(b, "</p>\n");
        html_section_end(b);
        return 0;
}

int report_decisions(const Report *r, StrBuf *b)
{
        static const char *const headers[] = { "Time", "What, and why", NULL };
        json_t *list = json_object_get(r->log, "entries");
        size_t n = json_array_size(list), first = n > DECISIONS_SHOWN ? n - DECISIONS_SHOWN : 0;

        html_section(b, "decisions", "Decisions");
        if (n == 0) {
                html_element(b, "p", NULL, "Nothing was done or changed in the time shown.");
                html_section_end(b);
                return 0;
        }
        if (first > 0) {
                strbuf_puts(b, "<p class=\"dim\">");
                html_textf(b, "The last %u of %zu; the others: fragctl log.", DECISIONS_SHOWN, n);
                strbuf_puts(b, "</p>\n");
        }
        html_table(b, headers);
        for (size_t i = n; i-- > first;) {
                char when[UNIT_TEXT_MAX];
                ReportEntry e;
                int error = report_entry(json_array_get(list, i), &e);

                if (error != 0)
                        return error;
                html_row(b);
                html_cell(b, "time", text_time(when, e.realtime));
                html_cell(b, NULL, e.sentence);
                html_row_end(b);
        }
        html_table_end(b);
        html_section_end(b);
        return 0;
}
