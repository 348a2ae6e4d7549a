/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* one-node.h - a node of 4 GiB that wants 256 MiB in huge pages, and refills to 384 MiB. */
#pragma once

#include "engine/engine.h"
#include "machine.h"

static Machine m;
static Policy p;

static inline void start(unsigned levers, uint64_t huge, uint64_t loose)
{
        machine_init(&m, 2, 4096);
        policy_init(&p, "test");
        p.levers = levers;
        policy_objective(&p, "thp", 256, 384);
        machine_free_memory(&m, 0, huge, loose);
        machine_free_memory(&m, 1, 1024, 16);
        machine_follow(&m, &p);
}

static inline void teardown(void)
{
        machine_done(&m);
}

#define WINDOW  (1U << LEVER_WINDOW)
#define COMPACT (1U << LEVER_COMPACT)

static inline NodeView node(size_t i)
{
        NodeView v;

        engine_node_view(m.engine, i, &v);
        return v;
}

static inline KnobView knob(KnobId id)
{
        KnobView v;

        engine_knob_view(m.engine, id, &v);
        return v;
}
