/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"

#include "base/macros.h"

#define RECLAIM_BATCH 32U /* SWAP_CLUSTER_MAX */
#define COSTLY_ORDER  3

int kernel_init(Kernel *k, uint32_t n_pages, unsigned n_orders, unsigned block_order, uint32_t min,
        const Pace *pace)
{
        int r;

        *k = (Kernel){ .pace = *pace,
                .memory = { .order_failed = ORDERS_MAX },
                .kcompactd = { .wanted = ORDER_ANY },
                .rule = WMARK_RULE_CAPPED,
                .reclaim_nsec = 20000 };
        r = buddy_init(&k->buddy, n_pages, n_orders, block_order, min);
        k->holders.buddy = &k->buddy;
        return r;
}

void kernel_done(Kernel *k)
{
        holders_done(&k->holders);
        buddy_done(&k->buddy);
}

uint32_t kernel_score(const Kernel *k)
{
        return (uint32_t)((uint64_t)k->buddy.n_pages * compaction_score(&k->buddy) /
                          (k->buddy.n_pages + UINT64_C(1)));
}

void kernel_account(Kernel *k, Compaction *run)
{
        k->stats.moved += run->stats.moved;
        k->stats.scanned += run->stats.scanned_migrate + run->stats.scanned_free;
        k->stats.scanned_free += run->stats.scanned_free;
        run->stats = (CompactStats){ 0 };
}

uint32_t kernel_reclaim(Kernel *k, uint32_t pages)
{
        uint32_t before = k->buddy.free_pages;

        while (k->cache && k->cache->n > 0 && k->buddy.free_pages - before < pages)
                holder_drop(&k->holders, k->cache, rng_below(&k->rng, k->cache->n));
        k->stats.stolen_pages += k->buddy.free_pages - before;
        return k->buddy.free_pages - before;
}

static uint32_t take(Kernel *k, const Holder *h, uint32_t index)
{
        uint32_t pfn = buddy_alloc(&k->buddy, h->order, h->mobility, h->id, index);

        if (k->buddy.boosted)
                k->kswapd.on = true;
        return pfn;
}

typedef enum Tried { TRIED_NOT, TRIED_VAIN, TRIED_WELL } Tried;

/* __alloc_pages_direct_compact(): counted unless it is left out for want of free memory. */
static Tried compact(Kernel *k, unsigned order, CompactMode mode, uint64_t *stall)
{
        Compaction run;

        if (!compaction_suitable(&k->buddy, order, buddy_mark(&k->buddy, k->buddy.low)))
                return TRIED_NOT;
        k->stats.compact_stall++;
        if (!compaction_deferred(&k->memory, (int)order)) {
                compaction_begin(&run, &k->holders, &k->memory, mode, (int)order, 0, &k->pace);
                *stall += compaction_run(&run, UINT64_MAX);
                k->stats.direct_nsec += run.stats.nsec;
                kernel_account(k, &run);
                if (run.status == COMPACT_COMPLETE && mode != COMPACT_ASYNC)
                        compaction_failed(&k->memory, (int)order);
        }
        if (!buddy_allows(&k->buddy, order, buddy_mark(&k->buddy, k->buddy.min))) {
                k->stats.compact_fail++;
                return TRIED_VAIN;
        }
        compaction_helped(&k->memory, (int)order);
        return TRIED_WELL;
}

/* try_to_free_pages(): leaves it to compaction where that has room to work. */
static bool reclaim(Kernel *k, unsigned order, uint64_t *stall)
{
        uint32_t freed;

        if (order > 0 &&
                compaction_suitable(&k->buddy, order, buddy_mark(&k->buddy, k->buddy.high)))
                return true;
        k->stats.allocstall++;
        freed = kernel_reclaim(k, MAX(RECLAIM_BATCH, order ? 1U << order : 0));
        *stall += (uint64_t)freed * k->reclaim_nsec;
        k->stats.direct_nsec += (uint64_t)freed * k->reclaim_nsec;
        return freed > 0;
}

/* The tries of each kind of request for large blocks, in order. */
static bool struggle(Kernel *k, unsigned order, Ask ask, uint64_t *stall)
{
        static const CompactMode tries[][4] = {
                [ASK_FAULT] = { COMPACT_ASYNC, COMPACT_ASYNC, COMPACT_ASYNC, COMPACT_LIGHT },
                [ASK_POOL] = { COMPACT_ASYNC, COMPACT_LIGHT, COMPACT_LIGHT, COMPACT_LIGHT },
                [ASK_RING] = { COMPACT_ASYNC, COMPACT_ASYNC },
        };
        static const unsigned n_tries[] = { [ASK_FAULT] = 4, [ASK_POOL] = 4, [ASK_RING] = 2 };

        for (unsigned i = 0; i < n_tries[ask]; i++) {
                if (compact(k, order, tries[ask][i], stall) == TRIED_WELL)
                        return true;
                if (i % 2 == 0 && !reclaim(k, order, stall))
                        return false;
        }
        return false;
}

uint32_t kernel_alloc(Kernel *k, const Holder *h, uint32_t index, Ask ask, uint64_t *stall)
{
        Buddy *b = &k->buddy;

        if (buddy_allows(b, h->order, buddy_mark(b, b->low)))
                return take(k, h, index);
        if (ask != ASK_FAULT) {
                k->kswapd.on = true;
                if (h->order > k->kswapd.order &&
                        !buddy_allows(b, h->order, buddy_mark(b, b->high))) {
                        k->kswapd.order = h->order;
                        k->kswapd.due = UINT32_C(2) << h->order; /* compact_gap() */
                }
        }
        if (buddy_allows(b, h->order, buddy_mark(b, b->min)))
                return take(k, h, index);
        if (ask == ASK_DEFER)
                return PFN_NONE;
        if (h->order > COSTLY_ORDER)
                return struggle(k, h->order, ask, stall) ? take(k, h, index) : PFN_NONE;
        for (unsigned i = 0; i < 16; i++) {
                if (!reclaim(k, 0, stall))
                        break;
                if (buddy_allows(b, h->order, buddy_mark(b, b->min)))
                        return take(k, h, index);
        }
        /* A boost alone keeps nobody from the last pages. */
        return buddy_allows(b, h->order, b->min / 2) ? take(k, h, index) : PFN_NONE;
}

bool kernel_fill(Kernel *k, Holder *h, Ask ask, uint64_t *stall)
{
        if (h->n == h->n_max)
                return false;
        /* Reclaim for one part may drop others of this holder: the item is among them only when it
         * is complete. */
        for (uint32_t i = 0; i < h->unit; i++) {
                uint32_t place = holder_place(h, h->n_max, i);

                h->pfn[place] = PFN_NONE; /* nothing of the item before */
                h->pfn[place] = kernel_alloc(k, h, place, ask, stall);
                k->stats.failed += ask == ASK_ORDINARY && h->pfn[place] == PFN_NONE;
        }
        holder_append(&k->holders, h);
        return true;
}
