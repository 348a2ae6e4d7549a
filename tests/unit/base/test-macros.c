/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>

#include "test.h"

START_TEST(test_arithmetic)
{
        int calls = 0;

        ck_assert_int_eq(MIN(2, 3), 2);
        ck_assert_int_eq(MAX(-2, 3), 3);
        ck_assert_int_eq(MAX(MIN(4, 5), MAX(1, 2)), 4);
        ck_assert_int_eq(CLAMP(7, 1, 5), 5);
        ck_assert_int_eq(CLAMP(0, 1, 5), 1);
        ck_assert_int_eq(CLAMP(3, 1, 5), 3);
        ck_assert_uint_eq(LESS_BY(5U, 3U), 2);
        ck_assert_uint_eq(LESS_BY(3U, 5U), 0);
        ck_assert_int_eq(MAX(++calls, 0), 1); /* evaluated once */
}
END_TEST

START_TEST(test_take)
{
        _cleanup_free_ char *a = strdup("x");
        char *b = TAKE_PTR(a);
        int fd = 7;

        ck_assert_ptr_null(a);
        ck_assert_str_eq(b, "x");
        ck_assert_int_eq(TAKE_FD(fd), 7);
        ck_assert_int_eq(fd, -EBADF);
        free(b);
}
END_TEST

START_TEST(test_safe_close)
{
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), copy = fd;

        ck_assert_int_ge(fd, 0);
        errno = ENOENT;
        fd = safe_close(fd);
        ck_assert_int_eq(fd, -EBADF);
        ck_assert_int_eq(errno, ENOENT);
        ck_assert_int_eq(fcntl(copy, F_GETFD), -1);
        ck_assert_int_eq(safe_close(-1), -EBADF);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("macros");

        tcase_add_test(t, test_arithmetic);
        tcase_add_test(t, test_take);
        tcase_add_test(t, test_safe_close);
        suite_add_tcase(s, t);
}

TEST_MAIN("macros", build)
