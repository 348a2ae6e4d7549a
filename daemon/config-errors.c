/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config-errors.h"

#include <stdio.h>

#define QUOTE_MAX 60

void config_errorv(
        ConfigErrors *e, const char *file, unsigned line, const char *format, va_list args)
{
        _cleanup_free_ char *message = NULL, *name = NULL;

        if (e->n == ELEMENTSOF(e->items)) {
                e->dropped++;
                return;
        }
        if (vasprintf(&message, format, args) < 0)
                message = NULL;
        name = strdup(file);
        if (!message || !name) {
                e->dropped++;
                return;
        }
        e->items[e->n++] = (ConfigError){
                .file = TAKE_PTR(name),
                .line = line,
                .message = TAKE_PTR(message),
        };
}

void config_error(ConfigErrors *e, const char *file, unsigned line, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        config_errorv(e, file, line, format, args);
        va_end(args);
}

void config_errors_done(ConfigErrors *e)
{
        for (size_t i = 0; i < e->n; i++) {
                free(e->items[i].file);
                free(e->items[i].message);
        }
        e->n = 0;
        e->dropped = 0;
}

void config_errors_text(const ConfigErrors *e, StrBuf *ret)
{
        for (size_t i = 0; i < e->n; i++) {
                const ConfigError *item = &e->items[i];

                if (item->line > 0)
                        strbuf_printf(ret, "%s:%u: %s\n", item->file, item->line, item->message);
                else
                        strbuf_printf(ret, "%s: %s\n", item->file, item->message);
        }
        if (e->dropped > 0)
                strbuf_printf(ret, "%zu more not shown\n", e->dropped);
}

/* The length of the UTF-8 character at p, 0 where there is none. No surrogates, nothing longer than
 * needed, nothing above U+10FFFF (RFC 3629 section 4). */
static size_t utf8_length(const unsigned char *p)
{
        unsigned low = 0x80, high = 0xbf;
        size_t n;

        if (p[0] < 0x80)
                return 1;
        if (p[0] < 0xc2 || p[0] > 0xf4)
                return 0;
        n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
        if (p[0] == 0xe0)
                low = 0xa0;
        else if (p[0] == 0xed)
                high = 0x9f;
        else if (p[0] == 0xf0)
                low = 0x90;
        else if (p[0] == 0xf4)
                high = 0x8f;
        if (p[1] < low || p[1] > high)
                return 0;
        for (size_t i = 2; i < n; i++)
                if (p[i] < 0x80 || p[i] > 0xbf)
                        return 0;
        return n;
}

bool config_is_utf8(const char *text)
{
        size_t n;

        for (const char *p = text; *p; p += n) {
                n = utf8_length((const unsigned char *)p);
                if (n == 0)
                        return false;
        }
        return true;
}

/* The length of the prefix that fits into QUOTE_MAX bytes without cutting a UTF-8 character. */
static size_t quote_length(const char *text)
{
        size_t n = strlen(text);

        if (n <= QUOTE_MAX)
                return n;
        n = QUOTE_MAX;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
                n--;
        return n;
}

void config_quote(StrBuf *ret, const char *text)
{
        size_t n = quote_length(text);
        bool utf8 = config_is_utf8(text);

        strbuf_puts(ret, "\"");
        for (size_t i = 0; i < n; i++) {
                unsigned char c = (unsigned char)text[i];

                if (c < 0x20 || c == 0x7f || (c > 0x7f && !utf8))
                        strbuf_printf(ret, "\\x%02x", c);
                else
                        strbuf_add(ret, &text[i], 1);
        }
        strbuf_puts(ret, text[n] ? "...\"" : "\"");
}
