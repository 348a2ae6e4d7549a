# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the suites of /metrics share: HTTP by hand, so that a client can be as odd as it likes, and what is read from an answer."""

import re
import socket
import subprocess

from fragd_harness import DEADLINE

# What a Prometheus of Debian 12 sends.
PROMETHEUS = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
# The system's, which has the packaged prometheus_client.
PYTHON = "/usr/bin/python3"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listener(address="127.0.0.1"):
    """A socket as systemd would pass it: it blocks."""
    s = socket.socket(socket.AF_INET)
    s.bind((address, 0))
    s.listen(64)
    return s


def connect(port):
    return socket.create_connection(("127.0.0.1", port), DEADLINE)


def request(path="/metrics", method="GET", headers=()):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: test", *headers, "", ""]).encode()


def read_all(s):
    """Until the other side closes; a connection that is reset has ended, too."""
    data = b""
    try:
        while part := s.recv(1 << 16):
            data += part
    except ConnectionResetError:
        pass
    return data


class Answer:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        assert re.fullmatch(r"HTTP/1\.1 \d+ .*", first), first
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    def text(self):
        return self.body.decode()


def ask(port, *args, **kwargs):
    with connect(port) as s:
        s.sendall(request(*args, **kwargs))
        return Answer(read_all(s))


def samples(text):
    """'name{labels}' -> value, as text"""
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))


def scrape(port):
    answer = ask(port)
    assert answer.status == 200, answer.status
    return samples(answer.text())


def promtool(*args, text=""):
    """What it complains about."""
    p = subprocess.run(["promtool", *args], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=DEADLINE)
    return p.stdout.splitlines() or ([] if p.returncode == 0 else [f"exit status {p.returncode}"])


def open_metrics(text):
    """{family: (type, unit)} as Prometheus' own client library for Python, which is strict, reads it."""
    script = ("import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as f\n"
              "for m in f(sys.stdin.read()): print(m.name, m.type, m.unit or '-')")
    p = subprocess.run([PYTHON, "-c", script], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
    assert p.returncode == 0, p.stderr
    return {name: (kind, unit) for name, kind, unit in map(str.split, p.stdout.splitlines())}
