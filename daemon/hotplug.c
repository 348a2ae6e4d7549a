/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/hotplug.h"

#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/epoll.h>

#include "base/macros.h"
#include "base/usec.h"
#include "daemon/priorities.h"

#define GROUP_KERNEL      1 /* 2 is udev's re-broadcast */
#define BUFFER_SIZE       (1 << 20)
#define MESSAGES_PER_WAKE 64 /* then the other sources get their turn */
#define QUIET_USEC        USEC_PER_SEC
#define LATEST_USEC       (10 * USEC_PER_SEC)

struct Hotplug {
        struct nl_sock *socket;
        sd_event_source *io, *timer;
        usec_t first; /* of the burst; 0 while there is none */
        HotplugHandler handler;
        void *userdata;
};

Hotplug *hotplug_free(Hotplug *h)
{
        if (!h)
                return NULL;
        sd_event_source_disable_unref(h->io);
        sd_event_source_disable_unref(h->timer);
        if (h->socket)
                nl_socket_free(h->socket);
        free(h);
        return NULL;
}

/* The value of KEY= in a uevent, or NULL. */
static const char *uevent_value(const char *message, size_t size, const char *key)
{
        size_t n = strlen(key);

        for (const char *p = message, *end = message + size; p < end;) {
                size_t length = strnlen(p, (size_t)(end - p));

                if (p + length == end) /* not terminated: not a uevent */
                        return NULL;
                if (length > n && strncmp(p, key, n) == 0 && p[n] == '=')
                        return p + n + 1;
                p += length + 1;
        }
        return NULL;
}

bool uevent_is_topology(const char *message, size_t size)
{
        static const char *const actions[] = { "add", "remove", "online", "offline" };
        const char *subsystem = uevent_value(message, size, "SUBSYSTEM");
        const char *action = uevent_value(message, size, "ACTION");

        if (!subsystem || !action || (!streq(subsystem, "memory") && !streq(subsystem, "node")))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(actions); i++)
                if (streq(action, actions[i]))
                        return true;
        return false;
}

/* Puts the call off until it has been quiet for a while. */
static int postpone(Hotplug *h)
{
        usec_t now;
        int r;

        r = sd_event_now(sd_event_source_get_event(h->io), CLOCK_MONOTONIC, &now);
        if (r < 0)
                return r;
        if (!h->first)
                h->first = now;
        r = sd_event_source_set_time(h->timer, MIN(now + QUIET_USEC, h->first + LATEST_USEC));
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
}

static int on_uevent(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        Hotplug *h = userdata;
        bool topology = false;

        for (unsigned i = 0; i < MESSAGES_PER_WAKE; i++) {
                struct sockaddr_nl from;
                unsigned char *message = NULL;
                int n = nl_recv(h->socket, &from, &message,
                        NULL); /* uevents have no nlmsghdr: not nl_recvmsgs() */

                if (n == -NLE_NOMEM) { /* ENOBUFS: some were lost; or there is no memory now */
                        topology = true;
                        continue;
                }
                if (n <= 0)
                        break;
                if (from.nl_pid == 0) /* from the kernel, nobody else */
                        topology = topology || uevent_is_topology((const char *)message, (size_t)n);
                free(message);
        }
        return topology ? postpone(h) : 0;
}

static int on_quiet(sd_event_source *source, uint64_t usec, void *userdata)
{
        Hotplug *h = userdata;

        h->first = 0;
        return h->handler(h->userdata);
}

static int hotplug_connect(Hotplug *h)
{
        h->socket = nl_socket_alloc();
        if (!h->socket)
                return -ENOMEM;
        nl_join_groups(h->socket, GROUP_KERNEL);
        nl_socket_disable_seq_check(h->socket);
        if (nl_connect(h->socket, NETLINK_KOBJECT_UEVENT) < 0)
                return -EPROTONOSUPPORT;
        /* The default limit (rmem_max) is a good second best for one who is quick to read. */
        (void)nl_socket_set_buffer_size(h->socket, BUFFER_SIZE, 0);
        return nl_socket_set_nonblocking(h->socket) < 0 ? -EIO : 0;
}

static int source_setup(sd_event_source *s, const char *description)
{
        int r;

        (void)sd_event_source_set_description(s, description);
        r = sd_event_source_set_priority(s, PRIORITY_HOTPLUG);
        if (r < 0)
                return r;
        return sd_event_source_set_exit_on_failure(s, true);
}

static int hotplug_watch(Hotplug *h, sd_event *event)
{
        int r;

        r = sd_event_add_io(event, &h->io, nl_socket_get_fd(h->socket), EPOLLIN, on_uevent, h);
        if (r >= 0)
                r = source_setup(h->io, "hotplug");
        if (r >= 0)
                r = sd_event_add_time(event, &h->timer, CLOCK_MONOTONIC, 0, 0, on_quiet, h);
        if (r >= 0)
                r = source_setup(h->timer, "hotplug-debounce");
        return r < 0 ? r : sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
}

int hotplug_new(Hotplug **ret, sd_event *event, HotplugHandler handler, void *userdata)
{
        _cleanup_(hotplug_freep) Hotplug *h = calloc(1, sizeof(*h));
        int r;

        if (!h)
                return -ENOMEM;
        h->handler = handler;
        h->userdata = userdata;
        r = hotplug_connect(h);
        if (r < 0)
                return r;
        r = hotplug_watch(h, event);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(h);
        return 0;
}
