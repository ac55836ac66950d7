"""Inline ignores: on the line, alone above it, in other comment signs, in notebooks; only for the named rule, always with what was said.
What ignores nothing is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from mlrubric.analyze import analyze_tree
from mlrubric.config import Settings
from mlrubric.model.facts import Ignore
from mlrubric.model.place import Place, Span
from mlrubric.model.verdict import Finding
from mlrubric.read.drive import read_file
from mlrubric.source.decode import decode
from mlrubric.source.document import Document
from mlrubric.source.ignores import ignores_in
from mlrubric.source.tree import MemoryTree
from mlrubric.suppress import complaints, split_suppressed


def finding(line: int, rule: str = "SEED001", path: str = "a.py", end: int = 0) -> Finding:
    return Finding(rule, "some-pattern", "warning", "high", "message", Place(path, Span(line, 1, end or line, 1)))


def ignores_of(paths: Iterable[str], text: Callable[[str], str | None]) -> list[Ignore]:
    return [ignore for path in sorted(paths) for ignore in ignores_in(path, text(path) or "")]


def reasons(text: str, *found: Finding) -> list[str | None]:
    kept, ignored = split_suppressed(found, ignores_of({one.place.path for one in found}, lambda path: text))
    assert len(kept) + len(ignored) == len(found)
    assert all(one.suppressed is None for one in kept)
    by_line = {(one.place.line, one.rule): one.suppressed for one in ignored}
    return [by_line.get((one.place.line, one.rule)) for one in found]


def told(text: str, *found: Finding, asked: tuple[str, ...] = ("SEED001", "DATA001")) -> list[tuple[str, str]]:
    ignores = ignores_of(["a.py"], lambda path: text)
    _, ignored = split_suppressed(found, ignores)
    return [(str(one.place), one.message) for one in complaints(ignores, ignored, ("SEED001", "DATA001", "LEAK001"), asked)]


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
        ("SELECT * FROM t -- mlrubric: ignore[SEED001] sql", "sql"),
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


def test_behind_the_last_line_of_a_call() -> None:
    text = "x = f(\n    1,\n)  # mlrubric: ignore[SEED001] known\ny = f()"
    assert reasons(text, finding(1, end=3), finding(4)) == ["known", None]


def test_a_comment_behind_code_speaks_of_its_own_line_only() -> None:
    assert reasons("x = f()  # mlrubric: ignore[SEED001] here\ny = f()", finding(1), finding(2)) == ["here", None]


def test_only_the_named_rule() -> None:
    text = "x = f()  # mlrubric: ignore[SEED001] known"
    assert reasons(text, finding(1), finding(1, "DATA001")) == ["known", None]


def test_in_a_notebook_the_mark_stands_in_the_cell() -> None:
    text = '{"source": [\n"# mlrubric: ignore[SEED001] a sketch\\n",\n"x = f()\\n",\n"y = f()  # mlrubric: ignore[SEED001] too"\n]}'
    assert reasons(text, finding(3, path="n.ipynb"), finding(4, path="n.ipynb")) == ["a sketch", "too"]


def test_a_file_that_is_gone_or_shorter_suppresses_nothing() -> None:
    kept, ignored = split_suppressed([finding(9)], ignores_of(["a.py"], lambda path: None))
    assert len(kept) == 1 and not ignored
    assert reasons("one line", finding(9)) == [None]


def test_order_and_files_are_kept() -> None:
    texts = {"a.py": "x  # mlrubric: ignore[SEED001] a", "b.py": "x"}
    found = [finding(1, path="b.py"), finding(1, path="a.py"), finding(1, "DATA001", "b.py")]
    kept, ignored = split_suppressed(found, ignores_of(texts, texts.get))
    assert [(one.place.path, one.rule) for one in kept] == [("b.py", "SEED001"), ("b.py", "DATA001")]
    assert [(one.place.path, one.suppressed) for one in ignored] == [("a.py", "a")]


def test_an_ignore_that_ignores_something_with_a_reason_is_fine() -> None:
    assert told("x  # mlrubric: ignore[SEED001] known", finding(1)) == []


def test_what_is_wrong_with_an_ignore_is_told() -> None:
    text = (
        "x  # mlrubric: ignore[SEED001] old\ny  # mlrubric: ignore[SEED01] typo\nz  # mlrubric: ignore all\nw  # mlrubric: ignore[SEED001]"
    )
    assert told(text, finding(4)) == [
        ("a.py:1", "nothing to ignore: SEED001 finds nothing here any more, the comment can go"),
        ("a.py:2", "`SEED01` of this ignore is no rule; did you mean `SEED001`?"),
        ("a.py:3", "this ignore names no rule and ignores nothing: `mlrubric: ignore[ID] reason`"),
        ("a.py:4", "this ignore of SEED001 gives no reason"),
    ]


def test_of_two_rules_the_idle_one_is_named() -> None:
    assert [message.split(":")[0] for _, message in told("x  # mlrubric: ignore[SEED001, DATA001] both", finding(1))] == [
        "nothing to ignore"
    ]


def test_nothing_is_said_of_rules_that_did_not_run() -> None:
    assert told("x  # mlrubric: ignore[LEAK001] not asked for") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_a_mark_is_read_with_its_file_in_any_encoding(encoding: str) -> None:
    def read(text: str) -> list[Ignore]:
        document = decode("a.py", text.encode(encoding))
        assert isinstance(document, Document)
        return [ignore for facts in read_file(document) for ignore in facts.ignores]

    assert read("# mlrubric: ignore[SEED001] x") == [Ignore("a.py", 1, ("SEED001",), "x", True)]
    assert not read("# nothing")


class Watched(MemoryTree):
    """A tree that counts readings, with one file that is too large to be read and one that may not be."""

    def __init__(self) -> None:
        super().__init__({"train.py": "x = 1  # mlrubric: ignore[SEED001] a sketch\n", "large.json": "{}", "closed.py": "y = 2\n"})
        self.files = tuple(replace(entry, size=10**10) if entry.path == "large.json" else entry for entry in self.files)
        self.reads: Counter[str] = Counter()

    def read(self, path: str) -> bytes:
        self.reads[path] += 1
        if path == "closed.py":
            raise PermissionError(13, "Permission denied")
        return super().read(path)


def test_no_file_is_read_for_its_marks_alone() -> None:
    """A file that is too large is never opened, one that cannot be read ends nothing, and the others are read once at the most (worker
    processes may do it)."""
    tree = Watched()
    report = analyze_tree(tree, "repository", Settings()).report
    assert tree.reads["large.json"] == 0 and tree.reads["train.py"] <= 1
    assert [message.message.split(":")[0] for message in report.notices if message.place is not None] == ["nothing to ignore"]


def test_a_misspelt_ignore_and_one_of_a_family_are_told() -> None:
    assert told("x = f()  # mlrubric: ignroe[SEED001] a plot", finding(1)) == [
        ("a.py:1", "`ignroe` ignores nothing here: `mlrubric: ignore[ID] reason`")
    ]
    assert told("x = f()  # mlrubric: the program of the same name") == []
    text = "x = f()  # mlrubric: ignore[SEED] a plot"
    ignores = ignores_of(["a.py"], lambda path: text)
    said = [one.message for one in complaints(ignores, (), ("SEED001", "DATA001"), ("SEED001",), [finding(1)])]
    assert said == ["`SEED` of this ignore is a family of rules: it ignores those that it names (`SEED001`)"]
    close = "`SEDE001` of this ignore is no rule; did you mean `SEED001`?"
    assert told("x = f()  # mlrubric: ignore[SEDE001] a plot") == [("a.py:1", close)]


def test_what_a_document_shows_is_no_ignore() -> None:
    shown = "# mlrubric: ignore[SEED001] reason\n<!-- mlrubric: ignore[SEED001] for this page -->\n"
    assert [(one.line, one.reason) for one in ignores_in("README.md", shown)] == [(2, "for this page")]


def test_source_that_python_refuses_and_templates_are_told() -> None:
    files: dict[str, str | bytes] = {
        "old.py": b"# caf\xe9\n",
        "said.py": b"# coding: latin-1\n# caf\xe9\n",
        "{{name}}/train.py.tmpl": "x = 1\n",
    }
    notices = analyze_tree(MemoryTree(files), "t", Settings()).report.notices
    said = [(one.place.path if one.place else "", one.message.split(":")[0]) for one in notices]
    assert ("old.py", "neither UTF-8 nor with a coding line") in said and not any(path == "said.py" for path, _ in said)
    assert ("", "a template of code is not read, what a project that is made from them does is not judged") in said
