/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fixture.h - for tests of causes: a machine with nothing wrong, what may go wrong on it, and rows of what is then said. */
#pragma once

#include "causes/cause.h"
#include "test.h"

#define MIB          (UINT64_C(1) << 20)
#define GIB          (UINT64_C(1) << 30)
#define PAGES(mib)   ((uint64_t)(mib) * 256)

/* A machine of 8 GiB: one node with 7 GiB in Normal, 1 GiB in ZONE_MOVABLE; nothing is wrong with it. */
typedef struct Fixture {
        Node node;
        Zone zones[2];
        ZoneinfoZone info[2];
        Zoneinfo zoneinfo;
        Model model;
        Owners owners;
        HugePool pools[4];
        PoolWanted wanted[2];
        Writers writers;
        uint32_t pids[_RIVAL_MAX];
        CauseFacts facts;
        CauseQuestion q;
        Cause found[CAUSES_MAX];
        size_t n;
} Fixture;

static inline void zone_init(Zone *z, const char *name, uint64_t managed, uint64_t free)
{
        *z = (Zone)ZONE_INIT;
        snprintf(z->name, sizeof(z->name), "%s", name);
        z->managed = z->present = PAGES(managed);
        z->free_pages = PAGES(free);
        z->min = PAGES(16);
        z->low = PAGES(20);
        z->high = PAGES(24);
        z->free_cma = 0;
}

static inline void fixture_init(Fixture *f)
{
        *f = (Fixture){ .node = NODE_INIT };
        zone_init(&f->zones[0], "Normal", 7168, 200);
        zone_init(&f->zones[1], "Movable", 1024, 0);
        f->zones[1].movable = true;
        f->node.n_zones = 2;
        f->node.managed = PAGES(8192);
        f->model = (Model){ .have = 1U << SOURCE_BUDDYINFO | 1U << SOURCE_ZONEINFO | 1U << SOURCE_VMSTAT, .page_size = 4096, .n_orders = 11,
                .nodes = &f->node, .n_nodes = 1, .zones = f->zones, .n_zones = 2 };
        vmstat_reset(&f->model.vmstat);
        for (size_t i = 0; i < _KNOB_MAX; i++)
                f->model.knobs[i] = KNOB_VALUE_NONE;
        f->model.knobs[KNOB_COMPACT_UNEVICTABLE_ALLOWED] = 1;
        f->info[0] = (ZoneinfoZone){ .name = "Normal", .inactive_file = UNKNOWN_U64, .active_file = UNKNOWN_U64, .write_pending = UNKNOWN_U64 };
        f->info[1] = f->info[0];
        snprintf(f->info[1].name, sizeof(f->info[1].name), "Movable");
        f->zoneinfo = (Zoneinfo){ .zones = f->info, .n_zones = 2 };
        f->facts = (CauseFacts){ .model = &f->model, .zoneinfo = &f->zoneinfo, .owners = &f->owners, .pools = f->pools, .wanted = f->wanted, .over = 900 * USEC_PER_SEC,
                .thp_charge = UNKNOWN_U64, .cma_alloc = UNKNOWN_U64, .cma_fail = UNKNOWN_U64, .manual_seen = UNKNOWN_U64,
                .writers = &f->writers, .pids = f->pids };
        f->q = (CauseQuestion){ .node = &f->node, .use = USE_USER, .verdict = VERDICT_SHORT, .size = 2 * MIB, .current = 16 * MIB, .reserve = 80 * MIB };
}

static inline void add_owner(Fixture *f, OwnerKind kind, const char *name, uint64_t bytes)
{
        Owner *o = &f->owners.items[f->owners.n++];

        *o = (Owner){ .kind = kind, .bytes = bytes, .order = UINT32_MAX, .used_permyriad = UINT32_MAX, .reclaimable = -1 };
        snprintf(o->name, sizeof(o->name), "%s", name);
}

static inline void add_pool(Fixture *f, uint32_t node, uint64_t size, uint64_t pages, uint64_t free)
{
        f->pools[f->facts.n_pools++] = (HugePool){ .node = node, .size = size, .pages = pages, .free = free, .surplus = 0,
                .reserved = node == NODE_ALL ? 0 : UNKNOWN_U64, .overcommit = 0 };
}

static inline void want(Fixture *f, uint64_t size, uint64_t count)
{
        PoolWanted *w = &f->wanted[f->facts.n_wanted++];

        *w = (PoolWanted){ .size = size, .count = count };
        snprintf(w->by, sizeof(w->by), "/etc/sysctl.d/50-db.conf");
}

static inline void add_writer(Fixture *f, WriterKind kind, const char *target, const char *value)
{
        Writer *w = &f->writers.items[f->writers.n++];

        *w = (Writer){ .kind = kind, .line = 3 };
        snprintf(w->who, sizeof(w->who), "%s", writer_kind_name(kind));
        snprintf(w->target, sizeof(w->target), "%s", target);
        snprintf(w->value, sizeof(w->value), "%s", value);
        snprintf(w->file, sizeof(w->file), "/etc/cron.d/memory");
}

static inline void cache_in(Fixture *f, size_t zone, uint64_t clean_mib)
{
        f->info[zone].inactive_file = PAGES(clean_mib) / 2 + 100;
        f->info[zone].active_file = PAGES(clean_mib) / 2;
        f->info[zone].write_pending = 100;
}
static inline void cache(Fixture *f, uint64_t clean_mib)
{
        cache_in(f, 0, clean_mib);
}

static inline void two_nodes(Fixture *f)
{
        static Node nodes[2];

        nodes[0] = f->node;
        nodes[1] = f->node;
        nodes[1].id = 1;
        nodes[1].first_zone = 1;
        nodes[0].n_zones = nodes[1].n_zones = 1;
        f->zones[1].movable = false;
        f->zones[1].free_pages = PAGES(100);
        f->zones[1].node = 1;
        f->model.nodes = nodes;
        f->model.n_nodes = 2;
        f->q.node = &nodes[1];
}

typedef struct Row {
        const char *name;
        void (*make)(Fixture *f);
        const char *causes; /* all that are found */
        const char *sentence, *next_step; /* of the first; NULL: not looked at */
} Row;

static inline void check_row(const Row *row, const Cause *found, size_t n)
{
        char names[512] = "";

        for (size_t i = 0; i < n; i++) {
                strcat(names, i ? " " : "");
                strcat(names, cause_name(found[i].id));
        }
        ck_assert_msg(streq(names, row->causes), "%s: expected %s, found %s", row->name, row->causes, names);
        if (row->sentence)
                ck_assert_str_eq(found[0].sentence, row->sentence);
        if (row->next_step)
                ck_assert_str_eq(found[0].next_step, row->next_step);
        /* None was cut off. */
        for (size_t i = 0; i < n; i++) {
                ck_assert_uint_lt(strlen(found[i].sentence), SENTENCE_MAX - 1);
                ck_assert_uint_lt(strlen(found[i].next_step), SENTENCE_MAX - 1);
        }
}
