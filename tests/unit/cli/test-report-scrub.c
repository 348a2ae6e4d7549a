/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/report-scrub.h"
#include "test.h"

static const struct {
        const char *text, *host, *expected;
} texts[] = {
        { "on db1.example.com: x", "db1.example.com", "on HOST: x" },
        { "on DB1, too", "db1.example.com", "on HOST, too" },
        { "db10 and mydb1 and db1-b", "db1", "db10 and mydb1 and db1-b" },
        { "db1", "db1", "HOST" },
        { "nothing", "", "nothing" },
        { "vm.min_free_kbytes", "vm", "vm.min_free_kbytes" },
        { "vm.defrag_mode on vm.example.com", "vm.example.com", "vm.defrag_mode on HOST" },
        { "/home" "/alice/fragd.conf: no", "db1", "/home" "/USER/fragd.conf: no" },
        { "\"/home" "/alice\"", "", "\"/home" "/USER\"" },
        { "/home/", "", "/home" "/USER" },
        { "/homes/a", "", "/homes/a" },
};

START_TEST(test_text)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        scrub_text(&b, texts[_i].text, texts[_i].host);
        ck_assert_str_eq(strbuf_text(&b), texts[_i].expected);
}
END_TEST

static const struct {
        const char *text, *expected;
} comments[] = {
        { "a = 1; # ask Bob\nb = 2;", "a = 1; \nb = 2;" },
        { "a = 1; // ask Bob\nb", "a = 1; \nb" },
        { "a /* Bob\nand Al */ = 1;", "a  = 1;" },
        { "a = \"# // /* no */\"; # yes", "a = \"# // /* no */\"; " },
        { "a = \"\\\"# no\"; # yes", "a = \"\\\"# no\"; " },
        { "/* open", "" },
        { "a / b", "a / b" },
        { "\"open\\", "\"open\\" },
        { "", "" },
};

START_TEST(test_comments)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        scrub_comments(&b, comments[_i].text);
        ck_assert_str_eq(strbuf_text(&b), comments[_i].expected);
}
END_TEST

START_TEST(test_json)
{
        json_t *j = json_loads("{\"node\":{\"uid\":7,\"a\":[\"path x\",{\"pid\":1,\"uid\":2}]},"
                               "\"path\":\"/home" "/al/x\",\"n\":5}",
                0, NULL);
        char *text;

        ck_assert_ptr_nonnull(j);
        ck_assert_int_eq(scrub_json(j, "path"), 0); /* a machine of that name breaks no key */
        text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
        ck_assert_str_eq(
                text, "{\"n\":5,\"node\":{\"a\":[\"HOST x\",{}]},\"path\":\"/home" "/USER/x\"}");
        free(text);
        json_decref(j);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("scrub");

        tcase_add_loop_test(t, test_text, 0, ELEMENTSOF(texts));
        tcase_add_loop_test(t, test_comments, 0, ELEMENTSOF(comments));
        tcase_add_test(t, test_json);
        suite_add_tcase(s, t);
}

TEST_MAIN("cli/report-scrub", build)
