/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring-writer.h - a ring buffer as the kernel would fill it. */
#pragma once

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "stalls/ring.h"

#define BEGIN 101
#define END   102

typedef struct Writer {
        Ring ring;
        char *data; /* exactly the ring's size, for ASan */
} Writer;

/* at: where the kernel's count is; a multiple of 8. */
static inline Writer writer_new(size_t size, uint64_t at)
{
        Writer w = { .data = calloc(1, size) };

        ck_assert_ptr_nonnull(w.data);
        w.ring = (Ring){ .data = w.data, .size = size, .tail = at, .head = at, .begin = BEGIN, .end = END };
        return w;
}

static inline void writer_done(Writer *w)
{
        free(w->data);
}

static inline void put(Writer *w, const void *record, size_t size)
{
        for (size_t i = 0; i < size; i++)
                w->data[w->ring.head++ & (w->ring.size - 1)] = ((const char *)record)[i];
}

static inline void sample(Writer *w, uint64_t id, uint32_t tgid, uint32_t tid, uint64_t nsec)
{
        struct {
                struct perf_event_header h;
                uint64_t id;
                uint32_t tgid, tid;
                uint64_t nsec;
        } s = { { .type = PERF_RECORD_SAMPLE, .size = sizeof(s) }, id, tgid, tid, nsec };

        put(w, &s, sizeof(s));
}

static inline void gap(Writer *w, uint64_t lost, uint64_t nsec)
{
        struct {
                struct perf_event_header h;
                uint64_t id, lost;
                uint32_t tgid, tid;
                uint64_t nsec, identifier;
        } s = { { .type = PERF_RECORD_LOST, .size = sizeof(s) }, BEGIN, lost, 1, 1, nsec, BEGIN };

        put(w, &s, sizeof(s));
}
