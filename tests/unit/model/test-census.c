/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-census.c - how often may be read what holds others up; what grows; who owns memory; shares by migrate type. */
#include "../test.h"

#include "model/gate.h"
#include "model/growth.h"
#include "model/mobility.h"
#include "model/owners.h"

/* --- gate --- */

START_TEST(reads_take_a_thousandth_of_the_time)
{
        usec_t now = USEC_PER_MIN, reading = 0;
        Gate g = { 0 };

        ck_assert_int_eq(gate_ask(&g, 0, now), GATE_OPEN);
        /* Asked all the time for an hour, each read of another duration. */
        for (usec_t end = now + 60 * USEC_PER_MIN; now < end; now += 100 * USEC_PER_MSEC) {
                if (gate_ask(&g, 0, now) != GATE_OPEN)
                        continue;
                gate_passed(&g, now, 11 * USEC_PER_MSEC + reading % 7 * USEC_PER_MSEC);
                reading += g.took;
        }
        ck_assert_uint_le(reading, 60 * USEC_PER_MIN / GATE_FACTOR + 20 * USEC_PER_MSEC);
        ck_assert_uint_ge(reading, 60 * USEC_PER_MIN / GATE_FACTOR * 9 / 10);
}
END_TEST

START_TEST(a_large_zone_is_not_read)
{
        Gate g = { 0 };

        ck_assert_int_eq(gate_ask(&g, GATE_ZONE_MAX, 0), GATE_OPEN);
        ck_assert_int_eq(gate_ask(&g, GATE_ZONE_MAX + 1, 0), GATE_LARGE);
        gate_passed(&g, 5, UINT64_MAX / 2);
        ck_assert_int_eq(gate_ask(&g, GATE_ZONE_MAX + 1, 6), GATE_LARGE);
        ck_assert_int_eq(gate_ask(&g, 0, UINT64_MAX - 1), GATE_WAIT);
        ck_assert_uint_eq(gate_next(&g), USEC_INFINITY);
}
END_TEST

/* --- growth --- */

START_TEST(growth_of_nothing)
{
        Growth g = { 0 };
        GrowthSpan s = { .from = 7 };

        ck_assert(!growth_span(&g, &s));
        growth_add(&g, 100, 1200);
        ck_assert(!growth_span(&g, &s));
        ck_assert_uint_eq(s.from, 7);
}
END_TEST

START_TEST(the_newest_is_the_newest)
{
        Growth g = { 0 };
        GrowthSpan s;

        growth_add(&g, 0, 1200);
        for (usec_t t = 1; t <= 100; t++)
                growth_add(&g, t * USEC_PER_SEC, (uint32_t)(1200 + t));
        ck_assert(growth_span(&g, &s));
        ck_assert_uint_eq(s.from, 1200);
        ck_assert_uint_eq(s.to, 1300);
        ck_assert_uint_eq(s.over, 100 * USEC_PER_SEC);
        ck_assert_uint_eq(g.n, 2);
}
END_TEST

/* "from 12 % to 31 % in 9 days", read every quarter of an hour: the first is never lost, and gaps stay even. */
START_TEST(nine_days)
{
        usec_t day = 24 * 60 * USEC_PER_MIN, step = 15 * USEC_PER_MIN;
        Growth g = { 0 };
        GrowthSpan s;

        for (usec_t t = 0; t <= 9 * day; t += step)
                growth_add(&g, t, (uint32_t)(1200 + 1900 * t / (9 * day)));
        ck_assert(growth_span(&g, &s));
        ck_assert_uint_eq(s.from, 1200);
        ck_assert_uint_eq(s.to, 3100);
        ck_assert_uint_eq(s.over, 9 * day);
        ck_assert_uint_le(g.n, GROWTH_POINTS);
        ck_assert_uint_ge(g.n, GROWTH_POINTS / 4);
        for (size_t i = 1; i + 1 < g.n; i++) {
                ck_assert_uint_ge(g.points[i].at - g.points[i - 1].at, g.gap / 2);
                ck_assert_uint_le(g.points[i].at - g.points[i - 1].at, 2 * g.gap);
        }
}
END_TEST

START_TEST(a_clock_set_back)
{
        Growth g = { 0 };
        GrowthSpan s;

        growth_add(&g, 100 * USEC_PER_MIN, 1);
        growth_add(&g, 50 * USEC_PER_MIN, 2);
        growth_add(&g, 60 * USEC_PER_MIN, 3);
        ck_assert(growth_span(&g, &s));
        ck_assert_uint_eq(s.over, 0);
        ck_assert_uint_eq(s.to, 3);
}
END_TEST

/* --- mobility --- */

static void read_pagetypeinfo(Pagetypeinfo *p, const char *path)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        text = fixture_read(path, &size);
        ck_assert_int_eq(pagetypeinfo_parse(p, text, size, NULL), 0);
}

START_TEST(shares_of_a_polluted_machine)
{
        Pagetypeinfo p = PAGETYPEINFO_INIT;
        uint64_t blocks = 0;
        Mobility m;

        read_pagetypeinfo(&p, "pollution-6.1/pagetypeinfo");
        for (size_t i = 0; i < p.n_zones; i++) {
                uint64_t sum = 0;

                mobility_of_zone(&p, &p.zones[i], 4096, &m);
                for (size_t t = 0; t < _MIGRATE_TYPE_MAX; t++)
                        sum += m.types[t].blocks;
                ck_assert_uint_eq(sum, m.blocks);
                ck_assert_uint_eq(m.types[MIGRATE_UNMOVABLE].mixed_blocks, UNKNOWN_U64);
                blocks += m.blocks;
        }
        ck_assert_uint_eq(blocks, 350); /* 8 + 342, as in the file */
        ck_assert_uint_eq(mobility_of_node(&p, 0), 5971); /* (1 + 202 + 6) of 350 */
        ck_assert_uint_eq(mobility_of_node(&p, 1), UINT32_MAX);
        pagetypeinfo_done(&p);
}
END_TEST

START_TEST(arithmetic_of_mobility)
{
        PagetypeZone z = { .name = "Normal", .have_blocks = true, .have_mixed = true };
        Pagetypeinfo p = { .zones = &z, .n_zones = 1, .n_orders = 14, .pageblock_order = 13 };
        Mobility m;

        z.blocks[MIGRATE_UNMOVABLE] = 2;
        z.blocks[MIGRATE_RECLAIMABLE] = 1;
        z.blocks[MIGRATE_MOVABLE] = 5;
        z.mixed_blocks[MIGRATE_MOVABLE] = 3;
        z.free[MIGRATE_MOVABLE][0] = 3;
        z.free[MIGRATE_MOVABLE][13] = 1;
        mobility_of_zone(&p, &z, 65536, &m);
        ck_assert_uint_eq(m.blocks, 8);
        ck_assert_uint_eq(m.unmovable_permyriad, 3750);
        ck_assert_uint_eq(m.types[MIGRATE_MOVABLE].free_bytes, UINT64_C(65536) * (8192 + 3));
        ck_assert_uint_eq(m.types[MIGRATE_MOVABLE].mixed_blocks, 3);
        z.have_blocks = false;
        mobility_of_zone(&p, &z, 65536, &m);
        ck_assert_uint_eq(m.unmovable_permyriad, UINT32_MAX);
        /* Numbers that no machine has do not wrap. */
        z.free[MIGRATE_MOVABLE][13] = UINT64_MAX / 2;
        mobility_of_zone(&p, &z, 65536, &m);
        ck_assert_uint_eq(m.types[MIGRATE_MOVABLE].free_bytes, INT64_MAX);
}
END_TEST

/* --- owners --- */

static Model machine(void)
{
        Model m = { .have = 1u << SOURCE_MEMINFO | 1u << SOURCE_VMSTAT, .page_size = 4096 };

        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                *vmstat_counter(&m.vmstat, i) = UNKNOWN_U64;
        memset(&m.meminfo, 0xff, sizeof(m.meminfo)); /* all UNKNOWN_U64 */
        m.meminfo.total = UINT64_C(1) << 30;
        m.meminfo.free = UINT64_C(1) << 20;
        return m;
}

static const Owner *owner(const Owners *o, OwnerKind kind)
{
        for (size_t i = 0; i < o->n; i++)
                if (o->items[i].kind == kind)
                        return &o->items[i];
        return NULL;
}

START_TEST(slab_caches_by_size)
{
        SlabCache caches[OWNER_SLABS_MAX + 5];
        Slabinfo s = { .caches = caches, .n_caches = ELEMENTSOF(caches) };
        Model m = machine();
        Owners o;

        for (size_t i = 0; i < ELEMENTSOF(caches); i++) {
                caches[i] = (SlabCache){ .active_objects = 1, .objects = 4, .object_size = 64, .pages_per_slab = 8,
                        .slabs = (i * 7) % ELEMENTSOF(caches) + 1 };
                snprintf(caches[i].name, sizeof(caches[i].name), "c%zu", (i * 7) % ELEMENTSOF(caches));
        }
        owners_find(&o, &m, &s, NULL);
        ck_assert_uint_eq(o.n, OWNER_SLABS_MAX + 1);
        for (size_t i = 1; i < o.n; i++)
                ck_assert_uint_ge(o.items[i - 1].bytes, o.items[i].bytes);
        ck_assert_uint_eq(owner(&o, OWNER_SLAB)->bytes, UINT64_C(17) * 8 * 4096);
        ck_assert_str_eq(owner(&o, OWNER_SLAB)->name, "c16");
        ck_assert_uint_eq(owner(&o, OWNER_SLAB)->order, 3);
        ck_assert_uint_eq(owner(&o, OWNER_SLAB)->used_permyriad, 2500);
        ck_assert_uint_eq(owner(&o, OWNER_SLAB_OTHER)->bytes, UINT64_C(15) * 8 * 4096);
}
END_TEST

START_TEST(without_slabinfo)
{
        Model m = machine();
        Owners o;

        m.meminfo.slab_unreclaimable = 5 << 20;
        owners_find(&o, &m, NULL, NULL);
        ck_assert_uint_eq(o.n, 1);
        ck_assert_str_eq(o.items[0].name, "slab caches");
        ck_assert_uint_eq(o.items[0].bytes, 5 << 20);
        m.have = 0;
        owners_find(&o, &m, NULL, NULL);
        ck_assert_uint_eq(o.n, 0);
}
END_TEST

START_TEST(each_kind)
{
        Arcstats arc = { .size = 700 << 20, .c_max = UNKNOWN_U64 };
        Model m = machine();
        Owners o;

        m.meminfo.page_tables = 3 << 20;
        m.meminfo.sec_page_tables = 1 << 20;
        m.meminfo.kernel_stack = 2 << 20;
        m.meminfo.vmalloc_used = 20 << 20;
        m.meminfo.percpu = 6 << 20;
        m.meminfo.hugetlb = 8 << 20;
        m.meminfo.mlocked = 16 << 20;
        m.meminfo.unevictable = 17 << 20;
        m.meminfo.cma_total = 64 << 20;
        m.meminfo.cma_free = 60 << 20;
        m.meminfo.active = 50 << 20;
        m.meminfo.inactive = 50 << 20;
        m.meminfo.slab = 40 << 20;
        m.vmstat.nr_foll_pin_acquired = 1000;
        m.vmstat.nr_foll_pin_released = 900;
        m.vmstat.balloon_inflate = 512;
        m.vmstat.balloon_deflate = 256;
        owners_find(&o, &m, NULL, &arc);
        ck_assert_uint_eq(owner(&o, OWNER_PAGE_TABLES)->bytes, 4 << 20);
        ck_assert_uint_eq(owner(&o, OWNER_KERNEL_STACKS)->bytes, 2 << 20);
        ck_assert_uint_eq(owner(&o, OWNER_VMALLOC)->bytes, 20 << 20);
        ck_assert_uint_eq(owner(&o, OWNER_PERCPU)->bytes, 6 << 20);
        ck_assert_uint_eq(owner(&o, OWNER_HUGETLB)->bytes, 8 << 20);
        ck_assert_uint_eq(owner(&o, OWNER_MLOCKED)->bytes, 16 << 20);
        ck_assert_uint_eq(owner(&o, OWNER_UNEVICTABLE)->bytes, 1 << 20);
        ck_assert_uint_eq(owner(&o, OWNER_CMA)->bytes, 4 << 20);
        ck_assert_uint_eq(owner(&o, OWNER_PINNED)->bytes, 100 * 4096);
        ck_assert_uint_eq(owner(&o, OWNER_BALLOON)->bytes, 256 * 4096);
        ck_assert_uint_eq(owner(&o, OWNER_ZFS_ARC)->bytes, 700 << 20);
        /* 1024 - 1 free - 117 on LRU lists - 40 slab - 4 - 6 - 8 - 20 (stacks within) - 700 */
        ck_assert_uint_eq(owner(&o, OWNER_REST)->bytes, 128 << 20);
        ck_assert_int_eq(o.items[0].kind, OWNER_ZFS_ARC);
        /* Counters that contradict each other. */
        m.meminfo.cma_free = 65 << 20;
        m.vmstat.nr_foll_pin_released = 1001;
        m.meminfo.slab = UINT64_C(2) << 30;
        owners_find(&o, &m, NULL, NULL);
        ck_assert_ptr_null(owner(&o, OWNER_CMA));
        ck_assert_ptr_null(owner(&o, OWNER_PINNED));
        ck_assert_ptr_null(owner(&o, OWNER_REST));
}
END_TEST

START_TEST(every_kind_has_words)
{
        for (OwnerKind k = 0; k < _OWNER_KIND_MAX; k++) {
                ck_assert_str_ne(owner_kind_name(k), "");
                ck_assert_str_ne(owner_kind_note(k), "");
        }
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("census");

        tcase_add_test(t, reads_take_a_thousandth_of_the_time);
        tcase_add_test(t, a_large_zone_is_not_read);
        tcase_add_test(t, growth_of_nothing);
        tcase_add_test(t, the_newest_is_the_newest);
        tcase_add_test(t, nine_days);
        tcase_add_test(t, a_clock_set_back);
        tcase_add_test(t, shares_of_a_polluted_machine);
        tcase_add_test(t, arithmetic_of_mobility);
        tcase_add_test(t, slab_caches_by_size);
        tcase_add_test(t, without_slabinfo);
        tcase_add_test(t, each_kind);
        tcase_add_test(t, every_kind_has_words);
        suite_add_tcase(s, t);
}

TEST_MAIN("model/census", build)
