/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-pagetypeinfo.c - blocks of every recorded machine, as written from the files by hand; odd
 * machines. */
#include "../test.h"

#include "parse/buddyinfo.h"
#include "parse/pagetypeinfo.h"

#define _cleanup_pagetypeinfo_ _cleanup_(pagetypeinfo_done)
#define _cleanup_buddyinfo_    _cleanup_(buddyinfo_done)

static void parse_file(Pagetypeinfo *p, const char *path)
{
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        size_t size;

        text = fixture_read(path, &size);
        ck_assert_msg(pagetypeinfo_parse(p, text, size, &error) == 0, "%s:%u: expected %s", path,
                error.line, error.expected);
}

static void parse_fixture(Pagetypeinfo *p, const char *folder, const char *machine)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/%s/proc/pagetypeinfo", folder, machine);
        parse_file(p, path);
}

static const PagetypeZone *find_zone(const Pagetypeinfo *p, uint32_t node, const char *name)
{
        for (size_t i = 0; i < p->n_zones; i++)
                if (p->zones[i].node == node && streq(p->zones[i].name, name))
                        return &p->zones[i];
        ck_abort_msg("no zone %s on node %u", name, node);
}

static const struct {
        const char *root, *zone;
        uint64_t unmovable, movable, reclaimable, highatomic, cma, isolate;
} rows[] = {
        { "5.10-after", "DMA", 1, 7, 0, 0, 0, 0 },
        { "5.10-after", "DMA32", 18, 482, 4, 0, 0, 0 },
        { "5.10-before", "DMA", 1, 7, 0, 0, 0, 0 },
        { "5.10-before", "DMA32", 16, 484, 4, 0, 0, 0 },
        { "5.4-after", "DMA", 1, 7, 0, 0, 0, 0 },
        { "5.4-after", "DMA32", 36, 462, 6, 0, 0, 0 },
        { "5.4-before", "DMA", 1, 7, 0, 0, 0, 0 },
        { "5.4-before", "DMA32", 6, 492, 6, 0, 0, 0 },
        { "6.1-after", "DMA", 1, 7, 0, 0, 0, 0 },
        { "6.1-after", "DMA32", 35, 463, 6, 0, 0, 0 },
        { "6.1-before", "DMA", 1, 7, 0, 0, 0, 0 },
        { "6.1-before", "DMA32", 39, 459, 6, 0, 0, 0 },
        { "6.12-after", "DMA", 1, 7, 0, 0, 0, 0 },
        { "6.12-after", "DMA32", 131, 371, 2, 0, 0, 0 },
        { "6.12-before", "DMA", 1, 7, 0, 0, 0, 0 },
        { "6.12-before", "DMA32", 41, 461, 2, 0, 0, 0 },
        { "6.18-vm", "DMA", 1, 7, 0, 0, 0, 0 },
        { "6.18-vm", "DMA32", 2, 1526, 0, 0, 0, 0 },
        { "6.18-vm", "Normal", 99, 3086, 207, 0, 0, 0 },
        { "6.8-after", "DMA", 1, 7, 0, 0, 0, 0 },
        { "6.8-after", "DMA32", 47, 455, 2, 0, 0, 0 },
        { "6.8-before", "DMA", 1, 7, 0, 0, 0, 0 },
        { "6.8-before", "DMA32", 14, 488, 2, 0, 0, 0 },
        { "7.3-after", "DMA", 1, 7, 0, 0, 0, 0 },
        { "7.3-after", "DMA32", 61, 441, 2, 0, 0, 0 },
        { "7.3-before", "DMA", 1, 7, 0, 0, 0, 0 },
        { "7.3-before", "DMA32", 16, 486, 2, 0, 0, 0 },
};

START_TEST(row)
{
        _cleanup_pagetypeinfo_ Pagetypeinfo p = PAGETYPEINFO_INIT;
        const PagetypeZone *zone;

        parse_fixture(&p, "roots", rows[_i].root);
        ck_assert_uint_eq(p.pageblock_order, 9);
        ck_assert_uint_eq(p.pages_per_block, 512);
        ck_assert_uint_eq(p.n_orders, 11);
        ck_assert_uint_eq(p.skipped, 0);
        zone = find_zone(&p, 0, rows[_i].zone);
        ck_assert(zone->have_blocks);
        ck_assert(!zone->have_mixed);
        ck_assert_uint_eq(zone->blocks[MIGRATE_UNMOVABLE], rows[_i].unmovable);
        ck_assert_uint_eq(zone->blocks[MIGRATE_MOVABLE], rows[_i].movable);
        ck_assert_uint_eq(zone->blocks[MIGRATE_RECLAIMABLE], rows[_i].reclaimable);
        ck_assert_uint_eq(zone->blocks[MIGRATE_HIGHATOMIC], rows[_i].highatomic);
        ck_assert_uint_eq(zone->blocks[MIGRATE_CMA], rows[_i].cma);
        ck_assert_uint_eq(zone->blocks[MIGRATE_ISOLATE], rows[_i].isolate);
        ck_assert_uint_eq(zone->blocks[MIGRATE_OTHER], 0);
}
END_TEST

static const struct {
        const char *root, *zone;
        MigrateType type;
        unsigned order;
        uint64_t free;
        bool capped;
} free_counts[] = {
        { "5.4-after", "DMA32", MIGRATE_MOVABLE, 0, 100000, true },
        { "5.10-after", "DMA32", MIGRATE_MOVABLE, 0, 100000, true },
        { "6.1-after", "DMA32", MIGRATE_MOVABLE, 0, 100000, true },
        { "6.1-after", "DMA32", MIGRATE_MOVABLE, 1, 18, true },
        { "6.1-after", "DMA32", MIGRATE_UNMOVABLE, 3, 39, true },
        { "6.1-after", "DMA32", MIGRATE_RECLAIMABLE, 0, 37, true },
        { "6.1-after", "DMA", MIGRATE_MOVABLE, 10, 3, false },
        { "6.1-after", "DMA", MIGRATE_ISOLATE, 0, 0, false },
};

START_TEST(free_count)
{
        _cleanup_pagetypeinfo_ Pagetypeinfo p = PAGETYPEINFO_INIT;
        const PagetypeZone *zone;

        parse_fixture(&p, "roots", free_counts[_i].root);
        zone = find_zone(&p, 0, free_counts[_i].zone);
        ck_assert_uint_eq(
                zone->free[free_counts[_i].type][free_counts[_i].order], free_counts[_i].free);
        ck_assert_int_eq(zone->free_capped, free_counts[_i].capped);
}
END_TEST

static const char *const consistent[] = { "arm64-64k", "nodes-8-sparse", "memoryless",
        "highmem-32bit", "one-zone", "device", "negative", "future" };

/* Where nothing is capped, the types sum up to buddyinfo. */
START_TEST(types_sum_to_buddyinfo)
{
        _cleanup_pagetypeinfo_ Pagetypeinfo p = PAGETYPEINFO_INIT;
        _cleanup_buddyinfo_ Buddyinfo b = BUDDYINFO_INIT;
        _cleanup_free_ char *text = NULL;
        ParseError error;
        char path[256];
        size_t size;

        parse_fixture(&p, "odd", consistent[_i]);
        snprintf(path, sizeof(path), "odd/%s/proc/buddyinfo", consistent[_i]);
        text = fixture_read(path, &size);
        ck_assert_int_eq(buddyinfo_parse(&b, text, size, &error), 0);
        ck_assert_uint_eq(p.n_zones, b.n_zones);
        ck_assert_uint_eq(p.n_orders, b.n_orders);
        for (size_t i = 0; i < p.n_zones; i++) {
                ck_assert(!p.zones[i].free_capped);
                ck_assert_str_eq(p.zones[i].name, b.zones[i].name);
                for (unsigned order = 0; order < p.n_orders; order++) {
                        uint64_t sum = 0;

                        for (MigrateType t = 0; t < _MIGRATE_TYPE_MAX; t++)
                                sum += p.zones[i].free[t][order];
                        ck_assert_uint_eq(sum, b.zones[i].free[order]);
                }
        }
}
END_TEST

START_TEST(three_sections_with_cma)
{
        _cleanup_pagetypeinfo_ Pagetypeinfo p = PAGETYPEINFO_INIT;
        const PagetypeZone *zone;

        parse_fixture(&p, "odd", "empty-zone-cma");
        zone = find_zone(&p, 0, "DMA32");
        ck_assert_uint_eq(zone->blocks[MIGRATE_CMA], 32);
        ck_assert_uint_eq(zone->blocks[MIGRATE_UNMOVABLE], 302);
        ck_assert_uint_eq(zone->blocks[MIGRATE_MOVABLE], 1029);
        ck_assert(zone->have_mixed);
        ck_assert_uint_eq(zone->mixed_blocks[MIGRATE_UNMOVABLE], 60);
        ck_assert_uint_eq(zone->mixed_blocks[MIGRATE_MOVABLE], 0);
        ck_assert(zone->free_capped);
        ck_assert_uint_eq(zone->free[MIGRATE_MOVABLE][0], 100000);
        ck_assert_uint_eq(zone->free[MIGRATE_UNMOVABLE][0], 60007);
        ck_assert(!find_zone(&p, 0, "Movable")->free_capped);
        ck_assert_uint_eq(find_zone(&p, 0, "Movable")->blocks[MIGRATE_MOVABLE], 128 - 25 - 12);
}
END_TEST

START_TEST(pageblocks_of_arm64)
{
        _cleanup_pagetypeinfo_ Pagetypeinfo p = PAGETYPEINFO_INIT;

        parse_fixture(&p, "odd", "arm64-64k");
        ck_assert_uint_eq(p.pageblock_order, 13);
        ck_assert_uint_eq(p.pages_per_block, 8192);
        ck_assert_uint_eq(p.n_orders, 14);
        ck_assert_uint_eq(find_zone(&p, 0, "Normal")->blocks[MIGRATE_RECLAIMABLE], 12);
}
END_TEST

START_TEST(a_set_for_each_node)
{
        _cleanup_pagetypeinfo_ Pagetypeinfo p = PAGETYPEINFO_INIT;

        parse_fixture(&p, "odd", "nodes-8-sparse");
        ck_assert_uint_eq(p.n_zones, 10);
        ck_assert_uint_eq(p.zones[0].node, 0);
        ck_assert_uint_eq(p.zones[9].node, 13);
        ck_assert_uint_eq(find_zone(&p, 13, "Normal")->free[MIGRATE_MOVABLE][10], 1301 - 325 - 162);
}
END_TEST

START_TEST(types_of_the_future)
{
        _cleanup_pagetypeinfo_ Pagetypeinfo p = PAGETYPEINFO_INIT;
        static const char text[] =
                "Page block order: 2\nPages per block:  4\n\n"
                "Free pages count per migrate type at order       0      1 \n"
                "Node    0, zone   Normal, type       Secret      1     20 \n"
                "Node    0, zone   Normal, type      Movable      5      6 \n"
                "Node    0, zone   Normal, type      Sticky     300 >40000 \n\n"
                "Number of blocks type       Secret      Movable       Sticky \n"
                "Node 0, zone   Normal            7            8            9 \n";
        ParseError error;

        ck_assert_int_eq(pagetypeinfo_parse(&p, text, sizeof(text) - 1, &error), 0);
        ck_assert_uint_eq(p.zones[0].free[MIGRATE_OTHER][0], 301);
        ck_assert_uint_eq(p.zones[0].free[MIGRATE_OTHER][1], 40020);
        ck_assert_uint_eq(p.zones[0].free[MIGRATE_MOVABLE][0], 5);
        ck_assert_uint_eq(p.zones[0].blocks[MIGRATE_OTHER], 16);
        ck_assert_uint_eq(p.zones[0].blocks[MIGRATE_MOVABLE], 8);
        ck_assert(p.zones[0].free_capped);
}
END_TEST

START_TEST(section_of_the_future)
{
        _cleanup_pagetypeinfo_ Pagetypeinfo p = PAGETYPEINFO_INIT;

        parse_fixture(&p, "odd", "future");
        ck_assert_uint_eq(p.n_zones, 2);
        ck_assert_uint_eq(p.skipped, 2);
        ck_assert(!p.zones[0].have_mixed);
}
END_TEST

/* A 6.1 guest before and after a compaction that could not help: the types of blocks stay. */
START_TEST(pollution)
{
        static const char *const paths[] = { "pollution-6.1/pagetypeinfo",
                "pollution-6.1/pagetypeinfo.after" };
        _cleanup_pagetypeinfo_ Pagetypeinfo p = PAGETYPEINFO_INIT;

        parse_file(&p, paths[_i]);
        ck_assert_uint_eq(find_zone(&p, 0, "DMA32")->blocks[MIGRATE_UNMOVABLE], 202);
        ck_assert_uint_eq(find_zone(&p, 0, "DMA32")->blocks[MIGRATE_MOVABLE], 134);
        ck_assert_uint_eq(find_zone(&p, 0, "DMA32")->blocks[MIGRATE_RECLAIMABLE], 6);
}
END_TEST

START_TEST(type_names)
{
        static const char *const names[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic",
                "CMA", "Isolate", "other" };

        ck_assert_uint_eq(ELEMENTSOF(names), _MIGRATE_TYPE_MAX);
        ck_assert_str_eq(migrate_type_name((MigrateType)_i), names[_i]);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("pagetypeinfo");

        tcase_add_loop_test(t, row, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, free_count, 0, ELEMENTSOF(free_counts));
        tcase_add_loop_test(t, types_sum_to_buddyinfo, 0, ELEMENTSOF(consistent));
        tcase_add_test(t, three_sections_with_cma);
        tcase_add_test(t, pageblocks_of_arm64);
        tcase_add_test(t, a_set_for_each_node);
        tcase_add_test(t, types_of_the_future);
        tcase_add_test(t, section_of_the_future);
        tcase_add_loop_test(t, pollution, 0, 2);
        tcase_add_loop_test(t, type_names, 0, _MIGRATE_TYPE_MAX);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/pagetypeinfo", build)
