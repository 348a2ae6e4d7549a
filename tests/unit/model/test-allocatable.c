/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "model/allocatable.h"
#include "model/indices.h"

#define UNKNOWN UNKNOWN_U64

/* One zone of 11 orders, and the blocks of order 9 that each use can get of it. */
static const struct {
        const char *what;
        Zone zone;
        uint64_t user, kernel, user_ceiling, kernel_ceiling;
} rows[] = {
        { "plenty above the watermark", { .free = { [0] = 2000, [9] = 10 }, .low = 1000 }, 10, 10,
                10, 10 },
        { "the watermark stops it", { .free = { [9] = 10 }, .low = 1024 }, 8, 8, 8, 8 },
        { "one page short of a block", { .free = { [9] = 10 }, .low = 1025 }, 7, 7, 7, 7 },
        { "larger blocks are cut", { .free = { [10] = 10 }, .low = 0 }, 20, 20, 20, 20 },
        { "in pieces: compaction could reach it", { .free = { [3] = 1024 }, .low = 0 }, 0, 0, 14,
                14 },
        { "in pieces, the gap is all there is", { .free = { [3] = 191 }, .low = 0 }, 0, 0, 0, 0 },
        { "in pieces, one block above the gap", { .free = { [3] = 192 }, .low = 0 }, 0, 0, 1, 1 },
        { "below the watermark", { .free = { [9] = 10 }, .low = 6000 }, 0, 0, 0, 0 },
        { "no zoneinfo",
                { .free = { [9] = 10 },
                        .low = UNKNOWN,
                        .free_cma = UNKNOWN,
                        .free_highatomic = UNKNOWN,
                        .protection_user = UNKNOWN,
                        .protection_kernel = UNKNOWN },
                10, 10, 10, 10 },
        { "reserved against user memory", { .free = { [9] = 10 }, .protection_user = 1024 }, 8, 10,
                8, 10 },
        { "reserved against kernel memory", { .free = { [9] = 10 }, .protection_kernel = 1024 }, 10,
                8, 10, 8 },
        { "movable zone", { .free = { [9] = 10 }, .movable = true }, 10, 0, 10, 0 },
        { "CMA", { .free = { [9] = 10 }, .free_cma = 512 * 4 }, 10, 6, 10, 6 },
        { "more CMA than free", { .free = { [9] = 10 }, .free_cma = 512 * 11 }, 10, 0, 10, 0 },
        { "HighAtomic", { .free = { [9] = 10 }, .free_highatomic = 1 }, 9, 9, 9, 9 },
        { "all at once",
                { .free = { [0] = 5120, [9] = 20 },
                        .low = 512,
                        .free_cma = 1024,
                        .free_highatomic = 512,
                        .protection_user = 512,
                        .protection_kernel = 2048 },
                20, 20, 25, 20 },
        { "empty", { .low = 100 }, 0, 0, 0, 0 },
};

static Zone row_zone(size_t row)
{
        Zone z = rows[row].zone;

        z.free_pages = free_pages(z.free, 11);
        return z;
}

START_TEST(test_allocatable)
{
        Zone z = row_zone((size_t)_i);

        ck_assert_msg(
                zone_allocatable(&z, 11, 9, USE_USER) == rows[_i].user, "user: %s", rows[_i].what);
        ck_assert_msg(zone_allocatable(&z, 11, 9, USE_KERNEL) == rows[_i].kernel, "kernel: %s",
                rows[_i].what);
}
END_TEST

START_TEST(test_ceiling)
{
        Zone z = row_zone((size_t)_i);

        ck_assert_msg(zone_ceiling(&z, 11, 9, USE_USER) == rows[_i].user_ceiling, "user: %s",
                rows[_i].what);
        ck_assert_msg(zone_ceiling(&z, 11, 9, USE_KERNEL) == rows[_i].kernel_ceiling, "kernel: %s",
                rows[_i].what);
}
END_TEST

/* Whatever the zone: smaller orders have at least as many pages, the ceiling is never below what is
 * there, kernel memory never gets more than user memory does of a zone that protects both alike, an
 * unknown order has none. */
START_TEST(test_relations)
{
        Zone z = row_zone((size_t)_i);

        for (unsigned k = 0; k < 11; k++) {
                for (Use u = 0; u < _USE_MAX; u++) {
                        uint64_t now = zone_allocatable(&z, 11, k, u);

                        ck_assert_uint_ge(zone_ceiling(&z, 11, k, u), now);
                        ck_assert_uint_le(now << k, z.free_pages);
                        if (k > 0)
                                ck_assert_uint_ge(zone_allocatable(&z, 11, k - 1, u), 2 * now);
                }
        }
        ck_assert_uint_eq(zone_allocatable(&z, 11, 11, USE_USER), 0);
        ck_assert_uint_eq(zone_ceiling(&z, 11, 11, USE_USER), 0);
}
END_TEST

START_TEST(test_node_sums_its_zones)
{
        Zone zones[3] = { row_zone(0), row_zone(1), row_zone(11) };
        Node nodes[2] = { { .id = 0, .first_zone = 0, .n_zones = 1 },
                { .id = 3, .first_zone = 1, .n_zones = 2 } };
        Model m = { .n_orders = 11, .nodes = nodes, .n_nodes = 2, .zones = zones, .n_zones = 3 };

        ck_assert_uint_eq(node_allocatable(&m, &nodes[0], 9, USE_USER), 10);
        ck_assert_uint_eq(node_allocatable(&m, &nodes[1], 9, USE_USER), 18);
        ck_assert_uint_eq(node_allocatable(&m, &nodes[1], 9, USE_KERNEL), 8);
        ck_assert_uint_eq(node_ceiling(&m, &nodes[1], 9, USE_USER), 18);
        ck_assert_uint_eq(node_ceiling(&m, &nodes[1], 9, USE_KERNEL), 8);
}
END_TEST

START_TEST(test_use_names)
{
        ck_assert_str_eq(use_name(USE_USER), "user");
        ck_assert_str_eq(use_name(USE_KERNEL), "kernel");
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("allocatable");

        tcase_add_loop_test(t, test_allocatable, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, test_ceiling, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, test_relations, 0, ELEMENTSOF(rows));
        tcase_add_test(t, test_node_sums_its_zones);
        tcase_add_test(t, test_use_names);
        suite_add_tcase(s, t);
}

TEST_MAIN("allocatable", build)
