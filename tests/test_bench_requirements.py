"""The requirements reader against what other people's parsers expect: a bench set beside the repository, and pip_requirements_parser."""

from __future__ import annotations

import importlib.util
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from mlrubric.model.facts import Requirement
from mlrubric.read import requirements
from mlrubric.source.decode import decode
from mlrubric.source.document import Document

ROOT = Path(__file__).parent.parent
SET = Path(os.environ.get("MLRUBRIC_BENCH", ROOT.parent / "sets")) / "reader_requirements"


def normal(name: str | None) -> str:
    return (name or "").replace("_", "-").replace(".", "-").lower()


def read(path: str, data: bytes) -> list[Requirement]:
    document = decode(path, data)
    assert isinstance(document, Document), document
    return [fact for fact in requirements.read(document) if isinstance(fact, Requirement)]


def pinned_by_version(requirement: Requirement) -> bool:
    """The set asks whether the version clauses pin; for us a commit id or a hash pins too."""
    return requirement.pinned and bool(requirement.specifiers)


@pytest.mark.shared
@pytest.mark.skipif(not SET.is_dir(), reason="the bench set reader_requirements is not beside the repository (MLRUBRIC_BENCH)")
def test_bench_set() -> None:
    hits = misses = extra = 0
    wrong_pins, wrong_clauses = [], []
    for line in (SET / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        found = read(case["file"], (SET / case["file"]).read_bytes())
        expected = Counter((normal(item["name"]), item["line"]) for item in case["expected"])
        given = Counter((normal(item.name), item.place.line) for item in found)
        hits += (expected & given).total()
        misses += (expected - given).total()
        extra += (given - expected).total()
        by_place = {(normal(item.name), item.place.line): item for item in found}
        for item in case["expected"]:
            match = by_place.get((normal(item["name"]), item["line"]))
            if match is not None and pinned_by_version(match) != item["pinned"]:
                wrong_pins.append((case["id"], item["line"]))
            if match is not None and sorted(match.specifiers) != item["specifier"]:
                wrong_clauses.append((case["id"], item["line"]))
    assert hits, "the set holds nothing"
    assert not wrong_pins
    assert not wrong_clauses
    assert hits / (hits + misses) >= 0.98
    assert hits / (hits + extra) >= 0.98


FIXTURES = sorted((ROOT / "fixtures" / "formats" / "requirements").glob("*/input/**/*.txt"))


@pytest.mark.skipif(importlib.util.find_spec("pip_requirements_parser") is None, reason="pip_requirements_parser is not installed")
@pytest.mark.parametrize("path", [path for path in FIXTURES if "conda" not in path.name], ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_same_as_pip_requirements_parser(path: Path) -> None:
    from pip_requirements_parser import RequirementsFile

    theirs = {}
    for item in RequirementsFile.from_file(str(path)).requirements:
        clauses = tuple(sorted(str(clause) for clause in item.specifier or ()))
        name = normal(item.name)
        theirs[item.requirement_line.line_number] = (name, clauses, sorted(item.extras), item.is_editable, len(item.hash_options or ()))
    ours = {
        item.place.line: (normal(item.name), tuple(sorted(item.specifiers)), list(item.extras), item.editable, item.hashes)
        for item in read("requirements.txt", path.read_bytes())
    }
    assert ours == theirs
