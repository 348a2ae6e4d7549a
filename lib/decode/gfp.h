/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gfp.h - the flags of a kernel allocation: what they allow, whichever kernel printed them.
 *
 * Kernels from 4.6 on print their names beside the number, older ones the number alone, and what a bit means has changed five
 * times (include/linux/gfp.h). So everything is turned into flags of our own first; GFP_WAIT of kernels before 4.4 becomes direct
 * reclaim, and that every allocation of theirs woke kswapd, unless told otherwise, becomes GFP_KSWAPD. Where neither names nor the
 * kernel's version are known, the bits themselves may still tell: most numbers make sense in one layout only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GFP_DMA         (UINT64_C(1) << 0)
#define GFP_HIGHMEM     (UINT64_C(1) << 1)
#define GFP_DMA32       (UINT64_C(1) << 2)
#define GFP_MOVABLE     (UINT64_C(1) << 3)
#define GFP_RECLAIMABLE (UINT64_C(1) << 4)
#define GFP_HIGH        (UINT64_C(1) << 5)
#define GFP_IO          (UINT64_C(1) << 6)
#define GFP_FS          (UINT64_C(1) << 7)
#define GFP_DIRECT      (UINT64_C(1) << 8) /* may reclaim itself, so may sleep */
#define GFP_KSWAPD      (UINT64_C(1) << 9)
#define GFP_HARDER      (UINT64_C(1) << 10) /* __GFP_ATOMIC of 4.4 to 6.2 */
#define GFP_HARDWALL    (UINT64_C(1) << 11)
#define GFP_ACCOUNT     (UINT64_C(1) << 12)
#define GFP_COMP        (UINT64_C(1) << 13)
#define GFP_NOWARN      (UINT64_C(1) << 14)
#define GFP_RETRY       (UINT64_C(1) << 15) /* __GFP_RETRY_MAYFAIL, before 4.14 __GFP_REPEAT */
#define GFP_NOFAIL      (UINT64_C(1) << 16)
#define GFP_NORETRY     (UINT64_C(1) << 17)
#define GFP_MEMALLOC    (UINT64_C(1) << 18)
#define GFP_NOMEMALLOC  (UINT64_C(1) << 19)
#define GFP_THISNODE    (UINT64_C(1) << 20)
#define GFP_ZERO        (UINT64_C(1) << 21)
#define GFP_WRITE       (UINT64_C(1) << 22)
#define GFP_COLD        (UINT64_C(1) << 23)
#define GFP_NOTRACK     (UINT64_C(1) << 24)
#define GFP_KMEMCG      (UINT64_C(1) << 25)
#define GFP_NOACCOUNT   (UINT64_C(1) << 26)
#define GFP_OTHER_NODE  (UINT64_C(1) << 27)
#define GFP_ZEROTAGS    (UINT64_C(1) << 28)
#define GFP_NOLOCKDEP   (UINT64_C(1) << 29)
#define GFP_OTHER       (UINT64_C(1) << 30) /* names that say nothing about reclaim, zones or reserves */

/* How gfp was found out. */
typedef enum GfpFrom {
        GFP_FROM_NOTHING, /* not known */
        GFP_FROM_NAMES,   /* the message has them */
        GFP_FROM_KERNEL,  /* the number, with the layout of the kernel's version */
        GFP_FROM_BITS,    /* the number, which makes sense in one layout only */
} GfpFrom;

/* A kernel's version; {0, 0}: not known. */
typedef struct KernelVersion {
        unsigned major, minor;
} KernelVersion;

typedef struct Gfp {
        uint64_t flags;
        GfpFrom from;
        uint32_t mask;      /* as printed */
        bool have_mask;
        bool old_zonelists; /* a kernel before 4.4, with watermarks for each order */
        bool needs_fs;      /* a kernel before 4.10: nobody compacts without __GFP_FS */
        uint32_t unknown;   /* bits of the mask without a meaning there */
} Gfp;

#define GFP_TEXT_MAX 256

/* "5.15.0-91-generic", "3.10": {0, 0} where it is none. */
KernelVersion kernel_version(const char *text, size_t size);
static inline bool kernel_before(KernelVersion v, unsigned major, unsigned minor)
{
        return v.major < major || (v.major == major && v.minor < minor);
}
/* "GFP_KERNEL|__GFP_COMP": false where a part is no such name. */
bool gfp_from_names(const char *text, size_t size, uint64_t *ret);
/* What a message says: names may be NULL, version {0, 0}. */
Gfp gfp_make(const char *text, size_t text_size, bool have_mask, uint32_t mask, KernelVersion version);
/* As the kernel prints them, GFP_KERNEL and the like first; "" for none that has a name. */
void gfp_format(uint64_t flags, char ret[static GFP_TEXT_MAX]);

/* Whether the one who asks may reclaim or compact (and so wait). Only where from != GFP_FROM_NOTHING. */
static inline bool gfp_may_reclaim(const Gfp *g)
{
        return g->flags & GFP_DIRECT;
}
/* compaction.c, try_to_compact_pages(): needs I/O; before 4.10 (73e64c51afc5) the file system, too. */
static inline bool gfp_may_compact(const Gfp *g, int order)
{
        uint64_t needed = GFP_DIRECT | GFP_IO | (g->needs_fs ? GFP_FS : 0);

        return order != 0 && (g->flags & needed) == needed;
}
