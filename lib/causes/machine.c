/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be noticed on the machine as a whole, whatever the objectives are. */
#include <inttypes.h>
#include <stdio.h>

#include "causes/internal.h"

/* So many huge pages that a limit refused are worth a word. */
#define REFUSALS_NOTABLE 10
/* More than four fifths: Documentation/admin-guide/mm/memory-hotplug.rst. */
#define MOVABLE_SHARE 8000
#define PINS_NOTABLE  (UINT64_C(16) << 20)
/* vm.min_free_kbytes is better not more than this share of memory. */
#define RESERVE_SHARE 500

/* In whole seconds, where there are some. */
static usec_t about(usec_t t)
{
        return t >= USEC_PER_SEC ? t / USEC_PER_SEC * USEC_PER_SEC : t;
}

/* --- the reserve of requests that cannot wait --- */

/* Requests with GFP_ATOMIC may go below the min watermark, others may not (mm/page_alloc.c __zone_watermark_ok()): free memory below it
 * means that they are living on their reserve, and that it is being used up. The kernel's own requests take nothing of ZONE_MOVABLE. */
static const Zone *zone_below_min(const Model *m)
{
        for (size_t i = 0; i < m->n_zones; i++) {
                const Zone *z = &m->zones[i];
                uint64_t cma = z->free_cma == UNKNOWN_U64 ? 0 : z->free_cma;

                if (!z->movable && z->min != UNKNOWN_U64 && z->managed != UNKNOWN_U64 && z->managed > 0 && LESS_BY(z->free_pages, cma) < z->min)
                        return z;
        }
        return NULL;
}

void cause_advise_reserve(const Model *m, Cause *ret)
{
        int64_t kib = m->knobs[KNOB_MIN_FREE_KBYTES];
        uint64_t total = cause_total(m);

        if (kib > 0 && total > 0 && kib < INT64_MAX / 2048 && cause_share((uint64_t)kib * 2048, total) < RESERVE_SHARE)
                cause_advise(ret,
                        "A larger reserve: sysctl -w vm.min_free_kbytes=%" PRId64 " (now %" PRId64
                        "), for good in /etc/sysctl.d; for networks also larger receive rings (ethtool -g). Nothing that is against fragmentation "
                        "helps here.",
                        kib * 2, kib);
        else
                cause_advise(ret, "Use less memory: the reserve (vm.min_free_kbytes) is large already. Nothing that is against fragmentation helps here.");
}

static bool atomic_reserve(const CauseFacts *f, Cause *ret)
{
        const Zone *z = model_has(f->model, SOURCE_ZONEINFO) ? zone_below_min(f->model) : NULL;

        if (!z)
                return false;
        ret->id = CAUSE_ATOMIC_RESERVE;
        cause_say(ret,
                "zone %s of node %u has %s free, less than its min watermark of %s: requests that cannot wait (GFP_ATOMIC) live on the last "
                "reserve, and single pages are refused when it is used up, which is want of memory and no fragmentation",
                z->name, z->node, SIZE(cause_bytes(f->model, z->free_pages)), SIZE(cause_bytes(f->model, z->min)));
        cause_advise_reserve(f->model, ret);
        return true;
}

/* --- hugetlb --- */

static const HugePool *pool_of(const CauseFacts *f, uint64_t size, uint32_t node)
{
        for (size_t i = 0; i < f->n_pools; i++)
                if (f->pools[i].size == size && f->pools[i].node == node)
                        return &f->pools[i];
        return NULL;
}

/* The node with fewest of its pages; the kernel spreads them evenly where it can. */
static const HugePool *poorest(const CauseFacts *f, uint64_t size)
{
        const HugePool *least = NULL;

        for (size_t i = 0; f->model->n_nodes > 1 && i < f->n_pools; i++) {
                const HugePool *p = &f->pools[i];

                if (p->size == size && p->node != NODE_ALL && p->pages != UNKNOWN_U64 && (!least || p->pages < least->pages))
                        least = p;
        }
        return least;
}

bool cause_pool(const CauseFacts *f, const PoolWanted *wanted, Cause *ret)
{
        const HugePool *all = pool_of(f, wanted->size, NODE_ALL), *least;
        uint64_t short_by = all ? huge_pool_short(all, wanted->count) : 0;
        char where[64] = "";

        if (short_by == 0)
                return false;
        *ret = (Cause){ .id = CAUSE_HUGETLB_POOL, .bytes = short_by * wanted->size };
        least = poorest(f, wanted->size);
        if (least)
                snprintf(where, sizeof(where), "; fewest are on node %u: %" PRIu64, least->node, least->pages);
        cause_say(ret, "the pool of %s pages is short by %" PRIu64 ": %s asks for %" PRIu64 ", and it has %" PRIu64 "%s", SIZE(wanted->size),
                short_by, wanted->by, wanted->count, wanted->count - short_by, where);
        if (wanted->size > (uint64_t)f->model->page_size << (f->model->n_orders ? f->model->n_orders - 1 : 0))
                cause_advise(ret,
                        "Pages of that size are a matter for the boot: hugepagesz=%s hugepages=%" PRIu64 ", or hugetlb_cma=; fragctl check --size %s "
                        "--count %" PRIu64 " says whether they can be had now.",
                        ARGUMENT(wanted->size), wanted->count, ARGUMENT(wanted->size), short_by);
        else
                cause_advise(ret,
                        "fragctl prepare --hugetlb --size %s --count %" PRIu64 " compacts just enough and adds them; fragctl check --size %s --count %" PRIu64
                        " says beforehand whether they can be had.",
                        ARGUMENT(wanted->size), short_by, ARGUMENT(wanted->size), short_by);
        return true;
}

/* --- limits, CMA, ZONE_MOVABLE --- */

bool causes_want_cgroup(const CauseFacts *f)
{
        return f->thp_charge != UNKNOWN_U64 && f->thp_charge >= REFUSALS_NOTABLE;
}

/* Of systemd's, by its name. */
static bool is_unit(const char *group)
{
        static const char *const endings[] = { ".service", ".slice", ".scope" };
        size_t n = strlen(group);

        for (size_t i = 0; i < ELEMENTSOF(endings); i++)
                if (n > strlen(endings[i]) && streq(group + n - strlen(endings[i]), endings[i]))
                        return true;
        return false;
}

static void name_cgroup(const CauseFacts *f, Cause *ret)
{
        const char *last = strrchr(f->cgroup, '/');

        cause_say(ret,
                "in %s a cgroup's limit refused %" PRIu64 " huge pages, which is no fragmentation; most often at its limit was %.160s, %" PRIu64
                " times since it was made",
                TIME(about(f->over)), f->thp_charge, f->cgroup, f->cgroup_hits);
        if (last && is_unit(last))
                cause_advise(ret, "systemctl set-property %.160s MemoryMax=... raises it; or let what is in it use less.", last + 1);
        else
                cause_advise(ret, "echo BYTES >/sys/fs/cgroup%.160s/memory.max raises it; or let what is in it use less.", f->cgroup);
}

static bool memcg_limit(const CauseFacts *f, Cause *ret)
{
        if (!causes_want_cgroup(f))
                return false;
        ret->id = CAUSE_MEMCG_LIMIT;
        if (f->cgroup) {
                name_cgroup(f, ret);
                return true;
        }
        cause_say(ret, "in %s a cgroup's limit refused %" PRIu64 " huge pages, which is no fragmentation", TIME(about(f->over)), f->thp_charge);
        cause_advise(ret,
                "See which: find /sys/fs/cgroup -name memory.events.local -exec grep -H '^max [1-9]' {} +. Raise its memory.max (systemctl set-property UNIT "
                "MemoryMax=), or let what is in it use less.");
        return true;
}

static bool cma(const CauseFacts *f, Cause *ret)
{
        uint64_t given = f->cma_alloc == UNKNOWN_U64 ? 0 : f->cma_alloc;
        char area[96] = "";

        if (f->cma_fail == UNKNOWN_U64 || f->cma_fail == 0)
                return false;
        ret->id = CAUSE_CMA;
        if (f->cma_area)
                snprintf(area, sizeof(area), " (since boot mostly area %.60s)", f->cma_area);
        cause_say(ret,
                "in %s CMA refused %" PRIu64 " requests and met %" PRIu64 "%s: pages in its areas were pinned or could not be moved, hardly ever for want of free memory",
                TIME(about(f->over)), f->cma_fail, given, area);
        cause_advise(ret, "fragctl census shows the areas; journalctl -k | fragctl decode explains \"PFNs busy\". A larger cma= helps only where an area is full.");
        return true;
}

/* What is pinned for long is moved out of ZONE_MOVABLE and CMA areas first (mm/gup.c), what is pinned for a moment is not. */
bool cause_pins(const Model *m, Cause *ret)
{
        const Vmstat *v = &m->vmstat;
        bool movable = false;
        uint64_t bytes;

        if (!model_has(m, SOURCE_VMSTAT) || v->nr_foll_pin_acquired == UNKNOWN_U64 || v->nr_foll_pin_released == UNKNOWN_U64)
                return false;
        bytes = cause_bytes(m, LESS_BY(v->nr_foll_pin_acquired, v->nr_foll_pin_released));
        if (bytes == UNKNOWN_U64 || bytes < PINS_NOTABLE)
                return false;
        for (size_t i = 0; i < m->n_zones; i++)
                movable = movable || streq(m->zones[i].name, "Movable");
        *ret = (Cause){ .id = CAUSE_PINS, .bytes = bytes };
        cause_say(ret, "%s are pinned for I/O (DMA, RDMA, io_uring, VFIO) and do not move%s", SIZE(bytes),
                movable ? "; where such a page lies in ZONE_MOVABLE, nothing there is free around it and its block cannot be taken offline, and which lie "
                          "there is not counted" :
                          "");
        cause_advise(ret, "%s", movable ? "Buffers for such I/O are better in huge pages set aside at boot (hugepages=)." : "");
        return true;
}

static bool pins_in_movable_zone(const CauseFacts *f, Cause *ret)
{
        for (size_t i = 0; i < f->model->n_zones; i++)
                if (streq(f->model->zones[i].name, "Movable") && f->model->zones[i].present != 0)
                        return cause_pins(f->model, ret);
        return false;
}

bool cause_movable_zone(const Model *m, Cause *ret)
{
        uint64_t movable = 0, managed = 0;

        if (m->n_nodes != 1) /* nodes of movable memory alone are made on purpose */
                return false;
        for (size_t i = 0; i < m->n_zones; i++) {
                if (m->zones[i].managed == UNKNOWN_U64)
                        return false;
                managed += m->zones[i].managed;
                movable += m->zones[i].movable ? m->zones[i].managed : 0;
        }
        if (cause_share(movable, managed) <= MOVABLE_SHARE)
                return false;
        *ret = (Cause){ .id = CAUSE_MOVABLE_ZONE };
        cause_say(ret, "ZONE_MOVABLE has %s of the memory: the kernel's own allocations have to do with the rest", SHARE(cause_share(movable, managed)));
        cause_advise(ret, "A smaller movablecore= at boot: the kernel's memory at its peak and a third more should fit in the rest (fragctl census).");
        return true;
}

static bool movable_zone(const CauseFacts *f, Cause *ret)
{
        return cause_movable_zone(f->model, ret);
}

typedef bool (*MachineFinder)(const CauseFacts *f, Cause *ret);

size_t causes_of_machine(const CauseFacts *f, Cause ret[static CAUSES_MAX])
{
        static const MachineFinder finders[] = { atomic_reserve, memcg_limit, cma, movable_zone, pins_in_movable_zone };
        size_t n;

        n = others_find(f, ret);
        _Static_assert(OTHERS_MAX + ELEMENTSOF(finders) < CAUSES_MAX, "pools come last");
        for (size_t i = 0; i < ELEMENTSOF(finders); i++) {
                ret[n] = (Cause){ 0 };
                n += finders[i](f, &ret[n]);
        }
        for (size_t i = 0; i < f->n_wanted && n < CAUSES_MAX; i++)
                n += cause_pool(f, &f->wanted[i], &ret[n]);
        return n;
}
