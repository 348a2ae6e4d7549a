/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-census.c - what is read for a census only: slabinfo, the boot parameters, OpenZFS's cache. */
#include "../test.h"

#include "parse/arcstats.h"
#include "parse/cmdline.h"
#include "parse/slabinfo.h"

static const SlabCache *find(const Slabinfo *s, const char *name)
{
        for (size_t i = 0; i < s->n_caches; i++)
                if (streq(s->caches[i].name, name))
                        return &s->caches[i];
        ck_abort_msg("no cache %s", name);
}

static void parse_slab(Slabinfo *s, const char *text)
{
        ParseError e = { 0 };

        ck_assert_msg(slabinfo_parse(s, text, strlen(text), &e) == 0, "%u: %s", e.line, e.expected);
}

/* As written from the file by hand. */
START_TEST(a_recorded_machine)
{
        _cleanup_free_ char *text = NULL;
        Slabinfo s = SLABINFO_INIT;
        const SlabCache *c;
        size_t size;

        text = fixture_read("roots/6.18-vm/proc/slabinfo", &size);
        parse_slab(&s, text);
        ck_assert_uint_gt(s.n_caches, 100);
        ck_assert_uint_eq(s.skipped, 0);
        c = find(&s, "bio-376");
        ck_assert_uint_eq(c->active_objects, 21);
        ck_assert_uint_eq(c->objects, 21);
        ck_assert_uint_eq(c->object_size, 384);
        ck_assert_uint_eq(c->pages_per_slab, 2);
        ck_assert_uint_eq(c->slabs, 1);
        slabinfo_done(&s);
}
END_TEST

#define HEAD "slabinfo - version: 2.1\n# name\n"

START_TEST(names_of_modules_are_made_harmless)
{
        Slabinfo s = SLABINFO_INIT;

        parse_slab(&s, HEAD "evil\033[2J\x9b 1 2 3 4 1 : tunables 0 0 0 : slabdata 7 9 0\n");
        ck_assert_str_eq(s.caches[0].name, "evil?[2J?");
        parse_slab(&s, HEAD "0123456789012345678901234567890123456789012345678901234567890123456789 1 2 3 4 1 : slabdata 7 9 0\n");
        ck_assert_uint_eq(strlen(s.caches[0].name), SLAB_NAME_MAX - 1);
        slabinfo_done(&s);
}
END_TEST

START_TEST(columns_of_the_future)
{
        Slabinfo s = SLABINFO_INIT;

        /* With statistics of CONFIG_DEBUG_SLAB behind, and a part more before slabdata. */
        parse_slab(&s, HEAD "a 1 2 3 4 8 : tunables 0 0 0 : news 4 : slabdata 7 9 0 : globalstat 1 2\n");
        ck_assert_uint_eq(s.caches[0].slabs, 9);
        ck_assert_uint_eq(s.skipped, 1);
        slabinfo_done(&s);
}
END_TEST

START_TEST(too_many_caches)
{
        static const char row[] = "a 1 2 3 4 1 : slabdata 1 1 0\n";
        size_t head = strlen(HEAD), n = sizeof(row) - 1;
        _cleanup_free_ char *text = malloc(head + (SLAB_CACHES_MAX + 1) * n + 1);
        Slabinfo s = SLABINFO_INIT;
        ParseError e;

        ck_assert_ptr_nonnull(text);
        memcpy(text, HEAD, head);
        for (size_t i = 0; i <= SLAB_CACHES_MAX; i++)
                memcpy(text + head + i * n, row, n);
        text[head + (SLAB_CACHES_MAX + 1) * n] = 0;
        ck_assert_int_eq(slabinfo_parse(&s, text, head + SLAB_CACHES_MAX * n, &e), 0);
        ck_assert_int_eq(slabinfo_parse(&s, text, head + (SLAB_CACHES_MAX + 1) * n, &e), -EBADMSG);
        ck_assert_str_eq(e.expected, "at most 4096 caches");
        slabinfo_done(&s);
}
END_TEST

static const struct {
        const char *name;
        bool reclaimable;
} caches[] = {
        { "dentry", true }, { "ext4_inode_cache", true }, { "inode_cache", true }, { "xfs_inode", true }, { "buffer_head", true },
        { "kmalloc-rcl-64", true }, { "radix_tree_node", true }, { "kmalloc-64", false }, { "kmalloc-cg-64", false },
        { "task_struct", false }, { "dentry2", false }, { "skbuff_head_cache", false }, { "", false },
};

START_TEST(reclaimable_by_name)
{
        ck_assert_int_eq(slab_reclaimable(caches[_i].name), caches[_i].reclaimable);
}
END_TEST

static void parse_cmdline(Cmdline *c, const char *text)
{
        ck_assert_int_eq(cmdline_parse(c, text, strlen(text), NULL), 0);
}

START_TEST(boot_parameters)
{
        Cmdline c;

        parse_cmdline(&c, "root=/dev/vda movablecore=4G kernelcore=60% movable_node cma=64M hugetlb_cma=0:1G,1:1G "
                          "transparent_hugepage=madvise default_hugepagesz=1G quiet\n");
        ck_assert_str_eq(c.value[BOOT_MOVABLECORE], "4G");
        ck_assert_str_eq(c.value[BOOT_KERNELCORE], "60%");
        ck_assert(c.given[BOOT_MOVABLE_NODE]);
        ck_assert_str_eq(c.value[BOOT_MOVABLE_NODE], "");
        ck_assert_str_eq(c.value[BOOT_CMA], "64M");
        ck_assert_str_eq(c.value[BOOT_HUGETLB_CMA], "0:1G,1:1G");
        ck_assert_str_eq(c.value[BOOT_TRANSPARENT_HUGEPAGE], "madvise");
        ck_assert_uint_eq(c.default_hugepage_size, UINT64_C(1) << 30);
        ck_assert_uint_eq(c.skipped, 2);
}
END_TEST

START_TEST(pools_asked_for_at_boot)
{
        Cmdline c;

        parse_cmdline(&c, "hugepages=8 hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=0:512,1:256\n");
        ck_assert_uint_eq(c.n_pools, 3);
        ck_assert_uint_eq(c.pools[0].size, 0); /* of the default size */
        ck_assert_uint_eq(c.pools[0].count, 8);
        ck_assert_uint_eq(c.pools[1].size, UINT64_C(1) << 30);
        ck_assert_uint_eq(c.pools[1].count, 4);
        ck_assert_uint_eq(c.pools[2].size, UINT64_C(2) << 20);
        ck_assert_uint_eq(c.pools[2].count, 768);
}
END_TEST

START_TEST(odd_command_lines)
{
        Cmdline c;

        parse_cmdline(&c, "\n");
        ck_assert_uint_eq(c.skipped, 0);
        /* The last one counts, dashes are underscores, quotes hold blanks, and behind -- is init's. */
        parse_cmdline(&c, "movablecore=1G movablecore=2G movable-node foo=\"a kernelcore=1G\" hugepages=x hugepages=1:, -- cma=1M\n");
        ck_assert_str_eq(c.value[BOOT_MOVABLECORE], "2G");
        ck_assert(c.given[BOOT_MOVABLE_NODE]);
        ck_assert(!c.given[BOOT_KERNELCORE] && !c.given[BOOT_CMA]);
        ck_assert_uint_eq(c.n_pools, 0);
        parse_cmdline(&c, "kernelcorex=1 xkernelcore=2 cma=\"6\0334M\"\n");
        ck_assert(!c.given[BOOT_KERNELCORE]);
        ck_assert_str_eq(c.value[BOOT_CMA], "6?4M");
        ck_assert_int_eq(cmdline_parse(&c, "quiet", 5, NULL), -EBADMSG);
        ck_assert_int_eq(cmdline_parse(&c, "", 0, NULL), -EBADMSG);
        ck_assert_int_eq(cmdline_parse(&c, "a\nb\n", 4, NULL), -EBADMSG);
        ck_assert(!c.given[BOOT_CMA]);
}
END_TEST

START_TEST(many_pools)
{
        char text[4096] = "";
        Cmdline c;

        for (size_t i = 0; i < 2 * HUGE_SIZES_MAX; i++)
                strcat(text, "hugepages=1 ");
        strcat(text, "\n");
        parse_cmdline(&c, text);
        ck_assert_uint_eq(c.n_pools, HUGE_SIZES_MAX);
}
END_TEST

START_TEST(arc)
{
        _cleanup_free_ char *text = NULL;
        Arcstats a;
        size_t size;

        text = fixture_read("odd/nodes-8-sparse/proc/spl/kstat/zfs/arcstats", &size);
        ck_assert_int_eq(arcstats_parse(&a, text, size, NULL), 0);
        ck_assert_uint_eq(a.size, UINT64_C(3) << 30);
        ck_assert_uint_eq(a.c_max, UINT64_C(4) << 30);
        ck_assert_uint_eq(a.skipped, 3);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("census");

        tcase_add_test(t, a_recorded_machine);
        tcase_add_test(t, names_of_modules_are_made_harmless);
        tcase_add_test(t, columns_of_the_future);
        tcase_add_test(t, too_many_caches);
        tcase_add_loop_test(t, reclaimable_by_name, 0, ELEMENTSOF(caches));
        tcase_add_test(t, boot_parameters);
        tcase_add_test(t, pools_asked_for_at_boot);
        tcase_add_test(t, odd_command_lines);
        tcase_add_test(t, many_pools);
        tcase_add_test(t, arc);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/census", build)
