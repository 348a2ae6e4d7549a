/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metrics-http.h - GET /metrics over HTTP in an sd-event loop, by libmicrohttpd.
 *
 * No client can delay what the loop does besides: nothing blocks, and what is rendered is rendered
 * once for all who ask in one turn of the loop. Nor can clients keep others out for long: a
 * connection is for one request and lives METRICS_CLIENT_USEC at most, however busy it is, and
 * where METRICS_CLIENTS_MAX are there, the oldest goes for a new one. */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/strbuf.h"
#include "metrics/exposition.h"

typedef struct MetricsHttp MetricsHttp;

/* Adds the text to out. Negative errno: the client is told that it failed. */
typedef int (*MetricsRender)(MetricsFormat format, StrBuf *out, void *userdata);

/* fd: a listening stream socket, taken, also on failure. -EINVAL: it is none; -ENOMEM; what the
 * event loop says. */
int metrics_http_new(
        MetricsHttp **ret, sd_event *event, int fd, MetricsRender render, void *userdata);
MetricsHttp *metrics_http_free(MetricsHttp *h);
static inline void metrics_http_freep(MetricsHttp **h)
{
        if (*h)
                metrics_http_free(*h);
}
size_t metrics_http_n_clients(const MetricsHttp *h);
