/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks fragd for all that a report is made of. */
#include "cli/history-view.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/text.h"

/* Steps that a picture can show; and what is asked for first, to see since when there is history. */
#define STEPS_MAX 240U
#define LOOK_STEP USEC_PER_HOUR
/* A page without any width in time cannot be drawn. */
#define SPAN_LEAST (30 * (json_int_t)USEC_PER_SEC)

typedef struct Fetch {
        const Cli *cli;
        Client *client;
        Progress progress;
} Fetch;

static int ask(Fetch *f, const char *method, json_t *parameters, bool more)
{
        return client_send(f->client, method, parameters, more);
}

static int take(Fetch *f, ClientReply *kind, json_t **ret)
{
        int r = progress_wait(&f->progress, f->client, kind, ret);

        /* with --json it comes as it was sent */
        if (r == 0 && f->cli->json && text_clean_json(*ret, true) < 0)
                return cli_oom();
        return r;
}

static int call(Fetch *f, const char *method, json_t *parameters, json_t **ret)
{
        ClientReply kind;
        int r = ask(f, method, parameters, false);

        return r != 0 ? r : take(f, &kind, ret);
}

/* All steps from since on, of all replies. */
static int history(Fetch *f, usec_t since, usec_t until, usec_t step, json_t **ret)
{
        _cleanup_json_ json_t *all = json_array();
        json_t *p = NULL;
        ClientReply kind;
        int r;

        if (!all)
                return cli_oom();
        r = client_parameter(&p, "since_realtime_usec", json_integer((json_int_t)since));
        if (r == 0)
                r = client_parameter(&p, "until_realtime_usec", json_integer((json_int_t)until));
        if (r == 0 && step > 0)
                r = client_parameter(&p, "step_usec", json_integer((json_int_t)step));
        if (r == 0)
                r = ask(f, "io.fragd.Monitor.GetHistory", p, true);
        if (r != 0)
                return r;
        do {
                _cleanup_json_ json_t *reply = NULL;
                json_t *steps;

                r = take(f, &kind, &reply);
                if (r == 0)
                        r = reply_list(reply, "steps", &steps);
                if (r != 0)
                        return r;
                if (json_array_extend(all, steps) < 0)
                        return cli_oom();
        } while (kind == CLIENT_CONTINUES);
        *ret = TAKE_PTR(all);
        return 0;
}

/* When history begins, not before since; now where there is none. */
static int history_begin(Fetch *f, usec_t since, usec_t now, usec_t *ret)
{
        _cleanup_json_ json_t *steps = NULL;
        HistoryStepReply s;
        int r;

        r = history(f, since, now, LOOK_STEP, &steps);
        if (r != 0)
                return r;
        *ret = now;
        if (json_array_size(steps) == 0)
                return 0;
        r = reply_history_step(json_array_get(steps, 0), &s);
        if (r == 0 && s.realtime >= 0)
                *ret = MIN(now, MAX(since, (usec_t)s.realtime));
        return r;
}

/* The steps that the pictures show; from: where they begin. */
static int fetch_steps(Fetch *f, Report *ret, usec_t since)
{
        usec_t now = (usec_t)ret->now.now_realtime_usec;
        HistoryRange range = { .until = now };
        HistoryStepReply first;
        int r;

        r = history_begin(f, since, now, &range.since);
        if (r == 0)
                r = history(f, range.since, now, history_step(&range, STEPS_MAX), &ret->steps);
        if (r != 0)
                return r;
        ret->to = (json_int_t)now;
        ret->from = (json_int_t)range.since;
        if (json_array_size(ret->steps) > 0) {
                r = reply_history_step(json_array_get(ret->steps, 0), &first);
                if (r != 0)
                        return r;
                ret->from = CLAMP(first.realtime, (json_int_t)range.since, ret->to);
        }
        ret->from = MAX(MIN(ret->from, ret->to - SPAN_LEAST), 0);
        return 0;
}

static int fetch_log(Fetch *f, Report *ret)
{
        json_t *p = NULL;
        int r;

        r = client_parameter(&p, "since_realtime_usec", json_integer(ret->from));
        return r != 0 ? r : call(f, "io.fragd.Monitor.GetLog", p, &ret->log);
}

static int fetch_all(Fetch *f, Report *ret, usec_t since)
{
        json_t *list;
        int r;

        r = call(f, "io.fragd.Monitor.GetStatus", NULL, &ret->status);
        if (r == 0)
                r = reply_status(ret->status, &ret->now);
        if (r == 0)
                r = fetch_steps(f, ret, since);
        if (r == 0)
                r = fetch_log(f, ret);
        if (r == 0)
                r = call(f, "io.fragd.Monitor.ListZones", NULL, &ret->zones);
        if (r == 0)
                r = call(f, "io.fragd.Monitor.Explain", NULL, &ret->explanations);
        if (r == 0)
                r = call(f, "io.fragd.Monitor.ListKnobs", NULL, &ret->knobs);
        if (r == 0)
                r = reply_list(ret->log, "entries", &list);
        if (r == 0)
                r = reply_list(ret->zones, "nodes", &list);
        if (r == 0)
                r = reply_list(ret->explanations, "explanations", &list);
        return r != 0 ? r : reply_list(ret->knobs, "knobs", &list);
}

int report_fetch(Report *ret, const Cli *cli, usec_t since)
{
        _cleanup_client_ Client *client = NULL;
        Report report = { 0 };
        Fetch f = { .cli = cli };
        int r;

        r = client_open(&client, cli, CLIENT_MONITOR);
        if (r != 0)
                return r;
        f.client = client;
        f.progress = progress_new(cli, "asking fragd");
        r = fetch_all(&f, &report, since);
        progress_done(&f.progress);
        if (r != 0) {
                report_done(&report);
                return r;
        }
        facts_read(&report.facts, "");
        *ret = report;
        return 0;
}

void report_done(Report *r)
{
        json_t **owned[] = { &r->status, &r->zones, &r->explanations, &r->knobs, &r->log,
                &r->steps };

        for (size_t i = 0; i < ELEMENTSOF(owned); i++) {
                json_freep(owned[i]);
                *owned[i] = NULL;
        }
}
