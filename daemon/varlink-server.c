/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/varlink-server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "api-texts.h"
#include "base/limits.h"
#include "base/macros.h"
#include "daemon/priorities.h"
#include "daemon/varlink-internal.h"

#define BACKLOG      SOMAXCONN /* a burst is let in, or sent away, as fast as we come to it */
#define ACCEPT_RETRY (1 * USEC_PER_SEC)

static int method_get_info(VarlinkConn *c, json_t *parameters, bool more, void *userdata);
static int method_get_description(VarlinkConn *c, json_t *parameters, bool more, void *userdata);

static const VarlinkInterface service_interface = {
        .name = "org.varlink.service",
        .description = org_varlink_service_text,
        .methods =
                (const VarlinkMethodInfo[]){
                        { "GetInfo", method_get_info },
                        { "GetInterfaceDescription", method_get_description },
                        { NULL, NULL },
                },
};

const VarlinkInterface *listener_interface(const Listener *l, const char *name, size_t length)
{
        const VarlinkInterface *i = &service_interface;

        for (size_t k = 0; i; i = l->interfaces[k++])
                if (strlen(i->name) == length && memcmp(i->name, name, length) == 0)
                        return i;
        return NULL;
}

static int reply_steal(VarlinkConn *c, json_t *parameters)
{
        int r = parameters ? varlink_conn_reply(c, parameters, false) : -ENOMEM;

        json_decref(parameters);
        return r;
}

static int method_get_info(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        json_t *names;
        int r;

        if (json_object_size(parameters) > 0)
                return varlink_conn_invalid_parameter(
                        c, json_object_iter_key(json_object_iter(parameters)));
        names = json_pack("[s]", service_interface.name);
        if (!names)
                return -ENOMEM;
        for (const VarlinkInterface *const *i = c->listener->interfaces; *i; i++) {
                r = json_array_append_new(names, json_string((*i)->name));
                if (r < 0) {
                        json_decref(names);
                        return -ENOMEM;
                }
        }
        /* fragd has no web address: an empty one, since the interface wants the member. */
        return reply_steal(c,
                json_pack("{s:s, s:s, s:s, s:s, s:o}", "vendor", "fragd", "product", "fragd",
                        "version", c->listener->server->version, "url", "", "interfaces", names));
}

static int method_get_description(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        const VarlinkInterface *interface;
        const char *key, *name = NULL;
        json_t *value;

        json_object_foreach(parameters, key, value)
        {
                if (!streq(key, "interface"))
                        return varlink_conn_invalid_parameter(c, key);
                name = json_string_value(value);
        }
        if (!name)
                return varlink_conn_invalid_parameter(c, "interface");
        interface = listener_interface(c->listener, name, strlen(name));
        if (interface)
                return reply_steal(c, json_pack("{s:s}", "description", interface->description));
        return varlink_conn_error_about(
                c, "org.varlink.service.InterfaceNotFound", "interface", name);
}

int varlink_server_new(VarlinkServer **ret, sd_event *event, const char *version, void *userdata)
{
        VarlinkServer *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->version = strdup(version);
        if (!s->version) {
                free(s);
                return -ENOMEM;
        }
        s->event = sd_event_ref(event);
        s->userdata = userdata;
        s->idle = VARLINK_IDLE_USEC;
        *ret = s;
        return 0;
}

void varlink_server_set_idle(VarlinkServer *s, usec_t idle)
{
        s->idle = idle;
}

static void listener_free(Listener *l)
{
        while (l->conns)
                varlink_conn_free(l->conns);
        sd_event_source_disable_unref(l->source);
        sd_event_source_disable_unref(l->retry);
        safe_close(l->fd);
        free(l);
}

VarlinkServer *varlink_server_free(VarlinkServer *s)
{
        if (!s)
                return NULL;
        while (s->listeners) {
                Listener *l = s->listeners;

                s->listeners = l->next;
                listener_free(l);
        }
        sd_event_unref(s->event);
        free(s->version);
        free(s);
        return NULL;
}

size_t varlink_server_n_clients(const VarlinkServer *s)
{
        size_t n = 0;

        for (const Listener *l = s->listeners; l; l = l->next)
                n += l->n_conns;
        return n;
}

static bool has_room(const Listener *l, uint32_t uid)
{
        size_t n = 0;

        for (const VarlinkConn *c = l->conns; c; c = c->next)
                n += c->uid == uid;
        return l->n_conns < VARLINK_CLIENTS_MAX && n < VARLINK_CLIENTS_PER_UID_MAX;
}

static int on_retry(sd_event_source *source, usec_t usec, void *userdata)
{
        Listener *l = userdata;

        return sd_event_source_set_enabled(l->source, SD_EVENT_ON);
}

/* No fd or memory is left: the waiting client would wake us for ever. Looks again later. */
static int accept_later(Listener *l)
{
        int r = sd_event_source_set_enabled(l->source, SD_EVENT_OFF);

        if (r < 0)
                return r;
        r = sd_event_source_set_time_relative(l->retry, ACCEPT_RETRY);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(l->retry, SD_EVENT_ONESHOT);
}

/* Fails only where the event loop itself does; sd-event then turns the socket off and fragd goes on
 * without it. */
static int on_accept(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        _cleanup_close_ int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        Listener *l = userdata;
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (client < 0) {
                if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
                        return accept_later(l);
                return 0; /* the client left before it was let in */
        }
        /* Too many, or not to be identified: sees its connection closed. */
        if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || !has_room(l, peer.uid))
                return 0;
        (void)varlink_conn_new(l, TAKE_FD(client), peer.uid, (uint32_t)peer.pid);
        return 0;
}

static int listener_sources(Listener *l)
{
        sd_event *event = l->server->event;
        int r;

        r = sd_event_add_io(event, &l->source, l->fd, EPOLLIN, on_accept, l);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(
                event, &l->retry, CLOCK_MONOTONIC, ACCEPT_RETRY, 0, on_retry, l);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(l->retry, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(l->source, PRIORITY_CLIENT);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(l->retry, PRIORITY_CLIENT);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(l->source, "varlink-listen");
        (void)sd_event_source_set_description(l->retry, "varlink-listen-retry");
        return 0;
}

int varlink_server_listen(VarlinkServer *s, int fd, const VarlinkInterface *const *interfaces)
{
        Listener *l = calloc(1, sizeof(*l));
        int r;

        if (!l) {
                safe_close(fd);
                return -ENOMEM;
        }
        *l = (Listener){ .server = s, .fd = fd, .interfaces = interfaces };
        r = listener_sources(l);
        if (r < 0) {
                listener_free(l);
                return r;
        }
        l->next = s->listeners;
        s->listeners = l;
        return 0;
}

/* A socket that nobody listens on any more is unlinked; a live one and anything else stays. */
static int unlink_stale(const struct sockaddr_un *sa)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (lstat(sa->sun_path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(st.st_mode))
                return -EEXIST;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        /* -EAGAIN is a full queue: somebody listens. */
        if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 || errno == EAGAIN)
                return -EADDRINUSE;
        if (errno != ECONNREFUSED && errno != ENOENT)
                return -errno;
        return unlink(sa->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

int varlink_socket_bind(const char *path, unsigned mode, int64_t gid)
{
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (strlen(path) >= sizeof(sa.sun_path))
                return -ENAMETOOLONG;
        memcpy(sa.sun_path, path, strlen(path) + 1);
        r = unlink_stale(&sa);
        if (r < 0)
                return r;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        /* The node gets the mode of the socket, less the umask: so it is never open wider than it
         * should be. */
        if (fchmod(fd, mode) < 0 || bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
                return -errno;
        if ((gid >= 0 && lchown(path, (uid_t)-1, (gid_t)gid) < 0) || chmod(path, mode) < 0 ||
                listen(fd, BACKLOG) < 0) {
                r = -errno;
                (void)unlink(path);
                return r;
        }
        return TAKE_FD(fd);
}
