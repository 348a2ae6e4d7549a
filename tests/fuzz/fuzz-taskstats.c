/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-taskstats.c - any bytes as the kernel's struct taskstats, and as a packet of fragd-taskstats that carries them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/taskstats.h"
#include "wire/taskstats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "fuzz-taskstats: %s\n", what);
        abort();
}

static void parse(const uint8_t *data, size_t size)
{
        Taskstats t = { .version = 4711 };
        int r = taskstats_parse(&t, data, size);

        require(r == 0 || r == -EBADMSG || r == -ENOTSUP, "neither success nor what the header says");
        if (r < 0) {
                require(t.version == 4711, "touched on failure");
                return;
        }
        require(t.version == ((unsigned)data[0] | (unsigned)data[1] << 8), "another version");
        require((t.compactions == UNKNOWN_U64) == (t.version < TASKSTATS_COMPACTION), "figures of compaction where there are none, or none where there are");
        require((t.compactions == UNKNOWN_U64) == (t.compact_nsec == UNKNOWN_U64), "a number without its time");
        require(t.reclaims != UNKNOWN_U64 && t.reclaim_nsec != UNKNOWN_U64, "reclaim is in every version");
        require(t.accounted || ((t.compactions == 0 || t.compactions == UNKNOWN_U64) && t.reclaims == 0), "waits that were not accounted");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        TaskstatsReply reply;

        parse(data, size);
        if (size < sizeof(reply))
                return 0;
        memcpy(&reply, data, sizeof(reply));
        if (taskstats_reply_check(&reply, sizeof(reply)) == 0 && reply.result == 0)
                parse(reply.data, reply.size);
        return 0;
}
