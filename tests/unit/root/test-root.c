/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/root.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/limits.h"
#include "test.h"

static char dir[64]; /* the fake machine of this case */
static RootDir *root;

static const char *at(const char *path)
{
        static char name[4096];

        snprintf(name, sizeof(name), "%s/%s", dir, path);
        return name;
}

static void put(const char *path, const char *text, size_t size)
{
        int fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
        close(fd);
}

static void put_text(const char *path, const char *text)
{
        put(path, text, strlen(text));
}

static void setup(void)
{
        snprintf(dir, sizeof(dir), "/tmp/test-root-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        ck_assert_int_eq(mkdir(at("proc"), 0700), 0);
        ck_assert_int_eq(root_new(&root, dir), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static void teardown(void)
{
        root = root_free(root);
        ck_assert_int_eq(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

START_TEST(test_new)
{
        RootDir *r = NULL;

        ck_assert_str_eq(root_path(root), dir);
        put_text("file", "x");
        ck_assert_int_eq(root_new(&r, at("file")), -ENOTDIR);
        ck_assert_int_eq(root_new(&r, at("none")), -ENOENT);
        ck_assert_ptr_null(r);
        ck_assert_ptr_null(root_free(NULL));
}
END_TEST

typedef struct IntCase {
        const char *text;
        int result;
        int64_t value;
} IntCase;

static const IntCase ints[] = {
        { "20\n", 0, 20 },
        { "20", 0, 20 },
        { "0\n", 0, 0 },
        { "-5\n", 0, -5 },
        { "20\n\n", 0, 20 },
        { "9223372036854775807\n", 0, INT64_MAX },
        { "-9223372036854775808\n", 0, INT64_MIN },
        { "9223372036854775808\n", -EINVAL, 0 },
        { "", -EINVAL, 0 },
        { "\n", -EINVAL, 0 },
        { "-\n", -EINVAL, 0 },
        { "--5\n", -EINVAL, 0 },
        { "+5\n", -EINVAL, 0 },
        { " 5\n", -EINVAL, 0 },
        { "5 \n", -EINVAL, 0 },
        { "5\n6\n", -EINVAL, 0 },
        { "0x10\n", -EINVAL, 0 },
        { "256\t256\t32\n", -EINVAL, 0 },
        { "[always] madvise never\n", -EINVAL, 0 },
        { "0000000000000000000000000000000000000000000020\n", -EINVAL, 0 },
};

START_TEST(test_read_int)
{
        const IntCase *c = &ints[_i];
        int64_t value = 4711;

        put_text("proc/knob", c->text);
        ck_assert_int_eq(root_read_int(root, "proc/knob", &value), c->result);
        ck_assert_int_eq(value, c->result == 0 ? c->value : 4711);
}
END_TEST

START_TEST(test_read_int_nul)
{
        int64_t value = 4711;

        put("proc/knob", "20\0 30\n", 7);
        ck_assert_int_eq(root_read_int(root, "proc/knob", &value), -EINVAL);
        ck_assert_int_eq(root_read_int(root, "proc/none", &value), -ENOENT);
        ck_assert_int_eq(value, 4711);
}
END_TEST

START_TEST(test_read_text)
{
        char buf[8];

        put_text("file", "1234567\n");
        ck_assert_int_eq(root_read_text(root, "file", buf, sizeof(buf)), 7);
        ck_assert_str_eq(buf, "1234567");
        put_text("file", "1234567");
        ck_assert_int_eq(root_read_text(root, "file", buf, sizeof(buf)), 7);
        put_text("file", "12345678");
        ck_assert_int_eq(root_read_text(root, "file", buf, sizeof(buf)), -E2BIG);
        put_text("file", "1234567\n8");
        ck_assert_int_eq(root_read_text(root, "file", buf, sizeof(buf)), -E2BIG);
        put_text("file", "");
        ck_assert_int_eq(root_read_text(root, "file", buf, sizeof(buf)), 0);
        ck_assert_str_eq(buf, "");
        put_text("file", "\n\n");
        ck_assert_int_eq(root_read_text(root, "file", buf, sizeof(buf)), 0);
        ck_assert_int_eq(root_read_text(root, "proc", buf, sizeof(buf)), -EISDIR);
}
END_TEST

START_TEST(test_write_int)
{
        char buf[32];

        put_text("proc/knob", "15000\n");
        ck_assert_int_eq(root_write_int(root, "proc/knob", 5), 0);
        ck_assert_int_eq(root_read_text(root, "proc/knob", buf, sizeof(buf)), 1);
        ck_assert_str_eq(buf, "5");
        ck_assert_int_eq(root_write_int(root, "proc/knob", INT64_MIN), 0);
        ck_assert_int_eq(root_read_text(root, "proc/knob", buf, sizeof(buf)), 20);
        ck_assert_int_eq(root_write_int(root, "proc/none", 5), -ENOENT);
        ck_assert_int_eq(access(at("proc/none"), F_OK), -1);
}
END_TEST

/* The kernel's "no" comes out of write(2), not out of open(2). */
START_TEST(test_write_refused)
{
        RootDir *real;

        ck_assert_int_eq(root_new(&real, "/"), 0);
        ck_assert_int_eq(root_write_int(real, "dev/full", 5), -ENOSPC);
        ck_assert_int_eq(root_write_int(real, "dev/null", 5), 0);
        root_free(real);
}
END_TEST

/* Whatever a path or a symlink says, it stays below the root. */
static void check_contained(int (*opened)(const char *path))
{
        put_text("proc/knob", "inside");
        ck_assert_int_eq(symlink("/etc/passwd", at("absolute")), 0);
        ck_assert_int_eq(symlink("../../../../../../etc/passwd", at("relative")), 0);
        ck_assert_int_eq(symlink("/etc", at("folder")), 0);
        ck_assert_int_eq(opened("proc/knob"), 1);
        ck_assert_int_eq(opened("/proc/knob"), 1);
        ck_assert_int_lt(opened("/etc/passwd"), 0);
        ck_assert_int_lt(opened("../../../../../../etc/passwd"), 0);
        ck_assert_int_lt(opened("proc/../../../../../../etc/passwd"), 0);
        ck_assert_int_lt(opened("absolute"), 0);
        ck_assert_int_lt(opened("relative"), 0);
        ck_assert_int_lt(opened("folder/passwd"), 0);
        ck_assert_int_lt(opened(""), 0);
}

/* 1: our file; else negative errno. Anything else is a way out. */
static int open_below(const char *path)
{
        char buf[16] = "";
        int fd = root_open(root, path, O_RDONLY), n;

        if (fd < 0)
                return fd;
        ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
        n = (int)read(fd, buf, sizeof(buf) - 1);
        close(fd);
        ck_assert_int_eq(n, 6);
        ck_assert_str_eq(buf, "inside");
        return 1;
}

START_TEST(test_contained)
{
        check_contained(open_below);
        /* Inside it, symlinks work as on a real machine. */
        ck_assert_int_eq(symlink("/proc/knob", at("inner")), 0);
        ck_assert_int_eq(open_below("inner"), 1);
        ck_assert_int_eq(open_below("../proc/knob"), 1);
}
END_TEST

/* From now on openat2 is what it is on a kernel that lacks it. Check runs each case in a process of
 * its own. */
static void deny_openat2(unsigned error)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = ELEMENTSOF(code), .filter = code };

        ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
        ck_assert_int_eq(syscall(SYS_openat2, -1, "", NULL, 0), -1);
        ck_assert_int_eq(errno, (int)error);
}

static const unsigned denials[] = { ENOSYS, EPERM };

START_TEST(test_contained_without_openat2)
{
        deny_openat2(denials[_i]);
        check_contained(open_below);
        ck_assert_int_eq(root_open(root, "..", O_RDONLY), -EXDEV);
        ck_assert_int_eq(open_below("proc//knob"), 1);
        ck_assert_int_eq(open_below("proc/knob/"), 1);
}
END_TEST

START_TEST(test_real_root_without_openat2)
{
        RootDir *real;
        int fd;

        deny_openat2(denials[_i]);
        ck_assert_int_eq(root_new(&real, "/"), 0);
        fd = root_open(real, "dev/null", O_RDONLY);
        ck_assert_int_ge(fd, 0);
        close(fd);
        ck_assert_int_eq(root_open(real, "none/such", O_RDONLY), -ENOENT);
        root_free(real);
}
END_TEST

START_TEST(test_file_steady)
{
        RootFile f = ROOT_FILE_INIT;
        char *texts[2];
        int fd;

        put_text("file", "one");
        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
        ck_assert_str_eq(f.text, "one");
        ck_assert_uint_eq(f.size, 3);
        ck_assert(f.changed);
        fd = f.fd;
        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
        ck_assert(!f.changed);
        texts[0] = f.text;
        put_text("file", "two");
        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
        ck_assert_str_eq(f.text, "two");
        ck_assert(f.changed);
        texts[1] = f.text;
        put_text("file", "two!");
        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
        ck_assert(f.changed);
        ck_assert_uint_eq(f.size, 4);
        /* Two buffers take turns; the fd stays. */
        ck_assert_ptr_ne(texts[0], texts[1]);
        ck_assert_ptr_eq(f.text, texts[0]);
        ck_assert_int_eq(f.fd, fd);
        root_file_done(&f);
        ck_assert_ptr_null(f.text);
        ck_assert_int_lt(f.fd, 0);
}
END_TEST

/* Sizes around each doubling of the buffer. */
START_TEST(test_file_size)
{
        size_t size = (size_t)4096 * (1U << (_i / 5)) + (size_t)(_i % 5) - 3;
        _cleanup_free_ char *text = malloc(size + 1);
        RootFile f = ROOT_FILE_INIT;

        for (size_t i = 0; i < size; i++)
                text[i] = (char)('a' + i % 23);
        text[size] = 0;
        put("file", text, size);
        for (int i = 0; i < 3; i++) {
                ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
                ck_assert_uint_eq(f.size, size);
                ck_assert_str_eq(f.text, text);
                ck_assert_int_eq(f.changed, i == 0);
        }
        root_file_done(&f);
}
END_TEST

/* One record: a read that left room was all; one that did not is gone on with. */
START_TEST(test_file_single)
{
        static const size_t sizes[] = { 4094, 4095, 4096, 8191, 1, 20000 };
        char text[20000];
        RootFile f = ROOT_FILE_INIT_SINGLE;

        memset(text, 'x', sizeof(text));
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                put("file", text, sizes[i]);
                for (int k = 0; k < 2; k++) {
                        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
                        ck_assert_int_eq(f.changed, k == 0);
                        ck_assert_uint_eq(f.size, sizes[i]);
                        ck_assert_int_eq(f.text[f.size], 0);
                }
        }
        root_file_done(&f);
        ck_assert(f.single);
}
END_TEST

/* What the sampler reads that way, where this machine has it: nothing is left to read. */
START_TEST(test_single_kernel_files)
{
        static const char *const paths[] = { "proc/self/stat", "proc/self/schedstat", "proc/meminfo",
                "proc/pressure/memory", "proc/pressure/cpu", "proc/sys/vm/min_free_kbytes" };
        RootDir *real;
        unsigned n = 0;

        ck_assert_int_eq(root_new(&real, "/"), 0);
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                RootFile f = ROOT_FILE_INIT_SINGLE;
                char more;

                if (root_file_read(&f, real, paths[i]) < 0)
                        continue;
                ck_assert_int_eq(pread(f.fd, &more, 1, (off_t)f.size), 0);
                ck_assert_int_eq(f.text[f.size - 1], '\n');
                n++;
                root_file_done(&f);
        }
        ck_assert_uint_ge(n, 2);
        root_free(real);
}
END_TEST

START_TEST(test_file_failures_keep_text)
{
        RootFile f = ROOT_FILE_INIT;

        ck_assert_int_eq(root_file_read(&f, root, "file"), -ENOENT);
        ck_assert_ptr_null(f.text);
        put_text("file", "one");
        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
        put_text("file", "");
        ck_assert_int_eq(root_file_read(&f, root, "file"), -ENODATA);
        ck_assert_str_eq(f.text, "one");
        ck_assert_uint_eq(f.size, 3);
        ck_assert_int_lt(f.fd, 0);
        ck_assert_int_eq(unlink(at("file")), 0);
        ck_assert_int_eq(root_file_read(&f, root, "file"), -ENOENT);
        ck_assert_str_eq(f.text, "one");
        put_text("file", "one");
        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
        ck_assert(!f.changed);
        ck_assert_int_eq(
                root_file_read(&f, root, "proc"), 0); /* the path only counts while it is closed */
        root_file_done(&f);
        ck_assert_int_eq(root_file_read(&f, root, "proc"), -EISDIR);
        ck_assert_int_lt(f.fd, 0);
        root_file_done(&f);
}
END_TEST

/* A fake machine's files are replaced by rename. */
START_TEST(test_file_replaced)
{
        RootFile f = ROOT_FILE_INIT;
        char new[128];

        put_text("file", "one");
        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
        put_text("file.new", "two");
        snprintf(new, sizeof(new), "%s", at("file.new"));
        ck_assert_int_eq(rename(new, at("file")), 0);
        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
        ck_assert_str_eq(f.text, "two");
        ck_assert(f.changed);
        root_file_done(&f);
}
END_TEST

START_TEST(test_file_limit)
{
        RootFile f = ROOT_FILE_INIT;

        put_text("file", "x");
        ck_assert_int_eq(truncate(at("file"), SOURCE_SIZE_MAX), 0);
        ck_assert_int_eq(root_file_read(&f, root, "file"), 0);
        ck_assert_uint_eq(f.size, SOURCE_SIZE_MAX);
        ck_assert_int_eq(f.text[f.size], 0);
        ck_assert_int_eq(truncate(at("file"), SOURCE_SIZE_MAX + 1), 0);
        ck_assert_int_eq(root_file_read(&f, root, "file"), -E2BIG);
        ck_assert_uint_eq(f.size, SOURCE_SIZE_MAX);
        ck_assert_int_lt(f.fd, 0);
        root_file_done(&f);
}
END_TEST

START_TEST(test_file_adopt)
{
        RootFile f = ROOT_FILE_INIT;
        int fds[2];

        put_text("handed", "over");
        put_text("named", "by path");
        root_file_adopt(&f, open(at("handed"), O_RDONLY | O_CLOEXEC));
        ck_assert_int_eq(root_file_read(&f, root, "named"), 0);
        ck_assert_str_eq(f.text, "over");
        ck_assert_int_eq(root_file_read(&f, root, "named"), 0);
        ck_assert(!f.changed);
        /* One that cannot be read any more is never replaced by the file of that name. */
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        root_file_adopt(&f, fds[0]);
        ck_assert_int_eq(root_file_read(&f, root, "named"), -ESPIPE);
        ck_assert_int_eq(root_file_read(&f, root, "named"), -ENODEV);
        ck_assert_str_eq(f.text, "over");
        close(fds[1]);
        root_file_done(&f);
}
END_TEST

/* seq_file gives this file in pieces of at most a page, however large the buffer is. */
START_TEST(test_file_in_pieces)
{
        enum { MAPS = 400 };
        RootFile f = ROOT_FILE_INIT;
        RootDir *real;
        unsigned lines = 0;
        char *area, *first;
        ssize_t piece;

        area = mmap(NULL, MAPS * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(area, MAP_FAILED);
        for (int i = 0; i < MAPS; i += 2) /* neighbours differ, so that each is a line of its own */
                ck_assert_int_eq(mprotect(area + i * 4096, 4096, PROT_READ), 0);
        ck_assert_int_eq(root_new(&real, "/"), 0);
        ck_assert_int_eq(root_file_read(&f, real, "proc/self/maps"), 0);
        for (const char *p = f.text; (p = strchr(p, '\n')); p++)
                lines++;
        ck_assert_uint_ge(lines, MAPS);
        ck_assert_int_eq(f.text[f.size - 1], '\n');
        first = malloc(f.size * 2);
        piece = pread(f.fd, first, f.size * 2, 0);
        ck_assert_int_gt(piece, 0);
        ck_assert_uint_lt((size_t)piece, f.size); /* or this case shows nothing */
        free(first);
        root_file_done(&f);
        root_free(real);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("root");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, test_new);
        tcase_add_loop_test(t, test_read_int, 0, ELEMENTSOF(ints));
        tcase_add_test(t, test_read_int_nul);
        tcase_add_test(t, test_read_text);
        tcase_add_test(t, test_write_int);
        tcase_add_test(t, test_write_refused);
        tcase_add_test(t, test_contained);
        tcase_add_loop_test(t, test_contained_without_openat2, 0, ELEMENTSOF(denials));
        tcase_add_loop_test(t, test_real_root_without_openat2, 0, ELEMENTSOF(denials));
        tcase_add_test(t, test_file_steady);
        tcase_add_loop_test(t, test_file_size, 0, 25);
        tcase_add_test(t, test_file_single);
        tcase_add_test(t, test_single_kernel_files);
        tcase_add_test(t, test_file_failures_keep_text);
        tcase_add_test(t, test_file_replaced);
        tcase_add_test(t, test_file_limit);
        tcase_add_test(t, test_file_adopt);
        tcase_add_test(t, test_file_in_pieces);
        suite_add_tcase(s, t);
}

TEST_MAIN("root", build)
