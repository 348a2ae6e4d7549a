/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* signals.h - the signals that concern who owns a screen, as something to poll for. */
#pragma once

/* From here on Ctrl-C, SIGTERM, SIGHUP, SIGWINCH and Ctrl-Z come through *ret_fd, to be closed.
 * 0, or the exit code (says why). */
int signals_take(int *ret_fd);
/* The next one that came, 0: none. Never waits. */
int signals_next(int fd);
