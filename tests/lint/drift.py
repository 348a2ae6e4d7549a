#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages against the code: what one has and the other lacks. drift.py FRAGD FRAGCTL FRAGD_ACTOR FRAGD_TASKSTATS, the programs.
(The options of the configuration have a test of their own, tests/unit/daemon/drift.py.) Prints TAP."""

import os
import re
import socket
import subprocess
import sys
import tempfile

import lint

PAGES = {"fragd": "man/fragd.8", "fragctl": "man/fragctl.1", "fragd-actor": "man/fragd-actor.8",
         "fragd-taskstats": "man/fragd-taskstats.8"}
API, CONF, METRICS = "man/io.fragd.7", "man/fragd.conf.5", "man/fragd-metrics.7"


def differences(what, code, page):
    """Both ways."""
    return ([f"{what}: {x} is in the code, not in the page" for x in sorted(code - page)] +
            [f"{what}: {x} is in the page, not in the code" for x in sorted(page - code)] +
            ([] if code else [f"{what}: nothing found in the code: does this test still look at the right place?"]))


# --- what is read from the code ---

def code_options(program, text):
    if program == "fragctl":
        return set(re.findall(r'\[OPTION_\w+\] = \{ "([\w-]+)",', text))
    return set(re.findall(r'\{ "([\w-]+)", (?:no|required|optional)_argument', text))


def code_verbs(text):
    """verb -> its second words"""
    table = text[text.index("Verb verbs[]"):]
    verbs = re.findall(r'^        \{ "([\w-]+)", "([^"]*)"', table[:table.index("\n};")], re.M)
    return {verb: set(re.findall(r"(?:^|\| )([a-z]+)", arguments)) for verb, arguments in verbs}


def code_names(text, table):
    """The strings of a table [X] = "name"."""
    body = text[re.search(rf"\b{table}\[\w*\] = \{{", text).end():]
    return set(re.findall(r'= "([\w-]+)"', body.split("};")[0]))


def code_decision(text):
    body = text[text.index("static const Field fields[]"):]
    return set(re.findall(r'"(\w+)"', body[:body.index("\n};")]))


def code_knobs(text):
    return set(re.findall(r'\{ VM\("(\w+)"\), (\w+), (\w+), true \}', text))


def code_metrics(text):
    """name of the samples -> (type, unit or None, labels, help)"""
    text = re.sub(r"#define OBJECTIVE_LABELS.*", "", text).replace("OBJECTIVE_LABELS", '"node", "objective", "size", "for"')
    rows = re.findall(r'\[METRIC_\w+\] = \{ "(\w+)", METRIC_(\w+),\s*(?:NULL|"(\w+)"),\s*\{ ([^}]*) \},\s*((?:"[^"]*"\s*)+)\}', text)
    ending = {"COUNTER": "_total", "INFO": "_info"}
    return {name + ending.get(kind, ""): (kind, unit or None, re.findall(r'"(\w+)"', labels), "".join(re.findall(r'"([^"]*)"', words)))
            for name, kind, unit, labels, words in rows}


def code_limit(text, name):
    expression = re.search(rf"#define {name}\s+(\(?[\dU *]+\)?)", text)[1].replace("U", "").strip("() ")
    value = 1
    for factor in expression.split("*"):
        value *= int(factor)
    return value


def varlink(text):
    """The name, and (kind, name) -> a set of members for each pair of brackets; a member that may be missing has a '?'."""
    text = re.sub(r"#.*", "", text)
    interface = re.search(r"^interface (\S+)$", text, re.M)[1]
    text = re.sub(r"(:\s*)\([^()]*\)", r"\1enum", text)

    def members(body):
        return {name + optional for name, optional in re.findall(r"(\w+):\s*(\??)", body)}

    return interface, {(kind, name): [members(body) for body in re.findall(r"\(([^()]*)\)", rest)] for kind, name, rest in re.findall(
        r"\b(type|method|error) (\w+)\s*(\([^()]*\)(?:\s*->\s*\([^()]*\))?)", text)}


# --- what is read from a page ---

def section(page, title):
    found = re.search(rf"^\.Sh {re.escape(title)}\n((?:(?!\.Sh ).*\n)*)", page, re.M)
    return found[1] if found else ""


def subsection(page, title):
    found = re.search(rf"^\.Ss {re.escape(title)}\n((?:(?!\.S[hs] ).*\n)*)", page, re.M)
    return found[1] if found else ""


def items(text, macro):
    """The words that such items of lists are about: .It Li a , b   .It Va a , Va b"""
    words = set()
    for line in re.findall(rf"^\.It {macro} (.*)$", text, re.M):
        words |= {w for w in line.split() if re.fullmatch(r"[\w.-]+", w) and w != macro}
    return words


def page_options(text):
    found = re.findall(r"\bFl ((?:-?[\w-]+(?: [,|] )?)+)", text)
    return {word[1:] for words in found for word in re.split(r"[ ,|]+", words) if re.fullmatch(r"-[\w-]+", word)}


def page_verbs(page):
    """verb -> [(second word or None, the text of the item)]"""
    verbs = {}
    for item in re.split(r"^\.It Cm ", page, flags=re.M)[1:]:
        verb, *rest = item.split("\n", 1)[0].split()
        second = rest[0] if rest and re.fullmatch(r"[a-z]+", rest[0]) else None
        verbs.setdefault(verb, []).append((second, item.split("\n.Ss ")[0]))
    return verbs


def page_call(line):
    """A line of a method or error: (name, [members of each pair of brackets])"""
    name, rest = re.match(r"\.It (?:Ic|Er) (\S+) Ns (.*)", line).groups()
    sides = [re.sub(r"\bVa |\bNs ", "", side) for side in re.findall(r"\(([^()]*)\)", rest)]
    return name, [{m.replace(" ", "") for m in side.split(",") if m.strip()} for side in sides]


def page_status(page):
    """The numbers of EXIT STATUS, without those that are reserved."""
    found = re.findall(r"^\.It ([\d ,]+)\n(.*)", section(page, "EXIT STATUS"), re.M)
    return {int(n) for numbers, text in found if text != "Reserved." for n in re.findall(r"\d+", numbers)}


def page_metrics(page):
    """The same, from the items of METRICS."""
    found = {}
    for item in re.split(r"^\.It Va ", section(page, "METRICS"), flags=re.M)[1:]:
        name, facts, *rest = re.sub(r"\n\.(El|Ss)\b.*", "", item, flags=re.S).strip("\n").split("\n")
        kind, unit = re.match(r"(State set|\w+)(?:, (\w+))?[.;]", facts).groups()
        labels = [line.split()[1] for line in rest if line.startswith(".Li ")]
        found[name] = (kind.upper().replace(" ", ""), unit, labels, "\n".join(line for line in rest if not line.startswith(".Li ")))
    return found


# --- cases ---

def options(program, source, page):
    documented = re.sub(r"^\.Sh SYNOPSIS\n(?:(?!\.Sh ).*\n)*", "", page, flags=re.M)
    return differences(f"option of {program}", code_options(program, source), page_options(documented))


def help_options(program, source):
    said = subprocess.run([program, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    name = os.path.basename(program)
    have = set(re.findall(r"--([a-z][\w-]*)", said))
    known = code_options(name, source)
    if name == "fragctl": # those of one verb stand in its own help
        for verb in code_verbs(lint.text("cli/main.c")):
            have |= verb_options(program, verb)
    return [f"--help: --{x} is missing" for x in sorted(known - have)] + [f"--help: there is no --{x}" for x in sorted(have - known)]


def verb_options(fragctl, verb):
    said = subprocess.run([fragctl, verb, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    said = said.split("\nOptions:\n")[1] if "\nOptions:\n" in said else ""
    return set(re.findall(r"^ .*?--([a-z][\w-]*)", said.split("\nOptions of every verb")[0], re.M))


def verbs(fragctl, source, page):
    code, have = code_verbs(source), page_verbs(section(page, "DESCRIPTION"))
    findings = differences("verb of fragctl", set(code), set(have))
    for verb in sorted(set(code) & set(have)):
        findings += [f"fragctl {verb} {word}: not in the page" for word in code[verb] - {s for s, _ in have[verb]}]
        findings += [f"fragctl {verb} {s}: not in the code" for s, _ in have[verb] if s and s not in code[verb]]
        taken = set().union(*(page_options(text) for _, text in have[verb]))
        findings += [f"fragctl {verb}: --{o} not in the item of the verb" for o in verb_options(fragctl, verb) - taken]
        findings += [f"fragctl {verb}: takes no --{o}" for o in taken - verb_options(fragctl, verb)]
    return findings


def interface(text, page):
    name, members = varlink(text)
    part = section(page, name.upper())
    calls = dict(page_call(line) for line in re.findall(r"^\.It (?:Ic|Er) .*", part, re.M))
    types = section(page, "TYPES")
    wanted = {n if kind == "method" else f"{name}.{n}" for kind, n in members if kind != "type"}
    findings = differences(f"methods and errors of {name}", wanted, set(calls))
    for (kind, n), sides in members.items():
        if kind == "type":
            findings += differences(f"type {n}", {m.rstrip("?") for m in sides[0]}, items(subsection(types, n), "Va"))
            continue
        said = calls.get(n if kind == "method" else f"{name}.{n}", sides)
        if said != sides:
            findings.append(f"{kind} {name}.{n}: {sides} in the code, {said} in the page")
    return findings


def types_known(texts, page):
    code = {n for text in texts for kind, n in varlink(text)[1] if kind == "type"}
    return differences("type", code, set(re.findall(r"^\.Ss (\w+)$", section(page, "TYPES"), re.M)))


def names(api, fragctl, conf):
    decision_c, decision_h = lint.text("lib/engine/decision.c"), lint.text("lib/engine/decision.h")
    part = section(api, "THE DECISION OBJECT")
    verdicts, guards = code_names(decision_c, "verdict_names"), code_names(decision_c, "guard_names")
    levers = code_names(lint.text("lib/engine/policy.c"), "lever_names")
    acts = re.search(r"^\.It Va act\n((?:(?!\.It ).*\n)*)", part, re.M)
    yield "verdicts", differences("verdict in io.fragd(7)", verdicts, items(subsection(part, "Verdicts"), "Li")) + \
        differences("verdict in fragctl(1)", verdicts, items(subsection(fragctl, "Verdicts"), "Li"))
    yield "causes", differences("cause", set(re.findall(r'^\s+X\(\w+, "([\w-]+)"\)', lint.text("lib/causes/cause.h"), re.M)),
                                items(subsection(part, "Causes"), "Li"))
    yield "reasons", differences("reason", set(re.findall(r'^\s+X\(\w+, "([\w-]+)"\)', decision_h, re.M)),
                                 items(subsection(part, "Reasons"), "Li"))
    yield "levers", differences("lever in io.fragd(7)", levers, items(subsection(part, "Levers"), "Li")) + \
        [f"fragd.conf(5) lacks the lever {lever}" for lever in levers - {"none"} if f"\n.It Li {lever}\n" not in conf]
    yield "guards", differences("guard in io.fragd(7)", guards, items(subsection(part, "Guards"), "Li")) + \
        differences("guard in fragctl(1)", guards - {"none"}, items(subsection(fragctl, "Guards"), "Li"))
    yield "acts", differences("act", code_names(decision_c, "act_names"),
                              set(re.findall(r"^\.Li ([\w-]+)", acts[1] if acts else "", re.M)))
    yield "members of a decision", differences("member", code_decision(lint.text("lib/trace/trace-decision.c")),
                                               items(part.split("\n.Ss ")[0] + "\n", "Va"))


def limits(pages):
    text = lint.text("lib/base/limits.h")
    for constant, page, unit, said in (
            ("VARLINK_MESSAGE_MAX", API, 1024, "A call has at most {} KiB"), ("VARLINK_REPLY_MAX", API, 1 << 20, "leaves {} MiB"),
            ("VARLINK_CLIENTS_MAX", API, 1, "serves {} clients"), ("VARLINK_CLIENTS_PER_UID_MAX", API, 1, "and {} of one user"),
            ("VARLINK_IDLE_USEC", API, 1000000, "for {} seconds"), ("DECISION_LOG_MAX", API, 1, "keeps the last {};"), ("RECORD_NODES_MAX", API, 1, "of the first {} nodes"),
            ("DECISION_LOG_MAX", "man/fragd.8", 1, "the last {} decisions"),
            ("DECISION_LOG_MAX", "man/fragctl.1", 1, "keeps the last {};"),
            ("METRICS_CLIENTS_MAX", METRICS, 1, "At most {} are served"),
            ("METRICS_CLIENT_USEC", METRICS, 1000000, "each for {} seconds at most"),
            ("ACTOR_REQUESTS_PER_SEC_MAX", "man/fragd-actor.8", 1, "exceeds {} requests in a second"),
            ("ACTOR_WRITES_PER_MIN_MAX", "man/fragd-actor.8", 1, ", {} knobs set in a minute"),
            ("ACTOR_COMPACTIONS_PER_MIN_MAX", "man/fragd-actor.8", 1, "or {} compactions begun in a minute"),
            ("ACTOR_COMPACTIONS_MAX", "man/fragd-actor.8", 1, "at most {} altogether"),
            ("ACTOR_DROPS_PER_MIN_MAX", "man/fragd-actor.8", 1, "At most {} times in a minute"),
            ("ACTOR_POOLS_MAX", "man/fragd-actor.8", 1, "At most {} pools at a time")):
        sentence = said.format(code_limit(text, constant) // unit)
        if sentence not in pages[page].replace("\n", " "):
            yield f"{page}: expected \"{sentence}\" ({constant})"


def metrics(page):
    code, have = code_metrics(lint.text("lib/metrics/family.c")), page_metrics(page)
    findings = differences("metric", set(code), set(have))
    findings += [f"{name}: {code[name]} in the code, {have[name]} in the page" for name in sorted(set(code) & set(have))
                 if code[name] != have[name]]
    findings += differences("family", set(re.findall(r"^        (METRIC_(?!GAUGE|COUNTER|HISTOGRAM|STATESET|INFO)[A-Z]\w+),$",
                                                     lint.text("lib/metrics/family.h"), re.M)),
                            set(re.findall(r"\[(METRIC_\w+)\] =", lint.text("lib/metrics/family.c"))))
    explained = set(re.findall(r"\w+", " ".join(re.findall(r"^\.It Li (.*)$", subsection(section(page, "METRICS"), "Labels"), re.M))))
    findings += differences("label", {label for row in code.values() for label in row[2]} | {"le"}, explained)
    text = lint.text("lib/metrics/metrics.h")
    said = "{} + {} * nodes + {} * objectives + zones * ({} * orders + {} * watched)".format(
        *(code_limit(text, f"METRICS_SERIES_{what}") for what in ("FIXED", "NODE", "OBJECTIVE", "ORDER", "WATCHED")))
    return findings + ([] if said in page else [f"expected \"{said}\" (METRICS_SERIES_*)"])


def exits(fragd, fragctl, actor, taskstats):
    """program -> the statuses that it is seen to end with, or that its header has."""
    enum = re.search(r"typedef enum Exit \{(.*?)\}", lint.text("cli/fragctl.h"), re.S)[1]
    codes = {"fragctl": {int(n) for n in re.findall(r"= (\d+)", enum)}, "fragd": set(), "fragd-actor": set(), "fragd-taskstats": set()}
    with tempfile.TemporaryDirectory() as d:
        place = ["--root", d, "--runtime-dir", d]
        for name, *command in (("fragd", fragd, "--version"), ("fragd", fragd, "--check-config", f"{d}/none"),
                               ("fragd", fragd, "--no-such-option"), ("fragd-actor", actor, "--restore", *place),
                               ("fragd-actor", actor, "--restore", "--root", f"{d}/none", "--runtime-dir", d),
                               ("fragd-actor", actor), ("fragctl", fragctl, "--version"), ("fragctl", fragctl, "no-such-verb"),
                               ("fragctl", fragctl, "--runtime-dir", f"{d}/none", "status"), ("fragd-taskstats", taskstats),
                               ("fragd-taskstats", taskstats, "--listen")):
            codes[name].add(subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.close() # a peer that is gone already
    codes["fragd-taskstats"].add(subprocess.run([taskstats, "--fd", str(theirs.fileno())], pass_fds=[theirs.fileno()], check=False).returncode)
    return codes


def blind(check, page, old, new):
    """With a page in which something is lacking, or too much, a check finds more than without."""
    if old not in page:
        return [f"{old!r} is not in the page: this test is out of date"]
    return [] if set(check(page.replace(old, new, 1))) - set(check(page)) else [f"not found: {old!r} -> {new!r}"]


def blindness(pages, sources, fragctl):
    page, api, verb_table = pages["man/fragctl.1"], pages[API], lint.text("cli/main.c")
    monitor = lint.text("api/io.fragd.Monitor.varlink")

    for new in ("Ar size", "Fl -sise"):
        yield from blind(lambda p: options("fragctl", sources["fragctl"], p), page, ".It Fl -color Ar", f".It {new} Ar")
    for old, new in ((".It Cm resume", ".It Cm unpause"), (".It Cm policy show", ".It Cm policy view"),
                     ("Op Fl -order Ar n", "Op Fl -size Ar n")):
        yield from blind(lambda p: verbs(fragctl, verb_table, p), page, old, new)
    for old, new in ((".It Ic GetLog", ".It Ic GetLogs"), ("Va order ? ) No", "Va order ) No"), (".Monitor.NoSample", ".Monitor.Sample"),
                     ("UnknownNode Ns ( Va node ,", "UnknownNode Ns ("), (".It Va skipped\n", "")):
        yield from blind(lambda p: interface(monitor, p), api, old, new)
    yield from blind(lambda p: types_known([monitor], p), api, ".Ss PolicyBrief", ".Ss PolicyShort")
    for old in (".It Li pinned\n", ".It Li no-lever\n", ".It Li boost\n", ".It Li cooldown\n", ".Li restore-knob ,\n",
                ".It Va took_usec\n"):
        yield from blind(lambda p: [f for _, found in names(p, page, pages[CONF]) for f in found], api, old, ".It Li more\n")
    yield from blind(lambda p: limits({**pages, API: p}), api, "128 clients", "129 clients")
    for old, new in ((".It Va fragd_free_blocks", ".It Va fragd_free_block"), ("Counter, bytes; labels", "Counter; labels"),
                     (".Li mark .", ".Li marks ."), ("Memory of the node that", "Memory that"), ("+ 13 * obj", "+ 14 * obj"),
                     (".It Li mark\n", ".It Li marks\n")):
        yield from blind(metrics, pages[METRICS], old, new)


def cases(fragd, fragctl, actor, taskstats):
    pages = {path: lint.text(path) for path in [*PAGES.values(), API, CONF, METRICS]}
    sources = {"fragd": lint.text("daemon/options.c"), "fragctl": lint.text("cli/options.c"), "fragd-actor": lint.text("actor/main.c"),
               "fragd-taskstats": lint.text("taskstats/main.c")}
    yield "differences are found", list(blindness(pages, sources, fragctl))
    for program, path in PAGES.items():
        yield f"options of {program}", options(program, sources[program], pages[path])
    yield "fragd --help", help_options(fragd, sources["fragd"])
    yield "fragctl --help", help_options(fragctl, sources["fragctl"])
    yield "verbs of fragctl", verbs(fragctl, lint.text("cli/main.c"), pages["man/fragctl.1"])
    interfaces = [path for path in lint.tree() if re.match(r"api/.*\.varlink$", path)]
    for path in interfaces:
        yield path, interface(lint.text(path), pages[API])
    yield "types of the interfaces", types_known([lint.text(p) for p in interfaces], pages[API])
    yield from names(pages[API], pages["man/fragctl.1"], pages[CONF])
    yield "fields of the journal", differences(
        "field", set(re.findall(r'"(FRAGD_[A-Z_]+)=', lint.text("daemon/journal.c"))),
        items(subsection(pages["man/fragd.8"], "Journal"), "Va"))
    yield "knobs and ranges", differences(
        "knob", code_knobs(lint.text("lib/base/knob.c")),
        set(re.findall(r"^\.It Va vm\.(\w+) Ta (\d+)\.\.(\d+)$", pages["man/fragd-actor.8"], re.M)))
    yield "metrics", metrics(pages[METRICS])
    yield "limits", list(limits(pages))
    codes = exits(fragd, fragctl, actor, taskstats)
    for program, path in PAGES.items():
        yield f"exit status of {program}", differences("status", codes[program], page_status(pages[path]))


lint.report(cases(*sys.argv[1:]))
