/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One client: bytes between the socket and the codec, calls to their handlers, never more buffered
 * than the limits allow.
 *
 * Calls that a client sends ahead wait: nothing is read while a whole message is in the buffer, no
 * call is taken while one is in flight or while much output is unread. So memory is bounded
 * whatever the client does, and its own socket makes it wait. */
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/macros.h"
#include "daemon/priorities.h"
#include "daemon/varlink-internal.h"

#define READ_SIZE      65536
#define CALLS_PER_WAKE 16           /* then the other sources get their turn */
#define UNREAD_MAX     (64U * 1024) /* output above which no further call is taken */
#define IDLE_ACCURACY  (5 * USEC_PER_SEC)

static size_t unread(const VarlinkConn *c)
{
        const char *data;

        return varlink_pending(c->codec, &data);
}

/* A call waits and may be taken. */
static bool runnable(const VarlinkConn *c)
{
        return !c->failed && varlink_has_message(c->codec) && !varlink_in_flight(c->codec) &&
               unread(c) <= UNREAD_MAX;
}

static bool wants_input(const VarlinkConn *c)
{
        return !c->failed && !c->eof && !varlink_has_message(c->codec);
}

static int touch(VarlinkConn *c)
{
        return sd_event_source_set_time_relative(c->idle, c->listener->server->idle);
}

/* The client has to do something within the idle time: to call, or to read. With a call in flight
 * and nothing to read it waits for us, for as long as that takes. */
static int arm_idle(VarlinkConn *c)
{
        bool on = !varlink_in_flight(c->codec) || unread(c) > 0;
        int was, r;

        r = sd_event_source_get_enabled(c->idle, &was);
        if (r < 0)
                return r;
        if (on && was == SD_EVENT_OFF) {
                r = touch(c); /* the time set before may long have passed */
                if (r < 0)
                        return r;
        }
        return sd_event_source_set_enabled(c->idle, on ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* Arms the sources for what may happen next. EPOLLOUT stands for "something to write" and also for
 * "go on with the calls that wait", which then happens in the next round of the loop. */
static int arm(VarlinkConn *c)
{
        uint32_t events = 0;
        int r;

        if (wants_input(c))
                events |= EPOLLIN;
        if (unread(c) > 0 || runnable(c))
                events |= EPOLLOUT;
        r = sd_event_source_set_io_events(c->io, events);
        return r < 0 ? r : arm_idle(c);
}

/* Nothing more can be said to this client. Its handlers may be running, or somebody walks through a
 * list of clients: so it is not closed here. The shutdown makes the loop call on_io(), which closes
 * it. */
static void fail(VarlinkConn *c)
{
        if (c->failed)
                return;
        c->failed = true;
        (void)shutdown(c->fd, SHUT_RDWR);
        if (!c->busy)
                (void)arm(c);
}

static int flush(VarlinkConn *c)
{
        const char *data;
        size_t size = varlink_pending(c->codec, &data);
        ssize_t n;

        if (size == 0)
                return 0;
        n = send(c->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        varlink_written(c->codec, (size_t)n);
        return touch(c);
}

static int fill(VarlinkConn *c)
{
        char data[READ_SIZE];
        ssize_t n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0) {
                c->eof = true;
                return 0;
        }
        return varlink_push(c->codec, data, (size_t)n);
}

int varlink_conn_error_about(VarlinkConn *c, const char *error, const char *key, const char *value)
{
        json_t *parameters = json_pack("{s:s}", key, value);
        int r = parameters ? varlink_conn_error(c, error, parameters) : -ENOMEM;

        json_decref(parameters);
        return r;
}

static int dispatch(VarlinkConn *c, const VarlinkCall *call)
{
        const char *dot = strrchr(call->method, '.');
        const VarlinkInterface *interface;
        _cleanup_free_ char *name = NULL;

        if (!dot)
                return varlink_conn_invalid_parameter(c, "method");
        interface = listener_interface(c->listener, call->method, (size_t)(dot - call->method));
        if (!interface) {
                name = strndup(call->method, (size_t)(dot - call->method));
                if (!name)
                        return -ENOMEM;
                return varlink_conn_error_about(
                        c, "org.varlink.service.InterfaceNotFound", "interface", name);
        }
        for (const VarlinkMethodInfo *m = interface->methods; m->name; m++) {
                if (!streq(m->name, dot + 1))
                        continue;
                if (call->upgrade)
                        return varlink_conn_error_about(c,
                                "org.varlink.service.MethodNotImplemented", "method", call->method);
                return m->handler(c, call->parameters, call->more, c->listener->server->userdata);
        }
        return varlink_conn_error_about(
                c, "org.varlink.service.MethodNotFound", "method", call->method);
}

static int run_calls(VarlinkConn *c)
{
        for (unsigned i = 0; i < CALLS_PER_WAKE && runnable(c); i++) {
                _cleanup_(varlink_call_done) VarlinkCall call = { 0 };
                int r = varlink_next_call(c->codec, &call);

                if (r <= 0)
                        return r;
                r = touch(c);
                if (r >= 0)
                        r = dispatch(c, &call);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* 1: goes on; 0: has ended; negative errno: is to be closed. */
static int work(VarlinkConn *c, uint32_t revents)
{
        bool hung_up = revents & (EPOLLHUP | EPOLLERR), reads = wants_input(c);
        int r;

        if (c->failed)
                return 0;
        if (reads && (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
                r = fill(c);
                if (r < 0)
                        return r;
        }
        r = run_calls(c);
        if (r < 0)
                return r;
        r = flush(c);
        if (r < 0)
                return r;
        if (c->on_drained && unread(c) == 0)
                c->on_drained(c, c->on_drained_data);
        /* Gone altogether: nobody is left to answer. While input is still read, the calls before
         * its end are served. */
        if (hung_up && (c->eof || !reads) && !runnable(c))
                return 0;
        /* Gone half: whoever only shut down its writing side still gets its answers. */
        if (c->eof && !varlink_in_flight(c->codec) && !runnable(c) && unread(c) == 0)
                return 0;
        return c->failed ? 0 : 1;
}

/* Never fails: a client's end is no reason to leave the loop. */
static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        VarlinkConn *c = userdata;
        int r;

        c->busy = true;
        r = work(c, revents);
        c->busy = false;
        if (r > 0)
                r = arm(c) < 0 ? 0 : 1;
        if (r <= 0)
                varlink_conn_free(c);
        return 0;
}

static int on_idle(sd_event_source *source, usec_t usec, void *userdata)
{
        varlink_conn_free(userdata);
        return 0;
}

static int conn_sources(VarlinkConn *c)
{
        sd_event *event = c->listener->server->event;
        usec_t idle = c->listener->server->idle;
        int r;

        r = sd_event_add_io(event, &c->io, c->fd, EPOLLIN, on_io, c);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(
                event, &c->idle, CLOCK_MONOTONIC, idle, MIN(IDLE_ACCURACY, idle), on_idle, c);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(c->io, PRIORITY_CLIENT);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(c->idle, PRIORITY_CLIENT);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(c->io, "varlink-client");
        (void)sd_event_source_set_description(c->idle, "varlink-client-idle");
        return 0;
}

int varlink_conn_new(Listener *l, int fd, uint32_t uid, uint32_t pid)
{
        VarlinkConn *c = calloc(1, sizeof(*c));
        int r;

        if (!c) {
                safe_close(fd);
                return -ENOMEM;
        }
        *c = (VarlinkConn){ .listener = l, .next = l->conns, .fd = fd, .uid = uid, .pid = pid };
        if (c->next)
                c->next->previous = c;
        l->conns = c;
        l->n_conns++;

        r = varlink_new(&c->codec, VARLINK_MESSAGE_MAX, VARLINK_REPLY_MAX);
        if (r >= 0)
                r = conn_sources(c);
        if (r < 0)
                varlink_conn_free(c);
        return r;
}

void varlink_conn_free(VarlinkConn *c)
{
        Listener *l = c->listener;

        if (c->on_closed)
                c->on_closed(c, c->on_closed_data);
        if (c->next)
                c->next->previous = c->previous;
        if (c->previous)
                c->previous->next = c->next;
        else
                l->conns = c->next;
        l->n_conns--;
        sd_event_source_disable_unref(c->io);
        sd_event_source_disable_unref(c->idle);
        varlink_free(c->codec);
        safe_close(c->fd);
        free(c);
}

/* What a queued answer leads to, good or bad. */
static int answered(VarlinkConn *c, int r)
{
        if (r >= 0 && !c->busy)
                r = arm(c);
        if (r < 0)
                fail(c);
        return r;
}

int varlink_conn_reply(VarlinkConn *c, json_t *parameters, bool continues)
{
        if (c->failed)
                return -ECONNRESET;
        return answered(c, varlink_reply(c->codec, parameters, continues));
}

int varlink_conn_error(VarlinkConn *c, const char *error, json_t *parameters)
{
        if (c->failed)
                return -ECONNRESET;
        return answered(c, varlink_error(c->codec, error, parameters));
}

bool varlink_conn_is_behind(const VarlinkConn *c)
{
        return unread(c) > 0;
}

int varlink_conn_invalid_parameter(VarlinkConn *c, const char *parameter)
{
        return varlink_conn_error_about(
                c, "org.varlink.service.InvalidParameter", "parameter", parameter);
}

void varlink_conn_peer(const VarlinkConn *c, uint32_t *ret_uid, uint32_t *ret_pid)
{
        *ret_uid = c->uid;
        *ret_pid = c->pid;
}

void varlink_conn_set_on_closed(
        VarlinkConn *c, void (*on_closed)(VarlinkConn *c, void *data), void *data)
{
        c->on_closed = on_closed;
        c->on_closed_data = data;
}

void varlink_conn_set_on_drained(
        VarlinkConn *c, void (*on_drained)(VarlinkConn *c, void *data), void *data)
{
        c->on_drained = on_drained;
        c->on_drained_data = data;
}
