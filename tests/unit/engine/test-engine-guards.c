/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine: what holds it back, and what ends what it does. */
#include "one-node.h"

static const struct {
        Guard guard;
        const char *name;
} guards[] = {
        { GUARD_PSI_MEMORY, "memory pressure" },
        { GUARD_PSI_CPU, "CPU pressure" },
        { GUARD_KCOMPACTD_BUSY, "kcompactd running" },
        { GUARD_KCOMPACTD_STUCK, "kcompactd in D state for long" },
        { GUARD_NO_ACTOR, "no actor" },
        { GUARD_RIVAL, "another that compacts" },
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
        case GUARD_RIVAL:
                machine_step(&m, &(Event){ .type = EVENT_RIVALS, .rivals.running = 1u << RIVAL_ADAPTIVEMM });
                break;
        case GUARD_PAUSED:
                machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                                         .request = { .type = REQUEST_PAUSE,
                                                 .token = 1,
                                                 .duration = USEC_INFINITY } });
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

START_TEST(memory_that_came_free_needs_no_rest)
{
        start(COMPACT, 20, 1000);
        machine_sample(&m);
        ck_assert(m.nodes[0].running);
        m.now += 2 * USEC_PER_SEC;
        machine_free_memory(&m, 0, 300, 700);
        machine_compaction_ends(&m, 0, 0);
        machine_run(&m, 2 * USEC_PER_SEC);
        ck_assert_int_eq(node(0).notable->reason, REASON_GAINED);
        /* Not a quarter more than the 1020 MiB that were free when it began. */
        machine_free_memory(&m, 0, 20, 1254);
        machine_sample(&m);
        ck_assert_uint_eq(m.compacts, 1);
        ck_assert_int_eq(node(0).last->guard, GUARD_COOLDOWN);
        machine_free_memory(&m, 0, 20, 1255);
        m.now += 500 * USEC_PER_MSEC;
        machine_sample(&m);
        ck_assert_uint_eq(m.compacts, 2);
        /* That sets the mark anew. */
        machine_compaction_ends(&m, 0, 0);
        machine_free_memory(&m, 0, 400, 875);
        machine_run(&m, 2 * USEC_PER_SEC);
        machine_free_memory(&m, 0, 20, 1255);
        machine_sample(&m);
        ck_assert_uint_eq(m.compacts, 2);
        ck_assert_int_eq(node(0).last->guard, GUARD_COOLDOWN);
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
        machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                                 .request = { .type = REQUEST_RESUME, .token = 9 } });
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_NOBODY);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).baseline, 33);
}
END_TEST

/* Changed just before we put it back: the actor left it, and says so by the value. */
START_TEST(foreign_value_found_when_restoring_is_yielded)
{
        start(WINDOW | COMPACT, 20, 1000);
        machine_sample(&m);
        machine_answer(&m);
        m.now += USEC_PER_SEC;
        machine_free_memory(&m, 0, 400, 620);
        machine_sample(&m);
        ck_assert_uint_eq(m.restores, 1);
        m.knob[0].event.done.value = m.model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 33;
        machine_answer(&m);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_KNOB_YIELDED));
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_OTHER);
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

/* What runs by itself is ended, and a window put back; what was asked for goes on. */
START_TEST(rival_ends_what_runs)
{
        start(WINDOW | COMPACT, 20, 1000);
        machine_sample(&m);
        machine_answer(&m);
        ck_assert_uint_eq(m.sets, 1);
        m.now += USEC_PER_SEC;
        machine_step(&m, &(Event){ .type = EVENT_RIVALS, .rivals.running = 1u << RIVAL_KATALYST });
        ck_assert_uint_eq(m.restores, 1);
        machine_answer(&m);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_NOBODY);
        machine_run(&m, USEC_PER_HOUR / 2);
        ck_assert_uint_eq(m.sets, 1);
        ck_assert_uint_eq(m.compacts, 0);
        ck_assert_int_eq(node(0).last->guard, GUARD_RIVAL);
        ck_assert_uint_eq(node(0).last->guard_value, RIVAL_KATALYST);
        machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                                 .request = { .type = REQUEST_COMPACT, .token = 1, .node = 0 } });
        machine_sample(&m);
        ck_assert_uint_eq(m.compacts, 1);
        machine_step(&m, &(Event){ .type = EVENT_RIVALS, .rivals.running = 1u << RIVAL_ADAPTIVEMM });
        ck_assert_uint_eq(m.stops, 0);
}
END_TEST

START_TEST(rival_goes)
{
        start(COMPACT, 20, 1000);
        machine_step(&m, &(Event){ .type = EVENT_RIVALS, .rivals.running = 1u << RIVAL_ADAPTIVEMM | 1u << RIVAL_BPFTUNE });
        ck_assert_int_eq(knob(KNOB_WATERMARK_SCALE_FACTOR).rival, RIVAL_ADAPTIVEMM);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).rival, RIVAL_NONE);
        machine_sample(&m);
        ck_assert_uint_eq(m.compacts, 0);
        machine_step(&m, &(Event){ .type = EVENT_RIVALS, .rivals.running = 1u << RIVAL_BPFTUNE });
        ck_assert_int_eq(knob(KNOB_WATERMARK_SCALE_FACTOR).rival, RIVAL_NONE);
        m.now += USEC_PER_SEC;
        machine_sample(&m);
        ck_assert_uint_eq(m.compacts, 1);
}
END_TEST

START_TEST(rivals_that_cannot_be)
{
        Outcome out;

        start(COMPACT, 20, 1000);
        ck_assert_int_eq(engine_step(m.engine, &(Event){ .type = EVENT_RIVALS, .rivals.running = 1u << _RIVAL_MAX }, m.now, &out), -EINVAL);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("guards");

        tcase_add_checked_fixture(t, NULL, teardown);
        tcase_add_loop_test(t, guard_holds, 0, ELEMENTSOF(guards));
        tcase_add_test(t, rival_ends_what_runs);
        tcase_add_test(t, rival_goes);
        tcase_add_test(t, rivals_that_cannot_be);
        tcase_add_test(t, memory_that_came_free_needs_no_rest);
        tcase_add_test(t, pressure_ends_a_run);
        tcase_add_test(t, time_limit_ends_a_run);
        tcase_add_test(t, budget_limits_a_run);
        tcase_add_test(t, observe_says_and_does_nothing);
        tcase_add_test(t, foreign_change_is_yielded);
        tcase_add_test(t, foreign_value_found_when_restoring_is_yielded);
        tcase_add_test(t, stale_write_is_yielded);
        suite_add_tcase(s, t);
}

TEST_MAIN("engine-guards", build)
