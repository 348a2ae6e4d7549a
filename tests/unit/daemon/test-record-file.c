/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/record-file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "test.h"

#define NAME "frames"
#define FULL 8 /* frames in one file */
#define HEAD 16

static char dir[64];
static int dir_fd = -EBADF, saved_stderr = -EBADF, log_fd = -EBADF;
static Journal journal;
static RecordFile file;
static char got[16384]; /* the frames that were read, a word each */

/* stderr is a file here, to count what is said. */
static void setup(void)
{
        strcpy(dir, "/tmp/fragd-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        log_fd = memfd_create("log", MFD_CLOEXEC);
        saved_stderr = dup(STDERR_FILENO);
        ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
        ck_assert_int_eq(journal_init(&journal, LOG_TARGET_STDERR), 0);
        file = (RecordFile)RECORD_FILE_INIT;
}

static void teardown(void)
{
        static const char *const names[] = { NAME, NAME ".old", NAME ".new", NAME ".damaged",
                "elsewhere" };

        record_file_done(&file);
        dup2(saved_stderr, STDERR_FILENO);
        close(saved_stderr);
        close(log_fd);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                (void)unlinkat(dir_fd, names[i], 0);
                (void)unlinkat(dir_fd, names[i], AT_REMOVEDIR);
        }
        close(dir_fd);
        ck_assert_int_eq(rmdir(dir), 0);
}

static unsigned said(void)
{
        char text[8192];
        ssize_t n = pread(log_fd, text, sizeof(text), 0);
        unsigned lines = 0;

        ck_assert_int_ge(n, 0);
        for (ssize_t i = 0; i < n; i++)
                lines += text[i] == '\n';
        return lines;
}

static int on_frame(const uint8_t *data, size_t size, void *userdata)
{
        if (size == 3 && memcmp(data, "bad", 3) == 0)
                return -EBADMSG;
        ck_assert_uint_lt(strlen(got) + size + 2, sizeof(got));
        strncat(got, (const char *)data, size);
        strcat(got, " ");
        return 0;
}

static bool reopen(void)
{
        record_file_done(&file);
        got[0] = 0;
        return record_file_open(&file, dir_fd, NAME, FULL, &journal, on_frame, NULL);
}

static int add(const char *text)
{
        record_file_add(&file, (const uint8_t *)text, strlen(text));
        return record_file_flush(&file);
}

/* The frames "a" to the n-th letter. */
static void add_letters(unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                ck_assert_int_eq(add((const char[]){ (char)('a' + i), 0 }), 0);
}

static size_t size_of(const char *name)
{
        struct stat st;

        return fstatat(dir_fd, name, &st, 0) < 0 ? 0 : (size_t)st.st_size;
}

START_TEST(what_was_added_is_read)
{
        ck_assert(!reopen());
        ck_assert_int_eq(add("one"), 0);
        record_file_add(&file, (const uint8_t *)"two", 3);
        ck_assert_int_eq(add("three"), 0);
        ck_assert(!reopen());
        ck_assert_str_eq(got, "one two three ");
        ck_assert_int_eq(add("four"), 0);
        ck_assert(!reopen());
        ck_assert_str_eq(got, "one two three four ");
        ck_assert_uint_eq(said(), 0);
}
END_TEST

START_TEST(a_full_file_becomes_the_old_one)
{
        reopen();
        add_letters(20);
        ck_assert(!reopen());
        ck_assert_str_eq(got, "i j k l m n o p q r s t ");
        ck_assert_uint_eq(size_of(NAME ".old"), HEAD + 8 * 9);
        ck_assert_uint_eq(size_of(NAME), HEAD + 4 * 9);
}
END_TEST

/* Cut off anywhere: the whole frames before it, one line unless nothing is missing, and it goes on.
 */
START_TEST(a_file_that_is_cut_off)
{
        size_t size = HEAD + 3 * 9, cut = (size_t)_i;
        char expected[16] = "";

        reopen();
        add_letters(3);
        ck_assert_uint_eq(size_of(NAME), size);
        ck_assert_int_eq(ftruncate(file.fd, (off_t)cut), 0);
        for (size_t i = 0; HEAD + (i + 1) * 9 <= cut; i++)
                strcat(expected, (const char[]){ (char)('a' + i), ' ', 0 });
        /* without its whole head it is none of ours */
        ck_assert_int_eq(reopen(), cut > 0 && cut < HEAD);
        ck_assert_str_eq(got, expected);
        ck_assert_uint_eq(said(), cut != 0 && (cut < HEAD || (cut - HEAD) % 9 != 0));
        record_file_renewed(&file);
        ck_assert_int_eq(add("z"), 0);
        ck_assert(!reopen());
        ck_assert_str_eq(got + strlen(expected), "z ");
}
END_TEST

/* Any byte may be another one: what is before it is kept, the file set aside. A size may then point
 * beyond the end, which is taken for a file that was cut off. */
START_TEST(a_file_with_a_wrong_byte)
{
        size_t at = (size_t)_i, whole = at < HEAD ? 0 : (at - HEAD) / 9;
        char expected[16] = "";
        uint8_t byte;
        bool renew;

        reopen();
        add_letters(3);
        ck_assert_int_eq(pread(file.fd, &byte, 1, (off_t)at), 1);
        byte ^= 0x20;
        ck_assert_int_eq(fcntl(file.fd, F_SETFL, 0), 0);
        ck_assert_int_eq(pwrite(file.fd, &byte, 1, (off_t)at), 1);
        for (size_t i = 0; i < whole; i++)
                strcat(expected, (const char[]){ (char)('a' + i), ' ', 0 });
        renew = reopen();
        ck_assert_str_eq(got, expected);
        ck_assert_uint_eq(said(), 1);
        ck_assert_int_eq(renew, size_of(NAME ".damaged") > 0);
        if (renew) {
                ck_assert_uint_eq(size_of(NAME ".damaged"), HEAD + 27);
                for (size_t i = 0; i < whole; i++)
                        ck_assert_int_eq(add((const char[]){ expected[2 * i], 0 }), 0);
                record_file_renewed(&file);
        }
        ck_assert(!reopen());
        ck_assert_str_eq(got, expected);
        ck_assert_uint_eq(said(), 1);
        ck_assert_uint_eq(size_of(NAME ".new"), 0);
}
END_TEST

START_TEST(a_frame_that_is_not_understood)
{
        reopen();
        add_letters(2);
        ck_assert_int_eq(add("bad"), 0);
        ck_assert_int_eq(add("c"), 0);
        ck_assert(reopen());
        ck_assert_str_eq(got, "a b ");
        ck_assert_uint_eq(said(), 1);
}
END_TEST

START_TEST(the_old_one_may_be_damaged_too)
{
        _cleanup_close_ int fd = -EBADF;

        reopen();
        add_letters(12);
        fd = openat(dir_fd, NAME ".old", O_RDWR | O_CLOEXEC);
        ck_assert_int_eq(pwrite(fd, "!", 1, HEAD + 9 + 8), 1);
        ck_assert(reopen());
        ck_assert_str_eq(got, "a i j k l ");
        ck_assert_uint_eq(said(), 1);
        add_letters(12); /* more than one file takes, in one */
        record_file_renewed(&file);
        ck_assert_uint_eq(size_of(NAME ".old"), 0);
        ck_assert(!reopen());
        ck_assert_str_eq(got, "a b c d e f g h i j k l ");
}
END_TEST

/* A full disk: EFBIG stands for ENOSPC. Nothing half written stays, one line is said, and one when
 * it works again. */
START_TEST(a_disk_that_is_full)
{
        struct rlimit limit, before;
        char long_one[3001];
        size_t size;

        memset(long_one, 'x', sizeof(long_one) - 1);
        long_one[sizeof(long_one) - 1] = 0;
        reopen();
        ck_assert_int_eq(add(long_one), 0);
        size = size_of(NAME);
        ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
        ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
        limit = before;
        limit.rlim_cur = size + 1000;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ck_assert_int_lt(add(long_one), 0);
        ck_assert_int_lt(add(long_one), 0);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
        ck_assert_uint_eq(said(), 1);
        ck_assert_uint_eq(size_of(NAME), size);
        ck_assert_int_eq(add("c"), 0);
        ck_assert_uint_eq(said(), 2);
        ck_assert(!reopen());
        ck_assert_uint_eq(strlen(got), 3000 + 3);
}
END_TEST

START_TEST(something_else_in_its_place)
{
        switch (_i) {
        case 0: ck_assert_int_eq(mkdirat(dir_fd, NAME, 0755), 0); break;
        case 1: ck_assert_int_eq(mkfifoat(dir_fd, NAME, 0644), 0); break;
        case 2: ck_assert_int_eq(symlinkat("elsewhere", dir_fd, NAME), 0); break;
        default: ck_abort();
        }
        reopen();
        record_file_renewed(&file);
        ck_assert_uint_eq(said(), 1);
        ck_assert_int_eq(add("a"), 0);
        ck_assert(!reopen());
        ck_assert_str_eq(got, "a ");
        ck_assert_int_eq(faccessat(dir_fd, "elsewhere", F_OK, 0), -1);
}
END_TEST

START_TEST(without_a_directory_nothing_is_kept)
{
        ck_assert(!record_file_open(&file, -EBADF, NAME, FULL, &journal, on_frame, NULL));
        ck_assert_int_eq(add("a"), 0);
        ck_assert_uint_eq(said(), 0);
}
END_TEST

/* Version 1 of the format: all is kept, in a new file; nothing is wrong, so nothing is said. */
START_TEST(a_file_of_the_version_before)
{
        static const uint8_t one = 1;

        reopen();
        add_letters(3);
        ck_assert_int_eq(fcntl(file.fd, F_SETFL, 0), 0);
        ck_assert_int_eq(pwrite(file.fd, &one, 1, 8), 1);
        ck_assert(reopen());
        ck_assert_str_eq(got, "a b c ");
        add_letters(3);
        record_file_renewed(&file);
        ck_assert(!reopen());
        ck_assert_str_eq(got, "a b c ");
        ck_assert_uint_eq(said(), 0);
        ck_assert_uint_eq(size_of(NAME ".damaged"), 0);
}
END_TEST

START_TEST(its_files_are_known)
{
        ck_assert(record_file_owns(NAME, NAME));
        ck_assert(record_file_owns(NAME ".damaged", NAME));
        ck_assert(!record_file_owns(NAME ".bak", NAME));
        ck_assert(!record_file_owns("fram", NAME));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("record-file");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, what_was_added_is_read);
        tcase_add_test(t, a_full_file_becomes_the_old_one);
        tcase_add_loop_test(t, a_file_that_is_cut_off, 0, HEAD + 3 * 9 + 1);
        tcase_add_loop_test(t, a_file_with_a_wrong_byte, 0, HEAD + 3 * 9);
        tcase_add_test(t, a_frame_that_is_not_understood);
        tcase_add_test(t, the_old_one_may_be_damaged_too);
        tcase_add_test(t, a_disk_that_is_full);
        tcase_add_loop_test(t, something_else_in_its_place, 0, 3);
        tcase_add_test(t, without_a_directory_nothing_is_kept);
        tcase_add_test(t, a_file_of_the_version_before);
        tcase_add_test(t, its_files_are_known);
        suite_add_tcase(s, t);
}

TEST_MAIN("record-file", build)
