/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reply-memory.h - the replies about what memory is used for, as structs; as reply.h has it. */
#pragma once

#include "cli/reply.h"

typedef struct CensusReply {
        json_int_t read_realtime_usec, read_usec, block_bytes, total_bytes, cma_total_bytes, cma_free_bytes;
        const char *not_read, *hot_plugged_memory;
        json_t *nodes, *zones, *owners, *cma_areas, *boot, *findings; /* lists */
        json_t *memory_blocks; /* NULL, or see reply_memory_blocks() */
} CensusReply;

typedef struct CensusNodeReply {
        json_int_t node, managed_bytes, movable_zone_bytes, user_only_free_bytes, unmovable_permyriad, unmovable_before_permyriad, grown_over_usec;
} CensusNodeReply;

typedef struct CensusZoneReply {
        json_int_t node, blocks, unmovable_permyriad;
        const char *zone;
        json_t *types;
} CensusZoneReply;

typedef struct CensusTypeReply {
        const char *type;
        json_int_t blocks, mixed_blocks, free_bytes;
        int free_at_least;
} CensusTypeReply;

typedef struct CensusOwnerReply {
        const char *owner, *kind, *note;
        json_int_t bytes, order, used_permyriad;
} CensusOwnerReply;

typedef struct CmaAreaReply {
        const char *name;
        json_int_t total_bytes, free_bytes, allocated_pages, failed_pages;
} CmaAreaReply;

typedef struct MemoryBlocksReply {
        json_int_t block_bytes, blocks, looked_at, movable, offline;
} MemoryBlocksReply;

int reply_memory_blocks(json_t *j, MemoryBlocksReply *ret);
typedef struct FallbacksReply {
        int counting;
        const char *why_not; /* NULL */
        json_int_t cpus, below_order, step_usec, steps, steps_needed;
        json_t *kinds, *rates, *findings; /* lists */
} FallbacksReply;

typedef struct FallbackKindReply {
        const char *kind;
        json_int_t total, recent, usual, upper, times_permyriad;
        int unusual;
} FallbackKindReply;

typedef struct FallbackRateReply {
        json_int_t window_usec, over_usec, unmovable, movable;
} FallbackRateReply;

int reply_fallbacks(json_t *parameters, FallbacksReply *ret);
int reply_fallback_kind(json_t *j, FallbackKindReply *ret);
int reply_fallback_rate(json_t *j, FallbackRateReply *ret);
int reply_census(json_t *parameters, CensusReply *ret);
int reply_census_node(json_t *j, CensusNodeReply *ret);
int reply_census_zone(json_t *j, CensusZoneReply *ret);
int reply_census_type(json_t *j, CensusTypeReply *ret);
int reply_census_owner(json_t *j, CensusOwnerReply *ret);
int reply_cma_area(json_t *j, CmaAreaReply *ret);
