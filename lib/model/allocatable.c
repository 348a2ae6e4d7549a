/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/allocatable.h"

#include "base/macros.h"
#include "model/indices.h"

static const char *const use_names[_USE_MAX] = {
        [USE_USER] = "user",
        [USE_KERNEL] = "kernel",
};

const char *use_name(Use u)
{
        assert(u >= 0 && u < _USE_MAX);
        return use_names[u];
}

static uint64_t known_or_zero(uint64_t pages)
{
        return pages == UNKNOWN_U64 ? 0 : pages;
}

/* Free pages that such a request may take before the mark stops it. */
static uint64_t spendable(const Zone *z, uint64_t mark, Use use)
{
        uint64_t pages = z->free_pages;

        if (use == USE_KERNEL) {
                if (z->movable)
                        return 0;
                pages = LESS_BY(pages, known_or_zero(z->free_cma));
        }
        pages = LESS_BY(pages, mark);
        pages = LESS_BY(pages,
                known_or_zero(use == USE_KERNEL ? z->protection_kernel : z->protection_user));
        return LESS_BY(pages, known_or_zero(z->free_highatomic));
}

uint64_t zone_allocatable(const Zone *z, unsigned n_orders, unsigned order, Use use)
{
        uint64_t suitable;

        if (order >= n_orders)
                return 0;
        suitable = free_blocks_suitable(z->free, n_orders, order);
        return MIN(suitable, spendable(z, known_or_zero(z->low), use) >> order);
}

uint64_t zone_ceiling(const Zone *z, unsigned n_orders, unsigned order, Use use)
{
        uint64_t reachable, mark;

        if (order >= n_orders)
                return 0;
        /* A boost passes by itself: it does not make memory short. */
        mark = LESS_BY(known_or_zero(z->low), known_or_zero(z->boost));
        reachable = LESS_BY(spendable(z, mark, use), UINT64_C(2) << order) >> order;
        return MAX(reachable, zone_allocatable(z, n_orders, order, use));
}

uint64_t node_allocatable(const Model *m, const Node *n, unsigned order, Use use)
{
        uint64_t blocks = 0;

        for (size_t i = 0; i < n->n_zones; i++)
                blocks += zone_allocatable(&m->zones[n->first_zone + i], m->n_orders, order, use);
        return blocks;
}

uint64_t node_ceiling(const Model *m, const Node *n, unsigned order, Use use)
{
        uint64_t blocks = 0;

        for (size_t i = 0; i < n->n_zones; i++)
                blocks += zone_ceiling(&m->zones[n->first_zone + i], m->n_orders, order, use);
        return blocks;
}
