/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/kernel-log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <systemd/sd-journal.h>

#include "base/macros.h"
#include "daemon/message-ids.h"
#include "daemon/priorities.h"

#define LOOK_AFTER    USEC_PER_SEC           /* a wake-up */
#define LOOK_ACCURACY (250 * USEC_PER_MSEC)
#define LOOK_AGAIN    (250 * USEC_PER_MSEC)  /* where there is more */
#define LOOK_BLIND    (10 * USEC_PER_SEC)    /* on a file system that does not tell of changes */
#define PENDING_MAX   (10 * USEC_PER_SEC)    /* that a message is waited for, in a log that is never silent */
#define RETRY         USEC_PER_MIN
#define OSRELEASE     "proc/sys/kernel/osrelease"

static const char *const folders[] = { "var/log/journal", "run/log/journal" };

struct KernelLog {
        sd_event *event;
        const RootDir *root;
        const Journal *journal;
        bool wanted;
        int error;  /* 0: it is watched */
        char text[128];
        usec_t retry;

        sd_journal *log; /* NULL: it is not watched */
        sd_event_source *io, *timer;
        Decoder *decoder;
        usec_t pending;  /* since when a message waits for its end, monotonic; 0: none does */
        usec_t realtime; /* of the last line */
        usec_t since;
        DecodeTally tally;
};

/* --- its state --- */

const char *kernel_log_why(const KernelLog *k)
{
        switch (k->error) {
        case 0: return NULL;
        case -ECANCELED: return "switched off: kernel_log in fragd.conf(5)";
        case -ENOENT: return "there is no journal: journald does not run, or keeps none, see Storage= in journald.conf(5)";
        case -EACCES:
        case -EPERM:
                return "fragd may not read it: add whom it runs as to the group systemd-journal (SupplementaryGroups= of fragd.service), then "
                       "systemctl restart fragd";
        default: return k->text;
        }
}

bool kernel_log_wanted(const KernelLog *k)
{
        return k->wanted;
}

const DecodeTally *kernel_log_tally(const KernelLog *k)
{
        return &k->tally;
}

usec_t kernel_log_since(const KernelLog *k)
{
        return k->since;
}

static usec_t now_of(const KernelLog *k, clockid_t clock)
{
        usec_t now = 0;

        (void)sd_event_now(k->event, clock, &now); /* it only fails for clocks it does not know */
        return now;
}

static void forget(KernelLog *k, int error)
{
        k->io = sd_event_source_disable_unref(k->io);
        k->timer = sd_event_source_disable_unref(k->timer);
        if (k->log)
                sd_journal_close(k->log);
        k->log = NULL;
        k->decoder = decoder_free(k->decoder);
        k->pending = 0;
        k->error = error;
        snprintf(k->text, sizeof(k->text), "%s", strerror(-error));
}

static void lose(KernelLog *k, int error)
{
        forget(k, error);
        k->retry = usec_add(now_of(k, CLOCK_MONOTONIC), RETRY);
        journal_log(k->journal, LOG_WARNING, MESSAGE_ID_SOURCE, "lost source kernel-log: %s; without it: messages of the kernel are not counted",
                kernel_log_why(k));
}

/* --- reading --- */

static void count_complete(KernelLog *k, usec_t now)
{
        const Decoded *m;

        while ((m = decoder_take(k->decoder)))
                tally_message(&k->tally, m, now, k->realtime);
}

static void take_text(KernelLog *k, const char *text, const char *end, usec_t now)
{
        const char *line;
        size_t n;

        while (decode_next_line(&text, end, &line, &n)) {
                decoder_line(k->decoder, line, n);
                count_complete(k, now);
        }
}

/* What is damaged is left out: the journal's own files say so to who looks after them. */
static void take_entry(KernelLog *k, usec_t now)
{
        const void *data;
        size_t size;
        uint64_t realtime;

        if (sd_journal_get_data(k->log, "MESSAGE", &data, &size) < 0 || size < strlen("MESSAGE="))
                return;
        if (sd_journal_get_realtime_usec(k->log, &realtime) < 0)
                realtime = k->realtime;
        /* What this line completes was said by the one before. */
        if (k->realtime == 0)
                k->realtime = realtime;
        take_text(k, (const char *)data + strlen("MESSAGE="), (const char *)data + size, now);
        k->realtime = realtime;
}

/* Returns how many entries there were, at most KERNEL_LOG_ENTRIES_MAX, or negative errno. */
static int take_entries(KernelLog *k, usec_t now)
{
        int r, n = 0;

        r = sd_journal_process(k->log);
        for (; r >= 0 && n < KERNEL_LOG_ENTRIES_MAX; n++) {
                r = sd_journal_next(k->log);
                if (r <= 0)
                        break;
                take_entry(k, now);
        }
        return r < 0 ? r : n;
}

static void end_pending(KernelLog *k, bool silent, usec_t now)
{
        if (!decoder_pending(k->decoder)) {
                k->pending = 0;
                return;
        }
        if (k->pending == 0)
                k->pending = now;
        if (!silent && usec_sub(now, k->pending) < PENDING_MAX)
                return;
        decoder_end(k->decoder);
        count_complete(k, now);
        k->pending = 0;
}

/* --- waking up --- */

static int arm(KernelLog *k, usec_t after)
{
        int r = sd_event_source_set_time_relative(k->timer, after);

        return r < 0 ? r : sd_event_source_set_enabled(k->timer, SD_EVENT_ONESHOT);
}

/* Somebody has written to the journal, whoever that was. */
static int on_change(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        KernelLog *k = userdata;
        int r, armed;

        r = sd_event_source_set_enabled(source, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_source_get_enabled(k->timer, &armed);
        if (r < 0)
                return r;
        return armed == SD_EVENT_OFF ? arm(k, LOOK_AFTER) : 0;
}

static int look(KernelLog *k)
{
        usec_t now = now_of(k, CLOCK_MONOTONIC);
        int n, r;

        n = take_entries(k, now);
        if (n < 0) {
                lose(k, n);
                return n == -ENOMEM ? n : 0;
        }
        end_pending(k, n == 0, now);
        if (n == KERNEL_LOG_ENTRIES_MAX)
                return arm(k, LOOK_AGAIN);
        r = sd_event_source_set_enabled(k->io, SD_EVENT_ON);
        if (r >= 0 && k->pending)
                return arm(k, LOOK_AFTER);
        if (r >= 0 && sd_journal_reliable_fd(k->log) == 0)
                return arm(k, LOOK_BLIND);
        return MIN(r, 0);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        return look(userdata);
}

/* --- opening --- */

/* Whether there is a file that cannot be read; else there is none. */
static int why_nothing(const KernelLog *k)
{
        for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
                int fd = root_open(k->root, folders[i], O_RDONLY | O_DIRECTORY);
                DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
                bool found = fd == -EACCES || fd == -EPERM;
                struct dirent *e;

                if (fd >= 0 && !d)
                        safe_close(fd);
                while (d && !found && (e = readdir(d))) {
                        char path[sizeof(e->d_name) + sizeof("/system.journal")];

                        snprintf(path, sizeof(path), "%s/system.journal", e->d_name);
                        found = faccessat(fd, path, R_OK, 0) < 0 && errno == EACCES;
                }
                if (d)
                        closedir(d);
                if (found)
                        return -EACCES;
        }
        return -ENOENT;
}

/* Behind the last message; in a journal without any, before the first one (from its end, sd_journal_next() would find only the last). */
static int seek_end(sd_journal *log)
{
        int r;

        r = sd_journal_seek_tail(log);
        if (r >= 0)
                r = sd_journal_previous(log);
        return r == 0 ? sd_journal_seek_head(log) : r;
}

static int open_log(KernelLog *k)
{
        const char *root = root_path(k->root);
        uint64_t bytes = 0;
        int r;

        if (streq(root, "/"))
                r = sd_journal_open(&k->log, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
        else
                r = sd_journal_open_directory(&k->log, root, SD_JOURNAL_OS_ROOT | SD_JOURNAL_SYSTEM);
        if (r >= 0)
                r = sd_journal_get_usage(k->log, &bytes);
        if (r < 0)
                return r;
        if (bytes == 0)
                return why_nothing(k);
        r = sd_journal_add_match(k->log, "_TRANSPORT=kernel", 0);
        return r < 0 ? r : seek_end(k->log);
}

static int add_sources(KernelLog *k)
{
        int r, fd = sd_journal_get_fd(k->log), events = fd < 0 ? fd : sd_journal_get_events(k->log);

        if (events < 0)
                return events;
        r = sd_event_add_io(k->event, &k->io, fd, (uint32_t)events, on_change, k);
        if (r >= 0)
                r = sd_event_source_set_priority(k->io, PRIORITY_KERNEL_LOG);
        if (r >= 0)
                r = sd_event_source_set_exit_on_failure(k->io, true);
        if (r >= 0) /* what was written while it was opened, and what changes on a file system that does not tell */
                r = sd_event_add_time_relative(k->event, &k->timer, CLOCK_MONOTONIC, LOOK_AFTER, LOOK_ACCURACY, on_timer, k);
        if (r >= 0)
                r = sd_event_source_set_priority(k->timer, PRIORITY_KERNEL_LOG);
        if (r >= 0)
                r = sd_event_source_set_exit_on_failure(k->timer, true);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(k->io, "kernel-log");
        (void)sd_event_source_set_description(k->timer, "kernel-log-look");
        return 0;
}

static int begin(KernelLog *k, usec_t now)
{
        char release[64] = "";
        int r;

        if (root_read_text(k->root, OSRELEASE, release, sizeof(release)) < 0)
                release[0] = 0; /* then messages that do not name their kernel stay a little vaguer */
        r = decoder_new(&k->decoder, kernel_version(release, strlen(release)));
        if (r >= 0)
                r = open_log(k);
        if (r >= 0)
                r = add_sources(k);
        if (r < 0) {
                forget(k, r);
                k->retry = usec_add(now, RETRY);
                return r == -ENOMEM ? r : 0;
        }
        k->error = 0;
        if (k->since == 0)
                k->since = now_of(k, CLOCK_REALTIME);
        return 0;
}

/* --- for fragd --- */

int kernel_log_new(KernelLog **ret, sd_event *event, const RootDir *root, const Journal *journal)
{
        KernelLog *k = calloc(1, sizeof(*k));

        if (!k)
                return -ENOMEM;
        *k = (KernelLog){ .event = event, .root = root, .journal = journal, .error = -ECANCELED };
        *ret = k;
        return 0;
}

KernelLog *kernel_log_free(KernelLog *k)
{
        if (!k)
                return NULL;
        forget(k, -ECANCELED);
        free(k);
        return NULL;
}

int kernel_log_set(KernelLog *k, bool wanted, usec_t now)
{
        k->wanted = wanted;
        if (!wanted)
                forget(k, -ECANCELED);
        return wanted && !k->log ? begin(k, now) : 0;
}

int kernel_log_sampled(KernelLog *k, usec_t now)
{
        return k->wanted && !k->log && now >= k->retry ? begin(k, now) : 0;
}
