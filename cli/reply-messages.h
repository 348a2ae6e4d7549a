/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reply-messages.h - the reply about messages of the kernel, as structs; as reply.h has it. */
#pragma once

#include "cli/reply.h"

typedef struct KernelMessagesReply {
        int watching;
        const char *why_not; /* NULL */
        json_int_t since_realtime_usec, suppressed;
        json_t *messages, *findings; /* lists */
} KernelMessagesReply;

typedef struct KernelMessageReply {
        const char *class, *caller, *comm; /* comm: NULL */
        json_int_t order, total, hour, shown, last_realtime_usec;
} KernelMessageReply;

int reply_kernel_messages(json_t *parameters, KernelMessagesReply *ret);
int reply_kernel_message(json_t *j, KernelMessageReply *ret);
