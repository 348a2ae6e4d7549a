/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* top-screen.h - a screen as cells, without a terminal: what is put outside of it is cut off.
 *
 * Text is clean (text_clean()) UTF-8, one column for each character. A failed allocation leaves a
 * screen of no size, on which everything is cut off. */
#pragma once

#include "cli/color.h"

/* The first are the tones, by the same numbers. A style only repeats what a word, a digit or a mark
 * says. */
typedef enum TopStyle {
        TOP_PLAIN = TONE_NONE,
        TOP_GOOD = TONE_GOOD,
        TOP_WARN = TONE_WARN,
        TOP_BAD = TONE_BAD,
        TOP_DIM = TONE_DIM,
        TOP_STRONG = TONE_STRONG,
        TOP_BAR,  /* the first and the last line */
        TOP_HEAT, /* five of them, from cold to hot */
        _TOP_STYLE_MAX = TOP_HEAT + 5,
} TopStyle;

#define TOP_HEATS 5U

typedef struct TopCell {
        char text[5]; /* one character */
        uint8_t style;
} TopCell;

typedef struct TopScreen {
        unsigned width, height;
        TopCell *cells; /* row after row */
} TopScreen;

/* Empties it. 0, -ENOMEM. */
int top_screen_resize(TopScreen *s, unsigned width, unsigned height);
void top_screen_done(TopScreen *s);
/* The column behind the text; what would stand behind `end` (or the screen) is cut off. */
unsigned top_put(TopScreen *s, unsigned row, unsigned column, unsigned end, TopStyle style,
        const char *text);
/* Right-aligned, so that it ends before column `end`. */
void top_put_right(TopScreen *s, unsigned row, unsigned end, TopStyle style, const char *text);
/* Broken at blanks into at most `rows` lines between the columns; where that is too little, the
 * last ends in "...". The lines it took, at least 1. */
unsigned top_wrap(TopScreen *s, unsigned row, unsigned rows, unsigned column, unsigned end,
        TopStyle style, const char *text);
/* A whole line in one style. */
void top_fill(TopScreen *s, unsigned row, TopStyle style);
/* A line as text, without the blanks at its end; to be freed. NULL: out of memory. */
char *top_line(const TopScreen *s, unsigned row);
