"""Every output format on one report that uses all of its parts: golden files, widths, schemas, nothing dangerous printed."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from tests.report_example import AZURE, FINDINGS, REPORT, SECRET, TESTS, TEXTS, VIEW, at, texts

from mlrubric.knowledge.location import rules_directory
from mlrubric.model.place import Place, Span
from mlrubric.model.report import Message
from mlrubric.model.verdict import Finding
from mlrubric.report import Options, View, formats
from mlrubric.report.findings_screen import summary
from mlrubric.report.profile import lenient
from mlrubric.report.screen import width_of
from mlrubric.report.snippets import covered
from mlrubric.report.words import with_advice

GOLDEN = Path(__file__).parent / "golden"
ENDINGS = {
    "json": "json",
    "sarif": "sarif",
    "gitlab": "json",
    "rdjson": "json",
    "junit": "xml",
    "html": "html",
    "markdown": "md",
    "badge": "svg",
}
CASES = [(name, command) for name in formats() for command in ("score", "check")]
HOSTILE = "x\x1b[31m\u202eevil\u200b\x07|`<b>&]()@someone\n::error::"


def schema(name: str) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((rules_directory() / "schema" / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(loaded)
    return loaded


def problems(document: object, name: str) -> list[str]:
    return [
        f"{list(error.absolute_path)}: {error.message}" for error in jsonschema.Draft202012Validator(schema(name)).iter_errors(document)
    ]


def hostile() -> View:
    """The same report from a repository whose names and strings attack whoever prints them."""
    place = Place(f"src/{HOSTILE}.py", Span(1, 1, 1, 5), HOSTILE)
    finding = replace(FINDINGS[0], message=f"`{HOSTILE}` learns", place=place, related=())
    repository = replace(REPORT.repository, name=HOSTILE, unreadable=(Message("warning", HOSTILE, place),))
    report = replace(REPORT, repository=repository, findings=(finding, *FINDINGS), notices=(Message("note", HOSTILE),))
    return View(report, lambda path: f"print('{HOSTILE}')\n" if path == place.path else texts(path), VIEW.cards)


@pytest.mark.parametrize(("name", "command"), CASES)
def test_golden(name: str, command: str) -> None:
    """MLRUBRIC_UPDATE_GOLDEN=1 writes the files anew; the difference is for the review."""
    text = formats()[name].render(VIEW, Options(command=command))
    file = GOLDEN / f"{name}-{command}.{ENDINGS.get(name, 'txt')}"
    if os.environ.get("MLRUBRIC_UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text == file.read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_format() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == {f"{name}-{command}" for name, command in CASES}


def test_formats_of_the_contract_are_all_there() -> None:
    contract = {"full", "concise", "json", "sarif", "html", "markdown", "github", "gitlab", "junit", "rdjson", "badge"}
    assert set(formats()) == contract


# ---- the first screen -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", range(60, 161, 4))
@pytest.mark.parametrize("command", ["score", "check"])
@pytest.mark.parametrize("verbosity", [0, 1])
@pytest.mark.parametrize("view", [VIEW, hostile()], ids=["plain", "hostile"])
def test_no_row_is_longer_than_the_terminal(width: int, command: str, verbosity: int, view: View) -> None:
    lines = formats()["full"].render(view, Options(command, width, verbosity=verbosity)).split("\n")
    assert max(width_of(line) for line in lines) <= width
    if command == "score" and not verbosity:
        assert len(lines) - 1 <= 40


@pytest.mark.parametrize("width", [60, 72, 80, 100, 160])
def test_first_screen_says_everything_at_every_width(width: int) -> None:
    text = formats()["full"].render(VIEW, Options(width=width))
    for said in (
        "0.0 of 7",
        "2.0 of 28 points",
        "5 checks exist",
        "1 enforced",
        "Google level 0",
        "← decides",
        "ONE LINE DISARMS 2 CHECKS",
        "^",
    ):
        assert said in text
    for said in ("RELEASED UNCHECKED", "NUMBERS NOT TO TRUST", "SECURITY", "NEXT", "-v for", "1 unreadable", "in another repository?"):
        assert said in " ".join(text.split())


def test_the_caret_stands_below_the_column_of_the_break() -> None:
    lines = formats()["full"].render(VIEW, Options(width=120)).split("\n")
    index = next(i for i, line in enumerate(lines) if "| tee test_output.txt" in line)
    assert lines[index + 1].index("^") == lines[index].index("| tee")


def test_more_breaks_and_findings_than_fit_still_make_one_screen() -> None:
    many = tuple(replace(FINDINGS[0], place=at(f"src/module_{i}.py", 3, 1, 9)) for i in range(30))
    crowded = replace(REPORT, findings=(*FINDINGS, *many), breaks=REPORT.breaks * 9, released_unchecked=REPORT.released_unchecked * 9)
    lines = formats()["full"].render(View(crowded, texts, VIEW.cards), Options(width=80)).rstrip("\n").split("\n")
    assert len(lines) <= 40
    assert "29 more" in "\n".join(lines) or "30 more" in "\n".join(lines)
    assert lines[-1].endswith("-v for all 28")


@pytest.mark.parametrize("kind", ["research", "library", "template"])
def test_a_repository_that_releases_nothing_gets_a_short_screen(kind: str) -> None:
    report = replace(REPORT, repository=replace(REPORT.repository, kind=kind, unreadable=()), findings=(), notices=())
    text = formats()["full"].render(View(report, texts, {}), Options())
    assert "RELEASED" not in text and "DISARMS" not in text and "█" not in text
    assert len(text.split("\n\n")[0].split("\n")) <= 5
    assert len(re.findall(r"^  \d ", text, re.MULTILINE)) == 3


def test_a_repository_without_machine_learning_is_told_so() -> None:
    report = replace(REPORT, repository=replace(REPORT.repository, kind="none"), findings=(), breaks=(), steps=())
    text = formats()["full"].render(View(report, texts, {}), Options())
    assert "no machine learning was found here" in text and "ML Test Score" not in text
    assert "no machine learning" in formats()["full"].render(View(report, texts, {}), Options(verbosity=-1))


def test_all_28_rows_under_v() -> None:
    text = formats()["full"].render(VIEW, Options(verbosity=1, width=120))
    for test in TESTS:
        assert re.search(rf"^  {test.id} .*{re.escape(test.title[:40])}", text, re.MULTILINE)
    assert "not consequential at ci.yml:7: exit status lost (no pipefail)" in text
    assert "attested: @ml-team" in text and "G1.2" in text


def test_levels_gate_and_loop_stand_under_v() -> None:
    view = View(replace(REPORT, azure=AZURE), texts, VIEW.cards)
    text = " ".join(formats()["full"].render(view, Options(verbosity=1, width=120)).split())
    for said in (
        "GOOGLE LEVEL 0 L1: 1/2",
        "do: start the training by a schedule (about 2 edits)",
        "AZURE LEVEL 1",
        "not assessed: people and culture",
        "GATE 1/2 before upload",
        "gate-2: release.yml:",
        "LOOP 0/1",
        "Drift (page) → notify, retrain",
        "1 at level 1",
        "SHIFT LEFT 0%",
        "SLO p95 0.1 seconds (alert)",
        "LATENCY inference: predict_seconds",
        "IMPORTANCE at serving: shap.Explainer",
    ):
        assert said in text, said
    assert "Azure 1" in formats()["full"].render(view, Options(width=120))
    assert "Azure level 1" in formats()["markdown"].render(view, Options()) and "Azure level 1" in formats()["html"].render(view, Options())
    azure = json.loads(formats()["json"].render(view, Options()))["maturity"]["azure"]
    assert azure["level"] == 1 and azure["missing"] == ["Z2.1"] and azure["not_assessed"] == ["people and culture"]
    assert not problems(json.loads(formats()["json"].render(view, Options())), "report.schema.json")


def test_quiet_is_one_line() -> None:
    assert formats()["full"].render(VIEW, Options(verbosity=-1)).count("\n") == 1


def test_colour_only_when_asked_for() -> None:
    plain, colored = (formats()["full"].render(VIEW, Options(color=color)) for color in (False, True))
    assert "\x1b" not in plain and "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored).split() == plain.split()


def test_a_terminal_without_unicode_gets_ascii() -> None:
    text = formats()["full"].render(VIEW, Options(unicode=False))
    assert text.isascii() and "##" in text and "-> " not in text


def test_lenient_profile_shows_lenient_numbers_and_their_band() -> None:
    shown = lenient(REPORT)
    assert shown.score.observed == 0.5 and dict(shown.score.sections)["infra"].observed == 1
    assert shown.score.points == 3.0 and "possibility of serious holes" in shown.score.band


# ---- nothing dangerous ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "command"), CASES)
def test_no_format_prints_a_credential(name: str, command: str) -> None:
    text = formats()[name].render(VIEW, Options(command=command, verbosity=1))
    assert SECRET not in text and SECRET[7:20] not in text


def test_a_credential_that_no_search_knows_is_covered_by_its_finding() -> None:
    word = "correcthorse"
    view = View(replace(REPORT, findings=(replace(FINDINGS[3], place=at("a.cfg", 1, 4, 16)),)), lambda path: f"x: {word} y\n", VIEW.cards)
    text = formats()["full"].render(view, Options("check"))
    assert word not in text and "x: ************ y" in text


@pytest.mark.parametrize("line_end", ["\n", "\\n"])
@pytest.mark.parametrize("closed", [True, False])
def test_of_a_private_key_nothing_is_printed(line_end: str, closed: bool) -> None:
    """Its header is the place of the finding; the body behind and below it is the secret."""
    body = [base64.b64encode(hashlib.sha512(str(number).encode()).digest()).decode()[:64] for number in range(9)]
    kind = "PRIVATE KEY-----"
    end = f"-----END {kind}{line_end}" if closed else ""
    text = f'"key": "-----BEGIN {kind}{line_end}' + line_end.join(body) + line_end + end + '",\n"after": 1\n'
    shown = covered(text)
    assert not any(part[:12] in shown for part in body) and "BEGIN" not in shown
    assert len(shown) == len(text) and shown.count("\n") == text.count("\n") and (not closed or '"after": 1' in shown)


@pytest.mark.parametrize(("name", "command"), CASES)
def test_hostile_names_move_no_cursor_and_start_no_markup(name: str, command: str) -> None:
    text = formats()[name].render(hostile(), Options(command=command, verbosity=1))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u200b]", text)
    outside_of_code = re.sub(r"(`+).+?\1", "", text) if name == "markdown" else text
    if name in ("html", "markdown", "junit"):
        assert "<b>&]" not in outside_of_code
    if name == "markdown":
        assert "@someone" not in outside_of_code
    if name == "github":
        assert not re.search(r"^::error::", text, re.MULTILINE)
    if name in ("json", "sarif", "gitlab", "rdjson"):
        json.loads(text)
    if name == "junit":
        ElementTree.fromstring(text)


def test_undecodable_file_names_are_written_in_every_format() -> None:
    place = Place("src/\udcff.py", Span(1, 1, 1, 2))
    view = View(replace(REPORT, findings=(replace(FINDINGS[0], place=place, related=(), flow=()),)), texts, VIEW.cards)
    for name, command in CASES:
        formats()[name].render(view, Options(command=command)).encode("utf-8")
    sarif = json.loads(formats()["sarif"].render(view, Options()))
    assert sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "src/%FF.py"


# ---- data -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [VIEW, hostile()], ids=["plain", "hostile"])
def test_json_fits_its_schemas(view: View) -> None:
    assert problems(json.loads(formats()["json"].render(view, Options())), "report.schema.json") == []
    assert problems(json.loads(formats()["json"].render(view, Options("check"))), "findings.schema.json") == []


def test_the_schema_is_strict() -> None:
    document = json.loads(formats()["json"].render(VIEW, Options()))
    for key in document:
        assert problems({name: value for name, value in document.items() if name != key}, "report.schema.json"), key
    assert problems({**document, "more": 1}, "report.schema.json")
    finding = document["findings"][0]
    assert problems({**document, "findings": [{**finding, "level": "fatal"}]}, "report.schema.json")


def test_json_has_every_key_of_the_contract() -> None:
    document = json.loads(formats()["json"].render(VIEW, Options()))
    assert document["format"] == "mlrubric-report/1" and document["tool"]["rules"] == "2026.1"
    assert set(document["repository"]) >= {"root", "commit", "as_of", "kind", "files"}
    assert set(document["score"]) >= {"edition", "observed", "attested", "lenient", "band", "points", "checks", "sections"}
    test = next(test for test in document["tests"] if test["id"] == "data-7")
    assert test["broken"]["condition"] == "consequential" and test["broken"]["at"] == {"file": ".github/workflows/ci.yml", "line": 7}
    assert set(test["evidence"][0]["path"][0]) >= {"file", "line", "kind", "label", "edge"}
    assert document["maturity"]["google"]["missing"] == ["G1.2"] and document["maturity"]["azure"] == {}
    files = {notice["file"] for notice in document["notices"]}
    assert files == {None, "conf/params.yaml"}


def test_notebook_findings_count_in_the_cell_for_people_and_in_the_file_for_code_scanning() -> None:
    document = json.loads(formats()["json"].render(VIEW, Options()))
    finding = next(finding for finding in document["findings"] if finding["rule"] == "SEED001")
    assert (finding["cell"], finding["line"], finding["column"], finding["raw_line"]) == (2, 2, 8, 6)
    cell_line = 'a, b = train_test_split(df["text"], test_size=0.2)'
    assert cell_line[finding["column"] - 1 :].startswith("train_test_split") and finding["end_column"] <= len(cell_line) + 1
    text = formats()["concise"].render(VIEW, Options("check"))
    assert "notebooks/explore data.ipynb:cell 2:2:8: SEED001 [warning]" in text
    sarif = json.loads(formats()["sarif"].render(VIEW, Options()))
    result = next(result for result in sarif["runs"][0]["results"] if result["ruleId"] == "SEED001")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "notebooks/explore%20data.ipynb"
    raw = TEXTS["notebooks/explore data.ipynb"].split("\n")[place["region"]["startLine"] - 1]
    assert raw[place["region"]["startColumn"] - 1 :].startswith("train_test_split")


def test_junit_counts_are_those_of_its_cases() -> None:
    root = ElementTree.fromstring(formats()["junit"].render(VIEW, Options()))
    cases = list(root.iter("testcase"))
    assert len(cases) == 28 == int(root.attrib["tests"])
    assert sum(case.find("failure") is not None for case in cases) == int(root.attrib["failures"]) == 25
    assert [case.attrib["name"].split()[0] for case in cases if case.find("failure") is None] == ["monitor-1", "monitor-3", "monitor-4"]


def test_gitlab_fingerprints_are_unique() -> None:
    twice = View(replace(REPORT, findings=FINDINGS * 2), texts, VIEW.cards)
    prints = [issue["fingerprint"] for issue in json.loads(formats()["gitlab"].render(twice, Options("check")))]
    assert len(prints) == len(set(prints)) == 10


def test_badge_is_an_image_or_the_data_of_one() -> None:
    assert ElementTree.fromstring(formats()["badge"].render(VIEW, Options())).tag.endswith("svg")
    data = json.loads(formats()["badge"].render(VIEW, Options(target="badge.json")))
    assert data["schemaVersion"] == 1 and data["message"] == "0.0 / 7"
    found = json.loads(formats()["badge"].render(VIEW, Options("check", target="badge.json")))
    assert (found["label"], found["message"]) == ("mlrubric", "5 findings")


def test_reviewdog_counts_bytes() -> None:
    line = 'naïve = "Δ"; train, test = train_test_split(rows)'
    start, end = line.index("train_test_split") + 1, len(line) + 1
    one = replace(FINDINGS[0], place=Place("a.py", Span(1, start, 1, end)))
    view = View(replace(REPORT, findings=(one,)), lambda path: line + "\n", VIEW.cards)
    [told] = json.loads(formats()["rdjson"].render(view, Options("check")))["diagnostics"]
    span = told["location"]["range"]
    assert line.encode()[span["start"]["column"] - 1 : span["end"]["column"] - 1] == b"train_test_split(rows)"


def test_advice_is_a_sentence_of_its_own() -> None:
    one = replace(FINDINGS[0], message="the tag moves", advice="name a full version")
    assert with_advice(one) == "the tag moves. Name a full version."
    assert with_advice(replace(one, advice="`x` is to be named")).endswith(". `x` is to be named.")


def test_what_is_no_machine_learning_is_said() -> None:
    report = replace(REPORT, findings=(), repository=replace(REPORT.repository, kind="none", unreadable=()), suppressed=())
    assert summary(report).endswith(": no machine learning was found here.")


def test_concise_tells_notices_about_a_line_and_the_sum() -> None:
    notice = Message("note", "nothing to ignore here", Place("a.py", Span(3)))
    text = formats()["concise"].render(View(replace(REPORT, notices=(notice,)), texts, VIEW.cards), Options("check"))
    assert "a.py:3:1: [note] nothing to ignore here\n" in text and "\nFound 5 findings" in text
    quiet = formats()["concise"].render(View(replace(REPORT, notices=(notice,)), texts, VIEW.cards), Options("check", verbosity=-1))
    assert "nothing to ignore" not in quiet and "Found" not in quiet


def test_html_runs_nothing_and_loads_nothing() -> None:
    text = formats()["html"].render(hostile(), Options())
    assert "default-src 'none'" in text
    assert not re.search(r"<script|<img|<link|https?://|\son\w+=", text)


def test_findings_are_sorted_by_place_in_every_format() -> None:
    shuffled = View(replace(REPORT, findings=FINDINGS[::-1]), texts, VIEW.cards)
    for name, command in CASES:
        if command == "check":
            assert formats()[name].render(shuffled, Options(command)) == formats()[name].render(VIEW, Options(command)), name


def test_a_finding_of_a_rule_without_a_card_is_no_crash() -> None:
    made = Finding("NEW001", "brand-new", "note", "low", "something", at("a.py", 1))
    view = View(replace(REPORT, findings=(made,)), texts, {})
    for name, command in CASES:
        assert formats()[name].render(view, Options(command))
