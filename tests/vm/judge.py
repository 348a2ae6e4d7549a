"""What each scenario's report must show. A judge gets the Report and says `check(condition, sentence, details)` for each
point; a value that the guest did not report fails the scenario."""
import re

ACTING = ("set-knob", "compact")


def log(report, name="log"):
    """The decisions, oldest first."""
    return [e["decision"] for e in report[name]["entries"]]


def status(report, name="status"):
    return report[name]["status"]


def node(report, name="status", number=0):
    return next(n for n in status(report, name)["nodes"] if n["node"] == number)


def objectives(report, name="status", number=0):
    return [o for o in node(report, name, number)["objectives"] if o["applies"]]


def starts(decisions):
    return [d for d in decisions if d.get("act") in ACTING and d.get("action") and not d.get("would")
            and d["reason"] in ("missed", "forecast", "requested")]


def results(decisions):
    return [d for d in decisions if d["reason"] in ("gained", "no-gain")]


def counters(report, name):
    return {k: int(v) for k, v in (line.split() for line in report.all(name))}


def grown(report, before, after, prefix):
    a, b = counters(report, before), counters(report, after)
    return {k: b[k] - a[k] for k in a if k.startswith(prefix) and b[k] != a[k]}


def buddy(report, name):
    """Free blocks by node: [order] -> blocks, over all zones."""
    nodes = {}
    for line in report.all(name):
        m = re.match(r"Node (\d+), zone +\S+ +(.*)", line)
        counts = [int(c) for c in m.group(2).split()]
        sums = nodes.setdefault(int(m.group(1)), [0] * len(counts))
        for order, c in enumerate(counts):
            sums[order] += c
    return nodes


def huge_mib(report, name, number=0):
    return sum(n << o for o, n in enumerate(buddy(report, name)[number]) if o >= 9) // 256


def elapsed(report):
    t = [float(v) for v in report.all("time")]
    return t[-1] - t[0]


def same_settings(check, report, *names):
    """Every setting, by checksum; where they differ, those under /proc/sys/vm and /sys/kernel/mm are named."""
    first = names[0]
    report[first + "-sum"]
    for other in names[1:]:
        differ = sorted(set(report.all(first)) ^ set(report.all(other)))
        check(report[first + "-sum"] == report[other + "-sum"], f"every kernel setting is the same {first} and {other}",
              differ)


def unwritten(check, report):
    check(not report.all("writes"), "no write to a setting or to compact, not even of the same value", report.all("writes"))


def fragmented(check, report, one_objective):
    decisions, done = log(report), results(log(report))
    actions = {d["action"] for d in starts(decisions)}
    missed = [d for d in starts(decisions) if d["verdict"] == "fragmented"]
    check(huge_mib(report, "blocks-before") <= 4, "no huge block was left before", report.all("blocks-before"))
    check(len(missed) > 0 and missed[0]["reason"] == "missed", "verdict is fragmented, and it acts because of that", decisions)
    if one_objective:
        check(len(actions) == 1, "one action", decisions)
    else:
        each = [d["objective"] for d in starts(decisions)]
        check(0 < len(each) == len(set(each)), "one action for each objective that was missed", decisions)
    check(len(done) == len(actions) and all(d["reason"] == "gained" for d in done), "each action is measured and gained", done)
    check(all(d["gain_bytes"] > 0 for d in done), "its gain is reported", done)
    check(all(d["cost_usec"] > 0 and d["took_usec"] > 0 for d in done), "its cost is reported", done)
    check(grown(report, "counters-before", "counters-after", "pgmigrate_success"), "the kernel moved pages")
    check(huge_mib(report, "blocks-after") > huge_mib(report, "blocks-before"), "the kernel has huge blocks again",
          report.all("blocks-after"))
    for name, when in (("status", "again"), ("later", "10 s later, still")):
        check(all(o["verdict"] == "met" and o["current_bytes"] >= o["reserve_bytes"] for o in objectives(report, name)),
              f"every objective is met {when}", objectives(report, name))
    check(elapsed(report) >= 10, "10 s have passed")
    same_settings(check, report, "before", "after")
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def a_fragmented(check, report):
    fragmented(check, report, False)
    lists = sum(int(line.split()[0]) for line in report.all("written") if line.endswith("percpu_pagelist_high_fraction"))
    check(lists >= 2 and lists % 2 == 0 and lists <= 2 * len(results(log(report))),
          "for the actions the lists of CPUs are made short, and put back", report.all("written"))


def a_compact(check, report):
    fragmented(check, report, True)
    check(all(d["lever"] == "compact" for d in starts(log(report))), "by compacting the node")


def b_short(check, report):
    verdicts = [o["verdict"] for o in objectives(report)]
    check(verdicts and all(v == "short" for v in verdicts), "verdict is short", objectives(report))
    check(not starts(log(report)) and not results(log(report)), "no compaction is started", log(report))
    check(elapsed(report) >= 30, "30 s were watched")
    moved = grown(report, "counters-before", "counters-after", "pgmigrate_success") | \
        grown(report, "counters-before", "counters-after", "compact_")
    check(not moved, "the kernel compacted nothing", moved)
    check(any(d["verdict"] == "short" for d in log(report)), "it is logged", log(report))
    check("compact" in " ".join(report.all("explain-text")).lower(), "explain says that compaction is useless here",
          report.all("explain-text"))
    unwritten(check, report)
    same_settings(check, report, "before", "after")
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def scaled(check, report):
    writes = [(d["reason"], d["old_value"], d["new_value"]) for d in log(report) if d.get("knob") == "vm.watermark_scale_factor"]
    raised = [(old, new) for reason, old, new in writes if reason == "knob-raised"]
    before, during = int(report["factor-before"]), int(report["factor-during"])
    check(raised and raised[0][0] == before and all(old < new <= 2 * old for old, new in raised), "the factor rises by doubling", writes)
    check(before < during <= 1000, "up to what the policy allows", [before, during])
    check(int(report["free-during"]) > int(report["free-before"]) + 8192, "kswapd keeps more free",
          [report["free-before"], report["free-during"]])


def m_levers(check, report):
    """What a kernel does not have is said; what was turned comes back."""
    has_mode = report["mode-during"] != ""
    if not has_mode:
        scaled(check, report)
    check(report["mode-during"] in ("", "1"), "defrag_mode is on where the kernel has it", report["mode-during"])
    missing = report["first"]["status"]["cannot"]
    check(missing == ([] if has_mode else ["lever defrag_mode: this kernel has no vm.defrag_mode"]), "status says what it cannot", missing)
    shown = [line for line in report.all("status-text") if line.startswith("Cannot")]
    check(bool(shown) != has_mode, "and shows it", report.all("status-text"))
    same_settings(check, report, "before", "after")
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def c_pinned(check, report):
    decisions = log(report)
    at = [d["at_usec"] for d in starts(decisions)]
    pauses = [b - a for a, b in zip(at, at[1:])]
    announced = [d["until_usec"] - d["at_usec"] for d in results(decisions)]
    verdicts = {o["verdict"] for o in objectives(report)} - {"met"}
    check(huge_mib(report, "blocks-before") <= 16, "hardly a huge block was free before", report.all("blocks-before"))
    check(elapsed(report) >= 600, "10 minutes were watched")
    check(verdicts and verdicts <= {"pinned", "futile"}, "verdict is pinned or futile", objectives(report))
    check(1 <= len(at) <= 3, "at most 3 attempts", starts(decisions))
    check(len(announced) == len(at) > 1 and all(b > a for p in (pauses, announced) for a, b in zip(p, p[1:])), "with growing pauses",
          [pauses, announced])
    check(all(d["reason"] == "no-gain" for d in results(decisions)), "each is found to have brought nothing", results(decisions))
    check(node(report)["backoff_left_usec"] > 0, "it is backing off", node(report))
    why = " ".join(report.all("explain-text"))
    check("pinned" in why or "cannot be moved" in why or "unmovable" in why, "explain says why", why)
    causes = {e["cause"] for e in report["explain"]["explanations"] if e["objective"]["verdict"] in ("pinned", "futile")}
    check(causes == {"unaccounted"}, "explain: nobody has counted these pages", report["explain"])
    check(node(report).get("unmovable_permyriad", 0) >= 3000, "it knows the share of unmovable blocks", node(report))
    same_settings(check, report, "before", "after")
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def privileges(report, program):
    return {k: v.split()[0] for k, _, v in (line.partition(":") for line in report.all("privileges-" + program))}


def d_healthy(check, report):
    own, actor = privileges(report, "fragd"), privileges(report, "fragd-actor")
    check(own["Uid"] != "0" and own["NoNewPrivs"] == "1" and int(own["CapEff"], 16) == int(own["CapPrm"], 16) == 0,
          "fragd is nobody special", own)
    # Started by root, it may take CAP_PERFMON (38), for the one moment in which it opens counters.
    check(actor["Uid"] == "0" and int(actor["CapEff"], 16) == 0 and int(actor["CapPrm"], 16) | 1 << 38 == 1 << 38,
          "the actor is root with no capability in force", actor)
    check(elapsed(report) >= 60, "60 s were watched")
    check(all(o["verdict"] == "met" for o in objectives(report)) and objectives(report), "every objective is met",
          objectives(report))
    check(status(report)["acts"], "fragd may act", status(report))
    unwritten(check, report)
    control = " ".join(report.all("control"))
    check(all(f in control for f in ("compaction_proactiveness", "compact_memory", "node0/compact")), "a write would have been seen",
          control)
    moved = grown(report, "counters-before", "counters-after", "pgmigrate") | \
        grown(report, "counters-before", "counters-after", "compact_")
    check(not moved, "no page was moved", moved)
    check(not [d for d in log(report) if d.get("act", "none") != "none"], "no decision acts", log(report))
    same_settings(check, report, "before", "after")
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def e_observe(check, report):
    would = [d for d in log(report) if d.get("would")]
    check(would and would[0]["verdict"] == "fragmented", "it says what it would do", log(report))
    check(not starts(log(report)) and not results(log(report)), "it does nothing", log(report))
    check(not status(report)["acts"] and status(report)["why_not"], "status says that it does not act, and why", status(report))
    unwritten(check, report)
    same_settings(check, report, "before", "during", "after")
    moved = grown(report, "counters-before", "counters-after", "pgmigrate") | \
        grown(report, "counters-before", "counters-after", "compact_")
    check(not moved, "no page was moved, nor looked at", moved)
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def f_killed(check, report):
    check(int(report["window"]) > 7, "a window was open when it was killed", report["window"])
    check(int(report["children"]) >= 2, "a compaction was running when it was killed", report["children"])
    check(report["lists-window"] == report["lists-compaction"] == "1000000", "and each time the lists of CPUs were short",
          [report["lists-window"], report["lists-compaction"]])
    check(not grown(report, "counters-dead", "counters-later", "compact_"), "the compaction has ended with it",
          grown(report, "counters-dead", "counters-later", "compact_"))
    left = grown(report, "counters-later", "counters-complete", "compact_isolated").get("compact_isolated", 0)
    check(left > 10000, "it was ended, not waited for: much was left to do", left)
    same_settings(check, report, "before", "after-window", "after")
    knobs = report["knobs"]["knobs"]
    check(all(k["owner"] == "nobody" for k in knobs), "it starts again and owns no knob", knobs)
    check(report["exit"] == "0", "and ends with 0", report.all("stderr"))


def l_events(check, report):
    def counted(name):
        events = report["counted-" + name]["fallbacks"]
        check(events["counting"], f"{name}: it counts", events)
        return [next(k["total"] for k in events["kinds"] if k["kind"] == kind) for kind in ("unmovable", "movable")]

    def traced(name):
        return [int(n) for n in report["traced-" + name].split()]

    start = [c - t for c, t in zip(counted("start"), traced("start"))]
    more = [b - a for a, b in zip(traced("start"), traced("end"))]
    check(min(more) >= 5, f"fallbacks of both kinds were provoked: {more}")
    ours, kernels = counted("end"), traced("end")
    check([c - t for c, t in zip(ours, kernels)] == start, f"fragd's counts are those of the kernel's trace: {kernels}",
          [f"counted {ours}, traced {kernels}, apart from {start} at the start"])
    check(all(line.endswith(" 0") for line in report.all("overrun")), "the trace is complete", report.all("overrun"))
    check(report["fds"] == "4", "two counters and two events of the CPU are open, in fragd alone", report["fds"])
    check(report.all("caps") == ["CapPrm:\t0000004000000000", "CapEff:\t0000000000000000"],
          "the actor has CAP_PERFMON, not in force, and nothing else", report.all("caps"))
    check(any("unmovable" in line for line in report.all("screen")), "fragctl events shows them", report.all("screen"))
    source = next(s for s in status(report)["sources"] if s["source"] == "fallbacks")
    check(source["available"], "status has the source", source)
    check(report["fds-left"] == "0", "after SIGKILL none of them is open", report["fds-left"])
    check(len(report.all("tracing-before")) > 20 and report.all("tracing-before") == report.all("tracing-after"),
          "nothing of the kernel's tracing is changed", sorted(set(report.all("tracing-before")) ^ set(report.all("tracing-after"))))
    source = next(s for s in status(report, "status-off")["sources"] if s["source"] == "fallbacks")
    check(not source["available"] and "tracefs is not mounted" in source["error"], "without tracefs status says why", source)
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def g_nodes(check, report):
    for lever in ("window", "compact"):
        decisions = log(report, "log-" + lever)
        acted = starts(decisions)
        check(acted and {d["node"] for d in acted} == {1} and {d["lever"] for d in acted} == {lever},
              f"{lever}: only node 1 is acted for", decisions)
        check([d["reason"] for d in results(decisions)] and all(d["reason"] == "gained" for d in results(decisions)),
              f"{lever}: it gained", results(decisions))
        check(all(d["scanned_pages"] > d["migrated_pages"] > 0 for d in results(decisions)), f"{lever}: it looked at pages", results(decisions))
        learned = node(report, "status-" + lever, 1)
        check(all(list(learned[k]) == [lever] and learned[k][lever] > 0 for k in
                  ("efficacy_permyriad", "gain_per_page_bytes", "gain_per_msec_bytes")), f"{lever}: what it brought is learned", learned)
        for number in (0, 1):
            met = objectives(report, "status-" + lever, number)
            check(met and all(o["verdict"] == "met" for o in met), f"{lever}: node {number} meets its objective", met)
        before, after = (huge_mib(report, f"blocks-{lever}-{when}", 1) for when in ("before", "after"))
        check(before <= 4 < after, f"{lever}: node 1 had {before} MiB in huge blocks and has {after} MiB")
        moved = report["moved-" + lever]
        check(moved.startswith("0 of ") and moved != "0 of 0", f"{lever}: no page of node 0 moved", moved)
    ticks = {n: int(report[f"cpu{n}-window-after"]) - int(report[f"cpu{n}-window-before"]) for n in (0, 1)}
    check(ticks[1] > 0 and ticks[0] <= 1, "window: kcompactd1 worked, kcompactd0 did not", ticks)
    check(not report["moved-control"].startswith("0 of "), "pages of node 0 could have been moved", report["moved-control"])


def h_admin(check, report):
    def boost(name):
        return next(k for k in report[name]["knobs"] if k["knob"] == "vm.watermark_boost_factor")

    yielded = [d for d in log(report) if d["reason"] == "knob-yielded"]
    check(boost("knobs-ours")["owner"] == "fragd" and boost("knobs-ours")["baseline"] == 0
          and str(boost("knobs-ours")["value"]) == report["raised"], "the knob is fragd's first", boost("knobs-ours"))
    check(len(yielded) == 1 and yielded[0]["new_value"] == 777, "that somebody else changed it is logged once", log(report))
    check(elapsed(report) >= 120, "two minutes were watched")
    check(report["kept"] == "777", "it is not written over", report["kept"])
    check(boost("knobs-theirs")["owner"] == "other" and boost("knobs-theirs")["value"] == 777, "the knob is theirs",
          boost("knobs-theirs"))
    check(report["after"] == "777", "and stays when fragd goes", report["after"])
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def i_hotplug(check, report):
    topology = [d for d in log(report) if d["reason"] == "topology"]
    sizes = [node(report, f"status-{when}")["managed_bytes"] for when in ("before", "offline", "online")]
    states = [line.split()[1] for line in report.all("block")]
    check(states == ["offline", "online"], "a block of memory went and came", report.all("block"))
    check(len(topology) >= 2, "both are noticed and logged", log(report))
    check(sizes[1] < sizes[0], "status shows less memory", sizes)
    check(sizes[2] > sizes[1], "and more again", sizes)
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def j_prepare(check, report):
    def said(name):
        return " ".join(report.all(name + "-said"))

    check(huge_mib(report, "blocks-before") <= 4, "no huge block was left before", report.all("blocks-before"))
    check(report["check"] == "4" and "after compaction" in said("check"), "check: not now, but after compaction", said("check"))
    check(report["plain"] == "0" and huge_mib(report, "blocks-after") >= 20, "ten blocks are prepared, and the kernel has them",
          [said("plain"), *report.all("blocks-after")])
    check(report["there"] == "0", "check: they are there", said("there"))
    check(report["impossible"] == "3" and "too little memory is free" in said("impossible"), "impossible: the reason and how many are",
          said("impossible"))
    check(report["late"] == "4" and report["late-pool"] == "0", "not in time: nothing is left of it", said("late"))
    check(report["interrupted"] == "143", "a signal ends it, and the pool is as before", report["interrupted"])
    check(report["huge"] == "0" and report["huge-pool"] == "30" == report["kept"], "thirty huge pages, which stay", said("huge"))
    dropped = [report[n + "-dropped"] for n in ("check", "plain", "there", "impossible", "dropping", "late", "huge")]
    check(dropped == ["0"] * 4 + ["1"] * 3, "the page cache is dropped once, by the one that was allowed to", dropped)
    acts = [d.get("act") for d in log(report) if d["reason"] == "preparing"]
    check("undo-pool" in acts and acts[-1] == "keep-pool", "growth is taken back or kept", acts)
    holds, reasons = report["holds"]["holds"], [e["decision"]["reason"] for e in report["hold-log"]["entries"]]
    wanted = int(report["lacking"])
    check(report["hold"] == "0" and "(hold 1)" in said("hold"), "a hold begins", said("hold"))
    check([(h["hold"], h["there"], h["verdict"]) for h in holds] == [(1, wanted, "met")] and
          huge_mib(report, "blocks-before-hold") < 2 * wanted <= huge_mib(report, "blocks-held"),
          "what it lacked is there, and it outlasts a reload", [holds, *report.all("blocks-held")])
    check(any("hold 1" in e["sentence"] for e in report["explained"]["explanations"]), "explain names it", report["explained"])
    check(report["unhold"] == "0" and report["holds-after"]["holds"] == [] and reasons[-1] == "hold-ended", "and ends when it is released",
          [said("unhold"), reasons])
    same_settings(check, report, "before", "after")
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))


def traced(check, report, names):
    """What trace events say is what the kernel's own trace of them says, name by name."""
    trace = report["stalls"]["stalls"]["trace"]
    got = {n["name"]: n for n in trace["names"]}
    check(trace["state"] == "on" and trace["lost"] == trace["unpaired"] == 0 and all(line.endswith(" 0") for line in report.all("overrun")),
          "every record of trace events was taken", trace)
    # The shell's forks may have compacted as well.
    check(set(names) <= set(got) and ("postgres" in got) == ("postgres" in names), f"they name {' and '.join(names)}, which nobody else counts", trace)
    for name in names:
        runs, usec = (int(n) for n in report["witnessed-" + name].split())
        ours = got.get(name, {"runs": 0, "usec": 0})
        check(runs >= 4 and usec > 10000 and ours["runs"] == runs and abs(ours["usec"] - usec) <= usec / 10,
              f"{name} compacted {usec} us by the kernel's own trace, and as many runs, within 10 %", [ours, report["witnessed-" + name]])
        check(any(name in line and "by trace events" in line for line in report.all("explained")), f"explain says it of {name}, and whose figure that is",
              report.all("explained"))
    source = next(s for s in report["status"]["status"]["sources"] if s["source"] == "compaction-trace")
    check(source["available"], "status has the source", source)


def m_stalls(check, report):
    version, count, usec = (int(n) for n in report["measured"].split())
    stalls = report["stalls"]["stalls"]
    said = " ".join(report.all("said"))
    helper = {k: v.split() for k, _, v in (line.partition(":") for line in report.all("privileges-helper"))}
    check(int(report["vmstat"]) >= 12, "somebody waited in direct compaction", report["vmstat"])
    check(report["quiet"]["stalls"]["state"] == "not-asked" and stalls["taskstats_version"] == version, "the kernel was asked, and not before",
          [report["quiet"], stalls])
    check(helper["Uid"] == ["65534"] * 4 and int(helper["CapEff"][0], 16) == int(helper["CapPrm"][0], 16) == 1 << 12,
          "by nobody, with CAP_NET_ADMIN alone", helper)
    told = [c for c in report["explain"]["machine"] if c["cause"] == "stalls"]
    check(any("postgres lost " in c["sentence"] and ("by trace events" in c["sentence"]) == (version < 11) for c in told),
          "explain names who stalled, and whose figure that is", told)
    if version < 11:
        why = f"TASKSTATS version {version}; Linux 5.17 and later have it"
        check(stalls["state"] == "old-kernel" and why in stalls["why"] and not stalls["names"] and not stalls["most"],
              "no figures, and why", stalls)
        check("Not counted: this kernel does not measure direct compaction" in said and "by trace events" in said, "which stalls says", said)
        source = next(s for s in report["status"]["status"]["sources"] if s["source"] == "taskstats")
        check(not source["available"] and why in source["error"], "and status", source)
        traced(check, report, ["postgres", "early"])
    else:
        process = next((p for p in stalls["most"] if str(p["pid"]) == report["pid"]), None)
        check(count >= 8 and usec > 10000, "the process that matters did wait", report["measured"])
        check(process and process["name"] == "postgres" and process["counted"] == "yes", "stalls names it", stalls)
        check(process and abs(process["compaction_usec"] - usec) <= usec / 10 and abs(process["compactions"] - count) <= count / 10,
              "with what it waited, within 10 %", [process, report["measured"]])
        names = {n["name"]: n for n in stalls["names"]}
        check(abs(names["postgres"]["compaction_usec"] - usec) <= usec / 10, "all of it in the time that was asked for", names)
        check(names["early"]["compactions"] == 0 and "unknown" not in said and "postgres" in said,
              "what was started before delay accounting was on is not counted", names)
        check(names["early"]["counted"] == 0, "and nothing says that it were", names)
        traced(check, report, ["early"])
        # The two measures differ in what they count, not in the time.
        witnessed = int(report["witnessed-postgres"].split()[1])
        check(abs(witnessed - usec) <= usec / 10, "what delay accounting says of the other one, its runs take, within 10 %",
              [report["measured"], report["witnessed-postgres"]])
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))
