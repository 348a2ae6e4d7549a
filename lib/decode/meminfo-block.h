/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meminfo-block.h - the Mem-Info block (lib/show_mem.c, mm/page_alloc.c): free memory and watermarks of each zone, and how many
 * blocks of each size were free when it was printed. It decides between fragmentation and shortage. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "decode/gfp.h"

#define MEM_ZONES_MAX     48
#define MEM_ZONE_NAME_MAX 12
#define MEM_RESERVES_MAX  8

/* Which lists a block was on: the letters in brackets. */
#define MEM_TYPES_ANY   0x1 /* U, M, E: for everybody; also where the kernel prints no letters */
#define MEM_TYPE_CMA    0x2
#define MEM_TYPE_HIGH   0x4 /* high-order atomic, or the reserve before 4.4 */

typedef struct MemZone {
        int node;
        char name[MEM_ZONE_NAME_MAX];
        bool have_free, have_blocks;
        int64_t free, min, low, high, cma, highatomic; /* KiB */
        uint64_t reserve[MEM_RESERVES_MAX];            /* pages, for each highest zone */
        unsigned n_reserves;
        uint64_t blocks[ORDERS_MAX];
        uint8_t types[ORDERS_MAX];
        unsigned n_orders;
} MemZone;

typedef struct MemBlock {
        MemZone zones[MEM_ZONES_MAX];
        unsigned n_zones;
        unsigned page_kb; /* 0: not seen */
        bool begun;       /* "Mem-Info:" was there */
        bool garbled;     /* counts that do not add up: lines of two CPUs mixed */
} MemBlock;

typedef enum MemVerdict {
        MEM_UNKNOWN,    /* no zone that could be used is in it */
        MEM_SHORT,      /* free memory of none is above its watermark */
        MEM_FRAGMENTED, /* that of one is, but no block of the order */
        MEM_THERE,      /* a block that would have done was free when this was printed */
} MemVerdict;

/* Takes a line of the block; false: it is none. */
bool mem_line(MemBlock *m, const char *line, size_t size);
/* For an allocation of that order (>= 0) and those flags on those nodes. ret_free_kb: what of it could be used in the zone that has most
 * of it, ret_zone: its name; untouched where unknown. ret_blocks: whether the counts of blocks were there. As __zone_watermark_ok(). */
MemVerdict mem_judge(const MemBlock *m, int order, const Gfp *gfp, uint64_t nodes, int64_t *ret_free_kb, char *ret_zone, bool *ret_blocks);
