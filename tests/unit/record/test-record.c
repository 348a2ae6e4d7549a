/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recorded.h"

static Recorded d;

static void setup(void)
{
        recorded_init(&d, 1);
}

static void teardown(void)
{
        recorded_done(&d);
}

/* Samples so far apart, for so long; a stall each. */
static void course(usec_t every, usec_t span)
{
        for (usec_t t = 0; t < span; t += every) {
                recorded_wait(&d, every);
                d.machine.model.vmstat.compact_stall++;
                recorded_sample(&d, 100);
        }
}

START_TEST(every_sample_is_kept)
{
        const Read *read;

        recorded_sample(&d, 10);
        for (unsigned i = 1; i <= 5; i++) {
                recorded_wait(&d, 2 * S);
                d.machine.model.vmstat.compact_stall += i;
                recorded_sample(&d, 10 + i);
        }
        recorded_wait(&d, S);
        read = recorded_all(&d, 0);
        ck_assert_uint_eq(read->n, 6);
        for (unsigned i = 0; i < 6; i++) {
                ck_assert_uint_eq(read->steps[i].realtime, NOON + i * 2 * S);
                ck_assert_uint_eq(
                        read->steps[i].span, i < 5 ? 2 * S : S); /* the last one stands until now */
                ck_assert_uint_eq(
                        read->steps[i].counts[RECORD_COMPACT_STALL], i < 5 ? i + 1 : UNKNOWN_U64);
                ck_assert_uint_eq(read->steps[i].counts[RECORD_HTLB_FAIL], UNKNOWN_U64);
                level_is(read->huge[i], 10 + i, 10 + i, 10 + i);
        }
}
END_TEST

START_TEST(steps_have_least_mean_and_greatest)
{
        const Read *read;

        recorded_sample(&d, 100); /* 4 s */
        recorded_wait(&d, 4 * S);
        recorded_sample(&d, 10); /* 1 s */
        recorded_wait(&d, S);
        recorded_sample(&d, 200); /* 5 s, and 10 more */
        recorded_wait(&d, 15 * S);
        recorded_sample(&d, 7);
        read = recorded_all(&d, 10 * S);
        ck_assert_uint_eq(read->n, 3);
        level_is(read->huge[0], 10, (4 * 100 + 10 + 5 * 200) / 10, 200);
        level_is(read->huge[1], 200, 200, 200);
        level_is(read->huge[2], 7, 7, 7);
        ck_assert_uint_eq(read->steps[1].realtime, NOON + 10 * S);
        ck_assert_uint_eq(read->steps[1].span, 10 * S);
}
END_TEST

/* Sample intervals and steps: what is far apart fills what is in between, and no stall is lost or
 * counted twice. */
static const struct {
        usec_t every, span, step;
        size_t n;
} sparse[] = {
        { 100 * USEC_PER_MSEC, 600 * S, 10 * S, 60 },
        { S, 600 * S, 10 * S, 60 },
        { 7 * S, 630 * S, 10 * S, 63 },
        { 15 * S, 600 * S, 10 * S, 60 },
        { 15 * S, 3600 * S, 60 * S, 60 },
        { 50 * S, 3600 * S, 10 * S, 360 },
        { 50 * S, 3600 * S, 60 * S, 60 },
        { 50 * S, 3600 * S, 600 * S, 6 },
        { 50 * S, 7200 * S, 3600 * S, 2 },
        { 7 * S, 8 * 3600 * S, 60 * S, 480 },
        { 7 * S, 8 * 3600 * S, 300 * S, 96 },
};

START_TEST(sparse_samples_leave_no_hole)
{
        const Read *read;
        uint64_t before = d.machine.model.vmstat.compact_stall;

        recorded_sample(&d, 100);
        course(sparse[_i].every, sparse[_i].span);
        read = recorded_all(&d, sparse[_i].step);
        /* the last sample may stand at the beginning of one more */
        ck_assert_uint_ge(read->n, sparse[_i].n);
        ck_assert_uint_le(read->n, sparse[_i].n + 2);
        for (size_t i = 0; i < sparse[_i].n; i++) {
                ck_assert_uint_eq(read->steps[i].realtime, NOON + i * sparse[_i].step);
                ck_assert_uint_eq(read->steps[i].span, sparse[_i].step);
                level_is(read->huge[i], 100, 100, 100);
        }
        ck_assert_uint_eq(recorded_sum(read, RECORD_COMPACT_STALL),
                d.machine.model.vmstat.compact_stall - before);
}
END_TEST

START_TEST(a_long_silence_is_a_hole)
{
        const Read *read;

        recorded_sample(&d, 100);
        recorded_wait(&d, 300 * S); /* it may stand for 60 s */
        d.machine.model.vmstat.compact_stall += 77;
        recorded_sample(&d, 50);
        recorded_wait(&d, 10 * S);
        d.machine.model.vmstat.compact_stall += 3;
        recorded_sample(&d, 50);
        read = recorded_all(&d, 60 * S);
        ck_assert_uint_eq(read->n, 2);
        ck_assert_uint_eq(read->steps[0].span, 60 * S);
        level_is(read->huge[0], 100, 100, 100);
        ck_assert_uint_eq(read->steps[1].realtime, NOON + 300 * S);
        /* who knows when the 77 were */
        ck_assert_uint_eq(recorded_sum(read, RECORD_COMPACT_STALL), 3);
}
END_TEST

START_TEST(without_buddyinfo_nothing_is_known)
{
        const Read *read;

        recorded_sample(&d, 100);
        recorded_wait(&d, 10 * S);
        d.machine.model.have &= ~(1U << SOURCE_BUDDYINFO);
        ck_assert_int_eq(recorded_add(&d), 0);
        recorded_wait(&d, 30 * S);
        d.machine.model.have |= 1U << SOURCE_BUDDYINFO;
        recorded_sample(&d, 100);
        recorded_wait(&d, 10 * S);
        read = recorded_all(&d, 10 * S);
        ck_assert_uint_eq(read->n, 2);
        ck_assert_uint_eq(read->steps[1].realtime, NOON + 40 * S);
        d.machine.model.n_orders = 12;
        ck_assert_int_eq(recorded_add(&d), -EINVAL);
        d.machine.model.n_orders = 11;
}
END_TEST

/* The clock is set, back and forth: steps end there, and are shown with the time that was valid. */
START_TEST(the_clock_is_set)
{
        int64_t by = _i == 0 ? -3600 * (int64_t)S : 86400 * (int64_t)S;
        const Read *read;

        recorded_sample(&d, 100);
        course(S, 30 * S);
        d.realtime += (usec_t)by;
        course(S, 30 * S);
        read = recorded_all(&d, 60 * S);
        ck_assert_uint_eq(read->n, 3); /* the last sample stands at the beginning of a minute */
        ck_assert_uint_eq(read->steps[0].realtime, NOON);
        ck_assert_uint_eq(read->steps[0].span,
                31 * S); /* the sample before it was set stands until the one after */
        ck_assert_uint_eq(read->steps[1].realtime, NOON + (usec_t)by);
        ck_assert_uint_eq(recorded_sum(read, RECORD_COMPACT_STALL), 60);
        read = recorded_read(&d, NOON + (usec_t)by, NOON + (usec_t)by + 60 * S, 60 * S);
        ck_assert_uint_eq(read->n, 1);
}
END_TEST

/* Slewing, as time synchronisation does: 500 millionths; nothing ends. */
START_TEST(the_clock_is_slewed)
{
        const Read *read;

        recorded_sample(&d, 100);
        for (unsigned i = 0; i < 360; i++) {
                recorded_wait(&d, 10 * S);
                d.realtime += 10 * S / 2000;
                recorded_sample(&d, 100);
        }
        read = recorded_all(&d, 60 * S);
        ck_assert_uint_ge(read->n, 60);
        ck_assert_uint_le(read->n, 61);
        for (size_t i = 0; i + 1 < read->n; i++)
                ck_assert_uint_eq(read->steps[i].span, 60 * S);
}
END_TEST

static void expect_full(size_t samples, usec_t oldest_sample)
{
        const Read *read = recorded_all(&d, 0);
        size_t n = 0;

        for (size_t i = 0; i < read->n; i++)
                n += read->steps[i].realtime >= oldest_sample;
        ck_assert_uint_ge(n, samples);
        for (size_t i = 1; i < read->n; i++)
                ck_assert_uint_eq(read->steps[i].realtime,
                        read->steps[i - 1].realtime + read->steps[i - 1].span);
}

START_TEST(nine_days_are_seven)
{
        const Read *read;
        size_t size;

        recorded_sample(&d, 100);
        size = record_size(d.record);
        course(15 * S, 9 * 24 * 3600 * S);
        ck_assert_uint_eq(record_size(d.record), size);
        ck_assert_uint_le(size, record_size_max(11, 1, 1));
        read = recorded_all(&d, 60 * S);
        ck_assert_uint_eq(read->n, RECORD_LONG_MAX + 1); /* and the one that is open */
        ck_assert_uint_eq(read->steps[0].realtime, NOON + 2 * 24 * 3600 * S);
        ck_assert_uint_eq(recorded_sum(read, RECORD_COMPACT_STALL), 7 * 24 * 240);
        /* 6 hours of 10 s, before that minutes, without a gap or an overlap */
        read = recorded_all(&d, 10 * S);
        ck_assert_uint_ge(read->n, RECORD_SHORT_MAX + RECORD_LONG_MAX - 361);
        for (size_t i = 1; i < read->n; i++)
                ck_assert_uint_eq(read->steps[i].realtime,
                        read->steps[i - 1].realtime + read->steps[i - 1].span);
        expect_full(40, d.realtime - 600 * S);
}
END_TEST

START_TEST(ten_samples_a_second_are_kept_for_ten_minutes)
{
        recorded_sample(&d, 100);
        course(100 * USEC_PER_MSEC, 20 * 60 * S);
        expect_full(6000, d.realtime - 600 * S);
        ck_assert_uint_le(record_size(d.record), record_size_max(11, 1, 1));
}
END_TEST

START_TEST(twice_at_one_instant_is_the_later_one)
{
        const Read *read;

        recorded_sample(&d, 100);
        recorded_sample(&d, 50);
        recorded_wait(&d, S);
        recorded_sample(&d, 50);
        read = recorded_all(&d, 0);
        ck_assert_uint_eq(read->n, 2);
        level_is(read->huge[0], 50, 50, 50);
}
END_TEST

START_TEST(the_end_closes_what_is_open)
{
        const Read *read;

        record_end(d.record, d.machine.now); /* nothing yet */
        recorded_sample(&d, 100);
        recorded_wait(&d, 12 * S);
        record_end(d.record, d.machine.now);
        recorded_wait(&d, 3600 * S);
        read = recorded_all(&d, 10 * S);
        ck_assert_uint_eq(read->n, 2);
        ck_assert_uint_eq(read->steps[1].span, 2 * S);
}
END_TEST

START_TEST(no_record_without_orders)
{
        Record *r = NULL;

        ck_assert_int_eq(record_new(&r, 4096, 0), -EINVAL);
        ck_assert_int_eq(record_new(&r, 4096, ORDERS_MAX + 1), -EINVAL);
        ck_assert_int_eq(record_new(&r, 0, 11), -EINVAL);
        ck_assert_ptr_null(r);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("record");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, every_sample_is_kept);
        tcase_add_test(t, steps_have_least_mean_and_greatest);
        tcase_add_loop_test(t, sparse_samples_leave_no_hole, 0, ELEMENTSOF(sparse));
        tcase_add_test(t, a_long_silence_is_a_hole);
        tcase_add_test(t, without_buddyinfo_nothing_is_known);
        tcase_add_loop_test(t, the_clock_is_set, 0, 2);
        tcase_add_test(t, the_clock_is_slewed);
        tcase_add_test(t, nine_days_are_seven);
        tcase_add_test(t, ten_samples_a_second_are_kept_for_ten_minutes);
        tcase_add_test(t, twice_at_one_instant_is_the_later_one);
        tcase_add_test(t, the_end_closes_what_is_open);
        tcase_add_test(t, no_record_without_orders);
        suite_add_tcase(s, t);
}

TEST_MAIN("record", build)
