#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragd --once on recorded machines: test_fragd_once.py BUILD_DIR. Prints TAP."""

import json
import os
import shutil

from fragd_harness import FRAGMENTED, HEALED, NOBODY, ROOTS, contains, equal, policy_text, run

RECORDED = sorted(os.listdir(ROOTS))


def printed(text):
    """The kernel prints v/1000 "." v%1000, the parts signed separately: "0.-07" is -7."""
    whole, part = text.split(".")
    value = abs(int(whole)) * 1000 + abs(int(part))
    return -value if "-" in text else value


def index_file(name, index):
    """{zone: [permille of each order]} as the kernel printed it; None where it is not recorded."""
    path = os.path.join(ROOTS, name, "sys/kernel/debug/extfrag", index)
    if not os.path.exists(path):
        return None
    zones = {}
    with open(path) as f:
        for line in f:
            words = line.split()
            zones[int(words[1].rstrip(",")), words[3]] = [printed(word) for word in words[4:]]
    return zones


def close_to(got, recorded):
    """The files were recorded one after the other, while pages came and went: some are off by one."""
    equal(list(got), list(recorded))
    for zone, values in recorded.items():
        equal(len(got[zone]), len(values))
        for a, b in zip(got[zone], values):
            assert abs(a - b) <= 2 and (a == -1000) == (b == -1000), f"{zone}: got {got[zone]}, recorded {values}"


def once(m, *arguments, user=NOBODY):
    before = m.tree()
    r = m.run("--once", "--json", *arguments, user=user)
    equal((r.returncode, r.stderr), (0, ""))
    equal(m.tree(), before)
    return json.loads(r.stdout)


def cases_of_recorded():
    for name in RECORDED:
        def case(m, name=name):
            j = once(m, "--root", os.path.join(ROOTS, name))
            equal(sorted(j), ["crosscheck", "decisions", "nodes", "sources"])
            check = j["crosscheck"]["extfrag_index"]
            equal((check["compared"] > 0, check["equal"]), (True, check["compared"]))
            got = {key: {} for key in ("extfrag_permille", "unusable_permille")}
            for node in j["nodes"]:
                assert 0 <= node["score"] <= 100, node["score"]
                equal([o["size_bytes"] > 0 and "verdict" in o for o in node["objectives"] if o["applies"]].count(False), 0)
                for zone in node["zones"]:
                    equal([o["order"] for o in zone["orders"]], list(range(len(zone["orders"]))))
                    equal(all("free" in o and "allocatable" in o for o in zone["orders"]), True)
                    for key, zones in got.items():
                        zones[node["node"], zone["zone"]] = [o[key] for o in zone["orders"]]
            for key, index in (("extfrag_permille", "extfrag_index"), ("unusable_permille", "unusable_index")):
                recorded = index_file(name, index)
                if recorded is not None:
                    close_to(got[key], recorded)
            equal(len(j["sources"]), 14)
            assert j["decisions"], "nothing was decided"
            for decision in j["decisions"]:
                assert decision["act"] == "none" or decision["would"], decision
        case.__doc__ = f"{name}: the indices are those the kernel printed"
        yield case


def test_says_what_would_be_done(m):
    """fragmented: says what would be done, and does nothing"""
    j = once(m, "--root", m.root)
    equal(j["nodes"][0]["objectives"][0]["verdict"], "fragmented")
    done = [d for d in j["decisions"] if d["act"] != "none"]
    equal([d["would"] for d in done], [True])


def test_policies(m):
    """the policies are the built-in ones, and a file's where one is named"""
    m.memory(HEALED)
    equal(len(once(m, "--root", m.root)["nodes"][0]["objectives"]), 2)
    j = once(m, "--root", m.root, "-c", m.config_path)
    equal([o["reserve_bytes"] for o in j["nodes"][0]["objectives"]], [20 << 20])
    m.config(policy_text(), policy_text("other", reserve="24M"))
    j = once(m, "--root", m.root, "-c", m.config_path, "--policy", "other")
    equal([o["reserve_bytes"] for o in j["nodes"][0]["objectives"]], [24 << 20])
    r = m.run("--once", "--root", m.root, "--policy", "nonsense")
    equal((r.returncode, r.stdout, r.stderr), (1, "", "fragd: --policy nonsense: there is no such policy\n"))


def test_text(m):
    """without --json a person reads it"""
    r = m.run("--once", "--root", m.root, user=NOBODY)
    equal((r.returncode, r.stderr), (0, ""))
    contains(r.stdout, "policy balanced\n", "node 0: ", "2 MiB blocks for user memory: fragmented", "\nNode 0 has none of the ")


def test_missing_files(m):
    """a machine of which only buddyinfo is there"""
    shutil.rmtree(m.path("sys"))
    shutil.rmtree(m.path("proc"))
    m.memory(FRAGMENTED)
    j = once(m, "--root", m.root)
    equal([s["source"] for s in j["sources"] if s["available"]], ["buddyinfo"])
    equal([s["source"] for s in j["sources"] if not s["available"] and not (s["error"] and s.get("loss"))],
          ["extfrag-index", "unusable-index"])  # computed instead: nothing is lost
    lines = [line for line in m.run("--once", "--root", m.root, user=NOBODY).stdout.splitlines() if line.startswith("missing ")]
    equal([line.split(":")[0].split()[1] for line in lines], [s["source"] for s in j["sources"] if s.get("loss") and not s["available"]])
    contains("\n".join(lines), "missing zoneinfo: watermarks are unknown: ", " (proc/zoneinfo: No such file or directory)")


BAD = [("proc/buddyinfo", None, "proc/buddyinfo: No such file or directory"),
       ("proc/buddyinfo", "", "proc/buddyinfo: No data available"),
       ("proc/buddyinfo", "Node 0, zone Normal 1 2 x\n", "proc/buddyinfo: line 1: expected "),
       ("fragd-page-size", "4095\n", "fragd-page-size: expected a page size in bytes")]


def cases_of_bad_roots():
    for path, text, said in BAD:
        def case(m, path=path, text=text, said=said):
            if text is None:
                os.unlink(m.path(path))
            else:
                m.put(path, text)
            r = m.run("--once", "--root", m.root, user=NOBODY)
            equal((r.returncode, r.stdout), (1, ""))
            contains(r.stderr, f"fragd: {m.root}/{said}")
            equal(r.stderr.count("\n"), 1)
        case.__doc__ = f"refused, with one line: {said}"
        yield case


def test_no_root(m):
    """a root that is not there"""
    r = m.run("--once", "--root", m.root + "/nowhere")
    equal((r.returncode, r.stderr), (1, f"fragd: cannot open {m.root}/nowhere: No such file or directory\n"))


def test_full_disk(m):
    """output that cannot be written is a failure"""
    import subprocess
    from fragd_harness import FRAGD
    with open("/dev/full", "w") as full:
        r = subprocess.run([FRAGD, "--once", "--json", "--root", m.root], stdout=full, stderr=subprocess.PIPE, text=True)
    equal((r.returncode, r.stderr), (1, "fragd: cannot write: No space left on device\n"))


run(globals())
