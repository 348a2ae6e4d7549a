/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/record-file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <zlib.h>

#include "daemon/message-ids.h"

#define VERSION     2U
#define VERSION_OLD 1U /* is read, and written anew */
#define MARK        0x01020304U
#define NAME_SIZE   64
#define PENDING_MAX (256U * 1024) /* is written then */

typedef struct Header {
        char magic[8];
        uint32_t version, mark;
} Header;

typedef struct Frame {
        uint32_t size, crc;
} Frame;

static const Header header_now = { .magic = "fragdrec", .version = VERSION, .mark = MARK };

static const char *file_name(char buf[static NAME_SIZE], const RecordFile *f, const char *suffix)
{
        snprintf(buf, NAME_SIZE, "%s%s", f->name, suffix);
        return buf;
}

bool record_file_owns(const char *file, const char *name)
{
        static const char *const suffixes[] = { "", ".old", ".new", ".damaged" };
        size_t n = strlen(name);

        if (strncmp(file, name, n) != 0)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++)
                if (streq(file + n, suffixes[i]))
                        return true;
        return false;
}

static uint32_t frame_crc(uint32_t size, const uint8_t *data)
{
        uLong crc = crc32(0, (const Bytef *)&size, sizeof(size));

        return (uint32_t)crc32(crc, data, size);
}

/* --- reading --- */

typedef struct Reading {
        const RecordFile *file;
        RecordFileHandler handler;
        void *userdata;
        char name[NAME_SIZE];
        int fd;
        uint64_t size, good; /* of the file; up to where it is good */
        size_t frames;
        bool old; /* of VERSION_OLD, one at least */
        const char *wrong; /* NULL */
} Reading;

/* Whole, or nothing. */
static bool read_at(const Reading *r, uint64_t at, void *buf, size_t size)
{
        size_t done = 0;

        while (done < size) {
                ssize_t n = pread(r->fd, (char *)buf + done, size - done, (off_t)(at + done));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                done += (size_t)n;
        }
        return true;
}

/* 1: a good frame; 0: the end, or it is cut off there; negative errno: see r->wrong. */
static int read_frame(Reading *r, uint8_t *buf)
{
        Frame frame;
        int k;

        if (!read_at(r, r->good, &frame, sizeof(frame)))
                return 0;
        if (frame.size == 0 || frame.size > RECORD_FRAME_MAX) {
                r->wrong = "a size that cannot be";
                return -EBADMSG;
        }
        if (!read_at(r, r->good + sizeof(frame), buf, frame.size))
                return 0;
        if (frame.crc != frame_crc(frame.size, buf)) {
                r->wrong = "a checksum that is not right";
                return -EBADMSG;
        }
        k = r->handler(buf, frame.size, r->userdata);
        if (k < 0) {
                r->wrong = k == -ESTALE ? "what a kernel with other pages recorded"
                                        : "what this version does not know";
                return k;
        }
        r->good += sizeof(frame) + frame.size;
        r->frames++;
        return 1;
}

static bool header_good(Reading *r)
{
        Header header, old = header_now;

        old.version = VERSION_OLD;
        if (!read_at(r, 0, &header, sizeof(header)))
                return false;
        if (memcmp(&header, &old, sizeof(header)) == 0) {
                r->old = true;
                return true;
        }
        return memcmp(&header, &header_now, sizeof(header)) == 0;
}

static int read_frames(Reading *r)
{
        _cleanup_free_ uint8_t *buf = NULL;
        int k;

        if (r->size == 0)
                return 0; /* not even its head was written */
        if (!header_good(r)) {
                r->wrong = "another format or version";
                return -EBADMSG;
        }
        buf = malloc(RECORD_FRAME_MAX);
        if (!buf)
                return -ENOMEM;
        r->good = sizeof(header_now);
        do
                k = read_frame(r, buf);
        while (k > 0);
        return k;
}

static void set_aside(const Reading *r)
{
        char damaged[NAME_SIZE];
        int error = 0;

        file_name(damaged, r->file, ".damaged");
        if (renameat(r->file->dir_fd, r->name, r->file->dir_fd, damaged) < 0)
                error = errno;
        journal_log(r->file->journal, LOG_WARNING, MESSAGE_ID_HISTORY,
                "%s at byte %llu: %s; %zu entries before it are kept, the file %s%s", r->name,
                (unsigned long long)r->good, r->wrong ? r->wrong : strerror(ENOMEM), r->frames,
                error ? "cannot be set aside: " : "is set aside as ",
                error ? strerror(error) : damaged);
}

/* Opens and reads one of the two. Returns its fd, -ENOENT where there is none; -EBADMSG where it
 * was set aside. */
static int read_one(Reading *r, const char *suffix)
{
        struct stat st;
        int k;

        file_name(r->name, r->file, suffix);
        r->good = 0;
        r->frames = 0;
        r->wrong = NULL;
        r->fd = openat(
                r->file->dir_fd, r->name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (r->fd < 0)
                return -errno;
        if (fstat(r->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                r->wrong = "no ordinary file";
                k = -EBADMSG;
        } else {
                r->size = (uint64_t)st.st_size;
                k = read_frames(r);
        }
        if (k < 0) {
                set_aside(r);
                r->fd = safe_close(r->fd);
                return -EBADMSG;
        }
        if (r->good < r->size)
                journal_log(r->file->journal, LOG_NOTICE, MESSAGE_ID_HISTORY,
                        "%s: the last %llu bytes are an entry that was cut off: dropped", r->name,
                        (unsigned long long)(r->size - r->good));
        return r->fd;
}

/* --- writing --- */

static void tell_failure(RecordFile *f, int error)
{
        if (f->failing)
                return;
        f->failing = true;
        journal_log(f->journal, LOG_WARNING, MESSAGE_ID_HISTORY,
                "cannot write %s: %s; history goes on in memory, and is written when that is "
                "possible again",
                f->name, strerror(-error));
}

static int write_all(int fd, const void *data, size_t size)
{
        size_t done = 0;

        while (done < size) {
                ssize_t n = write(fd, (const char *)data + done, size - done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -ENOSPC;
                done += (size_t)n;
        }
        return 0;
}

/* A new file with nothing but its head. */
static int create(RecordFile *f, const char *suffix)
{
        char name[NAME_SIZE];
        int r;

        file_name(name, f, suffix);
        if (unlinkat(f->dir_fd, name, 0) < 0 && errno != ENOENT)
                return -errno;
        f->fd = openat(f->dir_fd, name,
                O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (f->fd < 0)
                return -errno;
        r = write_all(f->fd, &header_now, sizeof(header_now));
        if (r < 0) {
                f->fd = safe_close(f->fd);
                (void)unlinkat(f->dir_fd, name, 0);
                return r;
        }
        f->size = sizeof(header_now);
        f->frames = 0;
        return 0;
}

static int rotate(RecordFile *f)
{
        /* One that could not be opened or put right may still be of use to somebody. */
        const char *suffix = f->fd >= 0 ? ".old" : ".damaged";
        char other[NAME_SIZE];

        if (renameat(f->dir_fd, f->name, f->dir_fd, file_name(other, f, suffix)) < 0 &&
                errno != ENOENT)
                return -errno;
        f->fd = safe_close(f->fd);
        f->renewing = false;
        return create(f, "");
}

static int reading_done(RecordFile *f, Reading *r, int fd)
{
        if (fd < 0)
                return fd;
        if (r->good < r->size && ftruncate(fd, (off_t)r->good) < 0) {
                int error = -errno;

                safe_close(fd);
                return error;
        }
        if (r->good == 0) { /* empty: it has no head */
                safe_close(fd);
                return create(f, "");
        }
        f->fd = fd;
        f->size = r->good;
        f->frames = r->frames;
        return 0;
}

bool record_file_open(RecordFile *f, int dir_fd, const char *name, size_t frames_max,
        const Journal *journal, RecordFileHandler handler, void *userdata)
{
        Reading r = { .file = f, .handler = handler, .userdata = userdata };
        int old, k;

        *f = (RecordFile){ .dir_fd = dir_fd,
                .name = name,
                .frames_max = frames_max,
                .journal = journal,
                .fd = -EBADF };
        if (dir_fd < 0)
                return false;
        old = read_one(&r, ".old");
        safe_close(old);
        k = read_one(&r, "");
        if (old == -EBADMSG || k == -EBADMSG || r.old) {
                safe_close(k);
                f->renewing = true;
                k = create(f, ".new");
        } else if (k == -ENOENT)
                k = create(f, "");
        else
                k = reading_done(f, &r, k);
        if (k < 0)
                tell_failure(f, k);
        return f->renewing;
}

void record_file_renewed(RecordFile *f)
{
        char name[NAME_SIZE];

        if (!f->renewing)
                return;
        f->renewing = false;
        if (f->fd < 0)
                return;
        if (fsync(f->fd) < 0 ||
                (unlinkat(f->dir_fd, file_name(name, f, ".old"), 0) < 0 && errno != ENOENT) ||
                renameat(f->dir_fd, file_name(name, f, ".new"), f->dir_fd, f->name) < 0 ||
                fsync(f->dir_fd) < 0)
                tell_failure(f, -errno);
}

void record_file_done(RecordFile *f)
{
        f->fd = safe_close(f->fd);
        strbuf_done(&f->pending);
}

static int write_pending(RecordFile *f)
{
        int r = 0;

        if (f->fd < 0 || (f->frames >= f->frames_max && !f->renewing))
                r = rotate(f);
        if (r >= 0)
                r = strbuf_error(&f->pending);
        if (r >= 0)
                r = write_all(f->fd, f->pending.data, f->pending.size);
        if (r < 0) {
                /* What of it was written would be a frame that is cut off, with others behind it.
                 */
                if (f->fd >= 0 && ftruncate(f->fd, (off_t)f->size) < 0)
                        f->fd = safe_close(f->fd);
                return r;
        }
        f->size += f->pending.size;
        f->frames += f->n_pending;
        return 0;
}

int record_file_flush(RecordFile *f)
{
        int r = 0;

        if (f->dir_fd < 0 || f->n_pending == 0)
                return 0;
        r = write_pending(f);
        strbuf_reset(&f->pending);
        f->n_pending = 0;
        if (r < 0)
                tell_failure(f, r);
        else if (f->failing) {
                f->failing = false;
                journal_log(
                        f->journal, LOG_NOTICE, MESSAGE_ID_HISTORY, "%s is written again", f->name);
        }
        return r;
}

void record_file_add(RecordFile *f, const uint8_t *data, size_t size)
{
        Frame frame = { .size = (uint32_t)size };

        assert(size > 0 && size <= RECORD_FRAME_MAX);
        if (f->dir_fd < 0)
                return;
        frame.crc = frame_crc(frame.size, data);
        strbuf_add(&f->pending, (const char *)&frame, sizeof(frame));
        strbuf_add(&f->pending, (const char *)data, size);
        f->n_pending++;
}
