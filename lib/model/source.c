/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source.c - the files fragd reads: names, places, and what is lost without each. */
#include "base/macros.h"
#include "model/model.h"

static const struct {
        const char *name, *path, *loss;
} sources[_SOURCE_MAX] = {
        [SOURCE_BUDDYINFO] = { "buddyinfo", "proc/buddyinfo",
                "free blocks are unknown: nothing can be judged, no action is taken" },
        [SOURCE_ZONEINFO] = { "zoneinfo", "proc/zoneinfo",
                "watermarks are unknown: verdict short cannot be told, no action is taken" },
        [SOURCE_VMSTAT] = { "vmstat", "proc/vmstat",
                "pages migrated are not reported, kcompactd's marks are taken as before 6.16" },
        [SOURCE_PSI_MEMORY] = { "psi-memory", "proc/pressure/memory",
                "memory pressure is unknown: its guard never holds" },
        [SOURCE_PSI_CPU] = { "psi-cpu", "proc/pressure/cpu",
                "CPU pressure is unknown: its guard never holds" },
        [SOURCE_MEMINFO] = { "meminfo", "proc/meminfo", "totals of the machine are not shown" },
        [SOURCE_PAGETYPEINFO] = { "pagetypeinfo", "proc/pagetypeinfo",
                "unmovable memory is unknown: pinned is told only after actions without gain" },
        [SOURCE_EXTFRAG_INDEX] = { "extfrag-index", "sys/kernel/debug/extfrag/extfrag_index",
                NULL }, /* computed from buddyinfo, to the digit */
        [SOURCE_UNUSABLE_INDEX] = { "unusable-index", "sys/kernel/debug/extfrag/unusable_index",
                NULL },
        [SOURCE_THP] = { "thp-size", "sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
                "the huge page size is unknown: objectives of size thp do not apply" },
        [SOURCE_KNOBS] = { "knobs", "proc/sys/vm",
                "knobs are unknown: only compaction of a node is left to act with" },
        [SOURCE_SLABINFO] = { "slabinfo", "proc/slabinfo",
                "slab caches are not named among the owners of unmovable memory" },
        [SOURCE_FALLBACKS] = { "fallbacks", "sys/kernel/tracing/events/kmem/mm_page_alloc_extfrag",
                "fallbacks between migrate types are not counted: no early warning of fragmentation" },
        [SOURCE_KCOMPACTD] = { "kcompactd", "proc/PID/stat",
                "kcompactd cannot be seen: its guards never hold, the cost of windows is unknown" },
};

const char *source_name(Source s)
{
        assert(s >= 0 && s < _SOURCE_MAX);
        return sources[s].name;
}

const char *source_path(Source s)
{
        assert(s >= 0 && s < _SOURCE_MAX);
        return sources[s].path;
}

const char *source_loss(Source s)
{
        assert(s >= 0 && s < _SOURCE_MAX);
        return sources[s].loss;
}
