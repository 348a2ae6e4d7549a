#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fragctl explain, against a fragd that only answers (fake_server.py)."""

import re
import sys

from fake_server import MONITOR, explanation, objective
from fragctl_tap import Served, case, check, has, main


@case("explain: the sentence, the numbers, what holds back, the next step")
def _():
    with Served() as s:
        out = s.run("explain").expect(0).out
        has(out, "Node 0, blocks of 2M for user memory: fragmented\n", "Node 0 has only 96 MiB", "have", "512M", "768M", "1.1G",
            "-1.1M/s", "4min 10s", "99%", "held by", "Next step: None needed", "blocks of 64K for kernel memory: met\n",
            "\nThe machine as a whole\n  - postgres lost 1.8s to direct compaction")
        check(out.count("Next step") == 1, "an empty next step is shown", out)


@case("explain: the cause behind the verdict, what else there is, each with its next step; an older fragd has neither")
def _():
    short = objective(verdict="short")
    with Served({MONITOR + "Explain": {"explanations": [explanation(objective=short, cause="page-cache")], "machine": [
            {"cause": "hugetlb-pool", "sentence": "The pool is short.", "next_step": "fragctl prepare"}]}}) as s:
        has(s.run("explain").expect(0).out, "for user memory: short (page-cache)\n",
            "\nThe machine as a whole\n  - The pool is short.\n    Next step: fragctl prepare\n")
    with Served({MONITOR + "Explain": {"explanations": [explanation(objective=short, cause=None)]}}) as s:
        out = s.run("explain").expect(0).out
        has(out, "for user memory: short\n")
        check("machine" not in out, out)


@case("explain: what each lever brought for its cost; nothing of that from an older fragd")
def _():
    numbers = {"efficacy_permyriad": {"window": 9200, "compact": 4000, "proactiveness": 0},
               "gain_per_page_bytes": {"window": 1801, "compact": 1 << 12}, "gain_per_msec_bytes": {"window": 1400000}}
    with Served({MONITOR + "Explain": {"explanations": [explanation(**numbers)]}}) as s:
        out = s.run("explain").expect(0).out
        check(re.search(r"  window +92% +of what was expected came of late, 1.3G for a second of CPU\n", out), out)
        check(re.search(r"  compact +40% +of what was expected came of late, 4K for each page that was looked at\n", out), out)
        check(re.search(r"  proactiveness +0% +of what was expected came of late\n", out), out)
    with Served({MONITOR + "Explain": {"explanations": [explanation(**{k: None for k in numbers})]}}) as s:
        check("came of late" not in s.run("explain").expect(0).out)


@case("explain: nothing to explain")
def _():
    with Served({MONITOR + "Explain": {"explanations": []}}) as s:
        has(s.run("explain").expect(0).out, "no objective")


@case("explain: without an objective")
def _():
    with Served({MONITOR + "Explain": {"explanations": [explanation(objective=None)]}}) as s:
        has(s.run("explain").expect(0).out, "Node 0\n", "Node 0 has only")


if __name__ == "__main__":
    sys.exit(main())
