#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl decode on kernel messages of many kinds and kernels (tests/fixtures/decode: each NAME.txt with NAME.json, which says where it is
from and what is in it), and on what logs and people make of them."""

import glob
import json
import os
import re
import subprocess
import tempfile

from fragctl_tap import DEADLINE, FRAGCTL, Result, Terminal, case, check, environment, has, lacks, main, plain, run, table

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "decode")
NAMES = sorted(os.path.basename(p)[:-5] for p in glob.glob(os.path.join(FIXTURES, "*.json")))
VETH = "page-order4-veth"
MEMINFO = "page-order5-uvc-meminfo"
JOURNAL_REMOTE = "/lib/systemd/systemd-journal-remote"


def text_of(name):
    with open(os.path.join(FIXTURES, name + ".txt"), "rb") as f:
        return f.read()


def expectation(name):
    with open(os.path.join(FIXTURES, name + ".json"), encoding="utf-8") as f:
        return json.load(f)


def decode(text, *args, env=None):
    """On standard input."""
    p = subprocess.run([FRAGCTL, "decode", *args], input=text if isinstance(text, bytes) else text.encode(), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, env=env or environment(), timeout=DEADLINE)
    return Result(p.returncode, p.stdout.decode(), p.stderr.decode())


def messages(text, *args):
    return [json.loads(line) for line in decode(text, "--json", *args).expect(0).out.splitlines()]


# --- real messages ---


@case("there are messages of every kind and class, and of kernels 2.6 to 7")
def _():
    found = [m for name in NAMES for m in expectation(name)["messages"]]
    check(len(NAMES) >= 50, len(NAMES))
    check({m["class"] for m in found if "class" in m} >= {
        "fragmentation", "shortage", "atomic-reserve", "memcg", "cma", "pinned", "vmalloc", "hugetlb", "compaction", "swiotlb", "too-large"})
    versions = {expectation(name)["kernel"].split(".")[0] for name in NAMES}
    check(versions >= {"2", "3", "4", "5", "6"}, versions)


@table("{0}", NAMES)
def _(name):
    wanted = expectation(name)
    has(wanted["source"], "")
    r = run(None, "decode", "--json", os.path.join(FIXTURES, name + ".txt")).expect(0)
    found = [json.loads(line) for line in r.out.splitlines()]
    check(not r.err, r.err)
    check(len(found) == len(wanted["messages"]), "found", [(m["kind"], m["class"]) for m in found])
    for got, want in zip(found, wanted["messages"]):
        wrong = {key: (got.get(key, "nothing"), value) for key, value in want.items() if got.get(key, "nothing") != value}
        check(not wrong, "(got, wanted):", wrong)
        check(got["meaning"] and got["next"], got)
        if got["order"] == 0:
            check(got["class"] != "fragmentation" and not got["may_compact"], got)


@table("for people: {0}", NAMES)
def _(name):
    t = Terminal([FRAGCTL, "decode", os.path.join(FIXTURES, name + ".txt")], columns=100)
    check(t.end() == 0, t.text())
    out = plain(t.text())
    has(out, "\n  asked ", "\n  by ", "\n  seen from ", "\n  meaning ", "\n  next ")
    check("(null)" not in out and not re.search(r"(?<!\w)-1(?!\d)", out), out)
    prose = [line for line in out.splitlines() if not re.match(r"^ {14}\S|.*GFP_", line)]
    check(all(len(line) <= 100 for line in prose), [line for line in prose if len(line) > 100])


# --- how it may come ---


def prefixed(name, prefix):
    """Each line with another prefix; what the fixture has is taken off."""
    lines = [re.sub(rb"^\[ *[\d.]+\] ", b"", line) for line in text_of(name).splitlines()]
    return b"".join(prefix + line + b"\n" for line in lines)


@table("prefixes: {0}", [
    "", "[ 2548.549228] ", "[Mon Apr 20 15:08:07 2020] ", "<4>[12345.678901] ", "<4>", "Apr  9 09:12:27 host kernel: [170238.829785] ",
    "Apr  9 09:12:27 host kernel: ", "2024-08-08T08:37:09.914376+00:00 host kernel: ", "2024-08-08T08:37:09.914376+00:00 host kernel: [ 1.000000] ",
    "[21161.093418] host kernel: ", "[ 2548.549228][ T1234] ", "kern  :warn  : [ 2548.549228] ", "> ", ">> > [ 2548.549228] ", "\t", "    ",
    "Sun Jun  6 16:14:57 2021 kern.warn kernel: [  164.087315] ", "kernel:[ 4071.489871] "])
def _(prefix):
    for name in (VETH, MEMINFO):
        want = expectation(name)["messages"][0]
        got = messages(prefixed(name, prefix.encode()))
        check(len(got) == 1, got)
        for key in ("class", "shown", "order", "gfp", "may_compact", "comm", "caller", "module"):
            check(got[0][key] == want[key], key, got[0][key], want[key])


@case("lines that end in CR LF, and a last one without an end")
def _():
    want = messages(text_of(MEMINFO))
    check(messages(text_of(MEMINFO).replace(b"\n", b"\r\n")) == want)
    check(messages(text_of(MEMINFO).rstrip(b"\n")) == want)


@case("two CPUs at once, told apart by what printk says of the task")
def _():
    a = [line for line in prefixed(VETH, b"[    1.0][  T111] ").splitlines(True)]
    b = [line for line in prefixed(MEMINFO, b"[    1.0][  T222] ").splitlines(True)]
    mixed = [line for pair in zip(b, a) for line in pair] + b[len(a):]
    got = sorted(messages(b"".join(mixed)), key=lambda m: m["order"])
    check([(m["order"], m["class"], m["shown"], m["caller"]) for m in got] ==
          [(4, "fragmentation", False, "veth_alloc_queues"), (5, "fragmentation", True, "usb_alloc_noncoherent")], got)


@case("lines of two CPUs mixed: counts that do not add up prove nothing")
def _():
    garbled = text_of(MEMINFO).replace(b"604*4kB (UM) 524*8kB", b"604*4kB (UM) 5240*8kB")
    m = messages(garbled)[0]
    check(m["class"] == "fragmentation" and not m["shown"], m)
    has(m["evidence"], "do not add up")


@case("the block lists as some pages show them, with '_' for '*'")
def _():
    check(messages(text_of(MEMINFO).replace(b"*", b"_"))[0]["shown"])


@case("without Mem-Info it says so, and the class is only likely")
def _():
    cut = text_of(MEMINFO).split(b"Mem-Info")[0]
    m = messages(cut)[0]
    check(not m["shown"] and m["class"] == "fragmentation", m)
    has(m["evidence"], "no Mem-Info")


@case("Mem-Info decides: the same request where free memory is below the watermark, and where a block was there after all")
def _():
    short = text_of(MEMINFO).replace(b"free:8704kB", b"free:1704kB").replace(b"free:904kB", b"free:90kB")
    m = messages(short)[0]
    check((m["class"], m["shown"]) == ("shortage", True), m)
    there = text_of(MEMINFO).replace(b"1*64kB (U) 0*128kB", b"1*64kB (U) 1*128kB (M)").replace(b"= 8720kB", b"= 8848kB")
    check(not messages(there)[0]["shown"])
    cma = there.replace(b"1*128kB (M)", b"1*128kB (C)")
    check(messages(cma)[0]["shown"], "a block of CMA is none for a kernel's buffer")


@table("cut off: {0!r}", ["dockerd: page allocation failure: ord", "dockerd: page allocation failure: order:", "dockerd: page allocation failure"])
def _(line):
    m = messages(line)[0]
    check((m["order"], m["gfp"], m["cut"], m["class"], m["comm"]) == (None, None, True, "unknown", "dockerd"), m)
    has(decode(line).expect(0).out, "is cut off")


@case("flags that are cut off are read from the number, with the kernel's version")
def _():
    m = messages("yavta: page allocation failure: order:7, mode:0x14000c0(GFP_KERN)\nCPU: 0 PID: 593 Comm: yavta Not tainted 4.14.43-g033f5ff #9\n")[0]
    check((m["gfp"], m["gfp_from"], m["may_compact"]) == ("GFP_KERNEL", "kernel", True), m)


@table("a number alone, {0} in {1}: {2}", [
    ("0x20", "3.10", "GFP_ATOMIC"), ("0xd0", "2.6.32", "GFP_KERNEL"), ("0x4020", "3.4.9-2", "GFP_ATOMIC|__GFP_COMP"), ("0x200da", "3.10", "GFP_HIGHUSER_MOVABLE"),
    ("0x0", "3.10", "GFP_NOWAIT"), ("0x24000c0", "4.4", "GFP_KERNEL"), ("0x2080020", "4.9", "GFP_ATOMIC"), ("0x14000c0", "4.14", "GFP_KERNEL"),
    ("0x1080020", "4.13", "GFP_ATOMIC"), ("0x6000c0", "4.18.0-553.el8", "GFP_KERNEL"), ("0x480020", "4.19", "GFP_ATOMIC"), ("0x404000", "5.0", "GFP_NOWAIT|__GFP_COMP"),
    ("0xcc0", "5.4", "GFP_KERNEL"), ("0xa20", "5.15", "GFP_ATOMIC"), ("0x820", "6.8", "GFP_ATOMIC"), ("0x100cca", "6.1", "GFP_HIGHUSER_MOVABLE"),
    ("0x40cc0", "7.2", "GFP_KERNEL|__GFP_COMP")])
def _(mask, version, names):
    line = f"a: page allocation failure: order:3, mode:{mask}"
    m = messages(line, "--kernel", version)[0]
    check((m["gfp"], m["gfp_from"], m["gfp_mask"]) == (names, "kernel", mask), m)
    check(m["may_reclaim"] == (names not in ("GFP_NOWAIT",) and "ATOMIC" not in names and "NOWAIT" not in names), m)
    alone = messages(line)[0]
    check(alone["gfp"] in (names, None), "without a version", alone["gfp"])


@case("a number that means several things is not guessed")
def _():
    line = "a: page allocation failure: order:3, mode:0x1000000"
    m = messages(line)[0]
    check((m["gfp"], m["may_compact"], m["may_reclaim"], m["gfp_mask"]) == (None, None, None, "0x1000000"), m)
    has(decode(line).expect(0).out, "--kernel VERSION")
    check(messages(line, "--kernel", "4.14")[0]["gfp"] == "GFP_NOWAIT")


@case("before 4.10 nobody compacts without __GFP_FS, later without __GFP_IO")
def _():
    for mask, version, compact in (("0x50", "3.10", False), ("0x2400040", "4.9", False), ("0x1400040", "4.14", True), ("0xc40", "6.1", True), ("0xc00", "6.1", False)):
        m = messages(f"a: page allocation failure: order:4, mode:{mask}", "--kernel", version)[0]
        check(m["may_compact"] is compact and m["may_reclaim"], mask, version, m["gfp"], m["may_compact"])


@case("nodes that may not be used do not count")
def _():
    text = text_of(MEMINFO).replace(b"mems_allowed=0", b"mems_allowed=1")
    check(not messages(text)[0]["shown"], "only node 0 is in the block")


# --- not messages about memory ---


@table("nothing to decode: {0!r}", ["garbage", "", "Linux version 6.1.0", "hello\x00\x01world\n\xff", "INFO: task jbd2/dm-13-8:1844 blocked for more than 120 seconds."])
def _(text):
    r = decode(text).expect(1)
    check(not r.out and len(r.err.splitlines()) == 1, r.err)
    has(r.err, "standard input", "no kernel message about memory in 1 line;" if text.count("\n") == 0 and text else "no kernel message about memory in ", "expected one such as")


@case("bytes of any kind, and a line without an end, do no harm")
def _():
    noise = bytes(range(256)) * 4096
    check(decode(noise).expect(1))
    check(messages(b"x" * 1000000 + b"\n" + text_of(VETH))[0]["order"] == 4)
    check(messages(noise + b"\n" + text_of(VETH))[0]["order"] == 4)


@case("the same again is counted, something else is not")
def _():
    text = text_of("slub-memcg-cache") * 50 + text_of(VETH)
    got = messages(text)
    check([(m["class"], m["times"]) for m in got] == [("memcg", 100), ("fragmentation", 1)], got)
    has(decode(text).expect(0).out, "100 times")


@case("more than 256 different ones: the rest is counted")
def _():
    text = "".join(f"task{i}: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)\n" for i in range(300))
    r = decode(text, "--json").expect(0)
    check(len(r.out.splitlines()) == 256, len(r.out.splitlines()))
    has(r.err, "44 are not shown")


# --- command line, files, the journal ---


@case("FILE, -, and what cannot be read")
def _():
    path = os.path.join(FIXTURES, VETH + ".txt")
    check(run(None, "decode", path).expect(0).out == decode(text_of(VETH)).expect(0).out == decode(text_of(VETH), "-").expect(0).out)
    has(run(None, "decode", "/proc/self/none").expect(1).err, "/proc/self/none", "No such file")
    has(run(None, "decode", "--since", "1h", path).expect(2).err, "--since is for the journal")
    has(run(None, "decode", "--kernel", "new", path).expect(2).err, "--kernel: expected a version")
    has(run(None, "decode", path, path).expect(2).err, "got one more")


@case("no daemon is needed, and colours only on a terminal")
def _():
    lacks(decode(text_of(VETH)).expect(0).out, "\x1b")
    has(decode(text_of(VETH), "--color", "always").expect(0).out, "\x1b[")


def journal(directory, *entries):
    """A journal with kernel messages, and one of somebody else who says the same."""
    export = b""
    for i, message in enumerate(entries):
        fields = {"__REALTIME_TIMESTAMP": 1700000000000000 + i * 1000000, "__MONOTONIC_TIMESTAMP": 1000000 + i, "_BOOT_ID": "0123456789abcdef0123456789abcdef",
                  "_TRANSPORT": "kernel", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": message}
        export += b"".join(f"{k}={v}\n".encode() for k, v in fields.items()) + b"\n"
    export += (b"__REALTIME_TIMESTAMP=1700000999000000\n__MONOTONIC_TIMESTAMP=9000000\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_TRANSPORT=stdout\n"
               b"MESSAGE=liar: page allocation failure: order:9, mode:0xcc0(GFP_KERNEL)\n\n")
    subprocess.run([JOURNAL_REMOTE, "--output", os.path.join(directory, "test.journal"), "-"], input=export, check=True, stderr=subprocess.DEVNULL)


@case("a directory with journal files: what the kernel said in them, and nobody else")
def _():
    with tempfile.TemporaryDirectory() as directory:
        lines = [re.sub(r"^\[ *[\d.]+\] ?", "", line) for line in text_of(MEMINFO).decode().splitlines()]
        journal(directory, *lines)
        r = run(None, "decode", "--json", directory).expect(0)
        got = [json.loads(line) for line in r.out.splitlines()]
        check([(m["comm"], m["order"], m["shown"]) for m in got] == [("v4l2src0:src", 5, True)], got)
        has(run(None, "decode", "--since", "2026-01-01", directory).expect(6).err, "no kernel messages")


@case("an empty journal, or none")
def _():
    with tempfile.TemporaryDirectory() as directory:
        has(run(None, "decode", directory).expect(6).err, directory, "no kernel messages that you may read", "systemd-journal")


raise SystemExit(main())
