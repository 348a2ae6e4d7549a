/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "writers/writers.h"

#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"

#define LINE_TEXT_MAX 1024
#define BLANKS        " \t\r"

typedef struct Target {
        const char *word; /* as it stands in paths and commands */
        const char *name;
} Target;

/* What is searched for in commands, as a whole word. */
static const Target targets[] = {
        { "compaction_proactiveness", "vm.compaction_proactiveness" },
        { "watermark_boost_factor", "vm.watermark_boost_factor" },
        { "watermark_scale_factor", "vm.watermark_scale_factor" },
        { "min_free_kbytes", "vm.min_free_kbytes" },
        { "extfrag_threshold", "vm.extfrag_threshold" },
        { "compact_unevictable_allowed", "vm.compact_unevictable_allowed" },
        { "defrag_mode", "vm.defrag_mode" },
        { "percpu_pagelist_high_fraction", "vm.percpu_pagelist_high_fraction" },
        { "compact_memory", "vm.compact_memory" },
        { "drop_caches", "vm.drop_caches" },
        { "nr_hugepages", "vm.nr_hugepages" },
        { "transparent_hugepage/enabled", "transparent_hugepage/enabled" },
        { "transparent_hugepage/defrag", "transparent_hugepage/defrag" },
        { "/compact", "nodeN/compact" },
};

const char *writer_kind_name(WriterKind k)
{
        static const char *const names[_WRITER_KIND_MAX] = { "program", "sysctl", "tmpfiles", "tuned", "cron", "unit" };

        assert((unsigned)k < _WRITER_KIND_MAX);
        return names[k];
}

static void add(Writers *w, const WriterPlace *place, unsigned line, const char *target, const char *value)
{
        Writer *item;

        if (w->n == WRITERS_MAX) {
                w->dropped++;
                return;
        }
        item = &w->items[w->n++];
        *item = (Writer){ .kind = place->kind, .line = line };
        snprintf(item->who, sizeof(item->who), "%s", place->who);
        snprintf(item->file, sizeof(item->file), "%s", place->file);
        snprintf(item->target, sizeof(item->target), "%s", target);
        snprintf(item->value, sizeof(item->value), "%s", value);
}

/* The next line of *text without blanks around it, cut at its size; false at the end. */
static bool next_line(const char **text, char line[static LINE_TEXT_MAX])
{
        size_t size = strcspn(*text, "\n"), n;
        const char *start = *text;

        if (!**text)
                return false;
        *text += size;
        *text += **text == '\n';
        n = strspn(start, BLANKS);
        n = MIN(n, size);
        start += n;
        size = MIN(size - n, (size_t)LINE_TEXT_MAX - 1);
        while (size > 0 && strchr(BLANKS, start[size - 1]))
                size--;
        memcpy(line, start, size);
        line[size] = 0;
        return true;
}

static bool is_comment(const char *line)
{
        return *line == '#' || *line == ';' || !*line;
}

static bool is_word(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Where the target stands in the line as a whole word; NULL. */
static const char *find_target(const char *line, const Target *t)
{
        size_t n = strlen(t->word);

        for (const char *at = strstr(line, t->word); at; at = strstr(at + 1, t->word)) {
                if (is_word(at[n]) || (at > line && *t->word != '/' && is_word(at[-1])))
                        continue;
                if (*t->word == '/' && !strstr(line, "/node/node"))
                        continue;
                return at;
        }
        return NULL;
}

/* "vm/min_free_kbytes" and "vm.min_free_kbytes" -> its target; NULL where it is none of ours. */
static const Target *sysctl_target(const char *key)
{
        for (size_t i = 0; i < ELEMENTSOF(targets); i++)
                if (strncmp(targets[i].name, "vm.", 3) == 0 && strncmp(key, "vm", 2) == 0 && (key[2] == '.' || key[2] == '/') &&
                        streq(key + 3, targets[i].word))
                        return &targets[i];
        return NULL;
}

/* "/sys/kernel/mm/transparent_hugepage/enabled" */
static const Target *path_target(const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(targets); i++) {
                size_t n = strlen(targets[i].word), size = strlen(path);

                if (size > n && streq(path + size - n, targets[i].word) && (path[size - n - 1] == '/' || *targets[i].word == '/') &&
                        (*targets[i].word != '/' || strstr(path, "/node/node")))
                        return &targets[i];
        }
        return NULL;
}

/* "key = value" -> key, and value behind it, both trimmed in place; NULL without '='. */
static char *split(char *line)
{
        char *value = strchr(line, '='), *end;

        if (!value)
                return NULL;
        for (end = value; end > line && strchr(BLANKS, end[-1]); end--)
                ;
        *end = 0;
        value++;
        return value + strspn(value, BLANKS);
}

void writers_sysctl(Writers *w, const WriterPlace *place, const char *text)
{
        char line[LINE_TEXT_MAX];

        for (unsigned number = 1; next_line(&text, line); number++) {
                char *key = line, *value;
                const Target *t;

                if (is_comment(line))
                        continue;
                key += *key == '-';
                value = split(key);
                t = value ? sysctl_target(key) : NULL;
                if (t)
                        add(w, place, number, t->name, value);
        }
}

/* The nth word of the line, from 0, in buf; "" where there are fewer. */
static void nth_word(const char *line, unsigned n, char buf[static LINE_TEXT_MAX])
{
        size_t size;

        for (;; n--) {
                line += strspn(line, BLANKS);
                size = strcspn(line, BLANKS);
                if (n == 0)
                        break;
                line += size;
        }
        snprintf(buf, LINE_TEXT_MAX, "%.*s", (int)size, line);
}

void writers_tmpfiles(Writers *w, const WriterPlace *place, const char *text)
{
        char line[LINE_TEXT_MAX], path[LINE_TEXT_MAX], value[LINE_TEXT_MAX];

        for (unsigned number = 1; next_line(&text, line); number++) {
                const Target *t;

                if (*line != 'w')
                        continue;
                nth_word(line, 1, path);
                nth_word(line, 6, value);
                t = path_target(path);
                if (t)
                        add(w, place, number, t->name, value);
        }
}

/* --- TuneD --- */

static const char *vm_target(const char *key)
{
        if (streq(key, "transparent_hugepages") || streq(key, "transparent_hugepage"))
                return "transparent_hugepage/enabled";
        if (streq(key, "transparent_hugepages.defrag") || streq(key, "transparent_hugepage.defrag"))
                return "transparent_hugepage/defrag";
        return NULL;
}

void writers_tuned(Writers *w, const WriterPlace *place, const char *text, char *include, size_t include_size)
{
        char line[LINE_TEXT_MAX], section[64] = "";

        include[0] = 0;
        for (unsigned number = 1; next_line(&text, line); number++) {
                const Target *t = NULL;
                const char *target = NULL;
                char *value;

                if (is_comment(line))
                        continue;
                if (*line == '[') {
                        snprintf(section, sizeof(section), "%.*s", (int)strcspn(line + 1, "]"), line + 1);
                        continue;
                }
                value = split(line);
                if (!value)
                        continue;
                if (streq(section, "main") && streq(line, "include"))
                        snprintf(include, include_size, "%s", value);
                else if (streq(section, "sysctl"))
                        t = sysctl_target(line);
                else if (streq(section, "sysfs"))
                        t = path_target(line);
                else if (streq(section, "vm"))
                        target = vm_target(line);
                if (t || target)
                        add(w, place, number, t ? t->name : target, value);
        }
}

/* --- commands --- */

/* What is written there: the value behind '=', or the word of the echo before '>'; "" where that is not plain. */
static void value_text(const char *line, const char *at, size_t length, char buf[static WRITER_TEXT_MAX])
{
        const char *behind = at + length + strspn(at + length, BLANKS), *echo = NULL;

        buf[0] = 0;
        if (*behind == '=') {
                behind += 1 + strspn(behind + 1, BLANKS);
                snprintf(buf, WRITER_TEXT_MAX, "%.*s", (int)strcspn(behind, " \t;&|\"'"), behind);
                return;
        }
        for (const char *p = strstr(line, "echo "); p && p < at; p = strstr(p + 1, "echo "))
                echo = p + strlen("echo ");
        if (echo) {
                echo += strspn(echo, " \t\"'");
                snprintf(buf, WRITER_TEXT_MAX, "%.*s", (int)strcspn(echo, " \t\"'>|;"), echo);
        }
}

/* Whether something is written where `at` stands, and not read: behind a '>' or tee, or before a '='. */
static bool writes(const char *line, const char *at, size_t length)
{
        const char *redirected = strchr(line, '>'), *tee = strstr(line, "tee ");

        return (redirected && redirected < at) || (tee && tee < at) ||
                (at > line && at[-1] == '.' && at[length + strspn(at + length, BLANKS)] == '=');
}

/* The part of the line that is a command; NULL: it is none. */
static const char *command_of(WriterKind kind, const char *line)
{
        if (is_comment(line))
                return NULL;
        if (kind != WRITER_UNIT)
                return line;
        if (strncmp(line, "Exec", 4) != 0)
                return NULL;
        line = strchr(line, '=');
        return line ? line + 1 : NULL;
}

/* Scripts that units and cron run are shell, whatever started them. */
static bool is_script(const char *text)
{
        return strncmp(text, "#!", 2) == 0;
}

void writers_commands(Writers *w, const WriterPlace *place, const char *text)
{
        WriterKind kind = is_script(text) ? WRITER_CRON : place->kind;
        char line[LINE_TEXT_MAX], value[WRITER_TEXT_MAX];

        for (unsigned number = 1; next_line(&text, line); number++) {
                const char *command = command_of(kind, line);

                for (size_t i = 0; command && i < ELEMENTSOF(targets); i++) {
                        const char *at = find_target(command, &targets[i]);
                        size_t length = strlen(targets[i].word);

                        if (!at || !writes(command, at, length))
                                continue;
                        value_text(command, at, length, value);
                        add(w, place, number, targets[i].name, value);
                }
        }
}

void writers_scripts(WriterKind kind, const char *text, void (*found)(void *userdata, const char *path), void *userdata)
{
        char line[LINE_TEXT_MAX], word[LINE_TEXT_MAX];

        while (next_line(&text, line)) {
                const char *p = command_of(kind, line);

                while (p && *p) {
                        size_t size;

                        p += strspn(p, " \t\"'-@:+!;&|()");
                        size = strcspn(p, " \t\"';&|()");
                        snprintf(word, sizeof(word), "%.*s", (int)size, p);
                        if (word[0] == '/' && word[1])
                                found(userdata, word);
                        p += size;
                }
        }
}

void writers_last_counts(Writers *w, size_t first, WriterKind kind)
{
        for (size_t i = first; i < w->n; i++)
                for (size_t k = i + 1; k < w->n; k++)
                        if (w->items[i].kind == kind && w->items[k].kind == kind && streq(w->items[i].target, w->items[k].target))
                                w->items[i].overridden = true;
}

const Writer *writers_number(const Writers *w, WriterKind kind, const char *target, uint64_t *ret_number)
{
        for (size_t i = w->n; i-- > 0;)
                if (w->items[i].kind == kind && streq(w->items[i].target, target) && number_parse(w->items[i].value, ret_number) >= 0)
                        return &w->items[i];
        return NULL;
}
