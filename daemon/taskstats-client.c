/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/taskstats-client.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "base/usec.h"
#include "daemon/priorities.h"

/* Questions on the way at one time: the answers have to fit the socket. */
#define WINDOW 32
/* One takes some 50 us; this is for a machine that is out of breath. */
#define PATIENCE (10 * USEC_PER_SEC)

struct TaskstatsClient {
        int fd;
        uint32_t *pids; /* owned */
        size_t n, sent, answered;
        sd_event_source *io, *timer;
        const TaskstatsHandlers *handlers;
        void *userdata;
};

TaskstatsClient *taskstats_client_free(TaskstatsClient *c)
{
        if (!c)
                return NULL;
        sd_event_source_disable_unref(c->io);
        sd_event_source_disable_unref(c->timer);
        safe_close(c->fd);
        free(c->pids);
        free(c);
        return NULL;
}

static void gone(TaskstatsClient *c, int error)
{
        c->io = sd_event_source_disable_unref(c->io);
        c->timer = sd_event_source_disable_unref(c->timer);
        c->handlers->on_gone(error == -ECONNRESET || error == -EPIPE ? 0 : error, c->userdata);
}

static int send_some(TaskstatsClient *c)
{
        while (c->sent < c->n && c->sent - c->answered < WINDOW) {
                TaskstatsRequest q;

                taskstats_request_init(&q, c->pids[c->sent]);
                if (send(c->fd, &q, sizeof(q), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                        return errno == EAGAIN || errno == EINTR ? 0 : -errno; /* the next answer makes room */
                c->sent++;
        }
        return 0;
}

/* 1: an answer was taken; 0: none is there now. */
static int receive_one(TaskstatsClient *c)
{
        TaskstatsReply reply;
        ssize_t n = recv(c->fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_TRUNC);
        int r;

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ECONNRESET;
        r = taskstats_reply_check(&reply, (size_t)n);
        if (r < 0)
                return r;
        if (c->answered == c->sent || reply.tgid != c->pids[c->answered])
                return -EBADMSG;
        c->answered++;
        c->handlers->on_reply(&reply, c->userdata);
        return 1;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        TaskstatsClient *c = userdata;
        int r;

        /* A window, then the other sources get their turn. */
        for (unsigned i = 0; i < WINDOW; i++) {
                r = receive_one(c);
                if (r <= 0)
                        break;
        }
        if (r >= 0)
                r = send_some(c);
        if (r < 0) {
                gone(c, r);
                return 0;
        }
        if (c->n > 0 && c->answered == c->n) {
                c->n = c->sent = c->answered = 0;
                r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
                if (r < 0)
                        return r;
                c->handlers->on_done(c->userdata);
        }
        return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        gone(userdata, -ETIMEDOUT);
        return 0;
}

static int add_sources(TaskstatsClient *c, sd_event *event)
{
        int r;

        r = sd_event_add_io(event, &c->io, c->fd, EPOLLIN, on_io, c);
        if (r >= 0)
                r = sd_event_add_time(event, &c->timer, CLOCK_MONOTONIC, 0, 0, on_timeout, c);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_source_set_priority(c->io, PRIORITY_CLIENT);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(c->io, "taskstats");
        (void)sd_event_source_set_description(c->timer, "taskstats-timeout");
        return 0;
}

int taskstats_client_new(TaskstatsClient **ret, sd_event *event, int fd, const TaskstatsHandlers *handlers, void *userdata)
{
        TaskstatsClient *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        *c = (TaskstatsClient){ .fd = fd, .handlers = handlers, .userdata = userdata };
        r = add_sources(c, event);
        if (r < 0) {
                c->fd = -EBADF; /* not taken */
                taskstats_client_free(c);
                return r;
        }
        *ret = c;
        return 0;
}

int taskstats_client_ask(TaskstatsClient *c, const uint32_t *pids, size_t n)
{
        uint32_t *copy;
        int r;

        assert(c->n == 0 && n > 0);
        copy = reallocarray(c->pids, n, sizeof(*copy));
        if (!copy)
                return -ENOMEM;
        c->pids = copy;
        memcpy(copy, pids, n * sizeof(*copy));
        r = sd_event_source_set_time_relative(c->timer, PATIENCE);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
        if (r < 0)
                return r;
        c->n = n;
        /* A connection that is over is noticed, and told, by on_io(). */
        (void)send_some(c);
        return 0;
}
