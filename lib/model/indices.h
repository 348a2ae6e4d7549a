/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* indices.h - the kernel's own arithmetic on a zone's free lists, to the digit.
 *
 * Input everywhere: free[o] = free blocks of exactly order o, o < n_orders, as in /proc/buddyinfo. All in unsigned 64-bit
 * integers with floor division, as mm/vmstat.c has it, identical in 5.4 to 7.3:
 *     total = sum free[o];  pages = sum free[o] << o;  suit(k) = sum over o >= k of free[o] << (o - k) */
#pragma once

#include <stdint.h>

#include "base/limits.h"

/* pages: all free pages of the zone. */
uint64_t free_pages(const uint64_t free[static ORDERS_MAX], unsigned n_orders);
/* suit(k): blocks of order k that the free lists could be cut into. 0 for k >= n_orders. */
uint64_t free_blocks_suitable(const uint64_t free[static ORDERS_MAX], unsigned n_orders, unsigned order);
/* mm/vmstat.c unusable_free_index(): share of free memory that cannot serve the order, 0..1000; 1000 without free pages. */
uint32_t unusable_permille(const uint64_t free[static ORDERS_MAX], unsigned n_orders, unsigned order);
/* mm/vmstat.c __fragmentation_index(): -1000 where a suitable block exists, 0 without free blocks, else
 * 1000 - (1000 + 1000 * pages / 2^k) / total, which towards 1000 means fragmentation; small negative with one block. */
int32_t extfrag_permille(const uint64_t free[static ORDERS_MAX], unsigned n_orders, unsigned order);
/* mm/vmstat.c extfrag_for_order(): unusable share in percent, 0..100; 0 without free pages. Input of the node score. */
uint32_t zone_score(const uint64_t free[static ORDERS_MAX], unsigned n_orders, unsigned order);
