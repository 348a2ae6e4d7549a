/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "stalls/tasks.h"

#define SINCE 1000 /* clock ticks: when fragd was started */

static void tasks_donep(Tasks *t)
{
        tasks_done(t);
}
#define _cleanup_tasks_ _cleanup_(tasks_donep)

static Taskstats told(uint64_t compactions, bool accounted)
{
        return (Taskstats){ .version = 17, .compactions = compactions, .compact_nsec = compactions * 1000, .accounted = accounted };
}

/* Processes 1 to n, all of the name, all started then. */
static void populate(Tasks *t, uint32_t n, const char *name, uint64_t start)
{
        uint32_t *pids = calloc(n, sizeof(*pids));

        for (uint32_t i = 0; i < n; i++)
                pids[i] = i + 1;
        ck_assert_int_eq(tasks_list(t, pids, n), 0);
        for (uint32_t i = 0; i < n; i++)
                tasks_name(t, i + 1, name, start);
        free(pids);
}

static bool is_in(const uint32_t *pids, size_t n, uint32_t pid)
{
        for (size_t i = 0; i < n; i++)
                if (pids[i] == pid)
                        return true;
        return false;
}

START_TEST(what_is_new)
{
        _cleanup_tasks_ Tasks t;
        TaskNews n;
        Taskstats s;

        tasks_init(&t, SINCE);
        populate(&t, 2, "old", SINCE - 1);
        tasks_name(&t, 2, "young", SINCE);
        /* What was there before us had its share before: only what comes now is new. */
        s = told(100, true);
        ck_assert(tasks_told(&t, 1, &s, 1, &n));
        ck_assert_uint_eq(n.compactions, 0);
        s = told(130, true);
        ck_assert(tasks_told(&t, 1, &s, 2, &n));
        ck_assert_uint_eq(n.compactions, 30);
        ck_assert_uint_eq(n.compact_nsec, 30000);
        ck_assert_uint_eq(tasks_find(&t, 1)->compactions, 130);
        /* What was started since then lost all of it in our time. */
        ck_assert(tasks_told(&t, 2, &s, 2, &n));
        ck_assert_uint_eq(n.compactions, 130);
        ck_assert_str_eq(n.task->name, "young");
        /* The kernel's totals go to 0 where they overflow. */
        s = told(3, true);
        ck_assert(tasks_told(&t, 2, &s, 3, &n));
        ck_assert_uint_eq(n.compactions, 0);
        ck_assert(!tasks_told(&t, 3, &s, 3, &n));
}
END_TEST

START_TEST(another_process_of_that_pid)
{
        _cleanup_tasks_ Tasks t;
        TaskNews n;
        Taskstats s = told(50, true);

        tasks_init(&t, SINCE);
        populate(&t, 1, "one", SINCE + 1);
        ck_assert(tasks_told(&t, 1, &s, 1, &n));
        ck_assert_uint_eq(n.compactions, 50);
        tasks_name(&t, 1, "same", SINCE + 1); /* a program was started in it */
        ck_assert_uint_eq(tasks_find(&t, 1)->compactions, 50);
        ck_assert_str_eq(tasks_find(&t, 1)->name, "same");
        tasks_name(&t, 1, "other", SINCE + 2);
        ck_assert_uint_eq(tasks_find(&t, 1)->compactions, UNKNOWN_U64);
        s = told(4, true);
        ck_assert(tasks_told(&t, 1, &s, 2, &n));
        ck_assert_uint_eq(n.compactions, 4);
}
END_TEST

START_TEST(list)
{
        static const uint32_t first[] = { 1, 5, 9 }, second[] = { 2, 5, 10 };
        _cleanup_tasks_ Tasks t;
        Taskstats s = told(1, true);
        uint32_t pids[8];
        TaskNews n;

        tasks_init(&t, SINCE);
        ck_assert_int_eq(tasks_list(&t, first, 3), 0);
        ck_assert_uint_eq(tasks_unnamed(&t, pids, 8), 3);
        ck_assert_uint_eq(tasks_unnamed(&t, pids, 2), 2);
        tasks_name(&t, 5, "five", SINCE + 5);
        ck_assert(tasks_told(&t, 5, &s, 1, &n));
        ck_assert_uint_eq(tasks_choose(&t, 2, pids, 8), 1); /* nobody is asked about who has no name */
        ck_assert_int_eq(tasks_list(&t, second, 3), 0);
        ck_assert_ptr_null(tasks_find(&t, 1));
        ck_assert_uint_eq(tasks_find(&t, 5)->compactions, 1);
        ck_assert_uint_eq(tasks_unnamed(&t, pids, 8), 2);
        ck_assert(pids[0] == 2 && pids[1] == 10);
        ck_assert_int_eq(tasks_list(&t, NULL, 0), 0);
        ck_assert_uint_eq(t.n, 0);
        ck_assert_uint_eq(tasks_choose(&t, 2, pids, 8), 0);
}
END_TEST

/* Never more than asked for, each gets its turn, and those that matter are asked about each time. */
START_TEST(turns)
{
        static const char *const watched[] = { "postgres", "a-name-longer-than-the-kernel-keeps" };
        bool asked[401] = { false };
        _cleanup_tasks_ Tasks t;
        uint32_t pids[64];

        tasks_init(&t, SINCE);
        tasks_watch(&t, watched, 2);
        populate(&t, 400, "crowd", SINCE - 1);
        for (uint32_t i = 100; i < 110; i++)
                tasks_name(&t, i, "postgres", SINCE - 1);
        tasks_name(&t, 200, "a-name-longer-t", SINCE - 1);
        tasks_name(&t, 77, "crowd", SINCE + 1);
        ck_assert_int_eq(tasks_find(&t, 200)->watch, 1);
        for (usec_t look = 1; look <= 30; look++) {
                size_t n = tasks_choose(&t, look * USEC_PER_SEC, pids, 32);

                ck_assert_uint_eq(n, 32);
                for (uint32_t pid = 100; pid < 110; pid++)
                        ck_assert(is_in(pids, n, pid));
                ck_assert(is_in(pids, n, 200));
                ck_assert(is_in(pids, n, 77) || !asked[77]); /* it waits all the time */
                for (size_t i = 0; i < n; i++) {
                        Taskstats s = told(pids[i] == 77 ? look * 10 : 0, true);
                        TaskNews news;

                        ck_assert(tasks_told(&t, pids[i], &s, look * USEC_PER_SEC, &news));
                        asked[pids[i]] = true;
                }
        }
        for (uint32_t pid = 1; pid <= 400; pid++)
                ck_assert_msg(asked[pid], "process %u was never asked about", pid);
}
END_TEST

/* More that matter than questions: they take turns, and a quarter is for the others. */
START_TEST(turns_of_many)
{
        static const char *const watched[] = { "postgres" };
        bool asked[1001] = { false };
        _cleanup_tasks_ Tasks t;
        uint32_t pids[64];
        size_t others = 0;

        tasks_init(&t, SINCE);
        tasks_watch(&t, watched, 1);
        populate(&t, 1000, "postgres", SINCE - 1);
        tasks_name(&t, 1000, "other", SINCE - 1);
        for (usec_t look = 1; look <= 40; look++) {
                size_t n = tasks_choose(&t, look, pids, 32);

                ck_assert_uint_eq(n, 32);
                for (size_t i = 0; i < n; i++) {
                        Taskstats s = told(0, true);
                        TaskNews news;

                        ck_assert(tasks_told(&t, pids[i], &s, look, &news));
                        asked[pids[i]] = true;
                        others += pids[i] == 1000;
                }
        }
        for (uint32_t pid = 1; pid <= 1000; pid++)
                ck_assert_msg(asked[pid], "process %u was never asked about", pid);
        ck_assert_uint_ge(others, 1);
}
END_TEST

START_TEST(who_is_counted)
{
        _cleanup_tasks_ Tasks t;
        Taskstats nothing = told(0, false), something = told(0, true);
        TaskNews n;

        tasks_init(&t, SINCE);
        populate(&t, 3, "p", 500);
        tasks_accounting(&t, true, false, 2000); /* found on: since when, nobody knows */
        ck_assert(tasks_told(&t, 1, &nothing, 1, &n));
        ck_assert_int_eq(n.task->counted, COUNTED_UNKNOWN);
        ck_assert(tasks_told(&t, 2, &something, 1, &n));
        ck_assert_int_eq(n.task->counted, COUNTED_YES);
        tasks_name(&t, 3, "p", 2000);
        ck_assert(tasks_told(&t, 3, &nothing, 1, &n));
        ck_assert_int_eq(n.task->counted, COUNTED_YES);
        tasks_accounting(&t, false, false, 3000);
        tasks_accounting(&t, true, false, 4000);
        ck_assert(tasks_told(&t, 1, &nothing, 1, &n));
        ck_assert_int_eq(n.task->counted, COUNTED_NO);
        tasks_name(&t, 3, "p", 3500);
        ck_assert(tasks_told(&t, 3, &nothing, 1, &n)); /* between two looks: who knows */
        ck_assert_int_eq(n.task->counted, COUNTED_UNKNOWN);
        tasks_accounting(&t, false, false, 5000);
        tasks_accounting(&t, true, true, 6000); /* a boot parameter */
        ck_assert(tasks_told(&t, 1, &nothing, 1, &n));
        ck_assert_int_eq(n.task->counted, COUNTED_YES);
        ck_assert_str_eq(counted_name(COUNTED_NO), "no");
}
END_TEST

START_TEST(too_many)
{
        _cleanup_tasks_ Tasks t;

        tasks_init(&t, SINCE);
        populate(&t, TASKS_MAX + 10, "many", SINCE);
        ck_assert_uint_eq(t.n, TASKS_MAX);
        ck_assert_uint_eq(t.dropped, 10);
        ck_assert_ptr_null(tasks_find(&t, TASKS_MAX + 1));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("tasks");

        tcase_add_test(t, what_is_new);
        tcase_add_test(t, another_process_of_that_pid);
        tcase_add_test(t, list);
        tcase_add_test(t, turns);
        tcase_add_test(t, turns_of_many);
        tcase_add_test(t, who_is_counted);
        tcase_add_test(t, too_many);
        suite_add_tcase(s, t);
}

TEST_MAIN("tasks", build)
