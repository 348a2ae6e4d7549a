# SPDX-License-Identifier: LGPL-2.1-or-later
"""Journal files of a fake machine, written by systemd's own program, with what kernels have really said in them."""

import os
import re
import subprocess

from actor_harness import DEADLINE

JOURNAL_REMOTE = "/lib/systemd/systemd-journal-remote"
FIXTURES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fixtures", "decode")
FOLDER = "var/log/journal/0123456789abcdef0123456789abcdef"
START = 1700000000000000


def fixture(name):
    with open(os.path.join(FIXTURES, name + ".txt"), encoding="utf-8") as f:
        return [re.sub(r"^\[ *[\d.]+\] ?", "", line) for line in f.read().splitlines()]


class Journal:
    """Journal files below the root of a machine, written by systemd's own."""

    def __init__(self, m, mode=0o644):
        self.directory = m.path(FOLDER)
        self.path = os.path.join(self.directory, "system.journal")
        self.mode = mode
        self.entries = 0
        os.makedirs(self.directory, exist_ok=True)
        self.say(["Linux version 6.1.0-test"])

    def say(self, lines, transport="kernel"):
        """Entries of a second each, at the end."""
        export = b""
        for line in lines:
            self.entries += 1
            fields = {"__REALTIME_TIMESTAMP": START + self.entries * 1000000, "__MONOTONIC_TIMESTAMP": self.entries * 1000000,
                      "_BOOT_ID": "0123456789abcdef0123456789abcdef", "_TRANSPORT": transport, "MESSAGE": line}
            export += b"".join(f"{k}={v}\n".encode() for k, v in fields.items()) + b"\n"
        subprocess.run([JOURNAL_REMOTE, "--output", self.path, "-"], input=export, check=True, stderr=subprocess.DEVNULL, timeout=DEADLINE)
        os.chmod(self.path, self.mode)

    def rotate(self):
        os.rename(self.path, os.path.join(self.directory, f"system@0005f8c0{self.entries:08x}-0123456789abcdef.journal"))
