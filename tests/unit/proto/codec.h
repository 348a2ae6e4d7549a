/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* codec.h - what the conversations of both sides share. Texts here are sent with the NUL that C
 * puts behind them. */
#pragma once

#include "proto/varlink.h"
#include "test.h"

#define INPUT_MAX  1000
#define OUTPUT_MAX 500

#define _cleanup_varlink_ _cleanup_(varlink_freep)

static inline Varlink *codec(void)
{
        Varlink *v;

        ck_assert_int_eq(varlink_new(&v, INPUT_MAX, OUTPUT_MAX), 0);
        return v;
}

static inline void push(Varlink *v, const char *text)
{
        ck_assert_int_eq(varlink_push(v, text, strlen(text) + 1), 0);
}

static inline json_t *json(const char *text)
{
        json_t *j = json_loads(text, 0, NULL);

        ck_assert_msg(j, "the test's own JSON is wrong: %s", text);
        return j;
}

static inline void assert_json(const json_t *is, const char *text)
{
        json_t *should = json(text);
        char *got = json_dumps(is, JSON_COMPACT);

        ck_assert_msg(json_equal(is, should), "expected %s, got %s", text, got);
        free(got);
        json_decref(should);
}

static inline void assert_call(Varlink *v, const char *method, const char *parameters)
{
        VarlinkCall c;

        ck_assert_int_eq(varlink_next_call(v, &c), 1);
        ck_assert_str_eq(c.method, method);
        assert_json(c.parameters, parameters);
        varlink_call_done(&c);
}

/* Takes what is to be written and compares it, NULs and all; n messages. */
static inline void assert_output(Varlink *v, const char *messages[], size_t n)
{
        const char *data;
        size_t size = varlink_pending(v, &data), at = 0;

        for (size_t i = 0; i < n; i++) {
                size_t length = strlen(messages[i]) + 1;

                ck_assert_uint_le(at + length, size);
                ck_assert_str_eq(data + at, messages[i]);
                at += length;
        }
        ck_assert_uint_eq(at, size);
        varlink_written(v, size);
}

/* "{"parameters":{"s":"xxx"},"continues":true}" of exactly size bytes with its NUL. */
static inline json_t *parameters_for(size_t size)
{
        size_t frame = strlen("{\"parameters\":{\"s\":\"\"},\"continues\":true}") + 1;
        char fill[OUTPUT_MAX + 1];

        ck_assert_uint_lt(size - frame, sizeof(fill));
        memset(fill, 'x', size - frame);
        return json_pack("{s:s%}", "s", fill, size - frame);
}
