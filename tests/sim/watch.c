/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/macros.h"
#include "engine/sentence.h"

#define LOOK (250 * USEC_PER_MSEC) /* how often the engine looks at a running action */

const char *property_name(Property p)
{
        static const char *const names[_PROPERTY_MAX] = {
                [PROPERTY_BUDGET] = "budget",
                [PROPERTY_COOLDOWN] = "cool-down",
                [PROPERTY_OSCILLATION] = "oscillation",
                [PROPERTY_FAILED] = "failed requests",
                [PROPERTY_STALL] = "stall time",
                [PROPERTY_DIRECT] = "direct compactions",
                [PROPERTY_RECLAIMED] = "page cache reclaimed",
                [PROPERTY_REFUSED] = "ordinary requests refused",
        };

        return names[p];
}

void watch_init(Watch *w, const Scenario *s, bool verbose)
{
        *w = (Watch){ .scenario = s, .verbose = verbose, .broken = _PROPERTY_MAX };
}

_printf_(3, 4) static void broken(Watch *w, Property property, const char *format, ...)
{
        va_list ap;

        if (w->broken != _PROPERTY_MAX)
                return;
        w->broken = property;
        va_start(ap, format);
        vsnprintf(w->detail, sizeof(w->detail), format, ap);
        va_end(ap);
        if (w->verbose)
                printf("*** %s: %s\n", property_name(property), w->detail);
}

/* An action may go over its end by what happens between two looks, on every node that it sets to
 * work. */
static usec_t slack(const Watch *w)
{
        return 2 * w->scenario->host.n_nodes * (LOOK + 2 * w->scenario->host.tick);
}

static void check_budget(Watch *w, usec_t now)
{
        const Policy *p = &w->scenario->policy;
        usec_t cost = 0;
        unsigned runs = 0;

        for (unsigned i = w->n_runs; i-- > 0 && now - w->runs[i].at < p->budget.per;) {
                runs++;
                cost += w->runs[i].cost;
        }
        if (runs > p->budget.runs)
                broken(w, PROPERTY_BUDGET, "%u runs of %u at %.2f s", runs, p->budget.runs,
                        (double)now / 1e6);
        if (cost > p->budget.compaction_time + slack(w))
                broken(w, PROPERTY_BUDGET, "%.3f s of %.3f s at %.2f s", (double)cost / 1e6,
                        (double)p->budget.compaction_time / 1e6, (double)now / 1e6);
}

static uint64_t kcompactd(const Watch *w)
{
        return w->host ? host_stats(w->host).kcompactd_nsec : 0;
}

static uint64_t free_pages(const Watch *w, uint32_t node)
{
        return w->host ? w->host->node[node].kernel.buddy.free_pages : 0;
}

/* Much more is free than when the last action began there. */
static bool fresh(const Watch *w, uint32_t node)
{
        uint64_t now = free_pages(w, node), then = w->free_at_start[node];

        return now > then && now >= then + then * FRESH_PERCENT / 100;
}

static void started(Watch *w, const Decision *d)
{
        if (w->n_runs == RUNS_MAX) {
                broken(w, PROPERTY_BUDGET, "more than %d runs", RUNS_MAX);
                return;
        }
        if (w->last_end[d->node] && d->at < w->last_end[d->node] + w->scenario->policy.cooldown && !fresh(w, d->node))
                broken(w, PROPERTY_COOLDOWN, "a start %.2f s after the last end, at %.2f s",
                        (double)(d->at - w->last_end[d->node]) / 1e6, (double)d->at / 1e6);
        w->free_at_start[d->node] = free_pages(w, d->node);
        w->runs[w->n_runs].action = d->action;
        w->runs[w->n_runs].at = d->at;
        w->late += workload_frozen(&w->scenario->host.workload, d->at);
        w->runs[w->n_runs].node = d->node;
        w->runs[w->n_runs].window = d->lever == LEVER_WINDOW;
        w->windows += d->lever == LEVER_WINDOW;
        w->runs[w->n_runs].over = false;
        w->runs[w->n_runs].cost = 0;
        w->runs[w->n_runs++].kcompactd_before = kcompactd(w);
        check_budget(w, d->at);
}

/* Goes on with the cost of the run for as long as it lasts. */
static void charge(Watch *w, unsigned i)
{
        if (w->runs[i].over || !w->host)
                return;
        w->runs[i].cost = w->runs[i].window ? (kcompactd(w) - w->runs[i].kcompactd_before) / 1000
                                            : w->host->node[w->runs[i].node].byhand.nsec / 1000;
}

static void ended(Watch *w, const Decision *d)
{
        for (unsigned i = w->n_runs; i-- > 0;)
                if (w->runs[i].action == d->action && !w->runs[i].over) {
                        charge(w, i);
                        w->runs[i].over = true;
                        w->last_end[w->runs[i].node] = d->at;
                        check_budget(w, d->at);
                }
}

/* How many of the times lie less than `span` before now. */
static unsigned recent(const usec_t *at, unsigned n, usec_t now, usec_t span)
{
        unsigned count = 0;

        while (n-- > 0 && now - at[n] < span)
                count++;
        return count;
}

static void measured(Watch *w, const Decision *d)
{
        if (w->n_vain == RUNS_MAX || w->n_gained == RUNS_MAX)
                return; /* started() has complained */
        if (d->reason == REASON_GAINED)
                w->gained[w->n_gained++] = d->at;
        else
                w->vain[w->n_vain++] = d->at;
        if (recent(w->vain, w->n_vain, d->at, 10 * USEC_PER_MIN) >
                VAIN_MAX * w->scenario->host.n_nodes +
                        recent(w->gained, w->n_gained, d->at, 10 * USEC_PER_MIN))
                broken(w, PROPERTY_OSCILLATION, "most runs without gain in ten minutes, at %.2f s",
                        (double)d->at / 1e6);
}

static void stood(Watch *w, const Decision *d)
{
        bool lowered = d->reason == REASON_KNOB_LOWERED || d->reason == REASON_KNOB_STOOD_DOWN;
        int direction = d->reason == REASON_KNOB_RAISED ? 1 : lowered ? -1 : 0;

        w->stood += d->act != ACT_NONE;
        if (direction != w->standing && w->n_turns < RUNS_MAX)
                w->turns[w->n_turns++] = d->at;
        w->standing = direction;
        if (recent(w->turns, w->n_turns, d->at, USEC_PER_HOUR) > TURNS_MAX)
                broken(w, PROPERTY_OSCILLATION,
                        "a standing value turned more than %d times in an hour, at %.2f s",
                        TURNS_MAX, (double)d->at / 1e6);
}

static void tell(const Watch *w, const Decision *d)
{
        char text[1024];

        if (w->verbose && (d->notable || d->act != ACT_NONE))
                printf("%9.2f  %-14s %-12s %s\n", (double)d->at / 1e6, reason_name(d->reason),
                        act_name(d->act), decision_sentence(d, text, sizeof(text)));
}

void watch_seen(void *userdata, const Decision *d)
{
        Watch *w = userdata;

        tell(w, d);
        if (d->would)
                return;
        w->writes += d->act == ACT_SET_KNOB || d->act == ACT_RESTORE_KNOB;
        switch (d->reason) {
        case REASON_MISSED:
        case REASON_FORECAST:
                if (d->act == ACT_SET_KNOB || d->act == ACT_COMPACT)
                        started(w, d);
                break;
        case REASON_REFILLED:
        case REASON_COMPLETE:
        case REASON_TIME_LIMIT:
        case REASON_BUDGET_LIMIT:
        case REASON_PRESSURE_LIMIT:
        case REASON_CANCELLED:
                if (d->lever == LEVER_WINDOW)
                        ended(w, d);
                break;
        case REASON_ACTION_FAILED: ended(w, d); break;
        case REASON_GAINED:
        case REASON_NO_GAIN:
                ended(w, d);
                measured(w, d);
                break;
        case REASON_KNOB_RAISED:
        case REASON_KNOB_LOWERED:
        case REASON_KNOB_STOOD_DOWN:
        case REASON_KNOB_RESTORED: stood(w, d); break;
        default: break;
        }
}

void watch_ticked(void *userdata, const Host *h)
{
        Watch *w = userdata;

        w->host = h;
        for (unsigned i = w->n_runs > 2 * HOST_NODES_MAX ? w->n_runs - 2 * HOST_NODES_MAX : 0;
                i < w->n_runs; i++)
                if (!w->runs[i].window && !h->node[w->runs[i].node].byhand.running &&
                        !w->runs[i].over) {
                        charge(w, i);
                        w->runs[i].over = true;
                        w->last_end[w->runs[i].node] = h->now;
                } else
                        charge(w, i);
}

void watch_finish(Watch *w)
{
        const HostSpec *h = &w->scenario->host;

        if (w->writes > 2 * w->windows + w->stood)
                broken(w, PROPERTY_OSCILLATION,
                        "%u writes of knobs for %u windows and %u standing values", w->writes,
                        w->windows, w->stood);
        if (w->late > REST_MAX * h->n_nodes)
                broken(w, PROPERTY_OSCILLATION,
                        "%u starts, though nothing has changed since %.2f s", w->late,
                        (double)h->workload.frozen / 1e6);
}
