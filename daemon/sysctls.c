/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/sysctls.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/sysfs.h"
#include "parse/sysctld.h"

#define SYSCTL_FILES_MAX 64
#define SYSCTL_SIZE_MAX  (64U * 1024)

static const char *const folders[] = { "etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d",
        "usr/lib/sysctl.d" };

typedef struct Names {
        char names[SYSCTL_FILES_MAX][SYSFS_NAME_MAX];
        int n, next;
} Names;

/* false where it is no ordinary file, or too long: /dev/null hides a file of the same name. */
static bool find_in(const RootDir *root, const char *path, const char *key, uint64_t *ret)
{
        _cleanup_close_ int fd = root_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        _cleanup_free_ char *text = NULL;
        struct stat st;
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
                st.st_size > (off_t)SYSCTL_SIZE_MAX)
                return false;
        text = malloc(SYSCTL_SIZE_MAX);
        n = text ? pread(fd, text, SYSCTL_SIZE_MAX, 0) : -1;
        return n > 0 && sysctld_number(text, (size_t)n, key, ret);
}

static bool is_conf(const char *name)
{
        size_t n = strlen(name);

        return n > strlen(".conf") && streq(name + n - strlen(".conf"), ".conf");
}

/* The folder that has the next name in order, the first of those that do; -1 at the end. */
static int next_folder(const Names *lists)
{
        int best = -1;

        for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
                const Names *l = &lists[i];

                if (l->next < l->n &&
                        (best < 0 ||
                                strcmp(l->names[l->next], lists[best].names[lists[best].next]) < 0))
                        best = (int)i;
        }
        return best;
}

static void step_over(Names *lists, const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(folders); i++)
                if (lists[i].next < lists[i].n && streq(lists[i].names[lists[i].next], name))
                        lists[i].next++;
}

bool sysctls_find(const RootDir *root, const char *key, uint64_t *ret, char *where, size_t size)
{
        _cleanup_free_ Names *lists = calloc(ELEMENTSOF(folders), sizeof(*lists));
        char path[SYSFS_PATH_MAX], name[SYSFS_NAME_MAX];
        bool found = false;
        int i;

        if (!lists)
                return false;
        for (size_t k = 0; k < ELEMENTSOF(folders); k++)
                lists[k].n = MAX(
                        sysfs_list(root, folders[k], "", lists[k].names, SYSCTL_FILES_MAX), 0);
        while ((i = next_folder(lists)) >= 0) {
                memcpy(name, lists[i].names[lists[i].next], sizeof(name));
                step_over(lists, name);
                snprintf(path, sizeof(path), "%s/%s", folders[i], name);
                if (is_conf(name) && find_in(root, path, key, ret)) {
                        snprintf(where, size, "/%s", path);
                        found = true;
                }
        }
        if (find_in(root, "etc/sysctl.conf", key, ret)) {
                snprintf(where, size, "/etc/sysctl.conf");
                found = true;
        }
        return found;
}
