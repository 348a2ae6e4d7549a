/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-fallback.c - rates over windows, what is usual, what is not. */
#include "../test.h"

#include "model/fallback.h"
#include "parse/parse.h"

typedef struct Run {
        Fallbacks f;
        usec_t now;
        uint64_t total[_FALLBACK_KIND_MAX];
        unsigned ended; /* steps */
} Run;

static void run_init(Run *r)
{
        *r = (Run){ .now = 1000 * USEC_PER_SEC };
        fallbacks_init(&r->f);
        fallbacks_begin(&r->f, r->now, r->total);
}

/* That time passes, with so many unmovable fallbacks in each 10 s and three times as many movable ones, read every 10 s. */
static void run_for(Run *r, usec_t time, uint64_t each)
{
        for (usec_t end = usec_add(r->now, time); r->now < end;) {
                r->now += 10 * USEC_PER_SEC;
                r->total[FALLBACK_UNMOVABLE] += each;
                r->total[FALLBACK_MOVABLE] += 3 * each;
                r->ended += fallbacks_add(&r->f, r->now, r->total);
        }
}

static FallbackSignal signal_of(const Run *r)
{
        FallbackSignal s;

        fallbacks_signal(&r->f, &s);
        return s;
}

START_TEST(nothing_is_known_at_first)
{
        FallbackRate rate;
        FallbackSignal s;
        Run r;

        fallbacks_init(&r.f);
        s = signal_of(&r);
        ck_assert_uint_eq(s.total[FALLBACK_UNMOVABLE], 0);
        ck_assert_uint_eq(s.recent[FALLBACK_UNMOVABLE], UNKNOWN_U64);
        ck_assert_uint_eq(s.usual[FALLBACK_UNMOVABLE], UNKNOWN_U64);
        ck_assert_uint_eq(fallback_times(&s, FALLBACK_UNMOVABLE), UNKNOWN_U64);
        ck_assert(!fallbacks_rate(&r.f, USEC_PER_MIN, &rate));
        run_init(&r);
        ck_assert(!fallbacks_rate(&r.f, USEC_PER_MIN, &rate));
        run_for(&r, 50 * USEC_PER_SEC, 100000);
        s = signal_of(&r);
        ck_assert_uint_eq(s.total[FALLBACK_UNMOVABLE], 500000);
        ck_assert_uint_eq(s.recent[FALLBACK_UNMOVABLE], 500000); /* so far */
}
END_TEST

START_TEST(rates_are_of_their_windows)
{
        FallbackRate rate;
        Run r;

        run_init(&r);
        run_for(&r, 30 * USEC_PER_MIN, 2);
        run_for(&r, 2 * USEC_PER_MIN, 5);
        ck_assert(fallbacks_rate(&r.f, USEC_PER_MIN, &rate));
        ck_assert_uint_eq(rate.over, USEC_PER_MIN);
        ck_assert_uint_eq(rate.events[FALLBACK_UNMOVABLE], 30);
        ck_assert_uint_eq(rate.events[FALLBACK_MOVABLE], 90);
        ck_assert(fallbacks_rate(&r.f, 10 * USEC_PER_MIN, &rate));
        ck_assert_uint_eq(rate.over, 10 * USEC_PER_MIN);
        ck_assert_uint_eq(rate.events[FALLBACK_UNMOVABLE], 60 + 8 * 12);
        ck_assert(fallbacks_rate(&r.f, USEC_PER_HOUR, &rate)); /* it is not counted for so long */
        ck_assert_uint_eq(rate.over, 32 * USEC_PER_MIN);
        ck_assert_uint_eq(rate.events[FALLBACK_UNMOVABLE], 30 * 12 + 60);
        run_for(&r, 3 * USEC_PER_HOUR, 1); /* the ring has gone round */
        ck_assert(fallbacks_rate(&r.f, USEC_PER_HOUR, &rate));
        ck_assert_uint_eq(rate.over, USEC_PER_HOUR);
        ck_assert_uint_eq(rate.events[FALLBACK_UNMOVABLE], 360);
}
END_TEST

/* Read many times a second, too, the points span the hour. */
START_TEST(many_reads_are_few_points)
{
        FallbackRate rate;
        Run r;

        run_init(&r);
        for (unsigned i = 0; i < 3700 * 4; i++) {
                r.now += 250 * USEC_PER_MSEC;
                r.total[FALLBACK_UNMOVABLE]++;
                fallbacks_add(&r.f, r.now, r.total);
        }
        ck_assert(fallbacks_rate(&r.f, USEC_PER_HOUR, &rate));
        ck_assert_uint_ge(rate.over, USEC_PER_HOUR);
        ck_assert_uint_le(rate.over, USEC_PER_HOUR + 11 * USEC_PER_SEC);
        ck_assert_uint_eq(rate.events[FALLBACK_UNMOVABLE], 4 * rate.over / USEC_PER_SEC);
        ck_assert_uint_eq(signal_of(&r).total[FALLBACK_UNMOVABLE], 14800);
}
END_TEST

START_TEST(no_rate_across_a_gap)
{
        FallbackRate rate;
        Run r;

        run_init(&r);
        run_for(&r, 9 * USEC_PER_MIN, 10);
        r.now += USEC_PER_HOUR;
        fallbacks_begin(&r.f, r.now, r.total);
        ck_assert(!fallbacks_rate(&r.f, USEC_PER_MIN, &rate));
        run_for(&r, 9 * USEC_PER_MIN, 1);
        ck_assert_uint_eq(r.ended, 0); /* nor a step */
        ck_assert(fallbacks_rate(&r.f, USEC_PER_HOUR, &rate));
        ck_assert_uint_eq(rate.events[FALLBACK_UNMOVABLE], 54);
}
END_TEST

START_TEST(it_learns_for_six_hours)
{
        FallbackSignal s;
        Run r;

        run_init(&r);
        run_for(&r, FALLBACK_STEPS_MIN * FALLBACK_STEP - 10 * USEC_PER_SEC, 5);
        s = signal_of(&r);
        ck_assert_uint_eq(s.steps, FALLBACK_STEPS_MIN - 1);
        ck_assert_uint_eq(s.usual[FALLBACK_UNMOVABLE], UNKNOWN_U64);
        ck_assert(!s.unusual[FALLBACK_UNMOVABLE]);
        run_for(&r, 10 * USEC_PER_SEC, 5);
        s = signal_of(&r);
        ck_assert_uint_eq(r.ended, FALLBACK_STEPS_MIN);
        ck_assert_uint_eq(s.usual[FALLBACK_UNMOVABLE], 300);
        ck_assert_uint_eq(s.upper[FALLBACK_MOVABLE], 900);
        ck_assert_uint_eq(s.recent[FALLBACK_UNMOVABLE], 300);
        ck_assert_uint_eq(fallback_times(&s, FALLBACK_UNMOVABLE), 10000);
}
END_TEST

START_TEST(fourteen_times_is_unusual)
{
        FallbackSignal s;
        Run r;

        run_init(&r);
        run_for(&r, 24 * USEC_PER_HOUR, 1);
        ck_assert(!signal_of(&r).unusual[FALLBACK_UNMOVABLE]);
        run_for(&r, FALLBACK_STEP, 2);
        ck_assert(!signal_of(&r).unusual[FALLBACK_UNMOVABLE]); /* twice is not more than twice */
        run_for(&r, FALLBACK_STEP, 14);
        s = signal_of(&r);
        ck_assert(s.unusual[FALLBACK_UNMOVABLE] && s.unusual[FALLBACK_MOVABLE]);
        ck_assert_uint_eq(s.recent[FALLBACK_UNMOVABLE], 14 * 60);
        ck_assert_uint_eq(s.usual[FALLBACK_UNMOVABLE], 60);
        ck_assert_uint_eq(fallback_times(&s, FALLBACK_UNMOVABLE), 140000);
        run_for(&r, FALLBACK_STEP, 1); /* and it ends */
        ck_assert(!signal_of(&r).unusual[FALLBACK_UNMOVABLE]);
}
END_TEST

/* A step of a quiet host has none; some are noise. */
START_TEST(a_quiet_host)
{
        FallbackSignal s;
        Run r;

        run_init(&r);
        run_for(&r, 12 * USEC_PER_HOUR, 0);
        run_for(&r, 30 * USEC_PER_SEC, FALLBACK_NOISE / 3);
        s = signal_of(&r);
        ck_assert_uint_eq(s.recent[FALLBACK_UNMOVABLE], FALLBACK_NOISE);
        ck_assert(!s.unusual[FALLBACK_UNMOVABLE]);
        ck_assert(s.unusual[FALLBACK_MOVABLE]); /* three times as many */
        ck_assert_uint_eq(fallback_times(&s, FALLBACK_MOVABLE), UNKNOWN_U64); /* of nothing */
}
END_TEST

/* Every night for 90 minutes: 6 % of the time. */
START_TEST(what_comes_every_day_is_usual)
{
        Run r;

        run_init(&r);
        for (unsigned day = 0; day < 7; day++) {
                run_for(&r, 22 * USEC_PER_HOUR + 30 * USEC_PER_MIN, 1);
                run_for(&r, 10 * USEC_PER_MIN, 100);
                ck_assert(signal_of(&r).unusual[FALLBACK_UNMOVABLE] == (day < 4));
                run_for(&r, 80 * USEC_PER_MIN, 100);
        }
        ck_assert_uint_eq(signal_of(&r).usual[FALLBACK_UNMOVABLE], 60);
        run_for(&r, 10 * USEC_PER_MIN, 300);
        ck_assert(signal_of(&r).unusual[FALLBACK_UNMOVABLE]);
}
END_TEST

START_TEST(a_lasting_change_becomes_usual)
{
        Run r;

        run_init(&r);
        run_for(&r, 14 * 24 * USEC_PER_HOUR, 1); /* the ring has gone round */
        ck_assert_uint_eq(signal_of(&r).steps, FALLBACK_STEPS);
        run_for(&r, 2 * USEC_PER_HOUR, 60);
        ck_assert(signal_of(&r).unusual[FALLBACK_UNMOVABLE]);
        ck_assert_uint_eq(signal_of(&r).usual[FALLBACK_UNMOVABLE], 60);
        run_for(&r, 4 * 24 * USEC_PER_HOUR, 60);
        ck_assert(!signal_of(&r).unusual[FALLBACK_UNMOVABLE]);
        ck_assert_uint_eq(signal_of(&r).usual[FALLBACK_UNMOVABLE], 3600);
}
END_TEST

START_TEST(steps_are_kept_and_learned_again)
{
        uint32_t kept[FALLBACK_STEPS][_FALLBACK_KIND_MAX];
        FallbackSignal s;
        Run r, again;

        run_init(&r);
        for (uint64_t i = 0; i < 100; i++)
                run_for(&r, FALLBACK_STEP, i);
        for (size_t i = 0; i < r.f.n_steps; i++)
                for (FallbackKind k = 0; k < _FALLBACK_KIND_MAX; k++)
                        kept[i][k] = fallbacks_step(&r.f, i)[k];
        run_init(&again);
        fallbacks_learn(&again.f, kept, r.f.n_steps);
        s = signal_of(&again);
        ck_assert_uint_eq(s.steps, 100);
        ck_assert_uint_eq(s.usual[FALLBACK_UNMOVABLE], 49 * 60);
        ck_assert_uint_eq(s.upper[FALLBACK_UNMOVABLE], 94 * 60);
        ck_assert_uint_eq(s.upper[FALLBACK_MOVABLE], 3 * 94 * 60);
}
END_TEST

/* A sample that comes late ends a long step, which counts as much as any other. */
START_TEST(a_late_read_is_scaled)
{
        Run r;

        run_init(&r);
        r.total[FALLBACK_UNMOVABLE] += 3000;
        ck_assert(fallbacks_add(&r.f, r.now + 3 * FALLBACK_STEP, r.total));
        ck_assert_uint_eq(fallbacks_step(&r.f, 0)[FALLBACK_UNMOVABLE], 1000);
        r.total[FALLBACK_UNMOVABLE] = UINT64_MAX / 2;
        ck_assert(fallbacks_add(&r.f, r.now + 4 * FALLBACK_STEP, r.total));
        ck_assert_uint_eq(fallbacks_step(&r.f, 1)[FALLBACK_UNMOVABLE], UINT32_MAX);
        ck_assert_str_eq(fallback_kind_name(FALLBACK_UNMOVABLE), "unmovable");
        ck_assert_str_eq(fallback_kind_name(FALLBACK_MOVABLE), "movable");
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("fallback");

        tcase_add_test(t, nothing_is_known_at_first);
        tcase_add_test(t, rates_are_of_their_windows);
        tcase_add_test(t, many_reads_are_few_points);
        tcase_add_test(t, no_rate_across_a_gap);
        tcase_add_test(t, it_learns_for_six_hours);
        tcase_add_test(t, fourteen_times_is_unusual);
        tcase_add_test(t, a_quiet_host);
        tcase_add_test(t, what_comes_every_day_is_usual);
        tcase_add_test(t, a_lasting_change_becomes_usual);
        tcase_add_test(t, steps_are_kept_and_learned_again);
        tcase_add_test(t, a_late_read_is_scaled);
        suite_add_tcase(s, t);
}

TEST_MAIN("model/fallback", build)
