/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pool.h - pools of huge pages that the actor has grown, and that nobody has said to keep yet.
 *
 * RUNTIME_DIR/pools exists exactly while there is such a pool, and is there before the first page is:
 *
 *     fragd-pools 1
 *     0 2097152 16 528                          node, bytes of a page, before, limit
 *     end
 *
 * before: nr_hugepages when we found it. limit: what we asked for last, or, once the kernel has answered, what we got. A pool of
 * more than `before` and at most `limit` pages is as we left it, perhaps in the middle of growing, and is taken back to `before`
 * when that is asked for, when the connection ends without a KEEP, and by the next actor where this one was killed. Any other
 * number is somebody else's doing: theirs, and left alone. (So the one case that is not told apart is an admin who shrinks the pool to
 * something in between.) Pages that are in use when they are taken back go when they are freed: the kernel counts them as surplus.
 *
 * The writes themselves take long, and are done in a child (run.h): pool_grow_prepare() before, pool_grow_finish() after.
 * Negative errno; what an admin has to know is said on stderr. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "root/root.h"

#define POOL_PATH_SIZE 128

typedef struct Pool {
        uint32_t node;
        uint64_t size; /* bytes of one page */
        int64_t before, limit;
} Pool;

typedef struct Pools {
        const RootDir *root; /* borrowed */
        int dir_fd;          /* the runtime folder; borrowed, its lock is held elsewhere (baseline.h) */
        bool unsaved;        /* the file is not as it should be */
        Pool pools[ACTOR_POOLS_MAX];
        unsigned n;
} Pools;

/* Reads what a killed actor left. A file that is not as above is set aside as "pools.damaged". */
int pools_open(Pools *p, const RootDir *root, int dir_fd);
/* Records that the pool may grow by `add`. expected: pages that it has grown by so far. *target: what to write to the file at path.
 * -ESTALE, -ENOENT: see wire.h; -ENOSPC: too many pools at a time. */
int pool_grow_prepare(Pools *p, uint32_t node, uint64_t size, int64_t expected, int64_t add, char path[static POOL_PATH_SIZE],
        int64_t *target);
/* Reads what it has become. *grown: by how much; *before: from what. A pool that did not grow is forgotten. */
int pool_grow_finish(Pools *p, uint32_t node, uint64_t size, int64_t *grown, int64_t *before);
/* *left: pages that are in use and stay for now. Nothing to do is success. */
int pool_undo(Pools *p, uint32_t node, uint64_t size, int64_t *left);
/* *grown: what is kept. Nothing to keep is success. */
int pool_keep(Pools *p, uint32_t node, uint64_t size, int64_t *grown);
/* tell: say what was taken back. */
int pools_undo_all(Pools *p, bool tell);
