""".gitattributes: which files git keeps by hash in large-file storage."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Pin
from mlrubric.model.place import Span
from mlrubric.source.document import Document

FORMAT = "gitattributes"
_PATTERN = re.compile(r'^\s*("(?:\\.|[^"])*"|\S+)(?P<attributes>.*)$')


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == ".gitattributes"


def read(document: Document) -> Iterator[Fact]:
    macros = {"filter=lfs"}
    prefix = f"{document.directory}/" if document.directory else ""
    for number, line in enumerate(document.lines(), 1):
        match = _PATTERN.match(line)
        if match is None or line.lstrip().startswith("#"):
            continue
        pattern = match.group(1).strip('"')
        through_lfs = bool(macros & set(match["attributes"].split()))
        if pattern.startswith("[attr]"):
            if through_lfs:
                macros.add(pattern.removeprefix("[attr]"))
        elif through_lfs:
            span = Span(number, match.start(1) + 1, number, match.end(1) + 1)
            yield Pin(document.place(span, pattern), prefix + pattern.removeprefix("/"), "", "git-lfs")
