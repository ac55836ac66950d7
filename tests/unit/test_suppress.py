"""Inline ignores: on the line, alone above it, in other comment signs, in notebooks; only for the named rule, always with what was said."""

from __future__ import annotations

import pytest

from mlrubric.model.place import Place, Span
from mlrubric.model.verdict import Finding
from mlrubric.suppress import split_suppressed


def finding(line: int, rule: str = "SEED001", path: str = "a.py") -> Finding:
    return Finding(rule, "some-pattern", "warning", "high", "message", Place(path, Span(line)))


def reasons(text: str, *found: Finding) -> list[str | None]:
    kept, ignored = split_suppressed(found, lambda path: text)
    assert len(kept) + len(ignored) == len(found)
    assert all(one.suppressed is None for one in kept)
    by_line = {(one.place.line, one.rule): one.suppressed for one in ignored}
    return [by_line.get((one.place.line, one.rule)) for one in found]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = f()  # mlrubric: ignore[SEED001] the draw is for a plot", "the draw is for a plot"),
        ("x = f()  # mlrubric: ignore[SEED001]", ""),
        ("x = f()  # noqa # mlrubric: ignore[DATA001, SEED001] both", "both"),
        ("x = f()  #mlrubric:ignore[ SEED001 ]  spaces", "spaces"),
        ("FROM python  // mlrubric: ignore[SEED001] own sign", "own sign"),
        ("<!-- mlrubric: ignore[SEED001] in a document -->", "in a document"),
        ("key = value ; mlrubric: ignore[SEED001] ini", "ini"),
        ("x = f()  # mlrubric: ignore[SEED002] another rule", None),
        ("x = f()  # mlrubric: ignore without brackets", None),
        ("x = f()  # ignore[SEED001]", None),
        ("x = 'mlrubric: ignore[SEED001]'", None),
        ("x = f()", None),
    ],
)
def test_on_the_line(text: str, reason: str | None) -> None:
    assert reasons(text, finding(1)) == [reason]


def test_alone_on_the_line_above() -> None:
    text = "# mlrubric: ignore[SEED001] known\nx = f()\nx = f()"
    assert reasons(text, finding(2), finding(3)) == ["known", None]


def test_a_comment_behind_code_speaks_of_its_own_line_only() -> None:
    assert reasons("x = f()  # mlrubric: ignore[SEED001] here\ny = f()", finding(1), finding(2)) == ["here", None]


def test_only_the_named_rule() -> None:
    text = "x = f()  # mlrubric: ignore[SEED001] known"
    assert reasons(text, finding(1), finding(1, "DATA001")) == ["known", None]


def test_in_a_notebook_the_mark_stands_in_the_cell() -> None:
    text = '{"source": [\n"# mlrubric: ignore[SEED001] a sketch\\n",\n"x = f()\\n",\n"y = f()  # mlrubric: ignore[SEED001] too"\n]}'
    assert reasons(text, finding(3, path="n.ipynb"), finding(4, path="n.ipynb")) == ["a sketch", "too"]


def test_a_file_that_is_gone_or_shorter_suppresses_nothing() -> None:
    kept, ignored = split_suppressed([finding(9)], lambda path: None)
    assert len(kept) == 1 and not ignored
    assert reasons("one line", finding(9)) == [None]


def test_order_and_files_are_kept() -> None:
    texts = {"a.py": "x  # mlrubric: ignore[SEED001] a", "b.py": "x"}
    found = [finding(1, path="b.py"), finding(1, path="a.py"), finding(1, "DATA001", "b.py")]
    kept, ignored = split_suppressed(found, texts.get)
    assert [(one.place.path, one.rule) for one in kept] == [("b.py", "SEED001"), ("b.py", "DATA001")]
    assert [(one.place.path, one.suppressed) for one in ignored] == [("a.py", "a")]
