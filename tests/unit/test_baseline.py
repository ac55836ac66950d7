"""Known findings are known again when lines, functions or files move, and each explains one of today's only."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlrubric.baseline import BaselineError, Known, known_of, read_baseline, sort_out, write_baseline
from mlrubric.model.place import Place, Span
from mlrubric.model.verdict import Finding


def finding(line: int, print_: str, path: str = "a.py", rule: str = "SEED001") -> Finding:
    return Finding(rule, "no-seed", "warning", "high", "message", Place(path, Span(line)), fingerprint=print_)


def new(now: dict[str, str], found: list[Finding], known: list[Known]) -> tuple[list[int], int]:
    done = sort_out(found, now.get, known, now.keys())
    return [one.place.line for one in done.new], len(done.gone)


BEFORE = {"a.py": "split(x)\nsample(y)\n"}
KNOWN = known_of([finding(1, "f1"), finding(2, "f2")], BEFORE.get)


def test_the_same_is_known() -> None:
    assert new(BEFORE, [finding(1, "f1"), finding(2, "f2")], KNOWN) == ([], 0)


def test_lines_above_change_nothing() -> None:
    assert new({"a.py": "import x\n\nsplit(x)\nsample(y)\n"}, [finding(3, "f1"), finding(4, "f2")], KNOWN) == ([], 0)


def test_a_new_one_before_an_old_one_of_its_kind_is_the_new_one() -> None:
    """The fingerprint of the second of two alike holds its number: the text of the line tells which of them is known."""
    now = {"a.py": "split(fresh)\nsplit(x)\nsample(y)\n"}
    assert new(now, [finding(1, "f1"), finding(2, "f1b"), finding(3, "f2")], KNOWN) == ([1], 0)


def test_an_edited_line_of_the_same_subject_is_known() -> None:
    assert new({"a.py": "split(x, test_size=0.2)\nsample(y)\n"}, [finding(1, "f1"), finding(2, "f2")], KNOWN) == ([], 0)


def test_a_renamed_file_is_known() -> None:
    now = {"b.py": BEFORE["a.py"]}
    assert new(now, [finding(1, "g1", "b.py"), finding(2, "g2", "b.py")], KNOWN) == ([], 0)


def test_the_same_line_in_another_file_is_new_while_the_first_is_there() -> None:
    now = {"a.py": "pass\n", "b.py": BEFORE["a.py"]}
    assert new(now, [finding(1, "g1", "b.py")], KNOWN) == ([1], 2)


def test_what_is_mended_is_gone_and_hides_nothing_twice() -> None:
    now = {"a.py": "split(x)\nsplit(x)\n"}
    assert new(now, [finding(1, "f1"), finding(2, "f1b")], KNOWN[:1]) == ([2], 0)
    assert new(now, [finding(1, "f1")], KNOWN) == ([], 1)


def test_another_rule_on_the_line_is_new() -> None:
    assert new(BEFORE, [finding(1, "f1", rule="SEED002")], KNOWN) == ([1], 2)


def test_it_is_read_as_it_was_written_and_holds_no_code(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(write_baseline(KNOWN), encoding="utf-8")
    assert read_baseline(file) == sorted(KNOWN) and "split" not in file.read_text(encoding="utf-8")
    file.write_text(write_baseline([]), encoding="utf-8")
    assert read_baseline(file) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "--write-baseline"),
        ("{", ":1: no baseline"),
        ('{\n "format": ,}', ":2: no baseline"),
        ('{"format": "other", "findings": []}', "`format` must be mlrubric-baseline/1"),
        ('{"format": "mlrubric-baseline/1", "findings": [{}]}', "a finding without"),
        ("[]", "no baseline"),
    ],
)
def test_what_is_no_baseline_says_so(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "baseline.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError, match=said):
        read_baseline(file)
