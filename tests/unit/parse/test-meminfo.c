/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-meminfo.c - values of every recorded machine in kB, as written from the files by hand. */
#include "../test.h"

#include "parse/meminfo.h"

#define NONE UNKNOWN_U64

static void parse_fixture(Meminfo *m, const char *folder, const char *machine)
{
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "%s/%s/proc/meminfo", folder, machine);
        text = fixture_read(path, &size);
        ck_assert_msg(meminfo_parse(m, text, size, &error) == 0, "%s:%u: expected %s", path,
                error.line, error.expected);
}

static const struct {
        const char *root;
        uint64_t total, free, available, slab_reclaimable, anon_huge_pages, mlocked, cma_total;
} rows[] = {
        { "5.10-after", 1002224, 465932, 464048, 9712, 0, 0, NONE },
        { "5.10-before", 1002224, 976840, 909064, 7292, 0, 0, NONE },
        { "5.4-after", 987932, 481112, 484272, 11700, 0, 0, 0 },
        { "5.4-before", 987932, 961320, 894596, 9288, 0, 0, 0 },
        { "6.1-after", 995368, 463752, 462944, 11800, 0, 0, NONE },
        { "6.1-before", 995368, 952536, 885756, 9236, 0, 0, NONE },
        { "6.12-after", 990080, 480440, 475504, 3460, 0, 0, NONE },
        { "6.12-before", 990080, 951580, 880688, 968, 0, 0, NONE },
        { "6.18-vm", 24684084, 20209180, 20574564, 395228, 3356672, 17592, NONE },
        { "6.8-after", 983188, 447084, 442396, 3876, 0, 0, NONE },
        { "6.8-before", 983188, 941960, 871260, 1300, 0, 0, NONE },
        { "7.3-after", 984116, 435832, 430896, 3404, 0, 0, 0 },
        { "7.3-before", 984116, 934092, 863292, 1108, 0, 0, 0 },
};

START_TEST(row)
{
        Meminfo m;

        parse_fixture(&m, "roots", rows[_i].root);
        ck_assert_uint_eq(m.total, rows[_i].total * 1024);
        ck_assert_uint_eq(m.free, rows[_i].free * 1024);
        ck_assert_uint_eq(m.available, rows[_i].available * 1024);
        ck_assert_uint_eq(m.slab_reclaimable, rows[_i].slab_reclaimable * 1024);
        ck_assert_uint_eq(m.anon_huge_pages, rows[_i].anon_huge_pages * 1024);
        ck_assert_uint_eq(m.mlocked, rows[_i].mlocked * 1024);
        ck_assert_uint_eq(
                m.cma_total, rows[_i].cma_total == NONE ? NONE : rows[_i].cma_total * 1024);
        ck_assert_uint_eq(m.hugepage_size, 2 * 1024 * 1024);
        ck_assert_uint_eq(m.hugepages_total, 0);
        ck_assert_uint_eq(m.hugetlb, 0);
}
END_TEST

START_TEST(every_field)
{
        static const char text[] =
                "MemTotal: 1 kB\nMemFree: 2 kB\nMemAvailable: 3 kB\nCached: 4 kB\n"
                "SwapCached: 99 kB\nDirty: 5 kB\nWriteback: 6 kB\nWritebackTmp: 99 kB\n"
                "Mlocked: 7 kB\nUnevictable: 8 kB\nSReclaimable: 9 kB\n"
                "SUnreclaim: 10 kB\nAnonHugePages: 11 kB\nCmaTotal: 12 kB\nCmaFree: 13 kB\n"
                "HugePages_Total: 14\nHugePages_Free: 15\nHugePages_Rsvd: 99\n"
                "Hugepagesize: 16 kB\nHugetlb: 17 kB\n"
                "Active: 18 kB\nInactive: 19 kB\nKernelStack: 20 kB\nPageTables: 21 kB\n"
                "SecPageTables: 22 kB\nVmallocUsed: 23 kB\nPercpu: 24 kB\nShmemHugePages: 25 kB\n"
                "FileHugePages: 26 kB\nBalloon: 27 kB\nSlab: 28 kB\n";
        ParseError error;
        Meminfo m;

        ck_assert_int_eq(meminfo_parse(&m, text, sizeof(text) - 1, &error), 0);
        ck_assert_uint_eq(m.total, 1 * 1024);
        ck_assert_uint_eq(m.free, 2 * 1024);
        ck_assert_uint_eq(m.available, 3 * 1024);
        ck_assert_uint_eq(m.cached, 4 * 1024);
        ck_assert_uint_eq(m.dirty, 5 * 1024);
        ck_assert_uint_eq(m.writeback, 6 * 1024);
        ck_assert_uint_eq(m.mlocked, 7 * 1024);
        ck_assert_uint_eq(m.unevictable, 8 * 1024);
        ck_assert_uint_eq(m.slab_reclaimable, 9 * 1024);
        ck_assert_uint_eq(m.slab_unreclaimable, 10 * 1024);
        ck_assert_uint_eq(m.anon_huge_pages, 11 * 1024);
        ck_assert_uint_eq(m.cma_total, 12 * 1024);
        ck_assert_uint_eq(m.cma_free, 13 * 1024);
        ck_assert_uint_eq(m.hugepages_total, 14);
        ck_assert_uint_eq(m.hugepages_free, 15);
        ck_assert_uint_eq(m.hugepage_size, 16 * 1024);
        ck_assert_uint_eq(m.hugetlb, 17 * 1024);
        ck_assert_uint_eq(m.active, 18 * 1024);
        ck_assert_uint_eq(m.inactive, 19 * 1024);
        ck_assert_uint_eq(m.kernel_stack, 20 * 1024);
        ck_assert_uint_eq(m.page_tables, 21 * 1024);
        ck_assert_uint_eq(m.sec_page_tables, 22 * 1024);
        ck_assert_uint_eq(m.vmalloc_used, 23 * 1024);
        ck_assert_uint_eq(m.percpu, 24 * 1024);
        ck_assert_uint_eq(m.shmem_huge_pages, 25 * 1024);
        ck_assert_uint_eq(m.file_huge_pages, 26 * 1024);
        ck_assert_uint_eq(m.balloon, 27 * 1024);
        ck_assert_uint_eq(m.slab, 28 * 1024);
        ck_assert_uint_eq(m.skipped, 3);
}
END_TEST

START_TEST(what_a_kernel_lacks)
{
        static const char text[] = "MemTotal: 1 kB\nMemFree: 2 kB\n";
        ParseError error;
        Meminfo m;

        ck_assert_int_eq(meminfo_parse(&m, text, sizeof(text) - 1, &error), 0);
        ck_assert_uint_eq(m.available, NONE);
        ck_assert_uint_eq(m.hugetlb, NONE);
        ck_assert_uint_eq(m.cma_free, NONE);
}
END_TEST

START_TEST(future_lines)
{
        Meminfo m;

        parse_fixture(&m, "odd", "future");
        /* Buffers of today, Tomorrow in MB. */
        ck_assert_uint_eq(m.skipped, 2);
}
END_TEST

START_TEST(pages_of_64k)
{
        Meminfo m;

        parse_fixture(&m, "odd", "arm64-64k");
        ck_assert_uint_eq(m.total, UINT64_C(1044480) * 65536);
        ck_assert_uint_eq(m.hugepage_size, 512 * 1024 * 1024);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("meminfo");

        tcase_add_loop_test(t, row, 0, ELEMENTSOF(rows));
        tcase_add_test(t, every_field);
        tcase_add_test(t, what_a_kernel_lacks);
        tcase_add_test(t, future_lines);
        tcase_add_test(t, pages_of_64k);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/meminfo", build)
