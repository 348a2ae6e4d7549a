/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/record.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/macros.h"

#define NAME_SIZE 64

int record_load(int dir_fd, const char *name, char *buf, size_t size)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        ssize_t n;

        fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : errno == ELOOP ? -EBADMSG : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
                return -EBADMSG;
        n = read(fd, buf, size - 1);
        if (n < 0)
                return -errno;
        buf[n] = 0;
        return memchr(buf, 0, (size_t)n) ? -EBADMSG : 1;
}

static int write_new(int dir_fd, const char *name, const char *data, size_t size)
{
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;

        /* What a killed actor left half-written is its own; anything else under this name is not
         * followed or kept. */
        if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
                return -errno;
        fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        n = write(fd, data, size);
        if (n < 0)
                return -errno;
        if ((size_t)n != size)
                return -ENOSPC;
        return fsync(fd) < 0 ? -errno : 0;
}

int record_save(int dir_fd, const char *name, const char *data, size_t size)
{
        char fresh[NAME_SIZE];
        int r;

        if (!data) {
                if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
                        return -errno;
                return fsync(dir_fd) < 0 ? -errno : 0;
        }
        snprintf(fresh, sizeof(fresh), "%s.new", name);
        r = write_new(dir_fd, fresh, data, size);
        if (r < 0)
                return r;
        if (renameat(dir_fd, fresh, dir_fd, name) < 0)
                return -errno;
        return fsync(dir_fd) < 0 ? -errno : 0;
}
