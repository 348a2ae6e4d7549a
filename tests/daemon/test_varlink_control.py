#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The admin socket of a real fragd on a fake machine: test_varlink_control.py BUILD_DIR. Prints TAP. Wants root, as fragd does
to act."""

import os

from fragd_harness import FRAGMENTED, HEALED, MIB, contains, equal, run, wait_until
from varlink_client import (CONTROL, CONTROL_INTERFACE, INVALID, MONITOR, POLICY, VarlinkError, admin, encode, monitor, read,
                            with_fragd)

SEC = 1000000


def tell(client, method, **parameters):
    """Calls a method of Control; its reply must be what the interface says."""
    reply = client.call(f"{CONTROL}.{method}", **parameters)
    CONTROL_INTERFACE.check_reply(method, reply)
    return reply


def refused(client, method, **parameters):
    """(name, parameters) of the error, which must be what the interface says."""
    name, got = client.error(f"{CONTROL}.{method}", **parameters)
    CONTROL_INTERFACE.check_error(name, got)
    return name.rsplit(".", 1)[1], got


def status(m):
    with monitor(m) as c:
        return read(c, "GetStatus")["status"]


def follow(client, method, **parameters):
    """Calls with more; returns the parameters of the first reply, which must continue."""
    client.write(encode(method, parameters, more=True))
    reply, continues = client.reply()
    assert continues, "does not continue"
    return reply


# --- policies ---

@with_fragd(root=True)
def test_set_policy(m):
    """SetPolicy: takes effect, is logged with who asked, and is kept across a restart"""
    with admin(m) as c:
        equal(tell(c, "SetPolicy", name="conserve"), {"previous": "test", "policy": "conserve"})
        s = status(m)
        equal((s["policy"], "policy_left_usec" in s), ("conserve", False))
        active = [p["name"] for p in read(c, "ListPolicies")["policies"] if p["active"]]
        equal(active, ["conserve"])
    contains(m.fragd.stderr(), "conserve")
    equal(m.fragd.end(), 0)
    m.fragd = m.start().up()
    equal(status(m)["policy"], "conserve")


@with_fragd(root=True)
def test_set_policy_for_a_time(m):
    """SetPolicy for a time: the policy before follows by itself"""
    with admin(m) as c:
        tell(c, "SetPolicy", name="observe", for_usec=3600 * SEC)
        s = status(m)
        equal((s["policy"], s["policy_after"], s["acts"]), ("observe", "test", False))
        assert 3500 * SEC < s["policy_left_usec"] <= 3600 * SEC, s["policy_left_usec"]
        equal(tell(c, "SetPolicy", name="conserve", for_usec=3600 * SEC),
              {"previous": "observe", "policy": "conserve", "policy_after": "test"})
        tell(c, "SetPolicy", name="observe", for_usec=SEC // 5)
        wait_until("the policy before", lambda: status(m)["policy"] == "test")


@with_fragd(root=True)
def test_set_policy_runtime(m):
    """SetPolicy runtime: not kept"""
    with admin(m) as c:
        tell(c, "SetPolicy", name="conserve", runtime=True)
    equal(status(m)["policy"], "conserve")
    equal(m.fragd.end(), 0)
    m.fragd = m.start().up()
    equal(status(m)["policy"], "test")


@with_fragd(root=True)
def test_invalid_parameters(m):
    """what is not of the interface is refused by name, and nothing is done"""
    with admin(m) as c:
        for method, parameters, bad in (
                ("SetPolicy", {}, "name"), ("SetPolicy", {"name": 5}, "name"),
                ("SetPolicy", {"name": "observe", "for_usec": 0}, "for_usec"),
                ("SetPolicy", {"name": "observe", "for_usec": -5}, "for_usec"),
                ("SetPolicy", {"name": "observe", "for_usec": "2h"}, "for_usec"),
                ("SetPolicy", {"name": "observe", "runtime": 1}, "runtime"),
                ("Pause", {"for_usec": 0}, "for_usec"), ("Resume", {"node": 0}, "node"), ("Reload", {"file": "x"}, "file"),
                ("Compact", {}, "node"), ("Compact", {"node": -1}, "node"), ("Compact", {"node": 0, "count": 5}, "size_bytes"),
                ("Compact", {"node": 0, "size_bytes": 2 * MIB}, "count"),
                ("Compact", {"node": 0, "size_bytes": 2 * MIB, "count": 0}, "count"),
                ("Compact", {"node": 0, "size_bytes": 0, "count": 1}, "size_bytes")):
            equal(c.error(f"{CONTROL}.{method}", **parameters), (INVALID, {"parameter": bad}))
        name, got = refused(c, "SetPolicy", name="obsrve")
        equal((name, got["name"]), ("UnknownPolicy", "obsrve"))
        assert {"observe", "balanced", "test"} <= set(got["known"]), got
        equal(refused(c, "Compact", node=5), ("UnknownNode", {"node": 5, "known": [0]}))
    s = status(m)
    equal((s["policy"], s["paused"], s["budget"]["runs"]), ("test", False, 0))


# --- configuration ---

@with_fragd(root=True)
def test_reload(m):
    """Reload: what was read, and the new policy is in force"""
    m.config(POLICY, POLICY.replace("test:", "other:"), policy="other")
    with admin(m) as c:
        equal(tell(c, "Reload"), {"files": [m.config_path], "policy": "other"})
    equal(status(m)["policy"], "other")


@with_fragd(root=True)
def test_reload_refused(m):
    """Reload of a broken configuration: every error with its line, and nothing changes"""
    m.config(POLICY.replace("settle", "setle").replace('"100ms"', '"soon"'))
    with admin(m) as c:
        name, got = refused(c, "Reload")
        equal(name, "ConfigRefused")
        equal([e["file"] for e in got["errors"]], [m.config_path] * 2)
        text = " ".join(e["message"] for e in got["errors"])
        contains(text, "setle", "settle", "soon")
        assert all(e["line"] > 1 for e in got["errors"]), got
        equal(status(m)["policy"], "test")
        m.config(POLICY)
        tell(c, "Reload")


# --- pausing ---

@with_fragd(root=True)
def test_pause(m):
    """Pause and Resume: in the status, and in the log of whoever follows it"""
    with admin(m) as c, monitor(m) as log:
        past = follow(log, MONITOR + ".GetLog", limit=0)
        equal(past, {"entries": []})
        equal(tell(c, "Pause", for_usec=3600 * SEC), {})
        s = status(m)
        assert s["paused"] and 3500 * SEC < s["pause_left_usec"] <= 3600 * SEC, s
        equal(tell(c, "Pause"), {})
        s = status(m)
        equal((s["paused"], "pause_left_usec" in s), (True, False))
        equal(tell(c, "Resume"), {})
        equal(status(m)["paused"], False)
        entries = [log.reply()[0]["entries"][0] for _ in range(3)]
    equal([e["decision"]["reason"] for e in entries], ["paused", "paused", "resumed"])
    equal({e["decision"]["uid"] for e in entries}, {os.getuid()})
    equal({e["decision"]["pid"] for e in entries}, {os.getpid()})


@with_fragd(root=True)
def test_pause_passes(m):
    """a pause for a time ends by itself"""
    with admin(m) as c:
        tell(c, "Pause", for_usec=SEC // 5)
        wait_until("the end of the pause", lambda: not status(m)["paused"])


# --- compacting ---

def fragmented(m):
    m.memory(FRAGMENTED)


@with_fragd(root=True, prepare=fragmented)
def test_compact(m):
    """Compact with more: a reply at the start, one with the gain at the end; others are answered meanwhile"""
    with admin(m) as c:
        # More than there will be: fragd must not end it by itself.
        started = follow(c, CONTROL + ".Compact", node=0, size_bytes=2 * MIB, count=200)
        equal((started["decision"]["act"], started["decision"]["reason"]), ("compact", "requested"))
        equal((started["decision"]["uid"], started["decision"]["pid"]), (os.getuid(), os.getpid()))
        assert status(m)["nodes"][0]["acting"]
        m.memory(HEALED)
        m.finish_compaction()
        result, continues = c.reply()
        CONTROL_INTERFACE.check_reply("Compact", result)
        equal(continues, False)
        d = result["decision"]
        equal((d["reason"], d["action"], d["request"]), ("gained", started["decision"]["action"], started["decision"]["request"]))
        assert d["gain_bytes"] >= 100 * MIB, d
        contains(result["sentence"], "node 0")
        # The connection is free for the next call.
        assert read(c, "GetStatus")["status"]["budget"]["runs"] == 0  # it bounds what fragd does by itself


@with_fragd(root=True, prepare=fragmented)
def test_compact_without_more(m):
    """Compact without more: one reply, when it is over; what brought nothing says so"""
    with admin(m) as c:
        c.write(encode(CONTROL + ".Compact", {"node": 0}))
        equal(m.finish_compaction().strip(), "1")
        result, continues = c.reply()
        CONTROL_INTERFACE.check_reply("Compact", result)
        equal((result["decision"]["reason"], continues), ("no-gain", False))


@with_fragd(root=True, prepare=fragmented)
def test_compact_enough(m):
    """Compact until a mark: ended as soon as it is met"""
    with admin(m) as c:
        follow(c, CONTROL + ".Compact", node=0, size_bytes=2 * MIB, count=20)
        m.memory(HEALED)  # and nobody reads the FIFO
        result, _ = c.reply()
        equal(result["decision"]["reason"], "gained")


@with_fragd(root=True)
def test_compact_nothing_to_do(m):
    """Compact when there is enough already: answered at once"""
    with admin(m) as c:
        d = tell(c, "Compact", node=0, size_bytes=2 * MIB, count=1)["decision"]
        equal((d["reason"], d["gain_bytes"], "action" in d), ("gained", 0, False))


@with_fragd(root=True, prepare=fragmented)
def test_compact_twice(m):
    """a second Compact of the node is refused while the first runs, which goes on"""
    with admin(m) as first, admin(m) as second:
        follow(first, CONTROL + ".Compact", node=0)
        name, got = refused(second, "Compact", node=0)
        equal(name, "Refused")
        contains(got["reason"], "running")
        m.finish_compaction()
        equal(first.reply()[0]["decision"]["reason"], "no-gain")


@with_fragd(root=True, prepare=fragmented)
def test_compact_refused(m):
    """Compact under a policy that only observes, and one for blocks that the kernel does not have"""
    with admin(m) as c:
        name, got = refused(c, "Compact", node=0, size_bytes=1 << 40, count=1)
        equal(name, "Refused")
        contains(got["reason"], "size")
        tell(c, "SetPolicy", name="observe")
        name, got = refused(c, "Compact", node=0)
        equal(name, "Refused")
        contains(got["reason"], "observe")


@with_fragd(root=True, prepare=fragmented)
def test_compact_paused(m):
    """Pause ends a compaction that somebody waits for, with what it brought"""
    with admin(m) as c, admin(m) as other:
        follow(c, CONTROL + ".Compact", node=0)
        tell(other, "Pause")
        equal(c.reply()[0]["decision"]["reason"], "no-gain")
        equal(status(m)["nodes"][0]["acting"], False)


@with_fragd(root=True, prepare=fragmented)
def test_compact_client_goes(m):
    """a client that goes while its compaction runs leaves it running"""
    with admin(m) as c:
        follow(c, CONTROL + ".Compact", node=0)
    assert status(m)["nodes"][0]["acting"]
    m.finish_compaction()
    equal(m.fragd.decided("no-gain")["uid"], os.getuid())


@with_fragd(root=True, prepare=fragmented)
def test_compact_node_goes(m):
    """when the node goes, so does the request, and who waits is told"""
    node = m.get("proc/buddyinfo")
    m.put("proc/buddyinfo", node + "\n" + node.replace("Node 0", "Node 1") + "\n")
    m.fifo(1)
    wait_until("node 1", lambda: len(status(m)["nodes"]) == 2)
    with admin(m) as c:
        follow(c, CONTROL + ".Compact", node=1)
        m.put("proc/buddyinfo", node + "\n")
        try:
            raise AssertionError(f"not an error: {c.reply()}")
        except VarlinkError as e:
            equal(e.name, CONTROL + ".Refused")
            contains(e.parameters["reason"], "the node is gone")


@with_fragd()
def test_compact_without_privilege(m):
    """a fragd without privilege refuses, and says why"""
    with admin(m) as c:
        name, got = refused(c, "Compact", node=0)
        equal(name, "Refused")
        contains(got["reason"], "no right")


run(globals())
