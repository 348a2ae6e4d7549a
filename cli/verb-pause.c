/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/text.h"

int verb_pause(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        char left[UNIT_TEXT_MAX];
        usec_t t = 0;
        int r = 0;

        if (args[0]) {
                if (duration_parse(args[0], &t) < 0 || t == 0 || t > INT64_MAX) {
                        cli_error("pause: expected a duration such as 30min or 2h, got '%s'",
                                args[0]);
                        return EXIT_USAGE;
                }
                r = client_parameter(&parameters, "for_usec", json_integer((json_int_t)t));
                if (r != 0)
                        return r;
        }
        r = client_request(cli, CLIENT_ADMIN, "io.fragd.Control.Pause", parameters, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        if (t > 0)
                printf("Paused for %s; 'fragctl resume' ends that.\n",
                        text_duration_long(left, (int64_t)t));
        else
                puts("Paused until 'fragctl resume'.");
        return EXIT_OK;
}

int verb_resume(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        int r;

        r = client_request(cli, CLIENT_ADMIN, "io.fragd.Control.Resume", NULL, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        puts("Resumed.");
        return EXIT_OK;
}
