/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strbuf.h - a string that grows. A failed allocation is remembered and reported once, by strbuf_error(). */
#pragma once

#include "base/macros.h"

typedef struct StrBuf {
        char *data;  /* NUL-terminated once anything was added; NULL before */
        size_t size; /* without the NUL */
        size_t allocated;
        int error; /* 0 or -ENOMEM; sticks */
} StrBuf;

void strbuf_done(StrBuf *b);
void strbuf_reset(StrBuf *b); /* empty, memory kept */
void strbuf_add(StrBuf *b, const char *data, size_t size);
void strbuf_puts(StrBuf *b, const char *text);
_printf_(2, 3) void strbuf_printf(StrBuf *b, const char *format, ...);
/* Where up to `size` more characters may be written, NULL once anything failed; strbuf_grown() takes what was. */
char *strbuf_room(StrBuf *b, size_t size);
void strbuf_grown(StrBuf *b, const char *end); /* the first character that was not written */
/* 0, or -ENOMEM if any addition failed. */
int strbuf_error(const StrBuf *b);
/* Never NULL: "" where nothing was added. Owned by b. */
const char *strbuf_text(const StrBuf *b);

#define _cleanup_strbuf_ _cleanup_(strbuf_done)
