"""Boots a Linux kernel on a busybox initramfs under TCG and collects what the scenarios in it report.

With -icount one instruction takes 2^SHIFT ns of guest time and sleeping costs no host time: guest time does not depend on how
busy the host is, and a minute of watching an idle machine takes seconds."""
import collections
import json
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
APPEND = ("console=ttyS0 quiet panic=-1 nokaslr norandmaps mitigations=off random.trust_cpu=on no_timer_check "
          "nowatchdog rcupdate.rcu_cpu_stall_suppress=1 audit=0")
# Generous: a guest takes some 20 s of a free core.
TIMEOUT = 900
# 8 ns an instruction: a CPU of some 125 MIPS, on which compacting a few hundred MiB takes seconds.
SHIFT = 3


class GuestError(Exception):
    """The machinery failed: nothing is said about fragd."""


class Initramfs:
    """A cpio archive (newc) in memory; everything belongs to root, whoever builds it."""

    def __init__(self):
        self.data = bytearray()
        self.names = set()

    def _entry(self, name, mode, content=b"", rdev=(0, 0)):
        raw = name.encode() + b"\0"
        fields = [len(self.names) + 1, mode, 0, 0, 1, 0, len(content), 0, 0, *rdev, len(raw), 0]
        self.data += b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        self._pad()
        self.data += content
        self._pad()

    def _pad(self):
        self.data += b"\0" * (-len(self.data) % 4)

    def directory(self, path):
        path = path.strip("/")
        if path and path not in self.names:
            self.directory(os.path.dirname(path))
            self.names.add(path)
            self._entry(path, 0o040755)

    def file(self, path, content, mode=0o644):
        path = path.strip("/")
        if path in self.names:
            return
        self.directory(os.path.dirname(path))
        self.names.add(path)
        self._entry(path, 0o100000 | mode, content)

    def link(self, path, target):
        self.names.add(path)
        self._entry(path, 0o120777, target.encode())

    def device(self, path, mode, rdev):
        self.names.add(path)
        self._entry(path, 0o020000 | mode, rdev=rdev)

    def program(self, host, path):
        """A program with the libraries it is linked with, at the paths the loader expects."""
        with open(host, "rb") as f:
            self.file(path, f.read(), 0o755)
        ldd = subprocess.run(["ldd", host], capture_output=True, text=True)
        for lib in sorted(set(re.findall(r"(/[^ ]+) \(0x", ldd.stdout))):
            with open(lib, "rb") as f:
                self.file(lib, f.read(), 0o755)

    def finish(self):
        self._entry("TRAILER!!!", 0)
        self.data += b"\0" * (-len(self.data) % 512)
        return bytes(self.data)


def add_busybox(fs):
    busybox = shutil.which("busybox")
    if not busybox:
        raise GuestError("busybox is missing (package busybox-static)")
    if subprocess.run(["ldd", busybox], capture_output=True).returncode == 0:
        raise GuestError(f"{busybox} is not static (package busybox-static)")
    with open(busybox, "rb") as f:
        fs.file("bin/busybox", f.read(), 0o755)
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            fs.link("bin/" + applet, "busybox")


def build(programs, scenario, files=None):
    """The initramfs for a scenario. programs: host path -> guest path; files: guest path -> text."""
    fs = Initramfs()
    for d in ("proc", "sys", "dev", "run", "tmp", "etc", "bin", "scenarios"):
        fs.directory(d)
    fs.device("dev/console", 0o600, (5, 1))
    add_busybox(fs)
    for host, path in programs.items():
        if not os.path.exists(host):
            raise GuestError(f"{host} is not built")
        fs.program(host, path)
    for host, path in (("guest/init", "init"), ("guest/lib.sh", "scenarios/lib.sh"),
                       (f"scenarios/{scenario}.sh", f"scenarios/{scenario}.sh")):
        with open(os.path.join(HERE, host), "rb") as f:
            fs.file(path, f.read(), 0o755)
    for path, text in (files or {}).items():
        fs.file(path, text.encode())
    fs.file("etc/scenario", scenario.encode() + b"\n")
    return fs.finish()


class Report:
    """What a scenario said: for each NAME the list of what its `json` and `text` lines held."""

    def __init__(self):
        self.values = collections.defaultdict(list)
        self.failures = []
        self.release = None  # of the kernel; None: init never ran
        self.status = None   # of the script; None: the guest died in it

    def __getitem__(self, name):
        if name not in self.values:
            raise AssertionError(f"the guest did not report {name}")
        return self.values[name][-1]

    def all(self, name):
        return self.values.get(name, [])


def parse(text):
    """The lines "@WHAT ..." of the second serial port."""
    report = Report()
    for line in text.split("\n"):
        what, _, rest = line.rstrip("\r").partition(" ")
        name, _, body = rest.partition(" ")
        if what == "@start":
            report.release = name
        elif what == "@end":
            report.status = int(name)
        elif what == "@fail":
            report.failures.append(rest)
        elif what == "@text":
            report.values[name].append(body)
        elif what == "@json":
            try:
                report.values[name].append(json.loads(body))
            except ValueError:
                report.failures.append(f"{name} is not JSON: {body[:200]!r}")
    return report


def qemu_command(kernel, initrd, console, report, memory, append, qemu):
    return ["qemu-system-x86_64", "-accel", "tcg", "-icount", f"shift={SHIFT},sleep=off", "-seed", "1",
            # 5-level paging under -icount is a double fault in kernels from 6.12 on.
            "-cpu", "max,-la57", "-rtc", "base=2026-01-01,clock=vm", "-m", memory, "-smp", "1", *qemu,
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-net", "none",
            "-serial", "file:" + console, "-serial", "file:" + report,
            "-kernel", kernel, "-initrd", initrd, "-append", f"{APPEND} {append}"]


def boot(kernel, initramfs, directory, memory="512M", append="", qemu=()):
    """Runs the guest to its end and returns its Report. The console and the report's text stay in directory."""
    os.makedirs(directory, exist_ok=True)
    initrd, console, text = (os.path.join(directory, n) for n in ("initramfs", "console", "report"))
    with open(initrd, "wb") as f:
        f.write(initramfs)
    command = qemu_command(kernel, initrd, console, text, memory, append, qemu)
    # A guest that dies before its init says nothing about fragd: once more.
    for _ in range(2):
        for name in (console, text):
            open(name, "w").close()
        try:
            out = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)
        except FileNotFoundError:
            raise GuestError("qemu-system-x86_64 is missing (package qemu-system-x86)")
        except subprocess.TimeoutExpired:
            raise GuestError(f"the guest did not end in {TIMEOUT} s; see {directory}")
        with open(text, errors="replace") as f:
            report = parse(f.read())
        if report.release:
            break
    os.unlink(initrd)
    if not report.release:
        raise GuestError(f"the guest died before its init started: {out.stderr.strip()[-300:]}; see {console}")
    return report
