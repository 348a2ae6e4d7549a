/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/pool.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "actor/record.h"
#include "actor/say.h"
#include "base/strbuf.h"
#include "base/units.h"

#define FILE_NAME    "pools"
#define FILE_DAMAGED "pools.damaged"
#define FILE_HEAD    "fragd-pools 1"

static void pool_path(char path[static POOL_PATH_SIZE], uint32_t node, uint64_t size)
{
        snprintf(path, POOL_PATH_SIZE, "sys/devices/system/node/node%" PRIu32 "/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages", node,
                size / 1024);
}

static int pool_read(const Pools *p, uint32_t node, uint64_t size, int64_t *ret)
{
        char path[POOL_PATH_SIZE];
        int64_t n;
        int r;

        pool_path(path, node, size);
        r = root_read_int(p->root, path, &n);
        if (r < 0)
                return r;
        if (n < 0 || n > INT64_MAX / 2)
                return -EBADMSG;
        *ret = n;
        return 0;
}

/* --- the record --- */

static int read_line(void *userdata, char *line)
{
        Pools *p = userdata;
        uint64_t v[4];
        char *save = NULL, *word = strtok_r(line, " ", &save);

        for (size_t i = 0; i < ELEMENTSOF(v); i++, word = strtok_r(NULL, " ", &save))
                if (!word || number_parse(word, &v[i]) < 0 || v[i] > INT64_MAX / 2)
                        return -EBADMSG;
        if (word || p->n == ACTOR_POOLS_MAX || v[0] >= NODES_MAX || v[1] < 1024 || (v[1] & (v[1] - 1)) || v[3] <= v[2])
                return -EBADMSG;
        p->pools[p->n++] = (Pool){ .node = (uint32_t)v[0], .size = v[1], .before = (int64_t)v[2], .limit = (int64_t)v[3] };
        return 0;
}

int pools_open(Pools *p, const RootDir *root, int dir_fd)
{
        int r;

        *p = (Pools){ .root = root, .dir_fd = dir_fd };
        r = record_load(dir_fd, FILE_NAME, FILE_HEAD, read_line, p);
        if (r != -EBADMSG)
                return r;
        p->n = 0;
        say(FILE_NAME " is not a whole '" FILE_HEAD "' file that only this user can write: set aside as " FILE_DAMAGED
                      ", no pool of huge pages is taken back from it");
        return renameat(dir_fd, FILE_NAME, dir_fd, FILE_DAMAGED) < 0 ? -errno : 0;
}

/* On disk, as a whole, when this returns 0. */
static int save(Pools *p)
{
        _cleanup_strbuf_ StrBuf text = {};
        int r;

        strbuf_puts(&text, FILE_HEAD "\n");
        for (unsigned i = 0; i < p->n; i++)
                strbuf_printf(&text, "%" PRIu32 " %" PRIu64 " %" PRIi64 " %" PRIi64 "\n", p->pools[i].node, p->pools[i].size,
                        p->pools[i].before, p->pools[i].limit);
        strbuf_puts(&text, "end\n");
        r = strbuf_error(&text);
        if (r >= 0)
                r = record_save(p->dir_fd, FILE_NAME, p->n ? text.data : NULL, text.size);
        p->unsaved = r < 0;
        return r;
}

static Pool *find(Pools *p, uint32_t node, uint64_t size)
{
        for (unsigned i = 0; i < p->n; i++)
                if (p->pools[i].node == node && p->pools[i].size == size)
                        return &p->pools[i];
        return NULL;
}

static void forget(Pools *p, Pool *pool)
{
        p->n--;
        memmove(pool, pool + 1, (size_t)(&p->pools[p->n] - pool) * sizeof(*pool));
}

/* --- growing --- */

int pool_grow_prepare(Pools *p, uint32_t node, uint64_t size, int64_t expected, int64_t add, char path[static POOL_PATH_SIZE],
        int64_t *target)
{
        Pool *pool = find(p, node, size), old;
        int64_t now;
        int r;

        r = pool_read(p, node, size, &now);
        if (r < 0)
                return r;
        if (expected != (pool ? now - pool->before : 0) || (pool && now != pool->limit))
                return -ESTALE;
        if (!pool && p->n == ACTOR_POOLS_MAX)
                return -ENOSPC;
        if (!pool) {
                pool = &p->pools[p->n++];
                *pool = (Pool){ .node = node, .size = size, .before = now, .limit = now };
        }
        old = *pool;
        pool->limit = now + add;
        r = save(p);
        if (r < 0) {
                *pool = old;
                if (pool->limit == pool->before)
                        forget(p, pool);
                return r;
        }
        pool_path(path, node, size);
        *target = now + add;
        return 0;
}

int pool_grow_finish(Pools *p, uint32_t node, uint64_t size, int64_t *grown, int64_t *before)
{
        Pool *pool = find(p, node, size);
        int64_t now;
        int r;

        if (!pool)
                return -ENOENT;
        *before = pool->before;
        r = pool_read(p, node, size, &now);
        if (r < 0)
                return r; /* the record on disk covers whatever is there */
        if (now > pool->limit)
                return -ESTALE; /* somebody else was at it, too */
        *grown = MAX(now - pool->before, INT64_C(0));
        pool->limit = now;
        if (now <= pool->before)
                forget(p, pool);
        r = save(p);
        if (r < 0)
                say("cannot update the record of the pool of huge pages: %s; ignoring, as the one on disk covers this", strerror(-r));
        return 0;
}

/* 1: written. Forgets the pool unless that failed. */
static int take_back(Pools *p, Pool *pool, bool tell, int64_t *left)
{
        char path[POOL_PATH_SIZE];
        int64_t found = 0, now = 0;
        int r = pool_read(p, pool->node, pool->size, &found);

        *left = 0;
        pool_path(path, pool->node, pool->size);
        if (r == -ENOENT || r == -ENODEV)
                r = 0; /* the node has gone, and its pages with it */
        else if (r >= 0 && found > pool->before && found <= pool->limit) {
                r = root_write_int(p->root, path, pool->before);
                if (r >= 0)
                        r = pool_read(p, pool->node, pool->size, &now);
                if (r >= 0) {
                        *left = MAX(now - pool->before, INT64_C(0));
                        if (tell || *left)
                                say("%s taken back from %" PRIi64 " to %" PRIi64 "%s", path, found, now,
                                        *left ? ": the others are in use" : "");
                }
                r = r < 0 ? r : 1;
        } else if (r >= 0 && found != pool->before)
                say("%s is %" PRIi64 " now, which is not ours: left as it is (it was %" PRIi64 " before us)", path, found,
                        pool->before);
        if (r < 0) {
                say("cannot take %s back to %" PRIi64 ": %s; kept on record", path, pool->before, strerror(-r));
                return r;
        }
        forget(p, pool);
        return r;
}

int pool_undo(Pools *p, uint32_t node, uint64_t size, int64_t *left)
{
        Pool *pool = find(p, node, size);
        int r;

        *left = 0;
        if (!pool)
                return p->unsaved ? save(p) : 0;
        r = take_back(p, pool, false, left);
        return r < 0 ? r : save(p);
}

int pool_keep(Pools *p, uint32_t node, uint64_t size, int64_t *grown)
{
        Pool *pool = find(p, node, size);

        *grown = 0;
        if (!pool)
                return p->unsaved ? save(p) : 0;
        *grown = pool->limit - pool->before;
        forget(p, pool);
        return save(p);
}

int pools_undo_all(Pools *p, bool tell)
{
        bool any = p->n > 0 || p->unsaved;
        int error = 0, r;

        for (unsigned i = p->n; i-- > 0;) {
                int64_t left;

                r = take_back(p, &p->pools[i], tell, &left);
                if (r < 0)
                        error = r;
        }
        r = any ? save(p) : 0;
        if (r < 0)
                say("cannot update the record of pools of huge pages: %s", strerror(-r));
        return error < 0 ? error : r;
}
