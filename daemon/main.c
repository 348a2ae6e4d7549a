/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c - fragd: keeps contiguous memory ready. See fragd(8). */
#include <config.h> /* the generated one; daemon/config.h is the configuration */
#include <stdio.h>
#include <sys/stat.h>

#include "base/start.h"
#include "daemon/fragd-private.h"
#include "daemon/once.h"
#include "daemon/options.h"

static int check_config(const Options *o)
{
        _cleanup_(config_freep) Config *config = NULL;
        _cleanup_strbuf_ StrBuf text = { 0 };
        ConfigErrors errors = { 0 };
        int r;

        r = config_load(&config, o->config_path, o->config_given, CONFIG_OWNER_ROOT_OR_CALLER, &errors);
        config_errors_text(&errors, &text);
        fputs(strbuf_text(&text), stdout);
        config_errors_done(&errors);
        if (r < 0 && r != -EINVAL)
                fprintf(stderr, "fragd: cannot check %s: %s\n", o->config_path, strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int list_options(void)
{
        _cleanup_strbuf_ StrBuf text = { 0 };

        config_options_text(&text);
        if (strbuf_error(&text) < 0)
                return EXIT_FAILURE;
        fputs(strbuf_text(&text), stdout);
        return EXIT_SUCCESS;
}

static int run(const Options *o)
{
        _cleanup_(fragd_freep) Fragd *f = NULL;

        umask(022); /* sockets and directories are for everybody to see, whatever the caller prefers
                     */
        if (fragd_new(&f, o) < 0)
                return EXIT_FAILURE;
        return fragd_run(f);
}

int main(int argc, char **argv)
{
        Options o;

        reserve_stdio();
        if (options_parse(&o, argc, argv) < 0)
                return 2;
        switch (o.mode) {
        case MODE_HELP: fputs(options_help, stdout); return EXIT_SUCCESS;
        case MODE_VERSION: puts("fragd " FRAGD_VERSION); return EXIT_SUCCESS;
        case MODE_CHECK_CONFIG: return check_config(&o);
        case MODE_LIST_OPTIONS: return list_options();
        case MODE_ONCE: return once_run(&o);
        case MODE_RUN: break;
        }
        return run(&o);
}
