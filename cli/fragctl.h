/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragctl.h - what every verb gets, and how it ends.
 *
 * A verb returns an exit code (enum Exit). Functions here that return `int` and are not verbs
 * either return 0 or the exit code to leave with, having said why on standard error ("says why"),
 * or negative errno, having said nothing. Nothing else prints errors. What the server sent was
 * cleaned of control characters before a verb sees it (client.h). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/usec.h"

/* Stable: scripts use them. */
typedef enum Exit {
        EXIT_OK = 0,
        EXIT_FAILED = 1,
        EXIT_USAGE = 2,
        EXIT_IMPOSSIBLE = 3, /* what was asked for cannot be had now */
        EXIT_TIMED_OUT = 4,  /* not yet: it was not reached in time, or needs compaction first */
        EXIT_UNREACHABLE = 5,
        EXIT_PERMISSION = 6,
} Exit;

typedef enum ColorMode {
        COLOR_AUTO,
        COLOR_ALWAYS,
        COLOR_NEVER,
} ColorMode;

typedef enum Option {
        OPTION_JSON,
        OPTION_RUNTIME_DIR,
        OPTION_COLOR,
        OPTION_HELP,
        OPTION_VERSION,
        OPTION_WATCH,
        OPTION_FOR,
        OPTION_NODE,
        OPTION_ORDER,
        OPTION_SIZE,
        OPTION_RUNTIME,
        OPTION_UNTIL,
        OPTION_SINCE,
        OPTION_FOLLOW,
        OPTION_LINES,
        OPTION_STEP,
        OPTION_CSV,
        OPTION_COUNT,
        OPTION_INTERLEAVE,
        OPTION_TIMEOUT,
        OPTION_HUGETLB,
        OPTION_ALLOW_DROP_CACHES,
        OPTION_KEEP_PARTIAL,
        OPTION_OUTPUT,
        OPTION_FORCE,
        OPTION_BUNDLE,
        OPTION_LIST,
        OPTION_WINDOW,
        OPTION_ROOT,
        OPTION_RULES,
        OPTION_KERNEL,
        OPTION_RELEASE,
        _OPTION_MAX,
} Option;

#define OPTION_BIT(o) (UINT64_C(1) << (o))
static_assert(_OPTION_MAX <= 64, "one bit for each option");

/* Everything the command line, the environment and the terminal say. */
typedef struct Cli {
        uint64_t given; /* OPTION_BIT() of each option that was on the command line */
        const char *runtime_dir;
        ColorMode color_mode;
        uint32_t node, order;
        uint64_t size;                    /* bytes */
        /* --until: what it is depends on the verb; 0 where it cannot be that */
        uint64_t until_size, until_count; /* bytes of one block, blocks */
        usec_t until_time;                /* realtime */
        usec_t step;
        usec_t window;
        usec_t for_usec;      /* --for: 0 where it is no duration, which is for 'advise' alone */
        const char *for_what; /* as it was written */
        usec_t since; /* realtime */
        uint64_t lines;
        uint64_t count; /* blocks */
        usec_t timeout;
        const char *root;   /* a machine as a directory; NULL: this one */
        const char *rules;  /* folder of rules; NULL: the installed ones */
        const char *kernel; /* a version; NULL */
        uint64_t release; /* number of a hold */
        const char *output; /* NULL: a name of its own; "-": standard output */

        bool json;
        bool color;             /* colours on standard output */
        bool utf8;              /* the locale's encoding */
        bool out_tty;           /* standard output is a terminal that can do more than print */
        bool err_tty;           /* same for standard error */
        unsigned columns, rows; /* of the terminal; columns 0: not a terminal, no limit */
} Cli;

typedef struct Verb {
        const char *name;
        const char *arguments; /* for the usage line */
        const char *summary;
        const char *help; /* paragraphs below the summary */
        uint64_t options; /* besides the ones that every verb takes */
        unsigned args_min, args_max;
        int (*run)(const Cli *cli, char **args); /* args: NULL-terminated, without the verb */
} Verb;

static inline bool cli_has(const Cli *cli, Option o)
{
        return cli->given & OPTION_BIT(o);
}

/* "fragctl: ..." on standard error, one line, control characters replaced. */
_printf_(1, 2) void cli_error(const char *format, ...);
/* Says so; EXIT_FAILED. Inline: that it is never 0 is to be seen. */
static inline int cli_oom(void)
{
        cli_error("out of memory");
        return EXIT_FAILED;
}
usec_t cli_now_monotonic(void);
usec_t cli_now_realtime(void);
/* Asks the terminal for its size (again). */
void cli_measure(Cli *cli);

/* Prints j for --json: indented on a terminal, else one line. Says why where it fails. */
int cli_print_json(const Cli *cli, const json_t *j);

static inline void json_freep(json_t **j)
{
        if (*j)
                json_decref(*j);
}
#define _cleanup_json_ _cleanup_(json_freep)

static inline void filep(FILE **f)
{
        if (*f)
                (void)fclose(*f);
}
#define _cleanup_file_ _cleanup_(filep)

int verb_top(const Cli *cli, char **args);
int verb_status(const Cli *cli, char **args);
int verb_advise(const Cli *cli, char **args);
int verb_census(const Cli *cli, char **args);
int verb_hugepages(const Cli *cli, char **args);
int verb_compaction(const Cli *cli, char **args);
int verb_stalls(const Cli *cli, char **args);
int verb_messages(const Cli *cli, char **args);
int verb_events(const Cli *cli, char **args);
int verb_zones(const Cli *cli, char **args);
int verb_decode(const Cli *cli, char **args);
int verb_explain(const Cli *cli, char **args);
int verb_policy(const Cli *cli, char **args);
int verb_reload(const Cli *cli, char **args);
int verb_knobs(const Cli *cli, char **args);
int verb_compact(const Cli *cli, char **args);
int verb_log(const Cli *cli, char **args);
int verb_history(const Cli *cli, char **args);
int verb_monitor(const Cli *cli, char **args);
int verb_report(const Cli *cli, char **args);
int verb_pause(const Cli *cli, char **args);
int verb_resume(const Cli *cli, char **args);
int verb_prepare(const Cli *cli, char **args);
int verb_check(const Cli *cli, char **args);
int verb_hold(const Cli *cli, char **args);
int verb_config(const Cli *cli, char **args);
