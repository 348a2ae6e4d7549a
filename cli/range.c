/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/range.h"

#include "cli/client.h"

int range_take(const Cli *cli, const char *verb, usec_t fallback, usec_t *ret_since, usec_t *ret_until)
{
        usec_t since, until = cli_has(cli, OPTION_UNTIL) ? cli->until_time : cli_now_realtime();

        if (until == 0) {
                cli_error("%s: --until: expected a time such as 14:05, -10min or \"2026-11-22 14:05\"", verb);
                return EXIT_USAGE;
        }
        since = cli_has(cli, OPTION_SINCE) ? cli->since : usec_sub(until, fallback);
        if (since >= until) {
                cli_error("%s: --since is not before --until", verb);
                return EXIT_USAGE;
        }
        *ret_since = since;
        *ret_until = until;
        return 0;
}

int range_parameters(json_t **parameters, usec_t since, usec_t until)
{
        int r = client_parameter(parameters, "since_realtime_usec", json_integer((json_int_t)since));

        return r != 0 ? r : client_parameter(parameters, "until_realtime_usec", json_integer((json_int_t)until));
}
