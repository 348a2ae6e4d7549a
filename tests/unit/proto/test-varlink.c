/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The codec on the side of a server, as conversations: bytes in, messages out. */
#include "codec.h"

enum { MORE = 1, ONEWAY = 2, UPGRADE = 4 };

static const struct {
        const char *text, *method, *parameters;
        unsigned flags;
} calls[] = {
        { "{\"method\":\"a.b.C\"}", "a.b.C", "{}", 0 },
        { "{\"method\":\"a.b.C\",\"parameters\":{}}", "a.b.C", "{}", 0 },
        { "{\"method\":\"a.b.C\",\"parameters\":null}", "a.b.C", "{}", 0 },
        { "{\"parameters\":{\"x\":[1,{\"y\":null}]},\"method\":\"C\"}", "C",
                "{\"x\":[1,{\"y\":null}]}", 0 },
        { " \t\r\n{ \"method\" : \"a.b.C\" }\n ", "a.b.C", "{}", 0 },
        { "{\"method\":\"a.b.C\",\"more\":true}", "a.b.C", "{}", MORE },
        { "{\"method\":\"a.b.C\",\"more\":false,\"oneway\":false}", "a.b.C", "{}", 0 },
        { "{\"method\":\"a.b.C\",\"oneway\":true}", "a.b.C", "{}", ONEWAY },
        { "{\"method\":\"a.b.C\",\"upgrade\":true}", "a.b.C", "{}", UPGRADE },
        { "{\"method\":\"a.b.C\",\"parameters\":{\"n\":9223372036854775807}}", "a.b.C",
                "{\"n\":9223372036854775807}", 0 },
        { "{\"method\":\"\\u00e9\",\"parameters\":{\"\xc3\xa9\":\"\\ud83d\\ude00\"}}", "\xc3\xa9",
                "{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}", 0 },
        { "{\"method\":\"a.b.C\",\"parameters\":{\"f\":1.5}}", "a.b.C", "{\"f\":1.5}", 0 },
        /* Beyond 64 bits: a real. The others stay as they are. */
        { "{\"method\":\"a.b.C\",\"parameters\":{\"n\":9223372036854775808}}", "a.b.C",
                "{\"n\":9.223372036854775808e18}", 0 },
        { "{\"method\":\"a.b.C\",\"parameters\":{\"m\":-9223372036854775809,\"n\":-1,\"f\":1.5}}",
                "a.b.C", "{\"m\":-9.223372036854775808e18,\"n\":-1,\"f\":1.5}", 0 },
        { "{\"method\":\"a.b.C\",\"more\":true,\"parameters\":{\"s\":\"x\",\"m\":1,\"n\":"
          "100000000000000000000,\"o\":[1]}}",
                "a.b.C", "{\"s\":\"x\",\"m\":1,\"n\":1e20,\"o\":[1.0]}", MORE },
};

START_TEST(call_is_taken)
{
        _cleanup_varlink_ Varlink *v = codec();
        VarlinkCall c;

        push(v, calls[_i].text);
        ck_assert(varlink_has_message(v));
        ck_assert_int_eq(varlink_next_call(v, &c), 1);
        ck_assert(!varlink_has_message(v));
        ck_assert(varlink_in_flight(v));
        ck_assert_str_eq(c.method, calls[_i].method);
        assert_json(c.parameters, calls[_i].parameters);
        ck_assert_int_eq(c.more, (calls[_i].flags & MORE) != 0);
        ck_assert_int_eq(c.oneway, (calls[_i].flags & ONEWAY) != 0);
        ck_assert_int_eq(c.upgrade, (calls[_i].flags & UPGRADE) != 0);
        varlink_call_done(&c);
        ck_assert_ptr_null(c.method);
}
END_TEST

static const char *const not_calls[] = {
        "",
        " ",
        "x",
        "{",
        "}",
        "{}",
        "[]",
        "[{\"method\":\"a.b.C\"}]",
        "null",
        "\"a.b.C\"",
        "17",
        "{\"method\":\"a.b.C\"",
        "{\"method\":\"a.b.C\"}x",
        "{\"method\":\"a.b.C\"}{\"method\":\"a.b.C\"}",
        "{\"method\":\"a.b.C\",}",
        "{'method':'a.b.C'}",
        "{\"method\":\"\"}",
        "{\"method\":null}",
        "{\"method\":1}",
        "{\"method\":[\"a.b.C\"]}",
        "{\"Method\":\"a.b.C\"}",
        "{\"parameters\":{}}",
        "{\"method\":\"a.b.C\",\"parameters\":[]}",
        "{\"method\":\"a.b.C\",\"parameters\":\"x\"}",
        "{\"method\":\"a.b.C\",\"parameters\":0}",
        "{\"method\":\"a.b.C\",\"parameters\":false}",
        "{\"method\":\"a.b.C\",\"more\":1}",
        "{\"method\":\"a.b.C\",\"more\":null}",
        "{\"method\":\"a.b.C\",\"oneway\":\"true\"}",
        "{\"method\":\"a.b.C\",\"upgrade\":0}",
        "{\"method\":\"a.b.C\",\"more\":true,\"oneway\":true}",
        "{\"method\":\"a.b.C\",\"continues\":true}",
        "{\"method\":\"a.b.C\",\"error\":\"x\"}",
        "{\"method\":\"a.b.C\",\"\":1}",
        "{\"method\":\"a.b.C\",\"method\":\"a.b.C\"}",
        "{\"method\":\"a.b.C\",\"parameters\":{},\"parameters\":{}}",
        "{\"method\":\"a.b.C\",\"parameters\":{\"x\":1,\"x\":2}}",
        "{\"method\":\"a.b.C\",\"parameters\":{\"x\":{\"y\":1,\"y\":1}}}",
        "{\"method\":\"a.b.C\\u0000D\"}",
        "{\"method\":\"a.b.\\ud800\"}",
        "{\"method\":\"a.b.\xff\"}",
        "{\"method\":\"a.b.\xc0\x80\"}",
        "\xef\xbb\xbf{\"method\":\"a.b.C\"}",
        "{\"method\":9223372036854775808}",
        "{\"method\":\"a.b.C\",\"more\":9223372036854775808}",
        "{\"method\":\"a.b.C\",\"parameters\":9223372036854775808}",
        "{\"method\":\"a.b.C\",\"parameters\":{\"n\":9223372036854775808,\"n\":1}}",
        "[9223372036854775808]",
        "{\"method\":\"a.b.C\",\"parameters\":{\"n\":1e999}}",
        "{\"method\":\"a.b.C\",\"parameters\":{\"n\":01}}",
        "{\"method\":\"a.b.C\",\"parameters\":{\"n\":NaN}}",
        "{\"method\":\"a.b.\nC\"}",
};

START_TEST(garbage_is_no_call)
{
        _cleanup_varlink_ Varlink *v = codec();
        VarlinkCall c = { .method = (char *)"untouched" };

        push(v, not_calls[_i]);
        ck_assert_int_eq(varlink_next_call(v, &c), -EBADMSG);
        ck_assert_str_eq(c.method, "untouched");
        ck_assert(!varlink_in_flight(v));
}
END_TEST

/* Two calls cut in two at each place, and what was cut off comes later. */
static const char two_calls[] =
        "{\"method\":\"a.b.C\",\"parameters\":{\"x\":1}}\0{\"method\":\"d.E\",\"more\":true}";

START_TEST(call_in_two_pieces)
{
        _cleanup_varlink_ Varlink *v = codec();
        size_t first = strlen(two_calls) + 1, cut = (size_t)_i;
        VarlinkCall c;

        ck_assert_int_eq(varlink_push(v, two_calls, cut), 0);
        if (cut < first)
                ck_assert_int_eq(varlink_next_call(v, &c), 0);
        else
                assert_call(v, "a.b.C", "{\"x\":1}");
        ck_assert_int_eq(varlink_push(v, two_calls + cut, sizeof(two_calls) - cut), 0);
        if (cut < first)
                assert_call(v, "a.b.C", "{\"x\":1}");
        ck_assert_int_eq(varlink_next_call(v, &c), 0);
        ck_assert_int_eq(varlink_reply(v, NULL, false), 0);
        assert_call(v, "d.E", "{}");
        ck_assert_int_eq(varlink_reply(v, NULL, true), 0);
        ck_assert(!varlink_has_message(v));
}
END_TEST

START_TEST(call_byte_by_byte)
{
        _cleanup_varlink_ Varlink *v = codec();
        VarlinkCall c;

        for (size_t i = 0; i < strlen(two_calls); i++) {
                ck_assert_int_eq(varlink_push(v, two_calls + i, 1), 0);
                ck_assert_int_eq(varlink_next_call(v, &c), 0);
        }
        ck_assert_int_eq(varlink_push(v, "", 1), 0);
        assert_call(v, "a.b.C", "{\"x\":1}");
}
END_TEST

START_TEST(nothing_is_nothing)
{
        _cleanup_varlink_ Varlink *v = codec();
        const char *data;
        VarlinkCall c;
        VarlinkReply reply;

        ck_assert_int_eq(varlink_push(v, "", 0), 0);
        ck_assert_int_eq(varlink_push(v, NULL, 0), 0);
        ck_assert_int_eq(varlink_next_call(v, &c), 0);
        ck_assert_int_eq(varlink_next_reply(v, &reply), 0);
        ck_assert_uint_eq(varlink_pending(v, &data), 0);
        ck_assert_ptr_nonnull(data);
        varlink_written(v, 0);
        ck_assert_ptr_null(varlink_free(NULL));
}
END_TEST

START_TEST(many_nuls)
{
        _cleanup_varlink_ Varlink *v = codec();
        char zeros[2000] = { 0 };
        VarlinkCall c;

        ck_assert_int_eq(varlink_push(v, zeros, sizeof(zeros)), 0);
        for (size_t i = 0; i < sizeof(zeros); i++)
                ck_assert_int_eq(varlink_next_call(v, &c), -EBADMSG);
        ck_assert_int_eq(varlink_next_call(v, &c), 0);
        push(v, "{\"method\":\"a.b.C\"}");
        assert_call(v, "a.b.C", "{}");
}
END_TEST

START_TEST(pipelined_calls_wait)
{
        _cleanup_varlink_ Varlink *v = codec();
        char text[64];
        VarlinkCall c;

        for (int i = 0; i < 100; i++) {
                snprintf(text, sizeof(text), "{\"method\":\"a.M%d\"}", i);
                push(v, text);
        }
        for (int i = 0; i < 100; i++) {
                const char *replies[] = { "{\"parameters\":{}}" };

                snprintf(text, sizeof(text), "a.M%d", i);
                assert_call(v, text, "{}");
                ck_assert_int_eq(varlink_next_call(v, &c), 0);
                ck_assert_int_eq(varlink_reply(v, NULL, false), 0);
                assert_output(v, replies, 1);
        }
        ck_assert_int_eq(varlink_next_call(v, &c), 0);
}
END_TEST

/* A call of exactly that many bytes, without its NUL. */
static char *call_of_size(size_t size)
{
        static const char head[] = "{\"method\":\"", tail[] = "\"}";
        char *text = malloc(size + 1);
        size_t frame = strlen(head) + strlen(tail);

        ck_assert_ptr_nonnull(text);
        ck_assert_uint_gt(size, frame);
        memcpy(text, head, strlen(head));
        memset(text + strlen(head), 'm', size - frame);
        memcpy(text + size - strlen(tail), tail, sizeof(tail));
        return text;
}

START_TEST(largest_message)
{
        _cleanup_varlink_ Varlink *v = codec();
        _cleanup_free_ char *text = call_of_size(INPUT_MAX);
        VarlinkCall c;

        for (int i = 0; i < 3; i++) {
                push(v, text);
                ck_assert_int_eq(varlink_next_call(v, &c), 1);
                ck_assert_uint_eq(strlen(c.method), INPUT_MAX - strlen("{\"method\":\"\"}"));
                varlink_call_done(&c);
                ck_assert_int_eq(varlink_reply(v, NULL, false), 0);
        }
}
END_TEST

START_TEST(too_large_message)
{
        _cleanup_varlink_ Varlink *v = codec();
        _cleanup_free_ char *text = call_of_size(INPUT_MAX + 1);

        ck_assert_int_eq(varlink_push(v, text, strlen(text) + 1), -EMSGSIZE);
        ck_assert_int_eq(varlink_push(v, text, strlen(text)), -EMSGSIZE);
        ck_assert(!varlink_has_message(v));
}
END_TEST

START_TEST(too_large_in_pieces)
{
        _cleanup_varlink_ Varlink *v = codec();
        _cleanup_free_ char *text = call_of_size(INPUT_MAX + 1);

        for (size_t i = 0; i < INPUT_MAX; i++)
                ck_assert_int_eq(varlink_push(v, text + i, 1), 0);
        ck_assert_int_eq(varlink_push(v, text + INPUT_MAX, 1), -EMSGSIZE);
        /* Just as large as allowed it would have been fine. */
        ck_assert_int_eq(varlink_push(v, "", 1), 0);
        ck_assert(varlink_has_message(v));
}
END_TEST

START_TEST(too_large_behind_others)
{
        _cleanup_varlink_ Varlink *v = codec();
        char data[INPUT_MAX + 102];
        VarlinkCall c;

        memset(data, ' ', sizeof(data));
        data[100] = 0;
        push(v, "{\"method\":\"a.b.C\"}");
        ck_assert_int_eq(varlink_push(v, data, sizeof(data)), -EMSGSIZE);
        /* Nothing of it was taken. */
        assert_call(v, "a.b.C", "{}");
        ck_assert_int_eq(varlink_reply(v, NULL, false), 0);
        ck_assert_int_eq(varlink_next_call(v, &c), 0);
        ck_assert(!varlink_has_message(v));
        ck_assert_int_eq(varlink_push(v, data, sizeof(data) - 1), 0);
        ck_assert(varlink_has_message(v));
}
END_TEST

START_TEST(deep_nesting)
{
        /* Beyond what the JSON parser takes, and within. */
        static const struct {
                size_t depth;
                int result;
        } rows[] = { { 100000, -EBADMSG }, { 3000, -EBADMSG }, { 1000, 1 }, { 1, 1 } };
        static const char head[] = "{\"method\":\"a.b.C\",\"parameters\":{\"x\":";
        size_t depth = rows[_i].depth, size = strlen(head) + 2 * depth + 2;
        _cleanup_varlink_ Varlink *v = NULL;
        _cleanup_free_ char *text = malloc(size + 1);
        VarlinkCall c = { 0 };

        ck_assert_ptr_nonnull(text);
        memcpy(text, head, strlen(head));
        memset(text + strlen(head), '[', depth);
        memset(text + strlen(head) + depth, ']', depth);
        memcpy(text + size - 2, "}}", 3);
        ck_assert_int_eq(varlink_new(&v, 1000000, 1000000), 0);
        push(v, text);
        ck_assert_int_eq(varlink_next_call(v, &c), rows[_i].result);
        varlink_call_done(&c);
}
END_TEST

/* What is written for an answer, to a call with or without more. */
static const struct {
        const char *call, *error, *parameters;
        bool continues;
        int result;
        const char *output; /* NULL: nothing */
        bool in_flight;
} answers[] = {
        { "{\"method\":\"a.B\"}", NULL, NULL, false, 0, "{\"parameters\":{}}", false },
        { "{\"method\":\"a.B\"}", NULL, "{\"x\":1}", false, 0, "{\"parameters\":{\"x\":1}}",
                false },
        { "{\"method\":\"a.B\"}", NULL, "{\"x\":\"\xc3\xa9\\n\"}", false, 0,
                "{\"parameters\":{\"x\":\"\xc3\xa9\\n\"}}", false },
        { "{\"method\":\"a.B\"}", NULL, "{}", true, -EINVAL, NULL, true },
        { "{\"method\":\"a.B\",\"more\":true}", NULL, "{}", false, 0, "{\"parameters\":{}}",
                false },
        { "{\"method\":\"a.B\",\"more\":true}", NULL, "{}", true, 0,
                "{\"parameters\":{},\"continues\":true}", true },
        { "{\"method\":\"a.B\",\"more\":true}", "a.E", NULL, false, 0,
                "{\"error\":\"a.E\",\"parameters\":{}}", false },
        { "{\"method\":\"a.B\"}", "a.E", "{\"y\":[]}", false, 0,
                "{\"error\":\"a.E\",\"parameters\":{\"y\":[]}}", false },
        { "{\"method\":\"a.B\",\"oneway\":true}", NULL, "{}", false, 0, NULL, false },
        { "{\"method\":\"a.B\",\"oneway\":true}", "a.E", "{}", false, 0, NULL, false },
        { "{\"method\":\"a.B\",\"oneway\":true}", NULL, "{}", true, -EINVAL, NULL, true },
        { NULL, NULL, "{}", false, -EINVAL, NULL, false },
        { NULL, "a.E", "{}", false, -EINVAL, NULL, false },
};

START_TEST(answer_is_written)
{
        _cleanup_varlink_ Varlink *v = codec();
        json_t *parameters = answers[_i].parameters ? json(answers[_i].parameters) : NULL;
        const char *output[] = { answers[_i].output };
        VarlinkCall c;
        int r;

        if (answers[_i].call) {
                push(v, answers[_i].call);
                ck_assert_int_eq(varlink_next_call(v, &c), 1);
                varlink_call_done(&c);
        }
        r = answers[_i].error ? varlink_error(v, answers[_i].error, parameters)
                              : varlink_reply(v, parameters, answers[_i].continues);
        json_decref(parameters);
        ck_assert_int_eq(r, answers[_i].result);
        assert_output(v, output, output[0] ? 1 : 0);
        ck_assert_int_eq(varlink_in_flight(v), answers[_i].in_flight);
}
END_TEST

START_TEST(stream_of_replies)
{
        _cleanup_varlink_ Varlink *v = codec();
        json_t *x = json("{\"x\":0}");
        const char *output[] = { "{\"parameters\":{\"x\":0},\"continues\":true}",
                "{\"parameters\":{\"x\":0},\"continues\":true}", "{\"parameters\":{\"x\":0}}",
                "{\"parameters\":{}}" };

        push(v, "{\"method\":\"a.B\",\"more\":true}");
        push(v, "{\"method\":\"a.C\"}");
        assert_call(v, "a.B", "{}");
        ck_assert_int_eq(varlink_reply(v, x, true), 0);
        ck_assert_int_eq(varlink_reply(v, x, true), 0);
        ck_assert_int_eq(varlink_reply(v, x, false), 0);
        ck_assert_int_eq(varlink_reply(v, x, false), -EINVAL);
        assert_call(v, "a.C", "{}");
        ck_assert_int_eq(varlink_reply(v, NULL, true), -EINVAL);
        ck_assert_int_eq(varlink_reply(v, NULL, false), 0);
        json_decref(x);
        assert_output(v, output, ELEMENTSOF(output));
}
END_TEST

START_TEST(oneway_makes_way)
{
        _cleanup_varlink_ Varlink *v = codec();
        const char *output[] = { "{\"parameters\":{}}" };

        push(v, "{\"method\":\"a.B\",\"oneway\":true}");
        push(v, "{\"method\":\"a.C\"}");
        assert_call(v, "a.B", "{}");
        ck_assert_int_eq(varlink_reply(v, NULL, false), 0);
        assert_call(v, "a.C", "{}");
        ck_assert_int_eq(varlink_reply(v, NULL, false), 0);
        assert_output(v, output, 1);
}
END_TEST

START_TEST(output_in_pieces)
{
        _cleanup_varlink_ Varlink *v = codec();
        const char expected[] = "{\"parameters\":{}}\0{\"parameters\":{}}";
        const char *data;

        for (int i = 0; i < 2; i++) {
                push(v, "{\"method\":\"a.B\"}");
                assert_call(v, "a.B", "{}");
                ck_assert_int_eq(varlink_reply(v, NULL, false), 0);
        }
        for (size_t i = 0; i < sizeof(expected); i++) {
                ck_assert_uint_eq(varlink_pending(v, &data), sizeof(expected) - i);
                ck_assert_int_eq(memcmp(data, expected + i, sizeof(expected) - i), 0);
                varlink_written(v, 1);
        }
        ck_assert_uint_eq(varlink_pending(v, &data), 0);
}
END_TEST

START_TEST(output_limit)
{
        /* Second row: the limit counts what is still to be written, not what was. */
        static const struct {
                size_t first, written, second;
                int result;
        } rows[] = {
                { 250, 0, 250, 0 },
                { 250, 0, 251, -ENOBUFS },
                { 250, 1, 251, 0 },
                { 250, 250, 500, 0 },
                { 250, 250, 501, -ENOBUFS },
                { 500, 0, 60, -ENOBUFS },
        };
        _cleanup_varlink_ Varlink *v = codec();
        json_t *a = parameters_for(rows[_i].first), *b = parameters_for(rows[_i].second);
        size_t left = rows[_i].first - rows[_i].written;
        const char *data;

        push(v, "{\"method\":\"a.B\",\"more\":true}");
        assert_call(v, "a.B", "{}");
        ck_assert_int_eq(varlink_reply(v, a, true), 0);
        varlink_written(v, rows[_i].written);
        ck_assert_int_eq(varlink_reply(v, b, true), rows[_i].result);
        /* No half message is left behind. */
        if (rows[_i].result == 0)
                left += rows[_i].second;
        ck_assert_uint_eq(varlink_pending(v, &data), left);
        ck_assert(left == 0 || data[left - 1] == 0);
        json_decref(a);
        json_decref(b);
}
END_TEST

/* Random bytes, mostly those that mean something: it says what it is told to say, and works on. */
START_TEST(random_bytes)
{
        static const char alphabet[] = "{}[]\":,\\methodparameters 01\xff\0\0\0";
        _cleanup_varlink_ Varlink *v = codec();
        unsigned seed = (unsigned)_i + 1, refused = 0;

        for (int i = 0; i < 3000; i++) {
                char data[40];
                VarlinkCall c;
                int r;

                for (size_t k = 0; k < sizeof(data); k++)
                        data[k] = alphabet[(unsigned)rand_r(&seed) % (sizeof(alphabet) - 1)];
                ck_assert_int_eq(varlink_push(v, data, (unsigned)rand_r(&seed) % sizeof(data)), 0);
                while ((r = varlink_next_call(v, &c)) != 0) {
                        ck_assert_int_eq(r, -EBADMSG);
                        refused++;
                }
                ck_assert(!varlink_has_message(v));
        }
        ck_assert_uint_gt(refused, 1000);
        ck_assert_int_eq(varlink_push(v, "", 1), 0);
        push(v, "{\"method\":\"a.b.C\"}");
        for (;;) {
                VarlinkCall c;
                int r = varlink_next_call(v, &c);

                if (r == -EBADMSG)
                        continue;
                ck_assert_int_eq(r, 1);
                ck_assert_str_eq(c.method, "a.b.C");
                varlink_call_done(&c);
                break;
        }
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("server input");

        tcase_add_loop_test(t, call_is_taken, 0, ELEMENTSOF(calls));
        tcase_add_loop_test(t, garbage_is_no_call, 0, ELEMENTSOF(not_calls));
        tcase_add_loop_test(t, call_in_two_pieces, 0, sizeof(two_calls) + 1);
        tcase_add_test(t, call_byte_by_byte);
        tcase_add_test(t, nothing_is_nothing);
        tcase_add_test(t, many_nuls);
        tcase_add_test(t, pipelined_calls_wait);
        tcase_add_test(t, largest_message);
        tcase_add_test(t, too_large_message);
        tcase_add_test(t, too_large_in_pieces);
        tcase_add_test(t, too_large_behind_others);
        tcase_add_loop_test(t, deep_nesting, 0, 4);
        tcase_add_loop_test(t, random_bytes, 0, 5);
        suite_add_tcase(s, t);

        t = tcase_create("server output");
        tcase_add_loop_test(t, answer_is_written, 0, ELEMENTSOF(answers));
        tcase_add_test(t, stream_of_replies);
        tcase_add_test(t, oneway_makes_way);
        tcase_add_test(t, output_in_pieces);
        tcase_add_loop_test(t, output_limit, 0, 6);
        suite_add_tcase(s, t);
}

TEST_MAIN("varlink", build)
