#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Huge pages, on fake machines: test_hugepages.py BUILD_DIR. Prints TAP."""

import json
import os
import subprocess
import sys

from fragd_harness import DEADLINE, Machine, contains, equal, run, wait_until
from metrics_client import free_port, scrape
from varlink_client import MONITOR, MONITOR_INTERFACE

FRAGCTL = os.path.join(sys.argv[1], "cli/fragctl")
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fixtures/thp")
THP = "sys/kernel/mm/transparent_hugepage/"
POOLS = "sys/kernel/mm/hugepages/hugepages-2048kB/"
MIB = 1 << 20


def fragctl(m, *args):
    r = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=DEADLINE, check=False)
    equal((r.returncode, r.stderr), (0, ""))
    return r.stdout


def huge(d, **parameters):
    reply = d.call(f"{MONITOR}.GetHugePages", parameters)
    MONITOR_INTERFACE.check_reply("GetHugePages", reply)
    return reply["huge_pages"]


def recorded(m, kernel):
    """What that kernel has below transparent_hugepage."""
    with open(os.path.join(FIXTURES, kernel)) as f:
        for line in f:
            path, _, value = line.rstrip("\n").partition("=")
            if path.startswith("/" + THP):
                m.put(path[1:], value + "\n")


def faults(m, size_kb, alloc, fallback, charge):
    for name, value in (("alloc", alloc), ("fallback", fallback), ("fallback_charge", charge)):
        m.put(f"{THP}hugepages-{size_kb}kB/stats/anon_fault_{name}", f"{value}\n")


def pool(m, folder=POOLS, **values):
    for name, value in values.items():
        m.put(folder + name, f"{value}\n")


def counting(d):
    """What was counted between two samples is there."""
    wait_until("a count", lambda: any("allocated" in s for s in huge(d)["sizes"] if s["size_bytes"] == 2 * MIB))


def on(kernel, judge):
    m = Machine(f"{kernel}-after")
    try:
        recorded(m, kernel)
        d = m.start("--observe").up()
        judge(m, d)
        equal(d.end(), 0)
    finally:
        m.done()


def test_kernels(m):
    """each kernel's settings: one size before 6.8, more from then on, counted from 6.10 on"""
    def old(m, d):
        counting(d)
        h = huge(d)
        equal((h["thp_bytes"], h["defrag"], h["enabled"] in ("always", "madvise")), (2 * MIB, "madvise", True))
        equal([(s["size_bytes"], s["order"], s["allocated"]) for s in h["sizes"]], [(2 * MIB, 9, 0)])
        equal((h["khugepaged"]["pages_to_scan"], h["khugepaged"]["scan_sleep_msec"], h["khugepaged"]["defrag"]), (4096, 10000, True))
        contains(fragctl(m, "hugepages"), "Transparent huge pages: 2M, enabled ", "khugepaged: 4096 pages every 10s; got 0 huge pages and ")

    def many(m, d):
        sizes = huge(d)["sizes"]
        equal(sizes[-1]["size_bytes"], 2 * MIB)
        equal((len(sizes) >= 7, sizes[0]["enabled"], "allocated" in sizes[0]), (True, "never", False))

    def counted(m, d):
        sizes = huge(d)["sizes"]
        equal([s["size_bytes"] for s in sizes], sorted(s["size_bytes"] for s in sizes))
        equal({s["order"] for s in sizes}, set(range(2, 10)))  # not that of order 1, for shared memory only
        counting(d)
        wait_until("time passes", lambda: all("allocated" in s for s in huge(d)["sizes"]))
        equal(huge(d)["findings"], [])
    on("5.10", old)
    on("6.8", many)
    on("6.12", counted)
    on("7.3", counted)


def test_missing(m):
    """which size was missing, without what a cgroup refused; since fragd looks, not since boot"""
    recorded(m, "7.3")
    faults(m, 64, 100000, 70000, 0)
    d = m.start("--observe").up()
    counting(d)
    faults(m, 64, 100100, 70320, 20)
    s = next(s for s in huge(d)["sizes"] if s["size_bytes"] == 65536)
    equal([s[k] for k in ("order", "allocated", "fell_back", "cgroup_limit", "no_block", "no_block_permyriad")], [4, 100, 320, 20, 300, 7500])
    findings = "\n".join(huge(d)["findings"])
    contains(findings, "Blocks of 64 KiB (order 4) were missing: 300 of 400 faults in ",
             "nobody compacted for them, for defrag is madvise, and they took only what was free",
             "20 faults did not get 64 KiB since a cgroup's limit was reached: that is no fragmentation.")
    contains(fragctl(m, "hugepages", "--window", "1h"), "NO BLOCK", "75%", "! Blocks of 64 KiB (order 4) were missing")
    equal(d.end(), 0)


def test_pools(m):
    """pools of each node and size: what is missing of what sysctl.d or the boot asked for, surplus not counted"""
    port = free_port()
    pool(m, nr_hugepages=125, free_hugepages=20, surplus_hugepages=5, resv_hugepages=7, nr_overcommit_hugepages=50)
    pool(m, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/", nr_hugepages=125, free_hugepages=20, surplus_hugepages=5)
    pool(m, "sys/kernel/mm/hugepages/hugepages-1048576kB/", nr_hugepages=2, free_hugepages=2, surplus_hugepages=0, resv_hugepages=0,
         nr_overcommit_hugepages=0)
    m.put("proc/cmdline", "quiet hugepages=64 hugepagesz=1G hugepages=3\n")
    m.put("usr/lib/sysctl.d/50-db.conf", "vm.nr_hugepages = 9999\n")
    m.put("etc/sysctl.d/50-db.conf", "# the database\nvm.nr_hugepages = 200\n")
    m.put("etc/sysctl.d/99-other.conf", "vm.swappiness = 10\n")
    m.put("etc/sysctl.d/99-other.conf.bak", "vm.nr_hugepages = 1\n")
    d = m.start("--observe", "--metrics", f"127.0.0.1:{port}").up()
    equal({k: v for k, v in scrape(port).items() if "hugetlb_short" in k},
          {'fragd_hugetlb_short_pages{size="9"}': "80", 'fragd_hugetlb_short_pages{size="18"}': "1"})
    pools = huge(d)["pools"]
    equal([(p["size_bytes"] // MIB, p.get("node")) for p in pools], [(1024, None), (2, None), (2, 0)])
    small, node, large = pools[1], pools[2], pools[0]
    equal(small, {"size_bytes": 2 * MIB, "pages": 125, "free": 20, "surplus": 5, "reserved": 7, "overcommit": 50, "wanted": 200,
                  "wanted_by": "/etc/sysctl.d/50-db.conf", "short": 80})
    equal((large["wanted"], large["wanted_by"], large["short"]), (3, "the boot parameter hugepages=", 1))
    equal(node, {"size_bytes": 2 * MIB, "node": 0, "pages": 125, "free": 20, "surplus": 5})
    contains("\n".join(huge(d)["findings"]), "The pool of 2 MiB pages is short by 80: /etc/sysctl.d/50-db.conf asks for 200, and it has 120.",
             "The pool of 1 GiB pages is short by 1: ")
    contains(fragctl(m, "thp"), "POOL", "SHORT", "! The pool of 2 MiB pages is short by 80")
    m.put("etc/sysctl.conf", "vm/nr_hugepages=120\n")
    wait_until("nothing is short", lambda: huge(d)["pools"][1]["short"] == 0)
    equal(huge(d)["pools"][1]["wanted_by"], "/etc/sysctl.conf")
    equal(json.loads(fragctl(m, "hugepages", "--json"))["huge_pages"]["pools"][1]["short"], 0)
    equal(d.end(), 0)


def test_large_pages(m):
    """pages of 64 KiB: a transparent huge page has 512 MiB, and each size its own order"""
    m = Machine("../odd/arm64-64k")
    try:
        m.put("fragd-page-size", "65536\n")
        m.put("proc/buddyinfo", "Node 0, zone   Normal " + " ".join(f"{n:6}" for n in [50] * 14) + " \n")
        m.put(THP + "hpage_pmd_size", f"{512 * MIB}\n")
        m.put(THP + "enabled", "always [madvise] never\n")
        m.put(THP + "defrag", "always defer defer+madvise [madvise] never\n")
        for kb in (128, 2048, 524288):
            m.put(f"{THP}hugepages-{kb}kB/enabled", "always inherit madvise [never]\n")
            faults(m, kb, 0, 0, 0)
        pool(m, "sys/kernel/mm/hugepages/hugepages-524288kB/", nr_hugepages=3, free_hugepages=3, surplus_hugepages=0)
        pool(m, nr_hugepages=0, free_hugepages=0, surplus_hugepages=0)
        d = m.start("--observe").up()
        faults(m, 2048, 0, 50, 0)
        h = huge(d)
        equal((h["page_bytes"], h["thp_bytes"]), (65536, 512 * MIB))
        equal([(s["size_bytes"], s["order"]) for s in h["sizes"]], [(128 << 10, 1), (2 * MIB, 5), (512 * MIB, 13)])
        contains("\n".join(h["findings"]), "Blocks of 2 MiB (order 5) were missing: 50 of 50 faults")
        contains(fragctl(m, "hugepages"), "Transparent huge pages: 512M, enabled madvise")
        equal(sorted(p["size_bytes"] for p in h["pools"]), [2 * MIB, 512 * MIB])
        equal(d.end(), 0)
    finally:
        m.done()


run(globals())
