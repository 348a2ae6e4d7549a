/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* writers.h - who else sets what fragd looks at, in words. */
#pragma once

#include "cli/fragctl.h"
#include "cli/reply.h"

/* A table of all of them, an empty line before it; nothing where there are none. */
int writers_table(const Cli *cli, json_t *writers);
/* Which folders nobody but root may list. */
void writers_unread(const Cli *cli, json_t *unread);
/* A line for each that acts again and again: programs, cron, units. */
int writers_lines(json_t *writers, void (*line)(const char *text, void *userdata), void *userdata);
