/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* options.h - the command line of fragd, see fragd(8). */
#pragma once

#include <stdbool.h>

#include "base/usec.h"
#include "daemon/journal.h"

typedef enum Mode {
        MODE_RUN,
        MODE_ONCE,
        MODE_CHECK_CONFIG,
        MODE_LIST_OPTIONS,
        MODE_HELP,
        MODE_VERSION,
} Mode;

/* Strings are borrowed from argv or static. */
typedef struct Options {
        Mode mode;
        const char *config_path;
        bool config_given; /* it must exist then */
        const char *root, *runtime_dir, *state_dir;
        const char *user, *actor, *taskstats, *policy, *trace, *metrics; /* NULL: not given */
        bool observe, json;
        usec_t duration; /* USEC_INFINITY: until a signal */
        LogTarget log;
} Options;

/* 0; -EINVAL after one line on stderr. */
int options_parse(Options *ret, int argc, char **argv);
extern const char options_help[];
