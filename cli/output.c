/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/fragctl.h"

#include <langinfo.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <time.h>

#include "cli/text.h"

void cli_error(const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        if (!text) {
                fputs("fragctl: out of memory\n", stderr);
                return;
        }
        fprintf(stderr, "fragctl: %s\n",
                text_clean(text, streq(nl_langinfo(CODESET), "UTF-8"), false));
}

static usec_t clock_usec(clockid_t clock)
{
        struct timespec t = { 0 };

        (void)clock_gettime(clock, &t);
        return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / NSEC_PER_USEC;
}

usec_t cli_now_monotonic(void)
{
        return clock_usec(CLOCK_MONOTONIC);
}

usec_t cli_now_realtime(void)
{
        return clock_usec(CLOCK_REALTIME);
}

static unsigned number_from_env(const char *name)
{
        const char *text = getenv(name);
        uint64_t n;

        return text && number_parse(text, &n) == 0 && n >= 1 && n <= 10000 ? (unsigned)n : 0;
}

void cli_measure(Cli *cli)
{
        struct winsize size = { 0 };

        cli->columns = cli->rows = 0;
        if (!isatty(STDOUT_FILENO))
                return;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
                cli->columns = size.ws_col;
                cli->rows = size.ws_row;
        }
        /* a serial console does not know its size */
        if (cli->columns == 0)
                cli->columns = number_from_env("COLUMNS");
        if (cli->rows == 0)
                cli->rows = number_from_env("LINES");
        if (cli->columns == 0)
                cli->columns = 80;
        if (cli->rows == 0)
                cli->rows = 24;
}

int cli_print_json(const Cli *cli, const json_t *j)
{
        bool tty = isatty(STDOUT_FILENO);
        /* ASCII on a terminal: the strings are verbatim and may hold anything */
        size_t flags = JSON_REAL_PRECISION(6) |
                       (tty ? JSON_INDENT(2) | JSON_ENSURE_ASCII : JSON_COMPACT);
        _cleanup_free_ char *text = json_dumps(j, flags);

        if (!text)
                return cli_oom();
        if (!tty) {
                puts(text);
                return EXIT_OK;
        }
        /* jansson leaves DEL as it is, which is ASCII */
        for (char *c = text; *c; c++)
                if (*c == 0x7f)
                        fputs("\\u007f", stdout);
                else
                        putchar(*c);
        putchar('\n');
        return EXIT_OK;
}
