/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fake-root.h - a machine in a temporary directory, copied from a recorded one, for tests that
 * change it. */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "test.h"

static char fake_root[64]; /* its path; one a test, since Check forks for each */

static inline int fake_remove_entry(
        const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static inline void fake_root_remove(void)
{
        if (fake_root[0])
                ck_assert_int_eq(nftw(fake_root, fake_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void fake_path(char *buf, size_t size, const char *path)
{
        ck_assert_uint_lt((size_t)snprintf(buf, size, "%s/%s", fake_root, path), size);
}

/* Writes in place where the file is there: readers that hold it open see the new text. */
static inline void fake_write(const char *path, const char *text)
{
        char full[512];
        int fd;

        fake_path(full, sizeof(full), path);
        for (char *p = full + strlen(fake_root) + 1; *p; p++)
                if (*p == '/') {
                        *p = 0;
                        ck_assert(mkdir(full, 0755) == 0 || errno == EEXIST);
                        *p = '/';
                }
        fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
}

static inline void fake_unlink(const char *path)
{
        char full[512];

        fake_path(full, sizeof(full), path);
        ck_assert_int_eq(unlink(full), 0);
}

static inline void fake_copy(const char *recorded, const char *path)
{
        char name[512];
        char *text;
        size_t size;

        snprintf(name, sizeof(name), "roots/%s/%s", recorded, path);
        text = fixture_read(name, &size);
        fake_write(path, text);
        free(text);
}

/* The files of a recorded machine that fragd reads, without debugfs. */
static inline void fake_root_make(const char *recorded)
{
        static const char *const files[] = {
                "proc/buddyinfo",
                "proc/zoneinfo",
                "proc/vmstat",
                "proc/meminfo",
                "proc/pagetypeinfo",
                "proc/sys/vm/compaction_proactiveness",
                "proc/sys/vm/watermark_boost_factor",
                "proc/sys/vm/extfrag_threshold",
                "sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
        };

        strcpy(fake_root, "/tmp/fragd-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(fake_root));
        for (size_t i = 0; i < ELEMENTSOF(files); i++)
                fake_copy(recorded, files[i]);
}
