/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* counter.h - what the kernel does about fragmentation, by its events: kmem:mm_page_alloc_extfrag, counted (how often an allocation had to
 * take a page from blocks of another migrate type); and compaction:mm_compaction_begin and _end, recorded one by one (who compacts, and
 * how long).
 *
 * Counters: for each CPU a group of two counters (perf_event_open(2), PERF_TYPE_TRACEPOINT, no sampling, no buffer): the leader counts
 * allocations that do not move, its sibling those that do, both of fallbacks below the order of a pageblock only (the kernel's
 * `fragmenting`, include/trace/events/kmem.h; its numbers of migrate types are those of include/linux/mmzone.h, where
 * MIGRATE_MOVABLE is 1). A read of the leader gives, as 64-bit numbers: 2, nanoseconds counted, unmovable, movable
 * (PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED).
 *
 * Rings: for each CPU two events that are disabled, the begin and the end. Each record has the event's identifier, the thread and its
 * process as numbers of the actor's pid namespace, and CLOCK_MONOTONIC: nothing of what the event itself carries (no PERF_SAMPLE_RAW),
 * for which the kernel would ask for more. A read gives the number of records and nanoseconds counted. The peer maps a buffer of its own from the first (one page and RUN_RING_SIZE, or two pages
 * where a page is larger), has the second write there too (PERF_EVENT_IOC_SET_OUTPUT), and enables both; its fd is readable when half
 * is full. Threads called kcompactd* or fragd-actor are left out by a filter: compacting is their work.
 *
 * The events, the filters and the layout are fixed here: the peer chooses CPUs and the order, within ranges. Nothing of tracefs is
 * changed; all of it is gone when the last fd is closed.
 *
 * The kernel wants CAP_PERFMON for this unless kernel.perf_event_paranoid is 0 or less: it is in force only within
 * counters_open() (privilege.h). Kernels of Debian and Ubuntu want CAP_SYS_ADMIN where that knob is above 2, which is their default:
 * that capability is never asked for, the knob must be lowered.
 *
 * Below a root other than "/" there is no kernel to count: there, ROOT/fragd-counters/cpuN is the leader of CPU N, a file
 * that holds what a read would give, and its sibling is the same file; and ROOT/fragd-rings/cpuN holds the page and the ring, where
 * begin has identifier 1 and end 2. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "root/root.h"
#include "wire/wire.h"

typedef struct Counters {
        uint32_t opened; /* bit n: CPU WIRE_CPUS group + n */
        int fds[WIRE_FDS_MAX];
        size_t n;
} Counters;

void counters_done(Counters *c);
/* As WIRE_COUNTERS: CPUs that are offline are left out. 0; negative errno, with nothing open. */
int counters_open(const RootDir *root, uint32_t group, uint32_t cpus, unsigned order, Counters *ret);
/* As WIRE_RINGS; otherwise the same. */
int counters_open_rings(const RootDir *root, uint32_t group, uint32_t cpus, Counters *ret);
