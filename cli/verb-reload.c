/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/reply.h"

int verb_reload(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *files, *item;
        const char *policy;
        json_error_t error;
        size_t i;
        int r;

        /* what was refused is said where all errors are, errors.c */
        r = client_request(cli, CLIENT_ADMIN, "io.fragd.Control.Reload", NULL, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        r = reply_list(reply, "files", &files);
        if (r != 0)
                return r;
        if (json_unpack_ex(reply, &error, 0, "{s:s}", "policy", &policy) < 0)
                return reply_unexpected("Reload", error.text);
        printf("Accepted; policy %s is in force. Read:%s\n", policy,
                json_array_size(files) == 0 ? " no file, everything is built in." : "");
        json_array_foreach(files, i, item)
                printf("  %s\n", json_is_string(item) ? json_string_value(item) : "?");
        return EXIT_OK;
}
