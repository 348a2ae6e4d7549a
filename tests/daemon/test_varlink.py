#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sockets of a real fragd on a fake machine, reading: test_varlink.py BUILD_DIR. Prints TAP."""

import errno
import os
import random
import select
import socket
import stat
import subprocess
import time

from fragd_harness import FRAGD, FRAGMENTED, HEALED, MIB, NOBODY, equal, run, wait_until
from varlink_client import (CONTROL, INVALID, MONITOR, MONITOR_INTERFACE, SERVICE, Interface, VarlinkError,
                            admin, encode, interface_text, monitor, read, with_fragd)

CLIENTS_PER_UID = 32
MESSAGE_MAX = 65536
BUDDYINFO = "proc/buddyinfo"


def assert_alive(m):
    with monitor(m) as c:
        read(c, "GetStatus")


# --- introspection ---

@with_fragd()
def test_info(m):
    """GetInfo names fragd, its version, and the interfaces of the socket"""
    version = subprocess.run([FRAGD, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[1]
    with monitor(m) as c:
        equal(c.call(SERVICE + ".GetInfo"), {"vendor": "fragd", "product": "fragd", "version": version, "url": "",
                                             "interfaces": [SERVICE, MONITOR]})
    with admin(m) as c:
        equal(c.call(SERVICE + ".GetInfo")["interfaces"], [SERVICE, MONITOR, CONTROL])


@with_fragd()
def test_descriptions(m):
    """GetInterfaceDescription gives the texts of api/, byte for byte"""
    with admin(m) as c:
        for name in (SERVICE, MONITOR, CONTROL):
            equal(c.call(SERVICE + ".GetInterfaceDescription", interface=name), {"description": interface_text(name)})
            equal(Interface(interface_text(name)).name, name)


@with_fragd()
def test_every_method(m):
    """every method of the interfaces exists, and refuses a parameter that it does not have"""
    with admin(m) as c:
        for name in (SERVICE, MONITOR, CONTROL):
            for method in Interface(interface_text(name)).methods:
                equal(c.error(f"{name}.{method}", bogus=1), (INVALID, {"parameter": "bogus"}))


@with_fragd()
def test_admin_methods_not_public(m):
    """the public socket does not offer the Control interface"""
    with monitor(m) as c:
        for method in Interface(interface_text(CONTROL)).methods:
            equal(c.error(f"{CONTROL}.{method}"), (SERVICE + ".InterfaceNotFound", {"interface": CONTROL}))
        equal(c.error(SERVICE + ".GetInterfaceDescription", interface=CONTROL),
              (SERVICE + ".InterfaceNotFound", {"interface": CONTROL}))


@with_fragd()
def test_unknown_methods(m):
    """what does not exist is said to"""
    with monitor(m) as c:
        for method, error, parameter, value in (
                (f"{MONITOR}.Nothing", "MethodNotFound", "method", f"{MONITOR}.Nothing"),
                (f"{MONITOR}.getstatus", "MethodNotFound", "method", f"{MONITOR}.getstatus"),
                ("io.fragd.Nothing.GetStatus", "InterfaceNotFound", "interface", "io.fragd.Nothing"),
                ("io.fragd.GetStatus", "InterfaceNotFound", "interface", "io.fragd"),
                ("GetStatus", "InvalidParameter", "parameter", "method")):
            equal(c.error(method), (f"{SERVICE}.{error}", {parameter: value}))


# --- reading ---

@with_fragd()
def test_status(m):
    """GetStatus is as the interface says and as the machine is"""
    with monitor(m) as c:
        s = read(c, "GetStatus")["status"]
    equal((s["policy"], s["paused"], s["page_size"], s["config"]), ("test", False, 4096, m.config_path))
    equal([n["node"] for n in s["nodes"]], [0])
    zone, = s["nodes"][0]["zones"]
    equal((zone["zone"], [o["free"] for o in zone["orders"]]), ("DMA32", HEALED))
    equal([(o["size_bytes"], o["use"], o["verdict"]) for o in s["nodes"][0]["objectives"]],
          [(2 * MIB, "user", "met"), (64 << 10, "kernel", "met")])
    assert s["started_realtime_usec"] <= s["now_realtime_usec"], "started after now"
    assert abs(s["now_realtime_usec"] / 1e6 - time.time()) < 600, "another clock"
    sources = {x["source"]: x for x in s["sources"]}
    assert sources["buddyinfo"]["available"] and "error" not in sources["buddyinfo"]
    equal(s["psi_memory_permyriad"], 0)


def break_sources(m):
    os.unlink(m.path("proc/meminfo"))
    m.put("proc/vmstat", "nr_free_pages many\n")


@with_fragd(prepare=break_sources)
def test_missing_source(m):
    """a file that cannot be read or parsed is named, with what is lost"""
    with monitor(m) as c:
        sources = {x["source"]: x for x in read(c, "GetStatus")["status"]["sources"]}
    for name, path, error in (("meminfo", "proc/meminfo", "No such file or directory"), ("vmstat", "proc/vmstat", "line 1")):
        s = sources[name]
        equal((s["available"], s["path"]), (False, path))
        assert error in s["error"], s["error"]
        assert s["loss"], "no loss given"


@with_fragd()
def test_no_sample(m):
    """without buddyinfo GetStatus still answers, the others say NoSample and why"""
    m.put(BUDDYINFO, "garbage\n")
    with monitor(m) as c:
        wait_until("the loss is seen", lambda: read(c, "GetStatus")["status"]["nodes"] == [])
        for method in ("ListZones", "Explain"):
            name, parameters = c.error(f"{MONITOR}.{method}")
            MONITOR_INTERFACE.check_error(name, parameters)
            equal(name, MONITOR + ".NoSample")
            assert "proc/buddyinfo" in parameters["reason"], parameters


@with_fragd()
def test_zones(m):
    """ListZones: all, one node, one order"""
    with monitor(m) as c:
        nodes = read(c, "ListZones")["nodes"]
        equal(read(c, "ListZones", node=0), {"nodes": nodes})
        equal(read(c, "ListZones", node=None, order=None), {"nodes": nodes})
        one = read(c, "ListZones", order=9)["nodes"]
    equal([o["order"] for o in nodes[0]["zones"][0]["orders"]], list(range(11)))
    equal(one[0]["zones"][0]["orders"], [nodes[0]["zones"][0]["orders"][9]])


@with_fragd()
def test_explain(m):
    """Explain: one sentence per node and objective"""
    with monitor(m) as c:
        e = read(c, "Explain")["explanations"]
        equal([x["objective"]["size_bytes"] for x in e], [2 * MIB, 64 << 10])
        for x in e:
            equal((x["node"], x["decision"]["verdict"], x["decision"]["reason"]), (0, "met", "met"))
            assert x["sentence"].startswith("Node 0 ") and x["sentence"].endswith("."), x["sentence"]
            assert {g["guard"] for g in x["guards"]} >= {"paused", "psi-memory", "budget-time", "no-actor"}
        equal([x["objective"]["objective"] for x in read(c, "Explain", node=0, size_bytes=64 << 10)["explanations"]], [1])


@with_fragd()
def test_explain_missed(m):
    """Explain tells of each objective, not just of the most urgent one"""
    m.memory(FRAGMENTED)
    with monitor(m) as c:
        def verdicts():
            return [x["objective"]["verdict"] for x in read(c, "Explain")["explanations"]]
        wait_until("the change is seen", lambda: verdicts() == ["fragmented", "met"])
        first, second = read(c, "Explain")["explanations"]
        equal((first["decision"]["verdict"], second["decision"]["verdict"]), ("fragmented", "met"))
        equal(second["decision"]["reason"], "met")
        assert "2 MiB" in first["sentence"] and "64 KiB" in second["sentence"], (first, second)
        equal(second["decision"]["current_bytes"], second["objective"]["current_bytes"])


@with_fragd()
def test_history(m):
    """GetHistory is as its interface says, and has both objectives"""
    with monitor(m) as c:
        wait_until("some samples", lambda: len(read(c, "GetHistory")["steps"]) >= 3)
        node = read(c, "GetHistory", order=9)["steps"][-1]["nodes"][0]
        equal([o["order"] for o in node["orders"]], [9])
        equal([(o["order"], o["verdict"]) for o in node["objectives"]], [(9, "met"), (4, "met")])


@with_fragd()
def test_policies(m):
    """ListPolicies and ShowPolicy"""
    with monitor(m) as c:
        brief = {p["name"]: p for p in read(c, "ListPolicies")["policies"]}
        assert set(brief) == {"observe", "conserve", "balanced", "aggressive", "test"}, brief
        equal([p["name"] for p in brief.values() if p["active"]], ["test"])
        equal((brief["observe"]["acts"], brief["test"]["acts"]), (False, True))
        for name in brief:
            shown = read(c, "ShowPolicy", name=name)
            equal((shown["policy"]["name"], shown["source"]), (name, brief[name]["source"]))
            assert name + ":" in shown["text"], shown["text"]
        assert m.config_path in brief["test"]["source"], brief["test"]


@with_fragd()
def test_knobs(m):
    """ListKnobs: value, range, and that nobody has touched them"""
    with monitor(m) as c:
        knobs = {k["knob"]: k for k in read(c, "ListKnobs")["knobs"]}
    k = knobs["vm.compaction_proactiveness"]
    equal(k["value"], int(m.get("proc/sys/vm/compaction_proactiveness")))
    equal((k["available"], k["managed"], k["owner"], k["baseline"]), (True, True, "nobody", k["value"]))
    assert k["min"] < k["max"], k
    missing = knobs["vm.defrag_mode"]  # newer than this machine's kernel
    equal((missing["available"], "value" in missing), (False, False))


@with_fragd()
def test_log(m):
    """GetLog: since, limit, order"""
    with monitor(m) as c:
        entries = read(c, "GetLog")["entries"]
        assert entries, "nothing logged, not even the policy"
        equal(entries[0]["decision"]["reason"], "policy-changed")
        numbers = [e["decision"]["number"] for e in entries]
        equal(numbers, sorted(numbers))
        equal(read(c, "GetLog", limit=0)["entries"], [])
        equal(read(c, "GetLog", limit=1)["entries"], entries[-1:])
        last = entries[-1]["realtime_usec"]
        equal(read(c, "GetLog", since_realtime_usec=last)["entries"][-1:], entries[-1:])
        equal(read(c, "GetLog", since_realtime_usec=last + 1)["entries"], [])


@with_fragd()
def test_errors(m):
    """errors say what is known"""
    with monitor(m) as c:
        for method, parameters, error, members in (
                ("ListZones", {"node": 7}, "UnknownNode", {"node": 7, "known": [0]}),
                ("Explain", {"node": 7}, "UnknownNode", {"node": 7, "known": [0]}),
                ("Explain", {"size_bytes": 4096}, "UnknownSize", {"size_bytes": 4096, "known": [2 * MIB, 64 << 10]}),
                ("ShowPolicy", {"name": "none"}, "UnknownPolicy", None)):
            name, got = c.error(f"{MONITOR}.{method}", **parameters)
            MONITOR_INTERFACE.check_error(name, got)
            equal(name, f"{MONITOR}.{error}")
            if members:
                equal(got, members)
            else:
                equal((got["name"], "balanced" in got["known"]), ("none", True))


@with_fragd()
def test_invalid_parameters(m):
    """a parameter of the wrong type or range, or one that is missing, is named"""
    with monitor(m) as c:
        for method, parameters, bad in (
                ("ListZones", {"node": "0"}, "node"), ("ListZones", {"node": -1}, "node"),
                ("ListZones", {"node": 0.0}, "node"), ("ListZones", {"node": 4294967295}, "node"),
                ("ListZones", {"node": True}, "node"), ("ListZones", {"node": [0]}, "node"),
                ("ListZones", {"order": 11}, "order"), ("ListZones", {"order": 24}, "order"),
                ("ListZones", {"node": 0, "Order": 1}, "Order"), ("Explain", {"size_bytes": 0}, "size_bytes"),
                ("Explain", {"size_bytes": "2M"}, "size_bytes"), ("ShowPolicy", {}, "name"),
                ("ShowPolicy", {"name": None}, "name"), ("ShowPolicy", {"name": 1}, "name"),
                ("GetLog", {"limit": -1}, "limit"), ("GetLog", {"since_realtime_usec": "now"}, "since_realtime_usec"),
                ("GetStatus", {"node": 0}, "node")):
            equal(c.error(f"{MONITOR}.{method}", **parameters), (INVALID, {"parameter": bad}))


# --- the wire ---

@with_fragd()
def test_follow_status(m):
    """GetStatus with more: a reply for every sample"""
    with monitor(m) as c:
        c.write(encode(MONITOR + ".GetStatus", more=True))
        samples = []
        for _ in range(5):
            reply, continues = c.reply()
            MONITOR_INTERFACE.check_reply("GetStatus", reply)
            assert continues, "does not continue"
            samples.append(reply["status"]["samples"])
    equal(samples, list(range(samples[0], samples[0] + 5)))


@with_fragd()
def test_thousand_requests(m):
    """1000 requests, one after the other"""
    with monitor(m) as c:
        for i in range(1000):
            equal(c.call(MONITOR + ".ListZones", order=i % 11)["nodes"][0]["node"], 0)


@with_fragd()
def test_thousand_at_once(m):
    """1000 requests at once are answered in order"""
    with monitor(m) as c:
        data = b"".join(encode(f"{MONITOR}.ListZones", {"order": i % 11}) for i in range(1000))
        c.socket.setblocking(False)
        orders = []
        while len(orders) < 1000:  # fragd stops reading while its answers are not read
            try:
                data = data[c.socket.send(data):] if data else data
            except BlockingIOError:
                pass
            try:
                c.input += c.socket.recv(65536)
            except BlockingIOError:
                wait_until("fragd", lambda: c_ready(c.socket, bool(data)))
            while b"\0" in c.input:
                orders.append(c.reply()[0]["nodes"][0]["zones"][0]["orders"][0]["order"])
    equal(orders, [i % 11 for i in range(1000)])


def c_ready(s, writing):
    readable, writable, _ = select.select([s], [s] if writing else [], [], 1)
    return bool(readable or writable)


@with_fragd()
def test_byte_by_byte(m):
    """a request that comes byte by byte"""
    with monitor(m) as c:
        c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for byte in encode(MONITOR + ".ListKnobs"):
            c.write(bytes([byte]))
        MONITOR_INTERFACE.check_reply("ListKnobs", c.reply()[0])


@with_fragd()
def test_oneway(m):
    """oneway calls are not answered, the next one is"""
    with monitor(m) as c:
        c.write(encode(MONITOR + ".GetStatus", oneway=True) * 20 + encode(MONITOR + ".ListKnobs"))
        assert "knobs" in c.reply()[0]


@with_fragd()
def test_half_closed(m):
    """who only stops writing still gets all answers"""
    with monitor(m) as c:
        c.write(encode(MONITOR + ".ListKnobs") * 3)
        c.socket.shutdown(socket.SHUT_WR)
        for _ in range(3):
            assert "knobs" in c.reply()[0]
        assert c.is_closed()


@with_fragd()
def test_gone_before_answer(m):
    """who goes before the answer harms nobody"""
    for _ in range(50):
        c = monitor(m)
        c.write(encode(MONITOR + ".GetStatus", more=True))
        c.close()
    assert_alive(m)


@with_fragd()
def test_broken_calls_close(m):
    """what is no call closes the connection, and only that"""
    for data in (b"\0", b"garbage\0", b"{}\0", b"[]\0", b"{\"method\":1}\0", b"GET / HTTP/1.0\r\n\r\n\0",
                 b'{"method":"io.fragd.Monitor.GetStatus","method":"io.fragd.Monitor.GetStatus"}\0',
                 b'{"method":"io.fragd.Monitor.GetStatus","verbose":true}\0',
                 b'{"method":"io.fragd.Monitor.GetStatus","parameters":[]}\0',
                 b'{"method":"io.fragd.Monitor.GetStatus","more":true,"oneway":true}\0',
                 b'{"method":"\xff"}\0', b"[" * 10000 + b"\0"):
        with monitor(m) as c:
            c.write(data)
            assert c.is_closed(), data[:100]
    assert_alive(m)


@with_fragd()
def test_too_large(m):
    """a message beyond the limit closes the connection, one below does not"""
    with monitor(m) as c:
        c.write(encode(MONITOR + ".ShowPolicy", {"name": "x" * (MESSAGE_MAX - 200)}))
        try:
            c.reply()
            raise AssertionError("no error")
        except VarlinkError as e:
            equal(e.name, MONITOR + ".UnknownPolicy")
    with monitor(m) as c:
        try:
            c.write(b" " * (MESSAGE_MAX * 3))
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert c.is_closed()
    assert_alive(m)


@with_fragd()
def test_random_bytes(m):
    """random bytes (seeded) on many connections"""
    random.seed(20240607)
    good = encode(MONITOR + ".GetStatus", {"a": [1, {"b": None}]})
    for _ in range(200):
        data = bytearray(good * random.randint(1, 3))
        for _ in range(random.randint(1, 30)):
            data[random.randrange(len(data))] = random.choice(b"{}[]\",:\\\0\xff\x80 0aA")
        if random.random() < 0.2:
            data = random.randbytes(random.randint(1, 5000))
        with monitor(m) as c:
            try:
                c.write(bytes(data))
                c.socket.shutdown(socket.SHUT_WR)
                while c.socket.recv(65536):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass
    assert_alive(m)


@with_fragd()
def test_clients_limit(m):
    """one user gets so many connections and no more; the administrator's are counted apart"""
    clients = [monitor(m) for _ in range(CLIENTS_PER_UID)]
    for c in clients:
        read(c, "ListKnobs")
    with monitor(m) as c:
        assert c.is_closed(), "one more than allowed"
    with admin(m) as c:
        c.call(SERVICE + ".GetInfo")
    clients.pop().close()

    def again():
        with monitor(m) as c:
            try:
                c.write(encode(SERVICE + ".GetInfo"))
                return c.message() is not None
            except BrokenPipeError:
                return False

    wait_until("room for one", again)
    for c in clients:
        c.close()


def try_sockets_as(uid, m):
    """In a child: exit status 0 if it can read, and may not even connect to the admin socket."""
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    try:
        read(monitor(m), "GetStatus")
        admin(m)
    except OSError as e:
        return 0 if e.errno == errno.EACCES else 2
    return 1


@with_fragd(root=True)
def test_socket_modes(m):
    """everybody may read, others may not reach the admin socket: not even the user that fragd runs as"""
    for name, modes in (("fragd", {0o666}), ("admin", {0o600, 0o660})):
        st = os.stat(m.socket(name))
        assert stat.S_ISSOCK(st.st_mode) and stat.S_IMODE(st.st_mode) in modes, oct(st.st_mode)
        equal(st.st_uid, os.getuid())
    for uid in (65532, NOBODY) if os.getuid() == 0 else ():
        pid = os.fork()
        if pid == 0:
            code = 3
            try:
                code = try_sockets_as(uid, m)
            finally:
                os._exit(code)
        equal(os.waitpid(pid, 0)[1], 0)


run(globals())
