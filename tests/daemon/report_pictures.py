#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""report_pictures.py BUILD_DIR OUT_DIR: the pictures of a report that stand in docs/, light and dark, of the past in report_story.py."""

import os
import subprocess
import sys
import tempfile

from browser import picture
from fake_server import FakeServer
from report_story import tell

HEIGHT = 1765  # down to the end of the charts of levels


def main(build, out):
    with tempfile.TemporaryDirectory() as directory:
        server = FakeServer(directory)
        tell(server)
        page = os.path.join(directory, "report.html")
        # A name of its own: the one of whoever draws is nobody's business.
        subprocess.run(["unshare", "--uts", "sh", "-c", 'hostname db1 && exec "$@"', "sh", os.path.join(build, "cli", "fragctl"),
                        "--runtime-dir", directory, "report", "-o", page],
                       env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8"), check=True)
        server.close()
        for dark in (False, True):
            picture(page, os.path.abspath(os.path.join(out, f"report-{'dark' if dark else 'light'}.png")), height=HEIGHT, dark=dark)


main(*sys.argv[1:])
