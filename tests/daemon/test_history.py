#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""History: what is recorded, what is kept across restarts and crashes, and how it is asked for: test_history.py BUILD_DIR, as
root. Prints TAP."""

import json
import os
import signal
import struct
import time
import zlib

from fragd_harness import FRAGMENTED, HEALED, MIB, Client, VarlinkError, contains, equal, policy_text, run, wait_until
from varlink import encode

GET = "io.fragd.Monitor.GetHistory"
SEC = 1000000
MINUTE = 60 * SEC
ORDERS = 11
COUNTS = 25
COUNTS_1 = 9  # of version 1
LONG = 2  # the tier


def calm(m):
    m.memory(HEALED)
    m.config(policy_text())
    return m.start().up()


def steps(d, **parameters):
    """By more, whatever there is; and in how many replies."""
    with Client(d.machine.socket("fragd")) as client:
        client.write(encode(GET, parameters, more=True))
        found, n, continues = [], 0, True
        while continues:
            reply, continues = client.reply()
            found += reply["steps"]
            n += 1
    return found, n


def now():
    return int(time.time() * SEC)


def path(m, name):
    return os.path.join(m.state, "history." + name)


def frame(payload):
    size = struct.pack("=I", len(payload))
    return size + struct.pack("=I", zlib.crc32(size + payload)) + payload


def cell(value):
    assert value < 2048
    return value + 1


def step(at, blocks, span=MINUTE, page_size=4096, offset=0, version=2, unmovable=0):
    """A step of one minute, as the file has it: node 0, that many blocks free of each order, that share of the pageblocks unmovable; one
    stall."""
    counts = COUNTS_1 if version == 1 else COUNTS
    row = [cell(blocks)] * (3 * (2 * ORDERS + 2)) + [cell(unmovable)] * (0 if version == 1 else 3) + [0]
    return frame(struct.pack("=QqIIBBBBI", at, offset, span, page_size, LONG, ORDERS, 0, counts, 1) +
                 struct.pack(f"={counts}H", cell(1), *[0] * (counts - 1)) + struct.pack("=I", 0) + struct.pack(f"={len(row)}H", *row))


def header(version=2):
    return b"fragdrec" + struct.pack("=II", version, 0x01020304)


def write_minutes(m, n, **more):
    """n minutes until now; the state directory as fragd leaves it."""
    os.makedirs(m.state)
    start = now() // MINUTE * MINUTE - n * MINUTE
    with open(path(m, "minutes"), "wb") as f:
        f.write(header(more.get("version", 2)))
        for i in range(n):
            f.write(step(start + i * MINUTE, i % 1000, **more))
    return start


def lines(d, word):
    return [line for line in d.stderr().splitlines() if word in line]


# --- what is recorded ---

def test_samples(m):
    """every sample: free blocks, allocatable, objective, counts"""
    d = calm(m)
    wait_until("some samples", lambda: len(steps(d)[0]) >= 3)
    found, _ = steps(d)
    for s in found[:-1]:
        equal(0 < s["span_usec"] < 60 * SEC, True)
        node = s["nodes"][0]
        equal([o["free"]["mean"] for o in node["orders"]], HEALED)
        equal(all(o["allocatable"]["min"] <= o["allocatable"]["mean"] <= o["allocatable"]["max"] for o in node["orders"]), True)
        objective = node["objectives"][0]
        equal((objective["verdict"], objective["met_permyriad"], objective["size_bytes"], objective["use"]), ("met", 10000, 2 * MIB, "user"))
        equal(objective["reserve_bytes"], 20 * MIB)
        equal(s["compact_stall"], 0)
    equal([a["realtime_usec"] + a["span_usec"] for a in found[:-1]], [b["realtime_usec"] for b in found[1:]])
    equal(found[-1]["realtime_usec"] <= now(), True)
    live = d.call("io.fragd.Monitor.ListZones")["nodes"][0]
    huge = [o for o in found[-1]["nodes"][0]["orders"] if o["order"] == 9][0]
    equal(huge["allocatable"]["mean"], sum(z["orders"][9]["allocatable"] for z in live["zones"]))
    equal(d.end(), 0)


def test_change(m):
    """what changes is in the steps: least, mean and greatest"""
    d = calm(m)
    m.memory(FRAGMENTED)
    d.decided("missed")
    wait_until("both in one step", lambda: (lambda o: o["free"]["min"] == 0 and o["free"]["max"] == HEALED[9])(
        steps(d, step_usec=3600 * SEC)[0][-1]["nodes"][0]["orders"][9]))
    s = steps(d, step_usec=24 * 3600 * SEC)[0][-1]
    objective = s["nodes"][0]["objectives"][0]
    equal((objective["verdict"], objective["current_bytes"]["min"]), ("fragmented", 0))
    equal(0 < objective["met_permyriad"] < 10000, True)
    equal(d.end(), 0)


def test_parameters(m):
    """node, order, since, until, step"""
    start = write_minutes(m, 100)
    d = calm(m)
    with Client(m.socket("fragd")) as client:
        found = client.call(GET, since_realtime_usec=start, until_realtime_usec=start + 10 * MINUTE)["steps"]
        equal([s["realtime_usec"] for s in found], [start + i * MINUTE for i in range(10)])
        found = client.call(GET, until_realtime_usec=start + 10 * MINUTE, order=3, node=0)["steps"]
        equal([[o["order"] for o in s["nodes"][0]["orders"]] for s in found], [[3]] * 10)
        equal(found[7]["nodes"][0]["orders"][0]["free"], {"min": 7, "mean": 7, "max": 7})
        for bad in ({"order": ORDERS}, {"node": -1}, {"since_realtime_usec": "now"}, {"size": 1}):
            name, parameters = client.error(GET, **bad)
            equal((name, parameters), ("org.varlink.service.InvalidParameter", {"parameter": next(iter(bad))}))
        equal(client.error(GET, node=7), ("io.fragd.Monitor.UnknownNode", {"node": 7, "known": [0]}))
    whole = 10 * MINUTE
    first = (start + whole - 1) // whole * whole
    found, _ = steps(d, since_realtime_usec=first, until_realtime_usec=first + 3 * whole, step_usec=whole)
    equal([(s["realtime_usec"], s["span_usec"], s["compact_stall"]) for s in found], [(first + i * whole, whole, 10) for i in range(3)])
    blocks = (first - start) // MINUTE
    equal(found[0]["nodes"][0]["orders"][0]["free"], {"min": blocks, "mean": blocks + 5, "max": blocks + 9})
    equal(d.end(), 0)


def test_much(m):
    """seven days come in pieces; without more that is refused; another client is served meanwhile"""
    start = write_minutes(m, 10000)  # some more fit: those of a slow test
    d = calm(m)
    with Client(m.socket("fragd")) as client:
        equal(client.error(GET), ("org.varlink.service.ExpectedMore", {}))
    with Client(m.socket("fragd")) as slow:
        slow.write(encode(GET, {}, more=True))
        equal(len(slow.reply()[0]["steps"]) < 1000, True)
        samples = d.status()["samples"]
        wait_until("more samples", lambda: d.status()["samples"] >= samples + 3)
    found, n = steps(d)
    minutes = [s for s in found if s["span_usec"] == MINUTE]
    equal((minutes[0]["realtime_usec"], len(minutes) >= 9999), (start, True))
    equal(n > 10, True)
    found, n = steps(d, step_usec=2 * 3600 * SEC)
    equal((80 <= len(found) <= 90, sum(s["compact_stall"] for s in found)), (True, 10000))
    equal(d.end(), 0)


def test_client_goes(m):
    """a client that goes away in the middle leaves nothing behind"""
    write_minutes(m, 10080)
    d = calm(m)
    for _ in range(50):
        with Client(m.socket("fragd")) as client:
            client.write(encode(GET, {}, more=True))
            client.reply()
    equal(len(steps(d, step_usec=3600 * SEC)[0]) > 100, True)
    equal(d.end(), 0)


# --- what is kept ---

def test_restart(m):
    """a restart loses nothing; decisions go on being numbered"""
    d = calm(m)
    wait_until("a sample", lambda: len(steps(d)[0]) >= 3)
    before = [e["number"] for e in d.log()]
    until = now()
    equal(d.end(), 0)
    d = m.start().up()
    kept, _ = steps(d, until_realtime_usec=until)
    equal((len(kept) >= 1, kept[-1]["nodes"][0]["orders"][9]["free"]["mean"]), (True, HEALED[9]))
    after = [e["number"] for e in d.log()]
    equal((after[:len(before)], after[len(before)] > before[-1]), (before, True))
    equal(sorted(set(after)), after)
    equal(lines(d, "history"), [])
    equal(d.end(), 0)


def test_kill(m):
    """SIGKILL: decisions are all kept, steps until the last whole minute"""
    d = calm(m)
    d.decided("policy-changed")
    wait_minute = os.path.getsize(path(m, "minutes"))
    end = time.monotonic() + 300
    wait_until("it has samples", lambda: len(steps(d)[0]) >= 2)
    while os.path.getsize(path(m, "minutes")) == wait_minute:
        assert time.monotonic() < end, "no minute was written in five"
        wait_until("more samples", lambda s=d.status()["samples"]: d.status()["samples"] >= s + 5)
    at = now()
    log = d.log()
    d.send_signal(signal.SIGKILL)
    d.wait()
    d = m.start().up()
    equal(d.log()[:len(log)], log)
    found = [s for s in steps(d, step_usec=10 * SEC)[0] if s["realtime_usec"] < at]
    equal(max(s["realtime_usec"] + s["span_usec"] for s in found) >= at - MINUTE - SEC, True)
    equal(lines(d, "history"), [])
    equal(d.end(), 0)


def test_cut_off(m):
    """a file that was cut off: the rest is kept, with one line"""
    start = write_minutes(m, 10)
    os.truncate(path(m, "minutes"), os.path.getsize(path(m, "minutes")) - 5)
    d = calm(m)
    equal(len(lines(d, "history")), 1)
    contains(lines(d, "history")[0], "history.minutes: the last ", "cut off")
    equal(len(steps(d, until_realtime_usec=start + 10 * MINUTE)[0]) >= 9, True)
    equal(d.end(), 0)
    d = m.start().up()
    equal(lines(d, "history"), [])
    equal(d.end(), 0)


def set_aside(m, n, said):
    d = calm(m)
    equal(len(lines(d, "history")), 1)
    contains(lines(d, "history")[0], "history.minutes at byte ", said, f"{n} entries before it are kept",
             "set aside as history.minutes.damaged")
    equal(os.path.exists(path(m, "minutes.damaged")), True)
    found, _ = steps(d, until_realtime_usec=now() - 30 * MINUTE)
    equal(len(found), n)
    equal(d.end(), 0)
    d = m.start().up()
    equal((lines(d, "history"), len(steps(d, until_realtime_usec=now() - 30 * MINUTE)[0])), ([], n))
    equal(d.end(), 0)


def test_damaged(m):
    """a damaged file is set aside with one line, and what is before the damage kept"""
    write_minutes(m, 100)
    size = len(step(0, 0))
    with open(path(m, "minutes"), "r+b") as f:
        f.seek(16 + 40 * size + 100)
        f.write(b"!!")
    set_aside(m, 40, "a checksum that is not right")


def test_version(m):
    """a file of another version is set aside with one line"""
    write_minutes(m, 10)
    with open(path(m, "minutes"), "r+b") as f:
        f.write(header(3))
    set_aside(m, 0, "another format or version")


def test_version_before(m):
    """a file of version 1 is read, and written anew: nothing is lost, nothing said"""
    write_minutes(m, 100, version=1)
    for _ in range(2):
        d = calm(m)
        equal(lines(d, "history"), [])
        found, _ = steps(d, until_realtime_usec=now() - 30 * MINUTE)
        equal((len(found) >= 70, found[0]["compact_stall"], "compact_success" in found[0], "unmovable_permyriad" in found[0]["nodes"][0]),
              (True, 1, False, False))
        equal(d.end(), 0)
        with open(path(m, "minutes"), "rb") as f:
            equal(f.read(16), header(2))


def test_growth(m):
    """what grew over days is said, though fragd was started just now"""
    write_minutes(m, 9000, unmovable=120)
    d = calm(m)
    findings = d.call("io.fragd.Monitor.GetCensus")["census"]["findings"]
    contains("\n".join(findings), "Node 0: unmovable pageblocks grew from 1.2% to ", " in 6d 6h.")
    wait_until("a new share", lambda: steps(d)[0][-1]["nodes"][0].get("unmovable_permyriad", {"mean": 0})["mean"] > 120)
    equal(d.end(), 0)


def test_other_pages(m):
    """so is one of a kernel with other pages"""
    write_minutes(m, 10, page_size=65536)
    set_aside(m, 0, "a kernel with other pages")


def test_decisions_damaged(m):
    """decisions that cannot be read are set aside, too"""
    os.makedirs(m.state)
    with open(path(m, "decisions"), "wb") as f:
        f.write(header() + frame(json.dumps({"realtime_usec": 1, "decision": {"nonsense": 1}}).encode()))
    d = calm(m)
    equal(len(lines(d, "history")), 1)
    contains(lines(d, "history")[0], "history.decisions at byte 16: what this version does not know; 0 entries")
    equal(d.end(), 0)


def test_cannot_write(m):
    """where a file cannot be written it goes on in memory, with one line, and is written again later"""
    os.makedirs(path(m, "decisions.new"))  # nothing can be created by this name
    os.mkdir(path(m, "decisions"))
    with open(path(m, "decisions.new") + "/x", "w"):
        pass
    os.chown(m.state, 65534, 65534)
    d = calm(m)
    equal(len(lines(d, "history")) >= 1, True)
    wait_until("samples", lambda: len(steps(d)[0]) >= 3)
    d.decided("policy-changed")
    os.unlink(path(m, "decisions.new") + "/x")
    os.rmdir(path(m, "decisions.new"))
    wait_until("it is written", lambda: os.path.isfile(path(m, "decisions")) and os.path.getsize(path(m, "decisions")) > 100)
    equal(d.end(), 0)
    d = m.start().up()
    equal(len([r for r in d.reasons() if r == "policy-changed"]), 2)
    equal(d.end(), 0)


def test_no_directory(m):
    """without a state directory there is history all the same"""
    with open(m.state, "w"):
        pass
    d = calm(m)
    wait_until("samples", lambda: len(steps(d)[0]) >= 3)
    equal(d.end(), 0)


def test_no_buddyinfo(m):
    """without buddyinfo there is none, and that is said"""
    os.unlink(m.path("proc/buddyinfo"))
    d = m.start().up()
    try:
        wait_until("a sample", lambda: d.status()["samples"] > 0)
        d.call(GET)
        raise AssertionError("an answer")
    except VarlinkError as error:
        equal(error.name, "io.fragd.Monitor.NoSample")
    equal(d.end(), 0)


run(globals())
