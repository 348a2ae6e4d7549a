/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "base/macros.h"
#include "ring-writer.h"
#include "stalls/runs.h"

static Runs *runs_new(void)
{
        Runs *r = calloc(1, sizeof(*r));

        ck_assert_ptr_nonnull(r);
        return r;
}

static void add(Runs *r, RunEventType type, uint32_t tgid, uint32_t tid, uint64_t nsec)
{
        runs_add(r, &(RunEvent){ .type = type, .tgid = tgid, .tid = tid, .nsec = nsec });
}

START_TEST(pairs)
{
        Runs *r = runs_new();

        add(r, RUN_BEGIN, 10, 11, 100);
        add(r, RUN_BEGIN, 10, 12, 150); /* two threads of a process at one time */
        add(r, RUN_END, 10, 11, 300);
        add(r, RUN_END, 10, 12, 1000);
        add(r, RUN_BEGIN, 20, 20, 1000);
        add(r, RUN_END, 20, 20, 1001);
        ck_assert_uint_eq(r->n_sums, 2);
        ck_assert(r->sums[0].tgid == 10 && r->sums[0].runs == 2 && r->sums[0].nsec == 1050);
        ck_assert(r->sums[0].longest == 850 && r->sums[0].first == 300);
        ck_assert(r->sums[1].tgid == 20 && r->sums[1].runs == 1 && r->sums[1].nsec == 1 && r->sums[1].first == 1001);
        ck_assert_uint_eq(r->n_open + r->lost + r->unpaired, 0);
        free(r);
}
END_TEST

/* No time is made up for what has no counterpart. */
START_TEST(unpaired)
{
        Runs *r = runs_new();

        add(r, RUN_END, 1, 1, 50); /* begun before fragd looked */
        ck_assert_uint_eq(r->unpaired, 1);
        add(r, RUN_BEGIN, 1, 1, 100);
        add(r, RUN_BEGIN, 1, 1, 1000); /* its end is missing */
        ck_assert_uint_eq(r->unpaired, 2);
        add(r, RUN_END, 1, 1, 1100);
        ck_assert(r->n_sums == 1 && r->sums[0].runs == 1 && r->sums[0].nsec == 100);
        /* A thread that ends has no number any more: whose it is, is not known. */
        add(r, RUN_BEGIN, UINT32_MAX, UINT32_MAX, 2000);
        add(r, RUN_END, UINT32_MAX, UINT32_MAX, 2100);
        add(r, RUN_BEGIN, 0, 0, 2000);
        ck_assert_uint_eq(r->unpaired, 5);
        ck_assert_uint_eq(r->n_sums, 1);
        ck_assert_uint_eq(r->n_open, 0);
        add(r, RUN_BEGIN, 1, 1, 3000);
        add(r, RUN_END, 1, 1, 2999); /* a clock that goes back: nothing, and not nearly 2^64 */
        ck_assert_uint_eq(r->sums[0].nsec, 100);
        free(r);
}
END_TEST

START_TEST(lost)
{
        Runs *r = runs_new();

        add(r, RUN_BEGIN, 1, 1, 100);
        runs_add(r, &(RunEvent){ .type = RUN_GAP, .nsec = 200, .lost = 40 });
        add(r, RUN_END, 1, 1, 900); /* maybe of another run, whose begin was lost */
        ck_assert(r->lost == 40 && r->unpaired == 2 && r->n_sums == 0);
        add(r, RUN_BEGIN, 1, 1, 1000);
        add(r, RUN_END, 1, 1, 1001);
        ck_assert_uint_eq(r->sums[0].nsec, 1);
        free(r);
}
END_TEST

START_TEST(bounds)
{
        Runs *r = runs_new();
        uint64_t total = 0;

        for (uint32_t i = 1; i <= RUNS_OPEN_MAX + 10; i++)
                add(r, RUN_BEGIN, i, i, 100);
        ck_assert(r->n_open == RUNS_OPEN_MAX && r->unpaired == 10);
        for (uint32_t i = 1; i <= RUNS_OPEN_MAX + 10; i++)
                add(r, RUN_END, i, i, 101);
        ck_assert(r->n_open == 0 && r->unpaired == 20);
        ck_assert_uint_eq(r->n_sums, RUN_SUMS_MAX);
        for (size_t i = 0; i < r->n_sums; i++)
                total += r->sums[i].nsec;
        ck_assert_uint_eq(total, RUNS_OPEN_MAX);
        ck_assert(r->sums[RUN_SUMS_MAX - 1].tgid == 0 && r->sums[RUN_SUMS_MAX - 1].runs == RUNS_OPEN_MAX - RUN_SUMS_MAX + 1);
        free(r);
}
END_TEST

/* A task that begins on one CPU and ends on another; both rings at one time. */
START_TEST(several_rings)
{
        Writer a = writer_new(4096, 0), b = writer_new(4096, 0);
        uint64_t last[2] = { 0, 0 };
        RunEvents e = { 0 };
        Runs *r = runs_new();

        sample(&a, BEGIN, 1, 1, 100);
        sample(&a, END, 1, 1, 500);
        sample(&a, BEGIN, 1, 1, 500); /* of the same instant: in the ring's order */
        sample(&b, BEGIN, 2, 2, 50);
        sample(&b, END, 1, 1, 600);
        sample(&b, END, 2, 2, 700);
        sample(&b, BEGIN, 2, 2, 800);
        ck_assert_int_eq(run_events_collect(&e, &a.ring, 750, &last[0]), 0);
        ck_assert_int_eq(run_events_collect(&e, &b.ring, 750, &last[1]), 0);
        run_events_sort(&e);
        ck_assert_uint_eq(e.n, 6);
        for (size_t i = 0; i < e.n; i++)
                runs_add(r, &e.items[i]);
        ck_assert(r->n_sums == 2 && r->unpaired == 0 && r->n_open == 0);
        ck_assert(r->sums[0].tgid == 1 && r->sums[0].runs == 2 && r->sums[0].nsec == 500);
        ck_assert(r->sums[1].tgid == 2 && r->sums[1].nsec == 650);
        ck_assert(last[0] == 500 && last[1] == 700);
        run_events_done(&e);
        writer_done(&a);
        writer_done(&b);
        free(r);
}
END_TEST

/* Something was lost on the second CPU between 100 and 900: what began before is not paired with what ends there on the first. */
START_TEST(gap_between)
{
        Writer a = writer_new(4096, 0), b = writer_new(4096, 0);
        uint64_t last[2] = { 0, 0 };
        RunEvents e = { 0 };
        Runs *r = runs_new();

        sample(&a, BEGIN, 1, 1, 90);
        sample(&b, BEGIN, 2, 2, 100);
        sample(&a, END, 1, 1, 500);
        sample(&a, BEGIN, 3, 3, 600);
        sample(&a, END, 3, 3, 700);
        gap(&b, 7, 900);
        sample(&b, BEGIN, 2, 2, 950);
        sample(&b, END, 2, 2, 960);
        ck_assert_int_eq(run_events_collect(&e, &a.ring, UINT64_MAX, &last[0]), 0);
        ck_assert_int_eq(run_events_collect(&e, &b.ring, UINT64_MAX, &last[1]), 0);
        run_events_sort(&e);
        for (size_t i = 0; i < e.n; i++)
                runs_add(r, &e.items[i]);
        ck_assert(r->lost == 7 && r->unpaired == 3);
        ck_assert(r->n_sums == 2 && r->sums[0].tgid == 3 && r->sums[0].nsec == 100 && r->sums[1].tgid == 2 && r->sums[1].nsec == 10);
        run_events_done(&e);
        writer_done(&a);
        writer_done(&b);
        free(r);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("runs");

        tcase_add_test(t, pairs);
        tcase_add_test(t, unpaired);
        tcase_add_test(t, lost);
        tcase_add_test(t, bounds);
        tcase_add_test(t, several_rings);
        tcase_add_test(t, gap_between);
        suite_add_tcase(s, t);
}

TEST_MAIN("runs", build)
