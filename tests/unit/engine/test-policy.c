/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/policy.h"

#include "test.h"

static void valid(Policy *p)
{
        policy_init(p, "test");
        p->objectives[0] = (Objective){ .reserve = { .permyriad = 200 }, .refill = { .permyriad = 300 }, .node = NODE_EVERY };
        p->n_objectives = 1;
        p->levers = 1U << LEVER_COMPACT;
}

START_TEST(defaults_are_valid)
{
        char reason[POLICY_REASON_MAX] = "";
        Policy p;

        valid(&p);
        ck_assert_int_eq(policy_check(&p, reason), 0);
        ck_assert_str_eq(reason, "");
        policy_init(&p, "a-name-that-is-much-longer-than-a-policy-name-may-be");
        ck_assert_uint_eq(strlen(p.name), POLICY_NAME_MAX - 1);
        ck_assert_int_eq(policy_check(&p, reason), 0);
}
END_TEST

START_TEST(refused)
{
        char reason[POLICY_REASON_MAX] = "";
        const char *expected = NULL;
        Policy p;

        valid(&p);
        switch (_i) {
        case 0: p.objectives[0].refill.permyriad = 100; expected = "a refill of 1%, below its reserve of 2%"; break;
        case 1: p.objectives[0].reserve.permyriad = 0; expected = "reserve of nothing"; break;
        case 2: p.interval.min = 1; expected = "interval.min is 1us: expected 100ms or more"; break;
        case 3: p.interval.max = p.interval.min - 1; expected = "interval.max"; break;
        case 4: p.backoff_max = p.backoff_min - 1; expected = "backoff"; break;
        case 5: p.backoff_min = 0; expected = "backoff"; break;
        case 6: p.budget.runs = 0; expected = "budget.runs is 0: expected 1 to 256"; break;
        case 7: p.budget.runs = BUDGET_RUNS_MAX + 1; expected = "budget.runs"; break;
        case 8: p.budget.per = USEC_PER_SEC; expected = "budget.per"; break;
        case 9: p.budget.compaction_time = p.budget.per + 1; expected = "longer than budget.per (1h)"; break;
        case 10: p.action_limit = 0; expected = "action_limit"; break;
        case 11: p.window_max = 91; expected = "window_max is 91: expected 12 to 90"; break;
        case 12: p.window_max = 11; expected = "window_max"; break;
        case 13: p.proactiveness_max = 81; expected = "proactiveness"; break;
        case 14: p.proactiveness_min = p.proactiveness_max + 1; expected = "proactiveness"; break;
        case 15: p.boost_max = 15001; expected = "boost_max"; break;
        case 16: p.n_objectives = POLICY_OBJECTIVES_MAX + 1; expected = "9 objectives: expected at most 8"; break;
        case 17:
                p.objectives[0].reserve = (Amount){ .automatic = true };
                expected = "automatic reserve has a refill";
                break;
        case 18:
                p.objectives[0].reserve = (Amount){ .automatic = true };
                p.objectives[0].refill = (Amount){ 0 };
                p.objectives[0].use = USE_KERNEL;
                expected = "counts no other demand";
                break;
        case 19: p.objectives[0].at_most.permyriad = 100; expected = "at_least, at_most or at_start"; break;
        case 21: p.scale_max = 9; expected = "scale_max is 9: expected 10 to 1000"; break;
        case 20: p.remember = 59 * USEC_PER_SEC; expected = "remember is 59s: expected 1min to 30d"; break;
        }
        ck_assert_int_eq(policy_check(&p, reason), -EINVAL);
        ck_assert_msg(strstr(reason, expected) != NULL, "%s", reason);
}
END_TEST

static const struct {
        uint64_t size;
        uint32_t page_size;
        unsigned n_orders;
        uint8_t thp_order;
        int result;
        uint8_t order;
} orders[] = {
        { SIZE_THP, 4096, 11, 9, 0, 9 },
        { SIZE_THP, 65536, 14, 13, 0, 13 },
        { SIZE_THP, 4096, 11, UINT8_MAX, -ENODATA, 0 },
        { 1, 4096, 11, 9, 0, 0 },
        { 4096, 4096, 11, 9, 0, 0 },
        { 4097, 4096, 11, 9, 0, 1 },
        { 65536, 4096, 11, 9, 0, 4 },
        { 65536, 65536, 14, 13, 0, 0 },
        { 2 << 20, 4096, 11, 9, 0, 9 },
        { 4 << 20, 4096, 11, 9, 0, 10 },
        { 8 << 20, 4096, 11, 9, -ERANGE, 0 },
        { UINT64_MAX, 4096, 11, 9, -ERANGE, 0 },
};

START_TEST(order_of_a_size)
{
        Objective o = { .size = orders[_i].size };
        uint8_t order = 77;

        ck_assert_int_eq(objective_order(&o, orders[_i].page_size, orders[_i].n_orders, orders[_i].thp_order, &order),
                orders[_i].result);
        ck_assert_uint_eq(order, orders[_i].result == 0 ? orders[_i].order : 77);
}
END_TEST

static const struct {
        Amount amount;
        uint64_t managed, bytes;
} amounts[] = {
        { { .bytes = 77 }, 1000, 77 },
        { { .permyriad = 200 }, 10000, 200 },
        { { .permyriad = 10000 }, UINT64_MAX, UINT64_MAX },
        { { .permyriad = 1 }, 9999, 0 },
        { { .permyriad = 250 }, UINT64_C(1) << 40, (UINT64_C(1) << 40) / 40 },
};

START_TEST(amount_of_a_node)
{
        ck_assert_uint_eq(amount_bytes(amounts[_i].amount, amounts[_i].managed), amounts[_i].bytes);
}
END_TEST

START_TEST(levers_by_name)
{
        Lever l;

        for (Lever i = 0; i < _LEVER_MAX; i++) {
                ck_assert_int_eq(lever_from_name(lever_name(i), &l), 0);
                ck_assert_int_eq(l, i);
        }
        l = LEVER_BOOST;
        ck_assert_int_eq(lever_from_name("windows", &l), -ENOENT);
        ck_assert_int_eq(l, LEVER_BOOST);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("policy");

        tcase_add_test(t, defaults_are_valid);
        tcase_add_loop_test(t, refused, 0, 22);
        tcase_add_loop_test(t, order_of_a_size, 0, ELEMENTSOF(orders));
        tcase_add_loop_test(t, amount_of_a_node, 0, ELEMENTSOF(amounts));
        tcase_add_test(t, levers_by_name);
        suite_add_tcase(s, t);
}

TEST_MAIN("policy", build)
