/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "stalls/ledger.h"

static void ledger_donep(Ledger *l)
{
        ledger_done(l);
}
#define _cleanup_ledger_ _cleanup_(ledger_donep)

static const Lost one = { .compactions = 1, .compact_nsec = 1000, .longest_nsec = 1000 };

START_TEST(by_name_and_time)
{
        _cleanup_ledger_ Ledger l;
        LedgerSum sums[LEDGER_NAMES_MAX];

        ck_assert_int_eq(ledger_init(&l, 50), 0);
        ck_assert_uint_eq(ledger_sum(&l, 0, USEC_INFINITY, sums), 0);
        ledger_add(&l, 100, "a", &one);
        ledger_add(&l, 100, "b", &one);
        ledger_add(&l, 100, "a", &one); /* of the same look: one entry */
        ck_assert_uint_eq(l.n, 2);
        ledger_add(&l, 200, "b", &(Lost){ 5, 9000, 2, 70, 4000 });
        ledger_add(&l, 200, "c", &(Lost){ .reclaims = 1, .reclaim_nsec = 5 });
        ledger_add(&l, 300, "d", &(Lost){ 0 });
        ck_assert_uint_eq(l.n, 4);
        ck_assert_uint_eq(ledger_sum(&l, 0, USEC_INFINITY, sums), 3);
        ck_assert_str_eq(sums[0].name, "b");
        ck_assert_uint_eq(sums[0].lost.compactions, 6);
        ck_assert_uint_eq(sums[0].lost.compact_nsec, 10000);
        ck_assert_uint_eq(sums[0].lost.reclaims, 2);
        ck_assert_uint_eq(sums[0].lost.reclaim_nsec, 70);
        ck_assert_uint_eq(sums[0].lost.longest_nsec, 4000);
        ck_assert_str_eq(sums[1].name, "a");
        ck_assert_uint_eq(sums[1].lost.compactions, 2);
        ck_assert_str_eq(sums[2].name, "c");
        ck_assert_uint_eq(ledger_sum(&l, 101, USEC_INFINITY, sums), 2);
        ck_assert_uint_eq(ledger_sum(&l, 100, 200, sums), 2);
        ck_assert_uint_eq(sums[0].lost.compactions + sums[1].lost.compactions, 3);
        ck_assert_uint_eq(ledger_sum(&l, 201, USEC_INFINITY, sums), 0);
        ck_assert_uint_eq(l.since, 50);
}
END_TEST

START_TEST(full)
{
        _cleanup_ledger_ Ledger l;
        LedgerSum sums[LEDGER_NAMES_MAX];

        ck_assert_int_eq(ledger_init(&l, 0), 0);
        for (usec_t at = 1; at <= LEDGER_ENTRIES_MAX + 10; at++)
                ledger_add(&l, at, "a", &one);
        ck_assert_uint_eq(l.n, LEDGER_ENTRIES_MAX);
        ck_assert_uint_eq(l.since, 10); /* it has all that came after */
        ck_assert_uint_eq(ledger_sum(&l, 0, USEC_INFINITY, sums), 1);
        ck_assert_uint_eq(sums[0].lost.compactions, LEDGER_ENTRIES_MAX);
}
END_TEST

START_TEST(many_names)
{
        _cleanup_ledger_ Ledger l;
        LedgerSum sums[LEDGER_NAMES_MAX];
        char name[TASK_NAME_MAX];
        uint64_t total = 0;
        size_t n;

        ck_assert_int_eq(ledger_init(&l, 0), 0);
        for (unsigned i = 0; i < 200; i++) {
                snprintf(name, sizeof(name), "p%u", i);
                ledger_add(&l, 1, name, &one);
        }
        n = ledger_sum(&l, 0, USEC_INFINITY, sums);
        ck_assert_uint_eq(n, LEDGER_NAMES_MAX);
        for (size_t i = 0; i < n; i++)
                total += sums[i].lost.compactions;
        ck_assert_uint_eq(total, 200);
        ck_assert_str_eq(sums[0].name, LEDGER_OTHERS);
        ck_assert_uint_eq(sums[0].lost.compactions, 200 - (LEDGER_NAMES_MAX - 1));
        /* Names are compared as far as the kernel keeps them. */
        ledger_add(&l, 2, "p1", &one);
        ck_assert_uint_eq(ledger_sum(&l, 2, USEC_INFINITY, sums), 1);
        ck_assert_str_eq(sums[0].name, "p1");
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("ledger");

        tcase_add_test(t, by_name_and_time);
        tcase_add_test(t, full);
        tcase_add_test(t, many_names);
        suite_add_tcase(s, t);
}

TEST_MAIN("ledger", build)
