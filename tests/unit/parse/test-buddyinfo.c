/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-buddyinfo.c - values of every recorded machine, as written from the files by hand; sums
 * against /proc/vmstat; odd machines. */
#include "../test.h"

#include "parse/buddyinfo.h"
#include "parse/vmstat.h"

#define _cleanup_buddyinfo_ _cleanup_(buddyinfo_done)

static void parse_fixture(Buddyinfo *b, const char *folder, const char *machine)
{
        ParseError error = { 0 };
        _cleanup_free_ char *text = NULL;
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "%s/%s/proc/buddyinfo", folder, machine);
        text = fixture_read(path, &size);
        ck_assert_msg(buddyinfo_parse(b, text, size, &error) == 0, "%s:%u: expected %s", path,
                error.line, error.expected);
}

static const BuddyZone *find_zone(const Buddyinfo *b, uint32_t node, const char *name)
{
        for (size_t i = 0; i < b->n_zones; i++)
                if (b->zones[i].node == node && streq(b->zones[i].name, name))
                        return &b->zones[i];
        ck_abort_msg("no zone %s on node %u", name, node);
}

static const struct {
        const char *root;
        uint32_t node;
        const char *zone;
        uint64_t free[11];
} rows[] = {
        { "5.10-after", 0, "DMA", { 839, 0, 2, 0, 3, 1, 2, 0, 2, 1, 1 } },
        { "5.10-after", 0, "DMA32", { 109304, 111, 118, 109, 95, 31, 0, 0, 0, 0, 0 } },
        { "5.10-before", 0, "DMA", { 1, 0, 0, 1, 2, 0, 1, 0, 1, 1, 3 } },
        { "5.10-before", 0, "DMA32", { 9, 3, 7, 11, 6, 5, 4, 4, 4, 3, 231 } },
        { "5.4-after", 0, "DMA", { 1, 0, 0, 1, 2, 1, 1, 0, 1, 1, 3 } },
        { "5.4-after", 0, "DMA32", { 105409, 330, 289, 279, 314, 57, 0, 0, 0, 0, 0 } },
        { "5.4-before", 0, "DMA", { 1, 0, 0, 1, 2, 1, 1, 0, 1, 1, 3 } },
        { "5.4-before", 0, "DMA32", { 45, 20, 9, 12, 5, 5, 4, 7, 5, 2, 227 } },
        { "6.1-after", 0, "DMA", { 48, 1, 1, 1, 1, 1, 1, 2, 1, 0, 3 } },
        { "6.1-after", 0, "DMA32", { 110604, 38, 59, 56, 43, 0, 0, 0, 0, 0, 0 } },
        { "6.1-before", 0, "DMA", { 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3 } },
        { "6.1-before", 0, "DMA32", { 2, 0, 1, 2, 0, 0, 3, 1, 2, 2, 227 } },
        { "6.12-after", 0, "DMA", { 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3 } },
        { "6.12-after", 0, "DMA32", { 59430, 1349, 1038, 1018, 822, 301, 29, 13, 9, 6, 10 } },
        { "6.12-before", 0, "DMA", { 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3 } },
        { "6.12-before", 0, "DMA32", { 1, 1, 1, 2, 3, 1, 2, 1, 1, 2, 227 } },
        { "6.18-vm", 0, "DMA", { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 3 } },
        { "6.18-vm", 0, "DMA32", { 2, 1, 4, 2, 5, 4, 4, 4, 5, 3, 751 } },
        { "6.18-vm", 0, "Normal", { 2912, 1330, 1254, 635, 1770, 1853, 1269, 776, 387, 1, 225 } },
        { "6.8-after", 0, "DMA", { 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3 } },
        { "6.8-after", 0, "DMA32", { 93611, 494, 495, 497, 409, 27, 0, 0, 0, 0, 0 } },
        { "6.8-before", 0, "DMA", { 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3 } },
        { "6.8-before", 0, "DMA32", { 4, 1, 1, 3, 6, 0, 2, 4, 4, 1, 224 } },
        { "7.3-after", 0, "DMA", { 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3 } },
        { "7.3-after", 0, "DMA32", { 63078, 448, 436, 507, 351, 260, 5, 3, 3, 3, 18 } },
        { "7.3-before", 0, "DMA", { 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3 } },
        { "7.3-before", 0, "DMA32", { 45, 13, 3, 2, 1, 1, 1, 1, 2, 3, 222 } },
};

START_TEST(row)
{
        _cleanup_buddyinfo_ Buddyinfo b = BUDDYINFO_INIT;
        const BuddyZone *zone;

        parse_fixture(&b, "roots", rows[_i].root);
        ck_assert_uint_eq(b.n_orders, 11);
        ck_assert_uint_eq(b.skipped, 0);
        zone = find_zone(&b, rows[_i].node, rows[_i].zone);
        for (unsigned order = 0; order < 11; order++)
                ck_assert_uint_eq(zone->free[order], rows[_i].free[order]);
        for (unsigned order = 11; order < ORDERS_MAX; order++)
                ck_assert_uint_eq(zone->free[order], 0);
}
END_TEST

/* The two files are not of one instant, and counters are summed up per CPU: a small drift is
 * normal. */
static const struct {
        const char *root;
        size_t n_zones;
        uint64_t drift;
} sums[] = {
        { "5.4-before", 2, 128 },
        { "5.4-after", 2, 128 },
        { "5.10-before", 2, 128 },
        { "5.10-after", 2, 128 },
        { "6.1-before", 2, 128 },
        { "6.1-after", 2, 128 },
        { "6.8-before", 2, 0 },
        { "6.8-after", 2, 0 },
        { "6.12-before", 2, 0 },
        { "6.12-after", 2, 128 },
        { "6.18-vm", 3, 6000 },
        { "7.3-before", 2, 0 },
        { "7.3-after", 2, 0 },
};

START_TEST(sum)
{
        _cleanup_buddyinfo_ Buddyinfo b = BUDDYINFO_INIT;
        _cleanup_free_ char *text = NULL;
        uint64_t pages = 0, difference;
        ParseError error;
        char path[256];
        size_t size;
        Vmstat v;

        parse_fixture(&b, "roots", sums[_i].root);
        ck_assert_uint_eq(b.n_zones, sums[_i].n_zones);
        for (size_t i = 0; i < b.n_zones; i++)
                for (unsigned order = 0; order < b.n_orders; order++)
                        pages += b.zones[i].free[order] << order;
        snprintf(path, sizeof(path), "roots/%s/proc/vmstat", sums[_i].root);
        text = fixture_read(path, &size);
        ck_assert_int_eq(vmstat_parse(&v, text, size, &error), 0);
        difference = pages > v.nr_free_pages ? pages - v.nr_free_pages : v.nr_free_pages - pages;
        ck_assert_uint_le(difference, sums[_i].drift);
}
END_TEST

START_TEST(arm64_14_orders)
{
        _cleanup_buddyinfo_ Buddyinfo b = BUDDYINFO_INIT;

        parse_fixture(&b, "odd", "arm64-64k");
        ck_assert_uint_eq(b.n_zones, 2);
        ck_assert_uint_eq(b.n_orders, 14);
        ck_assert_uint_eq(find_zone(&b, 0, "DMA")->free[13], 5);
        ck_assert_uint_eq(find_zone(&b, 0, "Normal")->free[0], 80213);
        ck_assert_uint_eq(find_zone(&b, 0, "Normal")->free[13], 0);
}
END_TEST

START_TEST(sparse_nodes)
{
        static const uint32_t nodes[] = { 0, 0, 0, 1, 4, 5, 8, 9, 12, 13 };
        _cleanup_buddyinfo_ Buddyinfo b = BUDDYINFO_INIT;

        parse_fixture(&b, "odd", "nodes-8-sparse");
        ck_assert_uint_eq(b.n_zones, ELEMENTSOF(nodes));
        for (size_t i = 0; i < b.n_zones; i++)
                ck_assert_uint_eq(b.zones[i].node, nodes[i]);
        ck_assert_uint_eq(find_zone(&b, 13, "Normal")->free[0], 13017);
        ck_assert_uint_eq(find_zone(&b, 13, "Normal")->free[10], 1301);
}
END_TEST

static const struct {
        const char *machine;
        size_t n_zones;
        const char *last;
        uint64_t last_top; /* free blocks of the largest order in the last zone */
        unsigned skipped;
} machines[] = {
        { "memoryless", 2, "DMA32", 212, 0 },
        { "highmem-32bit", 3, "HighMem", 341, 0 },
        { "one-zone", 1, "Normal", 55, 0 },
        { "device", 3, "Normal", 512, 0 },
        { "empty-zone-cma", 3, "Movable", 0, 0 },
        { "negative", 3, "Movable", 0, 0 },
        { "future", 2, "DMA32", 98, 1 },
};

START_TEST(odd_machine)
{
        _cleanup_buddyinfo_ Buddyinfo b = BUDDYINFO_INIT;

        parse_fixture(&b, "odd", machines[_i].machine);
        ck_assert_uint_eq(b.n_zones, machines[_i].n_zones);
        ck_assert_uint_eq(b.skipped, machines[_i].skipped);
        ck_assert_str_eq(b.zones[b.n_zones - 1].name, machines[_i].last);
        ck_assert_uint_eq(b.zones[b.n_zones - 1].free[b.n_orders - 1], machines[_i].last_top);
}
END_TEST

/* The widest machine that limits.h allows: every node, every order. */
START_TEST(largest_machine)
{
        _cleanup_buddyinfo_ Buddyinfo b = BUDDYINFO_INIT;
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        ck_assert_ptr_nonnull(f);
        for (unsigned node = 0; node < NODES_MAX; node++) {
                fprintf(f, "Node %u, zone %8s ", node, "Normal");
                for (unsigned order = 0; order < ORDERS_MAX; order++)
                        fprintf(f, "%6u ", node * 100 + order);
                fputc('\n', f);
        }
        fclose(f);
        ck_assert_int_eq(buddyinfo_parse(&b, text, size, &error), 0);
        ck_assert_uint_eq(b.n_zones, NODES_MAX);
        ck_assert_uint_eq(b.n_orders, ORDERS_MAX);
        ck_assert_uint_eq(b.zones[1023].free[23], 102323);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("buddyinfo");

        tcase_add_loop_test(t, row, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, sum, 0, ELEMENTSOF(sums));
        tcase_add_test(t, arm64_14_orders);
        tcase_add_test(t, sparse_nodes);
        tcase_add_loop_test(t, odd_machine, 0, ELEMENTSOF(machines));
        tcase_add_test(t, largest_machine);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/buddyinfo", build)
