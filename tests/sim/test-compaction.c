/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compaction: it moves pages together and tells their holders, stops when enough is there, leaves
 * alone what does not move, and the kernel's rules of deferral. */
#include "compaction.h"
#include "test.h"

#define PAGES  8192
#define BLOCKS (PAGES >> 9)

static Buddy b;
static Holders all;
static CompactMemory memory;
static Holder *pages, *pinned;
static const Pace pace = { .scan_migrate = 10, .scan_free = 10, .move = 1000 };

/* Every page used, then a share given back at random: free memory in pieces. */
static void scatter(double share, Holder *h)
{
        Rng r = { 7 };

        while (h->n < PAGES && b.free_pages) {
                uint32_t place = holder_place(h, h->n_max, 0);

                h->pfn[place] = buddy_alloc(&b, 0, MOBILITY_MOVABLE, h->id, place);
                holder_append(&all, h);
        }
        for (uint32_t n = (uint32_t)(share * PAGES); n > 0; n--)
                holder_drop(&all, h, rng_below(&r, h->n));
}

static void setup(void)
{
        ck_assert_int_eq(buddy_init(&b, PAGES, 11, 9, 64), 0);
        all = (Holders){ .buddy = &b };
        memory = (CompactMemory){ .order_failed = ORDERS_MAX };
        ck_assert_int_eq(holders_add(&all, 1, 0, MOBILITY_MOVABLE, false, PAGES, &pages), 0);
        ck_assert_int_eq(holders_add(&all, 1, 0, MOBILITY_MOVABLE, true, PAGES, &pinned), 0);
}

static void teardown(void)
{
        holders_done(&all);
        buddy_done(&b);
}

static uint32_t huge_blocks(void)
{
        return buddy_blocks(&b, 9) + 2 * buddy_blocks(&b, 10);
}

static CompactStatus run(
        CompactMode mode, int order, uint32_t stop_score, uint64_t nsec, Compaction *c)
{
        compaction_begin(c, &all, &memory, mode, order, stop_score, &pace);
        compaction_run(c, nsec);
        ck_assert_ptr_null(buddy_complaint(&b));
        ck_assert_uint_eq(b.free_pages + holders_pages(&all), PAGES);
        for (uint32_t i = 0; i < pages->n; i++)
                ck_assert(b.pages[pages->pfn[i]].kind == PAGE_USED &&
                          b.pages[pages->pfn[i]].next == i);
        return c->status;
}

START_TEST(everything_comes_together)
{
        Compaction c;

        scatter(0.5, pages);
        ck_assert_uint_eq(huge_blocks(), 0);
        ck_assert_uint_ge(compaction_score(&b), 99);
        ck_assert_int_eq(run(COMPACT_WHOLE, ORDER_ANY, 0, UINT64_MAX, &c), COMPACT_COMPLETE);
        ck_assert_uint_ge(huge_blocks(), BLOCKS / 2 - 3);
        ck_assert_uint_eq(c.stats.nsec,
                10 * (c.stats.scanned_migrate + c.stats.scanned_free) + 1000 * c.stats.moved);
}
END_TEST

START_TEST(ends_at_the_score)
{
        Compaction c;

        scatter(0.5, pages);
        ck_assert_int_eq(run(COMPACT_LIGHT, ORDER_ANY, 60, UINT64_MAX, &c), COMPACT_SUCCESS);
        ck_assert_uint_le(compaction_score(&b), 60);
        ck_assert_uint_ge(compaction_score(&b), 45);
}
END_TEST

START_TEST(ends_with_one_block)
{
        Compaction c;

        scatter(0.5, pages);
        ck_assert_int_eq(run(COMPACT_LIGHT, 9, 0, UINT64_MAX, &c), COMPACT_SUCCESS);
        ck_assert_uint_eq(huge_blocks(), 1);
}
END_TEST

START_TEST(can_be_cut_into_slices)
{
        Compaction c, whole;
        uint64_t used = 0, slices = 0;

        scatter(0.5, pages);
        compaction_begin(&c, &all, &memory, COMPACT_WHOLE, ORDER_ANY, 0, &pace);
        while (c.status == COMPACT_RUNNING) {
                used += compaction_run(&c, 100000);
                slices++;
        }
        ck_assert_uint_gt(slices, 10);
        ck_assert_uint_eq(used, c.stats.nsec);
        teardown();
        setup();
        scatter(0.5, pages);
        run(COMPACT_WHOLE, ORDER_ANY, 0, UINT64_MAX, &whole);
        ck_assert_uint_eq(whole.stats.moved, c.stats.moved);
        ck_assert_uint_eq(whole.stats.nsec, used);
}
END_TEST

START_TEST(pinned_pages_stay)
{
        Compaction c;
        uint32_t *before;

        scatter(0.5, pinned);
        before = malloc(pinned->n * sizeof(*before));
        memcpy(before, pinned->pfn, pinned->n * sizeof(*before));
        ck_assert_int_eq(run(COMPACT_WHOLE, ORDER_ANY, 0, UINT64_MAX, &c), COMPACT_COMPLETE);
        ck_assert_uint_eq(c.stats.moved, 0);
        ck_assert_mem_eq(before, pinned->pfn, pinned->n * sizeof(*before));
        ck_assert_uint_eq(huge_blocks(), 0);
        free(before);
}
END_TEST

/* mm/compaction.c compaction_deferred(): after n failures in a row 2^n - 1 attempts are left out,
 * at most 63. */
START_TEST(failures_defer)
{
        unsigned left_out = 0;

        ck_assert(!compaction_deferred(&memory, 9));
        compaction_failed(&memory, 9);
        compaction_failed(&memory, 9);
        ck_assert_msg(!compaction_deferred(&memory, 8), "smaller ones may still work");
        while (compaction_deferred(&memory, 9))
                left_out++;
        ck_assert_uint_eq(left_out, 3);
        for (unsigned i = 0; i < 20; i++)
                compaction_failed(&memory, 9);
        for (left_out = 0; compaction_deferred(&memory, 9); left_out++)
                ck_assert_uint_lt(left_out, 64);
        ck_assert_uint_eq(left_out, 63);
        compaction_helped(&memory, 9);
        ck_assert(!compaction_deferred(&memory, 9));
}
END_TEST

START_TEST(suitable_where_memory_is_free_but_in_pieces)
{
        ck_assert_msg(compaction_suitable(&b, 9, 0), "an order that is there is always suitable");
        scatter(0.5, pages);
        ck_assert(compaction_suitable(&b, 9, b.low));
        ck_assert(!compaction_suitable(&b, 9, b.free_pages - 1023));
        ck_assert(compaction_suitable(&b, 9, b.free_pages - 1024));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("compaction");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, everything_comes_together);
        tcase_add_test(t, ends_at_the_score);
        tcase_add_test(t, ends_with_one_block);
        tcase_add_test(t, can_be_cut_into_slices);
        tcase_add_test(t, pinned_pages_stay);
        tcase_add_test(t, failures_defer);
        tcase_add_test(t, suitable_where_memory_is_free_but_in_pieces);
        suite_add_tcase(s, t);
}

TEST_MAIN("compaction", build)
