/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/root.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/limits.h"

#define FILE_SIZE_INITIAL 4096
/* For a sysctl the kernel allocates, and clears, as much as is asked for (fs/proc/proc_sysctl.c proc_sys_call_handler()). */
#define SINGLE_SIZE_INITIAL 64
#define INT_TEXT_MAX      32
/* openat2 gives up with -EAGAIN when something was renamed while it resolved "..". */
#define OPEN_TRIES 8

struct RootDir {
        int fd;
        bool real; /* "/" itself */
        char path[];
};

int root_new(RootDir **ret, const char *path)
{
        size_t size = strlen(path) + 1;
        RootDir *r;

        r = malloc(sizeof(*r) + size);
        if (!r)
                return -ENOMEM;
        memcpy(r->path, path, size);
        r->real = path[0] == '/' && path[strspn(path, "/")] == 0;
        r->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (r->fd < 0) {
                int error = -errno;

                free(r);
                return error;
        }
        *ret = r;
        return 0;
}

RootDir *root_free(RootDir *r)
{
        if (!r)
                return NULL;
        safe_close(r->fd);
        free(r);
        return NULL;
}

const char *root_path(const RootDir *r)
{
        return r->path;
}

/* For kernels (before 5.6) and sandboxes without openat2: component by component, refusing what
 * could lead out of the root. Stricter than openat2, as no symlink is followed at all. */
static int open_walk(int root_fd, const char *path, int flags)
{
        _cleanup_close_ int dir = -EBADF;
        char name[256];

        for (;;) {
                size_t n;
                bool last;
                int fd;

                path += strspn(path, "/");
                n = strcspn(path, "/");
                if (n == 0 || n >= sizeof(name))
                        return n == 0 ? -EISDIR : -ENAMETOOLONG;
                memcpy(name, path, n);
                name[n] = 0;
                if (streq(name, ".."))
                        return -EXDEV;
                path += n;
                last = path[strspn(path, "/")] == 0;
                fd = openat(dir < 0 ? root_fd : dir, name,
                        O_NOFOLLOW | O_CLOEXEC | (last ? flags : O_PATH | O_DIRECTORY));
                if (fd < 0 || last)
                        return fd < 0 ? -errno : fd;
                safe_close(dir);
                dir = fd;
        }
}

int root_open(const RootDir *r, const char *path, int flags)
{
        const struct open_how how = {
                .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
        };
        int fd;

        for (unsigned i = 0; i < OPEN_TRIES; i++) {
                fd = (int)syscall(SYS_openat2, r->fd, path, &how, sizeof(how));
                if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
                        break;
        }
        if (fd >= 0)
                return fd;
        if (errno != ENOSYS && errno != EPERM) /* EPERM: seccomp filters that do not know it */
                return -errno;
        if (!r->real)
                return open_walk(r->fd, path, flags);
        fd = openat(r->fd, path + strspn(path, "/"), flags | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

/* Like pread(2), but -errno, and not interrupted by signals. */
static ssize_t read_at(int fd, void *buf, size_t size, size_t offset)
{
        ssize_t n;

        do
                n = pread(fd, buf, size, (off_t)offset);
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : n;
}

int root_read_text(const RootDir *r, const char *path, char *buf, size_t size)
{
        _cleanup_close_ int fd = -EBADF;
        size_t length = 0;
        ssize_t n;
        char more;

        assert(size > 0);
        fd = root_open(r, path, O_RDONLY | O_NOCTTY);
        if (fd < 0)
                return fd;
        while (length < size) {
                n = read_at(fd, buf + length, size - length, length);
                if (n < 0)
                        return (int)n;
                if (n == 0)
                        break;
                length += (size_t)n;
        }
        /* The newline that ends the text may take the NUL's place, nothing else, and nothing may
         * follow it. */
        if (length == size && (buf[length - 1] != '\n' || read_at(fd, &more, 1, length) != 0))
                return -E2BIG;
        while (length > 0 && buf[length - 1] == '\n')
                length--;
        buf[length] = 0;
        return (int)length;
}

int root_read_int(const RootDir *r, const char *path, int64_t *ret)
{
        char text[INT_TEXT_MAX], *digits, *end;
        int64_t value;
        int length;

        length = root_read_text(r, path, text, sizeof(text));
        if (length < 0)
                return length == -E2BIG ? -EINVAL : length;
        digits = text[0] == '-' ? text + 1 : text;
        if (*digits < '0' || *digits > '9') /* strtoll takes blanks and signs */
                return -EINVAL;
        errno = 0;
        value = strtoll(text, &end, 10);
        if (errno != 0 || end != text + length)
                return -EINVAL;
        *ret = value;
        return 0;
}

/* The kernel's own files take what is written as the value; a fake machine's keep what a longer
 * value left behind. That is covered by newlines in the same write, not by O_TRUNC: so nobody, not
 * even after a SIGKILL, finds the file empty. */
static size_t pad_text(const RootDir *r, int fd, char *text, size_t length, size_t size)
{
        struct stat st;

        if (r->real || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= (off_t)length)
                return length;
        size = MIN(size, (size_t)st.st_size);
        memset(text + length, '\n', size - length);
        return size;
}

int root_write_int(const RootDir *r, const char *path, int64_t value)
{
        _cleanup_close_ int fd = -EBADF;
        char text[INT_TEXT_MAX];
        size_t length;
        ssize_t n;

        fd = root_open(r, path, O_WRONLY | O_NOCTTY);
        if (fd < 0)
                return fd;
        length = (size_t)snprintf(text, sizeof(text), "%" PRIi64 "\n", value);
        length = pad_text(r, fd, text, length, sizeof(text));
        do
                n = write(fd, text, length);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        return (size_t)n == length ? 0 : -EIO;
}

void root_file_done(RootFile *f)
{
        safe_close(f->fd);
        free(f->text);
        free(f->spare);
        *f = (RootFile){ .fd = -EBADF, .single = f->single };
}

void root_file_adopt(RootFile *f, int fd)
{
        safe_close(f->fd);
        f->fd = fd;
        f->foreign = true;
}

/* Has an open fd that still is the file of that name. */
static int file_open(RootFile *f, const RootDir *r, const char *path)
{
        struct stat st;
        int fd;

        if (f->foreign)
                return f->fd < 0 ? -ENODEV : 0;
        /* A fake machine's files may be replaced by rename; the kernel's are not. */
        if (f->fd >= 0 && !r->real && (fstat(f->fd, &st) < 0 || st.st_nlink == 0))
                f->fd = safe_close(f->fd);
        if (f->fd >= 0)
                return 0;
        fd = root_open(r, path, O_RDONLY | O_NOCTTY);
        if (fd < 0)
                return fd;
        f->fd = fd;
        return 0;
}

static int spare_reserve(RootFile *f, size_t size)
{
        char *p;

        if (f->spare_allocated >= size)
                return 0;
        if (size > (size_t)SOURCE_SIZE_MAX + 2)
                return -E2BIG;
        p = realloc(f->spare, size);
        if (!p)
                return -ENOMEM;
        f->spare = p;
        f->spare_allocated = size;
        return 0;
}

/* Reads the whole file into spare, always with room left for the NUL. Only a read of nothing says
 * that this was the end: seq_file gives a record at a time where the next does not fit its own
 * buffer, whatever ours holds. The extra call costs about 0.3 us, generating the text 2 to 30. Where the
 * text is one record, a read that left room was all. */
static int file_fill(RootFile *f)
{
        size_t length = 0, room;
        ssize_t n;
        int r;

        r = spare_reserve(f, MAX(f->allocated, (size_t)(f->single ? SINGLE_SIZE_INITIAL : FILE_SIZE_INITIAL)));
        if (r < 0)
                return r;
        for (;;) {
                room = f->spare_allocated - 1 - length;
                n = read_at(f->fd, f->spare + length, room, length);
                if (n < 0)
                        return (int)n;
                if (n == 0)
                        break;
                length += (size_t)n;
                if (length > SOURCE_SIZE_MAX)
                        return -E2BIG;
                if (f->single && (size_t)n < room)
                        break;
                if (length == f->spare_allocated - 1) {
                        r = spare_reserve(
                                f, MIN(f->spare_allocated * 2, (size_t)SOURCE_SIZE_MAX + 2));
                        if (r < 0)
                                return r;
                }
        }
        f->spare[length] = 0;
        f->spare_size = length;
        return length > 0 ? 0 : -ENODATA;
}

int root_file_read(RootFile *f, const RootDir *r, const char *path)
{
        RootFile before;
        int error;

        error = file_open(f, r, path);
        if (error < 0)
                return error;
        error = file_fill(f);
        if (error < 0) {
                f->fd = safe_close(f->fd);
                return error;
        }
        f->changed = f->size != f->spare_size || memcmp(f->text, f->spare, f->size) != 0;
        before = *f;
        f->text = before.spare;
        f->size = before.spare_size;
        f->allocated = before.spare_allocated;
        f->spare = before.text;
        f->spare_size = before.size;
        f->spare_allocated = before.allocated;
        return 0;
}
