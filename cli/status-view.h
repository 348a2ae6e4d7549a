/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-view.h - a reply of GetStatus as one screen, or as one line. */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "cli/fragctl.h"

typedef struct StatusMoment {
        usec_t now;     /* monotonic: for the age of the last decision */
        usec_t elapsed; /* since the reply came */
        unsigned rows;  /* lines there are; 0: no limit. Few: what is met is left out first */
} StatusMoment;

/* 0 or exit code (says why). */
int status_screen(const Cli *cli, json_t *reply, const StatusMoment *moment, FILE *out);
/* Without the time and the line's end, so that two lines can be compared. */
int status_line(json_t *reply, FILE *out);
