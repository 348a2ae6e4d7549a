/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe - tries what an intruder would want, and says of each attempt "NAME ok" or "NAME ERRNO", a line
 * each. Run inside a unit's sandbox it shows what the sandbox forbids; run by root without one, that
 * the attempt is a real one. Nothing is left changed: files are only opened, what is created is
 * removed. */

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0 or negative errno. */
static int opens(const char *path, int flags)
{
        int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0)
                return -errno;
        close(fd);
        return 0;
}

static int creates(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        if (fd < 0)
                return -errno;
        close(fd);
        return unlink(path) < 0 ? -errno : 0;
}

static int makes_socket(int family, int type, int protocol)
{
        int fd = socket(family, type | SOCK_CLOEXEC, protocol);

        if (fd < 0)
                return -errno;
        close(fd);
        return 0;
}

/* What would change this process is tried in a child; its exit status is the errno. */
static int in_child(int (*attempt)(void))
{
        int status;
        pid_t pid = fork();

        if (pid == 0)
                _exit(-attempt());
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
                return -errno;
        return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int result(long r)
{
        return r < 0 ? -errno : 0;
}

static int becomes_root(void)
{
        return result(syscall(SYS_setuid, 0));
}

static int becomes_nobody(void)
{
        return result(syscall(SYS_setuid, 65534));
}

static int mounts(void)
{
        return result(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int new_user_namespace(void)
{
        return result(unshare(CLONE_NEWUSER));
}

static int loads_module(void)
{
        long r = syscall(SYS_init_module, "", 0, "");

        /* Allowed, and only the module is nonsense. */
        return r < 0 && errno == ENOEXEC ? 0 : result(r);
}

static int writable_code(void)
{
        void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return p == MAP_FAILED ? -errno : 0;
}

static int real_time(void)
{
        struct sched_param p = { .sched_priority = 1 };

        return result(sched_setscheduler(0, SCHED_FIFO, &p));
}

static int traces_init(void)
{
        return result(ptrace(PTRACE_SEIZE, 1, NULL, NULL));
}

static int signals_init(void)
{
        return result(kill(1, 0));
}

static int reboots(void)
{
        /* A command that does nothing but ask for the privilege. */
        return result(syscall(SYS_reboot, 0xfee1dead, 672274793, 0 /* CAD_OFF */, NULL));
}

static int other_system_calls(void)
{
        /* The 32-bit entry: the number of getpid() there. */
        long r = 20;

#ifdef __x86_64__
        __asm__ volatile("int $0x80" : "+a"(r) : : "memory", "r8", "r9", "r10", "r11");
#endif
        return r < 0 ? (int)r : 0;
}

/* A program that it has written itself: no file system that it may write to lets it be run. */
static int executes_own(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700), r;

        if (fd < 0)
                return -errno;
        close(fd);
        r = access(path, X_OK) < 0 ? -errno : 0;
        unlink(path);
        return r;
}

static void say(const char *name, int r)
{
        printf("%s %s\n", name, r == 0 ? "ok" : strerrorname_np(-r));
}

static void files(void)
{
        say("write-compaction_proactiveness", opens("/proc/sys/vm/compaction_proactiveness", O_WRONLY));
        say("write-watermark_boost_factor", opens("/proc/sys/vm/watermark_boost_factor", O_WRONLY));
        say("write-node-compact", opens("/sys/devices/system/node/node0/compact", O_WRONLY));
        say("write-node-hugepages",
                opens("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", O_WRONLY));
        say("write-swappiness", opens("/proc/sys/vm/swappiness", O_WRONLY));
        say("write-compact_memory", opens("/proc/sys/vm/compact_memory", O_WRONLY));
        say("write-drop_caches", opens("/proc/sys/vm/drop_caches", O_WRONLY));
        say("write-core_pattern", opens("/proc/sys/kernel/core_pattern", O_WRONLY));
        say("write-sysrq", opens("/proc/sysrq-trigger", O_WRONLY));
        say("write-thp", opens("/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY));
        say("write-cgroup", opens("/sys/fs/cgroup/system.slice/cgroup.procs", O_WRONLY));
        say("read-shadow", opens("/etc/shadow", O_RDONLY));
        say("read-log", opens("/var/log/dpkg.log", O_RDONLY));
        say("read-kernel-log", opens("/dev/kmsg", O_RDONLY));
        say("read-disk", opens("/dev/nvme0n1", O_RDONLY));
        say("read-pagetypeinfo", opens("/proc/pagetypeinfo", O_RDONLY));
        say("read-extfrag", opens("/sys/kernel/debug/extfrag/extfrag_index", O_RDONLY));
        say("create-etc", creates("/etc/fragd-probe"));
        say("create-usr", creates("/usr/fragd-probe"));
        say("create-run", creates("/run/fragd-probe"));
        say("create-run-fragd", creates("/run/fragd/fragd-probe"));
        say("create-state", creates("/var/lib/fragd/fragd-probe"));
        say("execute-state", executes_own("/var/lib/fragd/fragd-probe"));
        say("execute-run", executes_own("/run/fragd/fragd-probe"));
        say("execute-tmp", executes_own("/tmp/fragd-probe"));
        say("execute-shm", executes_own("/dev/shm/fragd-probe"));
}

static void calls(void)
{
        say("socket-unix", makes_socket(AF_UNIX, SOCK_STREAM, 0));
        say("socket-inet", makes_socket(AF_INET, SOCK_STREAM, 0));
        say("socket-netlink", makes_socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));
        say("socket-packet", makes_socket(AF_PACKET, SOCK_RAW, 0));
        say("become-root", in_child(becomes_root));
        say("become-nobody", in_child(becomes_nobody));
        say("mount", in_child(mounts));
        say("user-namespace", in_child(new_user_namespace));
        say("load-module", in_child(loads_module));
        say("writable-code", in_child(writable_code));
        say("real-time", in_child(real_time));
        say("trace-init", in_child(traces_init));
        say("signal-init", in_child(signals_init));
        say("reboot", in_child(reboots));
        say("other-system-calls", in_child(other_system_calls));
}

int main(void)
{
        files();
        calls();
        return 0;
}
