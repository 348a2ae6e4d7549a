/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/latency.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

#include "base/macros.h"
#include "daemon/percpu.h"
#include "daemon/priorities.h"
#include "daemon/processes.h"
#include "daemon/run-ring.h"

#define INTERVAL      USEC_PER_SEC
#define RETRY         USEC_PER_MIN
#define WAKE_INTERVAL (200 * USEC_PER_MSEC) /* between two reads because a ring is half full */
#define SETTLED_NSEC  UINT64_C(10000000)    /* by then, what a CPU has to write is written */
#define ALIVE_CHECK   USEC_PER_MIN
#define HOLD          (30 * USEC_PER_SEC)
#define HELD_MAX      512
#define NAMES_MAX     256
/* Room for records that is kept from one read to the next. */
#define EVENTS_KEPT   4096

/* What a process did, until it is known whether delay accounting tells it. */
typedef struct Held {
        RunSum sum;
        usec_t realtime;
        char name[TASK_NAME_MAX];
} Held;

typedef struct Name {
        uint32_t tgid;
        char name[TASK_NAME_MAX];
} Name;

struct Latency {
        sd_event *event; /* borrowed */
        const RootDir *root;
        const Stalls *stalls;
        ActorClient *actor;
        bool wanted;
        const char *why; /* static; NULL: tracing */
        int error;
        PerCpu percpu;
        RunRing rings[CPUS_MAX];
        uint32_t open[CPU_GROUPS_MAX]; /* of these, as percpu.h has CPUs */
        unsigned n_cpus;               /* open */
        RunEvents events;              /* while they are read; its memory is kept */
        usec_t read, checked, retry, since_realtime;
        bool ever_read;
        sd_event_source *timer; /* armed when a ring was half full */
        Runs runs;
        Held held[HELD_MAX];
        size_t n_held;
        Name names[NAMES_MAX]; /* a ring: seen last */
        size_t next_name;
        Ledger ledger;
        StallsWatch watched[WATCHED_MAX + 1];
        size_t n_watched;
};

static void close_ring(Latency *l, size_t cpu)
{
        run_ring_close(&l->rings[cpu]);
        l->open[cpu / WIRE_CPUS] &= ~(UINT32_C(1) << cpu % WIRE_CPUS);
        l->n_cpus--;
}

/* The first CPU from there on that is traced; CPUS_MAX: none. */
static size_t next_open(const Latency *l, size_t cpu)
{
        while (cpu < CPUS_MAX) {
                uint32_t left = l->open[cpu / WIRE_CPUS] >> cpu % WIRE_CPUS;

                if (left)
                        return cpu + (size_t)__builtin_ctz(left);
                cpu = (cpu / WIRE_CPUS + 1) * WIRE_CPUS;
        }
        return CPUS_MAX;
}

static void close_all(Latency *l)
{
        for (size_t i = next_open(l, 0); i < CPUS_MAX; i = next_open(l, i + 1))
                close_ring(l, i);
}

static void stop(Latency *l, int error, const char *why)
{
        close_all(l);
        runs_gap(&l->runs, 0);
        memset(l->percpu.asked, 0, sizeof(l->percpu.asked));
        l->error = error;
        l->why = why;
        l->since_realtime = 0;
}

static void fail(Latency *l, int error, usec_t now)
{
        l->retry = usec_add(now, RETRY);
        stop(l, error, percpu_explain(l->root, error));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata);

int latency_new(Latency **ret, sd_event *event, const RootDir *root, const Stalls *stalls, usec_t realtime)
{
        _cleanup_(latency_freep) Latency *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        l->event = event;
        l->root = root;
        l->stalls = stalls;
        percpu_init(&l->percpu);
        stop(l, -ENODATA, "nothing was asked for yet");
        r = ledger_init(&l->ledger, realtime);
        if (r >= 0)
                r = sd_event_add_time(event, &l->timer, CLOCK_MONOTONIC, 0, 0, on_timer, l);
        if (r >= 0)
                r = sd_event_source_set_enabled(l->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_source_set_priority(l->timer, PRIORITY_SAMPLE);
        if (r >= 0)
                r = sd_event_source_set_exit_on_failure(l->timer, true);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

Latency *latency_free(Latency *l)
{
        if (!l)
                return NULL;
        close_all(l);
        run_events_done(&l->events);
        sd_event_source_disable_unref(l->timer);
        percpu_done(&l->percpu);
        ledger_done(&l->ledger);
        free(l);
        return NULL;
}

void latency_configure(Latency *l, const StallsConfig *c, ActorClient *actor)
{
        bool changed = l->wanted != c->trace || l->actor != actor;

        l->n_watched = stalls_watch_renew(l->watched, l->n_watched, c);
        l->wanted = c->trace;
        l->actor = actor;
        if (!l->wanted)
                stop(l, -ECANCELED, "switched off: stalls.trace in fragd.conf(5)");
        else if (!actor && l->n_cpus == 0)
                stop(l, -ENOTCONN, "there is no fragd-actor to open events");
        else if (changed && l->why) {
                l->retry = 0;
                stop(l, -ENODATA, "tracing begins");
        }
}

/* --- who it was --- */

static const char *name_before(const Latency *l, uint32_t tgid)
{
        const Task *task = tasks_find(stalls_tasks(l->stalls), tgid);

        if (task && task->name[0])
                return task->name;
        for (size_t i = 0; i < NAMES_MAX; i++)
                if (l->names[i].tgid == tgid)
                        return l->names[i].name;
        return LATENCY_ENDED;
}

static void keep_name(Latency *l, uint32_t tgid, const char *name)
{
        size_t i = 0;

        while (i < NAMES_MAX && l->names[i].tgid != tgid)
                i++;
        if (i == NAMES_MAX) {
                i = l->next_name;
                l->next_name = (l->next_name + 1) % NAMES_MAX;
        }
        l->names[i].tgid = tgid;
        snprintf(l->names[i].name, TASK_NAME_MAX, "%s", name);
}

static void find_name(Latency *l, uint32_t tgid, char ret[static TASK_NAME_MAX])
{
        uint64_t start;

        if (tgid == 0)
                snprintf(ret, TASK_NAME_MAX, "%s", LEDGER_OTHERS);
        else if (processes_read(l->root, tgid, ret, &start) >= 0)
                keep_name(l, tgid, ret);
        else
                snprintf(ret, TASK_NAME_MAX, "%s", name_before(l, tgid));
}

/* --- what it comes to --- */

static void account(Latency *l, const Held *h)
{
        Lost lost = { .compactions = h->sum.runs, .compact_nsec = h->sum.nsec, .longest_nsec = h->sum.longest };
        size_t watch = 0;

        ledger_add(&l->ledger, h->realtime - h->realtime % LATENCY_STEP, h->name, &lost);
        while (watch + 1 < l->n_watched && !streq(l->watched[watch].name, h->name))
                watch++;
        if (l->n_watched > 0)
                lost_add(&l->watched[watch].lost, &lost);
}

typedef enum Whose { WHOSE_OURS, WHOSE_THEIRS, WHOSE_OPEN } Whose;

/* An answer that is younger than the end of a run has it, or delay accounting does not count that process. */
static Whose whose(const Latency *l, const Held *h, usec_t now)
{
        const Task *task = tasks_find(stalls_tasks(l->stalls), h->sum.tgid);
        usec_t ended = h->sum.first / NSEC_PER_USEC;

        if (h->sum.tgid == 0 || !stalls_answers(l->stalls))
                return WHOSE_OURS;
        if ((!task || task->asked < ended) && usec_sub(now, ended) < HOLD)
                return WHOSE_OPEN;
        return task && task->counted == COUNTED_YES ? WHOSE_THEIRS : WHOSE_OURS;
}

void latency_decide(Latency *l, usec_t now)
{
        size_t kept = 0;

        for (size_t i = 0; i < l->n_held; i++) {
                Whose w = whose(l, &l->held[i], now);

                if (w == WHOSE_OURS)
                        account(l, &l->held[i]);
                else if (w == WHOSE_OPEN)
                        l->held[kept++] = l->held[i];
        }
        l->n_held = kept;
}

static Held *held_of(Latency *l, uint32_t tgid)
{
        for (size_t i = 0; i < l->n_held; i++)
                if (l->held[i].sum.tgid == tgid)
                        return &l->held[i];
        return NULL;
}

static void hold(Latency *l, const RunSum *sum, usec_t realtime)
{
        Held *h = held_of(l, sum->tgid), new = { .sum = *sum, .realtime = realtime };

        if (h) {
                h->sum.runs += sum->runs;
                h->sum.nsec += sum->nsec;
                h->sum.longest = MAX(h->sum.longest, sum->longest);
                return;
        }
        find_name(l, sum->tgid, new.name);
        if (l->n_held < HELD_MAX)
                l->held[l->n_held++] = new;
        else
                account(l, &new);
}

/* --- rings --- */

static uint64_t clock_nsec(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t); /* fails only for clocks that there are not */
        return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int collect(Latency *l, usec_t now)
{
        bool check = usec_sub(now, l->checked) >= ALIVE_CHECK;
        uint64_t until = clock_nsec() - SETTLED_NSEC;

        if (check)
                l->checked = now;
        for (size_t i = next_open(l, 0); i < CPUS_MAX; i = next_open(l, i + 1)) {
                RunRing *ring = &l->rings[i];
                bool online = percpu_is_online(&l->percpu, i);
                int r = run_ring_collect(ring, online ? until : UINT64_MAX, &l->events);

                if (r == -ENOMEM)
                        return r;
                if (!online || r < 0 || (check && !run_ring_is_alive(ring)))
                        close_ring(l, i);
                else if (ring->io && (r = sd_event_source_set_enabled(ring->io, SD_EVENT_ONESHOT)) < 0)
                        return r;
        }
        return 0;
}

/* Takes what the rings have. */
static int take(Latency *l, usec_t now, usec_t realtime)
{
        unsigned cpus = l->n_cpus;
        int r = collect(l, now);

        run_events_sort(&l->events);
        for (size_t i = 0; i < l->events.n; i++)
                runs_add(&l->runs, &l->events.items[i]);
        l->events.n = 0;
        if (l->events.allocated > EVENTS_KEPT)
                run_events_done(&l->events);
        if (l->n_cpus < cpus) /* what it had begun goes on elsewhere, or is not known */
                runs_gap(&l->runs, 0);
        for (size_t i = 0; !l->why && i < l->runs.n_sums; i++)
                hold(l, &l->runs.sums[i], realtime);
        l->runs.n_sums = 0;
        latency_decide(l, now);
        return r;
}

/* *ret_complete: all that are online are traced. */
static int ask_for_missing(Latency *l, usec_t now, bool *ret_complete)
{
        bool complete = true;

        for (uint32_t g = 0; g < CPU_GROUPS_MAX; g++) {
                uint32_t missing = l->percpu.online[g] & ~l->open[g];
                int r;

                complete = complete && !missing;
                if (!missing || l->percpu.asked[g] || now < l->retry || !l->actor)
                        continue;
                percpu_make_room(&l->percpu);
                r = actor_client_rings(l->actor, g, missing);
                if (r < 0)
                        return r;
                l->percpu.asked[g] = missing;
        }
        *ret_complete = complete;
        return 0;
}

static int read_all(Latency *l, usec_t now)
{
        usec_t realtime;
        bool complete;
        int r;

        r = sd_event_now(l->event, CLOCK_REALTIME, &realtime);
        if (r < 0)
                return r;
        r = percpu_find_online(&l->percpu, l->root);
        if (r < 0) {
                fail(l, r, now);
                return r == -ENOMEM ? r : 0;
        }
        l->ever_read = true;
        l->read = now;
        r = take(l, now, realtime);
        if (r >= 0)
                r = ask_for_missing(l, now, &complete);
        if (r >= 0 && l->why && complete) {
                l->why = NULL;
                l->error = 0;
                l->since_realtime = realtime;
        }
        return r;
}

int latency_read(Latency *l, usec_t now)
{
        if (!l->wanted || (!l->actor && l->n_cpus == 0))
                return 0;
        if (stalls_tell_all(l->stalls)) {
                if (l->n_cpus > 0 || l->error != -EALREADY)
                        stop(l, -EALREADY, "delay accounting has been on since boot, and tells it");
                return 0;
        }
        if (l->ever_read && usec_sub(now, l->read) < INTERVAL) {
                latency_decide(l, now);
                return 0;
        }
        return read_all(l, now);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        Latency *l = userdata;
        usec_t now;
        int r = sd_event_now(l->event, CLOCK_MONOTONIC, &now);

        if (r < 0 || l->n_cpus == 0)
                return r;
        return read_all(l, now);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        Latency *l = userdata;
        int r;

        /* Once for each ring, until they are read. */
        r = sd_event_source_set_time(l->timer, usec_add(l->read, WAKE_INTERVAL));
        return r < 0 ? r : sd_event_source_set_enabled(l->timer, SD_EVENT_ONESHOT);
}

/* On a fake machine there is nothing to wait for: a file is always readable, and so cannot be watched. */
static int watch(Latency *l, RunRing *ring)
{
        int r = sd_event_add_io(l->event, &ring->io, ring->begin_fd, EPOLLIN, on_io, l);

        if (r == -EPERM)
                return 0;
        if (r >= 0)
                r = sd_event_source_set_priority(ring->io, PRIORITY_SAMPLE);
        if (r >= 0)
                r = sd_event_source_set_exit_on_failure(ring->io, true);
        return r < 0 ? r : sd_event_source_set_enabled(ring->io, SD_EVENT_ONESHOT);
}

/* fds are taken. */
static int open_ring(Latency *l, size_t cpu, const int fds[static 2])
{
        RunRing *ring = &l->rings[cpu];
        int r = run_ring_open(ring, l->root, fds);

        if (r < 0) {
                safe_close(fds[0]);
                safe_close(fds[1]);
                return r;
        }
        l->open[cpu / WIRE_CPUS] |= UINT32_C(1) << cpu % WIRE_CPUS;
        l->n_cpus++;
        r = watch(l, ring);
        if (r < 0)
                close_ring(l, cpu);
        return r;
}

void latency_answer(Latency *l, uint32_t group, int result, uint32_t opened, const int *fds, size_t n, usec_t now)
{
        bool asked = group < CPU_GROUPS_MAX && l->percpu.asked[group] != 0;
        size_t at = 0;

        result = percpu_answer(&l->percpu, group, result, opened, n);
        for (uint32_t i = 0; result == 0 && i < WIRE_CPUS; i++)
                if (opened & UINT32_C(1) << i) {
                        result = MIN(open_ring(l, group * WIRE_CPUS + i, &fds[at]), 0);
                        at += 2;
                }
        for (; at < n; at++)
                safe_close(fds[at]);
        if (!asked) /* meanwhile nobody wants it any more */
                return;
        l->percpu.asked[group] = 0;
        l->ever_read = false;
        if (result == -ENODEV && l->n_cpus > 0) /* it went again */
                l->retry = usec_add(now, INTERVAL);
        else if (result < 0)
                fail(l, result, now);
}

/* --- for others --- */

void latency_facts(const Latency *l, LatencyFacts *ret)
{
        *ret = (LatencyFacts){
                .needed = l->wanted && !stalls_tell_all(l->stalls),
                .why = l->why,
                .error = l->error,
                .since_realtime = l->since_realtime,
                .cpus = l->n_cpus,
                .lost = l->runs.lost,
                .unpaired = l->runs.unpaired,
        };
}

const Ledger *latency_ledger(const Latency *l)
{
        return &l->ledger;
}

size_t latency_watched(const Latency *l, StallsWatch ret[static WATCHED_MAX + 1])
{
        memcpy(ret, l->watched, l->n_watched * sizeof(*ret));
        return l->n_watched;
}
