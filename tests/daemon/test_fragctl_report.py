#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl report, against a fragd that only answers: test_fragctl_report.py BUILD_DIR. Prints TAP."""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import threading

from fake_server import GIB, MIB, MONITOR, SEC, Error, decision, explanation, knob, log_entry, node, objective, source, status
from fragctl_tap import FRAGCTL, Directory, Served, case, check, environment, has, lacks, main, run, table
from html_check import faults, sections
from report_story import HOUR, NOW, tell

HOME = "/home"
SECTIONS = ["summary", "now", "advice", "levels", "orders", "work", "decisions", "knobs", "machine"]


def page(served, *args):
    out = served.run("report", "-o", "-", *args).expect(0)
    check(out.err == "", out.err)
    found = faults(out.out)
    check(not found, found[:10])
    check(sections(out.out) == SECTIONS, sections(out.out))
    return out.out


def section(text, name):
    return text.split(f'<section id="{name}">')[1].split("</section>")[0]


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()


def story(**how):
    served = Served()
    served.__enter__()
    tell(served.server, **how)
    return served


def cells(text):
    """Rows of a section's tables, as texts."""
    return [[plain(c) for c in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in re.findall(r"<tr>(.*?)</tr>", text, re.S)]


@case("the checker of HTML finds what it is for")
def _():
    good = "<!DOCTYPE html>\n<p class=\"a\">1 &lt; 2<svg><path d=\"M0 0\"/></svg></p>"
    check(faults(good) == [], faults(good))
    for bad in (good.replace("</p>", ""), good.replace("</svg></p>", "</p></svg>"), good.replace("<p ", "<p onclick=\"x()\" "),
                good.replace("1 &lt; 2", "1 & 2"), good + "<script>1</script>", good + "<img src=\"http://a/b\">",
                good + "<img src=\"//a/b\">", good + "<style>@import 'x'</style>", good.replace("<p ", "<p class=\"b\" "),
                good + "<p/>", good.replace("2<", "\x1b<"), good + "<i id=\"a\"></i><i id=\"a\"></i>",
                good.replace("M0 0", "Mnan 0")):
        check(faults(bad), "nothing found in", bad)


@table("a report of {0} over {1}s", [(nodes, span) for nodes in (1, 2, 8) for span in (300, 26 * 3600, 7 * 86400)])
def _(nodes, span):
    served = story(nodes=nodes, span=span * SEC)
    try:
        text = page(served)
    finally:
        served.__exit__()
    check(section(text, "levels").count("<svg") == 2 * nodes)
    check(section(text, "orders").count("<svg") == nodes)
    check(len(text) < 1500000, len(text))
    check(section(text, "levels").count('class="line"') >= 2 * nodes)
    check('class="mark ' in section(text, "levels"))


@case("a sentence first: what is missed, since when, why, and what fragd did about it")
def _():
    served = story()
    try:
        lead = plain(section(page(served), "summary"))
    finally:
        served.__exit__()
    has(lead, "1 of 4 objectives is missed: node 1 has ", " of the 1.5 GiB wanted in blocks of 2 MiB, for 47min now.",
        "Unmovable memory stands in the way", "In the time shown fragd acted ", "of CPU time.", "3 of 4 objectives met now")


@case("the rows: objectives, knobs with baselines, zones, decisions")
def _():
    served = story()
    try:
        text = page(served)
    finally:
        served.__exit__()
    now = cells(section(text, "now"))
    check(len(now) == 5 and now[4][:7] == ["1", "64 KiB", "kernel", "94 MiB", "32 MiB", "48 MiB", "8 GiB"], now)
    check(now[3][7:9] == ["pinned", "2026-11-22 13:13:00"], now[3])
    knobs = cells(section(text, "knobs"))
    check(["vm.compaction_proactiveness", "35", "20", "fragd", "0 to 99"] in knobs, knobs)
    check(["vm.watermark_boost_factor", "0", "15000", "somebody else, after fragd", "0 to 15000"] in knobs, knobs)
    check(["vm.min_free_kbytes", "67584", "67584", "not touched", "only looks"] in knobs, knobs)
    has(plain(section(text, "decisions")), "Policy conserve replaced by balanced")
    machine = plain(section(text, "machine"))
    has(machine, os.uname().release, "THP", "What fragd cannot see here", "/sys/kernel/debug/extfrag/extfrag_index Permission denied")


@case("sums: what was gained and what it cost, by lever")
def _():
    entries = [log_entry(NOW - HOUR, decision=decision(lever=lever, gain_bytes=gain, cost_usec=cost, reason=reason))
               for lever, gain, cost, reason in (("compact", 512 * MIB, SEC, "gained"), ("compact", 512 * MIB, 2 * SEC, "gained"),
                                                 ("window", 0, SEC, "no-gain"))]
    entries.append(log_entry(NOW - HOUR, decision=decision(reason="missed", act="compact", gain_bytes=None, cost_usec=None)))
    with Served() as s:
        tell(s.server, nodes=1)
        s.server.on(MONITOR + "GetLog", {"entries": entries})
        text = page(s)
    rows = cells(section(text, "work"))[1:]
    check(rows == [["window", "1", "0", "0 B", "1s", "-"], ["compact", "2", "2", "1 GiB", "3s", "3s"],
                   ["altogether", "3", "2", "1 GiB", "4s", "4s"]], rows)


@case("what comes from elsewhere is text, whatever it is")
def _():
    evil = "</style></svg></title><script>alert(1)</script>\"'&\x1b[2J"
    with Served() as s:
        tell(s.server, nodes=1)
        s.server.on(MONITOR + "GetLog", {"entries": [log_entry(NOW - HOUR, evil, decision=decision(reason="gained"))]})
        s.server.on(MONITOR + "Explain", {"explanations": [explanation(sentence=evil, next_step=evil)]})
        s.server.on(MONITOR + "ListKnobs", {"knobs": [knob(evil, owner=evil)]})
        o = objective(verdict=evil, use=evil)
        s.server.on(MONITOR + "GetStatus", status(policy=evil, version=evil, now_realtime_usec=NOW, nodes=[node(objectives=[o])],
                                                  sources=[source(evil, evil, False, error=evil, loss=evil)]))
        text = page(s)
        lacks(text, "<script", "\x1b")
        check(text.count("&lt;script&gt;") >= 10, text.count("&lt;script&gt;"))


@case("without history, without a log, without objectives")
def _():
    with Served() as s:
        s.server.on(MONITOR + "GetHistory", {"steps": []}).on(MONITOR + "GetLog", {"entries": []})
        s.server.on(MONITOR + "Explain", {"explanations": []}).on(MONITOR + "ListZones", {"nodes": []})
        s.server.on(MONITOR + "GetStatus", status(nodes=[node(objectives=None, guards=None, zones=[])]))
        text = page(s)
        has(plain(section(text, "summary")), "Nothing is judged yet")
        has(plain(section(text, "levels")), "fragd has recorded nothing yet.")
        has(plain(section(text, "work")), "No action was finished")


@table("advice: {0}", [
    ("all is well", {}, [objective(verdict="met", current_bytes=GIB)], ["Nothing needs to be done."], ["fragctl resume"]),
    ("fragmented", {}, [objective()], ["fragctl compact --node 0 --until 2M:256"], ["Nothing needs"]),
    ("short", {}, [objective(verdict="short")], ["too little free memory", "ps -eo rss"], ["fragctl compact"]),
    ("pinned", {}, [objective(verdict="pinned")], ["cat /proc/pagetypeinfo"], ["fragctl compact"]),
    ("futile", {}, [objective(verdict="futile")], ["cat /proc/pagetypeinfo"], ["fragctl compact"]),
    ("paused", {"paused": True}, [objective()], ["fragd is paused", "fragctl resume"], ["fragctl compact"]),
    ("observe", {"acts": False, "policy": "observe", "why_not": "policy observe only watches"}, [objective()],
     ["fragctl policy set balanced --for 2h"], ["fragctl compact"]),
    ("may not act", {"acts": False, "why_not": "the actor is not there"}, [objective()],
     ["fragd only watches: the actor is not there", "journalctl -u fragd"], ["fragctl compact"]),
])
def _(_title, members, objectives, wanted, unwanted):
    with Served() as s:
        s.server.on(MONITOR + "GetStatus", status(nodes=[node(objectives=objectives)], **members))
        s.server.on(MONITOR + "Explain", {"explanations": [explanation(next_step="")]})
        s.server.on(MONITOR + "ListKnobs", {"knobs": [knob()]})
        advice = plain(section(page(s), "advice"))
        # this machine's own settings may call for something, too
        thp = "Transparent huge pages are switched off" in advice or "Each page fault" in advice
        has(advice, *(w for w in wanted if not (thp and w.startswith("Nothing"))))
        lacks(advice, *unwanted)


@case("--since limits what is asked for")
def _():
    with Served() as s:
        tell(s.server, nodes=1)
        page(s, "--since", "2026-11-22 13:00")
        asked = [c["parameters"]["since_realtime_usec"] for _, c in s.server.calls if c["method"] == MONITOR + "GetHistory"]
        check(asked == [NOW - HOUR] * 2, asked)


# --- where it is written ---

class Place:
    """A served story, and a directory to write in."""

    def __enter__(self):
        self.served = story(nodes=1)
        self.path = tempfile.mkdtemp(prefix="fragctl-report-")
        return self

    def __exit__(self, *_):
        self.served.__exit__()
        for name in os.listdir(self.path):
            os.unlink(os.path.join(self.path, name))
        os.rmdir(self.path)

    def run(self, *args, **options):
        return self.served.run("report", *args, cwd=self.path, **options)

    def file(self, name):
        with open(os.path.join(self.path, name), "rb") as f:
            return f.read()


@case("without -o: a file with the time in its name, which is said")
def _():
    with Place() as p:
        out = p.run().expect(0).out
        check(re.fullmatch(r"fragd-report-\d{8}-\d{6}\.html written, \d+ bytes\n", out), out)
        check(os.listdir(p.path) == [out.split()[0]], os.listdir(p.path))
        check(faults(p.file(out.split()[0]).decode()) == [])
        has(p.file(out.split()[0]).decode(), "Contiguous memory on " + os.uname().nodename)


@case("a file that exists stays, unless --force is given")
def _():
    with Place() as p:
        with open(os.path.join(p.path, "a"), "w") as f:
            f.write("mine")
        err = p.run("-o", "a").expect(1).err
        has(err, "fragctl: a exists; nothing was written. Take another name, or --force")
        check(p.file("a") == b"mine" and os.listdir(p.path) == ["a"])
        check(p.served.server.calls == [], "fragd was asked in vain")
        p.run("-o", "a", "--force").expect(0)
        check(p.file("a").startswith(b"<!DOCTYPE html>") and os.listdir(p.path) == ["a"])


@table("not a file: {0}", ["/dev/null", "."])
def _(path):
    with Place() as p:
        for more in ([], ["--force"]):
            has(p.run("-o", path, *more).expect(1).err, f"{path} is not a file; nothing was written")
    check(os.path.exists("/dev/null") and not os.path.isfile("/dev/null"))


@case("a directory that is not there, and a full device")
def _():
    with Place() as p:
        has(p.run("-o", "none/a").expect(1).err, "cannot write none/a: No such file or directory")
        check(os.listdir(p.path) == [], os.listdir(p.path))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([FRAGCTL, "--runtime-dir", p.served.directory.path, "report", "-o", "-"], stdout=full,
                                  stderr=subprocess.PIPE, env=environment(), timeout=60)
        check(done.returncode == 1, done.returncode)
        has(done.stderr.decode(), "standard output: No space left on device")


@case("where fragd fails, nothing is left behind")
def _():
    with Place() as p:
        p.served.server.on(MONITOR + "ListKnobs", Error("io.fragd.Monitor.NoSample", reason="gone"))
        check(p.run("-o", "a").code != 0)
        check(os.listdir(p.path) == [])
    with Directory() as d:
        run(d, "report", "-o", "-").expect(5)


@case("--json says what was written")
def _():
    with Place() as p:
        j = json.loads(p.run("--json", "-o", "a").expect(0).out)
        check(j == {"file": "a", "bytes": len(p.file("a"))}, j)
        check(faults(p.file("a").decode()) == [])


# --- the archive ---

PACKED = ["report.html", "versions.txt", "status.json", "zones.json", "explain.json", "knobs.json", "decisions.jsonl",
          "samples.jsonl", "README"]


def members(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {}
        for m in tar.getmembers():
            check(m.isreg() and (m.uid, m.gid, m.uname, m.gname, m.mode) == (0, 0, "root", "root", 0o644), m.name)
            found[m.name.removeprefix("fragd-report/")] = tar.extractfile(m).read()
        return found


@case("--bundle: listed first, readable by tar, and all there")
def _():
    with Place() as p:
        done = p.run("--bundle", "-o", "a.tar").expect(0)
        found = members(p.file("a.tar"))
        listed = {line.split()[1].removeprefix("fragd-report/"): int(line.split()[0]) for line in done.err.splitlines()}
        check(listed == {name: len(data) for name, data in found.items()}, listed)
        check(all(name in found for name in PACKED), sorted(found))
        check(len(found["samples.jsonl"].splitlines()) == 200)
        check([json.loads(x)["realtime_usec"] for x in found["decisions.jsonl"].splitlines()])
        check(json.loads(found["status.json"])["status"]["policy"] == "balanced")
        with open("/proc/meminfo") as f:
            check(found["machine/proc/meminfo"].decode().splitlines()[0] == f.readline().strip())
        has(found["versions.txt"].decode(), "fragctl: ", "fragd: 0.1.0", "Kernel: " + os.uname().release)
        check(faults(found["report.html"].decode()) == [])


@case("--bundle --list: only said")
def _():
    with Place() as p:
        out = p.run("--bundle", "--list").expect(0)
        check(os.listdir(p.path) == [] and out.err == "", out.err)
        check([x.split()[1].removeprefix("fragd-report/") for x in out.out.splitlines()][:3] == PACKED[:3], out.out)
        names = [x["name"] for x in json.loads(p.run("--bundle", "--list", "--json").expect(0).out)]
        check(names == [x.split()[1] for x in out.out.splitlines()], names)
        has(p.run("--list").expect(2).err, "--list says what --bundle would hold")


@case("--bundle: names of machines and users, comments and who asked are not in it")
def _():
    host = "db1.example.com"
    with Place() as p:
        config = os.path.join(p.path, "fragd.conf")
        with open(config, "w") as f:
            f.write('# Bob Smith keeps this\npolicy = "balanced"; // for alice\n/* and\nCarol */\n')
        os.mkdir(config + ".d")
        with open(os.path.join(config + ".d", "10.conf"), "w") as f:
            f.write(f'# on {host}\nmetrics: {{ listen = "{host}:10816"; }};\n')
        try:
            text = f"on {host} asked, from {HOME}/alice/fragd.conf"
            log = [log_entry(NOW - HOUR, text, decision=decision(uid=4294900815, pid=815))]
            p.served.server.on(MONITOR + "GetLog", {"entries": log})
            p.served.server.on(MONITOR + "GetStatus", status(config=config, now_realtime_usec=NOW, why_not=text, sources=[
                source("buddyinfo", HOME + "/alice/root/proc/buddyinfo", False, error="none", loss=f"all of {host}")]))
            done = subprocess.run(["unshare", "--uts", "sh", "-c", f'hostname {host} && exec "$@"', "sh", FRAGCTL, "--runtime-dir",
                                   p.served.directory.path, "report", "--bundle", "-o", "b.tar"], cwd=p.path, env=environment(),
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
            check(done.returncode == 0, done.stdout)
            found = members(p.file("b.tar"))
        finally:
            os.unlink(os.path.join(config + ".d", "10.conf"))
            os.rmdir(config + ".d")
    check(found["config/fragd.conf"].decode().split() == ["policy", "=", '"balanced";'], found["config/fragd.conf"])
    has(found["config/fragd.conf.d/10.conf"].decode(), 'listen = "HOST:10816"')
    for name, data in found.items():
        lacks(data.decode(), "alice", "Bob", "Carol", "4294900815", '"pid"', '"uid"')
        lacks(data.decode(), "db1", "example.com")
    has(found["decisions.jsonl"].decode(), f"on HOST asked, from {HOME}/USER/fragd.conf")


@case("--bundle: what cannot be read is said in its README")
def _():
    with Place() as p:
        p.served.server.on(MONITOR + "GetStatus", status(config="/nonexistent/fragd.conf", now_realtime_usec=NOW))
        p.run("--bundle", "-o", "a.tar").expect(0)
        has(members(p.file("a.tar"))["README"].decode(), "Could not be read:\n", "/nonexistent/fragd.conf: No such file or directory")


# --- progress ---

@case("progress on a terminal after a second, none in a pipe")
def _():
    go = threading.Event()

    def slowly(call, conn):
        check(go.wait(60), "nobody let it go on")
        return {"knobs": []}

    with Place() as p:
        p.served.server.on(MONITOR + "ListKnobs", slowly)
        t = p.served.terminal("report", "-o", os.path.join(p.path, "a"))
        t.until("asking fragd, 1s")
        go.set()
        check(t.end() == 0, t.output)
        check(t.output.decode().rsplit("\r\x1b[K", 1)[1].startswith(p.path), t.output)
        go.clear()
        threading.Timer(1.5, go.set).start()
        done = p.run("-o", "b").expect(0)
        check(done.err == "", done.err)


@case("an archive is nothing for a terminal")
def _():
    with Place() as p:
        t = p.served.terminal("report", "--bundle", "-o", "-")
        check(t.end() == 2, t.output)
        has(t.output.decode(), "an archive is nothing for a terminal")


if __name__ == "__main__":
    sys.exit(main())
