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
        text_time(when, e.realtime);
        printf("%s%s%s  ", color_on(cli, TONE_DIM), when, color_off(cli, TONE_DIM));
        text_wrap(stdout, e.sentence, cli->columns, 2, (unsigned)text_width(when) + 2);
        return 0;
}

static int print_entries(const Cli *cli, json_t *reply, size_t *ret_n)
{
        json_t *list, *item;
        size_t i;
        int r;

        if (cli->json)
                return cli_print_json(cli, reply);
        r = reply_list(reply, "entries", &list);
        if (r != 0)
                return r;
        json_array_foreach(list, i, item)
        {
                r = print_entry(cli, item);
                if (r != 0)
                        return r;
        }
        *ret_n = json_array_size(list);
        return 0;
}

static int follow(const Cli *cli, Client *c)
{
        for (;;) {
                _cleanup_json_ json_t *reply = NULL;
                ClientReply kind;
                size_t n;
                int r;

                r = client_wait(c, USEC_INFINITY, &kind, &reply);
                if (r != 0)
                        return r;
                r = print_entries(cli, reply, &n);
                if (r != 0)
                        return r;
                if (fflush(stdout) != 0) /* said by main() */
                        return EXIT_FAILED;
                if (kind == CLIENT_LAST) {
                        cli_error("fragd ended the log");
                        return EXIT_UNREACHABLE;
                }
        }
}

int verb_log(const Cli *cli, char **args)
{
        _cleanup_client_ Client *c = NULL;
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        size_t n = 1;
        int r = 0;

        if (cli_has(cli, OPTION_SINCE))
                r = client_parameter(
                        &parameters, "since_realtime_usec", json_integer((json_int_t)cli->since));
        if (r == 0 && cli_has(cli, OPTION_LINES))
                r = client_parameter(&parameters, "limit", json_integer((json_int_t)cli->lines));
        if (r != 0)
                return r;
        if (cli_has(cli, OPTION_FOLLOW)) {
                r = client_open(&c, cli, CLIENT_MONITOR);
                if (r != 0) {
                        json_decref(parameters);
                        return r;
                }
                r = client_send(c, "io.fragd.Monitor.GetLog", parameters, true);
                return r != 0 ? r : follow(cli, c);
        }
        r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.GetLog", parameters, &reply);
        if (r != 0)
                return r;
        r = print_entries(cli, reply, &n);
        if (r == 0 && n == 0)
                puts(cli_has(cli, OPTION_SINCE) ? "Nothing was done or changed since then."
                                                : "Nothing was done or changed yet.");
        return r;
}
