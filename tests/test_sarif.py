"""SARIF: the line hash against a second implementation, the schemas, the GitHub rules, and what code scanning shows."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report_example import CARDS, FINDINGS, REPORT, VIEW, at, texts
from tests.test_reports import hostile, problems

from mlrubric.model.place import Place, Span
from mlrubric.report import Options, View, formats
from mlrubric.report import sarif as sarif_format
from mlrubric.report.fingerprint import line_hashes

OASIS = Path(__file__).resolve().parents[2] / "shared" / "schemas" / "sarif-schema-2.1.0.json"
PROFILE = "code-scanning.schema.json"


def sarif(view: View = VIEW) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(formats()["sarif"].render(view, Options()))
    return document


def result_of(document: dict[str, Any], rule: str) -> dict[str, Any]:
    return next(result for result in document["runs"][0]["results"] if result["ruleId"] == rule)


# ---- fixes ----------------------------------------------------------------------------------------------------------


def view_of_files(files: dict[str, str | bytes]) -> View:
    from mlrubric.analyze import analyze_tree
    from mlrubric.config import Settings
    from mlrubric.source.tree import MemoryTree

    analysis = analyze_tree(MemoryTree(files), "churn", Settings())
    return View(analysis.report, lambda path: analysis.texts(path) or "", CARDS)


def fixable_view() -> View:
    """A repository with a finding that an edit mends, and one that a new file mends."""
    files: dict[str, str | bytes] = {
        "train.py": "from sklearn.ensemble import RandomForestClassifier\n\nmodel = RandomForestClassifier()\nmodel.fit([[1]], [1])\n",
        "tests/test_train.py": "def test_sum():\n    assert sum([1]) == 1\n",
        ".github/workflows/lint.yml": "on: push\njobs:\n  lint:\n    runs-on: ubuntu\n    steps:\n      - run: ruff check . || true\n",
    }
    return view_of_files(files)


def test_fixes_are_objects_of_the_schema() -> None:
    view = fixable_view()
    document = sarif(view)
    assert not problems(document, PROFILE)
    if OASIS.is_file():
        jsonschema.validate(document, json.loads(OASIS.read_text(encoding="utf-8")))
    [seed] = result_of(document, "SEED001")["fixes"]
    assert seed["description"]["text"] == "Pass `random_state=0` (unsafe: it may change what a run gives)."
    [change] = seed["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "train.py"
    region = {"startLine": 3, "startColumn": 32, "endLine": 3, "endColumn": 32}
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": "random_state=0"}}]
    [lint] = result_of(document, "CI001")["fixes"]
    [removed] = lint["artifactChanges"][0]["replacements"]
    assert removed["insertedContent"]["text"] == "" and removed["deletedRegion"]["endColumn"] - removed["deletedRegion"]["startColumn"] == 8
    assert "fixes" not in result_of(document, "CI003"), "a new file is no change of one that is there"


def test_fixes_are_suggestions_for_reviewdog() -> None:
    document = json.loads(formats()["rdjson"].render(fixable_view(), Options()))
    suggestions = {one["code"]["value"]: one.get("suggestions") for one in document["diagnostics"]}
    place = {"line": 3, "column": 32}
    assert suggestions["SEED001"] == [{"range": {"start": place, "end": place}, "text": "random_state=0"}]
    assert suggestions["CI003"] is None


def test_reviewdog_counts_bytes() -> None:
    """A suggestion by code points would land inside of a word that follows letters beyond ASCII."""
    line = 'é = "öööö"; model = RandomForestClassifier().fit(X, y)\n'
    view = view_of_files({"train.py": f"from sklearn.ensemble import RandomForestClassifier\n\n{line}"})
    document = json.loads(formats()["rdjson"].render(view, Options()))
    [seed] = [one for one in document["diagnostics"] if one["code"]["value"] == "SEED001"]
    at = seed["suggestions"][0]["range"]["start"]["column"]
    assert line.encode()[at - 2 : at] == b"()"
    assert line.encode()[seed["location"]["range"]["start"]["column"] - 1 :].startswith(b"RandomForest")


# ---- fingerprints ---------------------------------------------------------------------------------------------------


def slow_hashes(text: str) -> dict[int, str]:
    """The definition read literally: for each line the polynomial over the hundred units from its first kept one, modulo 2^64."""
    units: list[tuple[int, int]] = []
    line, i = 1, 0
    raw = text.encode("utf-16-le", "surrogatepass")
    codes = [int.from_bytes(raw[k : k + 2], "little") for k in range(0, len(raw), 2)]
    while i < len(codes):
        code = codes[i]
        i += 1
        if code in (9, 32):
            continue
        if code == 13:
            if i < len(codes) and codes[i] == 10:
                i += 1
            code = 10
        units.append((code, line))
        line += code == 10
    units.append((65535, line))
    seen: Counter[int] = Counter()
    hashes: dict[int, str] = {}
    for index, (_, number) in enumerate(units):
        if number in hashes:
            continue
        window = [code for code, _ in units[index : index + 100]]
        window += [0] * (100 - len(window))
        value = 0
        for code in window:
            value = (value * 37 + code) % 2**64
        seen[value] += 1
        hashes[number] = f"{value:x}:{seen[value]}"
    return hashes


@pytest.mark.parametrize(
    "text",
    ["", "\n", "hello\n", "a\r\nb\rc\n\n x \ty", "é😀\nabc" + "xyz\n" * 80, " \n \n", "\r\n\r\n", "\ufeffimport os\n", "x" * 500 + "\ny"],
)
def test_line_hashes_are_what_the_definition_says(text: str) -> None:
    assert line_hashes(text) == slow_hashes(text)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab \t\n\ré😀"), max_size=400))
def test_line_hashes_of_any_text(text: str) -> None:
    assert line_hashes(text) == slow_hashes(text)


def test_known_vectors() -> None:
    assert line_hashes("") == {1: "c129715d7a2bc9a3:1"}
    assert line_hashes("x\n" * 300)[1].endswith(":1")
    assert Counter(value.split(":")[0] for value in line_hashes("x\n" * 300).values()).most_common(1)[0][1] > 200


def test_line_ends_and_blanks_do_not_change_a_hash() -> None:
    assert line_hashes("a = 1\nb = 2\n") == line_hashes("a=1\r\nb\t=2\r\n") == line_hashes("a = 1\rb = 2\r")


def test_a_line_above_does_not_change_the_hash_of_a_finding() -> None:
    before = result_of(sarif(), "LEAK001")["partialFingerprints"]
    moved = tuple(replace(f, place=at("src/features.py", 10, 12, 45)) if f.rule == "LEAK001" else f for f in FINDINGS)
    view = View(
        replace(REPORT, findings=moved),
        lambda path: "import os\nimport re\n" + texts(path) if path == "src/features.py" else texts(path),
        CARDS,
    )
    assert result_of(sarif(view), "LEAK001")["partialFingerprints"] == before


# ---- schemas and validators -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [VIEW, hostile()], ids=["plain", "hostile"])
def test_the_code_scanning_profile(view: View) -> None:
    assert problems(sarif(view), PROFILE) == []


@pytest.mark.parametrize("view", [VIEW, hostile()], ids=["plain", "hostile"])
def test_the_oasis_schema(view: View) -> None:
    if not OASIS.is_file():
        pytest.skip(f"the OASIS schema is not here: {OASIS}")
    schema = json.loads(OASIS.read_text(encoding="utf-8"))
    errors = [f"{list(e.absolute_path)}: {e.message}" for e in jsonschema.Draft4Validator(schema).iter_errors(sarif(view))]
    assert errors == []


def _without_help(document: dict[str, Any]) -> None:
    del document["runs"][0]["tool"]["driver"]["rules"][0]["help"]


def _with_a_pass(document: dict[str, Any]) -> None:
    document["runs"][0]["results"][0]["kind"] = "pass"


def _with_many_tags(document: dict[str, Any]) -> None:
    document["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["tags"] = [f"t{i}" for i in range(11)]


def _without_location(document: dict[str, Any]) -> None:
    document["runs"][0]["results"][0]["locations"] = []


def _with_a_blank(document: dict[str, Any]) -> None:
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b.py"


def _absolute(document: dict[str, Any]) -> None:
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "file:///a.py"


def _security_without_tag(document: dict[str, Any]) -> None:
    document["runs"][0]["tool"]["driver"]["rules"][0]["properties"] |= {"security-severity": "8.1", "tags": ["machine-learning"]}


@pytest.mark.parametrize(
    "mutation", [_without_help, _with_a_pass, _with_many_tags, _without_location, _with_a_blank, _absolute, _security_without_tag]
)
def test_the_profile_sees_what_code_scanning_would_refuse(mutation: Any) -> None:
    document = copy.deepcopy(sarif())
    mutation(document)
    assert problems(document, PROFILE)


@pytest.fixture(scope="module")
def multitool() -> str:
    """The validator behind code scanning, when npm installed it."""
    found = shutil.which("sarif-multitool")
    if found is None:
        pytest.skip("sarif-multitool is not installed (npm install @microsoft/sarif-multitool@5.7.0)")
    return found


def _validated(program: str, document: dict[str, Any], folder: Path) -> list[tuple[str, str]]:
    """(rule, level) of what the validator says; it ends with 0 whatever it finds, so its own SARIF is read."""
    source, verdict = folder / "in.sarif", folder / "out.sarif"
    source.write_text(json.dumps(document), encoding="utf-8")
    arguments = ["validate", str(source), "--rule-kind", "'Sarif;Ghas'", "--output", str(verdict), "--log", "ForceOverwrite"]
    subprocess.run(
        [program, *arguments], check=False, capture_output=True, timeout=120, cwd=folder
    )  # its wrapper goes through a shell: quoted
    run = json.loads(verdict.read_text(encoding="utf-8-sig"))["runs"][0]
    levels = {rule["id"]: rule.get("defaultConfiguration", {}).get("level", "warning") for rule in run["tool"]["driver"]["rules"]}
    return [(result["ruleId"], result.get("level", levels.get(result["ruleId"], "warning"))) for result in run["results"]]


@pytest.mark.slow
@pytest.mark.parametrize("view", [VIEW, hostile()], ids=["plain", "hostile"])
def test_sarif_multitool_finds_no_error(multitool: str, view: View, tmp_path: Path) -> None:
    found = _validated(multitool, sarif(view), tmp_path)
    assert [rule for rule, level in found if level == "error"] == []
    assert {rule for rule, _ in found} <= {"SARIF2005"}  # no information URI: the project has no site


@pytest.mark.slow
def test_sarif_multitool_really_applies_the_github_rules(multitool: str, tmp_path: Path) -> None:
    document = sarif()
    _without_help(document)
    assert ("GH2012", "error") in _validated(multitool, document, tmp_path)


# ---- what is in it --------------------------------------------------------------------------------------------------


def test_results_point_at_their_rule_and_have_what_alerts_show() -> None:
    document = sarif()
    run = document["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(rule["id"] for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert "kind" not in result and "suppressions" not in result and "fixes" not in result
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] == region["endLine"] and region["startColumn"] <= region["endColumn"]
    assert len(run["results"]) == len(FINDINGS)  # the suppressed one is left out
    assert run["automationDetails"]["id"] == "mlrubric/"


def test_only_security_rules_have_a_security_severity() -> None:
    rules = {rule["id"]: rule["properties"] for rule in sarif()["runs"][0]["tool"]["driver"]["rules"]}
    assert rules["PRIV006"]["security-severity"] == "8.1" and "security" in rules["PRIV006"]["tags"]
    assert [rule for rule, properties in rules.items() if "security-severity" in properties] == ["PRIV006"]
    assert rules["CI006"]["problem.severity"] == "recommendation" and rules["LEAK001"]["precision"] == "high"


def test_paths_and_related_places() -> None:
    leak = result_of(sarif(), "LEAK001")
    assert leak["message"]["text"].endswith("See [split here](1).")
    assert leak["relatedLocations"][0]["id"] == 1
    hops = [hop["location"]["message"]["text"] for hop in leak["codeFlows"][0]["threadFlows"][0]["locations"]]
    assert hops == ["op pandas.read_csv.", "op fit_transform."]


def test_scores_are_properties_and_notices_are_notifications() -> None:
    run = sarif()["runs"][0]
    scores = run["properties"]["mlTestScore"]
    assert len(scores["tests"]) == 28 and scores["tests"]["monitor-1"] == {"status": "automated", "credit": 1}
    said = run["invocations"][0]["toolExecutionNotifications"]
    assert [notification["level"] for notification in said] == ["note", "warning"]
    assert said[1]["locations"][0]["physicalLocation"]["region"]["startLine"] == 3


def test_a_span_of_several_lines_ends_with_its_first() -> None:
    place = Place("src/features.py", Span(5, 1, 9, 20))
    region = result_of(sarif(View(replace(REPORT, findings=(replace(FINDINGS[0], place=place),)), texts, CARDS)), "LEAK001")
    assert region["locations"][0]["physicalLocation"]["region"] == {"startLine": 5, "startColumn": 1, "endLine": 5, "endColumn": 17}


def test_a_finding_about_the_whole_repository_has_an_anchor() -> None:
    whole = replace(FINDINGS[0], place=Place(""), related=(), flow=())
    document = sarif(View(replace(REPORT, findings=(whole,)), texts, CARDS))
    assert problems(document, PROFILE) == []
    assert document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "README.md"


def test_more_findings_than_code_scanning_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif_format.MOST_RESULTS == 25_000
    monkeypatch.setattr(sarif_format, "MOST_RESULTS", 50)
    many = tuple(replace(FINDINGS[4], place=at("a.py", i + 1), fingerprint=f"f{i}") for i in range(51))
    run = sarif(View(replace(REPORT, findings=(*many, FINDINGS[2])), lambda path: "", CARDS))["runs"][0]
    assert len(run["results"]) == 50
    assert any(result["ruleId"] == "CI001" for result in run["results"])  # the worst stay
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"] == "2 findings left out: code scanning takes 50."
