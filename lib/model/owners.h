/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* owners.h - who is likely to hold memory that compaction cannot move, from what the kernel counts anyway.
 *
 * Sources: meminfo (Documentation/filesystems/proc.rst), vmstat, slabinfo, OpenZFS's arcstats. Sizes in bytes. They are
 * not exact and overlap a little: stacks of threads lie in vmalloc memory on most kernels (CONFIG_VMAP_STACK), and what
 * is locked or pinned belongs to processes. "Rest" is what no counter of the kernel explains: pages that drivers took. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "parse/arcstats.h"
#include "parse/slabinfo.h"

typedef enum OwnerKind {
        OWNER_SLAB,        /* one slab cache, or all of them where slabinfo cannot be read */
        OWNER_SLAB_OTHER,  /* the caches that are not listed on their own */
        OWNER_PAGE_TABLES,
        OWNER_KERNEL_STACKS,
        OWNER_VMALLOC,
        OWNER_PERCPU,
        OWNER_HUGETLB,
        OWNER_MLOCKED,
        OWNER_UNEVICTABLE, /* not mlocked: ramfs, SHM_LOCK, secretmem */
        OWNER_PINNED,      /* by drivers: DMA, RDMA, io_uring, VFIO */
        OWNER_CMA,
        OWNER_BALLOON,
        OWNER_ZFS_ARC,
        OWNER_REST,
        _OWNER_KIND_MAX,
} OwnerKind;
const char *owner_kind_name(OwnerKind k);  /* "slab", "page-tables" */
/* Whether and how it can move, or what makes it smaller; one clause. */
const char *owner_kind_note(OwnerKind k);

typedef struct Owner {
        OwnerKind kind;
        char name[SLAB_NAME_MAX]; /* "kmalloc-1k", "page tables" */
        uint64_t bytes;
        /* Of a slab cache, else UINT32_MAX. */
        uint32_t order;           /* of each of its slabs */
        uint32_t used_permyriad;  /* of its objects: few in use, and the slabs cannot go all the same */
        int reclaimable;          /* slab: 1 by its name, 0; else -1 */
} Owner;

#define OWNERS_MAX      32
#define OWNER_SLABS_MAX 12 /* caches listed on their own: the largest */

typedef struct Owners {
        Owner items[OWNERS_MAX]; /* largest first */
        size_t n;
} Owners;

/* slab, arc: NULL where they cannot be read. What is 0 is left out. */
void owners_find(Owners *ret, const Model *m, const Slabinfo *slab, const Arcstats *arc);
