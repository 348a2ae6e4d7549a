/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/record.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "root/small-file.h"

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

int record_save(int dir_fd, const char *name, const char *data, size_t size)
{
        return data ? small_file_replace(dir_fd, name, 0600, data, size, true) : small_file_remove(dir_fd, name);
}
