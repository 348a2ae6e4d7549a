#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The completions of bash, zsh and fish: test_completion.py BUILD_DIR. Prints TAP.

In real shells, with a real fragd to ask; and whether they offer what fragctl and fragd take, no more and no less."""

import json
import os
import re
import shlex
import signal
import subprocess
import time

import fragd_harness
from fragctl_tap import FRAGCTL, environment
from fragd_harness import BUILD, DEADLINE, FRAGD, HEALED, equal, wait_until
from shell_screen import COMPLETIONS, SHELLS, Screen, put
from varlink_client import with_fragd


def screen(m, shell, patient=True):
    """A shell that finds a fragctl which talks with the fragd of m, for as long as it takes."""
    bin = os.path.join(m.top, "bin")
    put(f"{bin}/fragctl", f'#!/bin/sh\nexec {shlex.quote(FRAGCTL)} --runtime-dir {shlex.quote(m.runtime)} "$@"\n', 0o755)
    os.symlink(os.path.abspath(FRAGD), f"{bin}/fragd")
    if patient:  # sanitizers on a busy machine
        put(f"{bin}/timeout", '#!/bin/sh\nshift\nexec "$@"\n', 0o755)
    return Screen(shell, os.path.join(m.top, "home"), bin)


def two_nodes(m):
    node = m.get("proc/buddyinfo")
    m.put("proc/buddyinfo", node + "\n" + node.replace("Node 0", "Node 1") + "\n")
    wait_until("node 1", lambda: len(m.fragd.status()["nodes"]) == 2)


def in_each_shell(title, fragd=False):
    """A case of each shell: function(m, shell)."""
    def decorate(function):
        def cases():
            for shell in SHELLS:
                def case(m, shell=shell):
                    function(m, shell)
                case.__doc__ = f"{shell}: {title}"
                yield with_fragd()(case) if fragd else case
        return cases
    return decorate


@in_each_shell("a verb's beginning")
def cases_of_verb(m, shell):
    with screen(m, shell) as s:
        s.becomes("fragctl po", "fragctl policy")


@in_each_shell("all verbs")
def cases_of_verbs(m, shell):
    with screen(m, shell) as s:
        s.lists("fragctl --json ", *options_by_verb(), without=("--json", "list"))


@in_each_shell("the verbs of policy")
def cases_of_policy(m, shell):
    with screen(m, shell) as s:
        s.lists("fragctl --color never policy --runtime ", "list", "show", "set", without=("status", "check"))


@in_each_shell("an option's beginning")
def cases_of_option(m, shell):
    with screen(m, shell) as s:
        s.becomes("fragctl log --fol", "fragctl log --follow")


@in_each_shell("only the options that a verb takes")
def cases_of_options(m, shell):
    with screen(m, shell) as s:
        s.lists("fragctl zones --", "--node", "--order", "--json", "--color", without=("--watch", "--since"))


@in_each_shell("an option's values")
def cases_of_values(m, shell):
    with screen(m, shell) as s:
        s.lists("fragctl --color ", "auto", "always", "never", without=("status",))


@in_each_shell("the policies of fragd, built in and the administrator's", fragd=True)
def cases_of_policies(m, shell):
    with screen(m, shell) as s:
        s.lists("fragctl policy set ", "test", "balanced", "observe", without=("NAME", "for"))


@in_each_shell("a policy's beginning", fragd=True)
def cases_of_a_policy(m, shell):
    with screen(m, shell) as s:
        s.becomes("fragctl policy show te", "fragctl policy show test")


@in_each_shell("nothing after a policy", fragd=True)
def cases_of_after_policy(m, shell):
    with screen(m, shell) as s:
        s.nothing("fragctl policy set balanced x")


@in_each_shell("the nodes of fragd", fragd=True)
def cases_of_nodes(m, shell):
    two_nodes(m)
    with screen(m, shell) as s:
        s.lists("fragctl zones --node ", "0", "1", without=("2",))


@in_each_shell("the nodes of fragd, behind '='", fragd=True)
def cases_of_nodes_equals(m, shell):
    m.memory(HEALED)
    with screen(m, shell) as s:
        s.becomes("fragctl compact --node=", "fragctl compact --node=0")


@in_each_shell("fragd is asked where the line says", fragd=True)
def cases_of_directory(m, shell):
    where, m.runtime = m.runtime, "/proc/self/none"
    try:
        with screen(m, shell) as s:
            s.becomes(f"fragctl --runtime-dir {where} policy set te", f"fragctl --runtime-dir {where} policy set test")
    finally:
        m.runtime = where


@in_each_shell("a configuration")
def cases_of_config(m, shell):
    with screen(m, shell) as s:
        s.becomes(f"fragctl config check {m.top}/fragd.c", f"fragctl config check {m.top}/fragd.conf")


@in_each_shell("no fragd: no policies, no nodes, not a word")
def cases_of_silence(m, shell):
    with screen(m, shell) as s:
        s.nothing("fragctl policy set ")
        s.clear()
        s.nothing("fragctl zones --node ")


@in_each_shell("a fragd that hangs: nothing, and soon", fragd=True)
def cases_of_hanging(m, shell):
    os.kill(m.fragd.pid, signal.SIGSTOP)
    try:
        with screen(m, shell, patient=False) as s:
            since = time.monotonic()
            s.nothing("fragctl policy set ")
            assert time.monotonic() - since < 20, "as long as fragctl itself waits"
    finally:
        os.kill(m.fragd.pid, signal.SIGCONT)


@in_each_shell("fragd's own options")
def cases_of_fragd(m, shell):
    with screen(m, shell) as s:
        s.becomes("fragd --check", "fragd --check-config")


# --- what the programs take, and what is offered ---


def output(*command):
    p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=DEADLINE, env=environment())
    assert p.returncode == 0 and not p.stderr, f"{command}: {p.returncode}: {p.stderr}"
    return p.stdout


def options_in(text):
    """From fragctl's help: each option with its help and whether it takes a value."""
    found = {}
    for letter, name, argument, words in re.findall(r"^  (?:-(\w),|   ) --([a-z-]+)( [A-Z:]+)? +(\S.*)$", text, re.M):
        found.update({o: (words, bool(argument)) for o in (letter and "-" + letter, "--" + name) if o})
    assert "--json" in found, text
    return found


def verbs():
    found = dict(re.findall(r"^  ([a-z]+) +(\S.*)$", output(FRAGCTL, "--help"), re.M))
    assert "status" in found, found
    return found


def options_by_verb():
    return {verb: options_in(output(FRAGCTL, verb, "--help")) for verb in verbs()}


def helps(options):
    return {option: words for option, (words, _) in options.items()}


def fragd_options():
    found = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", output(FRAGD, "--help")))
    assert {"-c", "--once", "--json"} <= found, found
    return found


def from_bash(*words):
    """What bash offers in place of the last word."""
    script = f'. {COMPLETIONS}/bash/{words[0]}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _{words[0]}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return set(output("bash", "--norc", "-c", script, "bash", *words).split())


def from_fish(*words):
    """What fish offers, with what it says about each."""
    script = f"source {COMPLETIONS}/fish/{words[0]}.fish; complete -C $argv[1]"
    lines = output("fish", "--no-config", "-c", script, " ".join(words)).splitlines()
    return dict(line.split("\t", 1) for line in lines)


def from_zsh(command, verb=""):
    """The options that zsh is told of, with what is said about each and whether they take a value; the verbs with verb=None."""
    after = f"state=arguments; words=({verb})" if verb else "state=verb"
    stubs = f'_arguments() {{ print -rl -- "$@"; {after}; return 1 }}; _describe() {{ print -rl -- "${{(P@)4}}" }}; words=({command})'
    lines = output("zsh", "-f", "-c", f"{stubs}; . {COMPLETIONS}/zsh/_{command}; true").splitlines()
    options = {}
    for line in lines:
        if match := re.match(r"(?:\([^)]*\))?(--?[a-z-]+)([+=]?)\[(.*?)\]", line):
            options[match[1]] = (match[3].replace("\\:", ":"), bool(match[2]))
    return options, dict(line.split(":", 1) for line in lines if re.match(r"[a-z]+:", line))


def test_verbs(_):
    """each verb of fragctl is offered, and nothing else"""
    equal(from_bash("fragctl", ""), set(verbs()))
    equal(from_fish("fragctl", ""), verbs())
    equal(from_zsh("fragctl")[1], verbs())


def test_global_options(_):
    """each option of fragctl before a verb is offered, and nothing else"""
    options = options_in(output(FRAGCTL, "--help"))
    equal(from_bash("fragctl", "-"), set(options))
    equal(from_fish("fragctl", "-"), helps(options))
    equal(from_zsh("fragctl")[0], options)


def test_bash_options(_):
    """bash: each option of each verb is offered, and nothing else"""
    for verb, options in options_by_verb().items():
        equal((verb, from_bash("fragctl", verb, "-")), (verb, set(options)))


def test_fish_options(_):
    """fish: each option of each verb is offered with fragctl's words, and nothing else"""
    for verb, options in options_by_verb().items():
        equal((verb, from_fish("fragctl", verb, "-")), (verb, helps(options)))


def test_zsh_options(_):
    """zsh: each option of each verb is offered with fragctl's words, and nothing else"""
    for verb, options in options_by_verb().items():
        equal((verb, from_zsh("fragctl", verb)[0]), (verb, options))


def test_values(_):
    """no option's value is taken for a verb, and no verb for a value"""
    for option, (_, value) in sorted({o: v for options in options_by_verb().values() for o, v in options.items()}.items()):
        words = ("fragctl", option, *(["policy"] if value else []), "")
        equal((option, from_bash(*words)), (option, set(verbs())))
        equal((option, from_fish(*words)), (option, verbs()))


def test_bash_breaks(_):
    """bash: words that readline breaks at '=' and ':'"""
    equal(from_bash("fragctl", "--color", "=", "a"), {"auto", "always"})
    equal(from_bash("fragctl", "--color=a"), {"--color=auto", "--color=always"})
    equal(from_bash("fragctl", "--color", "=", "never", "po"), {"policy"})
    equal(from_bash("fragctl", "log", "--since", "14", ":", "02", "--fol"), {"--follow"})
    equal(from_bash("fragctl", "--since", "14", ":", "02", ":", "30", "pol"), {"policy"})


def test_fragd_options(_):
    """each option of fragd is offered, and nothing else"""
    equal(from_bash("fragd", "-"), fragd_options())
    equal(set(from_fish("fragd", "-")), fragd_options())
    equal(set(from_zsh("fragd")[0]), fragd_options())


def test_installed(_):
    """they are installed where the shells look"""
    installed = json.loads(output("meson", "introspect", BUILD, "--installed"))
    for source, place in (("bash/fragctl", "bash-completion/completions/fragctl"), ("zsh/_fragctl", "zsh/site-functions/_fragctl"),
                          ("fish/fragctl.fish", "fish/vendor_completions.d/fragctl.fish")):
        path = installed[os.path.join(COMPLETIONS, source)]
        assert path.endswith("/share/" + place), path


fragd_harness.run(globals())
