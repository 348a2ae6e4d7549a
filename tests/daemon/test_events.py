#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fallbacks between migrate types, counted on a fake machine: test_events.py BUILD_DIR. Prints TAP."""

import json
import os
import re
import struct
import subprocess
import sys
import zlib

from fragd_harness import DEADLINE, contains, equal, policy_text, run, wait_until
from metrics_client import free_port, scrape
from varlink_client import MONITOR, MONITOR_INTERFACE

FRAGCTL = os.path.join(sys.argv[1], "cli/fragctl")
ID = "sys/kernel/tracing/events/kmem/mm_page_alloc_extfrag/id"
ONLINE = "sys/devices/system/cpu/online"
RELEASE = "6.1.0-test"


def fragctl(m, *args):
    r = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=DEADLINE, check=False)
    equal((r.returncode, r.stderr), (0, ""))
    return r.stdout


def events(d):
    reply = d.call(f"{MONITOR}.GetFallbacks")
    MONITOR_INTERFACE.check_reply("GetFallbacks", reply)
    return reply["fallbacks"]


def source(d):
    return next(s for s in d.status()["sources"] if s["source"] == "fallbacks")


def totals(d):
    return tuple(k["total"] for k in events(d)["kinds"])


def count(m, cpu, unmovable, movable, nsec=0):
    """What the counters of a CPU say from now on: in place, as who has them open must see it."""
    path = m.path(f"fragd-counters/cpu{cpu}")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.pwrite(fd, struct.pack("=QQQQ", 2, nsec, unmovable, movable), 0)
    os.close(fd)


def machine(m, cpus):
    m.put(ID, "314\n")
    m.put("proc/sys/kernel/osrelease", RELEASE + "\n")
    m.put(ONLINE, cpus + "\n")
    for cpu in range(4):
        count(m, cpu, 0, 0)
    return m


def kept(steps, release=RELEASE, order=9):
    """The file of the state directory (daemon/fallback-store.h)."""
    data = struct.pack("=8sIIII64s", b"fragdfbk", 1, 0x01020304, order, len(steps), release.encode())
    data += b"".join(struct.pack("=II", *s) for s in steps)
    return data + struct.pack("=I", zlib.crc32(data))


def keep(m, data):
    os.makedirs(m.state, exist_ok=True)
    os.chown(m.state, 65534, 65534)
    with open(os.path.join(m.state, "fallbacks"), "wb") as f:
        f.write(data)


def counting(d):
    wait_until(f"it counts; {events(d)}", lambda: events(d)["counting"])
    return d


def test_counts(m):
    """counts of all CPUs add up, for fragctl, the API and as a source"""
    d = counting(machine(m, "0-2").start().up())
    equal(totals(d), (0, 0))
    count(m, 0, 5, 100)
    count(m, 2, 7, 1)
    wait_until("12 and 101", lambda: totals(d) == (12, 101))
    count(m, 0, 6, 100)
    wait_until("13 and 101", lambda: totals(d) == (13, 101))
    e = events(d)
    equal((e["cpus"], e["below_order"], e["steps"], e["findings"]), (3, 9, 0, []))
    assert "usual" not in e["kinds"][0] and not e["kinds"][0]["unusual"]
    equal([(r["unmovable"], r["movable"]) for r in e["rates"]], [(13, 101)] * 3)
    equal(source(d)["available"], True)
    text = fragctl(m, "events")
    contains(text, "below order 9, counted on 3 CPUs\n", "What is usual is known after 6h of counting; so far it is less than a step.\n")
    assert re.search(r"^  unmovable +13 +- +- +13$", text, re.M) and re.search(r"^  movable +101 +- +- +101$", text, re.M), text
    equal(json.loads(fragctl(m, "events", "--json"))["fallbacks"]["kinds"][0]["total"], 13)
    equal(d.end(), 0)


def test_hotplug(m):
    """CPUs come and go: what they counted stays, what they count is counted; a counter that stands still is opened anew"""
    d = counting(machine(m, "0-1").start().up())
    count(m, 1, 10, 20, 100)
    wait_until("10 and 20", lambda: totals(d) == (10, 20))
    m.put(ONLINE, "0\n")
    wait_until("one CPU", lambda: events(d)["cpus"] == 1)
    count(m, 1, 1, 1, 50)
    count(m, 3, 2, 2)
    m.put(ONLINE, "0-1,3\n")
    wait_until("three CPUs", lambda: events(d)["cpus"] == 3)
    wait_until("13 and 23", lambda: totals(d) == (13, 23))  # cpu1 began at 0
    equal(d.end(), 0)


def test_unusual(m):
    """far more than usual on this machine: in events, explain, metrics and the sample; what is usual is kept"""
    port = free_port()
    keep(m, kept([(40, 900)] * 19 + [(60, 1000)] * 20 + [(80, 1200)]))
    d = counting(machine(m, "0").start("--metrics", f"127.0.0.1:{port}").up())
    e = events(d)
    equal([(k["usual"], k["upper"], k["unusual"]) for k in e["kinds"]], [(60, 60, False), (1000, 1000, False)])
    count(m, 0, 840, 100)
    wait_until("14 times", lambda: events(d)["kinds"][0].get("times_permyriad") == 140000)
    said = "unmovable fallbacks are 14 times their usual rate: 840 in 10min, usually 60"
    equal(events(d)["findings"], [said])
    contains(fragctl(m, "events"), f"! {said}")
    contains(fragctl(m, "explain"), f"  - {said}")
    got = scrape(port)
    equal([got[f'fragd_fallbacks{name}{{kind="unmovable"}}'] for name in ("_total", "_usual", "_unusual")], ["840", "60", "1"])
    equal(got['fragd_fallbacks_unusual{kind="movable"}'], "0")
    reply = d.call(f"{MONITOR}.Explain")
    MONITOR_INTERFACE.check_reply("Explain", reply)
    equal([(c["cause"], c["sentence"]) for c in reply["machine"]], [("fallbacks", said)])
    equal(d.end(), 0)
    with open(os.path.join(m.state, "fallbacks"), "rb") as f:
        equal(f.read(), kept([(40, 900)] * 19 + [(60, 1000)] * 20 + [(80, 1200)]))  # 10 minutes have not passed


def test_never_before(m):
    """where there usually are none, that is said"""
    keep(m, kept([(0, 0)] * 100))
    d = counting(machine(m, "0").start().up())
    count(m, 0, 31, 30)
    wait_until("unusual", lambda: events(d)["findings"])
    equal(events(d)["findings"], ["unmovable fallbacks are unusual: 31 in 10min, and usually none"])
    equal([k["unusual"] for k in events(d)["kinds"]], [True, False])
    equal(d.end(), 0)


def test_follow(m):
    """fragctl events --follow: a line for each sample"""
    d = counting(machine(m, "0").start().up())
    with subprocess.Popen([FRAGCTL, "--runtime-dir", m.runtime, "events", "--follow"], stdout=subprocess.PIPE, text=True) as follower:
        contains(follower.stdout.readline(), "counted on 1 CPU")
        while "unmovable +0  movable +0" not in follower.stdout.readline():
            pass
        count(m, 0, 3, 4)
        while "unmovable +3  movable +4" not in follower.stdout.readline():
            pass
        follower.terminate()
        follower.wait(DEADLINE)
    equal(d.end(), 0)


def test_another_kernel(m):
    """what was learned on another kernel, or is damaged, is of no use, and one line says so"""
    for data, said in ((kept([(1, 1)] * 40, release="5.10.0"), "is of another kernel"), (kept([(1, 1)] * 40, order=13), "is of another kernel"),
                       (kept([(1, 1)] * 40)[:-1], "is not as it was written"), (kept([(1, 1)] * 40)[:50] + b"x" + kept([(1, 1)] * 40)[51:], "is not as it was written"),
                       (b"", "is not as it was written")):
        keep(m, data)
        d = counting(machine(m, "0").start().up())
        equal(events(d)["steps"], 0)
        contains(d.stderr(), "learning anew how many fallbacks are usual: the file fallbacks in the state directory " + said)
        equal(d.end(), 0)


def off(d, why):
    """Nothing is counted, and everybody says why."""
    wait_until(f"why; {events(d)}", lambda: why in events(d).get("why_not", ""))
    equal((events(d)["counting"], events(d)["kinds"], events(d)["rates"]), (False, [], []))
    s = source(d)
    equal(s["available"], False)
    contains(s["error"], why)
    contains(s["loss"], "fallbacks between migrate types are not counted")
    contains(" ".join(fragctl(d.machine, "status").split()), why)
    contains(fragctl(d.machine, "events"), "Fallbacks are not counted: ", why)


def test_no_tracefs(m):
    """without tracefs: off, and why; fragd does the rest"""
    d = m.start().up()
    off(d, "tracefs is not mounted")
    equal(d.end(), 0)
    assert "fallback" not in d.stderr(), d.stderr()


def test_no_event(m):
    """a kernel without the event"""
    os.makedirs(m.path("sys/kernel/tracing/events"))
    d = m.start().up()
    off(d, "this kernel does not have the event")
    equal(d.end(), 0)


def test_too_many_cpus(m):
    """more CPUs than are counted on"""
    d = machine(m, "0-1024").start().up()
    off(d, "more CPUs than fragd counts on")
    equal(d.end(), 0)


def test_some_cpu_not(m):
    """a CPU that cannot be counted: no count is better than one that is not complete"""
    d = machine(m, "0-1,40").start().up()
    wait_until("asked", lambda: events(d)["cpus"] == 2)
    equal((events(d)["counting"], source(d)["available"]), (False, False))
    equal(d.end(), 0)


def test_no_actor(m):
    """without an actor"""
    os.makedirs(m.runtime)
    os.chown(m.runtime, 65534, 65534)
    os.makedirs(m.state)
    os.chown(m.state, 65534, 65534)
    d = machine(m, "0").start(become=None, user=65534).up()
    off(d, "there is no fragd-actor")
    equal(d.end(), 0)


def test_switch(m):
    """fallback_events = false: not counted; switched on and off by a reload"""
    m.config(policy_text(), more="fallback_events = false; stalls: { trace = false; };\n")
    d = machine(m, "0").start().up()
    off(d, "switched off")
    with open(f"/proc/{d.actor()}/cmdline") as f:
        assert "--counters" not in f.read()
    m.config(policy_text())
    d.call("io.fragd.Control.Reload", admin=True)
    counting(d)
    m.config(policy_text(), more="fallback_events = false;\n")
    d.call("io.fragd.Control.Reload", admin=True)
    off(d, "switched off")
    equal(d.end(), 0)


run(globals())
