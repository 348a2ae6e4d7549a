/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine, case by case: what it sees, and what it does. */
#include "one-node.h"

START_TEST(met_does_nothing)
{
        start(WINDOW | COMPACT, 512, 100);
        machine_run(&m, USEC_PER_HOUR);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_MET);
        ck_assert_uint_eq(m.sets + m.compacts, 0);
        ck_assert_ptr_null(node(0).notable);
        /* calm: not more often than policy interval.max, after it has grown */
        ck_assert_uint_eq(m.out.next_wakeup - m.now,
                15 * USEC_PER_SEC - (m.now - (m.out.next_wakeup - 15 * USEC_PER_SEC)));
        ck_assert_uint_eq(node(0).objectives[0].met_usec, node(0).objectives[0].observed_usec);
        ck_assert_uint_gt(node(0).objectives[0].met_usec, 59 * USEC_PER_MIN);
}
END_TEST

START_TEST(fragmented_compacts_and_stops_at_the_mark)
{
        const Decision *d;

        start(COMPACT, 20, 1000);
        machine_sample(&m);
        d = machine_decision(&m, REASON_MISSED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->act, ACT_COMPACT);
        ck_assert_int_eq(d->verdict, VERDICT_FRAGMENTED);
        ck_assert(d->notable);
        ck_assert_uint_eq(d->node, 0);
        ck_assert_uint_eq(d->current, 20 * MIB);
        ck_assert_uint_eq(d->refill, 384 * MIB);
        ck_assert(m.nodes[0].running);
        ck_assert(!m.nodes[1].running);
        ck_assert_uint_le(m.out.next_wakeup - m.now, 250 * USEC_PER_MSEC);
        /* not yet enough: it goes on */
        m.now = m.out.next_wakeup;
        machine_free_memory(&m, 0, 300, 720);
        machine_sample(&m);
        ck_assert_uint_eq(m.stops, 0);
        /* enough: it is ended, once */
        m.now = m.out.next_wakeup;
        machine_free_memory(&m, 0, 390, 630);
        machine_sample(&m);
        ck_assert_uint_eq(m.stops, 1);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        ck_assert_uint_eq(m.stops, 1);
        machine_compaction_ends(&m, 0, -ECANCELED);
        ck_assert_uint_eq(m.out.next_wakeup - m.now, p.settle);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        d = machine_decision(&m, REASON_GAINED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->gain, 370 * (int64_t)MIB);
        ck_assert_uint_gt(d->cost, 0);
        ck_assert_int_gt(d->score_drop, 20);
        ck_assert_uint_eq(node(0).efficacy[LEVER_COMPACT].share, 10000);
        ck_assert(!efficacy_known(&node(0).efficacy[LEVER_WINDOW]));
        machine_run(&m, USEC_PER_MIN);
        ck_assert_uint_eq(m.compacts, 1);
}
END_TEST

START_TEST(window_is_raised_and_put_back)
{
        const Decision *d;

        start(WINDOW | COMPACT, 20, 1000);
        machine_sample(&m);
        d = machine_decision(&m, REASON_MISSED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->act, ACT_SET_KNOB);
        ck_assert_int_eq(d->knob, KNOB_COMPACTION_PROACTIVENESS);
        ck_assert_int_eq(d->old_value, 20);
        /* far enough for 384 of 1020 MiB: a score of 62 at most, and no further than needed */
        ck_assert_int_ge(d->new_value, 38);
        ck_assert_int_le(d->new_value, 41);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_FRAGD);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).baseline, 20);
        machine_answer(&m);
        m.now = m.out.next_wakeup;
        m.model.nodes[0].kcompactd_state = 'R';
        m.model.nodes[0].kcompactd_cpu_nsec = 300 * 1000 * 1000;
        machine_free_memory(&m, 0, 400, 620);
        machine_sample(&m);
        ck_assert_uint_eq(m.restores, 1);
        machine_answer(&m);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_NOBODY);
        ck_assert_int_eq(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 20);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        d = machine_decision(&m, REASON_GAINED);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->cost, 300 * USEC_PER_MSEC);
        ck_assert_uint_eq(m.compacts, 0);
}
END_TEST

/* Nobody may spend what nobody can count. */
START_TEST(window_of_an_unseen_kcompactd_costs_its_time)
{
        const Decision *d;
        BudgetView b;

        start(WINDOW, 20, 1000);
        m.model.nodes[0].kcompactd_cpu_nsec = UNKNOWN_U64;
        machine_sample(&m);
        machine_answer(&m);
        m.now += 1500 * USEC_PER_MSEC;
        machine_free_memory(&m, 0, 400, 620);
        machine_sample(&m);
        ck_assert_uint_eq(m.restores, 1);
        machine_answer(&m);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        d = machine_decision(&m, REASON_GAINED);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->took, 1500 * USEC_PER_MSEC);
        ck_assert_uint_eq(d->cost, d->took);
        engine_budget_view(m.engine, m.now, &b);
        ck_assert_uint_eq(b.spent, d->took);
}
END_TEST

START_TEST(window_would_drag_the_other_node)
{
        start(WINDOW | COMPACT, 20, 1000);
        machine_free_memory(&m, 1, 1000, 3000); /* met, but its score is 74 */
        machine_sample(&m);
        ck_assert_uint_eq(m.sets, 0);
        ck_assert(m.nodes[0].running);
        ck_assert(!m.nodes[1].running);
}
END_TEST

START_TEST(window_that_nobody_uses_ends)
{
        start(WINDOW, 20, 1000);
        machine_sample(&m);
        machine_answer(&m);
        machine_run(&m, 4 * USEC_PER_SEC);
        ck_assert_uint_eq(m.sets, 1);
        ck_assert_uint_eq(m.restores, 1);
        ck_assert_int_eq(node(0).last->reason, REASON_BACKOFF);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_FUTILE);
}
END_TEST

START_TEST(short_is_left_alone)
{
        start(WINDOW | COMPACT, 20, 40);
        machine_run(&m, USEC_PER_HOUR);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_SHORT);
        ck_assert_int_eq(node(0).last->reason, REASON_SHORT);
        ck_assert_uint_eq(m.sets + m.compacts, 0);
        ck_assert_ptr_nonnull(node(0).notable);
        ck_assert_int_eq(node(0).notable->reason, REASON_SHORT);
}
END_TEST

/* Not enough for the whole reserve, but for a good part of it, and for longer than a load peak. */
START_TEST(a_part_is_held_when_the_whole_cannot_be)
{
        start(COMPACT, 20, 200);
        machine_run(&m, 9 * USEC_PER_SEC);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_SHORT);
        ck_assert_uint_eq(m.compacts, 0);
        machine_run(&m, 10 * USEC_PER_SEC);
        ck_assert_uint_eq(m.compacts, 1);
        /* ceiling: 220 MiB less the low mark of 5 and the gap of 4; of that seven eighths */
        ck_assert_uint_gt(node(0).objectives[0].refill, 180 * MIB);
        ck_assert_uint_lt(node(0).objectives[0].refill, 190 * MIB);
        machine_free_memory(&m, 0, 192, 28);
        machine_run(&m, USEC_PER_SEC);
        ck_assert_uint_eq(m.stops, 1);
        machine_compaction_ends(&m, 0, -ECANCELED);
        machine_run(&m, USEC_PER_HOUR);
        ck_assert_uint_eq(m.compacts, 1);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_SHORT);
}
END_TEST

START_TEST(left_to_kcompactd_where_it_acts_by_itself)
{
        start(WINDOW | COMPACT, 20, 1000); /* score 97, above the 90 of proactiveness 20 */
        p.objectives[0].reserve.bytes = 64 * MIB;
        p.objectives[0].refill.bytes = 96 * MIB;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_sample(&m);
        ck_assert_int_eq(node(0).last->reason, REASON_KERNEL_ACTS);
        machine_run(&m, 4 * USEC_PER_SEC);
        ck_assert_uint_eq(m.sets + m.compacts, 0);
        /* it does not: backed off, or kept waiting */
        machine_run(&m, 3 * USEC_PER_SEC);
        ck_assert_uint_eq(m.sets, 0);
        ck_assert_uint_eq(m.compacts, 1);
}
END_TEST

/* A share is one of the memory outside the hugetlb pools. */
START_TEST(hugetlb_pools_are_no_base_of_a_share)
{
        start(COMPACT, 512, 1000);
        p.objectives[0].reserve = (Amount){ .permyriad = 1000 };
        p.objectives[0].refill = (Amount){ .permyriad = 1500 };
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        machine_sample(&m);
        ck_assert_uint_eq(node(0).objectives[0].reserve, 4096 * MIB / 10);
        m.model.have |= 1U << SOURCE_MEMINFO;
        m.model.meminfo.hugetlb = 4096 * MIB; /* half of the two nodes */
        m.now += 1;
        machine_sample(&m);
        ck_assert_uint_eq(node(0).objectives[0].reserve, 2048 * MIB / 10);
        m.model.meminfo.hugetlb = UINT64_C(1) << 60;
        m.now += 1;
        machine_sample(&m);
        ck_assert_uint_eq(node(0).objectives[0].reserve, 2 * MIB);
}
END_TEST

/* Compaction that never helps: pauses grow, and there are at most so many attempts. */
START_TEST(futile_backs_off)
{
        usec_t pauses[8];
        unsigned n = 0;

        start(COMPACT, 20, 1000);
        machine_sample(&m);
        for (usec_t end = m.now + 6 * USEC_PER_HOUR; m.now < end;) {
                if (m.nodes[0].running) {
                        m.now += USEC_PER_SEC;
                        machine_compaction_ends(&m, 0, 0);
                        continue;
                }
                m.now = m.out.next_wakeup;
                machine_sample(&m);
                if (machine_decision(&m, REASON_NO_GAIN)) {
                        ck_assert_uint_lt(n, ELEMENTSOF(pauses));
                        pauses[n++] = node(0).backoff_until - m.now;
                        ck_assert(m.out.want_pagetypeinfo || n > 1);
                        ck_assert_uint_eq(node(0).attempts, n);
                }
        }
        /* 1, 4, 16, 64, 256 minutes */
        ck_assert_uint_ge(n, 4);
        ck_assert_uint_le(n, 6);
        ck_assert_uint_eq(pauses[0], USEC_PER_MIN);
        for (unsigned i = 1; i < n; i++)
                ck_assert_uint_eq(pauses[i], MIN(4 * pauses[i - 1], p.backoff_max));
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_FUTILE);
        m.model.nodes[0].unmovable_permyriad = 7000;
        machine_sample(&m);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_PINNED);
        /* much more room: forgiven */
        machine_free_memory(&m, 0, 20, 2000);
        m.now = m.out.next_wakeup;
        machine_sample(&m);
        ck_assert(m.nodes[0].running);
}
END_TEST

/* Two actions in vain lower it; what lowered it is over with a pause, while it goes on without. */
START_TEST(lowered_no_longer_after_a_pause)
{
        start(COMPACT | 1U << LEVER_PROACTIVENESS, 20, 1000);
        p.proactiveness_min = 5;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        while (knob(KNOB_COMPACTION_PROACTIVENESS).value != 5) {
                m.now = m.nodes[0].running ? m.now + USEC_PER_SEC : m.out.next_wakeup;
                if (m.nodes[0].running)
                        machine_compaction_ends(&m, 0, 0);
                else
                        machine_sample(&m);
                machine_answer(&m);
                ck_assert_uint_lt(node(0).attempts, 4);
        }
        ck_assert_uint_ge(node(0).attempts, 2);
        m.now = node(0).backoff_until - USEC_PER_SEC;
        machine_sample(&m);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).value, 5);
        machine_step(&m, &(Event){ .type = EVENT_REQUEST,
                                 .request = { .type = REQUEST_PAUSE, .duration = USEC_PER_MIN, .token = 1 } });
        machine_answer(&m);
        m.now += 2 * USEC_PER_MIN;
        machine_sample(&m);
        machine_answer(&m);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).value, 20);
}
END_TEST

START_TEST(forecast_acts_before_it_is_missed)
{
        const Decision *d = NULL;

        start(COMPACT, 512, 2000);
        for (uint64_t huge = 512; huge >= 258 && !d; huge -= 8) {
                machine_free_memory(&m, 0, huge, 2000);
                machine_sample(&m);
                d = machine_decision(&m, REASON_FORECAST);
                m.now += USEC_PER_SEC;
        }
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->verdict, VERDICT_MET);
        ck_assert_uint_ge(d->current, 256 * MIB);
        ck_assert_uint_lt(d->current, 384 * MIB);
        ck_assert_int_lt(d->slope, 0);
        ck_assert_uint_lt(d->time_left, 60 * USEC_PER_SEC);
}
END_TEST

/* The blocks go with all that is free: whoever takes them takes them whole, and nothing is there that compaction could use. */
START_TEST(no_forecast_while_memory_is_taken)
{
        start(COMPACT, 512, 2000);
        for (uint64_t huge = 512, loose = 2000; huge >= 258; huge -= huge / 12, loose -= loose / 12) {
                machine_free_memory(&m, 0, huge, loose);
                machine_sample(&m);
                ck_assert_ptr_null(machine_decision(&m, REASON_FORECAST));
                m.now += USEC_PER_SEC;
        }
        ck_assert_uint_eq(m.compacts, 0);
}
END_TEST

/* Falls so slowly that the reserve is missed in a minute and a half. */
static const Decision *falls_slowly(bool mixing)
{
        const Decision *d = NULL;

        start(COMPACT, 512, 2000);
        m.model.have |= UINT32_C(1) << SOURCE_FALLBACKS;
        m.model.fallbacks.unusual[FALLBACK_UNMOVABLE] = mixing;
        for (uint64_t huge = 380; huge >= 290 && !d; huge--) {
                machine_free_memory(&m, 0, huge, 2000);
                machine_sample(&m);
                d = machine_decision(&m, REASON_FORECAST);
                m.now += 2 * USEC_PER_SEC;
        }
        return d;
}

START_TEST(unusual_fallbacks_are_a_warning)
{
        const Decision *d;

        ck_assert_ptr_null(falls_slowly(false));
        teardown();
        d = falls_slowly(true);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_gt(d->time_left, 60 * USEC_PER_SEC);
        ck_assert_uint_lt(d->time_left, 120 * USEC_PER_SEC);
}
END_TEST

START_TEST(unusual_fallbacks_are_looked_at)
{
        usec_t calm;

        start(COMPACT, 1500, 400);
        machine_run(&m, 10 * USEC_PER_MIN);
        machine_sample(&m);
        calm = usec_sub(m.out.next_wakeup, m.now);
        m.model.have |= UINT32_C(1) << SOURCE_FALLBACKS;
        m.model.fallbacks.unusual[FALLBACK_UNMOVABLE] = true;
        machine_sample(&m);
        ck_assert_uint_eq(calm, p.interval.max);
        ck_assert_uint_eq(usec_sub(m.out.next_wakeup, m.now), p.interval.max / 4);
}
END_TEST

START_TEST(standing_value_after_repeated_gain)
{
        start(COMPACT | 1U << LEVER_PROACTIVENESS, 20, 1000);
        m.model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 0;
        p.objectives[0].reserve.bytes = 512 * MIB;
        p.objectives[0].refill.bytes = 640 * MIB;
        p.proactiveness_max = 40;
        machine_step(&m, &(Event){ .type = EVENT_POLICY, .policy = &p });
        for (int i = 0; i < 3; i++) {
                machine_free_memory(&m, 0, 20, 1000);
                machine_sample(&m);
                ck_assert(m.nodes[0].running);
                machine_free_memory(&m, 0, 700, 320);
                m.now += USEC_PER_SEC;
                machine_compaction_ends(&m, 0, 0);
                machine_run(&m, 9 * USEC_PER_MIN);
        }
        ck_assert_uint_eq(m.sets, 1);
        ck_assert_int_ge(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 12);
        ck_assert_int_le(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 40);
        /* not needed for an hour: back */
        machine_run(&m, 61 * USEC_PER_MIN);
        ck_assert_int_eq(m.model.knobs[KNOB_COMPACTION_PROACTIVENESS], 0);
        ck_assert_int_eq(knob(KNOB_COMPACTION_PROACTIVENESS).owner, KNOB_OWNER_NOBODY);
}
END_TEST

START_TEST(what_is_taken_at_once_is_a_gain)
{
        const Decision *d;

        start(COMPACT, 20, 1000);
        m.model.n_nodes = 1; /* the counters are the machine's */
        m.model.vmstat.thp_fault_alloc = 1000;
        machine_sample(&m);
        m.model.vmstat.thp_fault_alloc = 1150;
        machine_free_memory(&m, 0, 10, 710);
        m.now += USEC_PER_SEC;
        machine_compaction_ends(&m, 0, 0);
        m.now += p.settle;
        machine_sample(&m);
        d = machine_decision(&m, REASON_GAINED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->gain, 290 * (int64_t)MIB);
        ck_assert_uint_eq(node(0).attempts, 0);
}
END_TEST

START_TEST(boost_when_pinned)
{
        start(COMPACT | 1U << LEVER_BOOST, 20, 1000);
        m.model.knobs[KNOB_WATERMARK_BOOST_FACTOR] = 0;
        m.model.nodes[0].unmovable_permyriad = 6000;
        machine_sample(&m);
        m.now += USEC_PER_SEC;
        machine_compaction_ends(&m, 0, 0);
        machine_run(&m, 30 * USEC_PER_SEC);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_PINNED);
        ck_assert_int_eq(m.model.knobs[KNOB_WATERMARK_BOOST_FACTOR], 15000);
        machine_free_memory(&m, 0, 900, 100);
        machine_run(&m, 5 * USEC_PER_MIN);
        ck_assert_int_eq(m.model.knobs[KNOB_WATERMARK_BOOST_FACTOR], 0);
}
END_TEST

START_TEST(calm)
{
        start(COMPACT, 512, 1000);
        ck_assert(engine_calm(m.engine)); /* nothing was seen yet */
        machine_sample(&m);
        ck_assert(engine_calm(m.engine));
        /* Short of memory, with and without the lever that goes by the marks. */
        machine_free_memory(&m, 0, 10, 20);
        machine_sample(&m);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_SHORT);
        ck_assert(engine_calm(m.engine));
        p.levers |= 1U << LEVER_SCALE;
        machine_follow(&m, &p);
        machine_sample(&m);
        ck_assert_int_eq(node(0).objectives[0].verdict, VERDICT_SHORT);
        ck_assert(!engine_calm(m.engine));
        /* Fragmented: something runs. */
        p.levers = COMPACT;
        machine_follow(&m, &p);
        machine_free_memory(&m, 0, 20, 1000);
        machine_sample(&m);
        ck_assert(m.nodes[0].running);
        ck_assert(!engine_calm(m.engine));
}
END_TEST

/* A window ends by itself, so that it need not be looked at closely before half is there. */
START_TEST(a_window_is_looked_at_half_as_often_at_first)
{
        start(WINDOW, 20, 1000);
        machine_sample(&m);
        machine_answer(&m);
        ck_assert_uint_eq(m.sets, 1);
        m.now += 250 * USEC_PER_MSEC;
        machine_free_memory(&m, 0, 200, 820);
        machine_sample(&m);
        ck_assert_uint_eq(m.out.next_wakeup, m.now + 500 * USEC_PER_MSEC);
        m.now += 500 * USEC_PER_MSEC;
        machine_free_memory(&m, 0, 202, 818); /* 182 of the 364 MiB that are missing */
        machine_sample(&m);
        ck_assert_uint_eq(m.out.next_wakeup, m.now + 250 * USEC_PER_MSEC);
}
END_TEST

START_TEST(a_compaction_is_looked_at_closely)
{
        start(COMPACT, 20, 1000);
        machine_sample(&m);
        ck_assert(m.nodes[0].running);
        m.now += 250 * USEC_PER_MSEC;
        machine_sample(&m);
        ck_assert_uint_eq(m.out.next_wakeup, m.now + 250 * USEC_PER_MSEC);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("engine");

        tcase_add_checked_fixture(t, NULL, teardown);
        tcase_add_test(t, met_does_nothing);
        tcase_add_test(t, fragmented_compacts_and_stops_at_the_mark);
        tcase_add_test(t, window_is_raised_and_put_back);
        tcase_add_test(t, window_of_an_unseen_kcompactd_costs_its_time);
        tcase_add_test(t, window_would_drag_the_other_node);
        tcase_add_test(t, window_that_nobody_uses_ends);
        tcase_add_test(t, short_is_left_alone);
        tcase_add_test(t, a_part_is_held_when_the_whole_cannot_be);
        tcase_add_test(t, left_to_kcompactd_where_it_acts_by_itself);
        tcase_add_test(t, hugetlb_pools_are_no_base_of_a_share);
        tcase_add_test(t, futile_backs_off);
        tcase_add_test(t, lowered_no_longer_after_a_pause);
        tcase_add_test(t, forecast_acts_before_it_is_missed);
        tcase_add_test(t, no_forecast_while_memory_is_taken);
        tcase_add_test(t, unusual_fallbacks_are_a_warning);
        tcase_add_test(t, unusual_fallbacks_are_looked_at);
        tcase_add_test(t, standing_value_after_repeated_gain);
        tcase_add_test(t, what_is_taken_at_once_is_a_gain);
        tcase_add_test(t, boost_when_pinned);
        tcase_add_test(t, calm);
        tcase_add_test(t, a_window_is_looked_at_half_as_often_at_first);
        tcase_add_test(t, a_compaction_is_looked_at_closely);
        suite_add_tcase(s, t);
}

TEST_MAIN("engine", build)
