/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/history-view.h"

#include "base/limits.h"
#include "base/strbuf.h"
#include "cli/color.h"
#include "cli/reply.h"
#include "cli/spark.h"
#include "cli/table.h"
#include "cli/text.h"

#define MARKS_MAX   512
#define LABEL_WIDTH HISTORY_LABEL

usec_t history_step(const HistoryRange *range, unsigned n)
{
        static const unsigned seconds[] = { 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800,
                3600, 7200, 10800, 21600, 43200, 86400 };
        usec_t span = usec_sub(range->until, range->since);

        for (size_t i = 0; i < ELEMENTSOF(seconds); i++)
                if (span / (seconds[i] * USEC_PER_SEC) < n)
                        return seconds[i] * USEC_PER_SEC;
        return (span / n / (86400 * USEC_PER_SEC) + 1) * 86400 * USEC_PER_SEC;
}

/* What a block size was like in one step: of an objective, or of the order that was asked for. */
typedef struct Cell {
        HistoryStepReply step;
        HistoryNodeReply node;
        bool known;
        json_int_t size, wanted, met, unusable;
        LevelReply have; /* bytes; with an order: blocks */
        LevelReply blocks;
        const char *verdict, *use; /* NULL with an order */
} Cell;

static int find_order(json_t *orders, json_int_t wanted, HistoryOrderReply *ret, bool *ret_found)
{
        json_t *item;
        size_t i;

        *ret_found = false;
        json_array_foreach(orders, i, item)
        {
                int r = reply_history_order(item, ret);

                if (r != 0)
                        return r;
                if (ret->order == wanted) {
                        *ret_found = true;
                        return 0;
                }
        }
        return 0;
}

static int cell_of_order(Cell *c, json_int_t order)
{
        HistoryOrderReply o;
        bool found;
        int r;

        r = find_order(c->node.orders, order, &o, &found);
        if (r != 0 || !found)
                return r;
        c->known = true;
        c->size = o.size;
        c->have = o.allocatable;
        c->blocks = o.free;
        c->unusable = o.unusable;
        return 0;
}

static int cell_of_objective(Cell *c, json_int_t index)
{
        json_t *item;
        size_t i;

        json_array_foreach(c->node.objectives, i, item)
        {
                HistoryObjectiveReply o;
                HistoryOrderReply order;
                bool found;
                int r;

                r = reply_history_objective(item, &o);
                if (r != 0)
                        return r;
                if (o.objective != index)
                        continue;
                r = find_order(c->node.orders, o.order, &order, &found);
                if (r != 0)
                        return r;
                c->known = true;
                c->size = o.size;
                c->wanted = o.reserve;
                c->met = o.met;
                c->have = o.current;
                c->verdict = o.verdict;
                c->use = o.use;
                c->unusable = found ? order.unusable : REPLY_UNKNOWN;
        }
        return 0;
}

/* what: an objective's index, or the order that --order names. */
static int cell_take(const Cli *cli, json_t *step, json_int_t node, json_int_t what, Cell *ret)
{
        Cell c = { .wanted = REPLY_UNKNOWN, .met = REPLY_UNKNOWN, .unusable = REPLY_UNKNOWN };
        json_t *item;
        size_t i;
        int r;

        r = reply_history_step(step, &c.step);
        if (r != 0)
                return r;
        json_array_foreach(c.step.nodes, i, item)
        {
                r = reply_history_node(item, &c.node);
                if (r != 0)
                        return r;
                if (c.node.node != node)
                        continue;
                r = cli_has(cli, OPTION_ORDER) ? cell_of_order(&c, what)
                                               : cell_of_objective(&c, what);
                if (r != 0)
                        return r;
                break;
        }
        *ret = c;
        return 0;
}

/* --- a line of marks --- */

typedef struct Line {
        Spark marks[MARKS_MAX];
        size_t n;
        int64_t least, greatest, total, stood, met; /* stood, met: usec */
        Cell last;
} Line;

static void line_init(Line *l, const HistoryRange *range, usec_t step)
{
        *l = (Line){ .least = -1, .greatest = -1 };
        l->n = MIN((size_t)((range->until - 1) / step - range->since / step + 1), (size_t)MARKS_MAX);
        for (size_t i = 0; i < l->n; i++)
                l->marks[i].value = -1;
}

/* A step that is longer than a mark, for it is not kept finer, takes several. */
static size_t line_marks(const HistoryStepReply *s, usec_t step)
{
        return MAX((size_t)((usec_t)MAX(s->span, (json_int_t)0) / step), (size_t)1);
}

static void line_put(
        Line *l, const HistoryRange *range, usec_t step, const HistoryStepReply *s, Spark mark)
{
        usec_t first = range->since / step, at = (usec_t)s->realtime / step;

        for (size_t i = line_marks(s, step); i > 0; i--, at++)
                if (at >= first && at - first < l->n)
                        l->marks[at - first] = mark;
}

static void line_level(Line *l, const HistoryRange *range, usec_t step, const Cell *c)
{
        line_put(l, range, step, &c->step,
                (Spark){ .value = c->have.mean,
                        .tone = c->verdict ? color_verdict(c->verdict) : TONE_NONE });
        if (c->have.min >= 0 && (l->least < 0 || c->have.min < l->least))
                l->least = c->have.min;
        l->greatest = MAX(l->greatest, (int64_t)c->have.max);
        l->stood += c->step.span;
        if (c->met >= 0)
                l->met += (int64_t)((double)c->met / 10000 * (double)c->step.span);
        l->last = *c;
}

static void print_marks(
        const Cli *cli, const char *label, const Line *l, int64_t max, const char *text)
{
        printf("  %s%-*s%s", color_on(cli, TONE_STRONG), (int)LABEL_WIDTH, label,
                color_off(cli, TONE_STRONG));
        spark_print(cli, stdout, l->marks, l->n, max);
        printf("\n%*s%s%s%s\n", (int)(2 + LABEL_WIDTH), "", color_on(cli, TONE_DIM), text,
                color_off(cli, TONE_DIM));
}

static const char *level_text(const Cli *cli, char buf[static UNIT_TEXT_MAX], int64_t value)
{
        if (!cli_has(cli, OPTION_ORDER))
                return text_size(buf, value);
        snprintf(buf, UNIT_TEXT_MAX, value < 0 ? "-" : "%" PRIi64, value);
        return buf;
}

static int print_levels(const Cli *cli, const HistoryRange *range, json_t *steps, usec_t step,
        json_int_t node, json_int_t what)
{
        char a[UNIT_TEXT_MAX], b[UNIT_TEXT_MAX], label[2 * UNIT_TEXT_MAX];
        _cleanup_strbuf_ StrBuf text = { 0 };
        json_t *item;
        size_t i;
        Line l;

        line_init(&l, range, step);
        json_array_foreach(steps, i, item)
        {
                Cell c;
                int r = cell_take(cli, item, node, what, &c);

                if (r != 0)
                        return r;
                if (c.known)
                        line_level(&l, range, step, &c);
        }
        if (l.greatest < 0)
                return 0;
        snprintf(label, sizeof(label), "%s %s", text_size(a, l.last.size),
                l.last.use ? l.last.use : "blocks");
        strbuf_printf(&text, "%s", level_text(cli, a, l.least));
        strbuf_printf(&text, " to %s", level_text(cli, a, l.greatest));
        if (l.last.wanted >= 0)
                strbuf_printf(&text, ", wanted %s, met %s", text_size(a, l.last.wanted),
                        text_share(b, l.met, l.stood));
        print_marks(cli, label, &l, MAX(l.greatest, (int64_t)l.last.wanted), strbuf_text(&text));
        return 0;
}

static int print_counts(const Cli *cli, const HistoryRange *range, json_t *steps, usec_t step,
        const char *label, size_t offset)
{
        char a[UNIT_TEXT_MAX];
        json_t *item;
        size_t i;
        Line l;

        line_init(&l, range, step);
        json_array_foreach(steps, i, item)
        {
                HistoryStepReply s;
                json_int_t count, each;
                int r = reply_history_step(item, &s);

                if (r != 0)
                        return r;
                memcpy(&count, (const char *)&s + offset, sizeof(count));
                if (count < 0)
                        continue;
                each = count / (json_int_t)line_marks(&s, step);
                line_put(&l, range, step, &s,
                        (Spark){ .value = each, .tone = count > 0 ? TONE_WARN : TONE_DIM });
                l.greatest = MAX(l.greatest, (int64_t)each);
                l.total += count;
        }
        if (l.greatest < 0)
                return 0;
        snprintf(a, sizeof(a), "%" PRIi64 " altogether", l.total);
        if (l.total > 0)
                print_marks(cli, label, &l, l.greatest, a);
        else
                printf("  %s%-*s%snone\n", color_on(cli, TONE_STRONG), (int)LABEL_WIDTH, label,
                        color_off(cli, TONE_STRONG));
        return 0;
}

/* --- the table --- */

/* As much as fits in 80 columns with a day before the time; --csv has all. */
static const TableColumn objective_columns[] = {
        { "TIME", TABLE_LEFT },
        { "HAVE", TABLE_RIGHT },
        { "LEAST", TABLE_RIGHT },
        { "VERDICT", TABLE_LEFT },
        { "MET", TABLE_RIGHT },
        { "FREE MEM", TABLE_RIGHT },
        { "STALLS", TABLE_RIGHT },
        { "FALLBACKS", TABLE_RIGHT },
        { "PRESSURE", TABLE_RIGHT },
        { NULL, 0 },
};

static const TableColumn order_columns[] = {
        { "TIME", TABLE_LEFT },
        { "ALLOCATABLE", TABLE_RIGHT },
        { "LEAST", TABLE_RIGHT },
        { "MOST", TABLE_RIGHT },
        { "FREE", TABLE_RIGHT },
        { "UNUSABLE", TABLE_RIGHT },
        { "FREE MEM", TABLE_RIGHT },
        { "STALLS", TABLE_RIGHT },
        { "PRESSURE", TABLE_RIGHT },
        { NULL, 0 },
};

static void count_cell(Table *t, unsigned column, json_int_t count)
{
        table_set_number(t, column, count > 0 ? TONE_WARN : TONE_NONE, count);
}

static void objective_row(Table *t, const Cell *c)
{
        char a[UNIT_TEXT_MAX];

        table_set(t, 1, TONE_STRONG, text_size(a, c->have.mean));
        table_set(t, 2, TONE_NONE, text_size(a, c->have.min));
        table_set(t, 3, color_verdict(c->verdict), c->verdict);
        table_set(t, 4, TONE_NONE, text_share(a, c->met, 10000));
        table_set(t, 5, TONE_NONE, text_size(a, c->node.free.mean));
        count_cell(t, 6, c->step.compact_stall);
        count_cell(t, 7, c->step.thp_fault_fallback);
        table_set(t, 8, TONE_NONE, text_share(a, c->step.psi_memory, c->step.span));
}

static void order_row(const Cli *cli, Table *t, const Cell *c)
{
        char a[UNIT_TEXT_MAX];

        table_set(t, 1, TONE_STRONG, level_text(cli, a, c->have.mean));
        table_set(t, 2, TONE_NONE, level_text(cli, a, c->have.min));
        table_set(t, 3, TONE_NONE, level_text(cli, a, c->have.max));
        table_set(t, 4, TONE_NONE, level_text(cli, a, c->blocks.mean));
        table_set(t, 5, TONE_NONE, text_permille(a, c->unusable));
        table_set(t, 6, TONE_NONE, text_size(a, c->node.free.mean));
        count_cell(t, 7, c->step.compact_stall);
        table_set(t, 8, TONE_NONE, text_share(a, c->step.psi_memory, c->step.span));
}

/* Only as much of the time as tells the rows apart. */
static const char *row_time(
        char buf[static UNIT_TEXT_MAX], const HistoryRange *range, json_int_t realtime)
{
        bool days = usec_sub(range->until, range->since) > 24 * USEC_PER_HOUR;
        char text[UNIT_TEXT_MAX];

        if (!days)
                return text_time_of_day(
                        buf, realtime, usec_sub(range->until, range->since) <= 20 * USEC_PER_MIN);
        text_time(text, realtime);
        if (strlen(text) < 16)
                return "-";
        snprintf(buf, UNIT_TEXT_MAX, "%.11s", text + 5); /* 11-22 14:02 */
        return buf;
}

static int print_table(
        const Cli *cli, const HistoryRange *range, json_t *steps, json_int_t node, json_int_t what)
{
        _cleanup_table_ Table *t = NULL;
        json_t *item;
        size_t i;

        if (table_new(&t, cli, cli_has(cli, OPTION_ORDER) ? order_columns : objective_columns,
                    true) < 0)
                return cli_oom();
        json_array_foreach(steps, i, item)
        {
                char when[UNIT_TEXT_MAX];
                Cell c;
                int r = cell_take(cli, item, node, what, &c);

                if (r != 0)
                        return r;
                table_row(t);
                table_set(t, 0, TONE_DIM, row_time(when, range, c.step.realtime));
                if (c.known && cli_has(cli, OPTION_ORDER))
                        order_row(cli, t, &c);
                else if (c.known)
                        objective_row(t, &c);
        }
        return table_print(t, stdout, 2) < 0 ? cli_oom() : 0;
}

/* --- a node --- */

/* The objective that was met least, as the one that a table is about. */
static int worst_objective(
        const Cli *cli, json_t *steps, json_int_t node, json_int_t *ret, char *ret_size)
{
        double missed[OBJECTIVES_MAX] = { 0 };
        json_int_t worst = 0;
        json_t *item;
        size_t i;

        json_array_foreach(steps, i, item) for (json_int_t k = 0; k < OBJECTIVES_MAX; k++)
        {
                Cell c;
                int r = cell_take(cli, item, node, k, &c);

                if (r != 0)
                        return r;
                if (!c.known)
                        continue;
                missed[k] += (double)(10000 - c.met) * (double)c.step.span;
                if (k == worst || missed[k] > missed[worst]) {
                        worst = k;
                        text_size(ret_size, c.size);
                }
        }
        *ret = worst;
        return 0;
}

static int print_node(const Cli *cli, const HistoryRange *range, json_t *marks, usec_t step,
        json_t *rows, json_int_t node)
{
        bool order = cli_has(cli, OPTION_ORDER);
        char size[UNIT_TEXT_MAX] = "";
        json_int_t what = cli->order;
        int r = 0;

        if (order)
                r = print_levels(cli, range, marks, step, node, what);
        else
                for (json_int_t k = 0; r == 0 && k < OBJECTIVES_MAX; k++)
                        r = print_levels(cli, range, marks, step, node, k);
        if (r == 0)
                r = print_counts(cli, range, marks, step, "stalls",
                        offsetof(HistoryStepReply, compact_stall));
        if (r == 0)
                r = print_counts(cli, range, marks, step, "fallbacks",
                        offsetof(HistoryStepReply, thp_fault_fallback));
        if (r == 0 && !order)
                r = worst_objective(cli, rows, node, &what, size);
        if (r != 0)
                return r;
        putchar('\n');
        if (*size)
                printf("  In blocks of %s:\n", size);
        return print_table(cli, range, rows, node, what);
}

/* The nodes that are anywhere in the steps. */
static int find_nodes(json_t *steps, bool ret[static NODES_MAX])
{
        json_t *item, *node;
        size_t i, k;

        json_array_foreach(steps, i, item)
        {
                HistoryStepReply s;
                int r = reply_history_step(item, &s);

                if (r != 0)
                        return r;
                json_array_foreach(s.nodes, k, node)
                {
                        HistoryNodeReply n;

                        r = reply_history_node(node, &n);
                        if (r != 0)
                                return r;
                        if (n.node >= 0 && n.node < NODES_MAX)
                                ret[n.node] = true;
                }
        }
        return 0;
}

/* Without the day where that is the same. */
static const char *text_until(
        char buf[static UNIT_TEXT_MAX], const char *since, const HistoryRange *range)
{
        text_time(buf, (int64_t)range->until);
        if (strlen(buf) > 11 && strncmp(buf, since, 11) == 0)
                memmove(buf, buf + 11, strlen(buf + 11) + 1);
        return buf;
}

int history_print(
        const Cli *cli, const HistoryRange *range, json_t *marks, usec_t mark_step, json_t *rows)
{
        char since[UNIT_TEXT_MAX], until[UNIT_TEXT_MAX], each[UNIT_TEXT_MAX];
        bool nodes[NODES_MAX] = { false }, any = false;
        int r;

        text_time(since, (int64_t)range->since);
        r = find_nodes(marks, nodes);
        for (json_int_t i = 0; r == 0 && i < NODES_MAX; i++) {
                if (!nodes[i])
                        continue;
                printf("%s%sNode %" JSON_INTEGER_FORMAT "%s: %s to %s, a mark for each %s\n",
                        any ? "\n" : "", color_on(cli, TONE_STRONG), i, color_off(cli, TONE_STRONG),
                        text_time(since, (int64_t)range->since), text_until(until, since, range),
                        text_duration(each, (int64_t)mark_step));
                any = true;
                r = print_node(cli, range, marks, mark_step, rows, i);
        }
        if (r == 0 && !any)
                puts("Nothing was recorded in that time.");
        return r;
}
