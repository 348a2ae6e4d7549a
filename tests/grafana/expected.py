# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Prometheus must have, computed from `fragctl --json status` and `log` alone: shares no code with fragd's metrics.

A series is (name, its labels but job and instance, as a sorted tuple). Values that go on between two looks (time that was met, a
budget) are given for both, and must lie in between; all others must be equal."""

NAME = "__name__"
OURS = ("job", "instance")
VERDICTS = ("unknown", "met", "fragmented", "short", "pinned", "futile")
# decimal digits that a metric keeps of what JSON has in whole numbers
USEC, PERMYRIAD, PERMILLE, PERCENT = 1e6, 1e4, 1e3, 1e2
GUARD_UNITS = {"psi-memory": PERMYRIAD, "psi-cpu": PERMYRIAD, "budget-time": USEC, "budget-runs": 1}


def series(name, labels):
    return name, tuple(sorted((k, str(v)) for k, v in labels.items()))


def of_prometheus(found):
    """{series: value} of the result of a query."""
    return {series(m[NAME], {k: v for k, v in m.items() if k != NAME and k not in OURS}): value for m, value in found}


def of_zones(node):
    for zone in node["zones"]:
        for order in zone["orders"]:
            labels = {"node": node["node"], "zone": zone["zone"], "size": order["order"]}
            for name, key, unit in (("fragd_free_blocks", "free", 1), ("fragd_allocatable_blocks", "allocatable", 1),
                                    ("fragd_unusable_free_ratio", "unusable_permille", PERMILLE),
                                    ("fragd_fragmentation_index", "extfrag_permille", PERMILLE)):
                yield series(name, labels), order[key] / unit


def of_objectives(node):
    for o in node["objectives"]:
        if not o["applies"]:
            continue
        labels = {"node": node["node"], "objective": o["objective"], "size": o["order"], "for": o["use"]}
        for key in ("reserve", "refill", "current", "ceiling"):
            yield series(f"fragd_objective_{key}_bytes", labels), o[f"{key}_bytes"]
        for key in ("met", "observed"):
            yield series(f"fragd_objective_{key}_seconds_total", labels), o[f"{key}_usec"] / USEC
        for verdict in VERDICTS:
            yield series("fragd_verdict", {**labels, "fragd_verdict": verdict}), float(o["verdict"] == verdict)


def of_node(node):
    labels = {"node": node["node"]}
    for name, key, unit in (("fragd_node_free_bytes", "free_bytes", 1), ("fragd_node_managed_bytes", "managed_bytes", 1),
                            ("fragd_node_score_ratio", "score", PERCENT), ("fragd_acting", "acting", 1),
                            ("fragd_node_unmovable_pageblocks_ratio", "unmovable_permyriad", PERMYRIAD),
                            ("fragd_attempts_without_gain", "attempts", 1), ("fragd_backoff_seconds", "backoff_left_usec", USEC)):
        if node.get(key) is not None:
            yield series(name, labels), node[key] / unit
    for guard in node["guards"]:
        yield series("fragd_guard_held", {**labels, "guard": guard["guard"]}), float(guard["held"])
    yield from of_zones(node)
    yield from of_objectives(node)


def of_budget(status):
    budget = status["budget"]
    yield series("fragd_budget_left_seconds", {}), (budget["limit_usec"] - budget["spent_usec"]) / USEC
    yield series("fragd_budget_limit_seconds", {}), budget["limit_usec"] / USEC
    yield series("fragd_budget_runs_left", {}), budget["runs_limit"] - budget["runs"]
    yield series("fragd_budget_runs_limit", {}), budget["runs_limit"]
    yield series("fragd_budget_span_seconds", {}), budget["per_usec"] / USEC
    for guard in status["nodes"][0]["guards"]:
        if guard["guard"] in GUARD_UNITS:
            yield series("fragd_guard_limit", {"guard": guard["guard"]}), guard["limit"] / GUARD_UNITS[guard["guard"]]


def of_knobs(status):
    for knob in status["knobs"]:
        labels = {"knob": knob["knob"]}
        if knob["available"] and knob["managed"]:
            yield series("fragd_knob_value", labels), knob["value"]
        if knob["managed"] and knob.get("baseline") is not None:
            yield series("fragd_knob_baseline", labels), knob["baseline"]


def of_status(status):
    yield series("fragd_build_info", {"version": status["version"]}), 1
    yield series("fragd_policy_info", {"policy": status["policy"]}), 1
    yield series("fragd_acts", {}), float(status["acts"])
    yield series("fragd_paused", {}), float(status["paused"])
    for source in status["sources"]:
        yield series("fragd_source_available", {"source": source["source"]}), float(source["available"])
    yield from of_budget(status)
    yield from of_knobs(status)
    for node in status["nodes"]:
        yield from of_node(node)


def of_log(entries):
    """What adds up, of a log that goes back to the start."""
    sums = {}
    for decision in (e["decision"] for e in entries):
        names = [(series("fragd_decisions_total", {"reason": decision["reason"]}), 1)]
        if decision["reason"] in ("gained", "no-gain"):
            labels = {"node": decision["node"], "lever": decision["lever"]}
            names += [(series("fragd_actions_total", {**labels, "result": decision["reason"]}), 1),
                      (series("fragd_gained_bytes_total", labels), max(0, decision.get("gain_bytes", 0))),
                      (series("fragd_compaction_cpu_seconds_total", labels), decision["cost_usec"] / USEC),
                      (series("fragd_action_seconds_total", labels), decision["took_usec"] / USEC)]
        for key, more in names:
            sums[key] = sums.get(key, 0) + more
    return sums


def expected(status, log):
    return {**dict(of_status(status)), **of_log(log["entries"])}


def near(a, b):
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def differences(before, found, after, optional=()):
    """(lines that say what is not as it must be, how many series were compared). before and after: expected(), of a look before
    the scrape and of one after it. optional: names of which Prometheus has only some series."""
    said, compared = [], 0
    for key in sorted(before.keys() & after.keys()):
        low, high = sorted((before[key], after[key]))
        name = f"{key[0]}{dict(key[1])}"
        if key not in found:
            if key[0] not in optional:
                said.append(f"{name}: Prometheus does not have it")
            continue
        compared += 1
        if not (low <= found[key] <= high or near(found[key], low) or near(found[key], high)):
            said.append(f"{name}: {found[key]} in Prometheus, fragctl says {low}" + (f" to {high}" if high != low else ""))
    return said, compared


# Only of the orders that something depends on.
OPTIONAL = ("fragd_unusable_free_ratio", "fragd_fragmentation_index")
