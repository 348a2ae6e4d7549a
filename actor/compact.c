/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/compact.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define PATH_SIZE 64

/* Signals that the actor blocks or ignores are none to the child. */
static int child_signals(pid_t parent)
{
        sigset_t none;

        for (int s = 1; s < NSIG; s++)
                (void)signal(s, SIG_DFL); /* fails for those that cannot be changed */
        sigemptyset(&none);
        if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                return -errno;
        return getppid() == parent ? 0 : -ESRCH; /* it died before prctl() */
}

/* The child: 0 or the errno for its status. */
static int child_run(const RootDir *root, uint32_t node, pid_t parent)
{
        char path[PATH_SIZE];
        ssize_t n;
        int fd, r;

        r = child_signals(parent);
        if (r < 0)
                return -r;
        snprintf(path, sizeof(path), "sys/devices/system/node/node%u/compact", node);
        fd = root_open(root, path, O_WRONLY | O_NOCTTY);
        if (fd < 0)
                return -fd;
        n = write(fd, "1", 1);
        return n == 1 ? 0 : n < 0 ? errno : EIO;
}

static CompactRun *find(Compactor *c, uint32_t node)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid > 0 && c->runs[i].request.target == node)
                        return &c->runs[i];
        return NULL;
}

static CompactRun *find_free(Compactor *c)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid == 0)
                        return &c->runs[i];
        return NULL;
}

int compact_start(
        Compactor *c, const WireRequest *request, usec_t now, const int *withheld, size_t n)
{
        CompactRun *run = find_free(c);
        pid_t parent = getpid(), pid;

        if (!run || find(c, request->target))
                return -EBUSY;
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                for (size_t i = 0; i < n; i++)
                        (void)close(withheld[i]);
                _exit(child_run(c->root, request->target, parent));
        }
        *run = (CompactRun){
                .pid = pid,
                .request = *request,
                .started = now,
                .deadline = request->limit_usec > 0 ? usec_add(now, request->limit_usec)
                                                    : USEC_INFINITY,
        };
        return 0;
}

static void end(CompactRun *run, int why)
{
        if (run->ended < 0)
                return;
        (void)kill(run->pid, SIGKILL); /* not reaped yet, so the pid is its own */
        run->ended = why;
        run->deadline = USEC_INFINITY;
}

int compact_stop(Compactor *c, uint32_t node)
{
        CompactRun *run = find(c, node);

        if (!run)
                return -ESRCH;
        end(run, -ECANCELED);
        return 0;
}

unsigned compact_running(const Compactor *c)
{
        unsigned n = 0;

        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                n += c->runs[i].pid > 0;
        return n;
}

usec_t compact_deadline(const Compactor *c)
{
        usec_t first = USEC_INFINITY;

        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid > 0)
                        first = MIN(first, c->runs[i].deadline);
        return first;
}

void compact_expire(Compactor *c, usec_t now)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid > 0 && c->runs[i].deadline <= now)
                        end(&c->runs[i], -ETIMEDOUT);
}

/* A run that was through before our signal came has done what was asked. */
static int run_result(const CompactRun *run, int status)
{
        if (WIFEXITED(status))
                return -WEXITSTATUS(status);
        return run->ended < 0 ? run->ended : -EINTR;
}

static usec_t timeval_usec(const struct timeval *t)
{
        return (usec_t)t->tv_sec * USEC_PER_SEC + (usec_t)t->tv_usec;
}

bool compact_reap(Compactor *c, usec_t now, WireReply *ret)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++) {
                CompactRun *run = &c->runs[i];
                struct rusage usage;
                int status;

                if (run->pid == 0 || wait4(run->pid, &status, WNOHANG, &usage) != run->pid)
                        continue;
                wire_reply_init(ret, &run->request, run_result(run, status));
                ret->cpu_usec = timeval_usec(&usage.ru_utime) + timeval_usec(&usage.ru_stime);
                ret->wall_usec = usec_sub(now, run->started);
                run->pid = 0;
                return true;
        }
        return false;
}

void compact_end_all(Compactor *c)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid > 0)
                        end(&c->runs[i], -ECANCELED);
}

void compact_wait_all(Compactor *c)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++) {
                if (c->runs[i].pid == 0)
                        continue;
                while (waitpid(c->runs[i].pid, NULL, 0) < 0 && errno == EINTR)
                        ;
                c->runs[i].pid = 0;
        }
}
