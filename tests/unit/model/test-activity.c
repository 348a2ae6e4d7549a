/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/activity.h"

#include "test.h"

#define MSEC USEC_PER_MSEC
#define U    UNKNOWN_U64

typedef struct Case {
        const char *what;
        ActivityInterval in;
        ActivityFound out;
} Case;

/* took, stall, wake, isolated, cma, kcompactd, may_act, own, demand -> demand, proactive,
 * proactive_seen, manual_seen, manual_pages, on_demand */
static const Case cases[] = {
        { "nobody", { 10000 * MSEC, 0, 0, 0, 0, MSEC, true, false, false },
                { 0, 0, 0, 0, 0, false } },
        { "twice a second the score is looked at",
                { 10000 * MSEC, 0, 0, 0, U, 10 * MSEC, true, false, false },
                { 0, 0, 0, 0, 0, false } },
        { "on demand", { 1000 * MSEC, 0, 3, 5000, 0, 40 * MSEC, true, false, false },
                { 40 * MSEC, 0, 0, 0, 0, true } },
        { "on demand, and still at it",
                { 1000 * MSEC, 0, 0, 5000, 0, 900 * MSEC, true, false, true },
                { 900 * MSEC, 0, 0, 0, 0, true } },
        { "proactively", { 1000 * MSEC, 0, 0, 5000, 0, 400 * MSEC, true, false, false },
                { 0, 400 * MSEC, 1, 0, 0, false } },
        { "not proactively below its mark",
                { 1000 * MSEC, 0, 0, 5000, 0, 400 * MSEC, false, false, false },
                { 400 * MSEC, 0, 0, 0, 0, false } },
        { "direct", { 1000 * MSEC, 9, 0, 5000, 0, 0, true, false, false },
                { 0, 0, 0, 0, 0, false } },
        { "by hand", { 1000 * MSEC, 0, 0, 5000, 0, 0, true, false, false },
                { 0, 0, 0, 1, 5000, false } },
        { "by hand, no CMA in this kernel", { 1000 * MSEC, 0, 0, 5000, U, 0, true, false, false },
                { 0, 0, 0, 1, 5000, false } },
        { "too little to be by hand", { 1000 * MSEC, 0, 0, 1023, 0, 0, true, false, false },
                { 0, 0, 0, 0, 0, false } },
        { "by fragd", { 1000 * MSEC, 0, 0, 5000, 0, 0, true, true, false },
                { 0, 0, 0, 0, 0, false } },
        { "CMA", { 1000 * MSEC, 0, 0, 5000, 2, 0, true, false, false }, { 0, 0, 0, 0, 0, false } },
        { "kcompactd cannot be seen", { 1000 * MSEC, 0, 0, 5000, 0, U, true, false, false },
                { U, U, U, U, U, false } },
        { "no vmstat", { 1000 * MSEC, U, U, U, U, 400 * MSEC, true, false, false },
                { U, U, U, U, U, false } },
};

START_TEST(who_compacted)
{
        const Case *c = &cases[_i];
        ActivityFound f;

        activity_attribute(&c->in, &f);
        ck_assert_msg(f.demand == c->out.demand && f.proactive == c->out.proactive &&
                              f.proactive_seen == c->out.proactive_seen &&
                              f.manual_seen == c->out.manual_seen &&
                              f.manual_pages == c->out.manual_pages &&
                              f.on_demand == c->out.on_demand,
                "%s: %ju %ju %ju %ju %ju %d", c->what, (uintmax_t)f.demand, (uintmax_t)f.proactive,
                (uintmax_t)f.proactive_seen, (uintmax_t)f.manual_seen, (uintmax_t)f.manual_pages,
                f.on_demand);
}
END_TEST

START_TEST(success_is_a_share)
{
        ck_assert_uint_eq(activity_success(0, 0), UINT32_MAX);
        ck_assert_uint_eq(activity_success(U, 3), UINT32_MAX);
        ck_assert_uint_eq(activity_success(3, U), UINT32_MAX);
        ck_assert_uint_eq(activity_success(1, 3), 2500);
        ck_assert_uint_eq(activity_success(UINT64_MAX - 1, 0), 10000);
        ck_assert_uint_eq(activity_success(UINT64_MAX - 1, UINT64_MAX - 1), 5000);
}
END_TEST

START_TEST(direct_compaction_in_vain)
{
        ck_assert(!activity_direct_futile(0, 9));
        ck_assert(activity_direct_futile(0, 10));
        ck_assert(activity_direct_futile(1, 10));
        ck_assert(!activity_direct_futile(2, 10));
        ck_assert(!activity_direct_futile(U, 10));
        ck_assert(activity_direct_deferred(10, 0));
        ck_assert(activity_direct_deferred(10, 319));
        ck_assert(!activity_direct_deferred(10, 320));
        ck_assert(!activity_direct_deferred(9, 0));
        ck_assert(!activity_direct_deferred(10, U));
}
END_TEST

typedef struct Judged {
        KcompactdWindow w;
        KcompactdDoing doing;
        uint32_t share;
} Judged;

#define MIN5 (5 * USEC_PER_MIN)

/* over, cpu, score from, to, min, high, state */
static const Judged judged[] = {
        { { MIN5, U, 90, 90, 90, 80, 'S' }, KCOMPACTD_UNKNOWN, UINT32_MAX },
        { { 0, 0, 90, 90, 90, 80, 'S' }, KCOMPACTD_UNKNOWN, UINT32_MAX },
        { { MIN5, 0, 50, 50, 50, 80, 'S' }, KCOMPACTD_IDLE, 0 },
        { { MIN5, 0, 50, 50, 50, 80, 'R' }, KCOMPACTD_WORKING, 0 },
        { { MIN5, 0, 90, 90, 90, 80, 'D' }, KCOMPACTD_WORKING, 0 },
        { { MIN5, 9 * USEC_PER_SEC, 90, 60, 60, 80, 'S' }, KCOMPACTD_WORKING, 300 },
        { { MIN5, 9 * USEC_PER_SEC, 90, 90, 85, 80, 'S' }, KCOMPACTD_FUTILE, 300 },
        { { MIN5, 9 * USEC_PER_SEC, 90, 89, 85, 80, 'S' }, KCOMPACTD_DEFERRED, 300 },
        { { MIN5, 9 * USEC_PER_SEC, 90, 89, 75, 80, 'S' }, KCOMPACTD_WORKING, 300 },
        { { MIN5, 100 * MSEC, 90, 90, 85, 80, 'S' }, KCOMPACTD_DEFERRED, 3 },
        { { MIN5, 100 * MSEC, 90, 90, 85, U, 'S' }, KCOMPACTD_IDLE, 3 },
        { { USEC_PER_MIN, 30 * USEC_PER_SEC, 90, 90, 85, 80, 0 }, KCOMPACTD_WORKING, 5000 },
        { { USEC_PER_MIN, 70 * USEC_PER_SEC, 90, 90, 85, 80, 0 }, KCOMPACTD_WORKING, 10000 },
};

START_TEST(what_kcompactd_does)
{
        const Judged *j = &judged[_i];

        ck_assert_str_eq(
                kcompactd_doing_name(kcompactd_judge(&j->w)), kcompactd_doing_name(j->doing));
        ck_assert_uint_eq(kcompactd_share(&j->w), j->share);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("activity");

        tcase_add_loop_test(t, who_compacted, 0, ELEMENTSOF(cases));
        tcase_add_test(t, success_is_a_share);
        tcase_add_test(t, direct_compaction_in_vain);
        tcase_add_loop_test(t, what_kcompactd_does, 0, ELEMENTSOF(judged));
        suite_add_tcase(s, t);
}

TEST_MAIN("activity", build)
