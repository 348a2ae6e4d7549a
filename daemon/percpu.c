/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/percpu.h"

#include <sys/resource.h>

#include "base/macros.h"
#include "parse/value.h"

#define CPUS_ONLINE "sys/devices/system/cpu/online"
#define PARANOID    "proc/sys/kernel/perf_event_paranoid"
/* Two counters and two events of a ring; and what fragd has open otherwise: sources, sockets, clients. */
#define FDS_EACH    4
#define FDS_BESIDES 512

void percpu_init(PerCpu *p)
{
        *p = (PerCpu){ .file = ROOT_FILE_INIT_SINGLE };
}

void percpu_done(PerCpu *p)
{
        root_file_done(&p->file);
}

int percpu_find_online(PerCpu *p, const RootDir *root)
{
        uint32_t ids[CPUS_MAX];
        size_t n = 0;
        int r;

        memset(p->online, 0, sizeof(p->online));
        r = root_file_read(&p->file, root, CPUS_ONLINE);
        if (r == -ENOENT) {
                p->online[0] = 1;
                return 0;
        }
        if (r >= 0)
                r = value_parse_list(p->file.text, p->file.size, ids, ELEMENTSOF(ids), &n, NULL);
        if (r < 0)
                return r == -EBADMSG ? -E2BIG : r;
        for (size_t i = 0; i < n; i++) {
                if (ids[i] >= CPUS_MAX)
                        return -E2BIG;
                p->online[ids[i] / WIRE_CPUS] |= UINT32_C(1) << ids[i] % WIRE_CPUS;
        }
        return 0;
}

bool percpu_is_online(const PerCpu *p, size_t cpu)
{
        return p->online[cpu / WIRE_CPUS] & UINT32_C(1) << cpu % WIRE_CPUS;
}

void percpu_make_room(const PerCpu *p)
{
        struct rlimit limit;
        rlim_t wanted = FDS_BESIDES;

        for (size_t g = 0; g < CPU_GROUPS_MAX; g++)
                wanted += FDS_EACH * (rlim_t)__builtin_popcount(p->online[g]);
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
                return;
        limit.rlim_cur = MIN(wanted, limit.rlim_max);
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* else the fds do not come, which is said */
}

int percpu_answer(const PerCpu *p, uint32_t group, int result, uint32_t opened, size_t n_fds)
{
        uint32_t asked = group < CPU_GROUPS_MAX ? p->asked[group] : 0;
        size_t expected = 2 * (size_t)__builtin_popcount(opened);

        if (result != 0)
                return result;
        if (n_fds < expected)
                return -EMFILE;
        return opened == 0 || (opened & ~asked) != 0 || n_fds > expected ? -EBADMSG : 0;
}

const char *percpu_explain(const RootDir *root, int error)
{
        int64_t paranoid;

        /* Not in the kernel of kernel.org, but in those of Debian and Ubuntu. */
        if (error == -EPERM && root_read_int(root, PARANOID, &paranoid) == 0 && paranoid > 2)
                return "kernel.perf_event_paranoid is above 2, with which this kernel asks for more than CAP_PERFMON: Counters in "
                       "fragd-actor(8)";
        switch (error) {
        case -EACCES: return "fragd-actor has no CAP_PERFMON: Counters in fragd-actor(8) says how to grant it";
        case -EPERM:
                return "fragd-actor has CAP_PERFMON and yet may not: a container, a filter of system calls, or the kernel's lockdown";
        case -ENXIO: return "tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing";
        case -ENOENT: return "this kernel does not have the event";
        case -ENODEV: return "the CPUs that are online cannot be counted on";
        case -ENOSYS: return "this kernel is built without perf events";
        case -EMFILE:
        case -ENFILE: return "too many CPUs for the number of files that may be open";
        case -E2BIG: return "this machine has more CPUs than fragd counts on, 1024";
        case -EBADMSG:
        case -ENOTSUP: return "fragd-actor is of another version and cannot";
        case -ETIMEDOUT: return "fragd-actor has not answered";
        default: return strerror(-error);
        }
}
