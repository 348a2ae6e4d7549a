#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl on terminals, and the verbs that go on: status --watch, log --follow. Against fake_server.py."""

import json
import os
import re
import signal
import subprocess
import sys

from fake_server import CONTROL, GIB, MIB, MONITOR, SEC, SILENCE, decision, log_entry, node, objective, send, status
from fragctl_tap import (CALLS, DEADLINE, FRAGCTL, Served, case, check, environment, has, lacks, main, plain, table, wait_for)

# --- terminals ---


@table("no line is longer than {1} columns: {0}", [(" ".join(c[0]), n, c[0]) for c in CALLS for n in (80, 132)])
def _(_, columns, args):
    with Served() as s:
        t = s.terminal(*args, columns=columns)
        check(t.end() == 0, t.text())
        for line in plain(t.text().split("\r\x1b[K")[-1]).splitlines():
            check(len(line) <= columns, len(line), repr(line))


@case("the worst status still fits in 80 columns")
def _():
    worst = objective(current_bytes=1023 * GIB + 900 * MIB, reserve_bytes=1023 * GIB, refill_bytes=1023 * GIB,
                      ceiling_bytes=1023 * GIB + 900 * MIB, size_bytes=512 * MIB, use="kernel",
                      slope_bytes_per_second=-1000 * MIB, time_left_usec=59 * 60 * SEC, met_usec=9999, observed_usec=10000)
    with Served({MONITOR + "GetStatus": status(nodes=[node(1023, objectives=[worst])])}) as s:
        t = s.terminal("status")
        check(t.end() == 0, t.text())
        has(plain(t.text()), "1023.8G", "99.99%", "59min left")
        check(max(len(line) for line in plain(t.text()).splitlines()) <= 80, t.text())


@table("colour: {0}", [
    ("on a terminal", True, [], {}, True),
    ("not in a pipe", False, [], {}, False),
    ("NO_COLOR", True, [], {"NO_COLOR": "1"}, False),
    ("NO_COLOR empty", True, [], {"NO_COLOR": ""}, True),
    ("NO_COLOR wins over CLICOLOR_FORCE", False, [], {"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, False),
    ("CLICOLOR_FORCE", False, [], {"CLICOLOR_FORCE": "1"}, True),
    ("CLICOLOR_FORCE=0", False, [], {"CLICOLOR_FORCE": "0"}, False),
    ("TERM=dumb", True, [], {"TERM": "dumb"}, False),
    ("TERM not set", True, [], {"TERM": None}, False),
    ("--color=always", False, ["--color=always"], {"NO_COLOR": "1"}, True),
    ("--color=never", True, ["--color", "never"], {"CLICOLOR_FORCE": "1"}, False),
])
def _(_, tty, args, env, wanted):
    with Served() as s:
        if tty:
            t = s.terminal(*args, "status", env=environment(**env))
            check(t.end() == 0, t.text())
            out = t.text()
        else:
            out = s.run(*args, "status", env=environment(**env)).expect(0).out
        check(("\x1b[" in out) == wanted, repr(out))
        has(plain(out), "fragmented", "met")  # never by colour alone


@case("compact turns a spinner on a terminal, and cleans it up")
def _():
    with Served({CONTROL + "Compact": SILENCE}) as s:
        t = s.terminal("compact", "--node", "0")
        first = t.until("compacting node 0, 0s")
        t.until("compacting node 0", first)
        send(s.server.connections[-1], {"sentence": "Done.", "decision": decision()})
        check(t.end() == 0, t.text())
        has(t.text(), "\r\x1b[KDone.\n")


# --- watching ---


class Stream:
    """GetStatus: a plain call is answered with `first`; the one with more is kept for push()."""

    def __init__(self, first):
        self.first, self.conn = first, None

    def __call__(self, call, conn):
        if not call.get("more"):
            return self.first
        self.conn = conn
        return SILENCE

    def push(self, reply, continues=True):
        wait_for(lambda: self.conn, "the call with more")
        send(self.conn, reply, continues)


def met(**members):
    return status(nodes=[node(objectives=[objective(verdict="met", time_left_usec=None)])], **members)


@case("watch on a terminal: screen, refreshed by samples and by time, Ctrl-C restores the cursor and exits 0")
def _():
    stream = Stream(status())
    with Served({MONITOR + "GetStatus": stream}) as s:
        t = s.terminal("status", "--watch")
        at = t.until("extfrag_index")
        has(t.text(), "\x1b[?25l\x1b[H\x1b[2J", "fragmented")
        lacks(t.text(), "\x1b[?25h")
        at = t.until("3s ago", at)  # 2s ago when it came
        stream.push(met(sample_age_usec=0))
        at = t.until("met ", at)
        t.until("0s ago", at - 200)
        lacks(plain(t.output[at:].decode()), "fragmented")
        t.type(b"\x03")
        check(t.end() == 0, t.text())
        check(t.text().rstrip().endswith("\x1b[?25h"), repr(t.text()[-40:]))
        check(t.output.count(b"\x1b[2J") == 1, "the screen was emptied in between")
        check(not re.search("[^\n]\x1b\\[K\n", t.text()), "erases the last letter of a full line")


@case("watch follows the size of the terminal")
def _():
    with Served({MONITOR + "GetStatus": Stream(status(nodes=[node(n) for n in range(4)]))}) as s:
        t = s.terminal("status", "-w")
        at = t.until("\x1b[?7h")
        t.resize(100, 8)
        at = t.until("\x1b[2J", at)
        t.until("(more than fits: enlarge the terminal)", at)
        t.type(b"\x03")
        check(t.end() == 0, t.text())


@case("watch on a small terminal leaves out what is met first")
def _():
    with Served({MONITOR + "GetStatus": Stream(status(nodes=[node(n) for n in range(10)]))}) as s:
        t = s.terminal("status", "-w", rows=30)
        t.until("10 objectives that are met are not shown.")
        check(plain(t.text()).count("fragmented") == 10, t.text())
        lacks(plain(t.text()), "kernel")
        t.type(b"\x03")
        check(t.end() == 0, t.text())


@table("watch ends 0 on {0} and shows the cursor again", ["SIGTERM", "SIGHUP", "SIGINT"])
def _(name):
    with Served({MONITOR + "GetStatus": Stream(status())}) as s:
        t = s.terminal("status", "--watch")
        t.until("extfrag_index")
        os.kill(t.pid, getattr(signal, name))
        check(t.end() == 0, t.text())
        has(t.text()[-20:], "\x1b[?25h")


@case("watch stopped by Ctrl-Z shows the cursor, and draws anew afterwards")
def _():
    with Served({MONITOR + "GetStatus": Stream(status())}) as s:
        t = s.terminal("status", "--watch")
        at = t.until("extfrag_index")
        os.kill(t.pid, signal.SIGTSTP)
        at = t.until("\x1b[?25h", at)
        check(os.WIFSTOPPED(os.waitpid(t.pid, os.WUNTRACED)[1]))
        os.kill(t.pid, signal.SIGCONT)
        t.until("\x1b[?25l\x1b[H\x1b[2J", at)
        os.kill(t.pid, signal.SIGINT)
        check(t.end() == 0, t.text())


@case("watch --for ends by itself")
def _():
    with Served({MONITOR + "GetStatus": Stream(status())}) as s:
        t = s.terminal("status", "--watch", "--for", "300ms")
        check(t.end() == 0, t.text())
        has(t.text(), "\x1b[?25h")


@case("watch says when fragd goes away: exit 5, cursor restored")
def _():
    with Served({MONITOR + "GetStatus": Stream(status())}) as s:
        t = s.terminal("status", "--watch")
        t.until("extfrag_index")
        s.server.close()
        check(t.end() == 5, t.text())
        has(t.text(), "fragd went away", "\x1b[?25h")


@case("watch says when fragd ends the stream: exit 5")
def _():
    stream = Stream(status())
    with Served({MONITOR + "GetStatus": stream}) as s:
        t = s.terminal("status", "--watch")
        t.until("extfrag_index")
        stream.push(status(), continues=False)
        check(t.end() == 5, t.text())
        has(t.text(), "fragd ended the watch", "\x1b[?25h")


@case("watch gives up on a broken sample: exit 1, cursor restored")
def _():
    stream = Stream(status())
    with Served({MONITOR + "GetStatus": stream}) as s:
        t = s.terminal("status", "--watch")
        t.until("extfrag_index")
        stream.push({"status": 1})
        check(t.end() == 1, t.text())
        has(t.text(), "not as expected", "\x1b[?25h")


def start(served, *args, **env):
    return subprocess.Popen([FRAGCTL, "--runtime-dir", served.directory.path, *args], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**env))


@case("watch without a terminal: a line for each change, none for the same again")
def _():
    stream = Stream(status())
    with Served({MONITOR + "GetStatus": stream}) as s:
        p = start(s, "status", "--watch")
        first = p.stdout.readline().decode()
        check(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d policy balanced acts; node 0 2M user: 96M of 512M fragmented; ", first), first)
        stream.push(status(samples=24))  # nothing that the line says
        stream.push(met())
        second = p.stdout.readline().decode()
        has(second, "96M of 512M met")
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=DEADLINE)
        check((p.returncode, out, err) == (0, b"", b""), p.returncode, out, err)
        lacks(first + second, "\x1b")


@case("watch prints lines where TERM=dumb, too")
def _():
    with Served({MONITOR + "GetStatus": Stream(status())}) as s:
        t = s.terminal("status", "--watch", "--for", "100ms", env=environment(TERM="dumb"))
        check(t.end() == 0, t.text())
        has(t.text(), "policy balanced acts; node 0 2M user")
        lacks(t.text(), "\x1b")


@case("watch lines of a large machine count what is met")
def _():
    with Served({MONITOR + "GetStatus": Stream(status(nodes=[node(n) for n in range(64)]))}) as s:
        r = s.run("status", "--watch", "--for", "100ms").expect(0)
        has(r.out, "node 63 2M user", "; 64 objectives met")


@case("watch --json: a reply a line")
def _():
    stream = Stream(status())
    with Served({MONITOR + "GetStatus": stream}) as s:
        p = start(s, "status", "--watch", "--json")
        check(json.loads(p.stdout.readline()) == status())
        stream.push(met())
        check(json.loads(p.stdout.readline()) == met())
        p.send_signal(signal.SIGINT)
        check(p.communicate(timeout=DEADLINE) == (b"", b"") and p.returncode == 0, p.returncode)


@case("log --follow prints entries as they come, and says when fragd goes away")
def _():
    def first(call, conn):
        check(call.get("more") is True, call)
        send(conn, {"entries": [log_entry()]}, continues=True)
        return SILENCE
    with Served({MONITOR + "GetLog": first}) as s:
        p = start(s, "log", "--follow", "--since", "1h")
        has(p.stdout.readline().decode(), "Node 0: compacted.")
        send(s.server.connections[-1], {"entries": [log_entry(sentence="Node 1: resumed.")]}, continues=True)
        has(p.stdout.readline().decode(), "Node 1: resumed.")
        s.server.close()
        out, err = p.communicate(timeout=DEADLINE)
        check(p.returncode == 5 and b"went away" in err, p.returncode, out, err)


@case("log --follow into a pipe that is closed ends")
def _():
    def first(call, conn):
        send(conn, {"entries": [log_entry()]}, continues=True)
        return SILENCE
    with Served({MONITOR + "GetLog": first}) as s:
        p = start(s, "log", "-f")
        p.stdout.readline()
        p.stdout.close()
        send(s.server.connections[-1], {"entries": [log_entry()]}, continues=True)
        check(p.wait(timeout=DEADLINE) == -signal.SIGPIPE, p.returncode)
        p.stderr.close()


class Slow:
    """Cases that must wait for a deadline of fragctl's own: started first, looked at last."""

    def __init__(self):
        self.silent = Served({MONITOR + "GetStatus": SILENCE})
        self.calm = Served({MONITOR + "GetStatus": Stream(status())})
        self.silent_process = start(self.silent.__enter__(), "status")
        self.calm_process = start(self.calm.__enter__(), "status", "--watch", "--for", "11s")

    def add_cases(self):
        case("watch lines: a sign of life each 10s where nothing changes")(self.check_calm)
        case("a daemon that does not answer: exit 5 after 30s")(self.check_silent)

    def check_calm(self):
        out, _ = self.calm_process.communicate(timeout=DEADLINE)
        self.calm.__exit__()
        lines = [line.split(" ", 2)[2] for line in out.decode().splitlines()]
        check(self.calm_process.returncode == 0 and len(lines) == 2 and lines[0] == lines[1], out)

    def check_silent(self):
        out, err = self.silent_process.communicate(timeout=DEADLINE)
        self.silent.__exit__()
        check(self.silent_process.returncode == 5 and b"no reply from" in err and b"within 30s" in err, out, err)


if __name__ == "__main__":
    Slow().add_cases()
    sys.exit(main())
