# SPDX-License-Identifier: LGPL-2.1-or-later
"""A page in a headless Chromium: what its document is, what it says on the console, what it asks the network for, how it looks."""

import http.server
import os
import re
import shutil
import struct
import subprocess
import tempfile
import threading
import zlib

DEADLINE = 240
# A browser has business of its own; this is none of it.
QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-default-apps", "--disable-extensions", "--metrics-recording-only", "--no-pings",
         "--disable-features=OptimizationHints,MediaRouter,Translate"]
ITS_OWN = re.compile(r"(^|[/.])(google|googleapis|gstatic|gvt1|googleusercontent|chromium|example-chrome)\.(com|org)(:\d+)?(/|$)")


class Proxy(http.server.BaseHTTPRequestHandler):
    """Whatever anybody asks for is written down, and there is nothing."""

    def any(self):
        self.server.asked.append(self.path)
        self.send_error(404)

    do_GET = do_POST = do_HEAD = do_CONNECT = any

    def log_message(self, *_):
        pass


class Seen:
    def __init__(self, asked, console, stdout):
        self.asked, self.console, self.stdout = asked, console, stdout


def chromium():
    return shutil.which("chromium")


def browse(page, *arguments, dark=False):
    """Opens a file."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    profile = tempfile.mkdtemp(prefix="fragd-browser-")
    try:
        done = subprocess.run(
            [chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}", *QUIET,
             f"--proxy-server=http://127.0.0.1:{server.server_port}", "--proxy-bypass-list=<-loopback>", "--enable-logging=stderr",
             f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--hide-scrollbars", *arguments, "file://" + page],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=DEADLINE,
            env=dict(os.environ, HOME=profile, XDG_CONFIG_HOME=profile, XDG_CACHE_HOME=profile), check=False)
    finally:
        server.shutdown()
        server.server_close()
        shutil.rmtree(profile, ignore_errors=True)
    if done.returncode != 0:
        raise AssertionError(f"chromium ended with {done.returncode}: {done.stderr[-2000:]}")
    asked = [a for a in server.asked if not ITS_OWN.search(a)]
    return Seen(asked, [line for line in done.stderr.splitlines() if "CONSOLE" in line], done.stdout)


def dom(page, **options):
    return browse(page, "--dump-dom", **options)


def picture(page, png, width=1200, height=1600, dark=False):
    return browse(page, f"--screenshot={png}", f"--window-size={width},{height}", dark=dark)


def png_facts(path):
    """Width, height, the colour of the first pixel, and how many bytes it takes."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += size + 12
    # Whatever filter the first row has, its first pixel is as it is: there is nothing left of it or above.
    return width, height, tuple(zlib.decompress(packed)[1:4]), len(data)
