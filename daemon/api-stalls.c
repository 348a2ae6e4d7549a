/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.GetStalls: who waits in direct compaction. */
#include <stdio.h>

#include "base/units.h"
#include "daemon/api-internal.h"
#include "daemon/api-json.h"

/* Processes in a reply: those that lost most. */
#define PROCESSES_MAX 32
/* Said in explanations: names that lost at least this much in the last hour, so many of them. */
#define TOLD_NSEC (10 * USEC_PER_MSEC * NSEC_PER_USEC)
#define TOLD_MAX  3

#define TIME(t) duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, t)

static int append(json_t *array, json_t *value)
{
        return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}

static json_t *complete(json_t *j, int r)
{
        if (j && r >= 0)
                return j;
        json_decref(j);
        return NULL;
}

static int put_lost(json_t *j, const Lost *lost)
{
        int r = api_json_put_u64(j, "compactions", lost->compactions);

        if (r == 0)
                r = api_json_put_u64(j, "compaction_usec", lost->compact_nsec / NSEC_PER_USEC);
        if (r == 0)
                r = api_json_put_u64(j, "reclaims", lost->reclaims);
        return r == 0 ? api_json_put_u64(j, "reclaim_usec", lost->reclaim_nsec / NSEC_PER_USEC) : r;
}

/* --- names --- */

static bool is_watched(const Tasks *t, const char *name)
{
        for (size_t i = 0; i < t->n_watched; i++)
                if (streq(t->watched[i], name))
                        return true;
        return false;
}

static json_t *name_to_json(const Tasks *t, const char *name, const Lost *lost)
{
        json_int_t n = 0, by[3] = { 0 };
        json_t *j;

        for (size_t i = 0; i < t->n; i++) {
                const Task *task = &t->items[i];

                if (!streq(task->name, name))
                        continue;
                n++;
                by[task->counted] += task->asked > 0;
        }
        j = json_pack("{s:s, s:b, s:I, s:I, s:I}", "name", name, "watched", is_watched(t, name), "processes", n, "counted",
                by[COUNTED_YES], "not_counted", by[COUNTED_NO]);
        return complete(j, j ? put_lost(j, lost) : -ENOMEM);
}

static bool is_among(const LedgerSum *sums, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (streq(sums[i].name, name))
                        return true;
        return false;
}

/* Who lost something; then, where that is known now, the watched names of which there are processes. */
static json_t *names_to_json(const Tasks *t, const LedgerSum *sums, size_t n, bool on)
{
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < n; i++)
                r = append(array, name_to_json(t, sums[i].name, &sums[i].lost));
        for (size_t i = 0; array && on && r == 0 && i < t->n_watched; i++) {
                bool there = false;

                for (size_t k = 0; k < t->n && !there; k++)
                        there = t->items[k].watch == (int)i;
                if (there && !is_among(sums, n, t->watched[i]))
                        r = append(array, name_to_json(t, t->watched[i], &(Lost){ 0 }));
        }
        return complete(array, r);
}

/* --- processes --- */

static bool lost_more(const Task *a, const Task *b)
{
        return a->compact_nsec > b->compact_nsec;
}

/* The ones that lost most since they were started, in order. Returns how many. */
static size_t most(const Tasks *t, const Task *ret[static PROCESSES_MAX])
{
        size_t n = 0;

        for (size_t i = 0; i < t->n; i++) {
                const Task *task = &t->items[i];
                size_t at = n;

                if (task->compactions == UNKNOWN_U64 || task->compactions == 0)
                        continue;
                while (at > 0 && lost_more(task, ret[at - 1]))
                        at--;
                if (at == PROCESSES_MAX)
                        continue;
                n = MIN(n + 1, (size_t)PROCESSES_MAX);
                for (size_t k = n - 1; k > at; k--)
                        ret[k] = ret[k - 1];
                ret[at] = task;
        }
        return n;
}

static json_t *process_to_json(const Task *task)
{
        Lost lost = { .compactions = task->compactions, .compact_nsec = task->compact_nsec, .reclaims = task->reclaims,
                .reclaim_nsec = task->reclaim_nsec };
        json_t *j = json_pack("{s:I, s:s, s:b, s:s}", "pid", (json_int_t)task->pid, "name", task->name, "watched", task->watch >= 0,
                "counted", counted_name(task->counted));

        return complete(j, j ? put_lost(j, &lost) : -ENOMEM);
}

static json_t *processes_to_json(const Tasks *t)
{
        const Task *tasks[PROCESSES_MAX];
        size_t n = most(t, tasks);
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < n; i++)
                r = append(array, process_to_json(tasks[i]));
        return complete(array, r);
}

/* --- GetStalls --- */

static int put_state(json_t *j, const Stalls *s)
{
        const char *why, *step = stalls_next_step(s);
        StallsFacts facts;
        char text[256];
        int r = 0;

        stalls_facts(s, &facts);
        why = stalls_why(s, text, sizeof(text));
        if (why)
                r = api_json_put(j, "why", json_string(why));
        if (r == 0 && step)
                r = api_json_put(j, "next_step", json_string(step));
        if (r == 0 && facts.version > 0)
                r = api_json_put_u64(j, "taskstats_version", facts.version);
        if (r == 0 && facts.looked_realtime > 0)
                r = api_json_put_u64(j, "looked_realtime_usec", facts.looked_realtime);
        if (r == 0)
                r = api_json_put_u64(j, "processes", facts.processes);
        return r == 0 ? api_json_put_u64(j, "asked", facts.asked) : r;
}

static json_t *stalls_to_json(const Api *a, usec_t since, usec_t until)
{
        const Stalls *s = fragd_stalls(a->fragd);
        const Ledger *l = stalls_ledger(s);
        LedgerSum sums[LEDGER_NAMES_MAX];
        size_t n = ledger_sum(l, since, until, sums);
        StallsFacts facts;
        json_t *j;
        int r;

        stalls_facts(s, &facts);
        j = json_pack("{s:s, s:s, s:I}", "source", "taskstats", "state", stalls_state_name(facts.state), "since_realtime_usec",
                (json_int_t)MAX(since, l->since));
        r = j ? put_state(j, s) : -ENOMEM;
        if (r == 0)
                r = api_json_put(j, "names", names_to_json(stalls_tasks(s), sums, n, facts.state == STALLS_ON));
        if (r == 0)
                r = api_json_put(j, "most", processes_to_json(stalls_tasks(s)));
        if (r == 0)
                r = api_json_put(j, "trace", api_latency(a, since, until));
        return complete(j, r);
}

static json_t *answer(const Api *a, usec_t since, usec_t until)
{
        json_t *j = stalls_to_json(a, since, until);

        return j ? json_pack("{s:o}", "stalls", j) : NULL;
}

int api_get_stalls(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        uint64_t since = 0, until = INT64_MAX;
        const ApiParam params[] = {
                { .name = "since_realtime_usec", .type = API_PARAM_UINT, .value = &since, .max = INT64_MAX },
                { .name = "until_realtime_usec", .type = API_PARAM_UINT, .value = &until, .max = INT64_MAX },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        Api *a = userdata;
        ApiCall *call;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        r = latency_read(fragd_latency(a->fragd), fragd_now(a->fragd));
        if (r >= 0)
                r = stalls_look(fragd_stalls(a->fragd), fragd_now(a->fragd), api_realtime(a));
        if (r < 0)
                return r;
        if (r == 0)
                return api_reply(c, answer(a, since, until), false);
        r = api_call_new(&call, a, c, API_STALLS, more);
        if (r < 0)
                return r;
        call->since = since;
        call->until = until;
        return 0;
}

void api_stalls_looked(Api *a)
{
        ApiCall *next;

        for (ApiCall *call = a->calls; call; call = next) {
                VarlinkConn *c = call->conn;
                json_t *j;

                next = call->next;
                if (call->type != API_STALLS)
                        continue;
                j = answer(a, call->since, call->until);
                api_call_free(call);
                /* Who cannot be told is closed by the server. */
                (void)api_reply(c, j, false);
        }
}

/* --- for Explain and GetStatus --- */

json_t *api_stalls_lost(const LedgerSum *s, const char *when)
{
        return json_sprintf("%s lost %s to direct compaction %s, %" PRIu64 " times.", s->name, TIME(s->lost.compact_nsec / NSEC_PER_USEC), when,
                s->lost.compactions);
}

int api_stalls_evidence(const Api *a, json_t *array)
{
        usec_t now = api_realtime(a);
        LedgerSum sums[LEDGER_NAMES_MAX];
        size_t n = ledger_sum(stalls_ledger(fragd_stalls(a->fragd)), usec_sub(now, USEC_PER_HOUR), USEC_INFINITY, sums);
        int r = 0;

        for (size_t i = 0; r == 0 && i < MIN(n, (size_t)TOLD_MAX); i++)
                if (sums[i].lost.compact_nsec >= TOLD_NSEC)
                        r = append(array, api_stalls_lost(&sums[i], "in the last hour"));
        return r < 0 ? r : api_latency_evidence(a, usec_sub(now, USEC_PER_HOUR), USEC_INFINITY, "in the last hour", array);
}

json_t *api_stalls_source(const Api *a)
{
        const Stalls *s = fragd_stalls(a->fragd);
        char text[256];
        const char *why = stalls_why(s, text, sizeof(text));
        json_t *j = json_pack("{s:s, s:s, s:b, s:I}", "source", "taskstats", "path", "netlink", "available", !why, "skipped", (json_int_t)0);
        StallsFacts facts;
        int r = j ? 0 : -ENOMEM;
        LatencyFacts trace;

        stalls_facts(s, &facts);
        latency_facts(fragd_latency(a->fragd), &trace);
        if (r == 0 && why)
                r = api_json_put(j, "error", json_string(why));
        /* What was decided in the configuration is no loss, nor what is known otherwise. */
        if (r == 0 && why && trace.why && facts.state != STALLS_DISABLED)
                r = api_json_put(j, "loss", json_string("which processes wait in direct compaction is unknown, see fragctl stalls"));
        return complete(j, r);
}
