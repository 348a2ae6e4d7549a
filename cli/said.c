/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/said.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "cli/fragctl.h"

int said_begin(Said *s)
{
        _cleanup_close_ int fd = memfd_create("fragctl-stderr", MFD_CLOEXEC),
                            saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

        (void)fflush(stderr);
        if (fd < 0 || saved < 0 || dup2(fd, STDERR_FILENO) < 0)
                return -errno;
        s->fd = TAKE_FD(fd);
        s->saved = TAKE_FD(saved);
        return 0;
}

/* All that was said, or its end. */
static void drain(Said *s, char *buf, size_t size)
{
        off_t end = lseek(s->fd, 0, SEEK_END);
        off_t from = MAX(end - (off_t)size + 1, (off_t)0);
        ssize_t n = end < 0 ? 0 : pread(s->fd, buf, size - 1, from);

        buf[MAX(n, (ssize_t)0)] = '\0';
        if (ftruncate(s->fd, 0) == 0)
                (void)lseek(s->fd, 0, SEEK_SET);
}

void said_take(Said *s, char *buf, size_t size)
{
        static const char name[] = "fragctl: ";
        char *line;
        size_t n;

        drain(s, buf, size);
        n = strlen(buf);
        while (n > 0 && buf[n - 1] == '\n')
                buf[--n] = '\0';
        line = strrchr(buf, '\n');
        line = line ? line + 1 : buf;
        if (strncmp(line, name, sizeof(name) - 1) == 0)
                line += sizeof(name) - 1;
        memmove(buf, line, strlen(line) + 1);
}

void said_end(Said *s)
{
        char text[4096];

        if (s->fd < 0)
                return;
        drain(s, text, sizeof(text));
        (void)dup2(s->saved, STDERR_FILENO);
        s->fd = safe_close(s->fd);
        s->saved = safe_close(s->saved);
        fputs(text, stderr);
}
