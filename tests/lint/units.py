#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""units.py BUILD: what systemd has to say about the units, and whether they fit the programs. Offline: systemd need not run here.
Prints TAP."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import lint

UNITS = os.path.join(sys.argv[1], "systemd")
NAMES = ["fragd.service", "fragd-actor.service", "fragd.socket", "fragd-admin.socket", "fragd-actor.socket", "fragd-metrics.socket",
         "fragd-taskstats.service", "fragd-taskstats.socket"]
# What an administrator may enable beside the service.
MAY_BE_ENABLED = ["fragd-metrics.socket"]
# Sockets of other services than fragd.service.
OF_A_SERVICE = ["fragd-actor.socket", "fragd-taskstats.socket"]
# What the units hang on, and what is not looked at here.
TARGETS = ["basic", "multi-user", "shutdown", "sockets", "sysinit"]


def unit(name):
    with open(os.path.join(UNITS, name), encoding="utf-8") as f:
        return f.read()


def settings(name, key):
    """The words of every line KEY=."""
    return [word for line in re.findall(rf"^{key}=(.*)$", unit(name), re.M) for word in line.split()]


def programs():
    """What the units start."""
    return {path for name in NAMES for path in re.findall(r"^Exec(?:Start|Stop|Reload)\w*=(/\S+)", unit(name), re.M)}


def verify(change=lambda name, text: text):
    """In a root of their own, with programs that do nothing."""
    with tempfile.TemporaryDirectory() as root:
        folder = os.path.join(root, "etc/systemd/system")
        os.makedirs(folder)
        for path in programs():
            os.makedirs(root + os.path.dirname(path), exist_ok=True)
            shutil.copy("/bin/true", root + path)
        for target in TARGETS:
            with open(os.path.join(folder, target + ".target"), "w", encoding="utf-8") as f:
                f.write("[Unit]\n")
        for name in NAMES:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(change(name, unit(name)))
        p = subprocess.run(["systemd-analyze", f"--root={root}", "--man=no", "verify", *NAMES], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
    # What it does not know it ignores, and calls that a success.
    return p.stdout.splitlines() or ([f"exit status {p.returncode}"] if p.returncode else [])


def security(name, threshold):
    return lint.run("systemd-analyze", "--no-pager", "security", "--offline=true", f"--threshold={threshold}",
                    os.path.join(UNITS, name))


def weakened(name, threshold):
    """Whether a unit without its sandbox is found out."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(re.sub(r"^(SystemCallFilter|Protect\w+|Private\w+|CapabilityBoundingSet)=.*\n", "", unit(name), flags=re.M))
        found = lint.run("systemd-analyze", "--no-pager", "security", "--offline=true", f"--threshold={threshold}", path)
    return [] if found else ["it is not"]


def sysusers():
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "etc"))
        found = lint.run("systemd-sysusers", f"--root={root}", os.path.join(lint.SOURCE, "systemd/fragd.sysusers"))
        if found:
            return [line for line in found if not line.startswith("Creating ")]
        with open(os.path.join(root, "etc/passwd"), encoding="utf-8") as f:
            users = [line.split(":")[0] for line in f]
        with open(os.path.join(root, "etc/group"), encoding="utf-8") as f:
            groups = [line.split(":")[0] for line in f]
    return [f"there is no {name}" for name, there in (("fragd", users), ("fragd", groups), ("fragd-admin", groups)) if name not in there]


def knobs():
    """The knobs that fragd may write, from the one table of them."""
    rows = re.findall(r'\{ VM\("(\w+)"\),[^}]*\btrue \}', lint.text("lib/base/knob.c"))
    return {f"-/proc/sys/vm/{name}" for name in rows}


def writable():
    may, expected = set(settings("fragd-actor.service", "ReadWritePaths")), knobs() | {"-/sys/devices/system/node", "-/proc/sys/vm/drop_caches"}
    if len(expected) < 2:
        return ["no knob was found in lib/base/knob.c"]
    return [f"{path}: {'in the unit only' if path in may else 'not in the unit'}" for path in sorted(may ^ expected)]


def names():
    """The names under which fragd looks for what is passed to it."""
    known = set(re.findall(r'streq\(names\[i\], "(\w+)"\)', lint.text("daemon/places.c")))
    return [f"{name}: FileDescriptorName={word} is not one of {', '.join(sorted(known))}" for name in NAMES
            if name.endswith(".socket") for word in settings(name, "FileDescriptorName") if word not in known]


def stays_stopped():
    """A socket that could start a fragd that was stopped."""
    return [f"{name}: {what}" for name in NAMES if name.endswith(".socket") for what, bad in
            (("has no PartOf=fragd.service", name not in OF_A_SERVICE and settings(name, "PartOf") != ["fragd.service"]),
             ("is started again while its service may still end", name in OF_A_SERVICE and settings(name, "PartOf") != []),
             ("stays without fragd", name in OF_A_SERVICE and settings(name, "StopWhenUnneeded") != ["yes"]),
             ("can be enabled", "[Install]" in unit(name) and name not in MAY_BE_ENABLED)) if bad] + \
           [f"{name}: {what}" for name in MAY_BE_ENABLED for what, bad in
            (("is enabled for others than fragd.service", settings(name, "WantedBy") != ["fragd.service"]),
             ("stays alone", settings(name, "StopWhenUnneeded") != ["yes"]),
             ("is started though it is not enabled", name in settings("fragd.service", "Sockets"))) if bad]


def preset():
    """All that can be enabled is off until an administrator enables it."""
    said = lint.text("systemd/fragd.preset").splitlines()
    return [f"{name} is not disabled" for name in NAMES if "[Install]" in unit(name) and f"disable {name}" not in said] + \
           [line for line in said if not line.startswith(("#", "disable "))]


def cases():
    yield "a setting that systemd does not know is found out", \
        [] if verify(lambda name, text: text.replace("WatchdogSec=", "WatchdgSec=")) else ["it is not"]
    yield "systemd finds no fault with the units", verify()
    for name, threshold in (("fragd.service", 13), ("fragd-actor.service", 10), ("fragd-taskstats.service", 10)):
        yield f"{name} without a sandbox is found out", weakened(name, threshold)
        yield f"{name} is exposed by {threshold / 10} at most", security(name, threshold)
    yield "users and groups are created", sysusers()
    yield "the actor may write what the table of knobs says, and no more", writable()
    yield "sockets are passed under names that fragd knows", names()
    yield "no client starts a fragd that was stopped", stays_stopped()
    yield "nothing is enabled by the preset", preset()


if lint.missing("systemd-analyze"):
    lint.report([("the units", lint.missing("systemd-analyze"))])
lint.report(cases())
