#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragd-taskstats on the kernel that runs here: test_taskstats.py BUILD_DIR, as root. It changes nothing. Prints TAP."""

import os
import socket
import struct
import subprocess
import sys
import tempfile

import passed_sockets
from actor_harness import DEADLINE, contains, equal, run
from fake_taskstats import MAGIC, REPLY, REQUEST, VERSION

PROGRAM = os.path.join(os.path.abspath(sys.argv[1]), "taskstats", "fragd-taskstats")
NET_ADMIN = 1 << 12
OWNER, STRANGER = 4242, 4343
# It changes its uid, and cannot be traced then, which the leak sanitizer wants.
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")


class Nothing:
    """Stands in for the machine that the other suites have."""

    def done(self):
        pass

    def stderr(self):
        return ""


def fields(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def is_allowed():
    return int(fields("self")["CapEff"], 16) & NET_ADMIN != 0


def start():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(DEADLINE)
    p = subprocess.Popen([PROGRAM, "--fd", str(theirs.fileno())], pass_fds=[theirs.fileno()], stderr=subprocess.PIPE,
                         stdin=subprocess.DEVNULL, env=ENVIRONMENT)
    theirs.close()
    return p, ours


def ask(s, pid, magic=MAGIC, version=VERSION, reserved=0):
    """(result, bytes)"""
    s.send(REQUEST.pack(magic, version, pid, reserved))
    magic, version, echoed, result, size, reserved, data = REPLY.unpack(s.recv(REPLY.size + 1))
    equal((magic, version, reserved, echoed), (MAGIC, VERSION, 0, pid))
    return result, data[:size]


def connect_as(path, uid):
    """The kernel notes who connects."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(DEADLINE)
    os.seteuid(uid)
    try:
        s.connect(path)
    finally:
        os.seteuid(0)
    return s


def end(p, s):
    s.close()
    equal((p.wait(DEADLINE), p.stderr.read()), (0, b""))


def test_questions(_):
    """a process, one that is not there, and what is no question"""
    p, s = start()
    result, data = ask(s, os.getpid())
    # Without the capability, or CONFIG_TASKSTATS, it says so.
    assert result == 0 if is_allowed() else result in (-1, -2), result
    if result == 0:
        version, = struct.unpack_from("=H", data)
        assert version >= 9 and len(data) >= 344, (version, len(data))
        equal(ask(s, 4194304)[0], -3)
    else:
        equal(data, b"")
    for bad in (dict(magic=1), dict(version=2), dict(reserved=1), dict(pid=0), dict(pid=4194305)):
        equal(ask(s, **{"pid": 1, **bad}), (-74, b""))
    s.send(b"x")
    equal(REPLY.unpack(s.recv(REPLY.size))[3], -74)
    equal(ask(s, os.getpid())[0], result)
    end(p, s)


def test_privilege(_):
    """nobody, with CAP_NET_ADMIN and nothing else"""
    p, s = start()
    ask(s, os.getpid())
    f = fields(p.pid)
    equal((f["Uid"].split(), f["Gid"].split(), f["Groups"].strip()), (["65534"] * 4, ["65534"] * 4, ""))
    equal((int(f["CapPrm"], 16), int(f["CapEff"], 16), int(f["CapInh"], 16), int(f["CapAmb"], 16), f["NoNewPrivs"]),
          (NET_ADMIN if is_allowed() else 0,) * 2 + (0, 0, "1"))
    end(p, s)


def test_usage(_):
    """what it does not understand: one line, exit 2"""
    for arguments, words in (([], "one of --fd and --listen is needed"), (["--fd", "99"], "no SOCK_SEQPACKET socket has the number 99"),
                             (["--fd"], "a value is missing after --fd"), (["--what"], "unknown option --what"),
                             (["--listen", "x"], "unexpected argument x")):
        r = subprocess.run([PROGRAM, *arguments], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE)
        equal((r.returncode, r.stderr.count("\n")), (2, 1))
        contains(r.stderr, "fragd-taskstats: ", words, "usage: fragd-taskstats --fd N|--listen")
    r = subprocess.run([PROGRAM, "--listen"], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE,
                       env=ENVIRONMENT)
    equal((r.returncode, r.stderr.count("\n")), (1, 1))


def test_listening(_):
    """as a service: the owner of the socket is served, others are not; it ends with its peer"""
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        path = os.path.join(top, "taskstats.sock")
        listener = passed_sockets.listen(path, socket.SOCK_SEQPACKET, mode=0o666, owner=OWNER)
        p = subprocess.Popen(passed_sockets.command(PROGRAM, [listener]) + ["--listen"], pass_fds=[listener.fileno()],
                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        with connect_as(path, STRANGER) as s:
            try:
                equal(s.recv(1), b"")
            except ConnectionResetError:
                pass
        with connect_as(path, OWNER) as s:
            assert ask(s, os.getpid())[0] in ((0,) if is_allowed() else (-1, -2))
        equal(p.wait(DEADLINE), 0)
        contains(p.stderr.read().decode(), f"fragd-taskstats: peer of uid {STRANGER}, pid ", "refused")
        listener.close()


if __name__ == "__main__":
    run(globals(), Nothing)
