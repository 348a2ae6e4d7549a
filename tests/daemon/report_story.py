# SPDX-License-Identifier: LGPL-2.1-or-later
"""A made-up past of a made-up machine, as fragd would tell it: what the reports in the tests and the pictures in docs/ show. The
same each time."""

import math
import random

from fake_server import CONTROL, GIB, MIB, MONITOR, SEC, decision, explanation, fill, guard, knob, log_entry, node, objective, order, source, status, zone  # noqa: F401

NOW = 1795356000 * SEC
HOUR = 3600 * SEC
ORDERS = 11
RESERVE = {9: 1536 * MIB, 4: 32 * MIB}
REFILL = {9: 2304 * MIB, 4: 48 * MIB}
FREE = 9 * GIB


def level(mean, spread):
    return {"min": max(int(mean - spread), 0), "mean": int(mean), "max": int(mean + spread)}


class Node:
    """Its large blocks wear away, faster at work than at night; an action brings some back."""

    def __init__(self, number, seed, wear, pinned=False):
        self.number, self.wear, self.pinned = number, wear, pinned
        self.random = random.Random(seed)
        self.huge = 3.1 * GIB
        self.log = []
        self.attempts = 0

    def sentence(self, gain, cost):
        if gain:
            return (f"Compacting node {self.number} brought {gain // MIB} MiB in blocks of 2 MiB for {cost / SEC:.2g}s of CPU time; "
                    f"{self.huge / GIB:.1f} GiB is there now.")
        return f"Compacting node {self.number} brought nothing for {cost / SEC:.2g}s of CPU time: it is left alone for a while."

    def act(self, at, number):
        size = {"node": self.number, "action": number, "reserve_bytes": RESERVE[9], "refill_bytes": REFILL[9]}
        have = int(self.huge)
        text = f"Node {self.number} has only {have / GIB:.1f} GiB of the 1.5 GiB wanted in blocks of 2 MiB although 8.6 GiB is free"
        self.log.append(log_entry(at, text + " (fragmented): compacting it.", decision=decision(
            reason="missed", act="compact", gain_bytes=None, cost_usec=None, current_bytes=have, **size)))
        lucky = self.random.random() < (0.25 if self.pinned else 0.93)
        gain = int(self.random.uniform(0.55, 1.25) * GIB) if lucky else 0
        cost = int(self.random.uniform(0.7, 2.6) * SEC)
        self.huge += gain
        self.log.append(log_entry(at + 40 * SEC, self.sentence(gain, cost), decision=decision(
            reason="gained" if gain else "no-gain", gain_bytes=gain, cost_usec=cost, current_bytes=int(self.huge),
            lever="compact" if number % 3 else "window", **size)))

    def step(self, at, span, number):
        hour = at / HOUR % 24
        busy = 0.25 + max(0.0, math.sin((hour - 6) / 24 * 2 * math.pi)) + (0.9 if 13 < hour < 14.5 else 0)
        self.huge = max(self.huge * (1 - self.wear * busy * span / HOUR) - self.random.random() * 20 * MIB, 60 * MIB)
        met = self.huge >= RESERVE[9]
        share = 10000 if met else self.random.randint(0, 6500)
        if not met and (not self.pinned or number % 9 == 0):
            self.act(at + span // 2, number)
        use = min(1.0, self.huge / FREE)
        orders = []
        for o in range(ORDERS):
            unusable = int(1000 * (1 - use) * max(0.0, (o - 1) / 9) ** 1.7) if o > 1 else 0
            orders.append({"order": o, "size_bytes": 4096 << o, "free": level(2000 >> o, 3), "allocatable": level(1900 >> o, 3),
                           "unusable_permille": min(unusable + self.random.randint(0, 25) * (o > 1), 1000)})
        kernel = (70 + 30 * use + self.random.random() * 8) * MIB
        return {"node": self.number, "free_bytes": level(FREE, 200 * MIB), "score": level(30, 4), "kcompactd_usec": 1000,
                "objectives": [
                    {"objective": 0, "order": 9, "size_bytes": 2 * MIB, "use": "user", "reserve_bytes": RESERVE[9],
                     "verdict": "met" if met else "fragmented", "met_permyriad": share,
                     "current_bytes": level(self.huge, self.huge * 0.07 + 20 * MIB)},
                    {"objective": 1, "order": 4, "size_bytes": 65536, "use": "kernel", "reserve_bytes": RESERVE[4], "verdict": "met",
                     "met_permyriad": 10000, "current_bytes": level(kernel, 9 * MIB)}],
                "orders": orders}

    def now(self):
        huge = int(self.huge)
        missed = huge < RESERVE[9]
        mine = {"current_bytes": huge, "reserve_bytes": RESERVE[9], "refill_bytes": REFILL[9], "ceiling_bytes": 7 * GIB,
                "verdict": ("pinned" if self.pinned else "fragmented") if missed else "met", "since_usec": 47 * 60 * SEC,
                "met_usec": 93 * HOUR, "observed_usec": 94 * HOUR}
        if self.pinned and missed:
            mine.update(ceiling_bytes=900 * MIB, met_usec=61 * HOUR)
        small = {"objective": 1, "order": 4, "size_bytes": 65536, "use": "kernel", "verdict": "met", "current_bytes": 94 * MIB,
                 "reserve_bytes": RESERVE[4], "refill_bytes": REFILL[4], "ceiling_bytes": 8 * GIB, "since_usec": 94 * HOUR,
                 "met_usec": 94 * HOUR, "observed_usec": 94 * HOUR}
        orders = [order(o, free=int(FREE / 4 / (4096 << o)) if o < 4 else 400 >> (o - 4),
                        allocatable=int(FREE / 4 / (4096 << o)) if o < 4 else 390 >> (o - 4)) for o in range(ORDERS)]
        return node(self.number, objectives=[objective(**mine), objective(**small)], free_bytes=FREE, managed_bytes=62 * GIB,
                    unmovable_permyriad=2150 if self.pinned else 340, score=61 if missed else 27,
                    zones=[zone(free_bytes=FREE, orders=orders)]), mine, small

    def explain(self):
        _, mine, small = self.now()
        huge = f"{mine['current_bytes'] / GIB:.1f} GiB"
        if mine["verdict"] == "met":
            said = f"Node {self.number} has {huge} of the 1.5 GiB wanted in blocks of 2 MiB: nothing to do."
        else:
            said = (f"Node {self.number} has only {huge} of the 1.5 GiB wanted in blocks of 2 MiB although 8.6 GiB is free "
                    f"({mine['verdict']}): unmovable memory lies in 21.5 % of its pageblocks; the next attempt is in 26min.")
        step = "" if mine["verdict"] == "met" else (
            "Reboot or drain the host at the next opportunity: nothing helps while what holds the memory runs.")
        return [explanation(node=self.number, sentence=said, next_step=step, objective=objective(**mine), guards=[]),
                explanation(node=self.number, sentence=f"Node {self.number} has 94 MiB of the 32 MiB wanted in blocks of 64 KiB.",
                            next_step="", objective=objective(**small), guards=[])]


def tell(server, span=26 * HOUR, nodes=2, n=200, now=NOW):
    """Makes the server answer as fragd does after such a time."""
    fill(server)
    all_nodes = [Node(i, 40 + i, 0.055 + 0.012 * i, pinned=i == nodes - 1 and nodes > 1) for i in range(nodes)]
    each = span // n
    steps = []
    for i in range(n):
        at = now - span + i * each
        told = [x.step(at, each, 100 + i * nodes + x.number) for x in all_nodes]
        stalls = sum(len(x.log) for x in all_nodes) % 5
        steps.append({"realtime_usec": at, "span_usec": each, "compact_stall": stalls * 3 if i % 7 == 0 else 0, "compact_fail": 0,
                      "allocstall": 0, "thp_fault_alloc": 90, "thp_fault_fallback": stalls * 17 if i % 5 == 0 else 0,
                      "thp_collapse_alloc_failed": 0, "htlb_buddy_alloc_fail": 0, "psi_memory_usec": 600000, "psi_cpu_usec": 0,
                      "nodes": told})
    log = [log_entry(now - span + span // 5, "Policy conserve replaced by balanced, as uid 0 asked.",
                     decision=decision(reason="policy-changed", node=None, objective=None, gain_bytes=None, cost_usec=None, policy="balanced"))]
    log = sorted(log + [e for x in all_nodes for e in x.log], key=lambda e: e["realtime_usec"])
    server.on(MONITOR + "GetStatus", status(now_realtime_usec=now, nodes=[x.now()[0] for x in all_nodes], budget={
        "spent_usec": 6 * SEC, "limit_usec": 120 * SEC, "runs": 4, "runs_limit": 120, "per_usec": 3600 * SEC}))
    server.on(MONITOR + "ListZones", {"nodes": [x.now()[0] for x in all_nodes]})
    server.on(MONITOR + "Explain", {"explanations": [e for x in all_nodes for e in x.explain()], "machine": []})
    server.on(MONITOR + "GetHistory", [{"steps": steps[:n // 2]}, {"steps": steps[n // 2:]}])
    server.on(MONITOR + "GetLog", {"entries": log})
    return server
