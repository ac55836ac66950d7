"""A report written by hand that uses every part of the format, with the texts that its places point into."""
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from mlrubric.model.measures import AlertAction, CheckedRead, Importance, Latency, Measures, Objective, Traced
from mlrubric.model.place import Place, Span
from mlrubric.model.report import Message, Model, Release, Report, Repository, Score
from mlrubric.model.verdict import (
    Attested,
    Break,
    Broken,
    Capability,
    CapabilityStep,
    Credit,
    Evidence,
    Finding,
    Links,
    Maturity,
    NextStep,
    Progress,
    Related,
    Step,
    TestResult,
)
from mlrubric.report import View
from mlrubric.report.cards import Card, Example

FEATURES = """\
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer


def build(path):
    df = pd.read_csv(path)
    vectorizer = CountVectorizer()
    rows = vectorizer.fit_transform(df.text)
    return rows, df.label
"""
WORKFLOW = """\
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pytest -m "not slow" --junitxml=report.xml tests | tee test_output.txt
"""
RELEASE = """\
on:
  push:
    tags: ["v*"]
jobs:
  train:
    steps:
      - run: python -m churn.train
      - uses: softprops/action-gh-release@v2
"""
NOTEBOOK = """\
{
 "cells": [
  {"cell_type": "markdown", "source": ["# Title"]},
  {"cell_type": "code", "execution_count": 3, "source": [
    "from sklearn.model_selection import train_test_split\\n",
    "a, b = train_test_split(df[\\"text\\"], test_size=0.2)\\n"
   ], "outputs": []}
 ],
 "nbformat": 4, "nbformat_minor": 5, "metadata": {}
}
"""
SECRET = "GOCSPX-" + "q7Zr" * 7  # made up; never printed by any format
CONFIG = f"['remote \"store\"']\n    gdrive_client_secret = {SECRET}\n"
TEXTS = {
    "src/features.py": FEATURES,
    ".github/workflows/ci.yml": WORKFLOW,
    ".github/workflows/release.yml": RELEASE,
    "notebooks/explore data.ipynb": NOTEBOOK,
    ".dvc/config": CONFIG,
}


def texts(path: str) -> str:
    return TEXTS.get(path, "")


def at(path: str, line: int, column: int = 1, end_column: int = 0, symbol: str = "") -> Place:
    return Place(path, Span(line, column, line, end_column), symbol)


PUSH = Step(at(".github/workflows/ci.yml", 1, 1), "trigger", "push")
RUN = WORKFLOW.split("\n")[6]
PYTEST = at(".github/workflows/ci.yml", 7, RUN.index("pytest") + 1, len(RUN) + 1, "jobs.test.steps[1].run")
TEE = at(".github/workflows/ci.yml", 7, RUN.index("|") + 1, RUN.index("|") + 2, "jobs.test.steps[1].run")
TAG = Step(at(".github/workflows/release.yml", 3, 5), "trigger", "tag")
UPLOAD = at(".github/workflows/release.yml", 8, 15, 45, "jobs.train.steps[1]")
NOTEBOOK_PLACE = Place("notebooks/explore data.ipynb", Span(6, 13, 6, 58), "cell 2", 2, 2)
TITLES = {
    "data": (
        "Feature expectations are captured in a schema.",
        "All features are beneficial.",
        "No feature's cost is too much.",
        "Features adhere to meta-level requirements.",
        "The data pipeline has appropriate privacy controls.",
        "New features can be added quickly.",
        "All input feature code is tested.",
    ),
    "model": (
        "Model specs are reviewed and submitted.",
        "Offline and online metrics correlate.",
        "All hyperparameters have been tuned.",
        "The impact of model staleness is known.",
        "A simpler model is not better.",
        "Model quality is sufficient on important data slices.",
        "The model is tested for considerations of inclusion.",
    ),
    "infra": (
        "Training is reproducible.",
        "Model specs are unit tested.",
        "The ML pipeline is integration tested.",
        "Model quality is validated before serving.",
        "The model is debuggable.",
        "Models are canaried before serving.",
        "Serving models can be rolled back.",
    ),
    "monitor": (
        "Dependency changes result in notification.",
        "Data invariants hold for inputs.",
        "Training and serving are not skewed.",
        "Models are not too stale.",
        "Models are numerically stable.",
        "Computing performance has not regressed.",
        "Prediction quality has not regressed.",
    ),
}
LOST = Broken("consequential", TEE, "exit status lost (no pipefail)")


def _test(section: str, number: int) -> TestResult:
    """data-7 and infra-2 run but cannot fail, monitor-1 is automated, monitor-3 cannot be seen, infra-4 exists, the others are none."""
    name, title = f"{section}-{number}", TITLES[section][number - 1]
    if name in ("data-7", "infra-2"):
        path = (PUSH, Step(PYTEST, "command", "pytest -m tests", "run"), Step(at("tests/test_features.py", 4), "test", "test_build", "run"))
        return TestResult(
            name, title, section, "manual", "automated", "full", Credit(0.5, 0.5, 0.5), 0.9, None, (Evidence("a test calls the feature code", path),), LOST
        )
    if name == "monitor-1":
        bot = (Step(at(".github/dependabot.yml", 4), "trigger", "schedule"),)
        return TestResult(
            name, title, section, "automated", "automated", "full", Credit(1, 1, 1), 0.95, None, (Evidence("a bot watches", bot),)
        )
    if name == "monitor-3":
        unseen = Broken("wired", None, "nothing is served in this repository")
        return TestResult(
            name, title, section, "not_visible", confidence=0.5, broken=unseen, sight="elsewhere", visible_by="score the one that serves"
        )
    if name == "monitor-4":
        unread = Broken("wired", at("age.R", 1), "no such check was found; age.R may do this, but it could not be read")
        return TestResult(name, title, section, "none", broken=unread, sight="not_analysed", visible_by="attest it")
    if name == "infra-4":
        step = NextStep(0.5, "compare with a threshold", UPLOAD)
        broken = Broken("live", at("src/evaluate.py", 12), "no trigger reaches it")
        return TestResult(name, title, section, "present", "none", "partial", Credit(0, 0, 0.5), 0.7, None, (), broken, (step,))
    if name == "model-1":
        claim = "every change of a model is reviewed in pairs, in the meeting on Tuesday"
        told = Attested("manual", claim, "@ml-team", "2026-09-01", "2027-02-28", at("mlrubric.toml", 3), ("https://wiki.example/review",))
        return TestResult(name, title, section, "present", credit=Credit(0, 0.5, 0.5), attestation="@ml-team, 2026-09-01", attested=told)
    return TestResult(name, title, section, "none")


TESTS = tuple(_test(section, number) for section in TITLES for number in range(1, 8))
FINDINGS = (
    Finding(
        "LEAK001", "fit-before-split", "warning", "high", "`CountVectorizer.fit_transform` learns from all rows; they are split at :12",
        at("src/features.py", 8, 12, 45, "build"), ("model-6", "infra-4"), None,
        (Step(at("src/features.py", 6, 10), "op", "pandas.read_csv"), Step(at("src/features.py", 8, 12), "op", "fit_transform", "flow")),
        (Related(at("src/train.py", 12, 5), "split here"),), "LEAK001:src/features.py:build:fit_transform",
    ),
    Finding(
        "SEED001", "split-without-seed", "warning", "high", "`train_test_split` shuffles without a fixed `random_state`",
        NOTEBOOK_PLACE, ("infra-1",), "unsafe", fingerprint="SEED001:notebooks/explore data.ipynb:cell 2",
    ),
    Finding(
        "CI001", "exit-status-lost", "error", "high", "the exit status of `pytest` is lost in a pipe", TEE, ("data-7", "infra-2"), "safe",
        (PUSH, Step(PYTEST, "command", "pytest -m tests", "run")), (), "CI001:jobs.test.steps[1].run",
    ),
    Finding(
        "PRIV006", "committed-secret", "error", "high", "a committed client secret", at(".dvc/config", 2, 28, 63), ("data-5",), None,
        fingerprint="PRIV006:.dvc/config:gdrive_client_secret",
    ),
    Finding(
        "CI006", "action-not-pinned", "note", "high", "`actions/checkout@v4` is a tag, which can move", at(".github/workflows/ci.yml", 6, 15, 34),
        ("monitor-1",), fingerprint="CI006:jobs.test.steps[0].uses",
    ),
)
SCORE = Score(
    0.0, 0.0, 0.5, "More of a research project than a productionized system.", 2.0, 5, 1,
    (("data", Credit(0.5, 0.5, 0.5)), ("model", Credit(0, 0.5, 0.5)), ("infra", Credit(0.5, 0.5, 1)), ("monitor", Credit(1, 1, 1))),
)
REPORT = Report(
    repository=Repository(
        ".", "churn", "f5551089c0ffee00f5551089c0ffee00f5551089", "2026-10-02", "pipeline",
        (("github_workflow", 2), ("notebook", 1), ("python", 17), ("dvc_yaml", 2)), (PUSH, TAG),
        (Message("warning", "not valid YAML: a tab where a block begins", at("conf/params.yaml", 3, 1)),), analysed=22,
    ),
    score=SCORE,
    tests=TESTS,
    google=Maturity(
        0,
        (
            Capability("G1.1", "Experiments are orchestrated", 1, True, "met", (PUSH,)),
            Capability("G1.2", "The model is trained again by a trigger", 1, True, "missing", (), "training starts by hand only"),
        ),
        ("G1.2",),
        "training starts by hand only",
        (Progress(1, 1, 2),),
        (CapabilityStep("G1.2", 2, "start the training by a schedule", at("src/train.py", 20, 1)),),
    ),
    findings=FINDINGS,
    models=(Model("churn", "artifact", at("src/train.py", 20, 1), (at("src/train.py", 20, 5),), (TESTS[0],), SCORE),),
    breaks=(Break(TEE, "exit status lost (no pipefail)", ("data-7", "infra-2"), (PUSH, Step(PYTEST, "command", "pytest", "run"))),),
    released_unchecked=(
        Release(
            UPLOAD,
            (TAG, Step(at(".github/workflows/release.yml", 7, 14), "command", "churn.train", "run"), Step(UPLOAD, "step", "upload", "run")),
            "no evaluation on this path; src/evaluate.py:12 is called by no trigger",
        ),
    ),
    steps=(
        NextStep(0.0, "pipefail", TEE, 0.0, ("data-7", "infra-2"), True),
        NextStep(0.5, "evaluate with a threshold before the upload", UPLOAD, 0.0, ("infra-4",)),
        NextStep(1.0, "fail the release unless the model is better than a dummy model", None, 0.5, ("model-5",)),
    ),
    notices=(Message("note", "the history is shallow: ages are unknown"),),
    suppressed=(FINDINGS[0],),
    measures=Measures(
        reads=(CheckedRead("data/raw.csv", at("src/train.py", 8, 1), None, None, 0, 7),),
        objectives=(Objective("p95", "alert", at("deploy/rules.yml", 4, 5), "0.1", "seconds", "performance", ("predict_seconds",)),),
        latency=(Latency("inference", "metric", "predict_seconds", at("src/serve.py", 9, 1)),),
        importance=(Importance("shap.Explainer", at("src/serve.py", 12, 1), "answer"),),
        alerts=(AlertAction("Drift", "page", "drift", "notify, retrain", at("deploy/rules.yml", 9, 5)),),
        traced=(Traced("model", "churn", 1, at("src/train.py", 20, 1), ("tenure",)),),
        gate=(
            Links(
                "The registry's gate",
                (
                    Capability("gate-1", "Data was checked", 1, True, "met", (PUSH,)),
                    Capability("gate-2", "Judged on held-out rows", 1, True, "missing", (), "no comparison stands before it"),
                ),
                Step(UPLOAD, "step", "upload"),
            ),
        ),
        loop=Links("The closed loop", (Capability("loop-1", "It starts a training", 1, True, "missing", (), "nothing joins it"),)),
        lineage=(Capability("lineage-1", "The path is known", 1, True, "met", (PUSH,)),),
    ),
)
AZURE = Maturity(
    1,
    (Capability("Z2.1", "Automated model training", 2, True, "partial", (PUSH,), "its failure is lost", UPLOAD),),
    ("Z2.1",),
    "level 2 lacks Z2.1",
    (Progress(1, 4, 4), Progress(2, 0, 1)),
    (CapabilityStep("Z2.1", 1, "keep the failure", UPLOAD),),
    ("people and culture",),
)
CARDS = {
    card.id: card
    for card in (
        Card(
            "LEAK001", "rule", "fit-before-split", "leakage/LEAK001-fit-before-split.toml", "warning", "high", tests=("model-6", "infra-4"),
            message="`{api}` learns from all rows", docs=(("why", "What is learned from test rows makes the score too good."), ("do", "Split first.")),
            examples=(Example("X = scaler.fit_transform(X)\n", "pipe = make_pipeline(scaler, clf)\n"),),
        ),
        Card("SEED001", "rule", "split-without-seed", level="warning", confidence="high", tests=("infra-1",), fix="unsafe",
             docs=(("why", "An unseeded split moves rows between train and test on every run."),)),
        Card("CI001", "rule", "exit-status-lost", level="error", confidence="high", fix="safe", docs=(("why", "A test that cannot fail is no test."),)),
        Card("PRIV006", "rule", "committed-secret", level="error", confidence="high", tests=("data-5",), security="8.1",
             docs=(("why", "Everybody who can read the repository can use it."), ("do", "Rotate it; keep it in the environment."))),
        Card("infra-4", "test", "Model quality is validated before serving.", docs=(("reason", "A model must be vetoed before it serves."),)),
    )
}
VIEW = View(REPORT, texts, CARDS)
