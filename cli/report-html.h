/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report-html.h - text that becomes part of an HTML document, and the few elements that a report
 * is made of.
 *
 * Everything that did not come from these files goes through html_text(): '&', '<', '>' and quotes
 * are escaped, so that it is safe between tags and in attributes in double quotes; control
 * characters become blanks, for HTML forbids them. Errors stick to the buffer (strbuf_error()). */
#pragma once

#include "base/strbuf.h"

void html_text(StrBuf *b, const char *text);
/* The same for what is formatted. */
_printf_(2, 3) void html_textf(StrBuf *b, const char *format, ...);
/* <tag class="kind">text</tag>; kind NULL: without a class. */
void html_element(StrBuf *b, const char *tag, const char *kind, const char *text);

/* A document with this title, up to <body>: nothing in it is loaded from anywhere, and its policy
 * forbids that. css is trusted. */
void html_begin(StrBuf *b, const char *title, const char *css);
void html_end(StrBuf *b);
/* <section id="id"> with a heading. */
void html_section(StrBuf *b, const char *id, const char *heading);
void html_section_end(StrBuf *b);

/* headers: NULL-terminated; one that begins with '>' is for numbers, aligned to the right. */
void html_table(StrBuf *b, const char *const *headers);
void html_table_end(StrBuf *b);
void html_row(StrBuf *b);
void html_row_end(StrBuf *b);
/* A cell; kind as the class, NULL, or "n": a number. */
void html_cell(StrBuf *b, const char *kind, const char *text);
_printf_(3, 4) void html_cellf(StrBuf *b, const char *kind, const char *format, ...);
