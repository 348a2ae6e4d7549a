/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A scanner with libconfig's own rules for what a comment, a string and a number is (its
 * scanner.l), and nothing else: where both disagree, libconfig still has the last word. */
#include "daemon/config-errors.h"
#include "daemon/config-file.h"

/* Ours go four deep. libconfig would go on until its parser's stack is full. */
#define DEPTH_MAX 16
/* Every number of nine digits, and of seven hexadecimal ones, fits into an int. */
#define DIGITS_MAX     9
#define HEX_DIGITS_MAX 7
/* Of a wrong value, shown. */
#define WORD_MAX 20

typedef struct Scanner {
        const char *file;
        const char *p;
        unsigned line;
        struct {
                char bracket;
                unsigned line;
        } open[DEPTH_MAX];
        unsigned depth;
        char before; /* what the token before began with, 0 at the start */
        ConfigErrors *errors;
} Scanner;

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static bool is_name(char c)
{
        return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

static bool starts(const Scanner *s, const char *text)
{
        return strncmp(s->p, text, strlen(text)) == 0;
}

static void skip_line(Scanner *s)
{
        s->p += strcspn(s->p, "\n");
}

static int scan_comment(Scanner *s)
{
        unsigned start = s->line;

        for (s->p += 2; *s->p; s->p++) {
                if (starts(s, "*/")) {
                        s->p += 2;
                        return 0;
                }
                if (*s->p == '\n')
                        s->line++;
        }
        config_error(s->errors, s->file, start,
                "the comment that begins here has no end, expected '*/'");
        return -EINVAL;
}

/* libconfig's strings may go over lines. No option needs that, and a forgotten quote is told where
 * it is. */
static int scan_string(Scanner *s)
{
        for (s->p++; *s->p && *s->p != '\n'; s->p++) {
                if (*s->p == '"') {
                        s->p++;
                        return 0;
                }
                if (*s->p == '\\' && s->p[1] && s->p[1] != '\n')
                        s->p++;
        }
        config_error(
                s->errors, s->file, s->line, "text without an end, expected '\"' on the same line");
        return -EINVAL;
}

/* "2M" or "10%": libconfig would call it a syntax error, and whoever wrote it would not know why.
 */
static void check_unit(Scanner *s, const char *start)
{
        size_t n = 0;
        bool unit = false;

        for (; is_digit(start[n]) || is_letter(start[n]) || start[n] == '.' || start[n] == '%'; n++)
                unit = unit || strchr("kKmMgGtTpPsmhdw%", start[n]);
        if (unit)
                config_error(s->errors, s->file, s->line,
                        "a number with a unit must be in quotes: \"%.*s\"",
                        (int)MIN(n, (size_t)WORD_MAX), start);
        s->p = start + n;
}

static void scan_number(Scanner *s)
{
        bool hex = s->p[0] == '0' && (s->p[1] == 'x' || s->p[1] == 'X');
        const char *start = s->p + (hex ? 2 : 0);
        size_t n = strspn(start, hex ? "0123456789abcdefABCDEF" : "0123456789");

        if (n > (hex ? HEX_DIGITS_MAX : DIGITS_MAX))
                config_error(s->errors, s->file, s->line,
                        "a number of %zu digits, expected at most %u; sizes and times are text "
                        "with a unit, such as \"512M\" or \"20s\"",
                        n, hex ? HEX_DIGITS_MAX : DIGITS_MAX);
        if (hex)
                s->p = start + n;
        else
                check_unit(s, start);
}

static bool is_flag(const char *word, size_t n)
{
        return (n == 4 && strncasecmp(word, "true", n) == 0) ||
               (n == 5 && strncasecmp(word, "false", n) == 0);
}

/* A name where a value stands: text without quotes, the commonest mistake of all. */
static void scan_name(Scanner *s)
{
        const char *start = s->p;
        bool value = s->before == '=' || s->before == ':' ||
                     (s->depth > 0 && s->open[s->depth - 1].bracket != '{');

        while (is_name(*s->p))
                s->p++;
        if (value && !is_flag(start, (size_t)(s->p - start)))
                config_error(s->errors, s->file, s->line,
                        "text must be in quotes: \"%.*s\"; a flag is true or false",
                        (int)MIN((size_t)(s->p - start), (size_t)WORD_MAX), start);
}

static int scan_open(Scanner *s)
{
        if (s->depth == DEPTH_MAX) {
                config_error(s->errors, s->file, s->line, "brackets nested more than %u deep",
                        DEPTH_MAX);
                return -EINVAL;
        }
        s->open[s->depth].bracket = *s->p++;
        s->open[s->depth++].line = s->line;
        return 0;
}

static char closing(char open)
{
        switch (open) {
        case '{': return '}';
        case '(': return ')';
        default: return ']';
        }
}

static int scan_close(Scanner *s)
{
        char c = *s->p++;

        if (s->depth == 0) {
                config_error(s->errors, s->file, s->line, "'%c' closes nothing", c);
                return -EINVAL;
        }
        s->depth--;
        if (closing(s->open[s->depth].bracket) == c)
                return 0;
        config_error(s->errors, s->file, s->line,
                "'%c' here, expected '%c' for the '%c' of line %u", c,
                closing(s->open[s->depth].bracket), s->open[s->depth].bracket,
                s->open[s->depth].line);
        return -EINVAL;
}

/* Scans one thing. 0; -EINVAL with an error added, after which going on would only add noise. */
static int scan_token(Scanner *s)
{
        if (*s->p == '#' || starts(s, "//"))
                skip_line(s);
        else if (starts(s, "/*"))
                return scan_comment(s);
        else if (*s->p == '"')
                return scan_string(s);
        else if (strchr("{[(", *s->p))
                return scan_open(s);
        else if (strchr("}])", *s->p))
                return scan_close(s);
        else if (is_digit(*s->p))
                scan_number(s);
        else if (is_letter(*s->p))
                scan_name(s);
        else if (*s->p == '@') {
                config_error(s->errors, s->file, s->line,
                        "'@include' is not supported: further files go into fragd.conf.d");
                return -EINVAL;
        } else
                s->line += *s->p++ == '\n';
        return 0;
}

int config_text_check(const char *file, const char *text, ConfigErrors *errors)
{
        Scanner s = { .file = file, .p = text, .line = 1, .errors = errors };
        size_t before = config_errors_count(errors);
        int r;

        while (*s.p) {
                char first = *s.p;
                bool comment = first == '#' || starts(&s, "//") || starts(&s, "/*");

                r = scan_token(&s);
                if (r < 0)
                        return r;
                if (!comment && !strchr(" \t\r\n\f", first))
                        s.before = first;
        }
        if (s.depth > 0) {
                s.depth--;
                config_error(errors, file, s.open[s.depth].line,
                        "'%c' without an end, expected '%c'", s.open[s.depth].bracket,
                        closing(s.open[s.depth].bracket));
        }
        return config_errors_count(errors) > before ? -EINVAL : 0;
}
