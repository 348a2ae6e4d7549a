/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/cgroups.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/macros.h"

#define FOLDER "sys/fs/cgroup"

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

/* Groups still to be looked at, by path below FOLDER. */
typedef struct Queue {
        char paths[CGROUPS_MAX][SYSFS_PATH_MAX];
        size_t n;
} Queue;

static void add_children(const RootDir *root, Queue *q, const char *parent)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        char path[SYSFS_PATH_MAX + sizeof(FOLDER)];
        int fd;

        snprintf(path, sizeof(path), FOLDER "%s", parent);
        fd = root_open(root, path, O_RDONLY | O_DIRECTORY);
        if (fd < 0)
                return;
        dir = fdopendir(fd);
        if (!dir) {
                safe_close(fd);
                return;
        }
        while (q->n < CGROUPS_MAX && (entry = readdir(dir)))
                if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
                        (size_t)snprintf(q->paths[q->n], SYSFS_PATH_MAX, "%s/%s", parent, entry->d_name) < SYSFS_PATH_MAX)
                        q->n++;
}

/* "max 12" in memory.events.local; 0 without it. */
static uint64_t hits(const RootDir *root, const char *group)
{
        char path[SYSFS_PATH_MAX + sizeof(FOLDER "/memory.events.local")], text[512];
        const char *line;

        snprintf(path, sizeof(path), FOLDER "%s/memory.events.local", group);
        if (root_read_text(root, path, text, sizeof(text)) < 0)
                return 0;
        line = strstr(text, "\nmax ");
        return line ? strtoull(line + strlen("\nmax "), NULL, 10) : 0;
}

bool cgroups_at_limit(const RootDir *root, CgroupLimit *ret)
{
        _cleanup_free_ Queue *q = calloc(1, sizeof(*q));
        const char *worst = NULL;
        uint64_t most = 0;

        if (!q)
                return false;
        add_children(root, q, "");
        for (size_t i = 0; i < q->n; i++) {
                uint64_t n = hits(root, q->paths[i]);

                if (n > most) {
                        worst = q->paths[i];
                        most = n;
                }
                add_children(root, q, q->paths[i]);
        }
        if (!worst)
                return false;
        *ret = (CgroupLimit){ .hits = most };
        snprintf(ret->name, sizeof(ret->name), "%s", worst);
        return true;
}
