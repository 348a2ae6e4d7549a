# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragd in rough company: without stdio, with a stderr that nobody reads, signals to everybody at once, neighbours that pry."""

import fcntl
import os
import signal
import socket

from fragd_harness import (NOBODY, Client, FRAGD, HEALED, P, children, contains, equal, gone, policy_text, run,
                           wait_until)
from varlink import encode


def raised(m, *arguments, command=None, **kwargs):
    """A fragd that has raised a knob. Not by what it says on stderr: not all of them can say something."""
    m.config(policy_text(levers=["window"]))
    m.knob(P, 0)
    d = m.start(*arguments, command=command, **kwargs)
    wait_until("it raises a knob", lambda: d.ended() or m.get(P) != "0")
    assert not d.ended(), d.stderr()
    return d


def left_nothing(m, *pids):
    for pid in pids:
        wait_until(f"{pid} ends", lambda pid=pid: gone(pid))
    equal((m.get(P), os.path.exists(os.path.join(m.runtime, "baseline"))), ("0", False))


def test_closed_stdio(m):
    """stdin, stdout and stderr are closed: nothing else gets what is meant for them"""
    d = raised(m, command=["sh", "-c", 'exec "$0" "$@" 0<&- 1>&- 2>&-', FRAGD])
    actor = d.actor()
    for pid in (d.pid, actor):
        equal([os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)], ["/"] * 3)
    equal(d.end(), 0)
    left_nothing(m, actor)


def full_pipe():
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    try:
        while True:
            os.write(theirs, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(theirs, True)
    return ours, theirs


def cases_of_stderr_nobody_reads():
    for name in ("SIGTERM", "SIGKILL"):
        def case(m, number=getattr(signal, name)):
            stderr_nobody_reads(m, number)
        case.__doc__ = f"nobody reads stderr, {name}: fragd works on, and the knobs are put back"
        yield case


def stderr_nobody_reads(m, number):
    ours, theirs = full_pipe()
    d = raised(m, command=["bash", "-c", f'exec "$0" "$@" 2>&{theirs} {theirs}>&-', FRAGD], pass_fds=[theirs])
    os.close(theirs)
    actor = d.actor()
    equal(d.node()["node"], 0)
    equal(d.end(number), 0 if number == signal.SIGTERM else -number)
    left_nothing(m, actor)
    os.close(ours)


def test_broken_stderr(m):
    """stderr is a pipe whose reader is gone"""
    ours, theirs = os.pipe()
    d = raised(m, command=["bash", "-c", f'exec "$0" "$@" 2>&{theirs} {theirs}>&-', FRAGD], pass_fds=[theirs])
    os.close(theirs)
    os.close(ours)
    actor = d.actor()
    d.call("io.fragd.Control.Reload", admin=True)
    equal(d.end(), 0)
    left_nothing(m, actor)


def cases_of_two_signals():
    names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGKILL")
    for first in names:
        for second in ("SIGTERM", "SIGINT", "SIGHUP"):
            for order in ("fragd", "fragd-actor"):
                def case(m, first=getattr(signal, first), second=getattr(signal, second), order=order):
                    two_signals(m, first, second, order == "fragd")
                case.__doc__ = f"{first} to fragd and {second} to fragd-actor at once, {order} first"
                yield case


def two_signals(m, first, second, fragd_first):
    d = raised(m)
    targets = [(d.pid, first), (d.actor(), second)]
    actor = targets[1][0]
    for pid, number in targets if fragd_first else reversed(targets):
        try:
            os.kill(pid, number)
        except ProcessLookupError:  # the first signal has ended both already
            equal((pid, fragd_first), (actor, True))
    if first == signal.SIGHUP and second == signal.SIGHUP:
        d.said("configuration read")
        equal(d.end(), 0)
    else:
        d.wait()
    left_nothing(m, actor)


def test_process_group(m):
    """SIGINT to the whole process group, as by Ctrl-C, during a compaction: no knob and no child is left"""
    m.config(policy_text(levers=["compact"]))
    d = m.start(command=["setsid", "-w", FRAGD])
    d.said("fragd: up")
    fragd = children(d.pid)[0] if children(d.pid) and process_name(d.pid) == "setsid" else d.pid
    wait_until("a compaction", lambda: len(children(fragd)) == 1 and len(children(children(fragd)[0])) == 1)
    actor = children(fragd)[0]
    child = children(actor)[0]
    os.killpg(fragd, signal.SIGINT)
    equal(d.wait(), 0)
    for pid in (actor, child):
        wait_until(f"{pid} ends", lambda pid=pid: gone(pid))


def process_name(pid):
    with open(f"/proc/{pid}/comm") as f:
        return f.read().strip()


def test_locked_runtime_dir(m):
    """somebody holds a lock on the runtime directory, which everybody may open: fragd starts all the same"""
    os.makedirs(m.runtime, 0o755)
    fd = os.open(m.runtime, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    d = raised(m)
    actor = d.actor()
    equal(d.end(), 0)
    left_nothing(m, actor)
    os.close(fd)
    for name in ("lock", "baseline.lock"):  # what is locked, nobody else may open
        equal(os.stat(os.path.join(m.runtime, name)).st_mode & 0o777, 0o600)


def test_writable_runtime_dir(m):
    """a runtime directory that others may write is refused: neither the sockets nor the record would be safe there"""
    os.makedirs(m.runtime)
    os.chmod(m.runtime, 0o777)
    d = m.start()
    equal(d.wait(), 1)
    contains(d.stderr(), f"the runtime directory {m.runtime} is owned by uid 0 and has mode 0777: expected one that only root can write")
    equal(os.listdir(m.runtime), [])
    os.chmod(m.runtime, 0o755)
    os.chown(m.runtime, NOBODY, NOBODY)
    d = m.start()
    equal(d.wait(), 1)
    contains(d.stderr(), f"is owned by uid {NOBODY}")


def test_state_dir_of_others(m):
    """a directory with other files in it is not given away as state directory"""
    os.makedirs(m.state)
    with open(os.path.join(m.state, "letters"), "w"):
        pass
    m.memory(HEALED)
    d = m.start().up()
    contains(d.stderr(), f"cannot use the state directory {m.state}: it has files that are not fragd's")
    equal(os.stat(m.state).st_uid, 0)
    equal(d.end(), 0)


def test_state_dir_changes_hands(m):
    """another --user gets the state directory with what it holds"""
    m.memory(HEALED)
    m.config(policy_text(), policy_text(name="other"))
    d = m.start().up()
    d.call("io.fragd.Control.SetPolicy", {"name": "other"}, admin=True)
    equal(d.end(), 0)
    d = m.start(become=NOBODY - 1).up()
    equal((os.stat(m.state).st_uid, d.status()["policy"]), (NOBODY - 1, "other"))
    d.call("io.fragd.Control.SetPolicy", {"name": "test"}, admin=True)
    equal((m.kept(), d.end()), ([], 0))


def test_few_fds(m):
    """with too few file descriptors fragd does not start, and says why, however far it got"""
    m.memory(HEALED)
    started = False
    for limit in range(7, 40):
        d = m.start("--for", "100ms", command=["sh", "-c", f'ulimit -n {limit}; exec "$0" "$@"', FRAGD])
        started = d.wait() == 0
        if started:
            break
        contains(d.stderr(), "fragd: ")
        contains(d.stderr(), "Too many open files")
    assert started, "it never starts"


def test_slow_follower(m):
    """a follower that does not read gets the newest later on, and nothing is piled up for it"""
    m.memory(HEALED)
    d = m.start().up()
    with Client(m.socket("fragd")) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.write(encode("io.fragd.Monitor.GetStatus", more=True))
        samples = [client.reply()[0]["status"]["samples"]]
        wait_until("it falls behind", lambda: d.status()["samples"] > samples[0] + 80)
        while samples[-1] <= samples[0] + 80:
            samples.append(client.reply()[0]["status"]["samples"])
    assert max(b - a for a, b in zip(samples, samples[1:])) > 1, f"all of {samples}"
    equal(samples, sorted(samples))
    equal(d.end(), 0)


run(globals())
