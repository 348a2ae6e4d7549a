#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What fragd sends to the systemd journal: a datagram socket stands where journald's is, in a mount namespace of our own, and the
entries are taken apart here. test_journal.py BUILD_DIR, as root. Prints TAP."""

import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys

NAMESPACE = "FRAGD_TEST_NAMESPACE"
UNSHARE = ["unshare", "--mount", "--propagation", "private"]
if NAMESPACE not in os.environ:
    tried = subprocess.run(UNSHARE + ["true"], stderr=subprocess.PIPE, text=True)
    if tried.returncode:  # not root, or in a chroot whose root is no mount point
        print(f"1..0 # SKIP no mount namespace of its own to be had: {tried.stderr.strip()}")
        sys.exit(0)
    os.environ[NAMESPACE] = "1"
    os.execvp(UNSHARE[0], UNSHARE + [sys.executable] + sys.argv)
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
os.makedirs("/run/systemd/journal")

from fragd_harness import B, HEALED, MIB, P, contains, equal, policy_text, run, wait_until  # noqa: E402

SOCKET = "/run/systemd/journal/socket"
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
IDS, CATALOG = os.path.join(SOURCE, "daemon/message-ids.h"), os.path.join(SOURCE, "systemd/fragd.catalog")


def message_ids():
    with open(IDS) as f:
        return {m[2]: m[1] for m in re.finditer(r'#define MESSAGE_ID_(\w+)\s+"([0-9a-f]{32})"', f.read())}


def explained():
    """id -> the fields in its text of the catalog. journalctl -x prints the bare name of one that an entry lacks."""
    with open(CATALOG) as f:
        texts = re.split(r"^-- (.*)$", f.read(), flags=re.M)[1:]
    return {i: set(re.findall("@([A-Z_]+)@", text)) for i, text in zip(texts[::2], texts[1::2])}


class Journal:
    """journald's end of its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL)."""

    def __init__(self):
        if os.path.exists(SOCKET):
            os.unlink(SOCKET)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(SOCKET)
        os.chmod(SOCKET, 0o666)
        self.socket.setblocking(False)
        self.entries = []

    def read(self):
        """All entries so far."""
        while True:
            try:
                self.entries.append(self.parse(self.socket.recv(1 << 20)))
            except BlockingIOError:
                return [e for e in self.entries if e]  # an empty one is fragd's wait for the end

    @staticmethod
    def parse(data):
        fields = {}
        while data:
            line, data = data.split(b"\n", 1)
            if b"=" in line:
                name, value = line.split(b"=", 1)
            else:
                size, = struct.unpack_from("<Q", data)
                name, value, data = line, data[8:8 + size], data[9 + size:]
            assert re.fullmatch(rb"[A-Z][A-Z0-9_]*", name), name
            assert name.decode() not in fields, f"{name} twice"
            fields[name.decode()] = value.decode()
        lacking = explained()[fields["MESSAGE_ID"]] - set(fields) if "MESSAGE_ID" in fields else set()
        assert not lacking, f"{lacking} in the catalog, but not in the entry {fields}"
        return fields

    def find(self, **wanted):
        return [e for e in self.read() if all(e.get(k) == v for k, v in wanted.items())]

    def wait(self, **wanted):
        wait_until(f"an entry with {wanted}; there are:\n" + "\n".join(map(str, self.read())), lambda: self.find(**wanted))
        return self.find(**wanted)[0]

    def end(self, d):
        """SIGTERM, and the exit status; its last entries are read, for which it waits."""
        d.send_signal(signal.SIGTERM)
        wait_until("fragd ends", lambda: self.read() is not None and d.ended())
        return d.wait()


def start(m):
    journal = Journal()
    return journal, m.start("--log", "journal")


def test_action(m):
    """an action from its start to what it brought, with all its numbers"""
    journal, d = start(m)
    begun = journal.wait(FRAGD_REASON="missed", FRAGD_ACT="compact")
    equal((begun["FRAGD_NODE"], begun["FRAGD_ORDER"], begun["FRAGD_VERDICT"], begun["FRAGD_LEVER"]),
          ("0", "9", "fragmented", "compact"))
    equal(begun["FRAGD_RESERVE_BYTES"], str(20 * MIB))
    assert int(begun["FRAGD_CURRENT_BYTES"]) < 20 * MIB
    contains(begun["MESSAGE"], "Node 0 has")
    contains(begun["MESSAGE"], "compacting it until")
    m.memory(HEALED)
    result = journal.wait(FRAGD_REASON="gained")
    equal(result["FRAGD_ACTION"], begun["FRAGD_ACTION"])
    assert int(result["FRAGD_GAIN_BYTES"]) >= 20 * MIB, result
    assert int(result["FRAGD_TOOK_USEC"]) > 0 and int(result["FRAGD_COST_USEC"]) >= 0, result
    assert int(result["FRAGD_DECISION"]) > int(begun["FRAGD_DECISION"])
    equal(message_ids()[begun["MESSAGE_ID"]], "ACTION_STARTED")
    equal(message_ids()[result["MESSAGE_ID"]], "ACTION_MEASURED")
    equal(journal.end(d), 0)


def test_knob(m):
    """a window: the knob with its old and new value"""
    m.knob(P, 0)
    m.config(policy_text(levers=["window"]))
    journal, d = start(m)
    entry = journal.wait(FRAGD_ACT="set-knob")
    equal((entry["FRAGD_KNOB"], entry["FRAGD_OLD_VALUE"]), ("vm.compaction_proactiveness", "0"))
    wait_until("the knob is written", lambda: m.get(P) == entry["FRAGD_NEW_VALUE"])
    wait_until("fragd knows", lambda: [k for k in d.status()["knobs"] if k["owner"] == "fragd"])
    m.knob(P, 33)
    theirs = journal.wait(FRAGD_REASON="knob-yielded")
    equal((theirs["FRAGD_NEW_VALUE"], message_ids()[theirs["MESSAGE_ID"]]), ("33", "KNOB_YIELDED"))
    equal(journal.end(d), 0)
    equal((m.get(P), m.get(B)), ("33", "15000"))


def test_failed_knob(m):
    """a knob that cannot be written is named"""
    m.knob(P, 0)
    os.chmod(m.path(P), 0o444)  # the actor is root without capabilities: this holds for it
    m.config(policy_text(levers=["window"]))
    journal, d = start(m)
    entry = journal.wait(FRAGD_REASON="action-failed", FRAGD_KNOB="vm.compaction_proactiveness")
    equal((entry["FRAGD_ERRNO"], message_ids()[entry["MESSAGE_ID"]]), ("13", "ACTION_FAILED"))
    equal(d.end(), 0)


def test_cut_short(m):
    """an action that a pause ends, and one that takes too long: told before what it brought"""
    m.config(policy_text(), policy_text("short", action_limit='"1s"'))
    journal, d = start(m)
    wait_until("it compacts", d.compacting)
    d.call("io.fragd.Control.Pause", {"for_usec": 60 * 1000 * 1000}, admin=True)
    ended = journal.wait(FRAGD_REASON="cancelled")
    equal((message_ids()[ended["MESSAGE_ID"]], ended["FRAGD_LEVER"], ended["FRAGD_NODE"]), ("ACTION_ENDED", "compact", "0"))
    d.call("io.fragd.Control.SetPolicy", {"name": "short"}, admin=True)
    d.call("io.fragd.Control.Resume", {}, admin=True)
    ended = journal.wait(FRAGD_REASON="time-limit")
    contains(ended["MESSAGE"], "it has taken as long as the policy allows")
    result = journal.wait(FRAGD_REASON="no-gain", FRAGD_ACTION=ended["FRAGD_ACTION"])
    assert int(result["FRAGD_DECISION"]) > int(ended["FRAGD_DECISION"])
    equal(len(journal.find(FRAGD_REASON="time-limit", FRAGD_ACTION=ended["FRAGD_ACTION"])), 1)
    equal(d.end(), 0)


def test_who_asked(m):
    """a policy and a pause that somebody asked for, with uid and pid"""
    m.config(policy_text(), policy_text("other", act=False))
    m.memory(HEALED)
    journal, d = start(m)
    journal.wait(MESSAGE_ID={v: k for k, v in message_ids().items()}["STARTED"])
    d.call("io.fragd.Control.SetPolicy", {"name": "other"}, admin=True)
    entry = journal.wait(MESSAGE_ID={v: k for k, v in message_ids().items()}["POLICY_ASKED"])
    equal((entry["FRAGD_UID"], entry["FRAGD_PID"]), ("0", str(os.getpid())))
    d.call("io.fragd.Control.Pause", {"for_usec": 60 * 1000 * 1000}, admin=True)
    entry = journal.wait(FRAGD_REASON="paused", FRAGD_UID="0")
    contains(entry["MESSAGE"], "Paused for 1min")
    equal(journal.end(d), 0)


def test_every_entry(m):
    """every entry has a message, a priority, a known id or none, and is fragd's"""
    journal, d = start(m)
    journal.wait(FRAGD_REASON="missed")
    m.memory(HEALED)
    journal.wait(FRAGD_REASON="gained")
    equal(journal.end(d), 0)
    ids = message_ids()
    for e in journal.read():
        assert e["MESSAGE"] and "\n" not in e["MESSAGE"], e
        assert 3 <= int(e["PRIORITY"]) <= 6, e
        equal(e["SYSLOG_IDENTIFIER"], "fragd")
        assert e.get("MESSAGE_ID") is None or e["MESSAGE_ID"] in ids, e
    assert {"STARTED", "POLICY_CHANGED", "ACTION_STARTED", "ACTION_MEASURED"} <= {ids.get(e.get("MESSAGE_ID")) for e in journal.entries}
    equal(d.stderr(), "")


def test_silence(m):
    """nothing changes: nothing is said"""
    m.memory(HEALED)
    journal, d = start(m)
    journal.wait(MESSAGE_ID={v: k for k, v in message_ids().items()}["STARTED"])
    said, samples = len(journal.read()), d.status()["samples"]
    wait_until("80 samples more", lambda: d.status()["samples"] >= samples + 80)
    equal(len(journal.read()), said)
    equal(journal.end(d), 0)


def test_last_words(m):
    """fragd is there until its last entry is read: journald asks the kernel whose it is"""
    m.knob(P, 0)
    m.config(policy_text(levers=["window"]))
    journal, d = start(m)
    stopped = {v: k for k, v in message_ids().items()}["STOPPED"]
    entry = journal.wait(FRAGD_ACT="set-knob")
    wait_until("the knob is written", lambda: m.get(P) == entry["FRAGD_NEW_VALUE"])
    d.send_signal(signal.SIGTERM)
    while entry.get("MESSAGE_ID") != stopped:
        wait_until("another entry", lambda: select.select([journal.socket], [], [], 0)[0])
        entry = journal.parse(journal.socket.recv(1 << 20))
    wait_until("the end of what it says", lambda: select.select([journal.socket], [], [], 0)[0])
    assert not d.ended()
    equal((journal.socket.recv(1 << 20), d.wait()), (b"", 0))


def test_deaf_journal(m):
    """a journal that takes nothing does not keep it from ending"""
    m.memory(HEALED)
    journal, d = start(m)
    journal.wait(MESSAGE_ID={v: k for k, v in message_ids().items()}["STARTED"])
    equal(d.end(), 0)


run(globals())
