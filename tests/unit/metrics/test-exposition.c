/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/exposition.h"
#include "test.h"

static StrBuf out;
static Exposition x;

static void start(MetricsFormat format)
{
        out = (StrBuf){ 0 };
        x = (Exposition)EXPOSITION_INIT(&out, format);
}

static void teardown(void)
{
        strbuf_done(&out);
}

static const struct {
        uint64_t value;
        unsigned digits;
        const char *expected;
} numbers[] = {
        { 0, 0, "0" },
        { 0, 6, "0" },
        { 7, 0, "7" },
        { 7, 3, "0.007" },
        { 500, 3, "0.5" },
        { 1000, 3, "1" },
        { 1010, 3, "1.01" },
        { 406, 4, "0.0406" },
        { 1795364784758138, 6, "1795364784.758138" },
        { UINT64_MAX, 0, "18446744073709551615" },
        { UINT64_MAX, 9, "18446744073.709551615" },
};

START_TEST(test_number)
{
        char expected[64];

        start(METRICS_TEXT);
        exposition_add(&x, METRIC_ACTS, numbers[_i].value, numbers[_i].digits, NULL);
        snprintf(expected, sizeof(expected), "\nfragd_acts %s\n", numbers[_i].expected);
        ck_assert_msg(strstr(strbuf_text(&out), expected), "%s", strbuf_text(&out));
        ck_assert_uint_eq(x.series, 1);
        teardown();
}
END_TEST

START_TEST(test_signed)
{
        start(METRICS_TEXT);
        exposition_add_signed(&x, METRIC_FRAGMENTATION_INDEX, -1000, 3, LABELS("0", "DMA", "9"));
        exposition_add_signed(&x, METRIC_FRAGMENTATION_INDEX, 957, 3, LABELS("0", "DMA", "9"));
        exposition_add_signed(
                &x, METRIC_FRAGMENTATION_INDEX, INT64_MIN, 0, LABELS("0", "DMA", "9"));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&out), "size=\"9\"} -1\n"));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&out), "size=\"9\"} 0.957\n"));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&out), "size=\"9\"} -9223372036854775808\n"));
        teardown();
}
END_TEST

/* Everything that the formats differ in. */
static const char text[] =
        "# HELP fragd_actions_total Actions by what came of them; would: a policy that only "
        "observes would have started one.\n"
        "# TYPE fragd_actions_total counter\n"
        "fragd_actions_total{node=\"0\",lever=\"compact\",result=\"gained\"} 3\n"
        "# HELP fragd_gained_bytes_total Memory in blocks of the wanted size that actions "
        "brought.\n"
        "# TYPE fragd_gained_bytes_total counter\n"
        "fragd_gained_bytes_total{node=\"0\",lever=\"compact\"} 1024\n"
        "# HELP fragd_knob_owner Whose value it is: nobody has touched it, fragd has, or other: "
        "somebody else after fragd.\n"
        "# TYPE fragd_knob_owner gauge\n"
        "fragd_knob_owner{knob=\"vm.a\",fragd_knob_owner=\"nobody\"} 0\n"
        "fragd_knob_owner{knob=\"vm.a\",fragd_knob_owner=\"fragd\"} 1\n"
        "# HELP fragd_build_info The version of fragd.\n"
        "# TYPE fragd_build_info gauge\n"
        "fragd_build_info{version=\"a\\\\b\\\"c\\nd\"} 1\n"
        "# HELP fragd_poll_duration_seconds How long looking at the machine and deciding took.\n"
        "# TYPE fragd_poll_duration_seconds histogram\n"
        "fragd_poll_duration_seconds_bucket{le=\"0.0005\"} 1\n"
        "fragd_poll_duration_seconds_bucket{le=\"2.0\"} 3\n"
        "fragd_poll_duration_seconds_bucket{le=\"+Inf\"} 6\n"
        "fragd_poll_duration_seconds_sum 1.5\n"
        "fragd_poll_duration_seconds_count 6\n";

static const char open_metrics[] =
        "# HELP fragd_actions Actions by what came of them; would: a policy that only observes "
        "would have started one.\n"
        "# TYPE fragd_actions counter\n"
        "fragd_actions_total{node=\"0\",lever=\"compact\",result=\"gained\"} 3\n"
        "# HELP fragd_gained_bytes Memory in blocks of the wanted size that actions brought.\n"
        "# TYPE fragd_gained_bytes counter\n"
        "# UNIT fragd_gained_bytes bytes\n"
        "fragd_gained_bytes_total{node=\"0\",lever=\"compact\"} 1024\n"
        "# HELP fragd_knob_owner Whose value it is: nobody has touched it, fragd has, or other: "
        "somebody else after fragd.\n"
        "# TYPE fragd_knob_owner stateset\n"
        "fragd_knob_owner{knob=\"vm.a\",fragd_knob_owner=\"nobody\"} 0\n"
        "fragd_knob_owner{knob=\"vm.a\",fragd_knob_owner=\"fragd\"} 1\n"
        "# HELP fragd_build The version of fragd.\n"
        "# TYPE fragd_build info\n"
        "fragd_build_info{version=\"a\\\\b\\\"c\\nd\"} 1\n"
        "# HELP fragd_poll_duration_seconds How long looking at the machine and deciding took.\n"
        "# TYPE fragd_poll_duration_seconds histogram\n"
        "# UNIT fragd_poll_duration_seconds seconds\n"
        "fragd_poll_duration_seconds_bucket{le=\"0.0005\"} 1\n"
        "fragd_poll_duration_seconds_bucket{le=\"2.0\"} 3\n"
        "fragd_poll_duration_seconds_bucket{le=\"+Inf\"} 6\n"
        "fragd_poll_duration_seconds_sum 1.5\n"
        "fragd_poll_duration_seconds_count 6\n"
        "# EOF\n";

static const char *const whole[_METRICS_FORMAT_MAX] = { text, open_metrics };

START_TEST(test_whole)
{
        static const char *const owners[] = { "nobody", "fragd" };
        static const uint64_t bounds[] = { 500, 2000000 }, counts[] = { 1, 2, 3 };

        start((MetricsFormat)_i);
        exposition_add(&x, METRIC_ACTIONS, 3, 0, LABELS("0", "compact", "gained"));
        exposition_add(&x, METRIC_GAINED, 1024, 0, LABELS("0", "compact"));
        exposition_add_states(&x, METRIC_KNOB_OWNER, 2, owners, 1, LABELS("vm.a"));
        exposition_add(&x, METRIC_BUILD, 1, 0, LABELS("a\\b\"c\nd"));
        exposition_add_histogram(&x, METRIC_POLL, 2, bounds, counts, 1500000);
        exposition_end(&x);
        ck_assert_str_eq(strbuf_text(&out), whole[_i]);
        ck_assert_uint_eq(x.series, 10);
        teardown();
}
END_TEST

START_TEST(test_infinite)
{
        start(METRICS_TEXT);
        exposition_add_infinite(&x, METRIC_OBJECTIVE_EXHAUSTION, LABELS("0", "1", "9", "user"));
        ck_assert_ptr_nonnull(
                strstr(strbuf_text(&out), "\nfragd_objective_exhaustion_seconds{node=\"0\","
                                          "objective=\"1\",size=\"9\",for=\"user\"} +Inf\n"));
        teardown();
}
END_TEST

/* What promtool and OpenMetrics want of a family's row. */
START_TEST(test_family)
{
        const MetricFamily *f = metric_family((MetricId)_i);
        size_t n = strlen(f->name), last = 0;

        ck_assert(strncmp(f->name, "fragd_", 6) == 0 || strncmp(f->name, "process_", 8) == 0);
        ck_assert_uint_eq(strspn(f->name, "abcdefghijklmnopqrstuvwxyz_"), n);
        ck_assert_ptr_null(strpbrk(f->help, "\\\"\n"));
        ck_assert_int_eq(f->help[strlen(f->help) - 1], '.');
        if (f->unit) {
                ck_assert_uint_gt(n, strlen(f->unit));
                ck_assert_str_eq(f->name + n - strlen(f->unit), f->unit);
        } else
                ck_assert(!strstr(f->name, "_seconds") && !strstr(f->name, "_bytes") &&
                          !strstr(f->name, "_ratio"));
        for (MetricId other = 0; other < (MetricId)_i; other++)
                ck_assert_str_ne(f->name, metric_family(other)->name);
        while (last + 1 < METRIC_LABELS_MAX && f->labels[last + 1])
                last++;
        if (f->type == METRIC_STATESET)
                ck_assert_str_eq(f->labels[last], f->name);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("exposition");

        tcase_add_loop_test(t, test_number, 0, (int)ELEMENTSOF(numbers));
        tcase_add_test(t, test_signed);
        tcase_add_loop_test(t, test_whole, 0, _METRICS_FORMAT_MAX);
        tcase_add_test(t, test_infinite);
        tcase_add_loop_test(t, test_family, 0, _METRIC_MAX);
        suite_add_tcase(s, t);
}

TEST_MAIN("metrics/exposition", build)
