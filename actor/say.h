/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* say.h - the actor's only output besides its replies: one line on stderr, in one write, so that
 * the lines of several programs on one terminal or journal stream do not mix. Nothing is said while
 * all goes as asked. */
#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "base/macros.h"

_printf_(1, 2) static inline void say(const char *format, ...)
{
        char text[512];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        (void)dprintf(STDERR_FILENO, "fragd-actor: %s\n", text);
}
