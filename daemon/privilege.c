/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/privilege.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/macros.h"
#include "base/units.h"
#include <config.h> /* the generated one; daemon/config.h is the configuration */

#define NOBODY_ID 65534 /* what the kernel itself calls the overflow uid */
#define ACTOR_FD  3

static int identity_from_passwd(const struct passwd *pw, Identity *ret)
{
        if (pw->pw_uid == 0)
                return -EPERM;
        *ret = (Identity){ .uid = pw->pw_uid, .gid = pw->pw_gid };
        return 0;
}

static int identity_by_number(uint64_t number, Identity *ret)
{
        const struct passwd *pw;

        if (number == 0)
                return -EPERM;
        if (number >= UINT32_MAX) /* (uid_t)-1 means "leave as is" to the kernel */
                return -ESRCH;
        pw = getpwuid((uid_t)number);
        if (pw)
                return identity_from_passwd(pw, ret);
        *ret = (Identity){ .uid = (uid_t)number, .gid = (gid_t)number };
        return 0;
}

int identity_find(const char *name, Identity *ret)
{
        const struct passwd *pw;
        uint64_t number;

        if (name && number_parse(name, &number) >= 0)
                return identity_by_number(number, ret);
        pw = getpwnam(name ? name : "fragd");
        if (!pw && !name)
                pw = getpwnam("nobody");
        if (pw)
                return identity_from_passwd(pw, ret);
        return name ? -ESRCH : identity_by_number(NOBODY_ID, ret);
}

void identity_add_journal(Identity *id)
{
        const struct group *g = getgrnam("systemd-journal");

        id->journal_gid = g ? g->gr_gid : 0;
}

/* libcap is not needed for "none". */
static int capabilities_clear(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

        return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

int privilege_drop(const Identity *id)
{
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
                return -errno;
        if (setgroups(id->journal_gid ? 1 : 0, &id->journal_gid) < 0)
                return -errno;
        if (setresgid(id->gid, id->gid, id->gid) < 0)
                return -errno;
        if (setresuid(id->uid, id->uid, id->uid) < 0)
                return -errno;
        return capabilities_clear();
}

static int beside(const char *name, char *buf, size_t size)
{
        char self[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        char *slash;
        int k;

        if (n < 0)
                return -errno;
        self[n] = 0;
        slash = strrchr(self, '/');
        if (!slash)
                return -ENOENT;
        *slash = 0;
        k = snprintf(buf, size, "%s/%s", self, name);
        return k < 0 || (size_t)k >= size ? -ENAMETOOLONG : 0;
}

static int find(const char *name, const char *given, const char *installed, char *buf, size_t size)
{
        int k;

        if (!given && beside(name, buf, size) >= 0 && access(buf, X_OK) >= 0)
                return 0;
        k = snprintf(buf, size, "%s", given ? given : installed);
        if (k < 0 || (size_t)k >= size)
                return -ENAMETOOLONG;
        return access(buf, X_OK) < 0 ? -errno : 0;
}

int actor_find(const char *given, char *buf, size_t size)
{
        return find("fragd-actor", given, FRAGD_ACTOR_PATH, buf, size);
}

int taskstats_find(const char *given, char *buf, size_t size)
{
        return find("fragd-taskstats", given, FRAGD_TASKSTATS_PATH, buf, size);
}

/* Default dispositions and nothing blocked: fragd itself blocks the signals that its event loop
 * takes. */
static int spawn_attributes(posix_spawnattr_t *attr)
{
        sigset_t all, none;
        int r;

        sigfillset(&all);
        sigemptyset(&none);
        r = posix_spawnattr_setflags(
                attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        if (r == 0)
                r = posix_spawnattr_setsigdefault(attr, &all);
        if (r == 0)
                r = posix_spawnattr_setsigmask(attr, &none);
        return -r;
}

static int spawn(const char *path, char *const argv[], int actor_fd, pid_t *ret_pid)
{
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attr;
        int r;

        r = -posix_spawn_file_actions_init(&actions);
        if (r < 0)
                return r;
        r = -posix_spawnattr_init(&attr);
        if (r < 0) {
                posix_spawn_file_actions_destroy(&actions);
                return r;
        }
        r = spawn_attributes(&attr);
        if (r >= 0) /* also clears O_CLOEXEC if the two are the same */
                r = -posix_spawn_file_actions_adddup2(&actions, actor_fd, ACTOR_FD);
        if (r >= 0)
                r = -posix_spawn(ret_pid, path, &actions, &attr, argv, environ);
        posix_spawnattr_destroy(&attr);
        posix_spawn_file_actions_destroy(&actions);
        return r;
}

static int spawn_connected(const char *path, char *const argv[], int *ret_fd, pid_t *ret_pid)
{
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        int pair[2], r;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        ours = pair[0];
        theirs = pair[1];
        r = spawn(path, argv, theirs, ret_pid);
        if (r < 0)
                return r;
        *ret_fd = TAKE_FD(ours);
        return 0;
}

int actor_spawn(
        const char *path, const char *root, const char *runtime_dir, bool counters, int *ret_fd, pid_t *ret_pid)
{
        char *const argv[] = { (char *)path, (char *)"--fd", (char *)"3", (char *)"--root",
                (char *)root, (char *)"--runtime-dir", (char *)runtime_dir,
                counters ? (char *)"--counters" : NULL, NULL };

        return spawn_connected(path, argv, ret_fd, ret_pid);
}

int taskstats_spawn(const char *path, int *ret_fd, pid_t *ret_pid)
{
        char *const argv[] = { (char *)path, (char *)"--fd", (char *)"3", NULL };

        return spawn_connected(path, argv, ret_fd, ret_pid);
}
