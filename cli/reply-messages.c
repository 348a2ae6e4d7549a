/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/reply-messages.h"

int reply_kernel_messages(json_t *parameters, KernelMessagesReply *ret)
{
        KernelMessagesReply m = { .since_realtime_usec = REPLY_UNKNOWN };
        json_t *j;
        int r;

        r = REPLY_UNPACK(parameters, "GetKernelMessages", "{s:o}", "kernel_messages", &j);
        if (r != 0)
                return r;
        r = REPLY_UNPACK(j, "kernel_messages", "{s:b, s?s, s?I, s:I}", "watching", &m.watching, "why_not", &m.why_not, "since_realtime_usec",
                &m.since_realtime_usec, "suppressed", &m.suppressed);
        if (r == 0)
                r = reply_list(j, "messages", &m.messages);
        if (r == 0)
                r = reply_list(j, "findings", &m.findings);
        if (r == 0)
                *ret = m;
        return r;
}

int reply_kernel_message(json_t *j, KernelMessageReply *ret)
{
        KernelMessageReply m = { .order = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "message", "{s:s, s?I, s:s, s?s, s:I, s:I, s:I, s:I}", "class", &m.class, "order", &m.order, "caller", &m.caller,
                "comm", &m.comm, "total", &m.total, "hour", &m.hour, "shown", &m.shown, "last_realtime_usec", &m.last_realtime_usec);

        if (r == 0)
                *ret = m;
        return r;
}
