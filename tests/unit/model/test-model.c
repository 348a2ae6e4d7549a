/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The joined sample: recorded machines, and shapes by hand that no recorded machine has. */
#include "test.h"

#include "model/allocatable.h"
#include "model/indices.h"
#include "model/model.h"

/* The parsed files of one machine, and what points to them. */
typedef struct Sources {
        Buddyinfo buddyinfo;
        Zoneinfo zoneinfo;
        Vmstat vmstat;
        Meminfo meminfo;
        Pagetypeinfo pagetypeinfo;
        ModelSources s;
} Sources;

static void sources_done(Sources *p)
{
        buddyinfo_done(&p->buddyinfo);
        zoneinfo_done(&p->zoneinfo);
        pagetypeinfo_done(&p->pagetypeinfo);
}

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

/* --- by hand --- */

static void add_buddy(Buddyinfo *b, uint32_t node, const char *name, uint64_t blocks_of_order_9)
{
        b->zones = realloc(b->zones, (b->n_zones + 1) * sizeof(BuddyZone));
        ck_assert_ptr_nonnull(b->zones);
        b->zones[b->n_zones] = (BuddyZone){ .node = node,
                .free = { [0] = 512, [9] = blocks_of_order_9 } };
        strcpy(b->zones[b->n_zones].name, name);
        b->n_allocated = ++b->n_zones;
        b->n_orders = 11;
}

static void add_zoneinfo(
        Zoneinfo *zi, uint32_t node, uint32_t index, const char *name, uint64_t present)
{
        ZoneinfoZone *z;

        zi->zones = realloc(zi->zones, (zi->n_zones + 1) * sizeof(ZoneinfoZone));
        ck_assert_ptr_nonnull(zi->zones);
        z = &zi->zones[zi->n_zones];
        *z = (ZoneinfoZone){
                .node = node,
                .index = index,
                .low = 100 + index,
                .present = present,
                .managed = present - present / 10,
                .boost = UNKNOWN_U64,
                .cma = UNKNOWN_U64,
                .free_cma = present > 0 ? 0 : UNKNOWN_U64,
                .free_highatomic = UNKNOWN_U64,
                .n_protection = 5,
                .protection = { 1000, 1001, 1002, 1003, 1004 },
        };
        strcpy(z->name, name);
        zi->n_allocated = ++zi->n_zones;
}

/* DMA DMA32 Normal Movable Device, of which `present` pages each. */
static void add_zoneinfo_node(Zoneinfo *zi, uint32_t node, const uint64_t present[static 5])
{
        static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable", "Device" };

        for (uint32_t i = 0; i < 5; i++)
                add_zoneinfo(zi, node, i, names[i], present[i]);
}

/* Nodes 0, 2 and 5; 0 with three zones, 2 with Normal and Movable, 5 with Movable only. Node 1 has
 * CPUs only: it is in zoneinfo alone. */
static void sources_of_many(Sources *p)
{
        static const uint64_t present[6][5] = { { 4000, 100000, 1000000, 0, 0 }, { 0 },
                { 0, 0, 500000, 500000, 0 }, { 0 }, { 0 }, { 0, 0, 0, 800000, 0 } };

        *p = (Sources){ 0 };
        add_buddy(&p->buddyinfo, 0, "DMA", 1);
        add_buddy(&p->buddyinfo, 0, "DMA32", 2);
        add_buddy(&p->buddyinfo, 0, "Normal", 3);
        add_buddy(&p->buddyinfo, 2, "Normal", 4);
        add_buddy(&p->buddyinfo, 2, "Movable", 5);
        add_buddy(&p->buddyinfo, 5, "Movable", 0);
        for (uint32_t n = 0; n < 6; n++)
                if (n < 3 || n == 5)
                        add_zoneinfo_node(&p->zoneinfo, n, present[n]);
        p->s = (ModelSources){
                .buddyinfo = &p->buddyinfo, .zoneinfo = &p->zoneinfo, .page_size = 4096
        };
}

START_TEST(test_many_nodes)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT;
        const Node *n;

        sources_of_many(&p);
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_uint_eq(m.n_nodes, 3);
        ck_assert_ptr_null(model_node(&m, 1));
        ck_assert_ptr_null(model_node(&m, 6));

        n = model_node(&m, 0);
        ck_assert_uint_eq(n->first_zone, 0);
        ck_assert_uint_eq(n->n_zones, 3);
        ck_assert_uint_eq(n->present, 1104000);
        ck_assert_uint_eq(n->managed, 1104000 - 110400);
        ck_assert_uint_eq(n->free_pages, 3 * 512 + 6 * 512);
        /* 4000*50/1104001 + 100000*33/1104001 + 1000000*25/1104001, each rounded down */
        ck_assert_uint_eq(n->score, 0 + 2 + 22);

        n = model_node(&m, 2);
        ck_assert_uint_eq(n->first_zone, 3);
        ck_assert_uint_eq(n->n_zones, 2);
        ck_assert(!m.zones[3].movable);
        ck_assert(m.zones[4].movable);
        /* 500000*20/1000001 + 500000*16/1000001 */
        ck_assert_uint_eq(n->score, 9 + 7);

        n = model_node(&m, 5);
        ck_assert_uint_eq(n->score, 99);
}
END_TEST

/* Index of Movable (3) against user memory and of Normal (2) against kernel memory; none against
 * oneself or lower. */
START_TEST(test_protection)
{
        static const struct {
                uint64_t user, kernel;
        } expected[] = { { 1003, 1002 }, { 1003, 1002 }, { 1003, 0 }, { 1003, 0 }, { 0, 0 },
                { 0, 0 } };
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT;

        sources_of_many(&p);
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_uint_eq(m.zones[_i].protection_user, expected[_i].user);
        ck_assert_uint_eq(m.zones[_i].protection_kernel, expected[_i].kernel);
}
END_TEST

START_TEST(test_protection_without_movable_or_normal)
{
        _cleanup_(sources_done) Sources p = { 0 };
        _cleanup_(model_done) Model m = MODEL_INIT;

        add_buddy(&p.buddyinfo, 0, "DMA", 1);
        add_buddy(&p.buddyinfo, 0, "DMA32", 1);
        add_zoneinfo(&p.zoneinfo, 0, 0, "DMA", 4000);
        add_zoneinfo(&p.zoneinfo, 0, 1, "DMA32", 100000);
        add_zoneinfo(&p.zoneinfo, 0, 2, "Device", 0);
        p.s = (ModelSources){
                .buddyinfo = &p.buddyinfo, .zoneinfo = &p.zoneinfo, .page_size = 4096
        };
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_uint_eq(m.zones[0].protection_user, 1001);
        ck_assert_uint_eq(m.zones[0].protection_kernel, 1001);
        ck_assert_uint_eq(m.zones[1].protection_user, 0);
        ck_assert_uint_eq(m.zones[1].protection_kernel, 0);
}
END_TEST

/* Zoneinfo's nodes in any order give the same model. */
START_TEST(test_zoneinfo_order_does_not_matter)
{
        _cleanup_(sources_done) Sources p, q;
        _cleanup_(model_done) Model a = MODEL_INIT, b = MODEL_INIT;

        sources_of_many(&p);
        sources_of_many(&q);
        for (size_t node = 0; node < 4; node++)
                memcpy(&q.zoneinfo.zones[5 * node], &p.zoneinfo.zones[5 * (3 - node)],
                        5 * sizeof(ZoneinfoZone));
        ck_assert_int_eq(model_update(&a, &p.s), 0);
        ck_assert_int_eq(model_update(&b, &q.s), 0);
        ck_assert_uint_eq(a.n_zones, b.n_zones);
        ck_assert_uint_eq(a.n_nodes, b.n_nodes);
        ck_assert_mem_eq(a.zones, b.zones, a.n_zones * sizeof(Zone));
        ck_assert_mem_eq(a.nodes, b.nodes, a.n_nodes * sizeof(Node));
}
END_TEST

/* A zone that came between the reads of the two files: its watermarks are unknown, and so is its
 * node's score. */
START_TEST(test_zone_missing_in_zoneinfo)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT;

        sources_of_many(&p);
        strcpy(p.zoneinfo.zones[13].name, "Strange");
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_uint_eq(m.zones[4].low, UNKNOWN_U64);
        ck_assert_uint_eq(m.zones[3].low, 102);
        ck_assert(!model_node(&m, 2)->score_known);
        ck_assert(model_node(&m, 0)->score_known);
        ck_assert(model_node(&m, 5)->score_known);
}
END_TEST

START_TEST(test_node_missing_in_zoneinfo)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT;

        sources_of_many(&p);
        p.zoneinfo.n_zones -= 5;
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_uint_eq(model_node(&m, 5)->present, UNKNOWN_U64);
        ck_assert(!model_node(&m, 5)->score_known);
        ck_assert_uint_eq(m.zones[5].free_pages, 512);
        ck_assert(model_node(&m, 2)->score_known);
}
END_TEST

/* Each source missing by itself costs only what depends on it. */
START_TEST(test_without_zoneinfo)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT;

        sources_of_many(&p);
        p.s.zoneinfo = NULL;
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert(model_has(&m, SOURCE_BUDDYINFO));
        ck_assert(!model_has(&m, SOURCE_ZONEINFO));
        ck_assert_uint_eq(m.n_nodes, 3);
        ck_assert_uint_eq(m.zones[2].low, UNKNOWN_U64);
        ck_assert_uint_eq(m.nodes[0].managed, UNKNOWN_U64);
        ck_assert(!m.nodes[0].score_known);
        ck_assert_uint_eq(m.zones[2].score, 25);
}
END_TEST

START_TEST(test_without_anything)
{
        _cleanup_(model_done) Model m = MODEL_INIT;
        _cleanup_(sources_done) Sources p;
        ModelSources none = { .page_size = 65536 };

        sources_of_many(&p);
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_int_eq(model_update(&m, &none), 0);
        ck_assert_uint_eq(m.have, 0);
        ck_assert_uint_eq(m.n_nodes, 0);
        ck_assert_uint_eq(m.n_zones, 0);
        ck_assert_uint_eq(m.page_size, 65536);
        ck_assert_uint_eq(m.thp_order, UINT8_MAX);
        ck_assert_uint_eq(m.vmstat.pgmigrate_success, UNKNOWN_U64);
        ck_assert_uint_eq(m.meminfo.total, UNKNOWN_U64);
        ck_assert_uint_eq(m.meminfo.skipped, 0);
        ck_assert_int_eq(m.knobs[KNOB_COMPACTION_PROACTIVENESS], KNOB_VALUE_NONE);
        ck_assert_ptr_null(model_node(&m, 0));
}
END_TEST

START_TEST(test_have_bits)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT;
        int64_t knobs[_KNOB_MAX];
        Psi psi = { .some.total = 7 };

        sources_of_many(&p);
        for (size_t i = 0; i < _KNOB_MAX; i++)
                knobs[i] = KNOB_VALUE_NONE;
        p.s.knobs = knobs;
        p.s.psi_cpu = &psi;
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert(!model_has(&m, SOURCE_KNOBS));
        ck_assert(!model_has(&m, SOURCE_THP));
        ck_assert(!model_has(&m, SOURCE_PSI_MEMORY));
        ck_assert(model_has(&m, SOURCE_PSI_CPU));
        ck_assert_uint_eq(m.psi_cpu.some.total, 7);

        knobs[KNOB_WATERMARK_BOOST_FACTOR] = 0;
        p.s.thp_size = 2097152;
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert(model_has(&m, SOURCE_KNOBS));
        ck_assert(model_has(&m, SOURCE_THP));
        ck_assert_int_eq(m.knobs[KNOB_WATERMARK_BOOST_FACTOR], 0);
}
END_TEST

/* thp order if there is THP, else the pageblocks' if known, else 9, never beyond the largest block.
 */
static const struct {
        uint32_t page_size;
        uint64_t thp_size;
        unsigned pageblock_order, n_orders; /* pageblock_order 0: no pagetypeinfo */
        uint8_t thp, huge, pageblock;
} orders[] = {
        { 4096, 2097152, 0, 11, 9, 9, 9 },
        { 4096, 2097152, 10, 11, 9, 9, 10 },
        { 4096, 0, 10, 11, UINT8_MAX, 10, 10 },
        { 4096, 0, 0, 11, UINT8_MAX, 9, 9 },
        { 4096, 0, 0, 8, UINT8_MAX, 7, 7 },
        { 4096, 0, 12, 8, UINT8_MAX, 7, 12 },
        { 65536, 536870912, 0, 14, 13, 13, 13 },
        { 16384, 33554432, 11, 12, 11, 11, 11 },
        { 4096, 2097152, 0, 14, 9, 9, 9 },
};

START_TEST(test_orders)
{
        _cleanup_(sources_done) Sources p = { 0 };
        _cleanup_(model_done) Model m = MODEL_INIT;
        PagetypeZone zone = { .node = 0, .name = "Normal" };
        Pagetypeinfo pt = {
                .zones = &zone, .n_zones = 1, .pageblock_order = orders[_i].pageblock_order
        };

        add_buddy(&p.buddyinfo, 0, "Normal", 0);
        p.buddyinfo.n_orders = orders[_i].n_orders;
        p.s = (ModelSources){ .buddyinfo = &p.buddyinfo,
                .pagetypeinfo = orders[_i].pageblock_order > 0 ? &pt : NULL,
                .page_size = orders[_i].page_size,
                .thp_size = orders[_i].thp_size };
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_uint_eq(m.thp_order, orders[_i].thp);
        ck_assert_uint_eq(m.huge_order, orders[_i].huge);
        ck_assert_uint_eq(m.pageblock_order, orders[_i].pageblock);
        ck_assert_uint_eq(m.zones[0].score, 100);
}
END_TEST

START_TEST(test_pagetypes)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT;
        PagetypeZone zones[] = {
                { .node = 2,
                        .name = "Movable",
                        .have_blocks = true,
                        .blocks = { [MIGRATE_MOVABLE] = 60 } },
                { .node = 2,
                        .name = "Normal",
                        .have_blocks = true,
                        .blocks = { [MIGRATE_UNMOVABLE] = 20,
                                [MIGRATE_MOVABLE] = 9,
                                [MIGRATE_RECLAIMABLE] = 5,
                                [MIGRATE_HIGHATOMIC] = 1,
                                [MIGRATE_CMA] = 4,
                                [MIGRATE_OTHER] = 1 } },
                { .node = 0, .name = "Normal", .have_blocks = false },
        };
        Pagetypeinfo pt = {
                .zones = zones, .n_zones = 3, .pageblock_order = 9, .pages_per_block = 512
        };

        sources_of_many(&p);
        p.s.pagetypeinfo = &pt;
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert(m.zones[3].pagetype_known && m.zones[4].pagetype_known);
        ck_assert(!m.zones[2].pagetype_known && !m.zones[5].pagetype_known);
        ck_assert_uint_eq(m.nodes[1].unmovable_permyriad, 2600);
        ck_assert_uint_eq(m.nodes[0].unmovable_permyriad, UINT32_MAX);
        /* HighAtomic blocks count as out of reach where zoneinfo does not print how much of them is
         * free. */
        ck_assert_uint_eq(m.zones[3].free_highatomic, 512);
        ck_assert_uint_eq(m.zones[2].free_highatomic, UNKNOWN_U64);

        p.zoneinfo.zones[12].free_highatomic = 7;
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_uint_eq(m.zones[3].free_highatomic, 7);
}
END_TEST

START_TEST(test_steady_state_does_not_allocate)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT, copy = MODEL_INIT;
        Node *nodes, *copy_nodes;
        Zone *zones, *copy_zones;

        sources_of_many(&p);
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        ck_assert_int_eq(model_copy(&copy, &m), 0);
        nodes = m.nodes, zones = m.zones;
        copy_nodes = copy.nodes, copy_zones = copy.zones;
        for (unsigned i = 0; i < 100; i++) {
                p.buddyinfo.n_zones = 3 + i % 4;
                ck_assert_int_eq(model_update(&m, &p.s), 0);
                ck_assert_int_eq(model_copy(&copy, &m), 0);
                ck_assert_ptr_eq(m.nodes, nodes);
                ck_assert_ptr_eq(m.zones, zones);
                ck_assert_ptr_eq(copy.nodes, copy_nodes);
                ck_assert_ptr_eq(copy.zones, copy_zones);
                ck_assert_uint_eq(copy.n_zones, p.buddyinfo.n_zones);
        }
}
END_TEST

START_TEST(test_copy_is_deep)
{
        _cleanup_(sources_done) Sources p;
        _cleanup_(model_done) Model m = MODEL_INIT, copy = MODEL_INIT;

        sources_of_many(&p);
        ck_assert_int_eq(model_update(&m, &p.s), 0);
        model_node(&m, 5)->kcompactd_state = 'D';
        ck_assert_int_eq(model_copy(&copy, &m), 0);
        model_done(&m);
        ck_assert_uint_eq(copy.n_nodes, 3);
        ck_assert_int_eq(model_node_const(&copy, 5)->kcompactd_state, 'D');
        ck_assert_str_eq(copy.zones[4].name, "Movable");
        ck_assert_int_eq(model_copy(&copy, &m), 0);
        ck_assert_uint_eq(copy.n_nodes, 0);
}
END_TEST

START_TEST(test_source_table)
{
        Source s = (Source)_i;

        ck_assert_uint_gt(strlen(source_name(s)), 2);
        ck_assert_int_eq(source_loss(s) == NULL, s == SOURCE_EXTFRAG_INDEX || s == SOURCE_UNUSABLE_INDEX);
        ck_assert(!source_loss(s) || strlen(source_loss(s)) > 10);
        ck_assert(strncmp(source_path(s), "proc/", 5) == 0 ||
                  strncmp(source_path(s), "sys/", 4) == 0);
        for (Source o = 0; o < s; o++)
                ck_assert_str_ne(source_name(o), source_name(s));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("model");

        tcase_add_loop_test(t, test_root, 0, ELEMENTSOF(roots));
        tcase_add_loop_test(t, test_odd, 0, ELEMENTSOF(odd));
        tcase_add_test(t, test_many_nodes);
        tcase_add_loop_test(t, test_protection, 0, 6);
        tcase_add_test(t, test_protection_without_movable_or_normal);
        tcase_add_test(t, test_zoneinfo_order_does_not_matter);
        tcase_add_test(t, test_zone_missing_in_zoneinfo);
        tcase_add_test(t, test_node_missing_in_zoneinfo);
        tcase_add_test(t, test_without_zoneinfo);
        tcase_add_test(t, test_without_anything);
        tcase_add_test(t, test_have_bits);
        tcase_add_loop_test(t, test_orders, 0, ELEMENTSOF(orders));
        tcase_add_test(t, test_pagetypes);
        tcase_add_test(t, test_steady_state_does_not_allocate);
        tcase_add_test(t, test_copy_is_deep);
        tcase_add_loop_test(t, test_source_table, 0, _SOURCE_MAX);
        suite_add_tcase(s, t);
}

TEST_MAIN("model", build)
