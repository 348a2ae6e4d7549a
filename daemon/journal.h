/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal.h - where fragd's messages go: the systemd journal with fields, or stderr as lines
 * "fragd: ...".
 *
 * A decision becomes one entry with its sentence and these fields, each only where it is known:
 * FRAGD_DECISION (number), FRAGD_NODE, FRAGD_ORDER, FRAGD_VERDICT, FRAGD_REASON, FRAGD_LEVER,
 * FRAGD_GUARD, FRAGD_ACT, FRAGD_WOULD, FRAGD_KNOB, FRAGD_OLD_VALUE, FRAGD_NEW_VALUE,
 * FRAGD_GAIN_BYTES, FRAGD_COST_USEC, FRAGD_TOOK_USEC, FRAGD_SCORE, FRAGD_CURRENT_BYTES,
 * FRAGD_RESERVE_BYTES, FRAGD_ACTION, FRAGD_ERRNO, FRAGD_UID, FRAGD_PID. Nothing here fails: a
 * message that cannot be written is lost. */
#pragma once

#include <stdbool.h>
#include <syslog.h>

#include "base/macros.h"
#include "engine/decision.h"

typedef enum LogTarget {
        LOG_TARGET_AUTO, /* the journal if stderr is connected to it, else stderr */
        LOG_TARGET_JOURNAL,
        LOG_TARGET_STDERR,
        _LOG_TARGET_MAX,
} LogTarget;

int log_target_from_name(const char *name, LogTarget *ret); /* -ENOENT */

typedef struct Journal {
        bool native; /* sd_journal_sendv(), else stderr */
} Journal;

/* 0; -ENOENT: the journal is wanted and there is none. */
int journal_init(Journal *j, LogTarget target);
/* priority: LOG_ERR ... LOG_DEBUG; message_id: from message-ids.h, or NULL. */
_printf_(4, 5) void journal_log(
        const Journal *j, int priority, const char *message_id, const char *format, ...);
/* The same for what somebody asked for through a socket. */
_printf_(6, 7) void journal_log_peer(const Journal *j, int priority, const char *message_id,
        uint32_t uid, uint32_t pid, const char *format, ...);
void journal_decision(const Journal *j, const Decision *d);
/* At the end: waits until journald has taken every entry, at most some seconds. It asks the kernel whose unit the sender is
 * in, and an entry of a process that is gone already would belong to none: `journalctl -u fragd` would not show it. */
void journal_drain(const Journal *j);
