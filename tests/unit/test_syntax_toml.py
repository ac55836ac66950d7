"""The TOML index: the values of tomli, with the place of each."""

from __future__ import annotations

import datetime
import json
import math

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from tests.nodes import all_nodes, slice_of

from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.toml import parse

bare = st.text(st.sampled_from("abA0-_"), min_size=1, max_size=4)
strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = bare | strings.map(json.dumps).map(lambda key: key.replace("\x7f", "\\u007f"))
basic = strings.map(lambda text: json.dumps(text).replace("\x7f", "\\u007f"))
numbers = st.sampled_from(
    ["0", "+1", "-17", "1_000", "0xDEAD_beef", "0o17", "0b101", "1.5", "-2e3", "6.02E-2", "inf", "-nan", "+inf", "true", "false"]
)
dates = st.sampled_from(["1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00.5-07:00", "1979-05-27 07:32:00"])
literals = st.sampled_from(
    ["''", "'C:\\x'", '""', '"""a"""', '"""\nx\n y\\\n   z"""', "'''\nl1\n l2'''", '""""q""""', "''''q'''''", '"""\\""" \\u0041\\t"""']
)
scalars = basic | numbers | dates | literals
blanks = st.sampled_from(["", " ", "  "])
breaks = st.sampled_from(["", "\n", " # c ]\n", "\n\n\t"])


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.lists(inner, max_size=3), breaks, breaks).map(lambda t: "[" + t[1] + f",{t[2]} ".join(t[0]) + t[2] + "]")


def tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(keys, inner), max_size=3).map(lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}")


values = st.recursive(scalars, lambda inner: arrays(inner) | tables(inner), max_leaves=6)
dotted = st.lists(keys, min_size=1, max_size=3).flatmap(lambda parts: st.sampled_from([".", " . "]).map(lambda dot: dot.join(parts)))
pair = st.tuples(dotted, blanks, values, st.sampled_from(["", " # c"])).map(lambda t: f"{t[0]}{t[1]}={t[1]}{t[2]}{t[3]}")
header = st.tuples(dotted, blanks, st.booleans()).map(lambda t: f"[[{t[1]}{t[0]}{t[1]}]]" if t[2] else f"[{t[1]}{t[0]}{t[1]}]")
documents = st.lists(pair | header | st.sampled_from(["", "# c", "  "]), max_size=8).map("\n".join)


def same(node: Node, value: object) -> None:
    if isinstance(value, dict):
        assert node.kind == "map" and [key.text for key, _ in node.entries] == list(value)
        for key, inner in node.pairs():
            same(inner, value[key])
    elif isinstance(value, list):
        assert node.kind == "list" and len(node.items) == len(value)
        for item, inner in zip(node.items, value, strict=True):
            same(item, inner)
    elif isinstance(value, (datetime.date, datetime.time)):
        assert node.kind == "date" and tomli.loads("v = " + node.text)["v"] == value
    elif isinstance(value, float) and math.isnan(value):
        assert isinstance(node.value, float) and math.isnan(node.value)
    else:
        assert node.value == value and type(node.value) is type(value)
        assert {bool: "bool", int: "int", float: "float", str: "string"}[type(value)] == node.kind


def check(text: str) -> None:
    try:
        expected = tomli.loads(text)
    except tomli.TOMLDecodeError:
        with pytest.raises(SyntaxProblem) as caught:
            parse(text)
        assert caught.value.line >= 1 and caught.value.column >= 1
        return
    node = parse(text)
    same(node, expected)
    spans_hold(text, node)


def spans_hold(text: str, node: Node) -> None:
    """Each scalar read alone gives its value, each key its name; maps and lists hold what is in them."""
    for key, _ in (pair for one in all_nodes(node) for pair in one.entries):
        assert list(tomli.loads(slice_of(text, key.span) + " = 1")) == [key.text]
    for one in all_nodes(node):
        start, end = (one.span.line, one.span.column), (one.span.end_line, one.span.end_column)
        assert start <= end
        for inner in (*one.items, *(value for _, value in one.entries)):
            assert (inner.span.end_line, inner.span.end_column) <= end
    scalars_found = [found for _, found in node.leaves() if found.kind not in ("map", "list")]
    for found in scalars_found:
        same(found, tomli.loads("v = " + slice_of(text, found.span))["v"])
        if found.content:
            assert len(found.content) == found.text.count("\n") + 1


@given(documents)
def test_values_are_those_of_tomli_and_stand_where_the_spans_say(text: str) -> None:
    check(text)


@given(
    st.lists(
        st.sampled_from(
            ["[", "]", "a", "b", ".", "=", "1", '"', "'", '"""', "'''", "\n", " ", "{", "}", ",", "#", "\\", "0x", "-", "e", "é😀"]
        ),
        max_size=25,
    ).map("".join)
)
def test_any_text(text: str) -> None:
    check(text)


@given(
    st.lists(
        st.tuples(st.sampled_from(["[a]", "[a.b]", "[a.b.c]", "[[t]]", "[[t.u]]", "[t.v]", "[[a.l]]", "[a.l.m]"]), st.integers(0, 2)),
        max_size=7,
    )
)
def test_tables_opened_in_any_order(headers: list[tuple[str, int]]) -> None:
    body = [f"{title}\n" + "".join(f"k{number}.x{row} = {row}\n" for number in range(row)) for row, (title, _) in enumerate(headers)]
    check("".join(body))


@given(st.lists(st.text(st.sampled_from("ab \\'é"), max_size=6), min_size=1, max_size=5))
def test_each_line_of_a_literal_string_points_at_itself(body: list[str]) -> None:
    text = "k = '''\n" + "\n".join(body).replace("'", "") + "'''"
    node = parse(text).get("k")
    assert node is not None
    for (line, column), expected in zip(node.content, node.text.split("\n"), strict=True):
        assert text.split("\n")[line - 1][column - 1 :].startswith(expected)


def test_lines_behind_escapes_and_continuations() -> None:
    node = parse('k = """\\\n  one\\ntwo\n three \\\n   four"""').get("k")
    assert node is not None and node.text == "one\ntwo\n three four"
    assert node.content == ((1, 8), (2, 8), (3, 1))


def test_a_table_spans_from_its_header_to_its_last_value() -> None:
    text = (
        "[tool.poetry]\nname = 'x' # c\n\n[tool.poetry.dependencies]\npython = '^3.11'\n\n"
        "[[tool.poetry.source]]\nname='a'\n[[tool.poetry.source]]\n"
    )
    node = parse(text)
    dependencies, source = node.get("tool", "poetry", "dependencies"), node.get("tool", "poetry", "source")
    assert dependencies is not None and slice_of(text, dependencies.span) == "[tool.poetry.dependencies]\npython = '^3.11'"
    assert source is not None and [slice_of(text, item.span) for item in source.items] == [
        "[[tool.poetry.source]]\nname='a'",
        "[[tool.poetry.source]]",
    ]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a =", 1, 4),
        ("a = 1\na = 2", 2, 6),
        ("[a]\n[a]", 2, 3),
        ("a = 1 b = 2", 1, 7),
        ("a = [1", 1, 7),
        ("a = " + "[" * 5000, 1, 1),
        ("x = " + "[" * 300 + "]" * 300, 1, 204),
        (".".join("a" * 400) + " = 1", 1, 1),
        ("a = " + "1" * 5000, 1, 1),
    ],
)
def test_problems_have_their_place(text: str, line: int, column: int) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_byte_order_mark_is_passed_over() -> None:
    node = parse("\ufeffa = 1")
    assert node.scalar("a") == "1"
