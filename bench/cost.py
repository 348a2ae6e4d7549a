#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""cost.py FRAGD ACTOR ROOT [SECONDS]: memory of fragd and its actor, and how often fragd wakes up, on a calm machine.

Starts fragd as it is on ROOT (see make-root.py), waits until its interval has grown to the policy's longest, and then leaves it alone
for SECONDS (60). A wake-up is a burst of running that is at least 0.2 s from the one before, seen by its context switches; reading the
root's ordinary files may switch several times within one. Memory is the kernel's RssAnon and RssFile."""
import os
import subprocess
import sys
import tempfile
import time


def status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def kib(fields, name):
    return int(fields[name].split()[0])


def child(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        pids = f.read().split()
    return int(pids[0]) if pids else None


def switches(pid):
    return int(status(pid)["voluntary_ctxt_switches"])


def wait_calm(pid, quiet):
    """Until two wake-ups are at least `quiet` seconds apart."""
    last, since, deadline = switches(pid), time.monotonic(), time.monotonic() + 180
    while time.monotonic() < deadline:
        time.sleep(0.2)
        now = switches(pid)
        if now != last:
            if time.monotonic() - since >= quiet:
                return
            last, since = now, time.monotonic()
    sys.exit("cost.py: fragd did not become calm within 3 minutes")


def bursts(pid, seconds):
    count, quiet, last, end = 0, True, switches(pid), time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.2)
        now = switches(pid)
        count += quiet and now != last
        quiet, last = now == last, now
    return count


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    fragd, actor, root = (os.path.abspath(a) for a in sys.argv[1:4])
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 60
    with tempfile.TemporaryDirectory() as run:
        os.chmod(run, 0o755)
        daemon = subprocess.Popen([fragd, "--root", root, "--actor", actor, "--runtime-dir", run + "/run", "--state-dir",
                                   run + "/state", "--log", "stderr"], stderr=subprocess.DEVNULL)
        try:
            wait_calm(daemon.pid, 14)
            woken = bursts(daemon.pid, seconds)
            for name, pid in (("fragd", daemon.pid), ("fragd-actor", child(daemon.pid))):
                if pid is None:
                    print(f"{name}: not there (fragd was not started as root)")
                    continue
                fields = status(pid)
                print(f"{name}: RSS {kib(fields, 'VmRSS')} KiB, of which {kib(fields, 'RssAnon')} KiB its own and "
                      f"{kib(fields, 'RssFile')} KiB of files (libraries are shared)")
            print(f"fragd: {woken * 60 / seconds:.1f} wake-ups per minute when calm ({woken} in {seconds:.0f} s)")
        finally:
            daemon.terminate()
            daemon.wait()


if __name__ == "__main__":
    main()
