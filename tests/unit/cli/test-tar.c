/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tar.h"
#include "test.h"

#define BLOCK 512U

static unsigned sum(const char *header)
{
        unsigned n = 0;

        for (size_t i = 0; i < BLOCK; i++)
                n += i >= 148 && i < 156 ? ' ' : (unsigned char)header[i];
        return n;
}

START_TEST(test_archive)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        ck_assert_int_eq(tar_add(&b, "d/a", 1000 * USEC_PER_SEC, "hello", 5), 0);
        ck_assert_uint_eq(b.size, 2 * BLOCK);
        ck_assert_str_eq(b.data, "d/a");
        ck_assert_str_eq(b.data + 100, "0000644");
        ck_assert_str_eq(b.data + 108, "0000000");
        ck_assert_str_eq(b.data + 124, "00000000005");
        ck_assert_str_eq(b.data + 136, "00000001750");
        ck_assert_uint_eq(strtoul(b.data + 148, NULL, 8), sum(b.data));
        ck_assert_mem_eq(b.data + 156, "0", 2);
        ck_assert_mem_eq(b.data + 257, "ustar\00000", 8);
        ck_assert_str_eq(b.data + BLOCK, "hello");
        tar_end(&b);
        ck_assert_uint_eq(b.size, 4 * BLOCK);
}
END_TEST

static const struct {
        size_t size, expected;
} sizes[] = { { 0, 1 }, { 1, 2 }, { 511, 2 }, { 512, 2 }, { 513, 3 } };

START_TEST(test_blocks)
{
        static const char data[513];
        _cleanup_strbuf_ StrBuf b = { 0 };

        ck_assert_int_eq(tar_add(&b, "a", 0, data, sizes[_i].size), 0);
        ck_assert_uint_eq(b.size, sizes[_i].expected * BLOCK);
}
END_TEST

START_TEST(test_refused)
{
        char name[TAR_NAME_MAX + 2];
        _cleanup_strbuf_ StrBuf b = { 0 };

        memset(name, 'x', sizeof(name));
        name[TAR_NAME_MAX + 1] = '\0';
        ck_assert_int_eq(tar_add(&b, name, 0, "", 0), -ENAMETOOLONG);
        ck_assert_int_eq(tar_add(&b, "a", 0, "", (size_t)1 << 33), -EFBIG);
        ck_assert_uint_eq(b.size, 0);
        name[TAR_NAME_MAX] = '\0';
        ck_assert_int_eq(tar_add(&b, name, 0, "", 0), 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("tar");

        tcase_add_test(t, test_archive);
        tcase_add_loop_test(t, test_blocks, 0, ELEMENTSOF(sizes));
        tcase_add_test(t, test_refused);
        suite_add_tcase(s, t);
}

TEST_MAIN("cli/tar", build)
