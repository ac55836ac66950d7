"""Facts of a text that was made of another one, brought to the lines of that."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar, cast

from mlrubric.model.place import Span

T = TypeVar("T")


def relocated(value: T, line: Callable[[int], int]) -> T:
    """A fact, or a part of one, at the lines that `line` gives for its own; columns stay."""
    if isinstance(value, Span):
        first, last = line(value.line), line(value.end_line)
        return cast(T, Span(first, value.column, max(first, last), value.end_column if last >= first else value.column))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes: dict[str, object] = {}
        for one in dataclasses.fields(value):
            before: object = getattr(value, one.name)
            if one.name == "lines" and isinstance(before, tuple):
                pairs = cast("tuple[tuple[int, int], ...]", before)
                changes[one.name] = tuple((line(number), column) for number, column in pairs)
            elif dataclasses.is_dataclass(before) or isinstance(before, tuple):
                changes[one.name] = relocated(before, line)
        return cast(T, dataclasses.replace(value, **changes)) if changes else value
    if isinstance(value, tuple):
        return cast(T, tuple(relocated(item, line) for item in value))
    return value
