/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "decode/gfp.h"

static const struct {
        const char *text;
        unsigned major, minor;
} versions[] = {
        { "5.15.0-91-generic", 5, 15 }, { "3.10.0-1062.el7.x86_64", 3, 10 }, { "2.6.32", 2, 6 }, { "7.3", 7, 3 }, { "6.19.0-rc5-knfsd", 6, 19 },
        { "", 0, 0 }, { "5", 0, 0 }, { "5.", 0, 0 }, { "v5.4", 0, 0 }, { "1.2", 0, 0 }, { "100.1", 0, 0 }, { "6.99999999999999999999", 0, 0 },
};

START_TEST(test_version)
{
        KernelVersion v = kernel_version(versions[_i].text, strlen(versions[_i].text));

        ck_assert_uint_eq(v.major, versions[_i].major);
        ck_assert_uint_eq(v.minor, versions[_i].minor);
}
END_TEST

/* What kernels printed beside the number: the two must come to the same. */
static const struct {
        uint32_t mask;
        const char *kernel, *names;
} printed[] = {
        { 0x2084120, "4.9.24", "GFP_ATOMIC|__GFP_COLD|__GFP_COMP" },
        { 0x24084c0, "4.4", "GFP_KERNEL|__GFP_REPEAT|__GFP_ZERO" },
        { 0x24201ca, "4.9", "GFP_HIGHUSER_MOVABLE|__GFP_COLD" },
        { 0x2400000, "4.9", "GFP_NOIO" },
        { 0x26042c0, "4.9", "GFP_KERNEL|__GFP_NOWARN|__GFP_COMP|__GFP_NOTRACK" },
        { 0x1600240, "4.11.0-rc7", "GFP_NOFS|__GFP_NOWARN|__GFP_NOTRACK" },
        { 0x1400000, "4.11", "GFP_NOIO" },
        { 0x1080020, "4.13.11", "GFP_ATOMIC" },
        { 0x14200ca, "4.14.67", "GFP_HIGHUSER_MOVABLE" },
        { 0x140000a, "4.14.113", "GFP_NOIO|__GFP_HIGHMEM|__GFP_MOVABLE" },
        { 0x15080c0, "4.14.79", "GFP_KERNEL_ACCOUNT|__GFP_ZERO" },
        { 0x15000c0, "4.15.0-108", "GFP_KERNEL_ACCOUNT" },
        { 0x480020, "4.19", "GFP_ATOMIC" },
        { 0x6000c0, "4.18.0", "GFP_KERNEL" },
        { 0x404000, "5.0.4", "GFP_NOWAIT|__GFP_COMP" },
        { 0x2dc2, "5.4", "GFP_KERNEL|__GFP_HIGHMEM|__GFP_NOWARN|__GFP_ZERO" },
        { 0x40dc0, "5.15", "GFP_KERNEL|__GFP_COMP|__GFP_ZERO" },
        { 0x440dc0, "5.4", "GFP_KERNEL_ACCOUNT|__GFP_COMP|__GFP_ZERO" },
        { 0x194dc2, "5.10", "GFP_HIGHUSER|__GFP_RETRY_MAYFAIL|__GFP_NORETRY|__GFP_ZERO|__GFP_NOMEMALLOC" },
        { 0x60820, "6.8", "GFP_ATOMIC|__GFP_COMP|__GFP_MEMALLOC" },
        { 0xa20, "6.1.20", "GFP_ATOMIC" },
        { 0xc04, "6.11", "GFP_NOIO|GFP_DMA32" },
        { 0xc2cc0, "6.1", "GFP_KERNEL|__GFP_NOWARN|__GFP_COMP|__GFP_NOMEMALLOC" },
        { 0x101c4a, "6.8", "GFP_NOFS|__GFP_HIGHMEM|__GFP_HARDWALL|__GFP_MOVABLE|__GFP_WRITE" },
        { 0x100c02, "6.8.0-47", "GFP_NOIO|__GFP_HIGHMEM|__GFP_HARDWALL" },
        { 0xc0d60, "6.19.11", "GFP_NOFS|__GFP_HIGH|__GFP_ZERO|__GFP_COMP|__GFP_NOMEMALLOC" },
        { 0x4340ca, "4.12.3", "__GFP_HIGHMEM|__GFP_IO|__GFP_FS|__GFP_COMP|__GFP_NOMEMALLOC|__GFP_HARDWALL|__GFP_MOVABLE|__GFP_DIRECT_RECLAIM" },
};

START_TEST(test_printed)
{
        KernelVersion v = kernel_version(printed[_i].kernel, strlen(printed[_i].kernel));
        Gfp number = gfp_make(NULL, 0, true, printed[_i].mask, v), named = gfp_make(printed[_i].names, strlen(printed[_i].names), true, printed[_i].mask, v);
        uint64_t same = ~(GFP_HARDER); /* GFP_ATOMIC has or has not had it */

        ck_assert_int_eq(number.from, GFP_FROM_KERNEL);
        ck_assert_int_eq(named.from, GFP_FROM_NAMES);
        ck_assert_uint_eq(number.unknown, 0);
        ck_assert_msg((number.flags & same) == (named.flags & same), "%#x: %#llx, by name %#llx", printed[_i].mask, (unsigned long long)number.flags,
                (unsigned long long)named.flags);
}
END_TEST

/* By its bits alone a number is either right, or not known. */
START_TEST(test_bits)
{
        KernelVersion v = kernel_version(printed[_i].kernel, strlen(printed[_i].kernel));
        Gfp number = gfp_make(NULL, 0, true, printed[_i].mask, v), alone = gfp_make(NULL, 0, true, printed[_i].mask, (KernelVersion){ 0 });

        ck_assert(alone.from == GFP_FROM_NOTHING || (alone.from == GFP_FROM_BITS && alone.flags == number.flags));
}
END_TEST

static const struct {
        uint32_t mask;
        const char *kernel, *text;
} formatted[] = {
        { 0x20, "3.10", "GFP_ATOMIC" }, { 0, "3.10", "GFP_NOWAIT" }, { 0xd0, "3.10", "GFP_KERNEL" }, { 0x200da, "3.10", "GFP_HIGHUSER_MOVABLE" },
        { 0x4020, "2.6.38", "GFP_ATOMIC|__GFP_COMP" }, { 0x1040d0, "3.10", "GFP_KERNEL|__GFP_COMP|__GFP_KMEMCG" },
        { 0x1000d0, "4.1", "GFP_KERNEL|__GFP_NOACCOUNT" }, { 0x400000, "3.10", "" }, { 0x400010, "3.10", "__GFP_DIRECT_RECLAIM" },
        { 0xcc0, "5.4", "GFP_KERNEL" }, { 0, "5.4", "" }, { 0x20, "5.4", "__GFP_HIGH" },
};

START_TEST(test_format)
{
        KernelVersion v = kernel_version(formatted[_i].kernel, strlen(formatted[_i].kernel));
        char text[GFP_TEXT_MAX];

        gfp_format(gfp_make(NULL, 0, true, formatted[_i].mask, v).flags, text);
        ck_assert_str_eq(text, formatted[_i].text);
}
END_TEST

START_TEST(test_format_all)
{
        char text[GFP_TEXT_MAX];

        gfp_format(UINT64_MAX, text);
        ck_assert_uint_lt(strlen(text), sizeof(text));
}
END_TEST

START_TEST(test_unknown_bits)
{
        Gfp g = gfp_make(NULL, 0, true, 0x80000cc0, kernel_version("6.1", 3));

        ck_assert_uint_eq(g.unknown, 0x80000000);
        ck_assert(gfp_may_reclaim(&g));
        ck_assert_int_eq(gfp_make(NULL, 0, true, 0x80000cc0, (KernelVersion){ 0 }).from, GFP_FROM_NOTHING);
        ck_assert_int_eq(gfp_make("GFP_KERN", 8, false, 0, (KernelVersion){ 0 }).from, GFP_FROM_NOTHING);
        ck_assert_int_eq(gfp_make("GFP_KERNEL|0x80000000", 21, true, 0x80000cc0, (KernelVersion){ 0 }).from, GFP_FROM_NAMES);
}
END_TEST

static const struct {
        const char *names, *kernel;
        int order;
        bool compact, reclaim;
} allowed[] = {
        { "GFP_KERNEL", "5.15", 4, true, true },  { "GFP_KERNEL", "5.15", 0, false, true }, { "GFP_ATOMIC", "5.15", 3, false, false },
        { "GFP_NOWAIT", "5.15", 3, false, false }, { "GFP_NOIO", "6.11", 7, false, true },  { "GFP_NOFS", "6.11", 7, true, true },
        { "GFP_NOFS", "4.9", 7, false, true },    { "GFP_NOFS", "4.10", 7, true, true },   { "GFP_TRANSHUGE_LIGHT", "5.4", 9, false, false },
        { "GFP_TRANSHUGE", "5.4", 9, true, true }, { "GFP_NOFS", "0", 7, true, true },
};

START_TEST(test_allowed)
{
        Gfp g = gfp_make(allowed[_i].names, strlen(allowed[_i].names), false, 0, kernel_version(allowed[_i].kernel, strlen(allowed[_i].kernel)));

        ck_assert_int_eq(g.from, GFP_FROM_NAMES);
        ck_assert(gfp_may_compact(&g, allowed[_i].order) == allowed[_i].compact);
        ck_assert(gfp_may_reclaim(&g) == allowed[_i].reclaim);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("gfp");

        tcase_add_loop_test(t, test_version, 0, ELEMENTSOF(versions));
        tcase_add_loop_test(t, test_printed, 0, ELEMENTSOF(printed));
        tcase_add_loop_test(t, test_bits, 0, ELEMENTSOF(printed));
        tcase_add_loop_test(t, test_format, 0, ELEMENTSOF(formatted));
        tcase_add_test(t, test_format_all);
        tcase_add_test(t, test_unknown_bits);
        tcase_add_loop_test(t, test_allowed, 0, ELEMENTSOF(allowed));
        suite_add_tcase(s, t);
}

TEST_MAIN("decode/gfp", build)
