/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text.h - a cursor over a text, for the parsers of this folder only. Header-only because every
 * poll runs it. */
#pragma once

#include "parse/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Text {
        const char *p, *end; /* what is left */
        unsigned line;       /* number of the line that text_line() gave last, from 1 */
} Text;

static inline Text text_init(const char *text, size_t size)
{
        return (Text){ .p = text, .end = text + size };
}

/* The next line into *ret as a Text of its own, without its newline; false at the end. A last line
 * without newline is not given: *ret_truncated is set instead. */
static inline bool text_line(Text *t, Text *ret, bool *ret_truncated)
{
        const char *nl;

        if (t->p == t->end)
                return false;
        nl = memchr(t->p, '\n', (size_t)(t->end - t->p));
        t->line++;
        if (!nl) {
                *ret_truncated = true;
                return false;
        }
        *ret = (Text){ .p = t->p, .end = nl, .line = t->line };
        t->p = nl + 1;
        return true;
}

static inline void text_skip_blanks(Text *t)
{
        while (t->p < t->end && (*t->p == ' ' || *t->p == '\t'))
                t->p++;
}

static inline bool text_at_end(Text *t)
{
        text_skip_blanks(t);
        return t->p == t->end;
}

/* Steps over the literal if the text goes on with it. */
static inline bool text_take(Text *t, const char *literal, size_t n)
{
        if ((size_t)(t->end - t->p) < n || memcmp(t->p, literal, n) != 0)
                return false;
        t->p += n;
        return true;
}
#define TEXT_TAKE(t, literal) text_take(t, literal, sizeof(literal) - 1)

/* Skips blanks, then takes a decimal number that ends at a blank, at the end or at one of `stops`.
 * The six largest 64-bit numbers do not fit, so that none is taken for UNKNOWN_U64. */
static inline bool text_number(Text *t, const char *stops, uint64_t *ret)
{
        uint64_t v = 0;
        const char *start;

        text_skip_blanks(t);
        start = t->p;
        for (; t->p < t->end && (unsigned)(*t->p - '0') <= 9; t->p++) {
                if (v >= UINT64_MAX / 10)
                        return false;
                v = v * 10 + (uint64_t)(*t->p - '0');
        }
        if (t->p == start)
                return false;
        if (t->p < t->end && *t->p != ' ' && *t->p != '\t' && (*t->p == 0 || !strchr(stops, *t->p)))
                return false;
        *ret = v;
        return true;
}

/* Skips blanks, then takes what stands before the next blank; false if there is nothing. */
static inline bool text_word(Text *t, Text *ret)
{
        const char *start;

        text_skip_blanks(t);
        start = t->p;
        while (t->p < t->end && *t->p != ' ' && *t->p != '\t')
                t->p++;
        if (t->p == start)
                return false;
        *ret = (Text){ .p = start, .end = t->p, .line = t->line };
        return true;
}

static inline bool text_equal(const Text *t, const char *literal, size_t n)
{
        return (size_t)(t->end - t->p) == n && memcmp(t->p, literal, n) == 0;
}
#define TEXT_EQUAL(t, literal) text_equal(t, literal, sizeof(literal) - 1)

/* What is left counts as columns of the future. */
static inline unsigned text_count_words(Text *t)
{
        unsigned n = 0;
        Text word;

        while (text_word(t, &word))
                n++;
        return n;
}

#define TEXT_TRUNCATED "a newline at the end of the text (it is cut short)"

/* How every parser refuses. A text without any line is refused at line 1. */
static inline int parse_fail(ParseError *ret_error, unsigned line, const char *expected)
{
        if (ret_error)
                *ret_error = (ParseError){ .line = line > 0 ? line : 1, .expected = expected };
        return -EBADMSG;
}
