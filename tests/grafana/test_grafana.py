#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The dashboard and the rules, asked of a real Prometheus that has scraped a real fragd: test_grafana.py BUILD_DIR, as root. Prints TAP.

A fake machine fragments and heals, somebody pauses fragd, changes the policy and breaks the configuration. After that each query
of the dashboard has to return data, each rule has to have been evaluated, and what Prometheus has is what fragctl says."""

import json
import os
import select
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTS, "daemon"), os.path.join(TESTS, "lint")]
import dashboard  # noqa: E402
import expected  # noqa: E402
import lint  # noqa: E402
import promql  # noqa: E402
import server  # noqa: E402
from fake_journal import Journal, fixture  # noqa: E402
from fragd_harness import BUILD, DEADLINE, FRAGMENTED, HEALED, Machine, policy_text  # noqa: E402
from metrics_client import free_port  # noqa: E402

FRAGCTL = os.path.join(BUILD, "cli", "fragctl")
PRESSURE = "some avg10=0.00 avg60=0.00 avg300=0.00 total={0}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total={0}\n"
KCOMPACTD_STAT = "34 (kcompactd0) S 2 0 0 0 -1 2129984 0 0 0 0 0 {0} 0 0 20 0 1 0 20 0 0" + 30 * " 0" + "\n"
# What Grafana would fill in with a scrape each second, and a host and all its nodes chosen.
VALUES = {"job": "fragd", "node": ".+", "__interval": "2s", "__rate_interval": "10s"}
SCRAPES = 12


def wait_until(what, condition):
    """Asks ten times a second: each question costs Prometheus something."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited {DEADLINE} s for: {what}"
        select.select([], [], [], 0.1)


def fragctl(m, *words):
    p = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=DEADLINE, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
    assert p.returncode == 0, f"fragctl {' '.join(words)}: {p.stdout}"
    return p.stdout


def told(m):
    return expected.expected(json.loads(fragctl(m, "--json", "status"))["status"],
                             json.loads(fragctl(m, "--json", "log")))


class Story:
    """A machine with a fragd on it and a Prometheus that scrapes it."""

    def __init__(self):
        self.m, self.d, self.prometheus = Machine(), None, None
        self.host, self.began = f"127.0.0.1:{free_port()}", time.time()
        self.vmstat = self.m.get("proc/vmstat")
        self.journal = Journal(self.m)

    def start(self):
        self.load(0)
        self.m.config(policy_text(), policy_text("calm", reserve="10M"))
        self.d = self.m.start("--metrics", self.host).up()
        self.prometheus = server.Prometheus(self.m.top, free_port(), [self.host], dashboard.text(dashboard.RULES))
        wait_until("Prometheus answers", self.prometheus.ready)

    def load(self, n):
        """What programs do: they fault in huge pages, compact, wait. A word of it in each file."""
        changed = "\n".join(f"{name} {n * factor}" if factor else line for line in self.vmstat.splitlines()
                            for name in [line.split()[0]]
                            for factor in [{"thp_fault_alloc": 3, "thp_fault_fallback": 1, "compact_stall": 2}.get(name)])
        self.m.put("proc/vmstat", changed + "\n")
        for resource in ("memory", "cpu"):
            self.m.put(f"proc/pressure/{resource}", PRESSURE.format(1000 * n))
        self.m.put("proc/34/comm", "kcompactd0\n")
        self.m.put("proc/34/stat", KCOMPACTD_STAT.format(n))
        self.m.put("proc/34/schedstat", f"{n} 0 {n}\n")

    def until(self, what, expr):
        wait_until(f"in Prometheus: {what}", lambda: self.prometheus.number(expr))

    def happens(self):
        self.until("two scrapes", "fragd_scrapes_total > 1")
        self.d.compacting()
        self.until("it acts", "fragd_acting > 0")
        self.journal.say(fixture("page-order4-veth"))
        self.load(1000)
        self.m.memory(HEALED)
        self.until("it has gained", 'fragd_actions_total{result="gained"} > 0')
        self.m.memory(FRAGMENTED)
        self.d.compacting()
        with open(self.m.path("sys/devices/system/node/node0/compact"), encoding="ascii") as f:
            f.read()  # now it has come to its end
        self.until("it was in vain", 'fragd_decisions_total{reason="no-gain"} > 0')
        self.until("it asks why", "fragd_pagetypeinfo_read_duration_seconds >= 0")
        self.until("what the kernel said", "fragd_kernel_messages_total > 0")
        fragctl(self.m, "pause", "1h")
        self.m.memory(HEALED)
        fragctl(self.m, "resume")
        fragctl(self.m, "policy", "set", "calm")
        self.load(3000)
        self.until("the policy", 'fragd_policy_info{policy="calm"} > 0')
        self.m.config(policy_text(), policy="no-such-policy")
        self.d.send_signal(signal.SIGHUP)
        self.until("an alert", 'ALERTS{alertname="FragdConfigRefused"}')
        self.until("several scrapes", f"fragd_scrapes_total > {SCRAPES}")
        self.until("what it cost", "policy:fragd_compaction_cpu_seconds_per_gib:ratio_increase1d >= 0")

    def filled(self, expr):
        return dashboard.filled(expr, instance=self.host, **VALUES)

    def rows(self, query):
        expr = self.filled(query.expr)
        try:
            if query.instant:
                return self.prometheus.query(expr)
            return self.prometheus.span(expr, self.began, time.time(), "1s")
        except server.Error as e:
            return f"{query.where}: {expr}: {e}"

    def empty(self, queries):
        found = []
        for query in queries:
            rows = self.rows(query)
            if isinstance(rows, str):
                found.append(rows)
            elif not rows:
                found.append(f"{query.where}: no data: {self.filled(query.expr)}")
        return found

    def scraped(self):
        """The time of the last scrape, which all its samples bear."""
        return self.prometheus.number("timestamp(fragd_acts)")

    def same(self):
        """A look by fragctl before a scrape and one after it: what differs from them in that scrape."""
        before, now = told(self.m), time.time()
        wait_until("a scrape after that", lambda: self.scraped() > now)
        at = self.scraped()
        after = told(self.m)
        found = expected.of_prometheus(self.prometheus.query('{job="fragd",__name__=~"fragd_.+"}', at))
        said, compared = expected.differences(before, found, after, expected.OPTIONAL)
        needed = 0.9 * len([key for key in before if key[0] not in expected.OPTIONAL])
        if compared < needed:
            said.append(f"only {compared} series were compared, expected {needed}")
        wrong = {key: value + 1 for key, value in found.items()}
        if len(expected.differences(before, wrong, after)[0]) < needed:
            said.append("series that are wrong are not found out")
        return said

    def done(self):
        if self.prometheus:
            self.prometheus.end()
        self.m.done()


def variables(story, loaded):
    found, wanted = [], {"job": "fragd", "instance": story.host, "node": "0"}
    for name, label, selector in dashboard.variable_queries(loaded):
        values = story.prometheus.get(f"label/{label}/values", **{"match[]": story.filled(selector)})
        if values != [wanted.pop(name)]:
            found.append(f"variable {name}: {values}")
    return found + [f"there is no variable {name}" for name in wanted]


def evaluated(story):
    """Every rule of the file, its recorded series, and its expression by itself."""
    found, seen = [], set()
    for group in story.prometheus.get("rules")["groups"]:
        for rule in group["rules"]:
            seen.add(rule["name"])
            if rule["health"] != "ok" or rule.get("lastError"):
                found.append(f"{rule['name']}: {rule['health']}: {rule.get('lastError')}")
            if rule["type"] == "recording" and not story.prometheus.query(rule["name"]):
                found.append(f"{rule['name']}: nothing was recorded")
    for name, part in promql.rules(dashboard.text(dashboard.RULES)).items():
        if name not in seen:
            found.append(f"{name}: Prometheus does not have this rule")
        try:
            story.prometheus.query(promql.expression(part))
        except server.Error as e:
            found.append(f"{name}: {e}")
    return found


def recorded(story):
    """Some of what is recorded, by hand."""
    m = story.m
    status = json.loads(fragctl(m, "--json", "status"))["status"]
    have = {labels["fragd_verdict"]: value for labels, value in story.prometheus.query("verdict:fragd_hosts:count")}
    verdict = status["nodes"][0]["objectives"][0]["verdict"]
    found = [] if have == {v: float(v == verdict) for v in expected.VERDICTS} else [f"verdicts: {have}, fragctl says {verdict}"]
    for rule, labels in (("policy:fragd_hosts:count", {"policy": status["policy"]}), ("version:fragd_hosts:count", {"version": status["version"]})):
        rows = [({k: v for k, v in got.items() if k != expected.NAME}, value) for got, value in story.prometheus.query(rule)]
        if rows != [({"job": "fragd", **labels}, 1.0)]:
            found.append(f"{rule}: {rows}")
    share = story.prometheus.number("instance:fragd_attainment:ratio_rate1h")
    if not 0 < share < 1:
        found.append(f"attainment {share}, though the objective was met for a part of the time")
    return found


def cases():
    if found := lint.missing("prometheus"):
        yield "prometheus", found
        return
    story, loaded = Story(), dashboard.load()
    try:
        story.start()
        story.happens()
        yield "each variable has values", variables(story, loaded)
        yield "each query of the panels returns data", story.empty(dashboard.panel_queries(loaded))
        yield "each query of the annotations returns data", story.empty(dashboard.annotation_queries(loaded))
        yield "a query without data is found out", [] if story.empty([dashboard.Query("x", "fragd_no_such_metric", True)]) else ["not found"]
        yield "a query with a fault is found out", [] if story.empty([dashboard.Query("x", "sum by (", False)]) else ["not found"]
        yield "each rule is evaluated, and what it records is there", evaluated(story)
        yield "what is recorded is right", recorded(story)
        yield "what Prometheus has is what fragctl says at the same instant", story.same()
        yield "Prometheus has no complaint", [line for line in story.prometheus.said().splitlines()
                                              if "level=warn" in line or "level=error" in line]
    finally:
        story.done()


if os.getuid() != 0:
    lint.report([("the dashboard and the rules", lint.Skip("fragd acts as root only"))])
lint.report(cases())
