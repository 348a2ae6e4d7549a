/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-poll ROOT...: what a poll costs beside only reading the same files.
 *
 * One poll is what fragd does at each sample: read, parse, join, decide. Against it stands pread() of the same files through fds kept
 * open, in the same process, in turns, so that the machine's load bears on both; the figure is the median of the rounds' ratios.
 * Rounds are taken twice: with every source in each poll, and with those of a calm poll in between (without zoneinfo and
 * meminfo, which are then read every ten seconds). Heap allocations are counted in this process by its own malloc. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "daemon/sampler.h"
#include "engine/engine.h"

#define ROUNDS     61
#define PER_ROUND  40
#define FILES_MAX  64
#define TEXT_MAX   (1024 * 1024)

/* glibc's own, so that ours can count and pass on. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static unsigned long n_allocations;

__attribute__((visibility("default"))) void *malloc(size_t size)
{
        n_allocations++;
        return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t n, size_t size)
{
        n_allocations++;
        return __libc_calloc(n, size);
}

__attribute__((visibility("default"))) void *realloc(void *p, size_t size)
{
        n_allocations++;
        return __libc_realloc(p, size);
}

typedef struct Bench {
        RootDir *root;
        Sampler *sampler;
        Engine *engine;
        int fds[FILES_MAX];
        size_t sizes[FILES_MAX]; /* what is asked of each: its text and room to see the end */
        size_t n_fds;
        char *buf;
        Outcome outcome;
} Bench;

static uint64_t now_nsec(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void die(const char *what, int error)
{
        fprintf(stderr, "bench-poll: %s: %s\n", what, strerror(-error));
        exit(1);
}

/* Kept open if it is there and can be read, as the sampler does. */
static void keep(Bench *b, const char *path)
{
        int fd = root_open(b->root, path, O_RDONLY);
        ssize_t n;

        if (fd < 0)
                return;
        n = pread(fd, b->buf, TEXT_MAX, 0);
        if (n < 0 || b->n_fds == FILES_MAX)
                die(path, n < 0 ? -errno : -ENFILE);
        b->sizes[b->n_fds] = ((size_t)n / 4096 + 1) * 4096;
        b->fds[b->n_fds++] = fd;
}

static void keep_kcompactd(Bench *b)
{
        char path[64], comm[32];

        for (unsigned pid = 1; pid < 65536; pid++) {
                snprintf(path, sizeof(path), "proc/%u/comm", pid);
                if (root_read_text(b->root, path, comm, sizeof(comm)) < 0 || strncmp(comm, "kcompactd", 9) != 0)
                        continue;
                snprintf(path, sizeof(path), "proc/%u/stat", pid);
                keep(b, path);
                snprintf(path, sizeof(path), "proc/%u/schedstat", pid);
                keep(b, path);
        }
}

static void keep_all(Bench *b, bool slow)
{
        for (size_t i = 0; i < b->n_fds; i++)
                close(b->fds[i]);
        b->n_fds = 0;
        keep(b, "proc/buddyinfo");
        keep(b, "proc/vmstat");
        keep(b, "proc/pressure/memory");
        keep(b, "proc/pressure/cpu");
        for (KnobId id = 0; id < _KNOB_MAX; id++)
                keep(b, knob_info(id)->path);
        keep_kcompactd(b);
        if (slow) {
                keep(b, "proc/zoneinfo");
                keep(b, "proc/meminfo");
        }
}

static void read_only(Bench *b)
{
        for (size_t i = 0; i < b->n_fds; i++) {
                ssize_t n, offset = 0;

                /* To the end, which only a read of nothing tells: seq_file gives its text in pieces. */
                while ((n = pread(b->fds[i], b->buf, b->sizes[i], offset)) > 0)
                        offset += n;
                if (n < 0)
                        die("pread", -errno);
        }
}

static void poll_once(Bench *b, bool slow, usec_t now)
{
        Event event = { .type = EVENT_SAMPLE };
        int r;

        r = sampler_sample(b->sampler, slow ? SAMPLE_SLOW : 0);
        if (r < 0)
                die("sampler_sample", r);
        event.sample = sampler_model(b->sampler);
        r = engine_step(b->engine, &event, now, &b->outcome);
        if (r < 0)
                die("engine_step", r);
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static void measure(Bench *b, const char *root, bool slow)
{
        double ratios[ROUNDS], polls[ROUNDS], reads[ROUNDS];
        unsigned long before;
        usec_t now = 1000 * USEC_PER_SEC;

        keep_all(b, slow);
        for (unsigned i = 0; i < PER_ROUND; i++, now += 15 * USEC_PER_SEC) {
                poll_once(b, slow, now);
                read_only(b);
        }
        before = n_allocations;
        for (unsigned round = 0; round < ROUNDS; round++) {
                uint64_t t0 = now_nsec(), t1, t2;

                for (unsigned i = 0; i < PER_ROUND; i++)
                        read_only(b);
                t1 = now_nsec();
                for (unsigned i = 0; i < PER_ROUND; i++, now += 15 * USEC_PER_SEC)
                        poll_once(b, slow, now);
                t2 = now_nsec();
                reads[round] = (double)(t1 - t0) / PER_ROUND / 1000;
                polls[round] = (double)(t2 - t1) / PER_ROUND / 1000;
                ratios[round] = polls[round] / reads[round];
        }
        before = n_allocations - before;
        qsort(ratios, ROUNDS, sizeof(double), compare);
        qsort(polls, ROUNDS, sizeof(double), compare);
        qsort(reads, ROUNDS, sizeof(double), compare);
        printf("%-28s %-12s %2zu files  poll %7.1f us  pread %7.1f us  ratio %.2f (%.2f to %.2f)  allocations per poll %.2f\n",
                root, slow ? "all sources" : "calm poll", b->n_fds, polls[ROUNDS / 2], reads[ROUNDS / 2], ratios[ROUNDS / 2],
                ratios[ROUNDS / 10], ratios[ROUNDS - 1 - ROUNDS / 10], (double)before / (ROUNDS * PER_ROUND));
}

/* balanced's shape, but observing: nothing is acted on here. */
static void policy(Policy *p)
{
        policy_init(p, "bench");
        p->act = false;
        p->levers = 1U << LEVER_WINDOW | 1U << LEVER_COMPACT;
        p->n_objectives = 2;
        p->objectives[0] = (Objective){ .size = SIZE_THP, .reserve = { .permyriad = 200 }, .refill = { .permyriad = 300 },
                .node = NODE_EVERY };
        p->objectives[1] = (Objective){ .size = 65536, .reserve = { .bytes = 32 << 20 }, .refill = { .bytes = 48 << 20 },
                .use = USE_KERNEL, .node = NODE_EVERY };
}

/* Makes root this process's "/", so that the synthetic machine is read as the real one is. */
static void enter(const char *root)
{
        if (streq(root, "/"))
                return;
        if (geteuid() != 0 && unshare(CLONE_NEWUSER) < 0)
                die("unshare", -errno);
        if (chroot(root) < 0 || chdir("/") < 0)
                die(root, -errno);
}

static void bench(const char *root)
{
        static char buf[TEXT_MAX];
        Bench b = { .buf = buf };
        Policy p;
        Event event = { .type = EVENT_POLICY, .policy = &p };
        int r;

        policy(&p);
        enter(root);
        r = root_new(&b.root, "/");
        if (r >= 0)
                r = sampler_new(&b.sampler, b.root);
        if (r >= 0)
                r = engine_new(&b.engine, NODES_MAX, 1);
        if (r >= 0)
                r = engine_step(b.engine, &event, 1, &b.outcome);
        if (r < 0)
                die(root, r);
        measure(&b, root, true);
        measure(&b, root, false);
}

/* Each root in a process of its own. */
int main(int argc, char **argv)
{
        int failed = argc < 2;

        for (int i = 1; i < argc; i++) {
                int status = 0;
                pid_t pid = fork();

                if (pid < 0)
                        die("fork", -errno);
                if (pid == 0) {
                        bench(argv[i]);
                        exit(fflush(stdout) == 0 ? 0 : 1);
                }
                if (waitpid(pid, &status, 0) < 0 || status != 0)
                        failed = 1;
        }
        return failed;
}
