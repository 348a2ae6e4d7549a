/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fields.h - for lib/trace only: a plain struct as the members of a JSON object, both ways, by one
 * table.
 *
 * One table for both directions is what makes them inverse. A member that has its default is left
 * out, unless one of its groups is shown; so a default that is a "none" beyond JSON's integers
 * (UINT64_MAX) is never written. Members of FIELD_ALWAYS are always shown, and required when read.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

typedef enum FieldType {
        FIELD_U64, /* UINT64_MAX (without end, not known) is written as 2^63-1 */
        FIELD_I64,
        FIELD_U32,
        FIELD_I32,
        FIELD_U8,
        FIELD_BOOL,
        FIELD_ENUM, /* by name */
        FIELD_CHAR, /* a string of one character */
        FIELD_TEXT, /* char[size], NUL-terminated */
} FieldType;

/* What a name stands for: an enum of n values from 0. */
typedef struct FieldNames {
        const char *(*name)(unsigned value);
        unsigned n;
} FieldNames;

#define FIELD_ALWAYS 1u

typedef struct Field {
        const char *name;
        const char *expected; /* for errors: "number: an integer" */
        size_t offset, size;
        FieldType type;
        uint32_t groups;
        const FieldNames *names; /* for FIELD_ENUM */
} Field;

/* A C member of the type, as JSON member `json`. */
#define FIELD(Type, member, json, type_, kind, groups_, names_)                                    \
        {                                                                                          \
                .name = json, .expected = "member " json ": " kind,                                \
                .offset = offsetof(Type, member), .size = sizeof(((Type *)NULL)->member),          \
                .type = type_, .groups = groups_, .names = names_                                  \
        }
#define FIELD_DEFINE_U64(T, m, json, g) FIELD(T, m, json, FIELD_U64, "an integer from 0", g, NULL)
#define FIELD_DEFINE_I64(T, m, json, g) FIELD(T, m, json, FIELD_I64, "an integer", g, NULL)
#define FIELD_DEFINE_U32(T, m, json, g)                                                            \
        FIELD(T, m, json, FIELD_U32, "an integer from 0 to 2^32-1", g, NULL)
#define FIELD_DEFINE_I32(T, m, json, g)                                                            \
        FIELD(T, m, json, FIELD_I32, "an integer of 32 bits", g, NULL)
#define FIELD_DEFINE_U8(T, m, json, g)                                                             \
        FIELD(T, m, json, FIELD_U8, "an integer from 0 to 255", g, NULL)
#define FIELD_DEFINE_BOOL(T, m, json, g) FIELD(T, m, json, FIELD_BOOL, "true or false", g, NULL)
#define FIELD_DEFINE_ENUM(T, m, json, g, names)                                                    \
        FIELD(T, m, json, FIELD_ENUM, "one of the known names", g, names)
#define FIELD_DEFINE_CHAR(T, m, json, g)                                                           \
        FIELD(T, m, json, FIELD_CHAR, "a string of one character", g, NULL)
#define FIELD_DEFINE_TEXT(T, m, json, g)                                                           \
        FIELD(T, m, json, FIELD_TEXT, "a string that is not too long", g, NULL)

/* Adds the struct's members to j. 0 or -ENOMEM. */
int fields_encode(json_t *j, const Field *fields, size_t n, const void *s, const void *defaults,
        uint32_t groups);
/* Sets what j has of the fields, leaving others as they are. How many, or -EBADMSG and
 * *ret_expected. Callers compare the sum with json_object_size(): what was not taken by anybody is
 * an unknown member. */
int fields_decode(
        const json_t *j, const Field *fields, size_t n, void *s, const char **ret_expected);

/* The whole object: fields and nothing else. */
json_t *fields_to_json(
        const Field *fields, size_t n, const void *s, const void *defaults, uint32_t groups);
int fields_from_json(
        const json_t *j, const Field *fields, size_t n, void *s, const char **ret_expected);

/* Small helpers that the encoders share. */

/* Sets a member to a new value, which is taken even on failure; value NULL is -ENOMEM. */
int member_set(json_t *j, const char *name, json_t *value);
json_t *integer_from_u64(uint64_t v);
/* An unsigned integer; false where it is none. */
bool integer_get_u64(const json_t *j, uint64_t *ret);

static inline void json_unrefp(json_t **j)
{
        json_decref(*j);
}
#define _cleanup_json_ _cleanup_(json_unrefp)

/* The enum names of knobs, shared. */
extern const FieldNames knob_names;

static inline int bad_member(const char **ret_expected, const char *expected)
{
        *ret_expected = expected;
        return -EBADMSG;
}
