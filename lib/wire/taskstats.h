/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* taskstats.h (wire) - what fragd and fragd-taskstats say to each other: fixed-size structs, one a packet, over SOCK_SEQPACKET, as
 * with the actor (wire.h). The one question is what the kernel's TASKSTATS says about a process; each gets one reply, in order. The
 * bytes in it are the kernel's: what they mean is for the reader (parse/taskstats.h). An empty packet ends the connection. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TASKSTATS_WIRE_MAGIC   UINT32_C(0x46524754) /* "FRGT" */
#define TASKSTATS_WIRE_VERSION UINT32_C(1)
#define TASKSTATS_WIRE_DATA    1024 /* struct taskstats has 688 bytes in Linux 7.3 */

typedef struct TaskstatsRequest {
        uint32_t magic, version;
        uint32_t tgid; /* from 1; of the sender's pid namespace */
        uint32_t reserved; /* 0 */
} TaskstatsRequest;

typedef struct TaskstatsReply {
        uint32_t magic, version;
        uint32_t tgid;  /* echoed */
        int32_t result; /* 0 or negative errno: -ESRCH no such process; -EPERM without CAP_NET_ADMIN; -ENOENT a kernel without it;
                         * -EBADMSG: no request of this protocol */
        uint32_t size;  /* of what came; more than fits is cut off: it is of the future, and at the end */
        uint32_t reserved;
        uint8_t data[TASKSTATS_WIRE_DATA];
} TaskstatsReply;

_Static_assert(sizeof(TaskstatsRequest) == 16, "the size is the protocol");
_Static_assert(sizeof(TaskstatsReply) == 24 + TASKSTATS_WIRE_DATA, "the size is the protocol");

void taskstats_request_init(TaskstatsRequest *r, uint32_t tgid);
/* size: bytes received. 0 or -EBADMSG. */
int taskstats_request_check(const TaskstatsRequest *r, size_t size);
void taskstats_reply_init(TaskstatsReply *r, const TaskstatsRequest *to, int result);
int taskstats_reply_check(const TaskstatsReply *r, size_t size);
