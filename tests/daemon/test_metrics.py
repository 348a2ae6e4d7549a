#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""/metrics: how it is turned on, what it says, in which form: test_metrics.py BUILD_DIR, as root. Prints TAP."""

import gzip
import os
import re
import shutil
import signal
import socket

import passed_sockets
from fragd_harness import FRAGD, HEALED, P, ROOTS, Machine, contains, equal, policy_text, run, wait_until
from metrics_client import PROMETHEUS, PYTHON, ask, free_port, listener, open_metrics, promtool, read_all, connect, samples, scrape


def start(m, *more, **kwargs):
    """A fragd that serves metrics: it and its port."""
    port = free_port()
    return m.start("--metrics", f"127.0.0.1:{port}", *more, **kwargs).up(), port


def passed(m, sockets, names, prefix=(), **kwargs):
    command = passed_sockets.command(FRAGD, sockets, names)
    return m.start(pass_fds=[s.fileno() for s in sockets], command=[*prefix, *command], **kwargs)


def inet_sockets(pid):
    """The Internet sockets of a process, by inode."""
    open_fds = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            open_fds.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            pass
    inodes = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        with open(f"/proc/{pid}/net/{table}") as f:
            inodes |= {f"socket:[{line.split()[9]}]" for line in f.readlines()[1:]}
    return open_fds & inodes


# --- on and off ---

def test_off(m):
    """off until somebody asks for it"""
    m.memory(HEALED)
    equal(inet_sockets(m.start().up().pid), set())


def test_option(m):
    """--metrics: 127.0.0.1, and nothing but one socket"""
    m.memory(HEALED)
    d, port = start(m)
    equal(len(inet_sockets(d.pid)), 1)
    equal(ask(port).status, 200)
    equal((d.end(), d.stderr().count("metrics")), (0, 0))


def test_config(m):
    """metrics.listen in the configuration; --metrics goes before it; a change waits for a restart, and says so"""
    m.memory(HEALED)
    one, other = free_port(), free_port()
    m.config(policy_text(), more=f'metrics: {{ listen = "127.0.0.1:{one}"; }};\n')
    d = m.start().up()
    equal(scrape(one)["fragd_acts"], "1")
    m.config(policy_text(), more=f'metrics: {{ listen = "127.0.0.1:{other}"; }};\n')
    d.send_signal(signal.SIGHUP)
    d.said("metrics.listen is read at the start only: restart fragd to have it take effect")
    equal(scrape(one)["fragd_acts"], "1")
    d.end()
    d = m.start("--metrics", f"127.0.0.1:{one}").up()
    equal(scrape(one)["fragd_acts"], "1")
    equal(len(inet_sockets(d.pid)), 1)


def test_ipv6(m):
    """an IPv6 address"""
    m.memory(HEALED)
    port = free_port()
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError:
        return  # a machine without it has nothing to test
    m.start("--metrics", f"[::1]:{port}").up()
    with socket.create_connection(("::1", port), 60) as s:
        s.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        contains(read_all(s).decode(), "200 OK", "fragd_acts 1")


def test_refused(m):
    """what is no address is refused, by name"""
    for bad in ("localhost:1", "127.0.0.1", ":10816", "127.0.0.1:0", "127.0.0.1:65536", "::1:10816", "[::1]", "[::1:1", "1.2.3:4", "[]:1", "",
                "127.0.0.1:10816x", "9" * 100):
        r = m.run("--metrics", bad)
        equal((r.returncode, r.stderr), (2, f"fragd: --metrics {bad}: expected an address and a port like 127.0.0.1:10816 or "
                                            "[::1]:10816; see fragd --help\n"))
    r = m.run("--once", "--metrics", "127.0.0.1:1")
    equal((r.returncode, r.stderr), (2, "fragd: --metrics goes with a fragd that runs; see fragd --help\n"))
    m.config(policy_text(), more='metrics: { listen = "localhost:80"; };\n')
    r = m.run("--check-config", m.config_path)
    contains(r.stderr + r.stdout, f'{m.config_path}:2: metrics.listen: expected an address and a port, "127.0.0.1:10816" or '
                                  '"[::1]:10816", got "localhost:80"')
    equal(r.returncode, 1)


def test_in_use(m):
    """an address that cannot be had is an error at the start, before anything is changed"""
    with listener() as s:
        port = s.getsockname()[1]
        d = m.start("--metrics", f"127.0.0.1:{port}")
        equal(d.wait(), 1)
        equal(d.stderr(), f"fragd: cannot listen on 127.0.0.1:{port} for metrics: Address already in use\n")


def test_passed(m):
    """a socket that is passed, without a network of its own: as the service has it"""
    m.memory(HEALED)
    with listener() as s:
        d = passed(m, [s], ["metrics"], prefix=["unshare", "--net"]).up()
        assert os.readlink(f"/proc/{d.pid}/ns/net") != os.readlink("/proc/self/ns/net")
        port = s.getsockname()[1]
        equal(scrape(port)["fragd_acts"], "1")
        equal(d.end(), 0)


def test_passed_wins(m):
    """with a socket that is passed, an address is not listened on, which it says"""
    m.memory(HEALED)
    with listener() as s:
        other = free_port()
        command = passed_sockets.command(FRAGD, [s], ["metrics"])
        d = m.start("--metrics", f"127.0.0.1:{other}", pass_fds=[s.fileno()], command=command).up()
        contains(d.stderr(), f"not listening on 127.0.0.1:{other}: metrics are served on the socket that was passed\n")
        equal(ask(s.getsockname()[1]).status, 200)
        equal(len(inet_sockets(d.pid)), 1)


def test_passed_wrong(m):
    """a passed socket that does not listen is refused"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        d = passed(m, [s], ["metrics"])
        equal(d.wait(), 1)
        contains(d.stderr(), 'fragd: the file descriptor "metrics" that was passed: expected a stream socket that listens\n')


# --- what it says ---

def test_text(m):
    """the text format: promtool finds no fault with it"""
    m.memory(HEALED)
    _, port = start(m)
    answer = ask(port)
    equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
    if shutil.which("promtool"):
        equal(promtool("check", "metrics", text=answer.text()), [])
        bad = answer.text().replace("# TYPE fragd_acts gauge\n", "# TYPE fragd_acts gauge\n# TYPE fragd_acts gauge\n")
        assert promtool("check", "metrics", text=bad), "promtool finds nothing"
    else:
        print("# promtool is not installed")


def test_open_metrics(m):
    """OpenMetrics, for who asks for it: the same samples, with types and units of its own"""
    m.memory(HEALED)
    _, port = start(m)
    answer = ask(port, headers=[f"Accept: {PROMETHEUS}"])
    equal(answer.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert answer.text().endswith("\n# EOF\n")
    equal(sorted(samples(answer.text())), sorted(scrape(port)))
    if not os.path.exists(PYTHON):
        print("# there is no " + PYTHON)
        return
    families = open_metrics(answer.text())
    equal({name: families[name] for name in ("fragd_verdict", "fragd_build", "fragd_actions", "fragd_gained_bytes", "fragd_poll_duration_seconds")},
          {"fragd_verdict": ("stateset", "-"), "fragd_build": ("info", "-"), "fragd_actions": ("counter", "-"),
           "fragd_gained_bytes": ("counter", "bytes"), "fragd_poll_duration_seconds": ("histogram", "seconds")})


def test_gzip(m):
    """gzip, for who accepts it"""
    m.memory(HEALED)
    _, port = start(m)
    answer = ask(port, headers=["Accept-Encoding: gzip"])
    equal((answer.headers["content-encoding"], answer.headers["vary"]), ("gzip", "Accept, Accept-Encoding"))
    plain = gzip.decompress(answer.body).decode()
    equal(sorted(samples(plain)), sorted(scrape(port)))
    assert len(answer.body) < len(plain) / 4, (len(answer.body), len(plain))
    equal("content-encoding" in ask(port, headers=["Accept-Encoding: gzip;q=0, br"]).headers, False)


def test_other_requests(m):
    """other paths and methods, HEAD, a body, a broken request"""
    m.memory(HEALED)
    d, port = start(m)
    equal((ask(port, "/").status, ask(port, "/").text()), (200, "fragd: see /metrics\n"))
    equal(ask(port, "/metrics/").status, 404)
    equal(ask(port, "/metrics?a=b").status, 200)
    head = ask(port, method="HEAD")
    equal((head.status, head.body, int(head.headers["content-length"]) > 10000), (200, b"", True))
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONE"):
        answer = ask(port, method=method, headers=["Content-Length: 5"])
        equal((answer.status, answer.headers.get("allow")), (405, "GET, HEAD"))
    with connect(port) as s:
        s.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is TLS\r\n\r\n")
        read_all(s)
    with connect(port) as s:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + 100000 * b"x" + b"\r\n\r\n")
        assert b" 200 " not in read_all(s)[:20]
    equal(ask(port).headers["connection"].lower(), "close")
    equal(d.end(), 0)


def test_same_as_api(m):
    """its values are those of the API at the same instant"""
    m.memory(SMALL := [100, 100, 100, 100, 100, 100, 100, 3, 2, 1, 0])
    m.config(policy_text(act=False, interval='{ min = "1h"; max = "1h"; }'))
    d, port = start(m)
    status, got = d.status(), scrape(port)
    node = status["nodes"][0]
    objective = node["objectives"][0]
    label = '{node="0",objective="0",size="9",for="user"'
    equal([got[f'fragd_free_blocks{{node="0",zone="DMA32",size="{o}"}}'] for o in range(11)], [str(n) for n in SMALL])
    equal(got[f"fragd_objective_current_bytes{label}}}"], str(objective["current_bytes"]))
    equal(got[f"fragd_objective_reserve_bytes{label}}}"], str(objective["reserve_bytes"]))
    equal(got[f"fragd_objective_ceiling_bytes{label}}}"], str(objective["ceiling_bytes"]))
    verdicts = {v: got[k] for k in got for v in re.findall(r'fragd_verdict="(.*?)"', k)}
    equal([v for v, value in verdicts.items() if value == "1"], [objective["verdict"]])
    equal(float(got['fragd_node_score_ratio{node="0"}']), node["score"] / 100)
    equal(got['fragd_knob_value{knob="vm.compaction_proactiveness"}'], m.get(P))
    equal((got["fragd_acts"], got['fragd_policy_info{policy="test"}']), ("0", "1"))
    equal(got['fragd_actions_total{node="0",lever="compact",result="would"}'], "1")
    # What an administrator switches on is no file that could be lost: it has metrics of its own.
    sources = {s["source"]: s["available"] for s in status["sources"] if s["source"] not in ("taskstats", "kernel-log", "compaction-trace")}
    equal(sources, {source: got[f'fragd_source_available{{source="{source}"}}'] == "1" for source in sources})


def test_series(m):
    """at most 600 series a node on every machine that was recorded, with the default policy"""
    for recorded in sorted(os.listdir(ROOTS)):
        other = Machine(recorded)
        try:
            other.config(policy_text(), policy="balanced")
            d, port = start(other)
            got = scrape(port)
            nodes = {re.search(r'node="(\d+)"', key)[1] for key in got if key.startswith("fragd_node_free_bytes")}
            assert nodes and 200 < len(got) <= 600 * len(nodes), f"{recorded}: {len(got)} series, {len(nodes)} nodes"
            d.end()
        finally:
            other.done()


# --- what adds up ---

def test_action(m):
    """an action: that it runs, its result, gain, cost, reason, the budget"""
    d, port = start(m)
    d.compacting()
    equal(scrape(port)['fragd_acting{node="0"}'], "1")
    m.memory(HEALED)
    d.decided("gained")
    got = scrape(port)
    label = 'node="0",lever="compact"'
    equal((got[f'fragd_actions_total{{{label},result="gained"}}'], got[f'fragd_actions_total{{{label},result="failed"}}']), ("1", "0"))
    gained = [x for x in d.log() if x["reason"] == "gained"][0]
    equal(got[f"fragd_gained_bytes_total{{{label}}}"], str(gained["gain_bytes"]))
    equal(round(float(got[f"fragd_action_seconds_total{{{label}}}"]) * 1e6), gained["took_usec"])
    equal(round(float(got[f"fragd_compaction_cpu_seconds_total{{{label}}}"]) * 1e6), gained["cost_usec"])
    equal((got['fragd_decisions_total{reason="gained"}'], got['fragd_decisions_total{reason="missed"}']), ("1", "1"))
    equal(got["fragd_budget_runs_left"], "255")
    assert float(got["fragd_poll_duration_seconds_count"]) >= 3 and float(got["fragd_poll_duration_seconds_sum"]) > 0


def test_config_reload(m):
    """a configuration that was refused shows, until one is accepted"""
    m.memory(HEALED)
    d, port = start(m)
    name = "fragd_config_last_reload_successful"
    equal(scrape(port)[name], "1")
    m.config(policy_text(), policy="no-such-policy")
    d.send_signal(signal.SIGHUP)
    d.said("going on with the one before")
    equal(scrape(port)[name], "0")
    m.config(policy_text())
    d.send_signal(signal.SIGHUP)
    wait_until("it is accepted", lambda: scrape(port)[name] == "1")


def test_sources(m):
    """sources that cannot be read or understood are counted, each for itself"""
    m.memory(HEALED)
    d, port = start(m)
    m.put("proc/vmstat", "compact_stall lots\n")
    wait_until("vmstat is lost", lambda: scrape(port)['fragd_source_available{source="vmstat"}'] == "0")
    got = scrape(port)
    assert int(got['fragd_source_parse_failures_total{source="vmstat"}']) > 0
    equal((got['fragd_source_read_failures_total{source="vmstat"}'], "fragd_direct_compaction_stalls_total" in got), ("0", False))
    os.unlink(m.path("proc/vmstat"))
    wait_until("it cannot be read", lambda: scrape(port)['fragd_source_read_failures_total{source="vmstat"}'] != "0")


def test_itself(m):
    """what it says of itself: CPU time that grows, memory, when it was started, clients, scrapes"""
    m.memory(HEALED)
    d, port = start(m)
    one = scrape(port)
    with open(f"/proc/{d.pid}/statm") as f:
        resident = int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    assert 0.5 < int(one["process_resident_memory_bytes"]) / resident < 2, (one["process_resident_memory_bytes"], resident)
    wait_until("CPU time", lambda: float(scrape(port)["process_cpu_seconds_total"]) > float(one["process_cpu_seconds_total"]))
    started, sampled = (float(one[name]) for name in ("process_start_time_seconds", "fragd_last_sample_timestamp_seconds"))
    assert 1.7e9 < started <= sampled + 1, (started, sampled)
    equal((one['fragd_clients{interface="metrics"}'], one["fragd_scrapes_total"]), ("1", "1"))
    assert int(scrape(port)["fragd_scrapes_total"]) > 1
    with_client = connect_api(m)
    wait_until("a client of the API", lambda: scrape(port)['fragd_clients{interface="varlink"}'] == "1")
    with_client.close()


def connect_api(m):
    s = socket.socket(socket.AF_UNIX)
    s.connect(m.socket("fragd"))
    return s


run(globals())
