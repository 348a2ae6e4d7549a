# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the report of k-prometheus must show, and what its guest is given: a Prometheus, its configuration, and the questions to ask it."""
import os
import re
import sys
import urllib.parse

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "grafana"))
import dashboard  # noqa: E402
import expected  # noqa: E402
import server  # noqa: E402

PROGRAMS = {"/usr/bin/prometheus": "/bin/prometheus"}
RULES = "/etc/fragd.rules.yml"
HOST = "127.0.0.1:10816"
# What Grafana would fill in with a scrape each 5 s.
VALUES = {"job": "fragd", "instance": HOST, "node": ".+", "__interval": "15s", "__rate_interval": "20s"}
STEP = "15s"
# Nothing is done in vain here, and there is no journal, and so these have no data; tests/grafana has them.
WITHOUT = ("fragd_pagetypeinfo_read_duration_seconds", "fragd_node_unmovable_pageblocks_ratio", "no-gain|action-failed",
           "fragd_kernel_")


def queries():
    board = dashboard.load()
    return {f"query-{n}": q for n, q in enumerate(dashboard.panel_queries(board) + dashboard.annotation_queries(board))}


def question(name, query):
    """A line of /etc/queries: name, path, body. The guest puts in the times."""
    body = urllib.parse.urlencode({"query": dashboard.filled(query.expr, **VALUES)})
    return f"{name}|query|{body}" if query.instant else f"{name}|query_range|{body}&start=@START@&end=@END@&step={STEP}"


def files():
    return {"/etc/prometheus.yml": server.configuration([HOST], RULES, "5s"),
            RULES: server.in_a_hurry(dashboard.text(dashboard.RULES), "5s"),
            "/etc/queries": "".join(question(name, q) + "\n" for name, q in queries().items())}


def told(report, name):
    return expected.expected(report[name]["status"], report[f"{name}-log"])


def same(check, report, when):
    """Prometheus between two looks by fragctl."""
    before, after = told(report, f"{when}-before"), told(report, f"{when}-after")
    rows = [(r["metric"], float(r["value"][1])) for r in report[f"{when}-found"]["data"]["result"]]
    found = {key: value for key, value in expected.of_prometheus(rows).items() if key[0].startswith("fragd_")}
    said, compared = expected.differences(before, found, after, expected.OPTIONAL)
    fixed = sum(before[key] == after.get(key) for key in before)
    check(not said, f"{when}: what Prometheus has is what fragctl says at the same instant", said)
    check(compared > 100 and fixed > 0.9 * len(before), f"{when}: all of it was compared, and hardly anything moved meanwhile",
          [compared, fixed, len(before)])


def verdicts(report, name):
    return {o["verdict"] for n in report[name]["status"]["nodes"] for o in n["objectives"] if o["applies"]}


def k_prometheus(check, report):
    check("fragmented" in verdicts(report, "fragmented-before"), "memory was fragmented", verdicts(report, "fragmented-before"))
    check(verdicts(report, "met-before") == {"met"}, "and repaired", verdicts(report, "met-before"))
    gained = [e["decision"] for e in report["met-before-log"]["entries"] if e["decision"]["reason"] == "gained"]
    check(gained and any(k[0] == "fragd_gained_bytes_total" and v > 0 for k, v in told(report, "met-before").items()), "by fragd", gained)
    same(check, report, "fragmented")
    same(check, report, "met")
    empty = [[query.where, query.expr] for name, query in queries().items()
             if not report[name]["data"]["result"] and not any(word in query.expr for word in WITHOUT)]
    check(not empty, f"each of {len(queries())} queries of the dashboard returned data", empty)
    lasted = [float(v[0]) for name, query in queries().items() if query.expr.startswith("fragd_node_free_bytes")
              for v in report[name]["data"]["result"][0]["values"]]
    check(max(lasted) - min(lasted) >= 150, "over some minutes", lasted)
    rules = [r for g in report["rules"]["data"]["groups"] for r in g["rules"]]
    names = set(re.findall(r"^      - (?:alert|record): (\S+)", dashboard.text(dashboard.RULES), re.M))
    wrong = [[r["name"], r["health"], r.get("lastError")] for r in rules if r["health"] != "ok" or r.get("lastError")]
    check(names == {r["name"] for r in rules} and not wrong, f"each of {len(names)} rules was evaluated without an error", wrong)
    alarmed = {r["name"] for r in rules if r["type"] == "alerting" and r["state"] != "inactive"}
    check(alarmed == {"FragdConfigRefused", "FragdAttainmentLow"}, "and alerts are for what was missed, and for the broken configuration",
          sorted(alarmed))
    check(not report.all("prometheus"), "Prometheus has no complaint", report.all("prometheus"))
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))
