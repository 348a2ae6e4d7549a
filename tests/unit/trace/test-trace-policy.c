/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "trace/random.h"
#include "trace/trace.h"

#define MEMBERS(X)                                                                                 \
        X(act, random_below(r, 2))                                                                 \
        X(levers, (uint32_t)random_below(r, 1u << _LEVER_MAX))                                     \
        X(budget.compaction_time, random_number(r, USEC_INFINITY))                                 \
        X(budget.runs, (uint32_t)random_number(r, UINT32_MAX))                                     \
        X(budget.per, random_number(r, USEC_INFINITY))                                             \
        X(hold.psi_memory_some, (uint32_t)random_number(r, 10000))                                 \
        X(hold.psi_cpu_some, (uint32_t)random_number(r, 10000))                                    \
        X(interval.min, random_number(r, 0))                                                       \
        X(interval.max, random_number(r, USEC_INFINITY))                                           \
        X(remember, random_number(r, 0))                                                           \
        X(horizon, random_number(r, 0))                                                            \
        X(cooldown, random_number(r, 0))                                                           \
        X(settle, random_number(r, 0))                                                             \
        X(action_limit, random_number(r, 0))                                                       \
        X(backoff_min, random_number(r, 0))                                                        \
        X(backoff_max, random_number(r, USEC_INFINITY))                                            \
        X(window_max, (uint32_t)random_number(r, 99))                                              \
        X(proactiveness_min, (uint32_t)random_number(r, 0))                                        \
        X(proactiveness_max, (uint32_t)random_number(r, 80))                                       \
        X(boost_max, (uint32_t)random_number(r, 15000))                                            \
        X(scale_max, (uint32_t)random_number(r, 1000))

#define OBJECTIVE_MEMBERS(X)                                                                       \
        X(size, random_number(r, SIZE_THP))                                                        \
        X(reserve.bytes, random_number(r, 0))                                                      \
        X(reserve.permyriad, (uint32_t)random_below(r, 10001))                                     \
        X(reserve.automatic, random_below(r, 2))                                                   \
        X(at_least.bytes, random_number(r, 0))                                                     \
        X(at_least.permyriad, (uint32_t)random_below(r, 10001))                                    \
        X(at_most.bytes, random_number(r, 0))                                                      \
        X(at_most.permyriad, (uint32_t)random_below(r, 10001))                                     \
        X(at_start.bytes, random_number(r, 0))                                                     \
        X(at_start.permyriad, (uint32_t)random_below(r, 10001))                                    \
        X(refill.bytes, random_number(r, 0))                                                       \
        X(refill.permyriad, (uint32_t)random_below(r, 10001))                                      \
        X(use, (Use)random_below(r, _USE_MAX))                                                     \
        X(node, (uint32_t)random_number(r, NODE_EVERY))

/* A member that is added to the structs must be added above and to the encoder. */
#define X(m, value) sizeof(((Policy *)NULL)->m) +
_Static_assert(sizeof(Policy) - (MEMBERS(X) sizeof(((Policy *)NULL)->name) +
                                        sizeof(((Policy *)NULL)->description) +
                                        sizeof(((Policy *)NULL)->objectives) + sizeof(unsigned)) <
                       24,
        "only padding may be left over");
#undef X
#define X(m, value) sizeof(((Objective *)NULL)->m) +
/* Only a reserve can be automatic: the other amounts' flags are padding here; whose it is, is the engine's. */
_Static_assert(sizeof(Objective) - (OBJECTIVE_MEMBERS(X) sizeof(((Objective *)NULL)->hold)) < 20, "only padding may be left over");
#undef X

static void random_text(Random *r, char *text, size_t size)
{
        static const char letters[] = "abc XYZ09\"\\/\t";
        size_t n = random_below(r, size - 1);

        memset(text, 0, size);
        for (size_t i = 0; i < n; i++) {
                text[i] = letters[random_below(r, sizeof(letters) - 1)];
                if (i + 1 < n && random_below(r, 16) == 0)
                        memcpy(&text[i++], "\xc3\xa9", 2);
        }
}

static void random_policy(Random *r, Policy *p)
{
        *p = (Policy){ .n_objectives = (unsigned)random_below(r, POLICY_OBJECTIVES_MAX + 1) };
        random_text(r, p->name, sizeof(p->name));
        random_text(r, p->description, sizeof(p->description));
#define X(m, value) p->m = (value);
        MEMBERS(X)
#undef X
        for (unsigned i = 0; i < p->n_objectives; i++) {
#define X(m, value) p->objectives[i].m = (value);
                OBJECTIVE_MEMBERS(X)
#undef X
        }
}

static void assert_equal(const Policy *a, const Policy *b)
{
        ck_assert_mem_eq(a->name, b->name, sizeof(a->name));
        ck_assert_mem_eq(a->description, b->description, sizeof(a->description));
        ck_assert_uint_eq(a->n_objectives, b->n_objectives);
#define X(m, value) ck_assert_msg(a->m == b->m, "member " #m " differs");
        MEMBERS(X)
#undef X
        for (unsigned i = 0; i < a->n_objectives; i++) {
#define X(m, value)                                                                                \
        ck_assert_msg(a->objectives[i].m == b->objectives[i].m, "member " #m " differs");
                OBJECTIVE_MEMBERS(X)
#undef X
        }
}

static void assert_round_trip(const Policy *p)
{
        json_t *j = policy_to_json(p), *again;
        const char *expected = NULL;
        Policy back;
        char *text;

        ck_assert_ptr_nonnull(j);
        text = json_dumps(j, JSON_COMPACT);
        again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        ck_assert_ptr_nonnull(again);
        ck_assert_msg(
                policy_from_json(again, &back, &expected) == 0, "%s: expected %s", text, expected);
        assert_equal(p, &back);
        json_decref(j);
        json_decref(again);
        free(text);
}

START_TEST(test_round_trip_of_random)
{
        Random r = { .state = (uint64_t)_i + 100 };

        for (unsigned i = 0; i < 500; i++) {
                Policy p;

                random_policy(&r, &p);
                assert_round_trip(&p);
        }
}
END_TEST

START_TEST(test_round_trip_of_defaults)
{
        Policy p;

        policy_init(&p, "balanced");
        assert_round_trip(&p);
}
END_TEST

/* One thing wrong in an otherwise good policy: replaces the member (a path of up to two names) by
 * the JSON text, or adds it. */
static const struct {
        const char *section, *member, *text, *expected;
} refused[] = {
        { NULL, "colour", "1", "other members" },
        { NULL, "objectives", "{}", "objectives" },
        { NULL, "objectives", "[1]", "an object" },
        { NULL, "objectives", "[{}]", "member use" },
        { NULL, "objectives", "[{\"use\":\"nobody\"}]", "member use" },
        { NULL, "objectives", "[{\"use\":\"user\",\"size\":\"thp\"}]", "other members" },
        { NULL, "objectives", "[{\"use\":\"user\",\"size_bytes\":\"2M\"}]", "size_bytes" },
        { NULL, "objectives", "[{},{},{},{},{},{},{},{},{}]", "at most 8" },
        { NULL, "levers", "\"window\"", "levers" },
        { NULL, "levers", "[\"crowbar\"]", "known names" },
        { NULL, "levers", "[\"window\",\"window\"]", "each once" },
        { NULL, "levers", "[1]", "known names" },
        { NULL, "budget", "null", "an object" },
        { "budget", "runs", "-1", "member runs" },
        { "budget", "minutes", "1", "other members" },
        { "hold", "psi_cpu_some_permyriad", "\"80%\"", "psi_cpu_some_permyriad" },
        { "interval", "min_usec", "1.5", "min_usec" },
        { NULL, "act", "1", "member act" },
        { NULL, "name", "\"a name that is much too long for the room there\"", "member name" },
        { NULL, "horizon_usec", "-1", "horizon_usec" },
};

START_TEST(test_refused)
{
        const char *expected = NULL;
        json_t *j, *value;
        Policy p, back = { .n_objectives = 4711 };

        policy_init(&p, "balanced");
        j = policy_to_json(&p);
        value = json_loads(refused[_i].text, JSON_DECODE_ANY, NULL);
        ck_assert_ptr_nonnull(value);
        ck_assert_int_eq(json_object_set_new(
                                 refused[_i].section ? json_object_get(j, refused[_i].section) : j,
                                 refused[_i].member, value),
                0);
        ck_assert_int_eq(policy_from_json(j, &back, &expected), -EBADMSG);
        ck_assert_msg(strstr(expected, refused[_i].expected) != NULL, "\"%s\" does not say \"%s\"",
                expected, refused[_i].expected);
        ck_assert_uint_eq(back.n_objectives, 4711);
        json_decref(j);
}
END_TEST

/* Every member of the top is required. */
START_TEST(test_required)
{
        const char *expected = NULL, *name;
        void *next;
        Policy p;
        json_t *j, *value;

        policy_init(&p, "balanced");
        j = policy_to_json(&p);
        ck_assert_uint_eq(json_object_size(j), 20);
        json_object_foreach_safe(j, next, name, value)
        {
                json_t *less = json_copy(j);

                ck_assert_int_eq(json_object_del(less, name), 0);
                ck_assert_int_eq(policy_from_json(less, &p, &expected), -EBADMSG);
                json_decref(less);
        }
        json_decref(j);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("policy");

        tcase_add_loop_test(t, test_round_trip_of_random, 0, 4);
        tcase_add_test(t, test_round_trip_of_defaults);
        tcase_add_loop_test(t, test_refused, 0, ELEMENTSOF(refused));
        tcase_add_test(t, test_required);
        suite_add_tcase(s, t);
}

TEST_MAIN("trace-policy", build)
