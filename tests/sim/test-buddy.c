/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The allocator: pages are conserved, free lists tell the truth and buddies are joined, whatever is
 * asked for; and the rules of fallback. */
#include "holder.h"
#include "test.h"

#define PAGES 4096

static Buddy b;

static void setup(void)
{
        ck_assert_int_eq(buddy_init(&b, PAGES, 11, 9, 64), 0);
}

static void teardown(void)
{
        buddy_done(&b);
}

static void check_sound(void)
{
        const char *wrong = buddy_complaint(&b);

        ck_assert_msg(!wrong, "%s", wrong);
}

START_TEST(begins_whole)
{
        check_sound();
        ck_assert_uint_eq(b.free_pages, PAGES);
        ck_assert_uint_eq(buddy_blocks(&b, 10), PAGES >> 10);
        ck_assert_uint_eq(b.low, 64 + 16);
        ck_assert_uint_eq(b.high, 64 + 32);
}
END_TEST

START_TEST(an_odd_size_is_covered)
{
        Buddy odd;

        ck_assert_int_eq(buddy_init(&odd, 7 << 5, 7, 5, 4), 0);
        ck_assert_ptr_null(buddy_complaint(&odd));
        ck_assert_uint_eq(odd.free_pages, 7 << 5);
        ck_assert_uint_eq(buddy_blocks(&odd, 6), 3);
        ck_assert_uint_eq(buddy_blocks(&odd, 5), 1);
        buddy_done(&odd);
}
END_TEST

START_TEST(what_is_freed_comes_together_again)
{
        uint32_t pfn[8];

        for (unsigned i = 0; i < 8; i++)
                pfn[i] = buddy_alloc(&b, 0, MOBILITY_MOVABLE, 0, i);
        ck_assert_uint_eq(b.free_pages, PAGES - 8);
        ck_assert_uint_eq(buddy_blocks(&b, 10), (PAGES >> 10) - 1);
        check_sound();
        for (unsigned i = 8; i-- > 0;)
                buddy_free(&b, pfn[i]);
        check_sound();
        ck_assert_uint_eq(buddy_blocks(&b, 10), PAGES >> 10);
}
END_TEST

START_TEST(another_type_takes_a_whole_pageblock)
{
        uint32_t pfn = buddy_alloc(&b, 0, MOBILITY_UNMOVABLE, 0, 0);

        ck_assert_uint_ne(pfn, PFN_NONE);
        ck_assert_uint_eq(b.block_type[pfn >> 9], MOBILITY_UNMOVABLE);
        ck_assert_uint_eq(b.claimed, 1);
        ck_assert_msg(!b.boosted, "a whole block mixes nothing");
        /* The next one stays where unmovable pages are already. */
        ck_assert_uint_eq(buddy_alloc(&b, 0, MOBILITY_UNMOVABLE, 0, 1) >> 10, pfn >> 10);
        ck_assert_uint_eq(b.stolen, 1);
        check_sound();
}
END_TEST

/* Movable pages everywhere but for some holes: an unmovable page takes a hole, its pageblock stays
 * movable, and kswapd is called. */
START_TEST(a_mix_is_boosted)
{
        uint32_t pfn[PAGES], unmovable;

        for (unsigned i = 0; i < PAGES; i++)
                pfn[i] = buddy_alloc(&b, 0, MOBILITY_MOVABLE, 0, i);
        ck_assert_uint_eq(b.free_pages, 0);
        ck_assert_uint_eq(buddy_alloc(&b, 0, MOBILITY_MOVABLE, 0, 0), PFN_NONE);
        for (unsigned i = 0; i < PAGES; i += 64)
                buddy_free(&b, pfn[i]);
        unmovable = buddy_alloc(&b, 0, MOBILITY_UNMOVABLE, 0, 0);
        ck_assert_uint_ne(unmovable, PFN_NONE);
        ck_assert_uint_eq(b.block_type[unmovable >> 9], MOBILITY_MOVABLE);
        ck_assert(b.boosted);
        ck_assert_uint_eq(b.boost, 512);
        check_sound();
}
END_TEST

START_TEST(watermarks_are_kept)
{
        ck_assert(buddy_allows(&b, 9, PAGES - 512));
        ck_assert(!buddy_allows(&b, 9, PAGES - 511));
        for (unsigned i = 0; i < PAGES / 2; i++)
                ck_assert_uint_ne(buddy_alloc(&b, 0, MOBILITY_MOVABLE, 0, i), PFN_NONE);
        ck_assert(buddy_allows(&b, 10, 0));
        for (unsigned i = 0; i < PAGES / 2; i += 1024)
                ck_assert_uint_ne(buddy_alloc(&b, 10, MOBILITY_MOVABLE, 0, i), PFN_NONE);
        ck_assert(!buddy_allows(&b, 0, 0));
}
END_TEST

/* Holders of all kinds allocate, free and move by a seed; nothing is lost, nobody's page is
 * another's. */
START_TEST(nothing_is_lost)
{
        Holders all = { .buddy = &b };
        Rng r = { (uint64_t)_i };
        Holder *h[4];

        ck_assert_int_eq(holders_add(&all, 1, 0, MOBILITY_MOVABLE, false, PAGES, &h[0]), 0);
        ck_assert_int_eq(holders_add(&all, 4, 0, MOBILITY_RECLAIMABLE, false, PAGES, &h[1]), 0);
        ck_assert_int_eq(holders_add(&all, 1, 3, MOBILITY_UNMOVABLE, false, PAGES, &h[2]), 0);
        ck_assert_int_eq(holders_add(&all, 1, 9, MOBILITY_MOVABLE, false, PAGES, &h[3]), 0);
        for (unsigned step = 0; step < 20000; step++) {
                Holder *x = h[rng_below(&r, 4)];

                if (rng_below(&r, 16) < 8 + (step / 2000) % 2 && x->n > 0) {
                        holder_drop(&all, x, rng_below(&r, x->n));
                } else if (x->n < x->n_max) {
                        for (uint32_t i = 0; i < x->unit; i++) {
                                uint32_t place = holder_place(x, x->n_max, i);

                                x->pfn[place] = buddy_alloc(
                                        &b, x->order, x->mobility, x->id, place);
                        }
                        holder_append(&all, x);
                }
                ck_assert_uint_eq(b.free_pages + holders_pages(&all), PAGES);
                if (step % 500 == 0)
                        check_sound();
        }
        for (unsigned i = 0; i < all.n; i++)
                for (uint32_t k = 0; k < h[i]->n * h[i]->unit; k++)
                        if (h[i]->pfn[k] != PFN_NONE) {
                                const Page *p = &b.pages[h[i]->pfn[k]];

                                ck_assert(p->kind == PAGE_USED && p->owner == i && p->next == k);
                        }
        for (unsigned i = 0; i < all.n; i++)
                holder_drop_all(&all, h[i]);
        ck_assert_uint_eq(b.free_pages, PAGES);
        check_sound();
        ck_assert_uint_eq(buddy_blocks(&b, 10), PAGES >> 10);
        holders_done(&all);
}
END_TEST

START_TEST(a_complaint_is_made)
{
        uint32_t pfn = buddy_alloc(&b, 0, MOBILITY_MOVABLE, 0, 0);

        b.free_pages++;
        ck_assert_str_eq(buddy_complaint(&b), "a wrong sum of free pages");
        b.free_pages--;
        b.pages[pfn].kind = PAGE_INSIDE;
        ck_assert_str_eq(buddy_complaint(&b), "a page that is neither free nor used");
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("buddy");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, begins_whole);
        tcase_add_test(t, an_odd_size_is_covered);
        tcase_add_test(t, what_is_freed_comes_together_again);
        tcase_add_test(t, another_type_takes_a_whole_pageblock);
        tcase_add_test(t, a_mix_is_boosted);
        tcase_add_test(t, watermarks_are_kept);
        tcase_add_loop_test(t, nothing_is_lost, 0, 20);
        tcase_add_test(t, a_complaint_is_made);
        suite_add_tcase(s, t);
}

TEST_MAIN("buddy", build)
