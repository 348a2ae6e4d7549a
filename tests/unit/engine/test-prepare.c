/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests to prepare blocks: which acts, in which order, and how each ends. */
#include "engine/possible.h"
#include "one-node.h"

#define HUGE (2 * MIB)

static void ask(uint64_t count, uint32_t flags, usec_t timeout)
{
        Event ev = { .type = EVENT_REQUEST,
                .request = { .type = REQUEST_PREPARE, .token = 7, .node = 0, .size = HUGE, .count = count, .duration = timeout,
                        .flags = flags, .uid = 1, .pid = 2 } };

        ck_assert_int_eq(engine_step(m.engine, &ev, m.now, &m.out), 0);
        ck_assert_uint_le(m.out.next_wakeup, m.now + 10 * USEC_PER_MSEC);
}

static void sample(void)
{
        Event ev = { .type = EVENT_SAMPLE, .sample = &m.model };

        m.now += USEC_PER_SEC;
        ck_assert_int_eq(engine_step(m.engine, &ev, m.now, &m.out), 0);
}

static const Decision *act(Act a)
{
        for (size_t i = 0; i < m.out.n_decisions; i++)
                if (m.out.decisions[i].act == a)
                        return &m.out.decisions[i];
        return NULL;
}

static void answer(const Decision *to, int result, int64_t value)
{
        Event ev = { .type = EVENT_ACTION_DONE,
                .done = { .action = to->action, .act = to->act, .node = to->node, .result = result, .value = value } };

        ck_assert_int_eq(engine_step(m.engine, &ev, m.now, &m.out), 0);
}

static void setup_healthy(void)
{
        start(COMPACT, 1024, 512);
}

START_TEST(test_there)
{
        const Decision *d;

        ask(100, 0, USEC_PER_MIN);
        sample();
        d = machine_decision(&m, REASON_PREPARED);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->request, 7);
        ck_assert_uint_eq(d->current, 100 * HUGE);
        ck_assert(d->notable && d->act == ACT_NONE);
        ck_assert(!engine_prepares(m.engine));
}
END_TEST

/* Compaction makes a few more than the pool takes, and those stay where they are; but the last ones are taken where it makes no more. */
START_TEST(test_pool_spares)
{
        const Decision *d;

        p.levers = 0; /* nothing of its own */
        machine_follow(&m, &p);
        machine_free_memory(&m, 0, 20, 1000);
        ask(100, REQUEST_HUGETLB, USEC_PER_MIN);
        sample();
        d = act(ACT_GROW_POOL);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->new_value, 6);
        machine_free_memory(&m, 0, 8, 1000);
        answer(d, 0, 6);
        sample();
        ck_assert_ptr_null(act(ACT_GROW_POOL));
        for (unsigned i = 0; i < 5 && !act(ACT_COMPACT); i++)
                sample();
        d = act(ACT_COMPACT);
        ck_assert_ptr_nonnull(d);
        ck_assert_uint_eq(d->refill, (4 + 94 + 4) * HUGE);
        machine_free_memory(&m, 0, 98 * 2, 800);
        answer(d, 0, 0);
        for (unsigned i = 0; i < 5 && !act(ACT_GROW_POOL); i++)
                sample();
        d = act(ACT_GROW_POOL);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->new_value, 94);
}
END_TEST

START_TEST(test_pool)
{
        const Decision *d;

        ask(100, REQUEST_HUGETLB, USEC_PER_MIN);
        sample();
        d = act(ACT_GROW_POOL);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->old_value, 0);
        ck_assert_int_eq(d->new_value, 100);
        answer(d, 0, 60); /* the kernel gave less */
        ck_assert_uint_eq(m.out.n_decisions, 0);
        sample();
        d = act(ACT_GROW_POOL);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->old_value, 60);
        ck_assert_int_eq(d->new_value, 40);
        answer(d, 0, 100);
        sample();
        d = act(ACT_KEEP_POOL);
        ck_assert_ptr_nonnull(d);
        ck_assert_ptr_null(machine_decision(&m, REASON_PREPARED)); /* not before it is kept */
        answer(d, 0, 100);
        d = machine_decision(&m, REASON_PREPARED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->gain, 100 * (int64_t)HUGE);
}
END_TEST

/* A kernel that gives nothing although blocks are free: three times are enough. */
START_TEST(test_pool_refused)
{
        const Decision *d;
        unsigned n = 0;

        ask(100, REQUEST_HUGETLB, USEC_PER_HOUR);
        for (unsigned i = 0; i < 20 && engine_prepares(m.engine); i++) {
                sample();
                d = act(ACT_GROW_POOL);
                if (!d)
                        continue;
                n++;
                answer(d, 0, 0);
        }
        ck_assert_uint_eq(n, 3);
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_IMPOSSIBLE));
}
END_TEST

START_TEST(test_cancel)
{
        Event cancel = { .type = EVENT_REQUEST, .request = { .type = REQUEST_CANCEL, .token = 8, .of = 7 } };
        const Decision *d;
        Decision growth;

        ask(100, REQUEST_HUGETLB, USEC_PER_MIN);
        sample();
        growth = *act(ACT_GROW_POOL);
        ck_assert_int_eq(engine_step(m.engine, &cancel, m.now, &m.out), 0);
        ck_assert_ptr_nonnull(act(ACT_STOP)); /* it grows still */
        ck_assert_ptr_null(machine_decision(&m, REASON_ABANDONED));
        answer(&growth, -ECANCELED, 30);
        d = act(ACT_UNDO_POOL);
        ck_assert_ptr_nonnull(d);
        answer(d, 0, 0);
        d = machine_decision(&m, REASON_ABANDONED);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->gain, 0);
        ck_assert(!engine_prepares(m.engine));
}
END_TEST

START_TEST(test_time)
{
        const Decision *d;

        ask(100, REQUEST_HUGETLB, USEC_PER_SEC / 2);
        sample();
        /* Already over: nothing is begun that would have to be taken back. */
        d = act(ACT_GROW_POOL);
        if (d) {
                ck_assert_ptr_nonnull(act(ACT_STOP));
                answer(d, -ECANCELED, 0);
        }
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_TIMED_OUT));
}
END_TEST

START_TEST(test_actor_lost)
{
        Event lost = { .type = EVENT_ACTOR, .actor_present = false };

        ask(100, REQUEST_HUGETLB, USEC_PER_MIN);
        sample();
        ck_assert_int_eq(engine_step(m.engine, &lost, m.now, &m.out), 0);
        ck_assert_int_eq(machine_decision(&m, REASON_NOT_PREPARED)->error, -ENOTCONN);
}
END_TEST

/* The ninth who waits is refused; the others go when the actor does. */
START_TEST(test_queue)
{
        for (unsigned i = 0; i < 8; i++) {
                ask(4000, 0, USEC_PER_HOUR);
                ck_assert_uint_eq(m.out.n_decisions, 0);
        }
        ask(4000, 0, USEC_PER_HOUR);
        ck_assert_int_eq(machine_decision(&m, REASON_NOT_PREPARED)->error, -EBUSY);
}
END_TEST

START_TEST(test_short)
{
        const Decision *d;

        ask(4000, 0, USEC_PER_HOUR); /* 8000 MiB of 4096 */
        sample();
        d = machine_decision(&m, REASON_IMPOSSIBLE);
        ck_assert_ptr_nonnull(d);
        ck_assert_int_eq(d->verdict, VERDICT_SHORT);
        ck_assert_uint_ge(d->ceiling, 1024 * MIB);
        ck_assert_uint_lt(d->ceiling, 1537 * MIB);
}
END_TEST

START_TEST(test_drop_once)
{
        const Decision *d;

        ask(4000, REQUEST_DROP_CACHES, USEC_PER_HOUR);
        sample();
        d = act(ACT_DROP_CACHES);
        ck_assert_ptr_nonnull(d);
        answer(d, 0, KNOB_VALUE_NONE);
        sample();
        ck_assert_ptr_null(act(ACT_DROP_CACHES));
        ck_assert_ptr_nonnull(machine_decision(&m, REASON_IMPOSSIBLE));
}
END_TEST

/* --- possible.h --- */

START_TEST(test_outlook)
{
        static const struct {
                uint64_t count;
                Outlook outlook;
        } cases[] = { { 512, OUTLOOK_NOW }, { 600, OUTLOOK_COMPACTION }, { 720, OUTLOOK_PINNED }, { 1000, OUTLOOK_SHORT },
                { 2049, OUTLOOK_NEVER }, { UINT64_MAX / 4096, OUTLOOK_NEVER } };
        PossibleAnswer a;
        char text[512];

        m.model.nodes[0].unmovable_permyriad = 2500; /* 512 there, 256 more at most, 192 of those */
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                possible_answer(&m.model, HUGE, cases[i].count, 0, false, &a);
                ck_assert_msg(a.outlook == cases[i].outlook, "%llu: %d", (unsigned long long)cases[i].count, a.outlook);
        }
        ck_assert(a.unmovable_known);
        ck_assert_ptr_nonnull(strstr(possible_sentence(&a, 1, text, sizeof(text)), "1 block of 2 MiB: never"));
        possible_answer(&m.model, HUGE - 1, 1024, NODE_ALL, false, &a); /* both nodes, rounded up */
        ck_assert_int_eq(a.outlook, OUTLOOK_NOW);
        ck_assert_uint_eq(a.size, HUGE);
        possible_answer(&m.model, HUGE, 4, 63, true, &a); /* no such node: nothing is divided among nobody */
        ck_assert_int_eq(a.outlook, OUTLOOK_NEVER);
        ck_assert_uint_eq(a.blocks.now, 0);
        possible_answer(&m.model, UINT64_MAX, 1, NODE_ALL, true, &a);
        ck_assert_int_eq(a.outlook, OUTLOOK_NEVER);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("prepare");

        tcase_add_checked_fixture(t, setup_healthy, teardown);
        tcase_add_test(t, test_there);
        tcase_add_test(t, test_pool);
        tcase_add_test(t, test_pool_spares);
        tcase_add_test(t, test_pool_refused);
        tcase_add_test(t, test_cancel);
        tcase_add_test(t, test_time);
        tcase_add_test(t, test_actor_lost);
        tcase_add_test(t, test_queue);
        tcase_add_test(t, test_short);
        tcase_add_test(t, test_drop_once);
        tcase_add_test(t, test_outlook);
        suite_add_tcase(s, t);
}

TEST_MAIN("prepare", build)
