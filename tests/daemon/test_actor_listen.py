#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragd-actor as a service of its own, whose socket is passed: test_actor_listen.py BUILD_DIR, as root. Prints TAP."""

import errno
import os
import random
import signal
import socket
import subprocess

import passed_sockets
from actor_harness import (ACTOR, B, DEADLINE, HELLO, MAGIC, P, PNAME, REQUEST, SET_KNOB, VERSION, Actor, contains, equal,
                           process_state, run, wait_until)

OWNER, STRANGER = 4242, 4343
COMPACT_FILE = "sys/devices/system/node/node0/compact"


class Listening(Actor):
    """An actor that was started with a listening socket; connect() makes it one that serves."""

    def __init__(self, machine, listener):
        self.machine, self.last_id = machine, 0
        with open(machine.stderr_path, "ab") as err:
            self.process = subprocess.Popen(
                passed_sockets.command(ACTOR, [listener]) + ["--listen", "--root", machine.root, "--runtime-dir", machine.runtime],
                pass_fds=[listener.fileno()], stderr=err, stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        machine.actors.append(self)

    def connect(self):
        self.socket = connect(self.machine)
        equal(self.call(HELLO).value, self.pid)
        return self


def listener(m, **kwargs):
    m.listener = passed_sockets.listen(os.path.join(m.top, "actor.sock"), socket.SOCK_SEQPACKET, **kwargs)
    return m.listener


def connect(m):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(DEADLINE)
    s.connect(os.path.join(m.top, "actor.sock"))
    return s


def sent_away(s):
    """It was accepted, and closed without a word."""
    try:
        return s.recv(100) == b""
    except ConnectionResetError:  # what it sent was not read
        return True


def said(m, text):
    wait_until(f"it says {text!r}; it said:\n{m.stderr()}", lambda: text in m.stderr())


def test_nothing_passed(m):
    """--listen without a passed socket: one line, exit 1"""
    common = [ACTOR, "--listen", "--root", m.root, "--runtime-dir", m.runtime]
    somebody_elses = dict(os.environ, LISTEN_PID="1", LISTEN_FDS="1")
    for environment in (None, somebody_elses):
        r = subprocess.run(common, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE, env=environment)
        equal((r.returncode, r.stderr.count("\n")), (1, 1))
        contains(r.stderr, "fragd-actor: --listen: no socket was passed to this process")
    r = subprocess.run(common + ["--restore"], stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
    equal(r.returncode, 2)


def test_wrong_socket(m):
    """a passed socket that is not such a one is refused: one line, exit 1"""
    stream = passed_sockets.listen(os.path.join(m.top, "stream"))
    deaf = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    deaf.bind(os.path.join(m.top, "deaf"))
    abstract = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    abstract.bind(f"\0fragd-test-{os.getpid()}")
    abstract.listen()
    nobodys = passed_sockets.listen(os.path.join(m.top, "nobodys"), socket.SOCK_SEQPACKET, owner=65534)
    one = "--listen: expected one listening SOCK_SEQPACKET socket"
    whose = "--listen: expected a socket with a node in the file system that says whose it is"
    for sockets, text in (([stream], one), ([deaf], one), ([nobodys, nobodys], one), ([abstract], whose), ([nobodys], whose)):
        r = subprocess.run(passed_sockets.command(ACTOR, sockets) + ["--listen", "--root", m.root, "--runtime-dir", m.runtime],
                           pass_fds=[s.fileno() for s in sockets], stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
        equal((r.returncode, r.stderr.count("\n")), (1, 1))
        contains(r.stderr, text)


def test_connection(m):
    """the first connection is served; at its end all is put back and the actor ends"""
    a = Listening(m, listener(m)).connect()
    equal(a.set(45, 20).result, 0)
    equal(m.get(P), "45")
    equal(a.close(), 0)
    equal((m.get(P), m.baseline()), ("20", None))


def test_second_peer(m):
    """a second peer is sent away, and the first one is served on"""
    a = Listening(m, listener(m)).connect()
    equal(a.set(45, 20).result, 0)
    for _ in range(3):
        with connect(m) as second:
            assert sent_away(second)
    contains(m.stderr(), "fragd-actor: a second peer refused: one is served\n")
    equal((a.set(50, 45).result, m.get(P)), (0, "50"))
    equal((a.close(), m.get(P)), (0, "20"))


def test_next_peer(m):
    """who comes after the end of the first is left for the next actor"""
    a = Listening(m, listener(m)).connect()
    equal(a.set(45, 20).result, 0)
    a.process.send_signal(signal.SIGSTOP)
    wait_until("it stands still", lambda: process_state(a.pid)[0] == "T")
    a.send(HELLO)  # something is left to be read before the end
    a.socket.close()
    second = connect(m)
    a.process.send_signal(signal.SIGCONT)
    equal((a.wait(), m.get(P)), (0, "20"))
    b = Listening(m, m.listener)
    b.socket = second
    equal(b.call(HELLO).value, b.pid)
    equal(b.set(45, 20).result, 0)
    equal((b.close(), m.get(P)), (0, "20"))
    assert "refused" not in m.stderr(), m.stderr()


def connect_as(m, uid):
    """By the user that this process is when it connects: that is whom the kernel tells the actor."""
    os.seteuid(uid)
    try:
        return connect(m)
    finally:
        os.seteuid(0)


def test_wrong_peer(m):
    """a peer that is neither root nor the owner of the socket is sent away, whatever the socket's mode"""
    os.chmod(m.top, 0o755)
    a = Listening(m, listener(m, mode=0o666, owner=OWNER))
    with connect_as(m, STRANGER) as stranger:
        assert sent_away(stranger)
    said(m, f"fragd-actor: peer of uid {STRANGER}, pid ")
    contains(m.stderr(), f" refused: expected uid {OWNER}, the owner of the socket\n")
    a.socket = connect_as(m, OWNER)
    equal((a.call(HELLO).value, a.set(45, 20).result, a.close(), m.get(P)), (a.pid, 0, 0, "20"))


def test_mode(m):
    """the mode of the socket keeps others from it altogether"""
    os.chmod(m.top, 0o755)
    a = Listening(m, listener(m, owner=OWNER))
    try:
        connect_as(m, STRANGER)
    except PermissionError:
        pass
    else:
        raise AssertionError("it could connect")
    a.socket = connect_as(m, OWNER)
    equal((a.call(HELLO).value, a.close(), m.stderr()), (a.pid, 0, ""))


def tree(m):
    """Every file of the machine and what is in it."""
    found = {}
    for directory, _, names in os.walk(m.root):
        for name in names:
            path = os.path.relpath(os.path.join(directory, name), m.root)
            found[path] = m.get(path)
    return found


def anything(m, rng, number):
    """A request that somebody thought about, the same with some bytes changed, or random bytes."""
    value = rng.choice([0, 1, 45, 90, 91, 15000, 15001, -1, 2 ** 31, 2 ** 63 - 1, -2 ** 63])
    target = rng.choice([0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 2 ** 32 - 1])
    verb = rng.choice([SET_KNOB] * 9 + list(range(0, 12)) + [2 ** 32 - 1])
    data = bytearray(REQUEST.pack(MAGIC, VERSION, verb, target, number, value, int(m.get((P, B)[target & 1])), 0, 0))
    if number % 3 == 2:
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    return rng.randbytes(rng.randrange(1, 200)) if number % 5 == 4 else data


def test_taken_over(m):
    """a peer that sends whatever it likes moves two knobs within their ranges, and nothing else"""
    rng = random.Random(10816)
    before, results = tree(m), []
    m.listener = listener(m)
    for _ in range(5):  # each below the limit of requests in a second, which would refuse all the rest
        a = Listening(m, m.listener).connect()
        for number in range(190):
            a.socket.send(anything(m, rng, number))
            reply = a.receive()
            results.append((reply.verb, reply.result))
            for fd in reply.fds:
                os.close(fd)
            assert 0 <= int(m.get(P)) <= 90 and 0 <= int(m.get(B)) <= 15000, (m.get(P), m.get(B))
        changed = {path for path, text in tree(m).items() if before.get(path) != text}
        assert changed <= {P, B, COMPACT_FILE}, changed
        equal((a.close(), m.get(P), m.get(B), m.baseline()), (0, "20", "15000", None))
    for result in (0, -errno.ERANGE, -errno.EPERM, -errno.EBADMSG):
        assert (SET_KNOB, result) in results, f"no request was answered with {result}"
    assert results.count((SET_KNOB, 0)) > 20, results.count((SET_KNOB, 0))


def test_peer_that_went_away(m):
    """a peer that hung up before it was accepted: the actor ends, nothing is wrong"""
    waiting = listener(m)
    connect(m).close()
    equal(Listening(m, waiting).wait(), 0)
    equal(m.stderr(), "")


def test_restores_first(m):
    """what a killed actor left is put back before anybody is served"""
    a = Listening(m, listener(m)).connect()
    equal(a.set(45, 20).result, 0)
    a.kill()
    equal(m.get(P), "45")
    b = Listening(m, m.listener)
    said(m, f"{PNAME} put back from 45 to 20\n")
    wait_until("the record is gone", lambda: m.baseline() is None)
    equal(m.get(P), "20")
    b.connect()
    equal(b.close(), 0)


def cases_of_ends():
    for name in ("SIGTERM", "SIGINT"):
        def case(m, number=getattr(signal, name)):
            a = Listening(m, listener(m)).connect()
            equal(a.set(45, 20).result, 0)
            equal((a.kill(number), m.get(P), m.baseline()), (0, "20", None))
        case.__doc__ = f"{name} puts all back"
        yield case


def test_sockets_of_a_compaction(m):
    """a compaction holds neither the connection nor the listening socket"""
    m.fifo()
    a = Listening(m, listener(m)).connect()
    child = a.compacting()
    equal([t for t in (os.readlink(f"/proc/{child}/fd/{n}") for n in os.listdir(f"/proc/{child}/fd")) if t.startswith("socket:")], [])
    equal(a.close(), 0)


run(globals())
