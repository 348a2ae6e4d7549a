/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* buddy.h - a zone's page allocator: free lists by order and mobility, pageblocks that carry a
 * type, fallback between types.
 *
 * Models mm/page_alloc.c of Linux 6.1: __free_one_page() (merging), __rmqueue_smallest(),
 * __rmqueue_fallback() with can_steal_fallback() and steal_suitable_fallback() (which other type's
 * block is taken, and whether its whole pageblock changes sides), boost_watermark(),
 * __zone_watermark_ok(). Left out: per-CPU lists, HighAtomic, CMA and isolated blocks.
 *
 * A page number (pfn) counts from 0 in the zone. The allocator knows who holds a page (owner,
 * index), so that compaction can tell its holder where it went. Nothing here knows time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

#define PFN_NONE UINT32_MAX

typedef enum Mobility {
        MOBILITY_UNMOVABLE,
        MOBILITY_MOVABLE,
        MOBILITY_RECLAIMABLE,
        _MOBILITY_MAX
} Mobility;

typedef enum PageKind {
        PAGE_INSIDE, /* not the first of its block */
        PAGE_FREE,
        PAGE_USED,
        PAGE_TAKEN, /* out of the free lists, in nobody's hands yet: compaction's */
} PageKind;

typedef struct Page {
        uint32_t prev, next; /* free: neighbours in the list; used: `next` is the place in the
                                owner's table */
        uint8_t kind, order; /* of a block's first page */
        uint8_t mobility;    /* free: whose list it is in; used: what it was asked as */
        uint8_t owner;
} Page;

typedef struct Buddy {
        uint32_t n_pages;
        uint8_t n_orders,
                block_order; /* block_order: of a pageblock, which is that of a huge page */
        Page *pages;
        uint8_t *block_type; /* by pageblock: Mobility */
        bool *block_skip;    /* by pageblock: compaction found nothing there */
        uint32_t head[_MOBILITY_MAX][ORDERS_MAX];
        uint32_t n_free[_MOBILITY_MAX][ORDERS_MAX];
        uint32_t free_pages;
        uint32_t min, low, high;      /* pages, without the boost */
        uint32_t boost, boost_factor; /* pages; 1/10000 of high */
        bool boosted;                 /* since kswapd last looked */
        uint64_t stolen, claimed;     /* fallbacks; of those, pageblocks that changed sides */
} Buddy;

/* n_pages: whole pageblocks. Watermarks as setup_per_zone_wmarks() has them, from min pages. 0 or
 * -ENOMEM. */
int buddy_init(Buddy *b, uint32_t n_pages, unsigned n_orders, unsigned block_order, uint32_t min);
void buddy_done(Buddy *b);

/* The first page of a block of the order, or PFN_NONE where there is none. Does not look at
 * watermarks. */
uint32_t buddy_alloc(Buddy *b, unsigned order, Mobility mobility, uint8_t owner, uint32_t index);
void buddy_free(Buddy *b, uint32_t pfn);
/* A block of the order could be handed out and leave more than `mark` pages free. */
bool buddy_allows(const Buddy *b, unsigned order, uint32_t mark);
/* Blocks of exactly that order. */
uint32_t buddy_blocks(const Buddy *b, unsigned order);
/* Whether compaction for such a request has reached its end: a block that the request's own type
 * has, or may take over. */
bool buddy_satisfies(const Buddy *b, unsigned order, Mobility mobility);
/* Takes the first page of the free block at pfn out; the rest stays free. */
void buddy_take(Buddy *b, uint32_t pfn);
/* Puts what stands on the page `from` onto the taken page `to`, and frees `from`. Both of order 0.
 */
void buddy_move(Buddy *b, uint32_t from, uint32_t to);

static inline uint32_t buddy_block_pages(const Buddy *b)
{
        return UINT32_C(1) << b->block_order;
}

static inline uint32_t buddy_n_blocks(const Buddy *b)
{
        return b->n_pages >> b->block_order;
}

static inline uint32_t buddy_mark(const Buddy *b, uint32_t mark)
{
        return mark + b->boost;
}

/* Counts everything anew and compares: free pages, list lengths and links, no free pair of buddies
 * left apart. NULL where all is well, else what is not. For tests. */
const char *buddy_complaint(const Buddy *b);
