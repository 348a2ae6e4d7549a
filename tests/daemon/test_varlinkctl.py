#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sockets of a real fragd on a fake machine, with systemd's own client: test_varlinkctl.py BUILD_DIR. Prints TAP.
varlinkctl comes from a newer Debian, see tests/debian/get-tree."""

import json
import os
import shutil
import subprocess
import threading

from fragd_harness import DEADLINE, FRAGMENTED, contains, equal, run, wait_until
from varlink_client import CONTROL, INVALID, MONITOR, MONITOR_INTERFACE, interface_text, with_fragd

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEBIAN = os.path.join(TESTS, "debian")
API = os.path.join(os.path.dirname(TESTS), "api")


def tree(m):
    """varlinkctl, where everybody may run it."""
    got = subprocess.run([os.path.join(DEBIAN, "get-tree")], stdout=subprocess.PIPE, text=True)
    assert got.returncode == 0, "tests/debian/get-tree could not get varlinkctl; it has said why"
    shutil.copytree(got.stdout.strip(), os.path.join(m.top, "tree"))
    return os.path.join(m.top, "tree", "varlinkctl")


def varlinkctl(m, *arguments):
    return subprocess.run([m.varlinkctl, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE)


def call(m, method, parameters=None, socket="fragd"):
    """(exit status, reply, what it says of an error)"""
    got = varlinkctl(m, "call", "-j", m.socket(socket), method, json.dumps(parameters or {}))
    return got.returncode, json.loads(got.stdout) if got.stdout else None, got.stderr.strip()


def fragmented(m):
    m.memory(FRAGMENTED)
    m.varlinkctl = tree(m)


def fetched(m):
    m.varlinkctl = tree(m)


def checks(m, directory):
    """(exit status, the points that are good and those that are not) of varlinkctl-checks on the sockets there"""
    done = subprocess.run([os.path.join(DEBIAN, "varlinkctl-checks"), m.varlinkctl, directory, API], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
    lines = done.stdout.splitlines()
    good, bad = ([line for line in lines if line.startswith(start)] for start in ("ok ", "not ok "))
    equal(lines[-1], f"1..{len(good) + len(bad)}")
    return done.returncode, good, bad, done.stdout


@with_fragd(root=True, prepare=fragmented)
def test_checks(m):
    """varlinkctl-checks: introspection, calls, mistakes, several replies, permission"""
    threading.Thread(target=m.finish_compaction, daemon=True).start()
    status, good, bad, output = checks(m, m.runtime)
    print("# " + output.replace("\n", "\n# "))
    equal((status, bad), (0, []))
    assert len(good) > 80, f"only {len(good)} points"


def test_checks_can_fail(m):
    """varlinkctl-checks without a fragd: good is only what needs none"""
    fetched(m)
    status, good, bad, _ = checks(m, m.top)
    equal(status, 1)
    equal({line.split(" - ")[1].split(" ")[0] for line in good}, {"varlinkctl", "validate-idl", "no", "the"})
    assert len(bad) > 40, f"only {len(bad)} points"


@with_fragd(prepare=fetched)
def test_replies(m):
    """what varlinkctl prints of a reply is what the interface promises"""
    for method, parameters in (("GetStatus", {}), ("ListZones", {}), ("ListZones", {"node": 0, "order": None}), ("Explain", {}),
                               ("Explain", {"size_bytes": 64 << 10}), ("ListPolicies", {}), ("ShowPolicy", {"name": "test"}),
                               ("ListKnobs", {}), ("GetLog", {"limit": 5})):
        status, reply, said = call(m, f"{MONITOR}.{method}", parameters)
        equal((status, said), (0, ""))
        MONITOR_INTERFACE.check_reply(method, reply)


@with_fragd(prepare=fetched)
def test_numbers(m):
    """numbers up to the last of 63 bits are taken, larger ones refused by name"""
    for parameters, bad in (({"limit": 1 << 63}, "limit"), ({"limit": 0, "since_realtime_usec": 10**30}, "since_realtime_usec"),
                            ({"limit": -1 << 63}, "limit"), ({"limit": 10**300}, "limit")):
        status, reply, said = call(m, MONITOR + ".GetLog", parameters)
        equal((status, reply), (1, {"parameter": bad}))
        assert INVALID in said or "Invalid argument" in said, said  # newer ones say an errno
    equal(call(m, MONITOR + ".GetLog", {"since_realtime_usec": (1 << 63) - 1}), (0, {"entries": []}, ""))


@with_fragd(prepare=fetched)
def test_without_privilege(m):
    """a fragd without privilege refuses by an error of its interface"""
    status, reply, said = call(m, CONTROL + ".Compact", {"node": 0}, "admin")
    equal((status, list(reply)), (1, ["reason"]))
    contains(reply["reason"], "no right")
    contains(said, CONTROL + ".Refused")


@with_fragd(prepare=fetched)
def test_many_at_once(m):
    """many clients at once"""
    command = [m.varlinkctl, "introspect", m.socket("fragd"), MONITOR]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(20)]
    outputs = {c.communicate(timeout=DEADLINE)[0] for c in clients}
    equal([c.returncode for c in clients], [0] * len(clients))
    equal(len(outputs), 1)
    contains(outputs.pop(), interface_text(MONITOR).splitlines()[0])


@with_fragd(prepare=fetched)
def test_follower_of_a_fragd_that_ends(m):
    """who follows a fragd that ends, ends with an error and has all that was said"""
    path = os.path.join(m.top, "followed")
    with open(path, "w") as out:
        follower = subprocess.Popen([m.varlinkctl, "call", "--more", "--timeout=infinity", m.socket("fragd"), MONITOR + ".GetStatus",
                                     "{}"], stdout=out, stderr=subprocess.PIPE, text=True)

    def replies():
        with open(path) as f:
            return [json.loads(line.lstrip("\x1e")) for line in f if line.endswith("\n")]

    wait_until("three replies", lambda: len(replies()) >= 3 or follower.poll() is not None)
    equal(m.fragd.end(), 0)
    said = follower.communicate(timeout=DEADLINE)[1]
    assert follower.returncode != 0, said
    assert "io.systemd.Disconnected" in said or "Connection reset" in said, said
    samples = [reply["status"]["samples"] for reply in replies()]
    equal(samples, list(range(samples[0], samples[0] + len(samples))))


run(globals())
