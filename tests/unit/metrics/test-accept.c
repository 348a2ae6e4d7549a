/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/accept.h"
#include "test.h"

#define PROMETHEUS                                                                                 \
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"   \
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

static const struct {
        const char *header;
        MetricsFormat expected;
} formats[] = {
        { NULL, METRICS_TEXT },
        { "", METRICS_TEXT },
        { "*/*", METRICS_TEXT },
        { "text/html", METRICS_TEXT },
        { PROMETHEUS, METRICS_OPENMETRICS },
        { "application/openmetrics-text", METRICS_OPENMETRICS },
        { "Application/OpenMetrics-Text ; Version=1.0.0", METRICS_OPENMETRICS },
        { "application/openmetrics-text; version=0.0.1", METRICS_TEXT },
        { "application/openmetrics-text; version=2.0.0", METRICS_TEXT },
        { "application/openmetrics-text; q=0", METRICS_TEXT },
        { "application/openmetrics-text; q=0.000", METRICS_TEXT },
        { "application/openmetrics-text; q=0.5, text/plain; q=0.4", METRICS_OPENMETRICS },
        { "application/openmetrics-text; q=0.5, text/plain; q=0.501", METRICS_TEXT },
        { "text/plain, application/openmetrics-text", METRICS_OPENMETRICS },
        { "application/openmetrics-text; q=much", METRICS_TEXT },
        { "application/openmetrics-text; q=", METRICS_TEXT },
        { "application/openmetrics-textual", METRICS_TEXT },
        { ",,;;,;q=,", METRICS_TEXT },
        { ",, application/openmetrics-text ,;", METRICS_OPENMETRICS },
};

START_TEST(test_format)
{
        ck_assert_int_eq(accept_format(formats[_i].header), formats[_i].expected);
}
END_TEST

static const struct {
        const char *header;
        bool expected;
} encodings[] = {
        { NULL, false },
        { "", false },
        { "gzip", true },
        { "GZip", true },
        { "x-gzip", true },
        { "deflate, gzip;q=1.0, *;q=0.5", true },
        { "gzip;q=0", false },
        { "gzip;q=0, *", false },
        { "gzip; q=0.001", true },
        { "*", true },
        { "*;q=0", false },
        { "identity", false },
        { "gzipped", false },
        { "deflate,br", false },
};

START_TEST(test_gzip)
{
        ck_assert_int_eq(accept_gzip(encodings[_i].header), encodings[_i].expected);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("accept");

        tcase_add_loop_test(t, test_format, 0, (int)ELEMENTSOF(formats));
        tcase_add_loop_test(t, test_gzip, 0, (int)ELEMENTSOF(encodings));
        suite_add_tcase(s, t);
}

TEST_MAIN("metrics/accept", build)
