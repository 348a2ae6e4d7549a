/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/usec.h"
#include "cli/report-axis.h"
#include "test.h"

#define MIB INT64_C(1048576)
#define SEC INT64_C(1000000)

static const ChartFrame frame = { 470, 138, 1000 * SEC, 1100 * SEC, "a <label>" };

static const struct {
        ChartUnit unit;
        int64_t greatest, step, top;
} axes[] = {
        { CHART_COUNT, 0, 1, 1 },
        { CHART_COUNT, 1, 1, 1 },
        { CHART_COUNT, 5, 1, 5 },
        { CHART_COUNT, 6, 2, 6 },
        { CHART_COUNT, 7, 2, 8 },
        { CHART_COUNT, 99, 20, 100 },
        { CHART_COUNT, 101, 50, 150 },
        { CHART_BYTES, 5, 1, 5 },
        { CHART_BYTES, 100 * MIB, 32 * MIB, 128 * MIB },
        { CHART_BYTES, 1536 * MIB, 512 * MIB, 1536 * MIB },
        { CHART_USEC, 2500000, 500000, 2500000 },
};

START_TEST(test_axis)
{
        Axis a = axis_new(axes[_i].unit, axes[_i].greatest);

        ck_assert_int_eq(a.step, axes[_i].step);
        ck_assert_int_eq(a.top, axes[_i].top);
}
END_TEST

/* Whatever the value, there are few lines, and they end. */
START_TEST(test_axis_any)
{
        for (unsigned bits = 0; bits < 63; bits++) {
                int64_t greatest = (INT64_C(1) << bits) + (bits > 1);
                Axis a = axis_new(_i ? CHART_BYTES : CHART_COUNT, greatest);

                ck_assert_int_ge(a.top, MIN(greatest, INT64_MAX / 64));
                ck_assert_int_ge(a.top / a.step, 1);
                ck_assert_int_le(a.top / a.step, 6);
        }
}
END_TEST

START_TEST(test_places)
{
        Axis a = { CHART_COUNT, 1, 4 };

        ck_assert(axis_x(&frame, frame.from) == AXIS_LEFT);
        ck_assert(axis_x(&frame, frame.to) == frame.width - AXIS_RIGHT);
        ck_assert(axis_height(&frame) == 100);
        ck_assert(axis_y(&frame, &a, 0) == AXIS_TOP + 100);
        ck_assert(axis_y(&frame, &a, 4) == AXIS_TOP);
        ck_assert(axis_y(&frame, &a, 1) == AXIS_TOP + 75);
        ck_assert(axis_y(&frame, &a, 99) == AXIS_TOP);
        ck_assert(axis_y(&frame, &a, -1) == AXIS_TOP + 100);
}
END_TEST

static unsigned times(const char *text, const char *part)
{
        unsigned n = 0;

        for (; (text = strstr(text, part)); text += strlen(part))
                n++;
        return n;
}

static ChartLevel level(int64_t at, int64_t mean)
{
        int64_t wanted = 20 * MIB;

        if (mean < 0)
                return (ChartLevel){ at, 10 * SEC, -1, -1, -1, -1, -1 };
        return (ChartLevel){ at, 10 * SEC, mean, mean, mean, wanted, mean < wanted ? 0 : 10000 };
}

START_TEST(test_level)
{
        ChartLevel levels[] = { level(1000 * SEC, 30 * MIB), level(1010 * SEC, 10 * MIB),
                level(1020 * SEC, -1), level(1030 * SEC, 30 * MIB) };
        ChartMark marks[] = { { 1015 * SEC, CHART_MARK_GAINED, "gained <1>" },
                { 1015 * SEC, CHART_MARK_GAINED, "too near" },
                { 1050 * SEC, CHART_MARK_NO_GAIN, "nothing" },
                { 999 * SEC, CHART_MARK_OTHER, "before" } };
        _cleanup_strbuf_ StrBuf b = { 0 };
        const char *text;

        chart_level(&b, &frame, levels, ELEMENTSOF(levels), marks, ELEMENTSOF(marks));
        text = strbuf_text(&b);
        ck_assert_ptr_nonnull(strstr(text, "aria-label=\"a &lt;label&gt;\""));
        ck_assert_uint_eq(times(text, "class=\"line\""), 2); /* there is a gap */
        ck_assert_uint_eq(times(text, "class=\"band\""), 2);
        ck_assert_uint_eq(times(text, "class=\"missed\""), 1);
        ck_assert_uint_eq(times(text, "class=\"mark "), 2);
        ck_assert_ptr_nonnull(strstr(text, "<title>gained &lt;1&gt;</title>"));
        ck_assert_ptr_null(strstr(text, "before"));
        ck_assert_ptr_null(strstr(text, "nan"));
        ck_assert_uint_eq(times(text, "<svg"), times(text, "</svg>"));
}
END_TEST

START_TEST(test_empty)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        chart_level(&b, &frame, NULL, 0, NULL, 0);
        chart_heat(&b, &frame, NULL, 0, NULL, 0);
        chart_bars(&b, &frame, CHART_USEC, NULL, 0);
        ck_assert_uint_eq(times(strbuf_text(&b), "</svg>"), 3);
        ck_assert_ptr_null(strstr(strbuf_text(&b), "nan"));
        ck_assert_ptr_null(strstr(strbuf_text(&b), "inf"));
}
END_TEST

static const struct {
        int permille;
        unsigned expected;
} heats[] = { { 0, 0 }, { 124, 0 }, { 125, 1 }, { 500, 4 }, { 999, 7 }, { 1000, 7 }, { 2000, 7 },
        { -5, 0 } };

START_TEST(test_heat_class)
{
        ck_assert_uint_eq(chart_heat_class(heats[_i].permille), heats[_i].expected);
}
END_TEST

START_TEST(test_heat)
{
        static const char *const names[] = { "4 MiB", "2 <MiB>" };
        ChartCell cells[] = { { 1000 * SEC, 50 * SEC, 0, 0 }, { 1050 * SEC, 50 * SEC, 999, 0 },
                { 1000 * SEC, 50 * SEC, 10, 1 }, { 1050 * SEC, 50 * SEC, -1, 1 } };
        _cleanup_strbuf_ StrBuf b = { 0 };
        const char *text;

        chart_heat(&b, &frame, cells, ELEMENTSOF(cells), names, ELEMENTSOF(names));
        text = strbuf_text(&b);
        ck_assert_uint_eq(times(text, "class=\"heat "), 2);
        ck_assert_ptr_nonnull(strstr(text, "class=\"heat h0\" d=\"M58.0 16.0h200.3v49.0h-200.3z"
                                           "M58.0 66.0h200.3v49.0h-200.3z\"/>"));
        ck_assert_ptr_nonnull(strstr(text, "2 &lt;MiB&gt;</text>"));
}
END_TEST

START_TEST(test_bars)
{
        ChartBar bars[] = { { 1050 * SEC, 2 * SEC, "cost", "two & more" },
                { 2000 * SEC, SEC, "cost", "later" } };
        _cleanup_strbuf_ StrBuf b = { 0 };

        chart_bars(&b, &frame, CHART_USEC, bars, ELEMENTSOF(bars));
        ck_assert_uint_eq(times(strbuf_text(&b), "class=\"bar cost\""), 1);
        ck_assert_ptr_nonnull(strstr(strbuf_text(&b), "x=\"256.0\" y=\"16.0\""));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&b), "<title>two &amp; more</title>"));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&b), ">500ms<"));
}
END_TEST

static const struct {
        int64_t span;
        unsigned least, most; /* labels of time */
} spans[] = { { 30 * SEC, 2, 5 }, { 300 * SEC, 2, 5 }, { 3600 * SEC, 2, 5 },
        { INT64_C(86400) * SEC, 2, 5 }, { INT64_C(7) * 86400 * SEC, 2, 5 } };

START_TEST(test_time_labels)
{
        ChartFrame f = frame;
        _cleanup_strbuf_ StrBuf b = { 0 };
        unsigned n;

        f.to = f.from + spans[_i].span;
        axis_draw_time(&b, &f, true);
        n = times(strbuf_text(&b), "<text");
        ck_assert_uint_ge(n, spans[_i].least);
        ck_assert_uint_le(n, spans[_i].most);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("chart");

        tcase_add_loop_test(t, test_axis, 0, ELEMENTSOF(axes));
        tcase_add_loop_test(t, test_axis_any, 0, 2);
        tcase_add_test(t, test_places);
        tcase_add_test(t, test_level);
        tcase_add_test(t, test_empty);
        tcase_add_loop_test(t, test_heat_class, 0, ELEMENTSOF(heats));
        tcase_add_test(t, test_heat);
        tcase_add_test(t, test_bars);
        tcase_add_loop_test(t, test_time_labels, 0, ELEMENTSOF(spans));
        suite_add_tcase(s, t);
}

TEST_MAIN("cli/report-chart", build)
