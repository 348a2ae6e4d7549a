/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* allocatable.h - blocks that an allocation could really get, now and after a perfect compaction.
 *
 * Per zone and order k, after mm/page_alloc.c __zone_watermark_ok():
 *     spendable  = free pages - low watermark (boost included) - lowmem_reserve against the requester - HighAtomic
 *     allocatable(k) = min(suit(k), spendable >> k)
 *     ceiling(k)     = spendable >> k, with the low watermark unboosted, and where compaction is left its own gap of 2 * 2^k pages
 *                      (mm/compaction.c compact_gap()); what compaction could reach if every page were movable;
 *                      never less than allocatable(k), which is reached already
 * Kernel requests cannot use ZONE_MOVABLE, and free CMA pages count as lost to them. */
#pragma once

#include "model/model.h"

typedef enum Use {
        USE_USER,   /* THP, hugetlb: movable zones and CMA count */
        USE_KERNEL, /* network buffers, slab: they do not */
        _USE_MAX,
} Use;

const char *use_name(Use u); /* "user", "kernel" */

/* Blocks of the order. Without zoneinfo the watermarks are unknown and taken as 0: callers check model_has(). */
uint64_t zone_allocatable(const Zone *z, unsigned n_orders, unsigned order, Use use);
uint64_t zone_ceiling(const Zone *z, unsigned n_orders, unsigned order, Use use);
/* Sums over the node's zones. */
uint64_t node_allocatable(const Model *m, const Node *n, unsigned order, Use use);
uint64_t node_ceiling(const Model *m, const Node *n, unsigned order, Use use);
