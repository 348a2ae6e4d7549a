/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/text.h"

/* One character of UTF-8 that jansson has checked, or one byte where it is not UTF-8 after all
 * (text from the command line). */
static size_t char_decode(const unsigned char *s, uint32_t *ret)
{
        static const struct {
                unsigned char mask, lead;
                uint32_t least;
        } forms[] = { { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                uint32_t value = s[0] & (unsigned char)~forms[i].mask;
                size_t n = 1;

                if ((s[0] & forms[i].mask) != forms[i].lead)
                        continue;
                for (; n < i + 2 && (s[n] & 0xc0) == 0x80; n++)
                        value = value << 6 | (s[n] & 0x3f);
                if (n < i + 2 || value < forms[i].least)
                        break;
                *ret = value;
                return n;
        }
        *ret = s[0] < 0x80 ? s[0] : 0x80; /* a stray byte counts as a control */
        return 1;
}

static bool char_obeyed(uint32_t c)
{
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || /* C0, DEL, C1 */
               c == 0x061c ||
               (c >= 0x200b && c <= 0x200f) || /* marks without width, direction marks */
               (c >= 0x2028 && c <= 0x202e) || /* separators, direction overrides */
               (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xd800 && c < 0xe000) ||
               c > 0x10ffff;
}

char *text_clean(char *text, bool utf8, bool keep_lines)
{
        char *to = text;

        for (const char *from = text; *from;) {
                uint32_t c;
                size_t n = char_decode((const unsigned char *)from, &c);

                if (keep_lines && (c == '\n' || c == '\t'))
                        *to++ = (char)c;
                else if (char_obeyed(c) || (c >= 0x80 && !utf8))
                        *to++ = '?';
                else {
                        memmove(to, from, n);
                        to += n;
                }
                from += n;
        }
        *to = '\0';
        return text;
}

static int clean_string(json_t *string, bool utf8, bool keep_lines)
{
        _cleanup_free_ char *text = strdup(json_string_value(string));

        if (!text)
                return -ENOMEM;
        return json_string_set(string, text_clean(text, utf8, keep_lines)) < 0 ? -ENOMEM : 0;
}

/* A member's name that is not clean is given a clean one; a clash of two such loses one, which no
 * honest reply has. */
static int clean_name(json_t *object, const char *name, json_t *value, bool utf8)
{
        _cleanup_free_ char *clean = strdup(name);

        if (!clean)
                return -ENOMEM;
        if (streq(text_clean(clean, utf8, false), name))
                return 0;
        if (json_object_set(object, clean, value) < 0)
                return -ENOMEM;
        return json_object_del(object, name) < 0 ? -ENOMEM : 0;
}

static int clean_value(json_t *j, bool utf8, bool keep_lines);

static int clean_object(json_t *object, bool utf8)
{
        const char *name;
        json_t *value;
        void *next;
        int r;

        json_object_foreach_safe(object, next, name, value)
        {
                if (json_is_null(value)) {
                        (void)json_object_del(object, name);
                        continue;
                }
                r = clean_value(value, utf8, streq(name, "text"));
                if (r < 0)
                        return r;
                r = clean_name(object, name, value, utf8);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int clean_value(json_t *j, bool utf8, bool keep_lines)
{
        json_t *value;
        size_t i;

        if (json_is_string(j))
                return clean_string(j, utf8, keep_lines);
        if (json_is_object(j))
                return clean_object(j, utf8);
        if (!json_is_array(j))
                return 0;
        json_array_foreach(j, i, value)
        {
                int r = clean_value(value, utf8, keep_lines);

                if (r < 0)
                        return r;
        }
        return 0;
}

int text_clean_json(json_t *j, bool utf8)
{
        return clean_value(j, utf8, false);
}
