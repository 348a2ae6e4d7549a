/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/cell.h"
#include "test.h"

START_TEST(small_numbers_are_exact)
{
        for (uint64_t v = 0; v <= 4096; v++)
                ck_assert_uint_eq(cell_value(cell_from(v)), v);
}
END_TEST

START_TEST(large_ones_are_near)
{
        uint64_t last = 0;

        for (uint64_t v = 4096; v < UINT64_C(4390000000000); v += 1 + v / 1531) {
                uint64_t kept = cell_value(cell_from(v)), off = kept > v ? kept - v : v - kept;

                ck_assert_uint_le(off, v / 4096);
                ck_assert_uint_ge(kept, last);
                last = kept;
        }
}
END_TEST

START_TEST(every_cell_is_a_number)
{
        for (unsigned c = 1; c <= UINT16_MAX; c++)
                ck_assert_uint_eq(cell_from(cell_value((Cell)c)), c);
}
END_TEST

START_TEST(the_ends)
{
        ck_assert_uint_eq(cell_value(CELL_UNKNOWN), UNKNOWN_U64);
        ck_assert_uint_eq(cell_from(UNKNOWN_U64), CELL_UNKNOWN);
        ck_assert_uint_eq(cell_from(UNKNOWN_U64 - 1), UINT16_MAX);
        ck_assert_uint_eq(cell_from(UINT64_C(1) << 50), UINT16_MAX);
        ck_assert_uint_eq(cell_value(UINT16_MAX), UINT64_C(4094) << 30);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("cell");

        tcase_add_test(t, small_numbers_are_exact);
        tcase_add_test(t, large_ones_are_near);
        tcase_add_test(t, every_cell_is_a_number);
        tcase_add_test(t, the_ends);
        suite_add_tcase(s, t);
}

TEST_MAIN("cell", build)
