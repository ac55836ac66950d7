"""The doors for other people's machines: README commands, CI, the action, the example workflow and the pre-commit hook."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = [ROOT / ".github" / "workflows" / "ci.yml", ROOT / "examples" / "github-code-scanning.yml"]


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def steps_of(path: Path) -> list[dict[str, Any]]:
    document = load(path)
    jobs = document["jobs"].values() if "jobs" in document else [document["runs"]]
    return [step for job in jobs for step in job["steps"]]


def test_ci_runs_what_the_readme_says() -> None:
    readme, makefile, ci = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile", ".ci/run"))
    for target in ("demo", "check"):
        assert f"make {target} " in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert ci.rstrip().endswith("make check")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    [run] = [step["run"] for step in steps_of(WORKFLOWS[0]) if "run" in step]
    assert run == ".ci/run"


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_workflows_are_pinned_and_take_no_text_from_outside(path: Path) -> None:
    for step in steps_of(path):
        uses = step.get("uses", "./")
        assert uses in ("./", "OWNER/mlrubric@COMMIT") or re.search(r"@[0-9a-f]{40}$", uses), uses
        assert "${{" not in step.get("run", ""), "an input becomes code here; pass it by env"
        if uses.startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_the_permissions_they_need_and_no_more(path: Path) -> None:
    document = load(path)
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        assert job["permissions"].items() <= {"contents": "read", "security-events": "write"}.items()


def test_the_action_names_only_what_it_has() -> None:
    action = load(ROOT / "action.yml")
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(action["inputs"])
    ids = {step["id"] for step in action["runs"]["steps"] if "id" in step}
    assert set(re.findall(r"steps\.(\w+)\.", text)) == ids
    assert set(load(WORKFLOWS[1])["jobs"]["score"]["steps"][-1]["with"]) <= set(action["inputs"])


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("src/train.py", True),
        ("notebooks/eda.ipynb", True),
        (".github/workflows/ci.yml", True),
        ("requirements-dev.txt", True),
        ("docker/Dockerfile.gpu", True),
        ("data/raw.csv.dvc", True),
        ("notes.txt", False),
        ("README.md", False),
    ],
)
def test_the_hook_wakes_for_the_files_that_matter(path: str, wanted: bool) -> None:
    [hook] = load(ROOT / ".pre-commit-hooks.yaml")
    assert hook["entry"] == "mlrubric check" and hook["pass_filenames"] == "false"
    assert bool(re.search(hook["files"], path)) is wanted
