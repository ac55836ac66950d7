"""The text form of protocol buffers, as configuration files use it: names, values, and blocks, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_DEPTH = 50
_TOKEN = re.compile(r"""\s+|\#[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[{}<>\[\]:;,]|[^\s{}<>\[\]:;,\#"']+""")


@dataclass(slots=True)
class Field:
    """A name with a scalar value, or with the fields of a block."""

    name: str
    line: int
    value: str = ""
    fields: list[Field] = field(default_factory=list)

    def every(self, *names: str) -> Iterator[Field]:
        """All fields at a route of names."""
        if not names:
            yield self
            return
        for inner in self.fields:
            if inner.name == names[0]:
                yield from inner.every(*names[1:])

    def text(self, *names: str) -> str:
        return next((found.value for found in self.every(*names)), "")


def parse(text: str) -> Field:
    """The fields of a file below a nameless one; what does not fit is passed over."""
    root = Field("", 1)
    stack = [root]
    name, line, position = "", 1, 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        line += text.count("\n", position, match.start())
        position = match.start()
        if token[0].isspace() or token[0] == "#":
            continue
        if token in "{<":
            block = Field(name, line)
            stack[-1].fields.append(block)
            if len(stack) < MAX_DEPTH:
                stack.append(block)
            name = ""
        elif token in "}>":
            if len(stack) > 1:
                stack.pop()
            name = ""
        elif token in ":;,[]":
            continue
        elif not name or (token[0] not in "\"'" and _is_name(text, match.end())):
            name = token
        else:
            stack[-1].fields.append(Field(name, line, token.strip("\"'")))
            name = name if _inside_list(text, match.end()) else ""
    return root


def _is_name(text: str, end: int) -> bool:
    """Whether a colon or a block follows."""
    rest = text[end : end + 20].lstrip()
    return rest.startswith((":", "{", "<"))


def _inside_list(text: str, end: int) -> bool:
    """Whether another value of the same list follows."""
    return text[end : end + 20].lstrip().startswith(",") and not _is_name(text, end)
