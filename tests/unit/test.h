/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test.h - what every unit test starts with. A test file defines TCase builders and ends in TEST_MAIN("module", suite).
 * Table-driven cases use tcase_add_loop_test(), so that each row is a case of its own in the TAP output. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* Runs the suite that build(Suite *) fills, printing TAP on stdout. */
static inline int test_run(const char *name, void (*build)(Suite *))
{
        Suite *s = suite_create(name);
        SRunner *runner;
        int failed;

        /* Check's own 4 s are little for sanitizers on a busy machine. */
        (void)setenv("CK_DEFAULT_TIMEOUT", "60", 0);
        build(s);
        runner = srunner_create(s);
        srunner_set_tap(runner, "-");
        srunner_run_all(runner, CK_SILENT);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define TEST_MAIN(name, build)                                                                     \
        int main(void)                                                                             \
        {                                                                                          \
                return test_run(name, build);                                                      \
        }

/* A whole fixture file below tests/fixtures as a NUL-terminated string; the test fails where it cannot be read. */
static inline char *fixture_read(const char *path, size_t *ret_size)
{
        char name[4096];
        FILE *f;
        char *text;
        long size;

        snprintf(name, sizeof(name), "%s/%s", FIXTURES, path);
        f = fopen(name, "re");
        ck_assert_msg(f != NULL, "cannot open %s: %m", name);
        ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
        size = ftell(f);
        ck_assert_int_ge(size, 0);
        rewind(f);
        text = malloc((size_t)size + 1);
        ck_assert_ptr_nonnull(text);
        ck_assert_uint_eq(fread(text, 1, (size_t)size, f), (size_t)size);
        text[size] = 0;
        fclose(f);
        *ret_size = (size_t)size;
        return text;
}
