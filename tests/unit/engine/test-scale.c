/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"
#include "machine.h"

static Machine m;
static Policy p;

/* 4 GiB of which hardly anything is free, 2 GiB of clean page cache, and an objective of 40 MiB that free memory cannot hold. */
static void start(uint64_t clean_mib)
{
        machine_init(&m, 1, 4096);
        vmstat_reset(&m.model.vmstat);
        m.model.vmstat.nr_free_pages = PAGES(30);
        m.model.vmstat.nr_active_file = PAGES(clean_mib);
        m.model.vmstat.nr_inactive_file = PAGES(1000);
        m.model.vmstat.nr_dirty = PAGES(990);
        m.model.vmstat.nr_writeback = PAGES(10);
        m.model.knobs[KNOB_WATERMARK_SCALE_FACTOR] = 10;
        policy_init(&p, "test");
        policy_objective(&p, "thp", 40, 60);
        p.levers = 1U << LEVER_SCALE;
        machine_free_memory(&m, 0, 0, 30);
        machine_follow(&m, &p);
        machine_sample(&m);
}

static void teardown(void)
{
        machine_done(&m);
}

static int64_t factor(void)
{
        machine_answer(&m);
        return m.model.knobs[KNOB_WATERMARK_SCALE_FACTOR];
}

static int64_t after(usec_t span)
{
        usec_t end = m.now + span;

        while (m.now < end) {
                machine_answer(&m);
                m.now += 5 * USEC_PER_SEC;
                machine_sample(&m);
        }
        return factor();
}

/* 40 MiB and a seventh more of 4 GiB: 112 ten-thousandths, reached by doubling once a minute. */
START_TEST(raises_step_by_step_as_far_as_needed)
{
        start(2000);
        ck_assert_int_eq(factor(), 10);
        ck_assert_int_eq(after(20 * USEC_PER_SEC), 20);
        ck_assert_int_eq(after(60 * USEC_PER_SEC), 40);
        ck_assert_int_eq(after(60 * USEC_PER_SEC), 80);
        ck_assert_int_eq(after(60 * USEC_PER_SEC), 112);
        ck_assert_int_eq(after(5 * USEC_PER_MIN), 112);
        ck_assert_uint_eq(m.sets, 4);
        ck_assert_uint_eq(m.compacts, 0);
}
END_TEST

/* adaptivemmd turns this very knob: it starts from what was there before fragd. */
START_TEST(left_to_a_rival)
{
        const Decision *d;

        start(2000);
        ck_assert_int_eq(after(80 * USEC_PER_SEC), 40);
        machine_step(&m, &(Event){ .type = EVENT_RIVALS, .rivals.running = 1u << RIVAL_ADAPTIVEMM });
        d = machine_decision(&m, REASON_KNOB_YIELDED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->act, ACT_RESTORE_KNOB);
        ck_assert_uint_eq(d->guard_value, RIVAL_ADAPTIVEMM);
        ck_assert_int_eq(factor(), 10);
        ck_assert_int_eq(after(USEC_PER_HOUR), 10);
        machine_step(&m, &(Event){ .type = EVENT_RIVALS });
        ck_assert_int_eq(after(80 * USEC_PER_SEC), 40);
}
END_TEST

START_TEST(no_further_than_the_policy_allows)
{
        start(2000);
        p.scale_max = 30;
        machine_follow(&m, &p);
        ck_assert_int_eq(after(5 * USEC_PER_MIN), 30);
}
END_TEST

/* 30 MiB free and 100 MiB clean: at most 65 MiB up to the high watermark, which is 4 + 2 * 4096 * factor / 10000. */
START_TEST(never_asks_for_more_than_half_of_what_is_spare)
{
        int64_t most;

        start(100);
        most = after(9 * USEC_PER_MIN);
        ck_assert_int_gt(most, 40);
        ck_assert_int_le(4 + 2 * 4096 * most / 10000, 65);
        /* The cache is gone: half of 40 MiB, then all. */
        m.model.vmstat.nr_active_file = PAGES(10);
        ck_assert_int_eq(after(65 * USEC_PER_SEC), 19);
        m.model.vmstat.nr_free_pages = PAGES(1);
        ck_assert_int_eq(after(65 * USEC_PER_SEC), 10);
}
END_TEST

START_TEST(an_unknown_bound_is_none)
{
        start(2000);
        m.model.vmstat.nr_dirty = UNKNOWN_U64;
        ck_assert_int_eq(after(5 * USEC_PER_MIN), 10);
        ck_assert_uint_eq(m.sets, 0);
}
END_TEST

START_TEST(not_while_tasks_wait_for_memory)
{
        start(2000);
        for (int i = 0; i < 60; i++) {
                m.model.psi_memory.some.total += 4 * USEC_PER_SEC;
                after(5 * USEC_PER_SEC);
        }
        ck_assert_int_eq(factor(), 10);
}
END_TEST

START_TEST(in_vain_it_goes_back_and_rests)
{
        start(2000);
        after(4 * USEC_PER_MIN);
        ck_assert_int_eq(factor(), 112);
        ck_assert_int_eq(after(11 * USEC_PER_MIN), 10);
        ck_assert_int_eq(after(40 * USEC_PER_MIN), 10);
        ck_assert_int_gt(after(25 * USEC_PER_MIN), 10);
}
END_TEST

/* kswapd has freed 100 MiB: it stands. When no objective wants it any more, it goes. */
START_TEST(stands_while_it_is_needed)
{
        start(2000);
        after(4 * USEC_PER_MIN);
        machine_free_memory(&m, 0, 80, 20);
        ck_assert_int_eq(after(USEC_PER_HOUR), 112);
        p.objectives[0].reserve.bytes = 10 * MIB;
        p.objectives[0].refill.bytes = 12 * MIB;
        machine_follow(&m, &p);
        machine_answer(&m);
        machine_sample(&m);
        ck_assert_int_lt(after(2 * USEC_PER_MIN), 40);
}
END_TEST

START_TEST(defrag_mode_stands_as_long_as_the_policy_names_it)
{
        start(2000);
        m.model.knobs[KNOB_DEFRAG_MODE] = 0;
        p.levers = 1U << LEVER_DEFRAG_MODE;
        machine_follow(&m, &p);
        after(10 * USEC_PER_SEC);
        ck_assert_int_eq(m.model.knobs[KNOB_DEFRAG_MODE], 1);
        p.levers = 1U << LEVER_COMPACT;
        machine_follow(&m, &p);
        after(2 * USEC_PER_MIN);
        ck_assert_int_eq(m.model.knobs[KNOB_DEFRAG_MODE], 0);
        ck_assert_uint_eq(m.sets, 1);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("scale");

        tcase_add_checked_fixture(t, NULL, teardown);
        tcase_add_test(t, raises_step_by_step_as_far_as_needed);
        tcase_add_test(t, left_to_a_rival);
        tcase_add_test(t, no_further_than_the_policy_allows);
        tcase_add_test(t, never_asks_for_more_than_half_of_what_is_spare);
        tcase_add_test(t, an_unknown_bound_is_none);
        tcase_add_test(t, not_while_tasks_wait_for_memory);
        tcase_add_test(t, in_vain_it_goes_back_and_rests);
        tcase_add_test(t, stands_while_it_is_needed);
        tcase_add_test(t, defrag_mode_stands_as_long_as_the_policy_names_it);
        suite_add_tcase(s, t);
}

TEST_MAIN("scale", build)
