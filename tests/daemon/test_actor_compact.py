#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real fragd-actor on a fake machine, compactions, sources and bad packets: test_actor_compact.py BUILD_DIR. Prints TAP."""

import array
import errno
import fcntl
import os
import shutil
import signal
import socket
import time

from actor_harness import (COMPACT, COUNTERS, HELLO, LEASE, MAGIC, P, PROACTIVENESS, REQUEST, RESTORE, RINGS, SET_KNOB, SOURCE, STOP, VERSION,
                           children, contains, equal, gone, process_state, run, status, wait_until)


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
    equal(os.read(fd, 10), b"1\n")
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
    """each compaction has its own limit, none is forgotten"""
    limits = {0: 60000, 1: 20000, 2: 40000}
    a = m.start()
    for node, limit in {**limits, 3: 3600 * 1000000, 4: 0}.items():
        m.fifo(node)
        a.send(COMPACT, node, limit=limit)
    while limits:
        r = a.receive()
        equal(r.result, -errno.ETIMEDOUT)
        assert r.wall >= limits.pop(r.target), (r.target, r.wall)
    wait_until("the last two have begun, and go on", lambda: len(children(a.pid)) == 2)


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


def test_slabinfo(m):
    """slabinfo is handed over like the others; a link in its place leads nowhere"""
    m.put("proc/slabinfo", "slabinfo - version: 2.1\n")
    os.chmod(m.path("proc/slabinfo"), 0o400)
    a = m.start()
    r = a.call(SOURCE, 3)
    equal((r.result, len(r.fds)), (0, 1))
    equal(os.pread(r.fds[0], 100, 0), b"slabinfo - version: 2.1\n")
    os.close(r.fds[0])
    os.unlink(m.path("proc/slabinfo"))
    os.symlink("/etc/passwd", m.path("proc/slabinfo"))
    equal((a.call(SOURCE, 3).result, m.stderr()), (-errno.ENOENT, ""))


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
    a.call(HELLO)  # what it does after a reply is done now
    equal(len(os.listdir(f"/proc/{a.pid}/fd")), before)


# --- counters ---

def counters(m, cpus):
    """A fake machine's event, and counters of these CPUs."""
    m.put("sys/kernel/tracing/events/kmem/mm_page_alloc_extfrag/id", "314\n")
    for cpu in cpus:
        m.put(f"fragd-counters/cpu{cpu}", f"of {cpu}")


def test_counters(m):
    """counters come as two fds for each CPU that is online, in ascending order; the actor keeps none"""
    counters(m, (0, 3, 31, 64))
    a = m.start("--counters")
    before = len(os.listdir(f"/proc/{a.pid}/fd"))
    r = a.call(COUNTERS, 0, value=1 << 31 | 0b1011, expected=9)  # 1 is offline
    equal((r.result, r.value, len(r.fds)), (0, 1 << 31 | 0b1001, 6))
    equal([os.pread(fd, 100, 0) for fd in r.fds], [b"of 0"] * 2 + [b"of 3"] * 2 + [b"of 31"] * 2)
    for fd in r.fds:
        os.close(fd)
    r = a.call(COUNTERS, 2, value=1, expected=13)
    equal((r.result, r.value, os.pread(r.fds[0], 100, 0)), (0, 1, b"of 64"))
    for fd in r.fds:
        os.close(fd)
    a.call(HELLO)
    equal(len(os.listdir(f"/proc/{a.pid}/fd")), before)


def test_counters_of_a_full_group(m):
    """32 CPUs in one reply"""
    counters(m, range(32, 64))
    r = m.start().call(COUNTERS, 1, value=2 ** 32 - 1, expected=9)
    equal((r.result, r.value, len(r.fds)), (0, 2 ** 32 - 1, 64))
    equal([os.pread(fd, 100, 0) for fd in r.fds[::2]], [f"of {cpu}".encode() for cpu in range(32, 64)])
    for fd in r.fds:
        os.close(fd)


def test_counters_missing(m):
    """why there are no counters: no tracefs, no event, no CPU; no fd then"""
    a = m.start("--counters")

    def asked(expected):
        r = a.call(COUNTERS, 0, value=1, expected=9)
        equal((r.result, r.value, r.fds), (-expected, 0, []))
    asked(errno.ENXIO)
    os.makedirs(m.path("sys/kernel/tracing/events"))
    asked(errno.ENOENT)
    counters(m, ())
    asked(errno.ENODEV)
    m.put("fragd-counters/cpu1", "")
    asked(errno.ENODEV)
    m.put("sys/kernel/tracing/events/kmem/mm_page_alloc_extfrag/id", "")
    asked(errno.EINVAL)
    shutil.rmtree(m.path("sys/kernel/tracing"))
    m.put("sys/kernel/debug/tracing/events/kmem/mm_page_alloc_extfrag/id", "7")  # its older place
    m.put("fragd-counters/cpu0", "")
    asked_again = a.call(COUNTERS, 0, value=1, expected=9)
    equal((asked_again.result, len(asked_again.fds)), (0, 2))
    for fd in asked_again.fds:
        os.close(fd)


def test_counters_out_of_range(m):
    """counters of CPUs and orders that there cannot be, or of anything else, are refused"""
    counters(m, (0,))
    a = m.start("--counters")
    for target, value, expected in ((32, 1, 9), (2 ** 32 - 1, 1, 9), (0, 0, 9), (0, -1, 9), (0, 1 << 32, 9), (0, 1, 0), (0, 1, 24),
                                    (0, 1, -1), (0, 1, 2 ** 63 - 1)):
        equal(a.call(COUNTERS, target, value=value, expected=expected).result, -errno.ERANGE)
    equal(a.call(COUNTERS, 0, value=1, expected=9, size=315).result, -errno.EBADMSG)
    equal(a.call(COUNTERS, 0, value=1, expected=9, limit=1).result, -errno.EBADMSG)


def test_rings(m):
    """records of compactions come as two fds for each CPU, which can be written as a buffer must; both events are needed"""
    a = m.start("--counters")
    equal(a.call(RINGS, 0, value=1).result, -errno.ENXIO)
    m.put("sys/kernel/tracing/events/compaction/mm_compaction_begin/id", "7\n")
    m.put("fragd-rings/cpu0", "of 0")
    m.put("fragd-rings/cpu2", "of 2")
    equal(a.call(RINGS, 0, value=1).result, -errno.ENOENT)
    m.put("sys/kernel/tracing/events/compaction/mm_compaction_end/id", "8\n")
    before = len(os.listdir(f"/proc/{a.pid}/fd"))
    r = a.call(RINGS, 0, value=0b111)  # 1 is offline
    equal((r.result, r.value, [os.pread(fd, 100, 0) for fd in r.fds]), (0, 0b101, [b"of 0"] * 2 + [b"of 2"] * 2))
    equal({fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE for fd in r.fds}, {os.O_RDWR})
    for fd in r.fds:
        os.close(fd)
    equal(a.call(RINGS, 1, value=1).result, -errno.ENODEV)
    for target, value, expected in ((32, 1, 0), (0, 0, 0), (0, 1 << 32, 0), (0, 1, 9)):
        equal(a.call(RINGS, target, value=value, expected=expected).result, -errno.ERANGE)
    equal(len(os.listdir(f"/proc/{a.pid}/fd")), before)


def test_counters_privilege(m):
    """with --counters CAP_PERFMON stays permitted, not in force, and nothing else; without it, nothing"""
    perfmon = 1 << 38
    had = int(status(os.getpid())["CapPrm"], 16) & perfmon
    a = m.start("--counters")
    for _ in range(2):
        s = status(a.pid)
        equal([int(s[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")], [0, had, 0, 0])
        equal((int(s["CapBnd"], 16) & ~perfmon, s["NoNewPrivs"]), (0 if os.geteuid() == 0 else int(s["CapBnd"], 16) & ~perfmon, "1"))
        a.call(COUNTERS, 0, value=1, expected=9)
    a.close()
    equal(int(status(m.start().pid)["CapPrm"], 16), 0)


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
    good = REQUEST.pack(MAGIC, VERSION, SET_KNOB, PROACTIVENESS, 9, 45, 20, 0, 0)
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
    equal(a.call(15).result, -errno.EBADMSG)
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
            data = REQUEST.pack(MAGIC, VERSION, HELLO, 0, a.last_id, 0, 0, 0, 0)
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


def test_compaction_rate(m):
    """compactions above the rate: -EAGAIN, and nothing is written"""
    a = m.start()
    start = time.monotonic()
    results = [a.call(COMPACT, 0).result for _ in range(60)]
    equal(results, [0] * 60)
    path = m.path("sys/devices/system/node/node0/compact")
    before = os.stat(path).st_mtime_ns
    assert time.monotonic() - start < 60, "this machine is too slow for this case"
    equal([a.call(COMPACT, 0).result for _ in range(5)], [-errno.EAGAIN] * 5)
    equal(os.stat(path).st_mtime_ns, before)
    equal(a.call(STOP, 0).result, -errno.ESRCH)


# --- a peer that is not heard of ---

def test_lease_of_a_knob(m):
    """a peer that does not say in time that it is there: its knob goes back, and the connection ends"""
    a = m.start()
    equal(a.call(LEASE, limit=1000).value, 0)
    a.set(45, 20)  # good for a minute by itself
    equal(a.call(LEASE, limit=3600 * 10 ** 6).value, 1)
    equal((a.call(HELLO).result, m.get(P)), (0, "45"))
    equal(a.call(LEASE, limit=1000).value, 1)
    equal(a.wait(), 0)
    equal(m.get(P), "20")
    contains(m.stderr(), "the peer was not heard of in time", "put back from 45 to 20")


def test_lease_of_a_compaction(m):
    """the same with a compaction"""
    m.fifo()
    a = m.start()
    a.send(COMPACT, 0)
    wait_until("a child", lambda: children(a.pid))
    child = children(a.pid)[0]
    equal(a.call(LEASE, limit=1000).value, 1)
    equal(a.wait(), 0)
    wait_until("the child is gone", lambda: gone(child))


def test_no_lease_needed(m):
    """who holds nothing need not be heard of"""
    a = m.start()
    a.set(45, 20)
    a.set(20, 45)
    equal(a.call(LEASE, limit=1).value, 0)
    a.call(STOP, 0)
    equal([a.call(LEASE, limit=1).value for _ in range(20)], [0] * 20)
    equal(a.call(HELLO).result, 0)


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


run(globals())
