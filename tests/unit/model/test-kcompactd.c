/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "model/kcompactd.h"

static const struct {
        WmarkRule rule;
        uint32_t proactiveness, low, high;
} rows[] = {
        { WMARK_RULE_CAPPED, 0, 100, 100 },
        { WMARK_RULE_CAPPED, 1, 99, 100 },
        { WMARK_RULE_CAPPED, 11, 89, 99 },
        { WMARK_RULE_CAPPED, 12, 88, 98 },
        { WMARK_RULE_CAPPED, 20, 80, 90 },
        { WMARK_RULE_CAPPED, 80, 20, 30 },
        { WMARK_RULE_CAPPED, 90, 10, 20 },
        { WMARK_RULE_CAPPED, 95, 5, 15 },
        { WMARK_RULE_CAPPED, 99, 5, 15 },
        { WMARK_RULE_CAPPED, 100, 5, 15 },
        { WMARK_RULE_UNCAPPED, 0, 100, 100 },
        { WMARK_RULE_UNCAPPED, 11, 89, 99 },
        { WMARK_RULE_UNCAPPED, 20, 80, 90 },
        { WMARK_RULE_UNCAPPED, 80, 20, 30 },
        { WMARK_RULE_UNCAPPED, 81, 19, 28 },
        { WMARK_RULE_UNCAPPED, 90, 10, 15 },
        { WMARK_RULE_UNCAPPED, 99, 1, 1 },
        { WMARK_RULE_UNCAPPED, 100, 0, 0 },
};

START_TEST(test_wmarks)
{
        ScoreWmarks w = score_wmarks(rows[_i].rule, rows[_i].proactiveness);

        ck_assert_uint_eq(w.low, rows[_i].low);
        ck_assert_uint_eq(w.high, rows[_i].high);
}
END_TEST

START_TEST(test_acts_only_above_high)
{
        WmarkRule rule = rows[_i].rule;
        uint32_t p = rows[_i].proactiveness;

        ck_assert(!kcompactd_would_act(rule, p, rows[_i].high));
        ck_assert_int_eq(kcompactd_would_act(rule, p, rows[_i].high + 1), p > 0);
}
END_TEST

/* The largest score that a node can have is 99: values below 12 never act, whichever rule. */
START_TEST(test_small_values_never_act)
{
        for (uint32_t p = 0; p < 12; p++) {
                ck_assert(!kcompactd_would_act(WMARK_RULE_CAPPED, p, 99));
                ck_assert(!kcompactd_would_act(WMARK_RULE_UNCAPPED, p, 99));
        }
        ck_assert(kcompactd_would_act(WMARK_RULE_CAPPED, 12, 99));
        ck_assert(kcompactd_would_act(WMARK_RULE_UNCAPPED, 12, 99));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("kcompactd");

        tcase_add_loop_test(t, test_wmarks, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, test_acts_only_above_high, 0, ELEMENTSOF(rows));
        tcase_add_test(t, test_small_values_never_act);
        suite_add_tcase(s, t);
}

TEST_MAIN("kcompactd", build)
