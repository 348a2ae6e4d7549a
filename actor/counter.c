/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/counter.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "actor/privilege.h"
#include "base/macros.h"

#define EVENT "events/kmem/mm_page_alloc_extfrag/id"

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
static int find_event(const RootDir *root, uint64_t *ret)
{
        int r = -ENOENT;

        for (size_t i = 0; i < ELEMENTSOF(tracefs); i++) {
                char path[128];
                int64_t id;

                snprintf(path, sizeof(path), "%s/" EVENT, tracefs[i]);
                r = root_read_int(root, path, &id);
                if (r == 0 && id >= 0)
                        *ret = (uint64_t)id;
                if (r != -ENOENT)
                        return r == 0 && id < 0 ? -EINVAL : r;
        }
        return tracefs_is_there(root) ? r : -ENXIO;
}

/* One counter, which does not count yet. leader: -1, or the fd of the group's. */
static int open_one(uint64_t event, uint32_t cpu, int leader, const char *filter)
{
        struct perf_event_attr attr = {
                .type = PERF_TYPE_TRACEPOINT,
                .size = sizeof(attr),
                .config = event,
                .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED,
                .disabled = leader < 0,
        };
        _cleanup_close_ int fd = -EBADF;

        fd = (int)syscall(SYS_perf_event_open, &attr, -1, (int)cpu, leader, PERF_FLAG_FD_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static int open_cpu(uint64_t event, uint32_t cpu, unsigned order, int ret[static 2])
{
        _cleanup_close_ int leader = -EBADF, sibling = -EBADF;
        char filter[64];

        snprintf(filter, sizeof(filter), "alloc_migratetype != 1 && fallback_order < %u", order);
        leader = open_one(event, cpu, -1, filter);
        if (leader < 0)
                return leader;
        snprintf(filter, sizeof(filter), "alloc_migratetype == 1 && fallback_order < %u", order);
        sibling = open_one(event, cpu, leader, filter);
        if (sibling < 0)
                return sibling;
        /* Only now, so that nothing is counted that the filters leave out. */
        if (ioctl(leader, PERF_EVENT_IOC_ENABLE, 0) < 0)
                return -errno;
        ret[0] = TAKE_FD(leader);
        ret[1] = TAKE_FD(sibling);
        return 0;
}

static int open_fake(const RootDir *root, uint32_t cpu, int ret[static 2])
{
        _cleanup_close_ int leader = -EBADF;
        char path[64];
        int sibling;

        snprintf(path, sizeof(path), "fragd-counters/cpu%u", cpu);
        leader = root_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (leader < 0)
                return leader == -ENOENT ? -ENODEV : leader;
        sibling = fcntl(leader, F_DUPFD_CLOEXEC, 0);
        if (sibling < 0)
                return -errno;
        ret[0] = TAKE_FD(leader);
        ret[1] = sibling;
        return 0;
}

static int open_wanted(const RootDir *root, uint64_t event, uint32_t group, uint32_t wanted, unsigned order, Counters *c)
{
        bool real = streq(root_path(root), "/");

        for (uint32_t n = 0; n < WIRE_CPUS; n++) {
                uint32_t cpu = group * WIRE_CPUS + n;
                int r;

                if (!(wanted & UINT32_C(1) << n))
                        continue;
                r = real ? open_cpu(event, cpu, order, &c->fds[c->n]) : open_fake(root, cpu, &c->fds[c->n]);
                if (r == -ENODEV)
                        continue;
                if (r < 0)
                        return r;
                c->opened |= UINT32_C(1) << n;
                c->n += 2;
        }
        return c->opened ? 0 : -ENODEV;
}

int counters_open(const RootDir *root, uint32_t group, uint32_t wanted, unsigned order, Counters *ret)
{
        Counters c = { 0 };
        uint64_t event = 0;
        bool allowed;
        int r;

        r = find_event(root, &event);
        if (r < 0)
                return r;
        allowed = privilege_raise();
        r = open_wanted(root, event, group, wanted, order, &c);
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
