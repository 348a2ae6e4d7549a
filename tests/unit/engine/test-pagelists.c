/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/engine.h"
#include "machine.h"

#define SHORT INT64_C(1000000)

static Machine m;
static Policy p;

/* 4 GiB fragmented, where an action begins at once. */
static void start(uint32_t levers, int64_t fraction)
{
        machine_init(&m, 1, 4096);
        m.model.knobs[KNOB_PERCPU_PAGELIST_HIGH_FRACTION] = fraction;
        machine_free_memory(&m, 0, 50, 1000);
        policy_init(&p, "test");
        policy_objective(&p, "thp", 400, 600);
        p.levers = levers;
        machine_follow(&m, &p);
        machine_sample(&m);
}

static void teardown(void)
{
        machine_done(&m);
}

static int64_t fraction(void)
{
        return m.model.knobs[KNOB_PERCPU_PAGELIST_HIGH_FRACTION];
}

static KnobOwner owner(void)
{
        KnobView v;

        engine_knob_view(m.engine, KNOB_PERCPU_PAGELIST_HIGH_FRACTION, &v);
        return v.owner;
}

/* The act that the last step ordered on the knob. */
static Act ordered(void)
{
        for (size_t i = 0; i < m.out.n_decisions; i++)
                if (m.out.decisions[i].lever == LEVER_PAGELISTS)
                        return m.out.decisions[i].act;
        return ACT_NONE;
}

START_TEST(short_while_an_action_goes_on)
{
        start(1U << LEVER_COMPACT | 1U << LEVER_PAGELISTS, 0);
        ck_assert_uint_eq(m.compacts, 1);
        ck_assert_int_eq(fraction(), SHORT);
        ck_assert_uint_eq(m.sets, 1);
        machine_answer(&m);
        ck_assert_int_eq(owner(), KNOB_OWNER_FRAGD);
        machine_run(&m, 2 * USEC_PER_SEC);
        ck_assert_int_eq(fraction(), SHORT);
        machine_free_memory(&m, 0, 700, 350);
        machine_run(&m, USEC_PER_SEC);
        ck_assert_uint_eq(m.stops, 1);
        ck_assert_int_eq(fraction(), SHORT); /* not before it has ended, and is measured */
        machine_compaction_ends(&m, 0, -ECANCELED);
        ck_assert_int_eq(fraction(), SHORT);
        machine_run(&m, 3 * USEC_PER_SEC);
        ck_assert_int_eq(fraction(), 0);
        ck_assert_uint_eq(m.restores, 1);
        ck_assert_int_eq(owner(), KNOB_OWNER_NOBODY);
        machine_run(&m, USEC_PER_HOUR);
        ck_assert_uint_eq(m.sets + m.restores, 2);
}
END_TEST

START_TEST(for_windows_and_what_a_person_asks_for_too)
{
        start(1U << LEVER_WINDOW | 1U << LEVER_PAGELISTS, 0);
        ck_assert_int_gt(m.highest, 20);
        ck_assert_int_eq(fraction(), SHORT);
        teardown();

        start(1U << LEVER_PAGELISTS, 0); /* allows no action by itself */
        ck_assert_int_eq(fraction(), 0);
        machine_step(&m, &(Event){ .type = EVENT_REQUEST, .request = { .type = REQUEST_COMPACT, .token = 1, .node = 0, .size = 2 * MIB, .count = 300 } });
        machine_sample(&m);
        ck_assert_uint_eq(m.compacts, 1);
        ck_assert_int_eq(fraction(), SHORT);
}
END_TEST

/* A kernel before 5.14, somebody who chose a fraction, a policy that does not name the lever, one that only observes. */
START_TEST(left_alone)
{
        static const struct {
                uint32_t levers;
                int64_t fraction;
                bool observe;
        } rows[] = {
                { 1U << LEVER_COMPACT | 1U << LEVER_PAGELISTS, KNOB_VALUE_NONE, false },
                { 1U << LEVER_COMPACT | 1U << LEVER_PAGELISTS, 8, false },
                { 1U << LEVER_COMPACT, 0, false },
                { 1U << LEVER_COMPACT | 1U << LEVER_PAGELISTS, 0, true },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                machine_init(&m, 1, 4096);
                m.model.knobs[KNOB_PERCPU_PAGELIST_HIGH_FRACTION] = rows[i].fraction;
                machine_free_memory(&m, 0, 50, 1000);
                policy_init(&p, "test");
                policy_objective(&p, "thp", 400, 600);
                p.levers = rows[i].levers;
                p.act = !rows[i].observe;
                machine_follow(&m, &p);
                machine_sample(&m);
                machine_run(&m, 5 * USEC_PER_SEC);
                ck_assert_uint_eq(m.compacts, !rows[i].observe);
                ck_assert_int_eq(fraction(), rows[i].fraction);
                if (i + 1 < ELEMENTSOF(rows))
                        teardown();
        }
}
END_TEST

START_TEST(taken_over_meanwhile_it_is_theirs)
{
        start(1U << LEVER_COMPACT | 1U << LEVER_PAGELISTS, 0);
        machine_answer(&m);
        m.model.knobs[KNOB_PERCPU_PAGELIST_HIGH_FRACTION] = 100;
        machine_sample(&m);
        ck_assert_int_eq(owner(), KNOB_OWNER_OTHER);
        machine_compaction_ends(&m, 0, 0);
        machine_run(&m, 5 * USEC_PER_SEC);
        ck_assert_int_eq(fraction(), 100);
        ck_assert_uint_eq(m.restores, 0);
}
END_TEST

/* The action goes on without, and it is not tried with each one again. */
START_TEST(a_kernel_that_refuses_is_not_asked_each_time)
{
        start(1U << LEVER_COMPACT | 1U << LEVER_PAGELISTS, 0);
        m.model.knobs[KNOB_PERCPU_PAGELIST_HIGH_FRACTION] = 0;
        m.knob[0].event.done.result = -EACCES;
        machine_answer(&m);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_ACTION_FAILED));
        ck_assert(m.nodes[0].running);
        machine_run(&m, 10 * USEC_PER_SEC);
        machine_compaction_ends(&m, 0, 0);
        machine_run(&m, 30 * USEC_PER_MIN);
        ck_assert_uint_gt(m.compacts, 1);
        ck_assert_uint_eq(m.sets, 1);
}
END_TEST

START_TEST(put_back_with_a_pause_and_not_begun_by_what_ends)
{
        start(1U << LEVER_COMPACT | 1U << LEVER_PAGELISTS, 0);
        machine_answer(&m);
        machine_step(&m, &(Event){ .type = EVENT_REQUEST, .request = { .type = REQUEST_PAUSE, .token = 1, .duration = USEC_PER_HOUR } });
        ck_assert_int_eq(fraction(), 0);
        machine_answer(&m);
        machine_compaction_ends(&m, 0, -ECANCELED);
        machine_run(&m, USEC_PER_MIN);
        ck_assert_int_eq(fraction(), 0);
        ck_assert_uint_eq(m.sets, 1);
        ck_assert_int_eq(ordered(), ACT_NONE);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("pagelists");

        tcase_add_checked_fixture(t, NULL, teardown);
        tcase_add_test(t, short_while_an_action_goes_on);
        tcase_add_test(t, for_windows_and_what_a_person_asks_for_too);
        tcase_add_test(t, left_alone);
        tcase_add_test(t, taken_over_meanwhile_it_is_theirs);
        tcase_add_test(t, a_kernel_that_refuses_is_not_asked_each_time);
        tcase_add_test(t, put_back_with_a_pause_and_not_begun_by_what_ends);
        suite_add_tcase(s, t);
}

TEST_MAIN("pagelists", build)
