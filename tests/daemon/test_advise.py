#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl advise: each rule on a machine where it applies and on one where it does not, what is found of programs, rules that are
not loaded, what is shown."""

import glob
import json
import os
import re
import sys
import tempfile

from fake_host import THP, Host, Process, choice, meminfo
from fragctl_tap import FRAGCTL, Terminal, case, check, has, lacks, main, plain, run, table

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = os.path.join(SOURCE, "conf/advice")
GIB = 1 << 20  # in kB

ENABLED, DEFRAG = THP + "enabled", THP + "defrag"
ALWAYS, MADVISE, NEVER = ({ENABLED: choice("enabled", v)} for v in ("always", "madvise", "never"))
DEFRAG_ALWAYS, DEFRAG_DEFER = ({DEFRAG: choice("defrag", v)} for v in ("always", "defer+madvise"))


def installed(package, version):
    return {"var/lib/dpkg/status": f"Package: {package}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"}


def oracle(home):
    return [Process("ora_pmon_ORCL", ["ora_pmon_ORCL"], f"/u01/app/oracle/product/{home}/dbhome_1/bin/oracle")]


def java(*arguments, home="/usr/lib/jvm/java-17-openjdk-amd64"):
    return [Process("java", [home + "/bin/java", *arguments], home + "/bin/java")]


UEK7 = {"proc/sys/kernel/osrelease": "5.15.0-3.60.5.1.el8uek.x86_64\n", "etc/os-release": 'ID="ol"\nID_LIKE="fedora"\nVERSION_ID="8.7"\n'}
RHEL = {"etc/os-release": 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="8.6"\n', "proc/sys/kernel/osrelease": "4.18.0-372.el8.x86_64\n"}
CASSANDRA = java("-cp", "/usr/share/cassandra/apache-cassandra-4.1.3.jar", "org.apache.cassandra.service.CassandraDaemon")
ELASTIC = java("-Xms8g", "-XX:+AlwaysPreTouch", "-cp", "/opt/elasticsearch-8.11.1/lib/*", "org.elasticsearch.bootstrap.Elasticsearch")
GIGANTIC = "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"
ZGC = java("-XX:+UseZGC", "-XX:+UseTransparentHugePages", "-Xmx16G")
TIKV = [Process("tikv-server", ["/opt/tikv/v6.5.0/bin/tikv-server"], "/opt/tikv/v6.5.0/bin/tikv-server")]
MYSQLD = [Process("mysqld", ["/usr/sbin/mysqld", "--large-pages"], "/usr/sbin/mysqld")]

# Rule: (files, processes) where it is to be done, the same where it is not, and the state there.
MACHINES = {
    "defrag-mode": (({"proc/sys/kernel/osrelease": "6.15.0\n", "proc/sys/vm/defrag_mode": "0\n"}, []),
                    ({"proc/sys/kernel/osrelease": "6.14.9\n"}, []), "not-here"),
    "thp-defrag-always": ((DEFRAG_ALWAYS, []), (DEFRAG_DEFER, []), "followed"),
    "thp-large-page-size": (({**ALWAYS, THP + "hpage_pmd_size": "536870912\n"}, []), (ALWAYS, []), "not-here"),
    "min-free-too-high": (({"proc/sys/vm/min_free_kbytes": f"{4 * GIB}\n"}, []), ({"proc/sys/vm/min_free_kbytes": f"{3 * GIB}\n"}, []),
                          "followed"),
    "rhel-proactive-compaction": (({**RHEL, "proc/sys/vm/compaction_proactiveness": "0\n"}, []),
                                  ({"proc/sys/vm/compaction_proactiveness": "0\n"}, []), "not-here"),
    "boot-hugepages": (({"proc/meminfo": meminfo(HugePages_Total=4096, Hugetlb=8 * GIB)}, []),
                       ({"proc/meminfo": meminfo(HugePages_Total=4096, Hugetlb=8 * GIB), "proc/cmdline": "ro hugepages=4096\n"}, []),
                       "followed"),
    "boot-gigantic-pages": (({GIGANTIC: "4\n"}, []), ({GIGANTIC: "4\n", "proc/cmdline": "ro hugetlb_cma=8G\n"}, []), "followed"),
    "boot-movable-zone": (({"proc/meminfo": meminfo(SUnreclaim=7 * GIB)}, []), ({"proc/meminfo": meminfo(SUnreclaim=6 * GIB)}, []),
                          "not-here"),
    "mtu-order": (({"sys/class/net/eth0/mtu": "9000\n", "proc/sys/vm/min_free_kbytes": "67584\n"}, []),
                  ({"sys/class/net/eth0/mtu": "1500\n", "proc/sys/vm/min_free_kbytes": "67584\n"}, []), "not-here"),
    "oracle-interconnect-min-free": (
        ({"proc/meminfo": meminfo(MemTotal=512 * GIB), "proc/sys/vm/min_free_kbytes": "67584\n"}, oracle("19c")),
        ({"proc/meminfo": meminfo(MemTotal=512 * GIB), "proc/sys/vm/min_free_kbytes": f"{4 * GIB}\n"}, oracle("19c")), "followed"),
    "mongodb-7-thp": (({**MADVISE, **installed("mongodb-org-server", "7.0.15")}, []),
                      ({**ALWAYS, **installed("mongodb-org-server", "8.0.4")}, []), "not-here"),
    "mongodb-8-thp": (({**MADVISE, **installed("mongodb-org-server", "8.0.4")}, []),
                      ({**MADVISE, **installed("mongodb-org-server", "7.0.15")}, []), "not-here"),
    "mongodb-8-defrag": (({**installed("mongodb-org-server", "8.0.4")}, []),
                         ({**DEFRAG_DEFER, **installed("mongodb-org-server", "8.0.4")}, []), "followed"),
    "mongodb-8-max-ptes-none": ((installed("mongodb-org-server", "8.0.4"), []),
                                ({THP + "khugepaged/max_ptes_none": "0\n", **installed("mongodb-org-server", "8.0.4")}, []), "followed"),
    "oracle-19-thp": ((MADVISE, oracle("19.0.0")), (MADVISE, oracle("23ai")), "not-here"),
    "oracle-23-thp": (({**NEVER, **UEK7}, oracle("23ai")), ({**NEVER, **UEK7}, oracle("19c")), "not-here"),
    "oracle-23-thp-older-kernel": (({**MADVISE, **RHEL}, oracle("21c")), ({**MADVISE, **UEK7}, oracle("21c")), "not-here"),
    "oracle-huge-pages": (({}, oracle("19c")), ({"proc/meminfo": meminfo(HugePages_Total=4096)}, oracle("19c")), "followed"),
    "postgresql-thp": (({**ALWAYS, **installed("postgresql-15", "15.5-0+deb12u1")}, []),
                       ({**NEVER, **installed("postgresql-15", "15.5-0+deb12u1")}, []), "followed"),
    "postgresql-huge-pages": ((installed("postgresql-15", "15.5-0+deb12u1"), []), (installed("postgresql-14", "14.9-1"), []), "not-here"),
    "mysql-thp": (({**ALWAYS, **installed("mysql-server-core-8.0", "8.0.35-0ubuntu0.22.04.1")}, []),
                  ({**MADVISE, **installed("mysql-server-core-8.0", "8.0.35-0ubuntu0.22.04.1")}, []), "followed"),
    "mysql-large-pages": ((installed("mysql-community-server-core", "8.4.0-1debian12"), MYSQLD),
                          (installed("mysql-community-server-core", "8.4.0-1debian12"), [Process("mysqld", ["/usr/sbin/mysqld"])]),
                          "not-here"),
    "mariadb-thp": (({**ALWAYS, **installed("mariadb-server-core-10.5", "1:10.5.23-0+deb11u1")}, []),
                    ({**ALWAYS, **installed("mariadb-server-core", "1:10.11.6-0+deb12u1")}, []), "not-here"),
    "redis-thp": (({**ALWAYS, **installed("redis-server", "5:6.0.16-1+deb11u2")}, []),
                  ({**ALWAYS, **installed("redis-server", "5:7.0.15-1~deb12u1")}, []), "not-here"),
    "tikv-thp": ((MADVISE, TIKV), (NEVER, TIKV), "followed"),
    "java-thp-off": ((NEVER, java("-XX:+UseTransparentHugePages")), (NEVER, java("-Xmx1G")), "not-here"),
    "java-zgc-shmem": (({}, ZGC), ({THP + "shmem_enabled": choice("shmem_enabled", "advise")}, ZGC), "followed"),
    "cassandra-defrag": ((DEFRAG_ALWAYS, CASSANDRA), (DEFRAG_DEFER, CASSANDRA), "followed"),
    "cassandra-zone-reclaim": (({"proc/sys/vm/zone_reclaim_mode": "1\n"}, CASSANDRA), ({}, CASSANDRA), "followed"),
    "elasticsearch-defrag": ((DEFRAG_ALWAYS, ELASTIC), ({}, ELASTIC), "followed"),
}
# There is nothing to do; they are shown where asked for.
NOTES = {
    "mariadb-thp-itself": (installed("mariadb-server", "1:10.11.6-0+deb12u1"), installed("mariadb-server", "1:10.5.23-0+deb11u1")),
    "redis-thp-itself": (installed("redis-server", "5:7.0.15-1~deb12u1"), installed("redis-server", "5:6.0.16-1")),
}


def advise(host, *args, rules=RULES, code=0):
    return json.loads(run(None, "advise", "--json", "--root", host.path, "--rules", rules, *args).expect(code).out)


def state(reply, rule):
    """Of a rule; of one about a program that is not here: not-here."""
    found = [a for a in reply["advice"] if a["id"] == rule]
    return found[0]["state"] if found else "not-here"


def contents(host):
    return {path: (os.lstat(path).st_mtime_ns, os.path.isfile(path) and open(path, "rb").read())
            for path in glob.glob(host.path + "/**", recursive=True)}


@table("rule {0}: to be done on a machine of its kind, and not on another", [(r,) for r in MACHINES])
def _(rule):
    (files, processes), (other_files, other_processes), other = MACHINES[rule]
    with Host(files, processes) as host:
        before = contents(host)
        reply = advise(host)
        check(state(reply, rule) == "to-do", json.dumps(reply, indent=1))
        check(contents(host) == before, "something was changed")
    with Host(other_files, other_processes) as host:
        reply = advise(host)
        check(state(reply, rule) == other, state(reply, rule), json.dumps(reply, indent=1))


@table("note {0}: known for its versions only", [(r,) for r in NOTES])
def _(rule):
    here, elsewhere = NOTES[rule]
    with Host(here) as host:
        check(state(advise(host), rule) == "followed")
        has(run(None, "advise", "--root", host.path, "--rules", RULES, "--for", rule.split("-")[0]).expect(0).out, "To know:", rule)
    with Host(elsewhere) as host:
        check(state(advise(host), rule) == "not-here")


@case("each rule that is shipped has such a test, and every shipped file is installed")
def _():
    shipped = {i for path in glob.glob(RULES + "/*.conf") for i in re.findall(r'^    id = "([^"]+)"', open(path).read(), re.M)}
    check(shipped == set(MACHINES) | set(NOTES), shipped ^ (set(MACHINES) | set(NOTES)))
    listed = set(re.search(r"foreach name : \[([^\]]*)\]\s+advice_files", open(SOURCE + "/conf/meson.build").read())[1]
                 .replace("'", "").replace(" ", "").split(","))
    check(listed == {os.path.basename(p)[:-5] for p in glob.glob(RULES + "/*.conf")}, listed)


@case("each part of what is to be done is shown")
def _():
    with Host({"proc/meminfo": meminfo(HugePages_Total=4096, Hugetlb=8 * GIB), **DEFRAG_ALWAYS}) as host:
        text = run(None, "advise", "--root", host.path, "--rules", RULES).expect(0).out
        for mine in (a for a in advise(host)["advice"] if a["state"] == "to-do"):
            has(text, f"rule {mine['id']})", *mine["command"].split("\n"), mine["source"], mine["title"], mine["why"], mine["now"])


# --- which programs there are ---


@table("found: {0}", [
    ("PostgreSQL by its path", {}, [Process("postgres", ["postgres: checkpointer"], "/usr/lib/postgresql/15/bin/postgres")],
     ("postgresql", "15", True)),
    ("PostgreSQL of Red Hat by the path in its command line", {}, [Process("postmaster", ["/usr/pgsql-14/bin/postmaster", "-D", "/x"])],
     ("postgresql", "14", True)),
    ("one that runs has the installed version where its path has none", installed("redis-server", "5:7.0.15-1~deb12u1"),
     [Process("redis-server", ["/usr/bin/redis-server 127.0.0.1:6379"], "/usr/bin/redis-check-rdb")], ("redis", "7.0.15", True)),
    ("mysqld is MariaDB's where that is installed", installed("mariadb-server-core-10.3", "1:10.3.39-0+deb10u2"),
     [Process("mysqld", ["/usr/sbin/mysqld"], "/usr/sbin/mysqld")], ("mariadb", "10.3.39", True)),
    ("mysqld otherwise is MySQL's", {}, [Process("mysqld", ["/usr/sbin/mysqld"], "/usr/sbin/mysqld")], ("mysql", None, True)),
    ("MongoDB from an archive", {}, [Process("mongod", ["mongod"], "/opt/mongodb-linux-x86_64-rhel90-7.0.5/bin/mongod")],
     ("mongodb", "7.0.5", True)),
    ("Oracle", {}, oracle("19.0.0"), ("oracle", "19.0.0", True)),
    ("Java 8", {}, java(home="/usr/lib/jvm/jdk1.8.0_202"), ("jvm", "1.8.0", True)),
    ("installed only", installed("mongodb-org-server", "6.0.1"), [], ("mongodb", "6.0.1", False)),
])
def _(_, files, processes, wanted):
    with Host(files, processes) as host:
        found = [(s["software"], s.get("version"), s["running"]) for s in advise(host)["software"]]
        check(found == [wanted], found)


@case("removed packages, other packages and other processes are nothing")
def _():
    status = "Package: redis-server\nStatus: deinstall ok config-files\nVersion: 5:7.0.15-1\n\n" \
             "Package: postgresql-common\nStatus: install ok installed\nVersion: 248\n\n" \
             "Package: mysql-server-core-x\nStatus: install ok installed\nVersion: 8\n"
    with Host({"var/lib/dpkg/status": status}, [Process("bash", ["bash"]), Process("redis-cli", ["redis-cli"])]) as host:
        check(advise(host)["software"] == [])


@case("two versions are two programs, many processes are one")
def _():
    status = installed("postgresql-13", "13.14-0+deb11u1")["var/lib/dpkg/status"] + "\n" + \
        installed("postgresql-15", "15.5-0+deb12u1")["var/lib/dpkg/status"]
    processes = [Process("postgres", ["postgres: x"], f"/usr/lib/postgresql/{v}/bin/postgres") for v in (15, 15, 15)]
    with Host({"var/lib/dpkg/status": status}, processes) as host:
        found = [(s["version"], s["running"]) for s in advise(host)["software"]]
        check(found == [("13.14", False), ("15.5", True)], found)


@case("a program in Java is itself and a JVM")
def _():
    with Host({}, CASSANDRA) as host:
        found = {s["software"]: s["version"] for s in advise(host)["software"]}
        check(found == {"cassandra": "4.1.3", "jvm": "17"}, found)


# --- versions that are not known, and --for ---


@case("without a version both branches are named")
def _():
    with Host(NEVER, [Process("mongod", ["mongod"])]) as host:
        text = run(None, "advise", "--root", host.path, "--rules", RULES).expect(0).out
        has(text, "MongoDB runs (process 800 (mongod)); its version is not known: 'fragctl advise --for mongodb=VERSION'",
            "Depends on the version", "rule mongodb-7-thp)", "set so already", "rule mongodb-8-thp)", "to be done in these versions")
        states = {a["id"]: (a["state"], a["version_unknown"]) for a in advise(host)["advice"] if a["id"].startswith("mongodb")}
        check(states["mongodb-7-thp"] == ("followed", True) and states["mongodb-8-thp"] == ("to-do", True), states)


@case("--for a program that is not here, with and without a version")
def _():
    with Host(MADVISE) as host:
        reply = advise(host, "--for", "mongodb=7.0.4")
        check({a["id"] for a in reply["advice"] if a["state"] != "not-here"} == {"mongodb-7-thp"}, reply)
        has(run(None, "advise", "--root", host.path, "--rules", RULES, "--for", "mongodb=8").expect(0).out, "MongoDB 8 (as --for says)",
            "rule mongodb-8-thp)")
        has(run(None, "advise", "--root", host.path, "--rules", RULES, "--for", "mongodb").expect(0).out, "Depends on the version")


@case("MongoDB 7 and 8 on one machine are given opposite advice, and told so")
def _():
    status = installed("mongodb-org-server", "7.0.15")["var/lib/dpkg/status"]
    eight = Process("mongod", ["mongod"], "/opt/mongodb-linux-x86_64-debian12-8.0.1/bin/mongod")
    with Host({**MADVISE, "var/lib/dpkg/status": status}, [eight]) as host:
        reply = advise(host)
        check([c["rules"] for c in reply["contradictions"]] == [["mongodb-7-thp", "mongodb-8-thp"]], reply["contradictions"])
        has(run(None, "advise", "--root", host.path, "--rules", RULES).expect(0).out,
            "! mongodb-7-thp wants never, mongodb-8-thp wants always in /" + ENABLED)


@table("usage: advise {0} -> {1}", [
    ("--for mongo", "no advice is about 'mongo'; did you mean 'mongodb'?"),
    ("--for frobnicate", "no advice is about 'frobnicate'; 'fragctl advise --list' names"),
    ("--for redis=new", "expected a version such as 8.0 behind 'redis=', got 'new'"),
    ("now", "takes no arguments"),
])
def _(args, wanted):
    r = run(None, "advise", "--rules", RULES, *args.split()).expect(2)
    has(r.err, wanted)
    check(r.err.count("\n") == 1, r.err)


@case("--for with a duration is still for the other verbs alone")
def _():
    has(run(None, "status", "--watch", "--for", "redis").expect(2).err, "--for: expected a duration such as 20s or 2h, got 'redis'")


# --- rules that are not loaded ---

GOOD = {"id": '"a"', "title": '"t"', "why": '"w"', "source": '"https://example.org/"', "date": '"2026-11-22"', "command": '"true"',
        "kernel": '">= 5.0"'}


def rule_text(**changes):
    members = {**GOOD, **changes}
    return "rules = (\n  {\n" + "".join(f"    {k} = {v};\n" for k, v in members.items() if v) + "  }\n);\n"


@table("not loaded: {0}", [
    ("without a source", rule_text(source=None), ":2: rule a has no source"),
    ("a source that is no link", rule_text(source='"the manual"'), ":2: rule a has no source"),
    ("without a range", rule_text(kernel=None), ":2: rule a has no range of versions"),
    ("software without version", rule_text(software='"redis"'), ":2: rule a has no range of versions"),
    ("version without software", rule_text(version='">= 1"'), ":2: rule a has version without software"),
    ("without a date", rule_text(date=None), ":2: rule a has no date"),
    ("without a command", rule_text(command=None), ":2: rule a has no command"),
    ("a note with a command", rule_text(note="true"), ":2: rule a is a note"),
    ("without an id", rule_text(id=None), ":2: rule has no id"),
    ("unknown software", rule_text(software='"postgres"', version='">= 1"'), 'cannot recognise; did you mean "postgresql"?'),
    ("a bad range", rule_text(kernel='"new"'), ':9: rule a has kernel = "new", expected bounds'),
    ("an unknown member", rule_text(wyh='"x"'), ':10: rule a has "wyh", which is no part of a rule'),
    ("a condition without a test", rule_text(when='( { file = "/proc/x"; } )'), ":10: rule a has a condition with 1 subjects and 0 tests"),
    ("a condition with two subjects", rule_text(when='( { file = "/x"; boot = "y"; there = true; } )'), "2 subjects and 1 tests"),
    ("a relative path", rule_text(set='{ file = "proc/x"; to = "1"; }'), 'has file = "proc/x", expected a path from /'),
    ("an argument of nobody", rule_text(when='( { argument = "x"; there = true; } )'), "asks for an argument without software"),
    ("a boot parameter that is compared", rule_text(when='( { boot = "x"; is = "1"; } )'), "compares a boot parameter"),
    ("no string", rule_text(title="3"), ":4: rule a has title that is no string"),
    ("@include", '@include "/etc/passwd"\n' + rule_text(), ":1: @include is not for rules"),
    ("syntax", "rules = (", ":1: syntax error; the file is ignored"),
    ("something else", 'rule = "x";\n', ':1: "rule": expected rules = '),
])
def _(_, text, wanted):
    with tempfile.TemporaryDirectory() as rules, Host() as host:
        for name, content in (("bad.conf", text), ("good.conf", rule_text(id='"good"'))):
            with open(os.path.join(rules, name), "w", encoding="utf-8") as f:
                f.write(content)
        r = run(None, "advise", "--json", "--root", host.path, "--rules", rules).expect(1)
        has(r.err, wanted, os.path.join(rules, "bad.conf"))
        check(r.err.count("\n") == 1, "more than one line:", r.err)
        reply = json.loads(r.out)
        check([a["id"] for a in reply["advice"]] == ["good"] and len(reply["errors"]) == 1, reply)


@case("a rule that is there twice, a file that is none, no rules at all")
def _():
    with tempfile.TemporaryDirectory() as rules, Host() as host:
        args = ("advise", "--root", host.path, "--rules", rules)
        has(run(None, *args).expect(1).err, "no rules in " + rules)
        for name in ("a.conf", "b.conf", ".hidden.conf", "c.txt"):
            with open(os.path.join(rules, name), "w", encoding="utf-8") as f:
                f.write(rule_text())
        os.mkdir(os.path.join(rules, "d.conf"))
        os.symlink("/dev/null", os.path.join(rules, "e.conf"))
        err = run(None, *args).expect(1).err
        has(err, "b.conf:2: rule a is there twice; it is not loaded", "d.conf: expected a regular file")
        check(err.count("\n") == 2, err)
        with open(os.path.join(rules, "f.conf"), "w", encoding="utf-8") as f:
            f.write("# " + 70000 * "x" + "\n" + rule_text())
        has(run(None, *args).expect(1).err, "f.conf: larger than 64 KiB")


# --- what is shown ---


@case("--list has each rule with its range and state")
def _():
    with Host({**ALWAYS, **installed("mongodb-org-server", "8.0.4")}) as host:
        out = run(None, "advise", "--root", host.path, "--rules", RULES, "--list").expect(0).out
        check(len(out.splitlines()) == 1 + len(MACHINES) + len(NOTES), out)
        check(re.search(r"^mongodb-8-thp +MongoDB >= 8\.0 +followed ", out, re.M), out)
        check(re.search(r"^mongodb-8-defrag .* to do ", out, re.M), out)
        check(re.search(r"^redis-thp .* - ", out, re.M), out)


@case("the first rule comes first, and a terminal breaks text but no command")
def _():
    files = {"proc/sys/kernel/osrelease": "6.18.0\n", "proc/sys/vm/defrag_mode": "0\n", **ALWAYS, **DEFRAG_ALWAYS}
    with Host(files) as host:
        t = Terminal([FRAGCTL, "advise", "--root", host.path, "--rules", RULES], columns=80)
        check(t.end() == 0)
        text = plain(t.text())
        check(text.index("rule defrag-mode") < text.index("rule thp-defrag-always"), text)
        has(text, "echo 'w /sys/kernel/mm/transparent_hugepage/defrag - - - - defer+madvise' > /etc/tmpfiles.d/thp-defrag.conf\n")
        long = [line for line in text.splitlines() if len(line) > 80 and not re.match(r" +(do|keep|source) | {13}\S+$", line)]
        check(not long, long)


@case("nothing to do is said; a machine without anything, too")
def _():
    with Host({"proc/sys/vm/min_free_kbytes": "262144\n"}) as host:
        has(run(None, "advise", "--root", host.path, "--rules", RULES).expect(0).out, "Nothing to do: of")
    with Host(base=False) as host:
        out = run(None, "advise", "--root", host.path, "--rules", RULES).expect(0).out
        has(out, "Linux (not known), a distribution without os-release", "Not to be told from here:", "the version of the kernel")
    has(run(None, "advise", "--root", "/nowhere", "--rules", RULES).expect(1).err, "cannot look at /nowhere: No such file")


@case("what stands in files of the machine does no harm to a terminal")
def _():
    with Host(installed("redis-server", "7.0\x1b[31m-1"), [Process("mongod", ["/opt/mongodb-7.0.1/\x1b]0;x\x07/bin/mongod"])]) as host:
        lacks(run(None, "advise", "--root", host.path, "--rules", RULES).expect(0).out, "\x1b", "\x07")


sys.exit(main())
