"""A file that is cut off anywhere, or has a wrong character somewhere, gives facts or says why not; it never raises."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlrubric.read.drive import accepting
from mlrubric.source.decode import decode
from mlrubric.source.document import Document

FORMATS = Path(__file__).parents[2] / "fixtures" / "formats"
FILES = sorted(path for path in FORMATS.glob("*/*/input/**/*") if path.is_file())
DAMAGE = "{[\"'`:#\t\\%!-"


def name_in_case(path: Path) -> str:
    return "/".join(path.relative_to(FORMATS).parts[3:])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FORMATS)))
def test_a_damaged_file_never_raises(path: Path) -> None:
    name = name_in_case(path)
    document = decode(name, path.read_bytes())
    if not isinstance(document, Document):
        return
    text = document.text
    step = max(1, len(text) // 12)
    for index, end in enumerate(range(0, len(text) + 1, step)):
        for damaged in (text[:end], text[:end] + DAMAGE[index % len(DAMAGE)] + text[end:]):
            for reader in accepting(name):
                for fact in reader.read(Document(name, damaged)):
                    assert fact.place.path == name
                    assert fact.place.span.line <= damaged.count("\n") + 2
