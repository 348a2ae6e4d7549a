/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/table.h"
#include "cli/writers.h"

static const TableColumn columns[] = {
        { "KNOB", TABLE_LEFT },
        { "VALUE", TABLE_RIGHT },
        { "BEFORE", TABLE_RIGHT },
        { "SET BY", TABLE_LEFT },
        { "FRAGD MAY SET", TABLE_LEFT },
        { NULL, 0 },
};

static int knob_row(Table *t, json_t *item)
{
        KnobReply k;
        int r;

        r = reply_knob(item, &k);
        if (r != 0)
                return r;
        table_row(t);
        table_set(t, 0, TONE_NONE, k.knob);
        if (!k.available) {
                table_set(t, 1, TONE_DIM, "-");
                table_set(t, 2, TONE_DIM, "-");
                table_set(t, 3, TONE_DIM, "not here");
                table_set(t, 4, TONE_DIM, k.managed ? "" : "never");
                return 0;
        }
        table_set_number(t, 1, k.value != k.baseline ? TONE_STRONG : TONE_NONE, k.value);
        table_set_number(t, 2, TONE_NONE, k.baseline);
        table_set(t, 3, streq(k.owner, "other") || k.rival ? TONE_WARN : TONE_NONE,
                k.rival                    ? k.rival
                : streq(k.owner, "nobody") ? "-"
                                           : k.owner);
        if (k.managed)
                table_setf(t, 4, TONE_NONE, "%" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT,
                        k.min, k.max);
        else
                table_set(t, 4, TONE_NONE, "never");
        return 0;
}

int verb_knobs(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *list;
        int r;

        r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.ListKnobs", NULL, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        r = reply_list(reply, "knobs", &list);
        if (r == 0)
                r = table_print_list(cli, columns, list, knob_row, 0);
        if (r == 0)
                r = writers_table(cli, json_object_get(reply, "writers"));
        if (r == 0)
                writers_unread(cli, json_object_get(reply, "unread"));
        return r;
}
