/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "decode/meminfo-block.h"

static MemBlock block;

static void read_lines(const char *text)
{
        block = (MemBlock){ 0 };
        while (*text) {
                const char *end = strchrnul(text, '\n');

                (void)mem_line(&block, text, (size_t)(end - text));
                text = *end ? end + 1 : end;
        }
}

static MemVerdict judge(int order, const char *names, const char *kernel, uint64_t nodes)
{
        Gfp g = gfp_make(names, strlen(names), false, 0, kernel_version(kernel, strlen(kernel)));
        char zone[MEM_ZONE_NAME_MAX] = "";
        int64_t free_kb = -1;
        bool blocks;

        return mem_judge(&block, order, &g, nodes, &free_kb, zone, &blocks);
}

#define RESERVES "lowmem_reserve[]: 0 0 0 0 0\n"

static const struct {
        const char *text;
        int order;
        const char *names, *kernel;
        uint64_t nodes;
        MemVerdict verdict;
} rows[] = {
        /* a block that would do, none that would do, not enough */
        { "Node 0 Normal free:10000kB min:1000kB low:1kB\n" RESERVES "Node 0 Normal: 500*4kB (U) 1000*8kB (U) = 10000kB", 1, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_THERE },
        { "Node 0 Normal free:10000kB min:1000kB low:1kB\n" RESERVES "Node 0 Normal: 2500*4kB (U) 0*8kB = 10000kB", 1, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_FRAGMENTED },
        { "Node 0 Normal free:1004kB min:1000kB low:1kB\n" RESERVES "Node 0 Normal: 251*4kB (U) 0*8kB = 1004kB", 1, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_SHORT },
        /* a zone above the one that is asked for does not count */
        { "Node 0 DMA32 free:100kB min:1000kB low:1kB\nNode 0 Normal free:10000kB min:1000kB low:1kB\n", 0, "GFP_KERNEL|GFP_DMA32", "6.1", UINT64_MAX, MEM_SHORT },
        { "Node 0 DMA32 free:100kB min:1000kB low:1kB\nNode 0 Normal free:10000kB min:1000kB low:1kB\n", 0, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_THERE },
        { "Normal free:100kB min:1000kB low:1kB\nMovable free:10000kB min:1kB low:1kB\n", 0, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_SHORT },
        { "Normal free:100kB min:1000kB low:1kB\nMovable free:10000kB min:1kB low:1kB\n", 0, "GFP_HIGHUSER_MOVABLE", "6.1", UINT64_MAX, MEM_THERE },
        { "Normal free:100kB min:1000kB low:1kB\nMovable free:10000kB min:1kB low:1kB\n", 0, "GFP_HIGHUSER", "6.1", UINT64_MAX, MEM_SHORT },
        /* the reserve that lower zones keep from it: 2500 pages */
        { "Node 0 DMA32 free:10000kB min:1000kB low:1kB\nlowmem_reserve[]: 0 0 2500 2500 2500\nNode 0 Normal free:10kB min:1000kB low:1kB\n" RESERVES, 0, "GFP_KERNEL", "6.1",
                UINT64_MAX, MEM_SHORT },
        { "Node 0 DMA32 free:10000kB min:1000kB low:1kB\nlowmem_reserve[]: 0 0 2500 2500 2500\nNode 0 Normal free:10kB min:1000kB low:1kB\n" RESERVES, 0, "GFP_KERNEL|GFP_DMA32",
                "6.1", UINT64_MAX, MEM_THERE },
        { "DMA free:10000kB min:10kB low:1kB\nlowmem_reserve[]: 0 0 3188 3188\nHighMem free:1kB min:10kB low:1kB\nlowmem_reserve[]: 0 0 0 0\n", 0, "GFP_KERNEL", "6.1", UINT64_MAX,
                MEM_THERE },
        /* CMA is for what can move, the atomic reserve for who cannot wait */
        { "Normal free:10000kB min:1000kB low:1kB free_cma:9500kB\n", 0, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_SHORT },
        { "Normal free:10000kB min:1000kB low:1kB free_cma:9500kB\n", 0, "GFP_HIGHUSER_MOVABLE", "6.1", UINT64_MAX, MEM_THERE },
        { "Normal free:10000kB min:1000kB low:1kB reserved_highatomic:9500KB\n", 0, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_SHORT },
        { "Normal free:10000kB min:1000kB low:1kB reserved_highatomic:9500KB\n", 0, "GFP_ATOMIC", "6.1", UINT64_MAX, MEM_THERE },
        { "Normal free:10000kB min:1000kB low:1kB\nNormal: 0*4kB 1250*8kB (C) = 10000kB", 1, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_FRAGMENTED },
        { "Normal free:10000kB min:1000kB low:1kB\nNormal: 0*4kB 1250*8kB (C) = 10000kB", 1, "GFP_HIGHUSER_MOVABLE", "6.1", UINT64_MAX, MEM_THERE },
        { "Normal free:10000kB min:1000kB low:1kB\nNormal: 0*4kB 1250*8kB (H) = 10000kB", 1, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_FRAGMENTED },
        { "Normal free:10000kB min:1000kB low:1kB\nNormal: 0*4kB 1250*8kB (H) = 10000kB", 1, "GFP_ATOMIC|__GFP_COMP", "6.1", UINT64_MAX, MEM_THERE },
        { "Normal free:10000kB min:1000kB low:1kB\nNormal: 0*4kB 1250*8kB (I) = 10000kB", 1, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_FRAGMENTED },
        /* the atomic ones may go below the watermark */
        { "Normal free:600kB min:1000kB low:1kB\n", 0, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_SHORT },
        { "Normal free:600kB min:1000kB low:1kB\n", 0, "GFP_ATOMIC", "6.1", UINT64_MAX, MEM_THERE },
        { "Normal free:300kB min:1000kB low:1kB\n", 0, "GFP_ATOMIC", "6.1", UINT64_MAX, MEM_SHORT },
        /* nodes */
        { "Node 0 Normal free:10kB min:1000kB low:1kB\nNode 1 Normal free:10000kB min:1000kB low:1kB\n", 0, "GFP_KERNEL", "6.1", 0x1, MEM_SHORT },
        { "Node 0 Normal free:10kB min:1000kB low:1kB\nNode 1 Normal free:10000kB min:1000kB low:1kB\n", 0, "GFP_KERNEL", "6.1", 0x3, MEM_THERE },
        { "Node 0 Normal free:10kB min:1000kB low:1kB\n", 0, "GFP_KERNEL", "6.1", 0x2, MEM_UNKNOWN },
        /* larger than all of it; without the counts; nothing */
        { "Node 0 DMA free:160kB min:0kB low:0kB\n", 10, "GFP_KERNEL|GFP_DMA", "5.14", UINT64_MAX, MEM_SHORT },
        { "Normal free:10000kB min:1000kB low:1kB\n", 4, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_FRAGMENTED },
        { "", 4, "GFP_KERNEL", "6.1", UINT64_MAX, MEM_UNKNOWN },
};

START_TEST(test_judge)
{
        read_lines(rows[_i].text);
        ck_assert_int_eq(judge(rows[_i].order, rows[_i].names, rows[_i].kernel, rows[_i].nodes), rows[_i].verdict);
}
END_TEST

/* 4.1 wanted more than one block of the order: what is left without the smaller ones above a quarter of the watermark. */
START_TEST(test_old)
{
        Gfp g = gfp_make(NULL, 0, true, 0xd1, kernel_version("4.1.18", 6));
        char zone[MEM_ZONE_NAME_MAX];
        int64_t free_kb;
        bool blocks;

        read_lines("DMA free:470628kB min:6800kB low:29116kB high:30816kB\nlowmem_reserve[]: 0 415 415\n"
                   "DMA: 68324*4kB (UEM) 24706*8kB (UER) 2*16kB (U) 0*32kB = 470976kB\n");
        ck_assert_int_eq(mem_judge(&block, 2, &g, UINT64_MAX, &free_kb, zone, &blocks), MEM_FRAGMENTED);
        ck_assert_str_eq(zone, "DMA");
        ck_assert(blocks);
        g = gfp_make(NULL, 0, true, 0xcc1, kernel_version("5.4", 3));
        ck_assert_int_eq(mem_judge(&block, 2, &g, UINT64_MAX, &free_kb, zone, &blocks), MEM_THERE);
}
END_TEST

START_TEST(test_pages)
{
        read_lines("Normal: 1*64kB (U) 2*128kB (M) = 320kB");
        ck_assert_uint_eq(block.page_kb, 64);
        ck_assert_uint_eq(block.zones[0].n_orders, 2);
        ck_assert_uint_eq(block.zones[0].blocks[1], 2);
}
END_TEST

static const char *const garbled[] = {
        "Normal: 1*4kB (U) 2*8kB (M) = 21kB", "Normal: 1*4kB (U) 2*16kB (M) = 36kB", "Normal: 1*4kB (U) 2*8kB (M)", "Normal: 1*4kB (U) 2*8kB (M) = ",
        "Normal: 99999999999*4kB = 399999999996kB", "Normal: 1*0kB = 0kB", "Normal: 1*3000kB = 3000kB",
};

START_TEST(test_garbled)
{
        read_lines(garbled[_i]);
        ck_assert(block.garbled);
        ck_assert(!block.zones[0].have_blocks);
}
END_TEST

static const char *const others[] = {
        "Node 0 active_anon:12240kB inactive_anon:7700kB", "Normal per-cpu:", "Node 0 hugepages_total=0", "Node x Normal free:1kB", "Normal", "Other free:1kB min:1kB",
        "Node 99999 Normal free:1kB min:1kB", "Normal: none",
};

START_TEST(test_others)
{
        block = (MemBlock){ 0 };
        ck_assert(!mem_line(&block, others[_i], strlen(others[_i])));
        ck_assert_uint_eq(block.n_zones, 0);
}
END_TEST

START_TEST(test_many)
{
        block = (MemBlock){ 0 };
        for (int i = 0; i < 100; i++) {
                char line[64];

                snprintf(line, sizeof(line), "Node %d Normal free:1kB min:1kB", i);
                ck_assert(mem_line(&block, line, strlen(line)));
        }
        ck_assert_uint_eq(block.n_zones, MEM_ZONES_MAX);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("meminfo");

        tcase_add_loop_test(t, test_judge, 0, ELEMENTSOF(rows));
        tcase_add_test(t, test_old);
        tcase_add_test(t, test_pages);
        tcase_add_loop_test(t, test_garbled, 0, ELEMENTSOF(garbled));
        tcase_add_loop_test(t, test_others, 0, ELEMENTSOF(others));
        tcase_add_test(t, test_many);
        suite_add_tcase(s, t);
}

TEST_MAIN("decode/meminfo", build)
