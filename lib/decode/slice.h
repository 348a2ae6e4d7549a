/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* slice.h - a part of a line, for the files of this folder only: not NUL-terminated, may hold any byte. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/macros.h"

typedef struct Slice {
        const char *p, *end;
} Slice;

static inline Slice slice_of(const char *text, size_t size)
{
        return (Slice){ text, text + size };
}

static inline size_t slice_size(Slice s)
{
        return (size_t)(s.end - s.p);
}

static inline bool slice_is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static inline bool slice_is_alpha(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline bool slice_is_hex(char c)
{
        return slice_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline void slice_skip_blanks(Slice *s)
{
        while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
                s->p++;
}

static inline bool slice_begins(Slice s, const char *literal)
{
        size_t n = strlen(literal);

        return slice_size(s) >= n && memcmp(s.p, literal, n) == 0;
}

/* Steps over the literal if s goes on with it. */
static inline bool slice_take(Slice *s, const char *literal)
{
        if (!slice_begins(*s, literal))
                return false;
        s->p += strlen(literal);
        return true;
}

/* Where the literal stands first; NULL. */
static inline const char *slice_find(Slice s, const char *literal)
{
        size_t n = strlen(literal);

        return slice_size(s) >= n ? memmem(s.p, slice_size(s), literal, n) : NULL;
}

/* What follows the literal, into *ret; false where it does not stand in s. */
static inline bool slice_after(Slice s, const char *literal, Slice *ret)
{
        const char *at = slice_find(s, literal);

        if (!at)
                return false;
        *ret = (Slice){ at + strlen(literal), s.end };
        return true;
}

/* A decimal number up to INT64_MAX; s stands behind it. */
static inline bool slice_number(Slice *s, uint64_t *ret)
{
        Slice t = *s;
        uint64_t v = 0;

        while (t.p < t.end && slice_is_digit(*t.p)) {
                if (v > (INT64_MAX - 9) / 10)
                        return false;
                v = v * 10 + (uint64_t)(*t.p++ - '0');
        }
        if (t.p == s->p)
                return false;
        *s = t;
        *ret = v;
        return true;
}

/* "0x40dc0"; at most 32 bits, which is what gfp_t has. */
static inline bool slice_hex32(Slice *s, uint32_t *ret)
{
        Slice t = *s;
        const char *start;
        uint64_t v = 0;

        if (!slice_take(&t, "0x") && !slice_take(&t, "0X"))
                return false;
        for (start = t.p; t.p < t.end && slice_is_hex(*t.p); t.p++)
                if ((v = v * 16 + (uint64_t)(slice_is_digit(*t.p) ? *t.p - '0' : (*t.p | 0x20) - 'a' + 10)) > UINT32_MAX)
                        return false;
        if (t.p == start)
                return false;
        *s = t;
        *ret = (uint32_t)v;
        return true;
}

/* Up to `stops`, one of its characters, or the end; s stands there. */
static inline Slice slice_until(Slice *s, const char *stops)
{
        Slice word = { s->p, s->p };

        while (s->p < s->end && !(*s->p && strchr(stops, *s->p)))
                s->p++;
        word.end = s->p;
        return word;
}

static inline bool slice_equal(Slice s, const char *literal)
{
        return slice_size(s) == strlen(literal) && memcmp(s.p, literal, slice_size(s)) == 0;
}

/* NUL-terminated and cut where it does not fit; what is no visible ASCII becomes '?'. */
static inline void slice_copy(Slice s, char *ret, size_t size)
{
        size_t n = MIN(slice_size(s), size - 1);

        for (size_t i = 0; i < n; i++)
                ret[i] = (char)(s.p[i] >= 0x20 && s.p[i] < 0x7f ? s.p[i] : '?');
        ret[n] = 0;
}
