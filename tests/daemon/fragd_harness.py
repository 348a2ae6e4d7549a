# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the suites of fragd share: a fake machine that fragments and heals on command, the running programs, a Varlink client.

Each test_* function is one case. It gets a Machine of its own; what it started is ended after it. Nothing sleeps to let time
pass: what has to come is waited for, DEADLINE seconds at most."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

import actor_harness
from actor_harness import DEADLINE, children, contains, equal, gone, process_state, status, wait_until  # noqa: F401
from varlink import Client, VarlinkError  # noqa: F401

BUILD = sys.argv[1]
FRAGD = os.path.join(BUILD, "daemon", "fragd")
ACTOR = os.path.join(BUILD, "actor", "fragd-actor")
ROOTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fixtures", "roots")
NOBODY = 65534

P = "proc/sys/vm/compaction_proactiveness"
B = "proc/sys/vm/watermark_boost_factor"

# A process that changed its uid cannot be traced, which the leak sanitizer wants; what runs without root is checked for leaks.
NO_LEAKS = "detect_leaks=0"

FRAGMENTED = [5000, 5000, 5000, 3000, 1000, 0, 0, 0, 0, 0, 0]
HEALED = [100, 100, 100, 100, 100, 100, 100, 50, 50, 50, 50]
SHORT = [200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

MIB = 1 << 20


def policy_text(name="test", levers=("compact",), act=True, reserve="20M", **more):
    """A policy with one objective that is in a hurry: it looks ten times a second and never holds back."""
    options = {
        "objectives": f'( {{ size = "thp"; reserve = "{reserve}"; refill = "30M"; for = "user"; }} )',
        "levers": "[ " + ", ".join(f'"{lever}"' for lever in levers) + " ]",
        "act": "true" if act else "false",
        "budget": '{ compaction_time = "1d"; runs = 256; per = "1d"; }',
        "hold": '{ psi_memory_some = "100%"; psi_cpu_some = "100%"; }',
        "interval": '{ min = "100ms"; max = "100ms"; }',
        "horizon": '"0s"', "cooldown": '"0s"', "settle": '"100ms"', "action_limit": '"1h"', **more}
    lines = [f"{key} = {value};" if value[0] != "{" else f"{key}: {value};" for key, value in options.items()]
    return f"{name}: {{ {' '.join(lines)} }};"


class Daemon:
    """A running fragd."""

    def __init__(self, machine, arguments, user=None, environment=None, command=None, pass_fds=()):
        self.machine = machine
        self.stderr_path = os.path.join(machine.top, f"stderr{len(machine.daemons)}")
        env = dict(os.environ, **(environment or {}))
        if user is None:
            env["ASAN_OPTIONS"] = NO_LEAKS
        with open(self.stderr_path, "wb") as err:
            self.process = subprocess.Popen((command or [FRAGD]) + arguments, stderr=err, stdin=subprocess.DEVNULL, env=env,
                                            pass_fds=pass_fds, user=user, group=user, extra_groups=[] if user else None)
        self.pid = self.process.pid
        machine.daemons.append(self)

    def stderr(self):
        with open(self.stderr_path) as f:
            return f.read()

    def said(self, text):
        wait_until(f"it says {text!r}; it said:\n{self.stderr()}", lambda: text in self.stderr() or self.ended())
        contains(self.stderr(), text)

    def ended(self):
        return self.process.poll() is not None

    def up(self):
        self.said("fragd: up")
        return self

    def actor(self):
        return children(self.pid)[0]

    def call(self, method, parameters=None, admin=False):
        with Client(self.machine.socket("admin" if admin else "fragd")) as client:
            return client.call(method, **(parameters or {}))

    def status(self):
        return self.call("io.fragd.Monitor.GetStatus")["status"]

    def node(self):
        return self.status()["nodes"][0]

    def log(self):
        return [entry["decision"] for entry in self.call("io.fragd.Monitor.GetLog")["entries"]]

    def reasons(self):
        return [decision["reason"] for decision in self.log()]

    def decided(self, reason):
        wait_until(f"decision {reason}; it said:\n{self.stderr()}", lambda: self.ended() or reason in self.reasons())
        return [d for d in self.log() if d["reason"] == reason][-1]

    def compacting(self):
        """The pid of the actor's child that compacts, once there is one."""
        seen = []

        def found():  # it may end at any time
            seen[:] = children(self.actor()) if len(children(self.pid)) == 1 else []
            return len(seen) == 1
        wait_until(f"a compaction; it said:\n{self.stderr()}", found)
        return seen[0]

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(DEADLINE)

    def end(self, number=signal.SIGTERM):
        self.send_signal(number)
        return self.wait()


class Machine:
    def __init__(self, recorded="6.1-after"):
        self.top = tempfile.mkdtemp(prefix="fragd-test-")
        os.chmod(self.top, 0o755)
        self.root = os.path.join(self.top, "root")
        self.runtime = os.path.join(self.top, "run")
        self.state = os.path.join(self.top, "state")
        self.config_path = os.path.join(self.top, "fragd.conf")
        self.daemons = []
        shutil.copytree(os.path.join(ROOTS, recorded), self.root)
        for directory, _, files in os.walk(self.root):
            for name in files:
                os.chmod(os.path.join(directory, name), 0o644)
        os.chmod(os.path.join(self.root, "proc/pagetypeinfo"), 0o400)
        self.fifo()
        self.memory(FRAGMENTED)
        self.config(policy_text())

    # --- the machine ---

    def path(self, path):
        return os.path.join(self.root, path)

    def put(self, path, text, mode=0o644):
        """At one instant: who reads it sees the old text or the new one."""
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w") as f:
            f.write(text)
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)

    def get(self, path):
        with open(self.path(path)) as f:
            return f.read().strip()

    def knob(self, path, value):
        """As an administrator does: in place, so that who holds it open sees it."""
        text = f"{value}\n".encode()
        fd = os.open(self.path(path), os.O_WRONLY)
        os.pwrite(fd, text, 0)
        os.ftruncate(fd, len(text))
        os.close(fd)

    def memory(self, blocks):
        """Free blocks of each order."""
        self.put("proc/buddyinfo", "Node 0, zone    DMA32 " + " ".join(f"{n:6}" for n in blocks) + " \n")

    def fifo(self, node=0):
        """A compaction that lasts until it is ended."""
        path = self.path(f"sys/devices/system/node/node{node}/compact")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.mkfifo(path, 0o600)

    def finish_compaction(self, node=0):
        """Reads what was written to such a FIFO, which ends the compaction."""
        fd = os.open(self.path(f"sys/devices/system/node/node{node}/compact"), os.O_RDONLY | os.O_NONBLOCK)  # a reader may come first
        written = bytearray()

        def read_all():
            try:
                written.extend(os.read(fd, 4096))
            except BlockingIOError:
                pass
            return bool(written)
        try:
            wait_until("a compaction", read_all)
        finally:
            os.close(fd)
        return written.decode()

    def tree(self):
        """All there is, by path: mode, size and time of last change."""
        found = {}
        for directory, _, files in os.walk(self.top):
            for name in files:
                path = os.path.join(directory, name)
                st = os.lstat(path)
                if not name.startswith("stderr"):
                    found[path] = (st.st_mode, st.st_size, st.st_mtime_ns)
        return found

    def kept(self):
        """What the state directory holds beside the history."""
        return sorted(name for name in os.listdir(self.state) if not name.startswith("history."))

    # --- fragd ---

    def config(self, *policies, policy="test", more=""):
        with open(self.config_path, "w") as f:
            f.write(f'policy = "{policy}";\n{more}policies: {{\n' + "\n".join(policies) + "\n};\n")

    def arguments(self, *more, become=NOBODY):
        return ["--root", self.root, "--runtime-dir", self.runtime, "--state-dir", self.state, "--actor", ACTOR, "-c",
                self.config_path, *(["--user", str(become)] if become else []), *more]

    def start(self, *more, become=NOBODY, **kwargs):
        return Daemon(self, self.arguments(*more, become=become), **kwargs)

    def socket(self, name):
        return os.path.join(self.runtime, f"{name}.sock")

    def run(self, *arguments, user=None):
        """A fragd that ends by itself."""
        env = dict(os.environ)
        if user is None:
            env["ASAN_OPTIONS"] = NO_LEAKS
        return subprocess.run([FRAGD, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              text=True, timeout=DEADLINE, env=env, user=user, group=user, extra_groups=[] if user else None)

    def done(self):
        for daemon in self.daemons:
            if not daemon.ended():
                left = children(daemon.pid)
                daemon.process.kill()
                daemon.process.wait()
                wait_until("the actor ends", lambda pids=left: all(gone(pid) for pid in pids))
        shutil.rmtree(self.top)

    def stderr(self):
        return "".join(daemon.stderr() for daemon in self.daemons)


def run(module):
    actor_harness.run(module, Machine)
