/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the property runs look for is found: made-up decisions that break each rule, and some that keep it. */
#include <unistd.h>

#include "base/macros.h"
#include "known.h"
#include "test.h"
#include "watch.h"

static Watch w;
static Scenario s;
static Host host;

static void setup(void)
{
        s = (Scenario){ .host = { .n_nodes = 1, .tick = 250 * USEC_PER_MSEC } };
        policy_init(&s.policy, "test");
        s.policy.budget.compaction_time = 10 * USEC_PER_SEC;
        s.policy.budget.runs = 5;
        s.policy.budget.per = 10 * USEC_PER_MIN;
        host = (Host){ .spec = &s.host };
        watch_init(&w, &s, false);
        watch_ticked(&w, &host);
}

/* A window that takes a second, and so much CPU time of kcompactd. */
static void run(usec_t at, usec_t cpu, Reason result)
{
        static uint64_t action;
        Decision d;

        decision_init(&d);
        d.at = at;
        d.node = 0;
        d.action = ++action;
        d.lever = LEVER_WINDOW;
        d.act = ACT_SET_KNOB;
        d.reason = REASON_MISSED;
        watch_seen(&w, &d);
        host.node[0].kernel.stats.kcompactd_nsec += cpu * 1000;
        host.now = at + USEC_PER_SEC;
        watch_ticked(&w, &host);
        d.at = host.now;
        d.act = ACT_RESTORE_KNOB;
        d.reason = REASON_REFILLED;
        watch_seen(&w, &d);
        d.act = ACT_NONE;
        d.reason = result;
        watch_seen(&w, &d);
}

static const struct {
        usec_t distance, cpu; /* between runs; of each */
        unsigned n;
        Reason result;
        Property broken;
        uint32_t more; /* pages free at each but the first; 1000 at that */
} rows[] = {
        { 60 * USEC_PER_SEC, USEC_PER_SEC, 5, REASON_GAINED, _PROPERTY_MAX, 0 },
        { 60 * USEC_PER_SEC, USEC_PER_SEC, 6, REASON_GAINED, PROPERTY_BUDGET, 0 },
        { 150 * USEC_PER_SEC, USEC_PER_SEC, 20, REASON_GAINED, _PROPERTY_MAX, 0 },
        /* Each 3 s: with the fourth it is 12 s and the slack of 1.5 s is over. */
        { 60 * USEC_PER_SEC, 3 * USEC_PER_SEC, 3, REASON_GAINED, _PROPERTY_MAX, 0 },
        { 60 * USEC_PER_SEC, 3 * USEC_PER_SEC, 4, REASON_GAINED, PROPERTY_BUDGET, 0 },
        { 11 * USEC_PER_SEC, 1000, 2, REASON_GAINED, _PROPERTY_MAX, 0 },
        { 10 * USEC_PER_SEC, 1000, 2, REASON_GAINED, PROPERTY_COOLDOWN, 0 },
        { 10 * USEC_PER_SEC, 1000, 2, REASON_GAINED, PROPERTY_COOLDOWN, 249 },
        { 10 * USEC_PER_SEC, 1000, 2, REASON_GAINED, _PROPERTY_MAX, 250 },
        { 10 * USEC_PER_SEC, 1000, 3, REASON_GAINED, PROPERTY_COOLDOWN, 250 },
        { 100 * USEC_PER_SEC, 1000, VAIN_MAX, REASON_NO_GAIN, _PROPERTY_MAX, 0 },
        { 100 * USEC_PER_SEC, 1000, VAIN_MAX + 1, REASON_NO_GAIN, PROPERTY_OSCILLATION, 0 },
};

START_TEST(runs)
{
        for (unsigned i = 0; i < rows[_i].n; i++) {
                host.node[0].kernel.buddy.free_pages = 1000 + (i ? rows[_i].more : 0);
                run((i + 1) * rows[_i].distance, rows[_i].cpu, rows[_i].result);
        }
        watch_finish(&w);
        ck_assert_msg(w.broken == rows[_i].broken, "%s", w.detail);
}
END_TEST

static void stand(usec_t at, Reason reason)
{
        Decision d;

        decision_init(&d);
        d.at = at;
        d.act = ACT_SET_KNOB;
        d.reason = reason;
        watch_seen(&w, &d);
}

START_TEST(standing_values_turn)
{
        for (unsigned i = 0; i < TURNS_MAX; i++)
                stand(i * USEC_PER_MIN, i % 2 ? REASON_KNOB_RESTORED : REASON_KNOB_LOWERED);
        watch_finish(&w);
        ck_assert_int_eq(w.broken, _PROPERTY_MAX);
        stand(TURNS_MAX * USEC_PER_MIN, REASON_KNOB_LOWERED);
        ck_assert_int_eq(w.broken, PROPERTY_OSCILLATION);
}
END_TEST

START_TEST(a_write_too_many)
{
        Decision d;

        run(20 * USEC_PER_SEC, 1000, REASON_GAINED);
        decision_init(&d);
        d.at = 40 * USEC_PER_SEC;
        d.act = ACT_RESTORE_KNOB;
        d.reason = REASON_CANCELLED;
        watch_seen(&w, &d);
        watch_finish(&w);
        ck_assert_int_eq(w.broken, PROPERTY_OSCILLATION);
}
END_TEST

START_TEST(no_rest_though_nothing_changes)
{
        s.policy.budget.runs = 100;
        s.host.workload.frozen = 30 * USEC_PER_SEC;
        for (unsigned i = 0; i < REST_MAX; i++)
                run((i + 1) * USEC_PER_MIN, 1000, REASON_GAINED);
        watch_finish(&w);
        ck_assert_int_eq(w.broken, _PROPERTY_MAX);
        run((REST_MAX + 1) * USEC_PER_MIN, 1000, REASON_GAINED);
        watch_finish(&w);
        ck_assert_int_eq(w.broken, PROPERTY_OSCILLATION);
}
END_TEST

static int read_known(const char *text, Known *k, unsigned *ret_line)
{
        char path[] = "/tmp/fragd-test-known-XXXXXX";
        int fd = mkstemp(path), r;

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        safe_close(fd);
        r = known_read(k, path, ret_line);
        unlink(path);
        return r;
}

START_TEST(known_scenarios_are_read)
{
        Known k;
        unsigned line;

        ck_assert_int_eq(read_known("# why\n7 it is so\n\n12 another\n", &k, &line), 0);
        ck_assert_uint_eq(k.n, 2);
        ck_assert_str_eq(known_reason(&k, 7), "it is so");
        ck_assert_ptr_null(known_reason(&k, 8));
        ck_assert_int_eq(read_known("7 fine\n8\n", &k, &line), -EBADMSG);
        ck_assert_uint_eq(line, 2);
        ck_assert_int_eq(read_known("seven no number\n", &k, &line), -EBADMSG);
        ck_assert_int_eq(known_read(&k, "/proc/self/none", &line), -ENOENT);
}
END_TEST

static void build(Suite *suite)
{
        TCase *t = tcase_create("watch");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_loop_test(t, runs, 0, ELEMENTSOF(rows));
        tcase_add_test(t, standing_values_turn);
        tcase_add_test(t, a_write_too_many);
        tcase_add_test(t, no_rest_though_nothing_changes);
        tcase_add_test(t, known_scenarios_are_read);
        suite_add_tcase(suite, t);
}

TEST_MAIN("watch", build)
