/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/color.h"
#include "cli/reply.h"
#include "cli/text.h"

static int print_entry(const Cli *cli, json_t *item)
{
        char when[UNIT_TEXT_MAX];
        LogEntryReply e;
        int r;

        r = reply_log_entry(item, &e);
        if (r != 0)
                return r;
        if (cli_has(cli, OPTION_NODE) && e.node != REPLY_UNKNOWN && e.node != cli->node)
                return 0;
        if (cli->json)
                return cli_print_json(cli, item);
        text_time_of_day(when, e.realtime, true);
        printf("%s%s%s  ", color_on(cli, TONE_DIM), when, color_off(cli, TONE_DIM));
        text_wrap(stdout, e.sentence, cli->columns, 10, 10);
        return 0;
}

static int print_entries(const Cli *cli, json_t *reply)
{
        json_t *list, *item;
        size_t i;
        int r;

        r = reply_list(reply, "entries", &list);
        if (r != 0)
                return r;
        json_array_foreach(list, i, item)
        {
                r = print_entry(cli, item);
                if (r != 0)
                        return r;
        }
        return fflush(stdout) != 0 ? EXIT_FAILED : 0; /* said by main() */
}

int verb_monitor(const Cli *cli, char **args)
{
        usec_t now = cli_now_monotonic(), end = USEC_INFINITY;
        _cleanup_client_ Client *c = NULL;
        json_t *parameters = NULL;
        int r;

        if (cli_has(cli, OPTION_FOR))
                end = usec_add(now, cli->for_usec);
        r = client_open(&c, cli, CLIENT_MONITOR);
        if (r == 0) /* what was is not wanted: entries of the future only */
                r = client_parameter(&parameters, "since_realtime_usec", json_integer(INT64_MAX));
        if (r == 0)
                r = client_send(c, "io.fragd.Monitor.GetLog", parameters, true);
        if (r == 0 && cli->err_tty)
                fputs("Waiting for decisions; Ctrl-C ends.\n", stderr);
        while (r == 0) {
                _cleanup_json_ json_t *reply = NULL;
                ClientReply kind;

                r = client_wait(c,
                        end == USEC_INFINITY ? end : MIN(usec_sub(end, now), USEC_PER_HOUR / 4),
                        &kind, &reply);
                now = cli_now_monotonic();
                if (r != 0 || now >= end)
                        break;
                if (kind == CLIENT_NOTHING)
                        continue;
                r = print_entries(cli, reply);
                if (r == 0 && kind == CLIENT_LAST) {
                        cli_error("fragd ended the log");
                        r = EXIT_UNREACHABLE;
                }
        }
        return r;
}
