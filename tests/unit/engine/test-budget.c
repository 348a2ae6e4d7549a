/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/budget.h"

#include "test.h"

static Budget b;

static void expect(usec_t now, usec_t cost, uint32_t runs, usec_t oldest)
{
        usec_t c, o;
        uint32_t r;

        budget_spent(&b, now, USEC_PER_HOUR, &c, &r, &o);
        ck_assert_uint_eq(c, cost);
        ck_assert_uint_eq(r, runs);
        ck_assert_uint_eq(o, oldest);
}

START_TEST(empty)
{
        b = (Budget){ 0 };
        expect(5 * USEC_PER_HOUR, 0, 0, USEC_INFINITY);
}
END_TEST

START_TEST(charged_at_its_start)
{
        b = (Budget){ 0 };
        budget_enter(&b, 1, USEC_PER_HOUR, 0);
        expect(USEC_PER_HOUR, 0, 1, USEC_PER_HOUR);
        budget_charge(&b, 1, 300);
        budget_charge(&b, 1, 500);
        expect(USEC_PER_HOUR + 9, 500, 1, USEC_PER_HOUR);
        expect(2 * USEC_PER_HOUR - 1, 500, 1, USEC_PER_HOUR);
        expect(2 * USEC_PER_HOUR, 0, 0, USEC_INFINITY);
}
END_TEST

START_TEST(reserved_until_charged)
{
        b = (Budget){ 0 };
        budget_enter(&b, 1, 10, 3000);
        budget_enter(&b, 2, 11, 4000);
        expect(12, 7000, 2, 10);
        budget_charge(&b, 1, 50);
        expect(12, 4050, 2, 10);
}
END_TEST

START_TEST(unknown_action_costs_nothing)
{
        b = (Budget){ 0 };
        budget_enter(&b, 1, 10, 0);
        budget_charge(&b, 2, 500);
        expect(11, 0, 1, 10);
}
END_TEST

START_TEST(ring_forgets_the_oldest)
{
        b = (Budget){ 0 };
        for (uint64_t i = 0; i < BUDGET_RUNS_MAX + 10; i++) {
                budget_enter(&b, i + 1, 1000 + i, 0);
                budget_charge(&b, i + 1, 2);
        }
        expect(2000, 2 * BUDGET_RUNS_MAX, BUDGET_RUNS_MAX, 1010);
}
END_TEST

START_TEST(cost_does_not_wrap)
{
        b = (Budget){ 0 };
        budget_enter(&b, 1, 10, 0);
        budget_enter(&b, 2, 11, 0);
        budget_charge(&b, 1, USEC_INFINITY);
        budget_charge(&b, 2, 7);
        expect(12, USEC_INFINITY, 2, 10);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("budget");

        tcase_add_test(t, empty);
        tcase_add_test(t, charged_at_its_start);
        tcase_add_test(t, reserved_until_charged);
        tcase_add_test(t, unknown_action_costs_nothing);
        tcase_add_test(t, ring_forgets_the_oldest);
        tcase_add_test(t, cost_does_not_wrap);
        suite_add_tcase(s, t);
}

TEST_MAIN("budget", build)
