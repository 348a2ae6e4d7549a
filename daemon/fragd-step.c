/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragd-step.c - one step: what happened goes into the engine, what it decides goes to the actor,
 * the journal, the log and the API. */
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "base/macros.h"
#include "daemon/fragd-private.h"
#include "daemon/message-ids.h"

/* zoneinfo, meminfo and the knobs that only are shown are read this rarely: while something is missed or runs, and while all is calm (engine_calm()). */
#define SLOW_INTERVAL_BUSY (900 * USEC_PER_MSEC)
#define SLOW_INTERVAL      (10 * USEC_PER_SEC)
/* How late a sample may be, so that wake-ups of the machine can be shared: what is asked for within
 * a second, and the rest. */
#define ACCURACY_SHORT (50 * USEC_PER_MSEC)
#define ACCURACY_LONG  (250 * USEC_PER_MSEC)
/* How late a sample can be on a machine that is out of breath; the same as WatchdogSec= in fragd.service. */
#define LEASE_GRACE (30 * USEC_PER_SEC)

static int carry_out(Fragd *f, const Decision *d, usec_t realtime)
{
        int r = 0;

        if (d->act != ACT_NONE && !d->would) {
                assert(f->actor &&
                        !f->actor_gone); /* EVENT_ACTOR has told the engine whether there is one */
                r = actor_client_act(f->actor, d);
        }
        if (d->notable) {
                journal_decision(&f->journal, d);
                decision_log_add(&f->log, realtime, d);
                recorder_decision(f->recorder);
        }
        fragd_metrics_decision(f, d);
        if (f->api)
                api_decision(f->api, d);
        return r;
}

int fragd_arm_sample(Fragd *f, usec_t at)
{
        usec_t now = fragd_now(f);
        int r;

        f->next_sample = at;
        r = sd_event_source_set_time(f->sample_timer, at);
        if (r < 0)
                return r;
        r = sd_event_source_set_time_accuracy(f->sample_timer,
                usec_sub(at, now) <= USEC_PER_SEC ? ACCURACY_SHORT : ACCURACY_LONG);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(f->sample_timer, SD_EVENT_ONESHOT);
        if (r < 0 || !f->actor || f->actor_gone)
                return r;
        return actor_client_lease(f->actor, now, usec_add(MAX(at, now), LEASE_GRACE));
}

static void record(Fragd *f, const Event *event, usec_t now)
{
        int r = tracer_event(&f->tracer, event, now);

        if (r < 0)
                journal_log(&f->journal, LOG_WARNING, NULL, "the trace %s ends here: %s; fragd goes on without it",
                        f->options->trace, r == -EFBIG ? "it has the size that it may have, 64 MiB" : strerror(-r));
}

int fragd_step(Fragd *f, const Event *event)
{
        usec_t now, realtime;
        Outcome outcome;
        int r;

        r = sd_event_now(f->event, CLOCK_REALTIME, &realtime);
        if (r < 0)
                return r;
        now = fragd_now(f);
        record(f, event, now);
        r = engine_step(f->engine, event, now, &outcome);
        if (r < 0)
                return r;
        for (size_t i = 0; i < outcome.n_decisions; i++) {
                r = carry_out(f, &outcome.decisions[i], realtime);
                if (r < 0)
                        return r;
        }
        f->want_pagetypeinfo = outcome.want_pagetypeinfo;
        return fragd_arm_sample(f, outcome.next_wakeup);
}

/* To the service manager, if there is one and there is news. */
static void tell_status(Fragd *f)
{
        char line[STATUS_LINE_MAX];

        status_line(f->engine, fragd_now(f), f->why_not[0] ? f->why_not : NULL, line, sizeof(line));
        if (f->ready && streq(line, f->status))
                return;
        memcpy(f->status, line, sizeof(line));
        (void)sd_notifyf(false, "%sSTATUS=%s", f->ready ? "" : "READY=1\n", line);
        if (f->ready)
                return;
        f->ready = true;
        if (f->why_not[0])
                journal_log(&f->journal, LOG_INFO, MESSAGE_ID_OBSERVING, "up, %s (%s)", line,
                        f->why_not);
        else
                journal_log(&f->journal, LOG_INFO, MESSAGE_ID_STARTED, "up: %s", line);
}

/* A source that is lost is told once, and again when it is back. Those that this machine never had
 * are not news: status has them. */
static void tell_sources(Fragd *f, const bool before[static _SOURCE_MAX])
{
        for (Source s = 0; f->ready && s < _SOURCE_MAX; s++) {
                const SourceState *now = sampler_source(f->sampler, s);

                if (now->available == before[s] || !source_loss(s))
                        continue;
                if (now->available)
                        journal_log(&f->journal, LOG_NOTICE, MESSAGE_ID_SOURCE, "source %s is back",
                                source_name(s));
                else if (now->line)
                        journal_log(&f->journal, LOG_WARNING, MESSAGE_ID_SOURCE,
                                "ignoring source %s: line %u: expected %s; without it: %s",
                                source_name(s), now->line, now->expected, source_loss(s));
                else
                        journal_log(&f->journal, LOG_WARNING, MESSAGE_ID_SOURCE,
                                "lost source %s: %s; without it: %s", source_name(s),
                                strerror(-now->error), source_loss(s));
        }
}

static int take_sample(Fragd *f)
{
        Event event = { .type = EVENT_SAMPLE };
        bool available[_SOURCE_MAX];
        usec_t now = fragd_now(f), realtime;
        unsigned what = 0;
        uint64_t stalls;
        int r;

        if (usec_sub(now, f->sampled_slow) >= (engine_calm(f->engine) ? SLOW_INTERVAL : SLOW_INTERVAL_BUSY)) {
                what |= SAMPLE_SLOW;
                f->sampled_slow = now;
        }
        if ((f->want_pagetypeinfo && census_allows(f->census, now)) || census_due(f->census, now))
                what |= SAMPLE_PAGETYPEINFO;
        r = counting_read(f->counting, now);
        if (r < 0)
                return r;
        for (Source s = 0; s < _SOURCE_MAX; s++)
                available[s] = sampler_source(f->sampler, s)->available;
        r = sampler_sample(f->sampler, what);
        if (r < 0)
                return r;
        f->sampled = now;
        tell_sources(f, available);
        event.sample = sampler_model(f->sampler);
        r = fragd_step(f, &event);
        if (r >= 0)
                r = sd_event_now(f->event, CLOCK_REALTIME, &realtime);
        if (r < 0)
                return r;
        census_sampled(f->census, now, realtime);
        hugepages_sampled(f->hugepages, now);
        recorder_sample(f->recorder, event.sample, f->engine, now, realtime);
        tell_status(f);
        if (f->api)
                api_sample(f->api);
        r = latency_read(f->latency, now);
        stalls = model_has(event.sample, SOURCE_VMSTAT) ? event.sample->vmstat.compact_stall : UNKNOWN_U64;
        if (r >= 0)
                r = stalls_sampled(f->stalls, stalls, now, realtime);
        return r < 0 ? r : kernel_log_sampled(f->kernel_log, now);
}

int fragd_sample(Fragd *f)
{
        usec_t started = fragd_metrics_clock(f);
        int r = take_sample(f);

        fragd_metrics_polled(f, started);
        return r;
}

int fragd_sample_early(Fragd *f)
{
        usec_t earliest = f->sampled ? usec_add(f->sampled, engine_policy(f->engine)->interval.min)
                                     : 0;

        if (earliest <= fragd_now(f))
                return fragd_sample(f);
        return earliest < f->next_sample ? fragd_arm_sample(f, earliest) : 0;
}
