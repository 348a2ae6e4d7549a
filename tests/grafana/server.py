# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real Prometheus server in a directory of its own, and its HTTP API."""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request


def configuration(targets, rules, interval):
    """As in fragd-metrics(7), but in more of a hurry."""
    return json.dumps({
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": [rules],
        "scrape_configs": [{"job_name": "fragd", "static_configs": [{"targets": targets}]}]})


def in_a_hurry(rules, interval):
    """The rules, evaluated as often as it scrapes: of a group's own interval nothing is left."""
    return rules.replace("    interval: 1m\n", f"    interval: {interval}\n")


class Error(Exception):
    pass


class Prometheus:
    def __init__(self, directory, port, targets, rules, interval="1s"):
        self.port = port
        paths = {name: os.path.join(directory, name) for name in ("prometheus.yml", "rules.yml", "prometheus.log")}
        for name, content in (("prometheus.yml", configuration(targets, paths["rules.yml"], interval)),
                              ("rules.yml", in_a_hurry(rules, interval))):
            with open(paths[name], "w", encoding="utf-8") as f:
                f.write(content)
        self.log = paths["prometheus.log"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={paths['prometheus.yml']}", f"--storage.tsdb.path={directory}/data",
                 f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def end(self):
        self.process.kill()
        self.process.wait()

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def get(self, path, **parameters):
        """The data of the answer; Error with Prometheus' words."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as e:
            raise Error(e.read().decode(errors="replace")) from e

    def ready(self):
        assert self.process.poll() is None, self.said()
        try:
            self.get("status/buildinfo")
            return True
        except (OSError, Error):  # nobody listens yet, or it says that it is not ready
            return False

    def query(self, expr, at=None):
        """[(labels, value)] of an instant vector; values as floats."""
        data = self.get("query", query=expr, **({"time": at} if at else {}))
        assert data["resultType"] in ("vector", "scalar"), data["resultType"]
        return [(r["metric"], float(r["value"][1])) for r in data["result"]] if data["resultType"] == "vector" else \
            [({}, float(data["result"][1]))]

    def number(self, expr):
        """The only value; None where there is none."""
        found = self.query(expr)
        assert len(found) < 2, found
        return found[0][1] if found else None

    def span(self, expr, start, end, step):
        """[(labels, [value])] of a span."""
        return [(r["metric"], [float(v) for _, v in r["values"]])
                for r in self.get("query_range", query=expr, start=start, end=end, step=step)["result"]]
