"""Systems of several repositories: one graph, each repository from its own root, and files that a reader can open."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from mlrubric.analyze import Memory, analyze
from mlrubric.cli import main
from mlrubric.config import ConfigError, Settings, read_settings
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


# ---- automation that lies elsewhere -------------------------------------------------------------------------------------

CALL = "on: push\njobs:\n  checks:\n    uses: loans/ci/.github/workflows/tests.yml@v2\n"
TESTS = "on: workflow_call\njobs:\n  build:\n    runs-on: ubuntu-22.04\n    steps:\n      - uses: actions/checkout@v4\n"
TESTS += "      - uses: ./.github/actions/prepare\n      - uses: loans/ci/actions/unit@v2\n"
UNIT = "name: unit\nruns:\n  using: composite\n  steps:\n    - run: bash $GITHUB_ACTION_PATH/run.sh\n      shell: bash\n"
TRAIN = "from sklearn.linear_model import LogisticRegression\n\n\n"
TRAIN += "def train(rows):\n    return LogisticRegression().fit(rows[['a']], rows['b'])\n"
LEARNS = "from train import train\n\n\ndef test_it_learns():\n    assert train({'a': [0, 1], 'b': [0, 1]}).score([[0]], [0]) > 0\n"


def written(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A repository with a workflow and an action that others use, beside one that uses them."""
    prepare = "name: prepare\nruns:\n  using: composite\n  steps:\n    - run: pip install -r requirements.txt\n      shell: bash\n"
    user = {".github/workflows/ci.yml": CALL, ".github/actions/prepare/action.yml": prepare, "train.py": TRAIN, "test_train.py": LEARNS}
    ci = {".github/workflows/tests.yml": TESTS, "actions/unit/action.yml": UNIT, "actions/unit/run.sh": "set -e\npytest\n"}
    written(tmp_path / "ci", {**ci, "test_ci.py": "def test_ci():\n    assert True\n", ".github/workflows/own.yml": "on: push\njobs: {}\n"})
    return written(tmp_path / "user", {**user, "requirements.txt": "pytest\nscikit-learn\n"})


def status(report: Report, test: str) -> str:
    return next(one.status for one in report.tests if one.id == test)


@pytest.mark.parametrize("address", ["github.com/loans/ci", "loans/ci", "https://github.com/loans/ci.git"])
def test_hops_lead_into_a_mapped_checkout(shared: Path, address: str) -> None:
    settings = Settings(sources=((address, shared.parent / "ci"),))
    report = analyze(shared, settings).report
    assert status(report, "infra-2") == "automated"
    path = next(one for one in report.tests if one.id == "infra-2").evidence[0].path
    files = [step.place.path for step in path]
    assert "../ci/.github/workflows/tests.yml" in files and "../ci/actions/unit/run.sh" in files and files[-1] == "test_train.py"
    assert {step.place.repository for step in path} == {"", "ci"}
    for step in path:
        assert step.place.line <= len((shared / step.place.path).read_text(encoding="utf-8").split("\n"))


def test_another_address_maps_nothing(shared: Path) -> None:
    report = analyze(shared, Settings(sources=(("github.com/others/ci", shared.parent / "ci"),))).report
    assert status(report, "infra-2") == "present"
    assert judged(report) == judged(analyze(shared, Settings()).report)


def test_a_member_that_uses_it_runs_it_in_its_own_checkout(shared: Path, tmp_path: Path) -> None:
    """The same file runs here and there; each time in the repository that calls it."""
    main_ = written(tmp_path / "main", {".github/workflows/ci.yml": CALL, "README.md": "# Nothing is trained here\n"})
    settings = Settings(members=(shared,), sources=(("loans/ci", tmp_path / "ci"),))
    report = analyze(main_, settings).report
    assert status(report, "infra-2") == "automated"
    path = next(one for one in report.tests if one.id == "infra-2").evidence[0].path
    assert path[0].place.path == "../user/.github/workflows/ci.yml"
    assert path[-1].place.path == "../user/test_train.py"


def test_only_what_is_used_is_brought(shared: Path) -> None:
    analysis = analyze(shared, Settings(sources=(("loans/ci", shared.parent / "ci"),)))
    places_ = {node.place.path for node in analysis.graph.nodes if node.place.repository == "ci"}
    assert places_ == {"../ci/.github/workflows/tests.yml", "../ci/actions/unit/action.yml", "../ci/actions/unit/run.sh"}


def test_what_lies_elsewhere_keeps_absence_from_being_a_finding(shared: Path) -> None:
    """CI003: tests that the shared workflow may run are not said to be run by nobody."""
    assert not [finding for finding in analyze(shared, Settings()).report.findings if finding.rule == "CI003"]
    (shared / ".github" / "workflows" / "ci.yml").write_text(CALL.replace("on: push", "on: workflow_dispatch"), encoding="utf-8")
    assert [finding for finding in analyze(shared, Settings()).report.findings if finding.rule == "CI003"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('sources = ["../ci"]', "system.sources: must be a table"),
        ("sources = { ci = 1 }", "system.sources.ci: must be a text"),
        ('source = { ci = "../ci" }', "did you mean `sources`?"),
        ('sources = { "https://github.com/loans/ci" = "../ci" }', ""),
    ],
)
def test_sources_are_checked(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mlrubric.toml").write_text(f"[system]\n{line}\n", encoding="utf-8")
    if message:
        with pytest.raises(ConfigError, match=re.escape(message)):
            read_settings(tmp_path)
    else:
        assert read_settings(tmp_path).sources == (("https://github.com/loans/ci", (tmp_path.parent / "ci").resolve()),)
