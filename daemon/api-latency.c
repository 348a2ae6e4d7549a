/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of io.fragd.Monitor.GetStalls, Explain and GetStatus: who compacts, by trace events. */
#include "base/units.h"
#include "daemon/api-internal.h"
#include "daemon/api-json.h"

/* Said in explanations, as api-stalls.c has it. */
#define TOLD_NSEC (10 * USEC_PER_MSEC * NSEC_PER_USEC)
#define TOLD_MAX  3

#define TIME(t) duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, t)

static json_t *complete(json_t *j, int r)
{
        if (j && r >= 0)
                return j;
        json_decref(j);
        return NULL;
}

static json_t *name_to_json(const Api *a, const LedgerSum *s)
{
        const Tasks *t = stalls_tasks(fragd_stalls(a->fragd));
        bool watched = false;
        json_t *j;
        int r;

        for (size_t i = 0; i < t->n_watched && !watched; i++)
                watched = streq(t->watched[i], s->name);
        j = json_pack("{s:s, s:b}", "name", s->name, "watched", watched);
        r = j ? api_json_put_u64(j, "runs", s->lost.compactions) : -ENOMEM;
        if (r == 0)
                r = api_json_put_u64(j, "usec", s->lost.compact_nsec / NSEC_PER_USEC);
        if (r == 0)
                r = api_json_put_u64(j, "longest_usec", s->lost.longest_nsec / NSEC_PER_USEC);
        return complete(j, r);
}

static json_t *names_to_json(const Api *a, usec_t since, usec_t until)
{
        LedgerSum sums[LEDGER_NAMES_MAX];
        size_t n = ledger_sum(latency_ledger(fragd_latency(a->fragd)), since, until, sums);
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < n; i++)
                r = json_array_append_new(array, name_to_json(a, &sums[i]));
        return complete(array, r);
}

json_t *api_latency(const Api *a, usec_t since, usec_t until)
{
        LatencyFacts f;
        json_t *j;
        int r;

        latency_facts(fragd_latency(a->fragd), &f);
        j = json_pack("{s:s, s:s, s:I, s:I, s:I}", "source", "trace", "state", !f.why ? "on" : f.error == -EALREADY ? "not-needed" : "off",
                "cpus", (json_int_t)f.cpus, "lost", (json_int_t)f.lost, "unpaired", (json_int_t)f.unpaired);
        r = j ? 0 : -ENOMEM;
        if (r == 0 && f.why)
                r = api_json_put(j, "why", json_string(f.why));
        if (r == 0 && f.since_realtime > 0)
                r = api_json_put_u64(j, "since_realtime_usec", f.since_realtime);
        if (r == 0)
                r = api_json_put(j, "names", names_to_json(a, since, until));
        return complete(j, r);
}

static json_t *lost_to_json(const LedgerSum *s, const char *when)
{
        return json_sprintf("%s lost %s to compaction %s, in %" PRIu64 " run%s over a zone, by trace events.", s->name,
                TIME(s->lost.compact_nsec / NSEC_PER_USEC), when, s->lost.compactions, s->lost.compactions == 1 ? "" : "s");
}

int api_latency_evidence(const Api *a, usec_t since, usec_t until, const char *when, json_t *array)
{
        LedgerSum sums[LEDGER_NAMES_MAX];
        size_t n = ledger_sum(latency_ledger(fragd_latency(a->fragd)), since, until, sums);

        for (size_t i = 0; i < MIN(n, (size_t)TOLD_MAX); i++)
                if (sums[i].lost.compact_nsec >= TOLD_NSEC && json_array_append_new(array, lost_to_json(&sums[i], when)) < 0)
                        return -ENOMEM;
        return 0;
}

json_t *api_latency_source(const Api *a)
{
        LatencyFacts f;
        json_t *j;
        int r;

        latency_facts(fragd_latency(a->fragd), &f);
        j = json_pack("{s:s, s:s, s:b, s:I}", "source", "compaction-trace", "path", "perf", "available", !f.why, "skipped", (json_int_t)0);
        r = j ? 0 : -ENOMEM;
        if (r == 0 && f.why)
                r = api_json_put(j, "error", json_string(f.why));
        /* What was decided in the configuration is no loss, nor what nobody misses. */
        if (r == 0 && f.why && f.needed)
                r = api_json_put(j, "loss", json_string("how long processes that delay accounting does not count compact is unknown"));
        return complete(j, r);
}
