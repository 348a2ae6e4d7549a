/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each cause, where it applies and where it does not; its identifier, words and command. */
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

static void zone_init(Zone *z, const char *name, uint64_t managed, uint64_t free)
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

static void fixture_init(Fixture *f)
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

static void add_owner(Fixture *f, OwnerKind kind, const char *name, uint64_t bytes)
{
        Owner *o = &f->owners.items[f->owners.n++];

        *o = (Owner){ .kind = kind, .bytes = bytes, .order = UINT32_MAX, .used_permyriad = UINT32_MAX, .reclaimable = -1 };
        snprintf(o->name, sizeof(o->name), "%s", name);
}

static void add_pool(Fixture *f, uint32_t node, uint64_t size, uint64_t pages, uint64_t free)
{
        f->pools[f->facts.n_pools++] = (HugePool){ .node = node, .size = size, .pages = pages, .free = free, .surplus = 0,
                .reserved = node == NODE_ALL ? 0 : UNKNOWN_U64, .overcommit = 0 };
}

static void want(Fixture *f, uint64_t size, uint64_t count)
{
        PoolWanted *w = &f->wanted[f->facts.n_wanted++];

        *w = (PoolWanted){ .size = size, .count = count };
        snprintf(w->by, sizeof(w->by), "/etc/sysctl.d/50-db.conf");
}

static void add_writer(Fixture *f, WriterKind kind, const char *target, const char *value)
{
        Writer *w = &f->writers.items[f->writers.n++];

        *w = (Writer){ .kind = kind, .line = 3 };
        snprintf(w->who, sizeof(w->who), "%s", writer_kind_name(kind));
        snprintf(w->target, sizeof(w->target), "%s", target);
        snprintf(w->value, sizeof(w->value), "%s", value);
        snprintf(w->file, sizeof(w->file), "/etc/cron.d/memory");
}

static void cache_in(Fixture *f, size_t zone, uint64_t clean_mib)
{
        f->info[zone].inactive_file = PAGES(clean_mib) / 2 + 100;
        f->info[zone].active_file = PAGES(clean_mib) / 2;
        f->info[zone].write_pending = 100;
}
static void cache(Fixture *f, uint64_t clean_mib)
{
        cache_in(f, 0, clean_mib);
}

static void two_nodes(Fixture *f)
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

/* --- of an objective --- */

typedef struct Row {
        const char *name;
        void (*make)(Fixture *f);
        const char *causes; /* all that are found */
        const char *sentence, *next_step; /* of the first; NULL: not looked at */
} Row;

static void is_met(Fixture *f)
{
        f->q.verdict = VERDICT_MET;
        cache(f, 4096);
}
static void is_unknown(Fixture *f)
{
        f->q.verdict = VERDICT_UNKNOWN;
}
static void in_use(Fixture *f)
{
        cache(f, 60); /* less than what is missing */
}
static void flooded(Fixture *f)
{
        cache(f, 4096);
}
static void flooded_dirty(Fixture *f)
{
        cache(f, 4096);
        f->info[0].write_pending = PAGES(4096);
}
static void flooded_two_nodes(Fixture *f)
{
        two_nodes(f);
        f->info[1].node = 1;
        cache_in(f, 1, 4096);
}
static void flooded_elsewhere(Fixture *f)
{
        two_nodes(f);
        f->info[1].node = 1;
        cache(f, 4096);
}
static void unread(Fixture *f)
{
        cache(f, 4096);
        f->facts.zoneinfo = NULL;
}
static void all_locked(Fixture *f)
{
        f->model.vmstat.nr_mlock = PAGES(6144);
        cache(f, 10);
}
static void locked_and_flooded(Fixture *f)
{
        f->model.vmstat.nr_mlock = PAGES(6144);
        cache(f, 1024);
}
static void idle(Fixture *f)
{
        add_pool(f, NODE_ALL, 2 * MIB, 1000, 900);
        add_pool(f, 0, 2 * MIB, 1000, 900);
        f->pools[0].reserved = 100;
        cache(f, 100);
}
static void idle_promised(Fixture *f)
{
        add_pool(f, NODE_ALL, 2 * MIB, 1000, 900);
        f->pools[0].reserved = 890;
}
static void idle_on_node(Fixture *f)
{
        two_nodes(f);
        add_pool(f, NODE_ALL, GIB, 4, 4);
        add_pool(f, 0, GIB, 2, 2);
        add_pool(f, 1, GIB, 2, 1);
}
static void kernel_movable(Fixture *f)
{
        f->q.use = USE_KERNEL;
        f->zones[1].free_pages = PAGES(900);
        cache_in(f, 1, 2048); /* which is of no use, either */
}
static void kernel_cache(Fixture *f)
{
        kernel_movable(f);
        cache(f, 100);
}
static void kernel_cma(Fixture *f)
{
        f->q.use = USE_KERNEL;
        f->zones[0].free_cma = PAGES(150);
}
static void kernel_both(Fixture *f)
{
        kernel_cma(f);
        f->zones[1].free_pages = PAGES(40);
}
static void user_movable(Fixture *f)
{
        kernel_movable(f);
        f->q.use = USE_USER;
        cache_in(f, 1, 10);
}
static void fragmented(Fixture *f)
{
        f->q.verdict = VERDICT_FRAGMENTED;
        add_owner(f, OWNER_MLOCKED, "locked (mlock)", 2 * GIB);
}
static void fragmented_locked(Fixture *f)
{
        fragmented(f);
        f->model.knobs[KNOB_COMPACT_UNEVICTABLE_ALLOWED] = 0;
}
static void pinned_slab(Fixture *f)
{
        f->q.verdict = VERDICT_PINNED;
        add_owner(f, OWNER_HUGETLB, "hugetlb pools", 3 * GIB);
        add_owner(f, OWNER_MLOCKED, "locked (mlock)", 2 * GIB); /* moves */
        add_owner(f, OWNER_SLAB, "dentry", GIB);
        add_owner(f, OWNER_PAGE_TABLES, "page tables", GIB / 2);
}
static void futile_mlocked(Fixture *f)
{
        pinned_slab(f);
        f->q.verdict = VERDICT_FUTILE;
        f->model.knobs[KNOB_COMPACT_UNEVICTABLE_ALLOWED] = 0;
}
static void one_owner(Fixture *f, OwnerKind kind, const char *name)
{
        f->q.verdict = VERDICT_PINNED;
        f->model.knobs[KNOB_COMPACT_UNEVICTABLE_ALLOWED] = 0;
        add_owner(f, kind, name, 300 * MIB);
}
static void pinned_unevictable(Fixture *f)
{
        one_owner(f, OWNER_UNEVICTABLE, "unevictable, not mlocked");
}
static void pinned_pins(Fixture *f)
{
        one_owner(f, OWNER_PINNED, "pinned (DMA, RDMA, io_uring)");
}
static void pinned_tables(Fixture *f)
{
        one_owner(f, OWNER_PAGE_TABLES, "page tables");
}
static void pinned_stacks(Fixture *f)
{
        one_owner(f, OWNER_KERNEL_STACKS, "kernel stacks");
}
static void pinned_arc(Fixture *f)
{
        one_owner(f, OWNER_ZFS_ARC, "ZFS ARC");
}
static void pinned_rest(Fixture *f)
{
        one_owner(f, OWNER_REST, "not accounted");
}
static void pinned_by_little(Fixture *f)
{
        f->q.verdict = VERDICT_PINNED;
        add_owner(f, OWNER_SLAB, "dentry", 80 * MIB); /* less than 1 % */
        add_owner(f, OWNER_BALLOON, "balloon", 4 * GIB);
}
static void pinned_unread(Fixture *f)
{
        pinned_slab(f);
        f->facts.owners = NULL;
}

static const Row objective_rows[] = {
        { "it is met", is_met, "none", "", "" },
        { "it cannot be judged", is_unknown, "unknown", "", "" },
        { "memory is in use", in_use, "shortage", "",
                "See what uses it: ps -eo rss,comm --sort=-rss | head, slabtop -s c, fragctl hugepages. Use less, or ask for a smaller reserve "
                "(fragd.conf(5))." },
        { "a flood of page cache", flooded, "page-cache", "4 GiB are clean page cache, which the kernel gives back when memory is asked for",
                "If page cache fills the memory this is normal: the kernel reclaims it on demand. To have room beforehand: the lever scale in the policy "
                "(fragd.conf(5)); for once, fragctl prepare --size 2M --count 40 --allow-drop-caches. No drop_caches by cron: what is hot is read again." },
        { "dirty page cache must be written first", flooded_dirty, "shortage", "", NULL },
        { "page cache of the node", flooded_two_nodes, "page-cache", "4 GiB are clean page cache, which the kernel gives back when memory is asked for", NULL },
        { "page cache of another node", flooded_elsewhere, "shortage", NULL, NULL },
        { "zoneinfo is not known", unread, "shortage", NULL, NULL },
        { "locked memory", all_locked, "locked", "6 GiB are locked (mlock), which nobody can reclaim",
                "See who: grep VmLck /proc/[0-9]*/status | sort -nk2 | tail. Lock less, or ask for a smaller reserve (fragd.conf(5))." },
        { "locked memory, but page cache would do", locked_and_flooded, "page-cache", NULL, NULL },
        { "an idle pool, and a little page cache", idle, "idle-pool page-cache",
                "1.5 GiB lie idle in the pool of huge pages of 2 MiB, where nobody else gets them",
                "If nobody will want them (fragctl hugepages): echo 200 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages" },
        { "a pool that is promised", idle_promised, "shortage", NULL, NULL },
        { "an idle pool that may be promised, on a node", idle_on_node, "idle-pool", "1 GiB lie idle in the pool of huge pages of 1 GiB, where nobody else gets them",
                "If nobody will want them (fragctl hugepages): echo 1 >/sys/devices/system/node/node1/hugepages/hugepages-1048576kB/nr_hugepages" },
        { "kernel memory: what is free is ZONE_MOVABLE", kernel_movable, "movable-only",
                "900 MiB that are free lie in ZONE_MOVABLE, which serves no request of the kernel's own",
                "See what the kernel uses memory for: fragctl census, slabtop -s c. If it needs that: a smaller movablecore= at boot, or less memory online "
                "as movable." },
        { "kernel memory: page cache that makes room", kernel_cache, "page-cache movable-only",
                "100 MiB are clean page cache, which the kernel gives back when memory is asked for", NULL },
        { "kernel memory: what is free is CMA", kernel_cma, "cma-only", "150 MiB that are free lie in CMA areas, which serve no request of the kernel's own",
                "See what the kernel uses memory for: fragctl census, slabtop -s c. If it needs that: a smaller cma= or hugetlb_cma= at boot." },
        { "kernel memory: both", kernel_both, "cma-only",
                "40 MiB that are free lie in ZONE_MOVABLE and 150 MiB in CMA areas, which serve no request of the kernel's own", NULL },
        { "user memory gets both", user_movable, "shortage", NULL, NULL },
        { "in pieces", fragmented, "fragmented", "", "" },
        { "in pieces, between locked pages", fragmented_locked, "fragmented mlocked", "", "" },
        { "a slab cache in the way", pinned_slab, "slab", "slab cache dentry holds 1 GiB that do not move", NULL },
        { "locked memory in the way", futile_mlocked, "mlocked",
                "2 GiB are locked (mlock), and vm.compact_unevictable_allowed is 0: compaction does not move them",
                "sysctl -w vm.compact_unevictable_allowed=1 lets compaction move them; a task may then wait for a fault on a page that is being moved, which "
                "real-time programs lock memory to avoid." },
        { "ramfs in the way", pinned_unevictable, "unevictable",
                "300 MiB are unevictable (ramfs, SHM_LOCK), and vm.compact_unevictable_allowed is 0: compaction does not move them", NULL },
        { "pins in the way", pinned_pins, "pins", "300 MiB are pinned for I/O (DMA, RDMA, io_uring, VFIO) and do not move", NULL },
        { "page tables in the way", pinned_tables, "page-tables", "page tables hold 300 MiB that do not move", NULL },
        { "stacks in the way", pinned_stacks, "kernel-memory", "kernel stacks: 300 MiB that do not move", NULL },
        { "ZFS in the way", pinned_arc, "zfs-arc", "the cache of ZFS (ARC) holds 300 MiB that do not move", NULL },
        { "somebody's pages in the way", pinned_rest, "unaccounted",
                "300 MiB do not move, and no counter of the kernel says whose they are: pages of drivers or pipes, most likely", NULL },
        { "nobody's fault", pinned_by_little, "unmovable", "",
                "A drain or a reboot is what helps; fragctl census shows what is known of it, movablecore= at boot keeps it from coming back." },
        { "nothing is known", pinned_unread, "unmovable", "", NULL },
};

static void check_row(const Row *row, const Cause *found, size_t n)
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

START_TEST(test_objective)
{
        const Row *row = &objective_rows[_i];
        Fixture f;

        fixture_init(&f);
        row->make(&f);
        f.n = causes_of_objective(&f.facts, &f.q, f.found);
        check_row(row, f.found, f.n);
}
END_TEST

/* --- of the machine --- */

static void nothing(Fixture *f)
{
        f->facts.thp_charge = 9;
        f->facts.cma_fail = 0;
        f->facts.manual_seen = 0;
        f->zones[1].free_pages = 0; /* ZONE_MOVABLE has no reserve that matters here */
        add_pool(f, NODE_ALL, 2 * MIB, 40, 0);
        want(f, 2 * MIB, 40);
        add_writer(f, WRITER_SYSCTL, "vm.compaction_proactiveness", "0");
        add_writer(f, WRITER_CRON, "transparent_hugepage/enabled", "never");
}
static void below_min(Fixture *f)
{
        f->zones[0].free_pages = PAGES(12);
        f->model.knobs[KNOB_MIN_FREE_KBYTES] = 16384;
}
static void below_min_with_cma(Fixture *f)
{
        f->zones[0].free_cma = PAGES(190);
        f->model.knobs[KNOB_MIN_FREE_KBYTES] = 300 * 1024; /* so large that more would be too much */
}
static void limited(Fixture *f)
{
        f->facts.thp_charge = 33;
        f->facts.over = 900 * USEC_PER_SEC + 17;
}
static void cma_refuses(Fixture *f)
{
        f->facts.cma_fail = 3;
        f->facts.cma_alloc = 100;
        f->facts.cma_area = "linux,cma";
}
static void large_movable(Fixture *f)
{
        f->zones[0].managed = PAGES(1024);
        f->zones[1].managed = PAGES(7168);
}
static void pins(Fixture *f)
{
        f->model.vmstat.nr_foll_pin_acquired = PAGES(100);
        f->model.vmstat.nr_foll_pin_released = PAGES(60);
}
static void pins_elsewhere(Fixture *f)
{
        pins(f);
        f->model.n_zones = 1;
}
static void short_pool(Fixture *f)
{
        add_pool(f, NODE_ALL, 2 * MIB, 15, 0);
        f->pools[0].surplus = 3;
        want(f, 2 * MIB, 40);
}
static void short_pool_nodes(Fixture *f)
{
        two_nodes(f);
        add_pool(f, NODE_ALL, 2 * MIB, 12, 0);
        add_pool(f, 0, 2 * MIB, 9, 0);
        add_pool(f, 1, 2 * MIB, 3, 0);
        want(f, 2 * MIB, 40);
}
static void short_gigantic(Fixture *f)
{
        add_pool(f, NODE_ALL, GIB, 0, 0);
        want(f, GIB, 2);
}
static void rival(Fixture *f)
{
        f->facts.rivals = 1u << RIVAL_ADAPTIVEMM | 1u << RIVAL_BPFTUNE;
        f->pids[RIVAL_ADAPTIVEMM] = 4242;
        f->facts.manual_seen = 5; /* it was that one */
}
static void cron(Fixture *f)
{
        add_writer(f, WRITER_CRON, "vm.compact_memory", "1");
        f->facts.manual_seen = 5;
}
static void cron_drops(Fixture *f)
{
        add_writer(f, WRITER_UNIT, "vm.drop_caches", "3");
}
static void cron_knob(Fixture *f)
{
        add_writer(f, WRITER_CRON, "vm.compaction_proactiveness", "");
        add_writer(f, WRITER_CRON, "vm.compaction_proactiveness", "1");
        f->writers.items[1].overridden = true;
}
static void yielded(Fixture *f)
{
        f->facts.yielded = 1u << KNOB_COMPACTION_PROACTIVENESS;
        f->model.knobs[KNOB_COMPACTION_PROACTIVENESS] = 30;
}
static void by_hand(Fixture *f)
{
        f->facts.manual_seen = 5;
}
static void everything(Fixture *f)
{
        below_min(f);
        limited(f);
        cma_refuses(f);
        large_movable(f);
        pins(f);
        short_pool(f);
        want(f, GIB, 2);
        add_pool(f, NODE_ALL, GIB, 0, 0);
        rival(f);
        yielded(f);
        for (int i = 0; i < 5; i++)
                cron(f);
}

static const Row machine_rows[] = {
        { "nothing", nothing, "", NULL, NULL },
        { "nothing is known", is_unknown, "", NULL, NULL },
        { "below min", below_min, "atomic-reserve",
                "zone Normal of node 0 has 12 MiB free, less than its min watermark of 16 MiB: requests that cannot wait (GFP_ATOMIC) live on the last reserve, "
                "and single pages are refused when it is used up, which is want of memory and no fragmentation",
                "A larger reserve: sysctl -w vm.min_free_kbytes=32768 (now 16384), for good in /etc/sysctl.d; for networks also larger receive rings "
                "(ethtool -g). Nothing that is against fragmentation helps here." },
        { "below min, but for CMA", below_min_with_cma, "atomic-reserve", NULL,
                "Use less memory: the reserve (vm.min_free_kbytes) is large already. Nothing that is against fragmentation helps here." },
        { "a cgroup's limit", limited, "memcg-limit", "in 15min a cgroup's limit refused 33 huge pages, which is no fragmentation",
                "See which: find /sys/fs/cgroup -name memory.events.local -exec grep -H '^max [1-9]' {} +. Raise its memory.max (systemctl set-property UNIT "
                "MemoryMax=), or let what is in it use less." },
        { "CMA refuses", cma_refuses, "cma",
                "in 15min CMA refused 3 requests and met 100 (since boot mostly area linux,cma): pages in its areas were pinned or could not be moved, hardly ever "
                "for want of free memory",
                NULL },
        { "a large ZONE_MOVABLE", large_movable, "movable-zone", "ZONE_MOVABLE has 87.5% of the memory: the kernel's own allocations have to do with the rest",
                NULL },
        { "pins", pins, "pins",
                "40 MiB are pinned for I/O (DMA, RDMA, io_uring, VFIO) and do not move; where such a page lies in ZONE_MOVABLE, nothing there is free around it and "
                "its block cannot be taken offline, and which lie there is not counted",
                NULL },
        { "pins without ZONE_MOVABLE", pins_elsewhere, "", NULL, NULL },
        { "a short pool", short_pool, "hugetlb-pool", "the pool of 2 MiB pages is short by 28: /etc/sysctl.d/50-db.conf asks for 40, and it has 12",
                "fragctl prepare --hugetlb --size 2M --count 28 compacts just enough and adds them; fragctl check --size 2M --count 28 says beforehand whether "
                "they can be had." },
        { "a short pool, two nodes", short_pool_nodes, "hugetlb-pool",
                "the pool of 2 MiB pages is short by 28: /etc/sysctl.d/50-db.conf asks for 40, and it has 12; fewest are on node 1: 3", NULL },
        { "a short pool of gigantic pages", short_gigantic, "hugetlb-pool", "the pool of 1 GiB pages is short by 2: /etc/sysctl.d/50-db.conf asks for 2, and it has 0",
                "Pages of that size are a matter for the boot: hugepagesz=1G hugepages=2, or hugetlb_cma=; fragctl check --size 1G --count 2 says whether they can "
                "be had now." },
        { "a rival", rival, "other-writer",
                "adaptivemm runs (process 4242), which compacts nodes and sets vm.watermark_scale_factor: fragd leaves that to it",
                "Two that do the same disturb each other: stop one of them; fragctl reload tells fragd to look again." },
        { "cron compacts", cron, "other-writer", "cron writes vm.compact_memory = 1 (/etc/cron.d/memory:3)",
                "Take it out: fragd compacts where something is missing, and ends when enough is there; or let fragd only watch (fragctl policy set observe)." },
        { "a unit drops caches", cron_drops, "other-writer", "unit writes vm.drop_caches = 3 (/etc/cron.d/memory:3)",
                "Take it out: it throws away what is read again, and puts hardly anything together." },
        { "cron turns a knob", cron_knob, "other-writer", "cron writes vm.compaction_proactiveness (/etc/cron.d/memory:3)",
                "Take it out, or take the lever for it from fragd's policy (fragd.conf(5)): one of the two should set it." },
        { "somebody turned a knob", yielded, "other-writer",
                "somebody set vm.compaction_proactiveness to 30 after fragd had set it: fragd leaves it alone",
                "fragctl knobs names who may have; fragctl resume lets fragd turn it again." },
        { "somebody compacts", by_hand, "other-writer",
                "somebody else compacts by hand (inferred): pages were moved in the last 15min while neither the kernel nor fragd compacted", NULL },
        { "everything at once", everything,
                "other-writer other-writer other-writer other-writer atomic-reserve memcg-limit cma movable-zone pins hugetlb-pool hugetlb-pool", NULL, NULL },
};

START_TEST(test_machine)
{
        const Row *row = &machine_rows[_i];
        Fixture f;

        fixture_init(&f);
        row->make(&f);
        f.n = causes_of_machine(&f.facts, f.found);
        check_row(row, f.found, f.n);
}
END_TEST

START_TEST(test_words)
{
        Cause c = { .sentence = "slab cache x holds 1 GiB" }, none = { 0 };
        char buf[128], small[8];

        ck_assert_str_eq(cause_join(buf, sizeof(buf), "Node 0 has none.", &c), "Node 0 has none; slab cache x holds 1 GiB.");
        ck_assert_str_eq(cause_join(buf, sizeof(buf), "Node 0 has none.", &none), "Node 0 has none.");
        ck_assert_str_eq(cause_join(buf, sizeof(buf), "", &c), "; slab cache x holds 1 GiB.");
        ck_assert_str_eq(cause_sentence(buf, sizeof(buf), &c), "Slab cache x holds 1 GiB.");
        ck_assert_str_eq(cause_sentence(small, sizeof(small), &c), "Slab ca");
        ck_assert_str_eq(cause_sentence(buf, sizeof(buf), &none), "");
        for (CauseId a = 0; a < _CAUSE_MAX; a++)
                for (CauseId b = 0; b < a; b++)
                        ck_assert_str_ne(cause_name(a), cause_name(b));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("causes");

        tcase_add_loop_test(t, test_objective, 0, ELEMENTSOF(objective_rows));
        tcase_add_loop_test(t, test_machine, 0, ELEMENTSOF(machine_rows));
        tcase_add_test(t, test_words);
        suite_add_tcase(s, t);
}

TEST_MAIN("causes", build)
