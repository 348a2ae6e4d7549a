/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* said.h - keeps standard error off a screen that is drawn, and tells what was said meanwhile. */
#pragma once

#include <stddef.h>

typedef struct Said {
        int fd;    /* what is said now; -EBADF: nothing is kept */
        int saved; /* standard error before */
} Said;

#define SAID_NONE ((Said){ -EBADF, -EBADF })

/* 0 or negative errno. */
int said_begin(Said *s);
/* The last line that was said since the last call, without "fragctl: ", "" if none; forgets all. */
void said_take(Said *s, char *buf, size_t size);
/* Standard error is what it was. What was said and not taken is said now. */
void said_end(Said *s);
