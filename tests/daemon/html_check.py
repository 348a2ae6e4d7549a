# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether a report is well-formed HTML that loads nothing: faults(text)."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img"}
MAY_LACK_TEXT = {"td", "div", "i", "path", "rect", "circle", "main"}
# What has an address that a browser fetches.
FETCHES = {"src", "href", "srcset", "data", "action", "poster", "xlink:href", "background"}


class Checker(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.open, self.found, self.ids, self.attributes = [], [], [], 0

    def fault(self, what):
        self.found.append(f"line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.fault(f"an attribute twice in <{tag}>")
        for name, value in attrs:
            if name in FETCHES and not (value or "").startswith("data:"):
                self.fault(f"{name}={value!r} would be fetched")
            if name.startswith("on"):
                self.fault(f"a script in {name}")
            if name == "id":
                self.ids.append(value)
        if tag in ("script", "iframe", "object", "embed", "base", "form"):
            self.fault(f"<{tag}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            if "svg" not in self.open:
                self.fault(f"<{tag}/> closes itself only in SVG")
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID or not self.open or self.open[-1] != tag:
            self.fault(f"</{tag}> within {self.open[-3:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            if re.search(r"@import|url\(", data):
                self.fault("the style sheet fetches something")
        elif "<" in data or re.search(r"[\x00-\x08\x0b-\x1f\x7f]", data):
            self.fault(f"not escaped: {data[:60]!r}")

    def handle_entityref(self, name):
        if name not in ("amp", "lt", "gt", "quot"):
            self.fault(f"&{name};")

    def unknown_decl(self, data):
        self.fault(f"a declaration: {data[:60]!r}")


def faults(text):
    checker = Checker()
    checker.feed(text)
    checker.close()
    found = checker.found + [f"<{tag}> is never closed" for tag in checker.open]
    found += [f"id {x} twice" for x in set(checker.ids) if checker.ids.count(x) > 1]
    # An ampersand that begins no reference is text to the parser.
    found += [f"a bare ampersand: {m.group(0)!r}" for m in re.finditer(r"&(?!(?:amp|lt|gt|quot|#\d+);).{0,20}", text)]
    found += [f"an address: {m.group(0)!r}" for m in re.finditer(r"(?i)\b(?:https?|ftp|wss?):.{0,40}|(?<=[\"'(])//\w.{0,40}", text)]
    if re.search(r'\b(?:d|x|y|cx|cy|width|height|opacity)="[^"]*(?:nan|inf)', text):
        found.append("a number that is none")
    return found + ([] if text.startswith("<!DOCTYPE html>\n") else ["no doctype"])


def sections(text):
    checker = Checker()
    checker.feed(text)
    return checker.ids
