/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporary objectives: begun, met like any other, moved by another policy, ended, refused. One-node.h's machine: two nodes of 4 GiB,
 * one objective of 256 MiB in huge pages. */
#include "engine/sentence.h"
#include "one-node.h"

#define HUGE (2 * MIB)

static uint64_t token = 100;

static void request(RequestType type, uint32_t node, uint64_t size, uint64_t count, usec_t duration, uint64_t of)
{
        machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                                 .request = { .type = type, .token = ++token, .node = node, .size = size, .count = count,
                                         .duration = duration, .of = of, .uid = 1000, .pid = 77 } });
}

static const Decision *hold(uint32_t node_id, uint64_t count, usec_t duration)
{
        request(REQUEST_HOLD, node_id, HUGE, count, duration, 0);
        ck_assert_uint_le(m.out.next_wakeup, m.now + 10 * USEC_PER_MSEC); /* decided at the next sample */
        m.now += USEC_PER_MSEC;
        machine_sample(&m);
        return machine_decision(&m, REASON_HOLD_BEGUN);
}

static const Policy *followed(void)
{
        return engine_policy(m.engine);
}

static HoldView view(size_t i)
{
        HoldView v;

        engine_hold_view(m.engine, i, &v);
        return v;
}

static void setup(void)
{
        start(COMPACT, 512, 2048); /* the policy's objective is met */
        machine_sample(&m);
        machine_answer(&m);
}

START_TEST(test_begins)
{
        const Decision *d = hold(0, 512, 10 * USEC_PER_MIN);
        char text[SENTENCE_MAX];

        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->request, token);
        ck_assert_uint_eq(d->uid, 1000);
        ck_assert_uint_eq(d->hold, 1);
        ck_assert_uint_eq(d->reserve, 512 * HUGE);
        ck_assert_uint_eq(d->current, 256 * HUGE);
        ck_assert(d->notable && d->act == ACT_NONE);
        ck_assert_str_eq(decision_sentence(d, text, sizeof(text)),
                "Holding 1 GiB in blocks of 2 MiB on node 0 for 10min (hold 1): 512 MiB are there.");
        ck_assert_uint_eq(followed()->n_objectives, 2);
        ck_assert_uint_eq(followed()->objectives[1].hold, 1);
        /* Judged and acted upon in the same sample, and named. */
        d = machine_decision(&m, REASON_MISSED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->act, ACT_COMPACT);
        ck_assert_int_eq(d->objective, 1);
        ck_assert_uint_eq(d->hold, 1);
        ck_assert_ptr_nonnull(strstr(decision_sentence(d, text, sizeof(text)),
                "Node 0 has only 512 MiB of the 1 GiB wanted in blocks of 2 MiB (hold 1) although 2.5 GiB is free"));
        ck_assert(node(0).objectives[1].applies && !node(1).objectives[1].applies);
}
END_TEST

START_TEST(test_view)
{
        HoldView v;

        hold(1, 100, USEC_PER_MIN);
        v = view(0);
        ck_assert_uint_eq(engine_n_holds(m.engine), 1);
        ck_assert_uint_eq(v.id, 1);
        ck_assert_uint_eq(v.size, HUGE);
        ck_assert_uint_eq(v.count, 100);
        ck_assert_uint_eq(v.there, 100);
        ck_assert_uint_eq(v.node, 1);
        ck_assert_uint_eq(v.uid, 1000);
        ck_assert_uint_eq(v.pid, 77);
        ck_assert_int_eq(v.verdict, VERDICT_MET);
        ck_assert_uint_eq(v.until - v.begun, USEC_PER_MIN - USEC_PER_MSEC);
}
END_TEST

/* On all nodes: each its part, rounded up. */
START_TEST(test_parts)
{
        ck_assert_ptr_nonnull(hold(NODE_ALL, 601, USEC_PER_MIN));
        ck_assert_uint_eq(node(0).objectives[1].reserve, 301 * HUGE);
        ck_assert_uint_eq(node(1).objectives[1].reserve, 301 * HUGE);
        ck_assert_int_eq(node(0).objectives[1].verdict, VERDICT_FRAGMENTED);
        ck_assert_int_eq(node(1).objectives[1].verdict, VERDICT_MET);
        ck_assert_uint_eq(view(0).there, 256 + 301);
        ck_assert_int_eq(view(0).verdict, VERDICT_FRAGMENTED);
}
END_TEST

START_TEST(test_ends_by_itself)
{
        const Decision *d;

        hold(0, 100, 30 * USEC_PER_SEC);
        while (engine_n_holds(m.engine)) {
                ck_assert_uint_le(m.out.next_wakeup, m.now + 31 * USEC_PER_SEC);
                m.now = MAX(m.out.next_wakeup, m.now + USEC_PER_MSEC);
                machine_sample(&m);
        }
        d = machine_decision(&m, REASON_HOLD_ENDED);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->hold, 1);
        ck_assert_uint_eq(d->request, 0);
        ck_assert_uint_ge(d->took, 30 * USEC_PER_SEC - USEC_PER_MSEC);
        ck_assert_uint_lt(d->took, 30 * USEC_PER_SEC + USEC_PER_MSEC);
        ck_assert_uint_eq(followed()->n_objectives, 1);
}
END_TEST

/* Also where nothing can be seen. */
START_TEST(test_ends_blind)
{
        hold(0, 100, 30 * USEC_PER_SEC);
        m.now += 31 * USEC_PER_SEC;
        machine_step(&m, &(Event){ .type = EVENT_TIMER });
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_HOLD_ENDED));
        request(REQUEST_HOLD, 0, HUGE, 100, USEC_PER_MIN, 0);
        machine_step(&m, &(Event){ .type = EVENT_TIMER });
        ck_assert_int_eq(machine_decision(&m, REASON_HOLD_REFUSED)->error, -ENODATA);
}
END_TEST

START_TEST(test_released)
{
        const Decision *d;
        char text[SENTENCE_MAX];

        hold(0, 512, USEC_PER_HOUR);
        ck_assert(m.nodes[0].running); /* compacts for it */
        m.now += 90 * USEC_PER_SEC;
        request(REQUEST_RELEASE, NODE_ALL, 0, 0, 0, 1);
        d = machine_decision(&m, REASON_HOLD_ENDED);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->request, token);
        ck_assert_str_eq(decision_sentence(d, text, sizeof(text)), "Hold 1 ends after 1min 30s: 1 GiB in blocks of 2 MiB on node 0 are released.");
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_CANCELLED)); /* and what runs for it */
        ck_assert_uint_eq(engine_n_holds(m.engine), 0);
        machine_compaction_ends(&m, 0, -ECANCELED);
        machine_run(&m, USEC_PER_MIN);
        ck_assert_uint_eq(m.compacts, 1);
        request(REQUEST_RELEASE, NODE_ALL, 0, 0, 0, 1);
        d = machine_decision(&m, REASON_HOLD_REFUSED);
        ck_assert_int_eq(d->error, -ESRCH);
        ck_assert_str_eq(decision_sentence(d, text, sizeof(text)), "There is no hold 1 to release.");
}
END_TEST

/* The place of one that ends stays free until somebody new comes: others' do not move. */
START_TEST(test_places)
{
        for (uint64_t i = 1; i <= 3; i++)
                hold(0, i, USEC_PER_HOUR);
        request(REQUEST_RELEASE, NODE_ALL, 0, 0, 0, 2);
        machine_sample(&m);
        ck_assert_uint_eq(followed()->n_objectives, 4);
        ck_assert(followed()->objectives[2].hold == HOLD_ENDED);
        ck_assert(!node(0).objectives[2].applies);
        ck_assert_uint_eq(followed()->objectives[3].hold, 3);
        ck_assert_uint_eq(node(0).objectives[3].reserve, 3 * HUGE);
        ck_assert_uint_eq(engine_n_holds(m.engine), 2);
        hold(0, 9, USEC_PER_HOUR);
        ck_assert_uint_eq(followed()->objectives[2].hold, 4);
        ck_assert_uint_eq(view(0).id, 1);
        ck_assert_uint_eq(view(1).id, 3);
        ck_assert_uint_eq(view(2).id, 4);
        ck_assert_uint_eq(view(2).count, 9);
}
END_TEST

/* It is no part of a policy: another one takes nothing of it. */
START_TEST(test_policy_changes)
{
        Policy other;
        Policy own;

        hold(0, 100, USEC_PER_HOUR);
        policy_init(&other, "other");
        policy_objective(&other, "thp", 10, 20);
        policy_objective(&other, "64K", 10, 20);
        policy_objective(&other, "64K", 20, 40);
        other.levers = COMPACT;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &other });
        machine_sample(&m);
        ck_assert_uint_eq(followed()->n_objectives, 4);
        ck_assert_uint_eq(followed()->objectives[3].hold, 1);
        ck_assert_uint_eq(node(0).objectives[3].reserve, 100 * HUGE);
        ck_assert_uint_eq(view(0).there, 100);
        engine_policy_own(m.engine, &own);
        ck_assert_mem_eq(own.objectives, other.objectives, sizeof(own.objectives));
        ck_assert_uint_eq(own.n_objectives, 3);
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_sample(&m);
        ck_assert_uint_eq(followed()->objectives[1].hold, 1);
        ck_assert_uint_eq(engine_n_holds(m.engine), 1);
}
END_TEST

/* A part grows where a node goes. */
START_TEST(test_node_goes)
{
        hold(NODE_ALL, 100, USEC_PER_HOUR);
        ck_assert_uint_eq(node(0).objectives[1].reserve, 50 * HUGE);
        m.model.n_nodes = m.model.n_zones = 1;
        machine_sample(&m);
        ck_assert_uint_eq(node(0).objectives[1].reserve, 100 * HUGE);
}
END_TEST

/* --- refused --- */

static const Decision *refused(int error)
{
        const Decision *d = machine_decision(&m, REASON_HOLD_REFUSED);

        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->error, error);
        ck_assert_uint_eq(d->hold, 0);
        ck_assert_uint_eq(d->request, token);
        return d;
}

START_TEST(test_too_much)
{
        const Decision *d;
        char text[SENTENCE_MAX];

        ck_assert_ptr_null(hold(0, 2046, USEC_PER_MIN)); /* 4096 MiB less the high watermark of 6 */
        d = refused(-E2BIG);
        ck_assert_uint_eq(d->ceiling, 2045 * HUGE);
        ck_assert_str_eq(decision_sentence(d, text, sizeof(text)),
                "Could not hold 2046 blocks of 2 MiB on node 0: at most 2045 are possible, even if nobody used the memory.");
        ck_assert_ptr_null(hold(NODE_ALL, 2 * 2045 + 1, USEC_PER_MIN));
        ck_assert_uint_eq(refused(-E2BIG)->ceiling, UINT64_C(2) * 2045 * HUGE);
        ck_assert_ptr_null(hold(0, UINT64_MAX, USEC_PER_MIN));
        refused(-E2BIG);
        m.model.have |= 1U << SOURCE_MEMINFO; /* pools of huge pages are nobody else's */
        m.model.meminfo.hugetlb = 4096 * MIB;
        ck_assert_ptr_null(hold(0, 1022, USEC_PER_MIN));
        ck_assert_uint_eq(refused(-E2BIG)->ceiling, 1021 * HUGE);
        ck_assert_ptr_nonnull(hold(0, 1021, USEC_PER_MIN)); /* short of memory now, but that may change */
        ck_assert_uint_eq(engine_n_holds(m.engine), 1);
}
END_TEST

START_TEST(test_no_such_blocks)
{
        request(REQUEST_HOLD, 0, UINT64_C(1) << 30, 1, USEC_PER_MIN, 0);
        machine_sample(&m);
        refused(-ERANGE);
        ck_assert_ptr_null(hold(5, 1, USEC_PER_MIN));
        refused(-ENODEV);
}
END_TEST

START_TEST(test_too_many)
{
        for (unsigned i = 0; i < HOLDS_MAX; i++)
                ck_assert_ptr_nonnull(hold(0, 1, USEC_PER_HOUR));
        request(REQUEST_HOLD, 0, HUGE, 1, USEC_PER_MIN, 0);
        refused(-EBUSY);
        ck_assert_uint_eq(followed()->n_objectives, 1 + HOLDS_MAX);
}
END_TEST

START_TEST(test_nobody_acts)
{
        p.act = false;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        ck_assert_ptr_null(hold(0, 1, USEC_PER_MIN));
        refused(-EPERM);
        p.act = true;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_step(&m, &(Event){ .type = EVENT_ACTOR, .actor_present = false });
        ck_assert_ptr_null(hold(0, 1, USEC_PER_MIN));
        refused(-ENOTCONN);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("hold");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_begins);
        tcase_add_test(t, test_view);
        tcase_add_test(t, test_parts);
        tcase_add_test(t, test_ends_by_itself);
        tcase_add_test(t, test_ends_blind);
        tcase_add_test(t, test_released);
        tcase_add_test(t, test_places);
        tcase_add_test(t, test_policy_changes);
        tcase_add_test(t, test_node_goes);
        tcase_add_test(t, test_too_much);
        tcase_add_test(t, test_no_such_blocks);
        tcase_add_test(t, test_too_many);
        tcase_add_test(t, test_nobody_acts);
        suite_add_tcase(s, t);
}

TEST_MAIN("hold", build)
