#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real fragd and fragd-actor on a fake machine: what they do to it, and how they leave it. test_fragd.py BUILD_DIR, as root.
Prints TAP."""

import grp
import os
import shutil
import signal

from fragd_harness import (B, FRAGMENTED, HEALED, MIB, NOBODY, P, SHORT, children, contains, equal, gone, policy_text, run,
                           status, wait_until)

WINDOW = policy_text(levers=["window"])


def proactiveness(d):
    return [k for k in d.status()["knobs"] if k["knob"] == "vm.compaction_proactiveness"][0]


def with_window(m):
    """A machine on which fragd has raised compaction_proactiveness; the running fragd and the value."""
    m.knob(P, 0)
    m.config(WINDOW)
    d = m.start().up()
    wait_until("fragd knows that it has raised the knob", lambda: proactiveness(d)["value"] > 0)
    value = m.get(P)
    assert 12 <= int(value) <= 90, f"a window of {value}"
    return d, value


def left_nothing(m, d, *pids):
    """Both programs and the pids are gone, and the knobs as before."""
    for pid in pids:
        wait_until(f"{pid} has gone", lambda p=pid: gone(p))
    assert not os.path.exists(os.path.join(m.runtime, "baseline")), "the baseline file is still there"


# --- privilege ---

def test_privilege(m):
    """fragd gives up root for good, fragd-actor all capabilities but CAP_PERFMON, which is not in force; without it where nothing is counted or traced"""
    had = int(status(os.getpid())["CapPrm"], 16) & 1 << 38
    for more, kept, groups in (("fallback_events = true; stalls: { trace = false; };\n", had, journal_group()),
                               ("fallback_events = false; kernel_log = false;\n", had, []),
                               ("fallback_events = false; kernel_log = false; stalls: { trace = false; };\n", 0, [])):
        m.config(policy_text(), more=more)
        privilege(m, kept, groups)


def journal_group():
    """Of all groups, only the one that may read the journal is kept."""
    try:
        return [str(grp.getgrnam("systemd-journal").gr_gid)]
    except KeyError:
        return []


def privilege(m, kept, groups):
    d = m.start().up()
    s = status(d.pid)
    equal(s["Uid"].split(), [str(NOBODY)] * 4)
    equal(s["Gid"].split(), [str(NOBODY)] * 4)
    equal(s["Groups"].split(), groups)
    equal(s["NoNewPrivs"], "1")
    a = status(d.actor())
    equal(a["Uid"].split(), ["0"] * 4)
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        equal((int(s[capabilities], 16), int(a[capabilities], 16)), (0, kept if capabilities == "CapPrm" else 0))
    equal(d.end(), 0)


def test_actor_inherits_nothing(m):
    """fragd-actor gets its connection and the standard streams, no other fd of fragd"""
    d = m.start().up()
    sockets = [os.readlink(f"/proc/{d.actor()}/fd/{n}") for n in os.listdir(f"/proc/{d.actor()}/fd")]
    equal(len([s for s in sockets if s.startswith("socket:")]), 1)
    assert not any(s.startswith("anon_inode:[event") for s in sockets), sockets
    equal(d.end(), 0)


def test_socket_permissions(m):
    """everybody may read, root alone (or its group) may tell fragd what to do"""
    d = m.start().up()
    equal(os.stat(m.socket("fragd")).st_mode & 0o777, 0o666)
    admin = os.stat(m.socket("admin"))
    try:
        group = grp.getgrnam("fragd-admin")
        equal((admin.st_mode & 0o777, admin.st_gid), (0o660, group.gr_gid))
    except KeyError:
        equal(admin.st_mode & 0o777, 0o600)
    equal((admin.st_uid, os.stat(m.runtime).st_uid), (0, 0))
    equal(os.stat(m.runtime).st_mode & 0o777, 0o755)
    equal(os.stat(m.state).st_uid, NOBODY)
    equal(d.end(), 0)


# --- acting ---

def test_compaction_until_refilled(m):
    """fragmented: compacts, ends it as soon as enough is there, reports gain and cost, leaves nothing running"""
    d = m.start().up()
    child = d.compacting()
    equal(d.node()["objectives"][0]["verdict"], "fragmented")
    m.memory(HEALED)
    gained = d.decided("gained")
    wait_until("the child has gone", lambda: gone(child))
    assert gained["gain_bytes"] > 20 * MIB and gained["took_usec"] > 0, gained
    wait_until("the objective is met", lambda: d.node()["objectives"][0]["verdict"] == "met")
    equal(d.reasons()[:3], ["policy-changed", "missed", "gained"])
    equal(children(d.actor()), [])
    equal(d.end(), 0)
    left_nothing(m, d)


def test_status_while_compacting(m):
    """status answers while a compaction blocks"""
    d = m.start().up()
    child = d.compacting()
    for _ in range(100):
        node = d.node()
        equal((node["acting"], node["lever"]), (True, "compact"))
    assert not gone(child)
    equal(d.end(), 0)
    left_nothing(m, d, child)


def test_healthy_machine(m):
    """nothing is done where nothing is missing"""
    m.memory(HEALED)
    before = {p: s for p, s in m.tree().items() if p.startswith(m.root)}
    d = m.start().up()
    wait_until("ten samples", lambda: d.status()["samples"] >= 10)
    equal((children(d.actor()), d.reasons()), ([], ["policy-changed"]))
    equal(d.end(), 0)
    equal({p: s for p, s in m.tree().items() if p.startswith(m.root)}, before)


def test_short_of_memory(m):
    """too little free memory: says so, compacts nothing"""
    m.memory(SHORT)
    d = m.start().up()
    equal(d.decided("short")["verdict"], "short")
    samples = d.status()["samples"]
    wait_until("more samples", lambda: d.status()["samples"] >= samples + 5)
    equal(children(d.actor()), [])
    equal(d.end(), 0)


def test_window(m):
    """the window lever raises compaction_proactiveness, and puts it back once enough is there"""
    d, value = with_window(m)
    m.memory(HEALED)
    wait_until("the knob is back", lambda: m.get(P) == "0" or d.ended())
    d.decided("gained")
    equal(d.end(), 0)
    left_nothing(m, d)
    contains(d.stderr(), "compaction_proactiveness")


def test_admin_wins(m):
    """a knob that an administrator changes meanwhile is theirs, also at the end"""
    d, value = with_window(m)
    m.knob(P, 33)
    equal(d.decided("knob-yielded")["new_value"], 33)
    equal(proactiveness(d)["owner"], "other")
    equal(d.end(), 0)
    equal(m.get(P), "33")


def test_knob_that_cannot_be_written(m):
    """a refused write is told, and fragd goes on"""
    m.knob(P, 0)
    os.chmod(m.path(P), 0o444)  # the actor is root without capabilities: this holds for it
    m.config(WINDOW)
    d = m.start().up()
    equal(d.decided("action-failed")["error"], -13)
    equal(m.get(P), "0")
    equal(d.end(), 0)


def test_observing(m):
    """--observe says what would be done and changes nothing"""
    before = {p: s for p, s in m.tree().items() if p.startswith(m.root)}
    d = m.start("--observe").up()
    equal(d.decided("missed")["would"], True)
    s = d.status()
    equal((s["acts"], s["why_not"]), (False, "started with --observe"))
    samples = s["samples"]
    wait_until("more samples", lambda: d.status()["samples"] >= samples + 5)
    equal(children(d.actor()), [])
    equal(d.end(), 0)
    equal({p: s for p, s in m.tree().items() if p.startswith(m.root)}, before)
    contains(d.stderr(), "fragd: up, watching only, policy test, node 0 fragmented: ", " (started with --observe)\n")


def test_compaction_without_gain(m):
    """a compaction that brings nothing is told, and why; pagetypeinfo, root's alone, is read through the actor's fd"""
    os.unlink(m.path("sys/devices/system/node/node0/compact"))
    m.put("sys/devices/system/node/node0/compact", "", mode=0o200)
    equal(os.stat(m.path("proc/pagetypeinfo")).st_mode & 0o777, 0o400)
    d = m.start().up()
    d.decided("no-gain")
    wait_until("pagetypeinfo was read", lambda: "unmovable_permyriad" in d.node())
    equal([s["available"] for s in d.status()["sources"] if s["source"] == "pagetypeinfo"], [True])
    equal(d.end(), 0)


# --- the end, in every state ---

def test_terminated_with_raised_knob(m):
    """SIGTERM: every knob is as before when fragd has exited"""
    d, _ = with_window(m)
    actor = d.actor()
    equal(d.end(), 0)
    equal(m.get(P), "0")
    assert gone(actor), "fragd did not wait for fragd-actor"
    left_nothing(m, d)


def test_terminated_while_compacting(m):
    """SIGTERM during a compaction: it is ended"""
    d = m.start().up()
    child, actor = d.compacting(), d.actor()
    equal(d.end(), 0)
    assert gone(actor), "fragd did not wait for fragd-actor"
    left_nothing(m, d, child)


def test_interrupted_at_a_terminal(m):
    """Ctrl-C reaches fragd, not fragd-actor, which puts the knobs back first"""
    d, _ = with_window(m)
    actor = d.actor()
    assert os.getsid(actor) != os.getsid(d.pid)
    equal(d.end(signal.SIGINT), 0)
    equal(m.get(P), "0")


def test_for_a_while(m):
    """--for ends by itself"""
    m.config(WINDOW)
    m.knob(P, 0)
    d = m.start("--for", "1500ms").up()
    equal(d.wait(), 0)
    equal(m.get(P), "0")
    left_nothing(m, d)


def test_fragd_killed_with_raised_knob(m):
    """SIGKILL of fragd: fragd-actor puts the knobs back and ends"""
    d, _ = with_window(m)
    actor = d.actor()
    equal(d.end(signal.SIGKILL), -signal.SIGKILL)
    left_nothing(m, d, actor)
    equal(m.get(P), "0")


def test_fragd_stopped_with_raised_knob(m):
    """SIGSTOP of fragd: after 40 seconds at most fragd-actor puts the knobs back and ends; fragd ends when it goes on"""
    d, _ = with_window(m)
    actor, pid = d.actor(), d.pid
    d.send_signal(signal.SIGSTOP)
    wait_until("the knob is back", lambda: m.get(P) == "0")
    wait_until("the actor is gone", lambda: gone(actor))
    os.kill(pid, signal.SIGCONT)
    equal(d.wait(), 1)
    contains(d.stderr(), "fragd-actor: the peer was not heard of in time")


def test_fragd_killed_while_compacting(m):
    """SIGKILL of fragd during a compaction: no child is left"""
    d = m.start().up()
    child, actor = d.compacting(), d.actor()
    equal(d.end(signal.SIGKILL), -signal.SIGKILL)
    left_nothing(m, d, actor, child)


def test_fragd_killed_then_started(m):
    """after a SIGKILL the next fragd starts at once and finds the machine as it was"""
    d, _ = with_window(m)
    d.end(signal.SIGKILL)
    m.memory(HEALED)
    d = m.start().up()
    equal(m.get(P), "0")
    equal(d.end(), 0)


def killed_actor(m, d):
    """fragd ends with failure and says why; the next start puts the knobs back."""
    os.kill(d.actor(), signal.SIGKILL)
    equal(d.wait(), 1)
    contains(d.stderr(), "ended with signal 9; the next start of fragd puts the knobs back")


def restarted(m):
    m.memory(HEALED)
    d = m.start().up()
    equal(children(d.actor()), [])
    equal(d.end(), 0)
    left_nothing(m, d)


def test_actor_killed_when_idle(m):
    """SIGKILL of fragd-actor when nothing runs"""
    m.memory(HEALED)
    d = m.start().up()
    killed_actor(m, d)
    restarted(m)


def test_actor_killed_with_raised_knob(m):
    """SIGKILL of fragd-actor with a raised knob: the next start puts it back before anything else"""
    d, value = with_window(m)
    killed_actor(m, d)
    equal(m.get(P), value)
    restarted(m)
    equal(m.get(P), "0")


def test_actor_killed_while_compacting(m):
    """SIGKILL of fragd-actor during a compaction: its child is gone, too"""
    d = m.start().up()
    child = d.compacting()
    killed_actor(m, d)
    wait_until("the child has gone", lambda: gone(child))
    restarted(m)


def test_actor_killed_while_settling(m):
    """SIGKILL of fragd-actor while an effect is being measured"""
    m.config(policy_text(settle='"1min"'))
    d = m.start().up()
    child = d.compacting()
    m.memory(HEALED)
    wait_until("the child has gone", lambda: gone(child))
    wait_until("its effect settles", lambda: d.node()["last"]["reason"] == "settling")
    killed_actor(m, d)
    restarted(m)


def test_actor_killed_when_paused(m):
    """SIGKILL of fragd-actor while fragd is paused"""
    d, _ = with_window(m)
    d.call("io.fragd.Control.Pause", admin=True)
    wait_until("the knob is back", lambda: m.get(P) == "0")
    killed_actor(m, d)
    restarted(m)


def test_actor_killed_while_observing(m):
    """SIGKILL of fragd-actor while fragd only observes"""
    d = m.start("--observe").up()
    killed_actor(m, d)
    restarted(m)


def test_actor_terminated(m):
    """SIGTERM of fragd-actor alone: it puts the knobs back, fragd ends with failure"""
    d, _ = with_window(m)
    os.kill(d.actor(), signal.SIGTERM)
    equal(d.wait(), 1)
    equal(m.get(P), "0")
    contains(d.stderr(), "fragd-actor")
    left_nothing(m, d)


def test_both_terminated(m):
    """SIGTERM of both at once, as from a service manager that means all: fragd ends well"""
    d, _ = with_window(m)
    actor = d.actor()
    os.kill(d.pid, signal.SIGSTOP)
    os.kill(d.pid, signal.SIGTERM)
    os.kill(actor, signal.SIGTERM)
    wait_until("fragd-actor has ended", lambda: gone(actor))
    os.kill(d.pid, signal.SIGCONT)
    equal(d.wait(), 0)
    equal(m.get(P), "0")
    left_nothing(m, d)


def test_actor_stopped(m):
    """a fragd-actor that does not answer: fragd goes on watching, says so, and does not wait for ever at the end"""
    m.memory(HEALED)
    d = m.start().up()
    actor = d.actor()
    os.kill(actor, signal.SIGSTOP)
    m.memory(FRAGMENTED)
    d.decided("missed")
    equal(d.node()["acting"], True)
    d.send_signal(signal.SIGTERM)
    d.said("fragd-actor does not say that the knobs are as before: Connection timed out")
    os.kill(actor, signal.SIGCONT)
    equal(d.wait(), 1)
    left_nothing(m, d, actor)


# --- sources ---

def test_source_lost_and_back(m):
    """a source that goes away costs only itself, and is told once each way"""
    d = m.start().up()
    text = m.get("proc/vmstat") + "\n"
    os.unlink(m.path("proc/vmstat"))
    d.said("lost source vmstat: No such file or directory")
    equal(d.node()["objectives"][0]["verdict"], "fragmented")
    m.put("proc/vmstat", text)
    d.said("source vmstat is back")
    equal(d.stderr().count("vmstat"), 2)
    equal(d.end(), 0)


def test_garbled_source(m):
    """a garbled source is told with its line"""
    m.memory(HEALED)
    d = m.start().up()
    m.put("proc/buddyinfo", "Node 0, zone    DMA32      1      2      x \n")
    d.said("ignoring source buddyinfo: line 1: expected")
    d.decided("unknown-source")
    count = d.status()["samples"]
    wait_until("another sample", lambda: d.status()["samples"] > count)
    assert d.status()["interval_usec"] >= 100000
    m.memory(FRAGMENTED)
    d.said("source buddyinfo is back")
    d.compacting()
    equal(d.end(), 0)


def test_no_files_at_all(m):
    """an empty machine: fragd is up, judges nothing, and does not spin"""
    shutil.rmtree(m.path("proc"))
    shutil.rmtree(m.path("sys"))
    d = m.start().up()
    equal(d.status()["nodes"], [])
    count = d.status()["samples"]
    wait_until("another sample", lambda: d.status()["samples"] > count)
    assert d.status()["interval_usec"] >= 100000
    equal(d.end(), 0)


run(globals())
