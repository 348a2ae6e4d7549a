# SPDX-License-Identifier: LGPL-2.1-or-later
"""A release of this tree, for the tests that look at one: the tarball and the Debian packages of what `git commit -a` would commit.
Built once in BUILD/release, away from the tree, and again when a file of the tree has changed."""

import contextlib
import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lint"))
import lint  # noqa: E402


# Two surroundings that have as little in common as one machine allows.
ONE = {"umask": 0o022, "TZ": "UTC", "LC_ALL": "C.UTF-8", "parallel": 2}
OTHER = {"umask": 0o077, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "parallel": 3}
# What is in no binary package, or makes no difference there.
NOT_INSTALLED = ("tests/", "docs/", "bench/")


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


def digest(names):
    """Of those files, with their names."""
    sums = hashlib.sha256()
    for name in sorted(names):
        path = os.path.join(lint.SOURCE, name)
        content = os.readlink(path).encode() if os.path.islink(path) else open(path, "rb").read()
        sums.update(f"{name} {len(content)}\n".encode() + content)
    return sums.hexdigest()


def repository(directory):
    """A repository of its own with one commit, since `meson dist` packs commits."""
    copy_tree(directory)
    run("git", "init", "-q", cwd=directory)
    run("git", "add", "--all", "--force", cwd=directory)
    run("git", "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-q", "-m", "release", cwd=directory)


def build(tree, surroundings):
    env = {"TZ": surroundings["TZ"], "LC_ALL": surroundings["LC_ALL"], "HOME": os.path.dirname(tree),
           "DEB_BUILD_OPTIONS": f"nocheck parallel={surroundings['parallel']}"}
    run("dpkg-buildpackage", "-us", "-uc", "-Pnocheck", *(["-b"] if surroundings is OTHER else []), cwd=tree, env=env,
        umask=surroundings["umask"])


class Release:
    """Two suites want one, at the same time: whoever comes first builds it."""

    def __init__(self, build_directory):
        self.directory = os.path.join(os.path.abspath(build_directory), "release")
        self.meson = os.path.join(self.directory, "meson")
        self.built = os.path.join(self.directory, "one")  # tarball, source package, binary packages
        self.version = re.search(r"^\s*version\s*:\s*'([^']+)'", text(os.path.join(lint.SOURCE, "meson.build")), re.M).group(1)

    @contextlib.contextmanager
    def locked(self):
        with open(self.directory + ".lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def is_of(self, what, key):
        path = os.path.join(self.directory, what + "-of")
        return os.path.exists(path) and text(path) == key

    def say_of(self, what, key):
        with open(os.path.join(self.directory, what + "-of"), "w", encoding="utf-8") as f:
            f.write(key)

    def tarball(self):
        """What meson dist packs."""
        key = digest(known_files())
        with self.locked():
            if not self.is_of("tarball", key):
                shutil.rmtree(self.directory, ignore_errors=True)
                source = os.path.join(self.directory, "source")
                repository(source)
                run("meson", "setup", "--prefix=/usr", "-Dtests=false", self.meson, source)
                run("meson", "dist", "--no-tests", "-C", self.meson)
                self.say_of("tarball", key)
        return os.path.join(self.meson, "meson-dist", f"fragd-{self.version}.tar.xz")

    def packages(self):
        """The directory with what the tarball as it is becomes: a Debian source package and binary packages."""
        tarball = self.tarball()
        key = digest(n for n in known_files() if not n.startswith(NOT_INSTALLED))
        with self.locked():
            if not self.is_of("packages", key):
                shutil.rmtree(self.built, ignore_errors=True)
                os.mkdir(self.built)
                orig = f"fragd_{self.version}.orig.tar.xz"
                shutil.copy(tarball, os.path.join(self.built, orig))
                run("tar", "-xJf", orig, cwd=self.built)
                build(os.path.join(self.built, f"fragd-{self.version}"), ONE)
                self.say_of("packages", key)
        return self.built

    def binary(self, directory):
        """A copy there of the binary package fragd, also of a tree that differs in what is not installed; its path."""
        key = digest(n for n in known_files() if not n.startswith(NOT_INSTALLED))
        with self.locked():
            current = self.is_of("packages", key)
        if not current:
            self.packages()
        with self.locked():
            found = glob.glob(os.path.join(self.built, "fragd_*.deb"))
            if len(found) != 1:
                raise Failed([f"one package was expected in {self.built}, found {found}"])
            return shutil.copy(found[0], directory)
