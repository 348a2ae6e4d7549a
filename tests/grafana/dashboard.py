# SPDX-License-Identifier: LGPL-2.1-or-later
"""The dashboard as data: its queries, with the variables filled in as Grafana does."""

import collections
import json
import os
import re

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DASHBOARD = "contrib/grafana/fragd.json"
RULES = "contrib/prometheus/fragd.rules.yml"

# where: what a reader finds it by; instant: asked for one point of time, not for a span.
Query = collections.namedtuple("Query", "where expr instant")


def text(path=DASHBOARD):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


def load():
    return json.loads(text())


def panel_queries(dashboard):
    return [Query(f"panel {panel['id']} \"{panel['title']}\" {target['refId']}", target["expr"], target["instant"])
            for panel in dashboard["panels"] for target in panel.get("targets", [])]


def annotation_queries(dashboard):
    """Grafana asks for these over the span that is shown, too."""
    return [Query(f"annotation \"{a['name']}\"", a["expr"], False) for a in dashboard["annotations"]["list"] if "expr" in a]


def variable_queries(dashboard):
    """(name, label, selector) of the variables that Prometheus is asked for."""
    found = []
    for v in dashboard["templating"]["list"]:
        if v["type"] == "query":
            selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", v["query"]["query"]).groups()
            found.append((v["name"], label, selector))
    return found


def filled(expr, **values):
    """An expression with its variables replaced: filled("...", instance="a:1", __interval="15s")."""
    def value(match):
        name = match[1] or match[2]
        assert name in values, f"{expr}: there is no variable {name}"
        return values[name]
    return re.sub(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", value, expr)
