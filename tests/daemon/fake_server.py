# SPDX-License-Identifier: LGPL-2.1-or-later
"""A fragd that only answers: recorded replies over Varlink on both sockets, and whatever a broken one might send.

FakeServer(directory).on(method, answer): answer is a dict (the parameters of a good reply), an Error, a list of those (each but
the last with "continues"), bytes (sent as they are), CLOSE, or a function of (call, conn) that returns one of them.
"""

import json
import os
import socket
import threading

MIB = 1 << 20
GIB = 1 << 30
SEC = 1000000
CLOSE = object()  # hang up without an answer
SILENCE = object()  # keep the connection, say nothing


class Error:
    def __init__(self, name, /, **parameters):
        self.name = name
        self.parameters = parameters


class FakeServer:
    def __init__(self, directory, sockets=("fragd.sock", "admin.sock")):
        self.directory = directory
        self.answers = {}
        self.calls = []  # (socket name, call), in order
        self.connections = []
        self.listeners = []
        for name in sockets:
            path = os.path.join(directory, name)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(path)
            listener.listen(16)
            self.listeners.append((listener, path))
            threading.Thread(target=self._accept, args=(listener, name), daemon=True).start()

    def on(self, method, answer):
        self.answers[method] = answer
        return self

    def close(self):
        for listener, path in self.listeners:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
            if os.path.exists(path):
                os.unlink(path)
        for conn in self.connections:
            hang_up(conn)

    def _accept(self, listener, name):
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            self.connections.append(conn)
            threading.Thread(target=self._serve, args=(conn, name), daemon=True).start()

    def _serve(self, conn, name):
        buffer = b""
        try:
            while True:
                data = conn.recv(65536)
                if not data:
                    return
                buffer += data
                while b"\0" in buffer:
                    message, buffer = buffer.split(b"\0", 1)
                    call = json.loads(message)
                    self.calls.append((name, call))
                    if not self._answer(conn, call):
                        hang_up(conn)
                        return
        except OSError:
            return  # the client went away, which is its right

    def _answer(self, conn, call):
        method = call["method"]
        answer = self.answers.get(method, Error("org.varlink.service.MethodNotFound", method=method))
        if callable(answer):
            answer = answer(call, conn)
        if answer is CLOSE:
            return False
        if answer is SILENCE:
            return True
        if isinstance(answer, bytes):
            conn.sendall(answer)
            return True
        several = answer if isinstance(answer, list) else [answer]
        for i, one in enumerate(several):
            send(conn, one, continues=i + 1 < len(several))
        return True


def hang_up(conn):
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    conn.close()


def encode(answer, continues=False):
    if isinstance(answer, Error):
        message = {"error": answer.name, "parameters": answer.parameters}
    else:
        message = {"parameters": answer}
    if continues:
        message["continues"] = True
    return json.dumps(message, ensure_ascii=False).encode() + b"\0"


def send(conn, answer, continues=False):
    conn.sendall(encode(answer, continues))


# --- replies, as fragd would give them ---


def decision(**members):
    d = {"number": 7, "at_usec": 1, "node": 0, "objective": 0, "order": 9, "verdict": "fragmented", "reason": "gained",
         "lever": "compact", "guard": "none", "act": "none", "notable": True, "would": False, "size_bytes": 2 * MIB,
         "current_bytes": 770 * MIB, "reserve_bytes": 512 * MIB, "refill_bytes": 768 * MIB, "action": 3,
         "slope_bytes_per_second": 0, "gain_bytes": 674 * MIB, "score_drop": 21, "cost_usec": 1234567,
         "took_usec": 2345678, "migrated_pages": 171234, "scanned_pages": 812345}
    d.update(members)
    return {k: v for k, v in d.items() if v is not None}


def objective(**members):
    o = {"objective": 0, "applies": True, "order": 9, "size_bytes": 2 * MIB, "use": "user", "verdict": "fragmented",
         "current_bytes": 96 * MIB, "reserve_bytes": 512 * MIB, "refill_bytes": 768 * MIB,
         "ceiling_bytes": 1288490188, "slope_bytes_per_second": -1258291, "time_left_usec": 250 * SEC,
         "since_usec": 90 * SEC, "met_usec": 99 * SEC, "observed_usec": 100 * SEC}
    o.update(members)
    return {k: v for k, v in o.items() if v is not None}


def kernel_objective(**members):
    return objective(**{"objective": 1, "order": 4, "size_bytes": 65536, "use": "kernel", "verdict": "met",
                        "current_bytes": 44 * MIB, "reserve_bytes": 32 * MIB, "refill_bytes": 48 * MIB,
                        "ceiling_bytes": 1900 * MIB, "slope_bytes_per_second": 0, "time_left_usec": None,
                        "met_usec": 100 * SEC, **members})


def guard(name, held=False, value=0, limit=0, **members):
    return {"guard": name, "held": held, "value": value, "limit": limit, **members}


def order(n, page=4096, **members):
    return {"order": n, "size_bytes": page << n, "free": 100 >> n, "allocatable": 90 >> n, "unusable_permille": 90 * n,
            "extfrag_permille": -1000 if n < 7 else 990, **members}


def zone(name="Normal", **members):
    return {"zone": name, "free_bytes": 3 * GIB, "min_bytes": 45 * MIB, "low_bytes": 56 * MIB, "high_bytes": 67 * MIB,
            "boost_bytes": 0, "managed_bytes": 15 * GIB, "present_bytes": 16 * GIB, "free_cma_bytes": 0, "score": 33,
            "orders": [order(n) for n in range(11)], **members}


def node(n=0, **members):
    d = {"node": n, "score": 33, "score_low": 80, "score_high": 90, "kcompactd_would_act": False,
         "kcompactd_state": "S", "free_bytes": 3 * GIB, "managed_bytes": 15 * GIB, "unmovable_permyriad": 320,
         "zones": [zone("DMA32"), zone("Normal")], "objectives": [objective(), kernel_objective()],
         "guards": [guard("psi-memory", False, 12, 1000), guard("cooldown", True, 20 * SEC, 60 * SEC, left_usec=40 * SEC)],
         "acting": False, "lever": "none", "attempts": 0, "efficacy_permyriad": {"window": 9200, "compact": 8100},
         "gain_per_page_bytes": {"window": 1801, "compact": 1290}, "gain_per_msec_bytes": {"window": 1395864},
         "last": decision(notable=False, reason="held", guard="cooldown", guard_value=1, guard_limit=2),
         "notable": decision()}
    d.update(members)
    return {k: v for k, v in d.items() if v is not None}


def source(name, path, available=True, **members):
    return {"source": name, "path": path, "available": available, "skipped": 0, **members}


def knob(name="vm.compaction_proactiveness", **members):
    d = {"knob": name, "available": True, "managed": True, "value": 35, "baseline": 20, "owner": "fragd", "min": 0, "max": 99}
    d.update(members)
    return {k: v for k, v in d.items() if v is not None}


def status(**members):
    s = {"version": "0.1.0", "policy": "balanced", "acts": True, "paused": False,
         "now_realtime_usec": 1795356000 * SEC, "started_realtime_usec": 1795350000 * SEC, "samples": 23,
         "sample_age_usec": 2 * SEC, "interval_usec": 30 * SEC, "page_size": 4096, "config": "/etc/fragd/fragd.conf",
         "nodes": [node()],
         "sources": [source("buddyinfo", "/proc/buddyinfo"),
                     source("extfrag_index", "/sys/kernel/debug/extfrag/extfrag_index", False, error="Permission denied",
                            loss="the kernel's own index is not compared")],
         "budget": {"spent_usec": 1234567, "limit_usec": 20 * SEC, "runs": 2, "runs_limit": 12, "per_usec": 3600 * SEC},
         "knobs": [knob()], "cannot": [], "holds": [], "psi_memory_permyriad": 12, "psi_cpu_permyriad": 1234}
    s.update(members)
    return {"status": {k: v for k, v in s.items() if v is not None}}


def explanation(**members):
    e = {"node": 0, "cause": "fragmented",
         "sentence": "Node 0 has only 96 MiB of the 512 MiB wanted in blocks of 2 MiB although 3 GiB is free "
                     "(fragmented): waiting, the last action was 20s ago, until in 40s.",
         "next_step": "None needed: fragd compacts again in 40s.", "objective": objective(),
         "decision": decision(reason="held", guard="cooldown"), "guards": node()["guards"],
         **{k: node()[k] for k in ("efficacy_permyriad", "gain_per_page_bytes", "gain_per_msec_bytes")}}
    e.update(members)
    return {k: v for k, v in e.items() if v is not None}


def policies():
    return {"policies": [
        {"name": "observe", "description": "Watches and says what it would do; never acts.", "active": False, "acts": False,
         "source": "built in"},
        {"name": "balanced", "description": "Holds 2% of each node in huge pages and 32M for the kernel, within 20s of "
                                            "compaction an hour.", "active": True, "acts": True,
         "source": "/etc/fragd/fragd.conf:12"}]}


def log_entry(realtime=1795356000 * SEC, sentence="Node 0: compacted.", **members):
    return {"realtime_usec": realtime, "sentence": sentence, "decision": decision(), **members}


def level(mean, spread=0):
    return {"min": mean - spread, "mean": mean, "max": mean + spread}


def history_step(realtime=1795356000 * SEC, n=1, **members):
    """A minute in which n % 3 == 0 missed the objective."""
    missed = n % 3 == 0
    node = {"node": 0, "free_bytes": level(3 * GIB), "score": level(33), "kcompactd_usec": 1000,
            "objectives": [{"objective": 0, "order": 9, "size_bytes": 2 * MIB, "use": "user", "reserve_bytes": 512 * MIB,
                            "verdict": "fragmented" if missed else "met", "met_permyriad": 2500 if missed else 10000,
                            "current_bytes": level((100 if missed else 600) * MIB, 20 * MIB)}],
            "orders": [{"order": o, "size_bytes": 4096 << o, "free": level(100 + o, 1), "allocatable": level(90 + o, 2),
                        "unusable_permille": 90 * o} for o in range(11)]}
    s = {"realtime_usec": realtime, "span_usec": 60 * SEC, "compact_stall": 7 if missed else 0, "compact_fail": 0, "allocstall": 0,
         "thp_fault_alloc": 5, "thp_fault_fallback": 0, "thp_collapse_alloc_failed": 0, "psi_memory_usec": 600000,
         "psi_cpu_usec": 0, "nodes": [node]}
    s.update(members)
    return {k: v for k, v in s.items() if v is not None}


MONITOR = "io.fragd.Monitor."
CONTROL = "io.fragd.Control."


def fill(server):
    """Answers to everything."""
    server.on(MONITOR + "GetStatus", status())
    server.on(MONITOR + "ListZones", {"nodes": [node()]})
    server.on(MONITOR + "Explain", {"explanations": [explanation(), explanation(
        objective=kernel_objective(), next_step="", guards=[], cause="none", sentence="Node 0 has 44 MiB of the 32 MiB wanted.")], "machine": [
            {"cause": "stalls", "sentence": "postgres lost 1.8s to direct compaction in the last hour, 57 times.", "next_step": ""}]})
    server.on(MONITOR + "ListPolicies", policies())
    server.on(MONITOR + "ShowPolicy", {"policy": {"name": "balanced"}, "source": "built in",
                                       "text": "policies: { balanced: {\n        act = true;\n}; };\n"})
    server.on(MONITOR + "ListKnobs", {"knobs": [
        knob(), knob("vm.defrag_mode", available=False, value=None, baseline=None, managed=False, owner="nobody"),
        knob("vm.watermark_boost_factor", owner="other", value=0, baseline=15000, max=15000),
        knob("vm.min_free_kbytes", managed=False, owner="nobody", value=67584, baseline=67584)],
        "writers": [], "unread": []})
    server.on(MONITOR + "GetLog", {"entries": [log_entry(), log_entry(1795356060 * SEC, "Node 0: paused.")]})
    server.on(MONITOR + "GetHistory", {"steps": [history_step()]})
    server.on(CONTROL + "SetPolicy", {"previous": "conserve", "policy": "balanced", "policy_after": "observe"})
    server.on(CONTROL + "Reload", {"files": ["/etc/fragd/fragd.conf", "/etc/fragd/fragd.conf.d/10.conf"], "policy": "balanced"})
    server.on(CONTROL + "Compact", {"sentence": "Compacting node 0 brought 674 MiB in blocks of 2 MiB.", "decision": decision()})
    server.on(CONTROL + "Pause", {})
    server.on(CONTROL + "Resume", {})
    return server


if __name__ == "__main__":  # by hand: fake_server.py DIR, then fragctl --runtime-dir DIR ...
    import sys

    fill(FakeServer(sys.argv[1]))
    threading.Event().wait()
