/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compaction.h"

#include "base/macros.h"
#include "model/indices.h"

#define CLUSTER         32 /* pages moved between two looks at whether it is enough; longest stride */
#define DEFER_SHIFT_MAX 6
#define EXTFRAG_LIMIT   500 /* vm.extfrag_threshold */
#define COSTLY_ORDER    3

static void counts(const Buddy *b, uint64_t free[static ORDERS_MAX])
{
        for (unsigned o = 0; o < b->n_orders; o++)
                free[o] = buddy_blocks(b, o);
}

uint32_t compaction_score(const Buddy *b)
{
        uint64_t free[ORDERS_MAX];

        counts(b, free);
        return zone_score(free, b->n_orders, b->block_order);
}

bool compaction_suitable(const Buddy *b, unsigned order, uint32_t mark)
{
        uint64_t free[ORDERS_MAX];
        int32_t index;

        if (b->free_pages < mark + (UINT32_C(2) << order))
                return false;
        if (order <= COSTLY_ORDER)
                return true;
        counts(b, free);
        index = extfrag_permille(free, b->n_orders, order);
        return index < 0 || index > EXTFRAG_LIMIT;
}

bool compaction_deferred(CompactMemory *m, int order)
{
        if (order < m->order_failed || !m->defer_shift)
                return false;
        if (++m->considered < 1U << m->defer_shift)
                return true;
        m->considered = 1U << m->defer_shift;
        return false;
}

void compaction_failed(CompactMemory *m, int order)
{
        m->considered = 0;
        m->defer_shift = MIN(m->defer_shift + 1, (unsigned)DEFER_SHIFT_MAX);
        m->order_failed = MIN(m->order_failed, order);
}

void compaction_helped(CompactMemory *m, int order)
{
        m->considered = m->defer_shift = 0;
        m->order_failed = MAX(m->order_failed, order + 1);
}

static uint32_t last_block(const Buddy *b)
{
        return b->n_pages - buddy_block_pages(b);
}

static uint32_t block_start(const Buddy *b, uint32_t pfn)
{
        return pfn & ~(buddy_block_pages(b) - 1);
}

static void forget(CompactMemory *m, Buddy *b)
{
        m->flush = false;
        memset(b->block_skip, 0, buddy_n_blocks(b) * sizeof(*b->block_skip));
}

void compaction_flush(CompactMemory *m, Buddy *b)
{
        if (m->flush)
                forget(m, b);
}

/* So much was left out that it is time to look at everything again. */
static bool restarting(const CompactMemory *m, int order)
{
        return order >= m->order_failed && m->defer_shift == DEFER_SHIFT_MAX &&
               m->considered >= 1U << DEFER_SHIFT_MAX;
}

void compaction_begin(Compaction *c, Holders *holders, CompactMemory *memory, CompactMode mode,
        int order, uint32_t stop_score, const Pace *pace)
{
        Buddy *b = holders->buddy;
        bool again = order != ORDER_ANY && memory->valid;

        if (order != ORDER_ANY && restarting(memory, order))
                forget(memory, b);
        *c = (Compaction){ .holders = holders,
                .memory = memory,
                .mode = mode,
                .order = order,
                .stop_score = stop_score,
                .pace = *pace,
                .migrate = again ? memory->migrate : 0,
                .free = again ? memory->free : last_block(b) };
        c->free_floor = block_start(b, c->free);
        c->stride = mode == COMPACT_ASYNC ? CLUSTER : 1;
}

static void end(Compaction *c, CompactStatus status)
{
        const Buddy *b = c->holders->buddy;

        c->status = status;
        c->memory->valid = status == COMPACT_SUCCESS && c->order != ORDER_ANY;
        c->memory->migrate = block_start(b, c->migrate);
        c->memory->free = c->free_floor;
        c->memory->flush |= status == COMPACT_COMPLETE;
}

static bool skipped(const Compaction *c, uint32_t pfn)
{
        const Buddy *b = c->holders->buddy;

        return c->order != ORDER_ANY && b->block_skip[pfn >> b->block_order];
}

/* Worth looking for free pages in: not free as a whole, and nobody's whose pages do not move. */
static bool target_suits(const Compaction *c, uint32_t block)
{
        const Buddy *b = c->holders->buddy;
        const Page *p = &b->pages[block];

        if (p->kind == PAGE_INSIDE || (p->kind == PAGE_FREE && p->order >= b->block_order) ||
                skipped(c, block))
                return false;
        return b->block_type[block >> b->block_order] == MOBILITY_MOVABLE;
}

static void previous_block(Compaction *c, bool looked)
{
        Buddy *b = c->holders->buddy;
        uint32_t size = buddy_block_pages(b);

        if (looked) {
                if (c->order != ORDER_ANY)
                        b->block_skip[c->free_floor >> b->block_order] = true;
                c->stride = c->taken ? 1 : MIN(2 * c->stride, (uint32_t)CLUSTER);
        }
        c->taken = false;
        c->free_floor = c->free = c->free_floor >= size ? c->free_floor - size : 0;
}

/* Takes the next free page above the migration scanner; PFN_NONE where the scanners have met. */
static uint32_t next_free(Compaction *c)
{
        Buddy *b = c->holders->buddy;
        uint32_t size = buddy_block_pages(b);

        while (c->free_floor > block_start(b, c->migrate)) {
                if (c->free == c->free_floor && !target_suits(c, c->free_floor)) {
                        c->stats.scanned_free++;
                        c->stats.nsec += c->pace.scan_free;
                        previous_block(c, false);
                        continue;
                }
                while (c->free < c->free_floor + size) {
                        const Page *p = &b->pages[c->free];

                        c->stats.scanned_free++;
                        c->stats.nsec += c->pace.scan_free;
                        if (p->kind == PAGE_FREE && p->order < b->block_order) {
                                buddy_take(b, c->free);
                                c->taken = true;
                                return c->free++;
                        }
                        c->free += MAX(1U << p->order, c->stride);
                }
                previous_block(c, true);
        }
        return PFN_NONE;
}

/* A whole huge page moves nothing, and a kernel's pageblock is not touched by the first, cautious
 * try. */
static bool source_suits(const Compaction *c, uint32_t block)
{
        const Buddy *b = c->holders->buddy;
        const Page *p = &b->pages[block];

        if (p->kind == PAGE_INSIDE || p->order >= b->block_order || skipped(c, block))
                return false;
        return c->mode != COMPACT_ASYNC ||
               b->block_type[block >> b->block_order] == MOBILITY_MOVABLE;
}

static bool enough(const Compaction *c)
{
        const Buddy *b = c->holders->buddy;

        if (c->order == ORDER_ANY)
                return c->stop_score && compaction_score(b) <= c->stop_score;
        return c->migrate == block_start(b, c->migrate) &&
               buddy_satisfies(b, (unsigned)c->order, MOBILITY_MOVABLE);
}

/* Moves up to a cluster of pages of one pageblock. */
static void step(Compaction *c)
{
        Buddy *b = c->holders->buddy;
        uint32_t block = block_start(b, c->migrate), stop = block + buddy_block_pages(b);

        if (block >= c->free_floor) {
                end(c, COMPACT_COMPLETE);
                return;
        }
        if (c->migrate == block)
                c->found = 0;
        if (c->migrate == block && !source_suits(c, block)) {
                c->stats.scanned_migrate++;
                c->stats.nsec += c->pace.scan_migrate;
                c->migrate = stop;
                return;
        }
        for (unsigned moved = 0; moved < CLUSTER && c->migrate < stop;) {
                const Page *p = &b->pages[c->migrate];
                uint32_t to;

                c->stats.scanned_migrate++;
                c->stats.nsec += c->pace.scan_migrate;
                if (p->kind != PAGE_USED || !holders_movable(c->holders, c->migrate)) {
                        if (p->kind == PAGE_USED &&
                                c->mode == COMPACT_ASYNC) { /* this block will not become whole */
                                c->migrate = stop;
                                break;
                        }
                        c->migrate += 1U << p->order;
                        continue;
                }
                to = next_free(c);
                if (to == PFN_NONE) {
                        end(c, COMPACT_COMPLETE);
                        return;
                }
                holders_move(c->holders, c->migrate++, to);
                c->stats.moved++;
                c->stats.nsec += c->pace.move;
                c->found++;
                moved++;
        }
        if (c->migrate >= stop && !c->found && c->order != ORDER_ANY)
                b->block_skip[block >> b->block_order] = true;
}

uint64_t compaction_run(Compaction *c, uint64_t nsec)
{
        uint64_t before = c->stats.nsec;

        while (c->status == COMPACT_RUNNING && c->stats.nsec - before < nsec) {
                step(c);
                if (c->status == COMPACT_RUNNING && enough(c))
                        end(c, COMPACT_SUCCESS);
        }
        return c->stats.nsec - before;
}
