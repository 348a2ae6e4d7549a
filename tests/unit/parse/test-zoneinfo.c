/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-zoneinfo.c - values of every recorded machine, as written from the files by hand; sums
 * against /proc/meminfo; odd machines. */
#include "../test.h"

#include "parse/meminfo.h"
#include "parse/zoneinfo.h"

#define _cleanup_zoneinfo_ _cleanup_(zoneinfo_done)
#define NONE               UNKNOWN_U64

static void parse_fixture(Zoneinfo *z, const char *folder, const char *machine)
{
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "%s/%s/proc/zoneinfo", folder, machine);
        text = fixture_read(path, &size);
        ck_assert_msg(zoneinfo_parse(z, text, size, &error) == 0, "%s:%u: expected %s", path,
                error.line, error.expected);
}

static const ZoneinfoZone *find_zone(const Zoneinfo *z, uint32_t node, const char *name)
{
        for (size_t i = 0; i < z->n_zones; i++)
                if (z->zones[i].node == node && streq(z->zones[i].name, name))
                        return &z->zones[i];
        ck_abort_msg("no zone %s on node %u", name, node);
}

static const struct {
        const char *root, *zone;
        uint64_t free, min, low, high, spanned, present, managed, boost, cma, free_cma,
                free_highatomic;
        uint64_t protection_from_dma32;
} rows[] = {
        { "5.10-after", "DMA", 3103, 3, 6, 9, 4095, 3998, 3977, NONE, NONE, 0, NONE, 963 },
        { "5.10-after", "DMA32", 113380, 1290, 1536, 1782, 258016, 258016, 246579, NONE, NONE, 0,
                NONE, 0 },
        { "5.10-before", "DMA", 3945, 180, 225, 270, 4095, 3998, 3977, NONE, NONE, 0, NONE, 963 },
        { "5.10-before", "DMA32", 240265, 11083, 13853, 16623, 258016, 258016, 246579, NONE, NONE,
                0, NONE, 0 },
        { "5.4-after", "DMA", 3977, 3, 6, 9, 4095, 3998, 3977, NONE, NONE, 0, NONE, 949 },
        { "5.4-after", "DMA32", 116372, 221, 464, 707, 258016, 258016, 243006, NONE, NONE, 0, NONE,
                0 },
        { "5.4-before", "DMA", 3977, 183, 228, 273, 4095, 3998, 3977, NONE, NONE, 0, NONE, 949 },
        { "5.4-before", "DMA32", 236353, 11080, 13850, 16620, 258016, 258016, 243006, NONE, NONE, 0,
                NONE, 0 },
        { "6.1-after", "DMA", 3758, 3, 6, 9, 4095, 3998, 3840, 0, 0, 0, NONE, 957 },
        { "6.1-after", "DMA32", 112180, 1287, 1532, 1777, 258016, 258016, 245002, 1066, 0, 0, NONE,
                0 },
        { "6.1-before", "DMA", 3808, 175, 218, 261, 4095, 3998, 3840, 0, 0, 0, NONE, 957 },
        { "6.1-before", "DMA32", 234326, 11088, 13860, 16632, 258016, 258016, 245002, 0, 0, 0, NONE,
                0 },
        { "6.12-after", "DMA", 3808, 3, 6, 9, 4095, 3998, 3840, 0, 0, 0, NONE, 951 },
        { "6.12-after", "DMA32", 116362, 221, 464, 707, 258016, 258016, 243680, 0, 0, 0, NONE, 0 },
        { "6.12-before", "DMA", 3808, 176, 220, 264, 4095, 3998, 3840, 0, 0, 0, NONE, 951 },
        { "6.12-before", "DMA32", 234087, 11087, 13858, 16629, 258016, 258016, 243680, 0, 0, 0,
                NONE, 0 },
        { "6.18-vm", "DMA", 3840, 25, 31, 37, 4095, 3998, 3840, 0, 0, 0, NONE, 3019 },
        { "6.18-vm", "DMA32", 772852, 5195, 6493, 7791, 1044480, 782336, 772915, 0, 0, 0, NONE, 0 },
        { "6.18-vm", "Normal", 618054, 11674, 14592, 17510, 5505024, 5505024, 1736704, 0, 0, 0,
                NONE, 0 },
        { "6.8-after", "DMA", 3808, 3, 6, 9, 4095, 3998, 3840, 0, 0, 0, NONE, 945 },
        { "6.8-after", "DMA32", 107963, 221, 462, 703, 258016, 258016, 241957, 0, 0, 0, NONE, 0 },
        { "6.8-before", "DMA", 3808, 178, 222, 266, 4095, 3998, 3840, 0, 0, 0, NONE, 945 },
        { "6.8-before", "DMA32", 231682, 11085, 13856, 16627, 258016, 258016, 241957, 0, 0, 0, NONE,
                0 },
        { "7.3-after", "DMA", 3808, 3, 6, 9, 4095, 3998, 3840, 0, 0, 0, 0, 946 },
        { "7.3-after", "DMA32", 105150, 221, 463, 705, 258016, 258016, 242189, 0, 0, 0, 0, 0 },
        { "7.3-before", "DMA", 3808, 177, 221, 265, 4095, 3998, 3840, 0, 0, 0, 0, 946 },
        { "7.3-before", "DMA32", 229715, 11086, 13857, 16628, 258016, 258016, 242189, 0, 0, 0, 0,
                0 },
};

START_TEST(row)
{
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;
        const ZoneinfoZone *zone;

        parse_fixture(&z, "roots", rows[_i].root);
        ck_assert_uint_eq(z.skipped, 0);
        ck_assert_uint_eq(z.n_zones, 5);
        zone = find_zone(&z, 0, rows[_i].zone);
        ck_assert_uint_eq(zone->free, rows[_i].free);
        ck_assert_uint_eq(zone->min, rows[_i].min);
        ck_assert_uint_eq(zone->low, rows[_i].low);
        ck_assert_uint_eq(zone->high, rows[_i].high);
        ck_assert_uint_eq(zone->spanned, rows[_i].spanned);
        ck_assert_uint_eq(zone->present, rows[_i].present);
        ck_assert_uint_eq(zone->managed, rows[_i].managed);
        ck_assert_uint_eq(zone->boost, rows[_i].boost);
        ck_assert_uint_eq(zone->cma, rows[_i].cma);
        ck_assert_uint_eq(zone->free_cma, rows[_i].free_cma);
        ck_assert_uint_eq(zone->free_highatomic, rows[_i].free_highatomic);
        ck_assert_uint_eq(zone->n_protection, 5);
        ck_assert_uint_eq(zone->protection[1], rows[_i].protection_from_dma32);
}
END_TEST

static const char *const guests[] = { "5.4-before", "5.4-after", "5.10-before", "5.10-after",
        "6.1-before", "6.1-after", "6.8-before", "6.8-after", "6.12-before", "6.12-after",
        "7.3-before", "7.3-after" };

/* MemTotal is the sum of the managed pages. */
START_TEST(managed_is_memtotal)
{
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;
        _cleanup_free_ char *text = NULL;
        uint64_t managed = 0;
        ParseError error;
        char path[256];
        size_t size;
        Meminfo m;

        parse_fixture(&z, "roots", guests[_i]);
        for (size_t i = 0; i < z.n_zones; i++)
                managed += z.zones[i].managed;
        snprintf(path, sizeof(path), "roots/%s/proc/meminfo", guests[_i]);
        text = fixture_read(path, &size);
        ck_assert_int_eq(meminfo_parse(&m, text, size, &error), 0);
        ck_assert_uint_eq(managed * 4096, m.total);
}
END_TEST

START_TEST(zones_in_order)
{
        static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable", "Device" };
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "roots", "7.3-before");
        ck_assert_uint_eq(z.n_zones, ELEMENTSOF(names));
        for (uint32_t i = 0; i < ELEMENTSOF(names); i++) {
                ck_assert_str_eq(z.zones[i].name, names[i]);
                ck_assert_uint_eq(z.zones[i].index, i);
        }
        ck_assert_uint_eq(z.zones[3].min, 32);
        ck_assert_uint_eq(z.zones[3].managed, 0);
        ck_assert_uint_eq(z.zones[3].free_cma, NONE);
        ck_assert_uint_eq(z.zones[3].n_protection, 5);
}
END_TEST

START_TEST(all_protection)
{
        static const uint64_t protection[] = { 0, 3019, 9803, 9803, 9803 };
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "roots", "6.18-vm");
        ck_assert_uint_eq(z.zones[0].n_protection, ELEMENTSOF(protection));
        for (size_t i = 0; i < ELEMENTSOF(protection); i++)
                ck_assert_uint_eq(z.zones[0].protection[i], protection[i]);
}
END_TEST

START_TEST(memoryless_node)
{
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "odd", "memoryless");
        ck_assert_uint_eq(z.n_zones, 10);
        for (size_t i = 5; i < 10; i++) {
                ck_assert_uint_eq(z.zones[i].node, 1);
                ck_assert_uint_eq(z.zones[i].index, i - 5);
                ck_assert_uint_eq(z.zones[i].managed, 0);
                ck_assert_uint_eq(z.zones[i].free_cma, NONE);
        }
}
END_TEST

START_TEST(sparse_nodes)
{
        static const uint32_t nodes[] = { 0, 1, 4, 5, 8, 9, 12, 13 };
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "odd", "nodes-8-sparse");
        ck_assert_uint_eq(z.n_zones, 5 * ELEMENTSOF(nodes));
        for (size_t i = 0; i < z.n_zones; i++)
                ck_assert_uint_eq(z.zones[i].node, nodes[i / 5]);
        ck_assert_uint_eq(find_zone(&z, 13, "Normal")->managed, 8257536);
        ck_assert_uint_eq(find_zone(&z, 13, "Normal")->index, 2);
        ck_assert_uint_eq(find_zone(&z, 13, "DMA")->managed, 0);
}
END_TEST

START_TEST(highmem)
{
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "odd", "highmem-32bit");
        ck_assert_uint_eq(z.n_zones, 4);
        ck_assert_uint_eq(find_zone(&z, 0, "HighMem")->managed, 520000);
        ck_assert_uint_eq(find_zone(&z, 0, "HighMem")->index, 2);
        ck_assert_uint_eq(find_zone(&z, 0, "HighMem")->boost, NONE);
        ck_assert_uint_eq(find_zone(&z, 0, "HighMem")->cma, NONE);
        ck_assert_uint_eq(find_zone(&z, 0, "Normal")->n_protection, 4);
        ck_assert_uint_eq(find_zone(&z, 0, "Normal")->protection[2], 520000 / 256);
}
END_TEST

START_TEST(one_zone)
{
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "odd", "one-zone");
        ck_assert_uint_eq(z.n_zones, 1);
        ck_assert_uint_eq(z.zones[0].n_protection, 1);
        ck_assert_uint_eq(z.zones[0].protection[0], 0);
        ck_assert_uint_eq(z.zones[0].managed, 126976);
}
END_TEST

START_TEST(device_zone)
{
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "odd", "device");
        ck_assert_uint_eq(find_zone(&z, 0, "Device")->spanned, 33030144);
        ck_assert_uint_eq(find_zone(&z, 0, "Device")->present, 0);
}
END_TEST

START_TEST(page_cache)
{
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "roots", "6.18-vm");
        ck_assert_uint_eq(find_zone(&z, 0, "Normal")->inactive_file, 41948);
        ck_assert_uint_eq(find_zone(&z, 0, "Normal")->active_file, 28812);
        ck_assert_uint_eq(find_zone(&z, 0, "Normal")->write_pending, 1472);
        ck_assert_uint_eq(find_zone(&z, 0, "DMA32")->inactive_file, 0);
        ck_assert_uint_eq(find_zone(&z, 0, "Movable")->inactive_file, NONE); /* it is not populated */
}
END_TEST

START_TEST(cma_and_highatomic)
{
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "odd", "empty-zone-cma");
        ck_assert_uint_eq(find_zone(&z, 0, "DMA32")->cma, 16384);
        ck_assert_uint_eq(find_zone(&z, 0, "DMA32")->free_cma, 16352);
        ck_assert_uint_eq(find_zone(&z, 0, "DMA32")->free_highatomic, 558);
        ck_assert_uint_eq(find_zone(&z, 0, "Movable")->free, 0);
        ck_assert_uint_eq(find_zone(&z, 0, "Movable")->managed, 65536);
}
END_TEST

START_TEST(future_lines)
{
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;

        parse_fixture(&z, "odd", "future");
        ck_assert_uint_eq(z.n_zones, 5);
        /* "extra" in each of the five zones, "shadow_pages" in both populated ones. */
        ck_assert_uint_eq(z.skipped, 7);
        ck_assert_uint_eq(find_zone(&z, 0, "DMA32")->high, 242 + 121);
}
END_TEST

/* The order of the lines is the kernel's affair, and so is what else is on them. */
START_TEST(any_order_of_marks)
{
        static const char text[] = "a line before\n"
                                   "Node 7, zone   Normal, tomorrow\n"
                                   "  pages free     11 12\n"
                                   "        managed  1\n"
                                   "        cma      2\n"
                                   "        present  3\n"
                                   "        spanned  4 4\n"
                                   "        high     5\n"
                                   "        low      6\n"
                                   "        min      7\n"
                                   "        boost    8\n"
                                   "        protection: (9)\n";
        _cleanup_zoneinfo_ Zoneinfo z = ZONEINFO_INIT;
        ParseError error;

        ck_assert_int_eq(zoneinfo_parse(&z, text, sizeof(text) - 1, &error), 0);
        ck_assert_uint_eq(z.n_zones, 1);
        ck_assert_uint_eq(z.skipped, 5);
        ck_assert_uint_eq(z.zones[0].node, 7);
        ck_assert_uint_eq(z.zones[0].free, 11);
        ck_assert_uint_eq(z.zones[0].managed, 1);
        ck_assert_uint_eq(z.zones[0].cma, 2);
        ck_assert_uint_eq(z.zones[0].present, 3);
        ck_assert_uint_eq(z.zones[0].spanned, 4);
        ck_assert_uint_eq(z.zones[0].high, 5);
        ck_assert_uint_eq(z.zones[0].low, 6);
        ck_assert_uint_eq(z.zones[0].min, 7);
        ck_assert_uint_eq(z.zones[0].boost, 8);
        ck_assert_uint_eq(z.zones[0].protection[0], 9);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("zoneinfo");

        tcase_add_loop_test(t, row, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, managed_is_memtotal, 0, ELEMENTSOF(guests));
        tcase_add_test(t, zones_in_order);
        tcase_add_test(t, all_protection);
        tcase_add_test(t, memoryless_node);
        tcase_add_test(t, sparse_nodes);
        tcase_add_test(t, highmem);
        tcase_add_test(t, one_zone);
        tcase_add_test(t, device_zone);
        tcase_add_test(t, page_cache);
        tcase_add_test(t, cma_and_highatomic);
        tcase_add_test(t, future_lines);
        tcase_add_test(t, any_order_of_marks);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/zoneinfo", build)
