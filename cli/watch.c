/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/watch.h"

#include <poll.h>
#include <signal.h>

#include "cli/client.h"
#include "cli/signals.h"
#include "cli/status-view.h"
#include "cli/text.h"

#define REDRAW_USEC USEC_PER_SEC        /* ages count on between samples */
#define LINE_USEC   (10 * USEC_PER_SEC) /* a sign of life where nothing changes */

typedef struct Watch {
        Cli cli; /* a copy: the terminal may change its size */
        Client *client;
        int signal_fd;
        bool screen;
        bool erase;      /* the whole screen, before the next frame */
        json_t *reply;   /* the last one */
        usec_t received; /* monotonic */
        usec_t end, next;
        char *line; /* the last one printed */
        bool done;
} Watch;

static void watch_done(Watch *w)
{
        if (w->screen) {
                fputs("\033[?25h", stdout); /* the cursor */
                (void)fflush(stdout);
        }
        client_freep(&w->client);
        safe_close(w->signal_fd);
        json_freep(&w->reply);
        free(w->line);
}

/* Writes a frame over the last one, without a moment of emptiness. Lines that do not fit are left
 * out at the end. */
static void frame_write(const Cli *cli, const char *text, bool erase)
{
        unsigned room = cli->rows > 1 ? cli->rows - 1 : 1, n = 0;

        fputs(erase ? "\033[?25l\033[H\033[2J" : "\033[H", stdout);
        fputs("\033[?7l", stdout); /* a line that is too long is cut, not continued */
        for (; *text && n < room; n++) {
                size_t size = strcspn(text, "\n");

                /* erased first: after a full line the cursor still stands on its last column */
                printf("\033[K%.*s\n", (int)size, text);
                text += size;
                text += *text == '\n';
        }
        fputs("\033[J\033[?7h", stdout);
        if (*text)
                fputs("(more than fits: enlarge the terminal)", stdout);
        (void)fflush(stdout);
}

static int draw_screen(Watch *w, usec_t now)
{
        StatusMoment moment = {
                .now = now, .elapsed = usec_sub(now, w->received), .rows = w->cli.rows
        };
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f;
        int r;

        f = open_memstream(&text, &size);
        if (!f)
                return cli_oom();
        r = status_screen(&w->cli, w->reply, &moment, f);
        if (fclose(f) != 0 && r == 0)
                return cli_oom();
        if (r != 0)
                return r;
        frame_write(&w->cli, text, w->erase);
        w->erase = false;
        w->next = usec_add(now, REDRAW_USEC);
        return 0;
}

static int draw_line(Watch *w, usec_t now)
{
        _cleanup_free_ char *text = NULL;
        char when[UNIT_TEXT_MAX];
        size_t size = 0;
        FILE *f;
        int r;

        f = open_memstream(&text, &size);
        if (!f)
                return cli_oom();
        r = status_line(w->reply, f);
        if (fclose(f) != 0 && r == 0)
                return cli_oom();
        if (r != 0)
                return r;
        if (w->line && streq(w->line, text) && now < w->next)
                return 0;
        printf("%s %s\n", text_time(when, (int64_t)cli_now_realtime()), text);
        (void)fflush(stdout);
        free(w->line);
        w->line = TAKE_PTR(text);
        w->next = usec_add(now, LINE_USEC);
        return 0;
}

static int draw(Watch *w, usec_t now)
{
        if (w->cli.json)
                return 0; /* each reply is printed as it comes */
        return w->screen ? draw_screen(w, now) : draw_line(w, now);
}

/* Stops like any program on Ctrl-Z, but leaves a cursor behind. */
static void stop_self(Watch *w)
{
        if (w->screen) {
                fputs("\033[?25h", stdout);
                (void)fflush(stdout);
        }
        (void)raise(SIGSTOP);
        w->erase = true;
}

static int on_signals(Watch *w)
{
        int number;

        while ((number = signals_next(w->signal_fd)) != 0) {
                if (number == SIGTSTP)
                        stop_self(w);
                else if (number == SIGWINCH) {
                        cli_measure(&w->cli);
                        w->erase = true;
                } else
                        w->done = true;
        }
        return 0;
}

/* Takes every reply there is; only the last of them is drawn. */
static int on_replies(Watch *w, usec_t now, bool *ret_fresh)
{
        bool fresh = false;

        for (;;) {
                json_t *parameters = NULL;
                ClientReply reply;
                int r;

                r = client_take(w->client, &reply, &parameters);
                if (r != 0)
                        return r;
                if (reply == CLIENT_NOTHING)
                        break;
                json_decref(w->reply);
                w->reply = parameters;
                w->received = now;
                fresh = true;
                if (w->cli.json) {
                        r = cli_print_json(&w->cli, parameters);
                        (void)fflush(stdout);
                        if (r != EXIT_OK)
                                return r;
                }
                if (reply == CLIENT_LAST) {
                        cli_error("fragd ended the watch");
                        return EXIT_UNREACHABLE;
                }
        }
        *ret_fresh = fresh;
        return 0;
}

static int watch_wait(Watch *w, usec_t now)
{
        struct pollfd fds[] = {
                { .fd = client_fd(w->client), .events = POLLIN },
                { .fd = w->signal_fd, .events = POLLIN },
        };
        usec_t until = w->cli.json ? w->end : MIN(w->end, w->next);
        usec_t left = until == USEC_INFINITY ? USEC_PER_HOUR
                                             : MIN(usec_sub(until, now), USEC_PER_HOUR);

        if (poll(fds, ELEMENTSOF(fds), (int)((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC)) < 0 &&
                errno != EINTR) {
                cli_error("cannot wait for fragd: %s", strerror(errno));
                return EXIT_FAILED;
        }
        return 0;
}

static int watch_run(Watch *w)
{
        for (;;) {
                usec_t now = cli_now_monotonic();
                bool fresh;
                int r;

                r = on_signals(w);
                if (r != 0 || w->done || now >= w->end)
                        return r;
                r = on_replies(w, now, &fresh);
                if (r != 0)
                        return r;
                if (fresh || w->erase || now >= w->next) {
                        r = draw(w, now);
                        if (r != 0)
                                return r;
                }
                if (ferror(stdout)) /* said by main() */
                        return EXIT_FAILED;
                r = watch_wait(w, now);
                if (r != 0)
                        return r;
        }
}

int watch_status(const Cli *cli)
{
        _cleanup_(watch_done) Watch w = { .cli = *cli, .signal_fd = -EBADF };
        usec_t now = cli_now_monotonic();
        int r;

        w.end = cli_has(cli, OPTION_FOR) ? usec_add(now, cli->for_usec) : USEC_INFINITY;
        r = client_open(&w.client, cli, CLIENT_MONITOR);
        if (r != 0)
                return r;
        /* once at once: the next sample may be a minute away */
        r = client_call(w.client, "io.fragd.Monitor.GetStatus", NULL, &w.reply);
        if (r != 0)
                return r;
        w.received = cli_now_monotonic();
        r = client_send(w.client, "io.fragd.Monitor.GetStatus", NULL, true);
        if (r != 0)
                return r;
        r = signals_take(&w.signal_fd);
        if (r != 0)
                return r;
        if (cli->json) {
                r = cli_print_json(cli, w.reply);
                (void)fflush(stdout);
                if (r != EXIT_OK)
                        return r;
        }
        w.screen = cli->out_tty && !cli->json;
        if (w.screen) /* a frame at once, not line by line */
                (void)setvbuf(stdout, NULL, _IOFBF, 64 * 1024);
        w.erase = w.screen;
        r = draw(&w, w.received);
        return r != 0 ? r : watch_run(&w);
}
