/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Varlink server with real sockets, its clients in the same loop. */
#include <sys/socket.h>
#include <sys/un.h>

#include "base/limits.h"
#include "daemon/varlink-server.h"
#include "test.h"

#define DEADLINE_USEC (30 * USEC_PER_SEC)

static char directory[] = "/tmp/test-varlink-XXXXXX";
static char path[64];
static sd_event *event;
static VarlinkServer *server;
static VarlinkConn *waiting; /* of t.Test.Wait and t.Test.Follow */
static unsigned closed, calls;

static int test_echo(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        calls++;
        return varlink_conn_reply(c, parameters, false);
}

static void on_closed(VarlinkConn *c, void *data)
{
        ck_assert_ptr_eq(data, &waiting);
        ck_assert_ptr_eq(c, waiting);
        waiting = NULL;
        closed++;
}

static int test_wait(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        ck_assert_ptr_eq(userdata, &calls);
        waiting = c;
        varlink_conn_set_on_closed(c, on_closed, &waiting);
        return more ? varlink_conn_reply(c, parameters, true) : 0;
}

static int test_fail(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        return -EIO;
}

/* A reply of 1 MiB. */
static int test_large(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        char *text = malloc(1024 * 1024);
        json_t *j;
        int r;

        calls++;
        ck_assert_ptr_nonnull(text);
        memset(text, 'x', 1024 * 1024);
        j = json_pack("{s:s%}", "x", text, (size_t)1024 * 1024);
        free(text);
        r = varlink_conn_reply(c, j, false);
        json_decref(j);
        return r;
}

static const VarlinkInterface test_interface = {
        .name = "t.Test",
        .description = "interface t.Test\n",
        .methods = (const VarlinkMethodInfo[]){ { "Echo", test_echo }, { "Wait", test_wait },
                { "Fail", test_fail }, { "Large", test_large }, { NULL, NULL } },
};

static const VarlinkInterface *const interfaces[] = { &test_interface, NULL };

static void setup(void)
{
        int fd;

        ck_assert_ptr_nonnull(mkdtemp(directory));
        snprintf(path, sizeof(path), "%s/socket", directory);
        fd = varlink_socket_bind(path, 0600, -1);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(varlink_server_new(&server, event, "1.2.3", &calls), 0);
        ck_assert_int_eq(varlink_server_listen(server, fd, interfaces), 0);
}

static void teardown(void)
{
        varlink_server_free(server);
        sd_event_unref(event);
        (void)unlink(path);
        (void)rmdir(directory);
}

static int client(void)
{
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        ck_assert_int_ge(fd, 0);
        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
        return fd;
}

static uint64_t now(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

/* Turns the loop until the condition holds. */
#define RUN_UNTIL(condition)                                                                       \
        do {                                                                                       \
                uint64_t _end = now() + DEADLINE_USEC;                                             \
                while (!(condition)) {                                                             \
                        ck_assert_msg(now() < _end, "never came: %s", #condition);                 \
                        ck_assert_int_ge(sd_event_run(event, 10000), 0);                           \
                }                                                                                  \
        } while (0)

/* Turns the loop until nothing is left to do. */
static void settle(void)
{
        while (sd_event_run(event, 0) > 0)
                ;
}

/* Messages that nobody takes yet fill the socket: then it is the server's turn. */
static void send_text(int fd, const char *text)
{
        ssize_t n;

        RUN_UNTIL((n = send(fd, text, strlen(text) + 1, MSG_NOSIGNAL)) >= 0 || errno != EAGAIN);
        ck_assert_int_eq(n, (ssize_t)strlen(text) + 1);
}

/* The next byte; -1: the connection has ended. */
static int next_byte(int fd)
{
        unsigned char byte = 0;
        ssize_t n;

        RUN_UNTIL((n = recv(fd, &byte, 1, MSG_DONTWAIT)) >= 0 || errno != EAGAIN);
        return n == 1 ? byte : -1;
}

static void assert_reply(int fd, const char *text)
{
        char reply[8192];
        size_t n = 0;
        int byte;

        while ((byte = next_byte(fd)) > 0 && n < sizeof(reply) - 1)
                reply[n++] = (char)byte;
        reply[n] = 0;
        ck_assert_int_eq(byte, 0);
        ck_assert_str_eq(reply, text);
}

static void assert_closed(int fd)
{
        ck_assert_int_eq(next_byte(fd), -1);
        close(fd);
}

static const struct {
        const char *call, *reply;
} conversations[] = {
        { "{\"method\":\"org.varlink.service.GetInfo\"}",
                "{\"parameters\":{\"vendor\":\"fragd\",\"product\":\"fragd\",\"version\":\"1.2.3\","
                "\"url\":\"\","
                "\"interfaces\":[\"org.varlink.service\",\"t.Test\"]}}" },
        { "{\"method\":\"org.varlink.service.GetInfo\",\"parameters\":{\"x\":1}}",
                "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":"
                "\"x\"}}" },
        { "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{"
          "\"interface\":\"t.Test\"}}",
                "{\"parameters\":{\"description\":\"interface t.Test\\n\"}}" },
        { "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{"
          "\"interface\":\"t.Tes\"}}",
                "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{"
                "\"interface\":\"t.Tes\"}}" },
        { "{\"method\":\"org.varlink.service.GetInterfaceDescription\"}",
                "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":"
                "\"interface\"}}" },
        { "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{"
          "\"interface\":1}}",
                "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":"
                "\"interface\"}}" },
        { "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{"
          "\"interface\":\"a\",\"x\":1}}",
                "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":"
                "\"x\"}}" },
        { "{\"method\":\"t.Test.Echo\",\"parameters\":{\"a\":[1]}}",
                "{\"parameters\":{\"a\":[1]}}" },
        { "{\"method\":\"t.Test.Echo\",\"more\":true}", "{\"parameters\":{}}" },
        { "{\"method\":\"t.Test.Echo\",\"upgrade\":true}",
                "{\"error\":\"org.varlink.service.MethodNotImplemented\",\"parameters\":{"
                "\"method\":\"t.Test.Echo\"}}" },
        { "{\"method\":\"t.Test.echo\"}", "{\"error\":\"org.varlink.service.MethodNotFound\","
                                          "\"parameters\":{\"method\":\"t.Test.echo\"}}" },
        { "{\"method\":\"t.Test.\"}", "{\"error\":\"org.varlink.service.MethodNotFound\","
                                      "\"parameters\":{\"method\":\"t.Test.\"}}" },
        { "{\"method\":\"t.Other.Echo\"}", "{\"error\":\"org.varlink.service.InterfaceNotFound\","
                                           "\"parameters\":{\"interface\":\"t.Other\"}}" },
        { "{\"method\":\".Echo\"}", "{\"error\":\"org.varlink.service.InterfaceNotFound\","
                                    "\"parameters\":{\"interface\":\"\"}}" },
        { "{\"method\":\"Echo\"}", "{\"error\":\"org.varlink.service.InvalidParameter\","
                                   "\"parameters\":{\"parameter\":\"method\"}}" },
        { "{\"method\":\"t.Test.Wait\",\"more\":true}", "{\"parameters\":{},\"continues\":true}" },
};

START_TEST(conversation)
{
        int fd = client();

        send_text(fd, conversations[_i].call);
        assert_reply(fd, conversations[_i].reply);
        ck_assert_uint_eq(varlink_server_n_clients(server), 1);
        close(fd);
        RUN_UNTIL(varlink_server_n_clients(server) == 0);
}
END_TEST

static const char *const closes[] = { "", "{", "{}", "[]",
        "{\"method\":\"t.Test.Echo\",\"bogus\":1}", "{\"method\":\"t.Test.Fail\"}",
        "GET / HTTP/1.1\r\n\r\n" };

START_TEST(garbage_closes)
{
        int fd = client();

        send_text(fd, closes[_i]);
        assert_closed(fd);
        ck_assert_uint_eq(varlink_server_n_clients(server), 0);
}
END_TEST

START_TEST(endless_message_closes)
{
        int fd = client();
        char data[4096];

        memset(data, ' ', sizeof(data));
        for (size_t i = 0; i < VARLINK_MESSAGE_MAX / sizeof(data) + 1; i++) {
                if (send(fd, data, sizeof(data), MSG_NOSIGNAL) < 0)
                        break;
                settle();
        }
        assert_closed(fd);
}
END_TEST

START_TEST(byte_by_byte)
{
        static const char call[] = "{\"method\":\"t.Test.Echo\"}";
        int fd = client();

        for (size_t i = 0; i < sizeof(call); i++) {
                ck_assert_int_eq(send(fd, call + i, 1, MSG_NOSIGNAL), 1);
                settle();
        }
        assert_reply(fd, "{\"parameters\":{}}");
        close(fd);
}
END_TEST

START_TEST(pipelined_calls)
{
        int fd = client();
        char text[128];

        for (int i = 0; i < 500; i++) {
                snprintf(text, sizeof(text),
                        "{\"method\":\"t.Test.Echo\",\"parameters\":{\"i\":%d}}", i);
                send_text(fd, text);
        }
        for (int i = 0; i < 500; i++) {
                snprintf(text, sizeof(text), "{\"parameters\":{\"i\":%d}}", i);
                assert_reply(fd, text);
        }
        close(fd);
}
END_TEST

START_TEST(oneway_calls)
{
        int fd = client();

        for (int i = 0; i < 100; i++)
                send_text(fd, "{\"method\":\"t.Test.Echo\",\"oneway\":true}");
        send_text(fd, "{\"method\":\"t.Test.Echo\",\"parameters\":{\"last\":true}}");
        assert_reply(fd, "{\"parameters\":{\"last\":true}}");
        ck_assert_uint_eq(calls, 101);
        close(fd);
}
END_TEST

/* A client that asks and asks and does not read: its calls wait, and nothing piles up. */
START_TEST(unread_answers_make_calls_wait)
{
        int fd = client();
        size_t got = 0;

        for (int i = 0; i < 20; i++)
                send_text(fd, "{\"method\":\"t.Test.Large\"}");
        settle();
        ck_assert_uint_ge(calls, 1);
        ck_assert_uint_le(calls, 2);
        while (got < 20 * (strlen("{\"parameters\":{\"x\":\"\"}}") + 1 + 1024 * 1024)) {
                char data[65536];
                ssize_t n;

                RUN_UNTIL((n = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0);
                got += (size_t)n;
        }
        ck_assert_uint_eq(calls, 20);
        close(fd);
}
END_TEST

START_TEST(late_answer)
{
        int fd = client(), other = client();
        json_t *j = json_pack("{s:i}", "x", 1);

        send_text(fd, "{\"method\":\"t.Test.Wait\"}");
        send_text(fd, "{\"method\":\"t.Test.Echo\"}");
        RUN_UNTIL(waiting);
        /* It keeps nobody waiting but itself. */
        send_text(other, "{\"method\":\"t.Test.Echo\"}");
        assert_reply(other, "{\"parameters\":{}}");
        ck_assert_uint_eq(calls, 1);
        ck_assert_int_eq(varlink_conn_reply(waiting, j, true), -EINVAL);
        assert_closed(fd);
        RUN_UNTIL(!waiting);

        fd = client();
        send_text(fd, "{\"method\":\"t.Test.Wait\"}");
        send_text(fd, "{\"method\":\"t.Test.Echo\"}");
        RUN_UNTIL(waiting);
        ck_assert_int_eq(varlink_conn_reply(waiting, j, false), 0);
        assert_reply(fd, "{\"parameters\":{\"x\":1}}");
        assert_reply(fd, "{\"parameters\":{}}");
        json_decref(j);
        close(fd);
        close(other);
}
END_TEST

START_TEST(client_leaves_while_waiting)
{
        int fd = client();

        send_text(fd, "{\"method\":\"t.Test.Wait\"}");
        RUN_UNTIL(waiting);
        if (_i == 1) /* a call is waiting behind it */
                send_text(fd, "{\"method\":\"t.Test.Echo\"}");
        settle();
        close(fd);
        RUN_UNTIL(closed == 1);
        ck_assert_uint_eq(varlink_server_n_clients(server), 0);
        ck_assert_uint_eq(calls, 0);
}
END_TEST

START_TEST(server_ends_while_waiting)
{
        int fd = client();

        send_text(fd, "{\"method\":\"t.Test.Wait\"}");
        RUN_UNTIL(waiting);
        server = varlink_server_free(server);
        ck_assert_uint_eq(closed, 1);
        assert_closed(fd);
}
END_TEST

START_TEST(half_closed_client_gets_its_answers)
{
        int fd = client();

        send_text(fd, "{\"method\":\"t.Test.Echo\"}");
        send_text(fd, "{\"method\":\"t.Test.Wait\"}");
        send_text(fd, "{\"method\":\"t.Test.Echo\"}");
        ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
        RUN_UNTIL(waiting);
        assert_reply(fd, "{\"parameters\":{}}");
        ck_assert_int_eq(varlink_conn_error(waiting, "t.Test.Bad", NULL), 0);
        assert_reply(fd, "{\"error\":\"t.Test.Bad\",\"parameters\":{}}");
        assert_reply(fd, "{\"parameters\":{}}");
        assert_closed(fd);
}
END_TEST

START_TEST(half_message_and_end)
{
        int fd = client();

        ck_assert_int_eq(send(fd, "{\"method\"", 9, MSG_NOSIGNAL), 9);
        ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
        assert_closed(fd);
}
END_TEST

START_TEST(deaf_follower_is_closed)
{
        int fd = client(), r = 0;
        char fill[65536];
        json_t *j;

        memset(fill, 'x', sizeof(fill));
        j = json_pack("{s:s%}", "x", fill, sizeof(fill));
        send_text(fd, "{\"method\":\"t.Test.Wait\",\"more\":true}");
        RUN_UNTIL(waiting);
        for (size_t i = 0; i < 2 * VARLINK_REPLY_MAX / sizeof(fill) && r == 0; i++)
                r = varlink_conn_reply(waiting, j, true);
        ck_assert_int_eq(r, -ENOBUFS);
        /* Still valid: only the loop ends it. */
        ck_assert_uint_eq(closed, 0);
        ck_assert_int_eq(varlink_conn_reply(waiting, j, true), -ECONNRESET);
        RUN_UNTIL(closed == 1);
        ck_assert_uint_eq(varlink_server_n_clients(server), 0);
        json_decref(j);
        close(fd);
}
END_TEST

START_TEST(deaf_follower_is_closed_in_time)
{
        char fill[65536];
        const int some = 16; /* far below the limit, and more than a socket takes */
        json_t *j;
        int fd;

        memset(fill, 'x', sizeof(fill));
        j = json_pack("{s:s%}", "x", fill, sizeof(fill));
        varlink_server_set_idle(server, 20000);
        fd = client();
        send_text(fd, "{\"method\":\"t.Test.Wait\",\"more\":true}");
        RUN_UNTIL(waiting);
        for (int i = 0; i < some; i++)
                ck_assert_int_eq(varlink_conn_reply(waiting, j, true), 0);
        RUN_UNTIL(closed == 1);
        ck_assert_uint_eq(varlink_server_n_clients(server), 0);
        json_decref(j);
        close(fd);
}
END_TEST

START_TEST(silent_client_is_closed)
{
        int fd;

        varlink_server_set_idle(server, 20000);
        fd = client();
        if (_i == 1) { /* bytes that never become a call do not count */
                ck_assert_int_eq(send(fd, "{", 1, MSG_NOSIGNAL), 1);
        }
        if (_i == 2) {
                send_text(fd, "{\"method\":\"t.Test.Echo\"}");
                assert_reply(fd, "{\"parameters\":{}}");
        }
        assert_closed(fd);
}
END_TEST

START_TEST(follower_may_be_silent)
{
        int fd, probe;

        varlink_server_set_idle(server, 20000);
        fd = client();
        send_text(fd, "{\"method\":\"t.Test.Wait\",\"more\":true}");
        RUN_UNTIL(waiting);
        assert_reply(fd, "{\"parameters\":{},\"continues\":true}");
        /* Three that are idle come and go in the meantime. */
        for (int i = 0; i < 3; i++) {
                probe = client();
                assert_closed(probe);
        }
        ck_assert_ptr_nonnull(waiting);
        ck_assert_int_eq(varlink_conn_reply(waiting, NULL, false), 0);
        assert_reply(fd, "{\"parameters\":{}}");
        assert_closed(fd);
}
END_TEST

START_TEST(clients_of_one_user_are_limited)
{
        int fds[VARLINK_CLIENTS_PER_UID_MAX], fd;

        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                fds[i] = client();
        RUN_UNTIL(varlink_server_n_clients(server) == ELEMENTSOF(fds));
        fd = client();
        assert_closed(fd);
        send_text(fds[0], "{\"method\":\"t.Test.Echo\"}");
        assert_reply(fds[0], "{\"parameters\":{}}");
        close(fds[1]);
        RUN_UNTIL(varlink_server_n_clients(server) == ELEMENTSOF(fds) - 1);
        fd = client();
        send_text(fd, "{\"method\":\"t.Test.Echo\"}");
        assert_reply(fd, "{\"parameters\":{}}");
        close(fd);
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                if (i != 1)
                        close(fds[i]);
        RUN_UNTIL(varlink_server_n_clients(server) == 0);
}
END_TEST

START_TEST(peer_is_known)
{
        uint32_t uid, pid;
        int fd = client();

        send_text(fd, "{\"method\":\"t.Test.Wait\"}");
        RUN_UNTIL(waiting);
        varlink_conn_peer(waiting, &uid, &pid);
        ck_assert_uint_eq(uid, getuid());
        ck_assert_uint_eq(pid, (uint32_t)getpid());
        close(fd);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("server");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, conversation, 0, ELEMENTSOF(conversations));
        tcase_add_loop_test(t, garbage_closes, 0, ELEMENTSOF(closes));
        tcase_add_test(t, endless_message_closes);
        tcase_add_test(t, byte_by_byte);
        tcase_add_test(t, pipelined_calls);
        tcase_add_test(t, oneway_calls);
        tcase_add_test(t, unread_answers_make_calls_wait);
        tcase_add_test(t, late_answer);
        tcase_add_loop_test(t, client_leaves_while_waiting, 0, 2);
        tcase_add_test(t, server_ends_while_waiting);
        tcase_add_test(t, half_closed_client_gets_its_answers);
        tcase_add_test(t, half_message_and_end);
        tcase_add_test(t, deaf_follower_is_closed);
        tcase_add_test(t, deaf_follower_is_closed_in_time);
        tcase_add_loop_test(t, silent_client_is_closed, 0, 3);
        tcase_add_test(t, follower_may_be_silent);
        tcase_add_test(t, clients_of_one_user_are_limited);
        tcase_add_test(t, peer_is_known);
        suite_add_tcase(s, t);
}

TEST_MAIN("varlink-server", build)
