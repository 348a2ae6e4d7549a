/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-view.h - a reply of GetStatus as one screen, or as one line. */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "cli/fragctl.h"
#include "cli/reply.h"

typedef struct StatusMoment {
        usec_t now;     /* monotonic: for the age of the last decision */
        usec_t elapsed; /* since the reply came */
        unsigned rows;  /* lines there are; 0: no limit. Few: what is met is left out first */
} StatusMoment;

/* 0 or exit code (says why). */
int status_screen(const Cli *cli, json_t *reply, const StatusMoment *moment, FILE *out);
/* Without the time and the line's end, so that two lines can be compared. */
int status_line(json_t *reply, FILE *out);
/* Appends what a node does or what keeps it from doing something, each after "; "; nothing where
 * all is quiet. elapsed: since the reply came. Says why where it fails. */
int status_clauses(const NodeReply *n, usec_t elapsed, StrBuf *text);
