/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/actor-client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/limits.h"
#include "base/macros.h"
#include "daemon/priorities.h"

/* A knob is written in microseconds; this is for a machine that is out of breath. */
#define ANSWER_USEC (5 * USEC_PER_SEC)

/* What came with a message. */
typedef struct PassedFds {
        int fds[WIRE_FDS_MAX];
        size_t n;
} PassedFds;

static void passed_fds_done(PassedFds *p)
{
        for (size_t i = 0; i < p->n; i++)
                safe_close(p->fds[i]);
        p->n = 0;
}
#define _cleanup_passed_ _cleanup_(passed_fds_done)

/* A lease is asked for so much longer than needed: else each sample would wake the actor, and its answer fragd. */
#define LEASE_SLACK (10 * USEC_PER_SEC)

/* A request that was not answered yet. */
typedef struct Pending {
        WireRequest request;
        Event event;     /* what its answer is told as */
        usec_t deadline; /* USEC_INFINITY: none */
        bool sent;
} Pending;

struct ActorClient {
        int fd;
        uint64_t last_id;
        Pending *pending; /* in the order of asking; owned */
        size_t n_pending, n_allocated;
        bool holds; /* the actor may: until it says otherwise, and from the next act on */
        usec_t leased_until; /* it does not let go before */
        sd_event_source *io, *timer;
        ActorHandlers handlers;
        void *userdata;
};

int actor_client_new(ActorClient **ret, int fd)
{
        ActorClient *c = calloc(1, sizeof(*c));
        int flags;

        if (!c)
                return -ENOMEM;
        flags = fcntl(fd, F_GETFL);
        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
                int r = -errno;

                free(c);
                return r;
        }
        c->fd = fd;
        c->holds = true; /* what one before could not put back */
        *ret = c;
        return 0;
}

ActorClient *actor_client_free(ActorClient *c)
{
        if (!c)
                return NULL;
        sd_event_source_disable_unref(c->io);
        sd_event_source_disable_unref(c->timer);
        safe_close(c->fd);
        free(c->pending);
        free(c);
        return NULL;
}

/* 1 when sent, 0 when the socket is full now. */
static int request_send(ActorClient *c, const WireRequest *request)
{
        ssize_t n;

        do
                n = send(c->fd, request, sizeof(*request), MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == EAGAIN ? 0 : -errno;
        return n == sizeof(*request) ? 1 : -EIO;
}

static void take_passed_fds(struct msghdr *m, PassedFds *ret)
{
        for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
                if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
                        continue;
                /* One message holds at most as many as there is room for. */
                for (size_t i = 0; i < (h->cmsg_len - CMSG_LEN(0)) / sizeof(int) && ret->n < WIRE_FDS_MAX; i++)
                        memcpy(&ret->fds[ret->n++], CMSG_DATA(h) + i * sizeof(int), sizeof(int));
        }
}

/* 1 and a reply; 0 when none is there now; -ECONNRESET when the actor closed the connection.
 * ret_fds: empty. */
static int reply_receive(ActorClient *c, WireReply *ret, PassedFds *ret_fds)
{
        union {
                char buf[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
                struct cmsghdr align;
        } control;
        WireReply reply;
        struct iovec iov = { .iov_base = &reply, .iov_len = sizeof(reply) };
        struct msghdr m = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = control.buf,
                .msg_controllen = sizeof(control.buf),
        };
        _cleanup_passed_ PassedFds fds = { .n = 0 };
        ssize_t n;
        int r;

        do
                n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == EAGAIN ? 0 : -errno;
        if (n == 0)
                return -ECONNRESET;
        take_passed_fds(&m, &fds);
        r = wire_reply_check(&reply, (m.msg_flags & MSG_TRUNC) ? SIZE_MAX : (size_t)n);
        if (r < 0)
                return r;
        *ret = reply;
        *ret_fds = fds;
        fds.n = 0;
        return 1;
}

static usec_t now_monotonic(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static int wait_for(int fd, short events, usec_t deadline)
{
        usec_t left = usec_sub(deadline, now_monotonic());
        struct timespec ts = {
                .tv_sec = (time_t)(left / USEC_PER_SEC),
                .tv_nsec = (long)(left % USEC_PER_SEC * NSEC_PER_USEC),
        };
        struct pollfd p = { .fd = fd, .events = events };
        int r = ppoll(&p, 1, &ts, NULL);

        if (r < 0)
                return errno == EINTR ? 0 : -errno;
        return r == 0 ? -ETIMEDOUT : 0;
}

/* Asks and waits for the answer; answers to what was asked before are dropped. */
static int call(
        ActorClient *c, WireVerb verb, uint32_t target, usec_t timeout, WireReply *ret, int *ret_fd)
{
        usec_t deadline = usec_add(now_monotonic(), timeout);
        WireRequest request;
        int r;

        wire_request_init(&request, verb, target, ++c->last_id);
        while ((r = request_send(c, &request)) == 0) {
                r = wait_for(c->fd, POLLOUT, deadline);
                if (r < 0)
                        return r;
        }
        while (r > 0) {
                _cleanup_passed_ PassedFds fds = { .n = 0 };
                WireReply reply;

                r = reply_receive(c, &reply, &fds);
                if (r == 0) {
                        r = wait_for(c->fd, POLLIN, deadline);
                        if (r < 0)
                                return r;
                        r = 1;
                } else if (r > 0 && reply.id == request.id) {
                        *ret = reply;
                        *ret_fd = fds.n > 0 ? TAKE_FD(fds.fds[0]) : -EBADF;
                        return reply.result;
                }
        }
        return r == -EPIPE ? -ECONNRESET : r;
}

int actor_client_hello(ActorClient *c, usec_t timeout)
{
        _cleanup_close_ int fd = -EBADF;
        WireReply reply;

        return call(c, WIRE_HELLO, 0, timeout, &reply, &fd);
}

int actor_client_source(ActorClient *c, WireSource source, usec_t timeout)
{
        int fd = -EBADF, r;
        WireReply reply;

        r = call(c, WIRE_SOURCE, source, timeout, &reply, &fd);
        if (r < 0)
                return r;
        return fd < 0 ? -EBADMSG : fd;
}

int actor_client_restore(ActorClient *c, usec_t timeout)
{
        _cleanup_close_ int fd = -EBADF;
        WireReply reply;
        int r;

        r = call(c, WIRE_RESTORE, 0, timeout, &reply, &fd);
        return r < 0 ? r : (int)CLAMP(reply.value, INT64_C(0), (int64_t)_KNOB_MAX);
}

static int gone(ActorClient *c, int error)
{
        int r = sd_event_source_set_enabled(c->io, SD_EVENT_OFF);

        if (r >= 0)
                r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        return c->handlers.on_gone(
                error == -ECONNRESET || error == -EPIPE ? 0 : error, c->userdata);
}

static int arm(ActorClient *c)
{
        usec_t first = USEC_INFINITY;
        bool unsent = false;
        int r;

        for (size_t i = 0; i < c->n_pending; i++) {
                first = MIN(first, c->pending[i].deadline);
                unsent = unsent || !c->pending[i].sent;
        }
        r = sd_event_source_set_io_events(c->io, EPOLLIN | (unsent ? EPOLLOUT : 0));
        if (r < 0)
                return r;
        if (first == USEC_INFINITY)
                return sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        r = sd_event_source_set_time(c->timer, first);
        return r < 0 ? r : sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

/* What was not sent yet, in order, as far as the socket takes it. */
static int flush(ActorClient *c)
{
        for (size_t i = 0; i < c->n_pending; i++) {
                int r;

                if (c->pending[i].sent)
                        continue;
                r = request_send(c, &c->pending[i].request);
                if (r <= 0)
                        return r;
                c->pending[i].sent = true;
        }
        return 0;
}

static Event pending_take(ActorClient *c, size_t i)
{
        Event event = c->pending[i].event;

        c->n_pending--;
        memmove(&c->pending[i], &c->pending[i + 1], (c->n_pending - i) * sizeof(*c->pending));
        return event;
}

static bool asks_for_fds(const WireRequest *q)
{
        return q->verb == WIRE_COUNTERS || q->verb == WIRE_RINGS;
}

/* What it says counts unless it was asked for more since. */
static void on_lease(ActorClient *c, const WireReply *reply)
{
        for (size_t i = 0; i < c->n_pending; i++)
                if (c->pending[i].request.verb != WIRE_LEASE && !asks_for_fds(&c->pending[i].request))
                        return;
        c->holds = reply->result < 0 || reply->value > 0;
}

/* fds are taken. */
static int on_fds(ActorClient *c, const WireRequest *request, int result, uint32_t opened, PassedFds *fds)
{
        size_t n = fds->n;

        fds->n = 0;
        if (request->verb == WIRE_RINGS)
                return c->handlers.on_rings(request->target, result, opened, fds->fds, n, c->userdata);
        return c->handlers.on_counters(request->target, result, opened, fds->fds, n, c->userdata);
}

static int on_reply(ActorClient *c, const WireReply *reply, PassedFds *fds)
{
        for (size_t i = 0; i < c->n_pending; i++) {
                WireRequest request = c->pending[i].request;
                Event event;

                if (request.id != reply->id)
                        continue;
                event = pending_take(c, i);
                if (request.verb == WIRE_LEASE) {
                        on_lease(c, reply);
                        return 0;
                }
                if (asks_for_fds(&request))
                        return on_fds(c, &request, reply->result, (uint32_t)reply->value, fds);
                event.done.result = reply->result;
                event.done.value = reply->value;
                event.done.cpu = reply->cpu_usec;
                event.done.wall = reply->wall_usec;
                /* The answer to a stop says nothing that the run's own one does not say better. */
                return event.done.act == ACT_STOP ? 0 : c->handlers.on_event(&event, c->userdata);
        }
        return 0; /* it came after its time-out */
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        ActorClient *c = userdata;
        int r = 0;

        if (revents & EPOLLOUT)
                r = flush(c);
        while (r >= 0 && (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
                _cleanup_passed_ PassedFds passed = { .n = 0 };
                WireReply reply = { 0 };
                int handled;

                r = reply_receive(c, &reply, &passed);
                if (r <= 0)
                        break;
                handled = on_reply(c, &reply, &passed);
                if (handled < 0)
                        return handled;
        }
        return r < 0 ? gone(c, r) : arm(c);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        ActorClient *c = userdata;
        size_t i = 0;

        while (i < c->n_pending) {
                WireRequest request = c->pending[i].request;
                Event event;
                int r;

                if (c->pending[i].deadline > usec) {
                        i++;
                        continue;
                }
                event = pending_take(c, i);
                if (event.done.act == ACT_STOP || request.verb == WIRE_LEASE) /* the run itself has a time-out too */
                        continue;
                event.type = EVENT_ACTION_TIMEOUT;
                event.done.result = -ETIMEDOUT;
                r = asks_for_fds(&request) ? on_fds(c, &request, -ETIMEDOUT, 0, &(PassedFds){ .n = 0 }) :
                                             c->handlers.on_event(&event, c->userdata);
                if (r < 0)
                        return r;
                i = 0; /* the handler may have asked for more */
        }
        return arm(c);
}

int actor_client_attach(
        ActorClient *c, sd_event *event, const ActorHandlers *handlers, void *userdata)
{
        int r;

        c->handlers = *handlers;
        c->userdata = userdata;
        r = sd_event_add_io(event, &c->io, c->fd, EPOLLIN, on_io, c);
        if (r < 0)
                return r;
        r = sd_event_add_time(event, &c->timer, CLOCK_MONOTONIC, 0, 0, on_timeout, c);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(c->io, "actor");
        (void)sd_event_source_set_description(c->timer, "actor-timeout");
        r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_source_set_priority(c->io, PRIORITY_ACTOR);
        if (r >= 0)
                r = sd_event_source_set_priority(c->timer, PRIORITY_ACTOR);
        if (r >= 0)
                r = sd_event_source_set_exit_on_failure(c->io, true);
        if (r >= 0)
                r = sd_event_source_set_exit_on_failure(c->timer, true);
        return r;
}

/* usec the actor may take. */
static usec_t patience(const Decision *d)
{
        if (d->act != ACT_COMPACT && d->act != ACT_GROW_POOL && d->act != ACT_DROP_CACHES)
                return ANSWER_USEC;
        return d->limit_usec ? usec_add(d->limit_usec, ANSWER_USEC) : USEC_INFINITY;
}

static void request_from_decision(WireRequest *ret, const Decision *d, uint64_t id)
{
        switch (d->act) {
        case ACT_SET_KNOB:
                wire_request_init(ret, WIRE_SET_KNOB, d->knob, id);
                ret->value = d->new_value;
                ret->expected = d->old_value;
                return;
        case ACT_RESTORE_KNOB: wire_request_init(ret, WIRE_RESTORE_KNOB, d->knob, id); return;
        case ACT_COMPACT:
                wire_request_init(ret, WIRE_COMPACT, d->node, id);
                ret->limit_usec = d->limit_usec;
                return;
        case ACT_STOP: wire_request_init(ret, WIRE_STOP, d->node, id); return;
        case ACT_GROW_POOL:
                wire_request_init(ret, WIRE_POOL_GROW, d->node, id);
                ret->value = d->new_value;
                ret->expected = d->old_value;
                ret->limit_usec = d->limit_usec;
                ret->size = d->size;
                return;
        case ACT_UNDO_POOL:
        case ACT_KEEP_POOL:
                wire_request_init(ret, d->act == ACT_KEEP_POOL ? WIRE_POOL_KEEP : WIRE_POOL_UNDO, d->node, id);
                ret->size = d->size;
                return;
        case ACT_DROP_CACHES:
                wire_request_init(ret, WIRE_DROP_CACHES, 0, id);
                ret->value = d->new_value;
                ret->limit_usec = d->limit_usec;
                return;
        case ACT_NONE:
        case _ACT_MAX: break;
        }
        assert(!"a decision without an act");
}

/* A request more, to be filled in. */
static int pending_add(ActorClient *c, usec_t patience_usec, Pending **ret)
{
        usec_t now;
        int r;

        r = sd_event_now(sd_event_source_get_event(c->io), CLOCK_MONOTONIC, &now);
        if (r < 0)
                return r;
        if (c->n_pending == c->n_allocated) {
                Pending *p = reallocarray(c->pending, c->n_allocated + 8, sizeof(*p));

                if (!p)
                        return -ENOMEM;
                c->pending = p;
                c->n_allocated += 8;
        }
        *ret = &c->pending[c->n_pending++];
        **ret = (Pending){ .deadline = usec_add(now, patience_usec) };
        return 0;
}

int actor_client_lease(ActorClient *c, usec_t now, usec_t until)
{
        usec_t limit = MIN(usec_add(usec_sub(until, now), LEASE_SLACK), (usec_t)ACTOR_LEASE_USEC_MAX);
        Pending *p;
        int r;

        if (!c->holds || c->leased_until >= until)
                return 0;
        r = pending_add(c, ANSWER_USEC, &p);
        if (r < 0)
                return r;
        wire_request_init(&p->request, WIRE_LEASE, 0, ++c->last_id);
        p->request.limit_usec = limit;
        c->leased_until = usec_add(now, limit);
        (void)flush(c);
        return arm(c);
}

static int ask_for_fds(ActorClient *c, WireVerb verb, uint32_t group, uint32_t cpus, unsigned order)
{
        Pending *p;
        int r;

        r = pending_add(c, ANSWER_USEC, &p);
        if (r < 0)
                return r;
        wire_request_init(&p->request, verb, group, ++c->last_id);
        p->request.value = cpus;
        p->request.expected = order;
        (void)flush(c);
        return arm(c);
}

int actor_client_counters(ActorClient *c, uint32_t group, uint32_t cpus, unsigned order)
{
        return ask_for_fds(c, WIRE_COUNTERS, group, cpus, order);
}

int actor_client_rings(ActorClient *c, uint32_t group, uint32_t cpus)
{
        return ask_for_fds(c, WIRE_RINGS, group, cpus, 0);
}

int actor_client_act(ActorClient *c, const Decision *d)
{
        Pending *p;
        int r;

        r = pending_add(c, patience(d), &p);
        if (r < 0)
                return r;
        c->holds = true;
        c->leased_until = 0; /* the actor gave us ACTOR_LEASE_USEC from now: too long */
        request_from_decision(&p->request, d, ++c->last_id);
        p->event.type = EVENT_ACTION_DONE;
        p->event.done.action = d->action;
        p->event.done.act = d->act;
        p->event.done.node = d->node;
        p->event.done.knob = d->knob;
        /* A connection that broke is noticed, and told, by on_io(). */
        (void)flush(c);
        return arm(c);
}
