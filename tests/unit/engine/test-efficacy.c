/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is learned of levers, and what follows from it: alone, and in the engine on a node of 4 GiB. */
#include "engine/efficacy.h"
#include "one-node.h"

#define K UNKNOWN_U64
#define HOUR USEC_PER_HOUR

static const struct {
        EfficacyRun runs[3];
        unsigned n;
        Efficacy expected;
} learned[] = {
        { .n = 0, .expected = { UINT32_MAX, K, K, 0 } },
        /* 100 MiB for 25600 pages and 50 ms */
        { { { 9000, 100 << 20, 25600, 50000 } }, 1, { 9000, 4096, 2 << 20, 1 } },
        /* half and half */
        { { { 9000, 100 << 20, 25600, 50000 }, { 5000, 100 << 20, 51200, 100000 } }, 2, { 7000, 3072, 3 << 19, 2 } },
        /* nothing gained, or less than nothing */
        { { { 8000, 1 << 20, 256, 1000 }, { 0, 0, 256, 1000 } }, 2, { 4000, 2048, 1 << 19, 2 } },
        { { { 0, -(1 << 20), 256, 1000 } }, 1, { 0, 0, 0, 1 } },
        /* what the kernel does not tell: as it was, or still unknown */
        { { { 9000, 1 << 20, K, K } }, 1, { 9000, K, K, 1 } },
        { { { 9000, 1 << 20, 256, 1000 }, { 5000, 1 << 20, K, K } }, 2, { 7000, 4096, 1 << 20, 2 } },
        { { { 9000, 1 << 20, K, K }, { 5000, 1 << 20, 256, 1000 } }, 2, { 7000, 4096, 1 << 20, 2 } },
        /* nobody compacted: it came of itself */
        { { { 9000, 1 << 20, 0, 0 } }, 1, { 9000, K, K, 1 } },
        /* no more than fits */
        { { { 10000, INT64_MAX, 1, 1 } }, 1, { 10000, INT64_MAX, UINT64_MAX - 1, 1 } },
        { { { 10000, INT64_MAX, 1, 1 }, { 10000, INT64_MAX, 1, 1 } }, 2, { 10000, INT64_MAX, UINT64_MAX - 1, 2 } },
};

START_TEST(learns)
{
        Efficacy e;

        efficacy_reset(&e);
        for (unsigned i = 0; i < learned[_i].n; i++)
                efficacy_learn(&e, &learned[_i].runs[i], i + 1);
        ck_assert_uint_eq(e.share, learned[_i].expected.share);
        ck_assert_uint_eq(e.per_page, learned[_i].expected.per_page);
        ck_assert_uint_eq(e.per_msec, learned[_i].expected.per_msec);
        ck_assert_uint_eq(e.learned, learned[_i].expected.learned);
        ck_assert_int_eq(efficacy_known(&e), learned[_i].n > 0);
}
END_TEST

START_TEST(forgets_after_an_hour)
{
        Efficacy e;

        efficacy_reset(&e);
        efficacy_learn(&e, &learned[1].runs[0], 5);
        efficacy_forget(&e, HOUR + 4);
        ck_assert(efficacy_known(&e));
        efficacy_forget(&e, HOUR + 5);
        ck_assert(!efficacy_known(&e));
        ck_assert_uint_eq(e.per_page, UNKNOWN_U64);
        ck_assert_uint_eq(e.per_msec, UNKNOWN_U64);
}
END_TEST

#define NOTHING { UINT32_MAX, K, K, 0 }

static const struct {
        Efficacy window, compact;
        LeverWhy expected;
} choices[] = {
        { NOTHING, NOTHING, LEVER_WHY_USUAL },
        { { 10000, 100, 100, 0 }, NOTHING, LEVER_WHY_USUAL },
        { { 7500, 100, 100, 0 }, NOTHING, LEVER_WHY_USUAL },
        { { 7499, 100, 100, 0 }, NOTHING, LEVER_WHY_TOO_LITTLE },
        { NOTHING, { 10000, 100, 100, 0 }, LEVER_WHY_USUAL },
        /* a quarter more, for CPU time */
        { { 10000, 100, 100, 0 }, { 10000, 100, 125, 0 }, LEVER_WHY_DEARER },
        { { 10000, 100, 100, 0 }, { 10000, 900, 124, 0 }, LEVER_WHY_USUAL },
        { { 10000, 100, 0, 0 }, { 10000, 100, 1, 0 }, LEVER_WHY_DEARER },
        { { 10000, 100, 0, 0 }, { 10000, 100, 0, 0 }, LEVER_WHY_USUAL },
        { { 7000, 100, 200, 0 }, { 10000, 100, 199, 0 }, LEVER_WHY_USUAL },
        { { 10000, 1, UINT64_MAX - 1, 0 }, { 10000, 1, UINT64_MAX - 1, 0 }, LEVER_WHY_USUAL },
        /* for pages, where one's time is not known */
        { { 10000, 100, K, 0 }, { 10000, 125, 1, 0 }, LEVER_WHY_DEARER },
        { { 10000, 100, 1, 0 }, { 10000, 124, K, 0 }, LEVER_WHY_USUAL },
        { { 10000, K, 1, 0 }, { 10000, 124, K, 0 }, LEVER_WHY_USUAL },
        { { 10000, 1, K, 0 }, { 10000, K, K, 0 }, LEVER_WHY_USUAL },
        /* poor */
        { { 2499, 100, 100, 0 }, { 10000, 1, 1, 0 }, LEVER_WHY_TOO_LITTLE },
        { { 2500, 100, 100, 0 }, { 10000, 1, 1, 0 }, LEVER_WHY_USUAL },
        { { 2499, 1, 1, 0 }, { 2499, 100, 100, 0 }, LEVER_WHY_USUAL },
        { { 10000, 1, 1, 0 }, { 2499, 100, 100, 0 }, LEVER_WHY_USUAL },
        { { 2499, 1, 1, 0 }, NOTHING, LEVER_WHY_TOO_LITTLE },
};

START_TEST(chooses)
{
        ck_assert_int_eq(efficacy_against_window(&choices[_i].window, &choices[_i].compact), choices[_i].expected);
}
END_TEST

/* --- in the engine --- */

/* What the kernel counts while somebody compacts for so long, at so many pages a millisecond. */
static void work(uint64_t msec, uint64_t pages_a_msec, bool kcompactd)
{
        m.now += msec * USEC_PER_MSEC;
        m.model.vmstat.compact_migrate_scanned += msec * pages_a_msec / 4;
        m.model.vmstat.compact_free_scanned += msec * pages_a_msec / 4 * 3;
        if (kcompactd)
                m.model.nodes[0].kcompactd_cpu_nsec += msec * USEC_PER_MSEC * NSEC_PER_USEC;
}

/* The node has little again; an action begins, takes so long and leaves so many MiB. Its start is kept in *ret, its result returned. */
static const Decision *action(uint64_t msec, uint64_t huge, Decision *ret)
{
        const Decision *d = NULL;

        m.now = MAX(m.out.next_wakeup, m.now + p.cooldown);
        machine_free_memory(&m, 0, 20, 1000);
        for (unsigned i = 0; i < 4 && !d; i++) {
                machine_sample(&m);
                d = machine_decision(&m, REASON_MISSED);
                m.now = d ? m.now : m.out.next_wakeup;
        }
        ck_assert_ptr_nonnull(d);
        ck_assert_int_ne(d->act, ACT_NONE);
        *ret = *d;
        machine_answer(&m);
        work(msec, 8, ret->lever == LEVER_WINDOW);
        machine_free_memory(&m, 0, huge, 1020 - huge);
        if (ret->lever == LEVER_COMPACT)
                machine_compaction_ends(&m, 0, 0);
        for (d = NULL; !d;) {
                machine_sample(&m);
                machine_answer(&m);
                d = machine_decision(&m, REASON_GAINED);
                d = d ?: machine_decision(&m, REASON_NO_GAIN);
                m.now = d ? m.now : m.out.next_wakeup;
        }
        return d;
}

static void starts_with(Decision *d, uint64_t msec, uint64_t huge, Lever lever, LeverWhy why)
{
        const Decision *result = action(msec, huge, d);

        ck_assert_int_eq(d->lever, lever);
        ck_assert_int_eq(d->lever_why, why);
        ck_assert_int_eq(result->lever_why, LEVER_WHY_USUAL);
        ck_assert_uint_eq(result->scanned, msec * 8);
}

/* A start whose budget and pauses are not what is tested. */
static void begin(unsigned levers)
{
        start(levers, 20, 1000);
        p.budget.runs = BUDGET_RUNS_MAX;
        p.budget.compaction_time = USEC_PER_HOUR / 2;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
}

START_TEST(numbers_of_an_action)
{
        const Efficacy *e;
        Decision d;

        begin(COMPACT);
        starts_with(&d, 100, 420, LEVER_COMPACT, LEVER_WHY_USUAL);
        e = &node(0).efficacy[LEVER_COMPACT];
        ck_assert_uint_eq(e->share, 10000);
        ck_assert_uint_eq(e->per_page, 400 * MIB / 800);
        ck_assert_uint_eq(e->per_msec, 4 * MIB);
        m.model.vmstat.compact_free_scanned = UNKNOWN_U64; /* from now on this kernel does not tell */
        ck_assert_uint_eq(action(100, 420, &d)->scanned, UNKNOWN_U64);
        ck_assert_uint_eq(e->per_page, 400 * MIB / 800);
        machine_free_memory(&m, 0, 420, 600);
        machine_run(&m, USEC_PER_HOUR + USEC_PER_MIN);
        ck_assert(!efficacy_known(e));
}
END_TEST

/* A window that leaves more than a quarter of what was expected; then whichever brings more for its cost. */
START_TEST(cheapest_comes_first)
{
        Decision d;

        begin(WINDOW | COMPACT);
        starts_with(&d, 100, 384, LEVER_WINDOW, LEVER_WHY_USUAL);
        starts_with(&d, 100, 384, LEVER_WINDOW, LEVER_WHY_USUAL);
        starts_with(&d, 400, 150, LEVER_WINDOW, LEVER_WHY_USUAL); /* 36 % */
        ck_assert_uint_lt(node(0).efficacy[LEVER_WINDOW].share, 7500);
        starts_with(&d, 100, 384, LEVER_COMPACT, LEVER_WHY_TOO_LITTLE);
        /* now both are known: 1.98 and 3.64 MiB for a millisecond */
        starts_with(&d, 400, 384, LEVER_COMPACT, LEVER_WHY_DEARER);
        /* 2.27 are not a quarter more */
        starts_with(&d, 100, 384, LEVER_WINDOW, LEVER_WHY_USUAL);
}
END_TEST

/* Nothing was proved by what somebody cut short. */
START_TEST(cancelled_teaches_nothing)
{
        Decision d;

        begin(WINDOW | COMPACT);
        starts_with(&d, 100, 384, LEVER_WINDOW, LEVER_WHY_USUAL);
        m.now += p.cooldown;
        machine_free_memory(&m, 0, 20, 1000);
        machine_sample(&m);
        ck_assert(machine_decision(&m, REASON_MISSED));
        machine_answer(&m);
        work(400, 8, true);
        machine_free_memory(&m, 0, 150, 870); /* something, so far: it helped */
        machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                                 .request = { .type = REQUEST_PAUSE, .duration = USEC_PER_SEC, .token = 1 } });
        ck_assert(machine_decision(&m, REASON_CANCELLED));
        machine_answer(&m);
        while (!machine_decision(&m, REASON_GAINED)) {
                m.now = m.out.next_wakeup;
                machine_sample(&m);
        }
        ck_assert_uint_eq(node(0).efficacy[LEVER_WINDOW].share, 10000);
        ck_assert_uint_eq(node(0).efficacy[LEVER_WINDOW].per_msec, 364 * MIB / 100);
}
END_TEST

/* A window is for all nodes: what another's kcompactd used in it is not this one's price. */
START_TEST(own_kcompactd_is_the_price)
{
        const Decision *d;

        begin(WINDOW);
        machine_sample(&m);
        machine_answer(&m);
        work(100, 8, true);
        m.model.nodes[1].kcompactd_cpu_nsec += 300 * USEC_PER_MSEC * NSEC_PER_USEC;
        machine_free_memory(&m, 0, 384, 636);
        machine_sample(&m);
        machine_answer(&m);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        d = machine_decision(&m, REASON_GAINED);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->cost, 400 * USEC_PER_MSEC);
        ck_assert_uint_eq(node(0).efficacy[LEVER_WINDOW].per_msec, 364 * MIB / 100);
}
END_TEST

/* Without CPU time of kcompactd, pages tell: a window that looks at more of them for less. */
START_TEST(pages_where_kcompactd_is_not_seen)
{
        Decision d;

        begin(WINDOW | COMPACT);
        m.model.nodes[0].kcompactd_cpu_nsec = UNKNOWN_U64;
        m.model.nodes[0].kcompactd_state = 0;
        action(100, 150, &d);
        ck_assert_int_eq(d.lever, LEVER_WINDOW);
        ck_assert_uint_eq(node(0).efficacy[LEVER_WINDOW].per_msec, UNKNOWN_U64);
        ck_assert_uint_eq(node(0).efficacy[LEVER_WINDOW].per_page, 130 * MIB / 800);
        action(100, 384, &d);
        ck_assert_int_eq(d.lever_why, LEVER_WHY_TOO_LITTLE);
        action(100, 384, &d);
        ck_assert_int_eq(d.lever_why, LEVER_WHY_DEARER);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("alone"), *e = tcase_create("in the engine");

        tcase_add_loop_test(t, learns, 0, ELEMENTSOF(learned));
        tcase_add_test(t, forgets_after_an_hour);
        tcase_add_loop_test(t, chooses, 0, ELEMENTSOF(choices));
        suite_add_tcase(s, t);
        tcase_add_checked_fixture(e, NULL, teardown);
        tcase_add_test(e, numbers_of_an_action);
        tcase_add_test(e, cheapest_comes_first);
        tcase_add_test(e, cancelled_teaches_nothing);
        tcase_add_test(e, own_kcompactd_is_the_price);
        tcase_add_test(e, pages_where_kcompactd_is_not_seen);
        suite_add_tcase(s, e);
}

TEST_MAIN("efficacy", build)
