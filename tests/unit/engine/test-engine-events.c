/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine: what comes from outside: requests, pauses, policies, a lost actor, nodes that go. */
#include "one-node.h"

static void request_compact(uint64_t size, uint64_t count)
{
        machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                                 .request = { .type = REQUEST_COMPACT,
                                         .token = 42,
                                         .node = 0,
                                         .size = size,
                                         .count = count,
                                         .uid = 1000,
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
                                         .request = { .type = REQUEST_PAUSE,
                                                 .token = 1,
                                                 .duration = USEC_PER_HOUR } });
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
                                 .request = { .type = REQUEST_PAUSE,
                                         .token = 1,
                                         .duration = 10 * USEC_PER_MIN } });
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
        machine_step(&m,
                &(Event){ .type = EVENT_ACTION_DONE, .done = { .action = 1, .act = ACT_COMPACT } });
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
        TCase *t = tcase_create("events"), *n = tcase_create("new");

        tcase_add_checked_fixture(t, NULL, teardown);
        tcase_add_test(t, request_is_done_and_answered);
        tcase_add_test(t, request_that_is_met_already);
        tcase_add_loop_test(t, request_refused, 0, 6);
        tcase_add_test(t, pause_ends_and_restores);
        tcase_add_test(t, policy_change_ends_and_restores);
        tcase_add_test(t, actor_lost_and_back);
        tcase_add_test(t, no_compact_file_is_remembered);
        tcase_add_loop_test(t, blind_does_not_act, 0, 2);
        tcase_add_test(t, going_blind_ends_a_window);
        tcase_add_test(t, nodes_come_and_go);
        tcase_add_test(t, numbers_have_no_gaps);
        tcase_add_test(t, impossible_events);
        tcase_add_test(n, new_checks_its_arguments);
        suite_add_tcase(s, t);
        suite_add_tcase(s, n);
}

TEST_MAIN("engine-events", build)
