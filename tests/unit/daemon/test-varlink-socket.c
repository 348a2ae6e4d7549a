/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the Varlink server listens. */
#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/varlink-server.h"
#include "test.h"

static char directory[] = "/tmp/test-varlink-XXXXXX";

static void setup(void)
{
        ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void teardown(void)
{
        ck_assert_int_eq(rmdir(directory), 0);
}

static unsigned mode_of(const char *name)
{
        struct stat st;

        ck_assert_int_eq(stat(name, &st), 0);
        return st.st_mode & 07777;
}

START_TEST(socket_mode)
{
        static const unsigned modes[] = { 0666, 0660, 0600 };
        char name[80];
        int fd;

        snprintf(name, sizeof(name), "%s/mode", directory);
        umask(_i == 0 ? 077 : 0);
        fd = varlink_socket_bind(name, modes[_i], getgid());
        ck_assert_int_ge(fd, 0);
        ck_assert_uint_eq(mode_of(name), modes[_i]);
        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
        close(fd);
        ck_assert_int_eq(unlink(name), 0);
}
END_TEST

START_TEST(socket_path_in_use)
{
        char name[80], too_long[300];
        int fd;

        snprintf(name, sizeof(name), "%s/socket", directory);
        fd = varlink_socket_bind(name, 0600, -1);
        ck_assert_int_ge(fd, 0);
        /* Alive. */
        ck_assert_int_eq(varlink_socket_bind(name, 0600, -1), -EADDRINUSE);
        /* Left behind. */
        close(fd);
        fd = varlink_socket_bind(name, 0600, -1);
        ck_assert_int_ge(fd, 0);
        close(fd);
        ck_assert_int_eq(unlink(name), 0);
        /* Not a socket: not ours to remove. */
        fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        close(fd);
        ck_assert_int_eq(varlink_socket_bind(name, 0600, -1), -EEXIST);
        ck_assert_int_eq(unlink(name), 0);
        snprintf(name, sizeof(name), "%s/none/socket", directory);
        ck_assert_int_eq(varlink_socket_bind(name, 0600, -1), -ENOENT);
        memset(too_long, 'x', sizeof(too_long) - 1);
        too_long[sizeof(too_long) - 1] = 0;
        ck_assert_int_eq(varlink_socket_bind(too_long, 0600, -1), -ENAMETOOLONG);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("socket");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, socket_mode, 0, 3);
        tcase_add_test(t, socket_path_in_use);
        suite_add_tcase(s, t);
}

TEST_MAIN("varlink-socket", build)
