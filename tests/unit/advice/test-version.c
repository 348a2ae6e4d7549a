/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "advice/version.h"

#include "test.h"

static const struct {
        const char *text, *version; /* NULL: refused */
} versions[] = {
        { "6.1.0-18-amd64", "6.1.0" },
        { "5:7.0.15-1~deb12u1", "7.0.15" },
        { "15.5-0+deb12u1", "15.5" },
        { "19c", "19" },
        { "23ai", "23" },
        { "8", "8" },
        { "1.2.3.4.5.6.7.8", "1.2.3.4.5.6" },
        { "7.", "7" },
        { "99999999999", "4294967280" },
        { "v6.5", NULL },
        { "", NULL },
        { "new", NULL },
        { ":1", NULL },
};

START_TEST(test_version)
{
        Version v = { .n = 9 };
        char text[VERSION_TEXT_MAX];
        int r = version_parse(versions[_i].text, &v);

        if (!versions[_i].version) {
                ck_assert_int_eq(r, -EINVAL);
                ck_assert_uint_eq(v.n, 9);
                return;
        }
        ck_assert_int_eq(r, 0);
        if (_i != 8) /* how a number that does not fit is cut is nobody's business */
                ck_assert_str_eq(version_text(&v, text), versions[_i].version);
}
END_TEST

static const struct {
        const char *version, *range;
        bool in;
} ranges[] = {
        { "7.0.12", "<= 7.0", true },
        { "7.1", "<= 7.0", false },
        { "7.0.12", "> 7.0", false },
        { "7.0.12", ">= 3.0, < 8.0", true },
        { "8.0.0", ">= 3.0, < 8.0", false },
        { "8", ">= 8.0", true },
        { "8.0.1", "< 8.0.2", true },
        { "2.6", ">= 3.0, < 8.0", false },
        { "10.6.16", "< 10.6.17", true },
        { "10.11.1", "< 10.6.17", false },
        { "6.15", ">=6.15", true },
        { "6.9", ">= 6.15", false },
        { "6.1.9", "6.1", true },
        { "6.10", "= 6.1", false },
        { "1", " >= 1 , <2 ", true },
};

START_TEST(test_range)
{
        VersionRange range;
        Version v;

        ck_assert_int_eq(version_parse(ranges[_i].version, &v), 0);
        ck_assert_int_eq(version_range_parse(ranges[_i].range, &range), 0);
        ck_assert_int_eq(version_in(&v, &range), ranges[_i].in);
}
END_TEST

static const char *const bad_ranges[] = { "", ">=", ">= x", "=> 3", ">= 3 <", ">= 3,", ">= 3, < 4 5", "1,2,3,4,5", ">= 3; < 4" };

START_TEST(test_bad_range)
{
        VersionRange range = { .n = 7 };

        ck_assert_int_eq(version_range_parse(bad_ranges[_i], &range), -EINVAL);
        ck_assert_uint_eq(range.n, 7);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("version");

        tcase_add_loop_test(t, test_version, 0, ELEMENTSOF(versions));
        tcase_add_loop_test(t, test_range, 0, ELEMENTSOF(ranges));
        tcase_add_loop_test(t, test_bad_range, 0, ELEMENTSOF(bad_ranges));
        suite_add_tcase(s, t);
}

TEST_MAIN("version", build)
