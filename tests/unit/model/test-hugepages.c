/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/hugepages.h"

#include "test.h"

#define U   UNKNOWN_U64
#define MINUTE USEC_PER_MIN
#define S64K 65536

static ThpReading reading(usec_t at, uint64_t alloc, uint64_t fallback, uint64_t charge)
{
        return (ThpReading){ .at = at, .sizes = { { S64K, alloc, fallback, charge } }, .n = 1 };
}

static void fill(ThpWindow *w, unsigned minutes)
{
        for (unsigned i = 0; i < minutes; i++) {
                ThpReading r = reading(MINUTE + i * MINUTE, 1000 + 10 * i, 100 + i, 5);

                ck_assert(thp_window_due(w, r.at));
                thp_window_add(w, &r);
                ck_assert(!thp_window_due(w, r.at + MINUTE - 1));
        }
}

START_TEST(a_window_is_as_long_as_wanted)
{
        ThpWindow w = { 0 };
        ThpReading now = reading(MINUTE + 30 * MINUTE, 1300, 130, 5);
        ThpCounts c;

        fill(&w, 30);
        ck_assert_uint_eq(thp_window_delta(&w, &now, S64K, 10 * MINUTE, &c), 10 * MINUTE);
        ck_assert_uint_eq(c.alloc, 100);
        ck_assert_uint_eq(c.fallback, 10);
        ck_assert_uint_eq(c.charge, 0);
        ck_assert_uint_eq(thp_window_delta(&w, &now, S64K, 24 * 60 * MINUTE, &c), 30 * MINUTE);
        ck_assert_uint_eq(c.alloc, 300);
        /* shorter than the readings are apart: since the last one */
        ck_assert_uint_eq(thp_window_delta(&w, &now, S64K, USEC_PER_SEC, &c), MINUTE);
        ck_assert_uint_eq(c.alloc, 10);
}
END_TEST

START_TEST(an_hour_is_kept)
{
        ThpWindow w = { 0 };
        ThpReading now = reading(MINUTE + 300 * MINUTE, 4000, 400, 5);
        ThpCounts c;

        fill(&w, 300);
        ck_assert_uint_eq(thp_window_delta(&w, &now, S64K, 24 * 60 * MINUTE, &c), THP_POINTS * MINUTE);
        ck_assert_uint_eq(c.alloc, 10 * THP_POINTS);
}
END_TEST

START_TEST(what_is_not_known)
{
        ThpWindow w = { 0 };
        ThpReading now = reading(5 * MINUTE, 10, 1, U);
        ThpCounts c;

        ck_assert_uint_eq(thp_window_delta(&w, &now, S64K, MINUTE, &c), 0);
        ck_assert_uint_eq(c.alloc, U);
        ck_assert_uint_eq(thp_no_block(&c), U);
        ck_assert_uint_eq(thp_no_block_share(&c), UINT32_MAX);
        fill(&w, 2);
        ck_assert_uint_eq(thp_window_delta(&w, &now, 2 * S64K, MINUTE, &c), 0);
        /* a counter that went back */
        ck_assert_uint_eq(thp_window_delta(&w, &now, S64K, 60 * MINUTE, &c), 4 * MINUTE);
        ck_assert_uint_eq(c.alloc, U);
        ck_assert_uint_eq(c.charge, U);
}
END_TEST

static const struct {
        ThpCounts c;
        uint64_t none;
        uint32_t share;
} shares[] = {
        { { S64K, 0, 0, 0 }, 0, UINT32_MAX },
        { { S64K, 300, 120, 20 }, 100, 2500 },
        { { S64K, 0, 20, 20 }, 0, UINT32_MAX },
        { { S64K, 0, 21, 20 }, 1, 10000 },
        { { S64K, 10, 5, 9 }, 0, 0 },
        { { S64K, 300, 100, U }, 100, 2500 }, /* before 5.8: not counted apart */
        { { S64K, U, 100, U }, 100, UINT32_MAX },
};

START_TEST(fallbacks_for_want_of_a_block)
{
        ck_assert_uint_eq(thp_no_block(&shares[_i].c), shares[_i].none);
        ck_assert_uint_eq(thp_no_block_share(&shares[_i].c), shares[_i].share);
}
END_TEST

START_TEST(a_pool_is_short)
{
        HugePool p = { .size = 2 << 20, .pages = 125, .surplus = 25 };

        ck_assert_uint_eq(huge_pool_short(&p, 100), 0);
        ck_assert_uint_eq(huge_pool_short(&p, 101), 1);
        ck_assert_uint_eq(huge_pool_short(&p, 5000), 4900);
        p.surplus = U;
        ck_assert_uint_eq(huge_pool_short(&p, 5000), 4875);
        p.pages = U;
        ck_assert_uint_eq(huge_pool_short(&p, 5000), 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("hugepages");

        tcase_add_test(t, a_window_is_as_long_as_wanted);
        tcase_add_test(t, an_hour_is_kept);
        tcase_add_test(t, what_is_not_known);
        tcase_add_loop_test(t, fallbacks_for_want_of_a_block, 0, ELEMENTSOF(shares));
        tcase_add_test(t, a_pool_is_short);
        suite_add_tcase(s, t);
}

TEST_MAIN("hugepages", build)
