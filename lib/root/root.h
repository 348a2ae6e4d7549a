/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* root.h - the machine as a directory: every read and write of /proc and /sys goes through an open root.
 *
 * A RootDir is "/" in production, a recorded machine or a test's fake one otherwise (--root DIR). Paths are relative to it
 * ("proc/buddyinfo") and never leave it: they are resolved with openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS).
 * Where openat2 is missing (before Linux 5.6, valgrind), "/" itself is opened with openat, and below any other root no symlink
 * is followed at all.
 *
 * A RootFile keeps its fd open and reads with pread at 0: seq_file generates fresh text each time and keeps its grown
 * buffer (kernel: fs/seq_file.c). The text buffer grows to what the file needs and is then reused: in steady state a
 * read neither opens nor allocates. A short read is not the end of a file there (one record a read, where the next does not
 * fit the kernel's buffer), so that each read ends in one that gives nothing; but for files that are one record, or no seq_file
 * (single). Nothing here logs or reads clocks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

typedef struct RootDir RootDir;

/* path "/" or a directory. Returns 0 or negative errno (-ENOTDIR, -ENOENT, -EACCES, -ENOMEM). */
int root_new(RootDir **ret, const char *path);
RootDir *root_free(RootDir *r); /* returns NULL; accepts NULL */
static inline void root_freep(RootDir **r)
{
        if (*r)
                root_free(*r);
}
/* The path it was opened with; owned by r. */
const char *root_path(const RootDir *r);
/* Opens a path below the root. flags as open(2), O_CLOEXEC is added. Returns an fd or negative errno. */
int root_open(const RootDir *r, const char *path, int flags);
/* Reads a whole small file into buf as a NUL-terminated string, with trailing newlines removed; the sizes of knobs.
 * Returns the length, or negative errno; -E2BIG where it does not fit. */
int root_read_text(const RootDir *r, const char *path, char *buf, size_t size);
/* Reads one decimal integer. 0, or negative errno; -EINVAL where the text is no integer. */
int root_read_int(const RootDir *r, const char *path, int64_t *ret);
/* open-write-close of a decimal integer, as the kernel wants it (kernel.md: a second write on the same fd is lost).
 * Does not create the file. 0 or negative errno. */
int root_write_int(const RootDir *r, const char *path, int64_t value);

typedef struct RootFile {
        int fd;       /* -EBADF while not open */
        char *text;   /* what the last good read gave; NUL-terminated; owned */
        size_t size;  /* its length without the NUL */
        char *spare;  /* the read before, and room for the next */
        size_t allocated, spare_size, spare_allocated;
        bool changed; /* whether the last good read differs from the one before */
        bool foreign; /* the fd was handed over by root_file_adopt(): never reopened by path */
        bool single;  /* the kernel gives the whole text in one read that has room for it: a sysctl, or a file made by
                         single_open() (/proc/pressure, /proc/meminfo, a task's stat and schedstat) */
} RootFile;

#define ROOT_FILE_INIT        { .fd = -EBADF }
#define ROOT_FILE_INIT_SINGLE { .fd = -EBADF, .single = true }

void root_file_done(RootFile *f); /* as initialised, single included */
/* Takes over an fd that was opened elsewhere (the actor, for root-only sources). */
void root_file_adopt(RootFile *f, int fd);
/* Reads the whole file; opens path first if it is not open. On failure text and size are as before, the fd is closed
 * (so that the next read opens anew), and the result is negative errno: -ENOENT, -EACCES, -ENODATA for an empty file,
 * -E2BIG above SOURCE_SIZE_MAX, -ENODEV when a foreign fd went away. */
int root_file_read(RootFile *f, const RootDir *r, const char *path);
