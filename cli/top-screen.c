/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/top-screen.h"

#include "cli/text.h"

/* More than any terminal has. */
#define SIDE_MAX 2000U

int top_screen_resize(TopScreen *s, unsigned width, unsigned height)
{
        TopCell *cells;

        width = MIN(width, SIDE_MAX);
        height = MIN(height, SIDE_MAX);
        cells = calloc((size_t)MAX(width, 1U) * MAX(height, 1U), sizeof(*cells));
        free(s->cells);
        s->cells = cells;
        s->width = cells ? width : 0;
        s->height = cells ? height : 0;
        for (size_t i = 0; i < (size_t)s->width * s->height; i++)
                s->cells[i].text[0] = ' ';
        return cells ? 0 : -ENOMEM;
}

void top_screen_done(TopScreen *s)
{
        free(s->cells);
        *s = (TopScreen){ 0 };
}

static size_t char_size(const char *text)
{
        size_t n = 1;

        while (((unsigned char)text[n] & 0xc0) == 0x80 && n < sizeof(((TopCell *)0)->text) - 1)
                n++;
        return n;
}

/* The first n bytes of text. */
static unsigned put_bytes(TopScreen *s, unsigned row, unsigned column, unsigned end, TopStyle style,
        const char *text, size_t n)
{
        end = MIN(end, s->width);
        for (size_t i = 0; i < n && text[i] && column < end && row < s->height; column++) {
                TopCell *cell = &s->cells[(size_t)row * s->width + column];
                size_t size = char_size(text + i);

                memset(cell->text, 0, sizeof(cell->text));
                memcpy(cell->text, text + i, size);
                cell->style = (uint8_t)style;
                i += size;
        }
        return column;
}

unsigned top_put(
        TopScreen *s, unsigned row, unsigned column, unsigned end, TopStyle style, const char *text)
{
        return put_bytes(s, row, column, end, style, text, strlen(text));
}

void top_put_right(TopScreen *s, unsigned row, unsigned end, TopStyle style, const char *text)
{
        unsigned width = (unsigned)text_width(text);

        top_put(s, row, LESS_BY(end, width), end, style, text);
}

unsigned top_wrap(TopScreen *s, unsigned row, unsigned rows, unsigned column, unsigned end,
        TopStyle style, const char *text)
{
        unsigned at = column, line = 0;

        while (*(text += strspn(text, " \t\n"))) {
                size_t size = strcspn(text, " \t\n");
                unsigned width = 0;

                for (size_t i = 0; i < size; i++)
                        width += ((unsigned char)text[i] & 0xc0) != 0x80;
                if (at > column && at + 1 + width > end) {
                        if (line + 1 >= rows) {
                                top_put(s, row + line, MIN(at, LESS_BY(end, 3U)), end, style,
                                        "...");
                                return line + 1;
                        }
                        line++;
                        at = column;
                }
                at += at > column;
                at = put_bytes(s, row + line, at, end, style, text, size);
                text += size;
        }
        return line + 1;
}

void top_fill(TopScreen *s, unsigned row, TopStyle style)
{
        for (unsigned i = 0; i < s->width && row < s->height; i++)
                s->cells[(size_t)row * s->width + i] = (TopCell){ .text = " ",
                        .style = (uint8_t)style };
}

char *top_line(const TopScreen *s, unsigned row)
{
        char *text = calloc((size_t)s->width + 1, sizeof(((TopCell *)0)->text)), *to = text;
        size_t used = 0;

        for (unsigned i = 0; text && i < s->width && row < s->height; i++) {
                const TopCell *cell = &s->cells[(size_t)row * s->width + i];

                to = stpcpy(to, cell->text);
                if (!streq(cell->text, " "))
                        used = (size_t)(to - text);
        }
        if (text)
                text[used] = '\0';
        return text;
}
