#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who compacts, by the kernel's trace events, on a fake machine with ring buffers that the test fills: test_latency.py BUILD_DIR, as
root. Prints TAP."""

import json
import mmap
import os
import re
import struct
import subprocess
import sys
import time

from fake_taskstats import FakeTaskstats, stats
from fragd_harness import DEADLINE, HEALED, contains, equal, policy_text, run, wait_until
from metrics_client import free_port, scrape
from varlink_client import MONITOR, MONITOR_INTERFACE

FRAGCTL = os.path.join(sys.argv[1], "cli/fragctl")
SWITCH, ONLINE = "proc/sys/kernel/task_delayacct", "sys/devices/system/cpu/online"
PAGE, SIZE = mmap.PAGESIZE, max(mmap.PAGESIZE, 16384)
BEGIN, END = 1, 2
HEAD, TAIL = 1024, 1032  # in the page
MS = 10 ** 6
FUTURE = 1 << 40  # clock ticks: started after any fragd


class Ring:
    """A CPU's, as linux/perf_event.h has it."""

    def __init__(self, m, cpu):
        path = m.path(f"fragd-rings/cpu{cpu}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.truncate(PAGE + SIZE)
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), PAGE + SIZE)

    def number(self, at):
        return struct.unpack_from("=Q", self.map, at)[0]

    def put(self, kind, body):
        head = self.number(HEAD)
        record = struct.pack("=IHH", kind, 0, 8 + len(body)) + body
        for i, byte in enumerate(record):
            self.map[PAGE + (head + i) % SIZE] = byte
        struct.pack_into("=Q", self.map, HEAD, head + len(record))

    def event(self, which, tgid, nsec, tid=None):
        self.put(9, struct.pack("=QIIQ", which, tgid, tid or tgid, nsec))

    def lost(self, count, nsec):
        self.put(2, struct.pack("=QQIIQQ", BEGIN, count, 1, 1, nsec, BEGIN))

    def taken(self):
        return self.number(TAIL) == self.number(HEAD)


class Setup:
    def __init__(self, m, on="0", cpus=2, fake=False, more=""):
        self.m = m
        m.memory(HEALED)
        m.config(policy_text(levers=()), more=more)
        m.put(SWITCH, on + "\n")
        m.put(ONLINE, f"0-{cpus - 1}\n")
        for event, number in (("begin", 11), ("end", 12)):
            m.put(f"sys/kernel/tracing/events/compaction/mm_compaction_{event}/id", f"{number}\n")
        os.makedirs(m.runtime, exist_ok=True)
        os.chmod(m.runtime, 0o755)
        self.rings = [Ring(m, cpu) for cpu in range(cpus)]
        self.fake = FakeTaskstats(m.socket("taskstats")) if fake else None
        self.now = 0

    def process(self, pid, name, start=FUTURE):
        fields = " ".join(["S", "1"] + ["0"] * 17 + [str(start)])
        self.m.put(f"proc/{pid}/stat", f"{pid} ({name}) {fields} 0 0\n")

    def compacted(self):
        text = re.sub(r"^compact_stall (\d+)$", lambda n: f"compact_stall {int(n[1]) + 1}", self.m.get("proc/vmstat"), flags=re.M)
        self.m.put("proc/vmstat", text + "\n")

    def run(self, tgid, msec, tid=None, begin=0, end=0):
        """Begins on one CPU and ends on the other, in the past, each later than the one before."""
        self.now = max(self.now, time.monotonic_ns() - 10 ** 9)
        self.rings[begin].event(BEGIN, tgid, self.now, tid)
        self.now += msec * MS
        self.rings[end].event(END, tgid, self.now, tid)


def get(d, **parameters):
    reply = d.call(f"{MONITOR}.GetStalls", parameters)
    MONITOR_INTERFACE.check_reply("GetStalls", reply)
    return reply["stalls"]


def trace(d):
    return get(d)["trace"]


def names(d):
    return {n["name"]: (n["runs"], n["usec"]) for n in trace(d)["names"]}


def source(d, name="compaction-trace"):
    return next(s for s in d.status()["sources"] if s["source"] == name)


def tracing(d):
    wait_until(f"it traces: {trace(d)}", lambda: trace(d)["state"] == "on")
    return d


def fragctl(m, *args):
    r = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=DEADLINE, check=False)
    equal((r.returncode, r.stderr), (0, ""))
    return r.stdout


def test_accounting_off(m):
    """without delay accounting: runs by program, over CPUs and threads; who has ended; in stalls, explain, status"""
    s = Setup(m)
    s.process(10, "postgres")
    s.process(11, "a) (b")
    d = tracing(m.start().up())
    equal((trace(d)["cpus"], trace(d)["names"], "why" in trace(d)), (2, [], False))
    s.run(10, 300)
    s.run(10, 400, tid=17, begin=0, end=1)
    s.run(11, 2)
    s.run(99, 1, begin=1, end=1)
    wait_until("all runs", lambda: names(d) == {"postgres": (2, 700000), "a) (b": (1, 2000), "(ended)": (1, 1000)})
    assert all(ring.taken() for ring in s.rings)
    equal([(n["name"], n["watched"], n["longest_usec"]) for n in trace(d)["names"]],
          [("postgres", True, 400000), ("a) (b", False, 2000), ("(ended)", False, 1000)])
    s.compacted()
    wait_until("off", lambda: get(d)["state"] == "off")
    text = fragctl(m, "stalls")
    contains(text, "Not counted: delay accounting is off", "by trace events (traced from ", "PROGRAM   RUNS   LOST   EACH  LONGEST\n",
             "postgres     2  700ms  350ms    400ms\n")
    assert "Next step" not in text and "Lost to direct compaction" not in text, text
    contains(fragctl(m, "explain"), "postgres lost 700ms to compaction in the last hour, in 2 runs over a zone, by trace events.")
    contains(fragctl(m, "explain", "--since", "1h"), "postgres lost 700ms to compaction in that time, in 2 runs over a zone, by trace events.")
    equal((source(d)["available"], source(d, "taskstats")["available"], "loss" in source(d, "taskstats")), (True, False, False))
    equal(get(d, until_realtime_usec=1)["trace"]["names"], [])
    # A program that fragd has seen keeps its name.
    os.unlink(m.path("proc/11/stat"))
    s.run(11, 3)
    wait_until("one more", lambda: names(d).get("a) (b") == (2, 5000))
    equal(d.end(), 0)


def test_never_mixed(m):
    """with delay accounting on: what it counts is its own, the others' runs stand apart"""
    s = Setup(m, on="1", fake=True)
    s.process(10, "postgres")
    s.process(11, "mysqld", start=1)
    s.fake.processes[10] = stats(compactions=3, usec=700000)
    s.fake.processes[11] = stats(accounted=False)
    d = tracing(m.start().up())
    s.run(10, 600)
    s.run(11, 300)
    wait_until("both rings are read", lambda: trace(d) and s.rings[0].taken())
    equal(names(d), {})  # not before delay accounting was asked
    s.compacted()
    wait_until("told", lambda: names(d) == {"mysqld": (1, 300000)})
    equal({n["name"]: (n["compactions"], n["compaction_usec"]) for n in get(d)["names"]}, {"postgres": (3, 700000), "mysqld": (0, 0)})
    contains(fragctl(m, "stalls"), "by the kernel's delay accounting", "postgres          1  all                3  700ms", "by trace events",
             "mysqld      1  300ms  300ms    300ms")
    text = fragctl(m, "explain")
    contains(text, "postgres lost 700ms to direct compaction in the last hour, 3 times.",
             "mysqld lost 300ms to compaction in the last hour, in 1 run over a zone, by trace events.")
    assert "postgres lost 600ms" not in text, text
    equal(d.end(), 0)


def test_not_needed(m):
    """delay accounting since boot: nothing is opened, and nothing is missed"""
    s = Setup(m, on="1", fake=True)
    m.put("proc/cmdline", "quiet delayacct\n")
    d = m.start().up()
    equal((trace(d)["state"], trace(d)["cpus"]), ("not-needed", 0))
    equal(("loss" in source(d), source(d)["available"]), (False, False))
    assert "trace" not in fragctl(m, "stalls")
    # Switched off, it is missed.
    m.knob(SWITCH, 0)
    s.compacted()
    tracing(d)
    equal(d.end(), 0)


def test_lost(m):
    """what the kernel had no room for is said, and no time is made up for it; so is what are no records"""
    s = Setup(m)
    s.process(10, "postgres")
    d = tracing(m.start().up())
    now = time.monotonic_ns() - 10 ** 9
    s.rings[0].event(BEGIN, 10, now)
    s.rings[0].lost(1234, now + MS)
    s.rings[0].event(END, 10, now + 2 * MS)
    s.rings[1].event(BEGIN, 10, now + 3 * MS)
    s.rings[1].event(END, 10, now + 4 * MS)
    wait_until("the rest", lambda: names(d) == {"postgres": (1, 1000)})
    equal((trace(d)["lost"], trace(d)["unpaired"]), (1234, 2))
    contains(fragctl(m, "stalls"), "1234 records of trace events were lost, so that this is less than it was.")
    # A ring that makes no sense is let go, and opened anew.
    s.rings[1].put(9, b"")
    struct.pack_into("=Q", s.rings[1].map, HEAD, s.rings[1].number(TAIL) + SIZE + 8)
    wait_until("it is passed over", lambda: trace(d) and s.rings[1].taken())
    wait_until("both again", lambda: trace(d)["cpus"] == 2)
    s.run(10, 5, begin=1, end=1)
    wait_until("one more", lambda: names(d) == {"postgres": (2, 6000)})
    equal(d.end(), 0)


def test_young(m):
    """a record of right now waits, so that those of all CPUs are in order"""
    s = Setup(m)
    s.process(10, "postgres")
    d = tracing(m.start().up())
    future = time.monotonic_ns() + 2 * 10 ** 9
    s.rings[0].event(BEGIN, 10, future)
    s.run(10, 5, tid=11, begin=1, end=1)
    wait_until("the older ones", lambda: names(d) == {"postgres": (1, 5000)})
    equal((s.rings[0].number(TAIL), trace(d)["unpaired"]), (0, 0))
    s.rings[1].event(END, 10, future + MS)
    wait_until("and the younger one", lambda: names(d) == {"postgres": (2, 6000)})
    equal(d.end(), 0)


def test_hotplug(m):
    """CPUs come and go: what they recorded is taken, what they record then as well; all or none"""
    s = Setup(m)
    s.process(10, "postgres")
    d = tracing(m.start().up())
    s.run(10, 5, begin=1, end=1)
    m.put(ONLINE, "0\n")
    wait_until("one CPU", lambda: trace(d)["cpus"] == 1)
    wait_until("its runs", lambda: names(d) == {"postgres": (1, 5000)})
    m.put(ONLINE, "0-1\n")
    wait_until("two CPUs", lambda: trace(d)["cpus"] == 2)
    s.run(10, 7, begin=1, end=1)
    wait_until("its runs again", lambda: names(d) == {"postgres": (2, 12000)})
    os.unlink(m.path("fragd-rings/cpu1"))
    m.put(ONLINE, "0\n")
    wait_until("one CPU", lambda: trace(d)["cpus"] == 1)
    with open(m.path("fragd-rings/cpu1"), "wb") as f:
        f.write(bytes(100))
    m.put(ONLINE, "0-1\n")
    wait_until("all or none", lambda: trace(d)["state"] == "off")
    equal((trace(d)["cpus"], "since_realtime_usec" in trace(d)), (0, False))
    equal(d.end(), 0)


def cases_of_why():
    """What stands in the way, each told in its own words."""
    def case(title, words, prepare, more="", loss=True):
        def test(m):
            s = Setup(m, more=more)
            prepare(s)
            s.process(10, "postgres")
            s.compacted()
            d = m.start().up()
            wait_until(words, lambda: words in trace(d).get("why", ""))
            equal((trace(d)["state"], source(d)["error"], "loss" in source(d)), ("off", trace(d)["why"], loss))
            wait_until("off", lambda: get(d)["state"] == "off")
            contains(fragctl(m, "stalls"), "Not known: delay accounting is off", "Next step: sysctl kernel.task_delayacct=1", "Not traced: ")
            status = fragctl(m, "status")
            equal(status.count("compaction-trace: how long processes that delay accounting does not count compact is unknown"), int(loss))
            equal(d.end(), 0)
        test.__doc__ = f"no trace: {title}"
        return test

    def without(path):
        return lambda s: subprocess.run(["rm", "-r", s.m.path(path)], check=True)

    yield case("no tracefs", "tracefs is not mounted", without("sys/kernel/tracing"))
    yield case("no such event", "this kernel does not have the event", without("sys/kernel/tracing/events/compaction/mm_compaction_end"))
    yield case("no CPU", "cannot be counted on", without("fragd-rings"))
    yield case("switched off", "switched off: stalls.trace", lambda s: None, more="stalls: { trace = false; };\n", loss=False)


def test_reload(m):
    """switched on and off by a reload; nothing stays open"""
    s = Setup(m, more="stalls: { trace = false; };\n")
    d = m.start().up()
    equal((trace(d)["state"], trace(d)["cpus"]), ("off", 0))

    def mapped():
        with open(f"/proc/{d.pid}/maps", encoding="ascii") as f:
            return f.read().count("fragd-rings")
    equal(mapped(), 0)
    m.config(policy_text(levers=()))
    d.call("io.fragd.Control.Reload", admin=True)
    tracing(d)
    equal(mapped(), 2)
    m.config(policy_text(levers=()), more="stalls: { trace = false; };\n")
    d.call("io.fragd.Control.Reload", admin=True)
    equal((trace(d)["state"], trace(d)["cpus"], mapped()), ("off", 0, 0))
    equal(len(s.rings), 2)
    equal(d.end(), 0)


def test_metrics(m):
    """series of their own, of the watched names and all others"""
    s = Setup(m, more='stalls: { watch = [ "postgres", "nobody" ]; };\n')
    s.process(10, "postgres")
    s.process(11, "a")
    port = free_port()
    d = tracing(m.start("--metrics", f"127.0.0.1:{port}").up())
    s.run(10, 70)
    s.run(11, 2)
    s.run(98, 1)
    wait_until("all", lambda: len(names(d)) == 3)
    equal({k: float(v) for k, v in scrape(port).items() if k.startswith(("fragd_traced", "fragd_watched"))}, {
        'fragd_traced_compaction_runs_total{watch="postgres"}': 1, 'fragd_traced_compaction_runs_total{watch="nobody"}': 0,
        'fragd_traced_compaction_runs_total{watch="(others)"}': 2, 'fragd_traced_compaction_seconds_total{watch="postgres"}': 0.07,
        'fragd_traced_compaction_seconds_total{watch="nobody"}': 0, 'fragd_traced_compaction_seconds_total{watch="(others)"}': 0.003,
        'fragd_traced_lost_records_total': 0})
    equal(float(scrape(port)['fragd_source_available{source="compaction-trace"}']), 1)
    equal(json.loads(fragctl(m, "stalls", "--json"))["stalls"]["trace"]["source"], "trace")
    equal(d.end(), 0)


if __name__ == "__main__":
    run(globals())
