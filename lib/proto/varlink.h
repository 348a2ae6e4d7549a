/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* varlink.h - the Varlink wire format (varlink.org): NUL-terminated JSON objects. Bytes in, messages out; no socket here.
 *
 * Server side: feed what was read with varlink_push(), take calls with varlink_next_call() until it says 0, queue replies, and
 * write varlink_pending(). Client side: varlink_call() queues a call, varlink_next_reply() takes replies. One call is in
 * flight at a time; further ones stay in the input until the current one has had its last reply (pipelining). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Varlink Varlink;

/* input_max: largest accepted message; output_max: most bytes that may be queued. -ENOMEM. */
int varlink_new(Varlink **ret, size_t input_max, size_t output_max);
Varlink *varlink_free(Varlink *v);
static inline void varlink_freep(Varlink **v)
{
        if (*v)
                varlink_free(*v);
}

/* 0; -ENOMEM; -EMSGSIZE: a message larger than input_max (close the connection). On failure nothing is taken. What is kept is
 * bounded if more is only pushed while varlink_has_message() says no. */
int varlink_push(Varlink *v, const void *data, size_t size);
/* A whole message waits in the input. */
bool varlink_has_message(const Varlink *v);

typedef struct VarlinkCall {
        char *method;       /* "io.fragd.GetStatus"; owned */
        json_t *parameters; /* an object, perhaps empty; owned */
        bool more, oneway;
        bool upgrade; /* the client wants to leave Varlink on this connection */
} VarlinkCall;
void varlink_call_done(VarlinkCall *c);

/* 1 and a call; 0: none complete, or one is in flight; -EBADMSG: not a call (close the connection); -ENOMEM.
 * Strict: a member that Varlink does not have, a duplicate, a wrong type, or `more` together with `oneway` is not a call.
 * A parameter that is an integer beyond 64 bits is a real. */
int varlink_next_call(Varlink *v, VarlinkCall *ret);
/* Replies to the call in flight; parameters may be NULL, the reference is borrowed. continues: more will follow, allowed only
 * if the call said `more`. Nothing is sent for a oneway call. -ENOBUFS above output_max (close), -ENOMEM, -EINVAL: no call. */
int varlink_reply(Varlink *v, json_t *parameters, bool continues);
int varlink_error(Varlink *v, const char *error, json_t *parameters);
bool varlink_in_flight(const Varlink *v);

/* What is to be written; *ret borrowed until the next call. Tell how much of it was with varlink_written(). */
size_t varlink_pending(const Varlink *v, const char **ret);
void varlink_written(Varlink *v, size_t n);

/* Client. -EBUSY: a call is in flight. -ENOBUFS, -ENOMEM. */
int varlink_call(Varlink *v, const char *method, json_t *parameters, bool more);
typedef struct VarlinkReply {
        char *error;        /* NULL for a good reply; owned */
        json_t *parameters; /* an object; owned */
        bool continues;
} VarlinkReply;
void varlink_reply_done(VarlinkReply *r);
int varlink_next_reply(Varlink *v, VarlinkReply *ret); /* 1, 0, -EBADMSG, -ENOMEM */
