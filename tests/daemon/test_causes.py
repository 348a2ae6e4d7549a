#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What explain names as the cause, on fake machines with a cause made on purpose: test_causes.py BUILD_DIR. Prints TAP."""

import json
import os
import re

from fragd_harness import SHORT, contains, equal, policy_text, run, wait_until
from test_census import SLABINFO, replace
from test_fragctl_fragd import fragctl
from varlink_client import MONITOR, MONITOR_INTERFACE

POOL = "sys/kernel/mm/hugepages/hugepages-2048kB/"


def explain(d, **parameters):
    reply = d.call(f"{MONITOR}.Explain", parameters)
    MONITOR_INTERFACE.check_reply("Explain", reply)
    return reply


def first(d):
    return explain(d)["explanations"][0]


def machine(d):
    return {c["cause"]: c for c in explain(d)["machine"]}


def vmstat(m, **values):
    """Its counters as they are from now on; those that it does not have are added."""
    text = m.get("proc/vmstat") + "\n"
    for name, value in values.items():
        text, n = re.subn(rf"^{name} \d+$", f"{name} {value}", text, flags=re.M)
        text += "" if n else f"{name} {value}\n"
    m.put("proc/vmstat", text)


def page_cache(m, inactive, active, pending):
    """Pages of DMA32."""
    head, zone, rest = m.get("proc/zoneinfo").partition("zone    DMA32\n")
    for name, value in (("inactive_file", inactive), ("active_file", active), ("write_pending", pending)):
        rest = re.sub(rf"nr_zone_{name} \d+", f"nr_zone_{name} {value}", rest, count=1)
    m.put("proc/zoneinfo", head + zone + rest + "\n")


def calm(m):
    """As it was recorded, but that nothing is missing."""
    m.memory([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50])
    return m


def test_page_cache(m):
    """memory is short and full of clean page cache: that is said, with the command; and that the last reserve is being used"""
    m.memory(SHORT)
    m.knob("proc/sys/vm/min_free_kbytes", 4096)
    page_cache(m, 60000, 40000, 5000)
    d = m.start("--observe").up()
    e = first(d)
    equal((e["objective"]["verdict"], e["cause"]), ("short", "page-cache"))
    equal(e["sentence"], "Node 0 has none of the 20 MiB wanted in blocks of 2 MiB: memory is short, compaction could make at most 0 B of the 800 KiB that is "
                         "free; 371 MiB are clean page cache, which the kernel gives back when memory is asked for.")
    contains(e["next_step"], "fragctl prepare --size 2M --count 10 --allow-drop-caches")
    reserve = machine(d)["atomic-reserve"]
    contains(reserve["sentence"], "Zone DMA32 of node 0 has 800 KiB free, less than its min watermark of 5 MiB: ", "no fragmentation.")
    contains(reserve["next_step"], "sysctl -w vm.min_free_kbytes=8192 (now 4096)")
    out = fragctl(m, "explain")
    contains(out, "Node 0, blocks of 2M for user memory: short (page-cache)\n", "\nThe machine as a whole\n  - Zone DMA32 of node 0 has 800 KiB free",
             "\n    Next step: A larger reserve: ")
    equal(json.loads(fragctl(m, "explain --json"))["explanations"][0]["cause"], "page-cache")
    page_cache(m, 0, 0, 0)
    wait_until("it is in use otherwise", lambda: first(d)["cause"] == "shortage")
    contains(first(d)["next_step"], "ps -eo rss,comm")
    vmstat(m, nr_mlock=200000)
    wait_until("it is locked", lambda: first(d)["cause"] == "locked")
    calm(m)
    wait_until("nothing is wrong any more", lambda: (first(d)["cause"], machine(d)) == ("none", {}))
    contains(fragctl(m, "explain"), ": met\n")
    equal(d.end(), 0)


def test_in_the_way(m):
    """compaction brings nothing: it is the locked memory, and where that may be moved, the slab cache"""
    os.unlink(m.path("sys/devices/system/node/node0/compact"))
    m.put("sys/devices/system/node/node0/compact", "", mode=0o200)
    m.put("proc/slabinfo", SLABINFO, mode=0o400)
    m.knob("proc/sys/vm/compact_unevictable_allowed", 0)
    replace(m, "proc/meminfo", (r"^Mlocked: .*$", "Mlocked:          300000 kB"))
    d = m.start().up()
    d.decided("no-gain")
    wait_until("a verdict", lambda: first(d)["objective"]["verdict"] in ("pinned", "futile"))
    e = first(d)
    equal(e["cause"], "mlocked")
    contains(e["sentence"], "; 292.9 MiB are locked (mlock), and vm.compact_unevictable_allowed is 0: compaction does not move them.")
    contains(e["next_step"], "sysctl -w vm.compact_unevictable_allowed=1 ")
    # Samples read meminfo rarely; who asks gets it as it is.
    replace(m, "proc/meminfo", (r"^Mlocked: .*$", "Mlocked:               0 kB"))
    wait_until("the cache is named", lambda: first(d)["cause"] == "slab")
    contains(first(d)["sentence"], "; slab cache leaky-512 holds 93.7 MiB that do not move.")
    equal(d.end(), 0)


def test_kernel_memory(m):
    """what is free serves no request of the kernel's own: ZONE_MOVABLE"""
    m.config(policy_text(objectives='( { size = "64K"; reserve = "4M"; refill = "6M"; for = "kernel"; } )'))
    m.put("proc/buddyinfo", "Node 0, zone      DMA " + " ".join(["0"] * 11) + " \nNode 0, zone  Movable " + " ".join(["0"] * 10 + ["100"]) + " \n")
    replace(m, "proc/zoneinfo", (r"^Node 0, zone  Movable$", "Node 0, zone    Other"), (r"^Node 0, zone    DMA32$", "Node 0, zone  Movable"))
    d = m.start("--observe").up()
    e = first(d)
    equal((e["objective"]["verdict"], e["cause"]), ("short", "movable-only"))
    contains(e["sentence"], "; 400 MiB that are free lie in ZONE_MOVABLE, which serves no request of the kernel's own.")
    contains(e["next_step"], "a smaller movablecore= at boot")
    contains(machine(d)["movable-zone"]["sentence"], "ZONE_MOVABLE has 98.45% of the memory")
    equal(d.end(), 0)


def test_machine(m):
    """what concerns no objective: a pool that is short, limits of cgroups, CMA, jobs of cron"""
    for name, value in (("nr_hugepages", 12), ("free_hugepages", 0), ("surplus_hugepages", 0), ("resv_hugepages", 0)):
        m.put(POOL + name, f"{value}\n")
    m.put("etc/sysctl.d/50-db.conf", "vm.nr_hugepages = 40\n")
    m.put("etc/cron.d/memory", "0 * * * * root echo 1 > /proc/sys/vm/compact_memory\n")
    with open(os.fsencode(m.path("etc/cron.d/")) + b"m\xfcll", "wb") as f:  # no UTF-8
        f.write(b"0 * * * * root echo 3 > /proc/sys/vm/drop_caches\n")
    vmstat(calm(m), cma_alloc_success=100, cma_alloc_fail=7)
    d = m.start("--observe").up()
    causes = machine(d)
    equal(sorted(causes), ["hugetlb-pool", "other-writer"])
    equal(causes["hugetlb-pool"]["sentence"], "The pool of 2 MiB pages is short by 28: /etc/sysctl.d/50-db.conf asks for 40, and it has 12.")
    contains(causes["hugetlb-pool"]["next_step"], "fragctl prepare --hugetlb --size 2M --count 28 ")
    said = sorted(c["sentence"] for c in explain(d)["machine"] if c["cause"] == "other-writer")
    equal(said, ["Cron writes vm.compact_memory = 1 (/etc/cron.d/memory:1).", "Cron writes vm.drop_caches = 3 (/etc/cron.d/m?ll:1)."])
    vmstat(m, thp_fault_fallback_charge=20, cma_alloc_success=104, cma_alloc_fail=9)
    wait_until("counts", lambda: {"memcg-limit", "cma"} <= set(machine(d)))
    contains(machine(d)["memcg-limit"]["sentence"], "a cgroup's limit refused 20 huge pages, which is no fragmentation.")
    for group, hits in (("system.slice", 0), ("system.slice/other.service", 3), ("system.slice/postgresql.service", 12)):
        m.put(f"sys/fs/cgroup/{group}/memory.events.local", f"low 0\nhigh 99\nmax {hits}\noom 0\noom_kill 0\n")
    contains(machine(d)["memcg-limit"]["sentence"], "; most often at its limit was /system.slice/postgresql.service, 12 times since it was made.")
    contains(machine(d)["memcg-limit"]["next_step"], "systemctl set-property postgresql.service MemoryMax=")
    contains(machine(d)["cma"]["sentence"], "CMA refused 2 requests and met 4: pages in its areas were pinned")
    contains(fragctl(m, "explain"), ": met\n", "  - The pool of 2 MiB pages is short by 28: ", "    Next step: fragctl prepare --hugetlb")
    equal(d.end(), 0)


def test_writer(m):
    """somebody sets a knob that fragd has set: explain says so, until it is told to go on"""
    knob = "proc/sys/vm/compaction_proactiveness"
    m.config(policy_text(levers=("window",)))
    m.knob(knob, 0)
    d = m.start().up()

    def raised():
        k = next(k for k in d.status()["knobs"] if k["knob"] == "vm.compaction_proactiveness")
        return k["owner"] == "fragd" and k["value"] > 0
    wait_until("fragd knows that it has set it", raised)
    m.knob(knob, 33)
    wait_until("it is noticed", lambda: "other-writer" in machine(d))
    contains(machine(d)["other-writer"]["sentence"], "Somebody set vm.compaction_proactiveness to 33 after fragd had set it: fragd leaves it alone.")
    contains(machine(d)["other-writer"]["next_step"], "fragctl resume")
    equal(d.end(), 0)
    equal(m.get(knob), "33")


def test_fresh(m):
    """a census has meminfo as it is, although samples come once an hour"""
    m.config(policy_text(interval='{ min = "1h"; max = "1h"; }'))
    d = calm(m).start("--observe").up()
    replace(m, "proc/meminfo", (r"^Mlocked: .*$", "Mlocked:           12345 kB"))

    def locked():
        return [o["bytes"] for o in d.call(f"{MONITOR}.GetCensus")["census"]["owners"] if o["kind"] == "mlocked"]
    wait_until("the owner", lambda: locked() == [12345 << 10])
    equal(d.end(), 0)


if __name__ == "__main__":
    run(globals())
