"""The workflow and Dockerfile sets of other people: nothing crashes, what can be read is read, three lint rules follow from the facts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlrubric.model.facts import Command, Fact, Image, Instruction, Unreadable, Workflow
from mlrubric.read.drive import read_file
from mlrubric.source.decode import decode
from mlrubric.source.document import Document
from mlrubric.source.syntax.pip_command import pip_install_targets

SETS = Path(os.environ.get("MLRUBRIC_BENCH", Path(__file__).parents[2] / "sets"))
pytestmark = pytest.mark.shared


def rows(name: str) -> list[tuple[dict[str, object], Path]]:
    truth = SETS / name / "truth.jsonl"
    if not truth.is_file():
        pytest.skip(f"the set {name} is not beside the repository (MLRUBRIC_BENCH)")
    return [(row, SETS / name / row["file"]) for row in map(json.loads, truth.read_text().splitlines())]


def facts(path: str, data: bytes) -> Iterator[Fact]:
    document = decode(path, data)
    assert isinstance(document, Document)
    for found in read_file(document):
        yield from found.facts


def lint(found: list[Fact]) -> set[str]:
    """Untagged base image, `latest` base image, an unbounded pip install."""
    rules: set[str] = set()
    for fact in found:
        if isinstance(fact, Image) and fact.use == "from" and not fact.digest and not fact.internal:
            if fact.tag == "latest":
                rules.add("DL3007")
            elif fact.tag is None and "$" not in fact.name:
                rules.add("DL3006")
        elif isinstance(fact, Command) and not all(bounded for _, bounded in pip_install_targets(fact.argv)):
            rules.add("DL3013")
    return rules


def test_every_workflow_that_is_yaml_is_read() -> None:
    unread = []
    for row, path in rows("reader_workflows"):
        found = list(facts(f".github/workflows/{path.name}", path.read_bytes()))
        assert not [fact.reason for fact in found if isinstance(fact, Unreadable) and "internal error" in fact.reason]
        if row["parses"] and not any(isinstance(fact, Workflow) for fact in found):
            unread.append(row["id"])
    assert unread == []


def test_good_workflows_have_nothing_unreadable() -> None:
    for row, path in rows("reader_workflows"):
        if row["category"] == "ok":
            found = list(facts(f".github/workflows/{path.name}", path.read_bytes()))
            assert not [fact for fact in found if isinstance(fact, Unreadable)], row["id"]


def test_dockerfile_rules_follow_from_the_facts() -> None:
    wrong, asked = [], 0
    for row, path in rows("reader_dockerfile_hadolint"):
        found = list(facts("Dockerfile", path.read_bytes()))
        assert not [fact.reason for fact in found if isinstance(fact, Unreadable) and "internal error" in fact.reason]
        assert [fact for fact in found if isinstance(fact, (Image, Instruction, Unreadable))]
        if row["kind"] in ("DL3006", "DL3007", "DL3013"):
            asked += 1
            if (row["kind"] in lint(found)) != row["expected"]:
                wrong.append(row["id"])
    assert asked and wrong == []
