#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""symbols.py BUILD CC...: what the archives of lib/ need from outside. The decision core (parse, model, engine) must not be able to
reach a clock, a file, a log, the environment or the way out, whatever its sources look like; so it may need nothing but functions
on memory and text. Prints TAP."""

import glob
import os
import re
import subprocess
import sys
import tempfile

import lint

BUILD, CC = sys.argv[1], sys.argv[2:]
# Functions of memory and text alone, what assert() and the stack protector call, and 128-bit division.
PURE = r"mem\w+|str(?!ftime|ptime)\w+|v?snprintf|v?asprintf|free|malloc|calloc|realloc|reallocarray|qsort|bsearch|" \
       r"__assert_fail|__stack_chk_fail|__u?(div|mod)ti3"
ERRNO = r"__errno_location"
JSON = r"json_\w+"
FILES = r"open|openat|close|read|pread|write|pwrite|fstat|fsync|renameat|unlinkat|syscall"
# Archive: the archives whose symbols it may need, and what else.
MAY_NEED = {
    "base": ("base", PURE),
    "root": ("base root", PURE + "|" + ERRNO + "|" + FILES),
    "wire": ("base wire", PURE),
    "proto": ("base proto", PURE + "|" + JSON),
    "parse": ("base parse", PURE),
    "decode": ("base decode", PURE),
    "model": ("base parse model", PURE),
    "engine": ("base parse model engine", PURE),
    "metrics": ("base parse model engine metrics", PURE),
    "trace": ("base parse model engine trace", PURE + "|" + JSON),
    "advice": ("base advice", PURE),
    "writers": ("base writers", PURE),
    "record": ("base parse model engine record", PURE),
    "stalls": ("base parse stalls", PURE),
    "causes": ("base parse model engine writers causes", PURE),
}
# What sanitizers and coverage put in is not ours.
INSTRUMENTS = re.compile(r"__(asan|ubsan|sanitizer|lsan|gcov|llvm|start|stop)_|_GLOBAL_OFFSET_TABLE_")


def nm(*args):
    out = subprocess.run(["nm", "-P", *args], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout
    return [(words[0].split("@")[0], words[1]) for words in map(str.split, out.splitlines()) if len(words) > 1]


def needed(path):
    return {name for name, kind in nm("--undefined-only", path)}


def defined(path, *options):
    return {name for name, kind in nm("--defined-only", "--extern-only", *options, path)}


def plain(name):
    """Without what large files and _FORTIFY_SOURCE make of a name."""
    name = re.sub(r"^__(?:isoc\d+_)?(\w+?)_chk$", r"\1", name)
    return re.sub(r"(?<=[a-z])64(_2)?$", "", name)


def archive(name):
    return os.path.join(BUILD, "lib", name, f"lib{name}.a")


def impure(path, known, pattern):
    return sorted(f"{os.path.basename(path)}: needs {name}" for name in needed(path) - known
                  if not INSTRUMENTS.match(name) and not re.fullmatch(pattern, plain(name)))


def blind(source, pattern):
    """Whether a library that does this is found out."""
    with tempfile.TemporaryDirectory() as directory:
        c, o, a = (os.path.join(directory, "test." + ending) for ending in "coa")
        with open(c, "w", encoding="utf-8") as f:
            f.write(source)
        subprocess.run([*CC, "-c", "-o", o, c], check=True)
        subprocess.run(["ar", "rc", a, o], check=True)
        return impure(a, set(), pattern)


def libraries():
    """What the programs are linked with."""
    found = set()
    for program in ("actor/fragd-actor", "cli/fragctl", "daemon/fragd", "taskstats/fragd-taskstats"):
        out = subprocess.run(["ldd", os.path.join(BUILD, program)], check=True, stdout=subprocess.PIPE, text=True).stdout
        found.update(re.findall(r"(/\S+) \(0x", out))
    return [path for path in found if not re.search(r"/(lib(asan|ubsan)\.|ld-)", path)]


def own():
    """Every name of ours that other files see, and where it stands."""
    archives = glob.glob(os.path.join(BUILD, "lib", "*", "*.a")) + glob.glob(os.path.join(BUILD, "daemon", "*.a"))
    return {name: os.path.basename(path) for path in archives for name in defined(path) if not INSTRUMENTS.match(name)}


def clashes(names):
    """Those that a library exports, too: which one is called would be for the linker to choose."""
    return [f"{names[name]}: {name} is in {library}, too"
            for library in libraries() for name in sorted(defined(library, "--dynamic") & set(names))]


def cases():
    for what, line in {
        "a clock": "#include <time.h>\nlong f(void) { struct timespec t; return clock_gettime(CLOCK_REALTIME, &t); }",
        "the time of day": "#include <time.h>\nlong f(void) { return time(0); }",
        "a file": "#include <fcntl.h>\nint f(void) { return open(\"/proc/vmstat\", O_RDONLY); }",
        "a stream": "#include <stdio.h>\nint f(void) { return puts(\"\"); }",
        "a log": "#include <syslog.h>\nvoid f(void) { syslog(1, \"x\"); }",
        "the journal": "int sd_journal_print(int, const char *, ...);\nint f(void) { return sd_journal_print(1, \"x\"); }",
        "the environment": "#include <stdlib.h>\nchar *f(void) { return getenv(\"HOME\"); }",
        "the way out": "#include <stdlib.h>\nvoid f(void) { exit(1); }",
    }.items():
        yield f"a library with {what} is found out", [] if blind(line, PURE) else ["it is not"]
    yield "one without is not", blind("#include <string.h>\nvoid *f(void *a, void *b, int n) { return memcpy(a, b, n); }", PURE)
    yield "every folder of lib/ is known", [f"lib/{d}" for d in os.listdir(os.path.join(lint.SOURCE, "lib")) if d not in MAY_NEED]
    for name, (others, pattern) in MAY_NEED.items():
        known = set().union(*(defined(archive(other)) for other in others.split()))
        yield f"lib/{name} needs only what it may", impure(archive(name), known, pattern)
    yield "a name of a library is found out", [] if clashes({"json_object": "a.c", "sd_notify": "b.c"}) else ["it is not"]
    yield "no name is also a library's", clashes(own())


lint.report(cases())
