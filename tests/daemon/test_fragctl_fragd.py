#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl with a real fragd on a fake machine: test_fragctl_fragd.py BUILD_DIR. Prints TAP. Wants root, as fragd does to act."""

import json
import os
import re
import signal
import subprocess

import fake_server
from fragctl_tap import FRAGCTL, Terminal, environment, plain
from fragd_harness import DEADLINE, FRAGMENTED, HEALED, NOBODY, contains, equal, policy_text, run, wait_until
from varlink_client import CONTROL_INTERFACE, MONITOR_INTERFACE, with_fragd

CHANGING = ["pause", "resume", "reload", "policy set conserve", "compact --node 0"]


def fragctl(m, words, code=0, user=None):
    """Standard output and error of `fragctl WORDS`, which must exit with code."""
    p = subprocess.run([FRAGCTL, "--runtime-dir", m.runtime, *words.split()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=DEADLINE, env=environment(), user=user, group=user,
                       extra_groups=[] if user else None)
    assert p.returncode == code, f"fragctl {words}: exit code {p.returncode}, not {code}: {p.stdout}{p.stderr}"
    assert "Sanitizer" not in p.stderr and "runtime error" not in p.stderr, p.stderr
    return p.stdout + p.stderr


def matches(text, pattern):
    assert re.search(pattern, text), f"{pattern!r} does not match {text!r}"


def until_shown(m, words, pattern):
    wait_until(f"fragctl {words} shows {pattern}: {fragctl(m, words)}", lambda: re.search(pattern, fragctl(m, words)))
    return fragctl(m, words)


def test_fakes(m):
    """the replies of the fake fragd are what the interface says"""
    replies = {"GetStatus": fake_server.status(), "ListZones": {"nodes": [fake_server.node()]},
               "Explain": {"explanations": [fake_server.explanation()], "machine": []}, "ListPolicies": fake_server.policies(),
               "GetHistory": {"steps": [fake_server.history_step()]}, "ListKnobs": {"knobs": [fake_server.knob()], "writers": [], "unread": []}, "GetLog": {"entries": [fake_server.log_entry()]}}
    for method, reply in replies.items():
        MONITOR_INTERFACE.check_reply(method, reply)
    CONTROL_INTERFACE.check_reply("Compact", {"sentence": "", "decision": fake_server.decision()})


@with_fragd(root=True)
def test_status(m):
    """status: policy, objectives, what is there"""
    out = until_shown(m, "status", r"\bmet\b")
    matches(out, r"^fragd \d\S+, policy test: acts\n")
    matches(out, r"\n +0 +2M +user +\S+ +64M +96M +\S+ +met ")
    matches(out, r"\n +0 +64K +kernel +\S+ +1M +2M +\S+ +met ")
    matches(out, r"\nSample +\ds ago")
    contains(out, "memory pressure 0%")


@with_fragd(root=True)
def test_status_json(m):
    """status --json: the interface's type, and the same facts"""
    MONITOR_INTERFACE.check_reply("GetStatus", json.loads(fragctl(m, "--json status")))


@with_fragd()
def test_status_without_privilege(m):
    """status of a fragd without privilege: only watches, says why, and what it cannot read"""
    out = fragctl(m, "status")
    matches(out, r"only watches: \S+")
    matches(out, r"\nMissing +pagetypeinfo: .*Permission denied")


@with_fragd(root=True)
def test_zones(m):
    """zones: all orders, one order, one node, a node that is not there"""
    out = fragctl(m, "zones")
    equal(len(re.findall(r"\n  DMA32 +\d+ +\d+[KM] ", out)), len(HEALED))
    matches(fragctl(m, "zones --order 9"), r"DMA32 +9 +2M +%d +\d+ " % HEALED[9])
    equal(len(re.findall(r"\n  DMA32 +\d+ +\d+[KM] ", fragctl(m, "zones --order 9 --node 0"))), 1)
    contains(fragctl(m, "zones --node 7", 1), "there is no node 7; nodes with memory: 0")


@with_fragd(root=True)
def test_explain(m):
    """explain: each objective, one of them by size, a size that is not watched"""
    until_shown(m, "status", r"\bmet\b")
    out = fragctl(m, "explain")
    contains(out, "Node 0, blocks of 2M for user memory: met")
    contains(out, "Node 0, blocks of 64K for kernel memory: met")
    assert "64K" not in fragctl(m, "explain --size 2M")
    contains(fragctl(m, "explain --size 3M", 1), "there are: 2M, 64K")


@with_fragd(root=True)
def test_policy(m):
    """policy list, show, set for a time, for this run, for good; one that does not exist"""
    matches(fragctl(m, "policy list"), r"\ntest +yes +yes +\S+fragd.conf:\d+ +for the test of the sockets")
    contains(fragctl(m, "policy show test"), 'size = "64K"')
    contains(fragctl(m, "policy set observe --for 2h"), "for 2h, then test again")
    contains(fragctl(m, "policy set conserve --for 1h"), "for 1h, then test again")
    matches(fragctl(m, "status"), r"policy conserve \(59min 5\ds left, then test\)")
    contains(fragctl(m, "policy set aggressive --runtime"), "until fragd is restarted")
    contains(fragctl(m, "policy set observe"), "Policy observe is in force; before: aggressive.")
    contains(fragctl(m, "status"), "only watches: ")
    contains(fragctl(m, "policy set tets", 1), "did you mean 'test'?")


@with_fragd(root=True)
def test_shown_policy_can_be_configured(m):
    """policy show: what it prints is a configuration that fragd accepts"""
    text = fragctl(m, "policy show balanced")
    path = os.path.join(m.top, "shown.conf")
    with open(path, "w") as f:
        f.write(text)
    equal(fragctl(m, f"config check {path}").count("\n"), fragctl(m, f"config check {m.config_path}").count("\n"))


@with_fragd(root=True)
def test_reload(m):
    """reload: accepted with what was read, refused with every error; config check says the same"""
    contains(fragctl(m, "reload"), f"Accepted; policy test is in force. Read:\n  {m.config_path}\n")
    m.config('test: { levres = [ ]; };', 'other: { cooldown = "soon"; };')
    out = fragctl(m, "reload", 1)
    matches(out, re.escape(m.config_path) + r":\d+: .*levres")
    matches(out, re.escape(m.config_path) + r":\d+: .*soon")
    contains(out, "refused: 2 errors; nothing was changed")
    checked = fragctl(m, f"config check {m.config_path}", 1)
    equal([line for line in out.splitlines() if line.startswith("/")], checked.splitlines()[:2])
    contains(fragctl(m, "status"), "policy test: acts")


@with_fragd(root=True)
def test_knobs(m):
    """knobs: values and ranges; not on this kernel"""
    out = fragctl(m, "knobs")
    matches(out, r"\nvm\.compaction_proactiveness +20 +20 +- +0 to \d+\n")
    matches(out, r"\nvm\.min_free_kbytes +(\d+) +\1 +- +never\n")
    matches(out, r"\nvm\.defrag_mode +- +- +not here\n")


@with_fragd(root=True)
def test_pause(m):
    """pause for a time, for good, resume; the log says it"""
    contains(fragctl(m, "pause 2h"), "Paused for 2h")
    matches(fragctl(m, "status"), r"paused, 1h 59min left")
    fragctl(m, "pause")
    contains(fragctl(m, "status"), "paused until 'fragctl resume'")
    contains(fragctl(m, "compact --node 0", 1), "fragctl: Compacting node 0 was refused: ")
    fragctl(m, "resume")
    contains(fragctl(m, "status"), "policy test: acts")
    matches(fragctl(m, "log"), r"\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  Paused.*\n(.*\n)*.*  Resumed\.\n")
    equal(fragctl(m, "log -n 1").count("\n"), 1)
    assert "Paused" in fragctl(m, "log --since 1h")
    contains(fragctl(m, "log --since 0.000001s"), "Nothing was done or changed since then.")


@with_fragd(root=True, prepare=lambda m: os.chmod(m.top, 0o755))
def test_permission(m):
    """somebody else may ask; changing gives exit code 6 and says who may"""
    contains(fragctl(m, "status", user=NOBODY), "policy test: acts")
    for words in CHANGING:
        contains(fragctl(m, words, 6, user=NOBODY), "changing fragd needs root or membership in the group fragd-admin")


def start(m, *levers):
    m.config(policy_text(levers=levers))
    return m.start().up()


def test_compact(m):
    """compact --until: waits while it runs, turns a spinner, prints gain and cost; knobs and zones say what they said"""
    d = start(m)
    wait_until("a sample", lambda: d.status()["samples"])
    t = Terminal([FRAGCTL, "--runtime-dir", m.runtime, "compact", "--node", "0", "--until", "2M:20"])
    d.compacting()
    t.until("compacting node 0, ")
    matches(fragctl(m, "status"), r"Node 0 +acts now, lever compact")
    contains(fragctl(m, "compact --node 0", 1), "fragctl: Compacting node 0 was refused: ")
    m.memory(HEALED)
    equal(t.end(), 0)
    shown = plain(t.text().split("\r\x1b[K")[-1])
    matches(shown, r"brought \S+ MiB in blocks of 2 MiB")
    matches(shown, r"\n  gain +\d\S*M\n")
    matches(shown, r"\n  cost +\d\S*s\n")
    matches(fragctl(m, "log"), r"  Asked to compact node 0: ")
    equal(d.end(), 0)


def test_compact_gained_nothing(m):
    """compact that ends without reaching its mark: exit code 1"""
    d = start(m)
    wait_until("a sample", lambda: d.status()["samples"])
    os.unlink(m.path("sys/devices/system/node/node0/compact"))
    m.put("sys/devices/system/node/node0/compact", "", 0o600)  # ends at once
    contains(fragctl(m, "compact --node 0 --until 2M:20", 1), "not reached: 0B of 40M are there")
    equal(d.end(), 0)


def test_acts(m):
    """status and explain while fragd compacts by itself, and after it"""
    d = start(m, "compact")
    d.compacting()
    out = fragctl(m, "status")
    matches(out, r"\n +0 +2M +user +0B +20M +30M +\S+ +fragmented ")
    matches(out, r"\nLast +\d+s ago: Node 0 has none of the 20 MiB wanted")
    matches(fragctl(m, "explain"), r"fragmented\n  Node 0 has none of the 20 MiB wanted")
    m.memory(HEALED)
    d.decided("gained")
    out = until_shown(m, "status", r"\bmet\b")
    matches(out, r"\nLast +\d+s ago: Compacting node 0 brought ")
    equal(d.end(), 0)


@with_fragd(root=True)
def test_watch(m):
    """status --watch on a terminal follows the machine; within 80 columns; says when fragd ends: exit code 5"""
    t = Terminal([FRAGCTL, "--runtime-dir", m.runtime, "status", "--watch"])
    at = t.until(b"met")
    m.memory(FRAGMENTED)
    at = t.until(b"fragmented", at)
    m.memory(HEALED)
    t.until(b"\x1b[32mmet", at)
    m.fragd.send_signal(signal.SIGTERM)
    equal(t.end(), 5)
    contains(t.text(), "fragd went away")
    contains(t.text(), "\x1b[?25h")
    frames = plain(t.text().split("fragctl: ")[0])
    equal([line for line in frames.splitlines() if len(line) > 80], [])


@with_fragd(root=True)
def test_watch_lines(m):
    """status --watch without a terminal: lines; Ctrl-C ends it with 0"""
    p = subprocess.Popen([FRAGCTL, "--runtime-dir", m.runtime, "status", "--watch"], stdout=subprocess.PIPE, text=True,
                         env=environment())
    while "64M met" not in p.stdout.readline():
        pass
    m.memory(FRAGMENTED)
    while "64M fragmented" not in p.stdout.readline():
        pass
    p.send_signal(signal.SIGINT)
    p.stdout.read()
    p.stdout.close()
    equal(p.wait(DEADLINE), 0)


@with_fragd(root=True)
def test_follow(m):
    """log --follow prints each decision as it is made"""
    p = subprocess.Popen([FRAGCTL, "--runtime-dir", m.runtime, "log", "--follow"], stdout=subprocess.PIPE, text=True,
                         env=environment())
    contains(p.stdout.readline(), "Policy")
    fragctl(m, "pause 1h")
    while "Paused for 1h" not in p.stdout.readline():
        pass
    p.send_signal(signal.SIGTERM)
    p.stdout.read()
    p.stdout.close()
    equal(p.wait(DEADLINE), -signal.SIGTERM)


def test_config_check(m):
    """config check finds the fragd of the same build tree"""
    fragctl(m, f"config check {m.config_path}")
    m.config("test: { x = 1; };")
    matches(fragctl(m, f"config check {m.config_path}", 1), re.escape(m.config_path) + r":\d+: unknown option '\S*x'")


if __name__ == "__main__":
    run(globals())
