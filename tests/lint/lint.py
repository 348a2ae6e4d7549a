# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lint programs share: the files of the tree, and a report in TAP."""

import os
import shutil
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The measuring instrument of bench/ is kept as it was, so that figures measured with it stay comparable.
KEPT_AS_IT_IS = "bench/lab/"


def tree():
    """The path of every file, from the root of the tree; without build directories and what programs leave behind."""
    for directory, names, files in os.walk(SOURCE):
        names[:] = sorted(n for n in names if n not in (".git", ".cache", "__pycache__", "out") and
                          not os.path.exists(os.path.join(directory, n, "meson-private")))
        for name in sorted(n for n in files if n != ".git"):  # a file in a worktree
            yield os.path.relpath(os.path.join(directory, name), SOURCE)


def text(path):
    """None for what is not text."""
    with open(os.path.join(SOURCE, path), "rb") as f:
        data = f.read()
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


def interpreter(path):
    """Of a script: "sh", "bash", "python3", ...; None for other files."""
    with open(os.path.join(SOURCE, path), "rb") as f:
        line = f.readline(80)
    words = [w for w in line[2:].decode(errors="replace").split() if not w.startswith("-")] if line.startswith(b"#!") else []
    return os.path.basename(words[-1]) if words else None


def python(path):
    return path.endswith(".py") or interpreter(path) == "python3"


def shell(path):
    return path.endswith(".sh") or path.startswith("completions/bash/") or interpreter(path) in ("sh", "bash")


def run(*command, **options):
    """What a command found: the lines it printed, where it failed."""
    p = subprocess.run(command, cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if p.returncode == 0:
        return []
    return p.stdout.splitlines() or [f"{command[0]} failed without a word (exit status {p.returncode})"]


class Skip:
    def __init__(self, why):
        self.why = why


def missing(program):
    return None if shutil.which(program) else Skip(f"{program} is not installed")


def report(cases):
    """cases: (title, findings); findings is a list of lines, empty where all is well, or a Skip. Exits."""
    number = failed = 0
    for number, (title, findings) in enumerate(cases, 1):
        if isinstance(findings, Skip):
            print(f"ok {number} - {title} # SKIP {findings.why}", flush=True)
            continue
        failed += bool(findings)
        print(f"{'not ok' if findings else 'ok'} {number} - {title}", flush=True)
        for line in findings:
            print(f"# {line}", flush=True)
    print(f"1..{number}")
    sys.exit(1 if failed or not number else 0)
