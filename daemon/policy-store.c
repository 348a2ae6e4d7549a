/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy-store.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/macros.h"

#define STORE_FILE "policy"
#define STORE_NEW  "policy.new"

/* The characters of a libconfig name; anything else in the file was not written by us. */
static bool name_is_valid(const char *name)
{
        size_t n = strspn(
                name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-*");

        return n > 0 && n < POLICY_NAME_MAX && name[n] == 0;
}

bool policy_store_owns(const char *name)
{
        return streq(name, STORE_FILE) || streq(name, STORE_NEW);
}

int policy_store_load(int dir_fd, char ret[static POLICY_NAME_MAX])
{
        _cleanup_close_ int fd = -EBADF;
        char buf[POLICY_NAME_MAX + 1];
        ssize_t n;

        fd = openat(dir_fd, STORE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        n = read(fd, buf, sizeof(buf));
        if (n < 0)
                return -errno;
        /* A name that fits leaves room for its newline; a file without it was not written by
         * policy_store_save(). */
        if (n < 2 || buf[n - 1] != '\n')
                return -EBADMSG;
        buf[n - 1] = 0;
        if (strlen(buf) != (size_t)n - 1 || !name_is_valid(buf))
                return -EBADMSG;
        memcpy(ret, buf, (size_t)n);
        return 0;
}

static int write_new(int dir_fd, const char *text, size_t size)
{
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;

        /* What an interrupted one left; nor is anything else under this name opened: a FIFO would
         * make us wait. */
        if (unlinkat(dir_fd, STORE_NEW, 0) < 0 && errno != ENOENT)
                return -errno;
        fd = openat(dir_fd, STORE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return -errno;
        n = write(fd, text, size);
        if (n < 0)
                return -errno;
        if ((size_t)n != size)
                return -ENOSPC;
        if (fsync(fd) < 0)
                return -errno;
        return 0;
}

int policy_store_save(int dir_fd, const char *name)
{
        char text[POLICY_NAME_MAX + 1];
        int r;

        if (!name_is_valid(name))
                return -EINVAL;
        r = write_new(dir_fd, text, (size_t)snprintf(text, sizeof(text), "%s\n", name));
        if (r >= 0 && renameat(dir_fd, STORE_NEW, dir_fd, STORE_FILE) < 0)
                r = -errno;
        if (r < 0) {
                (void)unlinkat(dir_fd, STORE_NEW, 0);
                return r;
        }
        return fsync(dir_fd) < 0 ? -errno : 0;
}

int policy_store_forget(int dir_fd)
{
        if (unlinkat(dir_fd, STORE_FILE, 0) < 0)
                return errno == ENOENT ? 0 : -errno;
        return fsync(dir_fd) < 0 ? -errno : 0;
}
