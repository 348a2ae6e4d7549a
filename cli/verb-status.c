/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/status-view.h"
#include "cli/watch.h"

int verb_status(const Cli *cli, char **args)
{
        StatusMoment moment = { 0 };
        _cleanup_json_ json_t *reply = NULL;
        int r;

        if (cli_has(cli, OPTION_WATCH))
                return watch_status(cli);
        if (cli_has(cli, OPTION_FOR)) {
                cli_error("--for: status shows one moment only without --watch");
                return EXIT_USAGE;
        }
        r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.GetStatus", NULL, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        moment.now = cli_now_monotonic();
        return status_screen(cli, reply, &moment, stdout);
}
