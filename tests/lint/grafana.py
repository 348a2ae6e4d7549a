#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The dashboard for Grafana, without Grafana: its structure, whether its queries ask for what there is, and whether PromQL takes them.
What they return is for tests/grafana. Prints TAP."""

import copy
import json
import os
import re
import sys
import tempfile

import lint
import promql

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "grafana"))
import dashboard as d  # noqa: E402

COLUMNS = 24
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Grafana's own, with a value as it would have.
BUILT_IN = {"__interval": "1m", "__rate_interval": "5m"}
OTHERS = {"__value.text", "__url_time_range", "__all"}
ROWS = ("Fleet", "One host")


def queries(board):
    return d.panel_queries(board) + d.annotation_queries(board)


def frame(board):
    """What Grafana goes by when it imports a dashboard."""
    found = [f"no {key}" for key in ("uid", "title", "schemaVersion", "panels", "templating", "annotations", "time") if not board.get(key)]
    found += ["an id: it belongs to one Grafana"] if board.get("id") is not None else []
    rows = [p["title"] for p in board["panels"] if p["type"] == "row"]
    found += [f"no row \"{row}\"" for row in ROWS if not any(title.startswith(row) for title in rows)]
    heatmap = [p for p in board["panels"] if "node × order" in p["title"]]
    return found + ([] if heatmap else ["no panel node × order"])


def panels(board):
    found, ids = [], [p["id"] for p in board["panels"]]
    found += [f"panel {i}: its id is not its own" for i in sorted(set(ids)) if ids.count(i) > 1]
    for panel in board["panels"]:
        where = f"panel {panel['id']} \"{panel['title']}\""
        if panel["type"] == "row":
            continue
        found += [f"{where}: no {key}" for key in ("title", "description", "targets", "fieldConfig", "options") if not panel.get(key)]
        refs = [t["refId"] for t in panel["targets"]]
        found += [f"{where}: its queries share a name"] if len(set(refs)) < len(refs) else []
        found += [f"{where}: a data source of one Grafana" for x in [panel, *panel["targets"]] if x.get("datasource") != SOURCE]
    return found


def grid(board):
    found, taken = [], {}
    for panel in board["panels"]:
        at = panel["gridPos"]
        if at["x"] + at["w"] > COLUMNS:
            found.append(f"panel {panel['id']} is wider than the grid")
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        found += [f"panels {panel['id']} and {other} overlap" for other in sorted({taken[c] for c in cells & taken.keys()})]
        taken.update(dict.fromkeys(cells, panel["id"]))
    return found


def variables(board):
    """Of the text as a whole: titles and links have them, too."""
    known = {v["name"] for v in board["templating"]["list"]} | set(BUILT_IN) | OTHERS
    used = {a or b for a, b in re.findall(r"\$(?:\{([A-Za-z_][\w.]*)\}|([A-Za-z_]\w*))", json.dumps(board))}
    return [f"there is no variable {name}" for name in sorted(used - known)] + \
           [f"the variable {name} is not used" for name in sorted(known - set(BUILT_IN) - OTHERS - used)]


def filled(query):
    return d.filled(query.expr, **BUILT_IN, job="fragd", instance="host:1", node=".+")


def unknown(board):
    known = promql.names_of_code() | {"ALERTS"}
    selectors = [(f"variable {name}", selector) for name, _, selector in d.variable_queries(board)]
    return [f"{where}: there is no {name}" for where, expr in selectors + [(q.where, filled(q)) for q in queries(board)]
            for name in sorted(promql.names(re.sub(r'"[^"]*"|\boffset \w+', "", expr)) - known)]


def since_boot(board):
    return [f"{q.where}: {found}" for q in queries(board) for found in promql.unbounded(filled(q)) if " offset " not in q.expr]


def hosts(board):
    """Each query says of which job it is; those of the row of one host, of which host."""
    found, host = [], False
    for panel in board["panels"]:
        host = panel["title"].startswith("One host") if panel["type"] == "row" else host
        for target in panel.get("targets", []):
            selectors = re.findall(r"\{([^}]*)\}", target["expr"])
            if not selectors or not all('job="$job"' in s and ('instance="$instance"' in s) == host for s in selectors):
                found.append(f"panel {panel['id']} \"{panel['title']}\" {target['refId']}: {target['expr']}")
    return found


def language(board):
    rules = [{"record": f"a:q{n}:x", "expr": filled(q)} for n, q in enumerate(queries(board))]
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as f:
        json.dump({"groups": [{"name": "g", "rules": rules}]}, f)
        f.flush()
        return lint.run("promtool", "check", "rules", f.name)


def changed(board, change):
    other = copy.deepcopy(board)
    change(other)
    return other


def blind(board):
    """The checks that do not find what they are for."""
    def at(number):
        return lambda b: next(p for p in b["panels"] if p["id"] == number)

    def put(where, key, value):
        return changed(board, lambda b: where(b).update({key: value}))

    plain = next(p for p in board["panels"] if p["type"] != "row")["id"]
    target = lambda b: at(plain)(b)["targets"][0]  # noqa: E731
    for what, found in (
            ("an id", frame(put(lambda b: b, "id", 3))), ("a row that is missing", frame(put(lambda b: b["panels"][0], "title", "Other"))),
            ("a panel without a description", panels(put(at(plain), "description", ""))), ("two panels with one id", panels(put(at(plain), "id", 1))),
            ("a data source", panels(put(at(plain), "datasource", {"type": "prometheus", "uid": "abc"}))),
            ("panels that overlap", grid(put(at(plain), "gridPos", {"x": 0, "y": 0, "w": 24, "h": 9}))),
            ("an unknown variable", variables(put(at(plain), "title", "$other"))),
            ("an unknown metric", unknown(put(target, "expr", "fragd_act"))), ("a counter", since_boot(put(target, "expr", "fragd_scrapes_total"))),
            ("all jobs", hosts(put(target, "expr", "sum(fragd_acts{})")))):
        if not found:
            yield f"not found: {what}"


def cases():
    board = d.load()
    yield "faults are found", list(blind(board))
    yield "it can be imported by any Grafana, and has its rows", frame(board)
    yield "panels have what they need", panels(board)
    yield "panels do not overlap", grid(board)
    yield "variables are known and used", variables(board)
    yield "the queries ask for metrics that there are", unknown(board)
    yield "no query counts since boot", since_boot(board)
    yield "each query is of the job, and of the host, that was chosen", hosts(board)
    yield "promtool takes the queries", lint.missing("promtool") or language(board)


lint.report(cases())
