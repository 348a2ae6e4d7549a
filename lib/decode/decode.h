/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode.h - the kernel's messages about memory that could not be had: what was asked for, by whom, and why it failed.
 *
 * Lines go in as they stand in a log (any prefix of dmesg, journalctl or syslog, quoted or not, "\r\n"; garbage does no harm), and
 * messages come out once what belongs to them has been seen: the call trace, the Mem-Info block, the cache of the slab allocator.
 * Kernels 2.6.32 to 7.x were looked at (mm/page_alloc.c warn_alloc(), mm/slub.c slab_out_of_memory(), mm/vmalloc.c, mm/oom_kill.c,
 * mm/cma.c, mm/hugetlb.c, fs/xfs/kmem.c, kernel/dma/swiotlb.c, kernel/hung_task.c, kernel/watchdog.c).
 *
 * Nothing is guessed in silence: Decoded.shown says whether the numbers of the message prove the class, and unknown numbers are
 * negative. No I/O, no clock; one allocation, of the decoder itself. */
#pragma once

#include "decode/gfp.h"
#include "decode/meminfo-block.h"
#include "decode/stack.h"

/* What a message is about. Names: decode_kind_name(). */
typedef enum DecodeKind {
        DECODE_PAGE_ALLOCATION, /* "page allocation failure" */
        DECODE_STALL,           /* "page allocation stalls for", 4.9 to 4.14 */
        DECODE_OOM,             /* "invoked oom-killer" and what it says then */
        DECODE_SLAB,            /* SLUB or SLAB: "Unable to allocate memory" */
        DECODE_VMALLOC,
        DECODE_KMEM,            /* XFS, ZFS: "possible memory allocation deadlock" */
        DECODE_HUNG_TASK,       /* in compaction; other hung tasks are no messages about memory */
        DECODE_LOCKUP,          /* the same of a soft lockup */
        DECODE_HUGETLB,
        DECODE_CMA,
        DECODE_PFNS_BUSY,
        DECODE_SWIOTLB,
        DECODE_TOO_LARGE, /* WARNING at mm/page_alloc.c: a larger order than there is */
        DECODE_DRIVER,    /* a driver that says no more than "out of memory" */
        _DECODE_KIND_MAX,
} DecodeKind;

/* Why. Names: decode_class_name(). */
typedef enum DecodeClass {
        CLASS_UNKNOWN,
        CLASS_FRAGMENTATION,  /* enough free memory, not in one piece */
        CLASS_SHORTAGE,       /* not enough free memory: compaction does not help */
        CLASS_ATOMIC_RESERVE, /* single pages, for somebody who cannot wait: the reserve for them was used up */
        CLASS_MEMCG,          /* the limit of a control group */
        CLASS_POLICY,         /* nodes that the task may not use: cpuset, mempolicy */
        CLASS_CMA,
        CLASS_PINNED,
        CLASS_VMALLOC, /* address space, or pages for it */
        CLASS_HUGETLB,
        CLASS_COMPACTION, /* compaction itself does not come to an end */
        CLASS_SWIOTLB,
        CLASS_TOO_LARGE,
        _DECODE_CLASS_MAX,
} DecodeClass;

#define DECODE_COMM_MAX  17 /* the kernel's TASK_COMM_LEN and a NUL */
#define DECODE_NAME_MAX  64
#define DECODE_PATH_MAX  128
#define DECODE_LINES_MAX 4096 /* that one message may take */

typedef struct Decoded {
        DecodeKind kind;
        DecodeClass class;
        bool shown; /* the numbers of the message itself show the class */
        bool cut;   /* the line that says what was asked for is cut off */
        unsigned line; /* of the text, from 1, in which it begins */

        int order;     /* -1: not said */
        int64_t bytes; /* asked for, where the message says so itself; -1 */
        int64_t pages; /* CMA: asked for; -1 */
        int64_t got;   /* huge pages, free pages of the CMA area, slots in use; -1 */
        int64_t total; /* huge pages asked for, pages of the area, slots; -1 */
        int64_t seconds; /* that a task was stuck; -1 */
        int error;       /* CMA: 12 or 16; 0 */
        int node;        /* asked for; -1: any */
        uint64_t nodes;  /* allowed, one bit each; UINT64_MAX: not said, or all */
        Gfp gfp;
        char gfp_names[GFP_TEXT_MAX]; /* as printed; "": only the number was */

        char comm[DECODE_COMM_MAX]; /* "": not said */
        int64_t pid;                /* -1 */
        char kernel[DECODE_NAME_MAX];
        char device[DECODE_NAME_MAX];
        char cache[DECODE_NAME_MAX]; /* of the slab allocator */
        char area[DECODE_NAME_MAX];  /* of CMA; or the function that XFS names */
        char cgroup[DECODE_PATH_MAX];
        uint64_t suppressed; /* like it, that the kernel did not print */
        bool vmalloc_pages;  /* vmalloc found no pages, rather than no addresses */
        bool xfs;            /* of the two that speak of deadlocks */
        bool constrained;    /* the out-of-memory killer says so: cpuset or mempolicy */
        bool memcg;          /* same, or the trace: a control group */
        bool compacting;     /* compaction is in the trace */

        Stack stack;
        MemBlock mem;
        /* filled when the class is found */
        int64_t free_kb; /* that could have been used, in the zones that could; -1 */
        char zone[MEM_ZONE_NAME_MAX];
} Decoded;

typedef struct Decoder Decoder;

/* version: of the kernel that wrote them, where the messages do not say; {0, 0}. -ENOMEM. */
int decoder_new(Decoder **ret, KernelVersion version);
Decoder *decoder_free(Decoder *d);
static inline void decoder_freep(Decoder **d)
{
        (void)decoder_free(*d);
}
#define _cleanup_decoder_ _cleanup_(decoder_freep)

/* One line, with or without its end. */
void decoder_line(Decoder *d, const char *text, size_t size);
/* The next line of a text of several, from *text on, which is advanced; false: there are no more. */
bool decode_next_line(const char **text, const char *end, const char **ret, size_t *ret_size);
/* Nothing more belongs to what was seen so far. */
void decoder_end(Decoder *d);
/* Whether something was seen that is not complete yet. */
bool decoder_pending(const Decoder *d);
/* The next message that is complete; NULL: none. Valid until the next call of decoder_line() or decoder_end(). Take all of them after
 * each: what is not taken is dropped. */
const Decoded *decoder_take(Decoder *d);

/* As the message has them, or as a kernel of today would print them; "" where they are not known. */
void decode_gfp_text(const Decoded *d, char ret[static GFP_TEXT_MAX]);
const char *decode_kind_name(DecodeKind k);
const char *decode_class_name(DecodeClass c);
/* Whether both say the same, so that the second one may just be counted. */
bool decode_same(const Decoded *a, const Decoded *b);
