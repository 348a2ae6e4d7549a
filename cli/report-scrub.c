/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/report-scrub.h"

#include <ctype.h>

#define HOME "/home/"

static bool word_char(char c)
{
        return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* How much of text is this word, which is not part of a longer one; 0: none. */
static size_t word_here(const char *text, const char *start, const char *word, size_t size)
{
        if (size == 0 || strncasecmp(text, word, size) != 0 || word_char(text[size]) ||
                (text > start && word_char(text[-1])))
                return 0;
        return size;
}

/* A machine of such a name cannot be told from what is meant, which then tells of no machine. */
static bool own_word(const char *word, size_t size)
{
        static const char *const words[] = { "boost", "buddyinfo", "compact", "config", "decision",
                "etc", "fragd", "fragmented", "kernel", "linux", "localhost", "memory", "met", "node",
                "none", "normal", "observe", "policy", "proc", "report", "status", "sys", "user", "vm",
                "window", "zone" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strlen(words[i]) == size && strncasecmp(words[i], word, size) == 0)
                        return true;
        return false;
}

void scrub_text(StrBuf *b, const char *text, const char *host)
{
        size_t whole = strlen(host), label = strcspn(host, ".");
        const char *start = text;

        if (own_word(host, label)) {
                whole = label == whole ? 0 : whole;
                label = 0;
        }
        while (*text) {
                size_t n = word_here(text, start, host, whole);

                if (n == 0)
                        n = word_here(text, start, host, label);
                if (n > 0) {
                        strbuf_puts(b, "HOST");
                        text += n;
                        continue;
                }
                if (strncmp(text, HOME, strlen(HOME)) == 0) {
                        text += strlen(HOME);
                        text += strcspn(text, "/ \t\n\"':");
                        strbuf_puts(b, HOME "USER");
                        continue;
                }
                strbuf_add(b, text++, 1);
        }
}

/* The comment that begins here: its length; 0: none. */
static size_t comment_here(const char *text)
{
        const char *close;

        if (text[0] == '#' || (text[0] == '/' && text[1] == '/'))
                return strcspn(text, "\n");
        if (text[0] != '/' || text[1] != '*')
                return 0;
        close = strstr(text + 2, "*/");
        return close ? (size_t)(close + 2 - text) : strlen(text);
}

void scrub_comments(StrBuf *b, const char *text)
{
        bool quoted = false;

        while (*text) {
                size_t n = quoted ? 0 : comment_here(text);

                if (n > 0) {
                        text += n;
                        continue;
                }
                if (quoted && *text == '\\' && text[1])
                        strbuf_add(b, text++, 1);
                else if (*text == '"')
                        quoted = !quoted;
                strbuf_add(b, text++, 1);
        }
}

static int scrub_string(json_t *j, const char *host)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        scrub_text(&b, json_string_value(j), host);
        if (strbuf_error(&b) < 0)
                return -ENOMEM;
        return json_string_set(j, strbuf_text(&b)) < 0 ? -ENOMEM : 0;
}

int scrub_json(json_t *j, const char *host)
{
        const char *name;
        json_t *value;
        size_t i;
        int r = 0;

        if (json_is_string(j))
                return scrub_string(j, host);
        json_array_foreach(j, i, value)
        {
                if (r == 0)
                        r = scrub_json(value, host);
        }
        if (!json_is_object(j))
                return r;
        (void)json_object_del(j, "uid");
        (void)json_object_del(j, "pid");
        json_object_foreach(j, name, value)
        {
                if (r == 0)
                        r = scrub_json(value, host);
        }
        return r;
}
