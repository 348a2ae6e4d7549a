#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl hold with the real programs on a fake machine: test_hold.py BUILD_DIR. Prints TAP. Wants root."""

import json
import subprocess

from actor_harness import DEADLINE
from fragd_harness import FRAGMENTED, HEALED, MIB, Machine, contains, equal, policy_text, run, wait_until
from fragctl_tap import FRAGCTL

POLICY = policy_text(reserve="2M")
# Met whatever the memory is like.
CONTENT = policy_text(objectives='( { size = "4K"; reserve = "4K"; refill = "8K"; for = "user"; } )')


def started(m, memory, *arguments, policy=POLICY):
    m.config(policy)
    m.memory(memory)
    m.fragd = m.start(*arguments).up()
    return m.fragd


def fragctl(m, *arguments):
    return subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE)


def hold(m, count, *more, duration="10m"):
    return fragctl(m, "hold", "--size", "2M", "--count", str(count), "--for", duration, *more)


def held(m):
    return json.loads(fragctl(m, "--json", "hold").stdout)["holds"]


def objectives(fragd):
    return [(o["objective"], o.get("hold"), o["verdict"]) for o in fragd.node()["objectives"]]


def test_held(m):
    """a hold is met like an objective, listed, shown by status and named by explain"""
    fragd = started(m, HEALED)
    equal(fragctl(m, "hold").stdout, "Nothing is held.\n")
    p = hold(m, 20)
    equal((p.returncode, p.stderr), (0, ""))
    contains(p.stdout.replace("\n", " "), "Holding 40 MiB in blocks of 2 MiB for 10min (hold 1): 40 MiB are there.")
    h, = held(m)
    equal((h["hold"], h["size_bytes"], h["count"], h["there"], h["verdict"], h["uid"]), (1, 2 * MIB, 20, 20, "met", 0))
    assert "node" not in h and 0 < h["left_usec"] <= 600_000_000, h
    out = fragctl(m, "hold").stdout.splitlines()
    equal([line.split()[:6] for line in out], [["HOLD", "SIZE", "COUNT", "THERE", "NODE", "VERDICT"], ["1", "2M", "20", "20", "all", "met"]])
    contains(out[1], "root (uid 0)")
    out = fragctl(m, "status").stdout
    contains(out, "hold 1", "Hold 1   20 of 20 blocks of 2M are there, for uid 0, 9min")
    out = fragctl(m, "explain").stdout
    contains(out, "blocks of 2M for hold 1: met", "(hold 1).", "who asked for it")
    equal(objectives(fragd), [(0, None, "met"), (1, 1, "met")])


def test_acts(m):
    """what lacks is compacted, and the compaction ends with the hold"""
    fragd = started(m, FRAGMENTED, policy=CONTENT)
    p = hold(m, 20, "--node", "0")
    equal(p.returncode, 0)
    contains(p.stdout.replace("\n", " "), "on node 0 for 10min (hold 1): none are there.")
    fragd.compacting()
    wait_until("it is missed", lambda: objectives(fragd)[1:] == [(1, 1, "fragmented")])
    d = [d for d in fragd.log() if d["reason"] == "missed"][-1]
    equal((d["hold"], d["objective"], d["act"]), (1, 1, "compact"))
    p = fragctl(m, "hold", "--release", "1")
    equal((p.returncode, p.stderr), (0, ""))
    contains(p.stdout.replace("\n", " "), "Hold 1 ends after", "40 MiB in blocks of 2 MiB on node 0 are released.")
    wait_until("the compaction ends", lambda: not fragd.node().get("acting"))
    equal((held(m), objectives(fragd)), ([], [(0, None, "met")]))


def test_reload_and_policy(m):
    """reload and another policy take nothing of it; without another policy reload changes nothing at all"""
    fragd = started(m, HEALED)
    equal(hold(m, 20).returncode, 0)
    equal(fragctl(m, "reload").returncode, 0)
    equal(len([d for d in fragd.log() if d["reason"] == "policy-changed"]), 1)
    equal(fragctl(m, "policy", "set", "conserve", "--runtime").returncode, 0)
    wait_until("the policy is followed", lambda: fragd.status()["policy"] == "conserve")
    wait_until("the hold is watched", lambda: (len(objectives(fragd)) - 1, 1, "met") in objectives(fragd))
    equal([h["there"] for h in held(m)], [20])
    contains(fragctl(m, "policy", "show", "conserve").stdout, "objectives")


def test_ends(m):
    """it ends by itself, and its number is not used again"""
    fragd = started(m, HEALED)
    equal(hold(m, 20, duration="1s").returncode, 0)
    fragd.decided("hold-ended")
    equal(held(m), [])
    equal(json.loads(fragctl(m, "--json", "hold", "--order", "9", "--count", "3", "--for", "1h").stdout)["hold"], 2)


def test_impossible(m):
    """more than the memory: 3, with the number that is possible"""
    started(m, HEALED)
    p = hold(m, 100000)
    equal((p.returncode, p.stderr), (3, ""))
    contains(p.stdout.replace("\n", " "), "Could not hold 100000 blocks of 2 MiB: at most ", " are possible, even if nobody used the memory.")
    j = json.loads(fragctl(m, "--json", "hold", "--size", "2M", "--count", "100000", "--for", "1h").stdout)
    equal((j["state"], j["wanted"]), ("impossible", 100000))
    assert 0 < j["possible"] < 100000 and "hold" not in j, j
    equal(hold(m, j["possible"]).returncode, 0)
    p = fragctl(m, "hold", "--size", "1G", "--count", "1", "--for", "1h")
    equal(p.returncode, 1)
    contains(p.stderr, "this kernel has no blocks of that size")


def test_bounded(m):
    """eight at a time; the ninth is refused until one is released"""
    started(m, HEALED)
    for _ in range(8):
        equal(hold(m, 1).returncode, 0)
    p = hold(m, 1)
    equal((p.returncode, p.stdout), (1, ""))
    contains(p.stderr, "8 are held already")
    equal(fragctl(m, "hold", "--release", "3").returncode, 0)
    equal(hold(m, 1).returncode, 0)
    equal([h["hold"] for h in held(m)], [1, 2, 4, 5, 6, 7, 8, 9])


def test_usage(m):
    """what is missing or too much is said in one line"""
    started(m, HEALED)
    for arguments, said in ((("--size", "2M", "--count", "1"), "--for is missing"), (("--for", "1h"), "--size or --order"),
                            (("--size", "2M", "--for", "1h"), "--count is missing"), (("--release", "1", "--for", "1h"), "nothing else"),
                            (("--release", "0"), "the number of a hold"),
                            (("--size", "2M", "--count", "1", "--for", "25h"), "24h at most")):
        p = fragctl(m, "hold", *arguments)
        equal((p.returncode, p.stdout, p.stderr.count("\n")), (2, "", 1))
        contains(p.stderr, said)
    p = fragctl(m, "hold", "--release", "7")
    equal((p.returncode, p.stderr), (1, "fragctl: there is no hold 7; held: none\n"))
    p = hold(m, 1, "--node", "5")
    equal((p.returncode, p.stderr), (1, "fragctl: there is no node 5; nodes with memory: 0\n"))


def test_observing(m):
    """where fragd does not act, a hold would be a promise that nobody keeps"""
    started(m, HEALED, "--observe")
    p = hold(m, 1)
    equal((p.returncode, p.stdout), (1, ""))
    contains(p.stderr, "the policy only observes")


run(globals())
