/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/tracer.h"

#include <fcntl.h>

#include "base/macros.h"
#include "trace/trace.h"

int tracer_open(Tracer *r, const char *path, uint64_t size_max)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC, 0644);

        if (fd < 0)
                return -errno;
        *r = (Tracer){ .fd = fd, .size_max = size_max };
        return 0;
}

void tracer_done(Tracer *r)
{
        r->fd = safe_close(r->fd);
}

static int write_all(int fd, const char *text, size_t size)
{
        while (size > 0) {
                ssize_t n = write(fd, text, size);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        text += n;
                        size -= (size_t)n;
                }
        }
        return 0;
}

static int write_line(Tracer *r, const Event *event, usec_t now)
{
        _cleanup_free_ char *text = NULL;
        json_t *j = event_to_json(event, now);
        size_t size;
        int k;

        text = j ? json_dumps(j, JSON_COMPACT) : NULL;
        json_decref(j);
        if (!text)
                return -ENOMEM;
        size = strlen(text) + 1;
        text[size - 1] = '\n'; /* the text is no string from here on */
        if (size > r->size_max - r->size)
                return -EFBIG;
        k = write_all(r->fd, text, size);
        if (k < 0)
                return k;
        r->size += size;
        return 0;
}

int tracer_event(Tracer *r, const Event *event, usec_t now)
{
        int k;

        if (r->fd < 0)
                return 0;
        k = write_line(r, event, now);
        if (k < 0) {
                /* Half a line is none. Where even this fails, whoever replays it is told of the last line. */
                (void)(ftruncate(r->fd, (off_t)r->size) < 0);
                tracer_done(r);
        }
        return k;
}
