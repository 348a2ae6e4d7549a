/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mobility.h - grouping by mobility: how a zone's pageblocks and free memory are shared between migrate types.
 *
 * Source: /proc/pagetypeinfo. A pageblock's type says what is allocated in it first, not what is in it; it stays after
 * whoever polluted it has gone, until the block is claimed again. Here "unmovable" are Unmovable, Reclaimable and
 * HighAtomic, as in Node.unmovable_permyriad. Free counts are lower bounds where the kernel capped them at 100000. */
#pragma once

#include <stdint.h>

#include "parse/pagetypeinfo.h"

typedef struct MobilityType {
        uint64_t blocks, mixed_blocks; /* mixed: UNKNOWN_U64 unless the kernel tells (page_owner=on) */
        uint64_t free_bytes;
} MobilityType;

typedef struct Mobility {
        uint64_t blocks;             /* of all types */
        uint32_t unmovable_permyriad; /* UINT32_MAX without blocks */
        MobilityType types[_MIGRATE_TYPE_MAX];
} Mobility;

void mobility_of_zone(const Pagetypeinfo *p, const PagetypeZone *z, uint32_t page_size, Mobility *ret);
/* Share of the node's pageblocks, permyriad; UINT32_MAX where it has none. */
uint32_t mobility_of_node(const Pagetypeinfo *p, uint32_t node);
