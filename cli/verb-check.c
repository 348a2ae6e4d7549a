/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/reply.h"
#include "cli/text.h"
#include "cli/wanted.h"

static int say_wrong(const char *verb, const char *what)
{
        cli_error("%s: %s", verb, what);
        return EXIT_USAGE;
}

int wanted_parameters(const Cli *cli, const char *verb, json_t **ret)
{
        json_t *p = NULL;
        int r;

        if (!cli_has(cli, OPTION_SIZE) == !cli_has(cli, OPTION_ORDER))
                return say_wrong(verb, "expected either --size or --order: blocks of which size?");
        if (!cli_has(cli, OPTION_COUNT))
                return say_wrong(verb, "--count is missing: how many blocks?");
        if (cli_has(cli, OPTION_NODE) && cli_has(cli, OPTION_INTERLEAVE))
                return say_wrong(verb, "--node and --interleave: expected one or none of them");
        if (cli_has(cli, OPTION_SIZE) && cli->count > INT64_MAX / cli->size)
                return say_wrong(verb, "--count: no machine has so much memory");
        r = client_parameter(&p, "count", json_integer((json_int_t)cli->count));
        if (r == 0 && cli_has(cli, OPTION_SIZE))
                r = client_parameter(&p, "size_bytes", json_integer((json_int_t)cli->size));
        if (r == 0 && cli_has(cli, OPTION_ORDER))
                r = client_parameter(&p, "order", json_integer(cli->order));
        if (r == 0 && cli_has(cli, OPTION_NODE))
                r = client_parameter(&p, "node", json_integer(cli->node));
        if (r == 0 && cli_has(cli, OPTION_INTERLEAVE))
                r = client_parameter(&p, "interleave", json_true());
        if (r == 0)
                *ret = p;
        return r;
}

int verb_check(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        const char *outlook, *sentence;
        json_t *parameters = NULL;
        json_error_t error;
        int r;

        r = wanted_parameters(cli, "check", &parameters);
        if (r == 0)
                r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.Check", parameters, &reply);
        if (r != 0)
                return r;
        if (json_unpack_ex(reply, &error, 0, "{s:s, s:s}", "outlook", &outlook, "sentence", &sentence) < 0)
                return reply_unexpected("Check", error.text);
        if (cli->json)
                r = cli_print_json(cli, reply);
        else
                text_wrap(stdout, sentence, cli->columns, 0, 0);
        if (r != 0)
                return r;
        return streq(outlook, "now") ? EXIT_OK : streq(outlook, "compaction") ? EXIT_TIMED_OUT : EXIT_IMPOSSIBLE;
}
