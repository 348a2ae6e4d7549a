#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What fragd reads rarely, on a fake machine: census, with its root-only files: test_census.py BUILD_DIR. Prints TAP."""

import json
import os
import re
import subprocess
import sys

from fragd_harness import DEADLINE, contains, equal, run, wait_until
from varlink_client import CONTROL_INTERFACE, MONITOR, MONITOR_INTERFACE, VarlinkError, interface_text

FRAGCTL = os.path.join(sys.argv[1], "cli/fragctl")
SLABINFO = """slabinfo - version: 2.1
# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables ...
dentry              2000   2100    192   21    1 : tunables    0    0    0 : slabdata    100    100      0
leaky-512           1000  16000    512   16    2 : tunables    0    0    0 : slabdata  12000  12000      0
"""


def census(d):
    reply = d.call(f"{MONITOR}.GetCensus")
    MONITOR_INTERFACE.check_reply("GetCensus", reply)
    return reply["census"]


def fragctl(m, *args, fails=False):
    r = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=DEADLINE, check=False)
    equal((r.returncode != 0, r.stderr != ""), (fails, fails))
    return r.stderr if fails else r.stdout


def replace(m, path, *pairs):
    text = m.get(path) + "\n"
    for pattern, new in pairs:
        text, n = re.subn(pattern, new, text, flags=re.M)
        assert n, f"{pattern} is not in {path}"
    m.put(path, text)


def source(d, name):
    return next(s for s in d.status()["sources"] if s["source"] == name)


def with_slabinfo(m):
    m.put("proc/slabinfo", SLABINFO, mode=0o400)
    return m


def test_census(m):
    """pageblocks by migrate type and who owns what does not move; both root-only files come through the actor"""
    d = with_slabinfo(m).start("--observe").up()
    c = census(d)
    equal(c["block_bytes"], 2 << 20)
    for zone in c["zones"]:
        equal(sum(t["blocks"] for t in zone["types"]), zone["blocks"])
    equal({z["zone"] for z in c["zones"]}, {"DMA", "DMA32"})
    equal(c["nodes"][0]["node"], 0)
    assert 0 <= c["nodes"][0]["unmovable_permyriad"] <= 10000
    equal(c["owners"], sorted(c["owners"], key=lambda o: -o["bytes"]))
    leak = next(o for o in c["owners"] if o["owner"] == "leaky-512")
    equal((leak["kind"], leak["bytes"], leak["order"], leak["used_permyriad"], leak["reclaimable"]),
          ("slab", 12000 * 2 * 4096, 1, 625, False))
    equal(next(o["reclaimable"] for o in c["owners"] if o["owner"] == "dentry"), True)
    contains("\n".join(c["findings"]), "Slab cache leaky-512 has 93.7 MiB, and only 6.25% of its objects are in use")
    equal(d.end(), 0)


def test_screen(m):
    """fragctl census, for people and as JSON"""
    m.put("proc/cmdline", "quiet movablecore=1G hugepages=4\n")
    with_slabinfo(m)
    d = m.start("--observe").up()
    contains(fragctl(m, "census"), "Node 0: ", "of its pageblocks are of types that do not move\n", "Unmovable", "Movable", "leaky-512 ",
             "LIKELY OWNER", "Boot parameters: movablecore=1G\n", "! kernelcore= or movablecore= was given at boot, yet there is no ZONE_MOVABLE.\n")
    equal(json.loads(fragctl(m, "census", "--json"))["census"]["boot"], ["movablecore=1G"])
    equal(d.end(), 0)


def test_large_zone(m):
    """a zone of 2 TiB is not held up: status and census say so, and an administrator can have it read"""
    replace(m, "proc/zoneinfo", (r"^(        managed  )\d+$", r"\g<1>536870912"), (r"^(        present  )\d+$", r"\g<1>536870912"))
    d = with_slabinfo(m).start("--observe").up()
    c = census(d)
    equal(c["zones"], [])
    contains(c["not_read"], "a zone has 2 TiB")
    contains(source(d, "pagetypeinfo")["held"], "only fragctl census --force reads it")
    contains(fragctl(m, "status"), "Held back", "pagetypeinfo: a zone has 2 TiB")
    contains(fragctl(m, "census"), "Pageblocks are not known: a zone has 2 TiB")
    reply = d.call("io.fragd.Control.ReadPagetypeinfo", admin=True)
    CONTROL_INTERFACE.check_reply("ReadPagetypeinfo", reply)
    assert census(d)["zones"]
    contains(fragctl(m, "census", "--force"), "pageblocks are of types that do not move")
    equal(d.end(), 0)


def test_not_for_everybody(m):
    """that only an administrator can have read what holds others up is a matter of the socket"""
    assert "ReadPagetypeinfo" not in interface_text(MONITOR)
    d = m.start("--observe").up()
    try:
        d.call("io.fragd.Control.ReadPagetypeinfo")
        raise AssertionError("an answer")
    except VarlinkError as error:
        equal(error.name, "org.varlink.service.InterfaceNotFound")
    equal(d.end(), 0)


def test_missing(m):
    """without slabinfo and pagetypeinfo the rest is told, and why there is no more"""
    os.unlink(m.path("proc/pagetypeinfo"))
    d = m.start("--observe").up()
    c = census(d)
    equal((c["zones"], c["not_read"]), ([], "No such file or directory"))
    assert {"slab", "page-tables"} <= {o["kind"] for o in c["owners"]}, c["owners"]
    equal(source(d, "slabinfo")["error"], "No such file or directory")
    contains(fragctl(m, "census"), "how much does not move is not known", "Pageblocks are not known: No such file or directory")
    equal(fragctl(m, "census", "--force", fails=True), "fragctl: refused: No such file or directory\n")
    equal(d.end(), 0)


def test_bad_slabinfo(m):
    """a slabinfo that is not as expected costs only itself, and its line is told"""
    m.put("proc/slabinfo", SLABINFO.replace("16000", "16x00"), mode=0o400)
    d = m.start("--observe").up()
    assert "slab-other" not in {o["kind"] for o in census(d)["owners"]}
    s = source(d, "slabinfo")
    equal((s["available"], s["error"]), (False, "line 4: expected numbers of objects"))
    equal(d.end(), 0)


def test_cma(m):
    """CMA areas with what they refused; more free than there is cannot be"""
    for name, value in (("alloc_pages_success", 32), ("alloc_pages_fail", 5), ("total_pages", 16384), ("available_pages", 16352)):
        m.put(f"sys/kernel/mm/cma/reserved/{name}", f"{value}\n")
    with open(m.path("proc/meminfo"), "a") as f:
        f.write("CmaTotal:          65536 kB\nCmaFree:           65540 kB\n")
    d = m.start("--observe").up()
    c = census(d)
    equal(c["cma_areas"], [{"name": "reserved", "total_bytes": 64 << 20, "free_bytes": 16352 << 12, "allocated_pages": 32,
                            "failed_pages": 5}])
    contains("\n".join(c["findings"]), "CmaFree (64 MiB) is more than CmaTotal (64 MiB): the kernel's count")
    contains("\n".join(c["findings"]), "CMA area reserved refused 5 pages since boot and gave 32: usually since pages in it were pinned")
    contains(fragctl(m, "census"), "CMA: 64M, 64M of it free; areas: reserved 64M (since boot 32 pages given, 5 refused)\n")
    equal(d.end(), 0)


def test_movable(m):
    """ZONE_MOVABLE of hot-plugged memory, by blocks; pins; what objectives may count on"""
    m.put("proc/buddyinfo", "Node 0, zone  Movable " + " ".join(["1000"] + ["0"] * 10) + " \n")
    replace(m, "proc/zoneinfo", (r"^Node 0, zone  Movable$", "Node 0, zone    Other"), (r"^Node 0, zone    DMA32$", "Node 0, zone  Movable"))
    replace(m, "proc/vmstat", (r"^nr_foll_pin_acquired \d+$", "nr_foll_pin_acquired 90000"), (r"^nr_foll_pin_released \d+$", "nr_foll_pin_released 80000"))
    m.put("proc/cmdline", "quiet\n")
    m.put("sys/devices/system/memory/block_size_bytes", "8000000\n")
    m.put("sys/devices/system/memory/auto_online_blocks", "online_movable\n")
    for i in range(1030):
        m.put(f"sys/devices/system/memory/memory{i}/state", "offline\n" if i in (1, 1028) else "online\n")
        m.put(f"sys/devices/system/memory/memory{i}/valid_zones", "Movable\n" if i >= 1020 else "Normal\n")
    d = m.start("--observe").up()
    c = census(d)
    equal(c["memory_blocks"], {"block_bytes": 128 << 20, "blocks": 1030, "looked_at": 1024, "movable": 9, "offline": 1})
    equal(c["nodes"][0]["user_only_free_bytes"], 1000 << 12)
    contains("\n".join(c["findings"]), "39 MiB are pinned for I/O (DMA, RDMA, io_uring, VFIO) and do not move; where such a page lies in ZONE_MOVABLE",
             "ZONE_MOVABLE is of hot-plugged memory: 9 blocks of 128 MiB were made online as movable.",
             "1 block of memory with 128 MiB is not online")
    contains(fragctl(m, "census"), "free in ZONE_MOVABLE and CMA: 3.9M; objectives for user memory count on it",
             "Blocks of memory: 1030 of 128M; 9 movable, 1 offline of the 1024 that were looked at; new ones become online_movable\n")
    equal(d.end(), 0)


def test_evidence(m):
    """where compaction brings nothing, explain says what stands in the way"""
    os.unlink(m.path("sys/devices/system/node/node0/compact"))
    m.put("sys/devices/system/node/node0/compact", "", mode=0o200)
    d = with_slabinfo(m).start().up()
    d.decided("no-gain")

    def verdict():
        reply = d.call(f"{MONITOR}.Explain")
        MONITOR_INTERFACE.check_reply("Explain", reply)
        return [e for e in reply["explanations"] if e["objective"]["verdict"] in ("pinned", "futile")]
    wait_until("a verdict", verdict)
    evidence = verdict()[0]["evidence"]
    contains(evidence[0], "of the pageblocks of node 0 are of a type that does not move")
    contains("\n".join(evidence), "slab cache leaky-512: 93.7 MiB on the whole machine (kernel objects: do not move).")
    contains(fragctl(m, "explain"), "\n  - slab cache leaky-512: 93.7 MiB")
    equal(d.end(), 0)


if __name__ == "__main__":
    run(globals())
