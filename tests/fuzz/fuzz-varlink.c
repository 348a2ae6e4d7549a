/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Varlink codec, as server and as client: the first byte says in pieces of how many bytes the
 * rest comes. What is understood must not depend on that. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/macros.h"
#include "proto/varlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 4096

static void require(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "fuzz-varlink: %s\n", what);
        abort();
}

/* Takes the calls that wait and answers each one. Counts calls and garbage into a sum that depends
 * on their order. */
static void serve(Varlink *v, uint64_t *sum)
{
        VarlinkCall c;
        int r;

        while ((r = varlink_next_call(v, &c)) != 0) {
                require(r == 1 || r == -EBADMSG, "neither a call nor garbage");
                *sum = *sum * 31 + (r == 1 ? 1 + strlen(c.method) : 7);
                if (r != 1)
                        continue;
                require(json_is_object(c.parameters), "parameters are no object");
                require(varlink_in_flight(v), "a call, but none in flight");
                require(varlink_reply(v, c.parameters, c.more) == 0, "cannot answer");
                if (c.more)
                        require(varlink_error(v, "a.E", NULL) == 0, "cannot end the answers");
                require(!varlink_in_flight(v), "answered, but in flight");
                varlink_call_done(&c);
        }
}

static void listen_to(Varlink *v, uint64_t *sum)
{
        VarlinkReply reply;
        int r;

        while ((r = varlink_next_reply(v, &reply)) != 0) {
                require(r == 1 || r == -EBADMSG, "neither a reply nor garbage");
                *sum = *sum * 31 + (r == 1 ? 1 + (unsigned)!!reply.error : 7);
                if (r == 1)
                        varlink_reply_done(&reply);
        }
}

static uint64_t run(
        const uint8_t *data, size_t size, size_t piece, void (*end)(Varlink *, uint64_t *))
{
        _cleanup_(varlink_freep) Varlink *v = NULL;
        uint64_t sum = 0;

        require(varlink_new(&v, INPUT_MAX, SIZE_MAX / 2) == 0, "out of memory");
        if (end == listen_to)
                require(varlink_call(v, "a.B", NULL, true) == 0, "cannot call");
        while (size > 0) {
                size_t n = MIN(piece, size);
                int r = varlink_push(v, data, n);

                require(r == 0 || r == -EMSGSIZE, "cannot push");
                if (r < 0)
                        return UINT64_MAX;
                data += n;
                size -= n;
                end(v, &sum);
        }
        return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        size_t piece;

        /* No message is then too large, which a cut would tell earlier. */
        if (size < 2 || size > INPUT_MAX)
                return 0;
        piece = MAX((size_t)data[0], (size_t)1);
        data++;
        size--;
        require(run(data, size, piece, serve) == run(data, size, size, serve),
                "calls depend on the cut");
        require(run(data, size, piece, listen_to) == run(data, size, size, listen_to),
                "replies depend on the cut");
        return 0;
}
