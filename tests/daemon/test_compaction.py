#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who compacts, on a fake machine: test_compaction.py BUILD_DIR. Prints TAP."""

import json
import os
import re
import subprocess
import sys

from fragd_harness import DEADLINE, FRAGMENTED, HEALED, Machine, contains, equal, run, wait_until
from varlink_client import MONITOR, MONITOR_INTERFACE

FRAGCTL = os.path.join(sys.argv[1], "cli/fragctl")


def fragctl(m, *args):
    r = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=DEADLINE, check=False)
    equal((r.returncode, r.stderr), (0, ""))
    return r.stdout


def compaction(d, **parameters):
    reply = d.call(f"{MONITOR}.GetCompaction", parameters)
    MONITOR_INTERFACE.check_reply("GetCompaction", reply)
    return reply["compaction"]


def kind(d, name, **parameters):
    return next(k for k in compaction(d, **parameters)["kinds"] if k["kind"] == name)


def count(m, **more):
    """Counters go up, all at one instant."""
    text = m.get("proc/vmstat") + "\n"
    for name, n in more.items():
        text, found = re.subn(rf"^{name} (\d+)$", lambda match, by=n: f"{match[0].split()[0]} {int(match[1]) + by}", text, flags=re.M)
        equal((name, found), (name, 1))
    m.put("proc/vmstat", text)


def kcompactd(m, msec, state="S"):
    m.put("proc/77/comm", "kcompactd0\n")
    m.put("proc/77/stat", f"77 (kcompactd0) {state} 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 50 0 0\n")
    m.put("proc/77/schedstat", f"{msec * 1000000} 0 1\n")


def sampled(d):
    """One sample more was taken whole."""
    n = d.status()["samples"]
    wait_until("two samples", lambda: d.status()["samples"] >= n + 2)


def test_direct(m):
    """direct compaction: as often as counted since fragd looks, not since boot; success is a share; what is in vain is said"""
    count(m, compact_stall=100000, compact_success=1, compact_fail=3)
    d = m.start("--observe").up()
    sampled(d)
    equal(kind(d, "direct")["runs"], 0)
    assert "success_permyriad" not in kind(d, "direct")
    count(m, compact_stall=40, compact_success=30, compact_fail=10, compact_migrate_scanned=5000)
    wait_until("it is seen", lambda: kind(d, "direct")["runs"] == 40)
    k = kind(d, "direct")
    equal((k["how"], k["successes"], k["failures"], k["success_permyriad"]), ("counted", 30, 10, 7500))
    assert k["runs_per_hour"] >= 40, k
    equal(compaction(d)["findings"], [])
    count(m, compact_stall=1960, compact_fail=1960)
    wait_until("it is seen", lambda: kind(d, "direct")["runs"] == 2000)
    contains(" ".join(compaction(d)["findings"]), "Direct compaction is futile: 1970 of 2000 attempts in ", "while a task waited for each.",
             "ended without looking at memory (inferred): the kernel defers compaction after failures.")
    contains(fragctl(m, "compaction"), "Compaction in the last ", "! Direct compaction is futile: 1970 of 2000 ")
    equal(d.end(), 0)


def test_kinds(m):
    """what the kernel does not count is inferred from sample to sample, and said to be"""
    kcompactd(m, 1000)
    m.memory(FRAGMENTED)
    d = m.start("--observe").up()
    sampled(d)
    count(m, compact_daemon_wake=3, compact_isolated=2000)
    kcompactd(m, 1300)
    wait_until("on demand", lambda: kind(d, "demand")["runs"] == 3 and kind(d, "demand").get("cpu_usec", 0) > 290000)
    sampled(d)
    count(m, compact_isolated=9000)
    wait_until("by hand", lambda: kind(d, "others")["runs"] == 1)
    sampled(d)
    kcompactd(m, 1800, state="D")
    wait_until("proactive", lambda: kind(d, "proactive")["runs"] == 1)
    equal({k["kind"]: k["how"] for k in compaction(d)["kinds"]},
          {"direct": "counted", "demand": "counted", "proactive": "inferred", "own": "counted", "others": "inferred"})
    assert 490000 < kind(d, "proactive")["cpu_usec"] < 510000
    sampled(d)
    c = compaction(d)
    k = c["kcompactd"][0]
    equal((k["node"], k["state"], k["doing"], k["score_high"]), (0, "D", "working", 90))
    contains("\n".join(c["findings"]), "Somebody else compacts by hand (inferred): ",
             "kcompactd0 is in uninterruptible sleep (D): it waits for a lock")
    contains("\n".join(c["caveats"]), "counts neither proactive nor manual compaction")
    text = fragctl(m, "compaction", "--window", "10m")
    contains(text, "kcompactd, on demand", "kcompactd, proactive", "manual, others", "inferred", "kcompactd0 ", "ACTS ABOVE")
    equal(json.loads(fragctl(m, "compaction", "--json"))["compaction"]["kinds"][0]["kind"], "direct")
    equal(d.end(), 0)


def test_window(m):
    """a window is what was asked for, as far as fragd has run; what lies before it does not count"""
    m.memory(HEALED)
    d = m.start("--observe").up()
    sampled(d)
    count(m, compact_stall=7, compact_fail=7)
    wait_until("it is seen", lambda: kind(d, "direct")["runs"] == 7)
    wait_until("it is over", lambda: kind(d, "direct", window_usec=1000000)["runs"] == 0)
    equal(kind(d, "direct", window_usec=600000000)["runs"], 7)
    assert compaction(d, window_usec=2000000)["window_usec"] < 5000000
    for bad in ("0", "8d", "soon"):
        r = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, "compaction", "--window", bad], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=False)
        equal((r.returncode, r.stdout), (2, ""))
        contains(r.stderr, "a duration from 1s to 7d such as 10min")
    equal(d.end(), 0)


def caveats(recorded):
    m = Machine(recorded)
    try:
        d = m.start("--observe").up()
        found = "\n".join(compaction(d)["caveats"])
        equal(d.end(), 0)
        return found
    finally:
        m.done()


def test_caveats(m):
    """what each kernel cannot tell apart"""
    contains(caveats("5.4-after"), "This kernel (before 5.13) counts direct compactions that it skipped", "does not compact proactively (5.9",
             "kcompactd cannot be seen")
    contains(caveats("5.10-after"), "This kernel (before 5.13) counts direct compactions that it skipped")
    for recorded in ("6.1-after", "7.3-after"):
        text = caveats(recorded)
        contains(text, "Direct compactions that the kernel merely deferred count as failed")
        equal("before 5.13" in text or "5.9 and later" in text, False)


run(globals())
