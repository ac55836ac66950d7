"""Comments that speak to this program or to another tool."""

from __future__ import annotations

import re

from mlrubric.model.python import Mark

_SPEAKS = re.compile(r"#[^\n]*?(?:mlrubric:|noqa\b|type:\s*ignore|nosec\b|pragma:\s*no cover|\bexpect:|\bwrongly:)", re.IGNORECASE)
_TOKENS = re.compile(
    r"""(?P<comment>\#[^\n]*)|\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL
)


def marks_in(text: str) -> list[Mark]:
    """The marks of a text, their lines counted in the text; a `#` inside a string is not a comment."""
    if _SPEAKS.search(text) is None:
        return []
    found: list[Mark] = []
    line, counted = 1, 0
    for token in _TOKENS.finditer(text):
        if token["comment"] is None or _SPEAKS.match(token["comment"]) is None:
            continue
        start = token.start()
        line += text.count("\n", counted, start)
        counted = start
        before = text[text.rfind("\n", 0, start) + 1 : start]
        found.append(Mark(line, token["comment"].lstrip("#").strip(), not before.strip()))
    return found
