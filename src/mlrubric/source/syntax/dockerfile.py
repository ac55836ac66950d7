"""A Dockerfile as instructions with positions: continuation lines, comments between them, heredocs, directives."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(.*?)\s*$")
_KEYWORD = re.compile(r"\s*([A-Za-z]+)(?:\s+|$)")
_FLAG = re.compile(r"--[a-z][a-z-]*(?:=(?:\"[^\"]*\"|\S)*)?\s*")
_HEREDOC = re.compile(r"(?<![<\d])(\d*)<<(-?)[ \t]*(?:\"([^\"\s]+)\"|'([^'\s]+)'|([A-Za-z_][\w.]*))")
_WITH_HEREDOC = frozenset({"RUN", "COPY", "ADD"})
_SPACE = "[ \\t]*(?:\\\\?\\n[ \\t]*)*"


@dataclass(frozen=True, slots=True)
class Body:
    """A heredoc of an instruction."""

    delimiter: str
    quoted: bool
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class RawInstruction:
    """`text` is what follows the keyword and the flags; its lines stand at `lines`. Comments between its lines are left out
    without changing the line count, and the escape character is always a backslash in it."""

    name: str  # upper case
    line: int
    column: int
    end_line: int
    end_column: int
    flags: tuple[str, ...]
    text: str
    lines: tuple[tuple[int, int], ...]
    heredocs: tuple[Body, ...] = ()
    heredoc_only: bool = False  # RUN <<EOF: the bodies are the script

    def joined(self) -> str:
        """The text on one line, without the bodies of its heredocs."""
        bodies = sum(body.text.count("\n") + 2 for body in self.heredocs)
        head = self.text.split("\n")
        return re.sub(r"\\\n\s*", " ", "\n".join(head[: len(head) - bodies])).strip()

    def array(self) -> tuple[str, ...] | None:
        """The words of the exec form; None in shell form."""
        written = re.sub(r"\\\n", "", self.text).strip()
        if not written.startswith("["):
            return None
        try:
            value = json.loads(written)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return None
        return tuple(value)


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that is no instruction."""

    line: int
    text: str


def parse(text: str) -> Iterator[RawInstruction | Problem]:
    lines = text.split("\n")
    escape = _escape(lines)
    bare: dict[str, list[int]] = {}
    if "<<" in text:
        for number, line in enumerate(lines):
            bare.setdefault(line.lstrip("\t"), []).append(number)
    index = 0
    while index < len(lines):
        line = lines[index]
        if not line.strip() or line.lstrip().startswith("#"):
            index += 1
            continue
        match = _KEYWORD.match(line)
        if match is None:
            yield Problem(index + 1, line.strip())
            index += 1
            continue
        last = _last_line(lines, index, escape)
        physical = [(number + 1, lines[number]) for number in range(index, last + 1)]
        instruction, index = _instruction(match[1].upper(), physical, match, escape, lines, last + 1, bare)
        yield instruction


def nested(instruction: RawInstruction) -> RawInstruction | None:
    """The instruction inside `ONBUILD` and the command inside `HEALTHCHECK`."""
    match = _KEYWORD.match(instruction.text)
    if match is None:
        return None
    text = instruction.text[match.end() :]
    line, column = instruction.lines[0]
    return RawInstruction(
        match[1].upper(),
        instruction.line,
        instruction.column,
        instruction.end_line,
        instruction.end_column,
        *_flags(text, ((line, column + match.end()), *instruction.lines[1:])),
        instruction.heredocs,
    )


def _escape(lines: list[str]) -> str:
    for line in lines:
        match = _DIRECTIVE.match(line)
        if match is None:
            return "\\"
        if match[1].lower() == "escape":
            return match[2] or "\\"
    return "\\"


def _continues(line: str, escape: str) -> bool:
    return line.rstrip().endswith(escape)


def _last_line(lines: list[str], index: int, escape: str) -> int:
    """The index of the last physical line of an instruction; comments and empty lines between do not end it."""
    last = index
    if not _continues(lines[index], escape):
        return index
    for number in range(index + 1, len(lines)):
        stripped = lines[number].strip()
        if not stripped or stripped.startswith("#"):
            continue
        last = number
        if not _continues(lines[number], escape):
            break
    return last


def _instruction(
    name: str, physical: list[tuple[int, str]], match: re.Match[str], escape: str, lines: list[str], after: int, bare: dict[str, list[int]]
) -> tuple[RawInstruction, int]:
    kept: list[str] = []
    starts: list[tuple[int, int]] = []
    for number, (line, written) in enumerate(physical):
        stripped = written.strip()
        if number and (not stripped or stripped.startswith("#")):
            kept.append("\\")
        elif _continues(written, escape):
            kept.append(written.rstrip()[: -len(escape)] + "\\")
        else:
            kept.append(written)
        starts.append((line, 1))
    while len(kept) > 1 and kept[-1] == "\\":
        kept.pop()
        starts.pop()
    first_column = match.end() + 1
    kept[0] = kept[0][match.end() :]
    starts[0] = (starts[0][0], first_column)
    flags, text, places = _flags("\n".join(kept), tuple(starts))
    column = len(match[0]) - len(match[0].lstrip()) + 1
    end_line, end_text = physical[len(kept) - 1]
    bodies: list[Body] = []
    only = False
    if name in _WITH_HEREDOC:
        opened = list(_HEREDOC.finditer(text))
        remaining = _HEREDOC.sub("", text).strip()
        only = bool(opened) and not remaining
        for heredoc in opened:
            delimiter = heredoc[3] or heredoc[4] or heredoc[5]
            closing = _closing_line(bare.get(delimiter, []), lines, after, bool(heredoc[2]))
            if closing is None:
                break
            bodies.append(Body(delimiter, heredoc[5] is None, "\n".join(lines[after:closing]), after + 1))
            text += "\n" + "\n".join(lines[after : closing + 1])
            places += tuple((at + 1, 1) for at in range(after, closing + 1))
            end_line, end_text = closing + 1, lines[closing]
            after = closing + 1
    end_column = len(end_text.rstrip()) + 1
    return RawInstruction(
        name, physical[0][0], column, end_line, end_column, flags, text, places, tuple(bodies), only and bool(bodies)
    ), after


def _closing_line(candidates: list[int], lines: list[str], after: int, strip_tabs: bool) -> int | None:
    """The first line from `after` on that is the delimiter alone."""
    for number in candidates[bisect_left(candidates, after) :]:
        if strip_tabs or not lines[number].startswith("\t"):
            return number
    return None


def _flags(text: str, starts: tuple[tuple[int, int], ...]) -> tuple[tuple[str, ...], str, tuple[tuple[int, int], ...]]:
    """Takes `--mount=...` and the like from the front, over continuation lines too."""
    flags: list[str] = []
    position = 0
    gap = re.compile(_SPACE)
    while True:
        blank = gap.match(text, position)
        position = blank.end() if blank is not None else position
        match = _FLAG.match(text, position)
        if match is None:
            break
        flags.append(match[0].strip())
        position = match.end()
    line = text.count("\n", 0, position)
    offset = position - (text.rfind("\n", 0, position) + 1)
    first = (starts[line][0], starts[line][1] + offset)
    return tuple(flags), text[position:], (first, *starts[line + 1 :])
