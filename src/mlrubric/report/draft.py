"""A configuration to begin with: every setting with its meaning, commented out, and drafts of attestations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from mlrubric import RULES_VERSION
from mlrubric.model.verdict import TestResult
from mlrubric.report.screen import safe, wrapped
from mlrubric.report.words import sentence
from mlrubric.rules.attesting import AttestRules
from mlrubric.rules.rule import TestRule

WIDTH = 110
Schema = Mapping[str, object]
HEAD = """\
mlrubric: settings of this repository. What is commented out shows the default, or an example. `mlrubric rules` lists the rules, \
`mlrubric explain ID` says what a rule or a test means."""
ATTEST_HEAD = """\
Drafts of attestations: what this repository does not show, or cannot show by itself. Take the marks away from those that you can \
vouch for, and fill in what says TODO: as long as a field says TODO, ATT001 refuses the entry. A valid one lifts the \
attested number to half a point; an automated one to a whole point when its evidence is the exported definition of the system that \
runs it (alert rules, a dashboard, Terraform, a workflow), as a file of this repository. The observed number never changes by it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A test that somebody may attest, and why the repository is not enough."""

    test: TestRule
    reason: str


def configuration(schema: Schema, in_pyproject: bool, drafts: str = "") -> str:
    """The text of mlrubric.toml, or of the table in pyproject.toml."""
    prefix = "tool.mlrubric" if in_pyproject else ""
    properties = cast("Mapping[str, Schema]", schema["properties"])
    plain = {name: one for name, one in properties.items() if one.get("type") != "object" and name != "attest"}
    tables = {name: one for name, one in properties.items() if one.get("type") == "object"}
    parts = [*_prose(HEAD)]
    if in_pyproject:
        parts += ["", f"[{prefix}]"]
    for name, one in plain.items():
        value = json.dumps(RULES_VERSION) if name == "rules" else _value(one)
        parts += ["", *_prose(str(one.get("description", ""))), f"{'' if name == 'rules' else '# '}{name} = {value}"]
    for name, one in tables.items():
        parts += ["", *_table(name, one, prefix)]
    parts += ["", drafts or "\n".join(_prose(str(properties["attest"].get("description", ""))))]
    return "\n".join(parts).rstrip() + "\n"


def _table(name: str, one: Schema, prefix: str) -> list[str]:
    """A table below the top, with its settings commented out like itself."""
    lines = [*_prose(str(one.get("description", ""))), f"# [{f'{prefix}.' if prefix else ''}{name}]"]
    inner = cast("Mapping[str, Schema]", one.get("properties", {}))
    for key, value in inner.items():
        lines += [*_prose(str(value.get("description", ""))), f"# {key} = {_value(value)}"]
    for example in cast("list[Mapping[str, object]]", one.get("examples", [])):
        lines += [f"# {json.dumps(key)} = {_toml(value)}" for key, value in example.items()]
    return lines


def _value(one: Schema) -> str:
    """The default of a setting that has values to choose from, else an example."""
    examples = cast("list[object]", one.get("examples", []))
    return _toml(examples[0] if examples else cast("list[object]", one["enum"])[0])


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def drafts_for(results: Iterable[TestResult], tests: Iterable[TestRule], spoken: Iterable[str]) -> list[Draft]:
    """The tests that a repository like this one cannot show whole: those that would live elsewhere, those that are not analysed, and those
    that no repository shows automated; without those that are attested already."""
    rules, known = {test.id: test for test in tests}, set(spoken)
    found = []
    for result in results:
        test = rules[result.id]
        if result.id in known or result.status in ("automated", "not_applicable"):
            continue
        if result.status == "not_visible":
            found.append(Draft(test, result.broken.message if result.broken is not None else "it cannot be seen here"))
        elif test.ceiling != "automated" and result.credit.observed < 0.5:
            found.append(Draft(test, "no repository shows it automated by itself"))
    return found


def attestations(drafts: Iterable[Draft], rules: AttestRules, today: str | None, in_pyproject: bool) -> str:
    """Drafts as text: commented out, so that the file is valid as it is."""
    there = list(drafts)
    if not there:
        return "\n".join(_prose("Nothing is left to attest: what is not automated here can be shown by the repository itself."))
    lines = _prose(ATTEST_HEAD)
    day = today or json.dumps("TODO: YYYY-MM-DD")
    for draft in there:
        test = draft.test
        number = ", with a number" if test.id in rules.numbered else ""
        lines += [
            "",
            *_prose(f"{test.id}: {test.title} {sentence(safe(draft.reason[:1].upper() + draft.reason[1:]))}"),
            *_prose(f"What would do: {rules.accepts.get(test.id, 'what was done, and its outcome')}."),
            f"# [[{'tool.mlrubric.' if in_pyproject else ''}attest]]",
            f'# test = "{test.id}"',
            '# status = "manual"  # or "automated" (then with cadence and reviewer), or "not_applicable" (then claim is the reason)',
            f'# claim = "TODO: what was done, on which model or data, with which outcome{number}; 40 characters at least"',
            '# owner = "TODO: @person or @team"',
            f"# date = {day}  # it ends {rules.lasts(test.id)} days later; `expires` may name another day",
            '# evidence = ["TODO: https address, or a file of this repository"]',
        ]
    return "\n".join(lines)


def _prose(text: str) -> list[str]:
    return [f"# {line}" for line in wrapped(text, WIDTH)] if text else []
