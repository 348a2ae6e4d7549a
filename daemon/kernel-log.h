/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-log.h - what the kernel says of memory that could not be had, as the journal gets it: decoded (decode/decode.h) and counted
 * (decode/tally.h).
 *
 * Begins at the journal's end: what was said before is for `fragctl decode`. The journal wakes whoever watches it for each write of any
 * service; so a wake-up only arms a timer, and the journal is looked at a second later, at most KERNEL_LOG_ENTRIES_MAX entries at
 * a time; a kernel that says more is read a quarter of a second later again, until the end is reached. A message is complete when
 * another begins, or when the kernel has been silent for a second.
 *
 * The journal of this machine, or below another root the one in var/log/journal and run/log/journal. Where it cannot be read,
 * kernel_log_why() says why and what to do, and it is tried again each minute. */
#pragma once

#include <systemd/sd-event.h>

#include "base/usec.h"
#include "daemon/journal.h"
#include "decode/tally.h"
#include "root/root.h"

#define KERNEL_LOG_ENTRIES_MAX 512

typedef struct KernelLog KernelLog;

/* All borrowed. -ENOMEM. */
int kernel_log_new(KernelLog **ret, sd_event *event, const RootDir *root, const Journal *journal);
KernelLog *kernel_log_free(KernelLog *k);
static inline void kernel_log_freep(KernelLog **k)
{
        if (*k)
                kernel_log_free(*k);
}

/* Whether to watch: the configuration's choice. Where it could not be read, it is tried again. -ENOMEM, or sd-event's errors. */
int kernel_log_set(KernelLog *k, bool wanted, usec_t now);
/* With each sample: tries again where it is time to. Same errors. */
int kernel_log_sampled(KernelLog *k, usec_t now);

/* Why it is not watched and what to do, static or owned by k; NULL: it is. */
const char *kernel_log_why(const KernelLog *k);
/* Whether the configuration wants it. */
bool kernel_log_wanted(const KernelLog *k);
const DecodeTally *kernel_log_tally(const KernelLog *k);
/* When it was watched for the first time, realtime; 0: it never was. */
usec_t kernel_log_since(const KernelLog *k);
