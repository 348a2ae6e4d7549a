/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proto/varlink.h"

#include "base/macros.h"

/* Buffers larger than this are given back when they run empty: one large reply must not cost memory
 * for ever. */
#define KEEP_SIZE 16384

typedef struct Buffer {
        char *data; /* what is of interest is data[begin..end) */
        size_t begin, end, allocated;
} Buffer;

struct Varlink {
        Buffer in, out;
        size_t input_max, output_max;
        size_t message; /* in in.data: start of the last message, the one whose NUL has not come yet
                         */
        bool in_flight; /* server: a call was taken; client: a call was queued */
        bool more, oneway; /* of the call in flight */
};

static void buffer_done(Buffer *b)
{
        free(b->data);
        *b = (Buffer){ 0 };
}

/* Makes room for size more bytes behind end, moving what there is to the front if that helps. */
static int buffer_reserve(Buffer *b, size_t size)
{
        size_t used = b->end - b->begin, want;
        char *data;

        if (size <= b->allocated - b->end)
                return 0;
        if (b->begin > 0) {
                memmove(b->data, b->data + b->begin, used);
                b->begin = 0;
                b->end = used;
        }
        if (size <= b->allocated - b->end)
                return 0;
        if (size > SIZE_MAX / 4 - used)
                return -ENOMEM;
        want = MAX(MAX(used + size, b->allocated * 2), (size_t)256);
        data = realloc(b->data, want);
        if (!data)
                return -ENOMEM;
        b->data = data;
        b->allocated = want;
        return 0;
}

static void buffer_consume(Buffer *b, size_t size)
{
        assert(size <= b->end - b->begin);
        b->begin += size;
        if (b->begin < b->end)
                return;
        b->begin = b->end = 0;
        if (b->allocated > KEEP_SIZE)
                buffer_done(b);
}

int varlink_new(Varlink **ret, size_t input_max, size_t output_max)
{
        Varlink *v = calloc(1, sizeof(*v));

        if (!v)
                return -ENOMEM;
        v->input_max = input_max;
        v->output_max = output_max;
        *ret = v;
        return 0;
}

Varlink *varlink_free(Varlink *v)
{
        if (!v)
                return NULL;
        buffer_done(&v->in);
        buffer_done(&v->out);
        free(v);
        return NULL;
}

/* Whether each message stays within the limit once the bytes are appended. *ret_tail: bytes behind
 * the last NUL, or of all, where there is none. */
static bool fits(const Varlink *v, const char *data, size_t size, size_t *ret_tail)
{
        size_t tail = v->in.end - v->message;

        for (;;) {
                const char *nul = size > 0 ? memchr(data, 0, size) : NULL;
                size_t n = nul ? (size_t)(nul - data) : size;

                if (tail > v->input_max || n > v->input_max - tail)
                        return false;
                if (!nul)
                        break;
                data += n + 1;
                size -= n + 1;
                tail = 0;
        }
        *ret_tail = tail + size;
        return true;
}

int varlink_push(Varlink *v, const void *data, size_t size)
{
        size_t tail;
        int r;

        if (!fits(v, data, size, &tail))
                return -EMSGSIZE;
        if (size == 0)
                return 0;
        r = buffer_reserve(&v->in, size);
        if (r < 0)
                return r;
        memcpy(v->in.data + v->in.end, data, size);
        v->in.end += size;
        v->message = v->in.end - tail;
        return 0;
}

bool varlink_has_message(const Varlink *v)
{
        return v->message > v->in.begin;
}

static void restore_integers(json_t *parameters)
{
        const char *key;
        json_t *value;

        json_object_foreach(parameters, key, value)
        {
                double d = json_real_value(value);

                /* 2^63 is exact; what is below it fits. Without memory it stays as it is. */
                if (json_is_real(value) && d > -0x1p63 && d < 0x1p63 && d == (double)(json_int_t)d)
                        (void)json_object_set_new(
                                parameters, key, json_integer((json_int_t)d));
        }
}

/* A number of a call that 64 bits do not hold is no reason to hang up without a word: it becomes a
 * real, which no integer parameter takes, so that the caller is told which one. The other integers
 * stay integers. */
static json_t *load(const char *text, size_t size, bool is_call, json_error_t *error)
{
        json_t *j = json_loadb(text, size, JSON_REJECT_DUPLICATES, error);

        if (j || !is_call || json_error_code(error) != json_error_numeric_overflow)
                return j;
        j = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, error);
        restore_integers(json_object_get(j, "parameters"));
        return j;
}

/* Takes one message off the input. 1 and a new reference to an object, 0, -EBADMSG, -ENOMEM. */
static int take_message(Varlink *v, bool is_call, json_t **ret)
{
        json_error_t error;
        const char *text;
        size_t size;
        json_t *j;
        bool oom;

        if (!varlink_has_message(v))
                return 0;
        text = v->in.data + v->in.begin;
        size = strlen(text);
        j = load(text, size, is_call, &error);
        oom = !j && json_error_code(&error) == json_error_out_of_memory;
        buffer_consume(&v->in, size + 1);
        if (v->in.end == 0)
                v->message = 0;
        if (oom)
                return -ENOMEM;
        if (!json_is_object(j)) {
                json_decref(j);
                return -EBADMSG;
        }
        *ret = j;
        return 1;
}

static int member_bool(const json_t *j, bool *ret)
{
        if (!json_is_boolean(j))
                return -EBADMSG;
        *ret = json_is_true(j);
        return 0;
}

static int member_string(const json_t *j, char **ret)
{
        char *s;

        if (!json_is_string(j) || json_string_length(j) == 0)
                return -EBADMSG;
        s = strdup(json_string_value(j));
        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

/* null is as good as nothing: some clients write it for "no parameters". */
static int member_parameters(json_t *j, json_t **ret)
{
        if (json_is_null(j))
                return 0;
        if (!json_is_object(j))
                return -EBADMSG;
        *ret = json_incref(j);
        return 0;
}

static int parameters_default(json_t **parameters)
{
        if (!*parameters)
                *parameters = json_object();
        return *parameters ? 0 : -ENOMEM;
}

void varlink_call_done(VarlinkCall *c)
{
        free(c->method);
        json_decref(c->parameters);
        *c = (VarlinkCall){ 0 };
}

static int call_member(VarlinkCall *c, const char *key, json_t *value)
{
        if (streq(key, "method"))
                return member_string(value, &c->method);
        if (streq(key, "parameters"))
                return member_parameters(value, &c->parameters);
        if (streq(key, "more"))
                return member_bool(value, &c->more);
        if (streq(key, "oneway"))
                return member_bool(value, &c->oneway);
        if (streq(key, "upgrade"))
                return member_bool(value, &c->upgrade);
        return -EBADMSG;
}

static int call_parse(json_t *j, VarlinkCall *ret)
{
        _cleanup_(varlink_call_done) VarlinkCall c = { 0 };
        const char *key;
        json_t *value;
        int r;

        json_object_foreach(j, key, value)
        {
                r = call_member(&c, key, value);
                if (r < 0)
                        return r;
        }
        if (!c.method || (c.more && c.oneway))
                return -EBADMSG;
        r = parameters_default(&c.parameters);
        if (r < 0)
                return r;
        *ret = c;
        c = (VarlinkCall){ 0 };
        return 0;
}

int varlink_next_call(Varlink *v, VarlinkCall *ret)
{
        VarlinkCall c;
        json_t *j;
        int r;

        if (v->in_flight)
                return 0;
        r = take_message(v, true, &j);
        if (r <= 0)
                return r;
        r = call_parse(j, &c);
        json_decref(j);
        if (r < 0)
                return r;
        v->in_flight = true;
        v->more = c.more;
        v->oneway = c.oneway;
        *ret = c;
        return 1;
}

/* For json_dump_callback(): appends to the output as far as its limit allows. */
typedef struct Sink {
        Buffer *buffer;
        size_t max;
        int error;
} Sink;

static int sink_write(const char *data, size_t size, void *userdata)
{
        Sink *s = userdata;

        if (size > s->max - (s->buffer->end - s->buffer->begin)) {
                s->error = -ENOBUFS;
                return -1;
        }
        s->error = buffer_reserve(s->buffer, size);
        if (s->error < 0)
                return -1;
        memcpy(s->buffer->data + s->buffer->end, data, size);
        s->buffer->end += size;
        return 0;
}

/* Queues one message with its NUL, or nothing. Takes j; NULL: -ENOMEM. */
static int queue_message(Varlink *v, json_t *j)
{
        size_t before = v->out.end - v->out.begin;
        Sink sink = { .buffer = &v->out, .max = v->output_max };
        int r;

        if (!j)
                return -ENOMEM;
        r = json_dump_callback(j, sink_write, &sink, JSON_COMPACT);
        json_decref(j);
        if (r == 0)
                r = sink_write("", 1, &sink);
        if (r == 0)
                return 0;
        v->out.end = v->out.begin + before;
        return sink.error < 0 ? sink.error : -ENOMEM;
}

/* {first key: string, "parameters": {...}, last key: true}; keys may be NULL. */
static json_t *message_new(const char *key, const char *value, json_t *parameters, const char *flag)
{
        json_t *j = json_object();
        int r = 0;

        if (!j)
                return NULL;
        if (key)
                r |= json_object_set_new(j, key, json_string(value));
        r |= json_object_set_new(
                j, "parameters", parameters ? json_incref(parameters) : json_object());
        if (flag)
                r |= json_object_set_new(j, flag, json_true());
        if (r != 0) {
                json_decref(j);
                return NULL;
        }
        return j;
}

static int answer(Varlink *v, const char *error, json_t *parameters, bool continues)
{
        int r;

        if (!v->in_flight || (continues && !v->more))
                return -EINVAL;
        if (!v->oneway) {
                r = queue_message(v, message_new(error ? "error" : NULL, error, parameters,
                                             continues ? "continues" : NULL));
                if (r < 0)
                        return r;
        }
        v->in_flight = continues;
        return 0;
}

int varlink_reply(Varlink *v, json_t *parameters, bool continues)
{
        return answer(v, NULL, parameters, continues);
}

int varlink_error(Varlink *v, const char *error, json_t *parameters)
{
        return answer(v, error, parameters, false);
}

bool varlink_in_flight(const Varlink *v)
{
        return v->in_flight;
}

size_t varlink_pending(const Varlink *v, const char **ret)
{
        *ret = v->out.data ? v->out.data + v->out.begin : "";
        return v->out.end - v->out.begin;
}

void varlink_written(Varlink *v, size_t n)
{
        buffer_consume(&v->out, n);
}

int varlink_call(Varlink *v, const char *method, json_t *parameters, bool more)
{
        int r;

        if (v->in_flight)
                return -EBUSY;
        r = queue_message(v, message_new("method", method, parameters, more ? "more" : NULL));
        if (r < 0)
                return r;
        v->in_flight = true;
        v->more = more;
        return 0;
}

void varlink_reply_done(VarlinkReply *r)
{
        free(r->error);
        json_decref(r->parameters);
        *r = (VarlinkReply){ 0 };
}

static int reply_member(VarlinkReply *reply, const char *key, json_t *value)
{
        if (streq(key, "error"))
                return member_string(value, &reply->error);
        if (streq(key, "parameters"))
                return member_parameters(value, &reply->parameters);
        if (streq(key, "continues"))
                return member_bool(value, &reply->continues);
        return -EBADMSG;
}

static int reply_parse(json_t *j, VarlinkReply *ret)
{
        _cleanup_(varlink_reply_done) VarlinkReply reply = { 0 };
        const char *key;
        json_t *value;
        int r;

        json_object_foreach(j, key, value)
        {
                r = reply_member(&reply, key, value);
                if (r < 0)
                        return r;
        }
        if (reply.error && reply.continues)
                return -EBADMSG;
        r = parameters_default(&reply.parameters);
        if (r < 0)
                return r;
        *ret = reply;
        reply = (VarlinkReply){ 0 };
        return 0;
}

int varlink_next_reply(Varlink *v, VarlinkReply *ret)
{
        VarlinkReply reply;
        json_t *j;
        int r;

        r = take_message(v, false, &j);
        if (r <= 0)
                return r;
        r = reply_parse(j, &reply);
        json_decref(j);
        if (r < 0)
                return r;
        if (!v->in_flight || (reply.continues && !v->more)) {
                varlink_reply_done(&reply);
                return -EBADMSG;
        }
        v->in_flight = reply.continues;
        *ret = reply;
        return 1;
}
