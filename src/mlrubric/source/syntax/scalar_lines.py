"""Where each line of a YAML scalar's text begins in the source, so that a problem inside a script points at its own line."""

from __future__ import annotations

import re
from bisect import bisect_right

_HEX = {"x": 2, "u": 4, "U": 8}


def literal_lines(text: str, starts: list[int], start: int, value: str) -> tuple[tuple[int, int], ...]:
    """(line, column) of each line of a `|` scalar that begins at offset `start`."""
    first, indent = _body(text, starts, start)
    count = value.count("\n") + (0 if value.endswith("\n") else 1)
    return tuple((first + i, min(indent, len(_line(text, starts, first + i))) + 1) for i in range(count))


def folded_lines(text: str, starts: list[int], start: int, value: str) -> tuple[tuple[int, int], ...]:
    """(line, column) of each line of a `>` scalar: where the first source line that was folded into it begins."""
    first, indent = _body(text, starts, start)
    count = value.count("\n") + (0 if value.endswith("\n") else 1)
    known: dict[int, tuple[int, int]] = {}
    position, number, line = 0, first, 0
    while number <= len(starts) and len(known) <= count:
        source = _line(text, starts, number)[indent:]
        if source:
            found = value.find(source, position)
            if found < 0:
                break
            line += value.count("\n", position, found)
            known.setdefault(line, (number, indent + 1))
            position = found + len(source)
        number += 1
    result: list[tuple[int, int]] = []
    for index in range(count):
        previous = result[-1] if result else (first - 1, 1)
        result.append(known.get(index) or (min(previous[0] + 1, len(starts)), 1))
    return tuple(result)


def wrapped_lines(text: str, start: int, end: int, quote: str) -> list[int]:
    """Offsets where each line of a plain or quoted scalar's text begins."""
    at = start + 1 if quote else start
    found = [at]
    while at < end:
        character = text[at]
        if character == "\n":
            at = _past_fold(text, at, end, found)
        elif quote == '"' and character == "\\":
            at = _past_escape(text, at, end, found)
        else:
            at += 1
    return found


def _past_fold(text: str, at: int, end: int, found: list[int]) -> int:
    """The first character after a line break; one break is a space, each further one is a new line."""
    breaks = 0
    while at < end and text[at] in " \t\n":
        if text[at] == "\n":
            breaks += 1
            if breaks > 2:
                found.append(at)
        at += 1
    if breaks > 1:
        found.append(at)
    return at


def _past_escape(text: str, at: int, end: int, found: list[int]) -> int:
    kind = text[at + 1 : at + 2]
    if kind in _HEX:
        after = at + 2 + _HEX[kind]
        digits = text[at + 2 : after]
        if re.fullmatch("0*[aA]", digits):
            found.append(after)
        return after
    after = at + 2
    if kind == "n":
        found.append(after)
    if kind == "\n":
        while after < end and text[after] in " \t":
            after += 1
    return after


def _body(text: str, starts: list[int], start: int) -> tuple[int, int]:
    """The first line of a block scalar's body and its indentation."""
    low = bisect_right(starts, start)
    first = low + 1
    for number in range(first, len(starts) + 1):
        line = _line(text, starts, number)
        if line.strip(" "):
            indent = len(line) - len(line.lstrip(" "))
            break
    else:
        indent = 0
    if explicit := re.match(r"[|>][+-]?([1-9])", text[start : start + 3]):
        parent = _line(text, starts, low)
        base = len(parent) - len(parent.lstrip(" -?"))
        indent = min(indent, base + int(explicit.group(1)))
    return first, indent


def _line(text: str, starts: list[int], number: int) -> str:
    if number > len(starts):
        return ""
    begin = starts[number - 1]
    end = starts[number] - 1 if number < len(starts) else len(text)
    return text[begin:end]
