/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragd-taskstats - asks the kernel what processes waited for, for fragd: the one thing that fragd wants to know and that takes a
 * capability, CAP_NET_ADMIN. Serves one connection; has no other privilege, and changes nothing. */
#include <getopt.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "actor/listen.h"
#include "actor/say.h"
#include "base/start.h"
#include "taskstats/kernel.h"

#define EXIT_USAGE 2
#define USAGE      "fragd-taskstats --fd N|--listen"
#define NOBODY_ID  65534

static int usage_error(const char *what, const char *value)
{
        say("%s%s%s; usage: " USAGE, what, value ? " " : "", value ? value : "");
        return EXIT_USAGE;
}

/* fd: -EBADF for --listen. 0, or the exit status and a line was printed. */
static int parse_arguments(int argc, char *argv[], int *ret_fd)
{
        static const struct option options[] = {
                { "fd", required_argument, NULL, 'f' },
                { "listen", no_argument, NULL, 'l' },
                {},
        };
        bool listens = false;
        int c, fd = -EBADF;

        opterr = 0;
        while ((c = getopt_long(argc, argv, ":", options, NULL)) >= 0)
                switch (c) {
                case 'f':
                        if (peer_parse(optarg, &fd) < 0)
                                return usage_error("--fd: no SOCK_SEQPACKET socket has the number", optarg);
                        break;
                case 'l': listens = true; break;
                case ':': return usage_error("a value is missing after", argv[optind - 1]);
                default: return usage_error("unknown option", argv[optind - 1]);
                }
        if (optind < argc)
                return usage_error("unexpected argument", argv[optind]);
        if (listens == (fd >= 0))
                return usage_error("one of --fd and --listen is needed", NULL);
        *ret_fd = fd;
        return 0;
}

/* Nobody special, but for that one capability where there is one to be kept. */
static int drop_privileges(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
        uint32_t kept;

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        if (syscall(SYS_capget, &header, sets) < 0)
                return -errno;
        kept = sets[0].permitted & (UINT32_C(1) << CAP_NET_ADMIN);
        if (geteuid() == 0) {
                if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
                        setresgid(NOBODY_ID, NOBODY_ID, NOBODY_ID) < 0 || setresuid(NOBODY_ID, NOBODY_ID, NOBODY_ID) < 0)
                        return -errno;
        }
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        /* Where a service manager has left us no more, its filter may forbid even this. */
        if (syscall(SYS_capget, &header, sets) >= 0 && sets[0].permitted == kept && sets[1].permitted == 0 && sets[0].effective == kept)
                return 0;
        memset(sets, 0, sizeof(sets));
        sets[0].permitted = sets[0].effective = kept;
        return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

/* k: NULL where the kernel does not have it, for the reason error. */
static int answer(int fd, Kernel *k, int error, const TaskstatsRequest *q, size_t size)
{
        TaskstatsReply reply;

        taskstats_reply_init(&reply, q, taskstats_request_check(q, size));
        if (reply.result == 0)
                reply.result = k ? kernel_ask(k, q->tgid, &reply) : error;
        if (reply.result < 0)
                reply.size = 0;
        return send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Takes a question and answers it. -ECONNRESET: the peer has gone. */
static int serve_one(int fd, Kernel *k, int error)
{
        TaskstatsRequest q = {};
        ssize_t n = recv(fd, &q, sizeof(q), MSG_DONTWAIT | MSG_TRUNC);

        if (n > 0)
                return answer(fd, k, error, &q, (size_t)n);
        if (n == 0)
                return -ECONNRESET;
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

/* Until the peer goes: 0; else why not. */
static int serve(int fd, const Listener *listener, Kernel *k, int error)
{
        for (;;) {
                struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = listener->fd, .events = POLLIN } };
                int r;

                if (poll(fds, 2, -1) < 0 && errno != EINTR)
                        return -errno;
                r = fds[0].revents ? serve_one(fd, k, error) : 0;
                if (r < 0)
                        return r == -EPIPE || r == -ECONNRESET ? 0 : r;
                if (fds[1].revents)
                        listener_refuse(listener, fd);
        }
}

int main(int argc, char *argv[])
{
        _cleanup_(kernel_freep) Kernel *k = NULL;
        Listener listener = LISTENER_NONE;
        int fd, r, error;

        reserve_stdio();
        r = parse_arguments(argc, argv, &fd);
        if (r != 0)
                return r;
        (void)signal(SIGPIPE, SIG_IGN);
        r = drop_privileges();
        if (r < 0) {
                say("cannot drop privileges: %s", strerror(-r));
                return EXIT_FAILURE;
        }
        if (fd < 0 && listener_take(&listener) >= 0)
                fd = listener_accept(&listener);
        if (fd < 0)
                return EXIT_FAILURE;
        error = kernel_new(&k);
        r = serve(fd, &listener, k, error);
        if (r < 0)
                say("the connection broke: %s", strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
