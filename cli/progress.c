/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/progress.h"

#include "cli/text.h"

#define TICK_USEC  (200 * USEC_PER_MSEC)
#define QUIET_USEC USEC_PER_SEC

Progress progress_new(const Cli *cli, const char *what)
{
        return (Progress){ .on = cli->err_tty, .start = cli_now_monotonic(), .what = what };
}

void progress_tick(Progress *p)
{
        static const char wheel[] = "|/-\\";
        usec_t took = usec_sub(cli_now_monotonic(), p->start);
        char text[UNIT_TEXT_MAX];

        if (!p->on || took < QUIET_USEC)
                return;
        fprintf(stderr, "\r\033[K%c %s, %s", wheel[p->turn++ % 4], p->what,
                text_duration(text, (int64_t)took));
        p->shown = true;
}

void progress_done(Progress *p)
{
        if (p->shown)
                fputs("\r\033[K", stderr);
        p->shown = false;
}

int progress_wait(Progress *p, Client *c, ClientReply *ret, json_t **ret_parameters)
{
        usec_t end = usec_add(cli_now_monotonic(), CLIENT_REPLY_USEC);

        for (;;) {
                int r = client_wait(c, p->on ? TICK_USEC : CLIENT_REPLY_USEC, ret, ret_parameters);

                if (r != 0) {
                        progress_done(p);
                        return r;
                }
                progress_tick(p);
                if (*ret != CLIENT_NOTHING)
                        return 0;
                if (cli_now_monotonic() < end)
                        continue;
                progress_done(p);
                cli_error("fragd does not answer: no reply within %us",
                        (unsigned)(CLIENT_REPLY_USEC / USEC_PER_SEC));
                return EXIT_UNREACHABLE;
        }
}
