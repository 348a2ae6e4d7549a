#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tidy.py BUILD: clang-tidy on every file that BUILD compiles, by .clang-tidy. Prints TAP."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import lint

BUILD = sys.argv[1]
# Sanitizers change what the analyzer sees, and clang does not know all warnings of gcc.
LEAVE_OUT = ("-fsanitize", "-fno-sanitize", "-Werror", "--coverage", "-O")


def commands():
    """One entry for each file of the tree."""
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as f:
        entries = json.load(f)
    found = {}
    for entry in entries:
        path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
        name = os.path.relpath(path, lint.SOURCE)
        if path.startswith(os.path.realpath(BUILD)) or name.startswith(".."):  # generated
            continue
        words = [w for w in shlex.split(entry["command"]) if not w.startswith(LEAVE_OUT)]
        found[name] = {"directory": entry["directory"], "file": path, "arguments": words + ["-Wno-unknown-warning-option"]}
    return found


def tidy(*args):
    p = subprocess.run(["clang-tidy", "--quiet", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if p.returncode == 0:
        return []
    return (p.stdout or p.stderr).splitlines() or [f"exit status {p.returncode}"]


def blind(directory):
    path = os.path.join(directory, "fault.c")
    with open(path, "w", encoding="utf-8") as f:
        f.write("int divide(int a);\nint divide(int a)\n{\n        int b = 0;\n        return a / b;\n}\n")
    found = tidy("--config-file=" + os.path.join(lint.SOURCE, ".clang-tidy"), path, "--")
    return [] if any("DivideZero" in line for line in found) else ["nothing found", *found]


def cases():
    if missing := lint.missing("clang-tidy"):
        yield "clang-tidy", missing
        return
    with tempfile.TemporaryDirectory() as directory:
        yield "clang-tidy finds a fault", blind(directory)
        todo = commands()
        with open(os.path.join(directory, "compile_commands.json"), "w", encoding="utf-8") as f:
            json.dump(list(todo.values()), f)
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            found = {name: pool.submit(tidy, "-p", directory, entry["file"]) for name, entry in sorted(todo.items())}
            for name, future in found.items():
                yield f"clang-tidy {name}", future.result()


lint.report(cases())
