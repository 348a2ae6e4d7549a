#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scrape.py FRAGD ACTOR [SCRAPES]: what one scrape of /metrics costs, on synthetic machines of 1, 8 and 64 nodes (see make-root.py).

Scrapes as Prometheus does, with OpenMetrics and gzip, one after the other, each on a connection of its own: how long it takes from
connecting to the last byte, series and bytes, and CPU time of all threads of the program (schedstat). The same is done in turns, in the
same run, with Prometheus' node exporter, where it is installed, with nothing but its buddyinfo and vmstat collectors on the same
files. The programs get a processor to themselves where there is more than one. Medians of the rounds."""

import gzip
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NODE_EXPORTER = "/usr/bin/prometheus-node-exporter"
VMSTAT_FIELDS = "^(oom_kill|pgpg|pswp|pg.*fault|compact_|thp_|htlb_|pgmigrate_).*"
ACCEPT = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
REQUEST = ("GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nAccept-Encoding: gzip\r\n"
           f"Accept: {ACCEPT}\r\n\r\n").encode()
ROUNDS = 5


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def scrape(port):
    """The body, still compressed."""
    with socket.create_connection(("127.0.0.1", port), 60) as s:
        s.sendall(REQUEST)
        data = b""
        while part := s.recv(1 << 18):
            data += part
    head, _, body = data.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        sys.exit(f"scrape.py: {head[:200]!r}")
    if b"chunked" in head:
        plain = b""
        while size := int(body[:body.index(b"\r\n")], 16):
            start = body.index(b"\r\n") + 2
            plain, body = plain + body[start:start + size], body[start + size + 2:]
        body = plain
    return body


def cpu(pid):
    """Nanoseconds, of all threads; Go keeps its own."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total


class Program:
    def __init__(self, command, port):
        self.port = port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=to_its_own_cpu)
        self.waits, self.cpu = [], []
        end = time.monotonic() + 60
        while True:
            try:
                self.body = scrape(port)
                break
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    sys.exit(f"scrape.py: {command[0]} does not answer")
                time.sleep(0.05)

    def round(self, scrapes):
        before = cpu(self.process.pid)
        for _ in range(scrapes):
            start = time.perf_counter()
            self.body = scrape(self.port)
            self.waits.append(time.perf_counter() - start)
        self.cpu.append((cpu(self.process.pid) - before) / scrapes)

    def end(self):
        self.process.terminate()
        self.process.wait()

    def report(self, name):
        waits = sorted(self.waits)
        text = gzip.decompress(self.body)
        series = sum(not line.startswith(b"#") for line in text.splitlines())
        print(f"    {name:14} p50 {waits[len(waits) // 2] * 1e3:6.2f} ms, p99 {waits[len(waits) * 99 // 100] * 1e3:6.2f} ms; {series:5} series, "
              f"{len(text):7} bytes, {len(self.body):6} with gzip; CPU {statistics.median(self.cpu) / 1e3:7.1f} us a scrape", flush=True)
        return statistics.median(self.cpu)


def to_its_own_cpu():
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpus[-1]})


def fragd(path, actor, root, directory):
    port = free_port()
    config = os.path.join(directory, "fragd.conf")
    with open(config, "w", encoding="ascii") as f:
        f.write("policies: { balanced: { act = false; }; };\n")
    os.chmod(config, 0o644)
    return Program([path, "--root", root, "--runtime-dir", directory + "/run", "--state-dir", directory + "/state", "--log", "stderr",
                    "--user", "65534", "--actor", actor, "-c", config, "--metrics", f"127.0.0.1:{port}"], port)


def node_exporter(root):
    port = free_port()
    return Program([NODE_EXPORTER, "--collector.disable-defaults", "--collector.buddyinfo", "--collector.vmstat",
                    f"--collector.vmstat.fields={VMSTAT_FIELDS}", "--web.disable-exporter-metrics", f"--path.procfs={root}/proc",
                    f"--web.listen-address=127.0.0.1:{port}"], port)


def measure(path, actor, nodes, scrapes):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        root = os.path.join(directory, "root")
        subprocess.run([sys.executable, os.path.join(HERE, "make-root.py"), root, str(nodes), "16"], check=True)
        programs = {"fragd": fragd(path, actor, root, directory)}
        if os.path.exists(NODE_EXPORTER):
            programs["node_exporter"] = node_exporter(root)
        try:
            for _ in range(ROUNDS):
                for program in programs.values():
                    program.round(scrapes // ROUNDS)
        finally:
            for program in programs.values():
                program.end()
        print(f"{nodes} nodes" if nodes > 1 else "1 node")
        costs = [program.report(name) for name, program in programs.items()]
        if len(costs) == 2:
            print(f"    fragd / node_exporter, CPU a scrape: {costs[0] / costs[1]:.2f}")
        else:
            print("    prometheus-node-exporter is not installed: nothing to compare with")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    for nodes in (1, 8, 64):
        measure(*map(os.path.abspath, sys.argv[1:3]), nodes, int(sys.argv[3]) if len(sys.argv) > 3 else 1000)


main()
