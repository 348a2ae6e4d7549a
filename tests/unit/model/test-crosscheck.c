/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/crosscheck.h"

#include "test.h"

static Model model_of(Zone *zone)
{
        return (Model){ .n_orders = 3, .zones = zone, .n_zones = 1 };
}

/* Free lists 4 2 0: pages 8; unusable 0, 500, 1000; extfrag -1000, -1000, 1000 - (1000 + 1000 * 8 / 4) / 6 = 500. */
START_TEST(counts_equal_and_different_cells)
{
        Zone zone = { .node = 1, .name = "Normal", .free = { 4, 2 } };
        IndexZone extfrag = { .node = 1, .name = "Normal", .permille = { -1000, -1000, 500 } };
        IndexZone unusable = { .node = 1, .name = "Normal", .permille = { 0, 500, 999 } };
        IndexFile a = { .zones = &extfrag, .n_zones = 1, .n_orders = 3 };
        IndexFile b = { .zones = &unusable, .n_zones = 1, .n_orders = 3 };
        Model m = model_of(&zone);
        Crosscheck c = crosscheck_index(&m, &a, INDEX_EXTFRAG);

        ck_assert_uint_eq(c.compared, 3);
        ck_assert_uint_eq(c.equal, 3);
        c = crosscheck_index(&m, &b, INDEX_UNUSABLE);
        ck_assert_uint_eq(c.compared, 3);
        ck_assert_uint_eq(c.equal, 2);
}
END_TEST

START_TEST(only_what_both_have)
{
        Zone zone = { .node = 0, .name = "Normal", .free = { 4, 2 } };
        IndexZone printed[] = { { .node = 0, .name = "Normal" }, { .node = 1, .name = "Normal" }, { .node = 0, .name = "DMA" } };
        IndexFile file = { .zones = printed, .n_zones = 3, .n_orders = 2 };
        Model m = model_of(&zone);

        ck_assert_uint_eq(crosscheck_index(&m, &file, INDEX_EXTFRAG).compared, 2);
        m.n_zones = 0;
        ck_assert_uint_eq(crosscheck_index(&m, &file, INDEX_EXTFRAG).compared, 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("crosscheck");

        tcase_add_test(t, counts_equal_and_different_cells);
        tcase_add_test(t, only_what_both_have);
        suite_add_tcase(s, t);
}

TEST_MAIN("crosscheck", build)
