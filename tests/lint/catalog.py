#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The journal's message catalog: an entry for each MESSAGE_ID, in the syntax that journalctl takes, with no field that
an entry of the journal may lack (journalctl then prints the bare name of the field). Prints TAP."""

import os
import re
import shutil
import subprocess
import tempfile

import lint

CATALOG, IDS, JOURNAL = "systemd/fragd.catalog", "daemon/message-ids.h", "daemon/journal.c"
HEADS = ("Subject", "Defined-By", "Documentation")
LINE_MAX = 80
# Of an entry about a decision, what it always has, by its kind. Beside it all have the first two. That the engine keeps to it is shown by
# check_entry() in tests/unit/engine/test-property.c; which field stands for what, by daemon/journal.c.
DECISION = {"FRAGD_DECISION", "FRAGD_REASON"}
NODE = {"FRAGD_NODE", "FRAGD_VERDICT"}
KNOB = {"FRAGD_KNOB", "FRAGD_OLD_VALUE", "FRAGD_NEW_VALUE"}
ALWAYS = {
    "VERDICT": NODE, "HELD": NODE | {"FRAGD_GUARD", "FRAGD_ORDER"}, "ACTION_STARTED": NODE | {"FRAGD_LEVER"},
    "ACTION_ENDED": NODE | {"FRAGD_LEVER"}, "ACTION_FAILED": {"FRAGD_ERRNO"},
    "ACTION_MEASURED": NODE | {"FRAGD_GAIN_BYTES", "FRAGD_COST_USEC", "FRAGD_TOOK_USEC"},
    "KNOB_SET": KNOB | {"FRAGD_LEVER"}, "KNOB_RESTORED": KNOB, "KNOB_YIELDED": KNOB,
    "HOLD": {"FRAGD_REASON"}, "PREPARE": {"FRAGD_REASON", "FRAGD_UID", "FRAGD_PID"},
    "REFUSED": NODE | {"FRAGD_ERRNO", "FRAGD_UID", "FRAGD_PID"},
}


def message_ids(text):
    """name -> id"""
    return dict(re.findall(r'#define MESSAGE_ID_(\w+)\s+"([^"]*)"', text))


def parse(text):
    """(entries, findings): an entry is (line, id, {head: value}, [lines of the body]). Comments stand before the first
    entry only: systemd takes them for text elsewhere."""
    entries, findings, heads = [], [], False
    for number, line in enumerate(text.split("\n"), 1):
        start = re.fullmatch(r"-- ([0-9a-f]{32})", line)
        if start:
            entries.append((number, start[1], {}, []))
            heads = True
        elif line.startswith("--"):
            findings.append(f"{number}: expected '-- ' and 32 digits: {line}")
        elif not entries:
            if line and not line.startswith("#"):
                findings.append(f"{number}: text before the first entry: {line}")
        elif heads and line:
            head = re.fullmatch(r"([A-Z][A-Za-z-]*): (\S.*)", line)
            if not head or head[1] in entries[-1][2]:
                findings.append(f"{number}: expected a head line of its own, or an empty line: {line}")
            else:
                entries[-1][2][head[1]] = head[2]
        elif heads:
            heads = False
        else:
            entries[-1][3].append(line)
            if line != line.rstrip() or "\t" in line:
                findings.append(f"{number}: white space at the end, or a tab: {line!r}")
            if len(re.sub("@[A-Z_]+@", "value", line)) > LINE_MAX:
                findings.append(f"{number}: longer than {LINE_MAX}: {line}")
    return entries, findings


def syntax(text):
    entries, findings = parse(text)
    for number, _, heads, body in entries:
        if tuple(heads) != HEADS:
            findings.append(f"{number}: expected the heads {HEADS}, found {tuple(heads)}")
        if heads.get("Defined-By") != "fragd":
            findings.append(f"{number}: it is fragd that defines it")
        for page in heads.get("Documentation", "none").split():
            name = re.fullmatch(r"man:([\w.-]+)\((\d)\)", page)
            if not name or not os.path.exists(os.path.join(lint.SOURCE, f"man/{name[1]}.{name[2]}")):
                findings.append(f"{number}: no such manual page: {page}")
        if len("".join(body)) < 80 or body[0] == "":
            findings.append(f"{number}: expected a text that explains")
        whole = "\n".join([heads.get("Subject", ""), *body])
        if whole.count("@") != 2 * len(re.findall(r"@[A-Z_]+@", whole)):
            findings.append(f"{number}: a lone @")
    return findings


def missing(text, ids):
    have = [e[1] for e in parse(text)[0]]
    return ([f"no entry for MESSAGE_ID_{name}" for name, value in ids.items() if value not in have] +
            [f"an entry for {value}, which is no MESSAGE_ID" for value in have if value not in ids.values()] +
            [f"{have.count(value)} entries for {value}" for value in sorted(set(have)) if have.count(value) > 1])


def decision_fields(journal):
    return set(re.findall(r'"(FRAGD_[A-Z_]+)=', journal))


def fields_of(name, sources):
    """The fields that every entry of the id has, by who sends it."""
    peer = {"FRAGD_UID", "FRAGD_PID"}
    senders = []
    for text in sources.values():
        for call in re.findall(rf"\b(journal_log|journal_log_peer)\s*\([^;]*?\bMESSAGE_ID_{name}\b", text):
            senders.append(peer if call == "journal_log_peer" else set())
    if re.search(rf"\[REASON_\w+\] = \{{ MESSAGE_ID_{name}\b", sources[JOURNAL]):
        senders.append(DECISION | ALWAYS.get(name, set()))
    return set.intersection(*senders) if senders else None


def fields(text, ids, sources):
    names = {value: name for name, value in ids.items()}
    for number, value, heads, body in parse(text)[0]:
        may = fields_of(names.get(value), sources)
        if may is None:
            yield f"{number}: nobody sends MESSAGE_ID_{names.get(value)}"
            continue
        for field in re.findall(r"@([^@\n]*)@", "\n".join([heads.get("Subject", ""), *body])):
            if field not in may:
                yield f"{number}: not every entry of MESSAGE_ID_{names[value]} has the field {field}"


def journalctl(text, ids):
    """What systemd itself makes of it."""
    if lint.missing("journalctl"):
        return lint.missing("journalctl")
    with tempfile.TemporaryDirectory() as root:
        for path in ("usr/lib/systemd/catalog", "var/lib/systemd/catalog"):
            os.makedirs(os.path.join(root, path))
        with open(os.path.join(root, "usr/lib/systemd/catalog/fragd.catalog"), "w", encoding="utf-8") as f:
            f.write(text)
        said = lint.run("journalctl", f"--root={root}", "--update-catalog")
        if said:
            return said
        p = subprocess.run(["journalctl", f"--root={root}", "--list-catalog"], stdout=subprocess.PIPE, text=True, check=False)
    listed = re.findall(r"^([0-9a-f]{32}) fragd: \S.*$", p.stdout, re.M)
    findings = [f"journalctl --list-catalog ends with {p.returncode}"] if p.returncode else []
    return findings + [f"journalctl does not list {i}" for i in ids.values() if i not in listed]


def blind(check, what):
    return [] if list(check) else [f"not found: {what}"]


def cases():
    text, ids = lint.text(CATALOG), message_ids(lint.text(IDS))
    sources = {path: lint.text(path) for path in lint.tree() if re.match(r"daemon/.*\.c$", path)}
    first, started = f"-- {'0' * 32}\n", ids["STARTED"]
    yield "faults of syntax are found", [f for broken in (
        text.replace("Subject:", "subject:", 1), text.replace("Defined-By: fragd", "Defined-By: systemd", 1),
        text.replace("man:fragd(8)", "man:fragd(9)", 1), text.replace(f"-- {started}", f"-- {started[:-1]}"),
        text.replace("@FRAGD_NODE@", "@FRAGD_NODE", 1)) for f in blind(syntax(broken), broken[:2000])]
    yield "an id without an entry, and an entry without an id, are found", (
        blind(missing(text, {**ids, "NEW": "f" * 32}), "an id without an entry") +
        blind(missing(text + first, ids), "an entry without an id"))
    yield "a field that not every entry has is found", [f for name, field in (
        ("STARTED", "FRAGD_NODES"), ("STARTED", "FRAGD_NODE"), ("ACTION_FAILED", "FRAGD_NODE"), ("POLICY_CHANGED", "FRAGD_UID")) for f in
        blind(fields(text.replace(f"-- {ids[name]}\nSubject:", f"-- {ids[name]}\nSubject: @{field}@"), ids, sources), field)]
    yield "there are ids, entries and fields", [] if len(ids) > 20 and len(decision_fields(sources[JOURNAL])) > 20 else ["few"]
    yield "syntax", syntax(text)
    yield "an entry for each id", missing(text, ids)
    sent = decision_fields(sources[JOURNAL])
    yield "each field is sent", list(fields(text, ids, sources)) + [
        f"{name}: daemon/journal.c knows no field {f}" for name, always in ALWAYS.items() for f in sorted(always - sent)]
    if shutil.which("journalctl"):
        yield "journalctl does not take what is none", blind(journalctl("no catalog\n", ids), "a file that is no catalog")
    yield "journalctl takes it", journalctl(text, ids)


if __name__ == "__main__":
    lint.report(cases())
