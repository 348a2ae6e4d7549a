/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each cause of an objective, where it applies and where it does not; its name, words and command. */
#include "fixture.h"

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
        TCase *t = tcase_create("objective");

        tcase_add_loop_test(t, test_objective, 0, ELEMENTSOF(objective_rows));
        tcase_add_test(t, test_words);
        suite_add_tcase(s, t);
}

TEST_MAIN("causes/objective", build)
