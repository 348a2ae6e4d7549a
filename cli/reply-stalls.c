/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/reply-stalls.h"

static int reply_trace(json_t *j, StallsReply *s)
{
        int r = REPLY_UNPACK(j, "trace", "{s:s, s?s, s?I, s:I, s:I}", "state", &s->trace_state, "why", &s->trace_why, "since_realtime_usec",
                &s->trace_since_realtime_usec, "lost", &s->lost, "unpaired", &s->unpaired);

        return r == 0 ? reply_list(j, "names", &s->traced) : r;
}

int reply_trace_name(json_t *j, TraceNameReply *ret)
{
        TraceNameReply n = { 0 };
        int r = REPLY_UNPACK(j, "name", "{s:s, s:b, s:I, s:I, s:I}", "name", &n.name, "watched", &n.watched, "runs", &n.runs, "usec", &n.usec,
                "longest_usec", &n.longest_usec);

        if (r == 0)
                *ret = n;
        return r;
}

int reply_stalls(json_t *parameters, StallsReply *ret)
{
        StallsReply s = { .looked_realtime_usec = REPLY_UNKNOWN, .trace_since_realtime_usec = REPLY_UNKNOWN };
        json_t *j, *trace = NULL;
        int r;

        r = REPLY_UNPACK(parameters, "GetStalls", "{s:o}", "stalls", &j);
        if (r != 0)
                return r;
        r = REPLY_UNPACK(j, "stalls", "{s:s, s:s, s?s, s?s, s:I, s?I, s:I, s:I, s:o}", "source", &s.source, "state", &s.state, "why", &s.why,
                "next_step", &s.next_step, "since_realtime_usec", &s.since_realtime_usec, "looked_realtime_usec", &s.looked_realtime_usec,
                "processes", &s.processes, "asked", &s.asked, "trace", &trace);
        if (r == 0)
                r = reply_list(j, "names", &s.names);
        if (r == 0)
                r = reply_list(j, "most", &s.most);
        if (r == 0)
                r = reply_trace(trace, &s);
        if (r == 0)
                *ret = s;
        return r;
}

int reply_stall_name(json_t *j, StallNameReply *ret)
{
        StallNameReply n = { 0 };
        int r = REPLY_UNPACK(j, "name", "{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name", &n.name, "watched", &n.watched,
                "processes", &n.processes, "counted", &n.counted, "not_counted", &n.not_counted, "compactions", &n.compactions,
                "compaction_usec", &n.compaction_usec, "reclaims", &n.reclaims, "reclaim_usec", &n.reclaim_usec);

        if (r == 0)
                *ret = n;
        return r;
}

int reply_stall_process(json_t *j, StallProcessReply *ret)
{
        StallProcessReply p = { 0 };
        int r = REPLY_UNPACK(j, "process", "{s:I, s:s, s:b, s:s, s:I, s:I, s:I, s:I}", "pid", &p.pid, "name", &p.name, "watched",
                &p.watched, "counted", &p.counted, "compactions", &p.compactions, "compaction_usec", &p.compaction_usec, "reclaims",
                &p.reclaims, "reclaim_usec", &p.reclaim_usec);

        if (r == 0)
                *ret = p;
        return r;
}
