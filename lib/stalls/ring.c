/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stalls/ring.h"

#include <linux/perf_event.h>
#include <string.h>

#include "base/macros.h"

/* The largest record that matters, with its header. */
#define RECORD_MAX 48

typedef struct Sample {
        struct perf_event_header header;
        uint64_t identifier;
        uint32_t tgid, tid;
        uint64_t nsec;
} Sample;

typedef struct Gap {
        struct perf_event_header header;
        uint64_t id, lost;
        uint32_t tgid, tid;
        uint64_t nsec, identifier;
} Gap;

_Static_assert(sizeof(Sample) == 32 && sizeof(Gap) == RECORD_MAX, "as the kernel lays them out");

static void copy_out(const Ring *ring, uint64_t at, void *ret, size_t size)
{
        size_t offset = (size_t)(at & (ring->size - 1)), first = MIN(size, ring->size - offset);

        memcpy(ret, (const char *)ring->data + offset, first);
        memcpy((char *)ret + first, ring->data, size - first);
}

/* 1: it is one that matters; 0: it is not. */
static int sample_read(const Ring *ring, uint16_t size, RunEvent *ret)
{
        Sample s;

        if (size < sizeof(s))
                return -EBADMSG;
        copy_out(ring, ring->tail, &s, sizeof(s));
        if (s.identifier != ring->begin && s.identifier != ring->end)
                return 0;
        *ret = (RunEvent){ .type = s.identifier == ring->begin ? RUN_BEGIN : RUN_END, .tgid = s.tgid, .tid = s.tid, .nsec = s.nsec };
        return 1;
}

static int gap_read(const Ring *ring, uint16_t size, RunEvent *ret)
{
        Gap g;

        if (size < sizeof(g))
                return -EBADMSG;
        copy_out(ring, ring->tail, &g, sizeof(g));
        *ret = (RunEvent){ .type = RUN_GAP, .nsec = g.nsec, .lost = g.lost };
        return 1;
}

static int give_up(Ring *ring)
{
        ring->tail = ring->head;
        return -EBADMSG;
}

int ring_next(Ring *ring, uint64_t until, RunEvent *ret)
{
        while (ring->head != ring->tail) {
                uint64_t left = ring->head - ring->tail;
                struct perf_event_header h;
                RunEvent event;
                int r = 0;

                if (left > ring->size || left < sizeof(h))
                        return give_up(ring);
                copy_out(ring, ring->tail, &h, sizeof(h));
                if (h.size < sizeof(h) || h.size % 8 != 0 || h.size > left)
                        return give_up(ring);
                if (h.type == PERF_RECORD_SAMPLE)
                        r = sample_read(ring, h.size, &event);
                else if (h.type == PERF_RECORD_LOST)
                        r = gap_read(ring, h.size, &event);
                if (r < 0)
                        return give_up(ring);
                if (r > 0 && event.nsec >= until)
                        return 0;
                ring->tail += h.size;
                if (r > 0) {
                        *ret = event;
                        return 1;
                }
        }
        return 0;
}
