/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "trace/random-model.h"
#include "trace/trace.h"

static void random_event(
        Random *r, EventType type, const Model *model, const Policy *policy, Event *e)
{
        *e = (Event){ .type = type };
        switch (type) {
        case EVENT_SAMPLE: e->sample = model; break;
        case EVENT_POLICY: e->policy = policy; break;
        case EVENT_ACTION_DONE:
        case EVENT_ACTION_TIMEOUT:
                e->done.action = random_number(r, 0);
                e->done.act = (Act)random_below(r, _ACT_MAX);
                e->done.node = (uint32_t)random_number(r, NODE_ALL);
                e->done.knob = (KnobId)random_below(r, _KNOB_MAX);
                e->done.result = -(int32_t)random_below(r, 134);
                e->done.value = random_signed(r, KNOB_VALUE_NONE);
                e->done.cpu = random_number(r, USEC_INFINITY);
                e->done.wall = random_number(r, 0);
                break;
        case EVENT_REQUEST:
                e->request = (Request){
                        .type = (RequestType)random_below(r, _REQUEST_MAX),
                        .token = random_number(r, 1),
                        .node = (uint32_t)random_number(r, NODE_ALL),
                        .size = random_number(r, 0),
                        .count = random_number(r, 0),
                        .duration = random_number(r, USEC_INFINITY),
                        .flags = (uint32_t)random_number(r, 0),
                        .of = random_number(r, 0),
                        .uid = (uint32_t)random_number(r, UINT32_MAX),
                        .pid = (uint32_t)random_number(r, UINT32_MAX),
                };
                break;
        case EVENT_KNOB_CHANGED:
                e->knob.id = (KnobId)random_below(r, _KNOB_MAX);
                e->knob.value = random_signed(r, KNOB_VALUE_NONE);
                break;
        case EVENT_ACTOR: e->actor_present = random_below(r, 2); break;
        default: break;
        }
}

static void assert_equal(const Event *a, const Event *b)
{
#define SAME(m) ck_assert_msg(a->m == b->m, #m " differs")
        SAME(type), SAME(done.action), SAME(done.act), SAME(done.node), SAME(done.knob),
                SAME(done.result);
        SAME(done.value), SAME(done.cpu), SAME(done.wall), SAME(request.type), SAME(request.token);
        SAME(request.node), SAME(request.size), SAME(request.count), SAME(request.duration),
                SAME(request.uid), SAME(request.flags), SAME(request.of);
        SAME(request.pid), SAME(knob.id), SAME(knob.value), SAME(actor_present);
#undef SAME
        ck_assert_int_eq(a->sample != NULL, b->sample != NULL);
        ck_assert_int_eq(a->policy != NULL, b->policy != NULL);
}

/* One case a type of event. */
START_TEST(test_round_trip)
{
        _cleanup_(model_done) Model m = MODEL_INIT, m_back = MODEL_INIT;
        Random r = { .state = (uint64_t)_i + 7 };
        Policy p, p_back;

        random_model(&r, &m);
        policy_init(&p, "conserve");
        for (unsigned i = 0; i < 300; i++) {
                usec_t now = random_number(&r, 0), now_back = 0;
                const char *expected = NULL;
                json_t *j, *again;
                Event e, back;
                char *text;

                random_event(&r, (EventType)_i, &m, &p, &e);
                j = event_to_json(&e, now);
                ck_assert_ptr_nonnull(j);
                text = json_dumps(j, JSON_COMPACT);
                again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
                ck_assert_msg(
                        event_from_json(again, &back, &now_back, &m_back, &p_back, &expected) == 0,
                        "%s: expected %s", text, expected);
                ck_assert_uint_eq(now, now_back);
                assert_equal(&e, &back);
                if (e.type == EVENT_SAMPLE) {
                        ck_assert_ptr_eq(back.sample, &m_back);
                        assert_models_equal(&m, &m_back);
                }
                if (e.type == EVENT_POLICY) {
                        ck_assert_ptr_eq(back.policy, &p_back);
                        ck_assert_str_eq(p_back.name, "conserve");
                }
                json_decref(j);
                json_decref(again);
                free(text);
        }
}
END_TEST

static const struct {
        const char *text, *expected; /* NULL: accepted */
} rows[] = {
        { "{\"now\":1,\"event\":\"timer\"}", NULL },
        { "{\"now\":1,\"event\":\"topology\"}", NULL },
        { "{\"now\":1,\"event\":\"actor\",\"present\":true}", NULL },
        { "{\"now\":1,\"event\":\"request\",\"request\":{\"type\":\"pause\",\"token\":1}}", NULL },
        { "{\"now\":1,\"event\":\"request\",\"request\":{\"type\":\"resume\",\"token\":1}}", NULL },
        { "{\"now\":1,\"event\":\"knob-changed\",\"changed\":{\"knob\":\"vm.defrag_mode\","
          "\"value\":1}}",
                NULL },
        { "[]", "an object" },
        { "{\"event\":\"timer\"}", "member now" },
        { "{\"now\":1}", "member event" },
        { "{\"now\":-1,\"event\":\"timer\"}", "member now" },
        { "{\"now\":1,\"event\":\"doomsday\"}", "member event" },
        { "{\"now\":1,\"event\":\"timer\",\"present\":true}", "one member of its type" },
        { "{\"now\":1,\"event\":\"actor\"}", "one member of its type" },
        { "{\"now\":1,\"event\":\"actor\",\"present\":1}", "member present" },
        { "{\"now\":1,\"event\":\"actor\",\"presence\":true}", "member present" },
        { "{\"now\":1,\"event\":\"sample\",\"model\":{}}", "page_size" },
        { "{\"now\":1,\"event\":\"policy\",\"policy\":{}}", "name" },
        { "{\"now\":1,\"event\":\"request\",\"request\":{\"type\":\"dance\",\"token\":1}}",
                "member type" },
        { "{\"now\":1,\"event\":\"request\",\"request\":{\"type\":\"pause\"}}", "member token" },
        { "{\"now\":1,\"event\":\"request\",\"request\":{\"type\":\"pause\",\"token\":1,\"for\":1}"
          "}",
                "other members" },
        { "{\"now\":1,\"event\":\"action-done\",\"done\":{}}", "member action" },
        { "{\"now\":1,\"event\":\"knob-changed\",\"changed\":{\"knob\":\"vm.swappiness\"}}",
                "member knob" },
};

START_TEST(test_strict)
{
        _cleanup_(model_done) Model m = MODEL_INIT;
        const char *expected = NULL;
        json_t *j = json_loads(rows[_i].text, 0, NULL);
        Event e = { .type = EVENT_SAMPLE };
        usec_t now = 4711;
        Policy p;
        int r;

        ck_assert_ptr_nonnull(j);
        r = event_from_json(j, &e, &now, &m, &p, &expected);
        if (rows[_i].expected) {
                ck_assert_int_eq(r, -EBADMSG);
                ck_assert_msg(strstr(expected, rows[_i].expected) != NULL,
                        "\"%s\" does not say \"%s\"", expected, rows[_i].expected);
                ck_assert_uint_eq(now, 4711);
                ck_assert_int_eq(e.type, EVENT_SAMPLE);
        } else {
                ck_assert_msg(r == 0, "expected %s", expected);
                ck_assert_uint_eq(now, 1);
        }
        json_decref(j);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("event");

        tcase_add_loop_test(t, test_round_trip, 0, _EVENT_MAX);
        tcase_add_loop_test(t, test_strict, 0, ELEMENTSOF(rows));
        suite_add_tcase(s, t);
}

TEST_MAIN("trace-event", build)
