/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/counter.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "actor/privilege.h"
#include "base/limits.h"
#include "base/macros.h"

#define FALLBACK         "kmem/mm_page_alloc_extfrag"
#define COMPACTION_BEGIN "compaction/mm_compaction_begin"
#define COMPACTION_END   "compaction/mm_compaction_end"

static const char *const tracefs[] = { "sys/kernel/tracing", "sys/kernel/debug/tracing" };

void counters_done(Counters *c)
{
        for (size_t i = 0; i < c->n; i++)
                safe_close(c->fds[i]);
        *c = (Counters){ 0 };
}

static bool tracefs_is_there(const RootDir *root)
{
        for (size_t i = 0; i < ELEMENTSOF(tracefs); i++) {
                _cleanup_close_ int fd = -EBADF;
                char path[64];

                snprintf(path, sizeof(path), "%s/events", tracefs[i]);
                fd = root_open(root, path, O_PATH | O_DIRECTORY);
                if (fd >= 0)
                        return true;
        }
        return false;
}

/* The event's number, which differs from boot to boot. */
static int find_event(const RootDir *root, const char *event, uint64_t *ret)
{
        int r = -ENOENT;

        for (size_t i = 0; i < ELEMENTSOF(tracefs); i++) {
                char path[128];
                int64_t id;

                snprintf(path, sizeof(path), "%s/events/%s/id", tracefs[i], event);
                r = root_read_int(root, path, &id);
                if (r == 0 && id >= 0)
                        *ret = (uint64_t)id;
                if (r != -ENOENT)
                        return r == 0 && id < 0 ? -EINVAL : r;
        }
        return tracefs_is_there(root) ? r : -ENXIO;
}

/* An fd that does nothing yet. leader: -1, or the fd of the group's. */
static int open_one(struct perf_event_attr *attr, uint32_t cpu, int leader, const char *filter)
{
        _cleanup_close_ int fd = -EBADF;

        attr->type = PERF_TYPE_TRACEPOINT;
        attr->size = sizeof(*attr);
        fd = (int)syscall(SYS_perf_event_open, attr, -1, (int)cpu, leader, PERF_FLAG_FD_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static int open_counter(uint64_t event, uint32_t cpu, int leader, const char *filter)
{
        struct perf_event_attr attr = {
                .config = event,
                .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED,
                .disabled = leader < 0,
        };

        return open_one(&attr, cpu, leader, filter);
}

static int open_counters(uint64_t event, uint32_t cpu, unsigned order, int ret[static 2])
{
        _cleanup_close_ int leader = -EBADF, sibling = -EBADF;
        char filter[64];

        snprintf(filter, sizeof(filter), "alloc_migratetype != 1 && fallback_order < %u", order);
        leader = open_counter(event, cpu, -1, filter);
        if (leader < 0)
                return leader;
        snprintf(filter, sizeof(filter), "alloc_migratetype == 1 && fallback_order < %u", order);
        sibling = open_counter(event, cpu, leader, filter);
        if (sibling < 0)
                return sibling;
        /* Only now, so that nothing is counted that the filters leave out. */
        if (ioctl(leader, PERF_EVENT_IOC_ENABLE, 0) < 0)
                return -errno;
        ret[0] = TAKE_FD(leader);
        ret[1] = TAKE_FD(sibling);
        return 0;
}

/* Records of whoever waits for it: not of those whose work it is. */
static int open_ring(uint64_t event, uint32_t cpu)
{
        struct perf_event_attr attr = {
                .config = event,
                .sample_period = 1,
                .sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
                .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED,
                .sample_id_all = true,
                .disabled = true,
                .watermark = true,
                .wakeup_watermark = RUN_RING_SIZE / 2,
                .use_clockid = true,
                .clockid = CLOCK_MONOTONIC,
        };

        return open_one(&attr, cpu, -1, "!(comm ~ \"kcompactd*\") && comm != \"fragd-actor\"");
}

static int open_rings(const uint64_t events[static 2], uint32_t cpu, int ret[static 2])
{
        _cleanup_close_ int begin = open_ring(events[0], cpu), end = -EBADF;

        if (begin < 0)
                return begin;
        end = open_ring(events[1], cpu);
        if (end < 0)
                return end;
        ret[0] = TAKE_FD(begin);
        ret[1] = TAKE_FD(end);
        return 0;
}

static int open_fake(const RootDir *root, bool rings, uint32_t cpu, int ret[static 2])
{
        _cleanup_close_ int leader = -EBADF;
        char path[64];
        int sibling;

        snprintf(path, sizeof(path), "fragd-%s/cpu%u", rings ? "rings" : "counters", cpu);
        leader = root_open(root, path, (rings ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOCTTY);
        if (leader < 0)
                return leader == -ENOENT ? -ENODEV : leader;
        sibling = fcntl(leader, F_DUPFD_CLOEXEC, 0);
        if (sibling < 0)
                return -errno;
        ret[0] = TAKE_FD(leader);
        ret[1] = sibling;
        return 0;
}

/* What to open on each CPU. */
typedef struct Wanted {
        uint64_t events[2]; /* counters: the first */
        unsigned order;     /* counters; 0: rings */
} Wanted;

static int open_cpu(const RootDir *root, const Wanted *w, uint32_t cpu, int ret[static 2])
{
        if (!streq(root_path(root), "/"))
                return open_fake(root, w->order == 0, cpu, ret);
        return w->order > 0 ? open_counters(w->events[0], cpu, w->order, ret) : open_rings(w->events, cpu, ret);
}

static int open_wanted(const RootDir *root, const Wanted *w, uint32_t group, uint32_t cpus, Counters *c)
{
        for (uint32_t n = 0; n < WIRE_CPUS; n++) {
                int r;

                if (!(cpus & UINT32_C(1) << n))
                        continue;
                r = open_cpu(root, w, group * WIRE_CPUS + n, &c->fds[c->n]);
                if (r == -ENODEV)
                        continue;
                if (r < 0)
                        return r;
                c->opened |= UINT32_C(1) << n;
                c->n += 2;
        }
        return c->opened ? 0 : -ENODEV;
}

static int open_privileged(const RootDir *root, const Wanted *w, uint32_t group, uint32_t cpus, Counters *ret)
{
        Counters c = { 0 };
        bool allowed;
        int r;

        allowed = privilege_raise();
        r = open_wanted(root, w, group, cpus, &c);
        privilege_lower();
        if (r < 0) {
                counters_done(&c);
                /* Without the capability that is what is missing, whoever says no first: the kernel, or a filter of system calls. */
                if (r == -EPERM || r == -EACCES)
                        r = allowed ? -EPERM : -EACCES;
                return r;
        }
        *ret = c;
        return 0;
}

int counters_open(const RootDir *root, uint32_t group, uint32_t cpus, unsigned order, Counters *ret)
{
        Wanted w = { .order = order };
        int r = find_event(root, FALLBACK, &w.events[0]);

        return r < 0 ? r : open_privileged(root, &w, group, cpus, ret);
}

int counters_open_rings(const RootDir *root, uint32_t group, uint32_t cpus, Counters *ret)
{
        Wanted w = { 0 };
        int r = find_event(root, COMPACTION_BEGIN, &w.events[0]);

        if (r >= 0)
                r = find_event(root, COMPACTION_END, &w.events[1]);
        return r < 0 ? r : open_privileged(root, &w, group, cpus, ret);
}
