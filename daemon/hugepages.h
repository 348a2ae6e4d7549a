/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hugepages.h - settings and counts of huge pages, which no sample has: read when somebody asks. The counts of each size of
 * transparent huge pages, where the kernel has them, also once a minute, so that there is something to compare with. */
#pragma once

#include "daemon/sysfs.h"
#include "model/hugepages.h"
#include "parse/cmdline.h"

#define CHOICE_MAX     24
#define HUGE_NODES_MAX 64 /* whose pools are read */

typedef struct Hugepages Hugepages;

/* root: borrowed. -ENOMEM. */
int hugepages_new(Hugepages **ret, const RootDir *root);
Hugepages *hugepages_free(Hugepages *h);
static inline void hugepages_freep(Hugepages **h)
{
        if (*h)
                hugepages_free(*h);
}
/* After each sample. */
void hugepages_sampled(Hugepages *h, usec_t now);

typedef struct Khugepaged {
        uint64_t defrag, pages_to_scan, scan_sleep, alloc_sleep, max_ptes_none; /* sleeps: msec */
        uint64_t collapsed, full_scans; /* since boot */
} Khugepaged;

typedef struct ThpSetting {
        uint64_t size; /* bytes */
        char enabled[CHOICE_MAX];
} ThpSetting;

typedef struct HugeFacts {
        char enabled[CHOICE_MAX], defrag[CHOICE_MAX], shmem[CHOICE_MAX]; /* "" where the kernel lacks it */
        Khugepaged khugepaged; /* UNKNOWN_U64 */
        ThpSetting sizes[HUGE_SIZES_MAX]; /* ascending; none before 6.8 */
        size_t n_sizes;
        ThpReading reading;
        HugePool pools[HUGE_SIZES_MAX * (1 + HUGE_NODES_MAX)]; /* of all nodes, then of each, by size */
        size_t n_pools;
        PoolWanted wanted[HUGE_SIZES_MAX];
        size_t n_wanted;
} HugeFacts;

/* default_size: of hugetlb pages, bytes; UNKNOWN_U64. nodes: ids. Borrowed until the next call. */
const HugeFacts *hugepages_read(
        Hugepages *h, usec_t now, uint64_t default_size, const uint32_t *nodes, size_t n_nodes);
/* The same, as it was HUGEPAGES_AGE ago at most: for those who ask again and again. */
#define HUGEPAGES_AGE (30 * USEC_PER_SEC)
const HugeFacts *hugepages_recent(
        Hugepages *h, usec_t now, uint64_t default_size, const uint32_t *nodes, size_t n_nodes);
const ThpWindow *hugepages_window(const Hugepages *h);
