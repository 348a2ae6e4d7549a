# SPDX-License-Identifier: LGPL-2.1-or-later
"""Varlink's interface language as far as fragd uses it, and a fragd to hold against it."""

import functools
import os
import re

from fragd_harness import HEALED, NOBODY, equal
from varlink import Client, VarlinkError, encode  # noqa: F401

SERVICE, MONITOR, CONTROL = "org.varlink.service", "io.fragd.Monitor", "io.fragd.Control"
INVALID = SERVICE + ".InvalidParameter"

# No lever: fragd does nothing by itself here.
POLICY = """test: {
  description = "for the test of the sockets";
  objectives = ( { size = "2M"; reserve = "64M"; refill = "96M"; for = "user"; },
                 { size = "64K"; reserve = "1M"; refill = "2M"; for = "kernel"; } );
  levers = [];
  interval = { min = "100ms"; max = "200ms"; };
  settle = "0s"; cooldown = "0s";
};"""

PRESSURE = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"


class Interface:
    """An interface description. check_reply() says whether parameters are of the types that it promises."""

    TOKEN = re.compile(r"\s*(->|\[\]|\[string\]|[A-Za-z][A-Za-z0-9_.]*|[():,?])")

    def __init__(self, text):
        self.tokens = []
        for line in text.splitlines():
            line = line.split("#", 1)[0]
            at = 0
            while line[at:].strip():
                match = self.TOKEN.match(line, at)
                assert match, f"not of the interface language: {line[at:]!r}"
                self.tokens.append(match[1])
                at = match.end()
        self.types, self.methods, self.errors = {}, {}, {}
        assert self.next() == "interface"
        self.name = self.next()
        while self.tokens:
            self.member()

    def next(self, expected=None):
        token = self.tokens.pop(0)
        assert expected in (None, token), f"{token!r} instead of {expected!r}"
        return token

    def member(self):
        kind, name = self.next(), self.next()
        if kind == "type":
            self.types[name] = self.struct()
        elif kind == "error":
            self.errors[name] = self.struct()
        elif kind == "method":
            parameters = self.struct()
            self.next("->")
            self.methods[name] = (parameters, self.struct())
        else:
            raise AssertionError(f"'{kind}' is neither type, method nor error")

    def struct(self):
        """A dict name -> type; or a set of names, for an enum."""
        self.next("(")
        fields, names = {}, set()
        while self.tokens[0] != ")":
            name = self.next()
            if self.tokens[0] == ":":
                self.next(":")
                fields[name] = self.type()
            else:
                names.add(name)
            if self.tokens[0] != ")":
                self.next(",")
        self.next(")")
        assert not (fields and names), "half struct, half enum"
        return names or fields

    def type(self):
        if self.tokens[0] == "?":
            self.next()
            return ("maybe", self.type())
        if self.tokens[0] == "[]":
            self.next()
            return ("list", self.type())
        if self.tokens[0] == "[string]":
            self.next()
            return ("map", self.type())
        return self.struct() if self.tokens[0] == "(" else self.next()

    def check(self, value, kind, where):
        if isinstance(kind, tuple):
            outer, inner = kind
            if outer == "maybe":
                assert value is not None, f"{where}: null; what is unknown is to be left out"
                self.check(value, inner, where)
            elif outer == "list":
                assert isinstance(value, list), f"{where}: {value!r} is no list"
                for i, item in enumerate(value):
                    self.check(item, inner, f"{where}[{i}]")
            else:
                assert isinstance(value, dict), f"{where}: {value!r} is no map"
                for key, item in value.items():
                    self.check(item, inner, f"{where}.{key}")
        elif isinstance(kind, set):
            assert value in kind, f"{where}: {value!r} is none of {sorted(kind)}"
        elif isinstance(kind, dict):
            self.check_struct(value, kind, where)
        elif kind in self.types:
            self.check(value, self.types[kind], where)
        else:
            good = {"bool": lambda v: isinstance(v, bool),
                    "int": lambda v: isinstance(v, int) and not isinstance(v, bool) and -2**63 <= v < 2**63,
                    "float": lambda v: isinstance(v, float),
                    "string": lambda v: isinstance(v, str),
                    "object": lambda v: isinstance(v, dict)}[kind](value)
            assert good, f"{where}: {value!r} is not of type {kind}"

    def check_struct(self, value, fields, where):
        assert isinstance(value, dict), f"{where}: {value!r} is no object"
        for name in value:
            assert name in fields, f"{where}: member '{name}' is not in the interface"
        for name, kind in fields.items():
            if name in value:
                self.check(value[name], kind, f"{where}.{name}")
            else:
                assert isinstance(kind, tuple) and kind[0] == "maybe", f"{where}: '{name}' is missing"

    def check_reply(self, method, parameters):
        self.check_struct(parameters, self.methods[method][1], method)

    def check_error(self, name, parameters):
        interface, error = name.rsplit(".", 1)
        assert interface == self.name, f"error of another interface: {name}"
        self.check_struct(parameters, self.errors[error], error)


def interface_text(name):
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(source, "api", name + ".varlink")) as f:
        return f.read()


MONITOR_INTERFACE = Interface(interface_text(MONITOR))
CONTROL_INTERFACE = Interface(interface_text(CONTROL))


def monitor(machine):
    return Client(machine.socket("fragd"))


def admin(machine):
    return Client(machine.socket("admin"))


def read(client, method, **parameters):
    """Calls a method of the Monitor; its reply must be what the interface says."""
    reply = client.call(f"{MONITOR}.{method}", **parameters)
    MONITOR_INTERFACE.check_reply(method, reply)
    return reply


def with_fragd(root=False, prepare=None):
    """The case gets a machine with enough memory and a fragd on it, as m.fragd, which must end well after it. Without root it
    only watches, and is looked at for leaks. prepare(m): done before fragd starts."""
    def decorate(case):
        @functools.wraps(case)
        def wrapper(m):
            m.memory(HEALED)
            m.config(POLICY)
            m.put("proc/pressure/memory", PRESSURE)
            m.put("proc/pressure/cpu", PRESSURE)
            user = None if root or os.getuid() != 0 else NOBODY
            for path in (m.runtime, m.state):
                os.mkdir(path, 0o755)
                if user:
                    os.chown(path, user, user)
            if user:
                os.chown(m.config_path, user, user)
            if prepare:
                prepare(m)
            m.fragd = m.start(user=user).up()
            case(m)
            equal(m.fragd.end(), 0)
        return wrapper
    return decorate
