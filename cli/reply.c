/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/reply.h"

int reply_unexpected(const char *what, const char *detail)
{
        cli_error("fragd's reply is not as expected: %s: %s", what, detail);
        return EXIT_FAILED;
}

int reply_list(json_t *parameters, const char *name, json_t **ret)
{
        json_t *list = json_object_get(parameters, name);

        if (!json_is_array(list))
                return reply_unexpected(name, list ? "not a list" : "missing");
        *ret = list;
        return 0;
}

static int reply_budget(json_t *j, BudgetReply *ret)
{
        return REPLY_UNPACK(j, "budget", "{s:I, s:I, s:I, s:I, s:I}", "spent_usec", &ret->spent_usec,
                "limit_usec", &ret->limit_usec, "runs", &ret->runs, "runs_limit", &ret->runs_limit,
                "per_usec", &ret->per_usec);
}

int reply_status(json_t *parameters, StatusReply *ret)
{
        StatusReply s = {
                .policy_left_usec = REPLY_UNKNOWN,
                .pause_left_usec = REPLY_UNKNOWN,
                .sample_age_usec = REPLY_UNKNOWN,
                .interval_usec = REPLY_UNKNOWN,
                .psi_memory_permyriad = REPLY_UNKNOWN,
                .psi_cpu_permyriad = REPLY_UNKNOWN,
        };
        json_t *status, *budget;
        int r;

        r = REPLY_UNPACK(parameters, "GetStatus", "{s:o}", "status", &status);
        if (r != 0)
                return r;
        r = REPLY_UNPACK(status, "status", "{s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:s, s:o, s:o, s:o}",
                "version", &s.version, "policy", &s.policy, "acts", &s.acts, "paused", &s.paused,
                "now_realtime_usec", &s.now_realtime_usec, "started_realtime_usec",
                &s.started_realtime_usec, "samples", &s.samples, "page_size", &s.page_size,
                "config", &s.config, "nodes", &s.nodes, "sources", &s.sources, "budget", &budget);
        if (r != 0)
                return r;
        r = REPLY_UNPACK(status, "status", "{s?I, s?I, s?I, s?I, s?I, s?I, s?s, s?s, s?o, s?o}", "policy_left_usec",
                &s.policy_left_usec, "pause_left_usec", &s.pause_left_usec, "sample_age_usec",
                &s.sample_age_usec, "interval_usec", &s.interval_usec, "psi_memory_permyriad",
                &s.psi_memory_permyriad, "psi_cpu_permyriad", &s.psi_cpu_permyriad, "policy_after",
                &s.policy_after, "why_not", &s.why_not, "cannot", &s.cannot, "holds", &s.holds);
        if (r != 0)
                return r;
        if (!json_is_array(s.nodes) || !json_is_array(s.sources) || (s.holds && !json_is_array(s.holds)))
                return reply_unexpected("status", "nodes, sources or holds are not lists");
        r = reply_budget(budget, &s.budget);
        if (r != 0)
                return r;
        *ret = s;
        return 0;
}

int reply_node(json_t *j, NodeReply *ret)
{
        NodeReply n = {
                .score = REPLY_UNKNOWN,
                .score_low = REPLY_UNKNOWN,
                .score_high = REPLY_UNKNOWN,
                .managed_bytes = REPLY_UNKNOWN,
                .unmovable_permyriad = REPLY_UNKNOWN,
                .attempts = REPLY_UNKNOWN,
                .backoff_left_usec = REPLY_UNKNOWN,
                .kcompactd_would_act = -1,
                .acting = -1,
        };
        int r;

        r = REPLY_UNPACK(j, "node", "{s:I, s:I, s:o}", "node", &n.node, "free_bytes", &n.free_bytes,
                "zones", &n.zones);
        if (r != 0)
                return r;
        r = REPLY_UNPACK(j, "node",
                "{s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?b, s?b, s?s, s?s, s?o, s?o, s?o}", "score",
                &n.score, "score_low", &n.score_low, "score_high", &n.score_high, "managed_bytes",
                &n.managed_bytes, "unmovable_permyriad", &n.unmovable_permyriad, "attempts",
                &n.attempts, "backoff_left_usec", &n.backoff_left_usec, "kcompactd_would_act",
                &n.kcompactd_would_act, "acting", &n.acting, "kcompactd_state", &n.kcompactd_state,
                "lever", &n.lever, "objectives", &n.objectives, "guards", &n.guards, "notable",
                &n.notable);
        if (r != 0)
                return r;
        if (!json_is_array(n.zones) || (n.objectives && !json_is_array(n.objectives)) ||
                (n.guards && !json_is_array(n.guards)))
                return reply_unexpected("node", "zones, objectives or guards are not lists");
        *ret = n;
        return 0;
}

int reply_zone(json_t *j, ZoneReply *ret)
{
        ZoneReply z = {
                .min_bytes = REPLY_UNKNOWN,
                .low_bytes = REPLY_UNKNOWN,
                .high_bytes = REPLY_UNKNOWN,
                .boost_bytes = REPLY_UNKNOWN,
                .managed_bytes = REPLY_UNKNOWN,
                .free_cma_bytes = REPLY_UNKNOWN,
        };
        int r;

        r = REPLY_UNPACK(j, "zone", "{s:s, s:I, s:I, s:o, s?I, s?I, s?I, s?I, s?I, s?I}", "zone", &z.zone,
                "free_bytes", &z.free_bytes, "score", &z.score, "orders", &z.orders, "min_bytes",
                &z.min_bytes, "low_bytes", &z.low_bytes, "high_bytes", &z.high_bytes, "boost_bytes",
                &z.boost_bytes, "managed_bytes", &z.managed_bytes, "free_cma_bytes",
                &z.free_cma_bytes);
        if (r != 0)
                return r;
        if (!json_is_array(z.orders))
                return reply_unexpected("zone", "orders is not a list");
        *ret = z;
        return 0;
}

int reply_order(json_t *j, OrderReply *ret)
{
        return REPLY_UNPACK(j, "order", "{s:I, s:I, s:I, s:I, s:I, s:I}", "order", &ret->order,
                "size_bytes", &ret->size_bytes, "free", &ret->free, "allocatable",
                &ret->allocatable, "unusable_permille", &ret->unusable_permille, "extfrag_permille",
                &ret->extfrag_permille);
}

int reply_objective(json_t *j, ObjectiveReply *ret)
{
        ObjectiveReply o = {
                .hold = REPLY_UNKNOWN,
                .order = REPLY_UNKNOWN,
                .size_bytes = REPLY_UNKNOWN,
                .current_bytes = REPLY_UNKNOWN,
                .reserve_bytes = REPLY_UNKNOWN,
                .refill_bytes = REPLY_UNKNOWN,
                .ceiling_bytes = REPLY_UNKNOWN,
                .asked_bytes = REPLY_UNKNOWN,
                .burst_bytes = REPLY_UNKNOWN,
                .burst_age_usec = REPLY_UNKNOWN,
                .slope_bytes_per_second = INT64_MIN,
                .time_left_usec = REPLY_UNKNOWN,
                .since_usec = REPLY_UNKNOWN,
                .met_usec = REPLY_UNKNOWN,
                .observed_usec = REPLY_UNKNOWN,
        };
        int r;

        r = REPLY_UNPACK(j, "objective",
                "{s:I, s:b, s:s, s:s, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I}",
                "objective", &o.objective, "applies", &o.applies, "use", &o.use, "verdict",
                &o.verdict, "hold", &o.hold, "order", &o.order, "size_bytes", &o.size_bytes, "current_bytes",
                &o.current_bytes, "reserve_bytes", &o.reserve_bytes, "refill_bytes",
                &o.refill_bytes, "ceiling_bytes", &o.ceiling_bytes, "slope_bytes_per_second",
                &o.slope_bytes_per_second, "time_left_usec", &o.time_left_usec, "since_usec",
                &o.since_usec, "met_usec", &o.met_usec, "observed_usec", &o.observed_usec,
                "asked_bytes", &o.asked_bytes, "burst_bytes", &o.burst_bytes, "burst_age_usec",
                &o.burst_age_usec);
        if (r != 0)
                return r;
        *ret = o;
        return 0;
}

const char *reply_for(char buf[static REPLY_FOR_MAX], const ObjectiveReply *o)
{
        if (o->hold == REPLY_UNKNOWN)
                return o->use;
        snprintf(buf, REPLY_FOR_MAX, "hold %" JSON_INTEGER_FORMAT, o->hold);
        return buf;
}

int reply_hold(json_t *j, HoldReply *ret)
{
        HoldReply h = { .node = REPLY_UNKNOWN };
        int r;

        r = REPLY_UNPACK(j, "hold", "{s:I, s:I, s:I, s?I, s:I, s:s, s:I, s:I, s:I, s:I}", "hold", &h.hold, "size_bytes", &h.size_bytes,
                "count", &h.count, "node", &h.node, "there", &h.there, "verdict", &h.verdict, "held_usec", &h.held_usec, "left_usec",
                &h.left_usec, "uid", &h.uid, "pid", &h.pid);
        if (r != 0)
                return r;
        *ret = h;
        return 0;
}

int reply_node_wants(const NodeReply *n, bool *ret)
{
        bool wants = false;
        json_t *item;
        size_t i;

        json_array_foreach(n->objectives, i, item)
        {
                ObjectiveReply o;
                int r;

                r = reply_objective(item, &o);
                if (r != 0)
                        return r;
                wants |= o.applies && !streq(o.verdict, "met");
        }
        *ret = wants;
        return 0;
}

int reply_guard(json_t *j, GuardReply *ret)
{
        GuardReply g = { .left_usec = REPLY_UNKNOWN };
        int r;

        r = REPLY_UNPACK(j, "guard", "{s:s, s:b, s:I, s:I, s?I}", "guard", &g.guard, "held", &g.held,
                "value", &g.value, "limit", &g.limit, "left_usec", &g.left_usec);
        if (r != 0)
                return r;
        *ret = g;
        return 0;
}

int reply_source(json_t *j, SourceReply *ret)
{
        SourceReply s = { 0 };
        int r;

        r = REPLY_UNPACK(j, "source", "{s:s, s:s, s:b, s?s, s?s, s?s}", "source", &s.source, "path", &s.path,
                "available", &s.available, "error", &s.error, "loss", &s.loss, "held", &s.held);
        if (r != 0)
                return r;
        *ret = s;
        return 0;
}

int reply_knob(json_t *j, KnobReply *ret)
{
        KnobReply k = { .value = REPLY_UNKNOWN, .baseline = REPLY_UNKNOWN };
        int r;

        r = REPLY_UNPACK(j, "knob", "{s:s, s:b, s:b, s:s, s:I, s:I, s?I, s?I, s?s}", "knob", &k.knob,
                "available", &k.available, "managed", &k.managed, "owner", &k.owner, "min", &k.min,
                "max", &k.max, "value", &k.value, "baseline", &k.baseline, "rival", &k.rival);
        if (r != 0)
                return r;
        *ret = k;
        return 0;
}

int reply_writer(json_t *j, WriterReply *ret)
{
        WriterReply w = { .line = REPLY_UNKNOWN, .pid = REPLY_UNKNOWN };
        int r;

        r = REPLY_UNPACK(j, "writer", "{s:s, s:s, s:s, s:b, s?s, s?s, s?I, s?I, s?b}", "kind", &w.kind, "who", &w.who, "target",
                &w.target, "overridden", &w.overridden, "value", &w.value, "file", &w.file, "line", &w.line, "pid", &w.pid,
                "left_to", &w.left_to);
        if (r != 0)
                return r;
        *ret = w;
        return 0;
}

int reply_explanation(json_t *j, ExplanationReply *ret)
{
        ExplanationReply e = { 0 };
        int r;

        r = REPLY_UNPACK(j, "explanation", "{s:I, s?s, s:s, s:s, s:o, s:o, s?o, s?o, s?o, s?o, s?o, s?o}", "node", &e.node, "cause", &e.cause, "sentence",
                &e.sentence, "next_step", &e.next_step, "decision", &e.decision, "guards",
                &e.guards, "objective", &e.objective, "evidence", &e.evidence, "held", &e.held,
                "efficacy_permyriad", &e.efficacy, "gain_per_page_bytes", &e.per_page, "gain_per_msec_bytes", &e.per_msec);
        if (r != 0)
                return r;
        if (!json_is_array(e.guards))
                return reply_unexpected("explanation", "guards is not a list");
        *ret = e;
        return 0;
}

int reply_cause(json_t *j, CauseReply *ret)
{
        CauseReply c = { 0 };
        int r;

        r = REPLY_UNPACK(j, "cause", "{s:s, s:s, s:s}", "cause", &c.cause, "sentence", &c.sentence, "next_step", &c.next_step);
        if (r == 0)
                *ret = c;
        return r;
}

int reply_result(json_t *decision, ResultReply *ret)
{
        ResultReply d = {
                .number = REPLY_UNKNOWN,
                .at = REPLY_UNKNOWN,
                .size = REPLY_UNKNOWN,
                .current = REPLY_UNKNOWN,
                .gain = INT64_MIN,
                .score_drop = INT64_MIN,
                .cost = REPLY_UNKNOWN,
                .took = REPLY_UNKNOWN,
                .migrated = REPLY_UNKNOWN,
                .scanned = REPLY_UNKNOWN,
        };
        int r;

        r = REPLY_UNPACK(decision, "decision", "{s?s, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I}",
                "reason", &d.reason, "number", &d.number, "at_usec", &d.at, "size_bytes", &d.size,
                "current_bytes", &d.current, "gain_bytes", &d.gain, "score_drop", &d.score_drop,
                "cost_usec", &d.cost, "took_usec", &d.took, "migrated_pages", &d.migrated, "scanned_pages",
                &d.scanned);
        if (r != 0)
                return r;
        *ret = d;
        return 0;
}

int reply_log_entry(json_t *j, LogEntryReply *ret)
{
        LogEntryReply e = { .node = REPLY_UNKNOWN };
        int r;

        r = REPLY_UNPACK(j, "log entry", "{s:I, s:s, s:o}", "realtime_usec", &e.realtime, "sentence", &e.sentence, "decision",
                &e.decision);
        if (r == 0)
                r = REPLY_UNPACK(e.decision, "log entry", "{s?I}", "node", &e.node);
        if (r == 0)
                *ret = e;
        return r;
}
