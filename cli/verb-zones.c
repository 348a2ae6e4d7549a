/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/strbuf.h"
#include "cli/client.h"
#include "cli/reply.h"
#include "cli/table.h"
#include "cli/text.h"

static void print_node(const Cli *cli, const NodeReply *n)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        char a[UNIT_TEXT_MAX];

        strbuf_printf(&text, "free %s", text_size(a, n->free_bytes));
        if (n->managed_bytes >= 0)
                strbuf_printf(&text, " of %s", text_size(a, n->managed_bytes));
        if (n->score >= 0)
                strbuf_printf(&text, ", fragmentation score %" JSON_INTEGER_FORMAT, n->score);
        if (n->score_high >= 0)
                strbuf_printf(&text,
                        " (kcompactd starts above %" JSON_INTEGER_FORMAT
                        ", stops at %" JSON_INTEGER_FORMAT ")",
                        n->score_high, n->score_low);
        if (n->kcompactd_would_act >= 0)
                strbuf_printf(&text, ", kcompactd %s by itself now",
                        n->kcompactd_would_act ? "would compact" : "would not compact");
        if (n->kcompactd_state)
                strbuf_printf(&text, " (state %s)", n->kcompactd_state);
        if (n->unmovable_permyriad >= 0)
                strbuf_printf(&text, ", %s of its blocks unmovable",
                        text_permyriad(a, n->unmovable_permyriad));
        printf("%sNode %" JSON_INTEGER_FORMAT "%s: ", color_on(cli, TONE_STRONG), n->node,
                color_off(cli, TONE_STRONG));
        text_wrap(stdout, strbuf_text(&text), cli->columns, 8, 8);
}

static const TableColumn zone_columns[] = {
        { "ZONE", TABLE_LEFT },
        { "FREE", TABLE_RIGHT },
        { "MIN", TABLE_RIGHT },
        { "LOW", TABLE_RIGHT },
        { "HIGH", TABLE_RIGHT },
        { "BOOST", TABLE_RIGHT },
        { "MANAGED", TABLE_RIGHT },
        { "FREE CMA", TABLE_RIGHT },
        { "SCORE", TABLE_RIGHT },
        { NULL, 0 },
};

static int zone_row(Table *t, json_t *item)
{
        char a[UNIT_TEXT_MAX];
        ZoneReply z;
        int r;

        r = reply_zone(item, &z);
        if (r != 0)
                return r;
        table_row(t);
        table_set(t, 0, TONE_NONE, z.zone);
        table_set(t, 1, TONE_NONE, text_size(a, z.free_bytes));
        table_set(t, 2, TONE_NONE, text_size(a, z.min_bytes));
        table_set(t, 3, TONE_NONE, text_size(a, z.low_bytes));
        table_set(t, 4, TONE_NONE, text_size(a, z.high_bytes));
        table_set(t, 5, TONE_NONE, text_size(a, z.boost_bytes));
        table_set(t, 6, TONE_NONE, text_size(a, z.managed_bytes));
        table_set(t, 7, TONE_NONE, text_size(a, z.free_cma_bytes));
        table_setf(t, 8, TONE_NONE, "%" JSON_INTEGER_FORMAT, z.score);
        return 0;
}

static const TableColumn order_columns[] = {
        { "ZONE", TABLE_LEFT },
        { "ORDER", TABLE_RIGHT },
        { "SIZE", TABLE_RIGHT },
        { "FREE", TABLE_RIGHT },
        { "ALLOCATABLE", TABLE_RIGHT },
        { "UNUSABLE", TABLE_RIGHT },
        { "FRAGMENTATION", TABLE_RIGHT },
        { NULL, 0 },
};

static int order_row(Table *t, const char *zone, json_t *item)
{
        char a[UNIT_TEXT_MAX];
        OrderReply o;
        int r;

        r = reply_order(item, &o);
        if (r != 0)
                return r;
        table_row(t);
        table_set(t, 0, TONE_NONE, zone);
        table_setf(t, 1, TONE_NONE, "%" JSON_INTEGER_FORMAT, o.order);
        table_set(t, 2, TONE_NONE, text_size(a, o.size_bytes));
        table_setf(t, 3, TONE_NONE, "%" JSON_INTEGER_FORMAT, o.free);
        table_setf(t, 4, o.allocatable == 0 ? TONE_WARN : TONE_NONE, "%" JSON_INTEGER_FORMAT,
                o.allocatable);
        table_set(t, 5, TONE_NONE, text_permille(a, o.unusable_permille));
        table_set(t, 6, TONE_NONE, text_permille(a, o.extfrag_permille));
        return 0;
}

static int print_orders(const Cli *cli, json_t *zones)
{
        _cleanup_table_ Table *t = NULL;
        json_t *item, *order;
        size_t i, k;

        if (table_new(&t, cli, order_columns, true) < 0)
                return cli_oom();
        json_array_foreach(zones, i, item)
        {
                ZoneReply z;
                int r;

                r = reply_zone(item, &z);
                if (r != 0)
                        return r;
                json_array_foreach(z.orders, k, order)
                {
                        r = order_row(t, z.zone, order);
                        if (r != 0)
                                return r;
                }
        }
        return table_print(t, stdout, 2) < 0 ? cli_oom() : 0;
}

static int print_nodes(const Cli *cli, json_t *reply)
{
        json_t *nodes, *item;
        size_t i;
        int r;

        r = reply_list(reply, "nodes", &nodes);
        if (r != 0)
                return r;
        json_array_foreach(nodes, i, item)
        {
                NodeReply n;

                r = reply_node(item, &n);
                if (r != 0)
                        return r;
                if (i > 0)
                        putchar('\n');
                print_node(cli, &n);
                putchar('\n');
                r = table_print_list(cli, zone_columns, n.zones, zone_row, 2);
                if (r != 0)
                        return r;
                putchar('\n');
                r = print_orders(cli, n.zones);
                if (r != 0)
                        return r;
        }
        return 0;
}

int verb_zones(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        int r = 0;

        if (cli_has(cli, OPTION_NODE))
                r = client_parameter(&parameters, "node", json_integer(cli->node));
        if (r == 0 && cli_has(cli, OPTION_ORDER))
                r = client_parameter(&parameters, "order", json_integer(cli->order));
        if (r != 0)
                return r;
        r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.ListZones", parameters, &reply);
        if (r != 0)
                return r;
        return cli->json ? cli_print_json(cli, reply) : print_nodes(cli, reply);
}
