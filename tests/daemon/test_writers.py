#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who else sets what fragd sets: found in files and among processes, shown, and left alone. Prints TAP. Wants root."""

import os
import re
import signal

from fragd_harness import contains, equal, run, wait_until
from test_fragctl_fragd import fragctl, matches

FILES = {
    "etc/sysctl.d/10-a.conf": "# first\nvm.min_free_kbytes = 65536\n",
    "usr/lib/sysctl.d/10-a.conf": "vm.min_free_kbytes = 1\n",
    "usr/lib/sysctl.d/50-b.conf": "vm.compaction_proactiveness=0\nvm.swappiness=10\n",
    "etc/sysctl.conf": "\nvm.min_free_kbytes=131072\n",
    "etc/tmpfiles.d/thp.conf": "w /sys/kernel/mm/transparent_hugepage/enabled - - - - never\n",
    "etc/tuned/active_profile": "mine\n",
    "etc/tuned/mine/tuned.conf": "[main]\ninclude=base\n[sysctl]\nvm.watermark_boost_factor=0\n",
    "usr/lib/tuned/base/tuned.conf": "[vm]\ntransparent_hugepages=always\n[sysctl]\nvm.watermark_boost_factor=5\n",
    "etc/cron.d/memory": "0 */6 * * * root /usr/local/bin/defrag.sh\n5 5 * * * root echo 3 > /proc/sys/vm/drop_caches\n",
    "usr/local/bin/defrag.sh": "#!/bin/sh\nsync\necho 1 > /proc/sys/vm/compact_memory\n",
    "etc/systemd/system/thp.service": "[Service]\nExecStart=/bin/sh -c 'echo never > /sys/kernel/mm/transparent_hugepage/defrag'\n",
    "usr/lib/systemd/system/quiet.service": "[Service]\nExecStart=/usr/bin/true\n",
    "bin/sh": "\x7fELF",
    "var/spool/cron/crontabs/root": "* * * * * echo 1 > /proc/sys/vm/compact_memory\n",
}
WANTED = [
    ("vm.min_free_kbytes", "65536", "sysctl.d", "/etc/sysctl.d/10-a.conf", 2, True),
    ("vm.compaction_proactiveness", "0", "sysctl.d", "/usr/lib/sysctl.d/50-b.conf", 1, False),
    ("vm.min_free_kbytes", "131072", "sysctl.conf", "/etc/sysctl.conf", 2, False),
    ("transparent_hugepage/enabled", "never", "tmpfiles.d", "/etc/tmpfiles.d/thp.conf", 1, False),
    ("transparent_hugepage/enabled", "always", "TuneD, profile mine", "/usr/lib/tuned/base/tuned.conf", 2, False),
    ("vm.watermark_boost_factor", "5", "TuneD, profile mine", "/usr/lib/tuned/base/tuned.conf", 4, True),
    ("vm.watermark_boost_factor", "0", "TuneD, profile mine", "/etc/tuned/mine/tuned.conf", 4, False),
    ("vm.drop_caches", "3", "cron", "/etc/cron.d/memory", 2, False),
    ("vm.compact_memory", "1", "cron", "/usr/local/bin/defrag.sh", 3, False),
    ("transparent_hugepage/defrag", "never", "unit thp.service", "/etc/systemd/system/thp.service", 2, False),
]
PROGRAM = "proc/4242/comm"


def write(m, path, text):
    full = os.path.join(m.root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as f:
        f.write(text)


def plant(m):
    for path, text in FILES.items():
        write(m, path, text)
    os.chmod(os.path.join(m.root, "var/spool/cron/crontabs"), 0o700)


def found(d):
    reply = d.call("io.fragd.Monitor.ListKnobs")
    return [tuple(w.get(k) for k in ("target", "value", "who", "file", "line", "overridden")) for w in reply["writers"]], reply["unread"]


def test_found(m):
    """files: each entry with its place, what counts, and what cannot be read"""
    plant(m)
    d = m.start().up()
    writers, unread = found(d)
    equal(writers, WANTED)
    equal(unread, ["/var/spool/cron/crontabs"])
    out = fragctl(m, "knobs")
    matches(out, r"\nALSO SET +TO +BY +WHERE\n")
    matches(out, r"\nvm\.min_free_kbytes +65536 +sysctl\.d \(overridden\) +/etc/sysctl\.d/10-a\.conf:2\n")
    matches(out, r"\nvm\.compact_memory +1 +cron +/usr/local/bin/defrag\.sh:3\n")
    contains(out, "Not looked into, since only root may: /var/spool/cron/crontabs\n")
    status = fragctl(m, "status")
    contains(status, "Others   cron writes vm.compact_memory = 1 (/usr/local/bin/defrag.sh:3)")
    contains(status, "unit thp.service writes transparent_hugepage/defrag = never (/etc/systemd/system/thp.service:2)")
    assert "sysctl.d" not in status, status


def test_reload(m):
    """fragd looks again on reload, by SIGHUP too"""
    d = m.start().up()
    equal(found(d), ([], []))
    assert "ALSO SET" not in fragctl(m, "knobs")
    write(m, "etc/sysctl.conf", "vm.extfrag_threshold=1000\n")
    link = os.path.join(m.root, "etc/sysctl.d/99-sysctl.conf")
    os.makedirs(os.path.dirname(link), exist_ok=True)
    os.symlink("../sysctl.conf", link)
    fragctl(m, "reload")
    by_conf = ("vm.extfrag_threshold", "1000", "sysctl.conf", "/etc/sysctl.conf", 1)
    equal(found(d)[0], [(*by_conf, False)])
    # a file of that name that is no link is one of its own
    os.unlink(link)
    write(m, "etc/sysctl.d/99-sysctl.conf", "vm.drop_caches=1\nvm.extfrag_threshold=1\n")
    fragctl(m, "reload")
    equal(found(d)[0], [("vm.drop_caches", "1", "sysctl.d", "/etc/sysctl.d/99-sysctl.conf", 1, False),
                        ("vm.extfrag_threshold", "1", "sysctl.d", "/etc/sysctl.d/99-sysctl.conf", 2, True), (*by_conf, False)])
    os.unlink(link)
    os.unlink(os.path.join(m.root, "etc/sysctl.conf"))
    d.send_signal(signal.SIGHUP)
    wait_until("nothing is found any more", lambda: found(d) == ([], []))


def test_rival(m):
    """adaptivemmd runs: fragd says so, starts nothing by itself, does what is asked, and goes on when it has gone"""
    write(m, PROGRAM, "adaptivemmd\n")
    d = m.start().up()
    d.said("adaptivemm runs (process 4242), which compacts nodes and sets vm.watermark_scale_factor: fragd leaves that to it, "
           "and compacts only when asked")
    wait_until("the guard holds", lambda: any(g["guard"] == "rival" and g["held"] for g in d.node()["guards"]))
    held = d.decided("held")
    equal((held["guard"], held["guard_value"]), ("rival", 1))
    equal([x["rival"] for x in d.call("io.fragd.Monitor.ListKnobs")["knobs"] if "rival" in x], ["adaptivemm"])
    matches(fragctl(m, "knobs"), r"\nvm\.watermark_scale_factor +\S+ +\S+ +adaptivemm ")
    matches(fragctl(m, "knobs"), r"\n- +- +adaptivemm +process 4242, which compacts nodes")
    matches(fragctl(m, "status"), r"Others +adaptivemm runs, which compacts nodes and sets vm\.watermark_scale_factor; fragd leaves that to it")
    matches(fragctl(m, "status"), r"holds back: another compacts by itself: adaptivemm")
    out = fragctl(m, "explain")
    contains(re.sub(r"\s+", " ", out), "adaptivemm runs, which compacts by itself")
    contains(re.sub(r"\s+", " ", out), "Next step: Two that compact disturb each other: stop one of them")
    assert "missed" not in d.reasons(), d.reasons()
    os.unlink(os.path.join(m.root, PROGRAM))
    fragctl(m, "reload")
    d.said("adaptivemm does not run any more: fragd goes on")
    d.compacting()


def test_harmless(m):
    """bpftune runs: it is named, and nothing is left to it"""
    write(m, PROGRAM, "bpftune\n")
    d = m.start().up()
    d.said("bpftune runs (process 4242), which sets nothing that fragd sets")
    d.compacting()
    contains(fragctl(m, "status"), "Others   bpftune runs, which sets nothing that fragd sets\n")


def test_hostile(m):
    """files that are no text, too long, endless or links out of the machine do no harm"""
    write(m, "etc/cron.d/long", "#" * 200000 + "\necho 1 > /proc/sys/vm/drop_caches\n")
    write(m, "etc/cron.d/ctrl", "* * * * * root echo \x1b[31m > /proc/sys/vm/drop_caches\n")
    with open(os.path.join(m.root, "etc/cron.d/latin"), "wb") as f:
        f.write(b"* * * * * root echo \xff > /proc/sys/vm/drop_caches\n")
    with open(os.path.join(m.root, "etc/cron.d/zero"), "wb") as f:
        f.write(b"\0echo 1 > /proc/sys/vm/drop_caches\n")
    os.mkfifo(os.path.join(m.root, "etc/cron.d/fifo"))
    os.symlink("/etc/passwd", os.path.join(m.root, "etc/cron.d/link"))
    write(m, "etc/tuned/active_profile", "loop ../../etc\n")
    write(m, "etc/tuned/loop/tuned.conf", "[main]\ninclude=loop\n[sysctl]\nvm.drop_caches=1\n")
    d = m.start().up()
    writers, _ = found(d)
    assert all(w[3].startswith(("/etc/cron.d/ctrl", "/etc/cron.d/latin", "/etc/tuned/loop")) for w in writers), writers
    assert 3 <= len(writers) < 20, writers
    out = fragctl(m, "knobs")
    assert "\x1b" not in out, out
    equal(d.end(), 0)


if __name__ == "__main__":
    run(globals())
