# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Debian package of this tree, for the tests that look at one: what a commit would hold, built away from the tree."""

import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lint"))
import lint  # noqa: E402


class Failed(Exception):
    """With what there is to say, a list of lines."""


def run(*command, cwd=None, env=None, umask=-1):
    """The output; only the environment that is given, so that the caller's compiler flags and the like do not count. HOME is
    where nobody, root neither, can make one."""
    p = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", umask=umask,
                       env={"PATH": os.environ["PATH"], "HOME": "/proc/self/none", "CCACHE_DISABLE": "1", "LC_ALL": "C.UTF-8",
                            **(env or {})})
    if p.returncode != 0:
        raise Failed([f"{' '.join(command)}: exit status {p.returncode}"] + p.stdout.splitlines()[-60:])
    return p.stdout


def text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def known_files():
    """What git knows, and is still there; all of the tree where there is no git, as in an unpacked tarball."""
    if not os.path.exists(os.path.join(lint.SOURCE, ".git")):
        return list(lint.tree())
    names = run("git", "-c", "safe.directory=*", "ls-files", "-z", cwd=lint.SOURCE).split("\0")
    return [n for n in names if n and os.path.lexists(os.path.join(lint.SOURCE, n))]


def copy_tree(directory):
    """Copies them there, and returns their names."""
    names = known_files()
    for name in names:
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy2(os.path.join(lint.SOURCE, name), path, follow_symlinks=False)
    return names


def build_binary(directory):
    """The binary package fragd, built in that directory from the tree as it is; its path."""
    tree = os.path.join(directory, "fragd")
    copy_tree(tree)
    run("dpkg-buildpackage", "-us", "-uc", "-b", "-Pnocheck", cwd=tree,
        env={"HOME": directory, "DEB_BUILD_OPTIONS": "nocheck noautodbgsym parallel=2"})
    return glob.glob(os.path.join(directory, "fragd_*.deb"))[0]
