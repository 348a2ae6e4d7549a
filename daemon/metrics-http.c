/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/metrics-http.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "base/limits.h"
#include "base/usec.h"
#include "daemon/gzip.h"
#include "daemon/priorities.h"
#include "metrics/accept.h"

/* Request line and headers of one client. */
#define CONNECTION_MEMORY ((size_t)16 * 1024)

typedef struct HttpClient HttpClient;
struct HttpClient {
        HttpClient *next;
        int fd; /* libmicrohttpd's */
        usec_t until;
        bool ended; /* told to go */
};

struct MetricsHttp {
        struct MHD_Daemon *mhd;
        sd_event *event; /* borrowed: it outlives us */
        sd_event_source *io, *timer;
        MetricsRender render;
        void *userdata;
        HttpClient slots[METRICS_CLIENTS_MAX], *first, *free; /* first: the oldest */
        size_t n_clients;
        struct MHD_Response *made[_METRICS_FORMAT_MAX][2]; /* in this turn of the loop; [1]: gzip */
};

size_t metrics_http_n_clients(const MetricsHttp *h)
{
        return h->n_clients;
}

static usec_t now(const MetricsHttp *h)
{
        usec_t t;
        int r = sd_event_now(h->event, CLOCK_MONOTONIC, &t);

        assert(r >= 0); /* it only fails for clocks it does not know, and after a fork */
        return t;
}

/* --- answers --- */

static struct MHD_Response *answer_new(
        char *data, size_t size, enum MHD_ResponseMemoryMode mode, const char *type)
{
        struct MHD_Response *a = MHD_create_response_from_buffer(size, data, mode);

        if (!a)
                return NULL;
        if (MHD_add_response_header(a, "Content-Type", type) == MHD_NO ||
                MHD_add_response_header(a, "Connection", "close") == MHD_NO) {
                MHD_destroy_response(a);
                return NULL;
        }
        return a;
}

static enum MHD_Result answer_text(
        struct MHD_Connection *c, unsigned status, const char *text, const char *allow)
{
        struct MHD_Response *a = answer_new(
                (char *)text, strlen(text), MHD_RESPMEM_PERSISTENT, "text/plain; charset=utf-8");
        enum MHD_Result r = MHD_NO;

        if (a && (!allow || MHD_add_response_header(a, "Allow", allow) == MHD_YES))
                r = MHD_queue_response(c, status, a);
        if (a)
                MHD_destroy_response(a);
        return r;
}

/* NULL: it failed. */
static struct MHD_Response *metrics_new(const MetricsHttp *h, MetricsFormat format, bool gzip)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        _cleanup_free_ char *data = NULL;
        struct MHD_Response *a;
        size_t size;

        if (h->render(format, &text, h->userdata) < 0 || strbuf_error(&text) < 0)
                return NULL;
        if (gzip) {
                if (gzip_compress(text.data, text.size, &data, &size) < 0)
                        return NULL;
        } else {
                size = text.size;
                data = TAKE_PTR(text.data);
        }
        a = answer_new(data, size, MHD_RESPMEM_MUST_FREE, metrics_content_type(format));
        if (!a)
                return NULL;
        TAKE_PTR(data);
        if (MHD_add_response_header(a, "Vary", "Accept, Accept-Encoding") == MHD_YES &&
                (!gzip || MHD_add_response_header(a, "Content-Encoding", "gzip") == MHD_YES))
                return a;
        MHD_destroy_response(a);
        return NULL;
}

static enum MHD_Result answer_metrics(MetricsHttp *h, struct MHD_Connection *c)
{
        MetricsFormat format = accept_format(
                MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept"));
        bool gzip = accept_gzip(MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept-Encoding"));
        struct MHD_Response **made = &h->made[format][gzip];

        if (!*made)
                *made = metrics_new(h, format, gzip);
        if (!*made)
                return answer_text(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n", NULL);
        return MHD_queue_response(c, MHD_HTTP_OK, *made);
}

/* Called when the headers are there; what a client sends after them is not waited for. */
static enum MHD_Result on_request(void *userdata, struct MHD_Connection *c, const char *url,
        const char *method, const char *version, const char *upload, size_t *upload_size,
        void **request)
{
        if (!streq(method, MHD_HTTP_METHOD_GET) && !streq(method, MHD_HTTP_METHOD_HEAD))
                return answer_text(
                        c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n", "GET, HEAD");
        if (streq(url, "/metrics"))
                return answer_metrics(userdata, c);
        if (streq(url, "/"))
                return answer_text(c, MHD_HTTP_OK, "fragd: see /metrics\n", NULL);
        return answer_text(c, MHD_HTTP_NOT_FOUND, "not found: see /metrics\n", NULL);
}

/* What was made was true for one turn of the loop. Who is still being answered keeps it. */
static void forget_made(MetricsHttp *h)
{
        for (MetricsFormat format = 0; format < _METRICS_FORMAT_MAX; format++)
                for (size_t gzip = 0; gzip < 2; gzip++) {
                        if (h->made[format][gzip])
                                MHD_destroy_response(h->made[format][gzip]);
                        h->made[format][gzip] = NULL;
                }
}

/* --- clients --- */

/* libmicrohttpd sees that it is gone, and closes. */
static void client_end(HttpClient *c)
{
        c->ended = true;
        (void)shutdown(c->fd, SHUT_RDWR);
}

static void client_begin(MetricsHttp *h, struct MHD_Connection *connection, void **ret)
{
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(
                connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        HttpClient *c = h->free, **end = &h->first;

        assert(c && info); /* as many as libmicrohttpd takes */
        h->free = c->next;
        *c = (HttpClient){ .fd = info->connect_fd, .until = usec_add(now(h), METRICS_CLIENT_USEC) };
        while (*end)
                end = &(*end)->next;
        *end = c;
        h->n_clients++;
        *ret = c;
        if (h->n_clients < METRICS_CLIENTS_MAX)
                return;
        for (c = h->first; c && c->ended;)
                c = c->next;
        if (c && c->next) /* not the new one */
                client_end(c);
}

static void client_gone(MetricsHttp *h, HttpClient *gone)
{
        HttpClient **c = &h->first;

        while (*c != gone)
                c = &(*c)->next;
        *c = gone->next;
        gone->next = h->free;
        h->free = gone;
        h->n_clients--;
}

static void on_connection(void *userdata, struct MHD_Connection *c, void **client,
        enum MHD_ConnectionNotificationCode code)
{
        if (code == MHD_CONNECTION_NOTIFY_STARTED)
                client_begin(userdata, c, client);
        else
                client_gone(userdata, *client);
}

/* --- the loop --- */

/* When something has to be done that no descriptor tells of. */
static int arm(MetricsHttp *h)
{
        usec_t at = USEC_INFINITY;
        MHD_UNSIGNED_LONG_LONG wait_msec;
        int r;

        if (MHD_get_timeout(h->mhd, &wait_msec) == MHD_YES)
                at = usec_add(now(h), wait_msec * USEC_PER_MSEC);
        for (const HttpClient *c = h->first; c; c = c->next)
                if (!c->ended && c->until < at)
                        at = c->until;
        if (at == USEC_INFINITY)
                return sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
        r = sd_event_source_set_time(h->timer, at);
        return r < 0 ? r : sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
}

static int turn(MetricsHttp *h)
{
        for (HttpClient *c = h->first; c; c = c->next)
                if (!c->ended && c->until <= now(h))
                        client_end(c);
        (void)MHD_run(h->mhd); /* it fails only where a descriptor of its own is bad */
        /* At its limit libmicrohttpd (to 1.0.10) listens no more, and begins again only in the run
         * after the one in which clients went; which nothing may ever cause. */
        if (h->n_clients < METRICS_CLIENTS_MAX)
                (void)MHD_run(h->mhd);
        forget_made(h);
        return arm(h);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        return turn(userdata);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        return turn(userdata);
}

static int add_sources(MetricsHttp *h)
{
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD);
        int r;

        if (!info)
                return -EINVAL;
        r = sd_event_add_io(h->event, &h->io, info->epoll_fd, EPOLLIN, on_io, h);
        if (r >= 0)
                r = sd_event_source_set_priority(h->io, PRIORITY_CLIENT);
        if (r >= 0)
                r = sd_event_add_time(h->event, &h->timer, CLOCK_MONOTONIC, 0, 0, on_timer, h);
        if (r >= 0)
                r = sd_event_source_set_priority(h->timer, PRIORITY_CLIENT);
        if (r >= 0)
                r = sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(h->io, "metrics");
        (void)sd_event_source_set_description(h->timer, "metrics-timer");
        return 0;
}

/* A service manager passes sockets that block. */
static int check_socket(int fd)
{
        int flags;

        if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
                return -EINVAL;
        flags = fcntl(fd, F_GETFL);
        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        return 0;
}

static int start(MetricsHttp *h, int listen_fd)
{
        _cleanup_close_ int fd = listen_fd;
        int r;

        r = check_socket(fd);
        if (r < 0)
                return r;
        h->mhd = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h,
                MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                (unsigned)METRICS_CLIENTS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
        if (!h->mhd)
                return -ENOMEM;
        TAKE_FD(fd);
        return add_sources(h);
}

int metrics_http_new(
        MetricsHttp **ret, sd_event *event, int fd, MetricsRender render, void *userdata)
{
        _cleanup_(metrics_http_freep) MetricsHttp *h = calloc(1, sizeof(*h));
        int r;

        if (!h) {
                safe_close(fd);
                return -ENOMEM;
        }
        h->event = event;
        h->render = render;
        h->userdata = userdata;
        for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++) {
                h->slots[i].next = h->free;
                h->free = &h->slots[i];
        }
        r = start(h, fd);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(h);
        return 0;
}

MetricsHttp *metrics_http_free(MetricsHttp *h)
{
        if (!h)
                return NULL;
        sd_event_source_disable_unref(h->io);
        sd_event_source_disable_unref(h->timer);
        forget_made(h);
        if (h->mhd)
                MHD_stop_daemon(h->mhd); /* also closes what it listens on */
        free(h);
        return NULL;
}
