/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each cause of the machine as a whole, where it applies and where it does not; its name, words and command. */
#include "fixture.h"

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
static void unread(Fixture *f)
{
        f->facts.zoneinfo = NULL;
        f->facts.owners = NULL;
        f->facts.writers = NULL;
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
static void limited_unit(Fixture *f)
{
        limited(f);
        f->facts.cgroup = "/system.slice/postgresql.service";
        f->facts.cgroup_hits = 1234;
}
static void limited_group(Fixture *f)
{
        limited(f);
        f->facts.cgroup = "/kubepods/pod1";
        f->facts.cgroup_hits = 7;
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
        { "nothing is known", unread, "", NULL, NULL },
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
        { "a unit's limit", limited_unit, "memcg-limit",
                "in 15min a cgroup's limit refused 33 huge pages, which is no fragmentation; most often at its limit was /system.slice/postgresql.service, "
                "1234 times since it was made",
                "systemctl set-property postgresql.service MemoryMax=... raises it; or let what is in it use less." },
        { "a pod's limit", limited_group, "memcg-limit", NULL,
                "echo BYTES >/sys/fs/cgroup/kubepods/pod1/memory.max raises it; or let what is in it use less." },
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

static void build(Suite *s)
{
        TCase *t = tcase_create("machine");

        tcase_add_loop_test(t, test_machine, 0, ELEMENTSOF(machine_rows));
        suite_add_tcase(s, t);
}

TEST_MAIN("causes/machine", build)
