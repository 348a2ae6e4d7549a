# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lint programs of the rules and of the dashboard share: the rules as text, and what stands in an expression."""

import re

import lint

RULES = "contrib/prometheus/fragd.rules.yml"
TYPES = {"COUNTER": ["_total"], "INFO": ["_info"], "HISTOGRAM": ["_bucket", "_sum", "_count"]}


def rules(text):
    """alert or record -> its text"""
    parts = re.split(r"^      - (?=alert|record)", text, flags=re.M)[1:]
    return {re.match(r"(?:alert|record): (\S+)", part)[1]: part for part in parts}


def expression(part):
    found = re.search(r"^        expr: (?:\|\n((?:          .*\n)+)|(.*)\n)", part, re.M)
    return found[1] or found[2]


def names_of_code():
    text = lint.text("lib/metrics/family.c")
    found = {"up", *rules(lint.text(RULES))}
    for name, kind in re.findall(r'\] = \{ "(\w+)", METRIC_(\w+)', text):
        found |= {name + ending for ending in TYPES.get(kind, [""])}
    return found


def names(text):
    """Metrics of an expression: what stands where neither a function nor a label does."""
    text = re.sub(r"\{[^}]*\}|\b(by|on|without|ignoring|group_left)\s*\([^)]*\)|\[[^]]*\]", " ", text)
    return {word for word in re.findall(r"[a-zA-Z_:][\w:]*(?!\w|\s*\()", text)} - {"and", "or", "unless", "by", "on"}


def unbounded(expr):
    """Counters that are not looked at over a time."""
    return [f"{found[0]}: a counter says nothing by itself"
            for found in re.finditer(r"\b\w+_total\b(?:\{[^}]*\})?(?!\[|\w|\{)", expr)]
