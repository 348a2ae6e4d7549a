/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace/fields.h"
#include "trace/trace.h"

static const char *event_text(unsigned v)
{
        return event_name((EventType)v);
}

static const char *act_text(unsigned v)
{
        return act_name((Act)v);
}

static const char *request_text(unsigned v)
{
        static const char *const names[_REQUEST_MAX] = {
                [REQUEST_COMPACT] = "compact",
                [REQUEST_PAUSE] = "pause",
                [REQUEST_RESUME] = "resume",
                [REQUEST_PREPARE] = "prepare",
                [REQUEST_CANCEL] = "cancel",
                [REQUEST_HOLD] = "hold",
                [REQUEST_RELEASE] = "release",
        };

        return names[v];
}

static const FieldNames event_names = { event_text, _EVENT_MAX };
static const FieldNames act_names = { act_text, _ACT_MAX };
static const FieldNames request_names = { request_text, _REQUEST_MAX };

/* The head of the object, which is not all in Event. */
typedef struct EventHead {
        usec_t now;
        EventType type;
} EventHead;

static const Field head_fields[] = {
        FIELD_DEFINE_U64(EventHead, now, "now", FIELD_ALWAYS),
        FIELD_DEFINE_ENUM(EventHead, type, "event", FIELD_ALWAYS, &event_names),
};

static const Field done_fields[] = {
        FIELD_DEFINE_U64(Event, done.action, "action", FIELD_ALWAYS),
        FIELD_DEFINE_ENUM(Event, done.act, "act", FIELD_ALWAYS, &act_names),
        FIELD_DEFINE_U32(Event, done.node, "node", 0),
        FIELD_DEFINE_ENUM(Event, done.knob, "knob", FIELD_ALWAYS, &knob_names),
        FIELD_DEFINE_I32(Event, done.result, "result", FIELD_ALWAYS),
        FIELD_DEFINE_I64(Event, done.value, "value", 0),
        FIELD_DEFINE_U64(Event, done.cpu, "cpu_usec", 0),
        FIELD_DEFINE_U64(Event, done.wall, "wall_usec", 0),
};

static const Field request_fields[] = {
        FIELD_DEFINE_ENUM(Event, request.type, "type", FIELD_ALWAYS, &request_names),
        FIELD_DEFINE_U64(Event, request.token, "token", FIELD_ALWAYS),
        FIELD_DEFINE_U32(Event, request.node, "node", 0),
        FIELD_DEFINE_U64(Event, request.size, "size_bytes", 0),
        FIELD_DEFINE_U64(Event, request.count, "count", 0),
        FIELD_DEFINE_U64(Event, request.duration, "duration_usec", 0),
        FIELD_DEFINE_U32(Event, request.flags, "flags", 0),
        FIELD_DEFINE_U64(Event, request.of, "of", 0),
        FIELD_DEFINE_U32(Event, request.uid, "uid", 0),
        FIELD_DEFINE_U32(Event, request.pid, "pid", 0),
};

static const Field knob_fields[] = {
        FIELD_DEFINE_ENUM(Event, knob.id, "knob", FIELD_ALWAYS, &knob_names),
        FIELD_DEFINE_I64(Event, knob.value, "value", 0),
};

static const Field rival_fields[] = {
        FIELD_DEFINE_U32(Event, rivals.running, "running", FIELD_ALWAYS),
};

/* What is left out: none, not known, or without end. */
static const Event defaults = {
        .done = { .node = NODE_ALL, .value = KNOB_VALUE_NONE },
        .request = { .node = NODE_ALL,
                .duration = USEC_INFINITY,
                .uid = UINT32_MAX,
                .pid = UINT32_MAX },
        .knob = { .value = KNOB_VALUE_NONE },
};

/* The member that goes with each type besides now and event; NULL where there is none. Types with
 * fields are all alike. */
static const struct {
        const char *member;
        const Field *fields;
        size_t n;
} contents[_EVENT_MAX] = {
        [EVENT_SAMPLE] = { "model", NULL, 0 },
        [EVENT_ACTION_DONE] = { "done", done_fields, ELEMENTSOF(done_fields) },
        [EVENT_ACTION_TIMEOUT] = { "done", done_fields, ELEMENTSOF(done_fields) },
        [EVENT_REQUEST] = { "request", request_fields, ELEMENTSOF(request_fields) },
        [EVENT_POLICY] = { "policy", NULL, 0 },
        [EVENT_KNOB_CHANGED] = { "changed", knob_fields, ELEMENTSOF(knob_fields) },
        [EVENT_ACTOR] = { "present", NULL, 0 },
        [EVENT_RIVALS] = { "rivals", rival_fields, ELEMENTSOF(rival_fields) },
};

static json_t *content_to_json(const Event *e)
{
        switch (e->type) {
        case EVENT_SAMPLE: return model_to_json(e->sample);
        case EVENT_POLICY: return policy_to_json(e->policy);
        case EVENT_ACTOR: return json_boolean(e->actor_present);
        default:
                return fields_to_json(
                        contents[e->type].fields, contents[e->type].n, e, &defaults, 0);
        }
}

json_t *event_to_json(const Event *e, usec_t now)
{
        EventHead head = { .now = now, .type = e->type };
        _cleanup_json_ json_t *j = fields_to_json(
                head_fields, ELEMENTSOF(head_fields), &head, &head, 0);

        if (!j)
                return NULL;
        if (contents[e->type].member &&
                member_set(j, contents[e->type].member, content_to_json(e)) < 0)
                return NULL;
        return TAKE_PTR(j);
}

/* Into e the parts that were not written and belong to the type; the rest stays 0. */
static void set_defaults(Event *e)
{
        if (contents[e->type].fields == done_fields)
                e->done = defaults.done;
        else if (contents[e->type].fields == request_fields)
                e->request = defaults.request;
        else if (contents[e->type].fields == knob_fields)
                e->knob = defaults.knob;
}

static int content_from_json(
        const json_t *j, Event *e, Model *model, Policy *policy, const char **ret_expected)
{
        int r;

        switch (e->type) {
        case EVENT_SAMPLE:
                r = model_from_json(j, model, ret_expected);
                e->sample = model;
                return r;
        case EVENT_POLICY:
                r = policy_from_json(j, policy, ret_expected);
                e->policy = policy;
                return r;
        case EVENT_ACTOR:
                e->actor_present = json_is_true(j);
                return json_is_boolean(j)
                               ? 0
                               : bad_member(ret_expected, "member present: true or false");
        default:
                set_defaults(e);
                return fields_from_json(
                        j, contents[e->type].fields, contents[e->type].n, e, ret_expected);
        }
}

int event_from_json(const json_t *j, Event *ret, usec_t *ret_now, Model *model, Policy *policy,
        const char **ret_expected)
{
        EventHead head;
        Event e = { 0 };
        const char *member;
        int r;

        r = fields_decode(j, head_fields, ELEMENTSOF(head_fields), &head, ret_expected);
        if (r < 0)
                return r;
        e.type = head.type;
        member = contents[e.type].member;
        if (json_object_size(j) != ELEMENTSOF(head_fields) + !!member)
                return bad_member(ret_expected,
                        "an event with now, event, and one member of its type, if any");
        if (member) {
                r = content_from_json(json_object_get(j, member), &e, model, policy, ret_expected);
                if (r < 0)
                        return r;
        }
        *ret = e;
        *ret_now = head.now;
        return 0;
}
