#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl against a fragd that only answers (fake_server.py): command line, verbs, errors, broken replies."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

from fake_server import (CLOSE, CONTROL, GIB, MIB, MONITOR, SEC, SILENCE, Error, decision, encode, explanation, guard,
                         kernel_objective, knob, log_entry, node, objective, order, source, status, zone)
from fragctl_tap import CALLS, DEADLINE, FRAGCTL, Directory, Served, case, check, environment, has, lacks, main, run, table

VERBS = ["status", "zones", "census", "explain", "advise", "decode", "policy", "reload", "knobs", "compact", "log", "history", "monitor", "pause", "resume", "config"]


# --- the command line ---


@case("--help names every verb and the exit codes")
def _():
    out = run(None, "--help").expect(0).out
    has(out, *["\n  " + v for v in VERBS], "--json", "--runtime-dir", "Exit status")
    check(all(len(line) <= 80 for line in out.splitlines()), "a line is longer than 80 columns")


@table("{0} --help", VERBS)
def _(verb):
    out = run(None, verb, "--help").expect(0).out
    has(out, "Usage: fragctl " + verb)
    check(all(len(line) <= 84 for line in out.splitlines()), "a line is too long")


@case("-h before the verb helps with the verb")
def _():
    has(run(None, "-h", "log").expect(0).out, "Usage: fragctl log", "--since", "-n, --lines")


@case("--version")
def _():
    check(re.fullmatch(r"fragctl \d+\.\d+\.\d+\S*\n", run(None, "--version").expect(0).out))


@table("usage: fragctl {0} -> {1}", [
    ("", "expected a verb"),
    ("stauts", "did you mean 'status'?"),
    ("comp --node 0", "did you mean 'compact'?"),
    ("frobnicate", "see 'fragctl --help'"),
    ("status --jsno", "unknown option --jsno; did you mean --json?"),
    ("status --wathc=1", "did you mean --watch?"),
    ("status --frobnicate", "unknown option --frobnicate; see"),
    ("messages --foo", "unknown option --foo; see 'fragctl --help'"),
    ("monitor --foo", "unknown option --foo; did you mean --for?"),
    ("events --fo", "unknown option --fo; did you mean --follow?"),
    ("--foo 3 compact", "unknown option --foo; see"),
    ("--sinec 2h log", "unknown option --sinec; did you mean --since?"),
    ("--sinec=2h zones", "unknown option --sinec; see"),
    ("zones --node 0 --sinec 2h", "unknown option --sinec; see"),
    ("thp --windwo 2h", "unknown option --windwo; did you mean --window?"),
    ("stauts --jsno", "unknown option --jsno; did you mean --json?"),
    ("stauts --wathc", "unknown option --wathc; see"),
    ("status -x", "unknown option -x"),
    ("status --json=1", "--json takes no value"),
    ("zones --node", "--node: expected N, got nothing"),
    ("log -n", "--lines: expected N, got nothing"),
    ("zones --node x", "--node: expected the number of a node, got 'x'"),
    ("zones --node -1", "--node: expected"),
    ("zones --node 1024", "--node: expected"),
    ("zones --node 99999999999999999999", "--node: expected"),
    ("zones --order 24", "--order: expected"),
    ("explain --size 2Q", "--size: expected a size"),
    ("explain --size 0", "--size: expected a size"),
    ("explain --size 9E", "--size: expected a size"),
    ("compact", "--node is missing"),
    ("compact --node 0 --until 2M", "--until: expected"),
    ("compact --node 0 --until 2M:0", "--until: expected"),
    ("compact --node 0 --until :3", "--until: expected"),
    ("compact --node 0 --until 1E:100", "--until: expected"),
    ("status --watch --for 0", "--for: expected a duration"),
    ("status --for 2s", "without --watch"),
    ("log --since soon", "--since: expected"),
    ("log --since 2026-02-31", "--since: expected"),
    ("log --since 25:00", "--since: expected"),
    ("log --since 1:2", "--since: expected"),
    ("log -n 0", "--lines: expected"),
    ("log --order 3", "--order is not for 'log'"),
    ("status --color maybe", "--color: expected auto, always or never"),
    ("status --runtime-dir=", "--runtime-dir: expected a directory"),
    ("status now", "takes no arguments, got 'now'"),
    ("policy", "policy: expected list | show NAME | set NAME, got nothing"),
    ("policy lst", "did you mean 'list'?"),
    ("policy frobnicate", "expected list, show or set"),
    ("policy set", "the name of a policy is missing"),
    ("policy list all", "takes no name"),
    ("policy set a b", "got one more: 'b'"),
    ("policy list --for 2h", "are for 'policy set'"),
    ("policy set a --for 2h --runtime", "exclude each other"),
    ("pause tomorrow", "expected a duration such as 30min or 2h, got 'tomorrow'"),
    ("pause 0", "expected a duration"),
    ("config", "config: expected check [FILE]"),
    ("config chek", "did you mean 'check'?"),
    ("config check --json", "--json is not for this"),
])
def _(words, message):
    r = run(None, *words.split()).expect(2)
    has(r.err, "fragctl: ", message)
    check(r.out == "" and r.err.count("\n") == 1, "not one line on standard error:", r.out, r.err)


@case("control characters of the command line are not obeyed")
def _():
    lacks(run(None, "\x1b]0;x\x07").expect(2).err, "\x1b", "\x07")


@case("a path that no socket can have is a usage error")
def _():
    has(run("/" + "x" * 200, "status").expect(2).err, "--runtime-dir")


@case("standard output that cannot be written is a failure")
def _():
    with open("/dev/full", "wb") as full:
        p = subprocess.run([FRAGCTL, "--help"], stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=DEADLINE)
    check(p.returncode == 1 and b"cannot write to standard output" in p.stderr, p.returncode, p.stderr)


# --- config check: starts the fragd that belongs to this fragctl ---


def fragd_script(path, words):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as f:
        f.write('#!/bin/sh\necho "%s $*"\nexit 1\n' % words)
    os.chmod(path, 0o755)


@table("config check finds fragd at {0}", ["sbin/fragd", "bin/fragd", "daemon/fragd", "elsewhere/fragd"])
def _(place):
    with Directory() as d:
        os.mkdir(d + "/bin")
        shutil.copy(FRAGCTL, d + "/bin/fragctl")
        fragd_script(os.path.join(d, place), place)
        p = subprocess.run([d + "/bin/fragctl", "config", "check", "my.conf"], stdout=subprocess.PIPE,
                           env=environment(PATH=d + "/elsewhere:" + os.environ["PATH"]), timeout=DEADLINE)
        check((p.returncode, p.stdout.decode()) == (1, place + " --check-config my.conf\n"), p)


@case("config check without any fragd says so")
def _():
    with Directory() as d:
        shutil.copy(FRAGCTL, d + "/fragctl")
        p = subprocess.run([d + "/fragctl", "config", "check"], stderr=subprocess.PIPE, env=environment(PATH="/nowhere"),
                           timeout=DEADLINE)
        check(p.returncode == 1 and b"cannot start fragd: No such file" in p.stderr, p)


# --- fragd is not there ---


@table("no daemon: {0}", [(" ".join(c[0]), c[0], c[2]) for c in CALLS] + [("status --watch",) + (["status", "--watch"], "fragd.sock"),
                                                                          ("log -f",) + (["log", "-f"], "fragd.sock")])
def _(_, args, name):
    with Directory() as d:
        r = run(d, *args).expect(5)
        check(r.err == f"fragctl: fragd is not running: no socket at {d}/{name}; start it (systemctl start fragd, or fragd as root), or say with --runtime-dir where its sockets are\n", r.err)
        check(r.out == "", r.out)


@case("no daemon, but its socket was left behind")
def _():
    with Directory() as d:
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(d + "/fragd.sock")
        has(run(d, "status").expect(5).err, "fragd is not running: nobody listens")


@case("runtime directory does not exist")
def _():
    has(run("/proc/self/none", "status").expect(5).err, "no socket at /proc/self/none/fragd.sock")


def run_unprivileged(served, *args):
    options = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    return served.run(*args, **options)


@table("no permission: {0}", ["pause", "reload", "resume", "policy set balanced", "compact --node 0"])
def _(words):
    with Served() as s:
        os.chmod(s.directory.path + "/admin.sock", 0o600 if os.geteuid() == 0 else 0)
        r = run_unprivileged(s, *words.split()).expect(6)
        has(r.err, "changing fragd needs root or membership in the group fragd-admin", "admin.sock: Permission denied")


@case("no permission even to read")
def _():
    with Served() as s:
        os.chmod(s.directory.path + "/fragd.sock", 0o600 if os.geteuid() == 0 else 0)
        has(run_unprivileged(s, "status").expect(6).err, "no permission to ask fragd")


# --- verbs ---


@table("fragctl {0} calls {1}", [(" ".join(c[0]), c[1], c) for c in CALLS])
def _(_, __, call):
    args, method, name, parameters = call
    with Served() as s:
        s.run(*args).expect(0)
        check(s.server.calls[0][0] == name, s.server.calls)
        check(s.server.calls[0][1]["method"] == method, s.server.calls)
        check(s.server.calls[0][1].get("parameters", {}) == parameters, s.server.calls)


@table("thp in {0} is this kernel's huge page", ["explain --size thp", "compact --node 0 --until thp:3"])
def _(words, path="/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"):
    with Served() as s:
        r = s.run(*words.split())
        if not os.path.exists(path):
            return has(r.expect(1).err, "this kernel has no huge pages: " + path)
        check(str(s.server.calls[0][1]["parameters"]["size_bytes"]) == os.popen("cat " + path).read().strip(), s.server.calls)


@table("--json {0} is the reply as it came", [(" ".join(c[0]), c) for c in CALLS])
def _(_, call):
    reply = {"unknown": None, "text": "é \x7f", "list": [1, {"x": 1.5}]}
    with Served() as s:
        good = s.server.answers[call[1]]
        s.server.on(call[1], {**good, **reply})
        r = s.run("--json", *call[0]).expect(0)
        check(json.loads(r.out) == {**good, **reply}, r.out)
        check(r.out.count("\n") == 1, "not compact:", r.out)


@case("options stand before or after the verb")
def _():
    with Served() as s:
        first = s.run("--json", "--node", "0", "zones").expect(0)
        check(first.out == s.run("zones", "--json", "--node", "0").expect(0).out)


@case("status: header, objectives, guards, budget, last action, missing sources")
def _():
    with Served() as s:
        out = s.run("status").expect(0).out
        has(out, "fragd 0.1.0, policy balanced: acts\n", "NODE", "CEILING", "fragmented", "4min left", "99%", "steady", "100%",
            "2s ago, next in 28s", "memory pressure 0.12%, CPU pressure 12.34%", "cool-down (20s of 1min, 40s left)",
            "1.23s of 20s of compaction time, 2 of 12 runs used in the last 1h", " ago: ", "674 MiB",
            "extfrag_index: the kernel's own index is not compared (/sys/kernel/debug/extfrag/extfrag_index: Permission denied)")
        check(re.search(r"0 +2M +user +96M +512M +768M +1\.1G +fragmented", out), out)
        lacks(out, "\x1b", "buddyinfo")


@table("status: {0}", [
    ("only watches", status(acts=False, why_not="not started as root"), "only watches: not started as root"),
    ("paused for a time", status(paused=True, pause_left_usec=3600 * SEC), "paused, 1h left"),
    ("paused for good", status(paused=True), "paused until 'fragctl resume'"),
    ("policy for a time", status(policy_left_usec=7080 * SEC, policy_after="conserve"), "(1h 58min left, then conserve)"),
    ("no sample yet", status(nodes=[], samples=0, sample_age_usec=None), "none yet"),
    ("no objective", status(nodes=[node(objectives=[])]), "No objective is being watched."),
    ("acting", status(nodes=[node(acting=True, lever="window")]), "acts now, lever window"),
    ("back-off", status(nodes=[node(attempts=3, backoff_left_usec=720 * SEC)]), "waits 12min more after 3 attempts"),
    ("objective without such blocks", status(nodes=[node(objectives=[objective(applies=False, size_bytes=None)])]), "no use"),
    ("only what is required", status(nodes=[node(score=None, objectives=None, guards=None, notable=None, last=None)],
                                     interval_usec=None, psi_memory_permyriad=None, psi_cpu_permyriad=None), "nothing done yet"),
    ("decision of a later version", status(nodes=[node(notable={"number": 1, "future": True})]), "fragctl is too old"),
    ("pinned", status(nodes=[node(objectives=[objective(verdict="pinned")])]), "pinned"),
    ("guard without need", status(nodes=[node(objectives=[kernel_objective()])]), "would hold back: cool-down"),
    ("missed already", status(nodes=[node(objectives=[objective(time_left_usec=0)])]), "-1.1M/s"),
    ("slope up", status(nodes=[node(objectives=[objective(slope_bytes_per_second=3 * MIB, time_left_usec=None)])]), "+3M/s"),
    ("null is missing", status(why_not=None, nodes=[{**node(), "lever": None, "score": None}]), "policy balanced: acts"),
])
def _(_, reply, wanted):
    with Served({MONITOR + "GetStatus": reply}) as s:
        has(s.run("status").expect(0).out, wanted)


@table("guard {0} in words", [
    ("paused", 0, 0, "holds back: paused\n"),
    ("psi-memory", 1230, 1000, "memory pressure (12.3%, limit 10%)"),
    ("psi-cpu", 8100, 8000, "CPU pressure (81%, limit 80%)"),
    ("kcompactd-busy", ord("R"), 0, "kcompactd is working (state R)"),
    ("kcompactd-stuck", ord("D"), 0, "kcompactd is stuck (state D)"),
    ("budget-time", 20 * SEC, 20 * SEC, "compaction time (20s of 20s)"),
    ("budget-runs", 12, 12, "back: runs (12 of 12)"),
    ("knob-owned", 0, 0, "somebody else set vm.compaction_proactiveness"),
    ("knob-owned", 4711, 0, "somebody else set a knob"),
    ("no-actor", 0, 0, "fragd may not act here"),
    ("of-a-later-version", 3, 4, "of-a-later-version (3 of 4)"),
])
def _(name, value, limit, wanted):
    with Served({MONITOR + "GetStatus": status(nodes=[node(guards=[guard(name, True, value, limit)])])}) as s:
        has(s.run("status").expect(0).out, wanted)


@case("zones: node, watermarks, and the kernel's indices with three decimals")
def _():
    with Served() as s:
        out = s.run("zones").expect(0).out
        has(out, "Node 0: free 3G of 15G", "score 33", "starts above 90, stops at 80", "3.2% of its blocks unmovable")
        check(re.search(r"DMA32 +3G +45M +56M +67M +0B +15G +0B +33", out), out)
        check(re.search(r"Normal +10 +4M +0 +0 +0\.900 +0\.990", out), out)
        check(re.search(r"Normal +0 +4K +100 +90 +0\.000 +-1\.000", out), out)


@case("zones: what is unknown is a dash; pages of 64K")
def _():
    bare = {"zone": "Movable", "free_bytes": 0, "score": 0, "orders": [order(13, page=65536, extfrag_permille=-4)]}
    with Served({MONITOR + "ListZones": {"nodes": [{"node": 3, "free_bytes": 0, "zones": [bare]}]}}) as s:
        out = s.run("zones").expect(0).out
        check(re.search(r"Movable +0B( +-){6} +0\n", out), out)
        check(re.search(r"Movable +13 +512M .*-0\.004", out), out)


@case("policy list marks the one in force by a word")
def _():
    with Served() as s:
        out = s.run("policy", "list").expect(0).out
        check(re.search(r"balanced +yes +yes +/etc/fragd/fragd.conf:12 +Holds", out), out)
        check(re.search(r"observe +no +built in +Watches", out), out)


@case("policy show prints what can be put into a configuration file")
def _():
    with Served() as s:
        check(s.run("policy", "show", "balanced").expect(0).out ==
              "# built in\npolicies: { balanced: {\n        act = true;\n}; };\n")


@table("policy set {0}", [("", "before: conserve."), ("--for 2h", "for 2h, then observe again."),
                          ("--runtime", "until fragd is restarted; before: conserve.")])
def _(words, wanted):
    with Served() as s:
        has(s.run("policy", "set", "balanced", *words.split()).expect(0).out, "Policy balanced is in force", wanted)


@case("reload says what was read")
def _():
    with Served() as s:
        has(s.run("reload").expect(0).out, "Accepted; policy balanced is in force", "  /etc/fragd/fragd.conf\n", "10.conf")


@case("reload refused: each error as FILE:LINE: message, exit 1")
def _():
    errors = [{"file": "/etc/fragd/fragd.conf", "line": 7, "message": "unknown key 'levres'; did you mean 'levers'?"},
              {"file": "/etc/fragd/fragd.conf.d/x.conf", "line": 0, "message": "not a regular file"}]
    with Served({CONTROL + "Reload": Error(CONTROL + "ConfigRefused", errors=errors)}) as s:
        err = s.run("reload").expect(1).err
        has(err, "/etc/fragd/fragd.conf:7: unknown key 'levres'; did you mean 'levers'?\n",
            "/etc/fragd/fragd.conf.d/x.conf: not a regular file\n", "refused: 2 errors; nothing was changed")


@case("knobs: value, before, owner, range; not on this kernel")
def _():
    with Served() as s:
        out = s.run("knobs").expect(0).out
        check(re.search(r"vm\.compaction_proactiveness +35 +20 +fragd +0 to 99", out), out)
        check(re.search(r"vm\.defrag_mode +- +- +not here +never", out), out)
        check(re.search(r"vm\.watermark_boost_factor +0 +15000 +other", out), out)
        check(re.search(r"vm\.min_free_kbytes +67584 +67584 +- +never", out), out)


@case("compact prints gain and cost, and no spinner without a terminal")
def _():
    with Served() as s:
        r = s.run("compact", "--node", "0").expect(0)
        has(r.out, "brought 674 MiB", "gain        674M", "21 points", "cost        1.23s", "took        2.34s", "171234 pages", "812345 pages")
        check(r.err == "", r.err)


@case("compact --until that is not reached fails")
def _():
    with Served() as s:
        has(s.run("compact", "--node", "0", "--until", "2M:500").expect(1).err, "not reached: 770M of 1000M", "fragctl explain")
        s.run("--json", "compact", "--node", "0", "--until", "2M:500").expect(1)


@case("compact that the kernel refused fails")
def _():
    reply = {"sentence": "Compacting node 0 failed.", "decision": decision(reason="action-failed", gain_bytes=None)}
    with Served({CONTROL + "Compact": reply}) as s:
        has(s.run("compact", "--node", "0").expect(1).out, "failed.")


@case("log: time and sentence, oldest first")
def _():
    with Served() as s:
        check(s.run("log").expect(0).out == "2026-11-22 14:00:00  Node 0: compacted.\n2026-11-22 14:01:00  Node 0: paused.\n")
        has(s.run("log", env=environment(TZ="EST5")).expect(0).out, "2026-11-22 09:00:00")


@table("log: nothing {0}", [("since then", ["--since", "1h"]), ("yet", [])])
def _(words, args):
    with Served({MONITOR + "GetLog": {"entries": []}}) as s:
        has(s.run("log", *args).expect(0).out, "Nothing was done or changed " + words)


def since_of(text, tz="UTC"):
    with Served() as s:
        s.run("log", "--since", text, env=environment(TZ=tz)).expect(0)
        return s.server.calls[0][1]["parameters"]["since_realtime_usec"]


@table("log --since {0!r}", ["2h", "90", "1h 30min"])
def _(text):
    ago = {"2h": 7200, "90": 90, "1h 30min": 5400}[text]
    before = time.time()
    since = since_of(text) / SEC
    check(before - ago - 1 <= since <= time.time() - ago + 1, since)


@table("log --since {0!r} in {1}", [
    ("2026-11-22 14:02", "UTC", 1795356120), ("2026-11-22 14:02:03", "UTC", 1795356123), ("2026-11-22", "UTC", 1795305600),
    ("2026-11-22 14:02", "EST5", 1795374120), ("2026-07-01 12:00", "CET-1CEST,M3.5.0,M10.5.0/3", 1782900000)])
def _(text, tz, wanted):
    check(since_of(text, tz) == wanted * SEC, since_of(text, tz))


@case("log --since a time of day: today's, or yesterday's where it is still to come")
def _():
    for text in ("00:00", "12:00", "23:59", "23:59:59"):
        before = time.time()
        since = since_of(text) / SEC
        check(before - 86400 <= since <= time.time(), text, since, before)
        check(time.strftime("%H:%M:%S", time.gmtime(since)) == (text + ":00")[:8], text, since)


# --- errors from the server ---


@table("error {1}: exit {3}", [
    (["policy", "show", "blanced"], Error(MONITOR + "UnknownPolicy", name="blanced", known=["observe", "balanced"]),
     "there is no policy 'blanced'; did you mean 'balanced'? known: observe, balanced", 1),
    (["policy", "set", "x"], Error(CONTROL + "UnknownPolicy", name="x", known=["observe"]), "there is no policy 'x'; known: observe", 1),
    (["zones", "--node", "7"], Error(MONITOR + "UnknownNode", node=7, known=[0, 1]), "there is no node 7; nodes with memory: 0, 1", 1),
    (["compact", "--node", "7"], Error(CONTROL + "UnknownNode", node=7, known=[0]), "there is no node 7", 1),
    (["explain", "--size", "3M"], Error(MONITOR + "UnknownSize", size_bytes=3 * MIB, known=[2 * MIB, 65536]),
     "blocks of 3M; there are: 2M, 64K", 1),
    (["zones"], Error(MONITOR + "NoSample", reason="the first one is being taken"), "the first one is being taken", 1),
    (["compact", "--node", "0"], Error(CONTROL + "Refused", reason="fragd is paused"), "fragctl: refused: fragd is paused", 1),
    (["pause"], Error("org.varlink.service.PermissionDenied"), "not permitted", 6),
    (["status"], Error("org.varlink.service.MethodNotFound", method="GetStatus"), "older than fragctl", 1),
    (["zones"], Error("org.varlink.service.InvalidParameter", parameter="order"), "refuses the value of 'order'", 1),
    (["status"], Error("io.example.Strange", x=1), "answered with the error io.example.Strange", 1),
    (["zones"], Error(MONITOR + "UnknownNode", node="x", known={"a": 1}), "nodes with memory: none", 1),
    (["reload"], Error(CONTROL + "ConfigRefused", errors="x"), "refused: 0 errors", 1),
])
def _(args, error, wanted, code):
    with Served() as s:
        method = next(c[1] for c in CALLS if c[0][:len(args)][0] == args[0] and (args[0] != "policy" or c[0][1] == args[1]))
        s.server.on(method, error)
        r = s.run(*args).expect(code)
        has(r.err, wanted)
        check(r.out == "", r.out)
        j = s.run("--json", *args).expect(code)
        check(json.loads(j.out) == {"error": error.name, "parameters": error.parameters}, j.out)


# --- broken replies ---


@table("broken reply: {0}", [
    ("not JSON", b"garbage\0", 1, "broken reply"),
    ("not an object", b"[1,2]\0", 1, "broken reply"),
    ("empty message", b"\0", 1, "broken reply"),
    ("parameters are a list", b'{"parameters":[]}\0', 1, "broken reply"),
    ("duplicate member", b'{"parameters":{"status":1,"status":2}}\0', 1, "broken reply"),
    ("not UTF-8", b'{"parameters":{"x":"\xff\xfe"}}\0', 1, "broken reply"),
    ("nested without end", b"[" * 100000 + b"\0", 1, "broken reply"),
    ("no answer", CLOSE, 5, "went away without an answer"),
    ("half an answer", lambda call, conn: (conn.sendall(encode(status())[:200]), CLOSE)[1], 5, "went away"),
    ("no status in it", {}, 1, "not as expected: GetStatus"),
    ("status is a number", {"status": 3}, 1, "not as expected"),
    ("status is empty", {"status": {}}, 1, "not as expected: status"),
    ("nodes are text", status(nodes="none"), 1, "not as expected"),
    ("a node is null", status(nodes=[None]), 1, "not as expected: node"),
    ("a number is text", status(nodes=[node(free_bytes="3G")]), 1, "not as expected: node"),
    ("objectives are a number", status(nodes=[node(objectives=3)]), 1, "not lists"),
    ("an objective lacks its verdict", status(nodes=[node(objectives=[{"objective": 0}])]), 1, "not as expected: objective"),
    ("a guard is text", status(nodes=[node(guards=["x"])]), 1, "not as expected: guard"),
    ("a source is empty", status(sources=[{}]), 1, "not as expected: source"),
    ("a budget is missing", status(budget=None), 1, "not as expected: status"),
])
def _(_, answer, code, wanted):
    with Served({MONITOR + "GetStatus": answer}) as s:
        has(s.run("status").expect(code).err, "fragctl: ", wanted)


@case("broken reply: larger than any may be")
def _():
    def pour(call, conn):
        try:
            for _ in range(4096):  # until it hangs up
                conn.sendall(b"x" * 65536)
        except OSError:
            pass
        return CLOSE
    with Served({MONITOR + "GetStatus": pour}) as s:
        has(s.run("status").expect(1).err, "longer than any reply may be")


@case("a reply in many small pieces")
def _():
    def drip(call, conn):
        data = encode(status())
        for i in range(0, len(data), 97):
            conn.sendall(data[i:i + 97])
        return SILENCE
    with Served({MONITOR + "GetStatus": drip}) as s:
        has(s.run("status").expect(0).out, "fragmented")


@case("a large reply: 512 nodes")
def _():
    with Served({MONITOR + "GetStatus": status(nodes=[node(n) for n in range(512)])}) as s:
        check(s.run("status").expect(0).out.count("fragmented") == 512)


@table("broken {0}", [
    ("zones", MONITOR + "ListZones", {"nodes": [node(zones=[zone(orders=[{}])])]}),
    ("zones", MONITOR + "ListZones", {"nodes": [node(zones=[{}])]}),
    ("zones", MONITOR + "ListZones", {}),
    ("explain", MONITOR + "Explain", {"explanations": [{}]}),
    ("explain", MONITOR + "Explain", {"explanations": [explanation(objective={})]}),
    ("explain", MONITOR + "Explain", {"explanations": [explanation(efficacy_permyriad={"window": "much"})]}),
    ("explain", MONITOR + "Explain", {"explanations": [], "machine": [{}]}),
    ("policy list", MONITOR + "ListPolicies", {"policies": [{}]}),
    ("policy show x", MONITOR + "ShowPolicy", {}),
    ("policy set x", CONTROL + "SetPolicy", {}),
    ("reload", CONTROL + "Reload", {"files": []}),
    ("knobs", MONITOR + "ListKnobs", {"knobs": [{}]}),
    ("compact --node 0", CONTROL + "Compact", {"sentence": "x"}),
    ("compact --node 0", CONTROL + "Compact", {"sentence": "x", "decision": {"gain_bytes": "1"}}),
    ("log", MONITOR + "GetLog", {"entries": [{}]}),
])
def _(words, method, reply):
    with Served({method: reply}) as s:
        has(s.run(*words.split()).expect(1).err, "fragd's reply is not as expected")


EVIL = "a\x1b]0;owned\x07\x1b[2J\r\nb\x7f\u009b31m\u202egnp"


@case("control characters from fragd are replaced everywhere")
def _():
    evil_node = node(lever=EVIL, acting=True, objectives=[objective(verdict=EVIL, use=EVIL)], guards=[guard(EVIL, True)])
    answers = {
        MONITOR + "GetStatus": status(version=EVIL, policy=EVIL, acts=False, why_not=EVIL, nodes=[evil_node],
                                      sources=[source(EVIL, EVIL, False, error=EVIL, loss=EVIL)]),
        MONITOR + "ListZones": {"nodes": [node(kcompactd_state=EVIL, zones=[zone(EVIL)])]},
        MONITOR + "Explain": {"explanations": [explanation(sentence=EVIL, next_step=EVIL, cause=EVIL)],
                              "machine": [{"cause": EVIL, "sentence": EVIL, "next_step": EVIL}]},
        MONITOR + "ShowPolicy": {"policy": {}, "text": EVIL, "source": EVIL},
        MONITOR + "ListKnobs": {"knobs": [knob(EVIL, owner=EVIL)]},
        MONITOR + "GetLog": {"entries": [log_entry(sentence=EVIL)]},
        CONTROL + "Reload": {"files": [EVIL], "policy": EVIL},
        CONTROL + "Compact": {"sentence": EVIL, "decision": decision()},
        CONTROL + "Pause": Error(CONTROL + "Refused", reason=EVIL),
    }
    with Served(answers) as s:
        for words, code in [("status", 0), ("zones", 0), ("explain", 0), ("policy show x", 0), ("knobs", 0), ("log", 0),
                            ("reload", 0), ("compact --node 0", 0), ("pause", 1)]:
            r = s.run(*words.split()).expect(code)
            lacks(r.out + r.err, "\x1b", "\x07", "\r", "\x7f", "\u009b", "\u202e", "owned\nb" if "policy" in words else "\nb")
            has(r.out + r.err, "a?]0;owned?")


@case("--json on a terminal escapes what a terminal would obey")
def _():
    with Served({MONITOR + "GetStatus": status(version=EVIL)}) as s:
        t = s.terminal("--json", "status")
        check(t.end() == 0, t.text())
        lacks(t.text(), "\x1b", "\x07", "\x7f", "\u009b", "\u202e")
        check(json.loads(t.text())["status"]["version"] == EVIL, t.text())
        has(t.text(), '\n  "status": {\n')


@case("letters beyond ASCII stay in a UTF-8 locale, and are replaced where the locale cannot show them")
def _():
    with Served({MONITOR + "ListPolicies": {"policies": [
            {"name": "é", "description": "déjà vu €", "active": True, "acts": True, "source": "built in"}]}}) as s:
        has(s.run("policy", "list").expect(0).out, "déjà vu €")
        has(s.run("policy", "list", env=environment(LC_ALL="C")).expect(0).out, "d?j? vu ?")


if __name__ == "__main__":
    sys.exit(main())
