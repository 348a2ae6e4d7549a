/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/owners.h"

#include <stdio.h>

#include "base/macros.h"

static const struct {
        const char *name, *title, *note;
} kinds[_OWNER_KIND_MAX] = {
        [OWNER_SLAB] = { "slab", "slab caches", "kernel objects: do not move" },
        [OWNER_SLAB_OTHER] = { "slab-other", "other slab caches", "kernel objects: do not move" },
        [OWNER_PAGE_TABLES] = { "page-tables", "page tables", "do not move; fewer with huge pages" },
        [OWNER_KERNEL_STACKS] = { "kernel-stacks", "kernel stacks", "one for each thread: do not move" },
        [OWNER_VMALLOC] = { "vmalloc", "vmalloc", "single pages of the kernel: do not move" },
        [OWNER_PERCPU] = { "percpu", "per-CPU memory", "does not move; grows with cgroups" },
        [OWNER_HUGETLB] = { "hugetlb", "hugetlb pools", "whole huge pages: not broken up" },
        [OWNER_MLOCKED] = { "mlocked", "locked (mlock)",
                "moves only where vm.compact_unevictable_allowed is 1" },
        [OWNER_UNEVICTABLE] = { "unevictable", "unevictable, not mlocked",
                "as locked; secretmem never moves" },
        [OWNER_PINNED] = { "pinned", "pinned (DMA, RDMA, io_uring)", "does not move until unpinned" },
        [OWNER_CMA] = { "cma", "CMA in use", "lent to movable memory, or taken by a driver" },
        [OWNER_BALLOON] = { "balloon", "balloon", "given back to the host" },
        [OWNER_ZFS_ARC] = { "zfs-arc", "ZFS ARC", "does not move; zfs_arc_max limits it" },
        [OWNER_REST] = { "rest", "not accounted", "drivers' own pages, most likely" },
};

const char *owner_kind_name(OwnerKind k)
{
        assert((unsigned)k < _OWNER_KIND_MAX);
        return kinds[k].name;
}

const char *owner_kind_note(OwnerKind k)
{
        assert((unsigned)k < _OWNER_KIND_MAX);
        return kinds[k].note;
}

static Owner *add(Owners *o, OwnerKind kind, uint64_t bytes)
{
        Owner *item;

        if (bytes == 0 || bytes == UNKNOWN_U64 || o->n == OWNERS_MAX)
                return NULL;
        item = &o->items[o->n++];
        *item = (Owner){ .kind = kind, .bytes = bytes, .order = UINT32_MAX, .used_permyriad = UINT32_MAX, .reclaimable = -1 };
        snprintf(item->name, sizeof(item->name), "%s", kinds[kind].title);
        return item;
}

static uint64_t cache_bytes(const SlabCache *c, uint32_t page_size)
{
        uint64_t bytes;

        return __builtin_mul_overflow(c->slabs * c->pages_per_slab, page_size, &bytes) ? UINT64_MAX - 1 : bytes;
}

static uint32_t order_of(uint64_t pages)
{
        return pages ? 63 - (uint32_t)__builtin_clzll(pages) : 0;
}

static void add_cache(Owners *o, const SlabCache *c, uint32_t page_size)
{
        Owner *item = add(o, OWNER_SLAB, cache_bytes(c, page_size));

        if (!item)
                return;
        memcpy(item->name, c->name, sizeof(item->name));
        item->order = order_of(c->pages_per_slab);
        item->reclaimable = slab_reclaimable(c->name);
        if (c->objects > 0)
                item->used_permyriad = (uint32_t)(MIN(c->active_objects, c->objects) * (__uint128_t)10000 / c->objects);
}

/* The largest caches one by one, the others as one. */
static void add_slab(Owners *o, const Slabinfo *s, uint32_t page_size)
{
        const SlabCache *top[OWNER_SLABS_MAX];
        uint64_t all = 0, listed = 0;
        size_t n = 0;

        for (size_t i = 0; i < s->n_caches; i++) {
                const SlabCache *c = &s->caches[i];
                size_t k;

                if (__builtin_add_overflow(all, cache_bytes(c, page_size), &all))
                        all = UINT64_MAX - 1;
                for (k = n; k > 0 && cache_bytes(top[k - 1], page_size) < cache_bytes(c, page_size); k--)
                        if (k < ELEMENTSOF(top))
                                top[k] = top[k - 1];
                if (k < ELEMENTSOF(top))
                        top[k] = c;
                n = MIN(n + 1, ELEMENTSOF(top));
        }
        for (size_t i = 0; i < n; i++) {
                add_cache(o, top[i], page_size);
                listed += cache_bytes(top[i], page_size);
        }
        (void)add(o, OWNER_SLAB_OTHER, all > listed ? all - listed : 0);
}

static uint64_t known(uint64_t v)
{
        return v == UNKNOWN_U64 ? 0 : v;
}

static uint64_t pages_bytes(const Model *m, uint64_t pages)
{
        uint64_t bytes;

        return pages == UNKNOWN_U64 || __builtin_mul_overflow(pages, m->page_size, &bytes) ? UNKNOWN_U64 : bytes;
}

static uint64_t pinned_pages(const Vmstat *v)
{
        if (v->nr_foll_pin_acquired == UNKNOWN_U64 || v->nr_foll_pin_released == UNKNOWN_U64)
                return UNKNOWN_U64;
        return v->nr_foll_pin_acquired > v->nr_foll_pin_released ? v->nr_foll_pin_acquired - v->nr_foll_pin_released : 0;
}

/* virtio and VMware balloons count pages in and out; newer kernels have a level. */
static uint64_t balloon(const Model *m)
{
        const Vmstat *v = &m->vmstat;

        if (m->meminfo.balloon != UNKNOWN_U64)
                return m->meminfo.balloon;
        if (v->balloon_inflate == UNKNOWN_U64 || v->balloon_deflate == UNKNOWN_U64)
                return UNKNOWN_U64;
        return pages_bytes(m, v->balloon_inflate > v->balloon_deflate ? v->balloon_inflate - v->balloon_deflate : 0);
}

/* MemTotal without what is counted: free, of processes and files (the LRU lists), and the kernel's own. Where stacks lie
 * in vmalloc memory they are counted there. */
static uint64_t rest(const Meminfo *i, uint64_t arc)
{
        uint64_t vmalloc = known(i->vmalloc_used), stacks = known(i->kernel_stack);
        uint64_t sum = i->free, parts[] = { i->active, i->inactive, i->unevictable, i->slab, i->page_tables, i->sec_page_tables,
                i->percpu, i->hugetlb, vmalloc >= stacks ? vmalloc : vmalloc + stacks, arc };

        if (i->active == UNKNOWN_U64 || i->inactive == UNKNOWN_U64 || i->slab == UNKNOWN_U64 || i->page_tables == UNKNOWN_U64)
                return UNKNOWN_U64;
        for (size_t k = 0; k < ELEMENTSOF(parts); k++)
                if (__builtin_add_overflow(sum, known(parts[k]), &sum))
                        return UNKNOWN_U64;
        return i->total > sum ? i->total - sum : 0;
}

static void add_meminfo(Owners *o, const Meminfo *i, uint64_t arc)
{
        uint64_t mlocked = known(i->mlocked), cma_total = known(i->cma_total);

        (void)add(o, OWNER_PAGE_TABLES, known(i->page_tables) + known(i->sec_page_tables));
        (void)add(o, OWNER_KERNEL_STACKS, i->kernel_stack);
        (void)add(o, OWNER_VMALLOC, i->vmalloc_used);
        (void)add(o, OWNER_PERCPU, i->percpu);
        (void)add(o, OWNER_HUGETLB, i->hugetlb);
        (void)add(o, OWNER_MLOCKED, mlocked);
        (void)add(o, OWNER_UNEVICTABLE, known(i->unevictable) > mlocked ? i->unevictable - mlocked : 0);
        (void)add(o, OWNER_CMA, cma_total > known(i->cma_free) ? cma_total - known(i->cma_free) : 0);
        (void)add(o, OWNER_REST, rest(i, arc));
}

static int larger_first(const void *a, const void *b)
{
        const Owner *x = a, *y = b;

        if (x->bytes != y->bytes)
                return x->bytes < y->bytes ? 1 : -1;
        return strcmp(x->name, y->name);
}

void owners_find(Owners *ret, const Model *m, const Slabinfo *slab, const Arcstats *arc)
{
        uint64_t arc_size = arc ? arc->size : UNKNOWN_U64;

        *ret = (Owners){ 0 };
        if (slab)
                add_slab(ret, slab, m->page_size);
        if (model_has(m, SOURCE_MEMINFO)) {
                if (!slab)
                        (void)add(ret, OWNER_SLAB, m->meminfo.slab_unreclaimable);
                add_meminfo(ret, &m->meminfo, arc_size);
        }
        if (model_has(m, SOURCE_VMSTAT)) {
                (void)add(ret, OWNER_PINNED, pages_bytes(m, pinned_pages(&m->vmstat)));
                (void)add(ret, OWNER_BALLOON, balloon(m));
        }
        (void)add(ret, OWNER_ZFS_ARC, arc_size);
        qsort(ret->items, ret->n, sizeof(ret->items[0]), larger_first);
}
