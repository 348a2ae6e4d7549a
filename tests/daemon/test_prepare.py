#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl prepare and check with the real programs on a fake machine: test_prepare.py BUILD_DIR. Prints TAP. Wants root.

A plain file is a pool of huge pages that the kernel fills as asked; a FIFO in place of `compact` is a compaction that goes on."""

import json
import os
import pty
import select
import signal
import subprocess

from actor_harness import DEADLINE
from fragd_harness import FRAGMENTED, HEALED, MIB, SHORT, Machine, contains, equal, policy_text, run, wait_until
from fragctl_tap import FRAGCTL

POOL = "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages"
DROP = "proc/sys/vm/drop_caches"
# Ten blocks of 2 MiB, and much that is loose.
SOME = FRAGMENTED[:9] + [10, 0]
QUIET = policy_text(reserve="2M", levers=())


def started(m, memory, policy=QUIET, arguments=()):
    m.config(policy)
    m.memory(memory)
    m.put(POOL, "16\n")
    m.put(DROP, "0\n")
    m.fragd = m.start(*arguments).up()
    return m.fragd


def command(m, *arguments):
    return [FRAGCTL, "--runtime-dir", m.runtime, *arguments]


def fragctl(m, *arguments):
    return subprocess.run(command(m, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                          timeout=DEADLINE)


def begin(m, *arguments):
    return subprocess.Popen(command(m, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)


def end(process):
    out, err = process.communicate(timeout=DEADLINE)
    return process.returncode, out, err


def prepare(m, count, *more):
    return fragctl(m, "prepare", "--size", "2M", "--count", str(count), *more)


def untouched(m):
    equal((m.get(POOL), m.get(DROP)), ("16", "0"))


# --- check ---

def test_check(m):
    """check: there, after compaction, impossible, never; and nothing changes"""
    fragd = started(m, SOME)
    for arguments, status, said in (
            (("--size", "2M", "--count", "10"), 0, "they are there now"),
            (("--order", "9", "--count", "10", "--node", "0"), 0, "10 blocks of 2 MiB"),
            (("--size", "2M", "--count", "20"), 4, "not now, but after compaction"),
            (("--size", "1.5M", "--count", "20", "--interleave"), 4, "20 blocks of 2 MiB"),
            (("--size", "2M", "--count", "200"), 3, "too little memory is free"),
            (("--size", "2M", "--count", "2000000"), 3, "never")):
        p = fragctl(m, "check", *arguments)
        equal((p.returncode, p.stderr), (status, ""))
        contains(p.stdout.replace("\n", " "), said)
    j = json.loads(fragctl(m, "--json", "check", "--size", "2M", "--count", "10").stdout)
    equal((j["outlook"], j["now"], j["size_bytes"]), ("now", 10, 2 * MIB))
    assert 10 < j["compacted"] <= j["ceiling"], j
    equal(fragd.status()["budget"]["runs"], 0)
    untouched(m)


def test_usage(m):
    """what is missing or too much is said in one line"""
    started(m, SOME)
    for verb in ("check", "prepare"):
        for arguments, said in (((), "--size or --order"), (("--size", "2M"), "--count is missing"),
                                (("--size", "2M", "--order", "9", "--count", "1"), "--size or --order"),
                                (("--size", "2M", "--count", "1", "--node", "0", "--interleave"), "--interleave"),
                                (("--size", "2M", "--count", "0"), "--count: expected"),
                                (("--size", "1G", "--count", "9000000000000000000"), "no machine")):
            p = fragctl(m, verb, *arguments)
            equal((p.returncode, p.stdout, p.stderr.count("\n")), (2, "", 1))
            contains(p.stderr, said)
    p = fragctl(m, "check", "--size", "2M", "--count", "1", "--hugetlb")
    equal(p.returncode, 2)
    p = prepare(m, 1, "--node", "5")
    equal((p.returncode, p.stderr), (1, "fragctl: there is no node 5; nodes with memory: 0\n"))


# --- prepare ---

def test_there(m):
    """blocks that are there already: done, and nothing was done, even where fragd only observes"""
    fragd = started(m, HEALED, arguments=("--observe",))
    p = prepare(m, 10)
    equal((p.returncode, p.stderr), (0, ""))
    contains(p.stdout, "Prepared 20 MiB in blocks of 2 MiB")
    equal(fragd.status()["budget"]["runs"], 0)
    untouched(m)


def test_compacts(m):
    """compacts until they are there, then ends the compaction; quiet in a pipe"""
    fragd = started(m, FRAGMENTED)
    p = begin(m, "prepare", "--size", "2M", "--count", "20")
    fragd.compacting()
    m.memory(HEALED)
    status, out, err = end(p)
    equal((status, err), (0, ""))
    contains(out, "Prepared 40 MiB in blocks of 2 MiB")
    fragd.decided("prepared")
    untouched(m)


def test_impossible(m):
    """too little is free: 3, with the number that is possible, and nothing is done"""
    fragd = started(m, SHORT)
    p = prepare(m, 20)
    equal(p.returncode, 3)
    contains(p.stdout, "Could not prepare 40 MiB in blocks of 2 MiB: none is possible now, since too little memory is free.",
             "--allow-drop-caches")
    j = json.loads(fragctl(m, "--json", "prepare", "--size", "2M", "--count", "20", "--allow-drop-caches=x").stdout or "{}")
    equal(j, {})
    equal(fragd.status()["budget"]["runs"], 0)
    untouched(m)


def test_no_such_blocks(m):
    """blocks that this kernel does not have: 3"""
    started(m, HEALED)
    p = fragctl(m, "prepare", "--size", "1G", "--count", "1")
    equal(p.returncode, 3)
    contains(p.stdout, "this kernel has no blocks of that size")
    p = fragctl(m, "prepare", "--size", "4M", "--count", "1", "--hugetlb")
    equal(p.returncode, 3)
    contains(p.stdout, "there is no pool of huge pages of that size")


def test_time_out(m):
    """the time is over: 4, with what was reached, and the compaction is ended"""
    fragd = started(m, SOME)
    p = prepare(m, 20, "--timeout", "1s")
    equal(p.returncode, 4)
    contains(p.stdout, "Could not prepare 40 MiB in blocks of 2 MiB within 1s: 20 MiB were there.")
    wait_until("the compaction ends", lambda: not fragd.node().get("acting"))
    untouched(m)


def test_compaction_is_no_use(m):
    """compactions that bring nothing: 3 after two of them, with what is there"""
    fragd = started(m, SOME)
    p = begin(m, "--json", "prepare", "--size", "2M", "--count", "20")
    for _ in range(2):
        fragd.compacting()
        m.finish_compaction()
    status, out, err = end(p)
    j = json.loads(out)
    equal((status, err, j["state"], j["wanted"], j["reached"], j["possible"]), (3, "", "impossible", 20, 10, 10))
    equal(len([d for d in fragd.log() if d["reason"] == "requested"]), 2)


# --- huge pages ---

def test_hugetlb(m):
    """a pool grows by as many as were asked for, and keeps them after the end of fragd"""
    fragd = started(m, HEALED)
    p = prepare(m, 10, "--hugetlb", "--node", "0")
    equal((p.returncode, p.stderr, m.get(POOL)), (0, "", "26"))
    equal([d["act"] for d in fragd.log() if d["reason"] == "preparing"], ["grow-pool", "keep-pool"])
    equal((fragd.end(), m.get(POOL), m.get(DROP)), (0, "26", "0"))


def grown(m, fragd, *more):
    """A pool that has grown by six of the ten that were there, and waits for more that does not come."""
    p = begin(m, "prepare", "--size", "2M", "--count", "20", "--hugetlb", *more)
    wait_until("the pool grows", lambda: m.get(POOL) == "22")
    m.memory(FRAGMENTED)
    return p


def test_hugetlb_time_out(m):
    """a partial growth is taken back when the time is over"""
    fragd = started(m, SOME)
    status, out, _ = end(grown(m, fragd, "--timeout", "2s"))
    equal((status, m.get(POOL)), (4, "16"))
    contains(out, "12 MiB were there.")
    equal([d["act"] for d in fragd.log() if d["reason"] == "preparing"], ["grow-pool", "undo-pool"])


def test_hugetlb_keep_partial(m):
    """--keep-partial: it stays, and is said"""
    fragd = started(m, SOME)
    status, out, _ = end(grown(m, fragd, "--timeout", "2s", "--keep-partial"))
    equal((status, m.get(POOL)), (4, "22"))
    contains(out, "12 MiB were there; 12 MiB stay in the pool of huge pages.")
    equal((fragd.end(), m.get(POOL)), (0, "22"))


def test_interrupted(m):
    """Ctrl-C ends the work: the compaction, and what the pool had grown by"""
    fragd = started(m, SOME)
    p = grown(m, fragd)
    fragd.compacting()
    p.send_signal(signal.SIGINT)
    status, _, err = end(p)
    equal((status, err), (-signal.SIGINT, "fragctl: interrupted: fragd ends the work, and takes back what it has taken\n"))
    wait_until("the pool is as before", lambda: m.get(POOL) == "16")
    fragd.decided("abandoned")
    wait_until("the compaction ends", lambda: not fragd.node().get("acting"))


def test_client_killed(m):
    """so does SIGKILL of the client"""
    fragd = started(m, SOME)
    p = grown(m, fragd)
    p.kill()
    end(p)
    wait_until("the pool is as before", lambda: m.get(POOL) == "16")


def test_fragd_ends(m):
    """fragd ends in the middle: the pool is as before"""
    fragd = started(m, SOME)
    p = grown(m, fragd)
    fragd.end()
    equal((end(p)[0], m.get(POOL)), (5, "16"))


def test_fragd_killed(m):
    """so does SIGKILL of fragd"""
    fragd = started(m, SOME)
    p = grown(m, fragd)
    fragd.end(signal.SIGKILL)
    equal(end(p)[0], 5)
    wait_until("the pool is as before", lambda: m.get(POOL) == "16")


def test_somebody_else(m):
    """somebody else sets the pool meanwhile: theirs stays, and it is said"""
    fragd = started(m, SOME)
    p = grown(m, fragd)
    m.knob(POOL, 500)
    m.memory(SOME)
    status, _, err = end(p)
    equal((status, m.get(POOL)), (1, "500"))
    contains(err, "somebody else changed the pool of huge pages")


def test_gigantic(m):
    """pages beyond the free lists grow one by one"""
    pool = POOL.replace("2048", "1048576")
    started(m, FRAGMENTED[:10] + [700])
    m.put(pool, "0\n")
    p = fragctl(m, "prepare", "--size", "1G", "--count", "2", "--hugetlb")
    equal((p.returncode, m.get(pool)), (0, "2"))


# --- the page cache ---

def test_drop_caches(m):
    """the page cache is dropped with the flag only, once, and only where compaction is not enough"""
    fragd = started(m, SHORT)
    equal((prepare(m, 20).returncode, m.get(DROP)), (3, "0"))
    p = begin(m, "prepare", "--size", "2M", "--count", "20", "--allow-drop-caches")
    wait_until("the page cache is dropped", lambda: m.get(DROP) == "1")
    m.memory(HEALED)
    equal(end(p)[0], 0)
    equal([d["act"] for d in fragd.log() if d["reason"] == "preparing"], ["drop-caches"])
    m.put(DROP, "0\n")
    equal((prepare(m, 10, "--allow-drop-caches").returncode, m.get(DROP)), (0, "0"))


def test_drop_caches_in_vain(m):
    """dropped, and still impossible: 3, and it was once"""
    fragd = started(m, SHORT)
    p = prepare(m, 20, "--allow-drop-caches")
    equal((p.returncode, m.get(DROP)), (3, "1"))
    assert "--allow-drop-caches" not in p.stdout, p.stdout
    equal(len([d for d in fragd.log() if d["act"] == "drop-caches"]), 1)


# --- who and when ---

def test_refused(m):
    """where fragd only observes, or is paused: refused with the reason"""
    started(m, SOME, arguments=("--observe",))
    p = prepare(m, 20)
    equal(p.returncode, 1)
    contains(p.stderr, "the policy only observes")
    equal(m.fragd.end(), 0)
    started(m, SOME)
    equal(fragctl(m, "pause").returncode, 0)
    p = prepare(m, 20)
    equal(p.returncode, 1)
    contains(p.stderr, "fragd is paused")
    untouched(m)


def test_one_after_the_other(m):
    """who comes second waits; its time runs"""
    fragd = started(m, SOME)
    first = begin(m, "prepare", "--size", "2M", "--count", "20")
    fragd.compacting()
    p = prepare(m, 15, "--timeout", "500ms")
    equal(p.returncode, 4)
    second = begin(m, "prepare", "--size", "2M", "--count", "10")
    m.memory(HEALED)
    equal((end(first)[0], end(second)[0]), (0, 0))


def test_terminal(m):
    """on a terminal one line tells how far it is, and is gone at the end"""
    fragd = started(m, SOME)
    master, slave = pty.openpty()
    p = subprocess.Popen(command(m, "prepare", "--size", "2M", "--count", "20"), stdout=slave, stderr=slave, stdin=slave,
                         env=dict(os.environ, TERM="xterm"))
    os.close(slave)
    seen = b""

    def read():
        nonlocal seen
        if select.select([master], [], [], 0)[0]:
            try:
                seen += os.read(master, 65536)
            except OSError:
                pass
        return seen

    try:
        wait_until("progress", lambda: b"10 of 20 blocks of 2M, " in read())
    except AssertionError as e:
        raise AssertionError(f"{e}; seen: {seen!r}") from e
    fragd.compacting()
    m.memory(HEALED)
    wait_until("the end", lambda: b"Prepared 40 MiB in blocks of 2 MiB" in read())
    equal(p.wait(DEADLINE), 0)
    assert seen.rsplit(b"\r\x1b[K", 1)[1].startswith(b"Prepared"), seen
    os.close(master)


run(globals())
