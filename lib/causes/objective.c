/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands behind the verdict on an objective. */
#include <inttypes.h>

#include "causes/internal.h"

/* What holds less of the memory than this is not in anybody's way, permyriad. */
#define OWNER_NOTABLE 100
/* Locked memory is named where memory is short from this share on. */
#define LOCKED_NOTABLE 2500
/* And where memory is fragmented from this one on. */
#define MLOCKED_NOTABLE 500

typedef bool (*Finder)(const CauseFacts *f, const CauseQuestion *q, Cause *ret);

static uint64_t missing(const CauseQuestion *q)
{
        return q->reserve > q->current ? q->reserve - q->current : 0;
}

static uint64_t known(uint64_t v)
{
        return v == UNKNOWN_U64 ? 0 : v;
}

/* --- memory is short: where it is --- */

/* Pages that are free on the node and serve no request of the kernel's own: in ZONE_MOVABLE, and of CMA elsewhere. */
static void user_only_free(const CauseFacts *f, const Node *n, uint64_t *ret_movable, uint64_t *ret_cma)
{
        *ret_movable = *ret_cma = 0;
        for (size_t i = 0; i < n->n_zones; i++) {
                const Zone *z = &f->model->zones[n->first_zone + i];

                if (z->movable)
                        *ret_movable += z->free_pages;
                else
                        *ret_cma += known(z->free_cma);
        }
}

static bool user_only(const CauseFacts *f, const CauseQuestion *q, Cause *ret)
{
        uint64_t movable, cma;

        if (q->use != USE_KERNEL)
                return false;
        user_only_free(f, q->node, &movable, &cma);
        movable = cause_bytes(f->model, movable);
        cma = cause_bytes(f->model, cma);
        if (movable == UNKNOWN_U64 || cma == UNKNOWN_U64 || movable + cma < missing(q))
                return false;
        ret->id = movable >= cma ? CAUSE_MOVABLE_ONLY : CAUSE_CMA_ONLY;
        ret->bytes = UNKNOWN_U64 - 1; /* before what has a size */
        if (movable > 0 && cma > 0)
                cause_say(ret, "%s that are free lie in ZONE_MOVABLE and %s in CMA areas, which serve no request of the kernel's own",
                        SIZE(movable), SIZE(cma));
        else
                cause_say(ret, "%s that are free lie in %s, which serve%s no request of the kernel's own", SIZE(movable + cma),
                        movable ? "ZONE_MOVABLE" : "CMA areas", movable ? "s" : "");
        cause_advise(ret,
                ret->id == CAUSE_MOVABLE_ONLY ?
                        "See what the kernel uses memory for: fragctl census, slabtop -s c. If it needs that: a smaller movablecore= at boot, or less "
                        "memory online as movable." :
                        "See what the kernel uses memory for: fragctl census, slabtop -s c. If it needs that: a smaller cma= or hugetlb_cma= at boot.");
        return true;
}

/* Pages of that size that are free and promised to somebody; on which node, the kernel does not tell. */
static uint64_t promised(const CauseFacts *f, uint64_t size)
{
        for (size_t i = 0; i < f->n_pools; i++)
                if (f->pools[i].size == size && f->pools[i].node == NODE_ALL)
                        return known(f->pools[i].reserved);
        return 0;
}

/* The pool of that size with most idle pages, of the node if the kernel tells. Idle: free, and not promised to anybody. */
static const HugePool *idle_pool_of(const CauseFacts *f, const Node *n, uint64_t *ret_pages)
{
        const HugePool *best = NULL;
        uint64_t most = 0;

        for (size_t i = 0; i < f->n_pools; i++) {
                const HugePool *p = &f->pools[i];
                uint64_t idle = LESS_BY(known(p->free), promised(f, p->size));

                if (p->node != (f->model->n_nodes > 1 ? n->id : NODE_ALL) || idle * p->size <= most)
                        continue;
                best = p;
                most = idle * p->size;
                *ret_pages = idle;
        }
        return best;
}

static bool idle_pool(const CauseFacts *f, const CauseQuestion *q, Cause *ret)
{
        uint64_t pages;
        const HugePool *p = idle_pool_of(f, q->node, &pages);

        if (!p || pages * p->size < missing(q))
                return false;
        ret->id = CAUSE_IDLE_POOL;
        ret->bytes = pages * p->size;
        cause_say(ret, "%s lie idle in the pool of huge pages of %s, where nobody else gets them", SIZE(ret->bytes), SIZE(p->size));
        if (f->model->n_nodes > 1)
                cause_advise(ret,
                        "If nobody will want them (fragctl hugepages): echo %" PRIu64
                        " >/sys/devices/system/node/node%u/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
                        LESS_BY(known(p->pages), pages), q->node->id, p->size / 1024);
        else
                cause_advise(ret,
                        "If nobody will want them (fragctl hugepages): echo %" PRIu64 " >/sys/kernel/mm/hugepages/hugepages-%" PRIu64
                        "kB/nr_hugepages",
                        LESS_BY(known(p->pages), pages), p->size / 1024);
        return true;
}

static bool serves(const Model *m, const Node *n, const char *zone, Use use)
{
        for (size_t i = 0; use == USE_KERNEL && i < n->n_zones; i++)
                if (m->zones[n->first_zone + i].movable && streq(m->zones[n->first_zone + i].name, zone))
                        return false;
        return true;
}

/* File pages that need not be written first, in zones of the node that serve such requests. */
static uint64_t clean_cache(const CauseFacts *f, const CauseQuestion *q)
{
        uint64_t pages = 0;

        for (size_t i = 0; f->zoneinfo && i < f->zoneinfo->n_zones; i++) {
                const ZoneinfoZone *z = &f->zoneinfo->zones[i];

                if (z->node == q->node->id && serves(f->model, q->node, z->name, q->use))
                        pages += LESS_BY(known(z->inactive_file) + known(z->active_file), known(z->write_pending));
        }
        return known(cause_bytes(f->model, pages));
}

static bool page_cache(const CauseFacts *f, const CauseQuestion *q, Cause *ret)
{
        uint64_t clean = clean_cache(f, q);

        if (clean < missing(q) || !clean)
                return false;
        ret->id = CAUSE_PAGE_CACHE;
        ret->bytes = q->use == USE_KERNEL ? UNKNOWN_U64 : clean; /* with it, the kind of what is free does not matter */
        cause_say(ret, "%s are clean page cache, which the kernel gives back when memory is asked for", SIZE(clean));
        cause_advise(ret,
                "If page cache fills the memory this is normal: the kernel reclaims it on demand. To have room beforehand: the lever scale in the "
                "policy (fragd.conf(5)); for once, fragctl prepare --size %s --count %" PRIu64
                " --allow-drop-caches. No drop_caches by cron: what is hot is read again.",
                ARGUMENT(q->size), MAX(q->reserve / q->size, UINT64_C(1)));
        return true;
}

static bool locked(const CauseFacts *f, const CauseQuestion *q, Cause *ret)
{
        uint64_t bytes = model_has(f->model, SOURCE_VMSTAT) ? known(cause_bytes(f->model, f->model->vmstat.nr_mlock)) : 0;

        if (bytes < missing(q) || cause_share(bytes, cause_total(f->model)) < LOCKED_NOTABLE || clean_cache(f, q) >= missing(q))
                return false;
        ret->id = CAUSE_LOCKED;
        ret->bytes = bytes;
        cause_say(ret, "%s are locked (mlock), which nobody can reclaim", SIZE(bytes));
        cause_advise(ret, "See who: grep VmLck /proc/[0-9]*/status | sort -nk2 | tail. Lock less, or ask for a smaller reserve (fragd.conf(5)).");
        return true;
}

static const Finder short_finders[] = { user_only, idle_pool, page_cache, locked };

/* --- something is in the way: what --- */

static CauseId cause_of_owner(OwnerKind kind)
{
        switch (kind) {
        case OWNER_SLAB: return CAUSE_SLAB;
        case OWNER_MLOCKED: return CAUSE_MLOCKED;
        case OWNER_UNEVICTABLE: return CAUSE_UNEVICTABLE;
        case OWNER_PINNED: return CAUSE_PINS;
        case OWNER_PAGE_TABLES: return CAUSE_PAGE_TABLES;
        case OWNER_KERNEL_STACKS:
        case OWNER_VMALLOC:
        case OWNER_PERCPU: return CAUSE_KERNEL_MEMORY;
        case OWNER_ZFS_ARC: return CAUSE_ZFS_ARC;
        case OWNER_REST: return CAUSE_UNACCOUNTED;
        /* Small ones together name nobody; pools are whole blocks; what is lent to CMA moves, and balloons do. */
        default: return CAUSE_NONE;
        }
}

static void name_owner(const Owner *o, Cause *ret)
{
        switch (ret->id) {
        case CAUSE_SLAB: cause_say(ret, "slab cache %s holds %s that do not move", o->name, SIZE(o->bytes)); break;
        case CAUSE_MLOCKED:
                cause_say(ret, "%s are locked (mlock), and vm.compact_unevictable_allowed is 0: compaction does not move them", SIZE(o->bytes));
                break;
        case CAUSE_UNEVICTABLE:
                cause_say(ret, "%s are unevictable (ramfs, SHM_LOCK), and vm.compact_unevictable_allowed is 0: compaction does not move them",
                        SIZE(o->bytes));
                break;
        case CAUSE_PINS: cause_say(ret, "%s are pinned for I/O (DMA, RDMA, io_uring, VFIO) and do not move", SIZE(o->bytes)); break;
        case CAUSE_PAGE_TABLES: cause_say(ret, "page tables hold %s that do not move", SIZE(o->bytes)); break;
        case CAUSE_KERNEL_MEMORY: cause_say(ret, "%s: %s that do not move", o->name, SIZE(o->bytes)); break;
        case CAUSE_ZFS_ARC: cause_say(ret, "the cache of ZFS (ARC) holds %s that do not move", SIZE(o->bytes)); break;
        default:
                cause_say(ret, "%s do not move, and no counter of the kernel says whose they are: pages of drivers or pipes, most likely",
                        SIZE(o->bytes));
                break;
        }
}

static const char *const owner_steps[_CAUSE_MAX] = {
        [CAUSE_SLAB] = "Watch it grow with slabtop -s c, and restart or update whoever allocates it. What is in pieces already stays so until then: "
                       "a drain or a reboot; movablecore= at boot keeps it from spreading again.",
        [CAUSE_MLOCKED] = "sysctl -w vm.compact_unevictable_allowed=1 lets compaction move them; a task may then wait for a fault on a page that "
                          "is being moved, which real-time programs lock memory to avoid.",
        [CAUSE_UNEVICTABLE] = "sysctl -w vm.compact_unevictable_allowed=1 lets compaction move them.",
        [CAUSE_PINS] = "Buffers for such I/O are better in huge pages set aside at boot (hugepages=); what is pinned now stays until its program ends.",
        [CAUSE_PAGE_TABLES] = "Large shared memory in huge pages needs hardly any: huge_pages=on (PostgreSQL), large-pages (MySQL), use_large_pages "
                              "(Oracle); fragctl advise.",
        [CAUSE_KERNEL_MEMORY] = "A drain or a reboot is what helps; movablecore= at boot keeps it from spreading again.",
        [CAUSE_ZFS_ARC] = "Limit it: zfs_arc_max in /sys/module/zfs/parameters, and for the boot in /etc/modprobe.d.",
        [CAUSE_UNACCOUNTED] = "page_owner=on at boot, then /sys/kernel/debug/page_owner, tells whose; a drain or a reboot is what helps, movablecore= at "
                              "boot keeps it from spreading again.",
        [CAUSE_UNMOVABLE] = "A drain or a reboot is what helps; fragctl census shows what is known of it, movablecore= at boot keeps it from coming back.",
};

static bool may_be_in_the_way(const CauseFacts *f, const Owner *o, uint32_t notable)
{
        CauseId id = cause_of_owner(o->kind);

        if (id == CAUSE_NONE || cause_share(o->bytes, cause_total(f->model)) < notable)
                return false;
        if (id != CAUSE_MLOCKED && id != CAUSE_UNEVICTABLE)
                return true;
        return f->model->knobs[KNOB_COMPACT_UNEVICTABLE_ALLOWED] == 0;
}

static size_t add_owner(const Owner *o, Cause *ret)
{
        *ret = (Cause){ .id = cause_of_owner(o->kind), .bytes = o->bytes };
        name_owner(o, ret);
        cause_advise(ret, "%s", owner_steps[ret->id]);
        return 1;
}

/* The largest. */
static size_t in_the_way(const CauseFacts *f, Cause *ret)
{
        for (size_t i = 0; f->owners && i < f->owners->n; i++) /* largest first */
                if (may_be_in_the_way(f, &f->owners->items[i], OWNER_NOTABLE))
                        return add_owner(&f->owners->items[i], ret);
        *ret = (Cause){ .id = CAUSE_UNMOVABLE };
        cause_advise(ret, "%s", owner_steps[CAUSE_UNMOVABLE]);
        return 1;
}

/* Compaction can help, but what is locked stays where it is. */
static size_t locked_among(const CauseFacts *f, Cause *ret)
{
        for (size_t i = 0; f->owners && i < f->owners->n; i++)
                if (f->owners->items[i].kind == OWNER_MLOCKED && may_be_in_the_way(f, &f->owners->items[i], MLOCKED_NOTABLE))
                        return add_owner(&f->owners->items[i], ret);
        return 0;
}

/* --- all of it --- */

static size_t when_short(const CauseFacts *f, const CauseQuestion *q, Cause ret[static CAUSES_MAX])
{
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(short_finders); i++) {
                Cause c = { 0 };
                size_t at = n;

                if (!short_finders[i](f, q, &c))
                        continue;
                for (; at > 0 && ret[at - 1].bytes < c.bytes; at--)
                        ret[at] = ret[at - 1];
                ret[at] = c;
                n++;
        }
        if (n > 0)
                return n;
        ret[0] = (Cause){ .id = CAUSE_SHORTAGE };
        cause_advise(&ret[0],
                "See what uses it: ps -eo rss,comm --sort=-rss | head, slabtop -s c, fragctl hugepages. Use less, or ask for a smaller reserve "
                "(fragd.conf(5)).");
        return 1;
}

size_t causes_of_objective(const CauseFacts *f, const CauseQuestion *q, Cause ret[static CAUSES_MAX])
{
        switch (q->verdict) {
        case VERDICT_MET: ret[0] = (Cause){ .id = CAUSE_NONE }; return 1;
        case VERDICT_FRAGMENTED: ret[0] = (Cause){ .id = CAUSE_FRAGMENTED }; return 1 + locked_among(f, &ret[1]);
        case VERDICT_SHORT: return when_short(f, q, ret);
        case VERDICT_PINNED:
        case VERDICT_FUTILE: return in_the_way(f, ret);
        default: ret[0] = (Cause){ .id = CAUSE_UNKNOWN }; return 1;
        }
}
