# SPDX-License-Identifier: LGPL-2.1-or-later
"""`fragctl top` on a screen, with a fragd that only answers and with the real one. Waits for conditions, never for time."""

import os
import re
import signal
import sys
import time

from actor_harness import process_state, wait_until
from fake_server import MIB, MONITOR, SEC, SILENCE, log_entry, node, objective, send, status
from fragctl_tap import FRAGCTL, Directory, Served, Terminal, case, check, environment, has, lacks, main, table
from fragd_harness import FRAGMENTED, HEALED, SHORT, Machine, policy_text
from top_screen import Top


class Fragd:
    """The real one, on a machine that fragments and heals on command."""

    def __enter__(self):
        self.machine = Machine()
        self.machine.config(policy_text(act=False))
        self.machine.start().up()
        return self.machine

    def __exit__(self, *_):
        self.machine.done()


def served(**members):
    """A fragd whose samples never come, but for the first."""
    first = status(now_realtime_usec=int(time.time()) * SEC, **members)

    def answer(call, conn):
        return SILENCE if call.get("more") else first

    def log(call, conn):
        send(conn, {"entries": [log_entry(), log_entry(1795356060 * SEC, "Node 0: paused.")]}, continues=True)
        return SILENCE
    return Served({MONITOR + "GetStatus": answer, MONITOR + "GetLog": log})


@table("{0}x{1}: all parts are there", [(80, 24), (160, 50), (81, 40), (200, 24)])
def parts(columns, rows):
    with served() as s, Top(s.directory.path, columns, rows) as top:
        text = top.shows("1 OF 2 OBJECTIVES MISSED: node 0 has 96M of 512M in 2M blocks (fragmented)", "LAST 10 MINUTES",
                         "FREE MEMORY IN PIECES", "holds back: cool-down", "1.23s of 20s of compaction time",
                         "memory 0.12%", "LAST DECISIONS", "Node 0: paused.", "Node 0: compacted.", "q quit", "1 node")
        lines = text.splitlines()
        check(len(lines) == rows and max(map(len, lines)) <= columns, text)
        check(("GUARDS OF NODE 0" in text) == (columns >= 120 and rows >= 36), text)
        check(("CEILING" in text) == (columns >= 120), text)
        top.keys("q")
        check(top.ended() == "", "it said something")


@case("a terminal that changes its size")
def resizes():
    with served() as s, Top(s.directory.path) as top:
        top.shows("LAST DECISIONS")
        top.resize(160, 50)
        top.shows("GUARDS OF NODE 0", "CEILING")
        top.resize(70, 20)
        top.shows("needs 80x24, this terminal has 70x20", "1 OF 2 OBJECTIVES MISSED")
        top.lacks("LAST DECISIONS")
        top.resize(80, 24)
        top.shows("LAST DECISIONS", "q quit")
        top.keys("q")
        top.ended()


@table("{0} restores the terminal", ["q", "C-c", "SIGTERM", "SIGINT", "SIGHUP"])
def restores(how):
    with served() as s, Top(s.directory.path) as top:
        top.shows("q quit")
        if how.startswith("SIG"):
            os.kill(top.pid(), getattr(signal, how))
        else:
            top.keys(how)
        check(top.ended() == "", "it said something")
        lacks(top.text(), "LAST DECISIONS")


@case("Ctrl-Z leaves the shell its terminal; fg comes back, to another size too")
def stops():
    with served() as s, Top(s.directory.path) as top:
        top.shows("q quit")
        pid = top.pid()
        top.keys("C-z")
        wait_until("it has stopped", lambda: process_state(pid)[0] == "T")
        top.shows("Stopped")
        lacks(top.text(), "LAST DECISIONS")
        top.resize(160, 50)
        top.type("fg", "Enter")
        top.shows("GUARDS OF NODE 0")
        top.keys("q")
        top.until("its end", lambda: not os.path.exists(f"/proc/{pid}"))
        lacks(top.text(), "GUARDS OF NODE 0")


@case("many nodes: scrolling, only what is missed, zones")
def scrolls():
    met = objective(verdict="met", current_bytes=900 * MIB)
    nodes = [node(n, objectives=[objective() if n == 40 else met]) for n in range(64)]
    with served(nodes=nodes) as s, Top(s.directory.path) as top:
        top.shows("1 OF 64 OBJECTIVES MISSED: node 40 has", "of 64")
        lacks(top.text(), "  40     2M")
        top.keys("End")
        top.shows("  63     2M", "-64 of 64")
        top.keys("Home")
        top.shows("nodes 1-")
        top.keys("Down")
        top.shows("nodes 2-")
        top.keys("NPage")
        top.lacks("nodes 2-")
        top.keys("PPage")
        top.shows("nodes 2-")
        top.keys("Up")
        top.shows("nodes 1-")
        top.keys("m")
        top.shows("[only missed]", "  40     2M", "1 node")
        top.keys("z")
        top.shows("[zones]", "  40 DMA32", "  40 Normal")
        top.keys("q")
        top.ended()


COLORS = re.compile(r"\x1b\[[\d;]*(?<!\d)(?:[34][0-7]|[34]8;[25])[;m\d]")


@table("colours: {0}", [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "vt100"}, False), ({"TERM": "linux"}, True)])
def colors(env, wanted):
    with served() as s, Top(s.directory.path, **env) as top:
        top.shows("q quit")
        check(bool(COLORS.search(top.escapes())) == wanted, repr(top.escapes()))
        has(top.text(), "fragmented")
        top.keys("q")
        top.shows("ended 0")


@case("without UTF-8 there is only ASCII")
def ascii_only():
    with served() as s, Top(s.directory.path, LC_ALL="C") as top:
        text = top.shows("q quit", "Up Down PgUp")
        check(text.isascii(), text)
        check(re.search(r"99%\s+[_.:=+*#-]+", text), text)
    with served() as s, Top(s.directory.path) as top:
        check(not top.shows("q quit", "\u2191\u2193").isascii(), "ASCII")


@case("memory that fragments and heals, as it happens")
def follows():
    with Fragd() as machine, Top(machine.runtime) as top:
        top.shows("THE OBJECTIVE IS MISSED", "fragmented", "takes effect")
        machine.memory(HEALED)
        top.shows("THE OBJECTIVE IS MET")
        machine.memory(SHORT)
        top.shows("THE OBJECTIVE IS MISSED", "short")
        machine.memory(FRAGMENTED)
        top.shows("fragmented")
        top.keys("q")
        top.ended()


@case("fragd that goes away and comes back")
def reconnects():
    with Fragd() as machine, Top(machine.runtime) as top:
        top.shows("THE OBJECTIVE IS MISSED")
        machine.daemons[0].end()
        top.shows("NOT CONNECTED since", "trying again", "is old", "takes effect")
        machine.memory(HEALED)
        machine.start().up()
        top.shows("THE OBJECTIVE IS MET", "takes effect")
        lacks(top.text(), "NOT CONNECTED")
        # kept across the restart by fragd, and not told twice here
        top.until("both starts in the log", lambda: top.text().count("takes effect") == 2)
        machine.daemons[1].process.kill()
        top.shows("NOT CONNECTED since")
        top.keys("q")
        check(top.ended() == "", "it said something")


@case("a reply that makes no sense: said on the screen, and asked again")
def nonsense():
    answers = [status(), {"status": {"version": 3}}, status(policy="later")]

    def answer(call, conn):
        return answers.pop(0) if answers else SILENCE
    with served() as s:
        s.server.on(MONITOR + "GetStatus", answer)
        with Top(s.directory.path) as top:
            top.shows("policy later", "1 OF 2 OBJECTIVES MISSED")
            top.keys("q")
            check(top.ended() == "", "it said something")


@case("a fragd without history")
def no_history():
    with served() as s:
        del s.server.answers[MONITOR + "GetHistory"]
        with Top(s.directory.path) as top:
            lacks(top.shows("1 OF 2 OBJECTIVES MISSED", "LAST DECISIONS"), "NOT CONNECTED")


@table("refuses {0}", [
    ("--json", ["--json", "top"], {}, 2, "cannot be JSON"), ("an argument", ["top", "x"], {}, 2, "takes no arguments"),
    ("TERM=dumb", ["top"], {"TERM": "dumb"}, 2, "needs a terminal"), ("no TERM", ["top"], {"TERM": None}, 2, "needs a terminal"),
    ("an unknown terminal", ["top"], {"TERM": "no-such"}, 2, "not known here (TERM=no-such)")])
def refuses(_, args, env, code, said):
    with served() as s:
        t = Terminal([FRAGCTL, "--runtime-dir", s.directory.path, *args], env=environment(**env))
        check(t.end() == code, t.code, t.output)
        has(t.text(), said)
        lacks(t.text(), "\x1b")
        check(t.text().count("\n") == 1, t.text())


@case("refuses where there is no terminal, and where there is no fragd")
def refuses_elsewhere():
    with served() as s:
        result = s.run("top").expect(2)
        has(result.err, "top: needs a terminal on standard input and output; 'fragctl status --watch'")
        check(result.out == "", result.out)
    with Directory() as directory:
        t = Terminal([FRAGCTL, "--runtime-dir", directory, "top"])
        check(t.end() == 5, t.code)
        lacks(t.text(), "\x1b")


sys.exit(main())
