/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/strbuf.h"

#include "test.h"

START_TEST(test_empty)
{
        _cleanup_strbuf_ StrBuf b = {};

        ck_assert_str_eq(strbuf_text(&b), "");
        ck_assert_int_eq(strbuf_error(&b), 0);
        strbuf_add(&b, NULL, 0);
        strbuf_puts(&b, "");
        strbuf_printf(&b, "%s", "");
        ck_assert_str_eq(strbuf_text(&b), "");
        ck_assert_uint_eq(b.size, 0);
}
END_TEST

START_TEST(test_append)
{
        _cleanup_strbuf_ StrBuf b = {};

        strbuf_puts(&b, "one");
        strbuf_add(&b, " two three", 4);
        strbuf_printf(&b, " %d-%s", 42, "x");
        ck_assert_str_eq(strbuf_text(&b), "one two 42-x");
        ck_assert_uint_eq(b.size, strlen("one two 42-x"));
        ck_assert_uint_eq(b.data[b.size], 0);
}
END_TEST

/* Every length around the size of the first allocation, where printf must grow in the middle. */
START_TEST(test_printf_grows)
{
        _cleanup_strbuf_ StrBuf b = {};

        strbuf_puts(&b, "<");
        strbuf_printf(&b, "%0*d", _i, 7);
        strbuf_puts(&b, ">");
        ck_assert_int_eq(strbuf_error(&b), 0);
        ck_assert_uint_eq(b.size, (size_t)_i + 2);
        ck_assert_uint_eq(strlen(strbuf_text(&b)), b.size);
        ck_assert_int_eq(b.data[0], '<');
        ck_assert_int_eq(b.data[_i], '7');
        ck_assert_int_eq(b.data[_i + 1], '>');
}
END_TEST

START_TEST(test_many)
{
        _cleanup_strbuf_ StrBuf b = {};

        for (int i = 0; i < 10000; i++)
                strbuf_printf(&b, "%04d,", i);
        ck_assert_int_eq(strbuf_error(&b), 0);
        ck_assert_uint_eq(b.size, 50000);
        ck_assert_int_eq(strncmp(b.data + 9999 * 5, "9999,", 6), 0);
}
END_TEST

START_TEST(test_room)
{
        StrBuf b = {};
        char *p;

        for (unsigned i = 0; i < 1000; i++) {
                p = strbuf_room(&b, 3);
                ck_assert_ptr_nonnull(p);
                memcpy(p, "ab", 2);
                strbuf_grown(&b, p + 2); /* less than there was room for */
        }
        ck_assert_uint_eq(b.size, 2000);
        ck_assert_uint_eq(strlen(strbuf_text(&b)), 2000);
        ck_assert_ptr_null(strbuf_room(&b, SIZE_MAX));
        ck_assert_ptr_null(strbuf_room(&b, 1));
        ck_assert_int_eq(strbuf_error(&b), -ENOMEM);
        strbuf_done(&b);
}
END_TEST

START_TEST(test_reset_keeps_memory)
{
        _cleanup_strbuf_ StrBuf b = {};
        const char *data;

        strbuf_reset(&b);
        strbuf_puts(&b, "something");
        data = b.data;
        strbuf_reset(&b);
        ck_assert_str_eq(strbuf_text(&b), "");
        strbuf_puts(&b, "else");
        ck_assert_ptr_eq(b.data, data);
        ck_assert_str_eq(strbuf_text(&b), "else");
}
END_TEST

START_TEST(test_too_much_sticks)
{
        _cleanup_strbuf_ StrBuf b = {};

        strbuf_puts(&b, "kept");
        strbuf_add(&b, "never read", SIZE_MAX - 2);
        ck_assert_int_eq(strbuf_error(&b), -ENOMEM);
        strbuf_puts(&b, "not this");
        strbuf_printf(&b, "nor %s", "that");
        ck_assert_int_eq(strbuf_error(&b), -ENOMEM);
        ck_assert_str_eq(strbuf_text(&b), "kept");
        strbuf_reset(&b);
        ck_assert_int_eq(strbuf_error(&b), 0);
        strbuf_puts(&b, "again");
        ck_assert_str_eq(strbuf_text(&b), "again");
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("strbuf");

        tcase_add_test(t, test_empty);
        tcase_add_test(t, test_append);
        tcase_add_loop_test(t, test_printf_grows, 58, 70);
        tcase_add_test(t, test_many);
        tcase_add_test(t, test_room);
        tcase_add_test(t, test_reset_keeps_memory);
        tcase_add_test(t, test_too_much_sticks);
        suite_add_tcase(s, t);
}

TEST_MAIN("strbuf", build)
