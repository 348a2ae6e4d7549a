/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/mobility.h"

#include "base/macros.h"

static void count_blocks(const PagetypeZone *z, uint64_t *all, uint64_t *unmovable)
{
        for (size_t t = 0; z->have_blocks && t < _MIGRATE_TYPE_MAX; t++) {
                *all += z->blocks[t];
                if (t == MIGRATE_UNMOVABLE || t == MIGRATE_RECLAIMABLE || t == MIGRATE_HIGHATOMIC)
                        *unmovable += z->blocks[t];
        }
}

static uint32_t share(uint64_t part, uint64_t all)
{
        return all ? (uint32_t)((__uint128_t)MIN(part, all) * 10000 / all) : UINT32_MAX;
}

static uint64_t free_bytes(const PagetypeZone *z, size_t type, unsigned n_orders, uint32_t page_size)
{
        __uint128_t bytes = 0;

        for (unsigned order = 0; order < n_orders; order++)
                bytes += (__uint128_t)z->free[type][order] << order;
        bytes *= page_size;
        return bytes > INT64_MAX ? INT64_MAX : (uint64_t)bytes;
}

void mobility_of_zone(const Pagetypeinfo *p, const PagetypeZone *z, uint32_t page_size, Mobility *ret)
{
        uint64_t unmovable = 0;

        *ret = (Mobility){ 0 };
        count_blocks(z, &ret->blocks, &unmovable);
        ret->unmovable_permyriad = share(unmovable, ret->blocks);
        for (size_t t = 0; t < _MIGRATE_TYPE_MAX; t++)
                ret->types[t] = (MobilityType){
                        .blocks = z->have_blocks ? z->blocks[t] : 0,
                        .mixed_blocks = z->have_mixed ? z->mixed_blocks[t] : UNKNOWN_U64,
                        .free_bytes = free_bytes(z, t, p->n_orders, page_size),
                };
}

uint32_t mobility_of_node(const Pagetypeinfo *p, uint32_t node)
{
        uint64_t all = 0, unmovable = 0;

        for (size_t i = 0; i < p->n_zones; i++)
                if (p->zones[i].node == node)
                        count_blocks(&p->zones[i], &all, &unmovable);
        return share(unmovable, all);
}
