/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The joined sample: shapes by hand that no recorded machine has; those are in
 * test-model-machines.c. */
#include "test.h"

#include "model/allocatable.h"
#include "model/indices.h"
#include "sources.h"

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
        ck_assert_int_eq(
                source_loss(s) == NULL, s == SOURCE_EXTFRAG_INDEX || s == SOURCE_UNUSABLE_INDEX);
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
