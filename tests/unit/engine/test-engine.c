/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine, case by case: a node of 4 GiB that wants 256 MiB in huge pages, and refills to 384 MiB. */
#include "engine/engine.h"

#include "machine.h"

static Machine m;
static Policy p;

static void start(unsigned levers, uint64_t huge, uint64_t loose)
{
        machine_init(&m, 2, 4096);
        policy_init(&p, "test");
        p.levers = levers;
        policy_objective(&p, "thp", 256, 384);
        machine_free_memory(&m, 0, huge, loose);
        machine_free_memory(&m, 1, 1024, 16);
        machine_follow(&m, &p);
}

static void teardown(void)
{
        machine_done(&m);
}

#define WINDOW  (1U << LEVER_WINDOW)
#define COMPACT (1U << LEVER_COMPACT)

static NodeView node(size_t i)
{
        NodeView v;

        engine_node_view(m.engine, i, &v);
        return v;
}

static KnobView knob(KnobId id)
{
        KnobView v;

        engine_knob_view(m.engine, id, &v);
        return v;
}

START_TEST(met_does_nothing)
{
        start(WINDOW | COMPACT, 512, 100);
        machine_run(&m, USEC_PER_HOUR);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_MET);
        ck_assert_uint_eq(m.sets + m.compacts, 0);
        ck_assert_ptr_null(node(0).notable);
        /* calm: not more often than policy interval.max, after it has grown */
        ck_assert_uint_eq(m.out.next_wakeup - m.now, 15 * USEC_PER_SEC - (m.now - (m.out.next_wakeup - 15 * USEC_PER_SEC)));
        ck_assert_uint_eq(node(0).objectives[0].met_usec, node(0).objectives[0].observed_usec);
        ck_assert_uint_gt(node(0).objectives[0].met_usec, 59 * USEC_PER_MIN);
}
END_TEST

START_TEST(fragmented_compacts_and_stops_at_the_mark)
{
        const Decision *d;

        start(COMPACT, 20, 1000);
        machine_sample(&m);
        d = machine_decision(&m, REASON_MISSED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->act, ACT_COMPACT);
        ck_assert_int_eq(d->verdict, VERDICT_FRAGMENTED);
        ck_assert(d->notable);
        ck_assert_uint_eq(d->node, 0);
        ck_assert_uint_eq(d->current, 20 * MIB);
        ck_assert_uint_eq(d->refill, 384 * MIB);
        ck_assert(m.nodes[0].running);
        ck_assert(!m.nodes[1].running);
        ck_assert_uint_le(m.out.next_wakeup - m.now, 250 * USEC_PER_MSEC);
        /* not yet enough: it goes on */
        m.now = m.out.next_wakeup;
        machine_free_memory(&m, 0, 300, 720);
        machine_sample(&m);
        ck_assert_uint_eq(m.stops, 0);
        /* enough: it is ended, once */
        m.now = m.out.next_wakeup;
        machine_free_memory(&m, 0, 390, 630);
        machine_sample(&m);
        ck_assert_uint_eq(m.stops, 1);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        ck_assert_uint_eq(m.stops, 1);
        machine_compaction_ends(&m, 0, -ECANCELED);
        ck_assert_uint_eq(m.out.next_wakeup - m.now, p.settle);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        d = machine_decision(&m, REASON_GAINED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->gain, 370 * (int64_t)MIB);
        ck_assert_uint_gt(d->cost, 0);
        ck_assert_int_gt(d->score_drop, 20);
        ck_assert_uint_eq(node(0).efficacy[LEVER_COMPACT], 10000);
        ck_assert_uint_eq(node(0).efficacy[LEVER_WINDOW], UINT32_MAX);
        machine_run(&m, USEC_PER_MIN);
        ck_assert_uint_eq(m.compacts, 1);
}
END_TEST

START_TEST(window_is_raised_and_put_back)
{
        const Decision *d;

        start(WINDOW | COMPACT, 20, 1000);
        machine_sample(&m);
        d = machine_decision(&m, REASON_MISSED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->act, ACT_SET_KNOB);
        ck_assert_int_eq(d->knob, KNOB_COMPACTION_PROACTIVENESS);
        ck_assert_int_eq(d->old_value, 20);
        /* far enough for 384 of 1020 MiB: a score of 62 at most, and no further than needed */
        ck_assert_int_ge(d->new_value, 38);
        ck_assert_int_le(d->new_value, 41);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_FRAGD);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).baseline, 20);
        machine_answer(&m);
        m.now = m.out.next_wakeup;
        m.model.nodes[0].kcompactd_state = 'R';
        m.model.nodes[0].kcompactd_cpu_nsec = 300 * 1000 * 1000;
        machine_free_memory(&m, 0, 400, 620);
        machine_sample(&m);
        ck_assert_uint_eq(m.restores, 1);
        machine_answer(&m);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_NOBODY);
        ck_assert_int_eq(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 20);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        d = machine_decision(&m, REASON_GAINED);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->cost, 300 * USEC_PER_MSEC);
        ck_assert_uint_eq(m.compacts, 0);
}
END_TEST

START_TEST(window_would_drag_the_other_node)
{
        start(WINDOW | COMPACT, 20, 1000);
        machine_free_memory(&m, 1, 1000, 3000); /* met, but its score is 74 */
        machine_sample(&m);
        ck_assert_uint_eq(m.sets, 0);
        ck_assert(m.nodes[0].running);
        ck_assert(!m.nodes[1].running);
}
END_TEST

START_TEST(window_that_nobody_uses_ends)
{
        start(WINDOW, 20, 1000);
        machine_sample(&m);
        machine_answer(&m);
        machine_run(&m, 4 * USEC_PER_SEC);
        ck_assert_uint_eq(m.sets, 1);
        ck_assert_uint_eq(m.restores, 1);
        ck_assert_int_eq(node(0).last->reason, REASON_BACKOFF);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_FUTILE);
}
END_TEST

START_TEST(short_is_left_alone)
{
        start(WINDOW | COMPACT, 20, 40);
        machine_run(&m, USEC_PER_HOUR);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_SHORT);
        ck_assert_int_eq(node(0).last->reason, REASON_SHORT);
        ck_assert_uint_eq(m.sets + m.compacts, 0);
        ck_assert_ptr_nonnull(node(0).notable);
        ck_assert_int_eq(node(0).notable->reason, REASON_SHORT);
}
END_TEST

/* Not enough for the whole reserve, but for a good part of it, and for longer than a load peak. */
START_TEST(a_part_is_held_when_the_whole_cannot_be)
{
        start(COMPACT, 20, 200);
        machine_run(&m, 9 * USEC_PER_SEC);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_SHORT);
        ck_assert_uint_eq(m.compacts, 0);
        machine_run(&m, 10 * USEC_PER_SEC);
        ck_assert_uint_eq(m.compacts, 1);
        /* ceiling: 220 MiB less the low mark of 5 and the gap of 4; of that seven eighths */
        ck_assert_uint_gt(node(0).objectives[0].refill, 180 * MIB);
        ck_assert_uint_lt(node(0).objectives[0].refill, 190 * MIB);
        machine_free_memory(&m, 0, 192, 28);
        machine_run(&m, USEC_PER_SEC);
        ck_assert_uint_eq(m.stops, 1);
        machine_compaction_ends(&m, 0, -ECANCELED);
        machine_run(&m, USEC_PER_HOUR);
        ck_assert_uint_eq(m.compacts, 1);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_SHORT);
}
END_TEST

START_TEST(left_to_kcompactd_where_it_acts_by_itself)
{
        start(WINDOW | COMPACT, 20, 1000); /* score 97, above the 90 of proactiveness 20 */
        p.objectives[0].reserve.bytes = 64 * MIB;
        p.objectives[0].refill.bytes = 96 * MIB;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_sample(&m);
        ck_assert_int_eq(node(0).last->reason, REASON_KERNEL_ACTS);
        machine_run(&m, 4 * USEC_PER_SEC);
        ck_assert_uint_eq(m.sets + m.compacts, 0);
        /* it does not: backed off, or kept waiting */
        machine_run(&m, 3 * USEC_PER_SEC);
        ck_assert_uint_eq(m.sets, 0);
        ck_assert_uint_eq(m.compacts, 1);
}
END_TEST

/* A share is one of the memory outside the hugetlb pools. */
START_TEST(hugetlb_pools_are_no_base_of_a_share)
{
        start(COMPACT, 512, 1000);
        p.objectives[0].reserve = (Amount){ .permyriad = 1000 };
        p.objectives[0].refill = (Amount){ .permyriad = 1500 };
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_sample(&m);
        ck_assert_uint_eq(node(0).objectives[0].reserve, 4096 * MIB / 10);
        m.model.have |= 1U << SOURCE_MEMINFO;
        m.model.meminfo.hugetlb = 4096 * MIB; /* half of the two nodes */
        m.now += 1;
        machine_sample(&m);
        ck_assert_uint_eq(node(0).objectives[0].reserve, 2048 * MIB / 10);
        m.model.meminfo.hugetlb = UINT64_C(1) << 60;
        m.now += 1;
        machine_sample(&m);
        ck_assert_uint_eq(node(0).objectives[0].reserve, 2 * MIB);
}
END_TEST

/* Compaction that never helps: pauses grow, and there are at most so many attempts. */
START_TEST(futile_backs_off)
{
        usec_t pauses[8];
        unsigned n = 0;

        start(COMPACT, 20, 1000);
        machine_sample(&m);
        for (usec_t end = m.now + 6 * USEC_PER_HOUR; m.now < end;) {
                if (m.nodes[0].running) {
                        m.now += USEC_PER_SEC;
                        machine_compaction_ends(&m, 0, 0);
                        continue;
                }
                m.now = m.out.next_wakeup;
                machine_sample(&m);
                if (machine_decision(&m, REASON_NO_GAIN)) {
                        ck_assert_uint_lt(n, ELEMENTSOF(pauses));
                        pauses[n++] = node(0).backoff_until - m.now;
                        ck_assert(m.out.want_pagetypeinfo || n > 1);
                        ck_assert_uint_eq(node(0).attempts, n);
                }
        }
        /* 1, 4, 16, 64, 256 minutes */
        ck_assert_uint_ge(n, 4);
        ck_assert_uint_le(n, 6);
        ck_assert_uint_eq(pauses[0], USEC_PER_MIN);
        for (unsigned i = 1; i < n; i++)
                ck_assert_uint_eq(pauses[i], MIN(4 * pauses[i - 1], p.backoff_max));
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_FUTILE);
        m.model.nodes[0].unmovable_permyriad = 7000;
        machine_sample(&m);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_PINNED);
        /* much more room: forgiven */
        machine_free_memory(&m, 0, 20, 2000);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        ck_assert(m.nodes[0].running);
}
END_TEST

static const struct {
        Guard guard;
        const char *name;
} guards[] = {
        { GUARD_PSI_MEMORY, "memory pressure" },
        { GUARD_PSI_CPU, "CPU pressure" },
        { GUARD_KCOMPACTD_BUSY, "kcompactd running" },
        { GUARD_KCOMPACTD_STUCK, "kcompactd in D state for long" },
        { GUARD_NO_ACTOR, "no actor" },
        { GUARD_PAUSED, "paused" },
        { GUARD_BUDGET_TIME, "budget time" },
        { GUARD_BUDGET_RUNS, "budget runs" },
        { GUARD_COOLDOWN, "cool-down" },
};

static void raise_guard(Guard g)
{
        switch (g) {
        case GUARD_PSI_MEMORY: m.model.psi_memory.some.total += USEC_PER_SEC; break;
        case GUARD_PSI_CPU: m.model.psi_cpu.some.total += USEC_PER_SEC; break;
        case GUARD_KCOMPACTD_BUSY: m.model.nodes[0].kcompactd_state = 'R'; break;
        case GUARD_KCOMPACTD_STUCK:
                m.model.nodes[0].kcompactd_state = 'D';
                machine_sample(&m);
                m.now += 10 * USEC_PER_SEC; /* and no CPU used meanwhile */
                break;
        case GUARD_NO_ACTOR: machine_step(&m, &(Event){ .type = EVENT_ACTOR }); break;
        case GUARD_PAUSED:
                machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                                .request = { .type = REQUEST_PAUSE, .token = 1, .duration = USEC_INFINITY } });
                break;
        default: break;
        }
}

START_TEST(guard_holds)
{
        Guard g = guards[_i].guard;

        start(COMPACT, 512, 1000);
        if (g == GUARD_BUDGET_TIME)
                p.budget.compaction_time = 2 * USEC_PER_SEC;
        if (g == GUARD_BUDGET_RUNS)
                p.budget.runs = 1;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_sample(&m);
        m.now += USEC_PER_SEC;
        machine_free_memory(&m, 0, 20, 1492);
        raise_guard(g);
        machine_sample(&m);
        if (g == GUARD_BUDGET_TIME || g == GUARD_BUDGET_RUNS || g == GUARD_COOLDOWN) {
                /* these need an action first: one that helps, and is undone by the load */
                ck_assert(m.nodes[0].running);
                m.now += 2 * USEC_PER_SEC;
                machine_free_memory(&m, 0, 400, 1112);
                machine_compaction_ends(&m, 0, 0);
                machine_run(&m, 2 * USEC_PER_SEC);
                ck_assert_int_eq(node(0).notable->reason, REASON_GAINED);
                m.now += g == GUARD_COOLDOWN ? USEC_PER_SEC : p.cooldown;
                machine_free_memory(&m, 0, 20, 1492);
                machine_sample(&m);
        }
        ck_assert_msg(!m.nodes[0].running, "acted in spite of %s", guards[_i].name);
        ck_assert_int_eq(node(0).last->reason, REASON_HELD);
        ck_assert_int_eq(node(0).last->guard, g);
        ck_assert(node(0).guards[g].held);
        ck_assert(!node(1).guards[g].held || g != GUARD_COOLDOWN);
}
END_TEST

START_TEST(pressure_ends_a_run)
{
        start(COMPACT, 20, 1000);
        machine_sample(&m);
        ck_assert(m.nodes[0].running);
        m.now += USEC_PER_SEC;
        m.model.psi_memory.some.total += USEC_PER_SEC / 2;
        machine_sample(&m);
        ck_assert_uint_eq(m.stops, 1);
        machine_compaction_ends(&m, 0, -ECANCELED);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        /* it proves nothing about the memory */
        ck_assert_uint_eq(node(0).attempts, 0);
}
END_TEST

START_TEST(time_limit_ends_a_run)
{
        start(COMPACT, 20, 1000);
        machine_sample(&m);
        machine_run(&m, p.action_limit - USEC_PER_SEC);
        ck_assert_uint_eq(m.stops, 0);
        machine_run(&m, 2 * USEC_PER_SEC);
        ck_assert_uint_eq(m.stops, 1);
}
END_TEST

START_TEST(budget_limits_a_run)
{
        start(COMPACT, 20, 1000);
        p.budget.compaction_time = 3 * USEC_PER_SEC;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_sample(&m);
        ck_assert_uint_eq(machine_decision(&m, REASON_MISSED)->limit_usec, 3 * USEC_PER_SEC);
        machine_run(&m, 4 * USEC_PER_SEC);
        ck_assert_uint_eq(m.stops, 1);
        ck_assert_ptr_null(machine_decision(&m, REASON_REFILLED));
}
END_TEST

START_TEST(observe_says_and_does_nothing)
{
        const Decision *d;

        start(WINDOW | COMPACT, 20, 1000);
        p.act = false;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_step(&m, &(Event){ .type = EVENT_ACTOR, .actor_present = false });
        machine_sample(&m);
        d = machine_decision(&m, REASON_MISSED);
        ck_assert_ptr_nonnull(d);
        ck_assert(d->would);
        ck_assert_int_eq(d->act, ACT_SET_KNOB);
        ck_assert(d->notable);
        machine_run(&m, 3 * USEC_PER_HOUR);
        ck_assert_uint_eq(m.sets + m.compacts + m.stops + m.restores, 0);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_NOBODY);
}
END_TEST

START_TEST(foreign_change_is_yielded)
{
        start(WINDOW | COMPACT, 20, 1000);
        machine_sample(&m);
        machine_answer(&m);
        ck_assert_uint_eq(m.sets, 1);
        m.now += USEC_PER_SEC;
        m.model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 33;
        machine_sample(&m);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_KNOB_YIELDED));
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_OTHER);
        machine_run(&m, USEC_PER_HOUR / 2);
        ck_assert_uint_eq(m.sets, 1);
        ck_assert_uint_eq(m.restores, 0);
        ck_assert_int_eq(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 33);
        ck_assert(m.compacts > 0); /* the other lever goes on */
        machine_step(&m, &(Event){ .type = EVENT_REQUEST, .request = { .type = REQUEST_RESUME, .token = 9 } });
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_NOBODY);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).baseline, 33);
}
END_TEST

START_TEST(stale_write_is_yielded)
{
        start(WINDOW, 20, 1000);
        machine_sample(&m);
        m.knob[0].event.done.result = -ESTALE;
        m.knob[0].event.done.value = 10;
        m.model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 10;
        machine_answer(&m);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_KNOB_YIELDED));
        machine_run(&m, USEC_PER_MIN);
        ck_assert_uint_eq(m.sets, 1);
        ck_assert_int_eq(node(0).last->reason, REASON_HELD);
        ck_assert_int_eq(node(0).last->guard, GUARD_KNOB_OWNED);
        ck_assert_uint_eq(node(0).attempts, 0);
}
END_TEST

static void request_compact(uint64_t size, uint64_t count)
{
        machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                        .request = { .type = REQUEST_COMPACT, .token = 42, .node = 0, .size = size, .count = count, .uid = 1000,
                                .pid = 77 } });
        ck_assert_uint_eq(m.out.next_wakeup, m.now);
        machine_sample(&m);
}

START_TEST(request_is_done_and_answered)
{
        const Decision *d;

        start(0, 512, 1000);
        machine_sample(&m);
        m.now += 1;
        request_compact(2 * MIB, 350);
        d = machine_decision(&m, REASON_REQUESTED);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->request, 42);
        ck_assert_uint_eq(d->uid, 1000);
        ck_assert_int_eq(d->act, ACT_COMPACT);
        m.now = m.out.next_wakeup;
        machine_free_memory(&m, 0, 702, 810);
        machine_sample(&m);
        ck_assert_uint_eq(m.stops, 1);
        machine_compaction_ends(&m, 0, -ECANCELED);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        d = machine_decision(&m, REASON_GAINED);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->request, 42);
        ck_assert_int_eq(d->gain, 190 * (int64_t)MIB);
}
END_TEST

START_TEST(request_that_is_met_already)
{
        start(0, 512, 1000);
        machine_sample(&m);
        m.now += 1;
        request_compact(2 * MIB, 10);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_GAINED));
        ck_assert_uint_eq(machine_decision(&m, REASON_GAINED)->action, 0);
        ck_assert_uint_eq(m.compacts, 0);
}
END_TEST

START_TEST(request_refused)
{
        static const int errors[] = { -EPERM, -EAGAIN, -EBUSY, -ERANGE, -ENODEV, -ERANGE };
        Request r = { .type = REQUEST_COMPACT, .token = 5 };
        const Decision *d;

        start(COMPACT, _i == 2 ? 20 : 512, 1000);
        if (_i == 0) {
                p.act = false;
                machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        } else if (_i == 1)
                machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                                .request = { .type = REQUEST_PAUSE, .token = 1, .duration = USEC_PER_HOUR } });
        machine_sample(&m);
        m.now += 1;
        if (_i == 3)
                r.size = 1024 * MIB, r.count = 1;
        if (_i == 4)
                r.node = 7;
        if (_i == 5)
                r.size = 2 * MIB, r.count = UINT64_MAX;
        machine_step(&m, &(Event){ .type = EVENT_REQUEST, .request = r });
        if (_i != 4)
                machine_sample(&m);
        d = machine_decision(&m, REASON_REFUSED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->error, errors[_i]);
        ck_assert_uint_eq(d->request, 5);
        ck_assert_uint_le(m.compacts, _i == 2 ? 1 : 0);
}
END_TEST

START_TEST(pause_ends_and_restores)
{
        start(WINDOW | COMPACT, 20, 1000);
        machine_sample(&m);
        machine_answer(&m);
        m.now += 1;
        machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                        .request = { .type = REQUEST_PAUSE, .token = 1, .duration = 10 * USEC_PER_MIN } });
        machine_answer(&m);
        ck_assert_int_eq(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 20);
        ck_assert_uint_eq(m.restores, 1);
        machine_run(&m, 9 * USEC_PER_MIN);
        ck_assert_uint_eq(m.sets + m.compacts, 1);
        ck_assert_int_eq(node(0).last->guard, GUARD_PAUSED);
        machine_run(&m, 2 * USEC_PER_MIN);
        ck_assert_uint_gt(m.sets + m.compacts, 1);
}
END_TEST

START_TEST(policy_change_ends_and_restores)
{
        start(WINDOW, 20, 1000);
        machine_sample(&m);
        machine_answer(&m);
        p.levers = 0;
        m.now += 1;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_answer(&m);
        ck_assert_int_eq(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 20);
        machine_run(&m, USEC_PER_MIN);
        ck_assert_int_eq(node(0).last->reason, REASON_NO_LEVER);
        ck_assert_uint_eq(m.sets, 1);
}
END_TEST

START_TEST(actor_lost_and_back)
{
        start(COMPACT, 20, 1000);
        machine_sample(&m);
        ck_assert(m.nodes[0].running);
        machine_step(&m, &(Event){ .type = EVENT_ACTOR });
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_ACTOR_LOST));
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_ACTION_FAILED));
        m.nodes[0].running = false;
        machine_run(&m, USEC_PER_MIN);
        ck_assert_int_eq(node(0).last->guard, GUARD_NO_ACTOR);
        machine_step(&m, &(Event){ .type = EVENT_ACTOR, .actor_present = true });
        machine_run(&m, USEC_PER_MIN);
        ck_assert_uint_eq(m.compacts, 2);
}
END_TEST

START_TEST(no_compact_file_is_remembered)
{
        start(COMPACT, 20, 1000);
        machine_sample(&m);
        machine_compaction_ends(&m, 0, -ENOENT);
        ck_assert_int_eq(machine_decision(&m, REASON_ACTION_FAILED)->error, -ENOENT);
        machine_run(&m, USEC_PER_HOUR);
        ck_assert_uint_eq(m.compacts, 1);
        ck_assert_int_eq(node(0).last->reason, REASON_NO_LEVER);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_FRAGMENTED);
}
END_TEST

START_TEST(blind_does_not_act)
{
        start(WINDOW | COMPACT, 20, 1000);
        if (_i == 0)
                m.model.have &= ~(1U << SOURCE_BUDDYINFO);
        else
                m.model.have &= ~(1U << SOURCE_ZONEINFO);
        machine_sample(&m);
        machine_run(&m, USEC_PER_MIN);
        ck_assert_uint_eq(m.sets + m.compacts, 0);
        if (_i == 1)
                ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_UNKNOWN);
}
END_TEST

START_TEST(going_blind_ends_a_window)
{
        start(WINDOW, 20, 1000);
        machine_sample(&m);
        machine_answer(&m);
        m.model.have &= ~(1U << SOURCE_BUDDYINFO);
        m.now += USEC_PER_SEC;
        machine_sample(&m);
        machine_answer(&m);
        ck_assert_uint_eq(m.restores, 1);
        ck_assert_int_eq(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 20);
}
END_TEST

START_TEST(forecast_acts_before_it_is_missed)
{
        const Decision *d = NULL;

        start(COMPACT, 512, 2000);
        for (uint64_t huge = 512; huge >= 258 && !d; huge -= 8) {
                machine_free_memory(&m, 0, huge, 2000);
                machine_sample(&m);
                d = machine_decision(&m, REASON_FORECAST);
                m.now += USEC_PER_SEC;
        }
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->verdict, VERDICT_MET);
        ck_assert_uint_ge(d->current, 256 * MIB);
        ck_assert_uint_lt(d->current, 384 * MIB);
        ck_assert_int_lt(d->slope, 0);
        ck_assert_uint_lt(d->time_left, 60 * USEC_PER_SEC);
}
END_TEST

START_TEST(standing_value_after_repeated_gain)
{
        start(COMPACT | 1U << LEVER_PROACTIVENESS, 20, 1000);
        m.model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 0;
        p.objectives[0].reserve.bytes = 512 * MIB;
        p.objectives[0].refill.bytes = 640 * MIB;
        p.proactiveness_max = 40;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        for (int i = 0; i < 3; i++) {
                machine_free_memory(&m, 0, 20, 1000);
                machine_sample(&m);
                ck_assert(m.nodes[0].running);
                machine_free_memory(&m, 0, 700, 320);
                m.now += USEC_PER_SEC;
                machine_compaction_ends(&m, 0, 0);
                machine_run(&m, 9 * USEC_PER_MIN);
        }
        ck_assert_uint_eq(m.sets, 1);
        ck_assert_int_ge(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 12);
        ck_assert_int_le(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 40);
        /* not needed for an hour: back */
        machine_run(&m, 61 * USEC_PER_MIN);
        ck_assert_int_eq(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 0);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_NOBODY);
}
END_TEST

START_TEST(what_is_taken_at_once_is_a_gain)
{
        const Decision *d;

        start(COMPACT, 20, 1000);
        m.model.n_nodes = 1; /* the counters are the machine's */
        m.model.vmstat.thp_fault_alloc = 1000;
        machine_sample(&m);
        m.model.vmstat.thp_fault_alloc = 1150;
        machine_free_memory(&m, 0, 10, 710);
        m.now += USEC_PER_SEC;
        machine_compaction_ends(&m, 0, 0);
        m.now += p.settle;
        machine_sample(&m);
        d = machine_decision(&m, REASON_GAINED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->gain, 290 * (int64_t)MIB);
        ck_assert_uint_eq(node(0).attempts, 0);
}
END_TEST

START_TEST(boost_when_pinned)
{
        start(COMPACT | 1U << LEVER_BOOST, 20, 1000);
        m.model.knobs[KNOB_WATERMARK_BOOST_FACTOR] = 0;
        m.model.nodes[0].unmovable_permyriad = 6000;
        machine_sample(&m);
        m.now += USEC_PER_SEC;
        machine_compaction_ends(&m, 0, 0);
        machine_run(&m, 30 * USEC_PER_SEC);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_PINNED);
        ck_assert_int_eq(m.model.knobs[KNOB_WATERMARK_BOOST_FACTOR], 15000);
        machine_free_memory(&m, 0, 900, 100);
        machine_run(&m, 5 * USEC_PER_MIN);
        ck_assert_int_eq(m.model.knobs[KNOB_WATERMARK_BOOST_FACTOR], 0);
}
END_TEST

START_TEST(nodes_come_and_go)
{
        start(COMPACT, 20, 1000);
        machine_sample(&m);
        ck_assert_uint_eq(engine_n_nodes(m.engine), 2);
        m.model.n_nodes = 1;
        machine_step(&m, &(Event){ .type = EVENT_TOPOLOGY });
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_TOPOLOGY));
        machine_sample(&m);
        ck_assert_uint_eq(engine_n_nodes(m.engine), 1);
        m.model.n_nodes = 2;
        m.model.nodes[1].id = 5;
        machine_sample(&m);
        ck_assert_uint_eq(engine_n_nodes(m.engine), 2);
        ck_assert_uint_eq(node(1).id, 5);
        m.model.nodes[0].id = 3;
        machine_sample(&m);
        ck_assert_uint_eq(node(0).id, 3);
        ck_assert_uint_eq(node(1).id, 5);
        /* the answer to an action on a node that is gone changes nothing */
        machine_step(&m, &(Event){ .type = EVENT_ACTION_DONE, .done = { .action = 1, .act = ACT_COMPACT } });
        ck_assert_uint_eq(m.out.n_decisions, 0);
}
END_TEST

START_TEST(numbers_have_no_gaps)
{
        uint64_t expected = 1;
        Event policy = { .type = EVENT_POLICY, .policy = &p };

        start(COMPACT, 20, 1000);
        engine_free(m.engine);
        ck_assert_int_eq(engine_new(&m.engine, 4, 1), 0);
        machine_step(&m, &policy);
        for (int i = 0; i < 60; i++) {
                for (size_t k = 0; k < m.out.n_decisions; k++)
                        ck_assert_uint_eq(m.out.decisions[k].number, expected++);
                m.now += USEC_PER_SEC;
                machine_sample(&m);
        }
        ck_assert_uint_gt(expected, 100);
}
END_TEST

START_TEST(impossible_events)
{
        static const Event bad[] = {
                { .type = EVENT_SAMPLE },
                { .type = EVENT_POLICY },
                { .type = _EVENT_MAX },
                { .type = EVENT_REQUEST, .request = { .type = REQUEST_PAUSE } },
                { .type = EVENT_REQUEST, .request = { .type = _REQUEST_MAX, .token = 1 } },
                { .type = EVENT_ACTION_DONE, .done = { .act = _ACT_MAX } },
                { .type = EVENT_ACTION_DONE, .done = { .act = ACT_SET_KNOB, .knob = _KNOB_MAX } },
                { .type = EVENT_KNOB_CHANGED, .knob = { .id = _KNOB_MAX } },
        };
        Outcome out;

        start(COMPACT, 20, 1000);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                ck_assert_int_eq(engine_step(m.engine, &bad[i], m.now, &out), -EINVAL);
}
END_TEST

START_TEST(new_checks_its_arguments)
{
        Engine *e = NULL;

        ck_assert_int_eq(engine_new(&e, 0, 1), -EINVAL);
        ck_assert_int_eq(engine_new(&e, NODES_MAX + 1, 1), -EINVAL);
        ck_assert_int_eq(engine_new(&e, 1, 0), -EINVAL);
        ck_assert_ptr_null(e);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("engine"), *n = tcase_create("new");

        tcase_add_checked_fixture(t, NULL, teardown);
        tcase_add_test(t, met_does_nothing);
        tcase_add_test(t, fragmented_compacts_and_stops_at_the_mark);
        tcase_add_test(t, window_is_raised_and_put_back);
        tcase_add_test(t, window_would_drag_the_other_node);
        tcase_add_test(t, window_that_nobody_uses_ends);
        tcase_add_test(t, short_is_left_alone);
        tcase_add_test(t, a_part_is_held_when_the_whole_cannot_be);
        tcase_add_test(t, left_to_kcompactd_where_it_acts_by_itself);
        tcase_add_test(t, hugetlb_pools_are_no_base_of_a_share);
        tcase_add_test(t, futile_backs_off);
        tcase_add_loop_test(t, guard_holds, 0, ELEMENTSOF(guards));
        tcase_add_test(t, pressure_ends_a_run);
        tcase_add_test(t, time_limit_ends_a_run);
        tcase_add_test(t, budget_limits_a_run);
        tcase_add_test(t, observe_says_and_does_nothing);
        tcase_add_test(t, foreign_change_is_yielded);
        tcase_add_test(t, stale_write_is_yielded);
        tcase_add_test(t, request_is_done_and_answered);
        tcase_add_test(t, request_that_is_met_already);
        tcase_add_loop_test(t, request_refused, 0, 6);
        tcase_add_test(t, pause_ends_and_restores);
        tcase_add_test(t, policy_change_ends_and_restores);
        tcase_add_test(t, actor_lost_and_back);
        tcase_add_test(t, no_compact_file_is_remembered);
        tcase_add_loop_test(t, blind_does_not_act, 0, 2);
        tcase_add_test(t, going_blind_ends_a_window);
        tcase_add_test(t, forecast_acts_before_it_is_missed);
        tcase_add_test(t, standing_value_after_repeated_gain);
        tcase_add_test(t, what_is_taken_at_once_is_a_gain);
        tcase_add_test(t, boost_when_pinned);
        tcase_add_test(t, nodes_come_and_go);
        tcase_add_test(t, numbers_have_no_gaps);
        tcase_add_test(t, impossible_events);
        tcase_add_test(n, new_checks_its_arguments);
        suite_add_tcase(s, t);
        suite_add_tcase(s, n);
}

TEST_MAIN("engine", build)
