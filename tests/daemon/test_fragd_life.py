#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fragd is started, configured and ended: test_fragd_life.py BUILD_DIR, as root. Prints TAP."""

import os
import socket
import signal

from fragd_harness import (DEADLINE, FRAGD, HEALED, NOBODY, VarlinkError, children, contains, equal, policy_text, run,
                           status, wait_until)

CONTROL = "io.fragd.Control."


def calm(m, *policies, **kwargs):
    """Nothing to do, so that only what a test asks for happens."""
    m.memory(HEALED)
    m.config(*(policies or [policy_text()]), **kwargs)


# --- the command line ---

USAGE = [["--nonsense"], ["-c"], ["argument"], ["--for", "soon"], ["--for", "0s"], ["--log", "syslog"], ["--json"],
         ["--once", "--check-config"], ["--once", "--trace", "x"], ["--check-config", "a", "b"], ["-c", "a", "--check-config", "b"], ["--once", "x"]]


def cases_of_usage():
    for arguments in USAGE:
        def case(m, arguments=arguments):
            r = m.run(*arguments)
            equal((r.returncode, r.stdout), (2, ""))
            equal(r.stderr.count("\n"), 1)
        case.__doc__ = "wrong usage: fragd " + " ".join(arguments)
        yield case


def test_help(m):
    """--help and --version print and end, whatever else is given"""
    r = m.run("--help")
    equal((r.returncode, r.stderr), (0, ""))
    contains(r.stdout, "Usage: fragd", "--observe", "--runtime-dir")
    equal(max(len(line) for line in r.stdout.splitlines()) <= 100, True)
    r = m.run("--version", "nonsense")
    equal((r.returncode, r.stdout[:6], r.stderr), (0, "fragd ", ""))


def test_check_config(m):
    """--check-config prints every error with file and line"""
    r = m.run("--check-config", m.config_path)
    equal((r.returncode, r.stdout, r.stderr), (0, "", ""))
    m.config('test: { levers = [ "windov" ]; cooldown = "long"; nonsense = 1; };')
    r = m.run("-c", m.config_path, "--check-config")
    equal((r.returncode, r.stderr), (1, ""))
    equal(all(line.startswith(f"{m.config_path}:3: ") for line in r.stdout.splitlines()), True)
    contains(r.stdout, "windov", "long", "nonsense")
    r = m.run("--check-config", m.config_path + ".missing")
    equal(r.returncode, 1)
    contains(r.stdout, m.config_path + ".missing")


def refused_start(m, *arguments, said):
    """It fails before it has touched anything."""
    before = m.tree()
    d = m.start(*arguments)
    equal(d.wait(), 1)
    contains(d.stderr(), *said)
    equal(m.tree(), before)
    equal((os.path.exists(m.runtime), os.path.exists(m.state)), (False, False))


def test_broken_config(m):
    """a broken configuration: all errors are said, nothing is touched"""
    m.config('test: { levers = [ "windov" ];', 'cooldown = "long"; };')
    refused_start(m, said=[f"fragd: {m.config_path}:3: ", f"fragd: {m.config_path}:4: ", "not starting"])


def test_missing_config(m):
    """a configuration that is named must exist"""
    os.unlink(m.config_path)
    refused_start(m, said=[m.config_path, "not starting"])


def test_unknown_policy(m):
    """--policy must exist"""
    refused_start(m, "--policy", "nonsense", said=["--policy nonsense: expected a policy of the configuration"])


def test_unknown_user(m):
    """--user must exist, and not be root"""
    refused_start(m, "--user", "nosuchuser", said=['cannot become user "nosuchuser": there is no such user'])
    refused_start(m, "--user", "root", said=['cannot become user "root": expected one without privilege'])
    refused_start(m, "--user", "0", said=['cannot become user "0": expected one without privilege'])


def test_number_as_user(m):
    """a uid need not stand in /etc/passwd; the configuration may name it"""
    m.memory(HEALED)
    m.config(policy_text(), more='user = "4242";\n')
    d = m.start(become=None).up()
    equal(status(d.pid)["Uid"].split(), ["4242"] * 4)
    equal(status(d.pid)["Gid"].split(), ["4242"] * 4)
    equal(d.end(), 0)


def test_missing_actor(m):
    """without fragd-actor there is no start as root"""
    d = m.start("--actor", m.top + "/nowhere")
    equal(d.wait(), 1)
    contains(d.stderr(), f"cannot start fragd-actor {m.top}/nowhere: No such file or directory; --actor says where it is")


def test_actor_that_fails(m):
    """a fragd-actor that ends at once is told"""
    d = m.start("--actor", "/bin/false")
    equal(d.wait(), 1)
    contains(d.stderr(), "fragd-actor does not answer: it has ended")


def test_one_at_a_time(m):
    """a second fragd in the same runtime directory is refused and disturbs nothing"""
    calm(m)
    first = m.start().up()
    second = m.start()
    equal(second.wait(), 1)
    contains(second.stderr(), "another fragd runs there")
    equal(first.status()["policy"], "test")
    equal(first.end(), 0)


def test_caller_is_private(m):
    """a caller's umask does not close the sockets"""
    calm(m)
    d = m.start(command=["sh", "-c", 'umask 077; exec "$0" "$@"', FRAGD]).up()
    equal(os.stat(m.socket("fragd")).st_mode & 0o777, 0o666)
    equal(os.stat(m.runtime).st_mode & 0o777, 0o755)
    equal(d.end(), 0)


def test_not_root(m):
    """started by somebody else: watches only, says so, cleans up its sockets"""
    m.config(policy_text())
    os.chown(m.config_path, NOBODY, NOBODY)
    os.mkdir(m.runtime)
    os.mkdir(m.state)
    os.chown(m.runtime, NOBODY, NOBODY)
    os.chown(m.state, NOBODY, NOBODY)
    os.chmod(m.path("sys/devices/system/node/node0/compact"), 0o666)
    d = m.start(user=NOBODY).up()
    contains(d.stderr(), "fragd: up, watching only, policy test, node 0 fragmented: ", " (not started as root)\n")
    s = d.status()
    equal((s["acts"], s["why_not"]), (False, "not started as root"))
    equal(children(d.pid), [])
    wait_until("more samples", lambda: d.status()["samples"] >= 3)
    equal(d.end(), 0)
    equal(sorted(os.listdir(m.runtime)), ["lock"])


def test_runtime_dir_refused(m):
    """a runtime directory that cannot be made is told, with the way out"""
    os.chmod(m.config_path, 0o644)
    d = m.start("--runtime-dir", "/proc/nowhere", user=NOBODY)
    equal(d.wait(), 1)
    contains(d.stderr(), "cannot create the runtime directory /proc/nowhere", "--runtime-dir gives another one")


def test_journal_missing(m):
    """--log journal where there is no journal; a JOURNAL_STREAM that is somebody else's"""
    calm(m)
    d = m.start("--log", "journal")
    if os.path.exists("/run/systemd/journal/socket"):
        wait_until("it is up", lambda: os.path.exists(m.socket("fragd")) and d.status()["samples"] > 0)
        equal((d.stderr(), d.end()), ("", 0))
    else:
        equal(d.wait(), 1)
        equal(d.stderr(), "fragd: --log journal: there is no journal here\n")
    equal(m.start(environment={"JOURNAL_STREAM": "1:1"}).up().end(), 0)


def test_silence(m):
    """a healthy machine: nothing is said after the start"""
    calm(m)
    d = m.start().up()
    said = d.stderr()
    equal(said.count("\n"), 2)
    equal(all(line.startswith("fragd: ") for line in said.splitlines()), True)
    wait_until("ten samples", lambda: d.status()["samples"] >= 10)
    equal(d.stderr(), said)
    equal(d.end(), 0)


# --- the service manager ---

def notified(m, d, receiver, part):
    """Receives until a message has that part; all of them."""
    got = []
    while True:
        got.append(receiver.recv(4096).decode())
        if part in got[-1]:
            return got


def test_service_manager(m):
    """READY=1 after the first sample, STATUS= on news, RELOADING=1, a watchdog that is fed, STOPPING=1"""
    calm(m)
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.settimeout(DEADLINE)
    receiver.bind(m.top + "/notify")
    os.chmod(m.top + "/notify", 0o666)
    d = m.start(environment={"NOTIFY_SOCKET": m.top + "/notify", "WATCHDOG_USEC": "500000"}).up()
    equal(notified(m, d, receiver, "READY=1")[-1],
          "READY=1\nSTATUS=policy test, node 0 met: 1 GiB of 20 MiB in 2 MiB blocks".replace("1 GiB", current(d)))
    notified(m, d, receiver, "WATCHDOG=1")
    m.memory([0] * 9 + [30, 0])
    contains(notified(m, d, receiver, "STATUS=")[-1], "in 2 MiB blocks")
    d.send_signal(signal.SIGHUP)
    got = notified(m, d, receiver, "READY=1")
    equal(len([g for g in got if g.startswith("RELOADING=1\nMONOTONIC_USEC=")]), 1)
    d.send_signal(signal.SIGTERM)
    notified(m, d, receiver, "STOPPING=1")
    equal(d.wait(), 0)


def current(d):
    """As the status line says it."""
    b = d.node()["objectives"][0]["current_bytes"]
    return f"{b // (1 << 20)} MiB" if b < 1 << 30 else f"{b / (1 << 30):.2f}"[:3] + " GiB"


def test_passed_sockets(m):
    """sockets of the service manager are used, by name in any order"""
    calm(m)
    listening = []
    for name in ("adm", "mon"):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.bind(f"{m.top}/{name}")
        os.chmod(f"{m.top}/{name}", 0o666)
        s.listen()
        listening.append(s)
    d = m.start(environment={"LISTEN_FDS": "2", "LISTEN_FDNAMES": "admin:monitor"},
                command=["sh", "-c", 'n=$1; o=$2; shift 2; export LISTEN_PID=$$; eval "exec 3<&$n 4<&$o"; exec "$0" "$@"', FRAGD,
                         *(str(s.fileno()) for s in listening)], pass_fds=[s.fileno() for s in listening]).up()
    equal((os.path.exists(m.socket("fragd")), os.path.exists(m.socket("admin"))), (False, False))
    m.socket = lambda name: m.top + ("/adm" if name == "admin" else "/mon")
    equal(d.status()["policy"], "test")
    d.call(CONTROL + "Pause", admin=True)
    equal(d.status()["paused"], True)
    equal(d.end(), 0)
    equal(sorted(n for n in os.listdir(m.top) if n in ("adm", "mon")), ["adm", "mon"])


# --- reload ---

def test_reload(m):
    """SIGHUP: another policy is followed; the same one is not begun anew"""
    calm(m, policy_text(), policy_text("other"))
    d = m.start().up()
    d.send_signal(signal.SIGHUP)
    d.said("configuration read: 1 file, policy \"test\"")
    equal(d.reasons(), ["policy-changed"])
    m.config(policy_text(), policy_text("other"), policy="other")
    d.send_signal(signal.SIGHUP)
    d.said("policy \"other\"")
    equal((d.status()["policy"], d.reasons()), ("other", ["policy-changed"] * 2))
    m.config(policy_text(), policy_text("other", reserve="21M"), policy="other")
    d.send_signal(signal.SIGHUP)
    wait_until("its figures have changed", lambda: d.node()["objectives"][0]["reserve_bytes"] == 21 << 20)
    equal(d.end(), 0)


def test_broken_reload(m):
    """SIGHUP with a broken configuration: all errors are said, fragd goes on as before"""
    calm(m)
    d = m.start().up()
    m.config('test: { levers = [ "windov" ];', 'cooldown = "long"; };')
    d.send_signal(signal.SIGHUP)
    d.said("configuration refused: going on with the one before")
    contains(d.stderr(), f"fragd: {m.config_path}:3: ", f"fragd: {m.config_path}:4: ")
    equal((d.status()["policy"], d.reasons()), ("test", ["policy-changed"]))
    calm(m)
    d.send_signal(signal.SIGHUP)
    d.said("configuration read")
    equal(d.end(), 0)


def test_reload_by_method(m):
    """the method Reload waits, and says what was accepted or refused"""
    calm(m)
    d = m.start().up()
    equal(d.call(CONTROL + "Reload", admin=True), {"files": [m.config_path], "policy": "test"})
    m.config('test: { levers = [ "windov" ]; };')
    try:
        d.call(CONTROL + "Reload", admin=True)
        raise AssertionError("it was accepted")
    except VarlinkError as e:
        equal(e.name, CONTROL + "ConfigRefused")
        equal((e.parameters["errors"][0]["file"], e.parameters["errors"][0]["line"]), (m.config_path, 3))
    equal(d.end(), 0)


# --- the policy that was chosen ---

def choose(d, name, **parameters):
    return d.call(CONTROL + "SetPolicy", {"name": name, **parameters}, admin=True)


def test_policy_kept(m):
    """a policy set at run time is kept across restarts, until the configured one is set"""
    calm(m, policy_text(), policy_text("other"))
    d = m.start().up()
    equal(choose(d, "other"), {"previous": "test", "policy": "other"})
    equal(d.status()["policy"], "other")
    contains(d.stderr(), f'policy "other" asked for by uid 0 (pid {os.getpid()})')
    equal(d.end(), 0)
    with open(m.state + "/policy") as f:
        equal(f.read(), "other\n")
    d = m.start().up()
    equal(d.status()["policy"], "other")
    choose(d, "test")
    equal(d.end(), 0)
    equal(m.kept(), [])
    d = m.start("--policy", "other").up()
    equal(d.status()["policy"], "other")
    equal(d.end(), 0)
    equal(m.kept(), [])


def test_policy_for_the_run(m):
    """a policy set with runtime is not kept"""
    calm(m, policy_text(), policy_text("other"))
    d = m.start().up()
    choose(d, "other", runtime=True)
    equal((d.status()["policy"], m.kept()), ("other", []))
    equal(d.end(), 0)
    d = m.start().up()
    equal(d.status()["policy"], "test")
    equal(d.end(), 0)


def test_policy_for_a_while(m):
    """a policy set for a time goes by itself"""
    calm(m, policy_text(), policy_text("other"))
    d = m.start().up()
    choose(d, "other", for_usec=500000)
    s = d.status()
    equal((s["policy"], s["policy_after"], s["policy_left_usec"] <= 500000), ("other", "test", True))
    wait_until("it is over", lambda: d.status()["policy"] == "test")
    equal(("policy_left_usec" in d.status(), m.kept()), (False, []))
    choose(d, "other", for_usec=3600 * 10 ** 6)
    choose(d, "test")
    equal("policy_left_usec" in d.status(), False)
    equal(d.end(), 0)


def test_policy_that_went(m):
    """a policy set at run time that the configuration has lost is forgotten, with one line"""
    calm(m, policy_text(), policy_text("other"))
    d = m.start().up()
    choose(d, "other")
    calm(m)
    d.send_signal(signal.SIGHUP)
    d.said('policy "other", which was set at run time, is not in the configuration any more: following "test" instead')
    equal((d.status()["policy"], m.kept()), ("test", []))
    equal(d.end(), 0)


def test_kept_policy_that_went(m):
    """the same at the start"""
    calm(m)
    os.mkdir(m.state)
    with open(m.state + "/policy", "w") as f:
        f.write("other\n")
    d = m.start().up()
    contains(d.stderr(), 'policy "other", which was set at run time, is not in the configuration any more')
    equal(d.status()["policy"], "test")
    equal(d.end(), 0)


def test_garbled_state(m):
    """a garbled state file is ignored, with one line"""
    calm(m)
    os.mkdir(m.state)
    with open(m.state + "/policy", "w") as f:
        f.write("other")
    d = m.start().up()
    contains(d.stderr(), f'ignoring {m.state}/policy: expected the name of a policy; following "test"')
    equal(d.end(), 0)


def test_no_state_dir(m):
    """without a state directory it runs, and says what that costs"""
    calm(m, policy_text(), policy_text("other"))
    with open(m.state, "w"):
        pass
    d = m.start().up()
    contains(d.stderr(), f"cannot use the state directory {m.state}: ", "a policy set at run time and history are not kept across restarts")
    equal(choose(d, "other")["policy"], "other")
    equal(d.end(), 0)


# --- pause ---

def test_pause(m):
    """paused: nothing is done until resumed"""
    d = m.start("--for", "1h").up()
    child = d.compacting()
    d.call(CONTROL + "Pause", admin=True)
    wait_until("it is ended", lambda: children(d.actor()) == [])
    samples = d.status()["samples"]
    wait_until("more samples", lambda: d.status()["samples"] >= samples + 3)
    equal(children(d.actor()), [])
    d.call(CONTROL + "Resume", admin=True)
    assert d.compacting() != child
    equal(d.end(), 0)


def test_compact_request(m):
    """a compaction that was asked for is done though nothing is missing, and who asked is on record"""
    calm(m)
    d = m.start().up()
    os.unlink(m.path("sys/devices/system/node/node0/compact"))
    m.put("sys/devices/system/node/node0/compact", "", mode=0o200)
    reply = d.call(CONTROL + "Compact", {"node": 0}, admin=True)
    equal((reply["decision"]["uid"], reply["decision"]["pid"]), (0, os.getpid()))
    try:
        d.call(CONTROL + "Compact", {"node": 7}, admin=True)
        raise AssertionError("there is no such node")
    except VarlinkError as e:
        equal((e.name, e.parameters), (CONTROL + "UnknownNode", {"name": 7, "known": [0]} if "name" in e.parameters else
                                        {"node": 7, "known": [0]}))
    equal(d.end(), 0)


run(globals())
