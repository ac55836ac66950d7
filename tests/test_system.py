"""Systems of several repositories: one graph, each repository from its own root, and files that a reader can open."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from mlrubric.analyze import Memory, analyze
from mlrubric.cli import main
from mlrubric.config import Settings, read_settings
from mlrubric.knowledge.location import rules_directory
from mlrubric.model.place import Place
from mlrubric.model.report import Report

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
REPOSITORIES = sorted(path.parent for path in (FIXTURES / "repos").glob("*/expected.toml"))
THREE = FIXTURES / "tools" / "system" / "three" / "training"
EXCLUDE = ("expected.toml",)


def judged(report: Report, folder: str = "") -> list[object]:
    """What an analysis says, with paths as the repository itself has them."""

    def at(place: Place | None) -> object:
        return None if place is None else (place.path.removeprefix(folder), place.line)

    tests = [(t.id, t.status, t.broken.condition if t.broken else "", at(t.broken.place) if t.broken else None) for t in report.tests]
    return [*tests, *sorted((f.rule, str(at(f.place))) for f in report.findings), report.google.level, report.score.points]


@pytest.fixture
def bystander(tmp_path: Path) -> Path:
    """A repository whose settings would change another one's answers if they reached it."""
    folder = tmp_path / "bystander"
    folder.mkdir()
    (folder / "train.py").write_text("print('another file of this name')\n", encoding="utf-8")
    project = "[project]\nname = 'bystander'\nversion = '1'\ndependencies = ['numpy==1.0']\n"
    (folder / "pyproject.toml").write_text(project + "\n[tool.pytest.ini_options]\naddopts = '-m nothing'\n", encoding="utf-8")
    (folder / "conftest.py").write_text("collect_ignore_glob = ['*']\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("repository", REPOSITORIES, ids=lambda path: path.name)
def test_a_member_changes_nothing_where_nothing_joins(repository: Path, bystander: Path) -> None:
    alone = analyze(repository, Settings(exclude=EXCLUDE)).report
    beside = analyze(repository, Settings(exclude=EXCLUDE, members=(bystander,))).report
    assert judged(beside) == judged(alone)


@pytest.mark.parametrize("repository", REPOSITORIES, ids=lambda path: path.name)
def test_a_repository_means_the_same_as_a_member(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "README.md").write_text("# Nothing\n", encoding="utf-8")
    shutil.copytree(repository, tmp_path / "member", ignore=shutil.ignore_patterns(*EXCLUDE))
    alone = analyze(tmp_path / "member", Settings()).report
    member = analyze(tmp_path / "main", Settings(members=(tmp_path / "member",))).report
    assert judged(member, "../member/") == judged(alone)


def report_of(root: Path) -> Report:
    return analyze(root, read_settings(root)).report


def places(value: object) -> list[Place]:
    if isinstance(value, Place):
        return [value]
    if isinstance(value, tuple):
        return [place for item in value for place in places(item)]
    return [place for name in getattr(value, "__dataclass_fields__", ()) for place in places(getattr(value, name))]


def test_every_place_is_a_line_that_can_be_opened() -> None:
    found = {place for place in places(report_of(THREE)) if place.path}
    assert {place.repository for place in found} == {"", "serving", "checks"}
    for place in found:
        lines = (THREE / place.path).read_text(encoding="utf-8").split("\n")
        assert 1 <= place.line <= max(len(lines), 1), place
        assert place.path.startswith(f"../{place.repository}/") if place.repository else not place.path.startswith("..")


def test_json_names_the_repository_of_each_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(THREE), "--output-format", "json", "-q"]) == 0
    text = capsys.readouterr().out
    data = json.loads(text)
    schema = json.loads((rules_directory() / "schema" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)
    assert [member["name"] for member in data["repository"]["members"]] == ["serving", "checks"]
    steps = [step for test in data["tests"] for one in test["evidence"] for step in one["path"]]
    assert {step.get("repository") for step in steps} == {None, "serving", "checks"}
    assert all(step["file"].startswith("../") == ("repository" in step) for step in steps)
    assert "+member" not in text


def test_the_graph_names_them_too(capsys: pytest.CaptureFixture[str]) -> None:
    for layer in ("pipeline", "calls", "callsites", "dataflow"):
        assert main(["graph", str(THREE), "--layer", layer, "-q"]) == 0
        text = capsys.readouterr().out
        assert "+member" not in text, layer
        assert "../serving/app.py" in text or layer == "calls"


def test_two_files_of_one_name_stay_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", str(THREE), "--layer", "calls", "-q"]) == 0
    calls = json.loads(capsys.readouterr().out)["calls"]
    assert "checks.loanchecks.rows.checked" in calls["train"] and calls["serving.train"] == ["<builtin>.print"]


def hostile(folder: Path) -> Path:
    """A system whose other repository has findings of its own."""
    shutil.copytree(THREE.parent, folder / "system")
    broken = "import joblib\nimport pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier\n\nloans = pd.read_csv('loans.csv')\n"
    broken += "joblib.dump(RandomForestClassifier().fit(loans[['income']], loans['late']), 'model.joblib')\n"
    (folder / "system" / "serving" / "fit.py").write_text(broken, encoding="utf-8")
    return folder / "system" / "training"


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "rdjson"])
def test_annotations_speak_of_files_of_this_repository_only(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = hostile(tmp_path)
    assert any(finding.place.repository == "serving" for finding in report_of(root).findings)
    main(["check", str(root), "--output-format", name, "--fail-on", "never", "-q"])
    text = capsys.readouterr().out
    located = text if name != "sarif" else json.dumps([r for run in json.loads(text)["runs"] for r in run["results"]])
    assert "serving/fit.py" not in located
    if name == "sarif":
        assert "in files of serving left out" in text


def test_people_see_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = hostile(tmp_path)
    main(["check", str(root), "--output-format", "concise", "-q", "--fail-on", "never"])
    assert "../serving/fit.py:" in capsys.readouterr().out
    assert main(["why", "../serving/fit.py:6", str(root)]) == 0
    assert "fit.py" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (["../nowhere"], "../nowhere is not there: check the repository out"),
        (["inside"], "inside is part of this repository"),
        ([".."], "part of this repository, or this one of it"),
    ],
)
def test_what_cannot_be_a_member_is_said(members: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "main" / "inside").mkdir(parents=True)
    (tmp_path / "main" / "mlrubric.toml").write_text(f"[system]\nmembers = {json.dumps(members)}\n", encoding="utf-8")
    [notice] = [message for message in report_of(tmp_path / "main").notices if "[tool.mlrubric.system]" in message.message]
    assert said in notice.message and notice.place is not None and notice.place.path == "mlrubric.toml"


def test_members_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("main", "a/serving", "b/serving"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.py").write_text("import pandas\n", encoding="utf-8")
    report = analyze(tmp_path / "main", Settings(members=(tmp_path / "a/serving", tmp_path / "b/serving"))).report
    found = [(member.name, member.root) for member in report.repository.members]
    assert found == [
        ("serving", "../a/serving"),
        ("b-serving", "../b/serving"),
    ]


def test_paths_count_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "org").mkdir()
    (tmp_path / "serving").mkdir()
    (tmp_path / "main").mkdir()
    (tmp_path / "org" / "all.toml").write_text('[system]\nmembers = ["../serving"]\n', encoding="utf-8")
    (tmp_path / "main" / "mlrubric.toml").write_text('extends = "../org/all.toml"\n', encoding="utf-8")
    assert read_settings(tmp_path / "main").members == (tmp_path / "serving",)


def test_an_edit_in_an_open_editor_keeps_the_system() -> None:
    settings, memory = read_settings(THREE), Memory()
    first = analyze(THREE, settings, memory=memory).report
    again = analyze(THREE, settings, overlay={"train.py": (THREE / "train.py").read_text(encoding="utf-8") + "\n"}, memory=memory).report
    assert judged(again) == judged(first)
    assert replace(again, repository=first.repository).tests == first.tests
