/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "parse/value.h"
#include "text-copy.h"

static const struct {
        const char *text;
        unsigned line; /* 0: fine */
        int64_t value;
} integers[] = {
        { "20\n", 0, 20 },
        { "0\n", 0, 0 },
        { "-1\n", 0, -1 },
        { " 500 \n", 0, 500 },
        { "9223372036854775807\n", 0, INT64_MAX },
        { "-9223372036854775807\n", 0, -INT64_MAX },
        { "9223372036854775808\n", 1, 0 },
        { "", 1, 0 },
        { "\n", 1, 0 },
        { "20", 1, 0 },
        { "20\n21\n", 2, 0 },
        { "20\n\n", 2, 0 },
        { "256\t256\t32\t0\t0\n", 1, 0 },
        { "- 1\n", 1, 0 },
        { "--1\n", 1, 0 },
        { "-\n", 1, 0 },
        { "+1\n", 1, 0 },
        { "0x10\n", 1, 0 },
        { "2 MB\n", 1, 0 },
        { "[always]\n", 1, 0 },
};

START_TEST(integer)
{
        size_t size = strlen(integers[_i].text);
        _cleanup_free_ char *copy = text_copy(integers[_i].text, size);
        ParseError error = { 0 };
        int64_t v = 77;
        int r;

        r = value_parse_int(copy, size, &v, &error);
        ck_assert_int_eq(r, integers[_i].line ? -EBADMSG : 0);
        ck_assert_int_eq(v, integers[_i].line ? 77 : integers[_i].value);
        ck_assert_uint_eq(error.line, integers[_i].line);
}
END_TEST

/* Recorded knobs and sizes, through the same door as the sampler's. */
static const struct {
        const char *path;
        int64_t value;
} knobs[] = {
        { "roots/6.1-after/proc/sys/vm/compaction_proactiveness", 20 },
        { "roots/6.1-after/proc/sys/vm/extfrag_threshold", 500 },
        { "roots/5.4-after/proc/sys/vm/watermark_boost_factor", 0 },
        { "roots/6.1-after/proc/sys/vm/watermark_boost_factor", 15000 },
        { "roots/6.1-after/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", 2097152 },
        { "odd/arm64-64k/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", 536870912 },
        { "odd/arm64-64k/fragd-page-size", 65536 },
};

START_TEST(knob)
{
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        size_t size;
        int64_t v;

        text = fixture_read(knobs[_i].path, &size);
        ck_assert_int_eq(value_parse_int(text, size, &v, &error), 0);
        ck_assert_int_eq(v, knobs[_i].value);
}
END_TEST

static const struct {
        const char *text;
        size_t room;
        bool ok;
        const char *choice;
} choices[] = {
        { "always [madvise] never\n", 16, true, "madvise" },
        { "[always] madvise never\n", 16, true, "always" },
        { "always defer defer+madvise madvise [never]\n", 16, true, "never" },
        { "[x]\n", 2, true, "x" },
        { "always [madvise] never\n", 8, true, "madvise" },
        { "always [madvise] never\n", 7, false, NULL },
        { "always madvise never\n", 16, false, NULL },
        { "[always] [madvise] never\n", 16, false, NULL },
        { "always [madvise never\n", 16, false, NULL },
        { "always [] never\n", 16, false, NULL },
        { "always madvise] never\n", 16, false, NULL },
        { "always [madvise] never", 16, false, NULL },
        { "", 16, false, NULL },
};

START_TEST(choice)
{
        size_t size = strlen(choices[_i].text);
        _cleanup_free_ char *copy = text_copy(choices[_i].text, size);
        ParseError error = { 0 };
        char buf[16] = "before";
        int r;

        r = value_parse_choice(copy, size, buf, choices[_i].room, &error);
        ck_assert_int_eq(r, choices[_i].ok ? 0 : -EBADMSG);
        ck_assert_str_eq(buf, choices[_i].ok ? choices[_i].choice : "before");
        ck_assert_uint_eq(error.line, choices[_i].ok ? 0 : 1);
}
END_TEST

static const struct {
        const char *text;
        bool ok;
        const char *comm;
        char state;
} tasks[] = {
        { "35 (kcompactd0) S 2 0 0 0 -1 2129984\n", true, "kcompactd0", 'S' },
        { "46 (kswapd0) D 2\n", true, "kswapd0", 'D' },
        { "7 (a (b) c) R 1 2\n", true, "a (b) c", 'R' },
        { "7 (a) S 1) Z 1 2\n", true, "a) S 1", 'Z' },
        { "7 () R 1\n", true, "", 'R' },
        { "7 (fifteen-letters) I 1\n", true, "fifteen-letters", 'I' },
        { "7 (sixteen--letters) I 1\n", false, NULL, 0 },
        { "7 (a) R\n", true, "a", 'R' },
        { "7 (a) RS 1\n", false, NULL, 0 },
        { "7 (a) 1\n", false, NULL, 0 },
        { "7 (a)\n", false, NULL, 0 },
        { "7 (a R 1\n", false, NULL, 0 },
        { "7 a R 1\n", false, NULL, 0 },
        { "x (a) R 1\n", false, NULL, 0 },
        { "7 (a) R 1", false, NULL, 0 },
        { "", false, NULL, 0 },
};

START_TEST(task)
{
        size_t size = strlen(tasks[_i].text);
        _cleanup_free_ char *copy = text_copy(tasks[_i].text, size);
        char comm[16] = "before", state = '?';
        ParseError error = { 0 };
        int r;

        r = value_parse_task_stat(copy, size, comm, sizeof(comm), &state, &error);
        ck_assert_int_eq(r, tasks[_i].ok ? 0 : -EBADMSG);
        ck_assert_str_eq(comm, tasks[_i].ok ? tasks[_i].comm : "before");
        ck_assert_int_eq(state, tasks[_i].ok ? tasks[_i].state : '?');
        ck_assert_uint_eq(error.line, tasks[_i].ok ? 0 : 1);
}
END_TEST

static const struct {
        const char *text;
        bool ok;
        uint64_t cpu;
} times[] = {
        { "123456789 42 7\n", true, 123456789 },
        { "0 0 1\n", true, 0 },
        { "1 2 3 4\n", true, 1 },
        { "1 2\n", false, 0 },
        { "1 2 x\n", false, 0 },
        { "\n", false, 0 },
        { "", false, 0 },
        { "1 2 3", false, 0 },
};

START_TEST(schedstat)
{
        size_t size = strlen(times[_i].text);
        _cleanup_free_ char *copy = text_copy(times[_i].text, size);
        ParseError error = { 0 };
        uint64_t cpu = 77;

        ck_assert_int_eq(
                value_parse_schedstat(copy, size, &cpu, &error), times[_i].ok ? 0 : -EBADMSG);
        ck_assert_uint_eq(cpu, times[_i].ok ? times[_i].cpu : 77);
        ck_assert_uint_eq(error.line, times[_i].ok ? 0 : 1);
}
END_TEST

static const struct {
        const char *text;
        bool ok;
        size_t n;
        uint32_t ids[8];
} lists[] = {
        { "0\n", true, 1, { 0 } },
        { "0-3,8\n", true, 5, { 0, 1, 2, 3, 8 } },
        { "0-1,4-5,8-9,12-13\n", true, 8, { 0, 1, 4, 5, 8, 9, 12, 13 } },
        { "5-5\n", true, 1, { 5 } },
        { "\n", true, 0, { 0 } }, /* no node has it */
        { "0-8\n", false, 0, { 0 } },
        { "0-3,4-8\n", false, 0, { 0 } },
        { "0-4294967295\n", false, 0, { 0 } },
        { "4294967295\n", false, 0, { 0 } },
        { "3-1\n", false, 0, { 0 } },
        { "1,1\n", false, 0, { 0 } },
        { "2-4,3\n", false, 0, { 0 } },
        { "0,\n", false, 0, { 0 } },
        { ",0\n", false, 0, { 0 } },
        { "0-\n", false, 0, { 0 } },
        { "0-1-2\n", false, 0, { 0 } },
        { "a\n", false, 0, { 0 } },
        { "0 1\n", false, 0, { 0 } },
        { "0-3", false, 0, { 0 } },
        { "", false, 0, { 0 } },
};

START_TEST(list)
{
        size_t size = strlen(lists[_i].text), n = 77;
        _cleanup_free_ char *copy = text_copy(lists[_i].text, size);
        uint32_t ids[8] = { 99, 99, 99, 99, 99, 99, 99, 99 };
        ParseError error = { 0 };
        int r;

        r = value_parse_list(copy, size, ids, ELEMENTSOF(ids), &n, &error);
        ck_assert_int_eq(r, lists[_i].ok ? 0 : -EBADMSG);
        ck_assert_uint_eq(n, lists[_i].ok ? lists[_i].n : 77);
        for (size_t i = 0; i < ELEMENTSOF(ids); i++)
                ck_assert_uint_eq(ids[i], i < lists[_i].n ? lists[_i].ids[i] : 99);
        ck_assert_uint_eq(error.line, lists[_i].ok ? 0 : 1);
}
END_TEST

START_TEST(list_without_room)
{
        ParseError error;
        size_t n = 77;

        ck_assert_int_eq(value_parse_list("0\n", 2, NULL, 0, &n, &error), -EBADMSG);
        ck_assert_int_eq(value_parse_list("\n", 1, NULL, 0, &n, &error), 0);
        ck_assert_uint_eq(n, 0);
}
END_TEST

static const struct {
        const char *text;
        uint64_t start; /* UINT64_MAX: refused */
} starts[] = {
        { "1 (init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 99\n", 12345 },
        { "1 (a) b) 9 (c) R 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 7\n", 7 },
        { "1 (init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0\n", UINT64_MAX },
        { "1 (init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 -5\n", UINT64_MAX },
        { "1 init S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 5\n", UINT64_MAX },
        { "1 (init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 5", UINT64_MAX },
        { "", UINT64_MAX },
};

START_TEST(task_start)
{
        uint64_t start = 77;
        ParseError error = { 0 };
        int r = value_parse_task_start(starts[_i].text, strlen(starts[_i].text), &start, &error);

        ck_assert_int_eq(r, starts[_i].start == UINT64_MAX ? -EBADMSG : 0);
        ck_assert_uint_eq(start, r < 0 ? 77 : starts[_i].start);
        ck_assert_uint_eq(error.line, r < 0 ? 1 : 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("value");

        tcase_add_loop_test(t, integer, 0, ELEMENTSOF(integers));
        tcase_add_loop_test(t, knob, 0, ELEMENTSOF(knobs));
        tcase_add_loop_test(t, choice, 0, ELEMENTSOF(choices));
        tcase_add_loop_test(t, task, 0, ELEMENTSOF(tasks));
        tcase_add_loop_test(t, task_start, 0, ELEMENTSOF(starts));
        tcase_add_loop_test(t, schedstat, 0, ELEMENTSOF(times));
        tcase_add_loop_test(t, list, 0, ELEMENTSOF(lists));
        tcase_add_test(t, list_without_room);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/value", build)
