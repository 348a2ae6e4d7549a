/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/tracer.h"
#include "test.h"

static char path[64];

static void setup(void)
{
        snprintf(path, sizeof(path), "/tmp/test-tracer-%d", (int)getpid());
        unlink(path);
}

static void teardown(void)
{
        unlink(path);
}

static size_t size_of_file(void)
{
        struct stat st;

        ck_assert_int_eq(stat(path, &st), 0);
        return (size_t)st.st_size;
}

static const Event event = { .type = EVENT_ACTOR, .actor_present = true };
#define LINE "{\"now\":1234,\"event\":\"actor\",\"present\":true}\n"

START_TEST(records)
{
        char text[2 * sizeof(LINE)] = "";
        Tracer r = TRACER_INIT;
        FILE *f;

        ck_assert_int_eq(tracer_event(&r, &event, 1234), 0); /* not recording */
        ck_assert_int_eq(tracer_open(&r, path, 1000), 0);
        ck_assert_int_eq(tracer_event(&r, &event, 1234), 0);
        ck_assert_int_eq(tracer_event(&r, &event, 1234), 0);
        tracer_done(&r);
        f = fopen(path, "re");
        ck_assert_ptr_nonnull(f);
        ck_assert_uint_eq(fread(text, 1, sizeof(text), f), 2 * strlen(LINE));
        fclose(f);
        ck_assert_str_eq(text, LINE LINE);
        ck_assert_int_eq(tracer_open(&r, path, 1000), -EEXIST);
        ck_assert_uint_eq(size_of_file(), 2 * strlen(LINE));
}
END_TEST

/* It ends with a whole line, at the size it may have. */
START_TEST(bounded)
{
        Tracer r = TRACER_INIT;

        ck_assert_int_eq(tracer_open(&r, path, 2 * strlen(LINE) + (size_t)_i), 0);
        ck_assert_int_eq(tracer_event(&r, &event, 1234), 0);
        ck_assert_int_eq(tracer_event(&r, &event, 1234), 0);
        ck_assert_int_eq(tracer_event(&r, &event, 1234), -EFBIG);
        ck_assert_int_lt(r.fd, 0);
        ck_assert_int_eq(tracer_event(&r, &event, 1234), 0);
        ck_assert_uint_eq(size_of_file(), 2 * strlen(LINE));
}
END_TEST

START_TEST(cannot_be_written)
{
        Tracer r = { .fd = open("/dev/full", O_WRONLY | O_CLOEXEC), .size_max = 1000 };

        ck_assert_int_ge(r.fd, 0);
        ck_assert_int_eq(tracer_event(&r, &event, 1234), -ENOSPC);
        ck_assert_int_lt(r.fd, 0);
        ck_assert_int_eq(tracer_open(&r, "/tmp/none/such", 1000), -ENOENT);
        ck_assert_int_lt(r.fd, 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("tracer");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, records);
        tcase_add_loop_test(t, bounded, 0, 3);
        tcase_add_test(t, cannot_be_written);
        suite_add_tcase(s, t);
}

TEST_MAIN("tracer", build)
