/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/reply.h"
#include "cli/table.h"
#include "cli/text.h"

#define SPIN_USEC (200 * USEC_PER_MSEC)

/* How long it takes is the kernel's and the policy's business (action_limit, then settling): no
 * deadline here. */
static int wait_result(const Cli *cli, Client *c, json_t **ret)
{
        static const char wheel[] = "|/-\\";
        usec_t start = cli_now_monotonic();
        char took[UNIT_TEXT_MAX];

        for (unsigned turn = 0;; turn++) {
                _cleanup_json_ json_t *parameters = NULL;
                ClientReply reply;
                int r;

                r = client_wait(c, cli->err_tty ? SPIN_USEC : USEC_INFINITY, &reply, &parameters);
                if (cli->err_tty && (r != 0 || reply == CLIENT_LAST))
                        fputs("\r\033[K", stderr);
                if (r != 0)
                        return r;
                if (reply == CLIENT_LAST) {
                        *ret = TAKE_PTR(parameters);
                        return 0;
                }
                if (cli->err_tty)
                        fprintf(stderr, "\r\033[K%c compacting node %" PRIu32 ", %s",
                                wheel[turn % 4], cli->node,
                                text_duration(took, (int64_t)((cli_now_monotonic() - start) /
                                                              USEC_PER_SEC * USEC_PER_SEC)));
        }
}

static const TableColumn columns[] = { { "WHAT", TABLE_LEFT }, { "VALUE", TABLE_LEFT },
        { NULL, 0 } };

static void result_row(Table *t, const char *what, const char *value)
{
        table_row(t);
        table_set(t, 0, TONE_NONE, what);
        table_set(t, 1, TONE_STRONG, value);
}

static int print_result(const Cli *cli, const ResultReply *d)
{
        _cleanup_table_ Table *t = NULL;
        char a[UNIT_TEXT_MAX], b[UNIT_TEXT_MAX];

        if (table_new(&t, cli, columns, false) < 0)
                return cli_oom();
        if (d->gain != INT64_MIN) {
                snprintf(b, sizeof(b), "%s%s", d->gain < 0 ? "-" : "",
                        text_size(a, d->gain < 0 ? -d->gain : d->gain));
                result_row(t, "gain", b);
        }
        if (d->score_drop != INT64_MIN) {
                snprintf(b, sizeof(b), "%" JSON_INTEGER_FORMAT " points", d->score_drop);
                result_row(t, "score drop", b);
        }
        if (d->cost >= 0)
                result_row(t, "cost", text_duration_long(a, d->cost));
        if (d->took >= 0)
                result_row(t, "took", text_duration_long(a, d->took));
        if (d->migrated >= 0) {
                snprintf(b, sizeof(b), "%" JSON_INTEGER_FORMAT " pages", d->migrated);
                result_row(t, "moved", b);
        }
        if (d->scanned >= 0) {
                snprintf(b, sizeof(b), "%" JSON_INTEGER_FORMAT " pages", d->scanned);
                result_row(t, "looked at", b);
        }
        return table_print(t, stdout, 2) < 0 ? cli_oom() : 0;
}

/* Whether what was asked for is there. The decision is about blocks of `size`, which --until asked
 * for. */
static int check_until(const Cli *cli, const ResultReply *d)
{
        char have[UNIT_TEXT_MAX], want[UNIT_TEXT_MAX];
        int64_t wanted = (int64_t)(cli->until_size * cli->until_count);

        if (!cli_has(cli, OPTION_UNTIL) || d->current < 0 || d->current >= wanted)
                return EXIT_OK;
        cli_error("not reached: %s of %s are there in such blocks; see 'fragctl explain --node "
                  "%" PRIu32 "'",
                text_size(have, d->current), text_size(want, wanted), cli->node);
        return EXIT_FAILED;
}

static int print_outcome(const Cli *cli, json_t *reply)
{
        const char *sentence;
        json_error_t error;
        json_t *decision;
        ResultReply d;
        int r;

        if (json_unpack_ex(reply, &error, 0, "{s:s, s:o}", "sentence", &sentence, "decision",
                    &decision) < 0)
                return reply_unexpected("Compact", error.text);
        r = reply_result(decision, &d);
        if (r != 0)
                return r;
        if (cli->json)
                r = cli_print_json(cli, reply);
        else {
                text_wrap(stdout, sentence, cli->columns, 0, 0);
                r = print_result(cli, &d);
        }
        if (r != 0)
                return r;
        (void)fflush(stdout); /* before what may come on standard error */
        if (d.reason && streq(d.reason, "action-failed"))
                return EXIT_FAILED;
        return check_until(cli, &d);
}

int verb_compact(const Cli *cli, char **args)
{
        _cleanup_client_ Client *c = NULL;
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        int r;

        if (!cli_has(cli, OPTION_NODE)) {
                cli_error("compact: --node is missing: which node?");
                return EXIT_USAGE;
        }
        if (cli_has(cli, OPTION_UNTIL) && cli->until_count == 0) {
                cli_error("compact: --until: expected a size and a number of blocks, such as 2M:64");
                return EXIT_USAGE;
        }
        r = client_open(&c, cli, CLIENT_ADMIN);
        if (r != 0)
                return r;
        r = client_parameter(&parameters, "node", json_integer(cli->node));
        if (r == 0 && cli_has(cli, OPTION_UNTIL))
                r = client_parameter(
                        &parameters, "size_bytes", json_integer((json_int_t)cli->until_size));
        if (r == 0 && cli_has(cli, OPTION_UNTIL))
                r = client_parameter(
                        &parameters, "count", json_integer((json_int_t)cli->until_count));
        if (r != 0)
                return r;
        r = client_send(c, "io.fragd.Control.Compact", parameters, false);
        if (r != 0)
                return r;
        r = wait_result(cli, c, &reply);
        if (r != 0)
                return r;
        return print_outcome(cli, reply);
}
