/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-text.c - the cursor that all parsers stand on. */
#include "../test.h"

#include "parse/text.h"
#include "text-copy.h"

static const struct {
        const char *text, *stops;
        bool ok;
        uint64_t value;
        size_t left;
} numbers[] = {
        { "0", "", true, 0, 0 },
        { "007", "", true, 7, 0 },
        { "  42 43", "", true, 42, 3 },
        { "\t42\t", "", true, 42, 1 },
        { "12,3", ",", true, 12, 2 },
        { "12)", ",)", true, 12, 1 },
        { "1844674407370955160", "", true, UINT64_C(1844674407370955160), 0 },
        { "18446744073709551609", "", true, UINT64_C(18446744073709551609), 0 },
        { "18446744073709551610", "", false, 0, 0 },
        { "18446744073709551615", "", false, 0, 0 },
        { "18446744073709551616", "", false, 0, 0 },
        { "99999999999999999999999", "", false, 0, 0 },
        { "000000000000000000000000000000001", "", true, 1, 0 },
        { "", "", false, 0, 0 },
        { "   ", "", false, 0, 0 },
        { "-1", "", false, 0, 0 },
        { "+1", "", false, 0, 0 },
        { "1x", "", false, 0, 0 },
        { "0x10", "", false, 0, 0 },
        { "1,2", "", false, 0, 0 },
        { "1.5", ",", false, 0, 0 },
};

START_TEST(number)
{
        size_t size = strlen(numbers[_i].text);
        _cleanup_free_ char *copy = text_copy(numbers[_i].text, size);
        Text t = text_init(copy, size);
        uint64_t v = 77;

        ck_assert_int_eq(text_number(&t, numbers[_i].stops, &v), numbers[_i].ok);
        ck_assert_uint_eq(v, numbers[_i].ok ? numbers[_i].value : 77);
        if (numbers[_i].ok)
                ck_assert_uint_eq(t.end - t.p, numbers[_i].left);
}
END_TEST

/* A NUL is neither a digit nor a stop, though every list of stops ends in one. */
START_TEST(number_before_nul)
{
        static const char *const stops[] = { "", "," };
        _cleanup_free_ char *copy = text_copy("12\0 3", 5);
        Text t = text_init(copy, 5);
        uint64_t v;

        ck_assert(!text_number(&t, stops[_i], &v));
}
END_TEST

START_TEST(lines)
{
        static const char text[] = "one\n\nthree";
        _cleanup_free_ char *copy = text_copy(text, sizeof(text) - 1);
        Text t = text_init(copy, sizeof(text) - 1), line;
        bool truncated = false;

        ck_assert(text_line(&t, &line, &truncated));
        ck_assert(TEXT_EQUAL(&line, "one"));
        ck_assert_uint_eq(line.line, 1);
        ck_assert(text_line(&t, &line, &truncated));
        ck_assert(TEXT_EQUAL(&line, ""));
        ck_assert(!truncated);
        ck_assert(!text_line(&t, &line, &truncated));
        ck_assert(truncated);
        ck_assert_uint_eq(t.line, 3);
}
END_TEST

START_TEST(words)
{
        Text t = text_init("  a bc\td ", 9), word;

        ck_assert(text_word(&t, &word) && TEXT_EQUAL(&word, "a"));
        ck_assert(text_word(&t, &word) && TEXT_EQUAL(&word, "bc"));
        ck_assert_uint_eq(text_count_words(&t), 1);
        ck_assert(!text_word(&t, &word));
        ck_assert(text_at_end(&t));
}
END_TEST

START_TEST(take_stays_in_the_text)
{
        _cleanup_free_ char *copy = text_copy("Nod", 3);
        Text t = text_init(copy, 3);

        ck_assert(!TEXT_TAKE(&t, "Node"));
        ck_assert(TEXT_TAKE(&t, "No"));
        ck_assert(TEXT_EQUAL(&t, "d"));
}
END_TEST

START_TEST(failure)
{
        ParseError error = { 0 };

        ck_assert_int_eq(parse_fail(&error, 7, "x"), -EBADMSG);
        ck_assert_uint_eq(error.line, 7);
        ck_assert_str_eq(error.expected, "x");
        ck_assert_int_eq(parse_fail(&error, 0, "y"), -EBADMSG);
        ck_assert_uint_eq(error.line, 1);
        ck_assert_int_eq(parse_fail(NULL, 1, "z"), -EBADMSG);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("text");

        tcase_add_loop_test(t, number, 0, ELEMENTSOF(numbers));
        tcase_add_loop_test(t, number_before_nul, 0, 2);
        tcase_add_test(t, lines);
        tcase_add_test(t, words);
        tcase_add_test(t, take_stays_in_the_text);
        tcase_add_test(t, failure);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/text", build)
