/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/arcstats.h"

#include "parse/text.h"

static void arcstats_reset(Arcstats *a)
{
        *a = (Arcstats){ .size = UNKNOWN_U64, .c_max = UNKNOWN_U64 };
}

static const char *take_line(Arcstats *a, Text *line)
{
        uint64_t type, *value;
        Text name;

        if (!text_word(line, &name))
                return NULL;
        value = TEXT_EQUAL(&name, "size") ? &a->size : TEXT_EQUAL(&name, "c_max") ? &a->c_max : NULL;
        if (!value) {
                a->skipped++;
                return NULL;
        }
        if (*value != UNKNOWN_U64)
                return "each value once";
        return text_number(line, "", &type) && text_number(line, "", value) ? NULL : "a type and a number of bytes";
}

static int parse_lines(Arcstats *a, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line;
        bool truncated = false;

        while (text_line(&t, &line, &truncated)) {
                const char *expected = take_line(a, &line);

                if (expected)
                        return parse_fail(ret_error, t.line, expected);
        }
        if (truncated)
                return parse_fail(ret_error, t.line, TEXT_TRUNCATED);
        return a->size != UNKNOWN_U64 ? 0 : parse_fail(ret_error, t.line, "the line \"size\"");
}

int arcstats_parse(Arcstats *a, const char *text, size_t size, ParseError *ret_error)
{
        int r;

        arcstats_reset(a);
        r = parse_lines(a, text, size, ret_error);
        if (r < 0)
                arcstats_reset(a);
        return r;
}
