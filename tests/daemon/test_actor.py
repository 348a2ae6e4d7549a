#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real fragd-actor on a fake machine: test_actor.py BUILD_DIR. Prints TAP.

Each test_* function is one case. It gets a Machine (a root and a runtime directory of its own); actors that it starts are
ended after it. Nothing sleeps to let time pass: what has to come is waited for, DEADLINE seconds at most."""

import array
import errno
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

ACTOR = os.path.join(sys.argv[1], "actor", "fragd-actor")
DEADLINE = 60

MAGIC, VERSION = 0x46524744, 1
HELLO, SET_KNOB, COMPACT, STOP, SOURCE, RESTORE, RESTORE_KNOB = range(1, 8)
PROACTIVENESS, BOOST, SCALE = 0, 1, 2
REQUEST = struct.Struct("=IIIIQqqQ")
REPLY = struct.Struct("=IIIIQiIqqQQ")
NONE = -1
P = "proc/sys/vm/compaction_proactiveness"
B = "proc/sys/vm/watermark_boost_factor"
PNAME = "vm.compaction_proactiveness"


def wait_until(what, condition):
    """Polls for what nothing else announces: the state of another process."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited {DEADLINE} s for: {what}"
        select.select([], [], [], 0.002)


def process_state(pid):
    """None where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def children(pid):
    found = []
    for name in os.listdir("/proc"):
        state = process_state(name) if name.isdigit() else None
        if state and int(state[1]) == pid and state[0] != "Z":
            found.append(int(name))
    return found


def gone(pid):
    state = process_state(pid)
    return state is None or state[0] in "ZX"  # nobody may be there to bury an orphan


class Reply:
    def __init__(self, data):
        assert len(data) == REPLY.size, f"a reply of {len(data)} bytes"
        (magic, version, self.verb, self.target, self.id, self.result, reserved, self.value, self.baseline,
         self.cpu, self.wall) = REPLY.unpack(data)
        assert (magic, version, reserved) == (MAGIC, VERSION, 0), "the reply's head is wrong"
        self.fds = []


class Actor:
    def __init__(self, machine):
        self.machine = machine
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(DEADLINE)
        with open(machine.stderr_path, "ab") as err:
            self.process = subprocess.Popen(
                [ACTOR, "--fd", str(theirs.fileno()), "--root", machine.root, "--runtime-dir", machine.runtime],
                pass_fds=[theirs.fileno()], stderr=err, stdin=subprocess.DEVNULL)
        theirs.close()
        self.pid = self.process.pid
        self.last_id = 0

    def send(self, verb, target=0, value=0, expected=0, limit=0, version=VERSION, magic=MAGIC):
        self.last_id += 1
        self.socket.send(REQUEST.pack(magic, version, verb, target, self.last_id, value, expected, limit))
        return self.last_id

    def receive(self):
        data, control, _, _ = self.socket.recvmsg(REPLY.size + 1, socket.CMSG_SPACE(64))
        reply = Reply(data)
        for level, kind, payload in control:
            assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
            fds = array.array("i")
            fds.frombytes(payload)
            reply.fds += list(fds)
        return reply

    def call(self, *args, **kwargs):
        sent = self.send(*args, **kwargs)
        reply = self.receive()
        assert reply.id == sent, f"reply to {reply.id}, not to {sent}"
        return reply

    def set(self, value, expected, knob=PROACTIVENESS):
        return self.call(SET_KNOB, knob, value=value, expected=expected)

    def wait(self):
        return self.process.wait(DEADLINE)

    def close(self):
        """Ends the connection; the exit status."""
        self.socket.close()
        return self.wait()

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self.wait()

    def compacting(self, node=0, limit=0):
        """Starts a compaction that blocks; the child's pid, once it has got as far as the FIFO."""
        before = children(self.pid)
        self.send(COMPACT, node, limit=limit)
        wait_until("a child", lambda: len(children(self.pid)) > len(before))
        pid = [p for p in children(self.pid) if p not in before][0]
        # As the open of the FIFO is where it sleeps, only there is no signal blocked and its fds are given up.
        wait_until("it sleeps", lambda: process_state(pid)[0] == "S" and status(pid)["SigBlk"] == "0" * 16)
        return pid


def status(pid):
    with open(f"/proc/{pid}/status") as f:
        return {k: v.strip() for k, v in (line.split(":", 1) for line in f if ":" in line)}


class Machine:
    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="fragd-actor-test-")
        self.root = os.path.join(self.top, "root")
        self.runtime = os.path.join(self.top, "run")
        self.stderr_path = os.path.join(self.top, "stderr")
        self.actors = []
        os.makedirs(self.runtime, 0o700)
        for path, text in ((P, "20\n"), (B, "15000\n"), ("proc/sys/vm/watermark_scale_factor", "10\n"),
                           ("proc/pagetypeinfo", "Page block order: 9\n"),
                           ("sys/devices/system/node/node0/compact", "")):
            self.put(path, text)

    def path(self, path):
        return os.path.join(self.root, path)

    def put(self, path, text):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w") as f:
            f.write(text)

    def get(self, path):
        with open(self.path(path)) as f:
            return f.read().strip()

    def fifo(self, node=0):
        path = self.path(f"sys/devices/system/node/node{node}/compact")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.exists(path):
            os.unlink(path)
        os.mkfifo(path, 0o600)
        return path

    def start(self):
        """An actor that serves."""
        actor = Actor(self)
        self.actors.append(actor)
        reply = actor.call(HELLO)
        assert (reply.result, reply.value) == (0, actor.pid)
        return actor

    def restore(self):
        return subprocess.run([ACTOR, "--restore", "--root", self.root, "--runtime-dir", self.runtime],
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE)

    def stderr(self):
        with open(self.stderr_path) as f:
            return f.read()

    def baseline(self, text=None, name="baseline"):
        """Its text (None: it is not there); with a text, writes it."""
        path = os.path.join(self.runtime, name)
        if text is not None:
            with open(path, "w") as f:
                f.write(text)
            os.chmod(path, 0o600)
        try:
            with open(path) as f:
                return f.read()
        except FileNotFoundError:
            return None

    def done(self):
        for actor in self.actors:
            actor.socket.close()
            if actor.process.poll() is None:
                actor.process.kill()
            actor.process.wait()
        shutil.rmtree(self.top)


def equal(got, expected):
    assert got == expected, f"got {got!r}, expected {expected!r}"


def contains(text, *parts):
    for part in parts:
        assert part in text, f"{part!r} is not in {text!r}"


# --- starting ---

def test_usage(m):
    """wrong arguments: one line, exit 2"""
    common = ["--root", m.root, "--runtime-dir", m.runtime]
    for args, part in (([], "one of --fd and --restore"), (["--restore"], "--root is missing"),
                       (["--restore", "--root", "/"], "--runtime-dir is missing"),
                       (["--fd", "0"] + common, "--fd: no SOCK_SEQPACKET socket has the number 0"),
                       (["--fd", "999"] + common, "number 999"), (["--fd", "3x"] + common, "number 3x"),
                       (["--fd"], "a value is missing after --fd"), (["--what"], "unknown option --what"),
                       (["--restore", "more"] + common, "unexpected argument more")):
        r = subprocess.run([ACTOR] + args, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE)
        equal(r.returncode, 2)
        contains(r.stderr, "fragd-actor: ", part, "usage: ")
        equal(r.stderr.count("\n"), 1)


def test_missing_folders(m):
    """no root or runtime directory: one line, exit 1"""
    for root, runtime, part in ((m.root + "-no", m.runtime, "cannot open the root"),
                                (m.root, m.runtime + "-no", "cannot use the runtime directory")):
        r = subprocess.run([ACTOR, "--restore", "--root", root, "--runtime-dir", runtime],
                           stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
        equal(r.returncode, 1)
        contains(r.stderr, part, "No such file or directory")
        equal(r.stderr.count("\n"), 1)


def test_no_privilege(m):
    """it keeps no capability and gains no privilege"""
    s = status(m.start().pid)
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        equal(int(s[name], 16), 0)
    equal(s["NoNewPrivs"], "1")
    equal(s["Umask"], "0077")


def test_inherited_signals(m):
    """signals that were blocked or ignored before it started do no harm"""
    number = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    ignored = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT, signal.SIGALRM])
    try:
        a = Actor(m)
        m.actors.append(a)
    finally:
        signal.signal(signal.SIGCHLD, number)
        signal.signal(signal.SIGTERM, ignored)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    equal(a.call(COMPACT, 0).result, 0)
    equal(a.set(45, 20).result, 0)
    equal(a.kill(signal.SIGTERM), 0)
    equal(m.get(P), "20")


# --- knobs ---

def test_set(m):
    """a knob is set, read back, and its baseline recorded"""
    a = m.start()
    r = a.set(45, 20)
    equal((r.result, r.value, r.baseline, r.verb, r.target), (0, 45, 20, SET_KNOB, PROACTIVENESS))
    equal(m.get(P), "45")
    equal(m.baseline(), f"fragd-baseline 1\n{PNAME} 20 45 -\nend\n")
    equal(os.stat(os.path.join(m.runtime, "baseline")).st_mode & 0o777, 0o600)


def test_set_again(m):
    """further writes keep the first baseline"""
    a = m.start()
    for value, expected in ((45, 20), (5, 45), (90, 5)):
        r = a.set(value, expected)
        equal((r.result, r.value, r.baseline), (0, value, 20))
    equal(m.baseline(), f"fragd-baseline 1\n{PNAME} 20 90 -\nend\n")
    equal(a.close(), 0)
    equal(m.get(P), "20")


def test_set_back(m):
    """set to the value that it had before us, a knob is forgotten"""
    a = m.start()
    a.set(45, 20)
    r = a.set(20, 45)
    equal((r.result, r.value, r.baseline), (0, 20, NONE))
    equal(m.baseline(), None)
    m.put(P, "45\n")  # somebody else's 45, not ours
    equal(a.close(), 0)
    equal(m.get(P), "45")


def test_compare_before_write(m):
    """a knob that has the value already is not written, for some writes act"""
    before = os.stat(m.path(P)).st_mtime_ns
    a = m.start()
    r = a.set(20, 20)
    equal((r.result, r.value, r.baseline), (0, 20, NONE))
    equal(os.stat(m.path(P)).st_mtime_ns, before)
    equal(m.baseline(), None)


def test_stale(m):
    """a knob that is not as expected is not written"""
    a = m.start()
    r = a.set(45, 30)
    equal((r.result, r.value, r.baseline), (-errno.ESTALE, 20, NONE))
    equal(m.get(P), "20")
    equal(m.baseline(), None)


def test_stale_after_foreign_change(m):
    """nor is one that somebody else changed after us"""
    a = m.start()
    a.set(45, 20)
    m.put(P, "60\n")
    r = a.set(50, 45)
    equal((r.result, r.value, r.baseline), (-errno.ESTALE, 60, 20))
    equal(m.get(P), "60")


def test_missing_knob(m):
    """a knob that the kernel lacks: -ENOENT"""
    os.unlink(m.path(P))
    a = m.start()
    r = a.set(45, 20)
    equal((r.result, r.value, r.baseline), (-errno.ENOENT, NONE, NONE))
    equal(a.call(RESTORE_KNOB, PROACTIVENESS).result, -errno.ENOENT)
    assert not os.path.exists(m.path(P))


def test_unreadable_knob(m):
    """a knob that is no number: -EINVAL, not touched"""
    m.put(P, "a lot\n")
    r = m.start().set(45, 20)
    equal((r.result, r.value), (-errno.EINVAL, NONE))
    equal(m.get(P), "a lot")


def test_kernel_refuses(m):
    """a write that the kernel refuses leaves no record"""
    os.chmod(m.path(P), 0o444)
    a = m.start()
    equal(a.set(45, 20).result, -errno.EACCES)
    equal(m.baseline(), None)
    a.set(10000, 15000, BOOST)
    equal(a.set(45, 20).result, -errno.EACCES)
    equal(m.baseline(), "fragd-baseline 1\nvm.watermark_boost_factor 15000 10000 -\nend\n")


def test_no_write_without_record(m):
    """where the baseline cannot be recorded, no knob is written"""
    a = m.start()
    os.chmod(m.runtime, 0o500)
    r = a.set(45, 20)
    equal((r.result, r.value, r.baseline), (-errno.EACCES, 20, NONE))
    equal(m.get(P), "20")
    os.chmod(m.runtime, 0o700)
    equal(a.set(45, 20).result, 0)


def test_admin_baseline_out_of_range(m):
    """an admin's 100 is put back, though fragd may not choose it"""
    m.put(P, "100\n")
    a = m.start()
    equal(a.set(100, 20).result, -errno.ERANGE)
    r = a.set(30, 100)
    equal((r.result, r.baseline), (0, 100))
    equal(a.close(), 0)
    equal(m.get(P), "100")


def test_out_of_range(m):
    """values out of range are refused"""
    a = m.start()
    for knob, value, expected in ((PROACTIVENESS, 91, 20), (PROACTIVENESS, -1, 20), (BOOST, 15001, 15000),
                                  (PROACTIVENESS, 2 ** 63 - 1, 20), (PROACTIVENESS, -2 ** 63, 20),
                                  (PROACTIVENESS, 2 ** 32 + 30, 20), (PROACTIVENESS, 30, -1)):
        equal(a.set(value, expected, knob).result, -errno.ERANGE)
    equal((m.get(P), m.get(B)), ("20", "15000"))
    equal(m.baseline(), None)


def test_not_allowed(m):
    """knobs and sources that are not on the list are refused"""
    a = m.start()
    for knob in (SCALE, 3, 4, 5, 6, 7, 2 ** 32 - 1):
        equal(a.set(20, 10, knob).result, -errno.EPERM)
        equal(a.call(RESTORE_KNOB, knob).result, -errno.EPERM)
    equal(a.call(SOURCE, 3).result, -errno.EPERM)
    equal(a.call(COMPACT, 1024).result, -errno.ERANGE)
    equal(m.get("proc/sys/vm/watermark_scale_factor"), "10")


# --- putting back ---

def test_restore_request(m):
    """RESTORE puts all back and says how many"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    r = a.call(RESTORE)
    equal((r.result, r.value), (0, 2))
    equal((m.get(P), m.get(B)), ("20", "15000"))
    equal(m.baseline(), None)
    equal(a.call(RESTORE).value, 0)
    equal(m.stderr(), "")


def test_restore_knob_request(m):
    """RESTORE_KNOB puts back one"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    r = a.call(RESTORE_KNOB, BOOST)
    equal((r.result, r.value, r.baseline), (0, 15000, NONE))
    equal((m.get(P), m.get(B)), ("45", "15000"))
    equal(m.baseline(), f"fragd-baseline 1\n{PNAME} 20 45 -\nend\n")
    r = a.call(RESTORE_KNOB, BOOST)  # once more: nothing to do
    equal((r.result, r.value), (0, 15000))


def test_connection_end(m):
    """the end of the connection puts all back"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    equal(a.close(), 0)
    equal((m.get(P), m.get(B)), ("20", "15000"))
    equal(os.listdir(m.runtime), [])
    contains(m.stderr(), f"fragd-actor: {PNAME} put back from 45 to 20\n",
             "fragd-actor: vm.watermark_boost_factor put back from 10000 to 15000\n")


def test_terminated(m):
    """SIGTERM and SIGINT put all back"""
    for number in (signal.SIGTERM, signal.SIGINT):
        a = m.start()
        equal(a.set(45, 20).result, 0)
        equal(a.kill(number), 0)
        equal(m.get(P), "20")
        equal(m.baseline(), None)


def test_hangup_ignored(m):
    """SIGHUP, a terminal that is closed, does not end it"""
    a = m.start()
    a.set(45, 20)
    a.process.send_signal(signal.SIGHUP)
    equal(a.call(HELLO).result, 0)
    equal(m.get(P), "45")
    equal(a.close(), 0)
    equal(m.get(P), "20")


def test_foreign_change_stays(m):
    """what somebody else set meanwhile stays, and is said"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    m.put(P, "60\n")
    equal(a.close(), 0)
    equal((m.get(P), m.get(B)), ("60", "15000"))
    equal(m.baseline(), None)
    contains(m.stderr(), f"{PNAME} is 60 now, which is not ours: left as it is (it was 20 before us)\n")


def test_foreign_change_is_the_new_baseline(m):
    """set again after somebody else's change, theirs is what is put back"""
    a = m.start()
    a.set(45, 20)
    m.put(P, "60\n")
    r = a.set(30, 60)
    equal((r.result, r.value, r.baseline), (0, 30, 60))
    equal(a.close(), 0)
    equal(m.get(P), "60")


def test_foreign_restore(m):
    """somebody else put the old value back: nothing to do, nothing to say"""
    a = m.start()
    a.set(45, 20)
    m.put(P, "20\n")
    before = os.stat(m.path(P)).st_mtime_ns
    equal(a.close(), 0)
    equal(os.stat(m.path(P)).st_mtime_ns, before)
    equal(m.baseline(), None)
    equal(m.stderr(), "")


def test_restore_fails(m):
    """a knob that cannot be put back stays on record until it can"""
    a = m.start()
    a.set(45, 20)
    os.chmod(m.path(P), 0o444)
    r = a.call(RESTORE)
    equal((r.result, r.value), (-errno.EACCES, 0))
    contains(m.stderr(), f"cannot put {PNAME} back to 20: Permission denied; kept on record")
    equal(a.close(), 1)
    r = m.restore()
    equal(r.returncode, 1)
    os.chmod(m.path(P), 0o644)
    equal(m.restore().returncode, 0)
    equal(m.get(P), "20")
    equal(m.baseline(), None)


# --- after SIGKILL ---

def test_killed_then_restore(m):
    """SIGKILL of the actor, then --restore"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    a.kill()
    equal((m.get(P), m.get(B)), ("45", "10000"))
    r = m.restore()
    equal((r.returncode, m.get(P), m.get(B)), (0, "20", "15000"))
    contains(r.stderr, f"fragd-actor: {PNAME} put back from 45 to 20\n",
             "fragd-actor: vm.watermark_boost_factor put back from 10000 to 15000\n")
    equal(m.baseline(), None)
    r = m.restore()
    equal((r.returncode, r.stderr), (0, ""))


def test_killed_then_started(m):
    """SIGKILL of the actor, then the next start"""
    a = m.start()
    a.set(45, 20)
    a.kill()
    b = m.start()
    equal(m.get(P), "20")
    contains(m.stderr(), f"{PNAME} put back from 45 to 20\n")
    equal(m.baseline(), None)
    r = b.set(30, 20)
    equal((r.result, r.baseline), (0, 20))


def test_killed_foreign_change(m):
    """a change by somebody else after the SIGKILL stays"""
    a = m.start()
    a.set(45, 20)
    a.kill()
    m.put(P, "60\n")
    r = m.restore()
    equal((r.returncode, m.get(P)), (0, "60"))
    contains(r.stderr, f"{PNAME} is 60 now, which is not ours")
    equal(m.baseline(), None)


def crash_points():
    """What is on disk, what the knob is, and what it has to be after; see baseline.h."""
    points = (("20 - 45", 20, 20, "recorded, not written"), ("20 - 45", 45, 20, "first write"),
              ("20 45 -", 45, 20, "settled"), ("20 45 30", 45, 20, "second recorded, not written"),
              ("20 45 30", 30, 20, "second written"), ("20 45 -", 20, 20, "put back, still recorded"),
              ("20 45 30", 50, 50, "somebody else's value"), ("20 45 -", 30, 30, "not the recorded value"),
              ("100 30 -", 30, 100, "baseline out of fragd's range"), ("20 - -", 45, 45, "nothing written"))
    for record, now, after, name in points:
        def case(m, record=record, now=now, after=after):
            m.baseline(f"fragd-baseline 1\n{PNAME} {record}\nend\n")
            m.put(P, f"{now}\n")
            r = m.restore()
            equal((r.returncode, m.get(P), m.baseline()), (0, str(after), None))
        case.__doc__ = f"crash point: {name} ({record}, knob {now})"
        yield case


def test_killed_anywhere(m):
    """killed in the middle of writing, 24 times: never a value of ours left"""
    for i in range(24):
        a = m.start()
        a.socket.setblocking(True)
        values = [20] + [30 + j for j in range(40)]
        for before, after in zip(values, values[1:]):
            a.send(SET_KNOB, PROACTIVENESS, value=after, expected=before)
        for _ in range(i):
            equal(a.receive().result, 0)
        a.kill()
        assert int(m.get(P)) in values
        equal(m.restore().returncode, 0)
        equal((m.get(P), m.baseline()), ("20", None))


DAMAGED = (("empty", ""), ("garbage", "\x00\x01garbage"), ("no version", "baseline\nend\n"),
           ("another version", f"fragd-baseline 2\n{PNAME} 20 45 -\nend\n"),
           ("cut off", f"fragd-baseline 1\n{PNAME} 20 45 -\n"), ("cut in a line", f"fragd-baseline 1\n{PNAME} 20 4"),
           ("unknown knob", "fragd-baseline 1\nvm.swappiness 20 45 -\nend\n"),
           ("knob that is not ours", "fragd-baseline 1\nvm.min_free_kbytes 20 45 -\nend\n"),
           ("knob twice", f"fragd-baseline 1\n{PNAME} 20 45 -\n{PNAME} 30 45 -\nend\n"),
           ("word too many", f"fragd-baseline 1\n{PNAME} 20 45 - -\nend\n"),
           ("word too few", f"fragd-baseline 1\n{PNAME} 20 45\nend\n"),
           ("not a number", f"fragd-baseline 1\n{PNAME} twenty 45 -\nend\n"),
           ("negative", f"fragd-baseline 1\n{PNAME} -20 45 -\nend\n"),
           ("no value before", f"fragd-baseline 1\n{PNAME} - 45 -\nend\n"),
           ("more than an int", f"fragd-baseline 1\n{PNAME} 2147483648 45 -\nend\n"),
           ("something after the end", f"fragd-baseline 1\n{PNAME} 20 45 -\nend\nmore\n"),
           ("too long", f"fragd-baseline 1\n{PNAME} 20 45 -\n" + "x" * 5000 + "\nend\n"))


def damaged_files():
    for name, text in DAMAGED:
        def case(m, text=text):
            m.put(P, "45\n")
            m.baseline(text)
            r = m.restore()
            equal((r.returncode, m.get(P)), (0, "45"))
            contains(r.stderr, "set aside as baseline.damaged", m.runtime)
            equal(r.stderr.count("\n"), 1)
            equal((m.baseline(), m.baseline(name="baseline.damaged")), (None, text))
        case.__doc__ = f"damaged baseline: {name}"
        yield case


def test_damaged_then_serving(m):
    """with a damaged baseline it serves all the same"""
    m.baseline("not one\n")
    a = m.start()
    equal(a.set(45, 20).result, 0)
    equal(a.close(), 0)
    equal(m.get(P), "20")
    contains(m.stderr(), "set aside as baseline.damaged")


def test_baseline_of_others(m):
    """a baseline that others could have written is not trusted"""
    good = f"fragd-baseline 1\n{PNAME} 20 45 -\nend\n"
    m.put(P, "45\n")
    m.baseline(good)
    os.chmod(os.path.join(m.runtime, "baseline"), 0o620)
    r = m.restore()
    equal((r.returncode, m.get(P)), (0, "45"))
    contains(r.stderr, "set aside")
    os.rename(os.path.join(m.runtime, "baseline.damaged"), os.path.join(m.top, "elsewhere"))
    os.chmod(os.path.join(m.top, "elsewhere"), 0o600)
    os.symlink(os.path.join(m.top, "elsewhere"), os.path.join(m.runtime, "baseline"))
    r = m.restore()
    equal((r.returncode, m.get(P)), (0, "45"))
    contains(r.stderr, "set aside")


def test_leftover_new_file(m):
    """a half-written new baseline is no obstacle"""
    m.baseline("half", name="baseline.new")
    a = m.start()
    equal(a.set(45, 20).result, 0)
    equal(a.close(), 0)
    equal(m.get(P), "20")


def test_one_at_a_time(m):
    """a second actor waits until the first has put all back"""
    a = m.start()
    a.set(45, 20)
    second = Actor(m)
    m.actors.append(second)
    second.send(HELLO)
    wait_until("it waits for the lock", lambda: " FLOCK " in waiting_locks(second.pid))
    equal(select.select([second.socket], [], [], 0)[0], [])
    equal(a.close(), 0)
    equal(second.receive().value, second.pid)
    equal(m.get(P), "20")


def waiting_locks(pid):
    """The lines of /proc/locks that say that pid waits."""
    with open("/proc/locks") as f:
        return "".join(line for line in f if "->" in line and f" {pid} " in line)


# --- compaction ---

def test_compact(m):
    """a compaction writes 1 to the node's file"""
    r = m.start().call(COMPACT, 0)
    equal((r.result, r.verb, r.target), (0, COMPACT, 0))
    equal(m.get("sys/devices/system/node/node0/compact"), "1")
    assert r.wall > 0


def test_compact_missing_node(m):
    """a node that is not there: -ENOENT"""
    equal(m.start().call(COMPACT, 7).result, -errno.ENOENT)


def test_compact_refused(m):
    """the errno of the child is the result"""
    os.chmod(m.path("sys/devices/system/node/node0/compact"), 0o400)
    equal(m.start().call(COMPACT, 0).result, -errno.EACCES)


def test_compact_blocks(m):
    """while a compaction blocks, everything else is answered"""
    fifo = m.fifo()
    a = m.start()
    a.compacting()
    compaction = a.last_id
    equal(a.call(HELLO).result, 0)
    equal(a.set(45, 20).result, 0)
    equal(a.call(SOURCE, 0).result, 0)
    equal(a.call(RESTORE).value, 1)
    fd = os.open(fifo, os.O_RDONLY)
    equal(os.read(fd, 10), b"1")
    os.close(fd)
    r = a.receive()
    equal((r.id, r.result), (compaction, 0))
    equal(children(a.pid), [])


def test_compact_busy(m):
    """one compaction a node"""
    m.fifo()
    a = m.start()
    a.compacting()
    equal(a.call(COMPACT, 0).result, -errno.EBUSY)
    equal(a.call(COMPACT, 7).result, -errno.ENOENT)  # another node is another matter


def test_compact_at_most(m):
    """sixteen compactions at one time, and all are ended"""
    a = m.start()
    pids = []
    for node in range(16):
        m.fifo(node)
        pids.append(a.compacting(node))
    m.fifo(16)
    equal(a.call(COMPACT, 16).result, -errno.EBUSY)
    equal(a.close(), 0)
    for pid in pids:
        assert gone(pid)


def test_stop(m):
    """STOP ends a compaction: both are answered, nothing is left"""
    m.fifo()
    a = m.start()
    pid = a.compacting()
    compaction = a.last_id
    stop = a.send(STOP, 0)
    replies = {r.id: r.result for r in (a.receive(), a.receive())}
    equal(replies, {stop: 0, compaction: -errno.ECANCELED})
    assert process_state(pid) is None
    equal(children(a.pid), [])
    r = a.call(STOP, 0)
    equal(r.result, -errno.ESRCH)
    a.compacting()  # and the next one can start


def test_stop_right_node(m):
    """STOP ends the compaction of its node only"""
    m.fifo(0)
    m.fifo(1)
    a = m.start()
    zero = a.compacting(0)
    one = a.compacting(1)
    a.send(STOP, 1)
    results = sorted((r.verb, r.target, r.result) for r in (a.receive(), a.receive()))
    equal(results, [(COMPACT, 1, -errno.ECANCELED), (STOP, 1, 0)])
    assert gone(one) and not gone(zero)


def test_limit(m):
    """the limit ends a compaction"""
    m.fifo()
    a = m.start()
    sent = a.send(COMPACT, 0, limit=20000)
    r = a.receive()
    equal((r.id, r.result), (sent, -errno.ETIMEDOUT))
    assert r.wall >= 20000, r.wall
    equal(children(a.pid), [])


def test_limits_of_several(m):
    """the shortest limit comes first, none is forgotten"""
    a = m.start()
    for node, limit in ((0, 60000), (1, 20000), (2, 40000)):
        m.fifo(node)
        a.send(COMPACT, node, limit=limit)
    got = [a.receive() for _ in range(3)]
    equal([r.result for r in got], [-errno.ETIMEDOUT] * 3)
    equal([r.target for r in got], [1, 2, 0])


def test_child_killed_by_others(m):
    """a child that somebody else kills: -EINTR"""
    m.fifo()
    a = m.start()
    os.kill(a.compacting(), signal.SIGKILL)
    equal(a.receive().result, -errno.EINTR)


def test_child_default_signals(m):
    """a SIGTERM to the child ends it: nothing is blocked or handled"""
    m.fifo()
    a = m.start()
    pid = a.compacting()
    s = status(pid)
    equal([int(s[k], 16) for k in ("SigBlk", "SigIgn")], [0, 0])
    os.kill(pid, signal.SIGTERM)
    equal(a.receive().result, -errno.EINTR)


def test_connection_end_while_compacting(m):
    """the end of the connection ends the compaction"""
    m.fifo()
    a = m.start()
    a.set(45, 20)
    pid = a.compacting()
    equal(a.close(), 0)
    assert gone(pid)
    equal(m.get(P), "20")


def test_terminated_while_compacting(m):
    """SIGTERM ends the compaction and puts all back"""
    m.fifo()
    a = m.start()
    a.set(45, 20)
    pid = a.compacting()
    equal(a.kill(signal.SIGTERM), 0)
    assert gone(pid)
    equal(m.get(P), "20")


def test_killed_while_compacting(m):
    """SIGKILL of the actor ends the compaction, the connection and the lock"""
    m.fifo()
    a = m.start()
    a.set(45, 20)
    pid = a.compacting()
    a.kill()
    equal(a.socket.recv(100), b"")
    wait_until("the child is gone", lambda: gone(pid))
    r = m.restore()
    equal((r.returncode, m.get(P)), (0, "20"))


def test_child_holds_nothing(m):
    """a child holds neither the connection nor the lock"""
    m.fifo()
    a = m.start()
    pid = a.compacting()
    targets = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    for target in targets:
        assert not target.startswith("socket:") and target != m.runtime and "signalfd" not in target, targets


# --- sources ---

def test_source(m):
    """a source comes as an fd, read-only"""
    r = m.start().call(SOURCE, 0)
    equal((r.result, len(r.fds)), (0, 1))
    equal(os.pread(r.fds[0], 100, 0), b"Page block order: 9\n")
    try:
        os.write(r.fds[0], b"x")
        raise AssertionError("it can be written")
    except OSError as e:
        equal(e.errno, errno.EBADF)
    os.close(r.fds[0])


def test_source_missing(m):
    """a source that is not there: -ENOENT, no fd"""
    r = m.start().call(SOURCE, 1)
    equal((r.result, r.fds), (-errno.ENOENT, []))


def test_source_fds_are_not_kept(m):
    """the actor keeps no fd of what it handed over"""
    a = m.start()
    before = len(os.listdir(f"/proc/{a.pid}/fd"))
    for _ in range(20):
        os.close(a.call(SOURCE, 0).fds[0])
    equal(len(os.listdir(f"/proc/{a.pid}/fd")), before)


# --- what a peer may send ---

def test_garbage(m):
    """packets that are no request are answered, nothing is done"""
    a = m.start()
    for data in (b"x", b"\0" * REQUEST.size, b"\xff" * REQUEST.size, b"G" * 4096, os.urandom(REQUEST.size)):
        a.socket.send(data)
        equal(a.receive().result, -errno.EBADMSG)
    equal(a.call(HELLO).result, 0)
    equal(m.get(P), "20")


def test_sizes(m):
    """a good request cut short or with a tail is none"""
    a = m.start()
    good = REQUEST.pack(MAGIC, VERSION, SET_KNOB, PROACTIVENESS, 9, 45, 20, 0)
    for size in (1, 4, 8, 16, 24, 40, 47):
        a.socket.send(good[:size])
        equal(a.receive().result, -errno.EBADMSG)
    for tail in (1, 48, 5000):
        a.socket.send(good + b"\0" * tail)
        equal(a.receive().result, -errno.EBADMSG)
    equal(m.get(P), "20")


def test_version(m):
    """another version: -ENOTSUP, whatever follows"""
    a = m.start()
    for verb in (HELLO, SET_KNOB, 4711):
        r = a.call(verb, version=VERSION + 1)
        equal(r.result, -errno.ENOTSUP)


def test_verbs(m):
    """verbs that do not exist, and fields that a verb does not use"""
    a = m.start()
    equal(a.call(0).result, -errno.EBADMSG)
    equal(a.call(8).result, -errno.EBADMSG)
    equal(a.call(HELLO, magic=MAGIC + 1).result, -errno.EBADMSG)
    equal(a.call(HELLO, target=1).result, -errno.EBADMSG)
    equal(a.call(RESTORE, value=1).result, -errno.EBADMSG)
    equal(a.call(COMPACT, expected=1).result, -errno.EBADMSG)
    equal(a.call(SET_KNOB, value=45, expected=20, limit=1).result, -errno.EBADMSG)
    equal(m.get(P), "20")


def test_passed_fds_are_dropped(m):
    """fds that a peer sends are not kept"""
    a = m.start()
    before = len(os.listdir(f"/proc/{a.pid}/fd"))
    with open("/dev/null") as f:
        for _ in range(20):
            a.last_id += 1
            data = REQUEST.pack(MAGIC, VERSION, HELLO, 0, a.last_id, 0, 0, 0)
            a.socket.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [f.fileno()]))])
            equal(a.receive().id, a.last_id)
    equal(len(os.listdir(f"/proc/{a.pid}/fd")), before)


def test_empty_packet(m):
    """an empty packet ends the connection"""
    a = m.start()
    a.set(45, 20)
    a.socket.send(b"")
    equal(a.wait(), 0)
    equal(m.get(P), "20")


def test_request_rate(m):
    """requests above the rate: -EAGAIN, and they go again later"""
    a = m.start()
    start = time.monotonic()
    results = [a.call(HELLO).result for _ in range(1000)]
    seconds = time.monotonic() - start
    equal(set(results), {0, -errno.EAGAIN})
    assert results.count(0) <= 200 * (int(seconds) + 2), (results.count(0), seconds)
    wait_until("the next second", lambda: a.call(HELLO).result == 0)


def test_write_rate(m):
    """writes above the rate: -EAGAIN, the knob stays; putting back is no write of fragd's"""
    a = m.start()
    start = time.monotonic()
    results, value = [], 20
    for i in range(125):
        r = a.set(30 + i % 2, value)
        results.append(r.result)
        value = 30 + i % 2 if r.result == 0 else value
    assert time.monotonic() - start < 60, "this machine is too slow for this case"
    equal(results, [0] * 120 + [-errno.EAGAIN] * 5)
    equal(m.get(P), str(value))
    equal(a.call(RESTORE).value, 1)
    equal(m.get(P), "20")


def test_peer_does_not_read(m):
    """a peer that never reads its replies: the connection is ended, all is put back"""
    a = m.start()
    a.set(45, 20)
    try:
        while True:
            a.send(HELLO)
    except OSError as e:
        assert e.errno in (errno.EPIPE, errno.ECONNRESET), e
    equal(a.wait(), 0)
    equal(m.get(P), "20")
    contains(m.stderr(), "the peer does not read its replies")


def cases():
    for name, value in list(globals().items()):
        if name.startswith("test_"):
            yield value
        if name == "crash_points" or name == "damaged_files":
            yield from value()


def main():
    count = failed = 0
    for case in cases():
        count += 1
        machine = Machine()
        try:
            case(machine)
            print(f"ok {count} - {case.__doc__}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {count} - {case.__doc__}")
            for line in (traceback.format_exc() + machine.stderr()).splitlines():
                print(f"# {line}", flush=True)
        finally:
            machine.done()
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
