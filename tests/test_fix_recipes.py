"""What fixes once did wrong: each case is a small repository with what becomes of it, or with nothing where it must be left alone."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mlrubric.fix import site
from mlrubric.fix.apply import one_round
from mlrubric.graph.build import Picture
from mlrubric.model.place import Place
from mlrubric.model.remedy import NewFile, Remedy, TextEdit
from mlrubric.model.verdict import Finding
from mlrubric.prove.fixes import Bench
from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import Table
from mlrubric.rules.select import select
from mlrubric.source.tree import DiskTree, MemoryTree

SKLEARN = "from sklearn.linear_model import SGDClassifier\n"
SPLIT = "from sklearn.ensemble import RandomForestClassifier\nfrom sklearn.model_selection import train_test_split\n"
FITTED = "RandomForestClassifier(random_state=1).fit(a, c)\n"
RELEASED = """\
import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import METRIC

train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
model = LogisticRegression().fit(train[["a"]], train["y"])
NAME = METRIC(test["y"], model.predict(test[["a"]]))
if NAME SIGN:
    print("bad")
else:
    print("good")
mlflow.register_model("runs:/1/model", "churn")
"""


def released(metric: str, name: str, sign: str) -> str:
    return RELEASED.replace("METRIC", metric).replace("NAME", name).replace("SIGN", sign)


def workflow(step: str, top: str = "") -> str:
    other = "  other:\n    runs-on: windows-latest\n    defaults:\n      run:\n        shell: pwsh\n    steps:\n      - run: ls\n"
    return f"on: push\n{top}jobs:\n{other}  test:\n    runs-on: ubuntu-latest\n    steps:\n      - {step}\n"


def default_shell(shell: str) -> str:
    return f"defaults:\n  run:\n    shell: {shell}\n"


@dataclass(frozen=True, slots=True)
class Case:
    """`after` is what becomes of `before`; "" where it is left alone."""

    rule: str
    before: str
    after: str = ""
    path: str = "train.py"
    safety: str = "unsafe"


WORKFLOW = ".github/workflows/ci.yml"
TEST = """\
import joblib
import numpy as np
import pandas as pd


def NAME(frame=None):
    rows = pd.read_csv("a.csv")
    picked = rows.iloc[np.random.randint(0, len(rows), 10)]
    assert joblib.load("m.joblib").score(picked[["a"]], picked["y"]) > 0.5
"""
SEEDED = TEST.replace("    rows =", "    np.random.seed(0)\n    rows =")
CHECKED = "import great_expectations as gx\n\nresult = gx.from_pandas(frame).validate('suite.json')\n"
STOP = "if not result.success:\n    raise SystemExit(1)\n"
CASES = {
    # ---- which side of a comparison is the bad one -------------------------------------------------------------------
    "an accuracy whose name holds `err`": Case(
        "GATE003",
        released("accuracy_score", "terrain_accuracy", "< 0.8"),
        released("accuracy_score", "terrain_accuracy", "< 0.8").replace('print("bad")\n', 'print("bad")\n    raise SystemExit(1)\n'),
    ),
    "an f1 whose name holds `loss`": Case(
        "GATE003",
        released("f1_score", "glossary_f1", "> 0.8"),
        released("f1_score", "glossary_f1", "> 0.8").replace('print("good")\n', 'print("good")\n    raise SystemExit(1)\n'),
    ),
    "an error that is too large": Case(
        "GATE003",
        released("mean_squared_error", "error", "> 4"),
        released("mean_squared_error", "error", "> 4").replace('print("bad")\n', 'print("bad")\n    raise SystemExit(1)\n'),
    ),
    "a release to the models that fail": Case(
        "GATE003",
        released("accuracy_score", "accuracy", "< 0.8")
        .replace('mlflow.register_model("runs:/1/model", "churn")\n', "")
        .replace('print("bad")', 'mlflow.register_model("runs:/1/model", "churn")'),
    ),
    # ---- pipes -------------------------------------------------------------------------------------------------------
    "a pipe in the default shell": Case(
        "CI001", workflow("run: pytest a | tee b"), workflow("shell: bash\n        run: pytest a | tee b"), WORKFLOW, "safe"
    ),
    "a pipe where the shell of all is dash, which has no pipefail": Case(
        "CI001",
        workflow("run: |\n          pytest a | tee b", default_shell("sh")),
        workflow("shell: bash\n        run: |\n          pytest a | tee b", default_shell("sh")),
        WORKFLOW,
        "safe",
    ),
    "a pipe where the shell of the step is dash": Case(
        "CI001",
        workflow("shell: sh\n        run: pytest a | tee b"),
        workflow("shell: bash\n        run: pytest a | tee b"),
        WORKFLOW,
        "safe",
    ),
    "a pipe in a shell that has set up an environment": Case(
        "CI001",
        workflow("run: pytest a | tee b", default_shell("bash -l {0}")),
        workflow("run: set -o pipefail; pytest a | tee b", default_shell("bash -l {0}")),
        WORKFLOW,
        "safe",
    ),
    "a pipe in a container, which may have no bash": Case(
        "CI001",
        workflow("run: pytest a | tee b").replace(
            "    steps:\n      - run: pytest", "    container: alpine:3\n    steps:\n      - run: pytest"
        ),
        workflow("shell: bash\n        run: pytest a | tee b").replace(
            "    steps:\n      - shell", "    container: alpine:3\n    steps:\n      - shell"
        ),
        WORKFLOW,
    ),
    "a handler that says something": Case(
        "CI001", workflow("run: pytest a || echo bad"), workflow("run: pytest a || { echo bad; exit 1; }"), WORKFLOW
    ),
    "a handler in braces that ends well": Case(
        "CI001", workflow("run: pytest a || { echo bad; true; }"), workflow("run: pytest a || { echo bad; exit 1; }"), WORKFLOW
    ),
    "a handler that does nothing": Case("CI001", workflow("run: pytest a || exit 0"), workflow("run: pytest a"), WORKFLOW),
    # ---- arguments and comments --------------------------------------------------------------------------------------
    "a comment behind the last argument": Case(
        "SEED001",
        f"{SKLEARN}SGDClassifier(\n    alpha=0.1  # tuned\n).fit(X, y)\n",
        f"{SKLEARN}SGDClassifier(\n    alpha=0.1,  # tuned\n    random_state=0\n).fit(X, y)\n",
    ),
    "a comment behind the last comma": Case(
        "SEED001",
        f"{SKLEARN}SGDClassifier(\n    alpha=0.1,  # tuned\n).fit(X, y)\n",
        f"{SKLEARN}SGDClassifier(\n    alpha=0.1,  # tuned\n    random_state=0,\n).fit(X, y)\n",
    ),
    "a comment behind an argument on the line of the call": Case(
        "SEED001",
        f"{SPLIT}a, b, c, d = train_test_split(X, y,  # label\n)\n{FITTED}",
        f"{SPLIT}a, b, c, d = train_test_split(X, y,  # label\n{'random_state=0,':>45}\n)\n{FITTED}",
    ),
    "an empty call on two lines": Case(
        "SEED001", f"{SKLEARN}SGDClassifier(\n).fit(X, y)\n", f"{SKLEARN}SGDClassifier(random_state=0).fit(X, y)\n"
    ),
    "a study, which takes an object": Case(
        "SEED001",
        "import optuna\n\nSEED = 3\nstudy = optuna.create_study(\n    direction='minimize'  # it is an error\n)\nstudy.optimize(run, 9)\n",
        "import optuna\n\nSEED = 3\nstudy = optuna.create_study(\n    direction='minimize',  # it is an error\n"
        "    sampler=optuna.samplers.TPESampler(seed=SEED)\n)\nstudy.optimize(run, 9)\n",
    ),
    # ---- seeds in tests ----------------------------------------------------------------------------------------------
    "a test that draws": Case("SEED001", TEST.replace("NAME", "test_a"), SEEDED.replace("NAME", "test_a"), "tests/test_a.py"),
    "a helper of tests that draws": Case("SEED001", TEST.replace("NAME", "helper") + "\n\nhelper()\n", "", "tests/test_a.py"),
    # ---- where the run stops -----------------------------------------------------------------------------------------
    "a result that is printed": Case("DATA003", f"{CHECKED}print(result)\ntrain(frame)\n", f"{CHECKED}print(result)\n{STOP}train(frame)\n"),
    "a result that is not spoken of": Case("DATA003", f"{CHECKED}print(frame)\n", f"{CHECKED}{STOP}print(frame)\n"),
    # ---- tables ------------------------------------------------------------------------------------------------------
    "in place, and called on at once": Case(
        "PD008", "import pandas as pd\n\nframe = pd.read_csv('a.csv')\nprint(frame.dropna(inplace=True).head())\n"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fix_does_what_a_reviewer_would_take(name: str) -> None:
    case = CASES[name]
    bench = Bench(MemoryTree({case.path: case.before}), load_rules().rules)
    found = [one for one in bench.found({}) if one.rule == case.rule]
    assert found and {one.fix for one in found} == {case.safety if case.after else None}
    trial = bench.tried([case.rule])
    assert trial.outcome.files.get(case.path, b"").decode() == case.after
    assert not trial.problems


# ---- what a new workflow installs -----------------------------------------------------------------------------------

TESTED = {"tests/test_a.py": "import pandas\n\n\ndef test_a():\n    assert pandas\n"}
PROJECT = '[project]\nname = "shop"\n'
POETRY = '[tool.poetry]\nname = "my-shop"\n\n[tool.poetry.dependencies]\npython = "^3.10"\npandas = "*"\n'
PIPFILE = '[packages]\npandas = "*"\n\n[requires]\npython_version = "3.9"\n'
PYTEST = "pytest==8.4.2"
RUN = "python -m pytest tests"
INSTALLED: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "a list": ({"requirements.txt": "pandas\n"}, "safe", [f"pip install -r requirements.txt {PYTEST}", RUN]),
    "a list that names pytest": ({"requirements.txt": "pandas\npytest\n"}, "safe", ["pip install -r requirements.txt", RUN]),
    "pytest as another list has it": (
        {"requirements.txt": "pandas\n", "requirements-ci.txt": "pytest==8.1.1\n"},
        "safe",
        ["pip install -r requirements.txt pytest==8.1.1", RUN],
    ),
    "a package": ({"pyproject.toml": PROJECT, "shop/__init__.py": "", "data/a.csv": ""}, "safe", [f"pip install -e . {PYTEST}", RUN]),
    "a project that cannot be built": (
        {"pyproject.toml": f'{PROJECT}dependencies = ["pandas"]\n', "a/__init__.py": "", "data/a.csv": ""},
        "safe",
        ["pip install uv", "uv pip install --system -r pyproject.toml", f"pip install {PYTEST}", RUN],
    ),
    "settings of tools, and pipenv": (
        {"pyproject.toml": "[tool.black]\n", "Pipfile": PIPFILE, "Pipfile.lock": '{"default": {}}'},
        "safe",
        ["pip install pipenv", "pipenv sync --dev", f"pipenv run pip install {PYTEST}", f"pipenv run {RUN}"],
    ),
    "poetry without a package": (
        {"pyproject.toml": f'{POETRY}pytest = "*"\n', "poetry.lock": ""},
        "safe",
        ["pip install poetry", "poetry install --no-root", f"poetry run {RUN}"],
    ),
    "poetry with a package": (
        {"pyproject.toml": POETRY, "src/my_shop/__init__.py": ""},
        "safe",
        ["pip install poetry", "poetry install", f"poetry run pip install {PYTEST}", f"poetry run {RUN}"],
    ),
    "uv": (
        {"pyproject.toml": PROJECT, "uv.lock": "version = 1\n"},
        "safe",
        ["pip install uv", "uv sync --frozen --all-extras", f"uv run --frozen --with {PYTEST} {RUN}"],
    ),
    "conda": (
        {"environment.yml": "name: x\ndependencies:\n  - python=3.10\n  - pandas\n  - pytest\n"},
        "unsafe",
        ["$CONDA/bin/conda env create -n job -f environment.yml", f"$CONDA/bin/conda run -n job --no-capture-output {RUN}"],
    ),
    "nothing that says what": ({"pyproject.toml": "[tool.black]\n"}, "", []),
}


@pytest.mark.parametrize("name", INSTALLED)
def test_a_new_workflow_installs_what_the_project_asks_for(name: str) -> None:
    files, safety, commands = INSTALLED[name]
    bench = Bench(MemoryTree({**TESTED, **files}), load_rules().rules)
    assert [one.fix or "" for one in bench.found({}) if one.rule == "CI003"] == [safety]
    outcome = bench.tried(["CI003"]).outcome
    text = outcome.files.get(".github/workflows/tests.yml", b"").decode()
    assert [row.strip().removeprefix("- run: ") for row in text.split("\n") if "- run: " in row] == commands


def test_no_workflow_is_written_into_a_folder_of_a_repository(tmp_path: Path) -> None:
    """No host would ever start it; `check` of the repository itself speaks of these tests."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    inner = tmp_path / "service"
    (inner / "tests").mkdir(parents=True)
    (inner / "mlrubric.toml").write_text("")
    (inner / "tests" / "test_a.py").write_text("def test_a():\n    assert 1\n")
    for folder in (inner, tmp_path):
        fixed = [one.fix for one in Bench(DiskTree(folder), load_rules().rules).found({}) if one.rule == "CI003"]
        assert fixed == ["safe" if folder == tmp_path else None]


# ---- what is made together ------------------------------------------------------------------------------------------


def finding(path: str, text: str, *files: NewFile) -> Finding:
    base = Finding("X001", "x", "error", "high", "x", Place(path), fix="safe")
    return replace(base, remedy=Remedy("mend it", "safe", (TextEdit(path, 0, 0, text),), files))


def test_a_new_file_that_two_fixes_share_stays_when_one_of_them_cannot_be_made() -> None:
    shared = NewFile("shared.txt", "text\n")
    found = [finding("a.py", "x = 1\n", shared), finding("b.py", "x = (\n", shared)]
    made = one_round(found, {"a.py": b"y = 2\n", "b.py": b"z = 3\n"}, frozenset({"a.py", "b.py"}), unsafe=False)
    assert made.files == {"a.py": b"x = 1\ny = 2\n", "shared.txt": b"text\n"}
    assert [one.path for one in made.fixed] == ["a.py"] and list(made.problems) == ["b.py"]


def test_what_was_left_out_makes_room_for_what_met_it() -> None:
    torn = replace(
        finding("a.py", "x = (\n"), remedy=Remedy("both", "safe", (TextEdit("a.py", 0, 0, "x = (\n"), TextEdit("b.py", 0, 0, "#\n")))
    )
    made = one_round([torn, finding("b.py", "x = 1\n")], {"a.py": b"", "b.py": b""}, frozenset({"a.py", "b.py"}), unsafe=False)
    assert made.files == {"b.py": b"x = 1\n"} and [one.path for one in made.fixed] == ["b.py"]


def test_a_trial_tells_what_no_rule_is_to_blame_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice is a problem of the trial, whichever rules were tried."""
    bench = Bench(MemoryTree({"a.py": "x = 1\n"}), [one for one in load_rules().rules if one.id == "PD008"])
    monkeypatch.setattr(Bench, "found", lambda self, files: [finding("a.py", "def (")])
    trial = bench.tried()
    assert any("a.py" in problem and "could not be read" in problem for problem in trial.problems)


def test_what_holds_for_the_whole_repository_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep over all nodes for each finding took minutes where many folders have a list of requirements."""
    asked: list[Table] = []

    def counted(picture: Picture, question: Table) -> list[int]:
        asked.append(question)
        return select(picture, question)

    monkeypatch.setattr(site, "select", counted)
    files = {f"service{n}/requirements.txt": "pandas>=1\nnumpy\n" for n in range(20)}
    bench = Bench(MemoryTree({**files, "requirements-all.txt": "pandas==2.0.0\nnumpy==1.26.4\nplotly\n"}), load_rules().rules)
    found = [one for one in bench.found({}) if one.rule == "ENV001" and one.place.path in files]
    assert len(found) == 20 and {one.fix for one in found} == {"unsafe"} and len(asked) == 1
