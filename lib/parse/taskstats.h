/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* taskstats.h - what a process waited for, as the kernel's netlink family TASKSTATS tells it: struct taskstats, in the bytes that came.
 *
 * Source: include/uapi/linux/taskstats.h, kernel/delayacct.c of the kernels. The struct only grows at its end, but for one version:
 *
 *     version   kernels        bytes   compact_count   compact_delay_total
 *     9, 10     5.4 to 5.15    352     none
 *     11 to 13  5.17 to 6.1    416     352             360
 *     14        6.5 to 6.12    432     352             360
 *     15        6.14.0         560     432             440   (delay_max and _min in the middle; moved to the end by 16)
 *     16        6.17           560     352             360
 *     17        7.3            688     352             360
 *
 * Counts are of direct compaction (a task that compacts because it needs a block now), and of direct reclaim; since the process, or
 * one of its threads, was started, but only in tasks that were started while delay accounting was on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "parse/parse.h"

typedef struct Taskstats {
        unsigned version;
        uint64_t compactions, compact_nsec; /* UNKNOWN_U64: a kernel before 5.17 */
        uint64_t reclaims, reclaim_nsec;
        bool accounted; /* some wait of whatever kind was counted: delay accounting was on when a task of it was started */
} Taskstats;

/* The first version that has compaction. */
#define TASKSTATS_COMPACTION 11

/* -EBADMSG: shorter than its version says; -ENOTSUP: a version whose layout is not known. ret is left alone then. */
int taskstats_parse(Taskstats *ret, const void *data, size_t size);
