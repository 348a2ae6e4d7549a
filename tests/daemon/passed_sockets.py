# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a service manager does for its services: listens, and passes the sockets as file descriptors from 3 on."""

import os
import socket


def listen(path, kind=socket.SOCK_STREAM, mode=0o600, owner=0):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(path)
    os.chown(path, owner, owner)
    os.chmod(path, mode)
    s.listen()
    return s


def command(program, sockets, names=None):
    """A command that starts the program, whose arguments are to follow, with these sockets; they are to be in pass_fds."""
    # First away from the numbers that are given out below.
    moves = "".join(f"exec {50 + i}<&{s.fileno()}; " for i, s in enumerate(sockets))
    moves += "".join(f"exec {n}<&-; " for n in {s.fileno() for s in sockets})
    moves += "".join(f"exec {3 + i}<&{50 + i} {50 + i}<&-; " for i in range(len(sockets)))
    script = f"{moves}export LISTEN_PID=$$ LISTEN_FDS={len(sockets)} LISTEN_FDNAMES={':'.join(names or [])}; exec \"$0\" \"$@\""
    return ["bash", "-c", script, program]
