"""Variables in commands: what they hold where the command runs, and what is left as written."""

from __future__ import annotations

import pytest
from tests.programs import picture

FIT = "from sklearn.svm import SVC\n\nSVC().fit(x, y)\n"
HEAD = "on: push\n{top}jobs:\n  a:\n    runs-on: x\n{job}    steps:\n      - run: {run}\n{step}"
CALLED = (
    "on: {{workflow_call: {{inputs: {{file: {{type: string{default}}}}}}}}}\n"
    "jobs:\n  a:\n    runs-on: x\n    steps:\n      - run: python ${{{{ inputs.file }}}}\n"
)


def workflow(run: str, top: str = "", job: str = "", step: str = "") -> dict[str, str]:
    return {".github/workflows/a.yml": HEAD.format(run=run, top=top, job=job, step=step)}


def calling(given: str, default: str = "") -> dict[str, str]:
    caller = f"on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n{given}"
    return {".github/workflows/a.yml": caller, ".github/workflows/b.yml": CALLED.format(default=default)}


CASES = {
    "workflow": (workflow("python $S", top="env: {S: train.py}\n"), True),
    "job": (workflow("python ${{ env.S }}", job="    env: {S: train.py}\n"), True),
    "step": (workflow('python "${S}"', step="        env: {S: train.py}\n"), True),
    "script": (workflow("|\n          S=train.py\n          python $S"), True),
    "options too": (workflow("|\n          S='train.py --fast'\n          python $S"), True),
    "through another": (workflow("python $S", top="env: {S: '${{ env.T }}', T: train.py}\n"), True),
    "another job's": (workflow("python $S", top="env: {T: train.py}\n"), False),
    "another file": (workflow("python $S", top="env: {S: other.py}\n"), False),
    "set twice": (workflow("|\n          S=train.py\n          S=other.py\n          python $S"), False),
    "computed": (workflow("|\n          S=$(ls *.py)\n          python $S"), False),
    "given": (calling("    with: {file: train.py}\n"), True),
    "by default": (calling("", ", default: train.py"), True),
    "given before default": (calling("    with: {file: other.py}\n", ", default: train.py"), False),
    "not given": (calling(""), False),
    "gitlab": ({".gitlab-ci.yml": "variables: {S: train.py}\ntest:\n  script:\n    - python $S\n"}, True),
    "parameters": (
        {**workflow("dvc repro"), "dvc.yaml": "stages:\n  train:\n    cmd: python ${script}\n", "params.yaml": "script: train.py\n"},
        True,
    ),
    "no such parameter": (
        {**workflow("dvc repro"), "dvc.yaml": "stages:\n  train:\n    cmd: python ${script}\n", "params.yaml": "other: train.py\n"},
        False,
    ),
}


@pytest.mark.parametrize(("files", "runs"), list(CASES.values()), ids=list(CASES))
def test_what_a_variable_holds(files: dict[str, str], runs: bool) -> None:
    found = picture({**files, "train.py": FIT})
    (fit,) = found.graph.with_role("model.fit")
    assert (found.schedule.of(fit).level == "kept") is runs
