/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The joined sample of recorded machines, usual and odd. */
#include "test.h"

#include "model/allocatable.h"
#include "model/indices.h"
#include "sources.h"

#define PARSE_FILE(parser, struct_, root, file)                                                    \
        do {                                                                                       \
                _cleanup_free_ char *_text = NULL;                                                 \
                ParseError _e = { 0 };                                                             \
                char _path[256];                                                                   \
                size_t _size;                                                                      \
                snprintf(_path, sizeof(_path), "roots/%s/proc/%s", root, file);                    \
                _text = fixture_read(_path, &_size);                                               \
                ck_assert_msg(parser(struct_, _text, _size, &_e) == 0, "%s:%u: expected %s",       \
                        _path, _e.line, _e.expected);                                              \
        } while (0)

static void sources_of_root(Sources *p, const char *root)
{
        *p = (Sources){ 0 };
        PARSE_FILE(buddyinfo_parse, &p->buddyinfo, root, "buddyinfo");
        PARSE_FILE(zoneinfo_parse, &p->zoneinfo, root, "zoneinfo");
        PARSE_FILE(vmstat_parse, &p->vmstat, root, "vmstat");
        PARSE_FILE(meminfo_parse, &p->meminfo, root, "meminfo");
        PARSE_FILE(pagetypeinfo_parse, &p->pagetypeinfo, root, "pagetypeinfo");
        p->s = (ModelSources){
                .buddyinfo = &p->buddyinfo,
                .zoneinfo = &p->zoneinfo,
                .vmstat = &p->vmstat,
                .meminfo = &p->meminfo,
                .pagetypeinfo = &p->pagetypeinfo,
                .page_size = 4096,
                .thp_size = 2097152,
        };
}

/* Watermarks as the files have them; the score by the formula, worked out with other tools from the
 * same files. */
static const struct {
        const char *root;
        WmarkRule rule;
        uint32_t score;
        size_t zone;
        const char *name;
        uint64_t low, present, managed, protection_user, protection_kernel;
        uint32_t unmovable_permyriad;
} roots[] = {
        { "5.4-before", WMARK_RULE_CAPPED, 0, 0, "DMA", 228, 3998, 3977, 949, 949, 253 },
        { "5.4-before", WMARK_RULE_CAPPED, 0, 1, "DMA32", 13850, 258016, 243006, 0, 0, 253 },
        { "5.4-after", WMARK_RULE_CAPPED, 98, 0, "DMA", 6, 3998, 3977, 949, 949, 839 },
        { "5.4-after", WMARK_RULE_CAPPED, 98, 1, "DMA32", 464, 258016, 243006, 0, 0, 839 },
        { "5.10-before", WMARK_RULE_CAPPED, 0, 0, "DMA", 225, 3998, 3977, 963, 963, 410 },
        { "5.10-before", WMARK_RULE_CAPPED, 0, 1, "DMA32", 13853, 258016, 246579, 0, 0, 410 },
        { "5.10-after", WMARK_RULE_CAPPED, 98, 0, "DMA", 6, 3998, 3977, 963, 963, 449 },
        { "5.10-after", WMARK_RULE_CAPPED, 98, 1, "DMA32", 1536, 258016, 246579, 0, 0, 449 },
        { "6.1-before", WMARK_RULE_CAPPED, 0, 0, "DMA", 218, 3998, 3840, 957, 957, 898 },
        { "6.1-before", WMARK_RULE_CAPPED, 0, 1, "DMA32", 13860, 258016, 245002, 0, 0, 898 },
        { "6.1-after", WMARK_RULE_CAPPED, 98, 0, "DMA", 6, 3998, 3840, 957, 957, 820 },
        { "6.1-after", WMARK_RULE_CAPPED, 98, 1, "DMA32", 1532, 258016, 245002, 0, 0, 820 },
        { "6.8-before", WMARK_RULE_CAPPED, 0, 0, "DMA", 222, 3998, 3840, 945, 945, 332 },
        { "6.8-before", WMARK_RULE_CAPPED, 0, 1, "DMA32", 13856, 258016, 241957, 0, 0, 332 },
        { "6.8-after", WMARK_RULE_CAPPED, 98, 0, "DMA", 6, 3998, 3840, 945, 945, 976 },
        { "6.8-after", WMARK_RULE_CAPPED, 98, 1, "DMA32", 462, 258016, 241957, 0, 0, 976 },
        { "6.12-before", WMARK_RULE_CAPPED, 0, 0, "DMA", 220, 3998, 3840, 951, 951, 859 },
        { "6.12-before", WMARK_RULE_CAPPED, 0, 1, "DMA32", 13858, 258016, 243680, 0, 0, 859 },
        { "6.12-after", WMARK_RULE_CAPPED, 86, 0, "DMA", 6, 3998, 3840, 951, 951, 2617 },
        { "6.12-after", WMARK_RULE_CAPPED, 86, 1, "DMA32", 464, 258016, 243680, 0, 0, 2617 },
        { "6.18-vm", WMARK_RULE_UNCAPPED, 54, 0, "DMA", 31, 3998, 3840, 9803, 9803, 627 },
        { "6.18-vm", WMARK_RULE_UNCAPPED, 54, 2, "Normal", 14592, 5505024, 1736704, 0, 0, 627 },
        { "7.3-before", WMARK_RULE_UNCAPPED, 0, 0, "DMA", 221, 3998, 3840, 946, 946, 371 },
        { "7.3-before", WMARK_RULE_UNCAPPED, 0, 1, "DMA32", 13857, 258016, 242189, 0, 0, 371 },
        { "7.3-after", WMARK_RULE_UNCAPPED, 79, 0, "DMA", 6, 3998, 3840, 946, 946, 1250 },
        { "7.3-after", WMARK_RULE_UNCAPPED, 79, 1, "DMA32", 463, 258016, 242189, 0, 0, 1250 },
};

START_TEST(test_root)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT;
        const Zone *z;

        sources_of_root(&p, roots[_i].root);
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_uint_eq(m.n_nodes, 1);
        ck_assert_uint_eq(m.n_zones, p.buddyinfo.n_zones);
        ck_assert_uint_eq(m.n_orders, 11);
        ck_assert_uint_eq(m.thp_order, 9);
        ck_assert_uint_eq(m.huge_order, 9);
        ck_assert_uint_eq(m.pageblock_order, 9);
        ck_assert_int_eq(m.wmark_rule, roots[_i].rule);
        ck_assert(m.nodes[0].score_known);
        ck_assert_uint_eq(m.nodes[0].score, roots[_i].score);
        ck_assert_uint_eq(m.nodes[0].unmovable_permyriad, roots[_i].unmovable_permyriad);
        ck_assert_uint_eq(m.nodes[0].kcompactd_cpu_nsec, UNKNOWN_U64);

        z = &m.zones[roots[_i].zone];
        ck_assert_str_eq(z->name, roots[_i].name);
        ck_assert_uint_eq(z->low, roots[_i].low);
        ck_assert_uint_eq(z->present, roots[_i].present);
        ck_assert_uint_eq(z->managed, roots[_i].managed);
        ck_assert_uint_eq(z->protection_user, roots[_i].protection_user);
        ck_assert_uint_eq(z->protection_kernel, roots[_i].protection_kernel);
        ck_assert_uint_eq(z->free_pages, free_pages(z->free, m.n_orders));
        ck_assert_uint_eq(z->free_cma, 0);
}
END_TEST

/* Machines of odd shapes: what each must come out as. Numbers by hand from the files. */
static const struct {
        const char *root;
        uint32_t page_size;
        uint64_t thp_size;
        size_t n_nodes, n_zones;
        uint8_t n_orders, huge_order;
        uint32_t last_node;
        bool last_zone_movable;
        uint64_t kernel_blocks; /* of order 4 on the last node */
} odd[] = {
        { "arm64-64k", 65536, 536870912, 1, 2, 14, 13, 0, false, 3298 },
        { "device", 4096, 2097152, 1, 3, 11, 9, 0, false, 34570 },
        { "empty-zone-cma", 4096, 2097152, 1, 3, 11, 9, 0, true, 1066 },
        { "future", 4096, 2097152, 1, 2, 11, 9, 0, false, 6614 },
        { "highmem-32bit", 4096, 2097152, 1, 3, 11, 9, 0, true, 6428 },
        { "memoryless", 4096, 2097152, 1, 2, 11, 9, 0, false, 13700 },
        { "negative", 4096, 2097152, 1, 3, 11, 9, 0, true, 6890 },
        { "nodes-8-sparse", 4096, 2097152, 8, 10, 11, 9, 13, false, 83502 },
        { "one-zone", 4096, 2097152, 1, 1, 11, 9, 0, false, 3581 },
};

START_TEST(test_odd)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT;
        const Node *last;
        char root[64];

        snprintf(root, sizeof(root), "../odd/%s", odd[_i].root);
        sources_of_root(&p, root);
        p.s.page_size = odd[_i].page_size;
        p.s.thp_size = odd[_i].thp_size;
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_uint_eq(m.n_nodes, odd[_i].n_nodes);
        ck_assert_uint_eq(m.n_zones, odd[_i].n_zones);
        ck_assert_uint_eq(m.n_orders, odd[_i].n_orders);
        ck_assert_uint_eq(m.huge_order, odd[_i].huge_order);
        last = &m.nodes[m.n_nodes - 1];
        ck_assert_uint_eq(last->id, odd[_i].last_node);
        ck_assert_ptr_eq(model_node(&m, odd[_i].last_node), last);
        ck_assert_int_eq(m.zones[m.n_zones - 1].movable, odd[_i].last_zone_movable);
        ck_assert_uint_eq(node_allocatable(&m, last, 4, USE_KERNEL), odd[_i].kernel_blocks);
        for (size_t i = 0; i < m.n_nodes; i++) {
                ck_assert(m.nodes[i].score_known);
                ck_assert_uint_le(m.nodes[i].score, 99);
                ck_assert_uint_ge(m.nodes[i].present, m.nodes[i].managed);
                ck_assert_uint_le(m.nodes[i].unmovable_permyriad, 10000);
        }
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("machines");

        tcase_add_loop_test(t, test_root, 0, ELEMENTSOF(roots));
        tcase_add_loop_test(t, test_odd, 0, ELEMENTSOF(odd));
        suite_add_tcase(s, t);
}

TEST_MAIN("model-machines", build)
