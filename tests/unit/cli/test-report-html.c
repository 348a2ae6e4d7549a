/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/report-html.h"
#include "test.h"

static const struct {
        const char *text, *expected;
} escapes[] = {
        { "", "" },
        { "plain", "plain" },
        { "a < b && c > d", "a &lt; b &amp;&amp; c &gt; d" },
        { "\"quoted\" and 'so'", "&quot;quoted&quot; and &#39;so&#39;" },
        { "</style><script>alert(1)</script>",
                "&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;" },
        { "&amp;", "&amp;amp;" },
        { "a\tb\033[1m\x7f", "a b [1m " },
        { "line\nline", "line\nline" },
        { "2\xc3\x97\xe2\x80\xa6", "2\xc3\x97\xe2\x80\xa6" },
        { "<", "&lt;" },
};

START_TEST(test_text)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        html_text(&b, escapes[_i].text);
        ck_assert_str_eq(strbuf_text(&b), escapes[_i].expected);
}
END_TEST

START_TEST(test_textf)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        html_textf(&b, "<%s> %d%%", "<b>", 7);
        ck_assert_str_eq(strbuf_text(&b), "&lt;&lt;b&gt;&gt; 7%");
}
END_TEST

START_TEST(test_table)
{
        static const char *const headers[] = { "Name", ">Value", NULL };
        _cleanup_strbuf_ StrBuf b = { 0 };

        html_table(&b, headers);
        html_row(&b);
        html_cell(&b, NULL, "<x>");
        html_cellf(&b, "n", "%d", 3);
        html_row_end(&b);
        html_table_end(&b);
        ck_assert_str_eq(strbuf_text(&b),
                "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Name</th>"
                "<th class=\"n\" scope=\"col\">Value</th></tr></thead>\n<tbody>\n"
                "<tr><td>&lt;x&gt;</td><td class=\"n\">3</td></tr>\n</tbody></table></div>\n");
}
END_TEST

START_TEST(test_class)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        html_element(&b, "p", "a\"b", "t");
        ck_assert_str_eq(strbuf_text(&b), "<p class=\"a&quot;b\">t</p>\n");
}
END_TEST

START_TEST(test_page)
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        html_begin(&b, "a<b", "p { }\n");
        html_section(&b, "id", "h&h");
        html_section_end(&b);
        html_end(&b);
        ck_assert_ptr_nonnull(strstr(strbuf_text(&b), "<title>a&lt;b</title>"));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&b), "default-src 'none'"));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&b),
                "<body>\n<section id=\"id\">\n<h2>h&amp;h</h2>\n</section>\n</body>\n</html>\n"));
        ck_assert_int_eq(strbuf_error(&b), 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("html");

        tcase_add_loop_test(t, test_text, 0, ELEMENTSOF(escapes));
        tcase_add_test(t, test_textf);
        tcase_add_test(t, test_table);
        tcase_add_test(t, test_class);
        tcase_add_test(t, test_page);
        suite_add_tcase(s, t);
}

TEST_MAIN("cli/report-html", build)
