/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/hugepages.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "daemon/writers-read.h"
#include "engine/decision.h" /* NODE_ALL */

#define THP    "sys/kernel/mm/transparent_hugepage"
#define POOLS  "sys/kernel/mm/hugepages"
#define NODES  "sys/devices/system/node"
#define PREFIX "hugepages-"

struct Hugepages {
        const RootDir *root;
        ThpWindow window;
        HugeFacts facts;
        usec_t read; /* 0: never */
};

int hugepages_new(Hugepages **ret, const RootDir *root)
{
        Hugepages *h = calloc(1, sizeof(*h));

        if (!h)
                return -ENOMEM;
        h->root = root;
        *ret = h;
        return 0;
}

Hugepages *hugepages_free(Hugepages *h)
{
        free(h);
        return NULL;
}

const ThpWindow *hugepages_window(const Hugepages *h)
{
        return &h->window;
}

/* --- transparent huge pages --- */

static void read_counts(const Hugepages *h, usec_t now, ThpReading *ret)
{
        char names[HUGE_SIZES_MAX][SYSFS_NAME_MAX], folder[SYSFS_PATH_MAX];
        int n = sysfs_list(h->root, THP, PREFIX, names, ELEMENTSOF(names));

        *ret = (ThpReading){ .at = now };
        for (int i = 0; i < n; i++) {
                ThpCounts c = { .size = sysfs_huge_size(names[i]) };

                snprintf(folder, sizeof(folder), THP "/%s/stats", names[i]);
                c.alloc = sysfs_number(h->root, folder, "anon_fault_alloc");
                if (c.size == 0 || c.alloc == UNKNOWN_U64)
                        continue;
                c.fallback = sysfs_number(h->root, folder, "anon_fault_fallback");
                c.charge = sysfs_number(h->root, folder, "anon_fault_fallback_charge");
                ret->sizes[ret->n++] = c;
        }
}

void hugepages_sampled(Hugepages *h, usec_t now)
{
        ThpReading r;

        if (!thp_window_due(&h->window, now))
                return;
        read_counts(h, now, &r);
        thp_window_add(&h->window, &r);
}

static int by_size(const void *a, const void *b)
{
        uint64_t x = ((const ThpSetting *)a)->size, y = ((const ThpSetting *)b)->size;

        return x < y ? -1 : x > y;
}

static void read_settings(const Hugepages *h, HugeFacts *f)
{
        char names[HUGE_SIZES_MAX][SYSFS_NAME_MAX], folder[SYSFS_PATH_MAX];
        int n = sysfs_list(h->root, THP, PREFIX, names, ELEMENTSOF(names));

        sysfs_choice(h->root, THP, "enabled", f->enabled, sizeof(f->enabled));
        sysfs_choice(h->root, THP, "defrag", f->defrag, sizeof(f->defrag));
        sysfs_choice(h->root, THP, "shmem_enabled", f->shmem, sizeof(f->shmem));
        for (int i = 0; i < n; i++) {
                ThpSetting *s = &f->sizes[f->n_sizes];

                s->size = sysfs_huge_size(names[i]);
                if (s->size == 0)
                        continue;
                snprintf(folder, sizeof(folder), THP "/%s", names[i]);
                sysfs_choice(h->root, folder, "enabled", s->enabled, sizeof(s->enabled));
                f->n_sizes += s->enabled[0] != 0; /* else it is for shared memory only */
        }
        qsort(f->sizes, f->n_sizes, sizeof(f->sizes[0]), by_size);
}

static void read_khugepaged(const Hugepages *h, Khugepaged *ret)
{
        static const char folder[] = THP "/khugepaged";

        *ret = (Khugepaged){
                .defrag = sysfs_number(h->root, folder, "defrag"),
                .pages_to_scan = sysfs_number(h->root, folder, "pages_to_scan"),
                .scan_sleep = sysfs_number(h->root, folder, "scan_sleep_millisecs"),
                .alloc_sleep = sysfs_number(h->root, folder, "alloc_sleep_millisecs"),
                .max_ptes_none = sysfs_number(h->root, folder, "max_ptes_none"),
                .collapsed = sysfs_number(h->root, folder, "pages_collapsed"),
                .full_scans = sysfs_number(h->root, folder, "full_scans"),
        };
}

/* --- hugetlb --- */

static void read_pools(const Hugepages *h, HugeFacts *f, const char *parent, uint32_t node)
{
        char names[HUGE_SIZES_MAX][SYSFS_NAME_MAX], folder[SYSFS_PATH_MAX];
        int n = sysfs_list(h->root, parent, PREFIX, names, ELEMENTSOF(names));

        for (int i = 0; i < n && f->n_pools < ELEMENTSOF(f->pools); i++) {
                HugePool *p = &f->pools[f->n_pools];

                *p = (HugePool){ .node = node, .size = sysfs_huge_size(names[i]) };
                if (p->size == 0 || (size_t)snprintf(folder, sizeof(folder), "%s/%s", parent,
                                            names[i]) >= sizeof(folder))
                        continue;
                p->pages = sysfs_number(h->root, folder, "nr_hugepages");
                p->free = sysfs_number(h->root, folder, "free_hugepages");
                p->surplus = sysfs_number(h->root, folder, "surplus_hugepages");
                p->reserved = sysfs_number(h->root, folder, "resv_hugepages");
                p->overcommit = sysfs_number(h->root, folder, "nr_overcommit_hugepages");
                f->n_pools++;
        }
}

static PoolWanted *wanted_of(HugeFacts *f, uint64_t size)
{
        for (size_t i = 0; i < f->n_wanted; i++)
                if (f->wanted[i].size == size)
                        return &f->wanted[i];
        if (f->n_wanted == HUGE_SIZES_MAX)
                return NULL;
        f->wanted[f->n_wanted] = (PoolWanted){ .size = size };
        return &f->wanted[f->n_wanted++];
}

/* Of the boot parameters. */
static void read_boot(const Hugepages *h, HugeFacts *f, uint64_t default_size)
{
        _cleanup_(root_file_done) RootFile file = ROOT_FILE_INIT_SINGLE;
        Cmdline c;

        if (root_file_read(&file, h->root, "proc/cmdline") < 0 ||
                cmdline_parse(&c, file.text, file.size, NULL) < 0)
                return;
        for (size_t i = 0; i < c.n_pools; i++) {
                uint64_t size = c.pools[i].size ? c.pools[i].size : default_size;
                PoolWanted *w = size == UNKNOWN_U64 ? NULL : wanted_of(f, size);

                if (!w)
                        continue;
                w->count += c.pools[i].count;
                snprintf(w->by, sizeof(w->by), "the boot parameter hugepages=");
        }
}

/* Of sysctl.d, which is applied after the boot parameters: about pages of the default size. */
static void read_sysctls(const Hugepages *h, HugeFacts *f, uint64_t default_size)
{
        _cleanup_free_ WritersFound *found = NULL;
        const Writer *writer;
        PoolWanted *w;
        uint64_t count;

        if (default_size == UNKNOWN_U64 || writers_read_sysctl(&found, h->root) < 0)
                return;
        writer = writers_number(&found->list, WRITER_SYSCTL, "vm.nr_hugepages", &count);
        w = writer ? wanted_of(f, default_size) : NULL;
        if (!w)
                return;
        *w = (PoolWanted){ .size = default_size, .count = count };
        snprintf(w->by, sizeof(w->by), "%s", writer->file);
}

const HugeFacts *hugepages_read(
        Hugepages *h, usec_t now, uint64_t default_size, const uint32_t *nodes, size_t n_nodes)
{
        HugeFacts *f = &h->facts;
        char folder[SYSFS_PATH_MAX];

        *f = (HugeFacts){ 0 };
        h->read = MAX(now, (usec_t)1);
        read_settings(h, f);
        read_khugepaged(h, &f->khugepaged);
        read_counts(h, now, &f->reading);
        read_pools(h, f, POOLS, NODE_ALL);
        for (size_t i = 0; i < MIN(n_nodes, (size_t)HUGE_NODES_MAX); i++) {
                snprintf(folder, sizeof(folder), NODES "/node%" PRIu32 "/hugepages", nodes[i]);
                read_pools(h, f, folder, nodes[i]);
        }
        read_boot(h, f, default_size);
        read_sysctls(h, f, default_size);
        return f;
}

const HugeFacts *hugepages_recent(
        Hugepages *h, usec_t now, uint64_t default_size, const uint32_t *nodes, size_t n_nodes)
{
        if (h->read > 0 && usec_sub(now, h->read) < HUGEPAGES_AGE)
                return &h->facts;
        return hugepages_read(h, now, default_size, nodes, n_nodes);
}
