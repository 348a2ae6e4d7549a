/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/limits.h"
#include "metrics/tally.h"
#include "test.h"

static Tally t;

static void setup(void)
{
        ck_assert_int_eq(tally_init(&t), 0);
}

static void teardown(void)
{
        tally_done(&t);
}

static void decide(
        uint32_t node, Lever lever, Reason reason, bool notable, bool would, int64_t gain)
{
        Decision d;

        decision_init(&d);
        d.node = node;
        d.lever = lever;
        d.reason = reason;
        d.notable = notable;
        d.would = would;
        d.gain = gain;
        d.cost = 1000;
        d.took = 5000;
        tally_decision(&t, &d);
}

START_TEST(test_actions)
{
        const LeverTally *l;

        decide(3, LEVER_COMPACT, REASON_MISSED, true, false,
                0); /* begins: nothing has come of it */
        decide(3, LEVER_COMPACT, REASON_GAINED, true, false, 4096);
        decide(3, LEVER_COMPACT, REASON_NO_GAIN, true, false, -8192);
        decide(3, LEVER_COMPACT, REASON_ACTION_FAILED, true, false, 0);
        decide(3, LEVER_WINDOW, REASON_MISSED, true, true, 0);
        ck_assert_uint_eq(t.n_nodes, 1);
        ck_assert_ptr_null(tally_node(&t, 0));
        l = &tally_node(&t, 3)->levers[TALLY_COMPACT];
        ck_assert_uint_eq(l->results[TALLY_GAINED], 1);
        ck_assert_uint_eq(l->results[TALLY_NO_GAIN], 1);
        ck_assert_uint_eq(l->results[TALLY_FAILED], 1);
        ck_assert_uint_eq(l->results[TALLY_WOULD], 0);
        ck_assert_uint_eq(l->gained, 4096);
        ck_assert_uint_eq(l->cpu, 2000);
        ck_assert_uint_eq(l->wall, 10000);
        l = &tally_node(&t, 3)->levers[TALLY_WINDOW];
        ck_assert_uint_eq(l->results[TALLY_WOULD], 1);
        ck_assert_uint_eq(l->cpu, 0);
        ck_assert_uint_eq(t.reasons[REASON_MISSED], 2);
        ck_assert_uint_eq(t.reasons[REASON_GAINED], 1);
}
END_TEST

/* What is no action on a node: nothing that is not notable, no knob, nothing about the whole
 * machine. */
START_TEST(test_others)
{
        decide(0, LEVER_COMPACT, REASON_GAINED, false, false, 4096);
        decide(0, LEVER_PROACTIVENESS, REASON_KNOB_RAISED, true, false, 0);
        decide(0, LEVER_PROACTIVENESS, REASON_ACTION_FAILED, true, false, 0);
        decide(NODE_ALL, LEVER_NONE, REASON_POLICY_CHANGED, true, false, 0);
        decide(NODE_ALL, LEVER_WINDOW, REASON_ACTION_FAILED, true, false, 0);
        ck_assert_uint_eq(t.n_nodes, 0);
        ck_assert_uint_eq(t.reasons[REASON_GAINED], 0);
        ck_assert_uint_eq(t.reasons[REASON_KNOB_RAISED], 1);
        ck_assert_uint_eq(t.reasons[REASON_ACTION_FAILED], 2);
}
END_TEST

START_TEST(test_many_nodes)
{
        for (uint32_t i = 0; i < NODES_MAX + 5; i++)
                decide(i, LEVER_COMPACT, REASON_GAINED, true, false, 1);
        ck_assert_uint_eq(t.n_nodes, NODES_MAX);
        ck_assert_ptr_nonnull(tally_node(&t, NODES_MAX - 1));
        ck_assert_ptr_null(tally_node(&t, NODES_MAX));
}
END_TEST

START_TEST(test_polls)
{
        tally_poll(&t, 0);
        tally_poll(&t, tally_poll_bounds[0]); /* a bound is in its bucket */
        tally_poll(&t, tally_poll_bounds[0] + 1);
        tally_poll(&t, 10 * USEC_PER_SEC);
        ck_assert_uint_eq(t.polls[0], 2);
        ck_assert_uint_eq(t.polls[1], 1);
        ck_assert_uint_eq(t.polls[TALLY_POLL_BOUNDS], 1);
        ck_assert_uint_eq(t.poll_sum, 2 * tally_poll_bounds[0] + 1 + 10 * USEC_PER_SEC);
        for (size_t i = 1; i < TALLY_POLL_BOUNDS; i++)
                ck_assert_uint_lt(tally_poll_bounds[i - 1], tally_poll_bounds[i]);
}
END_TEST

static void build(Suite *s)
{
        TCase *c = tcase_create("tally");

        tcase_add_checked_fixture(c, setup, teardown);
        tcase_add_test(c, test_actions);
        tcase_add_test(c, test_others);
        tcase_add_test(c, test_many_nodes);
        tcase_add_test(c, test_polls);
        suite_add_tcase(s, c);
}

TEST_MAIN("metrics/tally", build)
