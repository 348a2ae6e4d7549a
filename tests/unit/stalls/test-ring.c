/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "base/macros.h"
#include "ring-writer.h"
#include "stalls/ring.h"

START_TEST(samples)
{
        Writer w = writer_new(4096, 0);
        RunEvent e;

        sample(&w, BEGIN, 10, 11, 1000);
        sample(&w, END, 10, 11, 2000);
        sample(&w, 77, 10, 11, 2500); /* of another event: passed over */
        sample(&w, BEGIN, 20, 20, 3000);
        ck_assert_int_eq(ring_next(&w.ring, UINT64_MAX, &e), 1);
        ck_assert(e.type == RUN_BEGIN && e.tgid == 10 && e.tid == 11 && e.nsec == 1000);
        ck_assert_int_eq(ring_next(&w.ring, UINT64_MAX, &e), 1);
        ck_assert(e.type == RUN_END && e.tgid == 10 && e.tid == 11 && e.nsec == 2000);
        ck_assert_int_eq(ring_next(&w.ring, UINT64_MAX, &e), 1);
        ck_assert(e.type == RUN_BEGIN && e.tgid == 20 && e.nsec == 3000);
        ck_assert_int_eq(ring_next(&w.ring, UINT64_MAX, &e), 0);
        ck_assert_uint_eq(w.ring.tail, w.ring.head);
        writer_done(&w);
}
END_TEST

/* What is too young stays where it is, and comes the next time. */
START_TEST(until)
{
        Writer w = writer_new(4096, 0);
        RunEvent e;

        sample(&w, BEGIN, 1, 1, 100);
        sample(&w, END, 1, 1, 200);
        ck_assert_int_eq(ring_next(&w.ring, 200, &e), 1);
        ck_assert_int_eq(ring_next(&w.ring, 200, &e), 0);
        ck_assert_uint_eq(w.ring.head - w.ring.tail, 32);
        ck_assert_int_eq(ring_next(&w.ring, 201, &e), 1);
        ck_assert(e.type == RUN_END);
        writer_done(&w);
}
END_TEST

/* At every place of the ring, also around its end, and where the kernel's count goes beyond 64 bits. */
START_TEST(around)
{
        for (uint64_t at = 0; at <= 4096; at += 8) {
                Writer w = writer_new(4096, UINT64_MAX - 4096 - 7 + at);
                RunEvent e;

                gap(&w, 5, 50);
                sample(&w, END, 3, 4, 60);
                ck_assert_int_eq(ring_next(&w.ring, UINT64_MAX, &e), 1);
                ck_assert(e.type == RUN_GAP && e.lost == 5 && e.nsec == 50 && e.tid == 0);
                ck_assert_int_eq(ring_next(&w.ring, UINT64_MAX, &e), 1);
                ck_assert(e.type == RUN_END && e.tgid == 3 && e.tid == 4 && e.nsec == 60);
                ck_assert_int_eq(ring_next(&w.ring, UINT64_MAX, &e), 0);
                writer_done(&w);
        }
}
END_TEST

static void refused(Writer *w)
{
        RunEvent e = { .tid = 77 };

        ck_assert_int_eq(ring_next(&w->ring, UINT64_MAX, &e), -EBADMSG);
        ck_assert_uint_eq(e.tid, 77);
        ck_assert_uint_eq(w->ring.tail, w->ring.head);
        ck_assert_int_eq(ring_next(&w->ring, UINT64_MAX, &e), 0);
        writer_done(w);
}

START_TEST(no_records)
{
        static const struct perf_event_header bad[] = {
                { .type = PERF_RECORD_SAMPLE, .size = 0 },     { .type = PERF_RECORD_SAMPLE, .size = 4 },
                { .type = PERF_RECORD_SAMPLE, .size = 24 },    { .type = PERF_RECORD_SAMPLE, .size = 33 },
                { .type = PERF_RECORD_LOST, .size = 40 },      { .type = PERF_RECORD_SAMPLE, .size = 72 },
                { .type = PERF_RECORD_THROTTLE, .size = 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                Writer w = writer_new(4096, 0);
                char record[64] = { 0 };

                memcpy(record, &bad[i], sizeof(bad[i]));
                put(&w, record, sizeof(record));
                refused(&w);
        }
        for (uint64_t head = 4096 + 1; head < 5000; head += 13) { /* more than there is room for */
                Writer w = writer_new(4096, 0);

                w.ring.head = head;
                refused(&w);
        }
        for (uint64_t head = 1; head < 8; head++) {
                Writer w = writer_new(4096, 0);

                w.ring.head = head;
                refused(&w);
        }
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("ring");

        tcase_add_test(t, samples);
        tcase_add_test(t, until);
        tcase_add_test(t, around);
        tcase_add_test(t, no_records);
        suite_add_tcase(s, t);
}

TEST_MAIN("ring", build)
