/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragd-actor.c - the actor as part of fragd's life: started first, ended last. */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/macros.h"
#include "daemon/fragd-private.h"
#include "daemon/message-ids.h"
#include "daemon/privilege.h"

/* The actor's start includes putting back what a killed one left. */
#define ACTOR_START_USEC  (10 * USEC_PER_SEC)
#define ACTOR_ANSWER_USEC (5 * USEC_PER_SEC)
/* A compaction that waits for writeback can keep even SIGKILL waiting. */
#define ACTOR_EXIT_MSEC 10000

int fragd_actor_sources(Fragd *f)
{
        static const Source sources[_WIRE_SOURCE_MAX] = {
                [WIRE_SOURCE_PAGETYPEINFO] = SOURCE_PAGETYPEINFO,
                [WIRE_SOURCE_EXTFRAG_INDEX] = SOURCE_EXTFRAG_INDEX,
                [WIRE_SOURCE_UNUSABLE_INDEX] = SOURCE_UNUSABLE_INDEX,
                [WIRE_SOURCE_SLABINFO] = SOURCE_SLABINFO,
        };

        for (WireSource w = 0; w < _WIRE_SOURCE_MAX; w++) {
                int fd = actor_client_source(f->actor, w, ACTOR_ANSWER_USEC);

                if (fd >= 0)
                        sampler_adopt(f->sampler, sources[w], fd);
                else if (fd == -ETIMEDOUT || fd == -ECONNRESET)
                        return fd; /* else: this kernel does not have it, which the sampler has seen
                                      itself */
        }
        return 0;
}

static int spawn_actor(Fragd *f, int *ret_fd)
{
        const Options *o = f->options;
        char path[PATH_MAX];
        int r;

        r = actor_find(o->actor, path, sizeof(path));
        if (r >= 0)
                r = actor_spawn(path, o->root, o->runtime_dir, f->config->fallback_events || f->config->stalls.trace, ret_fd, &f->actor_pid);
        if (r < 0)
                journal_log(&f->journal, LOG_ERR, NULL,
                        "cannot start fragd-actor%s%s: %s; --actor says where it is",
                        r == -ENAMETOOLONG ? "" : " ", r == -ENAMETOOLONG ? "" : path,
                        strerror(-r));
        return r;
}

/* Where a service manager listens for an actor. -ENOENT: nowhere. */
static int connect_actor(Fragd *f, int *ret_fd)
{
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF;
        int n = snprintf(
                sa.sun_path, sizeof(sa.sun_path), "%s/" ACTOR_SOCKET, f->options->runtime_dir);

        if ((size_t)n >= sizeof(sa.sun_path))
                return -ENOENT; /* nobody can listen there */
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) >= 0) {
                *ret_fd = TAKE_FD(fd);
                return 0;
        }
        n = -errno;
        if (n != -ENOENT)
                journal_log(&f->journal, LOG_ERR, NULL, "cannot connect to fragd-actor at %s: %s",
                        sa.sun_path, strerror(-n));
        return n;
}

int fragd_actor_start(Fragd *f)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (f->places.actor_fd >= 0)
                fd = TAKE_FD(f->places.actor_fd);
        else if (geteuid() == 0) {
                r = spawn_actor(f, &fd);
                if (r < 0)
                        return r;
        } else {
                r = connect_actor(f, &fd);
                if (r < 0)
                        return r == -ENOENT ? 0 : r;
        }
        r = actor_client_new(&f->actor, fd);
        if (r >= 0) {
                (void)TAKE_FD(fd);
                r = actor_client_hello(f->actor, ACTOR_START_USEC);
        }
        if (r < 0)
                journal_log(&f->journal, LOG_ERR, NULL, "fragd-actor does not answer: %s",
                        r == -ECONNRESET ? "it has ended" : strerror(-r));
        return r;
}

static int on_actor_event(const Event *event, void *userdata)
{
        return fragd_step(userdata, event);
}

static int on_counters(uint32_t group, int result, uint32_t opened, const int *fds, size_t n, void *userdata)
{
        Fragd *f = userdata;

        counting_answer(f->counting, group, result, opened, fds, n, fragd_now(f));
        return counting_read(f->counting, fragd_now(f));
}

static int on_rings(uint32_t group, int result, uint32_t opened, const int *fds, size_t n, void *userdata)
{
        Fragd *f = userdata;

        latency_answer(f->latency, group, result, opened, fds, n, fragd_now(f));
        return latency_read(f->latency, fragd_now(f));
}

/* Once privilege is dropped there is no other actor to be had: the service manager starts us anew,
 * and the new actor puts back what this one left. */
static int on_actor_gone(int error, void *userdata)
{
        Fragd *f = userdata;
        int r;

        f->actor_gone = true;
        counting_set(f->counting, f->config->fallback_events, NULL);
        latency_configure(f->latency, &f->config->stalls, NULL);
        r = fragd_step(f, &(Event){ .type = EVENT_ACTOR, .actor_present = false });
        if (r < 0)
                return r;
        if (error < 0)
                journal_log(&f->journal, LOG_ERR, MESSAGE_ID_ACTOR_LOST,
                        "connection to fragd-actor failed: %s", strerror(-error));
        else if (f->actor_pid == 0) /* else its exit status tells more */
                journal_log(&f->journal, LOG_ERR, MESSAGE_ID_ACTOR_LOST, "fragd-actor has ended");
        return sd_event_exit(f->event, EXIT_FAILURE);
}

int fragd_actor_attach(Fragd *f)
{
        static const ActorHandlers handlers = { .on_event = on_actor_event, .on_counters = on_counters,
                .on_rings = on_rings, .on_gone = on_actor_gone };

        return actor_client_attach(f->actor, f->event, &handlers, f);
}

/* One that was asked to end at the same time as we puts the knobs back by itself, and says by its
 * exit status whether it could. */
static int restore(Fragd *f)
{
        int n = actor_client_restore(f->actor, ACTOR_ANSWER_USEC);

        if (n == -ECONNRESET && f->actor_pid > 0)
                return 0;
        if (n < 0)
                journal_log(&f->journal, LOG_ERR, MESSAGE_ID_STOPPED,
                        "fragd-actor does not say that the knobs are as before: %s", strerror(-n));
        else if (n > 0)
                journal_log(&f->journal, LOG_INFO, MESSAGE_ID_STOPPED,
                        "every knob is as before: %d put back", n);
        return n;
}

/* Our child ends when its connection does. */
static int wait_for_child(Fragd *f)
{
        pid_t pid = f->actor_pid;
        _cleanup_close_ int fd = pidfd_open(pid, 0);
        struct pollfd p = { .fd = fd, .events = POLLIN };
        siginfo_t si;

        if (fd >= 0 && poll(&p, 1, ACTOR_EXIT_MSEC) == 0) {
                journal_log(&f->journal, LOG_ERR, MESSAGE_ID_STOPPED,
                        "fragd-actor (pid %d) has not ended: not waiting any longer", (int)pid);
                return -ETIMEDOUT;
        }
        if (waitid(P_PID, (id_t)pid, &si, WEXITED) < 0)
                return -errno;
        if (si.si_code == CLD_EXITED && si.si_status == 0)
                return 0;
        journal_log(&f->journal, LOG_ERR, MESSAGE_ID_ACTOR_LOST,
                "fragd-actor (pid %d) ended with %s %d; the next start of fragd puts the knobs "
                "back",
                (int)pid, si.si_code == CLD_EXITED ? "status" : "signal", si.si_status);
        return -EIO;
}

int fragd_actor_end(Fragd *f)
{
        int r = 0, k = 0;

        if (f->actor && !f->actor_gone && f->engine) /* before that it was asked for nothing */
                r = restore(f);
        f->actor = actor_client_free(f->actor);
        if (f->actor_pid > 0) {
                k = wait_for_child(f);
                f->actor_pid = 0;
        }
        return r < 0 ? r : k;
}
