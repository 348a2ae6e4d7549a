# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the suites of fragd-actor share: a fake machine, a peer that speaks the wire protocol, and the TAP runner.

Each test_* function is one case. It gets a Machine (a root and a runtime directory of its own); actors that it starts are
ended after it. Nothing sleeps to let time pass: what has to come is waited for, DEADLINE seconds at most."""

import array
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

MAGIC, VERSION = 0x46524744, 2
(HELLO, SET_KNOB, COMPACT, STOP, SOURCE, RESTORE, RESTORE_KNOB, LEASE, POOL_GROW, POOL_UNDO, POOL_KEEP,
 DROP_CACHES, COUNTERS, RINGS) = range(1, 15)
PROACTIVENESS, BOOST, SCALE = 0, 1, 2
REQUEST = struct.Struct("=IIIIQqqQQ")
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
    def __init__(self, machine, *options):
        self.machine = machine
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(DEADLINE)
        with open(machine.stderr_path, "ab") as err:
            self.process = subprocess.Popen(
                [ACTOR, "--fd", str(theirs.fileno()), "--root", machine.root, "--runtime-dir", machine.runtime, *options],
                pass_fds=[theirs.fileno()], stderr=err, stdin=subprocess.DEVNULL)
        theirs.close()
        self.pid = self.process.pid
        self.last_id = 0

    def send(self, verb, target=0, value=0, expected=0, limit=0, size=0, version=VERSION, magic=MAGIC):
        self.last_id += 1
        self.socket.send(REQUEST.pack(magic, version, verb, target, self.last_id, value, expected, limit, size))
        return self.last_id

    def receive(self):
        data, control, _, _ = self.socket.recvmsg(REPLY.size + 1, socket.CMSG_SPACE(64 * 4))
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

    def start(self, *options):
        """An actor that serves."""
        actor = Actor(self, *options)
        self.actors.append(actor)
        reply = actor.call(HELLO)
        assert (reply.result, reply.value) == (0, actor.pid)
        return actor

    def restore(self):
        return subprocess.run([ACTOR, "--restore", "--root", self.root, "--runtime-dir", self.runtime],
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE)

    def stderr(self):
        if not os.path.exists(self.stderr_path):  # no actor was started
            return ""
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


def chosen(cases, title):
    """Arguments behind the build directory choose the cases in whose titles one of them stands."""
    parts = sys.argv[2:]
    for part in parts:
        assert any(part in title(case) for case in cases), f"no case has {part!r} in its title"
    return [case for case in cases if not parts or any(part in title(case) for part in parts)]


def run(module, machine_type=Machine):
    """The cases of a suite, which are its globals: test_* functions, and cases_of_* generators of them."""
    cases = []
    for name, value in module.items():
        if name.startswith("test_"):
            cases.append(value)
        if name.startswith("cases_of_"):
            cases.extend(value())
    cases = chosen(cases, lambda case: case.__doc__)
    failed = 0
    for number, case in enumerate(cases, 1):
        machine = machine_type()
        try:
            case(machine)
            print(f"ok {number} - {case.__doc__}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {case.__doc__}")
            for line in (traceback.format_exc() + machine.stderr()).splitlines():
                print(f"# {line}", flush=True)
        finally:
            machine.done()
    print(f"1..{len(cases)}")
    sys.exit(1 if failed else 0)
