#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules for Prometheus and docs/fleet.md: what promtool says of them, whether each alert is tested both ways, asks for metrics
that there are, and has a section in the runbook. Prints TAP."""

import os
import re
import shutil
import subprocess
import tempfile

import lint
from promql import RULES, expression, names, names_of_code, rules, unbounded

FOLDER = "contrib/prometheus"
TESTS, RUNBOOK, FLEET = f"{FOLDER}/fragd.rules.test.yml", "docs/runbook.md", "docs/fleet.md"


def alerts(text):
    return {name: part for name, part in rules(text).items() if part.startswith("alert")}


def unit_tests(text):
    """What fails, as promtool says it."""
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "fragd.rules.yml"), "w", encoding="utf-8") as f:
            f.write(text)
        shutil.copy(os.path.join(lint.SOURCE, TESTS), directory)
        p = subprocess.run(["promtool", "test", "rules", "fragd.rules.test.yml"], cwd=directory, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=300)
    return [] if p.returncode == 0 else p.stdout.splitlines()


def unnoticed(text, other):
    """Alerts whose tests do not notice that they have become something else."""
    for part in alerts(text).values():
        old = expression(part)
        text = text.replace(part, part.replace(old, f"          {other}\n" if old.startswith(" ") else other, 1), 1)
    said = "\n".join(unit_tests(text))
    return [f"{name}: its test does not notice" for name in alerts(text) if f"alertname: {name}," not in said]


def unknown(text):
    known = names_of_code()
    return [f"{rule}: there is no {name}" for rule, part in rules(text).items() for name in sorted(names(expression(part)) - known)]


def since_boot(text):
    return [f"{rule}: {found}" for rule, part in rules(text).items() for found in unbounded(expression(part))]


def tested(text, test):
    """Each alert is expected to fire and not to fire."""
    expected = re.findall(r"alertname: (\w+)\n        exp_alerts:(.*)", test)
    return [f"{name}: no test in which it {what}" for name in alerts(text) for what, empty in (("is silent", True), ("fires", False))
            if not any(n == name and (rest.strip() == "[]") == empty for n, rest in expected)]


def runbook(text, book):
    sections = {title: body for title, body in re.findall(r"^## (\w+)\n((?:(?!## ).*\n)*)", book, re.M)}
    found = [f"{name}: no section in the runbook" for name in alerts(text) if name not in sections]
    found += [f"{name}: a section in the runbook, but no alert" for name in sections if name not in alerts(text)]
    found += [f"{name}: its section does not end in a command" for name, body in sections.items()
              if not body.rstrip("\n").splitlines()[-1].startswith("    ")]
    return found + [f"{name}: does not name its section" for name, part in alerts(text).items()
                    if f"runbook: 'runbook.md#{name.lower()}'" not in part]


def commands(book):
    """The commands of the runbook are written as a shell takes them, and its fragctl has those verbs."""
    lines = [line[4:] for line in book.splitlines() if line.startswith("    ")]
    verbs = set(re.findall(r'^        \{ "([\w-]+)", "', lint.text("cli/main.c"), re.M))
    found = [f"{line}: {said}" for line in lines for said in lint.run("bash", "-n", "-c", line)]
    return found + [f"{line}: fragctl has no verb {verb}" for line in lines for verb in re.findall(r"\bfragctl (\w+)", line) if verb not in verbs]


def kept(text, fleet):
    """What docs/fleet.md keeps for the rules is what they ask for, and the rules that it names are there."""
    wanted = {n for part in rules(text).values() for n in names(expression(part)) if n.startswith("fragd_")}
    regex = re.search(r"regex: (fragd_\S+)\n", fleet)[1]
    found = [f"{FLEET} does not keep {name}" for name in sorted(wanted) if not re.fullmatch(regex, name)]
    found += [f"{FLEET} keeps {name} in vain" for name in sorted(names_of_code() - wanted) if re.fullmatch(regex, name)]
    named = re.findall(r"`([a-z]+:fragd_\w+:\w+)`", fleet) + re.findall(r"\bFragd[A-Z]\w+", fleet)
    return found + [f"{FLEET}: there is no rule {name}" for name in sorted(set(named) - rules(text).keys())]


def configurations(fleet):
    """What Prometheus says of those in docs/fleet.md; one with remote_write and no rules is an agent's."""
    found, blocks = [], re.findall(r"^    scrape_configs:\n(?:    .*\n)+", fleet, re.M)
    for block in blocks:
        with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as f:
            f.write(re.sub(r"^    ", "", block, flags=re.M))
            f.flush()
            agent = ["--agent"] if "remote_write" in block else []
            found += lint.run("promtool", "check", "config", "--syntax-only", *agent, f.name)
    return found if len(blocks) == 2 else [f"{len(blocks)} configurations in {FLEET}, expected 2"]


def blind(text, book):
    fleet = lint.text(FLEET)
    alert = next(iter(alerts(text)))
    for what, found in (("an unknown metric", unknown(text.replace("fragd_acts ==", "fragd_act =="))),
                        ("a ratio since boot", since_boot(text.replace("(fragd_thp_faults_total[5m])", "(fragd_thp_faults_total)"))),
                        ("an alert without a section", runbook(text, book.replace(f"## {alert}", f"## {alert}s"))),
                        ("a section without a command", runbook(text, re.sub(r"    fragctl zones\n", "Look.\n", book))),
                        ("an alert without a test", tested(text.replace(alert, "Other"), lint.text(TESTS))),
                        ("a family that is not kept", kept(text, fleet.replace("(build_info|", "("))),
            ("one that is kept in vain", kept(text, fleet.replace("(build_info|", "(build_info|paused|"))),
            ("a recording that there is not", kept(text, fleet + "`job:fragd_x:y`")),
            ("a verb that there is not", commands("    fragctl repair\n")), ("a broken command", commands("    echo 'a\n"))):
        if not found:
            yield f"not found: {what}"


def cases():
    text, book = lint.text(RULES), lint.text(RUNBOOK)
    yield "faults are found", list(blind(text, book))
    yield "the rules ask for metrics that there are", unknown(text)
    yield "no rule counts since boot", since_boot(text)
    yield "each alert is tested both ways", tested(text, lint.text(TESTS))
    yield "each alert has a section in the runbook, which ends in a command", runbook(text, book)
    yield "the commands of the runbook can be typed", commands(book)
    yield "the fleet keeps what the rules ask for", kept(text, lint.text(FLEET))
    yield "the commands of the fleet can be typed", commands(re.sub(r"^    (?!fragctl).*\n", "", lint.text(FLEET), flags=re.M))
    if missing := lint.missing("promtool"):
        yield "promtool", missing
        return
    yield "promtool check config, of the fleet's", configurations(lint.text(FLEET))
    yield "promtool check rules", lint.run("promtool", "check", "rules", "--lint=all", "--lint-fatal", RULES)
    yield "promtool test rules", unit_tests(text)
    yield "an alert that never fires is found out", unnoticed(text, "vector(0) > 1")
    yield "an alert that always fires is found out", unnoticed(text, "vector(1)")


lint.report(cases())
