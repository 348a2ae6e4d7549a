# SPDX-License-Identifier: LGPL-2.1-or-later
"""A shell on the screen of a tmux of its own, and what completes there.

Nothing is set up but what the distribution's packages bring, our completions in a place where the shell looks for them, and
whatever makes the screen easy to read."""

import os
import re
import shlex
import subprocess

from fragd_harness import DEADLINE, wait_until

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMPLETIONS = os.path.join(SOURCE, "completions")
PROMPT = ">"
SHELLS = ("bash", "zsh", "fish")

BASHRC = """
PS1='> '
. /usr/share/bash-completion/bash_completion
bind 'set show-all-if-ambiguous on'
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
bind 'set completion-query-items 0'
bind 'set page-completions off'
"""

# Without always_last_prompt, what zsh lists stays on the screen, as in bash.
ZSHRC = f"""
PROMPT='> '
unsetopt prompt_cr prompt_sp always_last_prompt auto_menu beep
LISTMAX=0
fpath=({shlex.quote(COMPLETIONS)}/zsh $fpath)
autoload -Uz compinit
compinit -D -u
"""

FISHRC = f"""
set -g fish_greeting
set -g fish_autosuggestion_enabled 0
set -p fish_complete_path {shlex.quote(COMPLETIONS)}/fish
function fish_prompt; echo -n '> '; end
function fish_right_prompt; end
function fish_title; end
"""


def put(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def write_home(home):
    put(f"{home}/bashrc", BASHRC)
    put(f"{home}/.zshrc", ZSHRC)
    put(f"{home}/.config/fish/config.fish", FISHRC)
    os.makedirs(f"{home}/bash-completion", exist_ok=True)
    os.symlink(f"{COMPLETIONS}/bash", f"{home}/bash-completion/completions")


class Screen:
    """With it: a shell that waits for a line. home: a new directory for its files; bin: where it finds fragctl."""

    def __init__(self, shell, home, bin):
        write_home(home)
        self.command = {"bash": f"bash --noprofile --rcfile {shlex.quote(home)}/bashrc -i", "zsh": "zsh -i", "fish": "fish -i"}[shell]
        self.name = f"fragd-test-{os.getpid()}"
        self.home = home
        self.env = {"HOME": home, "ZDOTDIR": home, "XDG_CONFIG_HOME": f"{home}/.config", "XDG_DATA_HOME": f"{home}/.local",
                    "BASH_COMPLETION_USER_DIR": f"{home}/bash-completion", "PATH": f"{bin}:{os.environ['PATH']}",
                    "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh", "TMUX_TMPDIR": home}

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-L", self.name, "-f", "/dev/null", *arguments], env=self.env, cwd=self.home,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
                              timeout=DEADLINE).stdout

    def __enter__(self):
        self.tmux("new-session", "-d", "-x", "150", "-y", "60", f"exec {self.command}")
        try:
            self.until("a prompt", lambda: self.text() == PROMPT)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")

    def text(self):
        """What is on the screen, without the blanks at the end of lines and the empty lines at its end."""
        return "\n".join(line.rstrip() for line in self.tmux("capture-pane", "-p").splitlines()).rstrip()

    def until(self, what, condition):
        try:
            wait_until(what, condition)
        except AssertionError as e:
            raise AssertionError(f"{e}; the screen:\n{self.text()}") from None

    def type(self, text, *keys):
        self.tmux("send-keys", "-l", text)
        if keys:
            self.tmux("send-keys", *keys)

    def clear(self):
        """An empty screen with a prompt."""
        self.tmux("send-keys", "C-u", "C-l")
        self.until("an empty line", lambda: self.text() == PROMPT)

    def becomes(self, typed, line):
        """Tab makes one thing of it."""
        self.type(typed, "Tab")
        self.until(f"{typed!r} becomes {line!r}", lambda: self.text() == f"{PROMPT} {line}")

    def lists(self, typed, *wanted, without=()):
        """Tab leaves it, and lists these words; in bash and zsh above a new prompt, in fish under it."""
        self.type(typed, "Tab")
        self.until(f"{typed!r} lists {wanted}", lambda: all(self.shown(word) for word in wanted))
        for word in without:
            assert not self.shown(word), f"{word} is listed:\n{self.text()}"

    def shown(self, word):
        return any(re.search(rf"(?<!\S){re.escape(word)}(?!\S)", line)
                   for line in self.text().splitlines() if not line.startswith(PROMPT))

    def nothing(self, typed):
        """Tab changes nothing and says nothing: the screen is that line alone, and what is typed next is next to it."""
        self.type(typed, "Tab")
        self.type("@")
        self.until(f"{typed!r} stays", lambda: self.text().endswith("@"))
        assert self.text() == f"{PROMPT} {typed}@", self.text()
