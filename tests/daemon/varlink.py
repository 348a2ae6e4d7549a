# SPDX-License-Identifier: LGPL-2.1-or-later
"""Varlink by plain sockets: to speak with fragd without any code of fragd."""

import json
import socket

from actor_harness import DEADLINE


class VarlinkError(Exception):
    def __init__(self, name, parameters):
        super().__init__(f"{name} {parameters}")
        self.name = name
        self.parameters = parameters


def encode(method, parameters=None, **flags):
    call = {"method": method, **flags}
    if parameters is not None:
        call["parameters"] = parameters
    return json.dumps(call).encode() + b"\0"


class Client:
    """One connection. Everything has a deadline."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def write(self, data):
        self.socket.sendall(data)

    def message(self):
        """The bytes of the next message without its NUL; None: the connection has ended."""
        while b"\0" not in self.input:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:  # ended with something of ours unread
                data = b""
            if not data:
                assert self.input == b"", f"ended amid a message: {self.input!r}"
                return None
            self.input += data
        message, self.input = self.input.split(b"\0", 1)
        return message

    def reply(self):
        """(parameters, continues) of the next reply; raises VarlinkError for an error."""
        message = self.message()
        assert message is not None, "the connection has ended without a reply"
        reply = json.loads(message)
        unknown = set(reply) - {"parameters", "continues", "error"}
        assert not unknown, f"members that Varlink does not know: {unknown}"
        if "error" in reply:
            assert "continues" not in reply, "an error that continues"
            raise VarlinkError(reply["error"], reply.get("parameters", {}))
        return reply.get("parameters", {}), reply.get("continues", False)

    def call(self, method, **parameters):
        self.write(encode(method, parameters))
        parameters, continues = self.reply()
        assert not continues, "continues, but nobody asked for more"
        return parameters

    def error(self, method, **parameters):
        """(name, parameters) of the error that this call gives."""
        try:
            got = self.call(method, **parameters)
        except VarlinkError as e:
            return e.name, e.parameters
        raise AssertionError(f"{method} {parameters} gave {got}, not an error")

    def is_closed(self):
        return self.message() is None
