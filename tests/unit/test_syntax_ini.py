"""The INI parser: what `configparser` reads, with the place of each line."""

from __future__ import annotations

from configparser import Error, RawConfigParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.nodes import plain, slice_of

from mlrubric.source.syntax.ini import parse
from mlrubric.source.syntax.node import Node, SyntaxProblem


def by_configparser(text: str) -> dict[str, dict[str, str]]:
    parser = RawConfigParser(strict=False, default_section="\0")
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def options(node: Node) -> list[Node]:
    return [value for _, section in node.entries for _, value in section.entries]


pieces = st.sampled_from(
    ["[a]", "[b c]", "[[x]]", "a = 1", "B: two", "k=", "x", "  cont", "    more = 2", "# c", "  ; d", "", "  ", "é = 😀", "=", " [a]"]
)


@given(st.lists(pieces, max_size=12).map("\n".join))
def test_agrees_with_configparser(text: str) -> None:
    try:
        expected = by_configparser(text)
    except Error:
        with pytest.raises(SyntaxProblem):
            parse(text)
        return
    node = parse(text)
    assert plain(node) == expected
    lines = text.split("\n")
    for option in options(node):
        for (line, column), part in zip(option.starts(), option.text.split("\n"), strict=True):
            assert lines[line - 1][column - 1 :].startswith(part)


def test_places_of_sections_options_and_list_items() -> None:
    text = "[options]\ninstall_requires =\n    a>=1\n    # why\n    b\n\n    c\nzip-safe : false\n"
    section = parse(text).get("options")
    assert section is not None
    value = section.get("install_requires")
    assert value is not None and value.text == "\na>=1\nb\n\nc"
    assert value.content == ((2, 19), (3, 5), (5, 5), (6, 1), (7, 5))
    key = section.key("zip-safe")
    assert key is not None and slice_of(text, key.span) == "zip-safe"
    assert slice_of(text, (section.get("zip-safe") or key).span) == "false"


def test_indented_options_and_quoted_sections_as_dvc_writes_them() -> None:
    node = parse("[core]\n    remote = s3\n    autostage = true\n['remote \"s3\"']\n    url = s3://bucket\n")
    assert plain(node) == {"core": {"remote": "s3", "autostage": "true"}, "'remote \"s3\"'": {"url": "s3://bucket"}}


def test_names_keep_their_case_when_asked() -> None:
    assert plain(parse("[s]\nName = X", lower=False)) == {"s": {"Name": "X"}}


@pytest.mark.parametrize(("text", "line", "column"), [("a = 1", 1, 1), ("[a]\n\nno sign", 3, 1), ("[a]\n  = 1", 2, 3)])
def test_problems_have_their_place(text: str, line: int, column: int) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
