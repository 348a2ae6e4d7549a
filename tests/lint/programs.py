#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What other programs have to say about scripts, manual pages and .clang-format. Prints TAP."""

import os
import re
import tempfile

import lint


def compiles(path, text):
    try:
        compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as e:
        return [f"{path}:{e.lineno}: {e.msg}"]
    return []


def shellcheck(path):
    return lint.missing("shellcheck") or lint.run("shellcheck", "--format=gcc", "--external-sources", path)


def mandoc(path):
    return lint.missing("mandoc") or lint.run("mandoc", "-T", "lint", "-W", "warning", path)


def clang_format():
    # Whether it is understood, not whether it is obeyed: tables are laid out by hand.
    return lint.missing("clang-format") or lint.run("clang-format", "--dry-run", "lib/base/strbuf.c")


def blind(check, name, text):
    """A file with a fault, in which the program has to find something."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        found = check(path)
        return found if isinstance(found, lint.Skip) else [] if found else [f"nothing found in:\n{text}"]


def cases():
    yield "shellcheck finds a fault", blind(shellcheck, "a", "#!/bin/sh\nrm $1\n")
    yield "mandoc finds a fault", blind(mandoc, "a.1", ".Dd today\n.Dt A 1\n.Bogus\n")
    yield "a fault of Python is found", [] if compiles("a.py", "def f(:\n") else ["not found"]
    for path in lint.tree():
        if lint.shell(path) and not path.startswith(lint.KEPT_AS_IT_IS):
            yield f"shellcheck {path}", shellcheck(path)
        elif lint.python(path):
            yield f"python {path}", compiles(path, lint.text(path))
        elif re.match(r"man/.*\.\d$", path):
            yield f"mandoc {path}", mandoc(path)
    yield "clang-format understands .clang-format", clang_format()


lint.report(cases())
