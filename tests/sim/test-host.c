/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine as a whole: equal seeds give equal runs; pages are conserved under load; kcompactd
 * keeps its marks and its rest; what the sampler sees is what there is; scenarios are all possible
 * ones. */
#include "base/macros.h"
#include "model/indices.h"
#include "sim.h"
#include "test.h"

static Policy policy;
static unsigned ticks;

static void setup(void)
{
        policy_init(&policy, "test");
        policy.levers = 1U << LEVER_WINDOW | 1U << LEVER_COMPACT;
        policy.n_objectives = 1;
        policy.objectives[0] = (Objective){ .size = SIZE_THP,
                .reserve = { .permyriad = 1600 },
                .refill = { .permyriad = 2400 },
                .use = USE_USER,
                .node = NODE_EVERY };
        ticks = 0;
}

/* Now and then: it takes long. */
static void check_sound(void *userdata, const Host *h)
{
        if (ticks++ % 97)
                return;
        for (uint32_t i = 0; i < h->spec->n_nodes; i++) {
                const Kernel *k = &h->node[i].kernel;

                ck_assert_ptr_null(buddy_complaint(&k->buddy));
                ck_assert_uint_eq(
                        k->buddy.free_pages + holders_pages(&k->holders), k->buddy.n_pages);
        }
}

START_TEST(pages_are_conserved)
{
        SimArm arm = { .kind = CONTROLLER_FRAGD, .ticked = check_sound };
        SimResult r;
        Scenario s;

        scenario_random(&s, 100 + (uint64_t)_i, &policy, 1);
        ck_assert_int_eq(sim_run(&s, &arm, &r), 0);
        ck_assert_uint_gt(ticks, 400);
}
END_TEST

START_TEST(equal_seeds_give_equal_runs)
{
        SimArm arm = { .kind = CONTROLLER_FRAGD };
        SimResult a, b;
        Scenario s;

        scenario_random(&s, 5, &policy, 1);
        ck_assert_int_eq(sim_run(&s, &arm, &a), 0);
        ck_assert_int_eq(sim_run(&s, &arm, &b), 0);
        ck_assert_mem_eq(&a.stats, &b.stats, sizeof(a.stats));
        ck_assert_mem_eq(&a.costs, &b.costs, sizeof(a.costs));
        arm.luck = 1;
        ck_assert_int_eq(sim_run(&s, &arm, &b), 0);
        ck_assert_mem_ne(a.free, b.free, sizeof(a.free));
}
END_TEST

/* Nothing but kcompactd on a scattered machine: with a high mark below the score it comes down to
 * the low one, and rests when it cannot. */
START_TEST(kcompactd_keeps_its_marks)
{
        const Pace pace = { .scan_migrate = 10, .scan_free = 10, .move = 1000 };
        Kernel k;
        Holder *h;
        uint64_t stall = 0;
        usec_t now = USEC_PER_SEC;

        ck_assert_int_eq(kernel_init(&k, 64 << 9, 11, 9, 128, &pace), 0);
        ck_assert_int_eq(holders_add(&k.holders, 1, 0, MOBILITY_MOVABLE, _i, 64 << 9, &h), 0);
        while (k.buddy.free_pages > k.buddy.high + 100)
                ck_assert(kernel_fill(&k, h, ASK_ORDINARY, &stall));
        for (unsigned i = 0; i < 12000; i++)
                holder_drop(&k.holders, h, rng_below(&k.rng, h->n));
        ck_assert_uint_gt(kernel_score(&k), 90);
        ck_assert_uint_eq(kcompactd_tick(&k, now, UINT64_MAX, 8), 0);
        ck_assert_msg(k.stats.proactive_runs == 0, "a high mark of 100 is above every score");
        kcompactd_trigger(&k, now);
        kcompactd_tick(&k, now, UINT64_MAX, 50);
        ck_assert_uint_eq(k.stats.proactive_runs, 1);
        if (_i) { /* pinned */
                ck_assert_uint_gt(kernel_score(&k), 90);
                kcompactd_tick(&k, now + 31 * USEC_PER_SEC, UINT64_MAX, 50);
                ck_assert_uint_eq(k.stats.proactive_runs, 1);
                kcompactd_tick(&k, now + 32 * USEC_PER_SEC, UINT64_MAX, 50);
                ck_assert_uint_eq(k.stats.proactive_runs, 2);
        } else {
                ck_assert_uint_le(kernel_score(&k), 50);
                ck_assert_uint_ge(kernel_score(&k), 35);
        }
        kernel_done(&k);
}
END_TEST

START_TEST(the_sampler_sees_what_is_there)
{
        const Model *m;
        Scenario s;
        Host h;

        scenario_random(&s, 11, &policy, 1);
        ck_assert_int_eq(host_init(&h, &s.host), 0);
        for (unsigned i = 0; i < 200; i++)
                host_tick(&h);
        m = host_model(&h);
        ck_assert_uint_eq(m->n_nodes, s.host.n_nodes);
        for (size_t i = 0; i < m->n_zones; i++) {
                const Buddy *b = &h.node[i].kernel.buddy;

                ck_assert_uint_eq(m->zones[i].free_pages, b->free_pages);
                ck_assert_uint_eq(free_pages(m->zones[i].free, m->n_orders), b->free_pages);
                ck_assert_uint_eq(m->zones[i].low, b->low + b->boost);
                ck_assert_uint_eq(m->nodes[i].score, kernel_score(&h.node[i].kernel));
        }
        ck_assert_int_eq(m->knobs[KNOB_COMPACTION_PROACTIVENESS], s.host.proactiveness);
        ck_assert_int_eq(m->knobs[KNOB_WATERMARK_SCALE_FACTOR], KNOB_VALUE_NONE);
        host_done(&h);
}
END_TEST

START_TEST(scenarios_are_possible)
{
        for (uint64_t seed = 0; seed < 2000; seed++) {
                char reason[POLICY_REASON_MAX] = "";
                Scenario s;

                scenario_random(&s, seed, &policy, 1);
                ck_assert_msg(policy_check(&s.policy, reason) == 0, "seed %u: %s", (unsigned)seed,
                        reason);
                ck_assert_uint_le(s.host.workload.n, CONSUMERS_MAX);
                ck_assert_uint_ge(s.host.n_nodes, 1);
                ck_assert_uint_le(s.host.n_nodes, HOST_NODES_MAX);
                ck_assert(s.host.demand.release < s.host.demand.at - s.host.demand.jitter / 2);
                for (uint32_t i = 0; i < s.host.n_nodes; i++)
                        ck_assert_uint_eq(s.host.n_pages[i] % (1U << s.host.block_order), 0);
        }
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("host");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_loop_test(t, pages_are_conserved, 0, 12);
        tcase_add_test(t, equal_seeds_give_equal_runs);
        tcase_add_loop_test(t, kcompactd_keeps_its_marks, 0, 2);
        tcase_add_test(t, the_sampler_sees_what_is_there);
        tcase_add_test(t, scenarios_are_possible);
        suite_add_tcase(s, t);
}

TEST_MAIN("host", build)
