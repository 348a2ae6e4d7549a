/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of what test-policy-store.c and the actor's tests do not say through their own files. */
#include "root/small-file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "test.h"

static char dir[64];
static int dir_fd = -EBADF;

static void setup(void)
{
        strcpy(dir, "/tmp/fragd-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(dir_fd, 0);
}

static void teardown(void)
{
        (void)unlinkat(dir_fd, "a", 0);
        close(dir_fd);
        ck_assert_int_eq(rmdir(dir), 0); /* nothing else was left there */
}

START_TEST(it_is_replaced_as_a_whole)
{
        char buf[8] = "";
        struct stat st;

        ck_assert_int_eq(small_file_read(dir_fd, "a", buf, sizeof(buf)), -ENOENT);
        ck_assert_int_eq(small_file_replace(dir_fd, "a", 0600, "first one", 9, _i), 0);
        ck_assert_int_eq(fstatat(dir_fd, "a", &st, 0), 0);
        ck_assert_int_eq(st.st_mode & 07777, 0600);
        ck_assert_int_eq(small_file_read(dir_fd, "a", buf, sizeof(buf)), 8); /* cut */
        ck_assert_int_eq(memcmp(buf, "first on", 8), 0);
        ck_assert_int_eq(small_file_replace(dir_fd, "a", 0600, "two", 3, _i), 0);
        ck_assert_int_eq(small_file_read(dir_fd, "a", buf, sizeof(buf)), 3);
        ck_assert_int_eq(memcmp(buf, "two", 3), 0);
        ck_assert_int_eq(small_file_remove(dir_fd, "a"), 0);
        ck_assert_int_eq(small_file_remove(dir_fd, "a"), 0);
        ck_assert_int_eq(small_file_read(dir_fd, "a", buf, sizeof(buf)), -ENOENT);
}
END_TEST

/* Nobody reads the other end: to open it would never end. */
START_TEST(a_fifo_in_its_place_goes)
{
        char buf[8];

        ck_assert_int_eq(mkfifoat(dir_fd, "a.new", 0600), 0);
        ck_assert_int_eq(small_file_replace(dir_fd, "a", 0600, "one", 3, false), 0);
        ck_assert_int_eq(small_file_read(dir_fd, "a", buf, sizeof(buf)), 3);
}
END_TEST

START_TEST(a_folder_in_its_place_stays)
{
        char buf[8];

        ck_assert_int_eq(small_file_replace(dir_fd, "a", 0600, "one", 3, true), 0);
        ck_assert_int_eq(mkdirat(dir_fd, "a.new", 0700), 0);
        ck_assert_int_eq(small_file_replace(dir_fd, "a", 0600, "other", 5, true), -EISDIR);
        ck_assert_int_eq(small_file_read(dir_fd, "a", buf, sizeof(buf)), 3);
        ck_assert_int_eq(unlinkat(dir_fd, "a.new", AT_REMOVEDIR), 0);
}
END_TEST

START_TEST(its_names_are_known)
{
        ck_assert(small_file_owns("a", "a"));
        ck_assert(small_file_owns("a", "a.new"));
        ck_assert(!small_file_owns("a", "a.news"));
        ck_assert(!small_file_owns("a", "b"));
        ck_assert(!small_file_owns("a", ""));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("small-file");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, it_is_replaced_as_a_whole, 0, 2); /* in memory, on disk */
        tcase_add_test(t, a_fifo_in_its_place_goes);
        tcase_add_test(t, a_folder_in_its_place_stays);
        tcase_add_test(t, its_names_are_known);
        suite_add_tcase(s, t);
}

TEST_MAIN("small-file", build)
