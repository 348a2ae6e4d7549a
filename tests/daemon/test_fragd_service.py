#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragd as a service: never root, its sockets passed, the actor behind a socket: test_fragd_service.py BUILD_DIR, as root. Prints TAP."""

import os
import signal
import socket
import subprocess

import passed_sockets
from fragd_harness import ACTOR, DEADLINE, FRAGD, HEALED, P, children, contains, equal, policy_text, run, status, wait_until

USER = 4242


class Service:
    """What the units say: root's runtime directory, three sockets, an actor that waits for its peer."""

    def __init__(self, m):
        self.machine = m
        os.mkdir(m.runtime, 0o755)
        os.mkdir(m.state, 0o755)
        os.chown(m.state, USER, USER)
        self.sockets = [passed_sockets.listen(m.socket("fragd"), mode=0o666),
                        passed_sockets.listen(m.socket("admin"), owner=USER, mode=0o660)]
        self.actor_socket = passed_sockets.listen(m.socket("actor"), socket.SOCK_SEQPACKET, owner=USER)

    def actor(self):
        m = self.machine
        with open(os.path.join(m.top, "stderr-actor"), "ab") as err:
            return subprocess.Popen(passed_sockets.command(ACTOR, [self.actor_socket]) +
                                    ["--listen", "--root", m.root, "--runtime-dir", m.runtime],
                                    pass_fds=[self.actor_socket.fileno()], stderr=err, stdin=subprocess.DEVNULL)

    def fragd(self):
        return self.machine.start(become=None, user=USER, pass_fds=[s.fileno() for s in self.sockets],
                                  command=passed_sockets.command(FRAGD, self.sockets, ["monitor", "admin"]))


def raised(m):
    """Both, and a knob that was raised."""
    service = Service(m)
    m.config(policy_text(levers=["window"]))
    m.knob(P, 0)
    actor, d = service.actor(), service.fragd()
    try:
        wait_until(f"it raises a knob; it said:\n{d.stderr()}", lambda: d.ended() or m.get(P) != "0")
        assert not d.ended(), d.stderr()
    except AssertionError:
        actor.kill()
        actor.wait()
        raise
    return actor, d


def test_acts(m):
    """it acts without ever having been root, and writes nothing to the runtime directory"""
    actor, d = raised(m)
    d.up()
    s = d.status()
    equal((s["acts"], s.get("why_not"), children(d.pid)), (True, None, []))
    equal((status(d.pid)["Uid"].split(), int(status(d.pid)["CapPrm"], 16)), ([str(USER)] * 4, 0))
    # What only root may read, by an fd of the actor.
    assert any(os.readlink(f"/proc/{d.pid}/fd/{n}").endswith("/proc/pagetypeinfo") for n in os.listdir(f"/proc/{d.pid}/fd"))
    wait_until("the write is on record", lambda: sorted(os.listdir(m.runtime)) == [
        "actor.sock", "admin.sock", "baseline", "baseline.lock", "fragd.sock"])
    equal((d.end(), actor.wait(DEADLINE)), (0, 0))
    contains(d.stderr(), "every knob is as before: 1 put back")
    equal(m.get(P), "0")
    equal(sorted(os.listdir(m.runtime)), ["actor.sock", "admin.sock", "baseline.lock", "fragd.sock"])


def test_fragd_killed(m):
    """SIGKILL of fragd: the actor puts the knobs back and ends"""
    actor, d = raised(m)
    d.end(signal.SIGKILL)
    equal((actor.wait(DEADLINE), m.get(P), os.path.exists(os.path.join(m.runtime, "baseline"))), (0, "0", False))


def test_actor_killed(m):
    """SIGKILL of the actor: fragd says so and fails; --restore puts the knobs back"""
    actor, d = raised(m)
    actor.kill()
    actor.wait()
    equal(d.wait(), 1)
    contains(d.stderr(), "fragd: fragd-actor has ended\n")
    assert m.get(P) != "0", "it was put back already"
    subprocess.run([ACTOR, "--restore", "--root", m.root, "--runtime-dir", m.runtime], check=True, timeout=DEADLINE,
                   stderr=subprocess.DEVNULL)
    equal(m.get(P), "0")


def test_again(m):
    """the next fragd, with the next actor, goes on"""
    service = Service(m)
    m.memory(HEALED)
    for _ in range(2):
        actor, d = service.actor(), service.fragd()
        d.up()
        equal((d.status()["acts"], d.end(), actor.wait(DEADLINE)), (True, 0, 0))


def test_reload_as_itself(m):
    """the user that fragd runs as may have it reload, as ExecReload= does"""
    service = Service(m)
    m.memory(HEALED)
    actor, d = service.actor(), service.fragd()
    d.up()
    fragctl = os.path.join(os.path.dirname(os.path.dirname(FRAGD)), "cli", "fragctl")
    r = subprocess.run([fragctl, "--runtime-dir", m.runtime, "reload"], user=USER, group=USER, extra_groups=[], timeout=DEADLINE,
                       stdout=subprocess.PIPE, text=True)
    equal((r.returncode, r.stdout[:9]), (0, "Accepted;"))
    contains(d.stderr(), "configuration read: 1 file,")
    equal((d.end(), actor.wait(DEADLINE)), (0, 0))


def test_nobody_listens(m):
    """an actor's socket that nobody listens on is a failure, not a reason to watch only"""
    service = Service(m)
    m.memory(HEALED)
    service.actor_socket.close()
    d = service.fragd()
    equal(d.wait(), 1)
    contains(d.stderr(), f"fragd: cannot connect to fragd-actor at {m.socket('actor')}: Connection refused\n")


def test_no_actor_socket(m):
    """without an actor's socket it only watches, and says so"""
    service = Service(m)
    m.memory(HEALED)
    os.unlink(m.socket("actor"))
    d = service.fragd().up()
    why = f"no socket at {m.socket('actor')}: systemctl restart fragd starts fragd-actor.socket"
    contains(d.stderr(), f"fragd: up, watching only, policy ", f" ({why})\n")
    equal((d.status()["acts"], d.status()["why_not"], d.end()), (False, why, 0))


run(globals())
