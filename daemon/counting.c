/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/counting.h"

#include <stdio.h>
#include <time.h>

#include "base/limits.h"
#include "base/macros.h"
#include "daemon/fallback-store.h"
#include "daemon/percpu.h"
#include "model/gate.h"

#define INTERVAL  USEC_PER_SEC
#define RETRY     USEC_PER_MIN
#define OSRELEASE "proc/sys/kernel/osrelease"

/* Two fds, for a group is gone with its sibling. */
typedef struct Cpu {
        bool open;
        int leader, sibling;
        uint64_t last[_FALLBACK_KIND_MAX], nsec; /* as read last */
} Cpu;

struct Counting {
        const RootDir *root;
        Sampler *sampler;
        const Journal *journal;
        ActorClient *actor;
        int state_fd;
        bool wanted, failing; /* to keep what is learned failed: told */
        const char *why;      /* static; NULL: counting */
        int error;
        unsigned order;
        char release[KERNEL_RELEASE_MAX];
        PerCpu percpu;
        Cpu cpus[CPUS_MAX];
        unsigned n_cpus; /* open */
        Gate gate;
        usec_t retry;
        uint64_t total[_FALLBACK_KIND_MAX];
        Fallbacks fallbacks;
};

static void forget_cpu(Counting *c, Cpu *cpu)
{
        if (!cpu->open)
                return;
        safe_close(cpu->sibling);
        safe_close(cpu->leader);
        *cpu = (Cpu){ 0 };
        c->n_cpus--;
}

static void forget_cpus(Counting *c)
{
        for (size_t i = 0; c->n_cpus > 0 && i < CPUS_MAX; i++)
                forget_cpu(c, &c->cpus[i]);
}

int counting_new(Counting **ret, const RootDir *root, Sampler *sampler, const Journal *journal, int state_fd)
{
        Counting *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        c->root = root;
        c->sampler = sampler;
        c->journal = journal;
        c->state_fd = state_fd;
        percpu_init(&c->percpu);
        c->why = "nothing was asked for yet";
        c->error = -ENODATA;
        fallbacks_init(&c->fallbacks);
        *ret = c;
        return 0;
}

Counting *counting_free(Counting *c)
{
        if (!c)
                return NULL;
        forget_cpus(c);
        percpu_done(&c->percpu);
        free(c);
        return NULL;
}

const char *counting_why(const Counting *c)
{
        return c->why;
}

const Fallbacks *counting_fallbacks(const Counting *c)
{
        return &c->fallbacks;
}

unsigned counting_cpus(const Counting *c)
{
        return c->n_cpus;
}

unsigned counting_order(const Counting *c)
{
        return c->why ? 0 : c->order;
}

/* --- what it says --- */

static void publish(Counting *c)
{
        FallbackSignal s;

        fallbacks_signal(&c->fallbacks, &s);
        sampler_set_fallbacks(c->sampler, c->why ? NULL : &s, c->error, c->why);
}

static void stop(Counting *c, int error, const char *why)
{
        forget_cpus(c);
        memset(c->percpu.asked, 0, sizeof(c->percpu.asked));
        c->error = error;
        c->why = why;
        publish(c);
}

static void fail(Counting *c, int error, usec_t now)
{
        c->retry = usec_add(now, RETRY);
        stop(c, error, percpu_explain(c->root, error));
}

void counting_set(Counting *c, bool wanted, ActorClient *actor)
{
        bool changed = c->wanted != wanted || c->actor != actor;

        c->wanted = wanted;
        c->actor = actor;
        if (!wanted)
                stop(c, -ECANCELED, "switched off: fallback_events in fragd.conf(5)");
        else if (!actor && c->n_cpus == 0)
                stop(c, -ENOTCONN, "there is no fragd-actor to open counters");
        else if (changed && c->why) {
                c->retry = 0;
                stop(c, -ENODATA, "counting begins");
        }
}

/* --- what is kept --- */

static void keep(Counting *c)
{
        int r;

        if (c->state_fd < 0 || c->fallbacks.n_steps == 0)
                return;
        r = fallback_store_save(c->state_fd, c->release, c->order, &c->fallbacks);
        if (r < 0 && !c->failing)
                journal_log(c->journal, LOG_WARNING, NULL,
                        "what is learned of fallbacks is not kept across restarts: cannot write fallbacks in the state directory: %s",
                        strerror(-r));
        c->failing = r < 0;
}

/* For an order of pageblocks, which is known after the first sample, and does not change while a kernel runs unless pagetypeinfo
 * says better. */
static void learn(Counting *c, unsigned order)
{
        int r;

        c->order = order;
        fallbacks_init(&c->fallbacks);
        if (root_read_text(c->root, OSRELEASE, c->release, sizeof(c->release)) < 0)
                c->release[0] = 0;
        r = c->state_fd < 0 ? -ENOENT : fallback_store_load(c->state_fd, c->release, order, &c->fallbacks);
        if (r < 0 && r != -ENOENT)
                journal_log(c->journal, LOG_NOTICE, NULL, "learning anew how many fallbacks are usual: the file fallbacks in the state directory %s",
                        r == -ESTALE         ? "is of another kernel"
                                : r == -EBADMSG ? "is not as it was written"
                                             : strerror(-r));
}

void counting_end(Counting *c)
{
        if (c && !c->why)
                keep(c);
}

/* --- CPUs --- */

static uint32_t group_open(const Counting *c, size_t group)
{
        uint32_t open = 0;

        for (size_t n = 0; n < WIRE_CPUS; n++)
                open |= (uint32_t)c->cpus[group * WIRE_CPUS + n].open << n;
        return open;
}

/* *ret_complete: all that are online are counted. */
static int ask_for_missing(Counting *c, usec_t now, bool *ret_complete)
{
        bool complete = true;

        for (uint32_t g = 0; g < CPU_GROUPS_MAX; g++) {
                uint32_t online = c->percpu.online[g], missing = online ? online & ~group_open(c, g) : 0;
                int r;

                complete = complete && !missing;
                if (!missing || c->percpu.asked[g] || now < c->retry || !c->actor)
                        continue;
                percpu_make_room(&c->percpu);
                r = actor_client_counters(c->actor, g, missing, c->order);
                if (r < 0)
                        return r;
                c->percpu.asked[g] = missing;
        }
        *ret_complete = complete;
        return 0;
}

void counting_answer(Counting *c, uint32_t group, int result, uint32_t opened, const int *fds, size_t n, usec_t now)
{
        bool asked = group < CPU_GROUPS_MAX && c->percpu.asked[group] != 0;
        size_t at = 0;

        result = percpu_answer(&c->percpu, group, result, opened, n);
        for (uint32_t i = 0; result == 0 && i < WIRE_CPUS; i++)
                if (opened & UINT32_C(1) << i) {
                        c->cpus[group * WIRE_CPUS + i] = (Cpu){ .open = true, .leader = fds[at], .sibling = fds[at + 1] };
                        c->n_cpus++;
                        at += 2;
                }
        for (; at < n; at++)
                safe_close(fds[at]);
        if (!asked) /* meanwhile nobody wants it any more */
                return;
        c->percpu.asked[group] = 0;
        c->gate.read = false;
        if (result == -ENODEV && c->n_cpus > 0) /* it went again */
                c->retry = usec_add(now, INTERVAL);
        else if (result < 0)
                fail(c, result, now);
}

/* --- counts --- */

/* A counter is no file with a position, but what stands for it on a fake machine is. */
static ssize_t read_group(int fd, uint64_t buf[static 4])
{
        ssize_t n = pread(fd, buf, 4 * sizeof(*buf), 0);

        if (n < 0 && errno == ESPIPE)
                n = read(fd, buf, 4 * sizeof(*buf));
        return n;
}

/* Adds what was counted since. false: this counter counts no more. */
static bool read_cpu(Counting *c, Cpu *cpu)
{
        uint64_t buf[4]; /* counter.h */
        bool alive;

        if (read_group(cpu->leader, buf) != sizeof(buf) || buf[0] != _FALLBACK_KIND_MAX)
                return false;
        for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++) {
                uint64_t now = buf[2 + k];

                if (now > cpu->last[k])
                        c->total[k] += now - cpu->last[k];
                cpu->last[k] = now;
        }
        alive = buf[1] == 0 || buf[1] > cpu->nsec; /* 0: a fake machine without time */
        cpu->nsec = buf[1];
        return alive;
}

static void read_cpus(Counting *c)
{
        for (size_t i = 0; i < CPUS_MAX; i++)
                if (c->cpus[i].open && (!read_cpu(c, &c->cpus[i]) || !percpu_is_online(&c->percpu, i)))
                        forget_cpu(c, &c->cpus[i]);
}

static usec_t clock_now(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static void count(Counting *c, usec_t now, bool complete)
{
        if (c->why && complete) {
                c->why = NULL;
                c->error = 0;
                fallbacks_begin(&c->fallbacks, now, c->total);
        } else if (!c->why && fallbacks_add(&c->fallbacks, now, c->total))
                keep(c);
        publish(c);
}

int counting_read(Counting *c, usec_t now)
{
        unsigned order = sampler_model(c->sampler)->pageblock_order;
        usec_t started;
        bool complete;
        int r;

        if (!c->wanted || (!c->actor && c->n_cpus == 0) || order == 0)
                return 0;
        if (c->gate.read && (usec_sub(now, c->gate.at) < INTERVAL || gate_ask(&c->gate, 0, now) != GATE_OPEN))
                return 0;
        if (order != c->order) {
                stop(c, -ENODATA, "counting begins");
                learn(c, order);
        }
        r = percpu_find_online(&c->percpu, c->root);
        if (r < 0) {
                fail(c, r, now);
                return r == -ENOMEM ? r : 0;
        }
        started = clock_now();
        read_cpus(c);
        gate_passed(&c->gate, now, usec_sub(clock_now(), started));
        r = ask_for_missing(c, now, &complete);
        if (r >= 0)
                count(c, now, complete);
        return r;
}
