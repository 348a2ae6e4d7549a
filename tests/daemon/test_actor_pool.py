#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real fragd-actor on a fake machine, pools of huge pages and the page cache: test_actor_pool.py BUILD_DIR. Prints TAP.

A plain file takes every number: a kernel that gives all that is asked for. A FIFO is one that never comes back."""

import errno
import os
import signal

from actor_harness import (COMPACT, DROP_CACHES, HELLO, NONE, POOL_GROW, POOL_KEEP, POOL_UNDO, STOP, children, contains, equal, gone,
                           run, wait_until)

SIZE = 2 << 20
POOL = "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages"
DROP = "proc/sys/vm/drop_caches"


def pool(m, n=16, path=POOL):
    m.put(path, f"{n}\n")


def grow(a, add, so_far=0, node=0, size=SIZE):
    return a.call(POOL_GROW, node, value=add, expected=so_far, size=size)


def undo(a, node=0, size=SIZE):
    return a.call(POOL_UNDO, node, size=size)


def keep(a, node=0, size=SIZE):
    return a.call(POOL_KEEP, node, size=size)


def record(m, text=None):
    return m.baseline(text, "pools")


def test_grow_and_keep(m):
    """a pool grows in steps; kept, it stays after the end"""
    pool(m)
    a = m.start()
    r = grow(a, 100)
    equal((r.result, r.value, r.baseline), (0, 100, 16))
    equal((m.get(POOL), record(m)), ("116", "fragd-pools 1\n0 2097152 16 116\nend\n"))
    r = grow(a, 12, so_far=100)
    equal((r.result, r.value, r.baseline), (0, 112, 16))
    r = keep(a)
    equal((r.result, r.value, record(m)), (0, 112, None))
    equal(a.close(), 0)
    equal((m.get(POOL), m.stderr()), ("128", ""))


def test_undo(m):
    """a growth is taken back, all of it, once"""
    pool(m)
    a = m.start()
    grow(a, 100)
    grow(a, 50, so_far=100)
    r = undo(a)
    equal((r.result, r.value), (0, 0))
    equal((m.get(POOL), record(m)), ("16", None))
    pool(m, 99)
    equal((undo(a).result, keep(a).value, m.get(POOL)), (0, 0, "99"))


def test_end_of_connection(m):
    """what is not kept goes back when the connection ends, on every node"""
    other = POOL.replace("node0", "node1")
    pool(m)
    pool(m, 0, other)
    a = m.start()
    grow(a, 100)
    equal(grow(a, 7, node=1).result, 0)
    equal(a.close(), 0)
    equal((m.get(POOL), m.get(other), record(m)), ("16", "0", None))
    contains(m.stderr(), "nr_hugepages taken back from 116 to 16", "taken back from 7 to 0")


def test_killed(m):
    """the actor is killed: the next one takes the pages back before it serves"""
    pool(m)
    a = m.start()
    grow(a, 100)
    a.kill()
    equal(m.get(POOL), "116")
    m.start()
    equal((m.get(POOL), record(m)), ("16", None))


def test_restore_option(m):
    """--restore takes them back, too; also what was killed in the middle of growing"""
    pool(m, 60)
    record(m, "fragd-pools 1\n0 2097152 16 116\nend\n")
    p = m.restore()
    equal((p.returncode, m.get(POOL), record(m)), (0, "16", None))


def test_somebody_else(m):
    """a pool that somebody else changed is theirs: not grown, not taken back"""
    pool(m)
    a = m.start()
    grow(a, 100)
    pool(m, 500)
    equal(grow(a, 10, so_far=100).result, -errno.ESTALE)
    equal((undo(a).result, m.get(POOL), record(m)), (0, "500", None))
    contains(m.stderr(), "is 500 now, which is not ours")


def test_not_as_expected(m):
    """a growth so far that is not so: nothing is done"""
    pool(m)
    a = m.start()
    equal(grow(a, 10, so_far=5).result, -errno.ESTALE)
    grow(a, 100)
    equal(grow(a, 10).result, -errno.ESTALE)
    equal(grow(a, 10, so_far=99).result, -errno.ESTALE)
    equal(m.get(POOL), "116")


def test_missing(m):
    """no such size, no such node: -ENOENT, and no record"""
    pool(m)
    a = m.start()
    equal(grow(a, 1, size=1 << 30).result, -errno.ENOENT)
    equal(grow(a, 1, node=7).result, -errno.ENOENT)
    equal((record(m), undo(a, 7).result), (None, 0))


def test_kernel_refuses(m):
    """the kernel's errno is the result, and nothing is left on record"""
    pool(m)
    os.chmod(m.path(POOL), 0o444)
    a = m.start()
    r = grow(a, 10)
    equal((r.result, r.value, record(m)), (-errno.EACCES, 0, None))


def test_not_a_number(m):
    """a file that holds no number: refused"""
    for text in ("many\n", "-5\n", ""):
        m.put(POOL, text)
        a = m.start()
        assert grow(a, 10).result < 0
        equal((a.close(), m.get(POOL)), (0, text.strip()))


def test_record_cannot_be_written(m):
    """without a record nothing is written"""
    pool(m)
    a = m.start()
    os.mkdir(os.path.join(m.runtime, "pools.new"))
    assert grow(a, 10).result < 0
    equal((m.get(POOL), undo(a).result), ("16", 0))


def damaged(text):
    def test(m):
        pool(m, 60)
        record(m, text)
        m.start()
        equal((m.get(POOL), record(m), m.baseline(name="pools.damaged")), ("60", None, text))
        contains(m.stderr(), "set aside as pools.damaged")
    test.__doc__ = f"a record {text!r} is set aside"
    return test


def cases_of_records():
    head, good = "fragd-pools 1\n", "0 2097152 16 116\n"
    for text in ("", "x\n", head, head + good, head + good + "end", head + good + "end\nend\n", head + "0 2097152 16\nend\n",
                 head + "0 2097152 16 116 5\nend\n", head + "0 2097152 16 16\nend\n", head + "0 2097152 116 16\nend\n",
                 head + "1024 2097152 16 116\nend\n", head + "0 2097153 16 116\nend\n", head + "0 512 16 116\nend\n",
                 head + "0 2097152 -1 116\nend\n", head + "../x 2097152 16 116\nend\n",
                 head + "0 2097152 16 99999999999999999999\nend\n", head + good * 257 + "end\n", good + "end\n"):
        yield damaged(text)


def test_record_of_others(m):
    """a record that others could have written is set aside"""
    pool(m, 60)
    record(m, "fragd-pools 1\n0 2097152 16 116\nend\n")
    os.chmod(os.path.join(m.runtime, "pools"), 0o666)
    m.start()
    equal((m.get(POOL), record(m)), ("60", None))


def test_busy(m):
    """one run a node, of whatever kind; the others are answered meanwhile"""
    pool(m)
    m.fifo()
    a = m.start()
    a.compacting()
    equal([grow(a, 1).result, a.call(COMPACT, 0).result, undo(a).result, keep(a).result], [-errno.EBUSY] * 2 + [0] * 2)
    equal((a.call(HELLO).result, m.get(POOL), record(m)), (0, "16", None))
    pool(m, 0, POOL.replace("node0", "node1"))
    equal(grow(a, 1, node=1).result, 0)


def test_drop_caches(m):
    """the page cache is dropped with 1, at most twice a minute"""
    m.put(DROP, "0\n")
    a = m.start()
    r = a.call(DROP_CACHES, value=1)
    equal((r.result, r.verb, m.get(DROP)), (0, DROP_CACHES, "1"))
    equal([a.call(DROP_CACHES, value=1).result for _ in range(2)], [0, -errno.EAGAIN])


def test_drop_caches_values(m):
    """nothing else is ever written to drop_caches"""
    m.put(DROP, "0\n")
    a = m.start()
    for value in (0, 2, 3, 4, 5, -1, 1 << 40):
        equal(a.call(DROP_CACHES, value=value).result, -errno.ERANGE)
    equal(m.get(DROP), "0")


def test_drop_caches_blocks(m):
    """a drop that does not come back: one at a time, everything else is answered, and it ends with the connection"""
    m.put(DROP, "0\n")
    os.unlink(m.path(DROP))
    os.mkfifo(m.path(DROP), 0o600)
    a = m.start()
    a.send(DROP_CACHES, value=1)
    wait_until("a child", lambda: children(a.pid))
    child = children(a.pid)[0]
    equal(a.call(DROP_CACHES, value=1).result, -errno.EBUSY)
    equal((a.call(HELLO).result, a.call(COMPACT, 0).result), (0, 0))
    equal(a.close(), 0)
    assert gone(child)


def test_grow_limit_and_stop(m):
    """a growth ends at its limit, and by STOP: it says what it has come to"""
    pool(m)
    a = m.start()
    # The kernel reads the number at once and writes for long; a plain file cannot block, so the file is swapped once it was read.
    os.chmod(m.path(POOL), 0o600)
    os.kill(a.pid, signal.SIGSTOP)
    sent = a.send(POOL_GROW, 0, value=5, size=SIZE, limit=1)
    os.kill(a.pid, signal.SIGCONT)
    r = a.receive()
    equal((r.id, r.verb), (sent, POOL_GROW))
    assert r.result in (0, -errno.ETIMEDOUT) and r.value in (0, 5), (r.result, r.value)
    equal(a.call(STOP, 0).result, -errno.ESRCH)
    equal((a.close(), m.get(POOL)), (0, "16"))


def test_foreign_fields(m):
    """fields of other verbs are refused, and nothing is done"""
    pool(m)
    m.put(DROP, "0\n")
    a = m.start()
    for verb, fields in ((POOL_UNDO, {"value": 1, "size": SIZE}), (POOL_KEEP, {"limit": 1, "size": SIZE}), (HELLO, {"size": SIZE}),
                         (COMPACT, {"size": SIZE}), (DROP_CACHES, {"value": 1, "size": SIZE})):
        equal(a.call(verb, 0, **fields).result, -errno.EBADMSG)
    for fields in ({"value": 0}, {"value": -1}, {"value": 1 << 40}, {"value": 1, "expected": NONE}, {"value": 1, "size": 3 << 20},
                   {"value": 1, "size": 0}):
        equal(a.call(POOL_GROW, 0, **{"size": SIZE, **fields}).result, -errno.ERANGE)
    equal((m.get(POOL), m.get(DROP), record(m)), ("16", "0", None))


def test_writes_rate(m):
    """growing counts as writing: 120 a minute"""
    pool(m)
    a = m.start()
    results = [grow(a, 1, so_far=n).result for n in range(121)]
    equal((results[:120], results[120]), ([0] * 120, -errno.EAGAIN))


run(globals())
