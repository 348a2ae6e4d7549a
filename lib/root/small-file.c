/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/small-file.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/macros.h"

#define FRESH ".new"

static const char *fresh_name(char buf[static SMALL_FILE_NAME_MAX + sizeof(FRESH)], const char *name)
{
        assert(strlen(name) <= SMALL_FILE_NAME_MAX);
        snprintf(buf, SMALL_FILE_NAME_MAX + sizeof(FRESH), "%s" FRESH, name);
        return buf;
}

ssize_t small_file_read(int dir_fd, const char *name, void *buf, size_t size)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read(fd, buf, size);
        return n < 0 ? -errno : n;
}

static int write_new(int dir_fd, const char *name, mode_t mode, const void *data, size_t size, bool durable)
{
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;

        /* What an interrupted one left; nor is anything else under this name opened: a FIFO would make us wait. */
        if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
                return -errno;
        fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (fd < 0)
                return -errno;
        n = write(fd, data, size);
        if (n < 0)
                return -errno;
        if ((size_t)n != size)
                return -ENOSPC;
        return durable && fsync(fd) < 0 ? -errno : 0;
}

int small_file_replace(int dir_fd, const char *name, mode_t mode, const void *data, size_t size, bool durable)
{
        char fresh[SMALL_FILE_NAME_MAX + sizeof(FRESH)];
        int r = write_new(dir_fd, fresh_name(fresh, name), mode, data, size, durable);

        if (r >= 0 && renameat(dir_fd, fresh, dir_fd, name) < 0)
                r = -errno;
        if (r < 0) {
                (void)unlinkat(dir_fd, fresh, 0);
                return r;
        }
        return durable && fsync(dir_fd) < 0 ? -errno : 0;
}

int small_file_remove(int dir_fd, const char *name)
{
        if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
                return -errno;
        return fsync(dir_fd) < 0 ? -errno : 0;
}

bool small_file_owns(const char *name, const char *found)
{
        char fresh[SMALL_FILE_NAME_MAX + sizeof(FRESH)];

        return streq(found, name) || streq(found, fresh_name(fresh, name));
}
