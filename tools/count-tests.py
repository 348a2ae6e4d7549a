#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the single cases in meson's test log: TAP lines where a program printed them, else the program itself. Prints what failed
or was skipped, then 'N passed, N failed, N skipped'; exit status 1 if anything failed or nothing ran."""
import json
import re
import sys

CASE = re.compile(r"^(not )?ok\b[^#]*(#\s*(skip|todo)\b.*)?", re.IGNORECASE)
DETAILS = 40  # lines of comment after a failed case that are shown


def count(test):
    """(passed, failed, skipped) of one program's record, and lines to show."""
    passed = failed = skipped = 0
    shown, why = [], 0
    if test["result"] == "EXPECTEDFAIL":  # a test that shows that a test can fail
        return 1, 0, 0, shown
    for line in test.get("stdout", "").splitlines():
        m = CASE.match(line)
        if not m:
            if why and line.startswith("#"):
                shown.append(line[:400])
                why -= 1
            continue
        why = 0
        if m.group(2) and m.group(3).lower() == "skip":
            skipped += 1
            shown.append(line)
        elif m.group(1):
            failed += 1
            shown.append(line)
            why = DETAILS
        else:
            passed += 1
    if test["result"] not in ("OK", "SKIP") and failed == 0:
        failed += 1
        shown.append(f"{test['result']} (exit status {test.get('returncode')})")
    if passed + failed + skipped == 0:
        if test["result"] == "SKIP":
            skipped, shown = 1, ["skipped as a whole"]
        else:
            passed = 1
    return passed, failed, skipped, shown


def main():
    totals = [0, 0, 0]
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            *numbers, shown = count(test)
            totals = [a + b for a, b in zip(totals, numbers)]
            for text in shown:
                print(f"{test['name']}: {text}")
    print("{} passed, {} failed, {} skipped".format(*totals))
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main())
