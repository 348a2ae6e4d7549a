# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of fragctl start with: cases, running it with and without a terminal, a fake fragd around it.

The first argument is the build directory. main() prints TAP; further arguments choose those cases in whose titles one of them
stands.
"""

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

from actor_harness import chosen
from fake_server import CONTROL, MIB, MONITOR, SEC, FakeServer, fill

FRAGCTL = os.path.join(os.path.abspath(sys.argv[1]), "cli", "fragctl")
DEADLINE = 60  # generous: sanitizers on a busy machine
# each verb once, with the method it calls, its socket and the parameters it sends
CALLS = [
    (["status"], MONITOR + "GetStatus", "fragd.sock", {}),
    (["zones"], MONITOR + "ListZones", "fragd.sock", {}),
    (["zones", "--node", "1", "--order", "9"], MONITOR + "ListZones", "fragd.sock", {"node": 1, "order": 9}),
    (["explain"], MONITOR + "Explain", "fragd.sock", {}),
    (["explain", "--node=0", "--size", "64K"], MONITOR + "Explain", "fragd.sock", {"node": 0, "size_bytes": 65536}),
    (["policy", "list"], MONITOR + "ListPolicies", "fragd.sock", {}),
    (["policy", "show", "balanced"], MONITOR + "ShowPolicy", "fragd.sock", {"name": "balanced"}),
    (["policy", "set", "balanced"], CONTROL + "SetPolicy", "admin.sock", {"name": "balanced"}),
    (["policy", "set", "balanced", "--for", "2h"], CONTROL + "SetPolicy", "admin.sock",
     {"name": "balanced", "for_usec": 7200 * SEC}),
    (["policy", "set", "balanced", "--runtime"], CONTROL + "SetPolicy", "admin.sock", {"name": "balanced", "runtime": True}),
    (["reload"], CONTROL + "Reload", "admin.sock", {}),
    (["knobs"], MONITOR + "ListKnobs", "fragd.sock", {}),
    (["compact", "--node", "0"], CONTROL + "Compact", "admin.sock", {"node": 0}),
    (["compact", "--node", "0", "--until", "2M:64"], CONTROL + "Compact", "admin.sock",
     {"node": 0, "size_bytes": 2 * MIB, "count": 64}),
    (["log", "-n", "5"], MONITOR + "GetLog", "fragd.sock", {"limit": 5}),
    (["pause"], CONTROL + "Pause", "admin.sock", {}),
    (["pause", "90min"], CONTROL + "Pause", "admin.sock", {"for_usec": 5400 * SEC}),
    (["resume"], CONTROL + "Resume", "admin.sock", {}),
]
cases = []


def case(title):
    def add(function):
        cases.append((title, function))
        return function
    return add


def table(title, rows):
    """One case a row: title.format(*row)."""
    def add(function):
        for row in rows:
            row = row if isinstance(row, tuple) else (row,)
            cases.append((title.format(*row), lambda row=row: function(*row)))
        return function
    return add


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(w) for w in what))


def has(text, *wanted):
    for w in wanted:
        check(w in text, repr(w), "is not in", repr(text))


def lacks(text, *unwanted):
    for w in unwanted:
        check(w not in text, repr(w), "is in", repr(text))


def environment(**changes):
    env = {k: v for k, v in os.environ.items()
           if k not in ("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES") and not k.startswith("LC_")}
    env.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TZ": "UTC"})
    env.update(changes)
    return {k: v for k, v in env.items() if v is not None}


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def expect(self, code):
        check(self.code == code, "exit code", self.code, "instead of", code, "\nout:", self.out, "\nerr:", self.err)
        check("Sanitizer" not in self.err and "runtime error" not in self.err, self.err)
        return self


def run(directory, *args, env=None, **options):
    base = [FRAGCTL] + (["--runtime-dir", directory] if directory else [])
    p = subprocess.run(base + list(args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       env=env or environment(), timeout=DEADLINE, **options)
    return Result(p.returncode, p.stdout.decode(), p.stderr.decode())


class Directory:
    """A runtime directory that others may look into."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="fragctl-")
        os.chmod(self.path, 0o755)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path)


class Served:
    """A fake fragd that answers everything, with some answers replaced."""

    def __init__(self, answers=None, **names):
        self.answers = dict(answers or {})

    def __enter__(self):
        self.directory = Directory()
        self.server = fill(FakeServer(self.directory.__enter__()))
        for method, answer in self.answers.items():
            self.server.on(method, answer)
        return self

    def __exit__(self, *what):
        self.server.close()
        self.directory.__exit__()

    def run(self, *args, **options):
        return run(self.directory.path, *args, **options)

    def terminal(self, *args, **options):
        return Terminal([FRAGCTL, "--runtime-dir", self.directory.path, *args], **options)


class Terminal:
    """A program on a pseudo-terminal (standard output and error), with what it wrote so far."""

    def __init__(self, argv, columns=80, rows=24, env=None):
        self.output = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execve(argv[0], argv, env or environment())
            finally:
                os._exit(127)
        self.code = None

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, data):
        os.write(self.fd, data)

    def read(self):
        """What comes next; False at the end."""
        check(select.select([self.fd], [], [], DEADLINE)[0], "nothing more on the terminal after", self.output)
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: the last process has closed it
            data = b""
        self.output += data
        return bool(data)

    def until(self, text, since=0):
        """Waits until text was written after offset `since`; the offset behind it."""
        text = text.encode() if isinstance(text, str) else text
        end = time.monotonic() + DEADLINE
        while text not in self.output[since:]:
            check(time.monotonic() < end, "waited in vain for", text, "in", self.output[since:])
            check(self.read(), "ended without", text, "in", self.output[since:])
        return self.output.index(text, since) + len(text)

    def end(self):
        """Waits for its end; the exit code."""
        while self.read():
            pass
        os.close(self.fd)
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code

    def text(self):
        return self.output.decode().replace("\r\n", "\n")


ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(text):
    return ESCAPES.sub("", text)


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        check(time.monotonic() < end, "waited in vain for", what)
        select.select([], [], [], 0.01)


def main():
    some = chosen(cases, lambda case: case[0])
    failed = 0
    print(f"1..{len(some)}")
    for i, (title, function) in enumerate(some, 1):
        title = title.replace("#", "").replace("\n", " ")
        try:
            function()
            print(f"ok {i} - {title}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {i} - {title}")
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), flush=True)
    return 1 if failed else 0
