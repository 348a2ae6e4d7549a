/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/reply.h"
#include "cli/suggest.h"
#include "cli/table.h"
#include "cli/text.h"

static const TableColumn columns[] = {
        { "NAME", TABLE_LEFT },
        { "IN FORCE", TABLE_LEFT },
        { "ACTS", TABLE_LEFT },
        { "FROM", TABLE_LEFT },
        { "DESCRIPTION", TABLE_WRAP },
        { NULL, 0 },
};

static int policy_row(Table *t, json_t *item)
{
        const char *name, *description, *source;
        int active, acts;
        json_error_t error;

        if (json_unpack_ex(item, &error, 0, "{s:s, s:s, s:b, s:b, s:s}", "name", &name,
                    "description", &description, "active", &active, "acts", &acts, "source",
                    &source) < 0)
                return reply_unexpected("policy", error.text);
        table_row(t);
        table_set(t, 0, active ? TONE_STRONG : TONE_NONE, name);
        table_set(t, 1, active ? TONE_GOOD : TONE_NONE, active ? "yes" : "");
        table_set(t, 2, TONE_NONE, acts ? "yes" : "no");
        table_set(t, 3, TONE_NONE, source);
        table_set(t, 4, TONE_NONE, description);
        return 0;
}

static int policy_list(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *list;
        int r;

        r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.ListPolicies", NULL, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        r = reply_list(reply, "policies", &list);
        return r != 0 ? r : table_print_list(cli, columns, list, policy_row, 0);
}

static int policy_show(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        const char *text, *source;
        json_error_t error;
        int r;

        r = client_parameter(&parameters, "name", json_string(args[0]));
        if (r != 0)
                return r;
        r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.ShowPolicy", parameters, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        if (json_unpack_ex(reply, &error, 0, "{s:s, s:s}", "text", &text, "source", &source) < 0)
                return reply_unexpected("ShowPolicy", error.text);
        /* a comment, so that the whole can be put into a configuration file */
        printf("%s# %s%s\n%s%s", color_on(cli, TONE_DIM), source, color_off(cli, TONE_DIM), text,
                *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
        return EXIT_OK;
}

static int policy_set(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        const char *previous, *policy, *after = "the one before";
        json_t *parameters = NULL;
        char left[UNIT_TEXT_MAX];
        json_error_t error;
        int r;

        r = client_parameter(&parameters, "name", json_string(args[0]));
        if (r == 0 && cli_has(cli, OPTION_FOR))
                r = client_parameter(
                        &parameters, "for_usec", json_integer((json_int_t)cli->for_usec));
        if (r == 0 && cli_has(cli, OPTION_RUNTIME))
                r = client_parameter(&parameters, "runtime", json_true());
        if (r != 0)
                return r;
        r = client_request(cli, CLIENT_ADMIN, "io.fragd.Control.SetPolicy", parameters, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        if (json_unpack_ex(reply, &error, 0, "{s:s, s:s, s?s}", "previous", &previous, "policy",
                    &policy, "policy_after", &after) < 0)
                return reply_unexpected("SetPolicy", error.text);
        printf("Policy %s is in force", policy);
        if (cli_has(cli, OPTION_FOR))
                printf(" for %s, then %s again.\n",
                        text_duration_long(left, (int64_t)cli->for_usec), after);
        else
                printf("%s; before: %s.\n",
                        cli_has(cli, OPTION_RUNTIME) ? " until fragd is restarted" : "", previous);
        return EXIT_OK;
}

static const struct {
        const char *name;
        bool named; /* takes the name of a policy */
        uint64_t options;
        int (*run)(const Cli *cli, char **args);
} verbs[] = {
        { "list", false, 0, policy_list },
        { "show", true, 0, policy_show },
        { "set", true, OPTION_BIT(OPTION_FOR) | OPTION_BIT(OPTION_RUNTIME), policy_set },
};

int verb_policy(const Cli *cli, char **args)
{
        Suggest s = suggest_for(args[0]);
        uint64_t given = cli->given & (OPTION_BIT(OPTION_FOR) | OPTION_BIT(OPTION_RUNTIME));

        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                suggest_offer(&s, verbs[i].name);
                if (!streq(args[0], verbs[i].name))
                        continue;
                if (verbs[i].named != (args[1] != NULL)) {
                        cli_error(verbs[i].named ? "policy %s: the name of a policy is missing; "
                                                   "see 'fragctl policy list'"
                                                 : "policy %s: takes no name",
                                verbs[i].name);
                        return EXIT_USAGE;
                }
                if (given & ~verbs[i].options) {
                        cli_error("policy %s: --for and --runtime are for 'policy set'",
                                verbs[i].name);
                        return EXIT_USAGE;
                }
                if (given == verbs[i].options && given) {
                        cli_error("policy set: --for and --runtime exclude each other: a policy "
                                  "set for a time is never kept");
                        return EXIT_USAGE;
                }
                return verbs[i].run(cli, args + 1);
        }
        if (s.best)
                cli_error("policy: unknown '%s'; did you mean '%s'?", args[0], s.best);
        else
                cli_error("policy: unknown '%s'; expected list, show or set", args[0]);
        return EXIT_USAGE;
}
