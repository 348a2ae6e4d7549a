/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pwd.h>

#include "base/limits.h"
#include "cli/client.h"
#include "cli/reply.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/wanted.h"

static int say_wrong(const char *what)
{
        cli_error("hold: %s", what);
        return EXIT_USAGE;
}

/* --- what is held --- */

static const TableColumn columns[] = {
        { "HOLD", TABLE_RIGHT },
        { "SIZE", TABLE_RIGHT },
        { "COUNT", TABLE_RIGHT },
        { "THERE", TABLE_RIGHT },
        { "NODE", TABLE_RIGHT },
        { "VERDICT", TABLE_LEFT },
        { "LEFT", TABLE_RIGHT },
        { "FOR", TABLE_LEFT },
        { NULL, 0 },
};

/* The user's name, where this machine knows it: fragd may be another one. */
static void set_user(Table *t, json_int_t uid)
{
        const struct passwd *p = getpwuid((uid_t)uid);

        if (p)
                table_setf(t, 7, TONE_NONE, "%s (uid %" JSON_INTEGER_FORMAT ")", p->pw_name, uid);
        else
                table_setf(t, 7, TONE_NONE, "uid %" JSON_INTEGER_FORMAT, uid);
}

static int add_row(Table *t, json_t *item)
{
        char text[UNIT_TEXT_MAX];
        HoldReply h;
        int r;

        r = reply_hold(item, &h);
        if (r != 0)
                return r;
        table_row(t);
        table_setf(t, 0, TONE_STRONG, "%" JSON_INTEGER_FORMAT, h.hold);
        table_set(t, 1, TONE_NONE, text_size(text, h.size_bytes));
        table_setf(t, 2, TONE_NONE, "%" JSON_INTEGER_FORMAT, h.count);
        table_setf(t, 3, TONE_NONE, "%" JSON_INTEGER_FORMAT, h.there);
        if (h.node >= 0)
                table_setf(t, 4, TONE_NONE, "%" JSON_INTEGER_FORMAT, h.node);
        else
                table_set(t, 4, TONE_NONE, "all");
        table_set(t, 5, color_verdict(h.verdict), h.verdict);
        table_set(t, 6, TONE_NONE, text_duration_long(text, h.left_usec));
        set_user(t, h.uid);
        return 0;
}

static int list_holds(const Cli *cli)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *holds;
        int r;

        r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.ListHolds", NULL, &reply);
        if (r == 0)
                r = reply_list(reply, "holds", &holds);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        if (json_array_size(holds) == 0) {
                puts("Nothing is held.");
                return EXIT_OK;
        }
        return table_print_list(cli, columns, holds, add_row, 0);
}

/* --- beginning and ending one --- */

/* The reply's sentence, or the reply; state: NULL where it has none. */
static int show(const Cli *cli, json_t *reply, const char *what, const char **ret_state)
{
        const char *sentence, *state = NULL;
        int r;

        r = REPLY_UNPACK(reply, what, "{s:s, s?s}", "sentence", &sentence, "state", &state);
        if (r != 0)
                return r;
        if (cli->json)
                r = cli_print_json(cli, reply);
        else
                text_wrap(stdout, sentence, cli->columns, 0, 0);
        *ret_state = state;
        return r;
}

static int release(const Cli *cli)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        const char *state;
        int r;

        r = client_parameter(&parameters, "hold", json_integer((json_int_t)cli->release));
        if (r == 0)
                r = client_request(cli, CLIENT_ADMIN, "io.fragd.Control.Release", parameters, &reply);
        return r != 0 ? r : show(cli, reply, "Release", &state);
}

static int begin(const Cli *cli)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        const char *state = NULL;
        int r;

        if (!cli_has(cli, OPTION_FOR))
                return say_wrong("--for is missing: for how long?");
        if (cli->for_usec > HOLD_USEC_MAX)
                return say_wrong("--for: expected 24h at most; what is wanted for longer stands in a policy, see fragd.conf(5)");
        r = wanted_parameters(cli, "hold", &parameters);
        if (r == 0)
                r = client_parameter(&parameters, "for_usec", json_integer((json_int_t)cli->for_usec));
        if (r == 0)
                r = client_request(cli, CLIENT_ADMIN, "io.fragd.Control.Hold", parameters, &reply);
        if (r == 0)
                r = show(cli, reply, "Hold", &state);
        if (r != 0)
                return r;
        return state && streq(state, "held") ? EXIT_OK : EXIT_IMPOSSIBLE;
}

int verb_hold(const Cli *cli, char **args)
{
        const uint64_t of_begin = OPTION_BIT(OPTION_SIZE) | OPTION_BIT(OPTION_ORDER) | OPTION_BIT(OPTION_COUNT) |
                                  OPTION_BIT(OPTION_NODE) | OPTION_BIT(OPTION_FOR);

        if (!cli_has(cli, OPTION_RELEASE))
                return cli->given & of_begin ? begin(cli) : list_holds(cli);
        if (cli->given & of_begin)
                return say_wrong("--release takes the number of a hold, and nothing else");
        return release(cli);
}
