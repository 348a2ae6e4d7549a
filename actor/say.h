/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* say.h - the only output of a program with privilege (SAY_NAME, which the build sets) besides its replies: one line on stderr, in one write, so that
 * the lines of several programs on one terminal or journal stream do not mix. Nothing is said while
 * all goes as asked. What nobody takes (a stopped terminal, a pager that waits) is lost after a
 * moment: no knob stays changed because of it. */
#pragma once

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/macros.h"

#define SAY_WAIT_MSEC 100

_printf_(1, 2) static inline void say(const char *format, ...)
{
        struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
        char text[512];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        if (poll(&p, 1, SAY_WAIT_MSEC) > 0 && (p.revents & POLLOUT))
                (void)dprintf(STDERR_FILENO, "%s: %s\n", SAY_NAME, text);
}
