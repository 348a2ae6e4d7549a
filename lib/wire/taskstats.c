/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/taskstats.h"

#include "base/macros.h"

/* The kernel's MAX_ERRNO and PID_MAX_LIMIT. */
#define ERRNO_MAX 4095
#define PID_LIMIT (4 * 1024 * 1024)

void taskstats_request_init(TaskstatsRequest *r, uint32_t tgid)
{
        *r = (TaskstatsRequest){ .magic = TASKSTATS_WIRE_MAGIC, .version = TASKSTATS_WIRE_VERSION, .tgid = tgid };
}

int taskstats_request_check(const TaskstatsRequest *r, size_t size)
{
        if (size != sizeof(*r) || r->magic != TASKSTATS_WIRE_MAGIC || r->version != TASKSTATS_WIRE_VERSION || r->reserved != 0)
                return -EBADMSG;
        return r->tgid >= 1 && r->tgid <= PID_LIMIT ? 0 : -EBADMSG;
}

void taskstats_reply_init(TaskstatsReply *r, const TaskstatsRequest *to, int result)
{
        *r = (TaskstatsReply){
                .magic = TASKSTATS_WIRE_MAGIC, .version = TASKSTATS_WIRE_VERSION, .tgid = to->tgid, .result = result
        };
}

int taskstats_reply_check(const TaskstatsReply *r, size_t size)
{
        if (size != sizeof(*r) || r->magic != TASKSTATS_WIRE_MAGIC || r->version != TASKSTATS_WIRE_VERSION || r->reserved != 0)
                return -EBADMSG;
        if (r->result > 0 || r->result < -ERRNO_MAX || r->size > TASKSTATS_WIRE_DATA || (r->result < 0 && r->size > 0))
                return -EBADMSG;
        return 0;
}
