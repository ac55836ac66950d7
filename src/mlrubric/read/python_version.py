""".python-version and its like: the interpreter that a version manager takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Setting, Unreadable
from mlrubric.model.place import Span
from mlrubric.source.document import Document

FORMAT = "python_version"
_LINE = {
    ".python-version": re.compile(r"^\s*(?P<version>[^\s#]+)"),
    ".tool-versions": re.compile(r"^\s*python\s+(?P<version>[^\s#]+)"),
    "runtime.txt": re.compile(r"^\s*(?P<version>python-[\d.]+)\s*$"),
}


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in _LINE


def read(document: Document) -> Iterator[Fact]:
    found = False
    for number, line in enumerate(document.lines(), 1):
        match = None if line.lstrip().startswith("#") else _LINE[document.name].match(line)
        if match:
            found = True
            span = Span(number, match.start("version") + 1, number, match.end("version") + 1)
            yield Setting(document.place(span, "python"), "python", match["version"].removeprefix("python-"))
    if not found and document.name == ".python-version":
        yield Unreadable(document.place(), FORMAT, "names no version")
