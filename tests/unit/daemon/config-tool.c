/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What fragd --list-options and --check-config do, without the rest of the daemon: for drift.py. */
#include <stdio.h>

#include "base/macros.h"
#include "daemon/config.h"

static int check(const char *path)
{
        _cleanup_(config_freep) Config *c = NULL;
        _cleanup_strbuf_ StrBuf text = {};
        ConfigErrors errors = {};
        int r = config_load(&c, path, true, false, &errors);

        config_errors_text(&errors, &text);
        config_errors_done(&errors);
        fputs(strbuf_text(&text), stderr);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
        _cleanup_strbuf_ StrBuf text = {};

        if (argc == 3 && streq(argv[1], "--check-config"))
                return check(argv[2]);
        if (argc != 2 || !streq(argv[1], "--list-options"))
                return 2;
        config_options_text(&text);
        fputs(strbuf_text(&text), stdout);
        return EXIT_SUCCESS;
}
