#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragd --trace: what is recorded gives the same decisions again: test_fragd_trace.py BUILD_DIR, as root. Prints TAP."""

import json
import os
import subprocess
import sys

from fragd_harness import FRAGMENTED, HEALED, P, contains, equal, policy_text, run, wait_until

REPLAY = os.path.join(sys.argv[1], "tests/replay/test-replay")


def replay(path):
    """What the engine decides on a trace: the notable decisions."""
    p = subprocess.run([REPLAY, "--record", path], stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in p.stdout.splitlines()]


def start(m, *more):
    path = m.path("../trace")
    return path, m.start("--trace", path, *more)


def test_compaction(m):
    """a compaction, a pause and another policy"""
    m.config(policy_text(), policy_text("other", levers=["window"]))
    m.knob(P, 0)
    path, d = start(m)
    d.up().decided("missed")
    m.memory(HEALED)
    d.decided("gained")
    d.call("io.fragd.Control.Pause", {"for_usec": 3600 * 1000 * 1000}, admin=True)
    d.call("io.fragd.Control.Resume", {}, admin=True)
    d.call("io.fragd.Control.SetPolicy", {"name": "other"}, admin=True)
    m.memory(FRAGMENTED)
    wait_until("a window", lambda: m.get(P) != "0")
    decided = d.log()
    equal(d.end(), 0)
    again = replay(path)
    equal(again[:len(decided)], decided)
    reasons = [e["reason"] for e in again]
    contains(" ".join(reasons), "missed", "gained", "paused", "resumed")
    equal(oct(os.stat(path).st_mode & 0o777), "0o644")
    os.unlink(path)


def test_not_over_a_file(m):
    """a file that is there is not written over, and the actor is not started"""
    m.put("../trace", "precious\n")
    path, d = start(m)
    equal(d.wait(), 1)
    equal(d.stderr(), f"fragd: --trace {path}: cannot create it: it is there already, expected a new file: not starting\n")
    equal(m.get("../trace"), "precious")
    os.unlink(path)


def test_no_such_directory(m):
    """a file that cannot be created"""
    d = m.start("--trace", m.path("none/trace"))
    equal(d.wait(), 1)
    contains(d.stderr(), "none/trace: cannot create it: No such file or directory: not starting\n")


run(globals())
