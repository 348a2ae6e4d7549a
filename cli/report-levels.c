/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The course of each objective and of each order, node by node. */
#include "base/limits.h"
#include "cli/report-chart.h"
#include "cli/report-html.h"
#include "cli/report.h"
#include "cli/text.h"

#define WIDE        960
#define NARROW      540
#define LEVEL_HIGH  210
#define LEVEL_LOW   170
#define WIDE_MOST   3U   /* more charts than this stand side by side */
#define START_AWAY  256U /* entries between an action's start and its result, at most */
#define ROW_HEIGHT  15

static int find_node(const HistoryStepReply *s, json_int_t node, HistoryNodeReply *ret, bool *ret_there)
{
        json_t *item;
        size_t i;

        *ret_there = false;
        json_array_foreach(s->nodes, i, item)
        {
                int r = reply_history_node(item, ret);

                if (r != 0)
                        return r;
                if (ret->node == node) {
                        *ret_there = true;
                        return 0;
                }
        }
        return 0;
}

/* Blocks of the same size for the same use: the policy may have numbered it otherwise then. */
static int find_level(const HistoryNodeReply *n, const ObjectiveReply *o, ChartLevel *level)
{
        json_t *item;
        size_t i;

        json_array_foreach(n->objectives, i, item)
        {
                HistoryObjectiveReply h;
                int r = reply_history_objective(item, &h);

                if (r != 0)
                        return r;
                if (h.size != o->size_bytes || !streq(h.use, o->use))
                        continue;
                level->min = h.current.min;
                level->mean = h.current.mean;
                level->max = h.current.max;
                level->wanted = h.reserve;
                level->met = h.met;
                return 0;
        }
        return 0;
}

static int collect(const Report *r, json_int_t node, const ObjectiveReply *o, ChartLevel *levels)
{
        json_t *item;
        size_t i;

        json_array_foreach(r->steps, i, item)
        {
                HistoryStepReply s;
                HistoryNodeReply n;
                bool there = false;
                int e = reply_history_step(item, &s);

                if (e == 0)
                        e = find_node(&s, node, &n, &there);
                levels[i] = (ChartLevel){ s.realtime, s.span, -1, -1, -1, -1, -1 };
                if (e == 0 && there)
                        e = find_level(&n, o, &levels[i]);
                if (e != 0)
                        return e;
        }
        return 0;
}

static bool starts(const ReportEntry *e)
{
        static const char *const reasons[] = { "missed", "forecast", "requested" };

        for (size_t i = 0; e->result.reason && i < ELEMENTSOF(reasons); i++)
                if (streq(e->result.reason, reasons[i]))
                        return true;
        return false;
}

/* When the action of this result was started; where that is not in the log, when it was measured. */
static int started(json_t *list, size_t at, const ReportEntry *result, int64_t *ret)
{
        size_t end = LESS_BY(at, (size_t)START_AWAY);

        *ret = result->realtime;
        for (size_t i = at; i-- > end;) {
                ReportEntry e;
                int r = report_entry(json_array_get(list, i), &e);

                if (r != 0)
                        return r;
                if (e.action != result->action || e.action == 0)
                        continue;
                *ret = e.realtime;
                if (starts(&e))
                        return 0;
        }
        return 0;
}

static bool changes(const char *reason)
{
        static const char *const reasons[] = { "policy-changed", "knob-yielded", "paused",
                "resumed", "topology", "actor-lost", "action-failed" };

        for (size_t i = 0; reason && i < ELEMENTSOF(reasons); i++)
                if (streq(reason, reasons[i]))
                        return true;
        return false;
}

/* marks: room for each entry. */
static int collect_marks(const Report *r, json_int_t node, ChartMark *marks, size_t *ret_n)
{
        json_t *list = json_object_get(r->log, "entries"), *item;
        size_t i, n = 0;

        json_array_foreach(list, i, item)
        {
                ReportEntry e;
                int error = report_entry(item, &e);

                if (error != 0)
                        return error;
                if (e.node != REPLY_UNKNOWN && e.node != node)
                        continue;
                marks[n] = (ChartMark){ e.realtime, CHART_MARK_OTHER, e.sentence };
                if (report_is_result(&e)) {
                        marks[n].kind = streq(e.result.reason, "gained") ? CHART_MARK_GAINED
                                                                         : CHART_MARK_NO_GAIN;
                        error = started(list, i, &e, &marks[n].at);
                        if (error != 0)
                                return error;
                } else if (e.would && starts(&e))
                        marks[n].kind = CHART_MARK_WOULD;
                else if (!changes(e.result.reason))
                        continue;
                n++;
        }
        *ret_n = n;
        return 0;
}

typedef struct Charts {
        const Report *report;
        StrBuf *b;
        ChartLevel *levels;
        ChartMark *marks;
        unsigned n;
} Charts;

static int count(const NodeReply *n, const ObjectiveReply *o, void *userdata)
{
        ((Charts *)userdata)->n++;
        return 0;
}

static int level_figure(const NodeReply *n, const ObjectiveReply *o, void *userdata)
{
        Charts *c = userdata;
        bool wide = c->n <= WIDE_MOST;
        char label[3 * UNIT_TEXT_MAX], size[UNIT_TEXT_MAX];
        ChartFrame f = { wide ? WIDE : NARROW, wide ? LEVEL_HIGH : LEVEL_LOW, c->report->from,
                c->report->to, label };
        size_t marks;
        int e;

        e = collect(c->report, n->node, o, c->levels);
        if (e == 0)
                e = collect_marks(c->report, n->node, c->marks, &marks);
        if (e != 0)
                return e;
        snprintf(label, sizeof(label), "Node %" JSON_INTEGER_FORMAT ": blocks of %s for %s",
                n->node, report_size(size, o->size_bytes),
                streq(o->use, "kernel") ? "the kernel" : "user memory");
        strbuf_puts(c->b, "<figure><figcaption>");
        html_text(c->b, label);
        strbuf_puts(c->b, " <span class=\"dim\">");
        html_text(c->b, o->verdict);
        strbuf_puts(c->b, " now</span></figcaption>");
        chart_level(c->b, &f, c->levels, json_array_size(c->report->steps), c->marks, marks);
        strbuf_puts(c->b, "</figure>\n");
        return 0;
}

static void legend(StrBuf *b)
{
        strbuf_puts(b,
                "<p class=\"legend\"><span><i class=\"k-line\"></i>there is (band: least to "
                "greatest)</span><span><i class=\"k-wanted\"></i>wanted</span>"
                "<span><i class=\"k-missed\"></i>less than wanted</span>"
                "<span><i class=\"k-gained\">&#9660;</i>fragd acted, with gain</span>"
                "<span><i class=\"k-nogain\">&#9679;</i>without</span>"
                "<span><i class=\"k-would\">&#9660;</i>would have acted</span>"
                "<span><i class=\"k-other\">&#9632;</i>a change</span></p>\n");
}

int report_levels(const Report *r, StrBuf *b)
{
        size_t entries = json_array_size(json_object_get(r->log, "entries"));
        _cleanup_free_ ChartLevel *levels =
                calloc(json_array_size(r->steps) + 1, sizeof(*levels));
        _cleanup_free_ ChartMark *marks = calloc(entries + 1, sizeof(*marks));
        Charts c = { .report = r, .b = b, .levels = levels, .marks = marks };
        int e;

        if (!levels || !marks)
                return cli_oom();
        html_section(b, "levels", "What was there, and what was wanted");
        e = report_each_objective(r, count, &c);
        if (e != 0)
                return e;
        if (json_array_size(r->steps) == 0)
                html_element(b, "p", NULL, "fragd has recorded nothing yet.");
        else {
                legend(b);
                strbuf_printf(b, "<div class=\"%s\">\n", c.n <= WIDE_MOST ? "charts" : "charts two");
                e = report_each_objective(r, level_figure, &c);
                strbuf_puts(b, "</div>\n");
        }
        html_section_end(b);
        return e;
}

typedef struct Heat {
        ChartCell *cells;
        size_t n;
        char names[ORDERS_MAX][UNIT_TEXT_MAX];
        const char *texts[ORDERS_MAX];
        unsigned rows;
} Heat;

static int heat_step(Heat *h, const HistoryStepReply *s, const HistoryNodeReply *n)
{
        json_t *item;
        size_t i;

        json_array_foreach(n->orders, i, item)
        {
                HistoryOrderReply o;
                unsigned row;
                int e = reply_history_order(item, &o);

                if (e != 0)
                        return e;
                if (o.order < 0 || o.order >= (json_int_t)h->rows)
                        continue;
                row = h->rows - 1 - (unsigned)o.order;
                (void)report_size(h->names[row], o.size);
                h->cells[h->n++] = (ChartCell){ s->realtime, s->span,
                        (int)CLAMP(o.unusable, -1, 1000), row };
        }
        return 0;
}

static int heat_collect(const Report *r, json_int_t node, Heat *h)
{
        json_t *item;
        size_t i;

        json_array_foreach(r->steps, i, item)
        {
                HistoryStepReply s;
                HistoryNodeReply n;
                bool there = false;
                int e = reply_history_step(item, &s);

                if (e == 0)
                        e = find_node(&s, node, &n, &there);
                if (e == 0 && there)
                        e = heat_step(h, &s, &n);
                if (e != 0)
                        return e;
        }
        return 0;
}

/* How many orders the last step has. */
static unsigned orders_of(const Report *r)
{
        size_t n = json_array_size(r->steps);
        json_t *step = json_array_get(r->steps, n - 1);
        json_t *node = json_array_get(json_object_get(step, "nodes"), 0);

        return (unsigned)MIN(json_array_size(json_object_get(node, "orders")), (size_t)ORDERS_MAX);
}

static int heat_figure(const Report *r, StrBuf *b, json_int_t node, bool wide, unsigned rows)
{
        char label[2 * UNIT_TEXT_MAX];
        Heat h = { .rows = rows };
        ChartFrame f = { wide ? WIDE : NARROW, 40 + rows * ROW_HEIGHT, r->from, r->to, label };
        _cleanup_free_ ChartCell *cells =
                calloc(json_array_size(r->steps) * rows + 1, sizeof(*cells));
        int e;

        if (!cells)
                return cli_oom();
        h.cells = cells;
        for (unsigned i = 0; i < rows; i++)
                h.texts[i] = h.names[i];
        e = heat_collect(r, node, &h);
        if (e != 0)
                return e;
        snprintf(label, sizeof(label),
                "Node %" JSON_INTEGER_FORMAT ": free memory that is of no use to blocks of",
                node);
        strbuf_puts(b, "<figure><figcaption>");
        html_textf(b, "Node %" JSON_INTEGER_FORMAT, node);
        strbuf_puts(b, "</figcaption>");
        chart_heat(b, &f, h.cells, h.n, h.texts, rows);
        strbuf_puts(b, "</figure>\n");
        return 0;
}

static void heat_legend(StrBuf *b)
{
        strbuf_puts(b, "<p class=\"legend\"><span>Share of free memory in blocks too small for "
                       "each size:</span><span>0%");
        for (unsigned i = 0; i < CHART_HEAT_MAX; i++)
                strbuf_printf(b, "<i class=\"k-heat h%u\"></i>", i);
        strbuf_puts(b, "100%</span></p>\n");
}

int report_orders(const Report *r, StrBuf *b)
{
        size_t nodes = json_array_size(r->now.nodes), i;
        json_t *item;
        int e = 0;

        html_section(b, "orders", "Fragmentation by block size");
        if (json_array_size(r->steps) == 0 || orders_of(r) == 0) {
                html_element(b, "p", NULL, "fragd has recorded nothing yet.");
                html_section_end(b);
                return 0;
        }
        heat_legend(b);
        strbuf_printf(b, "<div class=\"%s\">\n", nodes <= WIDE_MOST ? "charts" : "charts two");
        json_array_foreach(r->now.nodes, i, item)
        {
                NodeReply n;

                e = reply_node(item, &n);
                if (e == 0)
                        e = heat_figure(r, b, n.node, nodes <= WIDE_MOST, orders_of(r));
                if (e != 0)
                        return e;
        }
        strbuf_puts(b, "</div>\n");
        html_section_end(b);
        return 0;
}
