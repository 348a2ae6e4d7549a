/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmstat.h - /proc/vmstat: the counters fragd uses, by name. Source: mm/vmstat.c vmstat_text[].
 * The set of names differs between kernels and configurations: what is not printed is UNKNOWN_U64.
 */
#pragma once

#include "parse/parse.h"

#include <stddef.h>

/* X(field and name in the file) - pages or events since boot, except nr_* which are levels. In the
 * order of 6.18's file: the parser is fastest for that, and right for any. */
/* clang-format off */
#define VMSTAT_COUNTERS(X)                                                                         \
        X(nr_free_pages) X(nr_free_pages_blocks) X(nr_mlock) X(nr_free_cma)                        \
        X(nr_inactive_file) X(nr_active_file) X(nr_dirty) X(nr_writeback)                          \
        X(nr_foll_pin_acquired) X(nr_foll_pin_released) X(pgdemote_kswapd)                         \
        X(allocstall_dma) X(allocstall_dma32) X(allocstall_normal) X(allocstall_movable)           \
        X(pgsteal_kswapd) X(pgsteal_direct) X(pgscan_kswapd) X(pgscan_direct)                      \
        X(drop_pagecache) X(drop_slab) X(oom_kill)                                                 \
        X(pgmigrate_success) X(pgmigrate_fail)                                                     \
        X(compact_migrate_scanned) X(compact_free_scanned) X(compact_isolated)                     \
        X(compact_stall) X(compact_fail) X(compact_success)                                        \
        X(compact_daemon_wake) X(compact_daemon_migrate_scanned) X(compact_daemon_free_scanned)    \
        X(htlb_buddy_alloc_success) X(htlb_buddy_alloc_fail)                                       \
        X(cma_alloc_success) X(cma_alloc_fail)                                                     \
        X(thp_fault_alloc) X(thp_fault_fallback) X(thp_fault_fallback_charge)                      \
        X(thp_collapse_alloc) X(thp_collapse_alloc_failed)                                         \
        X(thp_split_page) X(thp_deferred_split_page)                                               \
        X(balloon_inflate) X(balloon_deflate)
/* clang-format on */

typedef struct Vmstat {
#define X(name) uint64_t name;
        VMSTAT_COUNTERS(X)
#undef X
        unsigned skipped; /* names that fragd does not use */
} Vmstat;

void vmstat_reset(Vmstat *v); /* every counter UNKNOWN_U64 */
int vmstat_parse(Vmstat *v, const char *text, size_t size, ParseError *ret_error);
/* The same result, sooner: v is what vmstat_parse() made of `before`, and most lines are as they were then. */
int vmstat_parse_again(Vmstat *v, const char *before, size_t before_size, const char *text, size_t size, ParseError *ret_error);
/* The counters by index, for those who print or record them all. i < VMSTAT_COUNT. */
enum {
#define X(name) VMSTAT_INDEX_##name,
        VMSTAT_COUNTERS(X)
#undef X
                VMSTAT_COUNT,
};
const char *vmstat_name(size_t i);
uint64_t *vmstat_counter(Vmstat *v, size_t i);
