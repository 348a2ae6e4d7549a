#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""/metrics with clients that are slow, silent, half-open or greedy: fragd decides as if they were not there, and serves whoever else
asks: test_metrics_clients.py BUILD_DIR, as root. Prints TAP."""

import os
import select
import socket
import struct
import sys
import time

import fragd_harness
from fragd_harness import BUILD, DEADLINE, FRAGMENTED, HEALED, equal, run, wait_until
from metrics_client import PROMETHEUS, Answer, ask, connect, free_port, read_all, request, scrape

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import plain_build  # noqa: E402

# As in lib/base/limits.h.
CLIENTS_MAX = 32


def start(m):
    port = free_port()
    return m.start("--metrics", f"127.0.0.1:{port}").up(), port


def clients(port):
    return int(scrape(port)['fragd_clients{interface="metrics"}'])


def polls(port):
    return int(scrape(port)["fragd_poll_duration_seconds_count"])


def decides(m, d):
    """From fragmented memory to a compaction that gained, with whatever goes on beside."""
    before = d.reasons().count("gained")
    m.memory(FRAGMENTED)
    d.compacting()
    m.memory(HEALED)
    wait_until("it gained", lambda: d.reasons().count("gained") > before)


def ended(s):
    """The other side has closed, without our having to wait."""
    while select.select([s], [], [], 0)[0]:
        try:
            if not s.recv(1 << 16):
                return True
        except ConnectionError:
            return True
    return False


def test_silent(m):
    """200 clients that say nothing, or half of a request: fragd decides, answers, and holds 32 of them at most"""
    d, port = start(m)
    crowd = []
    for i in range(200):
        s = connect(port)
        if i % 2:
            s.sendall(request()[:9])
        crowd.append(s)
    decides(m, d)
    equal(ask(port).status, 200)
    assert clients(port) <= CLIENTS_MAX
    # All of them were let in, and the oldest went for the newest.
    wait_until("the oldest go", lambda: sum(ended(s) for s in crowd) >= 200 - CLIENTS_MAX)
    for s in crowd:
        s.close()
    wait_until("they are gone", lambda: clients(port) == 1)


def test_deadline(m):
    """a byte now and then, an answer that is not read, silence: each is ended after a while, and all are served that come later"""
    d, port = start(m)
    # As many as there are places but one. All of them end at one time, which once left libmicrohttpd deaf.
    silent = [connect(port) for _ in range(CLIENTS_MAX - 3)]
    slow = connect(port)
    unread = socket.socket()
    unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    unread.connect(("127.0.0.1", port))
    unread.sendall(request())
    end, sent = time.monotonic() + DEADLINE, 0
    text = request(headers=["X: " + 10000 * "x"])
    while not ended(slow):
        assert time.monotonic() < end, "a byte now and then keeps a client for ever"
        try:
            slow.send(text[sent:sent + 1])
            sent += 1
        except ConnectionError:
            break
        select.select([slow], [], [], 0.05)
    assert 10 < sent < len(text), sent
    for s in silent:
        s.settimeout(DEADLINE)
        equal(read_all(s), b"")
    equal(ask(port).status, 200)
    decides(m, d)
    equal(clients(port), 1)
    for s in [*silent, slow, unread]:
        s.close()


def test_full_house(m):
    """every place taken and given up again, many times over: it still listens"""
    d, port = start(m)
    for turn in range(20):
        crowd = [connect(port) for _ in range(CLIENTS_MAX + turn % 5)]
        for i, s in enumerate(crowd):
            if turn % 3 == 0:
                s.sendall(b"GET /met")
            elif turn % 3 == 1:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # to be reset
        for s in crowd:
            s.close()
        equal(ask(port).status, 200)
    decides(m, d)
    equal(d.end(), 0)


def test_stops(m):
    """SIGTERM with clients of every kind: it ends well"""
    d, port = start(m)
    crowd = [connect(port) for _ in range(10)]
    for s in crowd[:5]:
        s.sendall(request()[:20])
    crowd[0].shutdown(socket.SHUT_WR)
    equal(ask(port).status, 200)
    equal(d.end(), 0)
    for s in crowd:
        s.close()


def test_greedy(m):
    """a client that asks a thousand times in one go is answered once; many that ask at one time are all answered"""
    d, port = start(m)
    m.memory(HEALED)
    with connect(port) as s:
        try:
            s.sendall(1000 * request())
        except ConnectionError:
            pass
        data = read_all(s)
    assert data.count(b"HTTP/1.1 200") <= 1, data.count(b"HTTP/1.1 200")
    for _ in range(10):
        crowd = [connect(port) for _ in range(CLIENTS_MAX - 2)]
        for s in crowd:
            s.sendall(request())
        for s in crowd:
            answer = Answer(read_all(s))
            equal((answer.status, answer.headers["content-length"]), (200, str(len(answer.body))))
            s.close()
    before = polls(port)
    wait_until("it still looks", lambda: polls(port) >= before + 3)


def test_many(m):
    """5000 scrapes in a row, in both formats, with gzip and without: memory stays, and it decides meanwhile"""
    # Sanitizers keep what was freed.
    fragd_harness.FRAGD = os.path.join(plain_build.plain_build(BUILD, ["daemon/fragd"]), "daemon/fragd")
    d, port = start(m)
    kinds = [[], ["Accept-Encoding: gzip"], [f"Accept: {PROMETHEUS}"], [f"Accept: {PROMETHEUS}", "Accept-Encoding: gzip"]]
    sizes = []
    for i in range(5000):
        equal(ask(port, headers=kinds[i % 4]).status, 200)
        if i in (1000, 4999):
            sizes.append(int(scrape(port)["process_resident_memory_bytes"]))
        if i == 2500:
            decides(m, d)
    assert sizes[1] <= sizes[0] + (256 << 10), sizes
    print(f"# {sizes[0]} bytes after 1000 scrapes, {sizes[1]} after 5000")
    assert int(scrape(port)["fragd_scrapes_total"]) >= 5000
    equal(len(os.listdir(f"/proc/{d.pid}/fd")) < 40, True)
    equal(d.end(), 0)


run(globals())
