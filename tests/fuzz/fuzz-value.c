/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-value.c - the one-line files, all of lib/parse/value.h on the same text. */
#include <errno.h>
#include <stdio.h>

#include "base/macros.h"
#include "parse/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "fuzz-value: %s\n", what);
        abort();
}

/* True where it was understood. */
static bool understood(int r, const ParseError *error)
{
        require(r == 0 || r == -EBADMSG, "neither success nor -EBADMSG");
        if (r < 0)
                require((error->line == 1 || error->line == 2) && error->expected,
                        "no line, or nothing expected");
        return r == 0;
}

static void check_list(const char *text, size_t size)
{
        ParseError error = { 0 };
        uint32_t ids[64];
        size_t n = 0;

        if (!understood(value_parse_list(text, size, ids, ELEMENTSOF(ids), &n, &error), &error))
                return;
        require(n <= ELEMENTSOF(ids), "more ids than room");
        for (size_t i = 1; i < n; i++)
                require(ids[i] > ids[i - 1], "ids do not ascend");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char name[16] = "", state = 0, *text;
        ParseError error = { 0 };
        uint64_t nsec;
        int64_t v;

        text = malloc(size + 1);
        require(text, "out of memory");
        if (size > 0)
                memcpy(text, data, size);
        text[size] = 0;
        (void)understood(value_parse_int(text, size, &v, &error), &error);
        (void)understood(value_parse_schedstat(text, size, &nsec, &error), &error);
        if (understood(value_parse_choice(text, size, name, sizeof(name), &error), &error))
                require(memchr(name, 0, sizeof(name)) && *name, "no choice");
        if (understood(
                    value_parse_task_stat(text, size, name, sizeof(name), &state, &error), &error))
                require(memchr(name, 0, sizeof(name)) && state, "no state");
        check_list(text, size);
        free(text);
        return 0;
}
