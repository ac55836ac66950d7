"""The `depends` of an Argo task: which tasks must have succeeded before it, as far as its expression says so."""

from __future__ import annotations

import re

_TASK = re.compile(r"([A-Za-z0-9_][\w-]*)(?:\.(\w+))?")
_GOOD = frozenset({"", "Succeeded", "AnySucceeded", "Skipped", "Daemoned"})


def needed(text: str) -> tuple[str, ...]:
    """The tasks of the clauses joined by `&&` that name one task only, in its good ends; `a || b` and `!a` ask for neither."""
    found: list[str] = []
    for clause in _clauses(text):
        named = _TASK.findall(clause)
        names = {name for name, _ in named}
        if len(names) == 1 and "!" not in clause and all(end in _GOOD for _, end in named):
            found.append(names.pop())
    return tuple(dict.fromkeys(found))


def _clauses(text: str) -> list[str]:
    """The parts of an expression that `&&` joins outside of brackets."""
    text = text.strip()
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    parts, depth, start = list[str](), 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and text.startswith("||", place):
            return [text]
        if depth == 0 and text.startswith("&&", place):
            parts.append(text[start:place])
            start = place + 2
    parts.append(text[start:])
    return [text] if len(parts) == 1 else [clause for part in parts for clause in _clauses(part)]


def _closes(text: str) -> int:
    """Where the bracket that opens the text closes."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place
    return -1
