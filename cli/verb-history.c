/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/history-view.h"
#include "cli/range.h"
#include "cli/reply.h"

#define SINCE_DEFAULT USEC_PER_HOUR
#define ROWS          10 /* of the table, unless --step says otherwise */
#define MARKS_LEAST   20U
#define MARKS_MOST    240U

static int send(Client *c, const Cli *cli, const HistoryRange *range, usec_t step)
{
        json_t *p = NULL;
        int r;

        r = range_parameters(&p, range->since, range->until);
        if (r == 0 && step > 0)
                r = client_parameter(&p, "step_usec", json_integer((json_int_t)step));
        if (r == 0 && cli_has(cli, OPTION_NODE))
                r = client_parameter(&p, "node", json_integer(cli->node));
        if (r == 0 && cli_has(cli, OPTION_ORDER))
                r = client_parameter(&p, "order", json_integer(cli->order));
        return r != 0 ? r : client_send(c, "io.fragd.Monitor.GetHistory", p, true);
}

/* All steps of all replies, as one array. step 0: as fine as they are kept. */
static int get(Client *c, const Cli *cli, const HistoryRange *range, usec_t step, json_t **ret)
{
        _cleanup_json_ json_t *all = json_array();
        ClientReply kind;
        int r;

        if (!all)
                return cli_oom();
        r = send(c, cli, range, step);
        if (r != 0)
                return r;
        do {
                _cleanup_json_ json_t *reply = NULL;
                json_t *steps;

                r = client_wait(c, CLIENT_REPLY_USEC, &kind, &reply);
                if (r == 0 && kind == CLIENT_NOTHING) {
                        cli_error("fragd does not answer");
                        return EXIT_UNREACHABLE;
                }
                if (r == 0)
                        r = reply_list(reply, "steps", &steps);
                if (r != 0)
                        return r;
                if (json_array_extend(all, steps) < 0)
                        return cli_oom();
        } while (kind == CLIENT_CONTINUES);
        *ret = TAKE_PTR(all);
        return 0;
}

static int print_raw(Client *c, const Cli *cli, const HistoryRange *range)
{
        _cleanup_json_ json_t *steps = NULL, *whole = NULL;
        int r;

        r = get(c, cli, range, cli->step, &steps);
        if (r != 0)
                return r;
        if (cli_has(cli, OPTION_CSV))
                return history_csv(steps);
        whole = json_pack("{s:O}", "steps", steps);
        return whole ? cli_print_json(cli, whole) : cli_oom();
}

static int print_screen(Client *c, const Cli *cli, const HistoryRange *range)
{
        unsigned room = CLAMP(LESS_BY(cli->columns, 2 + HISTORY_LABEL), MARKS_LEAST, MARKS_MOST);
        _cleanup_json_ json_t *marks = NULL, *rows = NULL;
        usec_t mark_step = history_step(range, cli->columns ? room : 62);
        usec_t row_step = cli->step > 0 ? cli->step : history_step(range, ROWS);
        int r;

        r = get(c, cli, range, mark_step, &marks);
        if (r == 0)
                r = get(c, cli, range, row_step, &rows);
        return r != 0 ? r : history_print(cli, range, marks, mark_step, rows);
}

int verb_history(const Cli *cli, char **args)
{
        _cleanup_client_ Client *c = NULL;
        HistoryRange range;
        int r;

        if (cli->json && cli_has(cli, OPTION_CSV)) {
                cli_error("history: --json and --csv exclude each other");
                return EXIT_USAGE;
        }
        r = range_take(cli, "history", SINCE_DEFAULT, &range.since, &range.until);
        if (r == 0)
                r = client_open(&c, cli, CLIENT_MONITOR);
        if (r != 0)
                return r;
        return cli->json || cli_has(cli, OPTION_CSV) ? print_raw(c, cli, &range)
                                                     : print_screen(c, cli, &range);
}
