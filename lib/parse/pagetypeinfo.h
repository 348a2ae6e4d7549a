/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pagetypeinfo.h - /proc/pagetypeinfo: pageblocks by migrate type, and the pageblock order.
 *
 * Source: mm/vmstat.c pagetypeinfo_show(). The whole set of sections is repeated for each node with
 * memory. Free counts are capped and print ">100000": they are lower bounds, so only their sum of
 * *types* is kept here (free_capped says so) and buddyinfo is used for totals. Types are mapped by
 * header name, since their set depends on the kernel's config. Reading this file holds the zone
 * lock with interrupts off: never in the fast loop. */
#pragma once

#include "base/limits.h"
#include "parse/parse.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum MigrateType {
        MIGRATE_UNMOVABLE,
        MIGRATE_MOVABLE,
        MIGRATE_RECLAIMABLE,
        MIGRATE_HIGHATOMIC,
        MIGRATE_CMA,
        MIGRATE_ISOLATE,
        MIGRATE_OTHER, /* types of the future, summed */
        _MIGRATE_TYPE_MAX,
} MigrateType;

const char *migrate_type_name(MigrateType t); /* "Unmovable" as the kernel prints it */

typedef struct PagetypeZone {
        uint32_t node;
        char name[ZONE_NAME_MAX];
        uint64_t blocks[_MIGRATE_TYPE_MAX];       /* pageblocks of the type */
        uint64_t mixed_blocks[_MIGRATE_TYPE_MAX]; /* only with page_owner=on; see have_mixed */
        uint64_t free[_MIGRATE_TYPE_MAX]
                     [ORDERS_MAX]; /* free blocks by type and order; lower bounds if capped */
        bool free_capped;          /* a ">" was seen in this zone */
        bool have_blocks, have_mixed;
} PagetypeZone;

typedef struct Pagetypeinfo {
        PagetypeZone *zones; /* owned */
        size_t n_zones, n_allocated;
        unsigned pageblock_order; /* "Page block order: 9" */
        uint64_t pages_per_block;
        unsigned n_orders;
        unsigned skipped;
} Pagetypeinfo;

#define PAGETYPEINFO_INIT                                                                          \
        {                                                                                          \
                0                                                                                  \
        }
void pagetypeinfo_done(Pagetypeinfo *p);
int pagetypeinfo_parse(Pagetypeinfo *p, const char *text, size_t size, ParseError *ret_error);
