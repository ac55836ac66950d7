"""The TOML and YAML parsers against the suites of the two languages: no crash, and the answers of tomli and PyYAML."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tomli
import yaml
from tests.unit.test_syntax_toml import same as same_as_tomli
from tests.unit.test_syntax_toml import spans_hold
from tests.unit.test_syntax_yaml import same as same_as_pyyaml

from mlrubric.source.decode import decode
from mlrubric.source.document import Document
from mlrubric.source.syntax import toml
from mlrubric.source.syntax import yaml as yaml_nodes
from mlrubric.source.syntax.node import Node, SyntaxProblem

ROOT = Path(__file__).parent.parent
SETS = Path(os.environ.get("MLRUBRIC_BENCH", ROOT.parent / "sets"))


def needs(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    absent = pytest.mark.skipif(not (SETS / name).is_dir(), reason=f"the bench set {name} is not beside the repository (MLRUBRIC_BENCH)")
    return lambda test: pytest.mark.shared(absent(test))


def cases(name: str) -> Iterator[tuple[str, bool, bytes]]:
    for line in (SETS / name / "truth.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        yield case["id"], case["valid"], (SETS / name / case["file"]).read_bytes()


@needs("reader_toml")
def test_toml_suite() -> None:
    """All that is valid is read with right values and places; refused is what tomli refuses."""
    right = 0
    for name, valid, data in cases("reader_toml"):
        try:
            text = data.decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError:
            assert not valid, name
            right += 1
            continue
        node: Node | None = None
        try:
            node = toml.parse(text)
        except SyntaxProblem as problem:
            assert problem.reason and problem.line >= 1, name
        try:
            expected: dict[str, object] | None = tomli.loads(text.removeprefix("\ufeff"))
        except tomli.TOMLDecodeError:
            expected = None
        assert (node is None) == (expected is None), name
        if node is not None:
            same_as_tomli(node, expected)
            spans_hold(text.removeprefix("\ufeff"), node)
        assert node is not None or not valid, name
        right += (node is not None) == valid
    assert right >= 700  # the others are valid since TOML 1.1, which tomli reads


@needs("reader_toml")
def test_the_toml_suite_as_files_crashes_nothing() -> None:
    for name, valid, data in cases("reader_toml"):
        document = decode("a.toml", data)
        if isinstance(document, Document):
            try:
                toml.parse(document.text)
            except SyntaxProblem:
                assert not valid, name


@needs("reader_yaml")
def test_yaml_suite() -> None:
    """The answers of PyYAML, but for anchors defined again, which YAML allows."""
    agreed = right = 0
    for name, valid, data in cases("reader_yaml"):
        text = data.decode("utf-8")
        try:
            expected: list[yaml.Node] | None = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
        except yaml.YAMLError as error:
            expected = None
            if "duplicate anchor" in str(error):
                assert yaml_nodes.parse(text), name
                right += valid
                continue
        try:
            found: list[Node] | None = yaml_nodes.parse(text)
        except SyntaxProblem as problem:
            assert problem.reason and problem.line >= 1, name
            found = None
        if found is not None and expected is not None:
            for mine, theirs in zip(found, expected, strict=True):
                same_as_pyyaml(mine, theirs)
        agreed += (found is None) == (expected is None)
        assert (found is None) == (expected is None), name
        right += (found is not None) == valid
    assert agreed >= 400 and right >= 332
