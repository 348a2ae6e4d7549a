/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-config.c - a configuration text: refused with errors that can be shown, or understood as
 * policies that hold together and can be printed and read again. */
#include <errno.h>
#include <stdio.h>

#include "base/macros.h"
#include "daemon/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "fuzz-config: %s\n", what);
        abort();
}

static unsigned count_lines(const char *text)
{
        unsigned n = 1;

        for (; *text; text++)
                n += *text == '\n';
        return n;
}

static void check_errors(const ConfigErrors *errors, const char *text)
{
        unsigned lines = count_lines(text);

        require(errors->n > 0, "refused without an error");
        for (size_t i = 0; i < errors->n; i++) {
                const ConfigError *e = &errors->items[i];

                require(streq(e->file, "f"), "an error of no file");
                require(e->line > 0 && e->line <= lines, "an error of no line");
                require(*e->message, "an error without words");
                for (const char *p = e->message; *p; p++)
                        require((unsigned char)*p >= 0x20 && *p != 0x7f,
                                "a control character in a message");
        }
}

/* Printed, read and printed again: the same text, and so the same policy. */
static void check_policy(const Policy *p)
{
        _cleanup_strbuf_ StrBuf first = {}, second = {};
        _cleanup_(config_freep) Config *c = NULL;
        ConfigErrors errors = {};
        char reason[POLICY_REASON_MAX];

        require(policy_check(p, reason) == 0 && p->n_objectives > 0, "accepted, but not sound");
        config_policy_text(p, &first);
        require(config_load_text(&c, "f", strbuf_text(&first), &errors) == 0,
                "what it prints it refuses");
        require(config_policy(c, p->name), "the name is lost");
        config_policy_text(&config_policy(c, p->name)->policy, &second);
        require(streq(strbuf_text(&first), strbuf_text(&second)), "not the same again");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(config_freep) Config *c = NULL;
        _cleanup_free_ char *text = malloc(size + 1);
        ConfigErrors errors = {};
        int r;

        require(text, "out of memory");
        if (size > 0)
                memcpy(text, data, size);
        text[size] = 0;
        r = config_load_text(&c, "f", text, &errors);
        require(r == 0 || r == -EINVAL, "neither success nor -EINVAL");
        require((r == 0) == (errors.n + errors.dropped == 0), "success with errors");
        if (r < 0)
                check_errors(&errors, text);
        else {
                require(config_policy(c, c->policy), "follows a policy that is not there");
                check_policy(&c->policies[c->n_policies - 1].policy);
                check_policy(&config_policy(c, "balanced")->policy);
        }
        config_errors_done(&errors);
        return 0;
}
