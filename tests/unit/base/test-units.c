/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/units.h"

#include "test.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* What the text is as a number, or the error and nothing written. */
typedef struct ParseCase {
        const char *text;
        int result;
        uint64_t value;
} ParseCase;

static const ParseCase sizes[] = {
        { "0", 0, 0 },
        { "4096", 0, 4096 },
        { "64K", 0, 64 * KIB },
        { "64KB", 0, 64 * KIB },
        { "64KiB", 0, 64 * KIB },
        { "2 MiB", 0, 2 * MIB },
        { " 512M ", 0, 512 * MIB },
        { "1.5G", 0, GIB + GIB / 2 },
        { "0.001K", 0, 1 },
        { "1.999999999G", 0, 2147483646 },
        { "15E", 0, UINT64_C(15) << 60 },
        { "15.999999999E", 0, UINT64_C(18446744072556630111) },
        { "1T", 0, UINT64_C(1) << 40 },
        { "1P", 0, UINT64_C(1) << 50 },
        { "100B", 0, 100 },
        { "18446744073709551615", 0, UINT64_MAX },
        { "18446744073709551616", -ERANGE, 0 },
        { "16E", -ERANGE, 0 },
        { "99999999999999999999999K", -ERANGE, 0 },
        { "", -EINVAL, 0 },
        { " ", -EINVAL, 0 },
        { "K", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "+1", -EINVAL, 0 },
        { "1.5", -EINVAL, 0 },
        { "1.5B", -EINVAL, 0 },
        { "1.K", -EINVAL, 0 },
        { ".5K", -EINVAL, 0 },
        { "1.0000000000K", -EINVAL, 0 },
        { "1k", -EINVAL, 0 },
        { "1Ki", -EINVAL, 0 },
        { "1KBB", -EINVAL, 0 },
        { "1iB", -EINVAL, 0 },
        { "64K 1", -EINVAL, 0 },
        { "0x10", -EINVAL, 0 },
        { "2%", -EINVAL, 0 },
        { "thp", -EINVAL, 0 },
        { "99999999999999999999999X", -EINVAL, 0 },
};

static const ParseCase durations[] = {
        { "0", 0, 0 },
        { "90", 0, 90 * USEC_PER_SEC },
        { "90s", 0, 90 * USEC_PER_SEC },
        { "500ms", 0, 500 * USEC_PER_MSEC },
        { "7us", 0, 7 },
        { "2h", 0, 2 * USEC_PER_HOUR },
        { "1h 30min", 0, 90 * USEC_PER_MIN },
        { "1h30min", 0, 90 * USEC_PER_MIN },
        { "1h 30 min", 0, 90 * USEC_PER_MIN },
        { " 1d ", 0, 24 * USEC_PER_HOUR },
        { "2w", 0, 14 * 24 * USEC_PER_HOUR },
        { "1.5s", 0, 1500 * USEC_PER_MSEC },
        { "0.25", 0, 250 * USEC_PER_MSEC },
        { "0.5us", 0, 0 },
        { "18446744073709551614us", 0, UINT64_MAX - 1 },
        { "18446744073709551615us", -ERANGE, 0 },
        { "18446744073709551616us", -ERANGE, 0 },
        { "99999999999999999999h", -ERANGE, 0 },
        { "18446744073709551614us 1s", -ERANGE, 0 },
        { "40000000w", -ERANGE, 0 },
        { "", -EINVAL, 0 },
        { "h", -EINVAL, 0 },
        { "1h 30", -EINVAL, 0 },
        { "30 1h", -EINVAL, 0 },
        { "1m", 0, USEC_PER_MIN },
        { "1 hour", -EINVAL, 0 },
        { "1S", -EINVAL, 0 },
        { "-1s", -EINVAL, 0 },
        { "1.s", -EINVAL, 0 },
        { "1s,", -EINVAL, 0 },
        { "infinity", -EINVAL, 0 },
};

static const ParseCase percents[] = {
        { "0%", 0, 0 },
        { "2%", 0, 200 },
        { "0.25%", 0, 25 },
        { "2.5 %", 0, 250 },
        { " 100% ", 0, 10000 },
        { "100.00%", 0, 10000 },
        { "100.01%", -ERANGE, 0 },
        { "101%", -ERANGE, 0 },
        { "99999999999999999999999%", -ERANGE, 0 },
        { "2", -EINVAL, 0 },
        { "%", -EINVAL, 0 },
        { "", -EINVAL, 0 },
        { "-2%", -EINVAL, 0 },
        { "0.125%", -EINVAL, 0 },
        { "2%%", -EINVAL, 0 },
        { "2% x", -EINVAL, 0 },
        { "2.%", -EINVAL, 0 },
};

static const ParseCase numbers[] = {
        { "0", 0, 0 },
        { "007", 0, 7 },
        { "18446744073709551615", 0, UINT64_MAX },
        { "18446744073709551616", -ERANGE, 0 },
        { "20000000000000000000", -ERANGE, 0 },
        { "", -EINVAL, 0 },
        { " 1", -EINVAL, 0 },
        { "1 ", -EINVAL, 0 },
        { "+1", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "1x", -EINVAL, 0 },
        { "1.0", -EINVAL, 0 },
};

static void check_parse(const ParseCase *c, int (*parse)(const char *, uint64_t *))
{
        uint64_t value = 4711;
        int r = parse(c->text, &value);

        ck_assert_msg(r == c->result, "'%s': result %d, expected %d", c->text, r, c->result);
        ck_assert_msg(value == (r == 0 ? c->value : 4711), "'%s': value %llu", c->text,
                (unsigned long long)value);
}

static int percent_parse_u64(const char *text, uint64_t *ret)
{
        uint32_t v = 0;
        int r = percent_parse(text, &v);

        if (r == 0)
                *ret = v;
        return r;
}

START_TEST(test_size_parse)
{
        check_parse(&sizes[_i], size_parse);
}
END_TEST

START_TEST(test_duration_parse)
{
        check_parse(&durations[_i], duration_parse);
}
END_TEST

START_TEST(test_percent_parse)
{
        check_parse(&percents[_i], percent_parse_u64);
}
END_TEST

START_TEST(test_number_parse)
{
        check_parse(&numbers[_i], number_parse);
}
END_TEST

/* What a formatter makes of a value; where `back` is set, the parser reads the text as the same
 * value. */
typedef struct FormatCase {
        uint64_t value;
        const char *text;
        bool back;
} FormatCase;

static const FormatCase size_texts[] = {
        { 0, "0 B", true },
        { 1023, "1023 B", true },
        { 1024, "1 KiB", true },
        { 1075, "1 KiB", false },
        { 1127, "1.1 KiB", false },
        { 64 * KIB, "64 KiB", true },
        { 2 * MIB, "2 MiB", true },
        { MIB - 1, "1023.9 KiB", false },
        { GIB + GIB / 2, "1.5 GiB", true },
        { UINT64_C(3) << 40, "3 TiB", true },
        { UINT64_C(7) << 50, "7 PiB", true },
        { UINT64_MAX, "15.9 EiB", false },
};

static const FormatCase duration_texts[] = {
        { 0, "0s", true },
        { 1, "1us", true },
        { 999, "999us", true },
        { 1500, "1.5ms", true },
        { 500000, "500ms", true },
        { 999999, "999.999ms", true },
        { 1000000, "1s", true },
        { 1234567, "1.234s", false },
        { 59999999, "59.999s", false },
        { 60000000, "1min", true },
        { 90500000, "1min 30s", false },
        { 5400000000, "1h 30min", true },
        { 3605000000, "1h", false },
        { 8 * 24 * USEC_PER_HOUR, "1w 1d", true },
        { 26 * USEC_PER_HOUR, "1d 2h", true },
        { USEC_INFINITY, "infinity", false },
};

static const FormatCase percent_texts[] = {
        { 0, "0%", true },
        { 25, "0.25%", true },
        { 5, "0.05%", true },
        { 200, "2%", true },
        { 250, "2.5%", true },
        { 10000, "100%", true },
};

static void check_format(
        const FormatCase *c, const char *text, int (*parse)(const char *, uint64_t *))
{
        uint64_t value = 4711;

        ck_assert_str_eq(text, c->text);
        if (c->back) {
                ck_assert_int_eq(parse(text, &value), 0);
                ck_assert_uint_eq(value, c->value);
        }
}

START_TEST(test_size_format)
{
        char buf[UNIT_TEXT_MAX];

        check_format(
                &size_texts[_i], size_format(buf, sizeof(buf), size_texts[_i].value), size_parse);
}
END_TEST

START_TEST(test_duration_format)
{
        char buf[UNIT_TEXT_MAX];

        check_format(&duration_texts[_i],
                duration_format(buf, sizeof(buf), duration_texts[_i].value), duration_parse);
}
END_TEST

START_TEST(test_percent_format)
{
        char buf[UNIT_TEXT_MAX];

        check_format(&percent_texts[_i],
                percent_format(buf, sizeof(buf), (uint32_t)percent_texts[_i].value),
                percent_parse_u64);
}
END_TEST

START_TEST(test_format_small_buffer)
{
        char buf[4] = "xxx";

        ck_assert_ptr_eq(size_format(buf, sizeof(buf), GIB), buf);
        ck_assert_str_eq(buf, "1 G");
        ck_assert_str_eq(duration_format(buf, sizeof(buf), 5400000000), "1h ");
        ck_assert_str_eq(percent_format(buf, sizeof(buf), 10000), "100");
}
END_TEST

START_TEST(test_usec)
{
        ck_assert_uint_eq(usec_add(1, 2), 3);
        ck_assert_uint_eq(usec_add(USEC_INFINITY, 1), USEC_INFINITY);
        ck_assert_uint_eq(usec_add(1, USEC_INFINITY), USEC_INFINITY);
        ck_assert_uint_eq(usec_add(USEC_INFINITY - 1, 5), USEC_INFINITY);
        ck_assert_uint_eq(usec_sub(5, 3), 2);
        ck_assert_uint_eq(usec_sub(3, 5), 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("units");

        tcase_add_loop_test(t, test_size_parse, 0, ELEMENTSOF(sizes));
        tcase_add_loop_test(t, test_duration_parse, 0, ELEMENTSOF(durations));
        tcase_add_loop_test(t, test_percent_parse, 0, ELEMENTSOF(percents));
        tcase_add_loop_test(t, test_number_parse, 0, ELEMENTSOF(numbers));
        tcase_add_loop_test(t, test_size_format, 0, ELEMENTSOF(size_texts));
        tcase_add_loop_test(t, test_duration_format, 0, ELEMENTSOF(duration_texts));
        tcase_add_loop_test(t, test_percent_format, 0, ELEMENTSOF(percent_texts));
        tcase_add_test(t, test_format_small_buffer);
        tcase_add_test(t, test_usec);
        suite_add_tcase(s, t);
}

TEST_MAIN("units", build)
