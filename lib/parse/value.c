/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/value.h"

#include "base/macros.h"
#include "parse/text.h"

/* The one line of the text; 0, or the text is refused. */
static int value_line(
        const char *text, size_t size, Text *ret, const char *expected, ParseError *ret_error)
{
        Text t = text_init(text, size), line;
        bool truncated = false;

        if (!text_line(&t, &line, &truncated))
                return parse_fail(ret_error, t.line, truncated ? TEXT_TRUNCATED : expected);
        if (t.p != t.end)
                return parse_fail(ret_error, 2, "nothing behind the first line");
        *ret = line;
        return 0;
}

int value_parse_int(const char *text, size_t size, int64_t *ret, ParseError *ret_error)
{
        static const char expected[] = "one integer";
        uint64_t magnitude;
        bool negative;
        Text line;
        int r;

        r = value_line(text, size, &line, expected, ret_error);
        if (r < 0)
                return r;
        text_skip_blanks(&line);
        negative = TEXT_TAKE(&line, "-");
        if (negative && (line.p == line.end || (unsigned)(*line.p - '0') > 9))
                return parse_fail(ret_error, 1, expected);
        if (!text_number(&line, "", &magnitude) || magnitude > INT64_MAX || !text_at_end(&line))
                return parse_fail(ret_error, 1, expected);
        *ret = negative ? -(int64_t)magnitude : (int64_t)magnitude;
        return 0;
}

int value_parse_choice(
        const char *text, size_t size, char *buf, size_t buf_size, ParseError *ret_error)
{
        static const char expected[] = "one choice in brackets";
        Text line, word, chosen = { 0 };
        size_t n;
        int r;

        r = value_line(text, size, &line, expected, ret_error);
        if (r < 0)
                return r;
        while (text_word(&line, &word)) {
                if (*word.p != '[')
                        continue;
                if (chosen.p || word.end - word.p < 3 || word.end[-1] != ']')
                        return parse_fail(ret_error, 1, expected);
                chosen = (Text){ .p = word.p + 1, .end = word.end - 1 };
        }
        if (!chosen.p)
                return parse_fail(ret_error, 1, expected);
        n = (size_t)(chosen.end - chosen.p);
        if (n >= buf_size)
                return parse_fail(ret_error, 1, "a shorter choice in brackets");
        memcpy(buf, chosen.p, n);
        buf[n] = 0;
        return 0;
}

int value_parse_task_stat(const char *text, size_t size, char *comm, size_t comm_size,
        char *ret_state, ParseError *ret_error)
{
        static const char expected[] = "\"PID (NAME) STATE\"";
        const char *name, *close;
        uint64_t pid;
        Text line;
        size_t n;
        int r;

        r = value_line(text, size, &line, expected, ret_error);
        if (r < 0)
                return r;
        if (!text_number(&line, "", &pid) || !TEXT_TAKE(&line, " ("))
                return parse_fail(ret_error, 1, expected);
        name = line.p;
        close = memrchr(name, ')', (size_t)(line.end - name));
        if (!close)
                return parse_fail(ret_error, 1, expected);
        line.p = close + 1;
        if (!TEXT_TAKE(&line, " ") || line.p == line.end ||
                (unsigned)((*line.p | 0x20) - 'a') > 25 ||
                (line.p + 1 < line.end && line.p[1] != ' '))
                return parse_fail(ret_error, 1, expected);
        n = (size_t)(close - name);
        if (n >= comm_size)
                return parse_fail(ret_error, 1, "a shorter task name");
        memcpy(comm, name, n);
        comm[n] = 0;
        *ret_state = *line.p;
        return 0;
}

int value_parse_task_start(const char *text, size_t size, uint64_t *ret, ParseError *ret_error)
{
        static const char expected[] = "a start time in the 22nd field";
        const char *close;
        Text line, word;
        uint64_t start;
        int r;

        r = value_line(text, size, &line, expected, ret_error);
        if (r < 0)
                return r;
        close = memrchr(line.p, ')', (size_t)(line.end - line.p));
        if (!close)
                return parse_fail(ret_error, 1, expected);
        line.p = close + 1;
        for (unsigned field = 3; field < 22; field++)
                if (!text_word(&line, &word))
                        return parse_fail(ret_error, 1, expected);
        if (!text_number(&line, "", &start))
                return parse_fail(ret_error, 1, expected);
        *ret = start;
        return 0;
}

int value_parse_schedstat(
        const char *text, size_t size, uint64_t *ret_cpu_nsec, ParseError *ret_error)
{
        static const char expected[] = "three numbers";
        uint64_t cpu, wait, slices;
        Text line;
        int r;

        r = value_line(text, size, &line, expected, ret_error);
        if (r < 0)
                return r;
        if (!text_number(&line, "", &cpu) || !text_number(&line, "", &wait) ||
                !text_number(&line, "", &slices))
                return parse_fail(ret_error, 1, expected);
        *ret_cpu_nsec = cpu;
        return 0;
}

/* Writes into ret where it is not NULL. NULL, or what was expected. */
static const char *list_walk(Text line, uint32_t *ret, size_t max, size_t *ret_n)
{
        uint64_t first, last, least = 0;
        size_t n = 0;

        while (!text_at_end(&line)) {
                if (n > 0 && !TEXT_TAKE(&line, ","))
                        return "a list such as 0-3,8";
                if (!text_number(&line, "-,", &first))
                        return "a list such as 0-3,8";
                last = first;
                if (TEXT_TAKE(&line, "-") && !text_number(&line, ",", &last))
                        return "a list such as 0-3,8";
                if (first < least || last < first)
                        return "ascending numbers";
                if (last >= UINT32_MAX || last - first >= max - n)
                        return "fewer numbers";
                for (uint64_t id = first; id <= last; id++, n++)
                        if (ret)
                                ret[n] = (uint32_t)id;
                least = last + 1;
        }
        *ret_n = n;
        return NULL;
}

int value_parse_list(const char *text, size_t size, uint32_t *ret, size_t max, size_t *ret_n,
        ParseError *ret_error)
{
        const char *expected;
        Text line;
        size_t n;
        int r;

        r = value_line(text, size, &line, "a list such as 0-3,8", ret_error);
        if (r < 0)
                return r;
        expected = list_walk(line, NULL, max, &n);
        if (expected)
                return parse_fail(ret_error, 1, expected);
        (void)list_walk(line, ret, max, ret_n);
        return 0;
}
