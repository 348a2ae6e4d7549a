/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/meminfo-block.h"

#include "decode/slice.h"

/* --- reading --- */

static MemZone *zone_get(MemBlock *m, int node, Slice name)
{
        MemZone *z;

        for (unsigned i = 0; i < m->n_zones; i++)
                if (m->zones[i].node == node && slice_equal(name, m->zones[i].name))
                        return &m->zones[i];
        if (m->n_zones == MEM_ZONES_MAX || slice_size(name) >= MEM_ZONE_NAME_MAX)
                return NULL;
        z = &m->zones[m->n_zones++];
        *z = (MemZone){ .node = node };
        slice_copy(name, z->name, sizeof(z->name));
        return z;
}

static bool zone_name(Slice name)
{
        static const char *const names[] = { "DMA", "DMA32", "Normal", "HighMem", "Movable", "Device" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (slice_equal(name, names[i]))
                        return true;
        return false;
}

/* "free:8704kB boost:0kB min:1716kB ..." */
static void zone_numbers(MemZone *z, Slice s)
{
        static const struct {
                const char *key;
                size_t offset;
        } keys[] = {
                { "free", offsetof(MemZone, free) },
                { "min", offsetof(MemZone, min) },
                { "low", offsetof(MemZone, low) },
                { "high", offsetof(MemZone, high) },
                { "free_cma", offsetof(MemZone, cma) },
                { "reserved_highatomic", offsetof(MemZone, highatomic) },
                /* from 6.13 on; the reserve itself may be in use */
                { "free_highatomic", offsetof(MemZone, highatomic) },
        };

        while (s.p < s.end) {
                Slice key;
                uint64_t n;

                slice_skip_blanks(&s);
                key = slice_until(&s, ": ");
                if (!slice_take(&s, ":") || !slice_number(&s, &n))
                        n = UINT64_MAX;
                for (size_t i = 0; n != UINT64_MAX && i < ELEMENTSOF(keys); i++)
                        if (slice_equal(key, keys[i].key))
                                *(int64_t *)((char *)z + keys[i].offset) = (int64_t)n;
                (void)slice_until(&s, " ");
        }
        z->have_free = true;
}

static unsigned log2_of(uint64_t n)
{
        unsigned order = 0;

        while (n > 1) {
                n /= 2;
                order++;
        }
        return order;
}

static uint8_t block_types(Slice *s)
{
        uint8_t types = 0;
        Slice t = *s;

        slice_skip_blanks(&t);
        if (!slice_take(&t, "("))
                return MEM_TYPES_ANY;
        for (; t.p < t.end && *t.p != ')'; t.p++)
                types |= *t.p == 'C' ? MEM_TYPE_CMA : *t.p == 'H' || *t.p == 'R' ? MEM_TYPE_HIGH : *t.p == 'I' ? 0 : MEM_TYPES_ANY;
        if (t.p < t.end)
                *s = (Slice){ t.p + 1, t.end };
        return types;
}

/* "4*4kB (UM) 31*8kB (UM) ... = 904kB"; '_' is what is left of '*' on pages that take it for emphasis. */
static void zone_blocks(MemBlock *m, MemZone *z, Slice s)
{
        uint64_t blocks[ORDERS_MAX] = { 0 }, n, size, sum = 0;
        uint8_t types[ORDERS_MAX] = { 0 };
        unsigned page_kb = 0, orders = 0;

        for (;;) {
                slice_skip_blanks(&s);
                if (!slice_number(&s, &n) || (!slice_take(&s, "*") && !slice_take(&s, "_")) || !slice_number(&s, &size) || !slice_take(&s, "kB"))
                        break;
                if (orders == 0)
                        page_kb = (unsigned)MIN(size, 1024U);
                /* each size twice the one before: else lines were mixed */
                if (orders == ORDERS_MAX || page_kb == 0 || size != (uint64_t)page_kb << orders || n > UINT32_MAX)
                        goto garbled;
                blocks[orders] = n;
                types[orders] = block_types(&s);
                sum += n * size;
                orders++;
        }
        if (orders == 0)
                return;
        if (!slice_take(&s, "= ") || !slice_number(&s, &n) || n != sum || log2_of(page_kb) > 6)
                goto garbled;
        memcpy(z->blocks, blocks, sizeof(blocks));
        memcpy(z->types, types, sizeof(types));
        z->n_orders = orders;
        z->have_blocks = true;
        m->page_kb = page_kb;
        return;
garbled:
        m->garbled = true;
}

static void zone_reserves(MemZone *z, Slice s)
{
        z->n_reserves = 0;
        for (; z->n_reserves < MEM_RESERVES_MAX; z->n_reserves++) {
                slice_skip_blanks(&s);
                if (!slice_number(&s, &z->reserve[z->n_reserves]))
                        return;
        }
}

bool mem_line(MemBlock *m, const char *line, size_t size)
{
        Slice s = slice_of(line, size), name;
        uint64_t node = 0;
        MemZone *z;

        slice_skip_blanks(&s);
        if (slice_begins(s, "Mem-Info:") || slice_begins(s, "Mem-info:")) {
                m->begun = true;
                return true;
        }
        if (slice_take(&s, "lowmem_reserve[]:")) {
                if (m->n_zones > 0)
                        zone_reserves(&m->zones[m->n_zones - 1], s);
                return true;
        }
        if (slice_take(&s, "Node ") && (!slice_number(&s, &node) || !slice_take(&s, " ") || node >= NODES_MAX))
                return false;
        name = slice_until(&s, ": ");
        if (!zone_name(name))
                return false;
        if (slice_begins(s, " free:")) {
                z = zone_get(m, (int)node, name);
                if (z)
                        zone_numbers(z, s);
                return true;
        }
        if (!slice_take(&s, ": "))
                return false;
        slice_skip_blanks(&s);
        if (s.p == s.end || !slice_is_digit(*s.p))
                return false;
        z = zone_get(m, (int)node, name);
        if (z)
                zone_blocks(m, z, s);
        return true;
}

/* --- judging --- */

/* In the order in which they lie; an allocation may use one and all before it. */
static const char *const zone_order[] = { "DMA", "DMA32", "Normal", "HighMem", "Movable", "Device" };

static unsigned zone_rank(const char *name)
{
        unsigned i = 0;

        while (i < ELEMENTSOF(zone_order) && !streq(zone_order[i], name))
                i++;
        return i;
}

/* The highest zone that an allocation with these flags may use (include/linux/gfp.h, gfp_zone()). */
static unsigned highest_rank(uint64_t flags)
{
        if (flags & GFP_DMA)
                return 0;
        if (flags & GFP_DMA32)
                return 1;
        if (!(flags & GFP_HIGHMEM))
                return 2;
        return flags & GFP_MOVABLE ? 4 : 3;
}

static bool block_has(const MemBlock *m, const char *zone)
{
        for (unsigned i = 0; i < m->n_zones; i++)
                if (streq(m->zones[i].name, zone))
                        return true;
        return false;
}

/* What lowmem_reserve[] says to an allocation whose highest zone has that rank. The array has an entry for each zone that the kernel
 * was built with, by their number and the ones that are there. */
static uint64_t zone_reserve(const MemBlock *m, const MemZone *z, unsigned rank)
{
        bool built[] = { true, true, true, true, true, true };
        unsigned index = 0;

        if (z->n_reserves < 6)
                built[3] = z->n_reserves == 4 ? block_has(m, "HighMem") : z->n_reserves < 4 && !block_has(m, "DMA") && !block_has(m, "DMA32");
        if (z->n_reserves < 5) {
                built[5] = false;
                built[1] = z->n_reserves == 4 ? !built[3] : block_has(m, "DMA32") && !block_has(m, "DMA");
                built[0] = z->n_reserves == 4 || block_has(m, "DMA");
        }
        for (unsigned i = 0; i < rank; i++)
                index += built[i];
        if (!built[rank] && index > 0)
                index--;
        return index < z->n_reserves ? z->reserve[index] : 0;
}

typedef struct Ask {
        int order;
        uint64_t flags;
        bool old; /* before 4.4 */
        unsigned rank;
        int64_t page_kb;
} Ask;

static bool block_usable(const MemZone *z, unsigned order, const Ask *ask)
{
        bool harder = !(ask->flags & GFP_DIRECT);

        if (z->blocks[order] == 0)
                return false;
        return (z->types[order] & MEM_TYPES_ANY) || ((z->types[order] & MEM_TYPE_CMA) && (ask->flags & GFP_MOVABLE)) ||
               ((z->types[order] & MEM_TYPE_HIGH) && harder);
}

/* The watermark that this one has to leave alone (gfp_to_alloc_flags()). */
static int64_t zone_mark(const MemBlock *m, const MemZone *z, const Ask *ask)
{
        int64_t min = z->min;

        if (ask->flags & GFP_HIGH)
                min -= min / 2;
        if ((ask->flags & GFP_HARDER) || ((ask->flags & GFP_HIGH) && !(ask->flags & GFP_DIRECT)))
                min -= min / 4;
        return min + (int64_t)MIN(zone_reserve(m, z, ask->rank), (uint64_t)INT32_MAX) * ask->page_kb;
}

static int64_t zone_usable_kb(const MemZone *z, const Ask *ask)
{
        int64_t left = z->free;

        if (!(ask->flags & GFP_MOVABLE))
                left -= z->cma;
        if (ask->flags & GFP_DIRECT)
                left -= z->highatomic;
        return MAX(left, 0);
}

/* The check of kernels before 4.4: what is left without the smaller blocks against ever smaller marks. */
static bool old_check(const MemZone *z, const Ask *ask, int64_t left, int64_t mark)
{
        for (int o = 0; o < ask->order && o < (int)z->n_orders; o++) {
                left -= (int64_t)z->blocks[o] * (ask->page_kb << o);
                mark /= 2;
                if (left <= mark)
                        return false;
        }
        return true;
}

static MemVerdict zone_judge(const MemBlock *m, const MemZone *z, const Ask *ask)
{
        int64_t mark = zone_mark(m, z, ask), left = zone_usable_kb(z, ask) - ((1LL << ask->order) - 1) * ask->page_kb;

        if (left <= mark)
                return MEM_SHORT;
        if (!z->have_blocks)
                return ask->order > 0 ? MEM_FRAGMENTED : MEM_THERE;
        if (ask->old)
                return ask->order == 0 || old_check(z, ask, left, mark) ? MEM_THERE : MEM_FRAGMENTED;
        for (unsigned o = (unsigned)ask->order; o < z->n_orders; o++)
                if (block_usable(z, o, ask))
                        return MEM_THERE;
        return MEM_FRAGMENTED;
}

MemVerdict mem_judge(const MemBlock *m, int order, const Gfp *gfp, uint64_t nodes, int64_t *ret_free_kb, char *ret_zone, bool *ret_blocks)
{
        Ask ask = { .order = MIN(order, (int)ORDERS_MAX - 1), .flags = gfp->flags, .old = gfp->old_zonelists,
                .rank = highest_rank(gfp->flags), .page_kb = m->page_kb > 0 ? m->page_kb : 4 };
        MemVerdict all = MEM_UNKNOWN;
        int64_t most = -1;

        *ret_blocks = false;
        for (unsigned i = 0; i < m->n_zones; i++) {
                const MemZone *z = &m->zones[i];
                MemVerdict v;

                if (!z->have_free || zone_rank(z->name) > ask.rank || (z->node < 64 && !(nodes >> z->node & 1)))
                        continue;
                v = zone_judge(m, z, &ask);
                all = MAX(all, v);
                *ret_blocks = *ret_blocks || z->have_blocks;
                if (zone_usable_kb(z, &ask) > most) {
                        most = zone_usable_kb(z, &ask);
                        *ret_free_kb = most;
                        memcpy(ret_zone, z->name, sizeof(z->name));
                }
        }
        return all;
}
