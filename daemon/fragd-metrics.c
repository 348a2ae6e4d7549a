/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragd-metrics.c - what fragd knows, for whoever scrapes it. Without a socket for that, nothing of
 * this is there. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/macros.h"
#include "daemon/fragd-private.h"
#include "daemon/inet-address.h"
#include "daemon/metrics-http.h"
#include "metrics/metrics.h"
#include <config.h> /* the generated one; daemon/config.h is the configuration */

struct FragdMetrics {
        Fragd *fragd;
        Tally tally;
        MetricsHttp *http;
        uint64_t scrapes;
};

static const char *address_wanted(const Fragd *f)
{
        return f->options->metrics ? f->options->metrics : f->config->metrics_listen;
}

/* --- what nobody else measures --- */

static usec_t own_cpu(void)
{
        struct rusage u;

        if (getrusage(RUSAGE_SELF, &u) < 0)
                return USEC_INFINITY;
        return ((usec_t)u.ru_utime.tv_sec + (usec_t)u.ru_stime.tv_sec) * USEC_PER_SEC +
               (usec_t)u.ru_utime.tv_usec + (usec_t)u.ru_stime.tv_usec;
}

/* Our own, whatever machine we look at. */
static uint64_t own_rss(void)
{
        _cleanup_close_ int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
        char text[128], *second;
        ssize_t n;

        if (fd < 0)
                return UNKNOWN_U64;
        n = read(fd, text, sizeof(text) - 1);
        if (n <= 0)
                return UNKNOWN_U64;
        text[n] = 0;
        second = strchr(text, ' ');
        return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : UNKNOWN_U64;
}

usec_t fragd_metrics_clock(const Fragd *f)
{
        struct timespec t;

        if (!f->metrics)
                return 0;
        (void)clock_gettime(CLOCK_MONOTONIC, &t); /* fails only for clocks that there are not */
        return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / NSEC_PER_USEC;
}

/* Where the kernel tells nothing, there is nothing to be told. Returns how many. */
static size_t watches(const Fragd *f, StallsWatch watched[static WATCHED_MAX + 1], MetricsWatch ret[static WATCHED_MAX + 1])
{
        size_t n = stalls_watched(f->stalls, watched);
        StallsFacts facts;

        stalls_facts(f->stalls, &facts);
        if (facts.state != STALLS_ON)
                return 0;
        for (size_t i = 0; i < n; i++)
                ret[i] = (MetricsWatch){
                        .name = watched[i].name,
                        .compactions = watched[i].lost.compactions,
                        .compact_nsec = watched[i].lost.compact_nsec,
                        .processes = i + 1 < n ? watched[i].processes : UNKNOWN_U64,
                };
        return n;
}

typedef struct ToldMessages {
        MetricsMessage items[TALLY_ROWS_MAX + _DECODE_CLASS_MAX];
        char orders[TALLY_ROWS_MAX + _DECODE_CLASS_MAX][12];
} ToldMessages;

static size_t messages(const DecodeTally *t, ToldMessages *ret)
{
        for (size_t i = 0; i < t->n; i++) {
                const TallyRow *r = &t->rows[i];

                snprintf(ret->orders[i], sizeof(ret->orders[i]), "%d", r->order);
                ret->items[i] = (MetricsMessage){
                        .class = decode_class_name(r->class),
                        .caller = r->caller,
                        .order = r->order >= 0 ? ret->orders[i] : r->order == TALLY_ORDER_OTHERS ? TALLY_OTHERS : "unknown",
                        .total = r->total,
                        .last_realtime = r->last_realtime,
                };
        }
        return t->n;
}

/* Where delay accounting tells, by name it alone does: its series are as many. */
static size_t traces(const Fragd *f, StallsWatch watched[static WATCHED_MAX + 1], MetricsWatch ret[static WATCHED_MAX + 1])
{
        size_t n = stalls_answers(f->stalls) ? 0 : latency_watched(f->latency, watched);

        for (size_t i = 0; i < n; i++)
                ret[i] = (MetricsWatch){
                        .name = watched[i].name,
                        .compactions = watched[i].lost.compactions,
                        .compact_nsec = watched[i].lost.compact_nsec,
                        .processes = UNKNOWN_U64,
                };
        return n;
}

static unsigned order_of(const Model *m, uint64_t size)
{
        unsigned order = 0;

        while (order < 63 && (uint64_t)m->page_size << order < size)
                order++;
        return order;
}

/* Of the pools that somebody asks for. Nodes have no say in that. */
static size_t pools(const Fragd *f, MetricsPool ret[static METRICS_POOLS_MAX])
{
        const Model *m = sampler_model(f->sampler);
        const HugeFacts *huge = hugepages_recent(
                f->hugepages, fragd_now(f), model_has(m, SOURCE_MEMINFO) ? m->meminfo.hugepage_size : UNKNOWN_U64, NULL, 0);
        size_t n = 0;

        for (size_t i = 0; i < huge->n_pools && n < METRICS_POOLS_MAX; i++)
                for (size_t k = 0; k < huge->n_wanted; k++)
                        if (huge->pools[i].node == NODE_ALL && huge->pools[i].size == huge->wanted[k].size && n < METRICS_POOLS_MAX)
                                ret[n++] = (MetricsPool){ order_of(m, huge->wanted[k].size), huge_pool_short(&huge->pools[i], huge->wanted[k].count) };
        return n;
}

/* --- scrapes --- */

static int render(MetricsFormat format, StrBuf *out, void *userdata)
{
        FragdMetrics *m = userdata;
        const Fragd *f = m->fragd;
        StallsWatch watched[WATCHED_MAX + 1], by_trace[WATCHED_MAX + 1];
        MetricsWatch told[WATCHED_MAX + 1], traced[WATCHED_MAX + 1];
        LatencyFacts trace;
        char why[256];
        ToldMessages said;
        MetricsPool asked[METRICS_POOLS_MAX];
        const DecodeTally *tally = kernel_log_tally(f->kernel_log);
        MetricsInput in = {
                .taskstats = !stalls_why(f->stalls, why, sizeof(why)),
                .watches = told,
                .n_watches = watches(f, watched, told),
                .kernel_log = !kernel_log_why(f->kernel_log),
                .messages = said.items,
                .n_messages = messages(tally, &said),
                .pools = asked,
                .n_pools = pools(f, asked),
                .messages_suppressed = kernel_log_since(f->kernel_log) > 0 ? tally->suppressed : UNKNOWN_U64,
                .traced = traced,
                .n_traced = traces(f, by_trace, traced),
                .model = sampler_model(f->sampler),
                .engine = f->engine,
                .tally = &m->tally,
                .now = fragd_now(f),
                .sampled = f->sampled,
                .version = FRAGD_VERSION,
                .acts = !f->why_not[0],
                .config_good = !f->config_refused,
                .pagetypeinfo_read = sampler_source(f->sampler, SOURCE_PAGETYPEINFO)->read_usec,
                .api_clients = api_n_clients(f->api),
                .metrics_clients = metrics_http_n_clients(m->http),
                .scrapes = ++m->scrapes,
                .cpu = own_cpu(),
                .rss = own_rss(),
                .started_realtime = f->started_realtime,
        };
        int r;

        latency_facts(f->latency, &trace);
        in.tracing = !trace.why;
        in.traced_lost = trace.lost;
        for (Source s = 0; s < _SOURCE_MAX; s++) {
                const SourceState *state = sampler_source(f->sampler, s);

                in.sources[s] = (MetricsSource){ .available = state->available,
                        .read_failures = state->failures - state->parse_failures,
                        .parse_failures = state->parse_failures };
        }
        r = sd_event_now(f->event, CLOCK_REALTIME, &in.realtime);
        return r < 0 ? r : metrics_render(&in, format, out);
}

/* --- its life --- */

int fragd_metrics_listen(Fragd *f)
{
        const char *address = address_wanted(f);
        int fd;

        if (!address)
                return 0;
        if (f->places.metrics_fd >= 0) {
                journal_log(&f->journal, LOG_NOTICE, NULL,
                        "not listening on %s: metrics are served on the socket that was passed",
                        address);
                return 0;
        }
        fd = inet_address_listen(address, METRICS_CLIENTS_MAX);
        if (fd < 0) {
                journal_log(&f->journal, LOG_ERR, NULL, "cannot listen on %s for metrics: %s%s",
                        address, strerror(-fd),
                        fd == -EAFNOSUPPORT ? "; the service has no network of its own: enable "
                                              "fragd-metrics.socket instead"
                                            : "");
                return fd;
        }
        f->places.metrics_fd = fd;
        return 0;
}

int fragd_metrics_start(Fragd *f)
{
        FragdMetrics *m;
        int r;

        if (f->places.metrics_fd < 0)
                return 0;
        m = calloc(1, sizeof(*m));
        if (!m)
                return -ENOMEM;
        f->metrics = m;
        m->fragd = f;
        r = tally_init(&m->tally);
        if (r >= 0)
                r = metrics_http_new(&m->http, f->event, TAKE_FD(f->places.metrics_fd), render, m);
        if (r == -EINVAL)
                journal_log(&f->journal, LOG_ERR, NULL,
                        "the file descriptor \"metrics\" that was passed: expected a stream socket "
                        "that listens");
        return r;
}

void fragd_metrics_end(Fragd *f)
{
        if (!f->metrics)
                return;
        metrics_http_free(f->metrics->http);
        tally_done(&f->metrics->tally);
        free(f->metrics);
        f->metrics = NULL;
}

void fragd_metrics_decision(Fragd *f, const Decision *d)
{
        if (f->metrics)
                tally_decision(&f->metrics->tally, d);
}

void fragd_metrics_polled(Fragd *f, usec_t started)
{
        if (f->metrics)
                tally_poll(&f->metrics->tally, usec_sub(fragd_metrics_clock(f), started));
}

void fragd_metrics_reloaded(const Fragd *f, const Config *now)
{
        const char *was = f->config->metrics_listen, *is = now->metrics_listen;

        if (!streq(was ? was : "", is ? is : ""))
                journal_log(&f->journal, LOG_NOTICE, NULL,
                        "metrics.listen is read at the start only: restart fragd to have it take "
                        "effect");
}
