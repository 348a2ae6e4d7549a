/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* top-curses.h - the terminal of `top`, and the only file that knows ncurses. */
#pragma once

#include "cli/top-screen.h"

typedef struct TopCurses TopCurses;

typedef enum TopKey {
        TOP_KEY_NONE, /* nothing was typed */
        TOP_KEY_OTHER,
        TOP_KEY_QUIT,
        TOP_KEY_UP,
        TOP_KEY_DOWN,
        TOP_KEY_PAGE_UP,
        TOP_KEY_PAGE_DOWN,
        TOP_KEY_HOME,
        TOP_KEY_END,
        TOP_KEY_MISSED,
        TOP_KEY_ZONES,
        TOP_KEY_REDRAW,
} TopKey;

/* Takes the terminal on standard input and output, as large as cli says. Where it is not known, or
 * cannot place the cursor: says why, EXIT_USAGE. Signals that concern the screen are taken before
 * (signals.h), or ncurses would. */
int top_curses_open(TopCurses **ret, const Cli *cli);
/* The terminal is as it was. */
TopCurses *top_curses_close(TopCurses *c);
/* Shows s; only what differs is sent. */
void top_curses_paint(TopCurses *c, const TopScreen *s);
/* As large as cli says now. The next paint sends everything. */
void top_curses_resize(TopCurses *c, const Cli *cli);
/* The next paint sends everything. */
void top_curses_redraw(TopCurses *c);
/* The terminal is as it was until the next paint. */
void top_curses_leave(TopCurses *c);
/* What was typed next. Never waits. */
TopKey top_curses_key(TopCurses *c);
