/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/limits.h"
#include "cli/text.h"
#include "proto/varlink.h"

struct Client {
        const Cli *cli;
        Varlink *varlink;
        int fd;
        char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

static int say_connect_failed(ClientSocket which, const char *path, int error)
{
        switch (error) {
        case ENOENT:
        case ENOTDIR:
                cli_error("fragd is not running: no socket at %s; start it (systemctl start fragd, "
                          "or fragd as root), or say with --runtime-dir where its sockets are",
                        path);
                return EXIT_UNREACHABLE;
        case ECONNREFUSED:
                cli_error("fragd is not running: nobody listens at %s; start it (systemctl start "
                          "fragd, or fragd as root)",
                        path);
                return EXIT_UNREACHABLE;
        case EAGAIN:
                cli_error("fragd does not answer: too many wait for it at %s", path);
                return EXIT_UNREACHABLE;
        case EACCES:
        case EPERM:
                if (which == CLIENT_ADMIN)
                        cli_error("changing fragd needs root or membership in the group "
                                  "fragd-admin: %s: %s",
                                path, strerror(error));
                else
                        cli_error("no permission to ask fragd: %s: %s", path, strerror(error));
                return EXIT_PERMISSION;
        default:
                cli_error("cannot reach fragd at %s: %s", path, strerror(error));
                return EXIT_UNREACHABLE;
        }
}

/* A full queue of connections, or a daemon that does not read, may not hold us for ever. */
static int socket_limit_send(int fd)
{
        struct timeval limit = { .tv_sec = (time_t)(CLIENT_REPLY_USEC / USEC_PER_SEC) };

        return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ? -errno : 0;
}

int client_open(Client **ret, const Cli *cli, ClientSocket which)
{
        _cleanup_client_ Client *c = NULL;
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int n;

        c = calloc(1, sizeof(*c));
        if (!c)
                return cli_oom();
        c->cli = cli;
        c->fd = -EBADF;
        n = snprintf(c->path, sizeof(c->path), "%s/%s", cli->runtime_dir,
                which == CLIENT_ADMIN ? "admin.sock" : "fragd.sock");
        if (n < 0 || (size_t)n >= sizeof(c->path)) {
                cli_error("--runtime-dir: the path of a socket in it would be longer than %zu "
                          "bytes: %s",
                        sizeof(c->path) - 1, cli->runtime_dir);
                return EXIT_USAGE;
        }
        if (varlink_new(&c->varlink, VARLINK_REPLY_MAX, VARLINK_MESSAGE_MAX) < 0)
                return cli_oom();
        memcpy(address.sun_path, c->path, (size_t)n + 1);
        c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c->fd < 0 || socket_limit_send(c->fd) < 0 ||
                connect(c->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return say_connect_failed(which, c->path, errno);
        *ret = TAKE_PTR(c);
        return 0;
}

Client *client_free(Client *c)
{
        if (!c)
                return NULL;
        varlink_free(c->varlink);
        safe_close(c->fd);
        free(c);
        return NULL;
}

int client_fd(const Client *c)
{
        return c->fd;
}

static int say_gone(const Client *c)
{
        cli_error("fragd went away without an answer: the connection to %s was closed", c->path);
        return EXIT_UNREACHABLE;
}

int client_send(Client *c, const char *method, json_t *parameters, bool more)
{
        const char *data;
        size_t size;
        int r;

        r = varlink_call(c->varlink, method, parameters, more);
        json_decref(parameters);
        if (r == -ENOMEM)
                return cli_oom();
        if (r < 0) {
                cli_error("cannot put the call %s into words: %s", method, strerror(-r));
                return EXIT_FAILED;
        }
        while ((size = varlink_pending(c->varlink, &data)) > 0) {
                ssize_t n = send(c->fd, data, size, MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                /* it may have left a reason that can still be read */
                if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
                        return 0;
                if (n < 0) {
                        cli_error("cannot send to fragd at %s: %s", c->path, strerror(errno));
                        return EXIT_UNREACHABLE;
                }
                varlink_written(c->varlink, (size_t)n);
        }
        return 0;
}

static int say_broken(const Client *c, const char *what)
{
        cli_error("broken reply from %s: %s", c->path, what);
        return EXIT_FAILED;
}

/* Takes the next complete reply from the codec. */
static int reply_next(Client *c, ClientReply *ret, json_t **ret_parameters)
{
        _cleanup_(varlink_reply_done) VarlinkReply reply = { 0 };
        int r;

        r = varlink_next_reply(c->varlink, &reply);
        if (r == -ENOMEM)
                return cli_oom();
        if (r < 0)
                return say_broken(c, "not a Varlink message");
        if (r == 0) {
                *ret = CLIENT_NOTHING;
                return 0;
        }
        if (reply.error) {
                r = client_error(c->cli, reply.error, reply.parameters);
                assert(r != 0);
                return r;
        }
        if (!c->cli->json && text_clean_json(reply.parameters, c->cli->utf8) < 0)
                return cli_oom();
        *ret = reply.continues ? CLIENT_CONTINUES : CLIENT_LAST;
        *ret_parameters = TAKE_PTR(reply.parameters);
        return 0;
}

int client_take(Client *c, ClientReply *ret, json_t **ret_parameters)
{
        static const size_t piece = 64 * 1024;
        _cleanup_free_ char *buf = NULL;
        int r;

        r = reply_next(c, ret, ret_parameters);
        if (r != 0 || *ret != CLIENT_NOTHING)
                return r;
        buf = malloc(piece);
        if (!buf)
                return cli_oom();
        for (;;) {
                ssize_t n = recv(c->fd, buf, piece, MSG_DONTWAIT);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                        return 0;
                if (n <= 0)
                        return say_gone(c);
                r = varlink_push(c->varlink, buf, (size_t)n);
                if (r == -EMSGSIZE)
                        return say_broken(c, "longer than any reply may be");
                if (r < 0)
                        return cli_oom();
                r = reply_next(c, ret, ret_parameters);
                if (r != 0 || *ret != CLIENT_NOTHING)
                        return r;
        }
}

int client_wait(Client *c, usec_t timeout, ClientReply *ret, json_t **ret_parameters)
{
        usec_t end = usec_add(cli_now_monotonic(), timeout);

        for (;;) {
                struct pollfd p = { .fd = c->fd, .events = POLLIN };
                usec_t left;
                int r;

                r = client_take(c, ret, ret_parameters);
                if (r != 0 || *ret != CLIENT_NOTHING)
                        return r;
                left = end == USEC_INFINITY ? 1000 * USEC_PER_SEC
                                            : usec_sub(end, cli_now_monotonic());
                if (left == 0)
                        return 0;
                if (poll(&p, 1, (int)((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC)) < 0 &&
                        errno != EINTR) {
                        cli_error("cannot wait for fragd: %s", strerror(errno));
                        return EXIT_FAILED;
                }
        }
}

int client_call(Client *c, const char *method, json_t *parameters, json_t **ret_parameters)
{
        ClientReply reply;
        int r;

        r = client_send(c, method, parameters, false);
        if (r != 0)
                return r;
        r = client_wait(c, CLIENT_REPLY_USEC, &reply, ret_parameters);
        if (r != 0)
                return r;
        if (reply == CLIENT_NOTHING) {
                cli_error("fragd does not answer: no reply from %s within %us", c->path,
                        (unsigned)(CLIENT_REPLY_USEC / USEC_PER_SEC));
                return EXIT_UNREACHABLE;
        }
        return 0;
}

int client_request(const Cli *cli, ClientSocket which, const char *method, json_t *parameters,
        json_t **ret_parameters)
{
        _cleanup_client_ Client *c = NULL;
        int r;

        r = client_open(&c, cli, which);
        if (r != 0) {
                json_decref(parameters);
                return r;
        }
        return client_call(c, method, parameters, ret_parameters);
}

int client_parameter(json_t **parameters, const char *name, json_t *value)
{
        if (!*parameters)
                *parameters = json_object();
        if (*parameters && value && json_object_set_new(*parameters, name, value) == 0)
                return 0;
        if (!*parameters)
                json_decref(value);
        json_decref(*parameters);
        *parameters = NULL;
        return cli_oom();
}
