/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "decode/tally.h"

#define NOW (100 * USEC_PER_HOUR + 30 * USEC_PER_SEC)

static DecodeTally tally;

static void setup(void)
{
        tally = (DecodeTally){ 0 };
}

static Decoded message(DecodeClass class, int order, const char *function, const char *comm)
{
        Decoded d = { .class = class, .order = order };

        snprintf(d.comm, sizeof(d.comm), "%s", comm);
        if (*function) {
                d.stack.n = 1;
                snprintf(d.stack.frames[0].function, sizeof(d.stack.frames[0].function), "%s", function);
        }
        return d;
}

static void count(DecodeClass class, int order, const char *function, const char *comm, usec_t now)
{
        Decoded d = message(class, order, function, comm);

        tally_message(&tally, &d, now, now + 1);
}

START_TEST(test_rows)
{
        count(CLASS_FRAGMENTATION, 4, "veth_alloc_queues", "dockerd", NOW);
        count(CLASS_FRAGMENTATION, 4, "veth_alloc_queues", "qemu", NOW + 5);
        count(CLASS_FRAGMENTATION, 5, "veth_alloc_queues", "qemu", NOW);
        count(CLASS_SHORTAGE, 4, "veth_alloc_queues", "qemu", NOW);
        ck_assert_uint_eq(tally.n, 3);
        ck_assert_uint_eq(tally.rows[0].total, 2);
        ck_assert_str_eq(tally.rows[0].caller, "veth_alloc_queues");
        ck_assert_str_eq(tally.rows[0].comm, "qemu");
        ck_assert_uint_eq(tally.rows[0].last_realtime, NOW + 6);
        ck_assert_int_eq(tally.rows[1].order, 5);
        ck_assert_int_eq(tally.rows[2].class, CLASS_SHORTAGE);
}
END_TEST

static const struct {
        const char *comm, *caller;
} tasks[] = {
        { "dockerd", "dockerd" }, { "kworker/3:1H", "kworker" }, { "kworker/u16:2", "kworker" }, { "kswapd0", "kswapd0" }, { "nginx: worker", "nginx" },
        { "CPU 3/KVM", "CPU" },   { "", "unknown" },             { "42", "42" },                 { "/0", "/0" },                  { "a 1", "a" },
};

/* Without a trace it is the task that asked, whatever its number. */
START_TEST(test_task)
{
        count(CLASS_FRAGMENTATION, 4, "", tasks[_i].comm, NOW);
        ck_assert_str_eq(tally.rows[0].caller, tasks[_i].caller);
}
END_TEST

START_TEST(test_workqueue)
{
        Decoded d = message(CLASS_FRAGMENTATION, 4, "", "kworker/0:1"), kmem = message(CLASS_FRAGMENTATION, -1, "", "fs_mark");

        snprintf(d.stack.workqueue, sizeof(d.stack.workqueue), "rx_work");
        tally_message(&tally, &d, NOW, NOW);
        kmem.kind = DECODE_KMEM;
        snprintf(kmem.area, sizeof(kmem.area), "kmem_alloc");
        tally_message(&tally, &kmem, NOW, NOW);
        ck_assert_str_eq(tally.rows[0].caller, "rx_work");
        ck_assert_str_eq(tally.rows[1].caller, "kmem_alloc");
}
END_TEST

/* However many different ones there are, the rows are bounded and nothing is lost. */
START_TEST(test_bounded)
{
        uint64_t sum = 0;
        char name[32];

        for (unsigned i = 0; i < 1000; i++) {
                snprintf(name, sizeof(name), "f%u_x", i);
                count(i % _DECODE_CLASS_MAX, (int)(i % 30) - 1, name, "", NOW);
        }
        ck_assert_uint_eq(tally.n, TALLY_ROWS_MAX + _DECODE_CLASS_MAX);
        for (size_t i = 0; i < tally.n; i++) {
                sum += tally.rows[i].total;
                ck_assert(i < TALLY_ROWS_MAX || (streq(tally.rows[i].caller, TALLY_OTHERS) && tally.rows[i].order == TALLY_ORDER_OTHERS));
        }
        ck_assert_uint_eq(sum, 1000);
        count(CLASS_FRAGMENTATION, 3, "f3_x", "", NOW);
        ck_assert_uint_eq(tally.n, TALLY_ROWS_MAX + _DECODE_CLASS_MAX);
}
END_TEST

START_TEST(test_hour)
{
        const TallyRow *r = &tally.rows[0];

        count(CLASS_FRAGMENTATION, 4, "f", "", NOW);
        count(CLASS_FRAGMENTATION, 4, "f", "", NOW + 10 * USEC_PER_MIN);
        count(CLASS_FRAGMENTATION, 4, "f", "", NOW + 10 * USEC_PER_MIN);
        ck_assert_uint_eq(tally_hour(r, NOW + 10 * USEC_PER_MIN), 3);
        ck_assert_uint_eq(tally_hour(r, NOW), 3); /* an earlier time than the last message's is its */
        ck_assert_uint_eq(tally_hour(r, NOW + 60 * USEC_PER_MIN), 3);
        ck_assert_uint_eq(tally_hour(r, NOW + 61 * USEC_PER_MIN), 2);
        ck_assert_uint_eq(tally_hour(r, NOW + 70 * USEC_PER_MIN), 2);
        ck_assert_uint_eq(tally_hour(r, NOW + 71 * USEC_PER_MIN), 0);
        ck_assert_uint_eq(r->total, 3);
        count(CLASS_FRAGMENTATION, 4, "f", "", NOW + 5 * USEC_PER_HOUR);
        ck_assert_uint_eq(tally_hour(r, NOW + 5 * USEC_PER_HOUR), 1);
        ck_assert_uint_eq(r->total, 4);
}
END_TEST

/* A message each minute, for hours, and right after the machine was booted. */
START_TEST(test_steady)
{
        for (unsigned i = 0; i < 300; i++) {
                count(CLASS_SHORTAGE, 0, "f", "", i * USEC_PER_MIN);
                ck_assert_uint_eq(tally_hour(&tally.rows[0], i * USEC_PER_MIN), MIN(i + 1, (unsigned)TALLY_MINUTES));
        }
}
END_TEST

START_TEST(test_suppressed)
{
        Decoded d = message(CLASS_FRAGMENTATION, 4, "f", "");

        d.suppressed = 7;
        tally_message(&tally, &d, NOW, NOW);
        tally_message(&tally, &d, NOW, NOW);
        ck_assert_uint_eq(tally.suppressed, 14);
        ck_assert_uint_eq(tally.rows[0].total, 2);
}
END_TEST

START_TEST(test_recent)
{
        const TallyRow *rows[3];

        count(CLASS_FRAGMENTATION, 9, "old", "", NOW - 2 * USEC_PER_HOUR);
        for (unsigned i = 0; i < 9; i++)
                count(CLASS_ATOMIC_RESERVE, 0, "often", "", NOW);
        count(CLASS_SHORTAGE, 0, "seldom", "", NOW);
        count(CLASS_COMPACTION, -1, "stuck", "", NOW);
        count(CLASS_FRAGMENTATION, 4, "f", "", NOW);
        ck_assert_uint_eq(tally_recent(&tally, NOW, rows, 3), 3);
        ck_assert_str_eq(rows[0]->caller, "f");
        ck_assert_str_eq(rows[1]->caller, "stuck");
        ck_assert_str_eq(rows[2]->caller, "often");
        ck_assert_uint_eq(tally_recent(&tally, NOW, rows, 1), 1);
        ck_assert_str_eq(rows[0]->caller, "f");
        ck_assert_uint_eq(tally_recent(&tally, NOW + 3 * USEC_PER_HOUR, rows, 3), 0);
}
END_TEST

static const struct {
        DecodeClass class;
        int order;
        unsigned times;
        bool shown;
        const char *function, *comm, *text;
} sentences[] = {
        { CLASS_FRAGMENTATION, 4, 2, true, "veth_alloc_queues", "dockerd",
                "2 allocations of order 4 (64 KiB) failed in the last hour for fragmentation, asked for by veth_alloc_queues in dockerd" },
        { CLASS_FRAGMENTATION, 4, 1, false, "", "qemu-system-x86",
                "1 allocation of order 4 (64 KiB) failed in the last hour, most likely for fragmentation, asked for by qemu-system-x86" },
        { CLASS_ATOMIC_RESERVE, 0, 3, true, "rx", "ksoftirqd/0",
                "3 allocations of order 0 (4 KiB) failed in the last hour as the reserve for those that cannot wait was used up, which is no "
                "fragmentation, asked for by rx in ksoftirqd/0" },
        { CLASS_COMPACTION, -1, 1, true, "fuse_wait", "kcompactd0",
                "1 time compaction did not come to an end in the last hour, in fuse_wait in kcompactd0" },
        { CLASS_CMA, -1, 2, true, "", "", "2 allocations from CMA failed in the last hour" },
};

START_TEST(test_sentence)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        for (unsigned i = 0; i < sentences[_i].times; i++) {
                Decoded d = message(sentences[_i].class, sentences[_i].order, sentences[_i].function, sentences[_i].comm);

                d.shown = sentences[_i].shown;
                tally_message(&tally, &d, NOW, NOW);
        }
        tally_sentence(&tally.rows[0], NOW, 4096, &b);
        ck_assert_str_eq(strbuf_text(&b), sentences[_i].text);
}
END_TEST

/* Only blocks of more than one page can be missing for fragmentation: a class that is not fragmentation never says that it is. */
START_TEST(test_no_other_is_fragmentation)
{
        for (int order = -1; order < 11; order++) {
                _cleanup_strbuf_ StrBuf b = { 0 };

                tally = (DecodeTally){ 0 };
                count((DecodeClass)_i, order, "f", "c", NOW);
                tally_sentence(&tally.rows[0], NOW, 4096, &b);
                ck_assert(!!strstr(strbuf_text(&b), " for fragmentation") == (_i == CLASS_FRAGMENTATION));
                ck_assert_ptr_nonnull(strstr(strbuf_text(&b), " in the last hour"));
        }
}
END_TEST

START_TEST(test_others_in_words)
{
        _cleanup_strbuf_ StrBuf b = { 0 };
        char name[32];

        for (unsigned i = 0; i < 40; i++) {
                snprintf(name, sizeof(name), "f%u_x", i);
                count(CLASS_SHORTAGE, 3, name, "", NOW);
        }
        tally_sentence(&tally.rows[TALLY_ROWS_MAX], NOW, 4096, &b);
        ck_assert_str_eq(strbuf_text(&b), "20 allocations of several orders failed in the last hour for want of free memory, which compaction does not make, "
                                          "asked for by others");
}
END_TEST

START_TEST(test_lines)
{
        const char *text = "a\n\nbc", *end = text + 5, *line;
        size_t n;

        ck_assert(decode_next_line(&text, end, &line, &n) && n == 1 && *line == 'a');
        ck_assert(decode_next_line(&text, end, &line, &n) && n == 0);
        ck_assert(decode_next_line(&text, end, &line, &n) && n == 2 && *line == 'b');
        ck_assert(!decode_next_line(&text, end, &line, &n));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("tally");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_test(t, test_rows);
        tcase_add_loop_test(t, test_task, 0, ELEMENTSOF(tasks));
        tcase_add_test(t, test_workqueue);
        tcase_add_test(t, test_bounded);
        tcase_add_test(t, test_hour);
        tcase_add_test(t, test_steady);
        tcase_add_test(t, test_suppressed);
        tcase_add_test(t, test_recent);
        tcase_add_loop_test(t, test_sentence, 0, ELEMENTSOF(sentences));
        tcase_add_loop_test(t, test_no_other_is_fragmentation, 0, _DECODE_CLASS_MAX);
        tcase_add_test(t, test_others_in_words);
        tcase_add_test(t, test_lines);
        suite_add_tcase(s, t);
}

TEST_MAIN("tally", build)
