/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "wire/taskstats.h"

START_TEST(requests)
{
        TaskstatsRequest q;

        taskstats_request_init(&q, 1234);
        ck_assert_int_eq(taskstats_request_check(&q, sizeof(q)), 0);
        ck_assert_int_eq(taskstats_request_check(&q, sizeof(q) - 1), -EBADMSG);
        ck_assert_int_eq(taskstats_request_check(&q, sizeof(q) + 1), -EBADMSG);
        for (unsigned i = 0; i < 5; i++) {
                TaskstatsRequest bad = q;

                if (i == 0)
                        bad.magic++;
                else if (i == 1)
                        bad.version++;
                else if (i == 2)
                        bad.reserved = 1;
                else
                        bad.tgid = i == 3 ? 0 : UINT32_C(1) << 22 | 1;
                ck_assert_int_eq(taskstats_request_check(&bad, sizeof(bad)), -EBADMSG);
        }
}
END_TEST

START_TEST(replies)
{
        TaskstatsRequest q;
        TaskstatsReply r;

        taskstats_request_init(&q, 1234);
        taskstats_reply_init(&r, &q, 0);
        r.size = TASKSTATS_WIRE_DATA;
        ck_assert_uint_eq(r.tgid, 1234);
        ck_assert_int_eq(taskstats_reply_check(&r, sizeof(r)), 0);
        ck_assert_int_eq(taskstats_reply_check(&r, sizeof(r) - 1), -EBADMSG);
        for (unsigned i = 0; i < 7; i++) {
                TaskstatsReply bad = r;

                switch (i) {
                case 0: bad.magic++; break;
                case 1: bad.version++; break;
                case 2: bad.reserved = 1; break;
                case 3: bad.result = 1; break;
                case 4: bad.result = -4096; break;
                case 5: bad.size++; break;
                default: bad.result = -ESRCH; /* and bytes */
                }
                ck_assert_int_eq(taskstats_reply_check(&bad, sizeof(bad)), -EBADMSG);
        }
        taskstats_reply_init(&r, &q, -ESRCH);
        ck_assert_int_eq(taskstats_reply_check(&r, sizeof(r)), 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("taskstats");

        tcase_add_test(t, requests);
        tcase_add_test(t, replies);
        suite_add_tcase(s, t);
}

TEST_MAIN("taskstats", build)
