"""Schemas of TensorFlow Metadata in text form (`schema.pbtxt`), as TFDV infers and people mend them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Expectations, Fact, Unreadable
from mlrubric.model.place import Span
from mlrubric.source.document import Document

FORMAT = "tfdv_schema"
_TOKEN = re.compile(r"#[^\n]*|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[{}<>]|[A-Za-z_]\w*")
_NAME = re.compile(r"name:\s*[\"']([^\"']*)[\"']")
_VALUES = re.compile(
    r"\b(int_domain|float_domain|string_domain|bool_domain|natural_language_domain|time_domain|distribution_constraints)\b|\bdomain:|\bmin_fraction:"
)


def accepts(path: str) -> bool:
    return path.endswith((".pbtxt", ".pb.txt"))


def read(document: Document) -> Iterable[Fact]:
    """One fact for a schema; nothing for any other message in text form."""
    if not re.search(r"^\s*feature\s*[{<]", document.text, re.MULTILINE):
        return
    blocks = list(_blocks(document.text))
    if not blocks:
        line = document.text.count("\n") + 1
        yield Unreadable(document.place(Span(line)), FORMAT, "a block is not closed")
        return
    features = [text for name, text in blocks if name == "feature"]
    names = [match[1] for text in features if (match := _NAME.search(text)) is not None]
    yield Expectations(
        document.place(Span(1), "schema"),
        "tfdv",
        document.path,
        values=sum(_VALUES.search(text) is not None for text in features),
        structure=len(features),
        columns=tuple(names),
        drift=sum("drift_comparator" in text for text in features),
        skew=sum("skew_comparator" in text for text in features),
    )


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Name and text of each block at the top; nothing when the braces do not match."""
    depth, before, start, name = 0, "", 0, ""
    found: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "{<":
            if depth == 0:
                name, start = before, match.end()
            depth += 1
        elif token in "}>":
            depth -= 1
            if depth < 0:
                return
            if depth == 0:
                found.append((name, text[start : match.start()]))
        elif not token.startswith(("#", '"', "'")):
            before = token
    if depth == 0:
        yield from found
