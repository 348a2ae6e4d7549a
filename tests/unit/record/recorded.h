/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recorded.h - for the tests of lib/record: a machine of engine/machine.h, whose samples go into a record. */
#pragma once

#include "../engine/machine.h"
#include "record/record.h"

#define S     USEC_PER_SEC
#define NOON  (UINT64_C(1795348800) * S) /* 2026-11-22 12:00 UTC, and a full hour */

typedef struct Recorded {
        Machine machine;
        Record *record;
        usec_t realtime; /* of machine.now */
        usec_t hold;
        Policy policy;
} Recorded;

static inline void recorded_follow(Recorded *d, unsigned n_objectives)
{
        policy_init(&d->policy, "test");
        d->policy.act = false;
        d->policy.n_objectives = n_objectives;
        for (unsigned i = 0; i < n_objectives; i++)
                d->policy.objectives[i] = (Objective){ .size = i == 0 ? SIZE_THP : 65536U << i, .node = NODE_EVERY,
                        .reserve = { .bytes = 64 * MIB }, .refill = { .bytes = 96 * MIB } };
        machine_step(&d->machine, &(Event){ .type = EVENT_POLICY, .policy = &d->policy });
}

static inline void recorded_init(Recorded *d, size_t n_nodes)
{
        *d = (Recorded){ .realtime = NOON, .hold = 60 * S };
        machine_init(&d->machine, n_nodes, 1024);
        d->machine.model.have |= 1U << SOURCE_VMSTAT;
        vmstat_reset(&d->machine.model.vmstat);
        d->machine.model.vmstat.compact_stall = 1000;
        recorded_follow(d, 1);
        ck_assert_int_eq(record_new(&d->record, 4096, 11), 0);
}

static inline void recorded_done(Recorded *d)
{
        record_free(d->record);
        machine_done(&d->machine);
}

/* Time passes, on both clocks. */
static inline void recorded_wait(Recorded *d, usec_t t)
{
        d->machine.now += t;
        d->realtime += t;
}

static inline int recorded_add(Recorded *d)
{
        machine_step(&d->machine, &(Event){ .type = EVENT_SAMPLE, .sample = &d->machine.model });
        return record_add(d->record, &d->machine.model, d->machine.engine, d->machine.now, d->realtime, d->hold);
}

/* A sample with so many huge blocks free on node 0. */
static inline void recorded_sample(Recorded *d, uint64_t blocks)
{
        machine_free_memory(&d->machine, 0, 2 * blocks, 128);
        ck_assert_int_eq(recorded_add(d), 0);
}

#define STEPS_MAX 16384

typedef struct Read {
        RecordStep steps[STEPS_MAX];
        RecordLevel huge[STEPS_MAX]; /* free blocks of order 9 on node 0 */
        uint32_t nodes[STEPS_MAX];
        size_t n;
} Read;

static inline const Read *recorded_read(const Recorded *d, usec_t since, usec_t until, usec_t step)
{
        static Read read;
        _cleanup_(record_reader_freep) RecordReader *reader = NULL;
        const RecordRange range = { .since = since, .until = until, .step = step };

        read.n = 0;
        ck_assert_int_eq(record_reader_new(&reader, d->record, &range), 0);
        while (record_read(reader, d->machine.now, &read.steps[read.n])) {
                RecordNode n;
                size_t i = read.n++;

                ck_assert_uint_lt(read.n, STEPS_MAX);
                read.huge[i] = (RecordLevel){ UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64 };
                for (read.nodes[i] = 0; record_read_node(reader, read.nodes[i], &n); read.nodes[i]++)
                        if (n.id == 0)
                                read.huge[i] = n.blocks[9];
        }
        return &read;
}

static inline const Read *recorded_all(const Recorded *d, usec_t step)
{
        return recorded_read(d, 0, USEC_INFINITY, step);
}

static inline uint64_t recorded_sum(const Read *read, RecordCount c)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < read->n; i++)
                sum += read->steps[i].counts[c] == UNKNOWN_U64 ? 0 : read->steps[i].counts[c];
        return sum;
}

static inline void level_is(RecordLevel l, uint64_t min, uint64_t mean, uint64_t max)
{
        ck_assert_uint_eq(l.min, min);
        ck_assert_uint_eq(l.mean, mean);
        ck_assert_uint_eq(l.max, max);
}
