#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl history and monitor, against a fragd that only answers (fake_server.py): test_fragctl_history.py BUILD_DIR. Prints TAP."""

import csv
import io
import json
import os
import signal
import sys
import time

from fake_server import MIB, MONITOR, SEC, SILENCE, Error, decision, encode, history_step, log_entry
from fragctl_tap import Served, case, check, environment, has, lacks, main, plain, run, table

GET = MONITOR + "GetHistory"
NOON = 1795348800 * SEC  # 2026-11-22 12:00 UTC
MINUTE = 60 * SEC
RANGE = ["--since", "2026-11-22 12:00", "--until", "2026-11-22 13:00"]


def steps(n=60, start=NOON, **members):
    return {"steps": [history_step(start + i * MINUTE, i, **members) for i in range(n)]}


def screen(*args, answer=None, **options):
    with Served({GET: answer or steps()}) as s:
        return s.run("history", *args, **options).expect(0).out


@case("history: a line of marks for each size, what it was, the stalls, and a table")
def _():
    out = screen(*RANGE)
    has(out, "Node 0: 2026-11-22 12:00:00 to 13:00:00, a mark for each 1min\n", "  2M user     ", "80M to 620M, wanted 512M, met 75%\n",
        "  stalls      ", "140 altogether\n", "  fallbacks   none\n", "In blocks of 2M:\n")
    marks = next(line for line in out.splitlines() if line.startswith("  2M user"))[14:]
    check(marks == "\u2582\u2588\u2588" * 20, marks)
    has(out, "12:00  100M    80M  fragmented   25%        3G       7          0        1%\n", "12:01  600M   580M  met         100%")


@case("history fits in 80 columns")
def _():
    for args in ([], ["--order", "9"], ["--since", "-7d"], ["--since", "10min"]):
        for start in (NOON, int(time.time() - 3600) * SEC):
            with Served({GET: steps(start=start)}) as s:
                t = s.terminal("history", *args)
                check(t.end() == 0, t.text())
                check(all(len(line) <= 80 for line in plain(t.text()).splitlines()), plain(t.text()))


@case("history --order: blocks of that order")
def _():
    with Served({GET: steps()}) as s:
        out = s.run("history", "--order", "9", "--node", "0", *RANGE).expect(0).out
        check(all(c[1]["parameters"]["order"] == 9 and c[1]["parameters"]["node"] == 0 for c in s.server.calls), s.server.calls)
    has(out, "  2M blocks   ", "97 to 101\n", "ALLOCATABLE", "12:00           99     97   101   109     0.810")


@case("history without UTF-8")
def _():
    out = screen(*RANGE, env=environment(LC_ALL="C"))
    has(out, "  2M user     .##.##")
    check(out.isascii(), out)


@case("history: what was not recorded is blank")
def _():
    found = steps()
    found["steps"] = found["steps"][:10] + found["steps"][50:]
    out = screen(*RANGE, answer=found)
    has(out, "  2M user     \u2582\u2588\u2588\u2582\u2588\u2588\u2582\u2588\u2588\u2582" + 40 * " " + "\u2588")


@case("history: steps that are longer than a mark fill several")
def _():
    out = screen("--since", "2026-11-22 12:00", "--until", "2026-11-22 12:05", answer=steps(5))
    marks = next(line for line in out.splitlines() if line.startswith("  2M user"))[14:]
    lacks(marks.rstrip(), " ")
    check(len(marks.rstrip()) >= 50, marks)


@case("history: nothing was recorded")
def _():
    check(screen(answer={"steps": []}) == "Nothing was recorded in that time.\n")


@case("history: nodes that are not there have no lines")
def _():
    check(screen(answer=steps(nodes=[])) == "Nothing was recorded in that time.\n")


@case("history --json: all replies as one, as fine as it is kept")
def _():
    with Served({GET: [steps(3), steps(2, NOON + 3 * MINUTE)]}) as s:
        out = json.loads(s.run("history", "--json", *RANGE).expect(0).out)
        call = s.server.calls[0][1]
        check(call["more"] is True and "step_usec" not in call["parameters"], call)
    check([s["realtime_usec"] for s in out["steps"]] == [NOON + i * MINUTE for i in range(5)], out)


@case("history --step is what fragd is asked for")
def _():
    with Served({GET: steps()}) as s:
        s.run("history", "--csv", "--step", "1h", *RANGE).expect(0)
        check(s.server.calls[0][1]["parameters"] == {"since_realtime_usec": NOON, "until_realtime_usec": NOON + 60 * MINUTE,
                                                     "step_usec": 60 * MINUTE}, s.server.calls)


@case("history --csv: a line for each step, node and order")
def _():
    rows = list(csv.DictReader(io.StringIO(screen("--csv", *RANGE))))
    check(len(rows) == 60 * 11, len(rows))
    row = rows[9]
    check(None not in row and None not in row.values(), row)
    check((row["time"], row["order"], row["free_mean"], row["allocatable_min"]) == ("2026-11-22 12:00:00", "9", "109", "97"), row)
    check((row["verdict"], row["current_bytes_mean"], row["compact_stall"], row["htlb_buddy_alloc_fail"]) ==
          ("fragmented", str(100 * MIB), "7", ""), row)
    check((rows[0]["verdict"], rows[0]["current_bytes_mean"]) == ("", ""), rows[0])


@table("history {0} -> {1}", [
    ("--since soon", "--since: expected"), ("--since 2h ago", "takes no arguments"), ("--since 14:02 --until 14:02", "not before"),
    ("--until 2M:64", "--until: expected a time"), ("--until nonsense", "--until: expected"), ("--json --csv", "exclude each other"),
    ("--step 0s", "--step: expected"), ("--order 99", "--order: expected"), ("--since --5min", "--since: expected"),
    ("--size 2M", "--size is not for 'history'"), ("5min", "takes no arguments")])
def _(words, said):
    r = run(None, "history", *words.split()).expect(2)
    has(r.err, said)
    check(r.err.count("\n") == 1, r.err)


@table("history --since {0!r}", [("-2h", 7200), ("10min ago", 600), ("2h", 7200), ("now", 0), ("-1h 30min", 5400)])
def _(text, ago):
    before = time.time()
    with Served() as s:
        s.run("history", "--since", text, "--until", "2099-01-01").expect(0)
        since = s.server.calls[0][1]["parameters"]["since_realtime_usec"] / SEC
    check(before - ago - 1 <= since <= time.time() - ago + 1, since)


@case("history --since yesterday --until today")
def _():
    with Served() as s:
        s.run("history", "--since", "yesterday", "--until", "today").expect(0)
        p = s.server.calls[0][1]["parameters"]
    check(p["until_realtime_usec"] - p["since_realtime_usec"] == 86400 * SEC and p["until_realtime_usec"] % (86400 * SEC) == 0, p)


@table("history: broken: {0}", [
    ("no steps", {}), ("a step", {"steps": [{}]}), ("nodes", steps(1, nodes=1)), ("a node", steps(1, nodes=[{}])),
    ("a level", steps(1, nodes=[{"node": 0, "objectives": [], "orders": [], "free_bytes": {"min": 1}}])),
    ("an objective", steps(1, nodes=[{"node": 0, "objectives": [{}], "orders": []}]))])
def _(_, reply):
    with Served({GET: reply}) as s:
        has(s.run("history").expect(1).err, "fragd's reply is not as expected")


@case("history: an error from fragd")
def _():
    with Served({GET: Error(MONITOR + "NoSample", reason="no sample was taken yet")}) as s:
        has(s.run("history").expect(1).err, "no sample was taken yet")


def decisions(*entries):
    """Answers to GetLog: nothing from before, then one after the other, then the end."""
    return [{"entries": []}] + [{"entries": [e]} for e in entries] + [{"entries": []}]


@case("monitor: a line for each decision")
def _():
    entries = (log_entry(NOON, "Node 0: one."), log_entry(NOON + SEC, "Node 1: two.", decision=decision(node=1)))
    with Served({MONITOR + "GetLog": decisions(*entries)}) as s:
        r = s.run("monitor").expect(5)
        check(s.server.calls[0][1]["parameters"]["since_realtime_usec"] > 2 * NOON, s.server.calls)
        check(r.out == "12:00:00  Node 0: one.\n12:00:01  Node 1: two.\n", r.out)
        has(r.err, "fragd ended the log")
        check(s.run("monitor", "--node", "1").expect(5).out == "12:00:01  Node 1: two.\n")
        lines = s.run("monitor", "--json").expect(5).out.splitlines()
        check([json.loads(line)["sentence"] for line in lines] == ["Node 0: one.", "Node 1: two."], lines)


def silent(call, conn):
    conn.sendall(encode({"entries": []}, continues=True))
    return SILENCE


@case("monitor --for ends by itself")
def _():
    with Served({MONITOR + "GetLog": silent}) as s:
        check(s.run("monitor", "--for", "200ms").expect(0).out == "")


@case("monitor on a terminal says what it waits for; Ctrl-C ends it")
def _():
    with Served({MONITOR + "GetLog": silent}) as s:
        t = s.terminal("monitor")
        t.until("Waiting for decisions; Ctrl-C ends.")
        os.kill(t.pid, signal.SIGINT)
        check(t.end() == -signal.SIGINT, t.code)


if __name__ == "__main__":
    sys.exit(main())
