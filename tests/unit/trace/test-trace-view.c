/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is shown, against the interface file itself, on recorded machines and made-up models. */
#include "test.h"

#include "model/allocatable.h"
#include "parse/buddyinfo.h"
#include "parse/zoneinfo.h"
#include "trace/random-model.h"
#include "trace/trace.h"
#include "trace/varlink-type.h"

static char *interface_read(void)
{
        size_t size;

        return fixture_read("../../api/io.fragd.Monitor.varlink", &size);
}

#define ck_assert_is(interface, type, v, partial)                                                  \
        do {                                                                                       \
                char _why[512];                                                                    \
                ck_assert_msg(varlink_is(interface, type, v, partial, _why, sizeof(_why)),         \
                        "not of type %s: %s", type, _why);                                         \
        } while (0)

static const char *const roots[] = { "5.4-before", "5.4-after", "5.10-before", "5.10-after",
        "6.1-before", "6.1-after", "6.8-before", "6.8-after", "6.12-before", "6.12-after",
        "6.18-vm", "7.3-before", "7.3-after" };

static void model_of_root(const char *root, Model *m)
{
        _cleanup_(buddyinfo_done) Buddyinfo b = BUDDYINFO_INIT;
        _cleanup_(zoneinfo_done) Zoneinfo z = ZONEINFO_INIT;
        _cleanup_free_ char *buddy = NULL, *zone = NULL;
        ModelSources s = {
                .buddyinfo = &b, .zoneinfo = &z, .page_size = 4096, .thp_size = 2097152
        };
        ParseError e = { 0 };
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "roots/%s/proc/buddyinfo", root);
        buddy = fixture_read(path, &size);
        ck_assert_int_eq(buddyinfo_parse(&b, buddy, size, &e), 0);
        snprintf(path, sizeof(path), "roots/%s/proc/zoneinfo", root);
        zone = fixture_read(path, &size);
        ck_assert_int_eq(zoneinfo_parse(&z, zone, size, &e), 0);
        ck_assert_int_eq(model_update(m, &s), 0);
}

static json_int_t number(const json_t *j, const char *name)
{
        ck_assert_msg(json_is_integer(json_object_get(j, name)), "%s is not an integer", name);
        return json_integer_value(json_object_get(j, name));
}

START_TEST(test_nodes_of_root)
{
        _cleanup_free_ char *interface = interface_read();
        _cleanup_(model_done) Model m = MODEL_INIT;
        json_t *nodes, *node, *zone, *order;
        size_t i, k;

        model_of_root(roots[_i], &m);
        nodes = model_nodes_to_json(&m, NODE_ALL, -1);
        ck_assert_is(interface, "[]Node", nodes, false);
        ck_assert_uint_eq(json_array_size(nodes), 1);
        node = json_array_get(nodes, 0);
        ck_assert_int_eq(number(node, "score"), m.nodes[0].score);
        ck_assert_int_eq(number(node, "free_bytes"), (json_int_t)m.nodes[0].free_pages * 4096);
        ck_assert_uint_eq(json_array_size(json_object_get(node, "zones")), m.n_zones);
        json_array_foreach(json_object_get(node, "zones"), i, zone)
        {
                ck_assert_str_eq(json_string_value(json_object_get(zone, "zone")), m.zones[i].name);
                ck_assert_int_eq(number(zone, "low_bytes"), (json_int_t)m.zones[i].low * 4096);
                ck_assert_uint_eq(json_array_size(json_object_get(zone, "orders")), 11);
                json_array_foreach(json_object_get(zone, "orders"), k, order)
                {
                        ck_assert_int_eq(number(order, "order"), (json_int_t)k);
                        ck_assert_int_eq(number(order, "size_bytes"), 4096 << k);
                        ck_assert_int_eq(number(order, "free"), (json_int_t)m.zones[i].free[k]);
                        ck_assert_int_eq(number(order, "allocatable"),
                                (json_int_t)zone_allocatable(
                                        &m.zones[i], 11, (unsigned)k, USE_USER));
                }
        }
        json_decref(nodes);
}
END_TEST

/* Whatever is unknown: the types hold. */
START_TEST(test_nodes_of_random)
{
        _cleanup_free_ char *interface = interface_read();
        Random r = { .state = 99 };

        for (unsigned i = 0; i < 100; i++) {
                _cleanup_(model_done) Model m = MODEL_INIT;
                json_t *nodes;

                random_model(&r, &m);
                nodes = model_nodes_to_json(&m, NODE_ALL, -1);
                ck_assert_is(interface, "[]Node", nodes, false);
                ck_assert_uint_eq(json_array_size(nodes), m.n_nodes);
                json_decref(nodes);
        }
}
END_TEST

START_TEST(test_one_node_and_one_order)
{
        _cleanup_(model_done) Model m = MODEL_INIT;
        json_t *nodes, *zones, *orders;

        model_of_root("6.18-vm", &m);
        nodes = model_nodes_to_json(&m, 0, 9);
        ck_assert_uint_eq(json_array_size(nodes), 1);
        zones = json_object_get(json_array_get(nodes, 0), "zones");
        ck_assert_uint_eq(json_array_size(zones), 3);
        for (size_t i = 0; i < 3; i++) {
                orders = json_object_get(json_array_get(zones, i), "orders");
                ck_assert_uint_eq(json_array_size(orders), 1);
                ck_assert_int_eq(number(json_array_get(orders, 0), "order"), 9);
                ck_assert_int_eq(number(json_array_get(orders, 0), "extfrag_permille"), -1000);
        }
        json_decref(nodes);

        nodes = model_nodes_to_json(&m, 1, -1);
        ck_assert_uint_eq(json_array_size(nodes), 0);
        json_decref(nodes);

        nodes = model_nodes_to_json(&m, 0, 11);
        orders = json_object_get(
                json_array_get(json_object_get(json_array_get(nodes, 0), "zones"), 0), "orders");
        ck_assert_uint_eq(json_array_size(orders), 0);
        json_decref(nodes);
}
END_TEST

/* Which members of a node show what is known of proactive compaction. */
static const struct {
        bool score_known;
        int64_t proactiveness;
        bool score, marks, would_act, acts;
} score_rows[] = {
        { true, 20, true, true, true, true },
        { true, 0, true, true, true, false },
        { true, KNOB_VALUE_NONE, true, false, false, false }, /* a kernel before 5.9 */
        { false, 20, false, true, false, false },
        { false, KNOB_VALUE_NONE, false, false, false, false },
};

START_TEST(test_score_members)
{
        Node n = { .id = 3,
                .score = 95,
                .score_known = score_rows[_i].score_known,
                .unmovable_permyriad = UINT32_MAX };
        Model m = { .page_size = 4096, .nodes = &n, .n_nodes = 1 };
        json_t *nodes, *j;

        m.knobs[KNOB_COMPACTION_PROACTIVENESS] = score_rows[_i].proactiveness;
        nodes = model_nodes_to_json(&m, 3, -1);
        j = json_array_get(nodes, 0);
        ck_assert_int_eq(json_object_get(j, "score") != NULL, score_rows[_i].score);
        ck_assert_int_eq(json_object_get(j, "score_low") != NULL, score_rows[_i].marks);
        ck_assert_int_eq(json_object_get(j, "score_high") != NULL, score_rows[_i].marks);
        ck_assert_int_eq(
                json_object_get(j, "kcompactd_would_act") != NULL, score_rows[_i].would_act);
        ck_assert_int_eq(
                json_is_true(json_object_get(j, "kcompactd_would_act")), score_rows[_i].acts);
        ck_assert_ptr_null(json_object_get(j, "kcompactd_state"));
        ck_assert_ptr_null(json_object_get(j, "unmovable_permyriad"));
        json_decref(nodes);
}
END_TEST

static const struct {
        ObjectiveView view;
        Objective objective;
        const char *text;
} objectives[] = {
        { { .applies = true,
                  .order = 9,
                  .size = 2097152,
                  .current = 4194304,
                  .reserve = 8388608,
                  .refill = 16777216,
                  .ceiling = UNKNOWN_U64,
                  .slope = -5,
                  .time_left = 1000,
                  .verdict = VERDICT_FRAGMENTED,
                  .met_usec = 30,
                  .observed_usec = 40,
                  .since = 90 },
                { .use = USE_USER },
                "{\"objective\":1,\"applies\":true,\"use\":\"user\",\"verdict\":\"fragmented\","
                "\"order\":9,"
                "\"size_bytes\":2097152,\"current_bytes\":4194304,\"reserve_bytes\":8388608,"
                "\"refill_bytes\":16777216,\"slope_bytes_per_second\":-5,\"time_left_usec\":1000,"
                "\"since_usec\":10,\"met_usec\":30,\"observed_usec\":40}" },
        { { .applies = true,
                  .order = 4,
                  .size = 65536,
                  .current = UNKNOWN_U64,
                  .reserve = 1,
                  .refill = 2,
                  .ceiling = 3,
                  .time_left = USEC_INFINITY,
                  .since = 200 },
                { .use = USE_KERNEL, .size = 65536 },
                "{\"objective\":1,\"applies\":true,\"use\":\"kernel\",\"verdict\":\"unknown\","
                "\"order\":4,"
                "\"size_bytes\":65536,\"reserve_bytes\":1,\"refill_bytes\":2,\"ceiling_bytes\":3,"
                "\"slope_bytes_per_second\":0,\"since_usec\":0,\"met_usec\":0,\"observed_usec\":"
                "0}" },
        { { .applies = true,
                  .order = 9,
                  .size = 2097152,
                  .current = 4194304,
                  .reserve = 8388608,
                  .refill = 16777216,
                  .ceiling = UNKNOWN_U64,
                  .time_left = USEC_INFINITY,
                  .since = 90,
                  .automatic = true,
                  .asked = 2097152,
                  .burst = 20971520,
                  .burst_age = 7 },
                { .use = USE_USER },
                "{\"objective\":1,\"applies\":true,\"use\":\"user\",\"verdict\":\"unknown\","
                "\"order\":9,"
                "\"size_bytes\":2097152,\"current_bytes\":4194304,\"reserve_bytes\":8388608,"
                "\"refill_bytes\":16777216,\"slope_bytes_per_second\":0,\"asked_bytes\":2097152,"
                "\"burst_bytes\":20971520,\"burst_age_usec\":7,"
                "\"since_usec\":10,\"met_usec\":0,\"observed_usec\":0}" },
        { { .applies = false }, { .use = USE_USER, .size = 1073741824 },
                "{\"objective\":1,\"applies\":false,\"use\":\"user\",\"verdict\":\"unknown\","
                "\"size_bytes\":1073741824}" },
        { { .applies = false }, { .use = USE_USER, .size = SIZE_THP },
                "{\"objective\":1,\"applies\":false,\"use\":\"user\",\"verdict\":\"unknown\"}" },
};

START_TEST(test_objective)
{
        _cleanup_free_ char *interface = interface_read();
        json_t *j = objective_view_to_json(&objectives[_i].view, &objectives[_i].objective, 1, 100);
        char *text = json_dumps(j, JSON_COMPACT);

        ck_assert_str_eq(text, objectives[_i].text);
        ck_assert_is(interface, "Objective", j, false);
        free(text);
        json_decref(j);
}
END_TEST

/* A node as the engine sees it: all members, then as few as there can be. */
START_TEST(test_node_view)
{
        _cleanup_free_ char *interface = interface_read();
        ObjectiveView views[2] = { { .applies = true, .size = 4096 }, { .applies = false } };
        GuardView guards[_GUARD_MAX] = {
                [GUARD_PAUSED] = { .held = true, .until = USEC_INFINITY },
                [GUARD_COOLDOWN] = { .held = true, .value = 1, .limit = 10, .until = 150 },
        };
        Efficacy efficacy[_LEVER_MAX];
        NodeView v = { .id = 4, .objectives = views, .guards = guards, .efficacy = efficacy };
        Policy p = { .n_objectives = 2 };
        Decision last;
        json_t *j, *g;

        decision_init(&last);
        last.number = 17;
        for (size_t i = 0; i < _LEVER_MAX; i++)
                efficacy_reset(&efficacy[i]);
        j = node_view_to_json(&v, &p, 100);
        ck_assert_is(interface, "Node", j, true);
        ck_assert_int_eq(number(j, "node"), 4);
        ck_assert_uint_eq(json_array_size(json_object_get(j, "objectives")), 2);
        g = json_object_get(j, "guards");
        ck_assert_uint_eq(json_array_size(g), _GUARD_MAX - 1);
        ck_assert_str_eq(
                json_string_value(json_object_get(json_array_get(g, GUARD_PAUSED - 1), "guard")),
                "paused");
        ck_assert_ptr_null(json_object_get(json_array_get(g, GUARD_PAUSED - 1), "left_usec"));
        ck_assert_int_eq(number(json_array_get(g, GUARD_COOLDOWN - 1), "left_usec"), 50);
        ck_assert_ptr_null(json_object_get(j, "lever"));
        ck_assert_ptr_null(json_object_get(j, "last"));
        ck_assert_ptr_null(json_object_get(j, "backoff_left_usec"));
        ck_assert_uint_eq(json_object_size(json_object_get(j, "efficacy_permyriad")), 0);
        json_decref(j);

        v.last = v.notable = &last;
        v.acting = true;
        v.lever = LEVER_COMPACT;
        v.backoff_until = 1100;
        efficacy[LEVER_WINDOW] = (Efficacy){ .share = 9500, .per_page = UNKNOWN_U64, .per_msec = 1 << 20 };
        j = node_view_to_json(&v, &p, 100);
        ck_assert_is(interface, "Node", j, true);
        ck_assert_str_eq(json_string_value(json_object_get(j, "lever")), "compact");
        ck_assert_int_eq(number(j, "backoff_left_usec"), 1000);
        ck_assert_int_eq(number(json_object_get(j, "efficacy_permyriad"), "window"), 9500);
        ck_assert_int_eq(number(json_object_get(j, "gain_per_msec_bytes"), "window"), 1 << 20);
        ck_assert_uint_eq(json_object_size(json_object_get(j, "gain_per_page_bytes")), 0);
        ck_assert_int_eq(number(json_object_get(j, "last"), "number"), 17);
        ck_assert_int_eq(number(json_object_get(j, "notable"), "number"), 17);
        json_decref(j);
}
END_TEST

/* Both halves of a node make a whole one. */
START_TEST(test_halves_join)
{
        _cleanup_free_ char *interface = interface_read();
        _cleanup_(model_done) Model m = MODEL_INIT;
        GuardView guards[_GUARD_MAX] = { 0 };
        Efficacy efficacy[_LEVER_MAX] = { 0 };
        NodeView v = { .id = 0, .guards = guards, .efficacy = efficacy };
        Policy p = { 0 };
        json_t *nodes, *half;

        model_of_root("7.3-after", &m);
        nodes = model_nodes_to_json(&m, 0, -1);
        half = node_view_to_json(&v, &p, 1);
        ck_assert_int_eq(json_object_update(json_array_get(nodes, 0), half), 0);
        ck_assert_is(interface, "Node", json_array_get(nodes, 0), false);
        json_decref(nodes);
        json_decref(half);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("view");

        tcase_add_loop_test(t, test_nodes_of_root, 0, ELEMENTSOF(roots));
        tcase_add_test(t, test_nodes_of_random);
        tcase_add_test(t, test_one_node_and_one_order);
        tcase_add_loop_test(t, test_score_members, 0, ELEMENTSOF(score_rows));
        tcase_add_loop_test(t, test_objective, 0, ELEMENTSOF(objectives));
        tcase_add_test(t, test_node_view);
        tcase_add_test(t, test_halves_join);
        suite_add_tcase(s, t);
}

TEST_MAIN("trace-view", build)
