/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/serve.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>

#include "actor/counter.h"
#include "actor/pool.h"
#include "actor/run.h"
#include "actor/say.h"
#include "wire/wire.h"

/* At most `max` in each period, which starts with the first one after the last period. */
typedef struct Rate {
        usec_t period, started;
        unsigned max, count;
} Rate;

typedef struct Server {
        int fd, signal_fd;
        const Listener *listener;
        const RootDir *root;
        Baseline *baseline;
        Pools *pools;
        Runner runner;
        Rate requests, writes, compactions, drops;
        usec_t lease; /* when we must have heard of the peer again, if we hold something then */
} Server;

static usec_t now_monotonic(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static bool rate_allows(Rate *rate, usec_t now)
{
        if (rate->count == 0 || usec_sub(now, rate->started) >= rate->period) {
                rate->started = now;
                rate->count = 0;
        }
        if (rate->count >= rate->max)
                return false;
        rate->count++;
        return true;
}

/* Knobs that are not as before, pools that have grown and may yet be taken back, and what runs. */
static unsigned held(const Server *s)
{
        unsigned n = run_running(&s->runner) + s->pools->n;

        for (KnobId id = 0; id < _KNOB_MAX; id++)
                n += baseline_before(s->baseline, id) != KNOB_VALUE_NONE;
        return n;
}

static void renew_lease(Server *s, const WireRequest *q, usec_t now)
{
        if (q->verb == WIRE_LEASE)
                s->lease = usec_add(now, q->limit_usec);
        else if (q->verb != WIRE_COUNTERS && q->verb != WIRE_RINGS) /* what they give is nothing that must be put back */
                s->lease = MAX(s->lease, usec_add(now, (usec_t)ACTOR_LEASE_USEC));
}

/* passed: fds to send along. Negative errno: the connection is of no use any more. */
static int reply_send_fds(Server *s, const WireReply *reply, const int *passed, size_t n)
{
        union {
                char buf[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
                struct cmsghdr align;
        } control = {};
        struct iovec iov = { .iov_base = (void *)reply, .iov_len = sizeof(*reply) };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

        if (n > 0) {
                struct cmsghdr *h = &control.align;

                m.msg_control = control.buf;
                m.msg_controllen = CMSG_SPACE(n * sizeof(int));
                h->cmsg_level = SOL_SOCKET;
                h->cmsg_type = SCM_RIGHTS;
                h->cmsg_len = CMSG_LEN(n * sizeof(int));
                memcpy(CMSG_DATA(h), passed, n * sizeof(int));
        }
        if (sendmsg(s->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
                return 0;
        /* Hundreds of replies that nobody reads: waiting would hold up what is due, and dropping
         * one breaks the protocol. */
        if (errno == EAGAIN)
                say("the peer does not read its replies: ending the connection");
        return -errno;
}

/* passed: an fd to send along, -EBADF for none. */
static int reply_send(Server *s, const WireReply *reply, int passed)
{
        return reply_send_fds(s, reply, &passed, passed >= 0);
}

/* SET_KNOB, RESTORE_KNOB, RESTORE */
static void handle_knob(Server *s, const WireRequest *q, usec_t now, WireReply *reply)
{
        KnobId id = (KnobId)q->target;
        unsigned count;

        switch (q->verb) {
        case WIRE_SET_KNOB:
                if (!rate_allows(&s->writes, now)) {
                        reply->result = -EAGAIN;
                        return;
                }
                reply->result = baseline_set(s->baseline, id, q->expected, q->value, &reply->value);
                reply->baseline = baseline_before(s->baseline, id);
                return;
        case WIRE_RESTORE_KNOB:
                reply->result = baseline_restore(s->baseline, id, &reply->value);
                reply->baseline = baseline_before(s->baseline, id);
                return;
        default:
                reply->result = baseline_restore_all(s->baseline, false, &count);
                reply->value = count;
        }
}

/* What a run is to write. 0 or the errno for the reply: nothing was done. */
static int run_prepare(Server *s, const WireRequest *q, usec_t now, RunWrite *ret)
{
        if (run_busy(&s->runner, q))
                return -EBUSY;
        *ret = (RunWrite){ .value = 1 };
        switch (q->verb) {
        case WIRE_POOL_GROW:
                if (!rate_allows(&s->writes, now))
                        return -EAGAIN;
                return pool_grow_prepare(s->pools, q->target, q->size, q->expected, q->value, ret->path, &ret->value);
        case WIRE_DROP_CACHES:
                snprintf(ret->path, sizeof(ret->path), "proc/sys/vm/drop_caches");
                ret->value = q->value;
                return rate_allows(&s->drops, now) ? 0 : -EAGAIN;
        default:
                snprintf(ret->path, sizeof(ret->path), "sys/devices/system/node/node%u/compact", q->target);
                return rate_allows(&s->compactions, now) ? 0 : -EAGAIN;
        }
}

/* A growth has ended, or never began: what has come of it. */
static void grow_finish(Server *s, const WireRequest *q, WireReply *reply)
{
        int64_t grown, before;
        int r = pool_grow_finish(s->pools, q->target, q->size, &grown, &before);

        if (r < 0) {
                reply->result = reply->result ?: r;
                return;
        }
        reply->value = grown;
        reply->baseline = before;
}

/* 1: the reply comes later. */
static int handle_run(Server *s, const WireRequest *q, usec_t now, WireReply *reply)
{
        const int withheld[] = { s->fd, s->listener->fd, s->signal_fd, s->baseline->dir_fd,
                s->baseline->lock_fd };
        RunWrite write;

        reply->result = run_prepare(s, q, now, &write);
        if (reply->result < 0)
                return 0;
        reply->result = run_start(&s->runner, q, &write, now, withheld, ELEMENTSOF(withheld));
        if (reply->result < 0 && q->verb == WIRE_POOL_GROW)
                grow_finish(s, q, reply);
        return reply->result == 0;
}

static void handle_pool(Server *s, const WireRequest *q, WireReply *reply)
{
        if (run_grows(&s->runner, q->target))
                reply->result = -EBUSY;
        else if (q->verb == WIRE_POOL_UNDO)
                reply->result = pool_undo(s->pools, q->target, q->size, &reply->value);
        else
                reply->result = pool_keep(s->pools, q->target, q->size, &reply->value);
        reply->result = MIN(reply->result, 0);
}

static int handle_counters(Server *s, const WireRequest *q, WireReply *reply)
{
        Counters c = { 0 };
        int r;

        if (q->verb == WIRE_RINGS)
                reply->result = counters_open_rings(s->root, q->target, (uint32_t)q->value, &c);
        else
                reply->result = counters_open(s->root, q->target, (uint32_t)q->value, (unsigned)q->expected, &c);
        reply->value = c.opened;
        r = reply_send_fds(s, reply, c.fds, c.n);
        counters_done(&c);
        return r;
}

static int handle(Server *s, const WireRequest *q, usec_t now)
{
        _cleanup_close_ int passed = -EBADF;
        WireReply reply;

        renew_lease(s, q, now);
        wire_reply_init(&reply, q, 0);
        switch ((WireVerb)q->verb) {
        case WIRE_HELLO: reply.value = getpid(); break;
        case WIRE_COMPACT:
        case WIRE_POOL_GROW:
        case WIRE_DROP_CACHES:
                if (handle_run(s, q, now, &reply) > 0)
                        return 0;
                break;
        case WIRE_LEASE: reply.value = held(s); break;
        case WIRE_COUNTERS:
        case WIRE_RINGS: return handle_counters(s, q, &reply);
        case WIRE_POOL_UNDO:
        case WIRE_POOL_KEEP: handle_pool(s, q, &reply); break;
        case WIRE_STOP: reply.result = run_stop(&s->runner, q->target); break;
        case WIRE_SOURCE:
                /* O_NONBLOCK is nothing to files, but keeps the open of a FIFO from blocking. */
                passed = root_open(s->root, wire_source_path((WireSource)q->target),
                        O_RDONLY | O_NONBLOCK | O_NOCTTY);
                reply.result = passed < 0 ? passed : 0;
                break;
        default: handle_knob(s, q, now, &reply);
        }
        return reply_send(s, &reply, passed);
}

/* Negative errno, -ECONNRESET at the end of the connection. */
static int serve_request(Server *s, usec_t now)
{
        WireRequest q = {};
        WireReply reply;
        ssize_t n;
        int r;

        n = recv(s->fd, &q, sizeof(q), MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ECONNRESET;
        r = rate_allows(&s->requests, now) ? wire_request_check(&q, (size_t)n) : -EAGAIN;
        if (r == 0)
                return handle(s, &q, now);
        wire_reply_init(&reply, &q, r);
        return reply_send(s, &reply, -EBADF);
}

/* true: asked to end. SIGCHLD only wakes the loop up. */
static bool take_signals(Server *s)
{
        struct signalfd_siginfo info;
        bool stop = false;

        while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
                stop = stop || info.ssi_signo != SIGCHLD;
        return stop;
}

static int wait_events(Server *s, struct pollfd fds[static 3])
{
        usec_t deadline = MIN(run_deadline(&s->runner), held(s) ? s->lease : USEC_INFINITY);
        usec_t left = usec_sub(deadline, now_monotonic());
        struct timespec ts = {
                .tv_sec = (time_t)MIN(left / USEC_PER_SEC, (usec_t)INT32_MAX),
                .tv_nsec = (long)(left % USEC_PER_SEC * NSEC_PER_USEC),
        };

        fds[0] = (struct pollfd){ .fd = s->fd, .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = s->signal_fd, .events = POLLIN };
        fds[2] = (struct pollfd){ .fd = s->listener->fd, .events = POLLIN };
        if (ppoll(fds, 3, deadline == USEC_INFINITY ? NULL : &ts, NULL) < 0)
                return errno == EINTR ? 0 : -errno;
        return 0;
}

/* Returns at the end of the connection, or when asked to end (0), or when something is broken. */
static int loop(Server *s)
{
        for (;;) {
                struct pollfd fds[3] = {};
                WireRequest request;
                WireReply reply;
                usec_t now;
                int r;

                r = wait_events(s, fds);
                if (r < 0)
                        return r;
                if (fds[1].revents && take_signals(s))
                        return 0;
                now = now_monotonic();
                run_expire(&s->runner, now);
                while (r >= 0 && run_reap(&s->runner, now, &request, &reply)) {
                        if (request.verb == WIRE_POOL_GROW)
                                grow_finish(s, &request, &reply);
                        r = reply_send(s, &reply, -EBADF);
                }
                if (r >= 0 && fds[0].revents)
                        r = serve_request(s, now);
                if (r < 0)
                        return r;
                /* What the peer had to say was heard first. */
                if (!fds[0].revents && held(s) && now >= s->lease) {
                        say("the peer was not heard of in time: putting everything back and ending");
                        return 0;
                }
                if (fds[2].revents)
                        listener_refuse(s->listener, s->fd);
        }
}

static int open_signals(void)
{
        sigset_t mask;
        int fd;

        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGCHLD);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;
        fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
        return fd < 0 ? -errno : fd;
}

int serve(int fd, const Listener *listener, const RootDir *root, Baseline *baseline, Pools *pools)
{
        _cleanup_close_ int connection = fd, signal_fd = open_signals();
        Server s = {
                .fd = connection,
                .signal_fd = signal_fd,
                .listener = listener,
                .root = root,
                .baseline = baseline,
                .pools = pools,
                .runner = { .root = root },
                .lease = usec_add(now_monotonic(), (usec_t)ACTOR_LEASE_USEC),
                .requests = { .period = USEC_PER_SEC, .max = ACTOR_REQUESTS_PER_SEC_MAX },
                .writes = { .period = USEC_PER_MIN, .max = ACTOR_WRITES_PER_MIN_MAX },
                .compactions = { .period = USEC_PER_MIN, .max = ACTOR_COMPACTIONS_PER_MIN_MAX },
                .drops = { .period = USEC_PER_MIN, .max = ACTOR_DROPS_PER_MIN_MAX },
        };
        unsigned count;
        int r, k;

        if (signal_fd < 0)
                return signal_fd;
        r = loop(&s);
        if (r == -ECONNRESET || r == -EPIPE) /* the ordinary end */
                r = 0;
        if (r < 0)
                say("the connection broke: %s", strerror(-r));
        /* The knobs first: a child that waits for writeback may take its time even to be killed. */
        run_end_all(&s.runner);
        r = baseline_restore_all(baseline, true, &count);
        run_wait_all(&s.runner);
        k = pools_undo_all(pools, true); /* after the children, which may still be growing one */
        return r < 0 ? r : k;
}
