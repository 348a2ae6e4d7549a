/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* buddyinfo.h - /proc/buddyinfo: free blocks of each order, for each populated zone of each online
 * node. Source: mm/vmstat.c frag_show_print(); one line a zone, one column an order, as many
 * columns as the kernel has orders. */
#pragma once

#include "base/limits.h"
#include "parse/parse.h"

#include <stddef.h>

typedef struct BuddyZone {
        uint32_t node;
        char name[ZONE_NAME_MAX];
        uint64_t free[ORDERS_MAX]; /* blocks of exactly that order; 0 above n_orders */
} BuddyZone;

typedef struct Buddyinfo {
        BuddyZone *zones; /* in the file's order; owned */
        size_t n_zones, n_allocated;
        unsigned n_orders; /* columns: the same on every line */
        unsigned skipped;
} Buddyinfo;

#define BUDDYINFO_INIT                                                                             \
        {                                                                                          \
                0                                                                                  \
        }
void buddyinfo_done(Buddyinfo *b);
int buddyinfo_parse(Buddyinfo *b, const char *text, size_t size, ParseError *ret_error);
