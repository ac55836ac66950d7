"""The examples of a rule, run: every marked line must be found, and nothing else.

A mark is a comment `expect: ID` on the very line. A file that can hold no comment has `<file>.expect` beside it: one `LINE ID` or
`cell N ID` a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from mlrubric.graph.build import build
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.model.proof import Miss
from mlrubric.model.verdict import Finding
from mlrubric.prove.fixes import unlike_fixed
from mlrubric.read.drive import read_tree
from mlrubric.rules.judge import PERSONAS, findings
from mlrubric.rules.rule import Files, Rule
from mlrubric.source.comments import EXPECT, rules_in
from mlrubric.source.tree import MemoryTree

LINE = re.compile(r"(cell )?(\d+) ([A-Z]+\d+)")
Mark = tuple[str, str]


def misses(rule: Rule) -> Iterator[Miss]:
    """Where the rule's own examples differ from what they say."""
    for number, example in enumerate(rule.examples, 1):
        for side, files in (("bad", example.bad), ("good", example.good)):
            if files:
                for message in differences(rule, files, marked=side == "bad"):
                    yield Miss(rule.id, number, side, message, rule.path, _line(rule, number))
        if example.fixed:
            bad, fixed = ({path: text.encode() for path, text in files.items()} for files in (example.bad, example.fixed))
            for message in unlike_fixed(rule, bad, fixed, [rule]):
                yield Miss(rule.id, number, "fixed", message, rule.path, _line(rule, number))


def _line(rule: Rule, number: int) -> int:
    """Where an example of a rule begins in its file."""
    rows = rule.path.read_text(encoding="utf-8").split("\n")
    heads = (line for line, text in enumerate(rows, 1) if text.strip().startswith("[[example]]"))
    return next(islice(heads, number - 1, None), 1)


def differences(rule: Rule, files: Files, marked: bool) -> Iterator[str]:
    """What is found and not marked, marked and not found, found twice; `marked` says whether there must be marks."""
    wanted = marks(files, rule.id)
    if bool(wanted) != marked:
        yield "no line is marked with `expect:`" if marked else "a good example has a mark"
        return
    tree = MemoryTree(dict(files))
    found = findings(build(list(read_tree(tree)), [entry.path for entry in tree.files], load_catalogue()), [rule], PERSONAS[-1])
    places = [where(one) for one in found]
    for path, line in sorted(wanted - set(places)):
        yield f"{path}:{line}: expected, not found"
    for one in found:
        if where(one) not in wanted:
            yield f"{one.place}: found, not expected: {one.message}"
    for place in sorted({p for p in places if places.count(p) > 1}):
        yield f"{':'.join(place)}: found more than once"


def marks(files: Mapping[str, str], rule: str) -> set[Mark]:
    """The marked places of a rule, as path and line (or `cell N`)."""
    found: set[Mark] = set()
    for path, text in files.items():
        lines = text.split("\n")
        if path.endswith(".expect"):
            for match in filter(None, map(LINE.fullmatch, lines)):
                if match[3] == rule:
                    found.add((path.removesuffix(".expect"), f"{match[1] or ''}{match[2]}"))
        else:
            found |= {(path, str(n)) for n, line in enumerate(lines, 1) if (m := EXPECT.search(line)) and rule in rules_in(m["rules"])}
    return found


def where(finding: Finding) -> Mark:
    """The place of a finding as a mark names it."""
    place = finding.place
    return place.path, f"cell {place.cell}" if place.cell is not None else str(place.line)
