/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/places.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "daemon/fallback-store.h"
#include "daemon/policy-store.h"
#include "daemon/recorder.h"
#include "daemon/varlink-server.h"

#define MONITOR_SOCKET "fragd.sock"
#define ADMIN_SOCKET   "admin.sock"
#define ADMIN_GROUP    "fragd-admin"
#define LOCK_FILE      "lock"

void places_done(Places *p)
{
        p->runtime_fd = safe_close(p->runtime_fd);
        p->lock_fd = safe_close(p->lock_fd);
        p->state_fd = safe_close(p->state_fd);
        p->monitor_fd = safe_close(p->monitor_fd);
        p->admin_fd = safe_close(p->admin_fd);
        p->actor_fd = safe_close(p->actor_fd);
        p->metrics_fd = safe_close(p->metrics_fd);
}

/* Creates a directory, and what leads to it; returns an fd of it. */
static int dir_make(const char *path, mode_t mode)
{
        char buf[PATH_MAX];
        int fd;

        if ((size_t)snprintf(buf, sizeof(buf), "%s", path) >= sizeof(buf))
                return -ENAMETOOLONG;
        for (char *p = buf + 1; *p; p++)
                if (*p == '/') {
                        *p = 0;
                        if (mkdir(buf, 0755) < 0 && errno != EEXIST && errno != EROFS)
                                return -errno;
                        *p = '/';
                }
        if (mkdir(buf, mode) < 0 && errno != EEXIST && errno != EROFS)
                return -errno;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int lock_runtime(Places *p, const char *dir, const Journal *journal)
{
        int r = 0;

        p->lock_fd = openat(
                p->runtime_fd, LOCK_FILE, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (p->lock_fd < 0 || flock(p->lock_fd, LOCK_EX | LOCK_NB) < 0)
                r = -errno;
        if (r < 0)
                journal_log(journal, LOG_ERR, NULL, "cannot lock %s/" LOCK_FILE ": %s", dir,
                        r == -EWOULDBLOCK ? "another fragd runs there" : strerror(-r));
        return r;
}

/* The sockets' modes and the actor's record are worth nothing where somebody else can replace them.
 */
static int check_runtime(const Places *p, const char *dir, const Journal *journal)
{
        struct stat st;

        if (fstat(p->runtime_fd, &st) < 0)
                return -errno;
        if (geteuid() != 0 || (st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH))))
                return 0;
        journal_log(journal, LOG_ERR, NULL,
                "the runtime directory %s is owned by uid %u and has mode %04o: expected one that "
                "only root can write",
                dir, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
        return -EPERM;
}

static int prepare_runtime(Places *p, const char *dir, const Journal *journal)
{
        int r;

        p->runtime_fd = dir_make(dir, 0755);
        if (p->runtime_fd < 0) {
                journal_log(journal, LOG_ERR, NULL,
                        "cannot create the runtime directory %s: %s; --runtime-dir gives another "
                        "one",
                        dir, strerror(-p->runtime_fd));
                return p->runtime_fd;
        }
        r = check_runtime(p, dir, journal);
        /* Where a service manager listens on both sockets, and so keeps others from them, nothing
         * is written here: the directory can be root's alone. */
        if (r < 0 || (p->monitor_fd >= 0 && p->admin_fd >= 0))
                return r;
        return lock_runtime(p, dir, journal);
}

static bool is_ours(const char *name)
{
        return policy_store_owns(name) || fallback_store_owns(name) || recorder_owns(name);
}

/* A file of ours goes along with its directory, if it was the one's who had that. */
static int give_file(int dir_fd, const char *name, uid_t from, const Identity *owner)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_PATH | O_CLOEXEC | O_NOFOLLOW);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_uid != from)
                return 0;
        return fchownat(fd, "", owner->uid, owner->gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* Looks at all that the directory holds; where an owner is given, hands it over. -ENOTEMPTY: it has
 * what is not ours. */
static int walk(int dir_fd, uid_t from, const Identity *owner)
{
        int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
        const struct dirent *entry;
        DIR *dir;

        if (fd < 0)
                return -errno;
        dir = fdopendir(fd);
        if (!dir) {
                r = -errno;
                safe_close(fd);
                return r;
        }
        while (r == 0 && (entry = readdir(dir)))
                if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;
                else if (!is_ours(entry->d_name))
                        r = -ENOTEMPTY;
                else if (owner)
                        r = give_file(dir_fd, entry->d_name, from, owner);
        closedir(dir);
        return r;
}

/* To who writes it later. A mistyped path must not hand somebody's files over. */
static int give_away(int dir_fd, const Identity *owner)
{
        struct stat st;
        int r;

        if (fstat(dir_fd, &st) < 0)
                return -errno;
        if (st.st_uid == owner->uid)
                return 0;
        r = walk(dir_fd, st.st_uid, NULL);
        if (r >= 0)
                r = walk(dir_fd, st.st_uid, owner);
        if (r < 0)
                return r;
        return fchown(dir_fd, owner->uid, owner->gid) < 0 ? -errno : 0;
}

/* Without a state directory fragd runs all the same; only policies set at run time and history are
 * not kept. */
static void prepare_state(Places *p, const char *dir, const Identity *owner, const Journal *journal)
{
        int fd = dir_make(dir, 0755), r = fd < 0 ? fd : 0;

        if (r >= 0 && owner)
                r = give_away(fd, owner);
        if (r >= 0 && !owner && faccessat(fd, ".", W_OK, AT_EACCESS) < 0)
                r = -errno;
        if (r < 0) {
                journal_log(journal, LOG_WARNING, NULL,
                        "cannot use the state directory %s: %s; a policy set at run time and "
                        "history are not kept across restarts",
                        dir, r == -ENOTEMPTY ? "it has files that are not fragd's" : strerror(-r));
                fd = safe_close(fd);
        }
        p->state_fd = fd;
}

/* Sockets that systemd listens on for us: by name, their order is not stable. Returns how many. */
static int take_passed(Places *p, const Journal *journal)
{
        char **names = NULL;
        int n = sd_listen_fds_with_names(1, &names);

        for (int i = 0; i < n; i++) {
                int fd = SD_LISTEN_FDS_START + i, *place = NULL;

                if (streq(names[i], "monitor"))
                        place = &p->monitor_fd;
                else if (streq(names[i], "admin"))
                        place = &p->admin_fd;
                else if (streq(names[i], "actor"))
                        place = &p->actor_fd;
                else if (streq(names[i], "metrics"))
                        place = &p->metrics_fd;
                if (place && *place < 0) {
                        *place = fd;
                        continue;
                }
                journal_log(journal, LOG_WARNING, NULL,
                        "ignoring a passed file descriptor \"%s\": expected one each of monitor, "
                        "admin, actor, metrics",
                        names[i]);
                (void)close(fd);
        }
        for (int i = 0; i < n; i++)
                free(names[i]);
        free(names);
        return n;
}

static int bind_socket(
        const char *dir, const char *name, unsigned mode, int64_t gid, const Journal *journal)
{
        char path[PATH_MAX];
        int fd;

        if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
                return -ENAMETOOLONG;
        fd = varlink_socket_bind(path, mode, gid);
        if (fd < 0)
                journal_log(journal, LOG_ERR, NULL, "cannot listen on %s: %s", path, strerror(-fd));
        return fd;
}

static int prepare_sockets(Places *p, const char *dir, const Journal *journal)
{
        const struct group *admins = geteuid() == 0 ? getgrnam(ADMIN_GROUP) : NULL;

        if (p->monitor_fd < 0) {
                p->monitor_fd = bind_socket(dir, MONITOR_SOCKET, 0666, -1, journal);
                if (p->monitor_fd < 0)
                        return p->monitor_fd;
                p->bound_monitor = true;
        }
        if (p->admin_fd < 0) {
                /* Without the group: for root only. */
                p->admin_fd = bind_socket(dir, ADMIN_SOCKET, admins ? 0660 : 0600,
                        admins ? (int64_t)admins->gr_gid : -1, journal);
                if (p->admin_fd < 0)
                        return p->admin_fd;
                p->bound_admin = true;
        }
        return 0;
}

int places_prepare(Places *p, const char *runtime_dir, const char *state_dir, const Identity *owner,
        const Journal *journal)
{
        int r;

        r = take_passed(p, journal);
        if (r < 0) {
                journal_log(journal, LOG_ERR, NULL, "cannot take the passed file descriptors: %s",
                        strerror(-r));
                return r;
        }
        r = prepare_runtime(p, runtime_dir, journal);
        if (r < 0)
                return r;
        prepare_state(p, state_dir, owner, journal);
        return prepare_sockets(p, runtime_dir, journal);
}

void places_remove_sockets(const Places *p)
{
        if (p->bound_monitor)
                (void)unlinkat(p->runtime_fd, MONITOR_SOCKET, 0);
        if (p->bound_admin)
                (void)unlinkat(p->runtime_fd, ADMIN_SOCKET, 0);
}
