/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/gate.h"

usec_t gate_next(const Gate *g)
{
        usec_t pause;

        if (!g->read)
                return 0;
        if (__builtin_mul_overflow(g->took, (usec_t)GATE_FACTOR, &pause))
                return USEC_INFINITY;
        return usec_add(g->at, pause);
}

GateAnswer gate_ask(const Gate *g, uint64_t zone_bytes, usec_t now)
{
        if (zone_bytes > GATE_ZONE_MAX)
                return GATE_LARGE;
        return now < gate_next(g) ? GATE_WAIT : GATE_OPEN;
}

void gate_passed(Gate *g, usec_t now, usec_t took)
{
        *g = (Gate){ .read = true, .at = now, .took = took };
}
