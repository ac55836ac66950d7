"""Which check stands before a release when an automation decides on the order: recipes, stages, jobs, workflows, aliases."""

from __future__ import annotations

import pytest
from tests.programs import picture

from mlrubric.knowledge.conditions import asks_success, runs_regardless

TRAIN = """
import json
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
model = LogisticRegression().fit(train[["a"]], train["y"])
auc = roc_auc_score(test["y"], model.predict(test[["a"]]))
"""
PROGRAMS = {
    "train.py": TRAIN + 'json.dump({"auc": auc}, open("metrics.json", "w"))\njoblib.dump(model, "model.joblib")\n',
    "check.py": 'import json\nimport sys\n\nif json.load(open("metrics.json"))["auc"] < 0.8:\n    sys.exit(1)\n',
    "register.py": (
        "import joblib\nimport mlflow\n\n"
        'mlflow.sklearn.log_model(joblib.load("model.joblib"), "model", registered_model_name="loans")\n'
    ),
}  # fmt: skip


def guarded(files: dict[str, str]) -> str:
    graph = picture({**PROGRAMS, **files}).graph
    (node,) = graph.with_role("model.register")
    return graph.nodes[node].attributes["guarded"]


RUN = "\tpython {}.py\n"
LINES = "release:\n" + RUN.format("train") + RUN.format("check") + RUN.format("register")
MAKE = "train:\n" + RUN.format("train") + "check: train\n" + RUN.format("check")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (LINES, "true"),
        (LINES.replace("\tpython check", "\t-python check"), "false"),
        ("release:\n" + RUN.format("register") + RUN.format("check"), "false"),
        ("release: check\n" + RUN.format("register") + MAKE, "true"),
        ("release: train\n" + RUN.format("register") + MAKE, "false"),
        ("all: train check register\n" + MAKE + "register:\n" + RUN.format("register"), "true"),
        ("all: train register check\n" + MAKE + "register:\n" + RUN.format("register"), "false"),
    ],
)
def test_a_recipe_stops_at_the_line_that_fails(text: str, level: str) -> None:
    assert guarded({"Makefile": text}) == level


@pytest.mark.parametrize(("targets", "level"), [("check register", "true"), ("register check", "false")])
def test_targets_run_in_the_order_of_the_command(targets: str, level: str) -> None:
    make = "check:\n" + RUN.format("check") + "register:\n" + RUN.format("register")
    workflow = f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: make {targets}\n"
    assert guarded({"Makefile": make, ".github/workflows/a.yml": workflow}) == level


def test_environments_that_fail_do_not_stop_tox() -> None:
    text = "[tox]\nenvlist = check, release\n[testenv:check]\ncommands = python check.py\n"
    assert guarded({"tox.ini": text + "[testenv:release]\ndepends = check\ncommands = python register.py\n"}) == "false"


GITLAB = """
stages: [train, check, release]
train:
  stage: train
  script: [python train.py]
check:
  stage: check{check}
  script: [python check.py]
release:
  stage: release{release}
  script: [python register.py]
"""


@pytest.mark.parametrize(
    ("check", "release", "level"),
    [
        ("", "", "true"),
        ("", "\n  needs: [check]", "true"),
        ("", "\n  needs: [train]", "false"),
        ("\n  allow_failure: true", "", "false"),
    ],
)
def test_a_job_that_fails_stops_the_later_stages(check: str, release: str, level: str) -> None:
    assert guarded({".gitlab-ci.yml": GITLAB.format(check=check, release=release)}) == level


DVC = """
stages:
  check:
    cmd: python check.py
    deps: [metrics.json]
    outs: [ok.txt]
  register:
    cmd: python register.py
    deps: [{deps}]
"""


@pytest.mark.parametrize(("deps", "level"), [("ok.txt, model.joblib", "true"), ("model.joblib", "false")])
def test_a_stage_waits_for_what_it_reads(deps: str, level: str) -> None:
    assert guarded({"dvc.yaml": DVC.format(deps=deps)}) == level


JOBS = """
on: push
jobs:
  check:
    runs-on: x{check}
    steps:
      - run: python check.py
  release:
    needs: check{job}
    runs-on: x
    steps:
      - run: python register.py
"""
STEPS = """
on: push
jobs:
  release:
    runs-on: x
    steps:
      - run: python check.py
      - run: python register.py{step}
"""
CONDITIONS = {
    "github.ref == 'refs/heads/main'": "true",
    "always()": "false",
    "${{ always() }}": "false",
    "always() && github.ref == 'refs/heads/main'": "false",
    "success() || failure()": "false",
    "${{ !cancelled() }}": "false",
    "success() && github.ref == 'refs/heads/main'": "true",
    "!failure() && !cancelled()": "true",
    "always() && needs.check.result == 'success'": "true",
    "always() && steps.check.outcome == 'success'": "true",
}


@pytest.mark.parametrize(("condition", "level"), CONDITIONS.items(), ids=CONDITIONS)
def test_what_runs_after_a_failure_too_is_not_guarded(condition: str, level: str) -> None:
    assert guarded({".github/workflows/a.yml": JOBS.format(check="", job=f'\n    if: "{condition}"')}) == level
    assert guarded({".github/workflows/a.yml": STEPS.format(step=f'\n        if: "{condition}"')}) == level


def test_a_needed_job_may_not_lose_its_failure() -> None:
    assert guarded({".github/workflows/a.yml": JOBS.format(check="", job="")}) == "true"
    assert guarded({".github/workflows/a.yml": JOBS.format(check="\n    continue-on-error: true", job="")}) == "false"


FOLLOWS = """
on:
  workflow_run:
    workflows: [{of}]
    types: [completed]
jobs:
  release:
    if: {condition}
    runs-on: x
    steps:
      - run: python register.py
"""
CI = "name: ci\non: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: python check.py\n"


@pytest.mark.parametrize(
    ("of", "condition", "level"),
    [
        ("ci", "github.event.workflow_run.conclusion == 'success'", "true"),
        ("ci", "${{ github.event.workflow_run.conclusion == 'success' && github.ref == 'refs/heads/main' }}", "true"),
        ("ci", "github.event.workflow_run.conclusion != 'cancelled'", "false"),
        ("ci", "github.ref == 'refs/heads/main'", "false"),
        ("other", "github.event.workflow_run.conclusion == 'success'", "false"),
        ("ci, other", "github.event.workflow_run.conclusion == 'success'", "false"),
    ],
)
def test_a_workflow_may_follow_another_that_went_well(of: str, condition: str, level: str) -> None:
    files = {".github/workflows/ci.yml": CI, ".github/workflows/cd.yml": FOLLOWS.format(of=of, condition=condition)}
    assert guarded(files) == level


def test_conditions() -> None:
    assert runs_regardless("succeededOrFailed()") and not runs_regardless("failure()") and not runs_regardless("succeeded()")
    assert not asks_success("github.event.workflow_run.conclusion == 'success' || github.event_name == 'push'")


REGISTER = 'import mlflow\nversion = mlflow.register_model("runs:/1/model", "loans")\nclient = mlflow.MlflowClient()\n'
ALIAS = 'client.set_registered_model_alias("loans", "champion", version.version)\n'
OTHER = 'client.set_registered_model_alias("loans", "champion", client.get_latest_versions("loans", ["Production"])[0].version)\n'


@pytest.mark.parametrize(
    ("after", "register", "alias"),
    [
        ("if auc > 0.8:\n    " + ALIAS, "later", "true"),
        ("assert auc > 0.8\n" + ALIAS, "later", "true"),
        (ALIAS, "false", "false"),
        ("if auc > 0.8:\n    " + OTHER, "false", "true"),
        ("if len(test) > 10:\n    " + ALIAS, "false", "false"),
    ],
)
def test_a_registration_is_held_back_by_a_guarded_alias(after: str, register: str, alias: str) -> None:
    graph = picture({"train.py": TRAIN + REGISTER + after}).graph
    (first,), (second,) = graph.with_role("model.register"), graph.with_role("model.promote")
    assert (graph.nodes[first].attributes["guarded"], graph.nodes[second].attributes["guarded"]) == (register, alias)
