#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the kernel says of memory, from real journal files: test_kernel_log.py BUILD_DIR. Prints TAP."""

import collections
import glob
import json
import os
import re
import subprocess
import sys

from fake_journal import FIXTURES, Journal, fixture
from fragd_harness import DEADLINE, NOBODY, contains, equal, policy_text, run, wait_until
from metrics_client import free_port, scrape
from varlink_client import MONITOR, MONITOR_INTERFACE

FRAGCTL = os.path.join(sys.argv[1], "cli/fragctl")
VETH = "page-order4-veth"
CANNOT = "fragd may not read it: add whom it runs as to the group systemd-journal"


def fragctl(m, *args):
    r = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=DEADLINE, check=False)
    equal((r.returncode, r.stderr), (0, ""))
    return r.stdout


def messages(d):
    reply = d.call(f"{MONITOR}.GetKernelMessages")
    MONITOR_INTERFACE.check_reply("GetKernelMessages", reply)
    return reply["kernel_messages"]


def rows(d):
    return sorted((r["class"], r.get("order"), r["caller"], r["total"], r["hour"]) for r in messages(d)["messages"])


def counted(d, *wanted):
    wait_until(f"{wanted}; {messages(d)}", lambda: rows(d) == sorted(wanted))


def source(d):
    return next(s for s in d.status()["sources"] if s["source"] == "kernel-log")


def watching(d):
    equal(messages(d)["watching"], True)
    equal(source(d)["available"], True)
    return d


def test_counts(m):
    """real messages are counted, shown and told; what was said before is not, nor what others say"""
    port = free_port()
    j = Journal(m)
    j.say(fixture(VETH))
    d = watching(m.start("--metrics", f"127.0.0.1:{port}").up())
    equal(rows(d), [])
    contains(fragctl(m, "messages"), "No message of the kernel about memory that could not be had since ")
    j.say(fixture(VETH))
    veth = ("fragmentation", 4, "veth_alloc_queues")
    counted(d, (*veth, 1, 1))
    j.say(["liar: page allocation failure: order:9, mode:0xcc0(GFP_KERNEL)"], transport="stdout")
    j.say(fixture(VETH) + fixture("page-order0-atomic-61-arm"))
    atomic = ("atomic-reserve", 0, messages_caller("page-order0-atomic-61-arm"))
    counted(d, (*veth, 2, 2), (*atomic, 1, 1))
    said = "2 allocations of order 4 (64 KiB) failed in the last hour, most likely for fragmentation, asked for by veth_alloc_queues in dockerd"
    no_fragmentation = "1 allocation of order 0 (4 KiB) failed in the last hour as the reserve for those that cannot wait was used up, which is no " \
                       f"fragmentation, asked for by {atomic[2]}"
    findings = messages(d)["findings"]
    equal(findings[0], said)
    contains(findings[1], no_fragmentation)
    equal(d.status()["kernel_findings"], findings)
    reply = d.call(f"{MONITOR}.Explain")
    MONITOR_INTERFACE.check_reply("Explain", reply)
    equal([(c["cause"], c["sentence"]) for c in reply["machine"]], [("kernel-messages", findings[0]), ("atomic-reserve", findings[1])])
    contains(reply["machine"][1]["next_step"], "vm.min_free_kbytes", "Nothing that is against fragmentation helps here.")
    contains(fragctl(m, "explain"), f"  - {said}\n    Next step: fragctl decode --since 1h says")
    assert re.search(r"^Kernel   2 allocations of order 4 ", fragctl(m, "status"), re.M)
    got = scrape(port)
    equal([got[f'fragd_kernel_messages_total{{class="fragmentation",caller="veth_alloc_queues",order="{n}"}}'] for n in "4"], ["2"])
    equal(got['fragd_source_available{source="kernel-log"}'], "1")
    equal(got['fragd_kernel_messages_suppressed_total'], str(messages(d)["suppressed"]))
    last = max(r["last_realtime_usec"] for r in messages(d)["messages"] if r["class"] == "fragmentation")
    equal(float(got['fragd_kernel_last_message_timestamp_seconds{class="fragmentation"}']), last / 1e6)
    text = fragctl(m, "messages")
    assert re.search(r"^fragmentation +4 +veth_alloc_queues +dockerd +2 +2 +2023-", text, re.M), text
    contains(text, f"! {said}\n")
    equal(json.loads(fragctl(m, "messages", "--json"))["kernel_messages"], messages(d))
    equal(d.end(), 0)


def messages_caller(name):
    with open(os.path.join(FIXTURES, name + ".json"), encoding="utf-8") as f:
        return json.load(f)["messages"][0]["caller"]


def test_all_kinds(m):
    """every real message there is, at once: counted under its class, and no series is without bounds"""
    port = free_port()
    j = Journal(m)
    d = watching(m.start("--metrics", f"127.0.0.1:{port}").up())
    names = sorted(os.path.basename(p)[:-4] for p in glob.glob(os.path.join(FIXTURES, "*.txt")))
    j.say([line for name in names for line in fixture(name)])
    r = subprocess.run([FRAGCTL, "decode", "--json", j.directory], stdout=subprocess.PIPE, text=True, timeout=DEADLINE, check=True)
    wanted = collections.Counter()
    for message in map(json.loads, r.stdout.splitlines()):
        wanted[message["class"]] += message["times"]

    def classes():
        found = collections.Counter()
        for r in messages(d)["messages"]:
            found[r["class"]] += r["total"]
        return found
    assert sum(wanted.values()) > 50 and len(wanted) > 10, wanted
    wait_until(f"{wanted}; {classes()}", lambda: classes() == wanted)
    others = [r for r in messages(d)["messages"] if r["caller"] == "other"]
    assert others and len(messages(d)["messages"]) - len(others) == 20, messages(d)
    for said in messages(d)["findings"]:
        assert "of order 0 " not in said or " for fragmentation" not in said, said
    equal(d.end(), 0)


def test_rotation(m):
    """rotated, removed and made anew: nothing is counted twice, nothing is lost, and no memory leaks"""
    for directory in (m.runtime, m.state):
        os.makedirs(directory)
        os.chown(directory, NOBODY, NOBODY)
    j = Journal(m)
    d = watching(m.start(become=None, user=NOBODY).up())
    line = "a: page allocation failure: order:3, mode:0xcc0(GFP_KERNEL)"
    j.say([line])
    counted(d, ("fragmentation", 3, "a", 1, 1))
    j.rotate()
    j.say([line])
    counted(d, ("fragmentation", 3, "a", 2, 2))
    j.rotate()
    for path in glob.glob(os.path.join(j.directory, "system@*")):
        os.unlink(path)
    j.say([line, line.replace("order:3", "order:5")])
    counted(d, ("fragmentation", 3, "a", 3, 3), ("fragmentation", 5, "a", 1, 1))
    equal(d.end(), 0)


def test_restart(m):
    """what was said while fragd did not run is not counted"""
    j = Journal(m)
    line = "a: page allocation failure: order:3, mode:0xcc0(GFP_KERNEL)"
    d = watching(m.start().up())
    j.say([line])
    counted(d, ("fragmentation", 3, "a", 1, 1))
    equal(d.end(), 0)
    j.say([line])
    d = watching(m.start().up())
    j.say([line.replace("order:3", "order:5")])
    counted(d, ("fragmentation", 5, "a", 1, 1))
    equal(d.end(), 0)


def test_cannot(m):
    """no journal, no permission, switched off: the status says why and what to do, and a reload looks again"""
    d = m.start().up()
    s = source(d)
    equal((s["available"], s["error"]), (False, "there is no journal: journald does not run, or keeps none, see Storage= in journald.conf(5)"))
    contains(fragctl(m, "status"), "Missing  kernel-log: what the kernel says of allocations that failed is not counted")
    contains(fragctl(m, "messages"), "The kernel's messages are not watched: there is no journal")
    j = Journal(m, mode=0o600)
    reload(d)
    contains(source(d)["error"], CANNOT)
    contains(messages(d)["why_not"], CANNOT, "systemctl restart fragd")
    j.mode = 0o644
    os.chmod(j.path, j.mode)
    reload(d)
    watching(d)
    j.say(["a: page allocation failure: order:3, mode:0xcc0(GFP_KERNEL)"])
    counted(d, ("fragmentation", 3, "a", 1, 1))
    m.config(policy_text(), more="kernel_log = false;\n")
    reload(d)
    s = source(d)
    equal((s["available"], s["error"], s.get("loss")), (False, "switched off: kernel_log in fragd.conf(5)", None))
    contains(fragctl(m, "messages"), "not watched: switched off", "fragmentation")
    assert "kernel-log" not in fragctl(m, "status")
    equal(d.end(), 0)


def reload(d):
    d.call("io.fragd.Control.Reload", admin=True)


def test_first(m):
    """a journal in which the kernel has said nothing yet: its first messages are counted, all of them"""
    j = Journal(m)
    os.unlink(j.path)
    j.say(["hello"], transport="stdout")
    d = watching(m.start().up())
    j.say([f"a: page allocation failure: order:{n}, mode:0xcc0(GFP_KERNEL)" for n in (3, 4, 5)])
    counted(d, *(("fragmentation", n, "a", 1, 1) for n in (3, 4, 5)))
    equal(d.end(), 0)


def test_flood(m):
    """a kernel that says much at once is read to the end"""
    j = Journal(m)
    d = watching(m.start().up())
    j.say([f"eth0: packet {n}" for n in range(2000)] + fixture(VETH))
    counted(d, ("fragmentation", 4, "veth_alloc_queues", 1, 1))
    equal(d.end(), 0)


run(globals())
