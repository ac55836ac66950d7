"""The tools of rules/tools/ and their proofs: fixtures/tools/<tool>/<case>/ are smallest repositories in which a tool is the evidence.

`expected.toml` beside the files:

    why = "one sentence"
    root = "folder"               # what is scored, when that is a part of the case (a system of several repositories)
    [tests]                       # statuses that must come out
    [broken]                      # test -> first broken condition, or [condition, "file:line"]
    [[node]] role, at             # a node that must be in the graph; `label`, `kind` when they matter
    [[absent]] role, at           # a node that must not be there; without `at` anywhere
    [[finding]] rule, at          # findings that must be there
    [[notice]] text               # words that a notice must say

`MLRUBRIC_REGENERATE=1 pytest tests/test_tools.py -k generated` (`make tools`) writes rules/served.toml and docs/tools.md anew.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mlrubric.analyze import Analysis, analyze
from mlrubric.cli import main
from mlrubric.config import read_settings
from mlrubric.knowledge.actions import load_actions
from mlrubric.knowledge.invocation import load_commands
from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.toml import CatalogueError
from mlrubric.knowledge.tools import load_tools
from mlrubric.read.drive import readers
from mlrubric.report.tool_book import tools_markdown

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures" / "tools"
SERVED = ROOT / "rules" / "served.toml"
PAGE = ROOT / "docs" / "tools.md"
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/expected.toml"))
ROWS = sorted((ROOT / "rules" / "tools").glob("*.toml"))
KEYS = {"why", "root", "tests", "broken", "node", "absent", "finding", "notice"}
EARNED = ("present", "manual", "automated")
REGENERATE = os.environ.get("MLRUBRIC_REGENERATE") == "1"


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@cache
def expected(case: Path) -> dict[str, Any]:
    return tomllib.loads((case / "expected.toml").read_text(encoding="utf-8"))


@cache
def analysis(case: Path) -> Analysis:
    root = case / expected(case).get("root", "")
    settings = read_settings(root)
    return analyze(root, replace(settings, exclude=(*settings.exclude, "expected.toml", "/recipe*")))


every = pytest.mark.parametrize("case", CASES, ids=named)
row = pytest.mark.parametrize("path", ROWS, ids=lambda path: path.stem)


# ---- the fixtures -----------------------------------------------------------------------------------------------------


@every
def test_a_case_says_what_it_shows(case: Path) -> None:
    wanted = expected(case)
    assert wanted["why"] and wanted.keys() <= KEYS
    assert wanted.keys() & {"tests", "node", "absent", "finding"}
    assert (ROOT / "rules" / "tools" / f"{case.parent.name}.toml").is_file(), "a tool without a row in rules/tools/"


@every
def test_statuses(case: Path) -> None:
    report = analysis(case).report
    assert not report.repository.unreadable
    results = {result.id: result for result in report.tests}
    wanted = expected(case).get("tests", {})
    assert {test: results[test].status for test in wanted} == wanted, {test: results[test].broken for test in wanted}


@every
def test_broken_conditions(case: Path) -> None:
    results = {result.id: result for result in analysis(case).report.tests}
    for test, wanted in expected(case).get("broken", {}).items():
        broken = results[test].broken
        assert broken is not None, test
        place = f"{broken.place.path}:{broken.place.line}" if broken.place else None
        assert (broken.condition if isinstance(wanted, str) else [broken.condition, place]) == wanted, (test, broken)


@every
def test_nodes(case: Path) -> None:
    there = [
        {"role": role, "at": f"{node.place.path}:{node.place.line}", "label": node.label, "kind": node.kind}
        for node in analysis(case).graph.nodes
        for role in node.roles or ("",)
    ]

    def found(entry: dict[str, str]) -> bool:
        return any(all(node[key] == value for key, value in entry.items()) for node in there)

    missing = [entry for entry in expected(case).get("node", []) if not found(entry)]
    assert not missing, sorted((node["at"], node["role"]) for node in there if node["role"])
    assert not [entry for entry in expected(case).get("absent", []) if found(entry)]


@every
def test_findings_and_notices(case: Path) -> None:
    report = analysis(case).report
    found = {(one.rule, f"{one.place.path}:{one.place.line}") for one in report.findings}
    assert {(one["rule"], one["at"]) for one in expected(case).get("finding", [])} <= found
    for notice in expected(case).get("notice", []):
        assert any(notice["text"] in message.message for message in report.notices), report.notices


# ---- the rows ---------------------------------------------------------------------------------------------------------


@row
def test_a_row_holds_its_schema(path: Path) -> None:
    schema = json.loads((ROOT / "rules" / "schema" / "tool.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(tomllib.loads(path.read_text(encoding="utf-8")))


@row
def test_a_row_is_proven(path: Path) -> None:
    """At least one fixture in which the tool earns something, and the rest of what it says exists."""
    tool = next(tool for tool in load_tools() if tool.id == path.stem)
    assert [case for case in CASES if case.parent.name == tool.id and earned(case)], "no fixture earns anything with it"
    known = {reader.FORMAT for reader in readers()}
    assert {name for one in tool.formats for name in one.readers} <= known


@row
def test_what_a_row_names_exists(path: Path) -> None:
    """Loading refuses what the knowledge folder does not hold; here: each given name counts, not only their sum."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert {command.split()[0] for command in table.get("commands", [])} <= load_commands().by_name.keys()
    assert bool(table.get("actions")) <= bool(load_actions())
    assert len(set(table.get("imports", []))) == len(table.get("imports", []))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "X"\narea = "kitchen"\nimports = ["pandas"]', "`area` is `kitchen`"),
        ('name = "X"\narea = "data"\nimports = ["no_such_library"]', "no entry below `no_such_library`"),
        ('name = "X"\narea = "data"\ncommands = ["no-such-program"]', "no command is known as `no-such-program`"),
        ('name = "X"\narea = "data"\nactions = ["no/such-action"]', "no action is known as `no/such-action`"),
        ('name = "X"\narea = "data"\nformats = ["only words"]', "a format is written"),
        ('name = "X"\narea = "data"\nextra = 1', "unknown key `extra`"),
        ('area = "data"', "`name` is missing"),
    ],
)
def test_a_wrong_row_is_refused(tmp_path: Path, text: str, message: str) -> None:
    for name in ("knowledge", "roles.toml"):
        (tmp_path / name).symlink_to(rules_directory() / name)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"x\.toml"):
        try:
            load_tools(tmp_path)
        except CatalogueError as error:
            assert message in str(error)
            raise


# ---- what is generated ------------------------------------------------------------------------------------------------


def earned(case: Path) -> list[str]:
    """The tests in which a case earns something, in the order of the rubric."""
    found = [test for test, status in expected(case).get("tests", {}).items() if status in EARNED]
    sections = ("data", "model", "infra", "monitor")
    return sorted(found, key=lambda test: (sections.index(test.partition("-")[0]), int(test.partition("-")[2])))


def served() -> Iterator[str]:
    """The text of rules/served.toml: tool -> test -> cases."""
    yield "# Which tests each tool serves, and the cases of fixtures/tools/ that prove it. Written by `make tools`; do not edit.\n"
    for tool in sorted({case.parent.name for case in CASES}):
        tests: dict[str, list[str]] = {}
        for case in (case for case in CASES if case.parent.name == tool):
            for test in earned(case):
                tests.setdefault(test, []).append(case.name)
        for test, names in tests.items():
            names.sort(key=lambda name: (-EARNED.index(expected(FIXTURES / tool / name)["tests"][test]), name))
        sections = ("data", "model", "infra", "monitor")
        order = sorted(tests, key=lambda test: (sections.index(test.partition("-")[0]), test))
        if order:
            yield f"\n[{tool}]\n"
        for test in order:
            yield f"{test} = {json.dumps(tests[test])}\n"


def test_what_is_generated_is_fresh() -> None:
    """rules/served.toml says what the fixtures say, and docs/tools.md what the command says."""
    if REGENERATE:
        SERVED.write_text("".join(served()), encoding="utf-8")
        load_tools.cache_clear()
        PAGE.write_text(tools_markdown(load_tools()), encoding="utf-8")
    assert SERVED.read_text(encoding="utf-8") == "".join(served()), "run `make tools`"
    assert PAGE.read_text(encoding="utf-8") == tools_markdown(load_tools()), "run `make tools`"


# ---- the command ------------------------------------------------------------------------------------------------------


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["tools", *arguments]) == 0
    return capsys.readouterr().out


def test_the_command_lists_every_tool(capsys: pytest.CaptureFixture[str]) -> None:
    text, page = said(capsys), said(capsys, "--output-format", "markdown")
    listed = json.loads(said(capsys, "--output-format", "json"))
    assert [tool["id"] for tool in listed["tools"]] == [tool.id for tool in load_tools()]
    for tool in load_tools():
        assert tool.name in text and f"**{tool.name}**" in page
    assert page == PAGE.read_text(encoding="utf-8")


@row
def test_the_command_shows_one_tool_whole(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    text = said(capsys, path.stem)
    [whole] = json.loads(said(capsys, path.stem, "--output-format", "json"))["tools"]
    assert max(len(line) for line in text.split("\n")) <= 90
    assert sum(len(names) for names in whole["api"].values()) == whole["api_names"]
    assert all(test in text for test in whole["tests"])
    assert all(role in text for role in whole["api"])


def test_an_unknown_tool_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "scikit-lern"]) == 2
    assert "did you mean scikit-learn?" in capsys.readouterr().err
