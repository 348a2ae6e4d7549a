/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace/fields.h"

#include "base/knob.h"

static const char *knob_field_name(unsigned v)
{
        return knob_info((KnobId)v)->name;
}

const FieldNames knob_names = { knob_field_name, _KNOB_MAX };

int member_set(json_t *j, const char *name, json_t *value)
{
        return json_object_set_new(j, name, value) < 0 ? -ENOMEM : 0;
}

json_t *integer_from_u64(uint64_t v)
{
        return json_integer((json_int_t)MIN(v, (uint64_t)INT64_MAX));
}

/* 2^63-1 is what USEC_INFINITY and UNKNOWN_U64 are written as, and nothing else comes near it. */
static uint64_t u64_from_integer(json_int_t v)
{
        return v == INT64_MAX ? UINT64_MAX : (uint64_t)v;
}

bool integer_get_u64(const json_t *j, uint64_t *ret)
{
        if (!json_is_integer(j) || json_integer_value(j) < 0)
                return false;
        *ret = u64_from_integer(json_integer_value(j));
        return true;
}

/* The integer types, as one. */
static json_t *encode_integer(FieldType type, const void *member)
{
        uint64_t u64;
        int64_t i64;
        uint32_t u32;
        int32_t i32;

        switch (type) {
        case FIELD_U64: memcpy(&u64, member, sizeof(u64)); return integer_from_u64(u64);
        case FIELD_I64: memcpy(&i64, member, sizeof(i64)); return json_integer(i64);
        case FIELD_U32: memcpy(&u32, member, sizeof(u32)); return json_integer(u32);
        case FIELD_I32: memcpy(&i32, member, sizeof(i32)); return json_integer(i32);
        default: assert(type == FIELD_U8); return json_integer(*(const uint8_t *)member);
        }
}

static json_t *encode_field(const Field *f, const void *member)
{
        unsigned value;

        switch (f->type) {
        case FIELD_BOOL: return json_boolean(*(const bool *)member);
        case FIELD_ENUM:
                memcpy(&value, member, sizeof(value));
                assert(value < f->names->n);
                return json_string(f->names->name(value));
        case FIELD_CHAR: return json_stringn(member, 1);
        case FIELD_TEXT: return json_string(member);
        default: return encode_integer(f->type, member);
        }
}

int fields_encode(json_t *j, const Field *fields, size_t n, const void *s, const void *defaults,
        uint32_t groups)
{
        for (size_t i = 0; i < n; i++) {
                const Field *f = &fields[i];
                const void *member = (const char *)s + f->offset;
                int r;

                if (!(f->groups & (groups | FIELD_ALWAYS)) &&
                        memcmp(member, (const char *)defaults + f->offset, f->size) == 0)
                        continue;
                r = member_set(j, f->name, encode_field(f, member));
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool decode_integer(FieldType type, const json_t *v, void *member)
{
        json_int_t value = json_integer_value(v);
        uint64_t u64 = u64_from_integer(value);
        uint32_t u32 = (uint32_t)value;
        int32_t i32 = (int32_t)value;

        if (!json_is_integer(v))
                return false;
        switch (type) {
        case FIELD_U64:
                if (value < 0)
                        return false;
                memcpy(member, &u64, sizeof(u64));
                return true;
        case FIELD_I64: memcpy(member, &value, sizeof(value)); return true;
        case FIELD_U32:
                if (value < 0 || value > UINT32_MAX)
                        return false;
                memcpy(member, &u32, sizeof(u32));
                return true;
        case FIELD_I32:
                if (value < INT32_MIN || value > INT32_MAX)
                        return false;
                memcpy(member, &i32, sizeof(i32));
                return true;
        default:
                if (value < 0 || value > UINT8_MAX)
                        return false;
                *(uint8_t *)member = (uint8_t)value;
                return true;
        }
}

static bool decode_enum(const FieldNames *names, const json_t *v, void *member)
{
        if (!json_is_string(v))
                return false;
        for (unsigned i = 0; i < names->n; i++)
                if (streq(names->name(i), json_string_value(v))) {
                        memcpy(member, &i, sizeof(i));
                        return true;
                }
        return false;
}

/* Fills the rest with zeros, so that equal texts are equal structs. */
static bool decode_text(const json_t *v, char *member, size_t size)
{
        if (!json_is_string(v) || json_string_length(v) >= size)
                return false;
        memset(member, 0, size);
        memcpy(member, json_string_value(v), json_string_length(v));
        return true;
}

static bool decode_field(const Field *f, const json_t *v, void *member)
{
        switch (f->type) {
        case FIELD_BOOL: *(bool *)member = json_is_true(v); return json_is_boolean(v);
        case FIELD_ENUM: return decode_enum(f->names, v, member);
        case FIELD_CHAR:
                if (!json_is_string(v) || json_string_length(v) != 1)
                        return false;
                *(char *)member = json_string_value(v)[0];
                return true;
        case FIELD_TEXT: return decode_text(v, member, f->size);
        default: return decode_integer(f->type, v, member);
        }
}

int fields_decode(
        const json_t *j, const Field *fields, size_t n, void *s, const char **ret_expected)
{
        int taken = 0;

        if (!json_is_object(j))
                return bad_member(ret_expected, "an object");
        for (size_t i = 0; i < n; i++) {
                const Field *f = &fields[i];
                const json_t *v = json_object_get(j, f->name);

                if (!v && !(f->groups & FIELD_ALWAYS))
                        continue;
                if (!v || !decode_field(f, v, (char *)s + f->offset))
                        return bad_member(ret_expected, f->expected);
                taken++;
        }
        return taken;
}

json_t *fields_to_json(
        const Field *fields, size_t n, const void *s, const void *defaults, uint32_t groups)
{
        _cleanup_json_ json_t *j = json_object();

        if (!j || fields_encode(j, fields, n, s, defaults, groups) < 0)
                return NULL;
        return TAKE_PTR(j);
}

int fields_from_json(
        const json_t *j, const Field *fields, size_t n, void *s, const char **ret_expected)
{
        int r = fields_decode(j, fields, n, s, ret_expected);

        if (r < 0)
                return r;
        if ((size_t)r != json_object_size(j))
                return bad_member(ret_expected, "no other members than the known ones");
        return 0;
}
