/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-ring.h - the ring buffer of one CPU, into which the kernel writes when a compaction begins and ends there (actor/counter.h,
 * perf_event_open(2)). What is in it: stalls/ring.h. */
#pragma once

#include <systemd/sd-event.h>

#include "root/root.h"
#include "stalls/runs.h"

struct perf_event_mmap_page;

typedef struct RunRing {
        struct perf_event_mmap_page *page; /* NULL: not open */
        size_t size;                       /* of the ring behind it */
        int begin_fd, end_fd;
        uint64_t begin, end; /* the events' identifiers */
        uint64_t last;       /* nsec of the last record that was taken */
        uint64_t enabled;    /* nsec, as asked last */
        sd_event_source *io; /* of whoever waits for it */
} RunRing;

/* fds: of the begin and the end, taken on success. From then on the kernel writes. Negative errno as mmap(2) and ioctl(2); -EBADMSG: on a
 * fake machine, no room for a ring. */
int run_ring_open(RunRing *ret, const RootDir *root, const int fds[static 2]);
void run_ring_close(RunRing *ring);
/* As run_events_collect(). */
int run_ring_collect(RunRing *ring, uint64_t until, RunEvents *events);
/* Whether it goes on: false where the CPU was away since it was asked last. Interrupts that CPU. */
bool run_ring_is_alive(RunRing *ring);
