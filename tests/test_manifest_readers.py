"""The manifest readers never raise: every prefix of every fixture, and every fixture with lines and characters moved about."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlrubric.model.facts import Fact, Requirement
from mlrubric.read import conda, conda_lock, ini_settings, lock, pipfile, pyproject, requirements, setup_cfg, setup_script
from mlrubric.read.drive import Reader
from mlrubric.source.document import Document
from mlrubric.source.syntax.conda_spec import CondaProblem, parse_spec
from mlrubric.source.syntax.poetry_version import clauses_of

FIXTURES = Path(__file__).parent.parent / "fixtures" / "formats"
READERS: tuple[Reader, ...] = (conda, conda_lock, ini_settings, lock, pipfile, pyproject, requirements, setup_cfg, setup_script)
FILES = sorted(path for reader in READERS for path in (FIXTURES / reader.FORMAT).glob("*/input/**/*") if path.is_file())


def facts_of(path: Path, text: str) -> list[Fact]:
    name = path.relative_to(FIXTURES).as_posix().split("/input/")[1]
    return [fact for reader in READERS if reader.accepts(name) for fact in reader.read(Document(name, text))]


def disturbed(text: str) -> Iterator[str]:
    for end in range(0, len(text), max(1, len(text) // 60)):
        yield text[:end]
    chance = random.Random(0)
    lines = text.split("\n")
    for _ in range(30):
        shuffled = lines[:]
        chance.shuffle(shuffled)
        yield "\n".join(shuffled)
        characters = list(text)
        for _ in range(3):
            characters[chance.randrange(len(characters))] = chance.choice("[]{}\"'=\\#,;:@\n\t -\x0c\u2028é")
        yield "".join(characters)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_no_text_makes_a_reader_raise_or_point_outside(path: Path) -> None:
    for text in disturbed(path.read_text(encoding="utf-8")):
        lines = text.split("\n")
        for fact in facts_of(path, text):
            span = fact.place.span
            assert 1 <= span.line <= span.end_line <= len(lines), (fact, text)
            assert span.column <= len(lines[span.line - 1]) + 2, (fact, text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_a_requirement_stands_where_it_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    for fact in facts_of(path, text):
        if isinstance(fact, Requirement) and fact.name:
            span = fact.place.span
            first = lines[span.line - 1][span.column - 1 : span.end_column - 1 if span.line == span.end_line else None]
            name = fact.name.replace("_", "-").lower()
            assert name in first.replace("_", "-").lower(), (fact, first)


@pytest.mark.parametrize(
    ("constraint", "clauses", "pinned"),
    [
        ("^1.2.3", ("^1.2.3",), False),
        ("~1.2", ("~1.2",), False),
        ("~=1.2", ("~=1.2",), False),
        ("1.2.3", ("==1.2.3",), True),
        ("=1.2", ("==1.2",), True),
        ("===1.2", ("===1.2",), True),
        (">=1.0 <2.0", (">=1.0", "<2.0"), False),
        (">= 1.0, != 1.5", (">=1.0", "!=1.5"), False),
        ("1.*", ("==1.*",), False),
        ("^1 || ^2", ("^1 || ^2",), False),
        ("*", (), False),
    ],
)
def test_poetry_versions(constraint: str, clauses: tuple[str, ...], pinned: bool) -> None:
    assert clauses_of(constraint) == (clauses, pinned)


@pytest.mark.parametrize(
    ("text", "name", "clauses", "pinned"),
    [
        ("numpy", "numpy", (), False),
        ("numpy=1.21.2", "numpy", ("=1.21.2",), True),
        ("numpy=1.21", "numpy", ("=1.21",), False),
        ("numpy==1.21", "numpy", ("==1.21",), True),
        ("numpy = 1.21.2", "numpy", ("=1.21.2",), True),
        ("numpy 1.21", "numpy", ("==1.21",), True),
        ("numpy 1.21.*", "numpy", ("==1.21.*",), False),
        ("numpy=1.21.2=py39h_0", "numpy", ("=1.21.2",), True),
        ("numpy 1.21 py39_0", "numpy", ("==1.21",), True),
        ("numpy=1.21=*cuda*", "numpy", ("=1.21",), False),
        ("numpy>=1.21,<2", "numpy", (">=1.21", "<2"), False),
        ("numpy >=1.21", "numpy", (">=1.21",), False),
        ("numpy>=1.21|1.19", "numpy", (">=1.21|1.19",), False),
        ("conda-forge::numpy=1.21.2", "numpy", ("=1.21.2",), True),
        ("conda-forge/linux-64::numpy", "numpy", (), False),
        ("numpy[version='==1.21.2']", "numpy", ("==1.21.2",), True),
        ("https://example.org/linux-64/numpy-1.21.2-py39_0.conda", "numpy", ("==1.21.2",), True),
    ],
)
def test_conda_specs(text: str, name: str, clauses: tuple[str, ...], pinned: bool) -> None:
    spec = parse_spec(text)
    assert (spec.name, spec.specifiers, spec.pinned) == (name, clauses, pinned)


@pytest.mark.parametrize("text", ["", "two words", "numpy=", "[x]", "https://example.org/nothing"])
def test_what_is_no_conda_spec(text: str) -> None:
    with pytest.raises(CondaProblem):
        parse_spec(text)
