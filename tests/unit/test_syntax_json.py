"""The JSON scanner: the values of `json`, with the place of each."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.nodes import Plain, all_nodes, plain, slice_of

from mlrubric.source.syntax.json import MAX_DEPTH, parse
from mlrubric.source.syntax.node import SyntaxProblem

text = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=20)


@given(values, st.sampled_from([None, 0, 1, 3]), st.booleans())
def test_every_value_stands_where_its_span_says(value: Plain, indent: int | None, ascii_only: bool) -> None:
    source = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    node = parse(source)
    assert plain(node) == value
    for one in all_nodes(node):
        assert json.loads(slice_of(source, one.span)) == plain(one)


@given(st.text(alphabet='{}[]",:\\ \n0123eE+-.truefalsnd\ud83d\t/é😀'))
def test_accepts_what_json_accepts(source: str) -> None:
    try:
        expected = json.loads(source)
    except json.JSONDecodeError:
        with pytest.raises(SyntaxProblem) as caught:
            parse(source)
        assert caught.value.line >= 1 and caught.value.column >= 1
    else:
        assert json.dumps(plain(parse(source))) == re.sub(r"\\ud83d(?!\\ude00)", r"\\ufffd", json.dumps(expected))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=5))
def test_lines_of_a_string_are_found_behind_its_escapes(lines: list[str]) -> None:
    value = "\n".join(lines)
    source = " " + json.dumps(value)
    node = parse(source)
    places = node.starts()
    assert len(places) == value.count("\n") + 1
    for (line, column), expected in zip(places, value.split("\n"), strict=True):
        written = json.dumps(expected)[1:-1]
        assert line == 1 and source[column - 1 :].startswith(written)


def test_surrogate_pairs_marks_duplicates_and_constants() -> None:
    node = parse('\ufeff{"a": "\\ud83d\\ude00", "a": "\\ud83d", "n": NaN}')
    assert [value.text for _, value in node.pairs()] == ["😀", "\ufffd", "NaN"]
    assert node.scalar("a") == "\ufffd"


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("", 1, 1),
        ('{"a": 1,\n}', 2, 1),
        ("[1,\n 2", 2, 3),
        ('{"a" 1}', 1, 6),
        ('"abc', 1, 1),
        ('["\t"]', 1, 3),
        ("01", 1, 2),
        ("[1] x", 1, 5),
        ("[" * (MAX_DEPTH + 1), 1, MAX_DEPTH + 1),
        ("[" * 100_000, 1, MAX_DEPTH + 1),
    ],
)
def test_a_problem_has_its_place(source: str, line: int, column: int) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse(source)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_comments_only_when_asked_for() -> None:
    source = '{ // why\n "a": [1, /* b */ 2,],\n}'
    with pytest.raises(SyntaxProblem):
        parse(source)
    assert plain(parse(source, comments=True)) == {"a": [1, 2]}


def test_a_number_too_long_for_int_is_a_float() -> None:
    assert parse("1" + "0" * 5000).value == float("inf")


def test_opaque_values_are_checked_and_passed_over() -> None:
    source = '{"image/png": "a\\nb", "x/y": {"a": [1, {"b": 2}]}, "k": [{"x/y": [1e400, 12]}, 2]}'
    node = parse(source, opaque=lambda key: "/" in key)
    hidden = [(value.kind, slice_of(source, value.span)) for one in all_nodes(node) for _, value in one.entries if value.style == "opaque"]
    assert hidden == [("string", '"a\\nb"'), ("map", '{"a": [1, {"b": 2}]}'), ("list", "[1e400, 12]")]
    assert not any(one.items or one.entries or one.text for one in all_nodes(node) if one.style == "opaque")
    for broken in ('{"x/y": [1,]}', '{"x/y": ' + "[" * 100_000, '{"x/y": }', '{"x/y"'):
        with pytest.raises(SyntaxProblem):
            parse(broken, opaque=lambda key: "/" in key)
