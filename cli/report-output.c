/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/report-output.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "cli/fragctl.h"

static int say_exists(const char *path)
{
        cli_error("%s exists; nothing was written. Take another name, or --force", path);
        return EXIT_FAILED;
}

static int say_failed(const char *path, int error)
{
        cli_error("cannot write %s: %s", path, strerror(error));
        return EXIT_FAILED;
}

int output_check(const char *path, bool force)
{
        struct stat st;

        if (streq(path, "-") || stat(path, &st) < 0)
                return 0; /* what is wrong with it is seen when it is written */
        if (!S_ISREG(st.st_mode)) {
                cli_error("%s is not a file; nothing was written. For standard output: -o -", path);
                return EXIT_FAILED;
        }
        return force ? 0 : say_exists(path);
}

static int write_all(int fd, const char *data, size_t size)
{
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t)n;
        }
        return 0;
}

static int create(const char *temporary, const char *data, size_t size)
{
        _cleanup_close_ int fd =
                open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        int r;

        if (fd < 0)
                return -errno;
        r = write_all(fd, data, size);
        if (r == 0 && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
                r = -errno;
        if (r < 0)
                (void)unlink(temporary);
        return r;
}

/* In one step; without force only where nothing is there yet. */
static int publish(const char *temporary, const char *path, bool force)
{
        if (force)
                return rename(temporary, path) < 0 ? -errno : 0;
        if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
                return 0;
        if (errno != EINVAL && errno != ENOSYS)
                return -errno;
        /* a file system that cannot do that in one step */
        if (link(temporary, path) < 0)
                return -errno;
        (void)unlink(temporary);
        return 0;
}

int output_write(const char *path, bool force, const char *data, size_t size)
{
        _cleanup_free_ char *temporary = NULL;
        int r;

        if (streq(path, "-")) {
                if (fwrite(data, 1, size, stdout) == size)
                        return 0;
                return say_failed("to standard output", errno);
        }
        r = output_check(path, force);
        if (r != 0)
                return r;
        if (asprintf(&temporary, "%s.%ld.new", path, (long)getpid()) < 0) {
                temporary = NULL;
                return cli_oom();
        }
        r = create(temporary, data, size);
        if (r == 0) {
                r = publish(temporary, path, force);
                if (r < 0)
                        (void)unlink(temporary);
        }
        if (r == -EEXIST)
                return say_exists(path);
        return r < 0 ? say_failed(path, -r) : 0;
}
