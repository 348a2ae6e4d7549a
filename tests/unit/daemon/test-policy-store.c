/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy-store.h"

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
        (void)unlinkat(dir_fd, "policy", 0);
        (void)unlinkat(dir_fd, "policy", AT_REMOVEDIR);
        (void)unlinkat(dir_fd, "policy.new", 0);
        (void)unlinkat(dir_fd, "elsewhere", 0);
        close(dir_fd);
        ck_assert_int_eq(rmdir(dir), 0); /* nothing else was left there */
}

static void put(const char *name, const char *text, size_t size)
{
        int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
        close(fd);
}

START_TEST(what_is_saved_is_loaded)
{
        char name[POLICY_NAME_MAX] = "untouched";

        ck_assert_int_eq(policy_store_load(dir_fd, name), -ENOENT);
        ck_assert_str_eq(name, "untouched");
        ck_assert_int_eq(policy_store_save(dir_fd, "conserve"), 0);
        ck_assert_int_eq(policy_store_load(dir_fd, name), 0);
        ck_assert_str_eq(name, "conserve");
        ck_assert_int_eq(policy_store_save(dir_fd, "night-shift_2"), 0);
        ck_assert_int_eq(policy_store_load(dir_fd, name), 0);
        ck_assert_str_eq(name, "night-shift_2");
        ck_assert_int_eq(faccessat(dir_fd, "policy.new", F_OK, 0), -1);
}
END_TEST

START_TEST(what_is_forgotten_is_gone)
{
        char name[POLICY_NAME_MAX];

        ck_assert_int_eq(policy_store_forget(dir_fd), 0);
        ck_assert_int_eq(policy_store_save(dir_fd, "conserve"), 0);
        ck_assert_int_eq(policy_store_forget(dir_fd), 0);
        ck_assert_int_eq(policy_store_load(dir_fd, name), -ENOENT);
}
END_TEST

START_TEST(the_longest_name_fits)
{
        char name[POLICY_NAME_MAX], longest[POLICY_NAME_MAX], longer[POLICY_NAME_MAX + 1];

        memset(longest, 'p', sizeof(longest) - 1);
        longest[sizeof(longest) - 1] = 0;
        memset(longer, 'p', sizeof(longer) - 1);
        longer[sizeof(longer) - 1] = 0;
        ck_assert_int_eq(policy_store_save(dir_fd, longest), 0);
        ck_assert_int_eq(policy_store_load(dir_fd, name), 0);
        ck_assert_str_eq(name, longest);
        ck_assert_int_eq(policy_store_save(dir_fd, longer), -EINVAL);
        ck_assert_int_eq(policy_store_load(dir_fd, name), 0);
        ck_assert_str_eq(name, longest);
}
END_TEST

static const char *const bad_names[] = { "", "a b", "a\n", "../policy", "a/b", "caf\xc3\xa9",
        "x;y" };

START_TEST(bad_names_are_not_saved)
{
        ck_assert_int_eq(policy_store_save(dir_fd, bad_names[_i]), -EINVAL);
        ck_assert_int_eq(faccessat(dir_fd, "policy", F_OK, 0), -1);
}
END_TEST

static const struct {
        const char *text;
        size_t size;
} bad_files[] = {
        { "", 0 },
        { "\n", 1 },
        { "balanced", 8 }, /* torn: no newline */
        { "balanced\n\n", 10 },
        { "balanced\nobserve\n", 17 },
        { "bal\0nced\n", 9 },
        { "two words\n", 10 },
        { " balanced\n", 10 },
        { "pppppppppppppppppppppppppppppppp\n", 33 }, /* 32 and the NUL do not fit */
        { "pppppppppppppppppppppppppppppppppppppppppppppppppp\n", 51 },
};

START_TEST(bad_files_are_refused)
{
        char name[POLICY_NAME_MAX] = "untouched";

        put("policy", bad_files[_i].text, bad_files[_i].size);
        ck_assert_int_eq(policy_store_load(dir_fd, name), -EBADMSG);
        ck_assert_str_eq(name, "untouched");
        ck_assert_int_eq(
                policy_store_save(dir_fd, "balanced"), 0); /* and do not stand in the way */
        ck_assert_int_eq(policy_store_load(dir_fd, name), 0);
        ck_assert_str_eq(name, "balanced");
}
END_TEST

START_TEST(links_are_not_followed)
{
        char name[POLICY_NAME_MAX];
        struct stat st;

        put("elsewhere", "observe\n", 8);
        ck_assert_int_eq(symlinkat("elsewhere", dir_fd, "policy"), 0);
        ck_assert_int_eq(policy_store_load(dir_fd, name), -ELOOP);
        ck_assert_int_eq(policy_store_save(dir_fd, "balanced"),
                0); /* replaces the link, not what it names */
        ck_assert_int_eq(fstatat(dir_fd, "elsewhere", &st, AT_SYMLINK_NOFOLLOW), 0);
        ck_assert_int_eq(st.st_size, 8);
        ck_assert_int_eq(policy_store_load(dir_fd, name), 0);
        ck_assert_str_eq(name, "balanced");
}
END_TEST

START_TEST(a_save_that_fails_leaves_nothing)
{
        ck_assert_int_eq(mkdirat(dir_fd, "policy", 0755), 0);
        ck_assert_int_eq(policy_store_save(dir_fd, "balanced"), -EISDIR);
        ck_assert_int_eq(faccessat(dir_fd, "policy.new", F_OK, 0), -1);
}
END_TEST

START_TEST(a_crash_while_saving_leaves_the_old_name)
{
        char name[POLICY_NAME_MAX];

        ck_assert_int_eq(policy_store_save(dir_fd, "conserve"), 0);
        put("policy.new", "bala", 4); /* what a crash before the rename leaves */
        ck_assert_int_eq(policy_store_load(dir_fd, name), 0);
        ck_assert_str_eq(name, "conserve");
        ck_assert_int_eq(policy_store_save(dir_fd, "observe"), 0);
        ck_assert_int_eq(policy_store_load(dir_fd, name), 0);
        ck_assert_str_eq(name, "observe");
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("policy-store");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, what_is_saved_is_loaded);
        tcase_add_test(t, what_is_forgotten_is_gone);
        tcase_add_test(t, the_longest_name_fits);
        tcase_add_loop_test(t, bad_names_are_not_saved, 0, (int)ELEMENTSOF(bad_names));
        tcase_add_loop_test(t, bad_files_are_refused, 0, (int)ELEMENTSOF(bad_files));
        tcase_add_test(t, links_are_not_followed);
        tcase_add_test(t, a_save_that_fails_leaves_nothing);
        tcase_add_test(t, a_crash_while_saving_leaves_the_old_name);
        suite_add_tcase(s, t);
}

TEST_MAIN("policy-store", build)
