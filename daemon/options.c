/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/units.h"
#include "daemon/inet-address.h"
#include <config.h> /* the generated one; daemon/config.h is the configuration */

const char options_help[] =
        "Usage: fragd [OPTION...]                      keep contiguous memory ready, in the "
        "foreground\n"
        "       fragd --once [--json] [--root DIR]     print one sample and what would be decided\n"
        "       fragd --check-config [FILE]            print every error of a configuration\n"
        "       fragd --list-options                   print the options of the configuration\n"
        "\n"
        "  -c, --config FILE      configuration (" FRAGD_CONFIG_PATH ")\n"
        "      --policy NAME      follow this policy, whatever the configuration says\n"
        "      --observe          watch and say what would be done, change nothing\n"
        "      --for DURATION     end after this long (20s, 2h)\n"
        "      --user NAME|UID    whom to become after the start (fragd, else nobody, else 65534)\n"
        "      --actor PATH       fragd-actor, the part that keeps privilege\n"
        "      --taskstats PATH   fragd-taskstats, which asks what processes waited for\n"
        "      --metrics ADDRESS  serve metrics there: 127.0.0.1:10816\n"
        "      --root DIR         a recorded or fake machine instead of /\n"
        "      --runtime-dir DIR  sockets and baseline (" FRAGD_RUNTIME_DIR ")\n"
        "      --state-dir DIR    what is kept across restarts (" FRAGD_STATE_DIR ")\n"
        "      --log TARGET       auto, journal or stderr (auto)\n"
        "      --trace FILE       record all that is decided on in a new file, for a bug report\n"
        "      --json             with --once: JSON\n"
        "  -h, --help             print this\n"
        "      --version          print the version\n"
        "\n"
        "Exit status: 0 ended as asked, 1 failed, 2 wrong usage. See fragd(8).\n";

enum {
        OPT_POLICY = 0x100,
        OPT_OBSERVE,
        OPT_FOR,
        OPT_USER,
        OPT_ACTOR,
        OPT_TASKSTATS,
        OPT_ROOT,
        OPT_METRICS,
        OPT_RUNTIME_DIR,
        OPT_STATE_DIR,
        OPT_LOG,
        OPT_TRACE,
        OPT_JSON,
        OPT_ONCE,
        OPT_CHECK_CONFIG,
        OPT_LIST_OPTIONS,
        OPT_VERSION,
};

static const struct option long_options[] = {
        { "config", required_argument, NULL, 'c' },
        { "policy", required_argument, NULL, OPT_POLICY },
        { "observe", no_argument, NULL, OPT_OBSERVE },
        { "for", required_argument, NULL, OPT_FOR },
        { "user", required_argument, NULL, OPT_USER },
        { "actor", required_argument, NULL, OPT_ACTOR },
        { "taskstats", required_argument, NULL, OPT_TASKSTATS },
        { "root", required_argument, NULL, OPT_ROOT },
        { "metrics", required_argument, NULL, OPT_METRICS },
        { "runtime-dir", required_argument, NULL, OPT_RUNTIME_DIR },
        { "state-dir", required_argument, NULL, OPT_STATE_DIR },
        { "log", required_argument, NULL, OPT_LOG },
        { "trace", required_argument, NULL, OPT_TRACE },
        { "json", no_argument, NULL, OPT_JSON },
        { "once", no_argument, NULL, OPT_ONCE },
        { "check-config", no_argument, NULL, OPT_CHECK_CONFIG },
        { "list-options", no_argument, NULL, OPT_LIST_OPTIONS },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
};

_printf_(1, 2) static int usage_error(const char *format, ...)
{
        va_list ap;

        fputs("fragd: ", stderr);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputs("; see fragd --help\n", stderr);
        return -EINVAL;
}

static int set_mode(Options *o, Mode mode)
{
        if (o->mode != MODE_RUN && o->mode != mode)
                return usage_error(
                        "only one of --once, --check-config and --list-options at a time");
        o->mode = mode;
        return 0;
}

static int set_duration(Options *o, const char *text)
{
        usec_t t;

        if (duration_parse(text, &t) < 0 || t == 0)
                return usage_error("--for %s: expected a duration like 20s or 2h", text);
        o->duration = t;
        return 0;
}

static int set_log(Options *o, const char *text)
{
        if (log_target_from_name(text, &o->log) < 0)
                return usage_error("--log %s: expected auto, journal or stderr", text);
        return 0;
}

static int set_metrics(Options *o, const char *text)
{
        if (inet_address_parse(text, NULL, NULL) < 0)
                return usage_error("--metrics %s: expected an address and a port like 127.0.0.1:10816 or [::1]:10816", text);
        o->metrics = text;
        return 0;
}

static int option_apply(Options *o, int c)
{
        switch (c) {
        case 'c':
                o->config_path = optarg;
                o->config_given = true;
                return 0;
        case 'h': o->mode = MODE_HELP; return 0;
        case OPT_VERSION: o->mode = MODE_VERSION; return 0;
        case OPT_ONCE: return set_mode(o, MODE_ONCE);
        case OPT_CHECK_CONFIG: return set_mode(o, MODE_CHECK_CONFIG);
        case OPT_LIST_OPTIONS: return set_mode(o, MODE_LIST_OPTIONS);
        case OPT_POLICY: o->policy = optarg; return 0;
        case OPT_OBSERVE: o->observe = true; return 0;
        case OPT_FOR: return set_duration(o, optarg);
        case OPT_USER: o->user = optarg; return 0;
        case OPT_ACTOR: o->actor = optarg; return 0;
        case OPT_TASKSTATS: o->taskstats = optarg; return 0;
        case OPT_ROOT: o->root = optarg; return 0;
        case OPT_METRICS: return set_metrics(o, optarg);
        case OPT_RUNTIME_DIR: o->runtime_dir = optarg; return 0;
        case OPT_STATE_DIR: o->state_dir = optarg; return 0;
        case OPT_LOG: return set_log(o, optarg);
        case OPT_TRACE: o->trace = optarg; return 0;
        case OPT_JSON: o->json = true; return 0;
        default: return -EINVAL; /* getopt has said what is wrong */
        }
}

/* What is left of the command line. */
static int arguments_apply(Options *o, int argc, char **argv)
{
        if (o->mode == MODE_CHECK_CONFIG && optind < argc) {
                if (o->config_given)
                        return usage_error(
                                "--check-config %s: -c names a file already", argv[optind]);
                o->config_path = argv[optind++];
                o->config_given = true;
        }
        if (optind < argc)
                return usage_error("unexpected argument \"%s\"", argv[optind]);
        if (o->json && o->mode != MODE_ONCE)
                return usage_error("--json goes with --once");
        if (o->trace && o->mode != MODE_RUN)
                return usage_error("--trace goes with a fragd that runs");
        if (o->metrics && o->mode != MODE_RUN)
                return usage_error("--metrics goes with a fragd that runs");
        return 0;
}

int options_parse(Options *ret, int argc, char **argv)
{
        Options o = {
                .mode = MODE_RUN,
                .config_path = FRAGD_CONFIG_PATH,
                .root = "/",
                .runtime_dir = FRAGD_RUNTIME_DIR,
                .state_dir = FRAGD_STATE_DIR,
                .duration = USEC_INFINITY,
                .log = LOG_TARGET_AUTO,
        };
        int c, r;

        optind = 1;
        while ((c = getopt_long(argc, argv, "c:h", long_options, NULL)) >= 0) {
                r = option_apply(&o, c);
                if (r < 0)
                        return r;
                if (o.mode == MODE_HELP || o.mode == MODE_VERSION)
                        break;
        }
        if (o.mode != MODE_HELP && o.mode != MODE_VERSION) {
                r = arguments_apply(&o, argc, argv);
                if (r < 0)
                        return r;
        }
        *ret = o;
        return 0;
}
