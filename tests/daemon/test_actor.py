#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real fragd-actor on a fake machine, knobs and their baseline: test_actor.py BUILD_DIR. Prints TAP."""

import errno
import os
import select
import signal
import subprocess

from actor_harness import (ACTOR, B, BOOST, COMPACT, DEADLINE, HELLO, NONE, P, PNAME, PROACTIVENESS, RESTORE,
                           RESTORE_KNOB, SCALE, SET_KNOB, SOURCE, Actor, contains, equal, run, status, wait_until)


# --- starting ---

def test_usage(m):
    """wrong arguments: one line, exit 2"""
    common = ["--root", m.root, "--runtime-dir", m.runtime]
    for args, part in (([], "one of --fd, --listen and --restore"), (["--restore"], "--root is missing"),
                       (["--restore", "--root", "/"], "--runtime-dir is missing"),
                       (["--fd", "0"] + common, "--fd: no SOCK_SEQPACKET socket has the number 0"),
                       (["--fd", "999"] + common, "number 999"), (["--fd", "3x"] + common, "number 3x"),
                       (["--fd"], "a value is missing after --fd"), (["--what"], "unknown option --what"),
                       (["--restore", "more"] + common, "unexpected argument more")):
        r = subprocess.run([ACTOR] + args, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE)
        equal(r.returncode, 2)
        contains(r.stderr, "fragd-actor: ", part, "usage: ")
        equal(r.stderr.count("\n"), 1)


def test_missing_folders(m):
    """no root or runtime directory: one line, exit 1"""
    for root, runtime, part in ((m.root + "-no", m.runtime, "cannot open the root"),
                                (m.root, m.runtime + "-no", "cannot use the runtime directory")):
        r = subprocess.run([ACTOR, "--restore", "--root", root, "--runtime-dir", runtime],
                           stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
        equal(r.returncode, 1)
        contains(r.stderr, part, "No such file or directory")
        equal(r.stderr.count("\n"), 1)


def test_no_privilege(m):
    """it keeps no capability and gains no privilege"""
    s = status(m.start().pid)
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        equal(int(s[name], 16), 0)
    equal(s["NoNewPrivs"], "1")
    equal(s["Umask"], "0077")


def test_inherited_signals(m):
    """signals that were blocked or ignored before it started do no harm"""
    number = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    ignored = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT, signal.SIGALRM])
    try:
        a = Actor(m)
        m.actors.append(a)
    finally:
        signal.signal(signal.SIGCHLD, number)
        signal.signal(signal.SIGTERM, ignored)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    equal(a.call(COMPACT, 0).result, 0)
    equal(a.set(45, 20).result, 0)
    equal(a.kill(signal.SIGTERM), 0)
    equal(m.get(P), "20")


# --- knobs ---

def test_set(m):
    """a knob is set, read back, and its baseline recorded"""
    a = m.start()
    r = a.set(45, 20)
    equal((r.result, r.value, r.baseline, r.verb, r.target), (0, 45, 20, SET_KNOB, PROACTIVENESS))
    equal(m.get(P), "45")
    equal(m.baseline(), f"fragd-baseline 1\n{PNAME} 20 45 -\nend\n")
    equal(os.stat(os.path.join(m.runtime, "baseline")).st_mode & 0o777, 0o600)


def test_set_again(m):
    """further writes keep the first baseline"""
    a = m.start()
    for value, expected in ((45, 20), (5, 45), (90, 5)):
        r = a.set(value, expected)
        equal((r.result, r.value, r.baseline), (0, value, 20))
    equal(m.baseline(), f"fragd-baseline 1\n{PNAME} 20 90 -\nend\n")
    equal(a.close(), 0)
    equal(m.get(P), "20")


def test_set_back(m):
    """set to the value that it had before us, a knob is forgotten"""
    a = m.start()
    a.set(45, 20)
    r = a.set(20, 45)
    equal((r.result, r.value, r.baseline), (0, 20, NONE))
    equal(m.baseline(), None)
    m.put(P, "45\n")  # somebody else's 45, not ours
    equal(a.close(), 0)
    equal(m.get(P), "45")


def test_compare_before_write(m):
    """a knob that has the value already is not written, for some writes act"""
    before = os.stat(m.path(P)).st_mtime_ns
    a = m.start()
    r = a.set(20, 20)
    equal((r.result, r.value, r.baseline), (0, 20, NONE))
    equal(os.stat(m.path(P)).st_mtime_ns, before)
    equal(m.baseline(), None)


def test_stale(m):
    """a knob that is not as expected is not written"""
    a = m.start()
    r = a.set(45, 30)
    equal((r.result, r.value, r.baseline), (-errno.ESTALE, 20, NONE))
    equal(m.get(P), "20")
    equal(m.baseline(), None)


def test_stale_after_foreign_change(m):
    """nor is one that somebody else changed after us"""
    a = m.start()
    a.set(45, 20)
    m.put(P, "60\n")
    r = a.set(50, 45)
    equal((r.result, r.value, r.baseline), (-errno.ESTALE, 60, 20))
    equal(m.get(P), "60")


def test_missing_knob(m):
    """a knob that the kernel lacks: -ENOENT"""
    os.unlink(m.path(P))
    a = m.start()
    r = a.set(45, 20)
    equal((r.result, r.value, r.baseline), (-errno.ENOENT, NONE, NONE))
    equal(a.call(RESTORE_KNOB, PROACTIVENESS).result, -errno.ENOENT)
    assert not os.path.exists(m.path(P))


def test_unreadable_knob(m):
    """a knob that is no number: -EINVAL, not touched"""
    m.put(P, "a lot\n")
    r = m.start().set(45, 20)
    equal((r.result, r.value), (-errno.EINVAL, NONE))
    equal(m.get(P), "a lot")


def test_kernel_refuses(m):
    """a write that the kernel refuses leaves no record"""
    os.chmod(m.path(P), 0o444)
    a = m.start()
    equal(a.set(45, 20).result, -errno.EACCES)
    equal(m.baseline(), None)
    a.set(10000, 15000, BOOST)
    equal(a.set(45, 20).result, -errno.EACCES)
    equal(m.baseline(), "fragd-baseline 1\nvm.watermark_boost_factor 15000 10000 -\nend\n")


def test_no_write_without_record(m):
    """where the baseline cannot be recorded, no knob is written"""
    a = m.start()
    os.chmod(m.runtime, 0o500)
    r = a.set(45, 20)
    equal((r.result, r.value, r.baseline), (-errno.EACCES, 20, NONE))
    equal(m.get(P), "20")
    os.chmod(m.runtime, 0o700)
    equal(a.set(45, 20).result, 0)


def test_admin_baseline_out_of_range(m):
    """an admin's 100 is put back, though fragd may not choose it"""
    m.put(P, "100\n")
    a = m.start()
    equal(a.set(100, 20).result, -errno.ERANGE)
    r = a.set(30, 100)
    equal((r.result, r.baseline), (0, 100))
    equal(a.close(), 0)
    equal(m.get(P), "100")


def test_out_of_range(m):
    """values out of range are refused"""
    a = m.start()
    for knob, value, expected in ((PROACTIVENESS, 91, 20), (PROACTIVENESS, -1, 20), (BOOST, 15001, 15000),
                                  (PROACTIVENESS, 2 ** 63 - 1, 20), (PROACTIVENESS, -2 ** 63, 20),
                                  (PROACTIVENESS, 2 ** 32 + 30, 20), (PROACTIVENESS, 30, -1)):
        equal(a.set(value, expected, knob).result, -errno.ERANGE)
    equal((m.get(P), m.get(B)), ("20", "15000"))
    equal(m.baseline(), None)


def test_not_allowed(m):
    """knobs and sources that are not on the list are refused"""
    m.put("proc/sys/vm/min_free_kbytes", "67584\n")
    a = m.start()
    for knob in (3, 4, 5, 8, 2 ** 32 - 1):
        equal(a.set(20, 10, knob).result, -errno.EPERM)
        equal(a.call(RESTORE_KNOB, knob).result, -errno.EPERM)
    for source in (4, 5, 255, 2 ** 31, 2 ** 32 - 1):
        equal(a.call(SOURCE, source).result, -errno.EPERM)
    equal(a.call(COMPACT, 1024).result, -errno.ERANGE)
    equal(m.get("proc/sys/vm/min_free_kbytes"), "67584")


def test_scale(m):
    """the distance of the watermarks is set, within its range, and put back"""
    a = m.start()
    equal(a.set(1001, 10, SCALE).result, -errno.ERANGE)
    equal(a.set(40, 10, SCALE).result, 0)
    equal(m.get("proc/sys/vm/watermark_scale_factor"), "40")
    equal(a.call(RESTORE_KNOB, SCALE).result, 0)
    equal(m.get("proc/sys/vm/watermark_scale_factor"), "10")


# --- putting back ---

def test_restore_request(m):
    """RESTORE puts all back and says how many"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    r = a.call(RESTORE)
    equal((r.result, r.value), (0, 2))
    equal((m.get(P), m.get(B)), ("20", "15000"))
    equal(m.baseline(), None)
    equal(a.call(RESTORE).value, 0)
    equal(m.stderr(), "")


def test_restore_knob_request(m):
    """RESTORE_KNOB puts back one"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    r = a.call(RESTORE_KNOB, BOOST)
    equal((r.result, r.value, r.baseline), (0, 15000, NONE))
    equal((m.get(P), m.get(B)), ("45", "15000"))
    equal(m.baseline(), f"fragd-baseline 1\n{PNAME} 20 45 -\nend\n")
    r = a.call(RESTORE_KNOB, BOOST)  # once more: nothing to do
    equal((r.result, r.value), (0, 15000))


def test_connection_end(m):
    """the end of the connection puts all back"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    equal(a.close(), 0)
    equal((m.get(P), m.get(B)), ("20", "15000"))
    equal(os.listdir(m.runtime), ["baseline.lock"])
    contains(m.stderr(), f"fragd-actor: {PNAME} put back from 45 to 20\n",
             "fragd-actor: vm.watermark_boost_factor put back from 10000 to 15000\n")


def test_terminated(m):
    """SIGTERM and SIGINT put all back"""
    for number in (signal.SIGTERM, signal.SIGINT):
        a = m.start()
        equal(a.set(45, 20).result, 0)
        equal(a.kill(number), 0)
        equal(m.get(P), "20")
        equal(m.baseline(), None)


def test_hangup_ignored(m):
    """SIGHUP, a terminal that is closed, does not end it"""
    a = m.start()
    a.set(45, 20)
    a.process.send_signal(signal.SIGHUP)
    equal(a.call(HELLO).result, 0)
    equal(m.get(P), "45")
    equal(a.close(), 0)
    equal(m.get(P), "20")


def test_foreign_change_stays(m):
    """what somebody else set meanwhile stays, and is said"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    m.put(P, "60\n")
    equal(a.close(), 0)
    equal((m.get(P), m.get(B)), ("60", "15000"))
    equal(m.baseline(), None)
    contains(m.stderr(), f"{PNAME} is 60 now, which is not ours: left as it is (it was 20 before us)\n")


def test_foreign_change_is_the_new_baseline(m):
    """set again after somebody else's change, theirs is what is put back"""
    a = m.start()
    a.set(45, 20)
    m.put(P, "60\n")
    r = a.set(30, 60)
    equal((r.result, r.value, r.baseline), (0, 30, 60))
    equal(a.close(), 0)
    equal(m.get(P), "60")


def test_foreign_restore(m):
    """somebody else put the old value back: nothing to do, nothing to say"""
    a = m.start()
    a.set(45, 20)
    m.put(P, "20\n")
    before = os.stat(m.path(P)).st_mtime_ns
    equal(a.close(), 0)
    equal(os.stat(m.path(P)).st_mtime_ns, before)
    equal(m.baseline(), None)
    equal(m.stderr(), "")


def test_restore_fails(m):
    """a knob that cannot be put back stays on record until it can"""
    a = m.start()
    a.set(45, 20)
    os.chmod(m.path(P), 0o444)
    r = a.call(RESTORE)
    equal((r.result, r.value), (-errno.EACCES, 0))
    contains(m.stderr(), f"cannot put {PNAME} back to 20: Permission denied; kept on record")
    equal(a.close(), 1)
    r = m.restore()
    equal(r.returncode, 1)
    os.chmod(m.path(P), 0o644)
    equal(m.restore().returncode, 0)
    equal(m.get(P), "20")
    equal(m.baseline(), None)


# --- after SIGKILL ---

def test_killed_then_restore(m):
    """SIGKILL of the actor, then --restore"""
    a = m.start()
    a.set(45, 20)
    a.set(10000, 15000, BOOST)
    a.kill()
    equal((m.get(P), m.get(B)), ("45", "10000"))
    r = m.restore()
    equal((r.returncode, m.get(P), m.get(B)), (0, "20", "15000"))
    contains(r.stderr, f"fragd-actor: {PNAME} put back from 45 to 20\n",
             "fragd-actor: vm.watermark_boost_factor put back from 10000 to 15000\n")
    equal(m.baseline(), None)
    r = m.restore()
    equal((r.returncode, r.stderr), (0, ""))


def test_killed_then_fragd_restore(m):
    """SIGKILL of the actor, then the same by name"""
    a = m.start()
    a.set(45, 20)
    a.kill()
    name = os.path.join(m.runtime, "..", "fragd-restore")
    os.symlink(ACTOR, name)
    r = subprocess.run([name, "--root", m.root, "--runtime-dir", m.runtime], stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
    equal((r.returncode, m.get(P), m.baseline()), (0, "20", None))
    contains(r.stderr, f"{PNAME} put back from 45 to 20\n")


def test_killed_then_started(m):
    """SIGKILL of the actor, then the next start"""
    a = m.start()
    a.set(45, 20)
    a.kill()
    b = m.start()
    equal(m.get(P), "20")
    contains(m.stderr(), f"{PNAME} put back from 45 to 20\n")
    equal(m.baseline(), None)
    r = b.set(30, 20)
    equal((r.result, r.baseline), (0, 20))


def test_killed_foreign_change(m):
    """a change by somebody else after the SIGKILL stays"""
    a = m.start()
    a.set(45, 20)
    a.kill()
    m.put(P, "60\n")
    r = m.restore()
    equal((r.returncode, m.get(P)), (0, "60"))
    contains(r.stderr, f"{PNAME} is 60 now, which is not ours")
    equal(m.baseline(), None)


def cases_of_crash_points():
    """What is on disk, what the knob is, and what it has to be after; see baseline.h."""
    points = (("20 - 45", 20, 20, "recorded, not written"), ("20 - 45", 45, 20, "first write"),
              ("20 45 -", 45, 20, "settled"), ("20 45 30", 45, 20, "second recorded, not written"),
              ("20 45 30", 30, 20, "second written"), ("20 45 -", 20, 20, "put back, still recorded"),
              ("20 45 30", 50, 50, "somebody else's value"), ("20 45 -", 30, 30, "not the recorded value"),
              ("100 30 -", 30, 100, "baseline out of fragd's range"), ("20 - -", 45, 45, "nothing written"))
    for record, now, after, name in points:
        def case(m, record=record, now=now, after=after):
            m.baseline(f"fragd-baseline 1\n{PNAME} {record}\nend\n")
            m.put(P, f"{now}\n")
            r = m.restore()
            equal((r.returncode, m.get(P), m.baseline()), (0, str(after), None))
        case.__doc__ = f"crash point: {name} ({record}, knob {now})"
        yield case


def test_killed_anywhere(m):
    """killed in the middle of writing, 24 times: never a value of ours left"""
    for i in range(24):
        a = m.start()
        a.socket.setblocking(True)
        values = [20] + [30 + j for j in range(40)]
        for before, after in zip(values, values[1:]):
            a.send(SET_KNOB, PROACTIVENESS, value=after, expected=before)
        for _ in range(i):
            equal(a.receive().result, 0)
        a.kill()
        assert int(m.get(P)) in values
        equal(m.restore().returncode, 0)
        equal((m.get(P), m.baseline()), ("20", None))


DAMAGED = (("empty", ""), ("garbage", "\x00\x01garbage"), ("no version", "baseline\nend\n"),
           ("another version", f"fragd-baseline 2\n{PNAME} 20 45 -\nend\n"),
           ("cut off", f"fragd-baseline 1\n{PNAME} 20 45 -\n"), ("cut in a line", f"fragd-baseline 1\n{PNAME} 20 4"),
           ("unknown knob", "fragd-baseline 1\nvm.swappiness 20 45 -\nend\n"),
           ("knob that is not ours", "fragd-baseline 1\nvm.min_free_kbytes 20 45 -\nend\n"),
           ("knob twice", f"fragd-baseline 1\n{PNAME} 20 45 -\n{PNAME} 30 45 -\nend\n"),
           ("word too many", f"fragd-baseline 1\n{PNAME} 20 45 - -\nend\n"),
           ("word too few", f"fragd-baseline 1\n{PNAME} 20 45\nend\n"),
           ("not a number", f"fragd-baseline 1\n{PNAME} twenty 45 -\nend\n"),
           ("negative", f"fragd-baseline 1\n{PNAME} -20 45 -\nend\n"),
           ("no value before", f"fragd-baseline 1\n{PNAME} - 45 -\nend\n"),
           ("more than an int", f"fragd-baseline 1\n{PNAME} 2147483648 45 -\nend\n"),
           ("something after the end", f"fragd-baseline 1\n{PNAME} 20 45 -\nend\nmore\n"),
           ("too long", f"fragd-baseline 1\n{PNAME} 20 45 -\n" + "x" * 5000 + "\nend\n"))


def cases_of_damaged_files():
    for name, text in DAMAGED:
        def case(m, text=text):
            m.put(P, "45\n")
            m.baseline(text)
            r = m.restore()
            equal((r.returncode, m.get(P)), (0, "45"))
            contains(r.stderr, "set aside as baseline.damaged", m.runtime)
            equal(r.stderr.count("\n"), 1)
            equal((m.baseline(), m.baseline(name="baseline.damaged")), (None, text))
        case.__doc__ = f"damaged baseline: {name}"
        yield case


def test_damaged_then_serving(m):
    """with a damaged baseline it serves all the same"""
    m.baseline("not one\n")
    a = m.start()
    equal(a.set(45, 20).result, 0)
    equal(a.close(), 0)
    equal(m.get(P), "20")
    contains(m.stderr(), "set aside as baseline.damaged")


def test_baseline_of_others(m):
    """a baseline that others could have written is not trusted"""
    good = f"fragd-baseline 1\n{PNAME} 20 45 -\nend\n"
    m.put(P, "45\n")
    m.baseline(good)
    os.chmod(os.path.join(m.runtime, "baseline"), 0o620)
    r = m.restore()
    equal((r.returncode, m.get(P)), (0, "45"))
    contains(r.stderr, "set aside")
    os.rename(os.path.join(m.runtime, "baseline.damaged"), os.path.join(m.top, "elsewhere"))
    os.chmod(os.path.join(m.top, "elsewhere"), 0o600)
    os.symlink(os.path.join(m.top, "elsewhere"), os.path.join(m.runtime, "baseline"))
    r = m.restore()
    equal((r.returncode, m.get(P)), (0, "45"))
    contains(r.stderr, "set aside")


def test_put_back_without_record(m):
    """a knob that was put back while nothing could be recorded is taken off the record later on"""
    a = m.start()
    a.set(45, 20)
    a.set(0, 15000, BOOST)
    os.mkdir(os.path.join(m.runtime, "baseline.new"))
    assert a.call(RESTORE_KNOB, PROACTIVENESS).result < 0, "it could be recorded"
    equal(m.get(P), "20")
    contains(m.baseline(), PNAME)
    os.rmdir(os.path.join(m.runtime, "baseline.new"))
    equal(a.call(RESTORE_KNOB, PROACTIVENESS).result, 0)
    assert PNAME not in m.baseline(), m.baseline()
    equal(a.close(), 0)
    equal((m.get(P), m.get(B), m.baseline()), ("20", "15000", None))


def test_writable_runtime_dir(m):
    """a runtime directory that others may write is not used"""
    m.baseline(f"fragd-baseline 1\n{PNAME} 20 45 -\nend\n")
    m.put(P, "45\n")
    os.chmod(m.runtime, 0o777)
    r = m.restore()
    equal((r.returncode, m.get(P)), (1, "45"))
    contains(r.stderr, f"{m.runtime}: expected a directory of our own that nobody else can write")
    os.chmod(m.runtime, 0o755)
    equal((m.restore().returncode, m.get(P)), (0, "20"))


def test_stderr_nobody_reads(m):
    """restoring does not wait for somebody to read stderr"""
    m.baseline(f"fragd-baseline 1\n{PNAME} 20 45 -\nend\n")
    m.put(P, "45\n")
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    while select.select([], [theirs], [], 0)[1]:
        os.write(theirs, b"x" * 4096)
    os.set_blocking(theirs, True)
    with os.fdopen(theirs, "w") as stderr, os.fdopen(ours):
        r = subprocess.run([ACTOR, "--restore", "--root", m.root, "--runtime-dir", m.runtime], stderr=stderr, timeout=DEADLINE)
    equal((r.returncode, m.get(P)), (0, "20"))


def test_leftover_new_file(m):
    """a half-written new baseline is no obstacle"""
    m.baseline("half", name="baseline.new")
    a = m.start()
    equal(a.set(45, 20).result, 0)
    equal(a.close(), 0)
    equal(m.get(P), "20")


def test_one_at_a_time(m):
    """a second actor waits until the first has put all back"""
    a = m.start()
    a.set(45, 20)
    second = Actor(m)
    m.actors.append(second)
    second.send(HELLO)
    wait_until("it waits for the lock", lambda: " FLOCK " in waiting_locks(second.pid))
    equal(select.select([second.socket], [], [], 0)[0], [])
    equal(a.close(), 0)
    equal(second.receive().value, second.pid)
    equal(m.get(P), "20")


def waiting_locks(pid):
    """The lines of /proc/locks that say that pid waits."""
    with open("/proc/locks") as f:
        return "".join(line for line in f if "->" in line and f" {pid} " in line)


run(globals())
