"""Every case of fixtures/formats: the files in `input/` give exactly the facts of `expected.json`.

A case lies in fixtures/formats/<format>/<case>/. Only the reader whose FORMAT is the folder's name is asked, so that a new
reader does not move other formats' expectations; with a folder that names no reader, all readers that accept a file answer.
`MLRUBRIC_REGENERATE=1 pytest tests/test_formats.py` writes the expectations anew: read the difference before committing it.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from mlrubric.model.facts import Fact, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.read.drive import Reader, readers
from mlrubric.source.decode import decode

CASES = Path(__file__).parent.parent / "fixtures" / "formats"
REGENERATE = os.environ.get("MLRUBRIC_REGENERATE") == "1"


def cases() -> list[Path]:
    return sorted(folder.parent for folder in CASES.glob("*/*/input") if folder.is_dir())


def facts_of(path: str, data: bytes, modules: Iterable[Reader]) -> list[Fact]:
    document = decode(path, data)
    if isinstance(document, Unreadable):
        return [document]
    return [fact for module in modules if module.accepts(path) for fact in module.read(document)]


def compact(value: object) -> object:
    """A fact as JSON: its class, its place in short, and what differs from the defaults."""
    if isinstance(value, Span):
        return f"{value.line}:{value.column}-{value.end_line}:{value.end_column}"
    if isinstance(value, Place):
        cell = f" cell {value.cell}:{value.cell_line}" if value.cell is not None else ""
        return f"{compact(value.span)}{cell}{' ' + value.symbol if value.symbol else ''}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown: dict[str, object] = {"fact": type(value).__name__}
        for field in dataclasses.fields(value):
            item = getattr(value, field.name)
            if field.default is dataclasses.MISSING or item != field.default:
                shown[field.name] = compact(item)
        return shown
    if isinstance(value, (frozenset, set)):
        return sorted(str(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [compact(item) for item in value]
    return value if isinstance(value, (str, int, float, bool)) or value is None else repr(value)


def found_in(case: Path) -> dict[str, list[object]]:
    named = [module for module in readers() if case.parent.name == module.FORMAT] or readers()
    root = case / "input"
    files = sorted(path for path in root.rglob("*") if path.is_file())
    contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    return {path: [compact(fact) for fact in facts_of(path, data, named)] for path, data in contents.items()}


def written(found: dict[str, list[object]]) -> str:
    """One line a fact, so that a difference reads well."""
    parts = []
    for path, facts in sorted(found.items()):
        lines = ",\n".join(f"  {json.dumps(fact, ensure_ascii=False)}" for fact in facts)
        parts.append(f"{json.dumps(path)}: [\n{lines}\n ]" if facts else f"{json.dumps(path)}: []")
    return "{" + ",\n ".join(parts) + "}\n"


def test_there_are_cases() -> None:
    assert cases()


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_case_gives_its_facts(case: Path) -> None:
    expectation = case / "expected.json"
    found = found_in(case)
    assert found, "the case has no input"
    if REGENERATE:
        expectation.write_text(written(found), encoding="utf-8")
    assert expectation.is_file(), "no expected.json: run with MLRUBRIC_REGENERATE=1 and read what it writes"
    expected = json.loads(expectation.read_text(encoding="utf-8"))
    for path in sorted(found.keys() | expected.keys()):
        assert json.loads(json.dumps(found.get(path))) == expected.get(path), path


def test_a_changed_fact_fails_the_comparison() -> None:
    """The comparison sees one changed field (a test of the test)."""
    fact = Unreadable(Place("a", Span(2, 1)), "toml", "no value")
    assert compact(fact) == {"fact": "Unreadable", "place": "2:1-2:1", "format": "toml", "reason": "no value"}
    assert compact(fact) != compact(dataclasses.replace(fact, reason="no key"))
