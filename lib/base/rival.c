/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/rival.h"

#include "base/macros.h"

static const RivalInfo rivals[_RIVAL_MAX] = {
        [RIVAL_NONE] = { "nobody", { NULL }, "does nothing", false, 0 },
        [RIVAL_ADAPTIVEMM] = { "adaptivemm", { "adaptivemmd", "memoptimizer" }, "compacts nodes and sets vm.watermark_scale_factor", true,
                1u << KNOB_WATERMARK_SCALE_FACTOR },
        [RIVAL_KATALYST] = { "katalyst", { "katalyst-agent" }, "compacts nodes and switches transparent huge pages", true, 0 },
        [RIVAL_BPFTUNE] = { "bpftune", { "bpftune" }, "sets nothing that fragd sets", false, 0 },
};

const RivalInfo *rival_info(Rival r)
{
        assert((unsigned)r < _RIVAL_MAX);
        return &rivals[r];
}

Rival rival_from_comm(const char *comm)
{
        for (Rival r = RIVAL_NONE + 1; r < _RIVAL_MAX; r++)
                for (size_t i = 0; i < ELEMENTSOF(rivals[r].comms) && rivals[r].comms[i]; i++)
                        if (streq(comm, rivals[r].comms[i]))
                                return r;
        return RIVAL_NONE;
}

Rival rival_of_knob(uint32_t running, KnobId id)
{
        for (Rival r = RIVAL_NONE + 1; r < _RIVAL_MAX; r++)
                if ((running & 1u << r) && (rivals[r].knobs & 1u << id))
                        return r;
        return RIVAL_NONE;
}

Rival rival_that_compacts(uint32_t running)
{
        for (Rival r = RIVAL_NONE + 1; r < _RIVAL_MAX; r++)
                if ((running & 1u << r) && rivals[r].compacts)
                        return r;
        return RIVAL_NONE;
}
