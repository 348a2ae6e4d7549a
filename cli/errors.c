/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* errors.c - error replies in words. The errors are those of api/ and of org.varlink.service. */
#include "base/strbuf.h"
#include "cli/client.h"
#include "cli/suggest.h"
#include "cli/text.h"

static const char *member_text(const json_t *parameters, const char *name, const char *otherwise)
{
        const char *text = json_string_value(json_object_get(parameters, name));

        return text && *text ? text : otherwise;
}

/* "0, 1, 2" of a list of strings or numbers (numbers as sizes where asked). */
static void list_text(StrBuf *out, const json_t *list, bool sizes)
{
        char buf[UNIT_TEXT_MAX];
        const json_t *item;
        size_t i;

        json_array_foreach(list, i, item)
        {
                strbuf_puts(out, i > 0 ? ", " : "");
                if (json_is_string(item))
                        strbuf_puts(out, json_string_value(item));
                else if (json_is_integer(item) && sizes)
                        strbuf_puts(out, text_size(buf, json_integer_value(item)));
                else if (json_is_integer(item))
                        strbuf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(item));
        }
        if (json_array_size(list) == 0)
                strbuf_puts(out, "none");
}

static int say_unknown_policy(const json_t *parameters)
{
        _cleanup_strbuf_ StrBuf known = { 0 };
        const json_t *list = json_object_get(parameters, "known"), *item;
        const char *name = member_text(parameters, "name", "?");
        Suggest s = suggest_for(name);
        size_t i;

        json_array_foreach(list, i, item) if (json_is_string(item))
                suggest_offer(&s, json_string_value(item));
        list_text(&known, list, false);
        if (s.best)
                cli_error("there is no policy '%s'; did you mean '%s'? known: %s", name, s.best,
                        strbuf_text(&known));
        else
                cli_error("there is no policy '%s'; known: %s", name, strbuf_text(&known));
        return EXIT_FAILED;
}

static int say_unknown_node(const json_t *parameters)
{
        _cleanup_strbuf_ StrBuf known = { 0 };

        list_text(&known, json_object_get(parameters, "known"), false);
        cli_error("there is no node %" JSON_INTEGER_FORMAT "; nodes with memory: %s",
                json_integer_value(json_object_get(parameters, "node")), strbuf_text(&known));
        return EXIT_FAILED;
}

static int say_unknown_hold(const json_t *parameters)
{
        _cleanup_strbuf_ StrBuf known = { 0 };

        list_text(&known, json_object_get(parameters, "known"), false);
        cli_error("there is no hold %" JSON_INTEGER_FORMAT "; held: %s", json_integer_value(json_object_get(parameters, "hold")),
                strbuf_text(&known));
        return EXIT_FAILED;
}

static int say_unknown_size(const json_t *parameters)
{
        _cleanup_strbuf_ StrBuf known = { 0 };
        char buf[UNIT_TEXT_MAX];

        list_text(&known, json_object_get(parameters, "known"), true);
        cli_error("no objective of the policy is about blocks of %s; there are: %s",
                text_size(buf, json_integer_value(json_object_get(parameters, "size_bytes"))),
                strbuf_text(&known));
        return EXIT_FAILED;
}

/* One line an error, as compilers print them, so that editors can jump there. */
static int say_config_refused(const json_t *parameters)
{
        const json_t *list = json_object_get(parameters, "errors"), *e;
        size_t i, n = json_array_size(list);

        json_array_foreach(list, i, e)
        {
                json_int_t line = json_integer_value(json_object_get(e, "line"));
                const char *file = member_text(e, "file", "?"),
                           *message = member_text(e, "message", "?");

                if (line > 0)
                        fprintf(stderr, "%s:%" JSON_INTEGER_FORMAT ": %s\n", file, line, message);
                else
                        fprintf(stderr, "%s: %s\n", file, message);
        }
        cli_error("refused: %zu error%s; nothing was changed, fragd goes on with the configuration "
                  "before",
                n, n == 1 ? "" : "s");
        return EXIT_FAILED;
}

static int say_refused(const json_t *parameters)
{
        const char *reason = member_text(parameters, "reason", "fragd gives no reason");

        /* A sentence about a refusal says so itself. */
        cli_error("%s%s", strstr(reason, "refused: ") ? "" : "refused: ", reason);
        return EXIT_FAILED;
}

static int say_not_permitted(const json_t *parameters)
{
        cli_error("not permitted");
        return EXIT_PERMISSION;
}

static int say_no_sample(const json_t *parameters)
{
        cli_error("nothing is known of the memory yet: %s",
                member_text(parameters, "reason", "fragd gives no reason"));
        return EXIT_FAILED;
}

static int say_invalid_parameter(const json_t *parameters)
{
        cli_error("fragd refuses the value of '%s'", member_text(parameters, "parameter", "?"));
        return EXIT_FAILED;
}

static int say_unknown_method(const json_t *parameters)
{
        cli_error("this fragd cannot do that (no %s): is it older than fragctl?",
                member_text(
                        parameters, "method", member_text(parameters, "interface", "such method")));
        return EXIT_FAILED;
}

static const struct {
        const char *name;
        int (*say)(const json_t *parameters);
} known_errors[] = {
        { "io.fragd.Monitor.UnknownPolicy", say_unknown_policy },
        { "io.fragd.Monitor.UnknownNode", say_unknown_node },
        { "io.fragd.Monitor.UnknownSize", say_unknown_size },
        { "io.fragd.Monitor.NoSample", say_no_sample },
        { "io.fragd.Control.UnknownPolicy", say_unknown_policy },
        { "io.fragd.Control.UnknownNode", say_unknown_node },
        { "io.fragd.Control.UnknownHold", say_unknown_hold },
        { "io.fragd.Control.ConfigRefused", say_config_refused },
        { "io.fragd.Control.Refused", say_refused },
        { "org.varlink.service.InvalidParameter", say_invalid_parameter },
        { "org.varlink.service.MethodNotFound", say_unknown_method },
        { "org.varlink.service.MethodNotImplemented", say_unknown_method },
        { "org.varlink.service.InterfaceNotFound", say_unknown_method },
        { "org.varlink.service.PermissionDenied", say_not_permitted },
};

int client_error(const Cli *cli, const char *error, json_t *parameters)
{
        if (cli->json) {
                _cleanup_json_ json_t *j = json_pack(
                        "{s:s, s:O}", "error", error, "parameters", parameters);

                if (!j)
                        return cli_oom();
                (void)cli_print_json(cli, j);
        }
        if (text_clean_json(parameters, cli->utf8) < 0)
                return cli_oom();
        for (size_t i = 0; i < ELEMENTSOF(known_errors); i++)
                if (streq(error, known_errors[i].name))
                        return known_errors[i].say(parameters);
        cli_error("fragd answered with the error %s", error);
        return EXIT_FAILED;
}
