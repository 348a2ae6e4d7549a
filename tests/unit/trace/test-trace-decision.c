/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "trace/random.h"
#include "trace/trace.h"

/* Every member, with a random value it may have. */
#define MEMBERS(X)                                                                                 \
        X(number, random_number(r, 1))                                                             \
        X(at, random_number(r, 0))                                                                 \
        X(node, (uint32_t)random_number(r, NODE_ALL))                                              \
        X(objective, (int32_t)random_below(r, OBJECTIVES_MAX + 1) - 1)                             \
        X(hold, random_number(r, 0))                                                               \
        X(order, (uint8_t)random_u64(r))                                                           \
        X(verdict, (Verdict)random_below(r, _VERDICT_MAX))                                         \
        X(reason, (Reason)random_below(r, _REASON_MAX))                                            \
        X(lever, (Lever)random_below(r, _LEVER_MAX))                                               \
        X(lever_why, (LeverWhy)random_below(r, _LEVER_WHY_MAX))                                     \
        X(guard, (Guard)random_below(r, _GUARD_MAX))                                               \
        X(act, (Act)random_below(r, _ACT_MAX))                                                     \
        X(notable, random_below(r, 2))                                                             \
        X(would, random_below(r, 2))                                                               \
        X(size, random_number(r, UNKNOWN_U64))                                                     \
        X(current, random_number(r, UNKNOWN_U64))                                                  \
        X(reserve, random_number(r, UNKNOWN_U64))                                                  \
        X(refill, random_number(r, UNKNOWN_U64))                                                   \
        X(ceiling, random_number(r, UNKNOWN_U64))                                                  \
        X(free, random_number(r, UNKNOWN_U64))                                                     \
        X(slope, random_signed(r, 0))                                                              \
        X(time_left, random_number(r, USEC_INFINITY))                                              \
        X(burst, random_number(r, UNKNOWN_U64))                                                    \
        X(burst_age, random_number(r, 0))                                                          \
        X(score, (uint32_t)random_number(r, UINT32_MAX))                                           \
        X(score_low, (uint32_t)random_number(r, UINT32_MAX))                                       \
        X(score_high, (uint32_t)random_number(r, UINT32_MAX))                                      \
        X(psi_memory, (uint32_t)random_number(r, UINT32_MAX))                                      \
        X(psi_cpu, (uint32_t)random_number(r, UINT32_MAX))                                         \
        X(unmovable, (uint32_t)random_number(r, UINT32_MAX))                                       \
        X(guard_value, random_number(r, 0))                                                        \
        X(guard_limit, random_number(r, USEC_INFINITY))                                            \
        X(until, random_number(r, USEC_INFINITY))                                                  \
        X(attempts, (uint32_t)random_number(r, 0))                                                 \
        X(action, random_number(r, 0))                                                             \
        X(knob, (KnobId)random_below(r, _KNOB_MAX))                                                \
        X(old_value, random_signed(r, KNOB_VALUE_NONE))                                            \
        X(new_value, random_signed(r, KNOB_VALUE_NONE))                                            \
        X(limit_usec, random_number(r, USEC_INFINITY))                                             \
        X(error, -(int32_t)random_below(r, 134))                                                   \
        X(gain, random_signed(r, 0))                                                               \
        X(score_drop, (int32_t)random_u64(r))                                                      \
        X(cost, random_number(r, 0))                                                               \
        X(took, random_number(r, 0))                                                               \
        X(migrated, random_number(r, UNKNOWN_U64))                                                 \
        X(scanned, random_number(r, UNKNOWN_U64))                                                  \
        X(request, random_number(r, 0))                                                            \
        X(uid, (uint32_t)random_number(r, UINT32_MAX))                                             \
        X(pid, (uint32_t)random_number(r, UINT32_MAX))

/* A member that is added to Decision must be added above and to the encoder. */
#define X(m, value) sizeof(((Decision *)NULL)->m) +
_Static_assert(sizeof(Decision) - (MEMBERS(X) sizeof(((Decision *)NULL)->policy)) <= 25, "only padding may be left over");
#undef X

static void assert_equal(const Decision *a, const Decision *b)
{
#define X(m, value) ck_assert_msg(a->m == b->m, "member " #m " differs");
        MEMBERS(X)
#undef X
        ck_assert_str_eq(a->policy, b->policy);
}

/* Through text, as traces and sockets have it. */
static void assert_round_trip(const Decision *d)
{
        json_t *j = decision_to_json(d), *again;
        const char *expected = NULL;
        Decision back;
        char *text;

        ck_assert_ptr_nonnull(j);
        text = json_dumps(j, JSON_COMPACT);
        ck_assert_ptr_nonnull(text);
        again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        ck_assert_ptr_nonnull(again);
        ck_assert_msg(decision_from_json(again, &back, &expected) == 0, "%s: expected %s", text,
                expected);
        assert_equal(d, &back);
        json_decref(j);
        json_decref(again);
        free(text);
}

/* A quarter of the members set, the others as decision_init() has them; then all of them. */
START_TEST(test_round_trip_of_random)
{
        Random random = { .state = (uint64_t)_i + 1 }, *r = &random;

        for (unsigned i = 0; i < 1000; i++) {
                bool all = _i & 1;
                Decision d;

                decision_init(&d);
#define X(m, value)                                                                                \
        if (all || random_below(r, 4) == 0)                                                        \
                d.m = (value);
                MEMBERS(X)
#undef X
                if (all || random_below(r, 4) == 0)
                        snprintf(d.policy, sizeof(d.policy), "policy-%u", (unsigned)random_below(r, 1000));
                assert_round_trip(&d);
        }
}
END_TEST

START_TEST(test_round_trip_of_none)
{
        Decision d;

        decision_init(&d);
        assert_round_trip(&d);
}
END_TEST

/* Members set, and the exact text that comes of it. */
static const struct {
        Decision set;
        const char *text;
} shown[] = {
        { { .number = 12,
                  .at = 5000000,
                  .node = 0,
                  .objective = 0,
                  .order = 9,
                  .verdict = VERDICT_FRAGMENTED,
                  .reason = REASON_MISSED,
                  .lever = LEVER_WINDOW,
                  .act = ACT_SET_KNOB,
                  .notable = true,
                  .size = 2097152,
                  .current = 0,
                  .score = 91,
                  .old_value = 20,
                  .new_value = 30 },
                "{\"number\":12,\"at_usec\":5000000,\"node\":0,\"objective\":0,\"order\":9,"
                "\"verdict\":\"fragmented\",\"reason\":\"missed\",\"lever\":\"window\",\"guard\":"
                "\"none\","
                "\"act\":\"set-knob\",\"notable\":true,\"would\":false,\"size_bytes\":2097152,"
                "\"current_bytes\":0,\"slope_bytes_per_second\":0,\"score\":91,"
                "\"knob\":\"vm.compaction_proactiveness\",\"old_value\":20,\"new_value\":30}" },
        { { .number = 1,
                  .node = NODE_ALL,
                  .objective = -1,
                  .reason = REASON_PAUSED,
                  .size = UNKNOWN_U64,
                  .current = UNKNOWN_U64,
                  .score = UINT32_MAX,
                  .old_value = KNOB_VALUE_NONE,
                  .new_value = KNOB_VALUE_NONE },
                "{\"number\":1,\"at_usec\":0,\"verdict\":\"unknown\",\"reason\":\"paused\","
                "\"lever\":\"none\","
                "\"guard\":\"none\",\"act\":\"none\",\"notable\":false,\"would\":false}" },
        { { .number = 3,
                  .at = 7,
                  .node = 1,
                  .objective = -1,
                  .verdict = VERDICT_FUTILE,
                  .reason = REASON_NO_GAIN,
                  .lever = LEVER_COMPACT,
                  .notable = true,
                  .size = UNKNOWN_U64,
                  .current = UNKNOWN_U64,
                  .score = UINT32_MAX,
                  .old_value = KNOB_VALUE_NONE,
                  .new_value = KNOB_VALUE_NONE },
                "{\"number\":3,\"at_usec\":7,\"node\":1,\"verdict\":\"futile\",\"reason\":\"no-"
                "gain\","
                "\"lever\":\"compact\",\"guard\":\"none\",\"act\":\"none\",\"notable\":true,"
                "\"would\":false,"
                "\"gain_bytes\":0,\"score_drop\":0,\"cost_usec\":0,\"took_usec\":0}" },
};

START_TEST(test_text)
{
        const Decision *set = &shown[_i].set;
        Decision d;
        json_t *j;
        char *text;

        decision_init(&d);
        d.number = set->number, d.at = set->at, d.node = set->node, d.objective = set->objective;
        d.order = set->order, d.verdict = set->verdict, d.reason = set->reason,
        d.lever = set->lever;
        d.act = set->act, d.notable = set->notable, d.size = set->size, d.current = set->current;
        d.score = set->score, d.old_value = set->old_value, d.new_value = set->new_value;
        j = decision_to_json(&d);
        text = json_dumps(j, JSON_COMPACT);
        ck_assert_str_eq(text, shown[_i].text);
        free(text);
        json_decref(j);
}
END_TEST

#define HEAD                                                                                       \
        "\"number\":1,\"at_usec\":0,\"verdict\":\"met\",\"reason\":\"met\",\"lever\":\"none\","    \
        "\"guard\":\"none\",\"act\":\"none\",\"notable\":false,\"would\":false"

static const struct {
        const char *text, *expected;
} refused[] = {
        { "[]", "an object" },
        { "{}", "member number: an integer from 0" },
        { "{" HEAD ",\"colour\":1}", "no other members than the known ones" },
        { "{" HEAD ",\"node\":-1}", "member node: an integer from 0 to 2^32-1" },
        { "{" HEAD ",\"node\":4294967296}", "member node: an integer from 0 to 2^32-1" },
        { "{" HEAD ",\"node\":1.0}", "member node: an integer from 0 to 2^32-1" },
        { "{" HEAD ",\"order\":256}", "member order: an integer from 0 to 255" },
        { "{" HEAD ",\"error\":2147483648}", "member error: an integer of 32 bits" },
        { "{" HEAD ",\"size_bytes\":-1}", "member size_bytes: an integer from 0" },
        { "{" HEAD ",\"size_bytes\":null}", "member size_bytes: an integer from 0" },
        { "{" HEAD ",\"slope_bytes_per_second\":\"1\"}",
                "member slope_bytes_per_second: an integer" },
        { "{" HEAD ",\"knob\":\"vm.swappiness\"}", "member knob: one of the known names" },
        { "{" HEAD ",\"knob\":3}", "member knob: one of the known names" },
};

START_TEST(test_refused)
{
        json_t *j = json_loads(refused[_i].text, 0, NULL);
        const char *expected = NULL;
        Decision d = { .number = 4711 };

        ck_assert_ptr_nonnull(j);
        ck_assert_int_eq(decision_from_json(j, &d, &expected), -EBADMSG);
        ck_assert_str_eq(expected, refused[_i].expected);
        ck_assert_uint_eq(d.number, 4711);
        json_decref(j);
}
END_TEST

/* Each of the members that are always written is required. */
START_TEST(test_required)
{
        static const char *const required[] = { "number", "at_usec", "verdict", "reason", "lever",
                "guard", "act", "notable", "would" };
        json_t *j = json_loads("{" HEAD "}", 0, NULL);
        const char *expected = NULL;
        Decision d;

        ck_assert_int_eq(decision_from_json(j, &d, &expected), 0);
        ck_assert_uint_eq(json_object_size(j), ELEMENTSOF(required));
        ck_assert_int_eq(json_object_del(j, required[_i]), 0);
        ck_assert_int_eq(decision_from_json(j, &d, &expected), -EBADMSG);
        ck_assert_ptr_nonnull(strstr(expected, required[_i]));
        json_decref(j);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("decision");

        tcase_add_loop_test(t, test_round_trip_of_random, 0, 6);
        tcase_add_test(t, test_round_trip_of_none);
        tcase_add_loop_test(t, test_text, 0, ELEMENTSOF(shown));
        tcase_add_loop_test(t, test_refused, 0, ELEMENTSOF(refused));
        tcase_add_loop_test(t, test_required, 0, 9);
        suite_add_tcase(s, t);
}

TEST_MAIN("trace-decision", build)
