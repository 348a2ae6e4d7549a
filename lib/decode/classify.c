/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/header.h"

/* The page allocator does not give up on orders up to this one, if it may reclaim and nobody asked it to hurry (PAGE_ALLOC_COSTLY_ORDER). */
#define COSTLY_ORDER 3

static void conclude(Decoded *d, DecodeClass class, bool shown)
{
        d->class = class;
        d->shown = shown;
}

static bool can_wait(const Decoded *d)
{
        return d->gfp.from == GFP_FROM_NOTHING || gfp_may_reclaim(&d->gfp);
}

/* An order above 0, by the Mem-Info block; without one it is a likelihood. */
static void classify_order(Decoded *d)
{
        bool blocks = false;

        if (d->gfp.from == GFP_FROM_NOTHING && d->mem.n_zones > 0) {
                conclude(d, CLASS_FRAGMENTATION, false);
                return;
        }
        switch (mem_judge(&d->mem, d->order, &d->gfp, d->nodes, &d->free_kb, d->zone, &blocks)) {
        case MEM_SHORT: conclude(d, CLASS_SHORTAGE, true); break;
        case MEM_FRAGMENTED: conclude(d, CLASS_FRAGMENTATION, blocks && !d->mem.garbled); break;
        case MEM_THERE:
        case MEM_UNKNOWN: conclude(d, CLASS_FRAGMENTATION, false); break;
        }
}

/* Single pages: never fragmentation. */
static void classify_page(Decoded *d)
{
        bool blocks = false;
        MemVerdict v;

        if (d->gfp.from == GFP_FROM_NOTHING) {
                conclude(d, CLASS_SHORTAGE, false);
                return;
        }
        v = mem_judge(&d->mem, 0, &d->gfp, d->nodes, &d->free_kb, d->zone, &blocks);
        if (!gfp_may_reclaim(&d->gfp))
                conclude(d, CLASS_ATOMIC_RESERVE, v == MEM_SHORT);
        else if (v >= MEM_FRAGMENTED && (stack_has(&d->stack, "__vmalloc") || stack_has(&d->stack, "module_alloc")))
                conclude(d, CLASS_VMALLOC, false);
        else
                conclude(d, CLASS_SHORTAGE, v == MEM_SHORT);
}

static void classify_pages(Decoded *d)
{
        if (d->memcg || stack_has(&d->stack, "mem_cgroup_out_of_memory") || stack_has(&d->stack, "mem_cgroup_oom"))
                conclude(d, CLASS_MEMCG, true);
        else if (d->constrained)
                conclude(d, CLASS_POLICY, true);
        else if (d->order > 0)
                classify_order(d);
        else if (d->order == 0)
                classify_page(d);
        else
                conclude(d, d->kind == DECODE_OOM ? CLASS_SHORTAGE : CLASS_UNKNOWN, false);
}

/* A cache of its own for each control group ("name(12:path)") was how kernels before 5.9 accounted. */
static void classify_slab(Decoded *d)
{
        if (d->memcg)
                conclude(d, CLASS_MEMCG, true);
        else if (d->order > 0)
                classify_order(d);
        else if (!can_wait(d))
                conclude(d, CLASS_ATOMIC_RESERVE, false);
        else if (d->gfp.from == GFP_FROM_NOTHING && d->order < 0)
                conclude(d, CLASS_UNKNOWN, false);
        else
                conclude(d, CLASS_SHORTAGE, false);
}

/* XFS and ZFS try again for ever, and say so. What is small the page allocator would have given them (or not have come back): then it is
 * the limit of a control group that refuses. */
static void classify_kmem(Decoded *d)
{
        int64_t page = 4096, pages;

        if (d->bytes >= 0) {
                pages = (d->bytes + page - 1) / page;
                for (d->order = 0; 1LL << d->order < pages && d->order < 40; d->order++)
                        ;
        }
        if (!d->xfs)
                conclude(d, d->order > COSTLY_ORDER ? CLASS_FRAGMENTATION : CLASS_SHORTAGE, false);
        else if ((d->order >= 0 && d->order <= COSTLY_ORDER) || (d->order < 0 && strstr(d->area, "zone_alloc")))
                conclude(d, CLASS_MEMCG, false);
        else
                conclude(d, CLASS_FRAGMENTATION, false);
}

static void classify_hugetlb(Decoded *d)
{
        if (d->bytes >= 4096)
                for (d->order = 0; 4096LL << d->order < d->bytes && d->order < 40; d->order++)
                        ;
        conclude(d, CLASS_HUGETLB, true);
}

void decode_classify(Decoded *d)
{
        d->compacting = stack_has(&d->stack, "compact_zone") || stack_has(&d->stack, "kcompactd") || stack_has(&d->stack, "compact_node") ||
                        stack_has(&d->stack, "__alloc_pages_direct_compact") || stack_has(&d->stack, "isolate_migratepages") ||
                        stack_has(&d->stack, "isolate_freepages");
        switch (d->kind) {
        case DECODE_PAGE_ALLOCATION:
        case DECODE_STALL:
        case DECODE_OOM: classify_pages(d); break;
        case DECODE_SLAB: classify_slab(d); break;
        case DECODE_VMALLOC: conclude(d, CLASS_VMALLOC, true); break;
        case DECODE_KMEM: classify_kmem(d); break;
        case DECODE_HUNG_TASK:
        case DECODE_LOCKUP: conclude(d, CLASS_COMPACTION, d->compacting); break;
        case DECODE_HUGETLB: classify_hugetlb(d); break;
        case DECODE_CMA: conclude(d, CLASS_CMA, true); break;
        case DECODE_PFNS_BUSY: conclude(d, CLASS_PINNED, true); break;
        case DECODE_SWIOTLB: conclude(d, CLASS_SWIOTLB, true); break;
        case DECODE_TOO_LARGE: conclude(d, CLASS_TOO_LARGE, true); break;
        case DECODE_DRIVER:
        case _DECODE_KIND_MAX: conclude(d, CLASS_UNKNOWN, false); break;
        }
}
