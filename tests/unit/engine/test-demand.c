/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/demand.h"

#include "test.h"

#define MIB UINT64_C(1048576)
#define DAY (24 * USEC_PER_HOUR)
#define T0  (100 * USEC_PER_SEC)

static Demand d;

static void start(void)
{
        d = (Demand){ 0 };
        demand_add(&d, T0, 0, 0, DAY);
}

static void expect_peak(usec_t now, uint64_t peak, uint64_t burst, usec_t age)
{
        uint64_t b;
        usec_t a;

        ck_assert_uint_eq(demand_peak(&d, now, DAY, &b, &a), peak);
        ck_assert_uint_eq(b, burst);
        ck_assert_uint_eq(a, age);
}

START_TEST(nothing_asked_nothing_wanted)
{
        start();
        for (usec_t t = T0; t < T0 + 2 * DAY; t += USEC_PER_HOUR)
                demand_add(&d, t, 0, 0, DAY);
        ck_assert_uint_eq(demand_recent(&d, T0 + 2 * DAY), 0);
        expect_peak(T0 + 2 * DAY, 0, 0, 0);
        ck_assert_uint_eq(demand_wanted(&d, T0 + 2 * DAY, DAY, 0), 0);
        ck_assert_uint_eq(demand_wanted(&d, T0 + 2 * DAY, DAY, 7 * MIB), 7 * MIB);
}
END_TEST

START_TEST(what_comes_within_the_span_is_one_burst)
{
        start();
        for (unsigned i = 0; i < 5; i++)
                demand_add(&d, T0 + i * USEC_PER_SEC, 10 * MIB, 0, DAY);
        ck_assert_uint_eq(demand_recent(&d, T0 + 4 * USEC_PER_SEC), 50 * MIB);
        /* The first one leaves the span as the sixth comes. */
        demand_add(&d, T0 + 5 * USEC_PER_SEC, 10 * MIB, 0, DAY);
        ck_assert_uint_eq(demand_recent(&d, T0 + 5 * USEC_PER_SEC), 50 * MIB);
        expect_peak(T0 + 5 * USEC_PER_SEC, 50 * MIB, 50 * MIB, 0);
}
END_TEST

/* Who has to wait asks more slowly. */
START_TEST(a_burst_that_has_to_wait_is_longer)
{
        for (unsigned waited = 0; waited < 3; waited++) {
                start();
                for (unsigned i = 0; i < 8; i++)
                        demand_add(&d, T0 + i * USEC_PER_SEC, 10 * MIB, i < waited ? 10 * MIB : 0, DAY);
                ck_assert_uint_eq(demand_recent(&d, T0 + 7 * USEC_PER_SEC), waited < 2 ? 50 * MIB : 80 * MIB);
        }
}
END_TEST

START_TEST(more_points_than_fit_lose_nothing)
{
        start();
        for (unsigned i = 0; i < 3 * DEMAND_POINTS; i++)
                demand_add(&d, T0 + i * 50 * USEC_PER_MSEC, MIB, 0, DAY);
        ck_assert_uint_eq(demand_recent(&d, T0 + 4800 * USEC_PER_MSEC), 3 * DEMAND_POINTS * MIB);
}
END_TEST

START_TEST(a_burst_that_has_begun_is_not_held_twice)
{
        start();
        demand_add(&d, T0, 100 * MIB, 0, DAY);
        ck_assert_uint_eq(demand_wanted(&d, T0 + 5 * USEC_PER_SEC, DAY, 0), 0);
        ck_assert_uint_eq(demand_wanted(&d, T0 + DEMAND_SERVED - 1, DAY, 0), 0);
        ck_assert_uint_eq(demand_served_until(&d, T0 + DEMAND_SERVED - 1, DAY), T0 + DEMAND_SERVED);
        ck_assert_uint_eq(demand_served_until(&d, T0 + DEMAND_SERVED, DAY), 0);
        ck_assert_uint_eq(demand_wanted(&d, T0 + 20 * USEC_PER_SEC, DAY, 0), 100 * MIB * (86400 - 20) / 86400);
        demand_add(&d, T0 + 20 * USEC_PER_SEC, 60 * MIB, 0, DAY);
        ck_assert_uint_eq(demand_wanted(&d, T0 + 20 * USEC_PER_SEC, DAY, 0), 100 * MIB * (86400 - 20) / 86400 - 60 * MIB);
}
END_TEST

/* All of it is wanted again at once: what is left of the span would be wanted bit by bit otherwise, each bit an action. */
START_TEST(what_was_served_counts_in_full_until_it_does_not)
{
        start();
        for (unsigned i = 0; i < 4; i++)
                demand_add(&d, T0 + i * USEC_PER_SEC, 25 * MIB, 0, DAY);
        for (usec_t t = T0 + 3 * USEC_PER_SEC; t < T0 + 3 * USEC_PER_SEC + DEMAND_SERVED; t += USEC_PER_SEC / 2)
                ck_assert_uint_eq(demand_wanted(&d, t, DAY, 0), 0);
        ck_assert_uint_ge(demand_wanted(&d, T0 + 3 * USEC_PER_SEC + DEMAND_SERVED, DAY, 0), 99 * MIB);
}
END_TEST

START_TEST(ones_and_twos_are_no_burst_that_is_served)
{
        uint64_t burst;
        usec_t age;

        start();
        demand_add(&d, T0, 100 * MIB, 0, DAY);
        for (unsigned i = 1; i <= 60; i++) {
                usec_t t = T0 + i * USEC_PER_SEC;

                demand_add(&d, t, 2 * MIB, 0, DAY);
                if (t < T0 + DEMAND_SPAN + DEMAND_SERVED)
                        continue; /* these belong to it */
                ck_assert_uint_eq(demand_served_until(&d, t, DAY), 0);
                ck_assert_uint_eq(demand_wanted(&d, t, DAY, 0), demand_peak(&d, t, DAY, &burst, &age));
        }
}
END_TEST

/* While it goes on, the little that is left of it is wanted; when it is over, that would be made right after it, when a block costs most. */
START_TEST(the_rest_of_a_burst_that_is_over_is_not_wanted)
{
        usec_t t = T0 + USEC_PER_MIN;

        start();
        demand_add(&d, T0, 100 * MIB, 0, DAY);
        demand_add(&d, t, 90 * MIB, 0, DAY);
        ck_assert_uint_ge(demand_wanted(&d, t, DAY, 0), 9 * MIB);
        ck_assert_uint_eq(demand_wanted(&d, t + DEMAND_RUSH, DAY, 0), 0);
        /* One that has only begun may go on at any time. */
        demand_add(&d, t + USEC_PER_MIN, 60 * MIB, 0, DAY);
        ck_assert_uint_ge(demand_wanted(&d, t + USEC_PER_MIN + DEMAND_RUSH, DAY, 0), 39 * MIB);
}
END_TEST

START_TEST(what_was_missed_is_expected_again_for_a_moment)
{
        start();
        demand_add(&d, T0, 40 * MIB, 30 * MIB, DAY);
        ck_assert_uint_eq(demand_wanted(&d, T0 + USEC_PER_SEC, DAY, 0), 30 * MIB);
        ck_assert_uint_eq(demand_wanted(&d, T0 + DEMAND_RUSH, DAY, 0), 0);
        /* Stalls of other sizes are no demand for huge pages. */
        demand_add(&d, T0 + 5 * USEC_PER_SEC, 2 * MIB, 500 * MIB, DAY);
        ck_assert_uint_eq(demand_wanted(&d, T0 + 5 * USEC_PER_SEC, DAY, 0), 2 * MIB);
}
END_TEST

START_TEST(a_burst_is_forgotten_little_by_little)
{
        start();
        demand_add(&d, T0, 96 * MIB, 0, DAY);
        expect_peak(T0 + 6 * USEC_PER_HOUR, 72 * MIB, 96 * MIB, 6 * USEC_PER_HOUR);
        for (usec_t t = USEC_PER_HOUR; t < DAY; t += USEC_PER_HOUR)
                demand_add(&d, T0 + t, 0, 0, DAY);
        expect_peak(T0 + 18 * USEC_PER_HOUR, 24 * MIB, 96 * MIB, 18 * USEC_PER_HOUR);
        expect_peak(T0 + DAY, 0, 0, 0);
        demand_add(&d, T0 + DAY + USEC_PER_HOUR, 0, 0, DAY);
        expect_peak(T0 + DAY + USEC_PER_HOUR, 0, 0, 0);
}
END_TEST

START_TEST(a_smaller_one_takes_over_when_it_counts_for_more)
{
        start();
        demand_add(&d, T0, 96 * MIB, 0, DAY);
        demand_add(&d, T0 + 12 * USEC_PER_HOUR, 50 * MIB, 0, DAY);
        expect_peak(T0 + 12 * USEC_PER_HOUR, 50 * MIB, 50 * MIB, 0);
        demand_add(&d, T0 + 13 * USEC_PER_HOUR, 96 * MIB, 0, DAY);
        expect_peak(T0 + 13 * USEC_PER_HOUR, 96 * MIB, 96 * MIB, 0);
}
END_TEST

START_TEST(a_long_gap_and_a_short_memory)
{
        uint64_t burst;
        usec_t age;

        start();
        demand_add(&d, T0, 96 * MIB, 0, USEC_PER_MIN);
        demand_add(&d, T0 + 100 * DAY, 8 * MIB, 0, USEC_PER_MIN);
        ck_assert_uint_eq(demand_peak(&d, T0 + 100 * DAY, USEC_PER_MIN, &burst, &age), 8 * MIB);
        ck_assert_uint_eq(demand_recent(&d, T0 + 100 * DAY), 8 * MIB);
}
END_TEST

START_TEST(amounts_beyond_all_memory_do_not_wrap)
{
        start();
        demand_add(&d, T0, UINT64_MAX, UINT64_MAX, DAY);
        demand_add(&d, T0 + USEC_PER_SEC, UINT64_MAX, 0, DAY);
        ck_assert_uint_eq(demand_recent(&d, T0 + USEC_PER_SEC), UINT64_MAX);
        ck_assert_uint_eq(demand_wanted(&d, T0 + USEC_PER_SEC, DAY, 0), UINT64_MAX);
}
END_TEST

START_TEST(counts_what_the_kernel_has)
{
        DemandCount c;
        Vmstat v;

        vmstat_reset(&v);
        demand_count(&v, &c);
        ck_assert_uint_eq(c.asked, UNKNOWN_U64);
        ck_assert_uint_eq(c.missed, UNKNOWN_U64);
        v.thp_fault_alloc = 1;
        v.thp_fault_fallback = 20;
        v.htlb_buddy_alloc_success = 300;
        v.compact_stall = 4000;
        demand_count(&v, &c);
        ck_assert_uint_eq(c.asked, 321);
        ck_assert_uint_eq(c.missed, 4020);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("demand");

        tcase_add_test(t, nothing_asked_nothing_wanted);
        tcase_add_test(t, what_comes_within_the_span_is_one_burst);
        tcase_add_test(t, a_burst_that_has_to_wait_is_longer);
        tcase_add_test(t, more_points_than_fit_lose_nothing);
        tcase_add_test(t, a_burst_that_has_begun_is_not_held_twice);
        tcase_add_test(t, what_was_served_counts_in_full_until_it_does_not);
        tcase_add_test(t, ones_and_twos_are_no_burst_that_is_served);
        tcase_add_test(t, the_rest_of_a_burst_that_is_over_is_not_wanted);
        tcase_add_test(t, what_was_missed_is_expected_again_for_a_moment);
        tcase_add_test(t, a_burst_is_forgotten_little_by_little);
        tcase_add_test(t, a_smaller_one_takes_over_when_it_counts_for_more);
        tcase_add_test(t, a_long_gap_and_a_short_memory);
        tcase_add_test(t, amounts_beyond_all_memory_do_not_wrap);
        tcase_add_test(t, counts_what_the_kernel_has);
        suite_add_tcase(s, t);
}

TEST_MAIN("demand", build)
