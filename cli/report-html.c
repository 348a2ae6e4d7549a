/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/report-html.h"

#include <stdarg.h>
#include <stdio.h>

static const char *escape(unsigned char c)
{
        switch (c) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '"': return "&quot;";
        case '\'': return "&#39;";
        case '\n': return "\n";
        default: return c < 0x20 || c == 0x7f ? " " : NULL;
        }
}

void html_text(StrBuf *b, const char *text)
{
        const char *start = text;

        for (; *text; text++) {
                const char *instead = escape((unsigned char)*text);

                if (!instead)
                        continue;
                strbuf_add(b, start, (size_t)(text - start));
                strbuf_puts(b, instead);
                start = text + 1;
        }
        strbuf_add(b, start, (size_t)(text - start));
}

static void text_v(StrBuf *b, const char *format, va_list ap)
{
        _cleanup_free_ char *text = NULL;

        if (vasprintf(&text, format, ap) < 0) {
                text = NULL;
                b->error = -ENOMEM;
                return;
        }
        html_text(b, text);
}

void html_textf(StrBuf *b, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        text_v(b, format, ap);
        va_end(ap);
}

static void open_tag(StrBuf *b, const char *tag, const char *kind)
{
        if (!kind) {
                strbuf_printf(b, "<%s>", tag);
                return;
        }
        strbuf_printf(b, "<%s class=\"", tag);
        html_text(b, kind);
        strbuf_puts(b, "\">");
}

void html_element(StrBuf *b, const char *tag, const char *kind, const char *text)
{
        open_tag(b, tag, kind);
        html_text(b, text);
        strbuf_printf(b, "</%s>\n", tag);
}

void html_begin(StrBuf *b, const char *title, const char *css)
{
        strbuf_puts(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                       "style-src 'unsafe-inline'; img-src data:\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n"
                       "<link rel=\"icon\" href=\"data:,\">\n");
        html_element(b, "title", NULL, title);
        strbuf_puts(b, "<style>\n");
        strbuf_puts(b, css);
        strbuf_puts(b, "</style>\n</head>\n<body>\n");
}

void html_end(StrBuf *b)
{
        strbuf_puts(b, "</body>\n</html>\n");
}

void html_section(StrBuf *b, const char *id, const char *heading)
{
        strbuf_printf(b, "<section id=\"%s\">\n", id);
        html_element(b, "h2", NULL, heading);
}

void html_section_end(StrBuf *b)
{
        strbuf_puts(b, "</section>\n");
}

void html_table(StrBuf *b, const char *const *headers)
{
        strbuf_puts(b, "<div class=\"wide\"><table>\n<thead><tr>");
        for (; *headers; headers++) {
                bool number = **headers == '>';

                strbuf_puts(b, number ? "<th class=\"n\" scope=\"col\">" : "<th scope=\"col\">");
                html_text(b, *headers + number);
                strbuf_puts(b, "</th>");
        }
        strbuf_puts(b, "</tr></thead>\n<tbody>\n");
}

void html_table_end(StrBuf *b)
{
        strbuf_puts(b, "</tbody></table></div>\n");
}

void html_row(StrBuf *b)
{
        strbuf_puts(b, "<tr>");
}

void html_row_end(StrBuf *b)
{
        strbuf_puts(b, "</tr>\n");
}

void html_cell(StrBuf *b, const char *kind, const char *text)
{
        open_tag(b, "td", kind);
        html_text(b, text);
        strbuf_puts(b, "</td>");
}

void html_cellf(StrBuf *b, const char *kind, const char *format, ...)
{
        va_list ap;

        open_tag(b, "td", kind);
        va_start(ap, format);
        text_v(b, format, ap);
        va_end(ap);
        strbuf_puts(b, "</td>");
}
