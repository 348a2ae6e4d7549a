/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "advice/version.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/macros.h"

/* So that ten times a number and a digit fit. */
#define NUMBER_MAX (UINT32_MAX / 10 - 1)

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* The numbers at *text, and *text behind them. */
static void numbers_parse(const char **text, Version *ret)
{
        const char *c = *text;

        *ret = (Version){ 0 };
        while (is_digit(*c) && ret->n < VERSION_NUMBERS_MAX) {
                uint32_t number = 0;

                for (; is_digit(*c); c++)
                        number = number > NUMBER_MAX ? number : number * 10 + (uint32_t)(*c - '0');
                ret->numbers[ret->n++] = number;
                if (*c != '.' || !is_digit(c[1]))
                        break;
                c++;
        }
        *text = c;
}

int version_parse(const char *text, Version *ret)
{
        Version v;

        numbers_parse(&text, &v);
        if (v.n == 1 && *text == ':' && is_digit(text[1])) {
                text++;
                numbers_parse(&text, &v);
        }
        if (v.n == 0)
                return -EINVAL;
        *ret = v;
        return 0;
}

const char *version_text(const Version *v, char buf[static VERSION_TEXT_MAX])
{
        size_t used = 0;

        buf[0] = 0;
        for (unsigned i = 0; i < v->n && used < VERSION_TEXT_MAX; i++)
                used += (size_t)snprintf(buf + used, VERSION_TEXT_MAX - used, "%s%" PRIu32, i > 0 ? "." : "", v->numbers[i]);
        return buf;
}

/* Of the first n numbers. */
static int compare(const Version *a, const Version *b, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                uint32_t x = i < a->n ? a->numbers[i] : 0, y = i < b->n ? b->numbers[i] : 0;

                if (x != y)
                        return x < y ? -1 : 1;
        }
        return 0;
}

static VersionTest test_parse(const char **text)
{
        static const struct {
                const char *name;
                VersionTest test;
        } tests[] = { { "<=", VERSION_AT_MOST }, { ">=", VERSION_AT_LEAST }, { "<", VERSION_LESS }, { ">", VERSION_MORE },
                { "=", VERSION_EQUAL } };

        for (size_t i = 0; i < ELEMENTSOF(tests); i++)
                if (strncmp(*text, tests[i].name, strlen(tests[i].name)) == 0) {
                        *text += strlen(tests[i].name);
                        return tests[i].test;
                }
        return VERSION_EQUAL; /* "6.1": without a sign */
}

int version_range_parse(const char *text, VersionRange *ret)
{
        VersionRange range = { 0 };

        for (;;) {
                if (range.n == VERSION_BOUNDS_MAX)
                        return -EINVAL;
                text += strspn(text, " ");
                range.bounds[range.n].test = test_parse(&text);
                text += strspn(text, " ");
                numbers_parse(&text, &range.bounds[range.n].version);
                if (range.bounds[range.n++].version.n == 0)
                        return -EINVAL;
                text += strspn(text, " ");
                if (!*text)
                        break;
                if (*text++ != ',')
                        return -EINVAL;
        }
        *ret = range;
        return 0;
}

bool version_in(const Version *v, const VersionRange *range)
{
        for (unsigned i = 0; i < range->n; i++) {
                int c = compare(v, &range->bounds[i].version, range->bounds[i].version.n);
                bool holds = false;

                switch (range->bounds[i].test) {
                case VERSION_LESS: holds = c < 0; break;
                case VERSION_AT_MOST: holds = c <= 0; break;
                case VERSION_EQUAL: holds = c == 0; break;
                case VERSION_AT_LEAST: holds = c >= 0; break;
                case VERSION_MORE: holds = c > 0; break;
                }
                if (!holds)
                        return false;
        }
        return true;
}
