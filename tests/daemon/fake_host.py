# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine as a directory, as far as programs, packages and configuration files go: Host(files, processes, links)."""

import os
import shutil
import tempfile

THP = "sys/kernel/mm/transparent_hugepage/"
FILES = {
    "proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
    "proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet\n",
    "proc/sys/vm/min_free_kbytes": "1048576\n",
    "proc/sys/vm/nr_hugepages": "0\n",
    "proc/sys/vm/zone_reclaim_mode": "0\n",
    "proc/sys/vm/compaction_proactiveness": "20\n",
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
    "sys/class/net/lo/mtu": "65536\n",
    "sys/class/net/eth0/mtu": "1500\n",
    "fragd-page-size": "4096\n",
    THP + "enabled": "always [madvise] never\n",
    THP + "defrag": "always defer defer+madvise [madvise] never\n",
    THP + "shmem_enabled": "always within_size advise [never] deny force\n",
    THP + "hpage_pmd_size": "2097152\n",
    THP + "khugepaged/max_ptes_none": "511\n",
}


def choice(name, which):
    """The text of a choice of the kernel, with that one chosen."""
    words = FILES[THP + name].replace("[", "").replace("]", "").split()
    return " ".join(f"[{w}]" if w == which else w for w in words) + "\n"


def meminfo(**kib):
    """/proc/meminfo; HugePages_* are numbers of pages."""
    values = {"MemTotal": 64 << 20, "MemFree": 8 << 20, "SUnreclaim": 1 << 20, "HugePages_Total": 0, "Hugetlb": 0}
    values.update(kib)
    return "".join(f"{k + ':':<16}{v:>8}{'' if k.startswith('HugePages') else ' kB'}\n" for k, v in values.items())


class Process:
    def __init__(self, comm, command, exe=None):
        self.comm, self.command, self.exe = comm, command, exe


class Host:
    """files: path -> text, None: not there, over FILES. processes: Process. links: path -> where it leads."""

    def __init__(self, files=None, processes=(), links=None, base=True):
        self.files = {**(FILES if base else {}), **({"proc/meminfo": meminfo()} if base else {}), **(files or {})}
        self.processes, self.links = processes, links or {}

    def write(self, path, text):
        full = os.path.join(self.path, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return full

    def link(self, path, target):
        full = os.path.join(self.path, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        os.symlink(target, full)

    def start(self, pid, process):
        self.write(f"proc/{pid}/comm", process.comm + "\n")
        self.write(f"proc/{pid}/cmdline", b"\0".join(w.encode() for w in process.command) + b"\0")
        if process.exe:
            self.link(f"proc/{pid}/exe", process.exe)

    def end(self, pid):
        shutil.rmtree(os.path.join(self.path, f"proc/{pid}"))

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="fragd-host-")
        os.chmod(self.path, 0o755)
        for path, text in self.files.items():
            if text is not None:
                self.write(path, text)
        for i, process in enumerate(self.processes):
            self.start(800 + i, process)
        for path, target in self.links.items():
            self.link(path, target)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)
