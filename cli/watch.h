/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* watch.h - the status again and again: a screen that is refreshed, or lines where there is no
 * terminal. */
#pragma once

#include "cli/fragctl.h"

/* Until Ctrl-C or for cli->for_usec (0: no end), both EXIT_OK; EXIT_UNREACHABLE when fragd goes
 * away. */
int watch_status(const Cli *cli);
