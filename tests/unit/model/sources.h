/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sources.h - what the tests of the model make it from. */
#pragma once

#include "model/model.h"

/* The parsed files of one machine, and what points to them. */
typedef struct Sources {
        Buddyinfo buddyinfo;
        Zoneinfo zoneinfo;
        Vmstat vmstat;
        Meminfo meminfo;
        Pagetypeinfo pagetypeinfo;
        ModelSources s;
} Sources;

static inline void sources_done(Sources *p)
{
        buddyinfo_done(&p->buddyinfo);
        zoneinfo_done(&p->zoneinfo);
        pagetypeinfo_done(&p->pagetypeinfo);
}
