/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/sysctld.h"

#include "parse/text.h"

static bool take_key(Text *line, const char *key)
{
        text_skip_blanks(line);
        TEXT_TAKE(line, "-");
        for (; *key; key++, line->p++)
                if (line->p == line->end || (*line->p != *key && !(*key == '.' && *line->p == '/')))
                        return false;
        text_skip_blanks(line);
        return TEXT_TAKE(line, "=");
}

bool sysctld_number(const char *text, size_t size, const char *key, uint64_t *ret)
{
        const char *end = text + size;
        bool found = false;

        while (text < end) {
                const char *nl = memchr(text, '\n', (size_t)(end - text));
                Text line = text_init(text, (size_t)((nl ? nl : end) - text));
                uint64_t value;

                /* a carriage return at the end is none of the number */
                if (take_key(&line, key) && text_number(&line, "\r", &value)) {
                        *ret = value;
                        found = true;
                }
                text = nl ? nl + 1 : end;
        }
        return found;
}
