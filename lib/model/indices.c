/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/indices.h"

#include "base/macros.h"

uint64_t free_pages(const uint64_t free[static ORDERS_MAX], unsigned n_orders)
{
        uint64_t pages = 0;

        for (unsigned o = 0; o < n_orders; o++)
                pages += free[o] << o;
        return pages;
}

uint64_t free_blocks_suitable(
        const uint64_t free[static ORDERS_MAX], unsigned n_orders, unsigned order)
{
        uint64_t blocks = 0;

        for (unsigned o = order; o < n_orders; o++)
                blocks += free[o] << (o - order);
        return blocks;
}

/* Share of the free pages that is in blocks too small for the order, in parts of `whole`. The
 * kernel cannot exceed it; a text whose sums wrap around could, so it is capped to keep the
 * promised range. */
static uint32_t unusable_share(const uint64_t free[static ORDERS_MAX], unsigned n_orders,
        unsigned order, uint64_t pages, uint32_t whole)
{
        uint64_t suitable = free_blocks_suitable(free, n_orders, order) << order;

        return (uint32_t)MIN((pages - suitable) * whole / pages, (uint64_t)whole);
}

uint32_t unusable_permille(
        const uint64_t free[static ORDERS_MAX], unsigned n_orders, unsigned order)
{
        uint64_t pages = free_pages(free, n_orders);

        return pages > 0 ? unusable_share(free, n_orders, order, pages, 1000) : 1000;
}

int32_t extfrag_permille(const uint64_t free[static ORDERS_MAX], unsigned n_orders, unsigned order)
{
        uint64_t total = 0, scaled;

        for (unsigned o = 0; o < n_orders; o++)
                total += free[o];
        if (total == 0)
                return 0;
        if (free_blocks_suitable(free, n_orders, order) > 0)
                return -1000;

        /* Unsigned up to here, as the kernel has it: the difference wraps below 0 and the
         * conversion brings it back. */
        scaled = UINT64_C(1000) * free_pages(free, n_orders) / (UINT64_C(1) << order);
        return (int32_t)(uint32_t)(UINT64_C(1000) - (UINT64_C(1000) + scaled) / total);
}

uint32_t zone_score(const uint64_t free[static ORDERS_MAX], unsigned n_orders, unsigned order)
{
        uint64_t pages = free_pages(free, n_orders);

        return pages > 0 ? unusable_share(free, n_orders, order, pages, 100) : 0;
}
