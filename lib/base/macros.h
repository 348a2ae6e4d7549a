/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* macros.h - the small vocabulary that every file uses: cleanup, ownership, arrays, arithmetic. */
#pragma once

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _cleanup_(f)      __attribute__((cleanup(f)))
#define _printf_(a, b)    __attribute__((format(printf, a, b)))
#define _unused_          __attribute__((unused))
#define _warn_unused_     __attribute__((warn_unused_result))

#define ELEMENTSOF(a)     (sizeof(a) / sizeof((a)[0]))
/* The names inside carry a number, so that one may stand inside another without -Wshadow. */
#define _CAT_(a, b)       a##b
#define CAT(a, b)         _CAT_(a, b)
#define _PICK_(n, a, op, b) ({ __typeof__(a) CAT(_a, n) = (a); __typeof__(b) CAT(_b, n) = (b); \
                CAT(_a, n) op CAT(_b, n) ? CAT(_a, n) : CAT(_b, n); })
#define _LESS_(n, a, b)   ({ __typeof__(a) CAT(_a, n) = (a); __typeof__(b) CAT(_b, n) = (b); \
                CAT(_a, n) > CAT(_b, n) ? CAT(_a, n) - CAT(_b, n) : 0; })
#define MIN(a, b)         _PICK_(__COUNTER__, a, <, b)
#define MAX(a, b)         _PICK_(__COUNTER__, a, >, b)
#define CLAMP(x, lo, hi)  MIN(MAX(x, lo), hi)
/* a - b, or 0 where that would be negative (unsigned operands). */
#define LESS_BY(a, b)     _LESS_(__COUNTER__, a, b)

/* Hands the value over and leaves NULL / -EBADF behind, so that the _cleanup_ of the old owner does nothing. */
#define TAKE_PTR(p)       ({ __typeof__(p) *_pp = &(p); __typeof__(p) _p = *_pp; *_pp = NULL; _p; })
#define TAKE_FD(fd)       ({ int *_fp = &(fd); int _f = *_fp; *_fp = -EBADF; _f; })

static inline bool streq(const char *a, const char *b)
{
        return strcmp(a, b) == 0;
}

/* Closes fd if it is one; returns -EBADF for assignment. errno is preserved. */
static inline int safe_close(int fd)
{
        if (fd >= 0) {
                int saved = errno;
                (void)close(fd);
                errno = saved;
        }
        return -EBADF;
}

static inline void closep(int *fd)
{
        *fd = safe_close(*fd);
}

static inline void freep(void *p)
{
        free(*(void **)p);
}

#define _cleanup_free_  _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
