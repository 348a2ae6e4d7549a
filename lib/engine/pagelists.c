/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pagelists.c - while memory is compacted, each CPU's lists of free pages are kept short.
 *
 * What compaction frees goes onto the lists of the CPU that it runs on (mm/page_alloc.c, free_unref_page()), where it neither merges into
 * blocks nor can be had by others. Until 5.13 such a list took six batches of pages. Since 5.14 it takes the node's low watermark by its CPUs, and
 * since 6.7 it grows up to an eighth of the zone by its CPUs (zone_highsize()): so much may be compacted without any block to show for it.
 * vm.percpu_pagelist_high_fraction sets it; a large one means four batches, what the kernel takes at the least. Longer lists are
 * there to spare the zone's lock, so this is for the time of an action only, and not where somebody chose a fraction. */
#include "engine/internal.h"

#define SHORT_LISTS 1000000

/* They stay short until what an action has gained is measured. */
static bool compacting(const Engine *e, bool are_short)
{
        for (size_t i = 0; i < e->n_nodes; i++)
                if (e->nodes[i].action.phase == ACTION_ACTIVE || (are_short && e->nodes[i].action.phase != ACTION_IDLE))
                        return true;
        return false;
}

static bool may_shorten(const Engine *e, const KnobState *k, usec_t now)
{
        return engine_acts(e) && (e->policy.levers & 1U << LEVER_PAGELISTS) && k->view.owner == KNOB_OWNER_NOBODY && k->view.value == 0 &&
               !knob_foreign(e, KNOB_PERCPU_PAGELIST_HIGH_FRACTION) && !(k->failed && usec_sub(now, k->failed) < FAILED_REST);
}

void pagelists_step(Engine *e, usec_t now)
{
        KnobState *k = &e->knobs[KNOB_PERCPU_PAGELIST_HIGH_FRACTION];
        bool ours = k->view.owner == KNOB_OWNER_FRAGD && k->ours != k->view.baseline;
        bool wanted = compacting(e, ours);
        Decision d;

        if (wanted == ours || k->in_flight || k->restore_due || !e->have_actor || (wanted && !may_shorten(e, k, now)))
                return;
        decision_init(&d);
        d.lever = LEVER_PAGELISTS;
        d.reason = wanted ? REASON_KNOB_RAISED : REASON_KNOB_RESTORED;
        knobs_order(e, KNOB_PERCPU_PAGELIST_HIGH_FRACTION, wanted ? SHORT_LISTS : KNOB_VALUE_NONE, now, &d);
        engine_emit(e, NULL, &d);
}
