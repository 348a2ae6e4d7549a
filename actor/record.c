/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/record.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/macros.h"
#include "root/small-file.h"

#define RECORD_SIZE_MAX (ACTOR_POOLS_MAX * 96 + 64) /* the largest of them: a line for each pool */

/* 1: read, NUL-terminated; 0: there is none. What does not fit is cut off. */
static int read_text(int dir_fd, const char *name, char *buf, size_t size)
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

static int take_lines(char *text, const char *head, int (*take)(void *userdata, char *line), void *userdata)
{
        bool first = true;
        char *end;

        for (char *line = text; (end = strchr(line, '\n')); line = end + 1, first = false) {
                int r = 0;

                *end = 0;
                if (first)
                        r = streq(line, head) ? 0 : -EBADMSG;
                else if (streq(line, "end"))
                        return end[1] == 0 ? 0 : -EBADMSG;
                else
                        r = take(userdata, line);
                if (r < 0)
                        return r;
        }
        return -EBADMSG; /* no end: cut off */
}

int record_load(int dir_fd, const char *name, const char *head, int (*take)(void *userdata, char *line), void *userdata)
{
        char text[RECORD_SIZE_MAX];
        int r = read_text(dir_fd, name, text, sizeof(text));

        return r <= 0 ? r : take_lines(text, head, take, userdata);
}

int record_save(int dir_fd, const char *name, const char *data, size_t size)
{
        return data ? small_file_replace(dir_fd, name, 0600, data, size, true) : small_file_remove(dir_fd, name);
}
