/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "trace/random-model.h"
#include "trace/trace.h"

START_TEST(test_round_trip_of_random)
{
        Random r = { .state = (uint64_t)_i + 1000 };

        for (unsigned i = 0; i < 200; i++) {
                _cleanup_(model_done) Model m = MODEL_INIT, back = MODEL_INIT;
                const char *expected = NULL;
                json_t *j, *again;
                char *text;

                random_model(&r, &m);
                j = model_to_json(&m);
                ck_assert_ptr_nonnull(j);
                text = json_dumps(j, JSON_COMPACT);
                again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
                ck_assert_msg(model_from_json(again, &back, &expected) == 0, "%s: expected %s",
                        text, expected);
                assert_models_equal(&m, &back);
                json_decref(j);
                json_decref(again);
                free(text);
        }
}
END_TEST

/* A decoded model replaces what was there, and can be updated and copied like any other. */
START_TEST(test_replaces)
{
        _cleanup_(model_done) Model m = MODEL_INIT, back = MODEL_INIT, copy = MODEL_INIT;
        ModelSources none = { .page_size = 4096 };
        Random r = { .state = 5 };
        const char *expected;
        json_t *j;

        random_model(&r, &m);
        random_model(&r, &back);
        j = model_to_json(&m);
        ck_assert_int_eq(model_from_json(j, &back, &expected), 0);
        assert_models_equal(&m, &back);
        ck_assert_int_eq(model_copy(&copy, &back), 0);
        assert_models_equal(&m, &copy);
        ck_assert_int_eq(model_update(&back, &none), 0);
        ck_assert_uint_eq(back.n_nodes, 0);
        json_decref(j);
}
END_TEST

#define TOP                                                                                        \
        "\"page_size\":4096,\"n_orders\":2,\"pageblock_order\":9,\"huge_order\":1,\"wmark_rule\":" \
        "\"capped\""
#define NODE(id, zones)                                                                            \
        "{\"node\":" id ",\"free_pages\":0,\"score_known\":false,\"zones\":[" zones "]}"
#define ZONE_HEAD                "\"zone\":\"Normal\",\"free_pages\":0,\"score\":0"
#define MODEL(have, nodes, more) "{\"have\":[" have "],\"nodes\":[" nodes "]," TOP more "}"

static const struct {
        const char *text, *expected;
} refused[] = {
        { "[]", "an object" },
        { "{}", "page_size" },
        { "{" TOP "}", "nodes" },
        { "{" TOP ",\"nodes\":[]}", "have" },
        { "{" TOP ",\"nodes\":{},\"have\":[]}", "nodes" },
        { MODEL("", "", ",\"colour\":1"), "other members" },
        { MODEL("", "1", ""), "zones" },
        { MODEL("\"tea leaves\"", "", ""), "have" },
        { MODEL("1", "", ""), "have" },
        { MODEL("\"buddyinfo\",\"buddyinfo\"", "", ""), "have" },
        { MODEL("\"vmstat\"", "", ""), "an object" },                /* listed, and not there */
        { MODEL("", "", ",\"vmstat\":{}"), "`have` does not list" }, /* there, and not listed */
        { MODEL("\"vmstat\"", "", ",\"vmstat\":{\"nr_fairies\":1}"), "other members" },
        { MODEL("\"vmstat\"", "", ",\"vmstat\":{\"oom_kill\":-1}"), "oom_kill" },
        { MODEL("\"meminfo\"", "", ",\"meminfo\":[]"), "an object" },
        { MODEL("\"psi-cpu\"", "", ",\"psi_cpu\":{}"), "an object" },
        { MODEL("\"psi-cpu\"", "", ",\"psi_cpu\":{\"some\":{}}"), "avg10" },
        { MODEL("\"knobs\"", "", ",\"knobs\":{\"vm.swappiness\":60}"), "known knobs" },
        { MODEL("\"knobs\"", "", ",\"knobs\":{\"vm.defrag_mode\":-1}"), "from 0" },
        { MODEL("\"knobs\"", "", ",\"knobs\":[]"), "known knobs" },
        { MODEL("\"fallbacks\"", "", ""), "an object" },
        { MODEL("\"fallbacks\"", "", ",\"fallbacks\":{\"unmovable\":1}"), "member movable" },
        { MODEL("\"fallbacks\"", "", ",\"fallbacks\":{\"unmovable\":1,\"movable\":-2}"), "movable" },
        { MODEL("\"fallbacks\"", "", ",\"fallbacks\":{\"unmovable\":1,\"movable\":2,\"steps\":\"many\"}"), "steps" },
        { MODEL("", NODE("1", "") "," NODE("1", ""), ""), "ascending" },
        { MODEL("", NODE("1", "") "," NODE("0", ""), ""), "ascending" },
        { MODEL("", NODE("-1", ""), ""), "member node" },
        { MODEL("", NODE("0", "{" ZONE_HEAD "}"), ""), "member free" },
        { MODEL("", NODE("0", "{" ZONE_HEAD ",\"free\":[1]}"), ""), "n_orders" },
        { MODEL("", NODE("0", "{" ZONE_HEAD ",\"free\":[1,-2]}"), ""), "from 0" },
        { MODEL("", NODE("0", "{" ZONE_HEAD ",\"free\":[1,2],\"blocks\":[1]}"), ""),
                "migrate type" },
        { MODEL("", NODE("0", "{" ZONE_HEAD ",\"free\":[1,2],\"colour\":1}"), ""),
                "zone without other" },
        { MODEL("", NODE("0", "{\"zone\":\"A zone of sixteen\",\"free\":[1,2]}"), ""),
                "member zone" },
        { "{\"have\":[],\"nodes\":[],\"page_size\":4095,\"n_orders\":2,\"pageblock_order\":9,"
          "\"huge_order\":1,"
          "\"wmark_rule\":\"capped\"}",
                "power of two" },
        { "{\"have\":[],\"nodes\":[],\"page_size\":4096,\"n_orders\":25,\"pageblock_order\":9,"
          "\"huge_order\":1,"
          "\"wmark_rule\":\"capped\"}",
                "n_orders" },
        { "{\"have\":[],\"nodes\":[],\"page_size\":4096,\"n_orders\":9,\"pageblock_order\":9,"
          "\"huge_order\":9,"
          "\"wmark_rule\":\"capped\"}",
                "huge_order" },
        { "{\"have\":[],\"nodes\":[],\"page_size\":4096,\"n_orders\":11,\"pageblock_order\":9,"
          "\"huge_order\":9,"
          "\"wmark_rule\":\"strict\"}",
                "wmark_rule" },
};

START_TEST(test_refused)
{
        _cleanup_(model_done) Model m = MODEL_INIT;
        const char *expected = NULL;
        json_error_t error;
        json_t *j = json_loads(refused[_i].text, 0, &error);

        ck_assert_msg(j != NULL, "%s: %s", refused[_i].text, error.text);
        m.page_size = 4711;
        ck_assert_int_eq(model_from_json(j, &m, &expected), -EBADMSG);
        ck_assert_msg(strstr(expected, refused[_i].expected) != NULL, "\"%s\" does not say \"%s\"",
                expected, refused[_i].expected);
        ck_assert_uint_eq(m.page_size, 4711);
        json_decref(j);
}
END_TEST

START_TEST(test_smallest_good_ones)
{
        static const char *const good[] = { MODEL("", "", ""), MODEL("", NODE("0", ""), ""),
                MODEL("", NODE("0", "{" ZONE_HEAD ",\"free\":[1,2]}"), ""),
                MODEL("\"vmstat\",\"knobs\"", "", ",\"vmstat\":{},\"knobs\":{}") };
        _cleanup_(model_done) Model m = MODEL_INIT;
        const char *expected = NULL;
        json_t *j = json_loads(good[_i], 0, NULL);

        ck_assert_msg(model_from_json(j, &m, &expected) == 0, "%s", expected);
        ck_assert_uint_eq(m.page_size, 4096);
        ck_assert_uint_eq(m.vmstat.oom_kill, UNKNOWN_U64);
        ck_assert_uint_eq(m.thp_order, UINT8_MAX);
        json_decref(j);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("model");

        tcase_add_loop_test(t, test_round_trip_of_random, 0, 5);
        tcase_add_test(t, test_replaces);
        tcase_add_loop_test(t, test_refused, 0, ELEMENTSOF(refused));
        tcase_add_loop_test(t, test_smallest_good_ones, 0, 4);
        suite_add_tcase(s, t);
}

TEST_MAIN("trace-model", build)
