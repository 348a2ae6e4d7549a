/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragd-taskstats.c - who asks the kernel what processes waited for: as a service a unit of its own, found by its socket; where fragd
 * was started as root, a child that keeps the one capability that fragd itself drops. */
#include <limits.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "base/macros.h"
#include "daemon/fragd-private.h"
#include "daemon/privilege.h"

#define ACCOUNTING "proc/sys/kernel/task_delayacct"
/* It changes nothing: nobody waits longer for it. */
#define EXIT_MSEC 5000

/* Whether there is anything to ask: TASKSTATS is this machine's, whatever root is looked at. */
static bool is_wanted(const Fragd *f)
{
        _cleanup_(root_freep) RootDir *root = NULL;
        int64_t on;

        if (geteuid() != 0 || !streq(f->options->root, "/") || f->config->stalls.asked == 0)
                return false;
        if (root_new(&root, "/") < 0)
                return false;
        return root_read_int(root, ACCOUNTING, &on) < 0 || on != 0;
}

void fragd_taskstats_start(Fragd *f)
{
        char path[PATH_MAX];
        int r;

        if (!is_wanted(f))
                return;
        r = taskstats_find(f->options->taskstats, path, sizeof(path));
        if (r >= 0)
                r = taskstats_spawn(path, &f->taskstats_fd, &f->taskstats_pid);
        if (r < 0)
                journal_log(&f->journal, LOG_INFO, NULL,
                        "cannot start fragd-taskstats: %s; --taskstats says where it is; without it: who waits in direct compaction is not known",
                        strerror(-r));
}

static void on_looked(void *userdata)
{
        Fragd *f = userdata;

        latency_decide(f->latency, fragd_now(f));
        if (f->api)
                api_stalls_looked(f->api);
}

int fragd_taskstats_attach(Fragd *f)
{
        usec_t realtime;
        int r;

        r = sd_event_now(f->event, CLOCK_REALTIME, &realtime);
        if (r < 0)
                return r;
        r = stalls_new(&f->stalls, f->event, f->root, f->options->runtime_dir, f->taskstats_fd, realtime, on_looked, f);
        if (r < 0)
                return r;
        f->taskstats_fd = -EBADF;
        stalls_configure(f->stalls, &f->config->stalls);
        r = latency_new(&f->latency, f->event, f->root, f->stalls, realtime);
        if (r < 0)
                return r;
        latency_configure(f->latency, &f->config->stalls, f->actor);
        return 0;
}

/* It ends when its connection does. */
static void wait_for_child(pid_t pid)
{
        _cleanup_close_ int fd = pidfd_open(pid, 0);
        struct pollfd p = { .fd = fd, .events = POLLIN };

        if (fd < 0 || poll(&p, 1, EXIT_MSEC) > 0)
                (void)waitpid(pid, NULL, WNOHANG);
}

void fragd_taskstats_end(Fragd *f)
{
        f->latency = latency_free(f->latency);
        f->stalls = stalls_free(f->stalls);
        f->taskstats_fd = safe_close(f->taskstats_fd);
        if (f->taskstats_pid > 0)
                wait_for_child(f->taskstats_pid);
        f->taskstats_pid = 0;
}
