/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/taskstats.h"

#include <string.h>

#include "base/macros.h"

#define NONE SIZE_MAX

/* Where the counts stand; each is followed by its total, nsec, but for those of `others`. */
typedef struct Layout {
        unsigned first, last; /* versions */
        size_t size_min, size_max;
        size_t reclaim, compact;
        size_t others[5]; /* blkio, swapin, thrashing, wpcopy, irq: counts of other waits */
} Layout;

static const Layout layouts[] = {
        { 9, 10, 344, SIZE_MAX, 312, NONE, { 32, 48, 328, NONE, NONE } },
        { 11, 12, 368, SIZE_MAX, 312, 352, { 32, 48, 328, NONE, NONE } },
        { 13, 13, 416, SIZE_MAX, 312, 352, { 32, 48, 328, 400, NONE } },
        /* Some 6.14 had the fields of 15 already, and not its number. */
        { 14, 14, 432, 432, 312, 352, { 32, 48, 328, 400, 416 } },
        { 15, 15, 560, 560, 360, 432, { 48, 80, 392, 496, 528 } },
        { 16, UINT32_MAX, 560, SIZE_MAX, 312, 352, { 32, 48, 328, 400, 416 } },
};

static uint64_t at(const void *data, size_t offset)
{
        uint64_t value;

        if (offset == NONE)
                return UNKNOWN_U64;
        memcpy(&value, (const char *)data + offset, sizeof(value));
        return MIN(value, UNKNOWN_U64 - 1);
}

static bool counted(const void *data, size_t offset)
{
        return offset != NONE && at(data, offset) > 0;
}

int taskstats_parse(Taskstats *ret, const void *data, size_t size)
{
        const Layout *l = NULL;
        uint16_t version;
        Taskstats t;

        if (size < sizeof(version))
                return -EBADMSG;
        memcpy(&version, data, sizeof(version));
        for (size_t i = 0; !l && i < ELEMENTSOF(layouts); i++)
                if (version >= layouts[i].first && version <= layouts[i].last)
                        l = &layouts[i];
        if (!l || size > l->size_max)
                return -ENOTSUP;
        if (size < l->size_min)
                return -EBADMSG;
        t = (Taskstats){
                .version = version,
                .compactions = at(data, l->compact),
                .compact_nsec = l->compact == NONE ? UNKNOWN_U64 : at(data, l->compact + 8),
                .reclaims = at(data, l->reclaim),
                .reclaim_nsec = at(data, l->reclaim + 8),
                .accounted = counted(data, l->reclaim) || counted(data, l->compact),
        };
        for (size_t i = 0; i < ELEMENTSOF(l->others); i++)
                t.accounted = t.accounted || counted(data, l->others[i]);
        *ret = t;
        return 0;
}
