/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"
#include "machine.h"

static Machine m;
static Policy p;

/* Nodes of 4 GiB whose only objective follows demand. Free memory is scattered unless a test says otherwise. */
static void start_nodes(size_t n, Amount at_start)
{
        machine_init(&m, n, 4096);
        vmstat_reset(&m.model.vmstat);
        m.model.vmstat.thp_fault_alloc = 5000; /* before we came */
        m.model.vmstat.thp_fault_fallback = 0;
        m.model.vmstat.compact_stall = 0;
        m.model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 0; /* or it would be left to kcompactd for a moment */
        policy_init(&p, "test");
        p.levers = 1U << LEVER_COMPACT;
        p.objectives[p.n_objectives++] = (Objective){ .size = SIZE_THP, .reserve = { .automatic = true }, .at_start = at_start,
                .node = NODE_EVERY, .use = USE_USER };
        for (size_t i = 0; i < n; i++)
                machine_free_memory(&m, i, 20, 2048);
        machine_follow(&m, &p);
        machine_sample(&m);
}

static void start(void)
{
        start_nodes(1, (Amount){ 0 });
}

static void teardown(void)
{
        machine_done(&m);
}

static ObjectiveView view(size_t i)
{
        NodeView v;

        engine_node_view(m.engine, i, &v);
        return v.objectives[0];
}

static void ask(uint64_t huge_pages)
{
        m.model.vmstat.thp_fault_alloc += huge_pages;
        m.now += USEC_PER_SEC;
        machine_sample(&m);
}

START_TEST(nobody_asks_nothing_is_done)
{
        start();
        machine_run(&m, 3 * USEC_PER_HOUR);
        ck_assert_uint_eq(view(0).reserve, 0);
        ck_assert_int_eq(view(0).verdict, VERDICT_MET);
        ck_assert_uint_eq(m.compacts + m.sets, 0);
        /* And it sleeps. */
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        ck_assert_uint_eq(m.out.next_wakeup - m.now, p.interval.max);
}
END_TEST

START_TEST(holds_what_was_asked_for)
{
        start();
        ask(100);
        ck_assert_uint_eq(view(0).asked, 200 * MIB);
        ck_assert_uint_eq(view(0).burst, 200 * MIB);
        m.now += 20 * USEC_PER_SEC;
        machine_sample(&m);
        ck_assert_uint_le(view(0).refill, 200 * MIB);
        ck_assert_uint_ge(view(0).refill, 199 * MIB);
        ck_assert_uint_eq(view(0).reserve, view(0).refill - view(0).refill / 3);
        ck_assert_uint_eq(view(0).burst_age, 20 * USEC_PER_SEC);
        ck_assert_uint_eq(m.compacts, 1);
        ck_assert_int_eq(m.out.decisions[0].reason, REASON_MISSED);
        ck_assert_uint_eq(m.out.decisions[0].burst, 200 * MIB);
}
END_TEST

START_TEST(an_action_ends_when_the_demand_is_served)
{
        start();
        ask(100);
        m.now += 20 * USEC_PER_SEC;
        machine_sample(&m);
        ck_assert_uint_eq(m.compacts, 1);
        /* 60 MiB are made, and taken; then the rest of the burst comes from elsewhere. */
        machine_free_memory(&m, 0, 20, 1900);
        ask(50);
        ck_assert_uint_eq(m.stops, 0);
        ask(45);
        ck_assert_uint_eq(m.stops, 1);
        machine_compaction_ends(&m, 0, -ECANCELED);
        m.now += p.settle;
        machine_sample(&m);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_GAINED));
}
END_TEST

START_TEST(bounds)
{
        start();
        p.objectives[0].at_most = (Amount){ .bytes = 64 * MIB };
        p.objectives[0].at_least = (Amount){ .bytes = 12 * MIB };
        machine_follow(&m, &p);
        machine_sample(&m);
        ck_assert_uint_eq(view(0).refill, 12 * MIB);
        ask(500);
        m.now += 20 * USEC_PER_SEC;
        machine_sample(&m);
        ck_assert_uint_eq(view(0).refill, 64 * MIB);
        p.objectives[0].at_most = (Amount){ 0 };
        machine_follow(&m, &p);
        machine_sample(&m);
        ck_assert_uint_eq(view(0).refill / MIB, 999);
        ask(5000);
        m.now += 20 * USEC_PER_SEC;
        machine_sample(&m);
        ck_assert_uint_eq(view(0).refill / MIB, 4096 * 33 / 100);
}
END_TEST

START_TEST(what_is_assumed_is_made_once)
{
        start_nodes(1, (Amount){ .bytes = 300 * MIB });
        ck_assert_uint_eq(view(0).refill, 300 * MIB);
        ck_assert_uint_eq(m.compacts, 1);
        m.now += USEC_PER_SEC;
        machine_free_memory(&m, 0, 300, 1700);
        machine_sample(&m);
        ck_assert_uint_eq(m.stops, 1);
        machine_compaction_ends(&m, 0, -ECANCELED);
        /* It falls to pieces again, and nobody had asked for it. */
        machine_free_memory(&m, 0, 2, 2000);
        machine_run(&m, 3 * USEC_PER_HOUR);
        ck_assert_uint_eq(m.compacts, 1);
        ck_assert_uint_eq(view(0).reserve, 0);
}
END_TEST

START_TEST(what_is_assumed_is_not_assumed_for_ever)
{
        machine_init(&m, 1, 4096); /* memory that is whole */
        vmstat_reset(&m.model.vmstat);
        m.model.vmstat.thp_fault_alloc = 0;
        policy_init(&p, "test");
        p.levers = 1U << LEVER_COMPACT;
        p.objectives[p.n_objectives++] = (Objective){ .size = SIZE_THP, .reserve = { .automatic = true },
                .at_start = { .bytes = 300 * MIB }, .node = NODE_EVERY, .use = USE_USER };
        machine_follow(&m, &p);
        machine_sample(&m);
        ck_assert_uint_eq(view(0).refill, 300 * MIB);
        machine_run(&m, USEC_PER_HOUR + USEC_PER_MIN);
        machine_free_memory(&m, 0, 2, 2000);
        machine_run(&m, USEC_PER_HOUR);
        ck_assert_uint_eq(view(0).reserve, 0);
        ck_assert_uint_eq(m.compacts, 0);
}
END_TEST

START_TEST(a_kernel_that_does_not_count)
{
        start();
        vmstat_reset(&m.model.vmstat);
        machine_run(&m, USEC_PER_MIN);
        ck_assert_uint_eq(view(0).burst, UNKNOWN_U64);
        ck_assert_uint_eq(view(0).reserve, 0);
}
END_TEST

START_TEST(the_node_that_served_is_the_one_that_holds)
{
        start_nodes(2, (Amount){ 0 });
        machine_free_memory(&m, 0, 600, 1500);
        machine_free_memory(&m, 1, 600, 1500);
        ask(0);
        machine_free_memory(&m, 1, 400, 1500);
        ask(100);
        ck_assert_uint_eq(view(0).burst, 0);
        ck_assert_uint_eq(view(1).burst, 200 * MIB);
        /* Where none has lost any, all by size. */
        m.now += USEC_PER_MIN;
        ask(50);
        ck_assert_uint_eq(view(0).asked, 50 * MIB);
        ck_assert_uint_eq(view(1).asked, 50 * MIB);
}
END_TEST

START_TEST(tasks_that_compact_do_not_hold_it_back)
{
        start();
        ask(20);
        m.model.vmstat.pgscan_kswapd = 1000;
        m.model.vmstat.allocstall_normal = 7;
        m.model.psi_memory.some.total = 1;
        ask(0);
        /* They wait for half of the time. */
        m.model.vmstat.thp_fault_fallback += 300;
        m.model.vmstat.compact_stall += 300;
        m.model.psi_memory.some.total += USEC_PER_SEC / 2;
        ask(0);
        ck_assert_uint_eq(m.compacts, 1);
        machine_compaction_ends(&m, 0, 0);
        machine_run(&m, USEC_PER_MIN);
        /* The same, while kswapd works for blocks, too: more than twice its mark is free. */
        m.model.vmstat.thp_fault_fallback += 400;
        m.model.vmstat.compact_stall += 400;
        m.model.vmstat.pgscan_kswapd += 9000;
        m.model.psi_memory.some.total += USEC_PER_SEC;
        ask(0);
        ck_assert_uint_eq(m.compacts, 2);
}
END_TEST

static const struct {
        uint64_t stalls, reclaims, scanned, mark;
        bool acts;
} waits[] = {
        { 300, 0, 0, PAGES(6), true },
        { 300, 0, 9000, PAGES(1034), true },   /* 2068 MiB are free */
        { 300, 0, 9000, PAGES(1035), false },  /* less than twice the mark */
        { 300, 0, 9000, UNKNOWN_U64, false },  /* no mark is known */
        { 300, 0, 0, UNKNOWN_U64, true },      /* kswapd rests */
        { 300, 1, 0, PAGES(6), false },        /* a task reclaims for itself */
        { 0, 0, 0, PAGES(6), false },          /* who waits does not compact */
};

START_TEST(who_waits_for_what)
{
        start();
        ask(20);
        m.model.vmstat.pgscan_kswapd = 1000;
        m.model.vmstat.allocstall_normal = 7;
        m.model.psi_memory.some.total = 1;
        ask(0);
        m.model.zones[0].high = waits[_i].mark;
        m.model.vmstat.thp_fault_fallback += 300;
        m.model.vmstat.compact_stall += waits[_i].stalls;
        m.model.vmstat.allocstall_normal += waits[_i].reclaims;
        m.model.vmstat.pgscan_kswapd += waits[_i].scanned;
        m.model.psi_memory.some.total += USEC_PER_SEC / 2;
        ask(0);
        ck_assert_uint_eq(m.compacts, waits[_i].acts);
}
END_TEST

/* Without a look at the trend. */
static void start_without_forecast(void)
{
        start();
        p.horizon = 0;
        machine_follow(&m, &p);
}

START_TEST(a_sixth_is_enough_while_memory_comes_free)
{
        start_without_forecast();
        machine_free_memory(&m, 0, 1000, 1000);
        machine_sample(&m);
        ask(300);
        m.now += 12 * USEC_PER_SEC;
        machine_sample(&m);
        /* Calm: a third may be missing. */
        ck_assert_uint_eq(view(0).reserve, view(0).refill - view(0).refill / 3);
        machine_free_memory(&m, 0, 480, 1000);
        machine_run(&m, 20 * USEC_PER_SEC);
        ck_assert_uint_eq(m.compacts, 0);
        /* Not a quarter more; a quarter more. */
        machine_free_memory(&m, 0, 480, 1368);
        ask(0);
        ck_assert_uint_eq(m.compacts, 0);
        machine_free_memory(&m, 0, 480, 1371);
        ask(0);
        ck_assert_uint_eq(view(0).reserve, view(0).refill - view(0).refill / 6);
        ck_assert_uint_eq(m.compacts, 1);
        /* Ten seconds later that is how it is. */
        machine_run(&m, 11 * USEC_PER_SEC);
        ck_assert_uint_eq(view(0).reserve, view(0).refill - view(0).refill / 3);
}
END_TEST

START_TEST(a_few_blocks_are_no_reason)
{
        start_without_forecast();
        machine_free_memory(&m, 0, 1000, 1000);
        machine_sample(&m);
        ask(15);
        m.now += 12 * USEC_PER_SEC;
        machine_sample(&m);
        machine_free_memory(&m, 0, 22, 1000);
        machine_run(&m, 20 * USEC_PER_SEC);
        machine_free_memory(&m, 0, 22, 1900);
        ask(0);
        ck_assert_uint_eq(view(0).reserve, view(0).refill - 8 * MIB);
        ck_assert_uint_eq(m.compacts, 0);
}
END_TEST

START_TEST(looks_often_while_what_was_asked_for_is_missing)
{
        start();
        ask(100);
        machine_free_memory(&m, 0, 10, 20); /* short of memory, not of blocks */
        m.now += 12 * USEC_PER_SEC;
        machine_sample(&m);
        ck_assert_int_eq(view(0).verdict, VERDICT_SHORT);
        for (unsigned i = 0; i < 30; i++) {
                m.now = m.out.next_wakeup;
                machine_sample(&m);
                ck_assert_uint_le(m.out.next_wakeup - m.now, p.interval.min);
        }
        machine_run(&m, 2 * USEC_PER_MIN);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        ck_assert_uint_eq(m.out.next_wakeup - m.now, p.interval.max / 4);
}
END_TEST

/* A demand, served by one action. */
static void serve(void)
{
        ask(100);
        m.now += 20 * USEC_PER_SEC;
        machine_sample(&m);
        machine_free_memory(&m, 0, 150, 1900);
        machine_compaction_ends(&m, 0, 0);
        m.now += p.settle;
        machine_sample(&m);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_GAINED));
}

static int64_t proactiveness(void)
{
        machine_answer(&m);
        return m.model.knobs[KNOB_COMPACTION_PROACTIVENESS];
}

static void start_beside_kcompactd(void)
{
        start();
        p.levers |= 1U << LEVER_PROACTIVENESS;
        m.model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 20;
        m.model.nodes[0].score_known = false; /* not left to kcompactd for a moment */
        machine_follow(&m, &p);
        machine_sample(&m);
}

/* What was served is wanted again from then on: memory may come free at any time, and the next burst may come. */
START_TEST(looks_again_when_a_burst_no_longer_counts_as_served)
{
        start();
        machine_run(&m, 10 * USEC_PER_MIN); /* it sleeps */
        ask(100);
        machine_run(&m, 10 * USEC_PER_SEC - 1);
        ck_assert_uint_eq(view(0).reserve, 0);
        ck_assert_uint_eq(m.compacts, 0);
        machine_run(&m, 1);
        ck_assert_uint_gt(view(0).reserve, 0);
        ck_assert_uint_eq(m.compacts, 1);
}
END_TEST

START_TEST(looks_rarely_while_nobody_has_asked)
{
        start();
        machine_free_memory(&m, 0, 10, 20); /* short of memory */
        p.objectives[0].at_start = (Amount){ .permyriad = 2400 };
        machine_follow(&m, &p);
        machine_run(&m, USEC_PER_MIN);
        ck_assert_int_eq(view(0).verdict, VERDICT_SHORT);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        ck_assert_uint_eq(m.out.next_wakeup - m.now, p.interval.max / 4);
}
END_TEST

START_TEST(kcompactd_stands_down_where_demand_is_served)
{
        start_beside_kcompactd();
        machine_run(&m, USEC_PER_MIN);
        ck_assert_uint_eq(m.sets, 0);
        serve();
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_KNOB_STOOD_DOWN));
        ck_assert_int_eq(proactiveness(), 0);
        machine_run(&m, 10 * USEC_PER_MIN);
        ck_assert_uint_eq(m.sets, 1);
}
END_TEST

/* What was made was taken while it was made: all of what was missing came. */
static void serve_and_take(uint64_t pages)
{
        ask(100);
        m.now += 20 * USEC_PER_SEC;
        machine_sample(&m);
        ck_assert(m.nodes[0].running);
        machine_free_memory(&m, 0, 20, 1900);
        m.model.vmstat.thp_fault_alloc += pages;
        machine_compaction_ends(&m, 0, 0);
        m.now += p.settle;
        machine_sample(&m);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_GAINED));
}

START_TEST(kcompactd_stands_down_where_demand_took_what_was_made)
{
        start_beside_kcompactd();
        serve_and_take(100);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_KNOB_STOOD_DOWN));
        ck_assert_int_eq(proactiveness(), 0);
}
END_TEST

START_TEST(kcompactd_goes_on_where_a_part_came)
{
        start_beside_kcompactd();
        serve_and_take(60);
        ck_assert_ptr_null(machine_decision(&m, REASON_KNOB_STOOD_DOWN));
        ck_assert_int_eq(proactiveness(), 20);
}
END_TEST

START_TEST(kcompactd_stands_up_when_fragd_fails_and_stays_so)
{
        start_beside_kcompactd();
        serve();
        ck_assert_int_eq(proactiveness(), 0);
        /* All is taken and cannot be made again. */
        machine_free_memory(&m, 0, 0, 2048);
        m.now += 2 * USEC_PER_MIN;
        machine_sample(&m);
        machine_compaction_ends(&m, 0, 0);
        m.now += p.settle;
        machine_sample(&m);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_NO_GAIN));
        m.now += USEC_PER_SEC;
        machine_sample(&m);
        ck_assert_int_eq(proactiveness(), 20);
        /* It works once more: kcompactd keeps its value all the same. */
        m.now += 10 * USEC_PER_MIN;
        machine_sample(&m);
        machine_free_memory(&m, 0, 150, 1900);
        machine_compaction_ends(&m, 0, 0);
        machine_run(&m, 10 * USEC_PER_MIN);
        ck_assert_int_eq(proactiveness(), 20);
}
END_TEST

START_TEST(a_chosen_value_is_left_alone)
{
        start_beside_kcompactd();
        m.model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 30;
        machine_sample(&m);
        serve();
        machine_run(&m, 10 * USEC_PER_MIN);
        ck_assert_uint_eq(m.sets, 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("follow");

        tcase_add_checked_fixture(t, NULL, teardown);
        tcase_add_test(t, nobody_asks_nothing_is_done);
        tcase_add_test(t, holds_what_was_asked_for);
        tcase_add_test(t, an_action_ends_when_the_demand_is_served);
        tcase_add_test(t, bounds);
        tcase_add_test(t, what_is_assumed_is_made_once);
        tcase_add_test(t, what_is_assumed_is_not_assumed_for_ever);
        tcase_add_test(t, a_kernel_that_does_not_count);
        tcase_add_test(t, the_node_that_served_is_the_one_that_holds);
        tcase_add_test(t, tasks_that_compact_do_not_hold_it_back);
        tcase_add_loop_test(t, who_waits_for_what, 0, ELEMENTSOF(waits));
        tcase_add_test(t, a_sixth_is_enough_while_memory_comes_free);
        tcase_add_test(t, a_few_blocks_are_no_reason);
        tcase_add_test(t, looks_often_while_what_was_asked_for_is_missing);
        tcase_add_test(t, looks_again_when_a_burst_no_longer_counts_as_served);
        tcase_add_test(t, looks_rarely_while_nobody_has_asked);
        tcase_add_test(t, kcompactd_stands_down_where_demand_is_served);
        tcase_add_test(t, kcompactd_stands_down_where_demand_took_what_was_made);
        tcase_add_test(t, kcompactd_goes_on_where_a_part_came);
        tcase_add_test(t, kcompactd_stands_up_when_fragd_fails_and_stays_so);
        tcase_add_test(t, a_chosen_value_is_left_alone);
        suite_add_tcase(s, t);
}

TEST_MAIN("follow", build)
