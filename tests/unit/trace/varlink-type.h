/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* varlink-type.h - whether a JSON value is of a type of api/io.fragd.Monitor.varlink, read from
 * that file itself. Small on purpose: knows what that file uses. */
#pragma once

#include <jansson.h>

#include "test.h"

static inline bool varlink_is(const char *interface, const char *type, const json_t *v,
        bool partial, char *why, size_t size);

/* "type Name (" ... ")": the text between; NULL if there is none. */
static inline const char *varlink_type_body(const char *interface, const char *name)
{
        char head[64];
        const char *p;

        snprintf(head, sizeof(head), "\ntype %s (\n", name);
        p = strstr(interface, head);
        return p ? p + strlen(head) : NULL;
}

/* "  name: ?type,\n" -> name and type; the next line, or NULL at ")". */
static inline const char *varlink_member(const char *line, char name[64], char type[64])
{
        const char *end = strchr(line, '\n');

        if (*line == ')')
                return NULL;
        ck_assert_int_eq(sscanf(line, " %63[a-z_]: %63[^\n]", name, type), 2);
        if (type[strlen(type) - 1] == ',')
                type[strlen(type) - 1] = 0;
        return end + 1;
}

/* Object of a named type: every member known and of its type, none missing that is not optional
 * (unless partial). */
static inline bool varlink_object_is(const char *interface, const char *body, const json_t *v,
        bool partial, char *why, size_t size)
{
        char name[64], type[64];
        size_t known = 0;

        if (!json_is_object(v)) {
                snprintf(why, size, "not an object");
                return false;
        }
        while ((body = varlink_member(body, name, type))) {
                const json_t *member = json_object_get(v, name);
                char inner[256];

                if (!member && (partial || type[0] == '?'))
                        continue;
                known++;
                if (!member || !varlink_is(interface, type[0] == '?' ? type + 1 : type, member,
                                       false, inner, sizeof(inner))) {
                        snprintf(why, size, "%s: %.200s", name, member ? inner : "missing");
                        return false;
                }
        }
        snprintf(why, size, "unknown member beside the %zu known ones", known);
        return known == json_object_size(v);
}

static inline bool varlink_is(const char *interface, const char *type, const json_t *v,
        bool partial, char *why, size_t size)
{
        const char *body = varlink_type_body(interface, type);
        const json_t *item;
        const char *key;
        size_t i;

        snprintf(why, size, "not of type %s", type);
        if (body)
                return varlink_object_is(interface, body, v, partial, why, size);
        if (strncmp(type, "[]", 2) == 0) {
                json_array_foreach(v, i, item) if (!varlink_is(interface, type + 2, item, false,
                                                           why, size)) return false;
                return json_is_array(v);
        }
        if (strncmp(type, "[string]", 8) == 0) {
                json_object_foreach(
                        (json_t *)v, key, item) if (!varlink_is(interface, type + 8, item, false,
                                                            why, size)) return false;
                return json_is_object(v);
        }
        if (type[0] == '(') /* an enum */
                return json_is_string(v) && strstr(type, json_string_value(v)) != NULL;
        if (streq(type, "int"))
                return json_is_integer(v);
        if (streq(type, "bool"))
                return json_is_boolean(v);
        if (streq(type, "string"))
                return json_is_string(v);
        ck_assert_str_eq(type, "object");
        return json_is_object(v);
}
