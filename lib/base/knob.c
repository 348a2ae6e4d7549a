/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/knob.h"

#include "base/macros.h"

#define VM(knob) .name = "vm." knob, .path = "proc/sys/vm/" knob

static const KnobInfo knob_table[_KNOB_MAX] = {
        /* The kernel takes 100, but from 6.16 on both score watermarks are then 0: kcompactd never
         * stops. 90 leaves it a target that it can reach on every kernel. */
        [KNOB_COMPACTION_PROACTIVENESS] = { VM("compaction_proactiveness"), 0, 90, true },
        /* Above the default of 15000 boosting only evicts more page cache and prevents no more
           pollution. */
        [KNOB_WATERMARK_BOOST_FACTOR] = { VM("watermark_boost_factor"), 0, 15000, true },
        /* Newer kernels take 3000: with 1000, a tenth of memory lies between two watermarks. */
        [KNOB_WATERMARK_SCALE_FACTOR] = { VM("watermark_scale_factor"), 1, 1000, true },
        /* Ranges of those that fragd only shows are the oldest kernels'. */
        [KNOB_MIN_FREE_KBYTES] = { VM("min_free_kbytes"), 0, INT32_MAX, false },
        [KNOB_EXTFRAG_THRESHOLD] = { VM("extfrag_threshold"), 0, 1000, false },
        [KNOB_COMPACT_UNEVICTABLE_ALLOWED] = { VM("compact_unevictable_allowed"), 0, 1, false },
        [KNOB_DEFRAG_MODE] = { VM("defrag_mode"), 0, 1, true },
        /* 0: the kernel chooses; 1 to 7 it refuses. Larger ones change nothing more: a list takes four batches at least. */
        [KNOB_PERCPU_PAGELIST_HIGH_FRACTION] = { VM("percpu_pagelist_high_fraction"), 0, 1000000, true },
};

const KnobInfo *knob_info(KnobId id)
{
        assert((unsigned)id < _KNOB_MAX);
        return &knob_table[id];
}

int knob_from_name(const char *name, KnobId *ret)
{
        for (unsigned i = 0; i < _KNOB_MAX; i++)
                if (streq(knob_table[i].name, name)) {
                        *ret = (KnobId)i;
                        return 0;
                }
        return -ENOENT;
}
