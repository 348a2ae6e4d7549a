/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <poll.h>
#include <signal.h>

#include "cli/client.h"
#include "cli/said.h"
#include "cli/signals.h"
#include "cli/text.h"
#include "cli/top-curses.h"
#include "cli/top-view.h"

#define REDRAW_USEC  USEC_PER_SEC /* ages count on between samples */
#define RETRY_USEC   USEC_PER_SEC
#define HISTORY_USEC (TOP_SLOTS * TOP_SLOT_USEC)

/* Each call has a connection of its own: one that goes on stays busy. */
typedef enum Line {
        LINE_STATUS,
        LINE_LOG,
        LINE_HISTORY,
        _LINE_MAX,
} Line;

typedef struct Top {
        Cli cli; /* a copy: the terminal may change its size */
        Client *lines[_LINE_MAX];
        bool following; /* the first status came, those of each sample are asked for */
        bool log_again; /* what comes first of the log is all there is, not news */
        TopData data;
        TopMoment moment;
        TopScreen screen;
        TopCurses *curses;
        char host[65];
        int signal_fd;
        Said said;
        usec_t retry, next;
        bool dirty, done;
} Top;

static void lines_close(Top *t)
{
        for (unsigned i = 0; i < _LINE_MAX; i++)
                t->lines[i] = client_free(t->lines[i]);
        t->following = false;
}

static void top_done(Top *t)
{
        t->curses = top_curses_close(t->curses);
        said_end(&t->said);
        lines_close(t);
        safe_close(t->signal_fd);
        top_screen_done(&t->screen);
        top_data_done(&t->data);
}

static int ask_history(Top *t)
{
        usec_t since = usec_sub(cli_now_realtime(), HISTORY_USEC);
        json_t *p = NULL;
        int r;

        r = client_parameter(&p, "since_realtime_usec", json_integer((json_int_t)since));
        if (r == 0)
                r = client_parameter(&p, "step_usec", json_integer((json_int_t)TOP_SLOT_USEC));
        if (r == 0) /* of the blocks, the least there is: only objectives are drawn */
                r = client_parameter(&p, "order", json_integer(0));
        return r != 0 ? r
                      : client_send(t->lines[LINE_HISTORY], "io.fragd.Monitor.GetHistory", p, true);
}

static int ask_log(Top *t)
{
        json_t *p = NULL;
        int r = client_parameter(&p, "limit", json_integer(TOP_LOG_MAX));

        t->log_again = true;
        return r != 0 ? r : client_send(t->lines[LINE_LOG], "io.fragd.Monitor.GetLog", p, true);
}

/* Asks for everything again; it comes as it comes. */
static int lines_open(Top *t)
{
        int r = 0;

        for (unsigned i = 0; r == 0 && i < _LINE_MAX; i++)
                r = client_open(&t->lines[i], &t->cli, CLIENT_MONITOR);
        /* once at once: the next sample may be a minute away */
        if (r == 0)
                r = client_send(t->lines[LINE_STATUS], "io.fragd.Monitor.GetStatus", NULL, false);
        if (r == 0)
                r = ask_log(t);
        if (r == 0)
                r = ask_history(t);
        if (r != 0)
                lines_close(t);
        return r;
}

static int on_status(Top *t, ClientReply kind, json_t *reply)
{
        int r;

        if (kind == CLIENT_LAST && t->following) {
                json_decref(reply);
                cli_error("fragd ended the watch");
                return EXIT_UNREACHABLE;
        }
        if (!t->following)
                top_data_break(&t->data);
        r = top_data_status(&t->data, reply, cli_now_monotonic());
        if (r != 0 || t->following)
                return r;
        t->following = true;
        t->data.lost = false;
        return client_send(t->lines[LINE_STATUS], "io.fragd.Monitor.GetStatus", NULL, true);
}

static int on_log(Top *t, ClientReply kind, json_t *reply)
{
        _cleanup_json_ json_t *taken = reply;

        if (kind == CLIENT_LAST) {
                cli_error("fragd ended the log");
                return EXIT_UNREACHABLE;
        }
        if (t->log_again)
                top_data_forget_log(&t->data);
        t->log_again = false;
        return top_data_log(&t->data, taken);
}

static int on_history(Top *t, ClientReply kind, json_t *reply)
{
        _cleanup_json_ json_t *taken = reply;
        int r = top_data_history(&t->data, taken);

        if (kind == CLIENT_LAST)
                t->lines[LINE_HISTORY] = client_free(t->lines[LINE_HISTORY]);
        return r;
}

/* All that came on a line. */
static int line_take(Top *t, Line line)
{
        static int (*const take[_LINE_MAX])(Top *, ClientReply, json_t *) = {
                [LINE_STATUS] = on_status,
                [LINE_LOG] = on_log,
                [LINE_HISTORY] = on_history,
        };

        while (t->lines[line]) {
                json_t *reply = NULL;
                ClientReply kind;
                int r;

                r = client_take(t->lines[line], &kind, &reply);
                if (r != 0 || kind == CLIENT_NOTHING)
                        return r;
                t->dirty = true;
                r = take[line](t, kind, reply);
                if (r != 0)
                        return r;
        }
        return 0;
}

static void lose(Top *t, usec_t now)
{
        lines_close(t);
        t->retry = usec_add(now, RETRY_USEC);
        if (!t->data.lost)
                t->data.lost_at = now;
        t->data.lost = t->dirty = true;
        said_take(&t->said, t->data.lost_why, sizeof(t->data.lost_why));
}

static void lines_work(Top *t, usec_t now)
{
        if (!t->lines[LINE_STATUS] && now >= t->retry) {
                if (lines_open(t) != 0)
                        lose(t, now);
        }
        if (!t->lines[LINE_STATUS])
                return;
        /* a fragd without history: the course begins now */
        if (line_take(t, LINE_HISTORY) != 0) {
                char why[256];

                t->lines[LINE_HISTORY] = client_free(t->lines[LINE_HISTORY]);
                said_take(&t->said, why, sizeof(why));
        }
        if (line_take(t, LINE_STATUS) != 0 || line_take(t, LINE_LOG) != 0)
                lose(t, now);
}

static void on_key(Top *t, TopKey key)
{
        TopMoment *m = &t->moment;

        t->dirty = true;
        switch (key) {
        case TOP_KEY_QUIT: t->done = true; break;
        case TOP_KEY_UP: m->first = LESS_BY(m->first, (size_t)1); break;
        case TOP_KEY_DOWN: m->first++; break;
        case TOP_KEY_PAGE_UP: m->first = LESS_BY(m->first, m->page); break;
        case TOP_KEY_PAGE_DOWN: m->first += m->page; break;
        case TOP_KEY_HOME: m->first = 0; break;
        case TOP_KEY_END: m->first = NODES_MAX; break;
        case TOP_KEY_MISSED: m->missed_only = !m->missed_only; break;
        case TOP_KEY_ZONES: m->by_zone = !m->by_zone; break;
        case TOP_KEY_REDRAW: top_curses_redraw(t->curses); break;
        case TOP_KEY_NONE:
        case TOP_KEY_OTHER: break;
        }
}

static void measure(Top *t)
{
        cli_measure(&t->cli);
        top_curses_resize(t->curses, &t->cli);
        t->dirty = true;
}

static void on_signals(Top *t)
{
        int number;

        while ((number = signals_next(t->signal_fd)) != 0) {
                if (number == SIGTSTP) {
                        top_curses_leave(t->curses);
                        (void)raise(SIGSTOP);
                        measure(t); /* it may have changed meanwhile */
                } else if (number == SIGWINCH)
                        measure(t);
                else
                        t->done = true;
        }
}

static int draw(Top *t, usec_t now)
{
        if (top_screen_resize(&t->screen, t->cli.columns, t->cli.rows) < 0)
                return cli_oom();
        t->moment.now = now;
        t->moment.realtime = cli_now_realtime();
        top_view(&t->screen, &t->data, &t->moment);
        top_curses_paint(t->curses, &t->screen);
        t->dirty = false;
        t->next = usec_add(now, REDRAW_USEC);
        return 0;
}

static int top_wait(Top *t, usec_t now)
{
        struct pollfd fds[2 + _LINE_MAX] = {
                { .fd = STDIN_FILENO, .events = POLLIN },
                { .fd = t->signal_fd, .events = POLLIN },
        };
        usec_t left = usec_sub(t->lines[LINE_STATUS] ? t->next : MIN(t->next, t->retry), now);

        for (unsigned i = 0; i < _LINE_MAX; i++)
                fds[2 + i] = (struct pollfd){ .fd = t->lines[i] ? client_fd(t->lines[i]) : -1,
                        .events = POLLIN };
        if (poll(fds, ELEMENTSOF(fds), (int)((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC)) < 0 &&
                errno != EINTR) {
                cli_error("cannot wait for fragd: %s", strerror(errno));
                return EXIT_FAILED;
        }
        /* the terminal is gone */
        t->done |= (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
        return 0;
}

static int top_run(Top *t)
{
        int r = 0;

        t->dirty = true;
        for (;;) {
                usec_t now = cli_now_monotonic();
                TopKey key;

                on_signals(t);
                while (!t->done && (key = top_curses_key(t->curses)) != TOP_KEY_NONE)
                        on_key(t, key);
                if (t->done)
                        return 0;
                lines_work(t, now);
                if (t->dirty || now >= t->next)
                        r = draw(t, now);
                if (r == 0)
                        r = top_wait(t, now);
                if (r != 0)
                        return r;
        }
}

/* Before there is a screen: where there is nothing to show, that is said as by every verb. */
static int first_status(Top *t)
{
        json_t *reply = NULL;
        ClientReply kind;
        int r;

        r = lines_open(t);
        if (r == 0)
                r = client_wait(t->lines[LINE_STATUS], CLIENT_REPLY_USEC, &kind, &reply);
        if (r != 0)
                return r;
        if (kind == CLIENT_NOTHING) {
                cli_error("fragd does not answer: no reply within %us",
                        (unsigned)(CLIENT_REPLY_USEC / USEC_PER_SEC));
                return EXIT_UNREACHABLE;
        }
        return on_status(t, kind, reply);
}

static int refuse(const char *why)
{
        cli_error("top: %s; 'fragctl status --watch' prints lines, 'fragctl --json status' is for "
                  "programs",
                why);
        return EXIT_USAGE;
}

int verb_top(const Cli *cli, char **args)
{
        _cleanup_(top_done) Top t = { .cli = *cli, .signal_fd = -EBADF, .said = SAID_NONE };
        int r;

        if (cli->json)
                return refuse("a screen cannot be JSON");
        if (!cli->out_tty || !isatty(STDIN_FILENO))
                return refuse("needs a terminal on standard input and output");
        (void)gethostname(t.host, sizeof(t.host) - 1);
        t.moment.host = text_clean(t.host, cli->utf8, false);
        t.moment.utf8 = cli->utf8;
        r = first_status(&t);
        if (r == 0)
                r = signals_take(&t.signal_fd);
        if (r == 0)
                r = top_curses_open(&t.curses, &t.cli);
        if (r != 0)
                return r;
        r = said_begin(&t.said);
        if (r < 0) {
                cli_error("cannot keep messages off the screen: %s", strerror(-r));
                return EXIT_FAILED;
        }
        return top_run(&t);
}
