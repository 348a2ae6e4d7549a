#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules that the text of the sources has to keep: who includes whom, how long things are, what no file says. Prints TAP."""

import ast
import os
import re

import lint

# Dependencies go down only. Folder: the folders and foreign libraries that it may include; itself included.
MAY_INCLUDE = {
    "lib/base": "base",
    "lib/root": "base root",
    "lib/wire": "base wire",
    "lib/proto": "base proto jansson",
    "lib/parse": "base parse",
    "lib/decode": "base decode",
    "lib/model": "base parse model",
    "lib/engine": "base parse model engine",
    "lib/trace": "base parse model engine trace jansson",
    "lib/metrics": "base parse model engine metrics",
    "lib/record": "base parse model engine record",
    "lib/advice": "base advice",
    "lib/writers": "base writers",
    "lib/stalls": "base parse stalls",
    "lib/causes": "base parse model engine writers causes",
    "actor": "base root wire actor",
    "taskstats": "base wire actor taskstats libnl",
    "cli": "base root decode parse model engine trace proto advice cli report-css.h jansson libconfig libsystemd ncursesw smartcols",
    "daemon": "base root wire proto decode parse model engine trace metrics record stalls causes writers daemon conf api-texts.h jansson libconfig "
              "libmicrohttpd libnl libsystemd zlib",
}
FOREIGN = {"jansson.h": "jansson", "libconfig.h": "libconfig", "libsmartcols/": "smartcols", "curses.h": "ncursesw", "term.h": "ncursesw", "netlink/": "libnl",
           "systemd/": "libsystemd", "microhttpd.h": "libmicrohttpd", "zlib.h": "zlib", "check.h": "check", "pthread.h": "threads"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')

FILE_LINES, FUNCTION_LINES = 600, 60

# Written so that these lines do not find themselves.
UNWANTED = [
    (re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b"), "do it, or write down why not"),
    (re.compile(r"(?<![\w.$}{*~-])/(wor[k]|roo[t]|hom[e]|share[d])/\w"), "a path of one machine"),
    (re.compile(r"\bissue #?\d"), "the number means nothing to a reader"),
]


def includes(path, text):
    """What a C file includes and may not."""
    folder = "/".join(path.split("/")[:2 if path.startswith("lib/") else 1])
    if folder not in MAY_INCLUDE:
        return [f"{path}: tests/lint/sources.py does not say what {folder} may include"]
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        own, system = match.groups()
        what = own.split("/")[0] if own else next((lib for name, lib in FOREIGN.items() if system.startswith(name)), None)
        if what and what not in MAY_INCLUDE[folder].split():
            found.append(f"{path}:{number}: {folder} may not include {own or system}")
    return found


def c_functions(text):
    """(line, lines) of each function; its braces stand in the first column."""
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start + 1
            start = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def lengths(path, text, functions):
    lines = len(text.splitlines())
    found = [f"{path}: {lines} lines, at most {FILE_LINES}: split it"] if lines > FILE_LINES else []
    return found + [f"{path}:{at}: a function of {n} lines, at most {FUNCTION_LINES}: split it"
                    for at, n in functions(text) if n > FUNCTION_LINES]


def unwanted(path, text):
    return [f"{path}:{number}: {match.group(0)!r}: {why}" for number, line in enumerate(text.splitlines(), 1)
            for pattern, why in UNWANTED for match in [pattern.search(line)] if match]


def blind():
    """The rules that do not find what they are for."""
    long_c = "int f(void)\n{\n" + FUNCTION_LINES * "        g();\n" + "}\n"
    long_python = "def f():\n" + FUNCTION_LINES * "    g()\n"
    bad = {
        "a model that includes the engine": includes("lib/model/a.c", '#include "engine/engine.h"\n'),
        "a parser that includes JSON": includes("lib/parse/a.c", "  # include <jansson.h>\n"),
        "an actor that includes systemd": includes("actor/a.c", "#include <systemd/sd-event.h>\n"),
        "a folder nobody knows": includes("lib/new/a.c", ""),
        "a long function": lengths("a.c", long_c, c_functions),
        "a long function of Python": lengths("a.py", long_python, python_functions),
        "a long file": lengths("a.c", (FILE_LINES + 1) * "\n", c_functions),
        "a note to oneself": unwanted("a.c", "/* TO" + "DO: finish */\n"),
        "a path": unwanted("a.md", "see /wor" + "k/main/a.c\n"),
    }
    good = {
        "what is allowed": includes("lib/model/a.c", '#include "parse/psi.h"\n#include "model/a.h"\n#include <string.h>\n'),
        "a function as long as may be": lengths("a.c", long_c.replace("        g();\n", "", 2), c_functions),
        "a file as long as may be": lengths("a.c", FILE_LINES * "\n", c_functions),
        "a path in the tree, a placeholder": unwanted("a.md", "lib/root/root.c /tmp/XXXXXX\n"),
    }
    return [f"not found: {what}" for what, found in bad.items() if not found] + \
           [f"found in vain: {what}: {found}" for what, found in good.items() if found]


def cases():
    files = list(lint.tree())
    texts = {path: lint.text(path) for path in files}
    sources = [p for p in files if texts[p] is not None and not p.startswith(("tests/fixtures/", "tests/fuzz/corpus/", "LICENSE"))]
    own = [p for p in sources if not p.startswith(lint.KEPT_AS_IT_IS)]
    yield "the rules find what they are for", blind()
    yield "every folder of lib/ is known", [f"lib/{d}" for d in os.listdir(os.path.join(lint.SOURCE, "lib"))
                                            if f"lib/{d}" not in MAY_INCLUDE]
    for folder in MAY_INCLUDE:
        yield f"{folder} includes only what it may", [
            f for p in sources if p.startswith(folder + "/") and p.endswith((".c", ".h")) for f in includes(p, texts[p])]
    yield "C files and functions are short", [
        f for p in own if p.endswith((".c", ".h")) for f in lengths(p, texts[p], c_functions)]
    yield "Python files and functions are short", [f for p in own if lint.python(p) for f in lengths(p, texts[p], python_functions)]
    yield "scripts are short", [f for p in own if lint.shell(p) for f in lengths(p, texts[p], lambda text: [])]
    yield "no file says what a reader cannot use", [f for p in sources for f in unwanted(p, texts[p])]


lint.report(cases())
