/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page: its head, its sections in order, and what more than one of them uses. */
#include "cli/report-html.h"
#include "cli/report.h"
#include "cli/text.h"
#include "report-css.h"
#include <config.h>

const char *report_size(char buf[static UNIT_TEXT_MAX], json_int_t bytes)
{
        return bytes < 0 ? "-" : size_format(buf, UNIT_TEXT_MAX, (uint64_t)bytes);
}

int report_each_objective(const Report *r,
        int (*f)(const NodeReply *n, const ObjectiveReply *o, void *userdata), void *userdata)
{
        json_t *item, *objective;
        size_t i, k;

        json_array_foreach(r->now.nodes, i, item)
        {
                NodeReply n;
                int e = reply_node(item, &n);

                if (e != 0)
                        return e;
                json_array_foreach(n.objectives, k, objective)
                {
                        ObjectiveReply o;

                        e = reply_objective(objective, &o);
                        if (e == 0 && o.applies)
                                e = f(&n, &o, userdata);
                        if (e != 0)
                                return e;
                }
        }
        return 0;
}

static void head(const Report *r, StrBuf *b)
{
        char from[UNIT_TEXT_MAX], to[UNIT_TEXT_MAX], span[UNIT_TEXT_MAX];

        strbuf_puts(b, "<header>\n<h1>Contiguous memory");
        if (r->host) {
                strbuf_puts(b, " on ");
                html_text(b, r->host);
        }
        strbuf_puts(b, "</h1>\n<p class=\"dim\">");
        html_textf(b, "%s to %s %s, %s. Policy %s, fragd %s.", text_time(from, r->from),
                text_time(to, r->to), r->zone, text_duration_long(span, r->to - r->from),
                r->now.policy, r->now.version);
        strbuf_puts(b, "</p>\n</header>\n");
}

static void foot(const Report *r, StrBuf *b)
{
        char to[UNIT_TEXT_MAX];

        strbuf_puts(b, "<footer>");
        html_textf(b, "Written by fragctl %s on %s %s from what fragd %s has recorded. ",
                FRAGD_VERSION, text_time(to, r->to), r->zone, r->now.version);
        strbuf_puts(b, "This file loads nothing from anywhere.</footer>\n");
}

int report_page(const Report *r, StrBuf *b)
{
        static int (*const sections[])(const Report *, StrBuf *) = { report_summary, report_now,
                report_advice, report_levels, report_orders, report_work_section,
                report_decisions, report_knobs, report_machine };
        _cleanup_strbuf_ StrBuf title = { 0 };

        strbuf_printf(&title, "fragd report%s%s", r->host ? " on " : "", r->host ? r->host : "");
        html_begin(b, strbuf_text(&title), report_css);
        head(r, b);
        strbuf_puts(b, "<main>\n");
        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                int e = sections[i](r, b);

                if (e != 0)
                        return e;
        }
        strbuf_puts(b, "</main>\n");
        foot(r, b);
        html_end(b);
        return strbuf_error(b) < 0 || strbuf_error(&title) < 0 ? cli_oom() : 0;
}
