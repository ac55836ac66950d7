"""Cron expressions: can this one ever fire?"""

from __future__ import annotations

import re

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_NAMES = {name: index for names in ("jan feb mar apr may jun jul aug sep oct nov dec",) for index, name in enumerate(names.split(), 1)}
_DAYS = {name: index for index, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_LENGTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?")

NICKNAMES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
"""What cron and Jenkins call some times; servers that take five fields only know none of them."""


def cron_problem(expression: str) -> str:
    """Why a five-field expression never fires; empty when it does, or when it holds a variable."""
    if "$" in expression or "{" in expression:
        return ""
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        return f"not a cron expression: {len(fields)} fields instead of five"
    values: list[set[int]] = []
    for field, (name, low, high) in zip(fields, _FIELDS, strict=True):
        found = _values(field.lower(), low, high, _DAYS if name == "weekday" else _NAMES if name == "month" else {})
        if found is None:
            return f"not a cron expression: {name} `{field}`"
        values.append(found)
    if fields[4] == "*" and all(day > _LENGTH[month - 1] for day in values[2] for month in values[3]):
        return f"no such day: day {fields[2]} of month {fields[3]}"
    return ""


def _values(field: str, low: int, high: int, names: dict[str, int]) -> set[int] | None:
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return None
        first = _number(match[1], names) if match[1] else low
        last = _number(match[2], names) if match[2] else high if not match[1] or match[3] else first
        step = int(match[3] or 1)
        if first is None or last is None or not low <= first <= last <= high or not step:
            return None
        found.update(range(first, last + 1, step))
    return found


def _number(text: str, names: dict[str, int]) -> int | None:
    return int(text) if text.isdigit() else names.get(text[:3])
