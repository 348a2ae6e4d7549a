/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace/fields.h"
#include "trace/trace.h"

static const char *verdict_text(unsigned v)
{
        return verdict_name((Verdict)v);
}
static const char *reason_text(unsigned v)
{
        return reason_name((Reason)v);
}
static const char *lever_text(unsigned v)
{
        return lever_name((Lever)v);
}
static const char *lever_why_text(unsigned v)
{
        return lever_why_name((LeverWhy)v);
}
static const char *guard_text(unsigned v)
{
        return guard_name((Guard)v);
}
static const char *act_text(unsigned v)
{
        return act_name((Act)v);
}

static const FieldNames verdict_names = { verdict_text, _VERDICT_MAX };
static const FieldNames reason_names = { reason_text, _REASON_MAX };
static const FieldNames lever_names = { lever_text, _LEVER_MAX };
static const FieldNames lever_why_names = { lever_why_text, _LEVER_WHY_MAX };
static const FieldNames guard_names = { guard_text, _GUARD_MAX };
static const FieldNames act_names = { act_text, _ACT_MAX };

/* When members are shown that have their default: where the number is a result, even if it is 0. */
#define OF_OBJECTIVE (1u << 1) /* about an objective's blocks */
#define OF_GUARD     (1u << 2) /* a guard holds */
#define OF_KNOB      (1u << 3) /* about a knob */
#define OF_RESULT    (1u << 4) /* what an action brought */

#define U64(m, json, g)         FIELD_DEFINE_U64(Decision, m, json, g)
#define I64(m, json, g)         FIELD_DEFINE_I64(Decision, m, json, g)
#define U32(m, json, g)         FIELD_DEFINE_U32(Decision, m, json, g)
#define I32(m, json, g)         FIELD_DEFINE_I32(Decision, m, json, g)
#define U8(m, json, g)          FIELD_DEFINE_U8(Decision, m, json, g)
#define BOOL(m, json, g)        FIELD_DEFINE_BOOL(Decision, m, json, g)
#define ENUM(m, json, g, names) FIELD_DEFINE_ENUM(Decision, m, json, g, names)

static const Field fields[] = {
        U64(number, "number", FIELD_ALWAYS),
        U64(at, "at_usec", FIELD_ALWAYS),
        U32(node, "node", 0),
        I32(objective, "objective", 0),
        U64(hold, "hold", 0),
        U8(order, "order", OF_OBJECTIVE),
        ENUM(verdict, "verdict", FIELD_ALWAYS, &verdict_names),
        ENUM(reason, "reason", FIELD_ALWAYS, &reason_names),
        ENUM(lever, "lever", FIELD_ALWAYS, &lever_names),
        ENUM(lever_why, "lever_why", 0, &lever_why_names),
        ENUM(guard, "guard", FIELD_ALWAYS, &guard_names),
        ENUM(act, "act", FIELD_ALWAYS, &act_names),
        BOOL(notable, "notable", FIELD_ALWAYS),
        BOOL(would, "would", FIELD_ALWAYS),
        U64(size, "size_bytes", 0),
        U64(current, "current_bytes", 0),
        U64(reserve, "reserve_bytes", 0),
        U64(refill, "refill_bytes", 0),
        U64(ceiling, "ceiling_bytes", 0),
        U64(free, "free_bytes", 0),
        I64(slope, "slope_bytes_per_second", OF_OBJECTIVE),
        U64(time_left, "time_left_usec", 0),
        U64(burst, "burst_bytes", 0),
        U64(burst_age, "burst_age_usec", 0),
        U32(score, "score", 0),
        U32(score_low, "score_low", 0),
        U32(score_high, "score_high", 0),
        U32(psi_memory, "psi_memory_permyriad", 0),
        U32(psi_cpu, "psi_cpu_permyriad", 0),
        U32(unmovable, "unmovable_permyriad", 0),
        U64(guard_value, "guard_value", OF_GUARD),
        U64(guard_limit, "guard_limit", OF_GUARD),
        U64(until, "until_usec", 0),
        U32(attempts, "attempts", 0),
        U64(action, "action", 0),
        ENUM(knob, "knob", OF_KNOB, &knob_names),
        I64(old_value, "old_value", 0),
        I64(new_value, "new_value", 0),
        U64(limit_usec, "limit_usec", 0),
        I32(error, "error", 0),
        I64(gain, "gain_bytes", OF_RESULT),
        I32(score_drop, "score_drop", OF_RESULT),
        U64(cost, "cost_usec", OF_RESULT),
        U64(took, "took_usec", OF_RESULT),
        U64(migrated, "migrated_pages", 0),
        U64(scanned, "scanned_pages", 0),
        FIELD_DEFINE_TEXT(Decision, policy, "policy", 0),
        U64(request, "request", 0),
        U32(uid, "uid", 0),
        U32(pid, "pid", 0),
};

static uint32_t shown_groups(const Decision *d)
{
        uint32_t groups = 0;

        if (d->objective >= 0 && d->size != UNKNOWN_U64)
                groups |= OF_OBJECTIVE;
        if (d->guard != GUARD_NONE)
                groups |= OF_GUARD;
        if (d->act == ACT_SET_KNOB || d->act == ACT_RESTORE_KNOB ||
                d->reason == REASON_KNOB_RAISED || d->reason == REASON_KNOB_LOWERED ||
                d->reason == REASON_KNOB_STOOD_DOWN || d->reason == REASON_KNOB_RESTORED || d->reason == REASON_KNOB_YIELDED)
                groups |= OF_KNOB;
        if (d->reason == REASON_GAINED || d->reason == REASON_NO_GAIN)
                groups |= OF_RESULT;
        return groups;
}

json_t *decision_to_json(const Decision *d)
{
        Decision defaults;

        decision_init(&defaults);
        return fields_to_json(fields, ELEMENTSOF(fields), d, &defaults, shown_groups(d));
}

int decision_from_json(const json_t *j, Decision *ret, const char **ret_expected)
{
        Decision d;
        int r;

        decision_init(&d);
        r = fields_from_json(j, fields, ELEMENTSOF(fields), &d, ret_expected);
        if (r < 0)
                return r;
        *ret = d;
        return 0;
}
