#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures of `fragctl top` for docs/: the real fragd on a machine whose memory is worn and compacted for MINUTES, on a real screen.

    tests/daemon/top_picture.py BUILD MINUTES DIRECTORY

writes top-80x24.png and top-160x50.png there; needs tmux and chromium. 10 minutes fill the course of each objective."""

import html
import os
import re
import subprocess
import sys
import tempfile
import time

from fragd_harness import Machine, children, policy_text, wait_until
from top_screen import Top

OBJECTIVES = ('( { size = "thp"; reserve = "200M"; refill = "260M"; for = "user"; }, '
              '{ size = "64K"; reserve = "32M"; refill = "48M"; for = "kernel"; } )')
FIRST = ["#1c1f26", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#dcdfe4"]
PAGE = """<!doctype html><meta charset=utf-8><style>body {{ margin: 0; background: #1c1f26 }}
pre {{ margin: 0; padding: 10px; font: 15px/19px "DejaVu Sans Mono", monospace; color: #dcdfe4; width: max-content }}</style><pre>{}</pre>"""


def color(n):
    if n < 16:
        return FIRST[n % 8]
    if n >= 232:
        return f"rgb({8 + 10 * (n - 232)}, {8 + 10 * (n - 232)}, {8 + 10 * (n - 232)})"
    steps = (0, 95, 135, 175, 215, 255)
    return "rgb({}, {}, {})".format(*(steps[(n - 16) // by % 6] for by in (36, 6, 1)))


def obey(state, codes):
    """A sequence of SGR: fg, bg, bold, dim, reverse."""
    codes = [int(c or 0) for c in codes.split(";")]
    while codes:
        c = codes.pop(0)
        if c == 0:
            state.clear()
        elif c in (38, 48):
            state["fg" if c == 38 else "bg"] = codes[1]
            del codes[:2]
        elif 30 <= c < 38 or 40 <= c < 48:
            state["fg" if c < 40 else "bg"] = c % 10
        elif c in (39, 49):
            state.pop("fg" if c == 39 else "bg", None)
        elif c == 22:
            state.pop("bold", None), state.pop("dim", None)
        elif c == 27:
            state.pop("reverse", None)
        elif c in (1, 2, 7):
            state[{1: "bold", 2: "dim", 7: "reverse"}[c]] = True


def span(state, text):
    fg, bg = (color(state[k]) if k in state else None for k in ("fg", "bg"))
    if state.get("reverse"):
        fg, bg = bg or FIRST[0], fg or "#abb2bf"
    style = [f"color: {fg}"] * bool(fg) + [f"background: {bg}"] * bool(bg) + \
        ["font-weight: bold"] * bool(state.get("bold")) + ["opacity: 0.6"] * bool(state.get("dim"))
    return f'<span style="{"; ".join(style)}">{html.escape(text)}</span>'


def to_html(screen):
    state, out = {}, []
    for codes, text in re.findall(r"(?:\x1b\[([\d;]*)m)|([^\x1b]+)", screen.replace("\x0f", "").replace("\x0e", "")):
        if text:
            out.append(span(state, text))
        else:
            obey(state, codes)
    return PAGE.format("".join(out))


def shoot(top, path, columns, rows):
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as f:
        f.write(to_html(top.escapes()))
        f.flush()
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", f"--screenshot={path}",
                        f"--window-size={columns * 9 + 26},{rows * 19 + 20}", f"file://{f.name}"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def blocks(large):
    """Much is free; in large blocks more or less of it."""
    return [9000, 7000, 4000, 2000, 1200, 500, 200, 80, 30, large // 2, large]


def live(machine, seconds):
    """Worn until fragd compacts, which brings some of it back."""
    end, large = time.monotonic() + seconds, 90
    while time.monotonic() < end:
        machine.memory(blocks(large))
        large = max(large - 1, 20)
        actor = machine.daemons[0].actor()
        if children(actor):
            for large in range(large, 85, 12):
                machine.memory(blocks(large))
                time.sleep(1)
            wait_until("the compaction has ended", lambda pid=actor: not children(pid))
        time.sleep(4)


def main(minutes, directory):
    machine = Machine()
    try:
        for resource in ("memory", "cpu"):
            machine.put(f"proc/pressure/{resource}", "some avg10=0.42 avg60=0.31 avg300=0.12 total=812345\n"
                        "full avg10=0.00 avg60=0.00 avg300=0.00 total=100\n")
        machine.config(policy_text("balanced", objectives=OBJECTIVES, cooldown='"20s"', settle='"2s"', horizon='"0s"',
                                   interval='{ min = "1s"; max = "1s"; }', budget='{ compaction_time = "2min"; runs = 120; per = "1h"; }'),
                       policy="balanced")
        machine.start().up()
        live(machine, minutes * 60)
        for size in ((80, 24), (160, 50)):
            with Top(machine.runtime, *size, TERM="tmux-256color") as top:
                top.shows("LAST 10 MINUTES", "LAST DECISIONS", "q quit")
                shoot(top, os.path.join(directory, "top-{}x{}.png".format(*size)), *size)
                top.keys("q")
                top.ended()
    finally:
        machine.done()


main(float(sys.argv[2]), sys.argv[3])
