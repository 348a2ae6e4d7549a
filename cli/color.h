/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* color.h - whether there are colours, and which. A colour only repeats what a word says. */
#pragma once

#include <stdbool.h>

#include "cli/fragctl.h"

typedef enum Tone {
        TONE_NONE,
        TONE_GOOD,
        TONE_WARN,
        TONE_BAD,
        TONE_DIM,
        TONE_STRONG,
        _TONE_MAX,
} Tone;

typedef struct ColorEnv {
        /* values of the environment variables, NULL if not set */
        const char *no_color, *clicolor_force, *term;
        bool tty;
} ColorEnv;

/* --color, then NO_COLOR (set and not empty: never), CLICOLOR_FORCE (set, neither empty nor 0:
 * always), TERM=dumb or none: never, then whether it is a terminal. */
bool color_wanted(ColorMode mode, const ColorEnv *env);
/* auto, always, never; -EINVAL. */
int color_mode_parse(const char *text, ColorMode *ret);
/* The escape sequence, "" without colours. */
const char *color_on(const Cli *cli, Tone tone);
const char *color_off(const Cli *cli, Tone tone);
/* Of a verdict's name. */
Tone color_verdict(const char *verdict);
