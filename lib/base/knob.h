/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* knob.h - the kernel knobs that fragd knows: the one table of names, files and ranges.
 *
 * Source: Documentation/admin-guide/sysctl/vm.rst; ranges as the kernel checks them in kernel/sysctl.c and mm/. A knob
 * that is not `managed` is read and shown, never written. The actor's allow-list is this table's `managed` column. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum KnobId {
        KNOB_COMPACTION_PROACTIVENESS,
        KNOB_WATERMARK_BOOST_FACTOR,
        KNOB_WATERMARK_SCALE_FACTOR,
        KNOB_MIN_FREE_KBYTES,
        KNOB_EXTFRAG_THRESHOLD,
        KNOB_COMPACT_UNEVICTABLE_ALLOWED,
        KNOB_DEFRAG_MODE,
        KNOB_PERCPU_PAGELIST_HIGH_FRACTION,
        _KNOB_MAX,
} KnobId;

/* "the kernel does not have it" or "not read". No knob takes a negative value. */
#define KNOB_VALUE_NONE INT64_C(-1)

typedef struct KnobInfo {
        const char *name; /* sysctl name, "vm.compaction_proactiveness" */
        const char *path; /* below the root, "proc/sys/vm/compaction_proactiveness" */
        int64_t min, max; /* what fragd may write, both included; narrower than the kernel's where that is unsafe */
        bool managed;     /* fragd may write it */
} KnobInfo;

/* id in range; never NULL. */
const KnobInfo *knob_info(KnobId id);
/* By sysctl name; -ENOENT if there is none. */
int knob_from_name(const char *name, KnobId *ret);
