# SPDX-License-Identifier: LGPL-2.1-or-later
"""`fragctl top` on the screen of a tmux of its own, started from a shell that is there again when it has ended."""

import contextlib
import os
import shlex
import shutil
import signal
import tempfile

from fragctl_tap import FRAGCTL
from shell_screen import PROMPT, Screen, put


class Top(Screen):
    def __init__(self, runtime, columns=80, rows=24, **environment):
        self.home = tempfile.mkdtemp(prefix="fragctl-top-")
        put(f"{self.home}/rc", f"PS1='{PROMPT} '\nPROMPT_COMMAND=\nset +o history\n")
        self.command = f"bash --noprofile --rcfile {self.home}/rc -i"
        self.name = f"fragd-top-{os.getpid()}"
        self.env = {**{k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CLICOLOR_FORCE", "TMUX")},
                    "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh", "TMUX_TMPDIR": self.home, "TZ": "UTC"}
        self.size = (columns, rows)
        inside = " ".join(f"{k}={shlex.quote(v)}" for k, v in environment.items())
        self.line = f"{inside} {FRAGCTL} --runtime-dir {shlex.quote(runtime)} top"

    def __enter__(self):
        self.tmux("new-session", "-d", "-x", str(self.size[0]), "-y", str(self.size[1]), f"exec {self.command}")
        # so that a window is as large as it is told to be, clients or not
        self.tmux("set-option", "-g", "window-size", "manual")
        try:
            self.until("a prompt", lambda: self.text() == PROMPT)
        except BaseException:
            self.__exit__()
            raise
        self.type(f" stty -a > {self.home}/before; {self.line} 2> {self.home}/stderr; echo ended $?; stty -a > {self.home}/after", "Enter")
        return self

    def __exit__(self, *_):
        try:
            left = self.pid()
        except (IndexError, OSError):
            left = None  # it has ended
        self.tmux("kill-server")
        if left:
            # What a sanitizer looks for at the end of a program goes round and round without the program's terminal.
            with contextlib.suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
        shutil.rmtree(self.home)

    def shows(self, *texts):
        self.until(f"{texts} on the screen", lambda: all(text in self.text() for text in texts))
        return self.text()

    def lacks(self, text):
        self.until(f"{text!r} gone from the screen", lambda: text not in self.text())

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def escapes(self):
        """The screen with its colours."""
        return self.tmux("capture-pane", "-p", "-e", "-N")

    def pid(self):
        """Of fragctl: the child of the shell."""
        shell = self.tmux("list-panes", "-F", "#{pane_pid}").strip()
        with open(f"/proc/{shell}/task/{shell}/children") as f:
            return int(f.read().split()[0])
    def ended(self, status=0):
        """The shell is back, with the terminal and the screen as they were."""
        self.shows(f"ended {status}")
        self.until("a prompt", lambda: self.text().endswith(PROMPT) and os.path.exists(f"{self.home}/after"))
        before, after, stderr = (open(f"{self.home}/{name}").read() for name in ("before", "after", "stderr"))
        assert before == after, f"{before}\n{after}"
        flags = self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{keypad_flag} #{keypad_cursor_flag}").split()
        assert flags == ["0", "1", "0", "0"], flags
        return stderr
