/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "decode/prefix.h"

static const struct {
        const char *line, *text;
        bool stream;
} rows[] = {
        { "a: b", "a: b", false },
        { "", "", false },
        { "[    1.000000] a: b\r\n", "a: b", false },
        { "[Mon Apr 20 15:08:07 2020] a: b", "a: b", false },
        { "<4>[12.34] a", "a", false },
        { "<6>a", "a", false },
        { "Apr  9 09:12:27 host kernel: [170238.829785] a", "a", false },
        { "2024-08-08T08:37:09.914376+00:00 host kernel: a", "a", false },
        { "2016-12-19 16:23:02 192.168.186.128:6666 [  279.848857] a", "a", false },
        { "07-13 08:41:51.341 <4>[309805.658142s][pid:1361,cpu5,sManagerService]a", "a", false },
        { "<4>[ 6207.637637]  [3:  Binder:9343_3:22875] a", "a", false },
        { "kern  :warn  : [  177.175954] a", "a", false },
        { "> > > [   14.017417][    T1] a", "a", true },
        { "[15980.045209][   C33] a", "a", true },
        { "kernel:[405108.698255] a", "a", false },
        /* what is the kernel's own stays */
        { " [<ffffffff810db746>] f+0x1/0x2", "[<ffffffff810db746>] f+0x1/0x2", false },
        { "[c000000000395038] f+0x1/0x2", "[c000000000395038] f+0x1/0x2", false },
        { "<IRQ>  f+0x1/0x2", "<IRQ>  f+0x1/0x2", false },
        { "10132 total pagecache pages", "10132 total pagecache pages", false },
        { "0*4kB 1*8kB", "0*4kB 1*8kB", false },
        { "12:34", "12:34", false },
        { "[", "[", false },
        { "[1.2", "[1.2", false },
        { "<", "<", false },
        { "<99999999999999999999>", "<99999999999999999999>", false },
        { ">>>>>>>>>>>>>>>>>>>>>>>>", ">>>>>>>>", false }, /* at most so many */
};

START_TEST(test_strip)
{
        uint64_t stream = 7;
        Slice s = prefix_strip(slice_of(rows[_i].line, strlen(rows[_i].line)), &stream);

        ck_assert_msg(slice_equal(s, rows[_i].text), "'%s' -> '%.*s'", rows[_i].line, (int)slice_size(s), s.p);
        ck_assert((stream != 0) == rows[_i].stream);
}
END_TEST

START_TEST(test_streams_differ)
{
        uint64_t task, cpu;

        (void)prefix_strip(slice_of("[ T33] a", 8), &task);
        (void)prefix_strip(slice_of("[ C33] a", 8), &cpu);
        ck_assert_uint_ne(task, cpu);
        ck_assert_uint_ne(task, 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("prefix");

        tcase_add_loop_test(t, test_strip, 0, ELEMENTSOF(rows));
        tcase_add_test(t, test_streams_differ);
        suite_add_tcase(s, t);
}

TEST_MAIN("decode/prefix", build)
