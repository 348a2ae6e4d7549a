/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>

#define STRBUF_SIZE_MIN 64

void strbuf_done(StrBuf *b)
{
        free(b->data);
        *b = (StrBuf){};
}

void strbuf_reset(StrBuf *b)
{
        b->size = 0;
        b->error = 0;
        if (b->data)
                b->data[0] = 0;
}

/* Makes room for `more` characters and the NUL; false once anything failed. */
static bool strbuf_reserve(StrBuf *b, size_t more)
{
        size_t need, allocated;
        char *data;

        if (b->error < 0)
                return false;
        if (more >= SIZE_MAX / 2 - b->size)
                goto fail;
        need = b->size + more + 1;
        if (need <= b->allocated)
                return true;
        allocated = MAX(need, MAX(b->allocated * 2, (size_t)STRBUF_SIZE_MIN));
        data = realloc(b->data, allocated);
        if (!data)
                goto fail;
        b->data = data;
        b->allocated = allocated;
        return true;
fail:
        b->error = -ENOMEM;
        return false;
}

void strbuf_add(StrBuf *b, const char *data, size_t size)
{
        if (!strbuf_reserve(b, size))
                return;
        if (size > 0)
                memcpy(b->data + b->size, data, size);
        b->size += size;
        b->data[b->size] = 0;
}

char *strbuf_room(StrBuf *b, size_t size)
{
        return strbuf_reserve(b, size) ? b->data + b->size : NULL;
}

void strbuf_grown(StrBuf *b, const char *end)
{
        assert(end >= b->data + b->size && end < b->data + b->allocated);
        b->size = (size_t)(end - b->data);
        b->data[b->size] = 0;
}

void strbuf_puts(StrBuf *b, const char *text)
{
        strbuf_add(b, text, strlen(text));
}

void strbuf_printf(StrBuf *b, const char *format, ...)
{
        va_list args;
        size_t room;
        int n;

        if (!strbuf_reserve(b, 0))
                return;
        room = b->allocated - b->size;
        va_start(args, format);
        n = vsnprintf(b->data + b->size, room, format, args);
        va_end(args);
        if (n < 0) { /* only for results above INT_MAX or a broken wide string: nothing was appended
                      */
                b->data[b->size] = 0;
                b->error = -ENOMEM;
                return;
        }
        if ((size_t)n >= room) {
                b->data[b->size] = 0;
                if (!strbuf_reserve(b, (size_t)n))
                        return;
                va_start(args, format);
                vsnprintf(b->data + b->size, (size_t)n + 1, format, args);
                va_end(args);
        }
        b->size += (size_t)n;
}

int strbuf_error(const StrBuf *b)
{
        return b->error;
}

const char *strbuf_text(const StrBuf *b)
{
        return b->data ? b->data : "";
}
