/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/sysfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"
#include "parse/value.h"

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

static int by_name(const void *a, const void *b)
{
        return strcmp(a, b);
}

int sysfs_list(const RootDir *root, const char *folder, const char *prefix, char names[][SYSFS_NAME_MAX], size_t max)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        size_t n = 0;
        int fd;

        fd = root_open(root, folder, O_RDONLY | O_DIRECTORY);
        if (fd < 0)
                return fd;
        dir = fdopendir(fd);
        if (!dir) {
                int r = -errno;

                safe_close(fd);
                return r;
        }
        while (n < max && (entry = readdir(dir))) {
                if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
                        strlen(entry->d_name) >= SYSFS_NAME_MAX)
                        continue;
                memcpy(names[n++], entry->d_name, strlen(entry->d_name) + 1);
        }
        qsort(names, n, SYSFS_NAME_MAX, by_name);
        return (int)n;
}

uint64_t sysfs_number(const RootDir *root, const char *folder, const char *name)
{
        char path[SYSFS_PATH_MAX];
        int64_t value;

        if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
                return UNKNOWN_U64;
        return root_read_int(root, path, &value) < 0 || value < 0 ? UNKNOWN_U64 : (uint64_t)value;
}

uint64_t sysfs_huge_size(const char *name)
{
        static const char prefix[] = "hugepages-", suffix[] = "kB";
        size_t n = strlen(name), head = strlen(prefix), tail = strlen(suffix);
        char digits[24] = "";
        uint64_t kb;

        if (n <= head + tail || n - head - tail >= sizeof(digits) || strncmp(name, prefix, head) != 0 ||
                !streq(name + n - tail, suffix))
                return 0;
        memcpy(digits, name + head, n - head - tail);
        return number_parse(digits, &kb) < 0 || kb > INT64_MAX / 1024 ? 0 : kb * 1024;
}

void sysfs_choice(const RootDir *root, const char *folder, const char *name, char *buf, size_t size)
{
        char path[SYSFS_PATH_MAX], text[256];
        int n;

        buf[0] = 0;
        if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
                return;
        n = root_read_text(root, path, text, sizeof(text) - 1);
        if (n <= 0)
                return;
        text[n++] = '\n'; /* which root_read_text() took off */
        text[n] = 0;
        if (value_parse_choice(text, (size_t)n, buf, size, NULL) < 0)
                buf[0] = 0;
}
