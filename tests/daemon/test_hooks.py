#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""contrib/hooks with stand-ins for the programs that they ask, and for fragctl: test_hooks.py BUILD_DIR. Prints TAP."""

import os
import subprocess
import tempfile

from actor_harness import equal, run

HOOKS = os.path.join(os.path.dirname(__file__), "../../contrib/hooks")
with open("/proc/meminfo") as meminfo:
    KIB = int(([line.split()[1] for line in meminfo if line.startswith("Hugepagesize:")] or ["2048"])[0])


class Stage:
    """A folder of stand-ins."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fragd-hooks-")
        self.program("fragctl", f'echo "$*" >>{self.folder.name}/asked\nexit ${{STATUS:-0}}')

    def program(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w") as f:
            f.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)

    def file(self, name, text):
        with open(os.path.join(self.folder.name, name), "w") as f:
            f.write(text)
        return f.name

    def run(self, hook, *arguments, stdin="", **env):
        path = f"{self.folder.name}:{os.environ['PATH']}"
        p = subprocess.run([os.path.join(HOOKS, hook), *arguments], input=stdin, stdout=subprocess.PIPE, text=True,
                           env={**os.environ, "PATH": path, "FRAGD_HOOKS": HOOKS, **env})
        asked = os.path.join(self.folder.name, "asked")
        if not os.path.exists(asked):
            return p.returncode, ""
        with open(asked) as f:
            text = f.read().strip()
        os.unlink(asked)
        return p.returncode, text

    def stderr(self):
        return ""

    def done(self):
        self.folder.cleanup()


def asks(count, *more, kib=KIB, timeout="2min"):
    return " ".join(["prepare", "--size", f"{kib}K", "--count", str(count), "--hugetlb", *more, "--timeout", timeout])


def test_postgresql(m):
    """PostgreSQL: what it says; a failure counts where it must have them"""
    def says(huge_pages, count, size):
        m.program("setpriv", 'while [ "${1##*/}" != postgres ]; do shift; done; exec "$@"')
        m.program("postgres", f'case $4 in huge_pages) echo {huge_pages} ;; huge_page_size) echo {size} ;; *) echo {count} ;; esac')

    m.file("postgresql.conf", "")
    says("try", 77, "0")
    equal(m.run("fragd-prepare-postgresql", m.folder.name), (0, asks(77)))
    equal(m.run("fragd-prepare-postgresql", m.folder.name, STATUS="3"), (0, asks(77)))
    says("on", 3, "1GB")
    equal(m.run("fragd-prepare-postgresql", m.folder.name, STATUS="4"), (4, asks(3, kib=1048576)))
    says("off", 77, "0")
    equal(m.run("fragd-prepare-postgresql", m.folder.name), (0, ""))
    equal(m.run("fragd-prepare-postgresql", "/nonexistent"), (2, ""))
    equal(m.run("fragd-prepare-postgresql"), (2, ""))


# What mariadbd 10.11 says of itself, of 3154 lines.
SERVER = """
The following specify which files/extra groups are read (specified before remaining options):
  --large-pages       Enable support for large pages
Variables (--variable-name=value)
aria-pagecache-buffer-size                                   134217728
innodb-buffer-pool-size                                      {pool}
innodb-log-buffer-size                                       16777216
key-buffer-size                                              134217728
large-pages                                                  {large}
large-page-size                                              0
"""


def test_mysql(m):
    """MySQL: what the server says of its caches, with large pages only; never keeps it from starting"""
    def says(pool, large="TRUE", name="mariadbd"):
        m.file("said", SERVER.format(pool=pool, large=large))
        m.program(name, f'echo "$*" >{m.folder.name}/options; cat {m.folder.name}/said; exit 0')

    def pages(pool):
        return sum(-(-size // (KIB * 1024)) for size in (pool + pool // 16, 2**24, 2**27, 2**27))

    says(805306368)
    equal(m.run("fragd-prepare-mysql", STATUS="3"), (0, asks(pages(805306368))))
    equal(m.run("fragd-prepare-mysql", "--defaults-file=/x"), (0, asks(pages(805306368))))
    with open(os.path.join(m.folder.name, "options")) as f:
        equal(f.read(), "--defaults-file=/x --verbose --help\n")
    says(2**30, "FALSE")
    equal(m.run("fragd-prepare-mysql"), (0, ""))
    m.program("mariadbd", "exit 1")
    equal(m.run("fragd-prepare-mysql"), (0, ""))
    # one that can resize its pool
    m.program("mariadbd", f'cat {m.folder.name}/said; echo "innodb-buffer-pool-size-max   8796093022208"')
    says_newer = sum(-(-size // (KIB * 1024)) for size in (2**30 + 2**26 + 24 * 2**20, 2**24, 2**27, 2**27))
    m.file("said", SERVER.format(pool=2**30, large="TRUE"))
    equal(m.run("fragd-prepare-mysql"), (0, asks(says_newer)))
    says(2**30, name="other")
    equal(m.run("fragd-prepare-mysql", MYSQLD=os.path.join(m.folder.name, "other")), (0, asks(pages(2**30))))


def test_oracle(m):
    """Oracle: the SGAs of all instances but those with memory_target"""
    one = m.file("one.ora", "# sga_target=9G\n*.sga_target=512M\n*.sga_max_size = 1073741824\n*.memory_target=0\n")
    two = m.file("two.ora", "ORCL.sga_target='256m' # a quarter\n")
    amm = m.file("amm.ora", "*.memory_target=2G\n*.sga_target=1G\n")
    pages = sum(-(-size // (KIB * 1024)) + 2 for size in (2**30, 2**28))
    equal(m.run("fragd-prepare-oracle", one, amm, two), (0, asks(pages, timeout="5min")))
    equal(m.run("fragd-prepare-oracle", amm), (0, ""))
    equal(m.run("fragd-prepare-oracle"), (2, ""))
    assert m.run("fragd-prepare-oracle", "/nonexistent")[0] != 0


def test_libvirt(m):
    """libvirt: the guest's memory, at its start only"""
    # as libvirt 9.0 writes it, whatever the units of what it was given
    xml = """<domain type='test'>
  <name>vm</name>
  <memory unit='KiB'>4194304</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <memoryBacking>
    <hugepages>{}</hugepages>
  </memoryBacking>
  <cpu>
    <numa>
      <cell id='0' cpus='0-1' memory='4194304' unit='KiB'/>
    </numa>
  </cpu>
</domain>
"""
    equal(m.run("libvirt-qemu", "vm", "prepare", "begin", "-", stdin=xml.format("")), (0, asks(4194304 // KIB)))
    equal(m.run("libvirt-qemu", "vm", "prepare", "begin", "-",
                stdin=xml.format("\n      <page size='1048576' unit='KiB' nodeset='0'/>\n    "), STATUS="3"), (3, asks(4, kib=1048576)))
    equal(m.run("libvirt-qemu", "vm", "stopped", "end", "-", stdin=xml.format("")), (0, ""))
    equal(m.run("libvirt-qemu", "vm", "prepare", "begin", "-", stdin="<domain><memory unit='KiB'>5</memory></domain>"), (0, ""))
    dump = xml.format("").replace("<memory unit", "<memory dumpCore='off' unit")
    equal(m.run("libvirt-qemu", "vm", "prepare", "begin", "-", stdin=dump), (0, asks(4194304 // KIB)))
    equal(m.run("libvirt-qemu", "vm", "prepare", "begin", "-", stdin="<domain><hugepages/></domain>"), (1, ""))


def test_spdk(m):
    """SPDK: the variables of its own script"""
    equal(m.run("fragd-prepare-spdk"), (0, asks(2048 * 1024 // KIB, "--interleave")))
    equal(m.run("fragd-prepare-spdk", NRHUGE="5", HUGENODE="1"), (0, asks(5, "--node", "1")))
    for wrong in ({"NRHUGE": "many"}, {"HUGEMEM": "2G"}, {"HUGENODE": "nodes_hp[0]=2"}):
        equal(m.run("fragd-prepare-spdk", **wrong), (2, ""))


run(globals(), Stage)
