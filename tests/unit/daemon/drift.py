#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The option table, conf/fragd.conf and fragd.conf(5) say the same.

usage: drift.py PROGRAM FRAGD.CONF FRAGD.CONF.5

PROGRAM is fragd. Prints TAP.
"""

import os
import re
import subprocess
import sys
import tempfile

MAN_SECTIONS = {
    "GLOBAL OPTIONS": "",
    "POLICY OPTIONS": "policies.NAME.",
    "OBJECTIVE OPTIONS": "policies.NAME.objectives[].",
}
TOKEN = re.compile(r'\s+|(?P<string>"[^"\n]*")|(?P<word>[\w-]+)|(?P<mark>[=:;,{}()\[\]])')


def table(program):
    """path -> (kind, range, default)"""
    text = subprocess.run([program, "--list-options"], check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in text.splitlines()]
    return {path: tuple(rest) for path, *rest in rows}


def uncomment(text):
    """The example as somebody who sets everything leaves it: options begin with '#', text with '# '."""
    lines = []
    for line in text.splitlines():
        stripped = line.lstrip()
        if stripped.startswith("#") and not re.match(r"#( |$)", stripped):
            lines.append(line.replace("#", "", 1))
        elif stripped and not stripped.startswith("#"):
            raise ValueError(f"not commented out: {line}")
    return "\n".join(lines) + "\n"


def tokens(text):
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"cannot read: {text[at:at + 30]!r}")
        at = match.end()
        if match.lastgroup:
            yield match.group(match.lastgroup)


def example_options(text):
    """path -> its values, in order. A list counts as a value, None."""
    found, rest = {}, list(tokens(text))
    while rest:
        read_option(rest, "", found)
    return found


def read_option(rest, prefix, found):
    """NAME = VALUE; or NAME: VALUE; taken from the front of rest."""
    name, equals = rest.pop(0), rest.pop(0)
    if equals not in "=:":
        raise ValueError(f"{prefix}{name}: expected '=', got '{equals}'")
    read_value(rest, "policies.NAME" if prefix == "policies." else prefix + name, found)
    while rest and rest[0] in ";,":
        rest.pop(0)


def read_value(rest, path, found):
    token = rest.pop(0)
    if token == "{":
        while rest[0] != "}":
            read_option(rest, path + ".", found)
        rest.pop(0)
    elif token in "([":
        found.setdefault(path, []).append(None)
        while rest[0] not in ")]":
            read_value(rest, path + "[]", found)
            while rest[0] == ",":
                rest.pop(0)
        rest.pop(0)
        found.pop(path + "[]", None)  # plain elements
    else:
        found.setdefault(path, []).append(token)


def man_options(text):
    """path -> the sentence that starts its entry."""
    found, prefix, path = {}, None, None
    for line in text.splitlines():
        if line.startswith(".Sh "):
            prefix = MAN_SECTIONS.get(line[4:])
        elif line.startswith(".It Cm ") and prefix is not None:
            path = prefix + line[7:]
            if path in found:
                raise ValueError(f"{path} has two entries")
            found[path] = None
        elif path is not None and found[path] is None:
            found[path] = line.replace("\\(dq", '"')
    return found


def man_sentence(kind, limits, default):
    parts = [kind[0].upper() + kind[1:]]
    if limits != "-":
        parts.append(limits)
    parts.append(default if default == "required" else "default " + default)
    return ", ".join(parts) + "."


def literal(default):
    match = re.match(r'"[^"]*"|\d+$|true$|false$', default)
    return match.group() if match else None


def check_example_defaults(options, example):
    for path, (_, _, default) in options.items():
        expected = literal(default)
        if expected is not None and example.get(path, [None])[0] != expected:
            yield f"{path}: default {expected}, the example has {example.get(path)}"


def check_names(options, found, where):
    for path in options.keys() - found.keys():
        yield f"{path} is missing in {where}"
    for path in found.keys() - options.keys():
        yield f"{path} in {where} is no option"


def check_man_sentences(options, man):
    for path, row in options.items():
        if path in man and man[path] != man_sentence(*row):
            yield f"{path}: expected '{man_sentence(*row)}', got '{man[path]}'"


def check_accepted(program, text):
    """Everything in the example, set."""
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/all.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        done = subprocess.run([program, "--check-config", path], capture_output=True, text=True)
        if done.returncode != 0:
            yield f"refused (exit {done.returncode}): {done.stderr}{done.stdout}"


def main(program, conf_path, man_path):
    with open(conf_path, encoding="utf-8") as file:
        conf = uncomment(file.read())
    with open(man_path, encoding="utf-8") as file:
        man = man_options(file.read())
    options, example = table(program), example_options(conf)
    results = {
        "fragd.conf has every option and no other": check_names(options, example, "fragd.conf"),
        "fragd.conf shows the defaults": check_example_defaults(options, example),
        "fragd.conf is accepted with everything set": check_accepted(program, conf),
        "fragd.conf(5) has every option and no other": check_names(options, man, "fragd.conf(5)"),
        "fragd.conf(5) has kinds, ranges and defaults right": check_man_sentences(options, man),
    }
    print(f"1..{len(results)}")
    failed = 0
    for number, (name, complaints) in enumerate(results.items(), 1):
        complaints = list(complaints)
        failed += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}")
        for complaint in complaints:
            print(f"# {complaint}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
