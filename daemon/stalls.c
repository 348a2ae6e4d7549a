/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/stalls.h"

#include <stdio.h>

#include "base/macros.h"
#include "daemon/processes.h"
#include "daemon/taskstats-client.h"
#include "parse/vmstat.h"

#define ACCOUNTING    "proc/sys/kernel/task_delayacct"
#define VMSTAT        "proc/vmstat"
#define LOOK_SHORTEST USEC_PER_SEC /* between two looks that somebody asks for */
#define NAMES_MAX     1024         /* new processes that are read at one look */

struct Stalls {
        sd_event *event; /* borrowed */
        const RootDir *root;
        const char *runtime_dir;
        int fd; /* of a fragd-taskstats, until it is attached */
        TaskstatsClient *client;
        void (*on_looked)(void *userdata);
        void *userdata;

        StallsConfig config;
        StallsState state;
        int error;
        unsigned version;
        Tasks tasks;
        Ledger ledger;
        StallsWatch watched[WATCHED_MAX + 1];
        size_t n_watched;

        RootFile vmstat;
        bool busy, ever_looked;
        uint64_t stalls; /* compact_stall at the last look */
        usec_t looked, looked_realtime, now, realtime; /* the last two: of the look that goes on */
        size_t asked;
};

const char *stalls_state_name(StallsState s)
{
        static const char *const names[_STALLS_STATE_MAX] = {
                [STALLS_NOT_ASKED] = "not-asked",
                [STALLS_ON] = "on",
                [STALLS_DISABLED] = "disabled",
                [STALLS_OFF] = "off",
                [STALLS_NO_HELPER] = "no-helper",
                [STALLS_REFUSED] = "refused",
                [STALLS_OLD_KERNEL] = "old-kernel",
                [STALLS_UNKNOWN_VERSION] = "unknown-version",
        };

        assert(s >= 0 && s < _STALLS_STATE_MAX);
        return names[s];
}

int stalls_new(Stalls **ret, sd_event *event, const RootDir *root, const char *runtime_dir, int fd, usec_t realtime,
        void (*on_looked)(void *userdata), void *userdata)
{
        Stalls *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        *s = (Stalls){
                .event = event,
                .root = root,
                .runtime_dir = runtime_dir,
                .fd = -EBADF,
                .on_looked = on_looked,
                .userdata = userdata,
                .vmstat = ROOT_FILE_INIT,
        };
        tasks_init(&s->tasks, processes_ticks_now());
        r = ledger_init(&s->ledger, realtime);
        if (r < 0) {
                stalls_free(s);
                return r;
        }
        s->fd = fd;
        *ret = s;
        return 0;
}

Stalls *stalls_free(Stalls *s)
{
        if (!s)
                return NULL;
        taskstats_client_free(s->client);
        safe_close(s->fd);
        root_file_done(&s->vmstat);
        tasks_done(&s->tasks);
        ledger_done(&s->ledger);
        free(s);
        return NULL;
}

/* --- configuration --- */

/* Whether delay accounting may be on; notes what is known of it. */
static bool accounting_look(Stalls *s)
{
        int64_t value;
        int r = root_read_int(s->root, ACCOUNTING, &value);

        if (r == -ENOENT) /* before 5.14, or a kernel without it: its version will tell */
                return true;
        tasks_accounting(&s->tasks, r >= 0 && value != 0, processes_boot_has(s->root, "delayacct"), processes_ticks_now());
        return r >= 0 && value != 0;
}

static Lost lost_before(const StallsWatch *watched, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (streq(watched[i].name, name))
                        return watched[i].lost;
        return (Lost){ 0 };
}

size_t stalls_watch_renew(StallsWatch w[static WATCHED_MAX + 1], size_t n, const StallsConfig *c)
{
        StallsWatch before[WATCHED_MAX + 1];

        memcpy(before, w, sizeof(before));
        for (size_t i = 0; i <= c->watch.n; i++) {
                w[i] = (StallsWatch){ 0 };
                snprintf(w[i].name, sizeof(w[i].name), "%s", i < c->watch.n ? c->watch.items[i] : LEDGER_OTHERS);
                w[i].lost = lost_before(before, n, w[i].name);
        }
        return c->watch.n + 1;
}

void stalls_configure(Stalls *s, const StallsConfig *c)
{
        const char *names[WATCHED_MAX];

        s->config = *c;
        for (size_t i = 0; i < c->watch.n; i++)
                names[i] = c->watch.items[i];
        tasks_watch(&s->tasks, names, c->watch.n);
        s->n_watched = stalls_watch_renew(s->watched, s->n_watched, c);
        if (c->asked == 0)
                s->state = STALLS_DISABLED;
        else if (s->state == STALLS_DISABLED)
                s->state = STALLS_NOT_ASKED;
        (void)accounting_look(s);
}

/* --- answers --- */

static void look_ended(Stalls *s)
{
        s->busy = false;
        s->on_looked(s->userdata);
}

static void take_news(Stalls *s, const TaskNews *news)
{
        Lost lost = { .compactions = news->compactions, .compact_nsec = news->compact_nsec, .reclaims = news->reclaims,
                .reclaim_nsec = news->reclaim_nsec };
        size_t watch = news->task->watch >= 0 ? (size_t)news->task->watch : s->n_watched - 1;

        ledger_add(&s->ledger, s->realtime, news->task->name, &lost);
        lost_add(&s->watched[watch].lost, &lost);
}

static void on_reply(const TaskstatsReply *reply, void *userdata)
{
        Stalls *s = userdata;
        Taskstats stats;
        TaskNews news;
        int r = reply->result;

        if (r == -ESRCH) /* it has ended meanwhile */
                return;
        if (r < 0) {
                s->state = STALLS_REFUSED;
                s->error = r;
                return;
        }
        r = taskstats_parse(&stats, reply->data, reply->size);
        if (r < 0) {
                s->state = STALLS_UNKNOWN_VERSION;
                s->version = (unsigned)reply->data[0] | (unsigned)reply->data[1] << 8;
                return;
        }
        s->version = stats.version;
        s->state = stats.compactions == UNKNOWN_U64 ? STALLS_OLD_KERNEL : STALLS_ON;
        if (s->state == STALLS_ON && tasks_told(&s->tasks, reply->tgid, &stats, s->now, &news))
                take_news(s, &news);
}

static void on_done(void *userdata)
{
        look_ended(userdata);
}

static void on_gone(int error, void *userdata)
{
        Stalls *s = userdata;

        s->client = taskstats_client_free(s->client);
        if (!s->busy)
                return; /* the next look finds another one, or says that there is none */
        s->state = STALLS_NO_HELPER;
        s->error = error < 0 ? error : -ECONNRESET;
        look_ended(s);
}

static const TaskstatsHandlers handlers = { .on_reply = on_reply, .on_done = on_done, .on_gone = on_gone };

/* --- a look --- */

static int client_look(Stalls *s)
{
        int r;

        if (s->client)
                return 0;
        if (s->fd < 0) {
                r = processes_connect(s->runtime_dir, "taskstats.sock");
                if (r < 0)
                        return r;
                s->fd = r;
        }
        r = taskstats_client_new(&s->client, s->event, s->fd, &handlers, s);
        if (r >= 0)
                s->fd = -EBADF;
        return r;
}

static void read_names(Stalls *s, const uint32_t *pids, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                char name[TASK_NAME_MAX];
                uint64_t start;

                if (processes_read(s->root, pids[i], name, &start) >= 0)
                        tasks_name(&s->tasks, pids[i], name, start);
        }
}

/* Whom to ask, as they are called now; their number in *ret_n. */
static int choose(Stalls *s, uint32_t **ret, size_t *ret_n)
{
        _cleanup_free_ uint32_t *pids = NULL;
        size_t n, room = MAX((size_t)NAMES_MAX, (size_t)s->config.asked);
        int r;

        r = processes_list(s->root, &pids, &n);
        if (r < 0)
                return r;
        r = tasks_list(&s->tasks, pids, n);
        if (r < 0)
                return r;
        free(pids);
        pids = calloc(room, sizeof(*pids));
        if (!pids)
                return -ENOMEM;
        read_names(s, pids, tasks_unnamed(&s->tasks, pids, NAMES_MAX));
        *ret_n = tasks_choose(&s->tasks, s->now, pids, s->config.asked);
        /* A program may have been started in the process since, or another process have its pid. */
        read_names(s, pids, *ret_n);
        *ret = TAKE_PTR(pids);
        return 0;
}

/* UNKNOWN_U64 where it cannot be read. */
static uint64_t stalls_now(Stalls *s)
{
        Vmstat v;

        if (root_file_read(&s->vmstat, s->root, VMSTAT) < 0 ||
                vmstat_parse(&v, s->vmstat.text, s->vmstat.size, NULL) < 0)
                return UNKNOWN_U64;
        return v.compact_stall;
}

static bool is_due(const Stalls *s, usec_t shortest, usec_t now)
{
        if (s->state == STALLS_DISABLED || s->state == STALLS_OLD_KERNEL || s->state == STALLS_UNKNOWN_VERSION)
                return false;
        if (s->ever_looked && usec_sub(now, s->looked) < shortest)
                return false;
        return true;
}

static int ask(Stalls *s)
{
        _cleanup_free_ uint32_t *pids = NULL;
        int r;

        r = client_look(s);
        if (r < 0) {
                s->state = STALLS_NO_HELPER;
                s->error = r;
                return r == -ENOMEM ? r : 0;
        }
        r = choose(s, &pids, &s->asked);
        if (r < 0 || s->asked == 0)
                return r == -ENOMEM ? r : 0;
        r = taskstats_client_ask(s->client, pids, s->asked);
        s->busy = r >= 0;
        return r < 0 ? r : 1;
}

/* stalls: how many the kernel has counted. */
static int look(Stalls *s, uint64_t stalls, usec_t now, usec_t realtime)
{
        if (stalls == UNKNOWN_U64 || stalls == s->stalls)
                return 0;
        s->ever_looked = true;
        s->looked = s->now = now;
        s->looked_realtime = s->realtime = realtime;
        s->stalls = stalls;
        if (accounting_look(s))
                return ask(s);
        s->state = STALLS_OFF;
        return 0;
}

int stalls_sampled(Stalls *s, uint64_t stalls, usec_t now, usec_t realtime)
{
        if (s->busy || !is_due(s, STALLS_INTERVAL, now))
                return 0;
        return MIN(look(s, stalls, now, realtime), 0);
}

int stalls_look(Stalls *s, usec_t now, usec_t realtime)
{
        int r = 0;

        if (s->busy)
                return 1;
        if (is_due(s, LOOK_SHORTEST, now))
                r = look(s, stalls_now(s), now, realtime);
        /* It may have been switched on or off since, and nobody waited. */
        if (r == 0 && (s->state == STALLS_OFF || s->state == STALLS_NOT_ASKED || s->state == STALLS_ON)) {
                bool on = accounting_look(s);

                if (!on)
                        s->state = STALLS_OFF;
                else if (s->state == STALLS_OFF)
                        s->state = STALLS_NOT_ASKED;
        }
        return r;
}

/* --- for others --- */

void stalls_facts(const Stalls *s, StallsFacts *ret)
{
        *ret = (StallsFacts){
                .state = s->state,
                .version = s->version,
                .looked_realtime = s->looked_realtime,
                .processes = s->tasks.n + s->tasks.dropped,
                .asked = s->asked,
                .partial_start = s->tasks.on_since != 0,
        };
}

const char *stalls_why(const Stalls *s, char *buf, size_t size)
{
        switch (s->state) {
        case STALLS_DISABLED: return "stalls.asked is 0 in the configuration";
        case STALLS_OFF: return "delay accounting is off (kernel.task_delayacct is 0)";
        case STALLS_NO_HELPER:
                snprintf(buf, size, "fragd-taskstats cannot be reached: %s", strerror(-s->error));
                return buf;
        case STALLS_REFUSED:
                snprintf(buf, size, "the kernel does not tell what processes waited for: %s", strerror(-s->error));
                return buf;
        case STALLS_OLD_KERNEL:
                snprintf(buf, size, "this kernel does not measure direct compaction (TASKSTATS version %u; Linux 5.17 and later have it, version %u)",
                        s->version, TASKSTATS_COMPACTION);
                return buf;
        case STALLS_UNKNOWN_VERSION:
                snprintf(buf, size, "version %u of the kernel's TASKSTATS is not known to fragd", s->version);
                return buf;
        default: return NULL;
        }
}

const char *stalls_next_step(const Stalls *s)
{
        switch (s->state) {
        case STALLS_DISABLED: return "take stalls.asked out of fragd.conf, then: fragctl reload";
        case STALLS_OFF:
                return "sysctl kernel.task_delayacct=1, or delayacct as a boot parameter; then restart the programs that matter: only what is "
                       "started after that is counted";
        case STALLS_NO_HELPER:
                return "systemctl restart fragd, after systemctl unmask fragd-taskstats.socket where that is masked; in the foreground, start "
                       "fragd as root when delay accounting is on";
        case STALLS_REFUSED: return "see whether fragd-taskstats has CAP_NET_ADMIN: systemctl cat fragd-taskstats";
        default: return NULL;
        }
}

bool stalls_answers(const Stalls *s)
{
        return s->state == STALLS_ON || s->state == STALLS_NOT_ASKED;
}

bool stalls_tell_all(const Stalls *s)
{
        return stalls_answers(s) && s->tasks.on_since == 0;
}

const Tasks *stalls_tasks(const Stalls *s)
{
        return &s->tasks;
}

const Ledger *stalls_ledger(const Stalls *s)
{
        return &s->ledger;
}

size_t stalls_watched(const Stalls *s, StallsWatch ret[static WATCHED_MAX + 1])
{
        memcpy(ret, s->watched, s->n_watched * sizeof(*ret));
        for (size_t i = 0; i < s->tasks.n; i++) {
                int watch = s->tasks.items[i].watch;

                if (watch >= 0)
                        ret[watch].processes++;
        }
        return s->n_watched;
}
