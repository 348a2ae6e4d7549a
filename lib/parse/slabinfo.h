/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* slabinfo.h - /proc/slabinfo: the kernel's slab caches, how many slabs each has and how large they are.
 *
 * Source: mm/slab_common.c print_slabinfo_header(), cache_show(). Mode 0400. Reading it takes each cache's list lock and
 * walks lists of partial slabs: never in the fast loop. It does not say which caches are reclaimable
 * (SLAB_RECLAIM_ACCOUNT): slab_reclaimable() goes by the name. Caches of the same size may be merged under one name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "parse/parse.h"

typedef struct SlabCache {
        char name[SLAB_NAME_MAX]; /* printable, cut at its size */
        uint64_t active_objects, objects, object_size; /* object_size in bytes */
        uint64_t pages_per_slab, slabs; /* base pages: 2^order */
} SlabCache;

typedef struct Slabinfo {
        SlabCache *caches; /* in the file's order; owned */
        size_t n_caches, n_allocated;
        unsigned skipped;
} Slabinfo;

#define SLABINFO_INIT                                                                              \
        {                                                                                          \
                0                                                                                  \
        }
void slabinfo_done(Slabinfo *s);
int slabinfo_parse(Slabinfo *s, const char *text, size_t size, ParseError *ret_error);
/* Whether the kernel counts the cache as SReclaimable, as far as its name says: directory entries, inodes, kmalloc-rcl-*. */
bool slab_reclaimable(const char *name);
