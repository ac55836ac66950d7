"""As much of Groovy as a Jenkinsfile needs: words, strings with their places, brackets; comments are passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?(?:\*/|\Z)|\A\#![^\n]*)"
    r'|(?P<text>"""(?:\\.|[^\\])*?(?:"""|\Z)|\'\'\'(?:\\.|[^\\])*?(?:\'\'\'|\Z)|"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?)'
    r"|(?P<word>[A-Za-z_$][\w$]*)|(?P<number>\d[\w.]*)|(?P<mark>==|!=|&&|\|\||.)",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is word, text, number or mark; `start` and `end` are offsets of the whole token, `value` is a text without its quotes."""

    kind: str
    value: str
    start: int
    end: int
    offsets: tuple[int, ...] = ()  # of the first character of each line of a text's value


def tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "text":
            quotes = 3 if match[0][:3] in ('"""', "'''") else 1
            closed = match[0].endswith(match[0][:quotes]) and len(match[0]) >= 2 * quotes
            yield _string(match[0][quotes : len(match[0]) - quotes if closed else len(match[0])], match.start(), match.end(), quotes)
        elif kind != "space":
            yield Token(kind, match[0], match.start(), match.end())


def _string(inner: str, start: int, end: int, quotes: int) -> Token:
    """A string with its escapes resolved; a line that an escape begins stands where the escape stands."""
    pieces: list[str] = []
    offsets = [start + quotes]
    position = 0
    while position < len(inner):
        piece, length = inner[position], 1
        if piece == "\\" and position + 1 < len(inner):
            piece, length = _ESCAPES.get(inner[position + 1], inner[position + 1]), 2
        pieces.append(piece)
        position += length
        if piece == "\n":
            offsets.append(start + quotes + position)
    return Token("text", "".join(pieces), start, end, tuple(offsets))
