/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* model.h - one sample of the machine, joined: what the engine decides on and what status shows.
 *
 * Integers only. Pages are base pages of page_size bytes. The model owns its arrays; they grow when the machine does
 * and are reused otherwise. A source that could not be read or parsed leaves its `have` bit unset, and what depends on it
 * is UNKNOWN_U64, KNOB_VALUE_NONE or empty: it costs only that. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/knob.h"
#include "base/limits.h"
#include "base/usec.h"
#include "model/fallback.h"
#include "model/kcompactd.h"
#include "parse/buddyinfo.h"
#include "parse/meminfo.h"
#include "parse/pagetypeinfo.h"
#include "parse/psi.h"
#include "parse/vmstat.h"
#include "parse/zoneinfo.h"

typedef enum Source {
        SOURCE_BUDDYINFO,
        SOURCE_ZONEINFO,
        SOURCE_VMSTAT,
        SOURCE_PSI_MEMORY,
        SOURCE_PSI_CPU,
        SOURCE_MEMINFO,
        SOURCE_PAGETYPEINFO,
        SOURCE_EXTFRAG_INDEX,
        SOURCE_UNUSABLE_INDEX,
        SOURCE_THP,       /* transparent_hugepage/hpage_pmd_size */
        SOURCE_KNOBS,     /* at least one of proc/sys/vm/... */
        SOURCE_KCOMPACTD, /* proc/PID/stat of the kcompactd threads */
        SOURCE_SLABINFO,  /* read for a census only, see census.h */
        SOURCE_FALLBACKS, /* the event kmem:mm_page_alloc_extfrag, counted */
        _SOURCE_MAX,
} Source;

const char *source_name(Source s); /* "buddyinfo", ... as in status */
const char *source_path(Source s); /* below the root; "proc/buddyinfo" */
/* What cannot be done without it, one clause for status; NULL where nothing is lost. */
const char *source_loss(Source s);

typedef struct Zone {
        uint32_t node;
        char name[ZONE_NAME_MAX];
        bool movable;               /* ZONE_MOVABLE, or HighMem on 32 bits: kernel allocations never come from it */
        uint64_t free[ORDERS_MAX];  /* blocks, from buddyinfo */
        uint64_t free_pages;        /* sum of the above */
        /* From zoneinfo; UNKNOWN_U64 without it. low includes the boost, as the kernel's checks do. */
        uint64_t min, low, high, boost, present, managed, free_cma;
        /* What the kernel's watermark check leaves out. Kernels before 7.x do not print it: there it is the size of the
         * HighAtomic blocks from pagetypeinfo, as kernels up to 6.12 count it (an upper bound later), else UNKNOWN_U64. */
        uint64_t free_highatomic;
        uint64_t protection_user, protection_kernel; /* lowmem_reserve against user and kernel requests */
        /* From the last pagetypeinfo, all 0 without it; pagetype_known says which. */
        bool pagetype_known;
        uint64_t blocks[_MIGRATE_TYPE_MAX];
        uint32_t score; /* zone_score() at the huge page order, 0..100 */
} Zone;

/* One of which only its place is known. */
#define ZONE_INIT { .min = UNKNOWN_U64, .low = UNKNOWN_U64, .high = UNKNOWN_U64, .boost = UNKNOWN_U64, \
                .present = UNKNOWN_U64, .managed = UNKNOWN_U64, .free_cma = UNKNOWN_U64, .free_highatomic = UNKNOWN_U64, \
                .protection_user = UNKNOWN_U64, .protection_kernel = UNKNOWN_U64 }

typedef struct Node {
        uint32_t id;
        size_t first_zone, n_zones;     /* its zones in Model.zones: contiguous */
        uint64_t present, managed;      /* pages; UNKNOWN_U64 without zoneinfo */
        uint64_t free_pages;
        uint32_t score;                 /* mm/compaction.c fragmentation_score_node(): 0..100 */
        bool score_known;               /* needs zoneinfo */
        char kcompactd_state;           /* 'R', 'S', 'D', ...; 0 where it cannot be seen */
        uint64_t kcompactd_cpu_nsec;    /* since it started; UNKNOWN_U64 */
        /* Share of pageblocks that hold unmovable or reclaimable memory, permyriad; UINT32_MAX if not known. */
        uint32_t unmovable_permyriad;
} Node;

#define NODE_INIT { .present = UNKNOWN_U64, .managed = UNKNOWN_U64, .kcompactd_cpu_nsec = UNKNOWN_U64, \
                .unmovable_permyriad = UINT32_MAX }

typedef struct Model {
        uint32_t have; /* 1u << Source for each one that was good */
        uint32_t page_size;       /* bytes */
        uint8_t n_orders;
        uint8_t thp_order;        /* order of a PMD huge page; UINT8_MAX where THP is not built */
        uint8_t pageblock_order;  /* from pagetypeinfo, else the huge page order */
        uint8_t huge_order;       /* COMPACTION_HPAGE_ORDER: order of the score */
        WmarkRule wmark_rule;
        Node *nodes; /* ascending by id; owned */
        size_t n_nodes, n_nodes_allocated;
        Zone *zones; /* grouped by node; owned */
        size_t n_zones, n_zones_allocated;
        Vmstat vmstat;
        Psi psi_memory, psi_cpu;
        Meminfo meminfo;
        int64_t knobs[_KNOB_MAX]; /* KNOB_VALUE_NONE where the kernel lacks it */
        FallbackSignal fallbacks; /* of the whole machine */
} Model;

static inline bool model_has(const Model *m, Source s)
{
        return m->have & (UINT32_C(1) << s);
}

#define MODEL_INIT { 0 }
void model_done(Model *m);

/* The parsed sources of one sample, all borrowed; NULL for one that is missing. kcompactd arrays are by node id order of
 * `buddyinfo`'s nodes and filled in by the caller through model_node() afterwards. */
typedef struct ModelSources {
        const Buddyinfo *buddyinfo;
        const Zoneinfo *zoneinfo;
        const Vmstat *vmstat;
        const Psi *psi_memory, *psi_cpu;
        const Meminfo *meminfo;
        const Pagetypeinfo *pagetypeinfo;
        const int64_t *knobs; /* [_KNOB_MAX] */
        uint32_t page_size;   /* bytes, a power of two */
        uint64_t thp_size;    /* bytes, 0 where THP is not built */
} ModelSources;

/* Joins the sources into m, replacing what it held. Zones of the model are those of buddyinfo; without buddyinfo the
 * model has no nodes. Returns 0 or -ENOMEM (m then empty). Nodes' kcompactd fields come out unknown, and the `have` bits of
 * what is not in ModelSources (kcompactd, the two index files, fallbacks) unset: the caller adds them. */
int model_update(Model *m, const ModelSources *s);
/* The node of that id; NULL if there is none. Borrowed. */
Node *model_node(Model *m, uint32_t id);
const Node *model_node_const(const Model *m, uint32_t id);
/* Deep copy. dst is MODEL_INIT or a model, whose arrays are reused; -ENOMEM leaves it empty. */
int model_copy(Model *dst, const Model *src);
