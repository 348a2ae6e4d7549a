/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace/fields.h"
#include "trace/trace.h"

static const char *use_text(unsigned v)
{
        return use_name((Use)v);
}

static const FieldNames use_names = { use_text, _USE_MAX };

#define P_TEXT(m, json) FIELD_DEFINE_TEXT(Policy, m, json, FIELD_ALWAYS)
#define P_BOOL(m, json) FIELD_DEFINE_BOOL(Policy, m, json, FIELD_ALWAYS)
#define P_U64(m, json)  FIELD_DEFINE_U64(Policy, m, json, FIELD_ALWAYS)
#define P_U32(m, json)  FIELD_DEFINE_U32(Policy, m, json, FIELD_ALWAYS)

static const Field policy_fields[] = {
        P_TEXT(name, "name"),
        P_TEXT(description, "description"),
        P_BOOL(act, "act"),
        P_U64(remember, "remember_usec"),
        P_U64(horizon, "horizon_usec"),
        P_U64(cooldown, "cooldown_usec"),
        P_U64(settle, "settle_usec"),
        P_U64(action_limit, "action_limit_usec"),
        P_U64(backoff_min, "backoff_min_usec"),
        P_U64(backoff_max, "backoff_max_usec"),
        P_U32(window_max, "window_max"),
        P_U32(proactiveness_min, "proactiveness_min"),
        P_U32(proactiveness_max, "proactiveness_max"),
        P_U32(boost_max, "boost_max"),
        P_U32(scale_max, "scale_max"),
};

static const Field budget_fields[] = {
        P_U64(budget.compaction_time, "compaction_time_usec"),
        P_U32(budget.runs, "runs"),
        P_U64(budget.per, "per_usec"),
};

static const Field hold_fields[] = {
        P_U32(hold.psi_memory_some, "psi_memory_some_permyriad"),
        P_U32(hold.psi_cpu_some, "psi_cpu_some_permyriad"),
};

static const Field interval_fields[] = {
        P_U64(interval.min, "min_usec"),
        P_U64(interval.max, "max_usec"),
};

static const struct {
        const char *name;
        const Field *fields;
        size_t n;
} sections[] = {
        { "budget", budget_fields, ELEMENTSOF(budget_fields) },
        { "hold", hold_fields, ELEMENTSOF(hold_fields) },
        { "interval", interval_fields, ELEMENTSOF(interval_fields) },
};

/* No size: SIZE_THP. No share and no bytes: nothing. */
static const Field objective_fields[] = {
        FIELD_DEFINE_U64(Objective, size, "size_bytes", 0),
        FIELD_DEFINE_U64(Objective, reserve.bytes, "reserve_bytes", 0),
        FIELD_DEFINE_U32(Objective, reserve.permyriad, "reserve_permyriad", 0),
        FIELD_DEFINE_U64(Objective, refill.bytes, "refill_bytes", 0),
        FIELD_DEFINE_U32(Objective, refill.permyriad, "refill_permyriad", 0),
        FIELD_DEFINE_BOOL(Objective, reserve.automatic, "reserve_auto", 0),
        FIELD_DEFINE_U64(Objective, at_least.bytes, "at_least_bytes", 0),
        FIELD_DEFINE_U32(Objective, at_least.permyriad, "at_least_permyriad", 0),
        FIELD_DEFINE_U64(Objective, at_most.bytes, "at_most_bytes", 0),
        FIELD_DEFINE_U32(Objective, at_most.permyriad, "at_most_permyriad", 0),
        FIELD_DEFINE_U64(Objective, at_start.bytes, "at_start_bytes", 0),
        FIELD_DEFINE_U32(Objective, at_start.permyriad, "at_start_permyriad", 0),
        FIELD_DEFINE_ENUM(Objective, use, "use", FIELD_ALWAYS, &use_names),
        FIELD_DEFINE_U32(Objective, node, "node", 0),
};

static const Objective objective_defaults = { .size = SIZE_THP, .node = NODE_EVERY };

static json_t *objectives_to_json(const Policy *p)
{
        _cleanup_json_ json_t *a = json_array();

        for (unsigned i = 0; a && i < p->n_objectives; i++)
                if (json_array_append_new(
                            a, fields_to_json(objective_fields, ELEMENTSOF(objective_fields),
                                       &p->objectives[i], &objective_defaults, 0)) < 0)
                        return NULL;
        return TAKE_PTR(a);
}

static json_t *levers_to_json(const Policy *p)
{
        _cleanup_json_ json_t *a = json_array();

        for (unsigned l = 0; a && l < _LEVER_MAX; l++)
                if (p->levers & (UINT32_C(1) << l) &&
                        json_array_append_new(a, json_string(lever_name((Lever)l))) < 0)
                        return NULL;
        return TAKE_PTR(a);
}

json_t *policy_to_json(const Policy *p)
{
        _cleanup_json_ json_t *j = fields_to_json(
                policy_fields, ELEMENTSOF(policy_fields), p, p, 0);

        if (!j || member_set(j, "objectives", objectives_to_json(p)) < 0 ||
                member_set(j, "levers", levers_to_json(p)) < 0)
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                if (member_set(j, sections[i].name,
                            fields_to_json(sections[i].fields, sections[i].n, p, p, 0)) < 0)
                        return NULL;
        return TAKE_PTR(j);
}

static int objectives_from_json(const json_t *a, Policy *p, const char **ret_expected)
{
        const json_t *item;
        size_t i;

        if (!json_is_array(a) || json_array_size(a) > POLICY_OBJECTIVES_MAX)
                return bad_member(ret_expected, "member objectives: an array of at most 8 objects");
        json_array_foreach(a, i, item)
        {
                int r;

                p->objectives[i] = objective_defaults;
                r = fields_from_json(item, objective_fields, ELEMENTSOF(objective_fields),
                        &p->objectives[i], ret_expected);
                if (r < 0)
                        return r;
                p->n_objectives++;
        }
        return 0;
}

static int levers_from_json(const json_t *a, Policy *p, const char **ret_expected)
{
        const json_t *item;
        size_t i;

        if (!json_is_array(a))
                return bad_member(ret_expected, "member levers: an array of names");
        json_array_foreach(a, i, item)
        {
                Lever l;

                if (!json_is_string(item) || lever_from_name(json_string_value(item), &l) < 0 ||
                        p->levers & (UINT32_C(1) << l))
                        return bad_member(ret_expected, "member levers: known names, each once");
                p->levers |= UINT32_C(1) << l;
        }
        return 0;
}

int policy_from_json(const json_t *j, Policy *ret, const char **ret_expected)
{
        Policy p = { 0 };
        int r, taken;

        taken = fields_decode(j, policy_fields, ELEMENTSOF(policy_fields), &p, ret_expected);
        if (taken < 0)
                return taken;
        r = objectives_from_json(json_object_get(j, "objectives"), &p, ret_expected);
        if (r < 0)
                return r;
        r = levers_from_json(json_object_get(j, "levers"), &p, ret_expected);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                r = fields_from_json(json_object_get(j, sections[i].name), sections[i].fields,
                        sections[i].n, &p, ret_expected);
                if (r < 0)
                        return r;
        }
        if ((size_t)taken + 2 + ELEMENTSOF(sections) != json_object_size(j))
                return bad_member(
                        ret_expected, "a policy without other members than the known ones");
        *ret = p;
        return 0;
}
