/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/run.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* No node. */
#define WHOLE_MACHINE UINT32_MAX

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
static int child_run(const RootDir *root, const RunWrite *write, pid_t parent)
{
        int r = child_signals(parent);

        if (r >= 0)
                r = root_write_int(root, write->path, write->value);
        return r < 0 ? -r : 0;
}

static uint32_t place(const WireRequest *request)
{
        return request->verb == WIRE_DROP_CACHES ? WHOLE_MACHINE : request->target;
}

static Run *find(Runner *c, uint32_t where)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid > 0 && place(&c->runs[i].request) == where)
                        return &c->runs[i];
        return NULL;
}

static Run *find_free(Runner *c)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid == 0)
                        return &c->runs[i];
        return NULL;
}

bool run_grows(const Runner *c, uint32_t node)
{
        const Run *run = find((Runner *)c, node);

        return run && run->request.verb == WIRE_POOL_GROW;
}

bool run_busy(const Runner *c, const WireRequest *request)
{
        return find((Runner *)c, place(request));
}

int run_start(Runner *c, const WireRequest *request, const RunWrite *write, usec_t now, const int *withheld, size_t n)
{
        Run *run = find_free(c);
        pid_t parent = getpid(), pid;

        if (!run || find(c, place(request)))
                return -EBUSY;
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                for (size_t i = 0; i < n; i++)
                        (void)close(withheld[i]);
                _exit(child_run(c->root, write, parent));
        }
        *run = (Run){
                .pid = pid,
                .request = *request,
                .started = now,
                .deadline = request->limit_usec > 0 ? usec_add(now, request->limit_usec)
                                                    : USEC_INFINITY,
        };
        return 0;
}

static void end(Run *run, int why)
{
        if (run->ended < 0)
                return;
        (void)kill(run->pid, SIGKILL); /* not reaped yet, so the pid is its own */
        run->ended = why;
        run->deadline = USEC_INFINITY;
}

int run_stop(Runner *c, uint32_t node)
{
        Run *run = find(c, node);

        if (!run)
                return -ESRCH;
        end(run, -ECANCELED);
        return 0;
}

unsigned run_running(const Runner *c)
{
        unsigned n = 0;

        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                n += c->runs[i].pid > 0;
        return n;
}

usec_t run_deadline(const Runner *c)
{
        usec_t first = USEC_INFINITY;

        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid > 0)
                        first = MIN(first, c->runs[i].deadline);
        return first;
}

void run_expire(Runner *c, usec_t now)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid > 0 && c->runs[i].deadline <= now)
                        end(&c->runs[i], -ETIMEDOUT);
}

/* A run that was through before our signal came has done what was asked. */
static int run_result(const Run *run, int status)
{
        if (WIFEXITED(status))
                return -WEXITSTATUS(status);
        return run->ended < 0 ? run->ended : -EINTR;
}

static usec_t timeval_usec(const struct timeval *t)
{
        return (usec_t)t->tv_sec * USEC_PER_SEC + (usec_t)t->tv_usec;
}

bool run_reap(Runner *c, usec_t now, WireRequest *ret_request, WireReply *ret)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++) {
                Run *run = &c->runs[i];
                struct rusage usage;
                int status;

                if (run->pid == 0 || wait4(run->pid, &status, WNOHANG, &usage) != run->pid)
                        continue;
                wire_reply_init(ret, &run->request, run_result(run, status));
                ret->cpu_usec = timeval_usec(&usage.ru_utime) + timeval_usec(&usage.ru_stime);
                ret->wall_usec = usec_sub(now, run->started);
                *ret_request = run->request;
                run->pid = 0;
                return true;
        }
        return false;
}

void run_end_all(Runner *c)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++)
                if (c->runs[i].pid > 0)
                        end(&c->runs[i], -ECANCELED);
}

void run_wait_all(Runner *c)
{
        for (unsigned i = 0; i < ELEMENTSOF(c->runs); i++) {
                if (c->runs[i].pid == 0)
                        continue;
                while (waitpid(c->runs[i].pid, NULL, 0) < 0 && errno == EINTR)
                        ;
                c->runs[i].pid = 0;
        }
}
