/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/findings.h"
#include "cli/reply-compaction.h"
#include "cli/table.h"
#include "cli/text.h"

static const struct {
        const char *kind, *title, *meaning;
} kinds[] = {
        { "direct", "direct", "tasks that allocate compact, and wait" },
        { "demand", "kcompactd, on demand", "woken for an allocation" },
        { "proactive", "kcompactd, proactive", "by itself, at a high score" },
        { "own", "manual, fragd", "nodeN/compact, started by fragd" },
        { "others", "manual, others", "vm.compact_memory, nodeN/compact" },
};

static const TableColumn kind_columns[] = {
        { "KIND", TABLE_LEFT },
        { "RUNS", TABLE_RIGHT },
        { "PER HOUR", TABLE_RIGHT },
        { "SUCCESS", TABLE_RIGHT },
        { "CPU", TABLE_RIGHT },
        { "", TABLE_LEFT },
        { "", TABLE_WRAP },
        { NULL, 0 },
};

static int kind_row(Table *t, json_t *item)
{
        CompactionKindReply k;
        char a[UNIT_TEXT_MAX];
        size_t i = 0;
        int r;

        r = reply_compaction_kind(item, &k);
        if (r != 0)
                return r;
        while (i < ELEMENTSOF(kinds) && !streq(kinds[i].kind, k.kind))
                i++;
        table_row(t);
        table_set(t, 0, TONE_STRONG, i < ELEMENTSOF(kinds) ? kinds[i].title : k.kind);
        table_set_number(t, 1, TONE_NONE, k.runs);
        table_set_number(t, 2, TONE_NONE, k.runs_per_hour);
        if (k.success_permyriad >= 0)
                table_set(t, 3,
                        k.success_permyriad < 1000   ? TONE_BAD
                        : k.success_permyriad < 5000 ? TONE_WARN
                                                     : TONE_GOOD,
                        text_percent(a, k.success_permyriad, 10000));
        if (k.cpu_usec >= 0)
                table_set(t, 4, TONE_NONE, text_duration_long(a, k.cpu_usec));
        table_set(t, 5, TONE_DIM, streq(k.how, "counted") ? "" : k.how);
        table_set(t, 6, TONE_DIM, i < ELEMENTSOF(kinds) ? kinds[i].meaning : "");
        return 0;
}

static const TableColumn thread_columns[] = {
        { "THREAD", TABLE_LEFT },
        { "STATE", TABLE_LEFT },
        { "CPU", TABLE_RIGHT },
        { "SHARE", TABLE_RIGHT },
        { "SCORE", TABLE_RIGHT },
        { "BEFORE", TABLE_RIGHT },
        { "ACTS ABOVE", TABLE_RIGHT },
        { "NOW", TABLE_LEFT },
        { NULL, 0 },
};

static int thread_row(Table *t, json_t *item)
{
        char a[UNIT_TEXT_MAX];
        KcompactdReply k;
        bool bad;
        int r;

        r = reply_kcompactd(item, &k);
        if (r != 0)
                return r;
        bad = streq(k.doing, "futile") || streq(k.doing, "deferred");
        table_row(t);
        table_setf(t, 0, TONE_STRONG, "kcompactd%" JSON_INTEGER_FORMAT, k.node);
        table_set(t, 1, k.state && *k.state == 'D' ? TONE_BAD : TONE_NONE, k.state ? k.state : "-");
        table_set(t, 2, TONE_NONE, text_duration_long(a, k.cpu_usec));
        table_set(t, 3, TONE_NONE, text_percent(a, k.cpu_permyriad, 10000));
        table_set_number(t, 4, TONE_NONE, k.score);
        table_set_number(t, 5, TONE_NONE, k.score_before);
        if (k.score_high >= 0)
                table_set_number(t, 6, TONE_NONE, k.score_high);
        else
                table_set(t, 6, TONE_NONE, "never");
        table_set(t, 7, bad ? TONE_WARN : TONE_NONE, k.doing);
        return 0;
}

static void print_pages(const CompactionReply *c)
{
        char a[UNIT_TEXT_MAX];

        if (c->window_usec > 0)
                printf("Compaction in the last %s",
                        text_duration_long(a, c->window_usec / (json_int_t)USEC_PER_SEC * (json_int_t)USEC_PER_SEC));
        else
                printf("Compaction: too early to say, fragd has just started");
        if (c->isolated_pages >= 0)
                printf(": %" JSON_INTEGER_FORMAT " pages isolated", c->isolated_pages);
        if (c->migrated_pages >= 0)
                printf(", %" JSON_INTEGER_FORMAT " moved, for whatever reason", c->migrated_pages);
        if (c->not_migrated_pages > 0)
                printf(", %" JSON_INTEGER_FORMAT " could not be", c->not_migrated_pages);
        puts("\n");
}

static int print_caveats(const Cli *cli, const CompactionReply *c)
{
        json_t *item;
        size_t i;

        json_array_foreach(c->caveats, i, item)
        {
                if (!json_string_value(item))
                        return reply_unexpected("caveats", "expected sentences");
                if (i == 0)
                        putchar('\n');
                printf("  ");
                text_wrap(stdout, json_string_value(item), cli->columns, 2, 2);
        }
        return 0;
}

static int print_compaction(const Cli *cli, json_t *reply)
{
        CompactionReply c;
        int r;

        r = reply_compaction(reply, &c);
        if (r != 0)
                return r;
        print_pages(&c);
        r = table_print_list(cli, kind_columns, c.kinds, kind_row, 2);
        if (r != 0)
                return r;
        putchar('\n');
        r = table_print_list(cli, thread_columns, c.kcompactd, thread_row, 2);
        if (r == 0)
                r = print_findings(cli, c.findings);
        return r == 0 ? print_caveats(cli, &c) : r;
}

int verb_compaction(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        int r = 0;

        if (cli_has(cli, OPTION_WINDOW))
                r = client_parameter(&parameters, "window_usec", json_integer((json_int_t)cli->window));
        if (r == 0)
                r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.GetCompaction", parameters, &reply);
        if (r != 0)
                return r;
        return cli->json ? cli_print_json(cli, reply) : print_compaction(cli, reply);
}
