/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/metrics.h"

#include "base/macros.h"
#include "metrics/internal.h"

static void add_state(Exposition *x, const MetricsInput *in)
{
        const Policy *p = engine_policy(in->engine);
        usec_t until;

        exposition_add(x, METRIC_BUILD, 1, 0, LABELS(in->version));
        if (p)
                exposition_add(x, METRIC_POLICY, 1, 0, LABELS(p->name));
        exposition_add(x, METRIC_ACTS, in->acts, 0, NULL);
        exposition_add(x, METRIC_PAUSED, engine_paused(in->engine, in->now, &until), 0, NULL);
        exposition_add(x, METRIC_CONFIG_GOOD, in->config_good, 0, NULL);
        if (in->sampled)
                exposition_add(x, METRIC_LAST_SAMPLE,
                        usec_sub(in->realtime, usec_sub(in->now, in->sampled)), 6, NULL);
        exposition_add_histogram(x, METRIC_POLL, TALLY_POLL_BOUNDS, tally_poll_bounds,
                in->tally->polls, in->tally->poll_sum);
}

static void add_sources(Exposition *x, const MetricsInput *in)
{
        for (Source s = 0; s < _SOURCE_MAX; s++)
                exposition_add(x, METRIC_SOURCE_AVAILABLE, in->sources[s].available, 0,
                        LABELS(source_name(s)));
        exposition_add(x, METRIC_SOURCE_AVAILABLE, in->taskstats, 0, LABELS("taskstats"));
        exposition_add(x, METRIC_SOURCE_AVAILABLE, in->kernel_log, 0, LABELS("kernel-log"));
        exposition_add(x, METRIC_SOURCE_AVAILABLE, in->tracing, 0, LABELS("compaction-trace"));
        for (Source s = 0; s < _SOURCE_MAX; s++)
                exposition_add(x, METRIC_SOURCE_READ_FAILURES, in->sources[s].read_failures, 0,
                        LABELS(source_name(s)));
        for (Source s = 0; s < _SOURCE_MAX; s++)
                exposition_add(x, METRIC_SOURCE_PARSE_FAILURES, in->sources[s].parse_failures, 0,
                        LABELS(source_name(s)));
        if (in->pagetypeinfo_read)
                exposition_add(x, METRIC_PAGETYPEINFO_READ, in->pagetypeinfo_read, 6, NULL);
}

static void add_process(Exposition *x, const MetricsInput *in)
{
        exposition_add(x, METRIC_CLIENTS, in->api_clients, 0, LABELS("varlink"));
        exposition_add(x, METRIC_CLIENTS, in->metrics_clients, 0, LABELS("metrics"));
        exposition_add(x, METRIC_SCRAPES, in->scrapes, 0, NULL);
        if (in->cpu != USEC_INFINITY)
                exposition_add(x, METRIC_PROCESS_CPU, in->cpu, 6, NULL);
        add_known(x, METRIC_PROCESS_RSS, in->rss, 0, NULL);
        exposition_add(x, METRIC_PROCESS_START, in->started_realtime, 6, NULL);
}

int metrics_render(const MetricsInput *in, MetricsFormat format, StrBuf *out)
{
        Exposition x = EXPOSITION_INIT(out, format);

        metrics_add_memory(&x, in);
        metrics_add_objectives(&x, in);
        metrics_add_engine(&x, in);
        add_state(&x, in);
        add_sources(&x, in);
        add_process(&x, in);
        exposition_end(&x);
        return strbuf_error(out) < 0 ? -ENOMEM : (int)x.series;
}
