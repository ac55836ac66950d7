"""Every fix: `bad` becomes `fixed`, its finding is gone, no other comes, a second run changes nothing, and the file is read as before.

A rule's proof is `fixtures/rules/<ID>/fixed[-NAME]/` beside `bad[-NAME]/`, or `fixed` in its `[[example]]`. What the rules can mend in any
other bad tree or example is made as well, and looked at in the same way.
"""

from __future__ import annotations

import codecs
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from mlrubric.cli import main
from mlrubric.fix.plan import known_recipes
from mlrubric.fix.rounds import until_quiet
from mlrubric.knowledge.location import rules_directory
from mlrubric.model.place import Place
from mlrubric.model.remedy import Remedy, TextEdit
from mlrubric.model.verdict import Finding
from mlrubric.prove.fixes import Bench, Trial, unlike_fixed
from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import Rule
from mlrubric.source.tree import DiskTree, MemoryTree, Tree

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "rules"
Files = dict[str, bytes]


def files_of(folder: Path) -> Files:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def cases() -> dict[str, tuple[Rule, Files, Files | None]]:
    """Rule, bad tree and, where it is written down, the fixed one."""
    found: dict[str, tuple[Rule, Files, Files | None]] = {}
    for rule in load_rules().rules:
        if not rule.fixes:
            continue
        for bad in sorted((FIXTURES / rule.id).glob("bad*")):
            fixed = bad.with_name(bad.name.replace("bad", "fixed", 1))
            found[f"{rule.id}/{bad.name}"] = (rule, files_of(bad), files_of(fixed) if fixed.is_dir() else None)
        for number, example in enumerate(rule.examples, 1):
            if example.bad:
                bad_files = {path: text.encode() for path, text in example.bad.items()}
                fixed_files = {path: text.encode() for path, text in example.fixed.items()} or None
                found[f"{rule.id}/example {number}"] = (rule, bad_files, fixed_files)
    return found


CASES = cases()


@cache
def tried(case: str) -> tuple[Tree, Trial]:
    rule, bad, _ = CASES[case]
    tree = MemoryTree(dict(bad))
    return tree, Bench(tree, beside(rule)).tried([rule.id])


def beside(rule: Rule) -> list[Rule]:
    """What a fix of the rule must not bring: its own finding and those of the default persona. What is a matter of style may disagree
    (a seed of the global generator)."""
    return [one for one in load_rules().rules if one.persona == "regular" or one.id == rule.id]


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][2] is not None])
def test_bad_becomes_fixed(case: str) -> None:
    rule, bad, fixed = CASES[case]
    assert fixed is not None
    assert not list(unlike_fixed(rule, bad, fixed, beside(rule)))


@pytest.mark.parametrize("case", CASES)
def test_a_fix_removes_its_finding_and_brings_no_other(case: str) -> None:
    _, trial = tried(case)
    assert not trial.problems, "\n".join(trial.problems)


def test_every_fixable_rule_has_its_proof() -> None:
    proved = {CASES[case][0].id for case in CASES if CASES[case][2] is not None}
    assert {rule.id for rule in load_rules().rules if rule.fixes} <= proved


def test_rules_ask_for_recipes_that_there_are_and_all_are_asked_for() -> None:
    asked = {fix.recipe for rule in load_rules().rules for fix in rule.fixes}
    schema = json.loads((rules_directory() / "schema" / "rule.schema.json").read_text(encoding="utf-8"))
    assert asked == set(known_recipes()) == set(schema["$defs"]["fix"]["properties"]["recipe"]["enum"])


@pytest.mark.parametrize("folder", sorted({case.partition("/")[0] for case in CASES}))
def test_good_trees_are_left_alone(folder: str) -> None:
    rule = next(one for one in load_rules().rules if one.id == folder)
    for good in sorted((FIXTURES / folder).glob("good*")):
        assert not Bench(DiskTree(good), load_rules().rules).tried([rule.id]).outcome.files, good.name


# ---- what stays ------------------------------------------------------------------------------------------------------

SPLIT = "from sklearn.ensemble import RandomForestClassifier\n\nmodel = RandomForestClassifier()  # größer\nmodel.fit(X, y)"
FIXED_SPLIT = SPLIT.replace("RandomForestClassifier()", "RandomForestClassifier(random_state=0)")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(SPLIT.encode(), FIXED_SPLIT.encode(), id="no last line end"),
        pytest.param(codecs.BOM_UTF8 + SPLIT.encode(), codecs.BOM_UTF8 + FIXED_SPLIT.encode(), id="byte order mark"),
        pytest.param(SPLIT.replace("\n", "\r\n").encode(), FIXED_SPLIT.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(SPLIT.replace("\n", "\r\n", 1).encode(), FIXED_SPLIT.replace("\n", "\r\n", 1).encode(), id="mixed line ends"),
        pytest.param(f"# coding: latin-1\n{SPLIT}".encode("latin-1"), f"# coding: latin-1\n{FIXED_SPLIT}".encode("latin-1"), id="a cookie"),
        pytest.param(SPLIT.encode("latin-1"), FIXED_SPLIT.encode("latin-1"), id="neither UTF-8 nor a cookie"),
        pytest.param(f"{SPLIT}\n\f\n".encode(), f"{FIXED_SPLIT}\n\f\n".encode(), id="a form feed"),
    ],
)
def test_bytes_around_an_edit_stay(before: bytes, after: bytes) -> None:
    outcome = Bench(MemoryTree({"train.py": before}), load_rules().rules).tried(["SEED001"]).outcome
    assert outcome.files == {"train.py": after}


def test_a_requirements_file_in_utf_16_stays_one() -> None:
    text = "pandas==2.2.3\r\nscikit-learn>=1.0\r\n"
    files: dict[str, str | bytes] = {"serve/requirements.txt": codecs.BOM_UTF16_LE + text.encode("utf-16-le")}
    files["requirements-all.txt"] = "scikit-learn==1.5.2\nplotly\n"
    outcome = Bench(MemoryTree(files), load_rules().rules).tried(["ENV001"]).outcome
    wanted = codecs.BOM_UTF16_LE + text.replace(">=1.0", "==1.5.2").encode("utf-16-le")
    assert outcome.files["serve/requirements.txt"] == wanted


def notebook(*cells: list[str] | str, indent: int | None = 1) -> bytes:
    empty: dict[str, object] = {"cell_type": "code", "metadata": {}, "source": "", "outputs": [], "execution_count": None}
    code = [{**empty, "source": one} for one in cells]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=indent, ensure_ascii=False).encode()


QUOTED = ['X = pd.read_csv("a.csv")["x"]\n', 'print("ä", Forest(criterion="gini").fit(X))']
UNQUOTED = [QUOTED[0], 'print("ä", Forest(criterion="gini", random_state=0).fit(X))']
DRAW = ['X = np.random.rand(3)  # "größer"\n', "Forest().fit(X)"]
DRAWN = ['X = np.random.rand(3)  # "größer"\n', "Forest(random_state=0).fit(X)"]
MAGIC = ["%time X = np.random.rand(3)\n", "%time model = Forest()\n", "model.fit(X)"]
MAGICAL = ["%time X = np.random.rand(3)\n", "%time model = Forest(random_state=0)\n", "model.fit(X)"]
IMPORTS = ["import numpy as np\n", "import pandas as pd"]
ENDED = [f"{line}\n".replace("\n\n", "\n") for line in IMPORTS]
SEEDED = [*IMPORTS[:1], "import pandas as pd\n", "\n", "np.random.seed(0)"]
ENDED_SEEDED = [*SEEDED[:-1], f"{SEEDED[-1]}\n"]


@pytest.mark.parametrize(
    ("cells", "fixed"),
    [
        pytest.param([IMPORTS, DRAW], [SEEDED, DRAWN], id="a string for every line"),
        pytest.param(["".join(IMPORTS), "".join(DRAW)], ["".join(SEEDED), "".join(DRAWN)], id="one string"),
        pytest.param([ENDED, DRAW], [ENDED_SEEDED, DRAWN], id="a line end behind the last line"),
        pytest.param(["".join(ENDED), DRAW], ["".join(ENDED_SEEDED), DRAWN], id="one string with a line end at its end"),
        pytest.param([IMPORTS, MAGIC], [SEEDED, MAGICAL], id="behind a magic"),
        pytest.param([IMPORTS, QUOTED], [IMPORTS, UNQUOTED], id="between quotes, which JSON escapes"),
    ],
)
@pytest.mark.parametrize("indent", [1, 2, None])
def test_notebooks_keep_how_they_are_written(cells: list[list[str] | str], fixed: list[list[str] | str], indent: int | None) -> None:
    forest = ["from sklearn.ensemble import RandomForestClassifier as Forest"]
    before, after = notebook(forest, *cells, indent=indent), notebook(forest, *fixed, indent=indent)
    outcome = Bench(MemoryTree({"train.ipynb": before}), load_rules().rules).tried(["SEED001"]).outcome
    assert outcome.files["train.ipynb"].decode() == after.decode()


def test_a_large_notebook_on_one_line_is_taken_apart_in_one_go() -> None:
    """A walk back from each line to the beginning of the file would take minutes."""
    filler = ["".join(f'value_{n} = "some text and more of it"\n\n' for n in range(20)) for _ in range(400)]
    head = ["from sklearn.ensemble import RandomForestClassifier as Forest\n", "X = 1"]
    before = notebook(head, *filler, "\n\nForest().fit(X)", indent=None)
    outcome = Bench(MemoryTree({"train.ipynb": before}), load_rules().rules).tried(["SEED001"]).outcome
    assert outcome.files["train.ipynb"] == before.replace(b"Forest().fit", b"Forest(random_state=0).fit")


def test_what_could_not_be_read_afterwards_is_not_written() -> None:
    """Edits that would break a file are refused, and the notice says so."""
    finding = Finding("X001", "x", "error", "high", "x", Place("a.py"), fix="safe")
    broken = replace(finding, remedy=Remedy("break it", "safe", (TextEdit("a.py", 0, 0, "def ("),)))
    outcome = until_quiet(MemoryTree({"a.py": "x = 1\n"}), lambda files: [broken])
    assert not outcome.files and not outcome.fixed
    assert [message.place for message in outcome.notices] == [Place("a.py")] and "could not be read" in outcome.notices[0].message


def test_edits_that_meet_wait_and_a_fix_that_helps_not_is_made_once() -> None:
    def found(text: str) -> list[Finding]:
        first = Remedy("one", "safe", (TextEdit("a.txt", 0, 1, "b"),))
        second = Remedy("two", "safe", (TextEdit("a.txt", 0, 2, "cc"),))
        base = Finding("X001", "x", "error", "high", "x", Place("a.txt"), fix="safe")
        return [replace(base, remedy=one, message=one.title) for one in (first, second)] if text.startswith(("a", "b")) else []

    rounds: list[str] = []

    def analyse(files: Mapping[str, bytes]) -> list[Finding]:
        rounds.append(files.get("a.txt", b"aa\n").decode())
        return found(rounds[-1])

    outcome = until_quiet(MemoryTree({"a.txt": "aa\n"}), analyse)
    assert rounds == ["aa\n", "ba\n", "cc\n"] and outcome.files == {"a.txt": b"cc\n"} and outcome.rounds == 2


LEFT_ALONE = {
    "options that may hold the seed": ("SEED001", "model = RandomForestClassifier(**options)\nmodel.fit(X, y)"),
    "a seed that the caller chooses": ("SEED007", "import time\nseed = time.time()\nrandom.seed(seed)"),
    "a seed that is made between": (
        "SEED003",
        "sample = random.random()\noptions.seed = 3\nrandom.seed(options.seed)\nRandomForestClassifier(random_state=0).fit([[sample]], y)",
    ),
    "two statements on one line": ("SEED003", "a = random.random(); random.seed(0)\nRandomForestClassifier(random_state=0).fit([[a]], y)"),
    "a store that is kept elsewhere": ("PD007", "import pandas as pd\npd.read_csv('a.csv').dropna()"),
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_cannot_be_sure_is_left_alone(case: str) -> None:
    """The file is read, perhaps with a finding, and nothing is written."""
    rule, text = LEFT_ALONE[case]
    head = "import random\nfrom sklearn.ensemble import RandomForestClassifier\n"
    bench = Bench(MemoryTree({"train.py": f"{head}{text}\n"}), load_rules().rules)
    assert not bench.tried([rule]).outcome.files
    assert all(one.fix is None for one in bench.found({}) if one.rule == rule)


# ---- the command -----------------------------------------------------------------------------------------------------


def folder_with(tmp_path: Path, text: str = SPLIT) -> Path:
    (tmp_path / "train.py").write_text(text, encoding="utf-8")
    (tmp_path / "ci").mkdir()
    return tmp_path


def test_a_diff_changes_nothing_and_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder_with(tmp_path)
    select = ["check", str(root), "--select", "SEED001"]
    assert main([*select, "--diff"]) == 0 and capsys.readouterr().out == "", "it is unsafe"
    assert main([*select, "--diff", "--unsafe-fixes"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("--- a/train.py\n+++ b/train.py\n") and "+model = RandomForestClassifier(random_state=0)  # größer\n" in out
    assert "\\ No newline at end of file" in out and "Would fix 1 finding" in err
    assert (root / "train.py").read_text(encoding="utf-8") == SPLIT


def test_fix_writes_says_what_it_did_and_reports_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder_with(tmp_path)
    (root / "train.py").chmod(0o755)
    assert main(["check", str(root), "--select", "SEED001,ENV010"]) == 0
    assert "1 can be fixed with `check --fix --unsafe-fixes`" in capsys.readouterr().out
    assert main(["check", str(root), "--select", "SEED001,ENV010", "--fix"]) == 0
    assert (root / "train.py").read_text(encoding="utf-8") == SPLIT, "it is unsafe"
    capsys.readouterr()
    assert main(["check", str(root), "--select", "SEED001,ENV010", "--fix", "--unsafe-fixes"]) == 0
    out = capsys.readouterr().out
    assert "1 x SEED001  Pass `random_state=0`" in out and "Found 1 finding (1 fixed, none remaining)" in out
    assert (root / "train.py").read_text(encoding="utf-8") == FIXED_SPLIT and (root / "train.py").stat().st_mode & 0o777 == 0o755
    assert main(["check", str(root), "--select", "SEED001", "--diff", "--unsafe-fixes"]) == 0


def test_fixes_keep_to_the_paths_and_leave_what_is_ignored_or_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder_with(tmp_path)
    (root / "other.py").write_text(SPLIT, encoding="utf-8")
    (root / "third.py").write_text(SPLIT.replace("# größer", "# mlrubric: ignore[SEED001] on purpose"), encoding="utf-8")
    (root / "pyproject.toml").write_text("")
    arguments = ["--select", "SEED001", "--fix", "--unsafe-fixes"]
    baseline = root / "known.json"
    assert main(["check", str(root), "--select", "SEED001", "--write-baseline", str(baseline)]) == 0
    assert main(["check", str(root), *arguments, "--baseline", str(baseline)]) == 0
    assert (root / "train.py").read_text(encoding="utf-8") == SPLIT, "it is known"
    assert main(["check", str(root / "train.py"), *arguments]) == 0
    assert (root / "train.py").read_text(encoding="utf-8") == FIXED_SPLIT
    assert (root / "other.py").read_text(encoding="utf-8") == SPLIT
    assert "random_state" not in (root / "third.py").read_text(encoding="utf-8")
    assert main(["check", str(root), *arguments, "--write-baseline", str(baseline)]) == 2
    capsys.readouterr()


def test_standard_input_comes_out_mended(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from mlrubric.cli import main; sys.exit(main())",
        "check",
        "-",
        "--stdin-filename",
        "t.py",
    ]
    options = {"input": SPLIT.replace("\n", "\r\n").encode(), "capture_output": True, "cwd": tmp_path, "check": False}
    done = subprocess.run([*command, "--fix", "--unsafe-fixes", "--select", "SEED001"], **options)  # type: ignore[call-overload]
    assert done.stdout == FIXED_SPLIT.replace("\n", "\r\n").encode() and done.returncode == 0
    shown = subprocess.run([*command, "--diff", "--unsafe-fixes", "--select", "SEED001"], **options)  # type: ignore[call-overload]
    assert shown.returncode == 1 and b"+model = RandomForestClassifier(random_state=0)" in shown.stdout


def test_a_new_file_is_written_with_its_folders(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_sum.py").write_text("def test_sum():\n    assert sum([1]) == 1\n")
    assert main(["check", str(tmp_path), "--select", "CI003", "--fix", "--quiet"]) == 0
    assert "pytest tests" in (tmp_path / ".github" / "workflows" / "tests.yml").read_text()


@pytest.mark.parametrize(("asked", "version"), [("<3.12,>=3.9", "3.9"), ("^3.11", "3.11"), (">=3.12", "3.12"), ("", "3.11")])
def test_a_new_workflow_takes_the_least_python_that_is_allowed(tmp_path: Path, asked: str, version: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_sum.py").write_text("def test_sum():\n    assert sum([1]) == 1\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n' + (f'requires-python = "{asked}"\n' if asked else ""))
    assert main(["check", str(tmp_path), "--select", "CI003", "--fix", "--unsafe-fixes", "--quiet"]) == 0
    assert f'python-version: "{version}"' in (tmp_path / ".github" / "workflows" / "tests.yml").read_text()


def test_a_new_file_is_never_written_over_one_that_git_ignores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(".python-version\n")
    (tmp_path / ".python-version").write_text("3.12.1\n")
    cell: dict[str, object] = {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": [], "execution_count": None}
    about = {"language_info": {"name": "python", "version": "3.11.4"}}
    (tmp_path / "requirements.txt").write_text("numpy==1.26.4\n")
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [cell], "metadata": about, "nbformat": 4, "nbformat_minor": 5}))
    status = main(["check", str(tmp_path), "--persona", "auditor", "--select", "ENV006", "--fix", "--unsafe-fixes"])
    assert (tmp_path / ".python-version").read_text() == "3.12.1\n"
    assert status == 3 and "cannot write .python-version" in capsys.readouterr().err


def test_the_report_says_which_findings_can_be_fixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder_with(tmp_path, f"{SPLIT}\nother = RandomForestClassifier(**options)\nother.fit(X, y)\n")
    (root / "run.sh").write_text("#!/bin/bash\npytest tests | tee log.txt\n")
    main(["check", str(root), "--select", "SEED001,CI001,DATA002", "--output-format", "json"])
    found = {(one["rule"], one["file"]): one["fix"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert found[("SEED001", "train.py")] == "unsafe"


def test_a_next_step_says_that_fix_takes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The pipe without pipefail is a break of the score and a finding with a safe fix."""
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    steps = "      - uses: actions/checkout@v4\n      - run: pytest tests | tee log.txt\n"
    workflow = f"on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"
    (tmp_path / ".github" / "workflows" / "ci.yml").write_text(workflow)
    (tmp_path / "features.py").write_text("def ratio(frame):\n    return frame['a'] / frame['b']\n")
    (tmp_path / "train.py").write_text(
        "import pandas as pd\nfrom features import ratio\nfrom sklearn.linear_model import LinearRegression\n\n"
        "frame = pd.read_csv('rows.csv')\nframe['r'] = ratio(frame)\nLinearRegression().fit(frame[['r']], frame['y'])\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_features.py").write_text(
        "import pandas as pd\nfrom features import ratio\n\n\ndef test_ratio():\n"
        "    assert ratio(pd.DataFrame({'a': [4], 'b': [2]}))[0] == 2\n"
    )
    main(["score", str(tmp_path), "--output-format", "json"])
    steps_by_line = {(one["at"] or {}).get("line"): one["fix"] for one in json.loads(capsys.readouterr().out)["steps"]}
    assert steps_by_line.get(7) is True, steps_by_line
