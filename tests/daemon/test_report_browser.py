#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl report of a real fragd on a fake machine, and reports in a real browser: test_report_browser.py BUILD_DIR, as root.
Prints TAP."""

import os
import subprocess

from browser import browse, chromium, dom, picture, png_facts
from fake_server import SEC, FakeServer
from fragd_harness import BUILD, DEADLINE, HEALED, contains, equal, policy_text, run, wait_until
from html_check import faults, sections
from report_story import tell

FRAGCTL = os.path.join(BUILD, "cli", "fragctl")
SECTIONS = ["summary", "now", "advice", "levels", "orders", "work", "decisions", "knobs", "machine"]


def report(directory, path, *more):
    env = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8")
    done = subprocess.run([FRAGCTL, "--runtime-dir", directory, "report", "-o", path, *more], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=DEADLINE, env=env, check=False)
    equal((done.returncode, done.stderr), (0, ""))
    with open(path, encoding="utf-8") as f:
        return f.read()


def told(m, **how):
    """A report of the story; its path."""
    directory = os.path.join(m.top, "served")
    os.mkdir(directory)
    server = FakeServer(directory)
    try:
        tell(server, **how)
        report(directory, os.path.join(m.top, "report.html"))
    finally:
        server.close()
    return os.path.join(m.top, "report.html")


def put(m, text):
    path = os.path.join(m.top, "page.html")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


# --- a real fragd ---

def test_fragd(m):
    """a real fragd, seconds after its start: what it told is in the page"""
    d = m.start().up()
    d.decided("missed")
    m.memory(HEALED)
    d.decided("gained")
    text = report(m.runtime, os.path.join(m.top, "a.html"))
    equal(faults(text), [])
    equal(sections(text), SECTIONS)
    contains(text, "fragd acted ", " with gain", "vm.compaction_proactiveness", 'class="mark gained"', 'class="line"',
             "blocks of 2 MiB for user memory")
    knob = [k for k in d.status()["knobs"] if k["knob"] == "vm.min_free_kbytes"][0]
    contains(text, f'<td class="code">{knob["knob"]}</td><td class="n">{knob["value"]}</td>')
    equal(d.end(), 0)


def test_fragd_observes(m):
    """one that only watches says what it would have done"""
    m.config(policy_text(act=False))
    d = m.start().up()
    d.decided("missed")
    text = report(m.runtime, os.path.join(m.top, "a.html"))
    contains(text, "fragd only watches", 'class="mark would"')
    equal(d.end(), 0)


def test_fragd_restarted(m):
    """what was recorded before a restart is in it"""
    d = m.start().up()
    d.decided("missed")
    wait_until("some samples", lambda: d.status()["samples"] >= 5)
    equal(d.end(), 0)
    m.memory(HEALED)
    d = m.start().up()
    wait_until("some samples", lambda: d.status()["samples"] >= 5)
    text = report(m.runtime, os.path.join(m.top, "a.html"))
    equal('class="missed"' in text, True)
    equal(d.end(), 0)


# --- a real browser ---

def test_browser_is_there(m):
    """the browser: Debian's package chromium"""
    assert chromium(), "no chromium in PATH; tools/packages.sh has the list"


def test_browser_sees(m):
    """what a browser fetches or complains of is seen"""
    seen = dom(put(m, "<!DOCTYPE html><title>a</title><img src='http://elsewhere.invalid/x.png'><script>console.error('no')</script>"))
    equal(seen.asked, ["http://elsewhere.invalid/x.png"])
    equal(len([line for line in seen.console if "no" in line]) >= 1, True)
    contains(seen.stdout, "<title>a</title>")


def test_report_in_browser(m):
    """a report: every section, nothing fetched, nothing on the console"""
    path = told(m)
    seen = dom(path)
    equal((seen.asked, seen.console), ([], []))
    equal([s for s in sections(seen.stdout) if s in SECTIONS], SECTIONS)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for tag in ("<svg", "<tr>", "<li>", "<section", "<path"):
        equal(seen.stdout.count(tag), text.count(tag))


def test_policy_of_page(m):
    """what slipped in would not be fetched: the page's own policy forbids it"""
    path = told(m)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    seen = dom(put(m, text.replace("<main>", "<main><img src='http://elsewhere.invalid/x.png' alt=''>", 1)))
    equal(seen.asked, [])
    equal(len(seen.console) >= 1, True)


def test_pictures(m):
    """light and dark are that, and show something"""
    path = told(m, nodes=8, span=300 * SEC)
    for dark in (False, True):
        png = os.path.join(m.top, f"{dark}.png")
        picture(path, png, dark=dark)
        width, height, pixel, size = png_facts(png)
        equal((width, height), (1200, 1600))
        equal(all(c < 64 for c in pixel) if dark else all(c > 192 for c in pixel), True)
        equal(size > 50000, True)


def test_print(m):
    """it prints, on several sheets, light even in the dark"""
    pdf = os.path.join(m.top, "report.pdf")
    browse(told(m), f"--print-to-pdf={pdf}", "--no-pdf-header-footer", dark=True)
    with open(pdf, "rb") as f:
        data = f.read()
    equal(data[:5], b"%PDF-")
    equal(2 <= data.count(b"/Type /Page\n") + data.count(b"/Type/Page/") <= 12, True)


run(globals())
