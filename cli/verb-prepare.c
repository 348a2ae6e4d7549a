/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "cli/client.h"
#include "cli/reply.h"
#include "cli/text.h"
#include "cli/wanted.h"

typedef struct PrepareReply {
        const char *state, *sentence;
        json_int_t wanted, reached, possible, took, left, size;
} PrepareReply;

static int unpack(json_t *j, PrepareReply *ret)
{
        json_error_t error;

        *ret = (PrepareReply){ .left = REPLY_UNKNOWN };
        if (json_unpack_ex(j, &error, 0, "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s?I}", "state", &ret->state, "sentence", &ret->sentence,
                    "size_bytes", &ret->size, "wanted", &ret->wanted, "reached", &ret->reached, "possible", &ret->possible, "took_usec",
                    &ret->took, "left_usec", &ret->left) < 0)
                return reply_unexpected("Prepare", error.text);
        return 0;
}

/* One line, written over; never in a pipe. */
static int show_progress(const Cli *cli, json_t *reply)
{
        char size[UNIT_TEXT_MAX], took[UNIT_TEXT_MAX], left[UNIT_TEXT_MAX];
        PrepareReply p;
        int r;

        r = unpack(reply, &p);
        if (r != 0)
                return r;
        fprintf(stderr, "\r\033[K%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " blocks of %s, %s", p.reached, p.wanted,
                text_size(size, p.size), text_duration(took, p.took / (json_int_t)USEC_PER_SEC * (json_int_t)USEC_PER_SEC));
        if (p.left >= 0)
                fprintf(stderr, ", about %s left",
                        text_duration(left, MAX(p.left / (json_int_t)USEC_PER_SEC, INT64_C(1)) * (json_int_t)USEC_PER_SEC));
        (void)fflush(stderr);
        return 0;
}

static void clear_progress(const Cli *cli)
{
        if (cli->err_tty && !cli->json)
                fputs("\r\033[K", stderr);
}

static int finish(const Cli *cli, json_t *reply)
{
        PrepareReply p;
        int r = unpack(reply, &p);

        clear_progress(cli);
        if (r != 0)
                return r;
        if (cli->json)
                r = cli_print_json(cli, reply);
        else
                text_wrap(stdout, p.sentence, cli->columns, 0, 0);
        if (r != 0)
                return r;
        if (streq(p.state, "done"))
                return EXIT_OK;
        if (streq(p.state, "timed_out"))
                return EXIT_TIMED_OUT;
        if (!cli->json && p.possible < p.wanted && !cli_has(cli, OPTION_ALLOW_DROP_CACHES))
                puts("Where the page cache fills the memory, --allow-drop-caches lets it be dropped.");
        return EXIT_IMPOSSIBLE;
}

/* fragd ends the work when the connection does; we end as by the signal, so that a shell's loop ends, too. */
static int interrupted(const Cli *cli, int signal_fd)
{
        struct signalfd_siginfo info;
        sigset_t set;

        if (read(signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
                return EXIT_FAILED;
        clear_progress(cli);
        cli_error("interrupted: fragd ends the work, and takes back what it has taken");
        (void)sigemptyset(&set);
        (void)sigaddset(&set, (int)info.ssi_signo);
        (void)raise((int)info.ssi_signo);
        (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
        return EXIT_FAILED;
}

static int take_signals(int *ret_fd)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGHUP);
        *ret_fd = sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -1 : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (*ret_fd >= 0)
                return 0;
        cli_error("cannot wait for signals: %s", strerror(errno));
        return EXIT_FAILED;
}

static int wait_result(const Cli *cli, Client *c, int signal_fd)
{
        for (;;) {
                struct pollfd fds[] = { { .fd = client_fd(c), .events = POLLIN }, { .fd = signal_fd, .events = POLLIN } };
                ClientReply kind = CLIENT_NOTHING;
                int r;

                do {
                        _cleanup_json_ json_t *reply = NULL;

                        r = client_take(c, &kind, &reply);
                        if (r != 0)
                                clear_progress(cli);
                        if (r == 0 && kind == CLIENT_LAST)
                                return finish(cli, reply);
                        if (r == 0 && kind == CLIENT_CONTINUES)
                                r = show_progress(cli, reply);
                        if (r != 0)
                                return r;
                } while (kind != CLIENT_NOTHING);
                if (poll(fds, ELEMENTSOF(fds), -1) < 0 && errno != EINTR) {
                        cli_error("cannot wait for fragd: %s", strerror(errno));
                        return EXIT_FAILED;
                }
                if (fds[1].revents)
                        return interrupted(cli, signal_fd);
        }
}

int verb_prepare(const Cli *cli, char **args)
{
        static const struct {
                Option option;
                const char *name;
        } flags[] = {
                { OPTION_HUGETLB, "hugetlb" },
                { OPTION_ALLOW_DROP_CACHES, "allow_drop_caches" },
                { OPTION_KEEP_PARTIAL, "keep_partial" },
        };
        _cleanup_close_ int signal_fd = -EBADF;
        _cleanup_client_ Client *c = NULL;
        json_t *parameters = NULL;
        int r;

        r = wanted_parameters(cli, "prepare", &parameters);
        for (size_t i = 0; r == 0 && i < ELEMENTSOF(flags); i++)
                if (cli_has(cli, flags[i].option))
                        r = client_parameter(&parameters, flags[i].name, json_true());
        if (r == 0 && cli_has(cli, OPTION_TIMEOUT))
                r = client_parameter(&parameters, "timeout_usec", json_integer((json_int_t)cli->timeout));
        if (r != 0)
                return r;
        r = client_open(&c, cli, CLIENT_ADMIN);
        if (r != 0) {
                json_decref(parameters);
                return r;
        }
        r = take_signals(&signal_fd);
        if (r != 0) {
                json_decref(parameters);
                return r;
        }
        r = client_send(c, "io.fragd.Control.Prepare", parameters, cli->err_tty && !cli->json);
        return r != 0 ? r : wait_result(cli, c, signal_fd);
}
