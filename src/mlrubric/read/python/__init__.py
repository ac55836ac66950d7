"""Python files and embedded Python: one `PythonModule` fact each. libcst is imported when the first text is read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlrubric.model.facts import Embedded, Fact
from mlrubric.source.document import Document

FORMAT = "python"
LANGUAGE = "python"
_NAME = re.compile(r"\.pyw?$|(?:^|/)(?:bin|scripts?|tools)/(?:[^/]+/)*[^/.]+$")
_SHEBANG = re.compile(r"#![^\n]*\bpython[0-9.]*\b")


def accepts(path: str) -> bool:
    """`*.py` and `*.pyw`, and what has no extension where commands lie; stubs (`*.pyi`) say nothing about what runs."""
    return _NAME.search(path) is not None


def read(document: Document) -> Iterable[Fact]:
    if "." not in document.name and _SHEBANG.match(document.text) is None:
        return ()  # another language's command
    from mlrubric.read.python.module import facts_of
    from mlrubric.read.python.positions import Source

    return facts_of(Source(document.path, document.text))


def read_embedded(embedded: Embedded) -> Iterable[Fact]:
    from mlrubric.read.python.module import facts_of
    from mlrubric.read.python.positions import Source

    return facts_of(Source(embedded.place.path, embedded.text, embedded.owner, embedded.place, embedded.lines, embedded.cells))
