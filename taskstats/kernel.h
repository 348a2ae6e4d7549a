/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.h - asks the kernel's netlink family TASKSTATS, by libnl-genl. Waits for nothing: the kernel has answered when it has taken
 * the question. Needs CAP_NET_ADMIN at the moment of each question (-EPERM without). */
#pragma once

#include "wire/taskstats.h"

typedef struct Kernel Kernel;

/* 0; -ENOENT: a kernel without the family (CONFIG_TASKSTATS); -ENOMEM; or why there is no netlink socket. */
int kernel_new(Kernel **ret);
Kernel *kernel_free(Kernel *k);
static inline void kernel_freep(Kernel **k)
{
        if (*k)
                kernel_free(*k);
}
/* Of a process with all its threads, those that have ended too. Fills in size and data of the reply. Returns its result. */
int kernel_ask(Kernel *k, uint32_t tgid, TaskstatsReply *reply);
