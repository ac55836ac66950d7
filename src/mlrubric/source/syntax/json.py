"""JSON as nodes with spans: a small scanner over `json.decoder.scanstring`, tolerant of a byte order mark only."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from json import JSONDecoder
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]

from mlrubric.model.place import Span
from mlrubric.source.syntax.node import Node, Scalar, SyntaxProblem

MAX_DEPTH = 200

_SPACE = re.compile(r"[ \t\n\r]*")
_SPACE_AND_COMMENTS = re.compile(r"(?:[ \t\n\r]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DECODER = JSONDecoder(parse_int=float)  # float() takes numbers of any length
_WORDS: tuple[tuple[str, str, Scalar], ...] = (
    ("true", "bool", True),
    ("false", "bool", False),
    ("null", "null", None),
    ("NaN", "float", float("nan")),
    ("Infinity", "float", float("inf")),
    ("-Infinity", "float", float("-inf")),
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)


def parse(text: str, comments: bool = False, opaque: Callable[[str], bool] | None = None) -> Node:
    """The document's one value; `comments` also allows comments and trailing commas (JSONC).

    The value of a key that `opaque` names is checked and passed over: a node of kind "map", "list" or "string" and style
    "opaque" with its span and nothing in it. Notebooks hold megabytes of pictures and plots that nobody asks for.
    """
    scanner = _Scanner(text, comments, opaque)
    start = scanner.skip(1 if text.startswith("\ufeff") else 0)
    node, end = scanner.value(start, 1)
    end = scanner.skip(end)
    if end != len(text):
        raise scanner.problem("text after the end of the document", end)
    return node


class _Scanner:
    def __init__(self, text: str, comments: bool, opaque: Callable[[str], bool] | None) -> None:
        self.text = text
        self.comments = comments
        self.opaque = opaque
        self.space = _SPACE_AND_COMMENTS if comments else _SPACE
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def where(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def problem(self, reason: str, offset: int) -> SyntaxProblem:
        return SyntaxProblem(reason, *self.where(min(offset, len(self.text))))

    def span(self, start: int, end: int) -> Span:
        return Span(*self.where(start), *self.where(end))

    def skip(self, at: int) -> int:
        match = self.space.match(self.text, at)
        return match.end() if match else at

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        character = self.text[at : at + 1]
        if character == '"':
            return self.string(at)
        if character in ("{", "["):
            if depth > MAX_DEPTH:
                raise self.problem(f"nested deeper than {MAX_DEPTH} levels", at)
            return self.map(at, depth) if character == "{" else self.list(at, depth)
        if match := _NUMBER.match(self.text, at):
            raw = match.group()
            kind = "float" if match.group(2) or match.group(3) else "int"
            number: Scalar = int(raw) if kind == "int" and len(raw) < 4000 else float(raw)  # int() takes 4,300 digits
            return Node(kind, self.span(at, match.end()), raw, number), match.end()
        for word, kind, constant in _WORDS:
            if self.text.startswith(word, at):
                return Node(kind, self.span(at, at + len(word)), word, constant), at + len(word)
        raise self.problem("a value was expected" if character else "the document ends where a value was expected", at)

    def passed_over(self, at: int) -> tuple[Node, int]:
        """A value that is read by the C scanner for its end alone."""
        try:
            _, end = _DECODER.raw_decode(self.text, at)
        except JSONDecodeError as error:
            raise self.problem(error.msg.lower(), error.pos) from error
        except RecursionError as error:
            raise self.problem("nested too deeply", at) from error
        kind = {"{": "map", "[": "list"}.get(self.text[at], "string")
        return Node(kind, self.span(at, end), style="opaque"), end

    def string(self, at: int) -> tuple[Node, int]:
        try:
            value, end = scanstring(self.text, at + 1, True)
        except JSONDecodeError as error:
            raise self.problem(error.msg.lower(), error.pos) from error
        if _LONE_SURROGATE.search(value):
            value = _LONE_SURROGATE.sub("\ufffd", value)
        content = self.content(at, end) if "\n" in value else ()
        return Node("string", self.span(at, end), value, value, style="quoted", content=content), end

    def content(self, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """Where each line of a string begins; every `\\n` escape ends one."""
        escapes = _ESCAPE.finditer(self.text, start + 1, end - 1)
        breaks = (match.end() for match in escapes if match.group() in ("\\n", "\\u000a", "\\u000A"))
        return tuple(self.where(offset) for offset in (start + 1, *breaks))

    def list(self, at: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        end = self.skip(at + 1)
        while not (self.text.startswith("]", end) and (self.comments or not items)):
            item, end = self.value(end, depth + 1)
            items.append(item)
            end = self.skip(end)
            if self.text.startswith(",", end):
                end = self.skip(end + 1)
            elif self.text.startswith("]", end):
                break
            else:
                raise self.problem("`,` or `]` was expected", end)
        return Node("list", self.span(at, end + 1), items=tuple(items)), end + 1

    def map(self, at: int, depth: int) -> tuple[Node, int]:
        entries: list[tuple[Node, Node]] = []
        end = self.skip(at + 1)
        while not (self.text.startswith("}", end) and (self.comments or not entries)):
            if not self.text.startswith('"', end):
                raise self.problem("a key in double quotes was expected", end)
            key, end = self.string(end)
            end = self.skip(end)
            if not self.text.startswith(":", end):
                raise self.problem("`:` was expected", end)
            hidden = self.opaque is not None and self.opaque(key.text)
            end = self.skip(end + 1)
            value, end = self.passed_over(end) if hidden else self.value(end, depth + 1)
            entries.append((key, value))
            end = self.skip(end)
            if self.text.startswith(",", end):
                end = self.skip(end + 1)
            elif self.text.startswith("}", end):
                break
            else:
                raise self.problem("`,` or `}` was expected", end)
        return Node("map", self.span(at, end + 1), entries=tuple(entries)), end + 1
