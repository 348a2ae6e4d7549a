#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who waits in direct compaction, on a fake machine with a fake fragd-taskstats: test_stalls.py BUILD_DIR, as root. Prints TAP."""

import json
import os
import re
import subprocess
import sys
import time

from fake_taskstats import FakeTaskstats, recorded, stats
from fragd_harness import DEADLINE, HEALED, contains, equal, policy_text, run, wait_until
from metrics_client import free_port, scrape
from varlink_client import MONITOR, MONITOR_INTERFACE

FRAGCTL = os.path.join(sys.argv[1], "cli/fragctl")
SWITCH = "proc/sys/kernel/task_delayacct"
FUTURE = 1 << 40  # clock ticks: started after any fragd


class Setup:
    """A machine whose processes and direct compactions the test makes up."""

    def __init__(self, m, on="1", fake=True, more=""):
        self.m = m
        m.memory(HEALED)
        m.config(policy_text(levers=()), more=more)
        if on is not None:
            m.put(SWITCH, on + "\n")
        os.makedirs(m.runtime, exist_ok=True)
        os.chmod(m.runtime, 0o755)
        self.fake = FakeTaskstats(m.socket("taskstats")) if fake else None
        self.compactions = 0

    def process(self, pid, name, start=FUTURE, **kwargs):
        fields = " ".join(["S", "1"] + ["0"] * 17 + [str(start)])
        self.m.put(f"proc/{pid}/stat", f"{pid} ({name}) {fields} 0 0\n")
        if self.fake:
            self.fake.processes[pid] = stats(**kwargs)

    def compacted(self, count=1):
        """There was a direct compaction."""
        self.compactions += count
        text = re.sub(r"^compact_stall \d+$", f"compact_stall {self.compactions}", self.m.get("proc/vmstat"), flags=re.M)
        self.m.put("proc/vmstat", text + "\n")


def get(d, **parameters):
    reply = d.call(f"{MONITOR}.GetStalls", parameters)
    MONITOR_INTERFACE.check_reply("GetStalls", reply)
    return reply["stalls"]


def settled(d, what, condition):
    """Asked until it is so: a look is at most one a second."""
    wait_until(what, lambda: condition(get(d)))
    return get(d)


def name(stalls, wanted):
    return next((n for n in stalls["names"] if n["name"] == wanted), None)


def fragctl(m, *args):
    r = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=DEADLINE, check=False)
    equal((r.returncode, r.stderr), (0, ""))
    return r.stdout


def test_figures(m):
    """what is new since the last look, by name; the processes that lost most; nobody is asked without need"""
    s = Setup(m)
    s.process(10, "postgres", start=1, compactions=100, usec=900000)
    s.process(11, "postgres", compactions=7, usec=70000)
    s.process(12, "crowd", compactions=0)
    s.process(13, "a) (b", compactions=1, usec=500)
    d = m.start("--observe").up()
    equal((get(d)["state"], s.fake.asked), ("not-asked", []))
    s.compacted()
    got = settled(d, "figures", lambda g: g["state"] == "on")
    equal((got["taskstats_version"], got["source"], got["processes"], got["asked"]), (17, "taskstats", 4, 4))
    # What the old one had lost before fragd was started, is not of our time.
    equal((name(got, "postgres")["compactions"], name(got, "postgres")["compaction_usec"]), (7, 70000))
    equal((name(got, "postgres")["watched"], name(got, "postgres")["processes"], name(got, "a) (b")["watched"]), (True, 2, False))
    equal(name(got, "crowd"), None)
    equal([(p["pid"], p["compactions"], p["compaction_usec"]) for p in got["most"]], [(10, 100, 900000), (11, 7, 70000), (13, 1, 500)])
    asked = len(s.fake.asked)
    wait_until("a second passes", lambda: time.time() * 1e6 - got["looked_realtime_usec"] > 1.1e6)
    equal(get(d)["looked_realtime_usec"], got["looked_realtime_usec"])
    equal(len(s.fake.asked), asked)
    s.fake.processes[10] = stats(150, 2700000)
    s.compacted()
    got = settled(d, "more of it", lambda g: name(g, "postgres")["compactions"] == 57)
    equal(name(got, "postgres")["compaction_usec"], 1870000)
    equal(sorted(s.fake.asked[asked:]), [10, 11, 12, 13])
    equal(s.fake.connections, 1)
    # Of another time: nothing; from the next hour on, too.
    equal([n["compactions"] for n in get(d, until_realtime_usec=1)["names"]], [0])
    contains(fragctl(m, "stalls"), "PROGRAM", "postgres          2  all               57  1.87s  32.8ms", "Since each was started:",
             " 10  postgres  yes")
    contains(fragctl(m, "explain"), "postgres lost 1.87s to direct compaction in the last hour, 57 times.")
    equal([c["cause"] for c in d.call(f"{MONITOR}.Explain")["machine"]], ["stalls"])
    equal(json.loads(fragctl(m, "stalls", "--json", "--since", "1h"))["stalls"]["state"], "on")
    equal(d.end(), 0)


def test_bounds(m):
    """at most so many as the configuration says are asked about, those that matter first, and the others get their turn"""
    s = Setup(m, more='stalls: { watch = [ "vip" ]; asked = 8; };\n')
    for pid in range(100, 120):
        s.process(pid, "crowd")
    s.process(500, "vip", compactions=1, usec=1000)
    d = m.start("--observe").up()
    looked = 0
    for n in range(4):
        s.compacted()
        before = len(s.fake.asked)
        looked = settled(d, "a look", lambda g: g.get("looked_realtime_usec", 0) > looked)["looked_realtime_usec"]
        equal(len(s.fake.asked) - before, 8)
        assert 500 in s.fake.asked[before:], s.fake.asked
    equal(set(s.fake.asked), {500, *range(100, 120)})
    contains(fragctl(m, "stalls"), "8 of 21 processes were asked about at the last look")
    # As the configuration has it after a reload.
    m.config(policy_text(levers=()), more='stalls: { asked = 0; };\n')
    d.call("io.fragd.Control.Reload", admin=True)
    s.compacted()
    asked = len(s.fake.asked)
    equal((get(d)["state"], get(d)["why"]), ("disabled", "stalls.asked is 0 in the configuration"))
    equal(len(s.fake.asked), asked)
    equal(d.end(), 0)


def test_metrics(m):
    """a series a watched name and one for all others, once the kernel has told something"""
    s = Setup(m, more='stalls: { watch = [ "postgres", "nobody" ]; };\n')
    s.process(10, "postgres", compactions=7, usec=70000)
    s.process(11, "a", compactions=2, usec=1500)
    s.process(12, "b", compactions=1, usec=500)
    port = free_port()
    d = m.start("--observe", "--metrics", f"127.0.0.1:{port}").up()
    equal([name for name in scrape(port) if name.startswith("fragd_watched")], [])
    s.compacted()
    settled(d, "figures", lambda g: g["state"] == "on")
    equal({k: float(v) for k, v in scrape(port).items() if k.startswith("fragd_watched")}, {
        'fragd_watched_direct_compactions_total{watch="postgres"}': 7, 'fragd_watched_direct_compactions_total{watch="nobody"}': 0,
        'fragd_watched_direct_compactions_total{watch="(others)"}': 3,
        'fragd_watched_direct_compaction_seconds_total{watch="postgres"}': 0.07,
        'fragd_watched_direct_compaction_seconds_total{watch="nobody"}': 0,
        'fragd_watched_direct_compaction_seconds_total{watch="(others)"}': 0.002,
        'fragd_watched_processes{watch="postgres"}': 1, 'fragd_watched_processes{watch="nobody"}': 0})
    equal(d.end(), 0)


def source(d):
    return next(s for s in d.status()["sources"] if s["source"] == "taskstats")


def test_switched_off(m):
    """without delay accounting nobody is asked, and it is said what to set; what was started before is not counted"""
    s = Setup(m, on="0")
    s.process(10, "postgres", start=5, accounted=False)
    s.process(11, "mysqld", start=6, accounted=True)
    d = m.start("--observe").up()
    equal(source(d)["available"], True)
    s.compacted()
    got = settled(d, "it is noticed", lambda g: g["state"] == "off")
    contains(got["why"], "delay accounting is off (kernel.task_delayacct is 0)")
    contains(got["next_step"], "sysctl kernel.task_delayacct=1", "restart the programs that matter")
    equal((s.fake.connections, source(d)["available"]), (0, False))
    contains(fragctl(m, "stalls"), "Not known: delay accounting is off", "Next step: sysctl kernel.task_delayacct=1")
    contains(fragctl(m, "status"), "taskstats: which processes wait in direct compaction is unknown")
    m.knob(SWITCH, 1)
    s.compacted()
    got = settled(d, "it is on", lambda g: g["state"] == "on")
    equal({n["name"]: (n["counted"], n["not_counted"]) for n in got["names"]}, {"postgres": (0, 1), "mysqld": (1, 0)})
    contains(fragctl(m, "stalls"), "postgres          1  none", "mysqld            1  all", "Next step: restart what is not counted")
    equal(d.end(), 0)


def test_started_while_it_was_on(m):
    """found on: what nothing was counted of yet may or may not be counted; on since boot: it is"""
    s = Setup(m)
    s.process(10, "postgres", start=5, accounted=False)
    s.compacted()
    d = m.start("--observe").up()
    got = settled(d, "figures", lambda g: g["state"] == "on")
    equal([(n["counted"], n["not_counted"]) for n in got["names"]], [(0, 0)])
    equal(d.end(), 0)
    m.put("proc/cmdline", "quiet delayacct\n")
    d = m.start("--observe").up()
    got = settled(d, "figures", lambda g: g["state"] == "on")
    equal([(n["counted"], n["not_counted"]) for n in got["names"]], [(1, 0)])
    equal(d.end(), 0)


def cases_of_why():
    """What stands in the way, each told in its own words."""
    def case(title, state, words, prepare, on="1"):
        def test(m):
            s = Setup(m, on=on, fake=state != "no-helper")
            s.process(10, "postgres")
            prepare(s)
            s.compacted()
            d = m.start("--observe").up()
            got = settled(d, state, lambda g: g["state"] == state)
            contains(got["why"], words)
            equal(source(d)["error"], got["why"])
            equal(d.end(), 0)
        test.__doc__ = f"no figures: {title}"
        return test

    def answers(what):
        def prepare(s):
            s.fake.processes[10] = what
        return prepare

    yield case("a kernel before 5.17", "old-kernel", "TASKSTATS version 10; Linux 5.17 and later have it, version 11",
               answers(recorded("5.10-stalled")), on=None)
    yield case("a version that nobody knows", "unknown-version", "version 15 of the kernel's TASKSTATS is not known",
               answers(b"\x0f\0" + bytes(430)))
    yield case("no capability", "refused", "does not tell what processes waited for: Operation not permitted", answers(-1))
    yield case("no fragd-taskstats", "no-helper", "fragd-taskstats cannot be reached: No such file or directory", lambda s: None)


def past(d, **parameters):
    reply = d.call(f"{MONITOR}.ExplainPast", {"since_realtime_usec": 1, "until_realtime_usec": int(time.time() * 1e6) + 10**6, **parameters})
    MONITOR_INTERFACE.check_reply("ExplainPast", reply)
    return reply["past"]


def test_was_it_compaction(m):
    """explain --since: yes where processes lost their time to it, no where memory was short; what is not recorded is said"""
    def pressure(usec):
        m.put("proc/pressure/memory", f"some avg10=0.00 avg60=0.00 avg300=0.00 total={usec}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")

    def answered(answer):
        wait_until(answer, lambda: past(d)["answer"] == answer)
        return past(d)

    s = Setup(m)
    pressure(0)
    s.process(10, "postgres")
    d = m.start("--observe").up()
    got = answered("no")
    equal((got["cause"], got["sentence"]), ("nobody-waited", "No: hardly anybody waited for memory; look for the reason elsewhere."))
    contains("\n".join(got["not_recorded"]), "Memory cgroups at their limits", "order 0")
    equal(past(d, until_realtime_usec=2)["answer"], "unknown")
    # Much of the time waited, by reclaim: the kernel counts these by zone.
    pressure(10 ** 10)
    m.put("proc/vmstat", re.sub(r"^allocstall_normal \d+$", "allocstall_normal 5000", m.get("proc/vmstat"), flags=re.M) + "\n")
    wait_until("a shortage", lambda: past(d)["cause"] == "shortage")
    contains("\n".join(past(d)["reasons"]), "No direct compaction", "5000 direct reclaims", "(100%), whatever for")
    # What postgres lost says more than how often it happened.
    s.fake.processes[10] = stats(700, 9 * 10 ** 9)
    s.compacted(700)
    settled(d, "the loss", lambda g: name(g, "postgres")["compactions"] == 700)
    wait_until("a sample of it", lambda: "700 direct compactions" in "\n".join(past(d)["reasons"]))
    got = answered("yes")
    equal(got["cause"], "direct")
    contains("\n".join(got["reasons"]), "700 direct compactions", "postgres lost 2h 30min to direct compaction in that time, 700 times.")
    contains(fragctl(m, "explain", "--since", "1h"), "Was it compaction, from ", "  Yes: tasks that needed contiguous memory", "\nReasons:\n",
             "\nNot recorded:\n", "\nNext steps:\n", "fragctl policy set balanced")
    equal(json.loads(fragctl(m, "explain", "--since", "1h", "--json"))["past"]["answer"], "yes")
    r = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, "explain", "--since", "1h", "--node", "0"], stderr=subprocess.PIPE, text=True,
                       timeout=DEADLINE, check=False)
    equal((r.returncode, r.stderr.count("\n")), (2, 1))
    equal(d.end(), 0)


def test_helper_ends(m):
    """fragd-taskstats ends in the middle of a look: told, and the next look finds the next one"""
    s = Setup(m)
    s.process(10, "postgres", compactions=3, usec=3000)
    s.fake.hangs_up = True
    s.compacted()
    d = m.start("--observe").up()
    got = settled(d, "it is gone", lambda g: g["state"] == "no-helper")
    contains(got["why"], "Connection reset by peer")
    s.compacted()
    got = settled(d, "there is another", lambda g: g["state"] == "on")
    equal((name(got, "postgres")["compactions"], s.fake.connections), (3, 2))
    equal(d.end(), 0)


if __name__ == "__main__":
    run(globals())
