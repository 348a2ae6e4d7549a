/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/findings.h"
#include "cli/reply-hugepages.h"
#include "cli/table.h"
#include "cli/text.h"

/* --- transparent huge pages --- */

static void print_settings(const HugePagesReply *h)
{
        char a[UNIT_TEXT_MAX];

        if (h->thp_bytes < 0) {
                puts("Transparent huge pages: this kernel has none");
                return;
        }
        printf("Transparent huge pages: %s", text_size(a, h->thp_bytes));
        if (h->enabled)
                printf(", enabled %s", h->enabled);
        if (h->defrag)
                printf(", defrag %s", h->defrag);
        if (h->shmem_enabled)
                printf(", shared memory %s", h->shmem_enabled);
        putchar('\n');
}

static int print_khugepaged(const HugePagesReply *h)
{
        char a[UNIT_TEXT_MAX];
        KhugepagedReply k;
        int r;

        r = reply_khugepaged(h->khugepaged, &k);
        if (r != 0 || k.pages_to_scan < 0)
                return r;
        printf("khugepaged: %" JSON_INTEGER_FORMAT " pages every %s", k.pages_to_scan,
                text_duration_long(a, k.scan_sleep_msec * (json_int_t)USEC_PER_MSEC));
        if (k.defrag == 0)
                printf(", does not compact");
        if (k.allocated >= 0 && k.failed >= 0)
                printf("; got %" JSON_INTEGER_FORMAT
                       " huge pages and failed to get %" JSON_INTEGER_FORMAT " in %s",
                        k.allocated, k.failed,
                        text_duration_long(a, h->window_usec / (json_int_t)USEC_PER_SEC * (json_int_t)USEC_PER_SEC));
        putchar('\n');
        return 0;
}

static const TableColumn size_columns[] = {
        { "SIZE", TABLE_RIGHT },
        { "ORDER", TABLE_RIGHT },
        { "ENABLED", TABLE_LEFT },
        { "IN THE LAST", TABLE_RIGHT },
        { "ALLOCATED", TABLE_RIGHT },
        { "FELL BACK", TABLE_RIGHT },
        { "NO BLOCK", TABLE_RIGHT },
        { "CGROUP LIMIT", TABLE_RIGHT },
        { "SHARE", TABLE_RIGHT },
        { NULL, 0 },
};

static int size_row(Table *t, json_t *item)
{
        char a[UNIT_TEXT_MAX];
        ThpSizeReply s;
        int r;

        r = reply_thp_size(item, &s);
        if (r != 0)
                return r;
        table_row(t);
        table_set(t, 0, TONE_STRONG, text_size(a, s.size_bytes));
        table_set_number(t, 1, TONE_NONE, s.order);
        table_set(t, 2, TONE_NONE, s.enabled ? s.enabled : "-");
        table_set(t, 3, TONE_DIM, text_duration(a, s.window_usec));
        table_set_number(t, 4, TONE_NONE, s.allocated);
        table_set_number(t, 5, TONE_NONE, s.fell_back);
        table_set_number(t, 6, s.no_block > 0 ? TONE_WARN : TONE_NONE, s.no_block);
        table_set_number(t, 7, TONE_NONE, s.cgroup_limit);
        if (s.no_block_permyriad >= 0)
                table_set(t, 8, s.no_block_permyriad >= 5000 ? TONE_BAD : TONE_NONE,
                        text_percent(a, s.no_block_permyriad, 10000));
        return 0;
}

/* --- pools --- */

static const TableColumn pool_columns[] = {
        { "POOL", TABLE_RIGHT },
        { "NODE", TABLE_RIGHT },
        { "PAGES", TABLE_RIGHT },
        { "FREE", TABLE_RIGHT },
        { "RESERVED", TABLE_RIGHT },
        { "SURPLUS", TABLE_RIGHT },
        { "OVERCOMMIT", TABLE_RIGHT },
        { "WANTED", TABLE_RIGHT },
        { "SHORT", TABLE_RIGHT },
        { NULL, 0 },
};

static int pool_row(Table *t, json_t *item)
{
        char a[UNIT_TEXT_MAX];
        HugePoolReply p;
        int r;

        r = reply_huge_pool(item, &p);
        if (r != 0)
                return r;
        table_row(t);
        table_set(t, 0, TONE_STRONG, text_size(a, p.size_bytes));
        if (p.node >= 0)
                table_set_number(t, 1, TONE_NONE, p.node);
        else
                table_set(t, 1, TONE_NONE, "all");
        table_set_number(t, 2, TONE_NONE, p.pages);
        table_set_number(t, 3, TONE_NONE, p.free);
        table_set_number(t, 4, TONE_NONE, p.reserved);
        table_set_number(t, 5, TONE_NONE, p.surplus);
        table_set_number(t, 6, TONE_NONE, p.overcommit);
        table_set_number(t, 7, TONE_NONE, p.wanted);
        table_set_number(t, 8, p.missing > 0 ? TONE_BAD : TONE_NONE, p.missing);
        return 0;
}

/* --- both --- */

static int print_list(const Cli *cli, const TableColumn *columns, json_t *list,
        int (*row)(Table *t, json_t *item))
{
        if (json_array_size(list) == 0)
                return 0;
        putchar('\n');
        return table_print_list(cli, columns, list, row, 2);
}

static int print_huge_pages(const Cli *cli, json_t *reply)
{
        HugePagesReply h;
        int r;

        r = reply_huge_pages(reply, &h);
        if (r != 0)
                return r;
        print_settings(&h);
        r = print_khugepaged(&h);
        if (r == 0)
                r = print_list(cli, size_columns, h.sizes, size_row);
        if (r == 0)
                r = print_list(cli, pool_columns, h.pools, pool_row);
        return r == 0 ? print_findings(cli, h.findings) : r;
}

int verb_hugepages(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        int r = 0;

        if (cli_has(cli, OPTION_WINDOW))
                r = client_parameter(&parameters, "window_usec", json_integer((json_int_t)cli->window));
        if (r == 0)
                r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.GetHugePages", parameters, &reply);
        if (r != 0)
                return r;
        return cli->json ? cli_print_json(cli, reply) : print_huge_pages(cli, reply);
}
