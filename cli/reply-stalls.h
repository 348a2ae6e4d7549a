/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reply-stalls.h - the replies about who waited, as structs; as reply.h has it. */
#pragma once

#include "cli/reply.h"

typedef struct StallsReply {
        const char *source, *state, *why, *next_step; /* the last two: NULL */
        json_int_t since_realtime_usec, looked_realtime_usec, processes, asked;
        json_t *names, *most; /* lists */
        const char *trace_state, *trace_why; /* the last: NULL */
        json_int_t trace_since_realtime_usec, lost, unpaired;
        json_t *traced; /* a list */
} StallsReply;

typedef struct TraceNameReply {
        const char *name;
        int watched;
        json_int_t runs, usec, longest_usec;
} TraceNameReply;

typedef struct StallNameReply {
        const char *name;
        int watched;
        json_int_t processes, counted, not_counted, compactions, compaction_usec, reclaims, reclaim_usec;
} StallNameReply;

typedef struct StallProcessReply {
        const char *name, *counted;
        int watched;
        json_int_t pid, compactions, compaction_usec, reclaims, reclaim_usec;
} StallProcessReply;

int reply_stalls(json_t *parameters, StallsReply *ret);
int reply_stall_name(json_t *j, StallNameReply *ret);
int reply_trace_name(json_t *j, TraceNameReply *ret);
int reply_stall_process(json_t *j, StallProcessReply *ret);
