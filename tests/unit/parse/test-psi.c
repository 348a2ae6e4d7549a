/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "parse/psi.h"

#define LINE(kind) kind " avg10=4.06 avg60=0.07 avg300=100.00 total=18446744073709551609\n"

START_TEST(values)
{
        static const char text[] = LINE("some") "full avg10=1.00 avg60=20.30 avg300=0.00 total=0\n";
        ParseError error;
        Psi p;

        ck_assert_int_eq(psi_parse(&p, text, sizeof(text) - 1, &error), 0);
        ck_assert_uint_eq(p.some.avg10, 406);
        ck_assert_uint_eq(p.some.avg60, 7);
        ck_assert_uint_eq(p.some.avg300, 10000);
        ck_assert_uint_eq(p.some.total, UINT64_C(18446744073709551609));
        ck_assert(p.have_full);
        ck_assert_uint_eq(p.full.avg10, 100);
        ck_assert_uint_eq(p.full.avg60, 2030);
        ck_assert_uint_eq(p.full.avg300, 0);
        ck_assert_uint_eq(p.full.total, 0);
        ck_assert_uint_eq(p.skipped, 0);
}
END_TEST

static const struct {
        const char *machine, *file;
        bool have_full;
        uint32_t some_avg300, full_avg300;
        uint64_t some_total;
        unsigned skipped;
} files[] = {
        { "one-zone", "cpu", true, 406, 120, 3165567, 0 },
        { "one-zone", "memory", true, 406, 120, 3165567, 0 },
        /* pressure/cpu has no "full" line before 5.13. */
        { "highmem-32bit", "cpu", false, 406, 0, 3165567, 0 },
        { "highmem-32bit", "memory", true, 406, 120, 3165567, 0 },
        /* avg900 on both lines, and a third line. */
        { "future", "memory", true, 406, 120, 3165567, 3 },
};

START_TEST(file)
{
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        char path[256];
        size_t size;
        Psi p;

        snprintf(path, sizeof(path), "odd/%s/proc/pressure/%s", files[_i].machine, files[_i].file);
        text = fixture_read(path, &size);
        ck_assert_msg(psi_parse(&p, text, size, &error) == 0, "%s:%u: expected %s", path,
                error.line, error.expected);
        ck_assert_int_eq(p.have_full, files[_i].have_full);
        ck_assert_uint_eq(p.some.avg300, files[_i].some_avg300);
        ck_assert_uint_eq(p.full.avg300, files[_i].full_avg300);
        ck_assert_uint_eq(p.some.total, files[_i].some_total);
        ck_assert_uint_eq(p.skipped, files[_i].skipped);
}
END_TEST

START_TEST(full_first)
{
        static const char text[] = "full avg10=1.00 avg60=2.00 avg300=3.00 total=4\n" LINE("some");
        ParseError error;
        Psi p;

        ck_assert_int_eq(psi_parse(&p, text, sizeof(text) - 1, &error), 0);
        ck_assert_uint_eq(p.full.avg10, 100);
        ck_assert_uint_eq(p.some.avg10, 406);
}
END_TEST

START_TEST(earlier_values_go)
{
        static const char both[] = LINE("some") LINE("full"), some[] = LINE("some");
        ParseError error;
        Psi p;

        ck_assert_int_eq(psi_parse(&p, both, sizeof(both) - 1, &error), 0);
        ck_assert(p.have_full);
        ck_assert_int_eq(psi_parse(&p, some, sizeof(some) - 1, &error), 0);
        ck_assert(!p.have_full);
        ck_assert_uint_eq(p.full.avg10, 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("psi");

        tcase_add_test(t, values);
        tcase_add_loop_test(t, file, 0, ELEMENTSOF(files));
        tcase_add_test(t, full_first);
        tcase_add_test(t, earlier_values_go);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/psi", build)
