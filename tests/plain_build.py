# SPDX-License-Identifier: LGPL-2.1-or-later
"""A build without sanitizers beside one with them, for what they would disturb: guests and valgrind."""

import fcntl
import json
import os
import subprocess

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class BuildError(Exception):
    pass


def run(*command):
    p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if p.returncode != 0:
        raise BuildError(f"{' '.join(command)} failed:\n{p.stdout[-4000:]}")
    return p.stdout


def plain_build(build, targets):
    """The build directory to take the targets from: build itself where it has no sanitizers, else one inside it."""
    options = json.loads(run("meson", "introspect", "--buildoptions", build))
    if next(o["value"] for o in options if o["name"] == "b_sanitize") == "none":
        return build
    plain = os.path.join(build, "plain")
    with open(plain + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two suites may want it at the same time
        if not os.path.exists(os.path.join(plain, "build.ninja")):
            run("meson", "setup", "--buildtype=debugoptimized", plain, SOURCE)
        run("ninja", "-C", plain, *targets)
    return plain
