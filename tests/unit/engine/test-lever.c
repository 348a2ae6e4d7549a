/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lever_window_value(): the smallest proactiveness whose marks let kcompactd start at a score and go on to another. */
#include "engine/internal.h"

#include "test.h"

static const struct {
        WmarkRule rule;
        uint32_t score, low, max;
        int expected;
} rows[] = {
        /* low = 100 - p, high = low + 10: at 99 even p = 12 (high 98) starts; it stops at 88 */
        { WMARK_RULE_CAPPED, 99, 100, 90, 12 },
        { WMARK_RULE_CAPPED, 99, 88, 90, 12 },
        { WMARK_RULE_CAPPED, 99, 87, 90, 13 },
        { WMARK_RULE_CAPPED, 99, 40, 90, 60 },
        { WMARK_RULE_CAPPED, 60, 100, 90, 51 },
        { WMARK_RULE_CAPPED, 60, 45, 90, 55 },
        /* the score is below every high mark: 20 at p = 90 */
        { WMARK_RULE_CAPPED, 20, 100, 90, -1 },
        { WMARK_RULE_CAPPED, 21, 100, 90, 90 },
        { WMARK_RULE_CAPPED, 99, 9, 90, -1 },
        { WMARK_RULE_CAPPED, 99, 10, 90, 90 },
        { WMARK_RULE_CAPPED, 70, 100, 40, -1 },
        { WMARK_RULE_CAPPED, 71, 100, 40, 40 },
        { WMARK_RULE_CAPPED, 0, 0, 90, -1 },
        /* high = low + min(10, low / 2) */
        { WMARK_RULE_UNCAPPED, 99, 88, 90, 12 },
        { WMARK_RULE_UNCAPPED, 16, 100, 90, 90 },
        { WMARK_RULE_UNCAPPED, 15, 100, 90, -1 },
        { WMARK_RULE_UNCAPPED, 20, 100, 90, 87 },
};

START_TEST(value)
{
        ck_assert_int_eq(lever_window_value(rows[_i].rule, rows[_i].score, rows[_i].low, rows[_i].max), rows[_i].expected);
}
END_TEST

/* Whatever it gives, kcompactd starts at the score with it and not with less. */
START_TEST(smallest)
{
        for (uint32_t score = 0; score < 100; score++) {
                int p = lever_window_value((WmarkRule)_i, score, 100, 90);

                if (p < 0)
                        continue;
                ck_assert(kcompactd_would_act((WmarkRule)_i, (uint32_t)p, score));
                ck_assert(!kcompactd_would_act((WmarkRule)_i, (uint32_t)p - 1, score) || p == 12);
        }
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("lever");

        tcase_add_loop_test(t, value, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, smallest, 0, 2);
        suite_add_tcase(s, t);
}

TEST_MAIN("lever", build)
