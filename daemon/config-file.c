/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config-file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/config-errors.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

void config_paths_done(ConfigPaths *p)
{
        for (size_t i = 0; i < p->n; i++)
                free(p->items[i]);
        p->n = 0;
}

/* Whoever may change a file or directory of the configuration rules over the whole machine's
 * memory: only root, or whoever runs fragd without privilege. Links are followed: who made them is
 * a matter of the directory, which is checked. */
static int check_owner(
        const char *path, const struct stat *st, ConfigOwner owner, ConfigErrors *errors)
{
        bool caller = owner == CONFIG_OWNER_ROOT_OR_CALLER && geteuid() != 0;

        if (owner == CONFIG_OWNER_ANY)
                return 0;
        if (st->st_uid != 0 && !(caller && st->st_uid == geteuid())) {
                config_error(errors, path, 0, "owned by uid %u, expected root%s",
                        (unsigned)st->st_uid, caller ? " or yourself" : "");
                return -EINVAL;
        }
        if (st->st_mode & (S_IWGRP | S_IWOTH)) {
                config_error(errors, path, 0,
                        "writable by others than its owner (mode %04o), expected at most 0755 for "
                        "a directory and 0644 for a file",
                        (unsigned)st->st_mode & 07777);
                return -EINVAL;
        }
        return 0;
}

static int compare_paths(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_drop_in(const char *name)
{
        size_t n = strlen(name);

        return name[0] != '.' && n > strlen(".conf") && streq(name + n - strlen(".conf"), ".conf");
}

static int paths_collect(
        ConfigPaths *p, DIR *d, const char *dir, size_t limit, ConfigErrors *errors)
{
        struct dirent *entry;

        for (;;) {
                errno = 0;
                entry = readdir(d);
                if (!entry)
                        break;
                if (!is_drop_in(entry->d_name))
                        continue;
                if (p->n == limit) {
                        config_error(
                                errors, dir, 0, "more than %zu files that end in .conf", limit);
                        return -EINVAL;
                }
                if (asprintf(&p->items[p->n], "%s/%s", dir, entry->d_name) < 0)
                        return -ENOMEM;
                p->n++;
        }
        if (errno > 0) {
                config_error(errors, dir, 0, "cannot list it: %m");
                return -EINVAL;
        }
        qsort(p->items, p->n, sizeof(p->items[0]), compare_paths);
        return 0;
}

int config_paths_list(
        ConfigPaths *ret, const char *dir, size_t limit, ConfigOwner owner, ConfigErrors *errors)
{
        _cleanup_(config_paths_done) ConfigPaths paths = {};
        _cleanup_(closedirp) DIR *d = NULL;
        struct stat st;
        int r;

        d = opendir(dir);
        if (!d && errno == ENOENT) {
                ret->n = 0;
                return 0;
        }
        if (!d || fstat(dirfd(d), &st) < 0) {
                config_error(errors, dir, 0, "cannot open it: %m");
                return -EINVAL;
        }
        r = check_owner(dir, &st, owner, errors);
        if (r < 0)
                return r;
        r = paths_collect(&paths, d, dir, MIN(limit, ELEMENTSOF(paths.items)), errors);
        if (r < 0)
                return r;
        *ret = paths;
        paths.n = 0;
        return 0;
}

static int check_file(const char *path, int fd, ConfigOwner owner, ConfigErrors *errors)
{
        struct stat st;

        if (fstat(fd, &st) < 0) {
                config_error(errors, path, 0, "cannot look at it: %m");
                return -EINVAL;
        }
        if (!S_ISREG(st.st_mode)) {
                config_error(errors, path, 0, "%s, expected a regular file",
                        S_ISDIR(st.st_mode) ? "a directory" : "a device, pipe or socket");
                return -EINVAL;
        }
        return check_owner(path, &st, owner, errors);
}

/* Up to CONFIG_FILE_MAX + 1 bytes, which tells whether there is more. */
static ssize_t read_bounded(int fd, char *buf)
{
        size_t n = 0;

        while (n < CONFIG_FILE_MAX + 1) {
                ssize_t k = read(fd, buf + n, CONFIG_FILE_MAX + 1 - n);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                n += (size_t)k;
        }
        return (ssize_t)n;
}

static int check_bytes(const char *path, const char *text, ssize_t n, ConfigErrors *errors)
{
        if (n < 0)
                config_error(errors, path, 0, "cannot read it: %s", strerror((int)-n));
        else if (n > (ssize_t)CONFIG_FILE_MAX)
                config_error(errors, path, 0, "larger than %u KiB", CONFIG_FILE_MAX / 1024);
        else if (memchr(text, 0, (size_t)n))
                config_error(errors, path, 0, "has a NUL byte, expected text in UTF-8");
        else
                return 0;
        return -EINVAL;
}

int config_file_read(
        char **ret, const char *path, bool must_exist, ConfigOwner owner, ConfigErrors *errors)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        size_t mark = strlen(BYTE_ORDER_MARK);
        ssize_t n;
        int r;

        /* O_NONBLOCK: a FIFO must not make us wait for a writer before we can see what it is. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0 && errno == ENOENT && !must_exist) {
                *ret = NULL;
                return 0;
        }
        if (fd < 0) {
                config_error(errors, path, 0, "cannot open it: %m");
                return -EINVAL;
        }
        r = check_file(path, fd, owner, errors);
        if (r < 0)
                return r;
        text = malloc(CONFIG_FILE_MAX + strlen("\n") + 1);
        if (!text)
                return -ENOMEM;
        n = read_bounded(fd, text);
        r = check_bytes(path, text, n, errors);
        if (r < 0)
                return r;
        if (n > 0 &&
                text[n - 1] !=
                        '\n') /* libconfig takes a comment only with an end of line behind it */
                text[n++] = '\n';
        text[n] = 0;
        if (strncmp(text, BYTE_ORDER_MARK, mark) == 0)
                memmove(text, text + mark, (size_t)n - mark + 1);
        *ret = TAKE_PTR(text);
        return 0;
}
