"""`match` statements: cases as blocks, and what their patterns bind."""

from __future__ import annotations

import libcst as cst

from mlrubric.read.python.builder import Builder
from mlrubric.read.python.dispatch import statement
from mlrubric.read.python.flow import Environment, merge, together
from mlrubric.read.python.positions import NOWHERE, Twin


@statement(cst.Match)
def match_statement(b: Builder, node: cst.Match, at: Twin) -> None:
    flow = b.flow
    subject = b.value(node.subject, at.subject)
    ends: list[tuple[Environment, bool]] = []
    lefts: list[str] = []
    exhausted = False
    for number, case in enumerate(node.cases):
        twin = at.cases[number]
        before, dead = dict(flow.env), flow.dead
        opened = b.open("case", subject, None, b.span(case.pattern, twin.pattern)[0])
        _pattern(b, case.pattern, twin.pattern, subject)
        unmatched = before
        if case.guard is not None:
            b.value(case.guard, twin.guard)
            unmatched = merge([before, flow.env])
        b.suite(case.body, twin.body)
        lefts.append(b.close(opened, b.span(case.body.body[-1], twin.body[-1])[2]))
        ends.append((flow.env, flow.dead))
        exhausted = case.guard is None and _always_matches(case.pattern)
        flow.env, flow.dead = dict(unmatched), dead or exhausted
    if not exhausted:
        ends.append((flow.env, flow.dead))
        lefts.append("")
    flow.arrive(ends)
    b.left(together(lefts))


def _always_matches(pattern: cst.MatchPattern) -> bool:
    if isinstance(pattern, cst.MatchAs):
        return pattern.pattern is None or _always_matches(pattern.pattern)
    return isinstance(pattern, cst.MatchOr) and any(_always_matches(p.pattern) for p in pattern.patterns)


def _pattern(b: Builder, node: cst.MatchPattern | cst.MatchStar, at: Twin, subject: int) -> None:
    """Bind what a pattern captures of the value of an operation."""
    if isinstance(node, cst.MatchAs):
        if node.pattern is not None:
            _pattern(b, node.pattern, at.pattern, subject)
        if node.name is not None:
            b.assign(node.name.value, node.name, at, (subject,))
    elif isinstance(node, cst.MatchValue):
        b.value(node.value, at.value)
    elif isinstance(node, cst.MatchList | cst.MatchTuple):
        _sequence(b, node, at, subject)
    elif isinstance(node, cst.MatchMapping):
        for number, element in enumerate(node.elements):
            key = b.value(element.key, at.keys[number])
            part = b.emit("subscript", element.pattern, at.patterns[number], "", (subject, key))
            _pattern(b, element.pattern, at.patterns[number], part)
        if node.rest is not None:
            b.assign(node.rest.value, node.rest, at, (b.emit("unknown", node, at, "pattern", (subject,)),))
    elif isinstance(node, cst.MatchClass):
        kind = b.value(node.cls, at.cls)
        for number, element_ in enumerate(node.patterns):
            value = element_.value
            assert isinstance(value, cst.MatchPattern)
            part = b.emit("unknown", value, at.patterns[number], "pattern", (subject, kind))
            _pattern(b, value, at.patterns[number], part)
        for number, keyword in enumerate(node.kwds):
            part = b.emit("attribute", keyword.pattern, at.kwd_patterns[number], keyword.key.value, (subject,))
            _pattern(b, keyword.pattern, at.kwd_patterns[number], part)
    elif isinstance(node, cst.MatchOr):
        _alternatives(b, node, at, subject)


def _sequence(b: Builder, node: cst.MatchList | cst.MatchTuple, at: Twin, subject: int) -> None:
    star = next((i for i, e in enumerate(node.patterns) if isinstance(e, cst.MatchStar)), len(node.patterns))
    for number, element in enumerate(node.patterns):
        twin = at.patterns[number]
        if isinstance(element, cst.MatchStar):
            if element.name is not None:
                part = b.emit("unpack", element, twin, "", (subject,), "*")
                b.assign(element.name.value, element.name, twin, (part,))
        else:
            value = element.value
            assert isinstance(value, cst.MatchPattern)
            part = b.emit("unpack", value, twin, "", (subject,), number if number < star else number - len(node.patterns))
            _pattern(b, value, twin, part)


def _alternatives(b: Builder, node: cst.MatchOr, at: Twin, subject: int) -> None:
    before, states = b.flow.env, []
    for number, alternative in enumerate(node.patterns):
        b.flow.env = dict(before)
        _pattern(b, alternative.pattern, at.patterns[number] if at is not NOWHERE else NOWHERE, subject)
        states.append(b.flow.env)
    b.flow.env = merge(states)
