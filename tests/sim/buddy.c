/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "buddy.h"

#include "base/macros.h"

/* Whom a request turns to when its own type has nothing. */
static const Mobility fallbacks[_MOBILITY_MAX][2] = {
        [MOBILITY_UNMOVABLE] = { MOBILITY_RECLAIMABLE, MOBILITY_MOVABLE },
        [MOBILITY_MOVABLE] = { MOBILITY_RECLAIMABLE, MOBILITY_UNMOVABLE },
        [MOBILITY_RECLAIMABLE] = { MOBILITY_UNMOVABLE, MOBILITY_MOVABLE },
};

static void list_add(Buddy *b, uint32_t pfn, unsigned order, unsigned type)
{
        Page *p = &b->pages[pfn];

        *p = (Page){ .prev = PFN_NONE,
                .next = b->head[type][order],
                .kind = PAGE_FREE,
                .order = (uint8_t)order,
                .mobility = (uint8_t)type };
        if (p->next != PFN_NONE)
                b->pages[p->next].prev = pfn;
        b->head[type][order] = pfn;
        b->n_free[type][order]++;
        b->free_pages += UINT32_C(1) << order;
}

static void list_remove(Buddy *b, uint32_t pfn)
{
        Page *p = &b->pages[pfn];

        if (p->prev != PFN_NONE)
                b->pages[p->prev].next = p->next;
        else
                b->head[p->mobility][p->order] = p->next;
        if (p->next != PFN_NONE)
                b->pages[p->next].prev = p->prev;
        b->n_free[p->mobility][p->order]--;
        b->free_pages -= UINT32_C(1) << p->order;
        p->kind = PAGE_INSIDE;
}

static void list_move(Buddy *b, uint32_t pfn, unsigned type)
{
        unsigned order = b->pages[pfn].order;

        list_remove(b, pfn);
        list_add(b, pfn, order, type);
}

static unsigned type_of(const Buddy *b, uint32_t pfn)
{
        return b->block_type[pfn >> b->block_order];
}

int buddy_init(Buddy *b, uint32_t n_pages, unsigned n_orders, unsigned block_order, uint32_t min)
{
        unsigned top = n_orders - 1;
        uint32_t step = MAX(min / 4, n_pages / 1000), pfn = n_pages;

        assert(n_orders <= ORDERS_MAX && block_order < n_orders &&
                n_pages % (1U << block_order) == 0);
        *b = (Buddy){ .n_pages = n_pages,
                .n_orders = (uint8_t)n_orders,
                .block_order = (uint8_t)block_order,
                .min = min,
                .low = min + step,
                .high = min + 2 * step,
                .boost_factor = 15000 };
        b->pages = calloc(n_pages, sizeof(*b->pages));
        b->block_type = calloc(n_pages >> block_order, sizeof(*b->block_type));
        b->block_skip = calloc(n_pages >> block_order, sizeof(*b->block_skip));
        if (!b->pages || !b->block_type || !b->block_skip) {
                buddy_done(b);
                return -ENOMEM;
        }
        memset(b->block_type, MOBILITY_MOVABLE, n_pages >> block_order);
        memset(b->head, 0xff, sizeof(b->head));
        /* The lowest first in its list: boot hands memory out upwards. */
        while (pfn > 0) {
                unsigned order = top;

                while (pfn & ((1U << order) - 1))
                        order--;
                pfn -= 1U << order;
                list_add(b, pfn, order, MOBILITY_MOVABLE);
        }
        return 0;
}

void buddy_done(Buddy *b)
{
        free(b->pages);
        free(b->block_type);
        free(b->block_skip);
        *b = (Buddy){ 0 };
}

/* Cuts a block down to the order; the upper halves go back to the type's lists. */
static void cut(Buddy *b, uint32_t pfn, unsigned from, unsigned order, unsigned type)
{
        while (from > order) {
                from--;
                list_add(b, pfn + (1U << from), from, type);
        }
}

static uint32_t take_smallest(Buddy *b, unsigned order, unsigned type)
{
        for (unsigned o = order; o < b->n_orders; o++) {
                uint32_t pfn = b->head[type][o];

                if (pfn == PFN_NONE)
                        continue;
                list_remove(b, pfn);
                cut(b, pfn, o, order, type);
                return pfn;
        }
        return PFN_NONE;
}

/* Small movable requests never take a pageblock over for less than half of one: movable pages in
 * others' blocks do no harm. */
static bool may_claim(const Buddy *b, unsigned order, Mobility mobility)
{
        return order >= b->block_order / 2 || mobility != MOBILITY_MOVABLE;
}

static void boost(Buddy *b)
{
        uint32_t most = MAX(
                (uint32_t)((uint64_t)b->high * b->boost_factor / 10000), buddy_block_pages(b));

        if (!b->boost_factor || b->n_pages < 4 * buddy_block_pages(b))
                return;
        b->boost = MIN(b->boost + buddy_block_pages(b), most);
        b->boosted = true;
}

/* All that is free in the pageblock goes to the type's lists; where at least half of it is free or
 * alike, the pageblock is the type's from now on. */
static void claim(Buddy *b, uint32_t pfn, Mobility mobility)
{
        uint32_t first = pfn & ~(buddy_block_pages(b) - 1), end = first + buddy_block_pages(b),
                 alike = 0, unfree = 0;
        unsigned old = type_of(b, pfn);

        for (uint32_t p = first; p < end; p += 1U << b->pages[p].order) {
                const Page *page = &b->pages[p];

                if (page->kind == PAGE_FREE) {
                        list_move(b, p, mobility);
                        alike += 1U << page->order;
                } else if (page->mobility == MOBILITY_MOVABLE)
                        unfree += 1U << page->order; /* what counts as movable */
        }
        if (mobility == MOBILITY_MOVABLE)
                alike += unfree;
        else if (old == MOBILITY_MOVABLE)
                alike += LESS_BY(buddy_block_pages(b), alike + unfree);
        if (alike >= buddy_block_pages(b) / 2) {
                b->block_type[pfn >> b->block_order] = (uint8_t)mobility;
                b->claimed++;
        }
}

static void steal(Buddy *b, uint32_t pfn, Mobility mobility, bool whole)
{
        unsigned order = b->pages[pfn].order;

        b->stolen++;
        if (order >= b->block_order) {
                list_move(b, pfn, mobility);
                for (uint32_t i = 0; i < 1U << (order - b->block_order); i++)
                        b->block_type[(pfn >> b->block_order) + i] = (uint8_t)mobility;
                b->claimed++;
                return;
        }
        boost(b);
        if (whole)
                claim(b, pfn, mobility);
        if (b->pages[pfn].mobility != mobility)
                list_move(b, pfn, mobility);
}

/* The first of the other types that has a block of exactly that order. */
static uint32_t other_with(const Buddy *b, unsigned order, Mobility mobility)
{
        for (unsigned i = 0; i < 2; i++)
                if (b->head[fallbacks[mobility][i]][order] != PFN_NONE)
                        return b->head[fallbacks[mobility][i]][order];
        return PFN_NONE;
}

/* The largest block of another type, which spares a mix for longest; a movable request that may not
 * have the whole pageblock takes the smallest that does. */
static bool fall_back(Buddy *b, unsigned order, Mobility mobility)
{
        for (unsigned o = b->n_orders; o-- > order;) {
                uint32_t pfn = other_with(b, o, mobility);
                bool whole = may_claim(b, o, mobility);

                if (pfn == PFN_NONE)
                        continue;
                if (!whole && o > order)
                        for (unsigned k = order; k < o; k++)
                                if (other_with(b, k, mobility) != PFN_NONE) {
                                        pfn = other_with(b, k, mobility);
                                        break;
                                }
                steal(b, pfn, mobility, whole);
                return true;
        }
        return false;
}

uint32_t buddy_alloc(Buddy *b, unsigned order, Mobility mobility, uint8_t owner, uint32_t index)
{
        uint32_t pfn = take_smallest(b, order, mobility);

        if (pfn == PFN_NONE) {
                if (!fall_back(b, order, mobility))
                        return PFN_NONE;
                pfn = take_smallest(b, order, mobility);
        }
        b->pages[pfn] = (Page){ .next = index,
                .kind = PAGE_USED,
                .order = (uint8_t)order,
                .mobility = (uint8_t)mobility,
                .owner = owner };
        return pfn;
}

/* Joins the block with its buddy as often as that is free. */
static void release(Buddy *b, uint32_t pfn, unsigned order)
{
        unsigned type = type_of(b, pfn);

        while (order + 1U < b->n_orders) {
                uint32_t buddy = pfn ^ (1U << order);

                if (buddy + (1U << order) > b->n_pages || b->pages[buddy].kind != PAGE_FREE ||
                        b->pages[buddy].order != order)
                        break;
                list_remove(b, buddy);
                b->pages[pfn].kind = PAGE_INSIDE;
                pfn &= buddy;
                order++;
        }
        list_add(b, pfn, order, type);
}

void buddy_free(Buddy *b, uint32_t pfn)
{
        assert(b->pages[pfn].kind == PAGE_USED);
        release(b, pfn, b->pages[pfn].order);
}

bool buddy_allows(const Buddy *b, unsigned order, uint32_t mark)
{
        if (b->free_pages < mark + (UINT32_C(1) << order))
                return false;
        for (unsigned o = order; o < b->n_orders; o++)
                if (buddy_blocks(b, o))
                        return true;
        return false;
}

uint32_t buddy_blocks(const Buddy *b, unsigned order)
{
        uint32_t n = 0;

        for (unsigned t = 0; t < _MOBILITY_MAX; t++)
                n += b->n_free[t][order];
        return n;
}

bool buddy_satisfies(const Buddy *b, unsigned order, Mobility mobility)
{
        for (unsigned o = order; o < b->n_orders; o++)
                if (b->head[mobility][o] != PFN_NONE ||
                        (may_claim(b, o, mobility) && other_with(b, o, mobility) != PFN_NONE))
                        return true;
        return false;
}

void buddy_take(Buddy *b, uint32_t pfn)
{
        unsigned order = b->pages[pfn].order, type = b->pages[pfn].mobility;

        assert(b->pages[pfn].kind == PAGE_FREE);
        list_remove(b, pfn);
        cut(b, pfn, order, 0, type);
        b->pages[pfn].kind = PAGE_TAKEN;
        b->pages[pfn].order = 0;
}

void buddy_move(Buddy *b, uint32_t from, uint32_t to)
{
        assert(b->pages[to].kind == PAGE_TAKEN && b->pages[from].kind == PAGE_USED &&
                b->pages[from].order == 0);
        b->pages[to] = b->pages[from];
        release(b, from, 0);
}

/* The blocks of the zone, one after the other: no gap, no free pair of buddies. */
static const char *complaint_of_blocks(const Buddy *b, uint64_t count[_MOBILITY_MAX][ORDERS_MAX])
{
        for (uint32_t p = 0; p < b->n_pages; p += 1U << b->pages[p].order) {
                const Page *page = &b->pages[p];
                uint32_t buddy = p ^ (1U << page->order);

                if (page->kind != PAGE_FREE && page->kind != PAGE_USED)
                        return "a page that is neither free nor used";
                if (p & ((1U << page->order) - 1))
                        return "a block that is not aligned to its size";
                for (uint32_t i = 1; i < 1U << page->order; i++)
                        if (b->pages[p + i].kind != PAGE_INSIDE)
                                return "a block inside another";
                if (page->kind != PAGE_FREE)
                        continue;
                count[page->mobility][page->order]++;
                if (page->order + 1U < b->n_orders && buddy + (1U << page->order) <= b->n_pages &&
                        b->pages[buddy].kind == PAGE_FREE && b->pages[buddy].order == page->order)
                        return "two free buddies that were not joined";
        }
        return NULL;
}

const char *buddy_complaint(const Buddy *b)
{
        uint64_t count[_MOBILITY_MAX][ORDERS_MAX] = { 0 }, pages = 0;
        const char *wrong = complaint_of_blocks(b, count);

        for (unsigned t = 0; t < _MOBILITY_MAX && !wrong; t++)
                for (unsigned o = 0; o < b->n_orders; o++) {
                        uint64_t n = 0;

                        for (uint32_t p = b->head[t][o]; p != PFN_NONE && n <= b->n_pages;
                                p = b->pages[p].next)
                                n++;
                        if (n != count[t][o] || n != b->n_free[t][o])
                                return "a list that is not as long as it says";
                        pages += n << o;
                }
        return wrong ?: pages != b->free_pages ? "a wrong sum of free pages" : NULL;
}
