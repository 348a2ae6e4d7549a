/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zoneinfo.h - /proc/zoneinfo: watermarks and sizes of each zone, in pages.
 * Source: mm/vmstat.c zoneinfo_show_print(). Every zone of a node is listed, unpopulated ones too
 * (they end after `protection`); the position of a zone in its node's list is its zone index.
 * min/low/high include the boost. */
#pragma once

#include "base/limits.h"
#include "parse/parse.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct ZoneinfoZone {
        uint32_t node;
        uint32_t index; /* zone index: position among the node's zones */
        char name[ZONE_NAME_MAX];
        uint64_t free, min, low, high;
        uint64_t spanned, present, managed;
        uint64_t boost;    /* UNKNOWN_U64 before 5.16 or so */
        uint64_t cma;      /* pages of CMA areas in the zone; UNKNOWN_U64 where not printed */
        uint64_t free_cma; /* nr_free_cma; UNKNOWN_U64 for unpopulated zones */
        uint64_t inactive_file, active_file, write_pending; /* nr_zone_*; write_pending: dirty and under writeback; the same */
        uint64_t free_highatomic;                /* 7.x; UNKNOWN_U64 before */
        uint64_t protection[ZONES_PER_NODE_MAX]; /* lowmem_reserve by the requester's highest zone
                                                    index */
        uint32_t n_protection;
} ZoneinfoZone;

typedef struct Zoneinfo {
        ZoneinfoZone *zones; /* in the file's order; owned */
        size_t n_zones, n_allocated;
        unsigned skipped; /* lines outside what is known of the format */
} Zoneinfo;

#define ZONEINFO_INIT                                                                              \
        {                                                                                          \
                0                                                                                  \
        }
void zoneinfo_done(Zoneinfo *z);
/* A zone whose free/min/low/high/spanned/present/managed/protection are not all there is refused.
 */
int zoneinfo_parse(Zoneinfo *z, const char *text, size_t size, ParseError *ret_error);
