/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The codec on the side of a client, and both sides together. */
#include "codec.h"

static const struct {
        const char *text, *error, *parameters;
        bool continues;
} replies[] = {
        { "{}", NULL, "{}", false },
        { "{\"parameters\":{\"x\":1}}", NULL, "{\"x\":1}", false },
        { "{\"parameters\":null}", NULL, "{}", false },
        { "{\"parameters\":{},\"continues\":true}", NULL, "{}", true },
        { "{\"continues\":false}", NULL, "{}", false },
        { "{\"error\":\"a.E\"}", "a.E", "{}", false },
        { "{\"error\":\"a.E\",\"parameters\":{\"x\":1},\"continues\":false}", "a.E", "{\"x\":1}",
                false },
};

START_TEST(client_takes_reply)
{
        _cleanup_varlink_ Varlink *v = codec();
        VarlinkReply reply;

        ck_assert_int_eq(varlink_call(v, "a.B", NULL, true), 0);
        ck_assert_int_eq(varlink_next_reply(v, &reply), 0);
        push(v, replies[_i].text);
        ck_assert_int_eq(varlink_next_reply(v, &reply), 1);
        ck_assert_int_eq(varlink_in_flight(v), replies[_i].continues);
        ck_assert_int_eq(reply.continues, replies[_i].continues);
        assert_json(reply.parameters, replies[_i].parameters);
        ck_assert_int_eq(!reply.error, !replies[_i].error);
        if (reply.error)
                ck_assert_str_eq(reply.error, replies[_i].error);
        varlink_reply_done(&reply);
}
END_TEST

static const char *const not_replies[] = {
        "", "[]", "{", "{\"error\":\"\"}", "{\"error\":null}", "{\"error\":1}",
        "{\"parameters\":[]}", "{\"continues\":1}", "{\"error\":\"a.E\",\"continues\":true}",
        "{\"method\":\"a.B\"}", "{\"parameters\":{},\"parameters\":{}}",
        "{\"continues\":true}", /* not asked for */
        "{\"parameters\":{\"n\":9223372036854775808}}",
};

START_TEST(client_refuses_garbage)
{
        _cleanup_varlink_ Varlink *v = codec();
        VarlinkReply reply = { .error = (char *)"untouched" };

        ck_assert_int_eq(varlink_call(v, "a.B", NULL, false), 0);
        push(v, not_replies[_i]);
        ck_assert_int_eq(varlink_next_reply(v, &reply), -EBADMSG);
        ck_assert_str_eq(reply.error, "untouched");
}
END_TEST

START_TEST(client_refuses_unasked_reply)
{
        _cleanup_varlink_ Varlink *v = codec();
        VarlinkReply reply;

        push(v, "{}");
        ck_assert_int_eq(varlink_next_reply(v, &reply), -EBADMSG);
}
END_TEST

START_TEST(client_writes_calls)
{
        _cleanup_varlink_ Varlink *v = codec();
        const char *first[] = { "{\"method\":\"a.B\",\"parameters\":{}}" };
        const char *second[] = { "{\"method\":\"a.B\",\"parameters\":{\"x\":1},\"more\":true}" };
        json_t *x = json("{\"x\":1}");
        VarlinkReply reply;

        ck_assert_int_eq(varlink_call(v, "a.B", NULL, false), 0);
        ck_assert_int_eq(varlink_call(v, "a.B", x, true), -EBUSY);
        assert_output(v, first, 1);
        push(v, "{}");
        ck_assert_int_eq(varlink_next_reply(v, &reply), 1);
        varlink_reply_done(&reply);
        ck_assert_int_eq(varlink_call(v, "a.B", x, true), 0);
        assert_output(v, second, 1);
        json_decref(x);
}
END_TEST

START_TEST(client_output_limit)
{
        _cleanup_varlink_ Varlink *v = codec();
        json_t *x = parameters_for(OUTPUT_MAX);
        const char *data;

        ck_assert_int_eq(varlink_call(v, "a.very.long.Method", x, true), -ENOBUFS);
        ck_assert(!varlink_in_flight(v));
        ck_assert_uint_eq(varlink_pending(v, &data), 0);
        json_decref(x);
}
END_TEST

/* Moves what one side has to write to the other, in pieces of n bytes. */
static void transfer(Varlink *from, Varlink *to, size_t n)
{
        const char *data;
        size_t size;

        while ((size = varlink_pending(from, &data)) > 0) {
                ck_assert_int_eq(varlink_push(to, data, MIN(n, size)), 0);
                varlink_written(from, MIN(n, size));
        }
}

START_TEST(client_meets_server)
{
        _cleanup_varlink_ Varlink *client = codec(), *server = codec();
        size_t piece = (size_t)_i;
        json_t *x = json("{\"question\":\"6*9\"}"), *y = json("{\"answer\":42}");
        VarlinkReply reply;

        ck_assert_int_eq(varlink_call(client, "a.Ask", x, true), 0);
        transfer(client, server, piece);
        assert_call(server, "a.Ask", "{\"question\":\"6*9\"}");
        ck_assert_int_eq(varlink_reply(server, y, true), 0);
        ck_assert_int_eq(varlink_error(server, "a.Tired", NULL), 0);
        transfer(server, client, piece);
        ck_assert_int_eq(varlink_next_reply(client, &reply), 1);
        ck_assert(reply.continues);
        assert_json(reply.parameters, "{\"answer\":42}");
        varlink_reply_done(&reply);
        ck_assert_int_eq(varlink_next_reply(client, &reply), 1);
        ck_assert_str_eq(reply.error, "a.Tired");
        varlink_reply_done(&reply);
        ck_assert(!varlink_in_flight(client) && !varlink_in_flight(server));
        json_decref(x);
        json_decref(y);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("client");

        tcase_add_loop_test(t, client_takes_reply, 0, ELEMENTSOF(replies));
        tcase_add_loop_test(t, client_refuses_garbage, 0, ELEMENTSOF(not_replies));
        tcase_add_test(t, client_refuses_unasked_reply);
        tcase_add_test(t, client_writes_calls);
        tcase_add_test(t, client_output_limit);
        tcase_add_loop_test(t, client_meets_server, 1, 80);
        suite_add_tcase(s, t);
}

TEST_MAIN("varlink-client", build)
