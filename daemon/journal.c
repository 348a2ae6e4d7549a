/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/journal.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "base/usec.h"
#include "daemon/message-ids.h"
#include "engine/sentence.h"
#include "parse/parse.h"

#define JOURNAL_SOCKET   "/run/systemd/journal/socket"
#define MESSAGE_MAX      1024
#define STDERR_WAIT_MSEC 100
#define DRAIN_MSEC       3000

static const char *const target_names[_LOG_TARGET_MAX] = {
        [LOG_TARGET_AUTO] = "auto",
        [LOG_TARGET_JOURNAL] = "journal",
        [LOG_TARGET_STDERR] = "stderr",
};

int log_target_from_name(const char *name, LogTarget *ret)
{
        for (LogTarget t = 0; t < _LOG_TARGET_MAX; t++)
                if (streq(name, target_names[t])) {
                        *ret = t;
                        return 0;
                }
        return -ENOENT;
}

/* systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stream that systemd made stdout or
 * stderr of. */
static bool stderr_is_journal(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        char expected[64];
        struct stat st;

        if (!stream || fstat(STDERR_FILENO, &st) < 0)
                return false;
        snprintf(expected, sizeof(expected), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
        return streq(stream, expected);
}

int journal_init(Journal *j, LogTarget target)
{
        bool native = target == LOG_TARGET_JOURNAL ||
                      (target == LOG_TARGET_AUTO && stderr_is_journal());

        /* sd_journal_sendv() succeeds silently where there is no journal. */
        if (target == LOG_TARGET_JOURNAL && access(JOURNAL_SOCKET, W_OK) < 0)
                return -ENOENT;
        j->native = native;
        return 0;
}

/* The fields of one entry, each "NAME=value", in one buffer. */
typedef struct Fields {
        struct iovec iov[32];
        int n;
        char buf[4096];
        size_t used;
} Fields;

_printf_(2, 0) static void field_addv(Fields *f, const char *format, va_list ap)
{
        size_t room = sizeof(f->buf) - f->used;
        int n = vsnprintf(f->buf + f->used, room, format, ap);

        /* 32 fields of bounded size fit: see MESSAGE_MAX and SENTENCE_MAX. */
        assert(n >= 0 && (size_t)n < room && (size_t)f->n < ELEMENTSOF(f->iov));
        f->iov[f->n++] = (struct iovec){ .iov_base = f->buf + f->used, .iov_len = (size_t)n };
        f->used += (size_t)n + 1;
}

_printf_(2, 3) static void field_add(Fields *f, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        field_addv(f, format, ap);
        va_end(ap);
}

static void fields_start(Fields *f, const char *message, int priority, const char *message_id)
{
        f->n = 0;
        f->used = 0;
        field_add(f, "MESSAGE=%.*s", MESSAGE_MAX, message);
        field_add(f, "PRIORITY=%d", priority);
        field_add(f, "SYSLOG_IDENTIFIER=fragd");
        if (message_id)
                field_add(f, "MESSAGE_ID=%s", message_id);
}

static void fields_add_peer(Fields *f, uint32_t uid, uint32_t pid)
{
        if (uid != UINT32_MAX)
                field_add(f, "FRAGD_UID=%" PRIu32, uid);
        if (pid != UINT32_MAX)
                field_add(f, "FRAGD_PID=%" PRIu32, pid);
}

/* A line that nobody takes (a stopped terminal, a pager that waits) is lost after a moment: it must
 * not hold up the loop, nor the end. */
static void fields_send(const Fields *f, const Journal *j, const char *message)
{
        struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

        if (j->native)
                (void)sd_journal_sendv(f->iov, f->n);
        else if (poll(&p, 1, STDERR_WAIT_MSEC) > 0 && (p.revents & POLLOUT))
                fprintf(stderr, "fragd: %s\n", message);
}

static _printf_(6, 0) void log_formatted(const Journal *j, int priority, const char *message_id,
        uint32_t uid, uint32_t pid, const char *format, va_list ap)
{
        char message[MESSAGE_MAX];
        Fields fields;

        vsnprintf(message, sizeof(message), format, ap);
        fields_start(&fields, message, priority, message_id);
        fields_add_peer(&fields, uid, pid);
        fields_send(&fields, j, message);
}

void journal_log(const Journal *j, int priority, const char *message_id, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        log_formatted(j, priority, message_id, UINT32_MAX, UINT32_MAX, format, ap);
        va_end(ap);
}

void journal_log_peer(const Journal *j, int priority, const char *message_id, uint32_t uid,
        uint32_t pid, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        log_formatted(j, priority, message_id, uid, pid, format, ap);
        va_end(ap);
}

/* How an entry of each reason is filed. Reasons that never are notable have none. */
static const struct {
        const char *message_id;
        int priority;
} filed[_REASON_MAX] = {
        [REASON_MET] = { MESSAGE_ID_VERDICT, LOG_INFO },
        [REASON_UNKNOWN_SOURCE] = { MESSAGE_ID_VERDICT, LOG_WARNING },
        [REASON_SHORT] = { MESSAGE_ID_VERDICT, LOG_NOTICE },
        [REASON_PINNED] = { MESSAGE_ID_VERDICT, LOG_NOTICE },
        [REASON_BACKOFF] = { MESSAGE_ID_VERDICT, LOG_NOTICE },
        [REASON_NO_LEVER] = { MESSAGE_ID_VERDICT, LOG_NOTICE },
        [REASON_BUSY] = { MESSAGE_ID_VERDICT, LOG_INFO },
        [REASON_KERNEL_ACTS] = { MESSAGE_ID_VERDICT, LOG_INFO },
        [REASON_HELD] = { MESSAGE_ID_HELD, LOG_INFO },
        [REASON_MISSED] = { MESSAGE_ID_ACTION_STARTED, LOG_INFO },
        [REASON_FORECAST] = { MESSAGE_ID_ACTION_STARTED, LOG_INFO },
        [REASON_REQUESTED] = { MESSAGE_ID_ACTION_STARTED, LOG_NOTICE },
        [REASON_TIME_LIMIT] = { MESSAGE_ID_ACTION_ENDED, LOG_INFO },
        [REASON_BUDGET_LIMIT] = { MESSAGE_ID_ACTION_ENDED, LOG_NOTICE },
        [REASON_PRESSURE_LIMIT] = { MESSAGE_ID_ACTION_ENDED, LOG_NOTICE },
        [REASON_CANCELLED] = { MESSAGE_ID_ACTION_ENDED, LOG_INFO },
        [REASON_ACTION_FAILED] = { MESSAGE_ID_ACTION_FAILED, LOG_WARNING },
        [REASON_GAINED] = { MESSAGE_ID_ACTION_MEASURED, LOG_INFO },
        [REASON_NO_GAIN] = { MESSAGE_ID_ACTION_MEASURED, LOG_NOTICE },
        [REASON_KNOB_RAISED] = { MESSAGE_ID_KNOB_SET, LOG_NOTICE },
        [REASON_KNOB_LOWERED] = { MESSAGE_ID_KNOB_SET, LOG_NOTICE },
        [REASON_KNOB_STOOD_DOWN] = { MESSAGE_ID_KNOB_SET, LOG_NOTICE },
        [REASON_KNOB_RESTORED] = { MESSAGE_ID_KNOB_RESTORED, LOG_NOTICE },
        [REASON_KNOB_YIELDED] = { MESSAGE_ID_KNOB_YIELDED, LOG_WARNING },
        [REASON_POLICY_CHANGED] = { MESSAGE_ID_POLICY_CHANGED, LOG_NOTICE },
        [REASON_PAUSED] = { MESSAGE_ID_PAUSED, LOG_NOTICE },
        [REASON_RESUMED] = { MESSAGE_ID_RESUMED, LOG_NOTICE },
        [REASON_TOPOLOGY] = { MESSAGE_ID_TOPOLOGY, LOG_NOTICE },
        [REASON_PREPARING] = { MESSAGE_ID_PREPARE, LOG_INFO },
        [REASON_PREPARED] = { MESSAGE_ID_PREPARE, LOG_NOTICE },
        [REASON_IMPOSSIBLE] = { MESSAGE_ID_PREPARE, LOG_WARNING },
        [REASON_TIMED_OUT] = { MESSAGE_ID_PREPARE, LOG_WARNING },
        [REASON_ABANDONED] = { MESSAGE_ID_PREPARE, LOG_NOTICE },
        [REASON_NOT_PREPARED] = { MESSAGE_ID_PREPARE, LOG_WARNING },
        [REASON_HOLD_BEGUN] = { MESSAGE_ID_HOLD, LOG_NOTICE },
        [REASON_HOLD_ENDED] = { MESSAGE_ID_HOLD, LOG_NOTICE },
        [REASON_HOLD_REFUSED] = { MESSAGE_ID_HOLD, LOG_WARNING },
        [REASON_REFUSED] = { MESSAGE_ID_REFUSED, LOG_NOTICE },
        [REASON_ACTOR_LOST] = { MESSAGE_ID_ACTOR_LOST, LOG_ERR },
};

static void fields_add_action(Fields *f, const Decision *d)
{
        if (d->act != ACT_NONE)
                field_add(f, "FRAGD_ACT=%s", act_name(d->act));
        if (d->would)
                field_add(f, "FRAGD_WOULD=1");
        if (d->action)
                field_add(f, "FRAGD_ACTION=%" PRIu64, d->action);
        if (d->reason == REASON_ACTION_FAILED && d->node == NODE_ALL)
                field_add(f, "FRAGD_KNOB=%s", knob_info(d->knob)->name);
        else if (d->act == ACT_SET_KNOB || d->act == ACT_RESTORE_KNOB ||
                d->reason == REASON_KNOB_YIELDED) {
                field_add(f, "FRAGD_KNOB=%s", knob_info(d->knob)->name);
                field_add(f, "FRAGD_OLD_VALUE=%" PRId64, d->old_value);
                field_add(f, "FRAGD_NEW_VALUE=%" PRId64, d->new_value);
        }
        if (d->reason == REASON_GAINED || d->reason == REASON_NO_GAIN) {
                field_add(f, "FRAGD_GAIN_BYTES=%" PRId64, d->gain);
                field_add(f, "FRAGD_COST_USEC=%" PRI_USEC, d->cost);
                field_add(f, "FRAGD_TOOK_USEC=%" PRI_USEC, d->took);
        }
        if (d->error)
                field_add(f, "FRAGD_ERRNO=%" PRId32, -d->error);
}

static void fields_add_state(Fields *f, const Decision *d)
{
        field_add(f, "FRAGD_DECISION=%" PRIu64, d->number);
        if (d->node != NODE_ALL)
                field_add(f, "FRAGD_NODE=%" PRIu32, d->node);
        if (d->objective >= 0)
                field_add(f, "FRAGD_ORDER=%u", d->order);
        if (d->hold)
                field_add(f, "FRAGD_HOLD=%" PRIu64, d->hold);
        if (d->node != NODE_ALL)
                field_add(f, "FRAGD_VERDICT=%s", verdict_name(d->verdict));
        field_add(f, "FRAGD_REASON=%s", reason_name(d->reason));
        if (d->lever != LEVER_NONE)
                field_add(f, "FRAGD_LEVER=%s", lever_name(d->lever));
        if (d->guard != GUARD_NONE)
                field_add(f, "FRAGD_GUARD=%s", guard_name(d->guard));
        if (d->score != UINT32_MAX)
                field_add(f, "FRAGD_SCORE=%" PRIu32, d->score);
        if (d->current != UNKNOWN_U64)
                field_add(f, "FRAGD_CURRENT_BYTES=%" PRIu64, d->current);
        if (d->reserve != UNKNOWN_U64)
                field_add(f, "FRAGD_RESERVE_BYTES=%" PRIu64, d->reserve);
}

void journal_decision(const Journal *j, const Decision *d)
{
        /* What is missed is news of its own where something else is acted on first. */
        bool only_missed = d->reason == REASON_MISSED && d->act == ACT_NONE;
        const char *message_id = only_missed ? MESSAGE_ID_VERDICT : filed[d->reason].message_id;
        char sentence[SENTENCE_MAX];
        Fields fields;

        decision_sentence(d, sentence, sizeof(sentence));
        fields_start(
                &fields, sentence, message_id ? filed[d->reason].priority : LOG_INFO, message_id);
        fields_add_state(&fields, d);
        fields_add_action(&fields, d);
        fields_add_peer(&fields, d->uid, d->pid);
        fields_send(&fields, j, sentence);
}

/* An empty message, which journald ignores: datagrams are taken in order, so when this one is gone, all before it are dealt
 * with. Until then it counts as not sent, af_unix(7), SIOCOUTQ. */
void journal_drain(const Journal *j)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };
        _cleanup_close_ int fd = -EBADF;
        int unread = 0;

        if (!j->native)
                return;
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || sendto(fd, "", 0, MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof(address)) < 0)
                return;
        for (int waited = 0; waited < DRAIN_MSEC; waited++)
                if (ioctl(fd, SIOCOUTQ, &unread) < 0 || unread == 0 || poll(NULL, 0, 1) < 0)
                        return;
}
