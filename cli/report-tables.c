/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The knobs and their baselines; the machine, and what fragd cannot see of it. */
#include "base/limits.h"
#include "cli/report-html.h"
#include "cli/report.h"
#include "cli/text.h"

static void number_cell(StrBuf *b, json_int_t value, bool strong)
{
        if (value == REPLY_UNKNOWN)
                html_cell(b, "n", "-");
        else
                html_cellf(b, strong ? "n strong" : "n", "%" JSON_INTEGER_FORMAT, value);
}

static void knob_row(StrBuf *b, const KnobReply *k)
{
        html_row(b);
        html_cell(b, "code", k->knob);
        if (!k->available) {
                html_cell(b, "n dim", "-");
                html_cell(b, "n dim", "-");
                html_cell(b, "dim", "this kernel does not have it");
                html_cell(b, NULL, "");
                html_row_end(b);
                return;
        }
        number_cell(b, k->value,
                k->baseline != REPLY_UNKNOWN && k->value != k->baseline);
        number_cell(b, k->baseline, false);
        html_cell(b, streq(k->owner, "other") ? "warn" : NULL,
                streq(k->owner, "nobody")  ? "not touched"
                : streq(k->owner, "other") ? "somebody else, after fragd"
                                           : k->owner);
        if (k->managed)
                html_cellf(b, NULL, "%" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT, k->min,
                        k->max);
        else
                html_cell(b, "dim", "only looks");
        html_row_end(b);
}

int report_knobs(const Report *r, StrBuf *b)
{
        static const char *const headers[] = { "Knob", ">Value", ">Before fragd", "Set by",
                "fragd may set", NULL };
        json_t *item;
        size_t i;

        html_section(b, "knobs", "The kernel's knobs");
        html_table(b, headers);
        json_array_foreach(json_object_get(r->knobs, "knobs"), i, item)
        {
                KnobReply k;
                int e = reply_knob(item, &k);

                if (e != 0)
                        return e;
                knob_row(b, &k);
        }
        html_table_end(b);
        html_element(b, "p", "dim",
                "fragd puts back what it set when it ends; a knob that somebody else sets "
                "meanwhile stays as it is.");
        html_section_end(b);
        return 0;
}

static int node_rows(const Report *r, StrBuf *b)
{
        static const char *const headers[] = { ">Node", ">Memory", ">Free", ">Fragmentation score",
                ">kcompactd stops / starts at", ">Unmovable", NULL };
        json_t *item;
        size_t i;

        html_table(b, headers);
        json_array_foreach(r->now.nodes, i, item)
        {
                char a[UNIT_TEXT_MAX];
                NodeReply n;
                int e = reply_node(item, &n);

                if (e != 0)
                        return e;
                html_row(b);
                html_cellf(b, "n", "%" JSON_INTEGER_FORMAT, n.node);
                html_cell(b, "n", report_size(a, n.managed_bytes));
                html_cell(b, "n", report_size(a, n.free_bytes));
                number_cell(b, n.score, false);
                if (n.score_low == REPLY_UNKNOWN || n.score_high == REPLY_UNKNOWN)
                        html_cell(b, "n", "-");
                else
                        html_cellf(b, "n", "%" JSON_INTEGER_FORMAT " / %" JSON_INTEGER_FORMAT,
                                n.score_low, n.score_high);
                html_cell(b, "n", text_permyriad(a, n.unmovable_permyriad));
                html_row_end(b);
        }
        html_table_end(b);
        return 0;
}

/* Blocks that could be had now, zone by zone. */
static int zone_rows(StrBuf *b, json_int_t node, json_t *zones, unsigned columns)
{
        json_t *item, *order;
        size_t i, k;

        json_array_foreach(zones, i, item)
        {
                unsigned used = 0;
                ZoneReply z;
                int e = reply_zone(item, &z);

                if (e != 0)
                        return e;
                html_row(b);
                html_cellf(b, "n", "%" JSON_INTEGER_FORMAT, node);
                html_cell(b, NULL, z.zone);
                json_array_foreach(z.orders, k, order)
                {
                        OrderReply o;

                        e = reply_order(order, &o);
                        if (e != 0)
                                return e;
                        if (used++ < columns)
                                html_cellf(b, o.allocatable ? "n" : "n bad",
                                        "%" JSON_INTEGER_FORMAT, o.allocatable);
                }
                for (; used < columns; used++)
                        html_cell(b, NULL, "");
                html_row_end(b);
        }
        return 0;
}

/* The sizes of blocks, from the first zone there is, as headings. */
static unsigned zone_headers(json_t *nodes, char names[ORDERS_MAX][UNIT_TEXT_MAX],
        const char *headers[ORDERS_MAX + 3])
{
        json_t *zone = json_array_get(json_object_get(json_array_get(nodes, 0), "zones"), 0);
        unsigned n = 0;
        json_t *item;
        size_t i;

        headers[0] = ">Node";
        headers[1] = "Zone";
        json_array_foreach(json_object_get(zone, "orders"), i, item)
        {
                char size[UNIT_TEXT_MAX];

                if (n == ORDERS_MAX)
                        break;
                snprintf(names[n], UNIT_TEXT_MAX, ">%.40s",
                        text_size(size, json_integer_value(json_object_get(item, "size_bytes"))));
                headers[n + 2] = names[n];
                n++;
        }
        headers[n + 2] = NULL;
        return n;
}

static int zone_table(const Report *r, StrBuf *b)
{
        json_t *nodes = json_object_get(r->zones, "nodes"), *item;
        char names[ORDERS_MAX][UNIT_TEXT_MAX];
        const char *headers[ORDERS_MAX + 3];
        unsigned columns = zone_headers(nodes, names, headers);
        size_t i;

        if (columns == 0)
                return 0;
        html_element(b, "h3", NULL, "Blocks that can be had now, by size");
        html_table(b, headers);
        json_array_foreach(nodes, i, item)
        {
                NodeReply n;
                int e = reply_node(item, &n);

                if (e == 0)
                        e = zone_rows(b, n.node, n.zones, columns);
                if (e != 0)
                        return e;
        }
        html_table_end(b);
        return 0;
}

static int source_rows(const Report *r, StrBuf *b)
{
        static const char *const headers[] = { "Missing", "Why", "What is lost", NULL };
        bool any = false;
        json_t *item;
        size_t i;

        json_array_foreach(r->now.sources, i, item)
        {
                SourceReply s;
                int e = reply_source(item, &s);

                if (e != 0)
                        return e;
                if (s.available)
                        continue;
                if (!any) {
                        html_element(b, "h3", NULL, "What fragd cannot see here");
                        html_table(b, headers);
                }
                any = true;
                html_row(b);
                html_cell(b, "code", s.path);
                html_cell(b, NULL, s.error ? s.error : "");
                html_cell(b, NULL, s.loss ? s.loss : "");
                html_row_end(b);
        }
        if (any)
                html_table_end(b);
        return 0;
}

int report_machine(const Report *r, StrBuf *b)
{
        static const char *const headers[] = { "What", "Value", "From", NULL };
        int e;

        html_section(b, "machine", "The machine");
        html_table(b, headers);
        for (size_t i = 0; i < r->facts.n; i++) {
                const Fact *f = &r->facts.facts[i];

                html_row(b);
                html_cell(b, NULL, f->name);
                html_cell(b, "strong", f->value);
                html_cell(b, "code dim", f->path);
                html_row_end(b);
        }
        html_table_end(b);
        e = node_rows(r, b);
        if (e == 0)
                e = zone_table(r, b);
        if (e == 0)
                e = source_rows(r, b);
        html_section_end(b);
        return e;
}
