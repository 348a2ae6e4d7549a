/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/slabinfo.h"

#include "base/macros.h"
#include "parse/text.h"
#include "parse/zones.h"

/* A slab is one block of the buddy allocator. */
#define PAGES_PER_SLAB_MAX (UINT64_C(1) << (ORDERS_MAX - 1))

static void slabinfo_reset(Slabinfo *s)
{
        s->n_caches = 0;
        s->skipped = 0;
}

void slabinfo_done(Slabinfo *s)
{
        free(s->caches);
        *s = (Slabinfo)SLABINFO_INIT;
}

/* Modules choose the names: whatever a terminal would obey is not taken. */
static const char *take_name(Text *line, char name[static SLAB_NAME_MAX])
{
        Text word;
        size_t n = 0;

        if (!text_word(line, &word))
                return "the name of a cache";
        for (const char *p = word.p; p < word.end && n < SLAB_NAME_MAX - 1; p++)
                name[n++] = (char)(*p > ' ' && *p < 0x7f ? *p : '?');
        name[n] = 0;
        return NULL;
}

static const char *take_slabs(SlabCache *c, Text *line, unsigned *skipped)
{
        uint64_t active;
        Text word;

        while (text_word(line, &word)) {
                if (!TEXT_EQUAL(&word, "slabdata"))
                        continue;
                if (!text_number(line, "", &active) || !text_number(line, "", &c->slabs))
                        return "numbers of slabs after \"slabdata\"";
                if (text_count_words(line) > 1)
                        (*skipped)++;
                return NULL;
        }
        return "\"slabdata\"";
}

/* name active_objs num_objs objsize objperslab pagesperslab : tunables a b c : slabdata active_slabs num_slabs shared */
static const char *take_cache(SlabCache *c, Text *line, unsigned *skipped)
{
        const char *expected = take_name(line, c->name);
        uint64_t per_slab, pages;

        if (expected)
                return expected;
        if (!text_number(line, "", &c->active_objects) || !text_number(line, "", &c->objects))
                return "numbers of objects";
        if (!text_number(line, "", &c->object_size) || !text_number(line, "", &per_slab))
                return "an object size and objects per slab";
        if (!text_number(line, "", &c->pages_per_slab) || c->pages_per_slab == 0 ||
                c->pages_per_slab > PAGES_PER_SLAB_MAX)
                return "a number of pages per slab";
        expected = take_slabs(c, line, skipped);
        if (!expected && (__builtin_mul_overflow(c->slabs, c->pages_per_slab, &pages) || pages > UINT64_MAX >> 20))
                return "a number of slabs that memory can hold";
        return expected;
}

static int parse_lines(Slabinfo *s, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line;
        bool truncated = false;

        if (!text_line(&t, &line, &truncated) || !TEXT_TAKE(&line, "slabinfo - version: 2."))
                return parse_fail(ret_error, 1, truncated ? TEXT_TRUNCATED : "\"slabinfo - version: 2.\"");
        while (text_line(&t, &line, &truncated)) {
                SlabCache *caches;
                const char *expected;

                if (line.p < line.end && *line.p == '#')
                        continue;
                if (s->n_caches == SLAB_CACHES_MAX)
                        return parse_fail(ret_error, t.line, "at most 4096 caches");
                caches = zones_reserve(s->caches, s->n_caches, &s->n_allocated, sizeof(*caches));
                if (!caches)
                        return -ENOMEM;
                s->caches = caches;
                expected = take_cache(&caches[s->n_caches], &line, &s->skipped);
                if (expected)
                        return parse_fail(ret_error, t.line, expected);
                s->n_caches++;
        }
        if (truncated)
                return parse_fail(ret_error, t.line, TEXT_TRUNCATED);
        return s->n_caches ? 0 : parse_fail(ret_error, t.line, "the line of a cache");
}

_Static_assert(SLAB_CACHES_MAX == 4096, "error texts say these");

int slabinfo_parse(Slabinfo *s, const char *text, size_t size, ParseError *ret_error)
{
        int r;

        slabinfo_reset(s);
        r = parse_lines(s, text, size, ret_error);
        if (r < 0)
                slabinfo_reset(s);
        return r;
}

bool slab_reclaimable(const char *name)
{
        /* SLAB_RECLAIM_ACCOUNT in fs/dcache.c, fs/inode.c, lib/radix-tree.c, fs/buffer.c and the file systems. */
        static const char *const names[] = { "dentry", "inode_cache", "radix_tree_node", "buffer_head", "xfs_inode",
                "xfs_ili", "btrfs_inode", "zfs_znode_cache", "sa_cache", "dnode_t", "dmu_buf_impl_t" };
        static const char suffix[] = "_inode_cache";
        size_t n = strlen(name);

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (streq(name, names[i]))
                        return true;
        return strncmp(name, "kmalloc-rcl-", strlen("kmalloc-rcl-")) == 0 ||
               (n >= strlen(suffix) && streq(name + n - strlen(suffix), suffix));
}
