#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tools/progress.sh: on a terminal one line that changes, nothing in a pipe; the log has everything. Prints TAP."""

import os
import pty
import subprocess
import sys
import tempfile

PROGRESS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tools", "progress.sh")
JOB = r"job() { echo '[1/2] Compiling a.c'; printf 'odd \033[31mred\n' >&2; echo pmstatus:libc6:37.5:Unpacking libc6; " \
      r"printf '%0200d\n' 7; return $1; }"
SCRIPT = f'. "$1"; {JOB}; progress_run "$2" job "$3"; echo "ended $?"'


def run(status, terminal, **environment):
    """(what was shown, the output, the log)"""
    with tempfile.TemporaryDirectory() as directory:
        log = os.path.join(directory, "log")
        ours, theirs = pty.openpty()
        p = subprocess.run(["bash", "-c", SCRIPT, "bash", PROGRESS, log, str(status)], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=theirs if terminal else subprocess.PIPE, timeout=60,
                           env={**os.environ, "TERM": "xterm", **environment})
        os.close(theirs)
        shown = b"" if terminal else p.stderr
        try:
            while terminal and (data := os.read(ours, 65536)):
                shown += data
        except OSError:  # EIO: that was all
            pass
        os.close(ours)
        with open(log, encoding="utf-8") as f:
            return shown.decode(), p.stdout.decode(), f.read()


def on_a_terminal():
    shown, out, log = run(0, True)
    assert out == "ended 0\n", out
    assert "\r\033[K[1/2] Compiling a.c" in shown and "\r\033[K 37% Unpacking libc6" in shown, shown
    assert "odd [31mred" in shown and "\033[31m" not in shown, shown
    assert "\n" not in shown and "0" * 79 in shown and "0" * 80 not in shown and shown.endswith("\r\033[K"), shown
    assert len(log.splitlines()) == 4 and "\033[31m" in log, log


def in_a_pipe():
    for terminal, env in ((False, {}), (True, {"TERM": "dumb"}), (True, {"TERM": ""})):
        shown, out, log = run(0, terminal, **env)
        assert (shown, out, len(log.splitlines())) == ("", "ended 0\n", 4), (shown, out, log)


def status():
    for terminal in (True, False):
        assert run(3, terminal)[1] == "ended 3\n"


def main():
    cases = (on_a_terminal, in_a_pipe, status)
    failed = 0
    print(f"1..{len(cases)}")
    for i, case in enumerate(cases, 1):
        try:
            case()
            print(f"ok {i} - {case.__name__}")
        except AssertionError as e:
            failed = 1
            print(f"not ok {i} - {case.__name__}\n# {e!r}")
    return failed


sys.exit(main())
