/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "model/history.h"

#define S USEC_PER_SEC

/* A course of up to six points, what slope it has (if any) and when it reaches floor. */
static const struct {
        size_t n;
        struct {
                usec_t at;
                uint64_t value;
        } points[6];
        bool has_slope;
        int64_t slope;
        uint64_t floor;
        usec_t time_to;
} rows[] = {
        { 0, {}, false, 0, 0, USEC_INFINITY },
        { 2, { { 0, 100 }, { 10 * S, 50 } }, false, 0, 0, USEC_INFINITY },
        { 3, { { 0, 100 }, { S / 4, 90 }, { S / 2, 80 } }, false, 0, 0,
                USEC_INFINITY }, /* half a second */
        { 3, { { 0, 100 }, { S / 2, 95 }, { S, 90 } }, true, -10, 0, 9 * S },
        { 3, { { 5 * S, 100 }, { 6 * S, 100 }, { 7 * S, 100 } }, true, 0, 50, USEC_INFINITY },
        { 3, { { 5 * S, 100 }, { 6 * S, 110 }, { 7 * S, 120 } }, true, 10, 50, USEC_INFINITY },
        { 3, { { 5 * S, 100 }, { 6 * S, 110 }, { 7 * S, 120 } }, true, 10, 120,
                0 }, /* there already */
        { 3, { { 5 * S, 100 }, { 6 * S, 80 }, { 7 * S, 60 } }, true, -20, 50, S / 2 },
        { 4, { { 0, 0 }, { S, 4 }, { 2 * S, 2 }, { 3 * S, 6 } }, true, 1, 0,
                USEC_INFINITY },                                                   /* 1.6 */
        { 4, { { 0, 6 }, { S, 2 }, { 2 * S, 4 }, { 3 * S, 0 } }, true, -1, 0, 0 }, /* -1.6 */
        /* Not later than the last: replaces it. */
        { 4, { { 0, 100 }, { S, 90 }, { 2 * S, 7 }, { 2 * S, 80 } }, true, -10, 0, 8 * S },
        { 4, { { 0, 100 }, { S, 90 }, { 2 * S, 7 }, { S / 2, 80 } }, true, -10, 0, 8 * S },
        /* Beyond the span: forgotten. */
        { 4, { { 0, 5000 }, { 61 * S, 100 }, { 62 * S, 90 }, { 63 * S, 80 } }, true, -10, 0,
                8 * S },
        { 3, { { 0, 5000 }, { 50 * S, 100 }, { 120 * S, 90 } }, false, 0, 0, USEC_INFINITY },
        /* The largest numbers there are. */
        { 3, { { 0, UINT64_MAX }, { 30 * S, UINT64_MAX / 2 }, { 60 * S, 0 } }, true,
                -307445734561825860, 0, 0 },
        { 3, { { 0, 0 }, { S / 2, 0 }, { S, UINT64_MAX } }, true, INT64_MAX, 0, USEC_INFINITY },
        { 3, { { 0, UINT64_MAX }, { S / 2, 0 }, { S, 1 } }, true, INT64_MIN, 0, 0 },
        { 3, { { UINT64_MAX - 3 * S, 30 }, { UINT64_MAX - 2 * S, 20 }, { UINT64_MAX - S, 10 } },
                true, -10, 0, S },
};

static void fill(History *h, size_t row)
{
        history_reset(h);
        for (size_t i = 0; i < rows[row].n; i++)
                history_add(h, rows[row].points[i].at, rows[row].points[i].value);
}

START_TEST(test_slope)
{
        int64_t slope = 4711;
        History h;

        fill(&h, (size_t)_i);
        ck_assert_int_eq(history_slope(&h, &slope), rows[_i].has_slope);
        ck_assert_int_eq(slope, rows[_i].has_slope ? rows[_i].slope : 4711);
}
END_TEST

START_TEST(test_time_to)
{
        History h;

        fill(&h, (size_t)_i);
        ck_assert_uint_eq(history_time_to(&h, rows[_i].floor), rows[_i].time_to);
}
END_TEST

/* A long course: only the last HISTORY_POINTS count, so a new slope takes over completely. */
START_TEST(test_ring_forgets)
{
        int64_t slope;
        History h;

        history_reset(&h);
        for (uint64_t i = 0; i < 100; i++)
                history_add(&h, i * S, 1000 * i);
        ck_assert(history_slope(&h, &slope));
        ck_assert_int_eq(slope, 1000);
        for (uint64_t i = 0; i < HISTORY_POINTS; i++)
                history_add(&h, (100 + i) * S, 90000 - 3 * i);
        ck_assert(history_slope(&h, &slope));
        ck_assert_int_eq(slope, -3);
        ck_assert_uint_eq(h.n, HISTORY_POINTS);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("history");

        tcase_add_loop_test(t, test_slope, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, test_time_to, 0, ELEMENTSOF(rows));
        tcase_add_test(t, test_ring_forgets);
        suite_add_tcase(s, t);
}

TEST_MAIN("history", build)
