# SPDX-License-Identifier: LGPL-2.1-or-later
"""A fragd-taskstats that knows what a test tells it, in the bytes of a real kernel; and the protocol, written a second time."""

import contextlib
import os
import socket
import struct
import threading

MAGIC, VERSION, DATA = 0x46524754, 1, 1024
REQUEST = struct.Struct("=IIII")
REPLY = struct.Struct(f"=IIIiII{DATA}s")
FIXTURES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fixtures", "taskstats")
COMPACT, WPCOPY = 352, 400  # where the kernel keeps them since 5.17


def recorded(name):
    with open(os.path.join(FIXTURES, name), "rb") as f:
        return f.read()


def stats(compactions=0, usec=0, kernel="7.3-idle", accounted=True):
    data = bytearray(recorded(kernel))
    struct.pack_into("=QQ", data, COMPACT, compactions, usec * 1000)
    if not accounted:
        struct.pack_into("=QQ", data, WPCOPY, 0, 0)
    return bytes(data)


class FakeTaskstats:
    """Listens where the service manager would. processes: pid -> bytes, or a negative errno; others do not exist."""

    def __init__(self, path):
        self.path, self.processes, self.asked, self.connections = path, {}, [], 0
        self.hangs_up = False  # at the next question
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                while self.answer(connection):
                    pass

    def answer(self, connection):
        try:
            data = connection.recv(REQUEST.size + 1)
            if len(data) != REQUEST.size or self.hangs_up:
                self.hangs_up = False
                return False
            magic, version, pid, reserved = REQUEST.unpack(data)
            assert (magic, version, reserved) == (MAGIC, VERSION, 0)
            self.asked.append(pid)
            got = self.processes.get(pid, -3)
            result, payload = (got, b"") if isinstance(got, int) else (0, got)
            connection.send(REPLY.pack(MAGIC, VERSION, pid, result, len(payload), 0, payload))
            return True
        except OSError:
            return False

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
