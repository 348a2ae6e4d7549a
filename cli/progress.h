/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* progress.h - what is being done, on a terminal, once that has taken more than a second; nothing
 * elsewhere. One line on standard error, gone when it is over. */
#pragma once

#include "cli/client.h"

typedef struct Progress {
        bool on; /* standard error is a terminal */
        bool shown;
        unsigned turn;
        usec_t start;
        const char *what; /* static text */
} Progress;

Progress progress_new(const Cli *cli, const char *what);
/* To be called now and then. */
void progress_tick(Progress *p);
void progress_done(Progress *p);
#define _cleanup_progress_ _cleanup_(progress_done)

/* Calls and waits, with progress, for one reply (more false) or the next. Exit code. */
int progress_wait(Progress *p, Client *c, ClientReply *ret, json_t **ret_parameters);
