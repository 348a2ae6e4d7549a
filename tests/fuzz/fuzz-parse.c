/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-parse.c - one parser, named by FUZZ_PARSER: it succeeds or refuses with a line of the text,
 * leaves nothing behind when it refuses, and does the same again with the same text. */
#include <errno.h>
#include <stdio.h>

#include "parse-any.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "fuzz-parse " FUZZ_PARSER ": %s\n", what);
        abort();
}

static unsigned count_lines(const uint8_t *data, size_t size)
{
        unsigned n = size > 0 && data[size - 1] != '\n';

        for (size_t i = 0; i < size; i++)
                n += data[i] == '\n';
        return MAX(n, 1U);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const AnyParser *parser = any_parser(FUZZ_PARSER);
        ParseError error = { 0 }, again = { 0 };
        AnyState s = { 0 };
        char *text;
        int r;

        text = malloc(size + 1);
        require(text, "out of memory");
        if (size > 0)
                memcpy(text, data, size);
        text[size] = 0;
        r = parser->parse(&s, text, size, &error);
        require(r == 0 || r == -EBADMSG, "neither success nor -EBADMSG");
        if (r < 0) {
                require(error.line >= 1 && error.line <= count_lines(data, size),
                        "no line of the text");
                require(error.expected && *error.expected, "nothing was expected");
        }
        require(parser->empty(&s) == (r < 0),
                "empty and yet successful, or refused and yet not empty");
        require(parser->parse(&s, text, size, &again) == r, "another result the second time");
        require(error.line == again.line && error.expected == again.expected, "another error");
        parser->done(&s);
        free(text);
        return 0;
}
